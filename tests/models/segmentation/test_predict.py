import json
import subprocess
import sys
import weakref

import numpy as np
import pytest

from mineralseg_models.errors import BadInput, UnfitBundle
from mineralseg_models.progress import run_to_end
from mineralseg_models.runtime.runner import load_runner
from mineralseg_models.segmentation.predict import TileDone, predict
from mineralseg_models.segmentation.stack import Stack

RNG = np.random.default_rng(0)


def stack(shape=(150, 170), size=1.0, channels=6):
    return Stack(RNG.random((*shape, channels), dtype=np.float32), size)


class Watched:
    """A runner that finds the class from the first channel alone, pixel by pixel."""

    device = "cpu"
    closed = False

    def __init__(self):
        self.places = []

    def probabilities(self, batch):
        bright = 1 / (1 + np.exp(-4 * batch[:, 0]))
        return np.stack([1 - bright, bright * 0.1, bright * 0.9], axis=1).astype(np.float32)

    def close(self):
        self.closed = True


def test_a_whole_run(tiny_bundle):
    given = stack()
    steps = []
    result = run_to_end(predict(given, tiny_bundle, device="cpu"), steps.append)
    assert result.labels.shape == result.uncertainty.shape == (150, 170)
    assert result.labels.dtype == np.uint8
    assert set(np.unique(result.labels)) <= {0, 1, 4}
    assert result.uncertainty.dtype == np.float32
    assert 0 <= result.uncertainty.min() <= result.uncertainty.max() <= 1
    assert result.probabilities is None
    assert result.taxonomy == tiny_bundle.card.segmentation.taxonomy
    tiles = [s for s in steps if isinstance(s, TileDone)]
    assert len(tiles) == tiles[-1].total == result.parameters["tiles"]
    assert [s.done for s in steps] == sorted(s.done for s in steps)
    json.dumps(result.parameters)
    assert result.parameters["device"] == "cpu"
    assert result.parameters["halo_px"] == 8


def test_tiles_cover_the_picture_and_show_what_comes(tiny_bundle):
    given = stack()
    shown = np.full((150, 170), 99, dtype=np.uint8)
    task = predict(given, tiny_bundle, Watched())

    def show(step):
        if isinstance(step, TileDone):
            y0, y1, x0, x1 = step.region
            shown[y0:y1, x0:x1] = step.labels

    result = run_to_end(task, show)
    np.testing.assert_array_equal(shown, result.labels)
    first = given.pixels[..., 0]
    share = 1 / (1 + np.exp(-4 * (first - first.mean()) / first.std()))
    sure = abs(0.9 * share - (1 - share)) > 1e-4
    expected = np.where(0.9 * share > 1 - share, 4, 0)
    np.testing.assert_array_equal(result.labels[sure], expected[sure])


@pytest.mark.parametrize("size", [0.5, 1.9])
def test_another_scale_is_brought_back_to_the_picture(tiny_bundle, size):
    ramp = np.linspace(0, 1, 160, dtype=np.float32)
    given = Stack(np.broadcast_to(ramp[None, :, None], (120, 160, 6)).copy(), size)
    shown = np.full((120, 160), 99, dtype=np.uint8)
    steps = []
    result = run_to_end(
        predict(given, tiny_bundle, Watched(), keep_probabilities=True), steps.append
    )
    for step in steps:
        if isinstance(step, TileDone):
            y0, y1, x0, x1 = step.region
            shown[y0:y1, x0:x1] = step.labels
    assert not (shown == 99).any()
    assert result.probabilities.shape == (120, 160, 3)
    np.testing.assert_allclose(result.probabilities.sum(axis=2), 1, atol=1e-5)
    border = np.flatnonzero(result.labels[60] == 4)[0]
    assert (result.labels[:, border:] == 4).all()
    assert (result.labels[:, :border] == 0).all()
    assert abs(border - 80) <= 12
    assert result.parameters["resample_factor"] == pytest.approx(size)


def test_an_unknown_scale_and_the_warnings_of_the_stack_are_told(tiny_bundle):
    given = Stack(stack().pixels, None, (), ("from the stack",))
    result = run_to_end(predict(given, tiny_bundle, Watched()))
    assert result.warnings[0] == "from the stack"
    assert "is assumed" in result.warnings[1]
    assert result.parameters["picture_um_assumed"] is True


def test_the_part_in_view_comes_first(tiny_bundle):
    task = predict(stack(), tiny_bundle, Watched(), first=(120, 150, 140, 170))
    tile = next(s for s in task if isinstance(s, TileDone))
    task.close()
    y0, y1, x0, x1 = tile.region
    assert y0 < 150 <= y1
    assert x0 < 170 <= x1


def test_tiled_equals_untiled_where_tiles_do_not_matter(make_bundle):
    given = stack((96, 96))
    whole = run_to_end(
        predict(
            given,
            make_bundle("whole", tile_px=128, overlap_px=32),
            Watched(),
            keep_probabilities=True,
        )
    )
    tiled = run_to_end(predict(given, make_bundle("tiled"), Watched(), keep_probabilities=True))
    np.testing.assert_allclose(tiled.probabilities, whole.probabilities, atol=1e-5)


def test_a_picture_smaller_than_a_tile(tiny_bundle):
    result = run_to_end(predict(stack((17, 19)), tiny_bundle, device="cpu"))
    assert result.labels.shape == (17, 19)
    assert result.parameters["tiles"] == 1
    assert result.parameters["tile_px"] == [24, 24]


def test_closing_at_any_step_frees_memory_and_an_own_network(tiny_bundle, monkeypatch):
    from mineralseg_models.segmentation import predict as module

    fields: list[weakref.ref] = []
    prepare = module.prepare_field

    def remember(*arguments):
        field = prepare(*arguments)
        fields.append(weakref.ref(field))
        return field

    total = sum(1 for _ in predict(stack(), tiny_bundle, Watched()))
    monkeypatch.setattr(module, "prepare_field", remember)
    for stop in range(1, total + 1):
        runner = Watched()
        monkeypatch.setattr(module, "load_runner", lambda *_, runner=runner: runner)
        task = predict(stack(), tiny_bundle)
        for _ in range(stop):
            next(task)
        task.close()
        assert all(field() is None for field in fields)
        assert runner.closed == (stop > 2)  # the network is loaded after the second step
    assert len(fields) == total - 1


def test_a_given_runner_stays_open(tiny_bundle):
    runner = load_runner(tiny_bundle, "cpu")
    a = run_to_end(predict(stack((64, 64)), tiny_bundle, runner, batch=2))
    b = run_to_end(predict(stack((64, 64)), tiny_bundle, runner))
    assert a.labels.shape == b.labels.shape


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (stack(channels=3), "tiny does not fit this picture: It takes 1 cross-polarised"),
        (stack(size=9.0), "It takes 0.2 to 5 µm per pixel; the picture has 9"),
    ],
)
def test_pictures_that_do_not_fit_are_refused_before_any_work(tiny_bundle, given, words):
    with pytest.raises(UnfitBundle, match=words):
        next(predict(given, tiny_bundle))


def test_a_black_picture_is_refused(tiny_bundle):
    black = Stack(np.zeros((64, 64, 6), dtype=np.float32), 1.0)
    with pytest.raises(BadInput, match="same colour everywhere"):
        run_to_end(predict(black, tiny_bundle))


def test_importing_loads_nothing_heavy():
    code = (
        "import sys\n"
        "import mineralseg_models.segmentation.predict\n"
        "import mineralseg_models.segmentation.regions, mineralseg_models.provenance\n"
        "heavy = {'torch', 'sklearn', 'matplotlib', 'napari', 'qtpy'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
