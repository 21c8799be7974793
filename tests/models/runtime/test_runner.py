import hashlib
import json

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from mineralseg_models.bundles.bundle import load_bundle
from mineralseg_models.errors import BadInput, BrokenBundle, TaskFailed
from mineralseg_models.nets.table import build_network
from mineralseg_models.runtime.runner import choose_device, load_runner
from mineralseg_models.runtime.torch_network import TorchNetwork

BATCH = np.random.default_rng(0).standard_normal((5, 6, 32, 40)).astype(np.float32)


def test_equals_the_bare_network(tiny_bundle):
    torch.manual_seed(0)
    card = tiny_bundle.card.segmentation
    network = build_network(card.network, 6, 3).eval()
    with torch.inference_mode():
        expected = network(torch.from_numpy(BATCH)).softmax(dim=1).numpy()
    runner = load_runner(tiny_bundle, "cpu")
    assert runner.device == "cpu"
    np.testing.assert_allclose(runner.probabilities(BATCH), expected, atol=1e-5)


def test_half_weights_are_run_in_full_precision(make_bundle):
    full = load_runner(make_bundle("full"), "cpu").probabilities(BATCH)
    half = load_runner(make_bundle("half", half=True), "cpu").probabilities(BATCH)
    assert half.dtype == np.float32
    np.testing.assert_allclose(half, full, atol=5e-3)


def test_read_only_batches_are_taken(tiny_bundle):
    batch = BATCH.copy()
    batch.flags.writeable = False
    assert load_runner(tiny_bundle, "cpu").probabilities(batch).shape == (5, 3, 32, 40)


def test_a_closed_runner_says_so(tiny_bundle):
    runner = load_runner(tiny_bundle, "cpu")
    runner.close()
    with pytest.raises(TaskFailed, match="network is closed"):
        runner.probabilities(BATCH)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate"),
        RuntimeError("MPS backend out of memory"),
        MemoryError(),
    ],
)
def test_when_memory_runs_out_batches_are_halved_and_nothing_is_lost(
    tiny_bundle, monkeypatch, error
):
    runner = TorchNetwork(tiny_bundle, "cpu")
    expected = runner.probabilities(BATCH)
    sizes, run = [], runner._run

    def limited(batch):
        sizes.append(len(batch))
        if len(batch) > 2:
            raise error
        return run(batch)

    monkeypatch.setattr(runner, "_run", limited)
    np.testing.assert_allclose(runner.probabilities(BATCH), expected, atol=1e-6)
    assert sizes == [5, 2, 2, 1]
    runner.probabilities(BATCH)
    assert sizes[4:] == [2, 2, 1]


def test_a_single_tile_that_does_not_fit_is_the_end(tiny_bundle, monkeypatch):
    runner = TorchNetwork(tiny_bundle, "cpu")

    def never(batch):
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(runner, "_run", never)
    with pytest.raises(TaskFailed, match="tile of 40 × 32 px does not fit into the memory of cpu"):
        runner.probabilities(BATCH)


def test_a_tile_that_the_network_cannot_take(tiny_bundle):
    runner = load_runner(tiny_bundle, "cpu")
    with pytest.raises(TaskFailed, match="stopped on a tile of 40 × 32 px"):
        runner.probabilities(BATCH[:, :5])


def test_an_answer_of_another_size_is_refused(make_bundle):
    bundle = make_bundle(
        network={"name": "fpn", "encoder": "tu-test_resnet", "options": {"upsampling": 2}}
    )
    with pytest.raises(TaskFailed, match="its answer has"):
        load_runner(bundle, "cpu").probabilities(BATCH[..., :32])


def edit_network(bundle, **changes):
    path = bundle.folder / "card.json"
    card = json.loads(path.read_text())
    card["segmentation"]["network"].update(changes)
    path.write_text(json.dumps(card))
    return load_bundle(bundle.folder)


def test_weights_of_another_network_are_refused(tiny_bundle):
    other = edit_network(tiny_bundle, options={"encoder_depth": 3, "decoder_channels": [8, 8, 8]})
    with pytest.raises(BrokenBundle, match="do not belong to the network on its card"):
        load_runner(other, "cpu")


def test_an_unknown_network_is_refused(tiny_bundle):
    with pytest.raises(BrokenBundle, match="cannot be used: There is no network 'other'"):
        load_runner(edit_network(tiny_bundle, name="other"), "cpu")


def test_devices(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    assert choose_device() == choose_device("cpu") == "cpu"
    with pytest.raises(BadInput, match="no usable CUDA device; choose cpu or auto"):
        choose_device("cuda")
    with pytest.raises(BadInput, match="no device 'tpu'; the devices are auto, cpu, cuda, mps"):
        choose_device("tpu")
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert choose_device() == "mps"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device() == choose_device("cuda") == "cuda"


@pytest.mark.parametrize("device", ["cuda", "mps"])
def test_memory_is_given_back(tiny_bundle, monkeypatch, device):
    runner = TorchNetwork(tiny_bundle, "cpu")
    runner._device = device
    emptied = []
    monkeypatch.setattr(getattr(torch, device), "empty_cache", lambda: emptied.append(device))
    runner.close()
    assert emptied == [device]


@pytest.mark.gpu
def test_cuda_equals_the_cpu(tiny_bundle):
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")
    cpu = load_runner(tiny_bundle, "cpu").probabilities(BATCH)
    runner = load_runner(tiny_bundle, "cuda")
    np.testing.assert_allclose(runner.probabilities(BATCH), cpu, atol=5e-3)
    runner.close()


@pytest.mark.parametrize(
    "options",
    [
        {"encoder_depth": 3, "decoder_channels": [4096, 4096, 4096]},
        {"encoder_depth": 3, "decoder_channels": [16, 8, 8], "layers": [4096] * 4},
        {"encoder_depth": 3, "decoder_channels": [16, 8, 8], "channels": [4096] * 4},
    ],
)
def test_a_card_cannot_ask_for_a_giant(tiny_bundle, options):
    with pytest.raises(BrokenBundle, match="far larger than its weights"):
        load_runner(edit_network(tiny_bundle, options=options), "cpu")
    assert load_runner(edit_network(tiny_bundle, options=SMALL), "cpu").device == "cpu"


SMALL = {"encoder_depth": 3, "decoder_channels": [16, 8, 8]}


def replace_weights(bundle, change):
    tensors = load_file(bundle.folder / "weights.safetensors")
    change(tensors)
    save_file(tensors, bundle.folder / "weights.safetensors")
    card = json.loads((bundle.folder / "card.json").read_text())
    content = (bundle.folder / "weights.safetensors").read_bytes()
    card["weights"]["sha256"] = hashlib.sha256(content).hexdigest()
    (bundle.folder / "card.json").write_text(json.dumps(card))
    return load_bundle(bundle.folder)


HEAD = "segmentation_head.0.bias"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop(HEAD), f"{HEAD} is missing"),
        (lambda t: t.update(strange=torch.zeros(1)), "strange is not of this network"),
        (lambda t: t.update({HEAD: torch.zeros(9)}), f"{HEAD} has the shape 9, not 3"),
        (lambda t: t.update({HEAD: torch.zeros(3, dtype=torch.int32)}), "values of another kind"),
        (lambda t: t.update({HEAD: torch.full((3,), torch.nan)}), f"'{HEAD}' hold values that"),
    ],
)
def test_wrong_weights_are_told_in_a_few_words(tiny_bundle, change, words):
    with pytest.raises(BrokenBundle, match=words):
        load_runner(replace_weights(tiny_bundle, change), "cpu")
