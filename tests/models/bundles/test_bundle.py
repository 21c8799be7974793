import errno
import hashlib
import itertools
import json
import os
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mineralseg_models.bundles import bundle as bundle_module
from mineralseg_models.bundles import weights as weights_module
from mineralseg_models.bundles.bundle import Bundle, load_bundle
from mineralseg_models.bundles.card import Weights
from mineralseg_models.bundles.weights import read_weights, save_bundle
from mineralseg_models.errors import BadInput, BrokenBundle, CannotWrite


def rewrite(folder: Path, **changes):
    """Change top-level fields of a card."""
    card = json.loads((folder / "card.json").read_text())
    (folder / "card.json").write_text(json.dumps(card | changes))


def sentence(folder: Path) -> str:
    with pytest.raises(BrokenBundle) as caught:
        load_bundle(folder)
    assert str(folder) in str(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_bundle_comes_back_as_saved(tiny_bundle):
    again = load_bundle(tiny_bundle.folder)
    assert again == tiny_bundle
    assert again.name == "tiny"
    assert again.card.segmentation.taxonomy.names == ["other", "feldspar", "quartz"]
    assert sorted(p.name for p in tiny_bundle.folder.iterdir()) == [
        "card.json",
        "weights.safetensors",
    ]
    assert [p.name for p in tiny_bundle.folder.parent.iterdir()] == ["tiny"]


TIMES = itertools.count(1)
STATE = {"w": torch.tensor([0.1, 1.0]), "n": torch.tensor(2**40)}


@pytest.fixture
def save(card_fields):
    def write(folder: Path, state=STATE, *, half=False, **changes):
        return save_bundle(folder, card_fields() | changes, state, licence="CC0-1.0", half=half)

    return write


def test_half_halves_numbers_and_keeps_counts(tmp_path, save):
    full, half = save(tmp_path / "full"), save(tmp_path / "half", half=True)
    sizes = [(b.folder / "weights.safetensors").stat().st_size for b in (full, half)]
    assert sizes[1] < sizes[0]
    weights = read_weights(half)
    assert weights["w"].dtype == torch.float32
    torch.testing.assert_close(weights["w"], STATE["w"], atol=1e-4, rtol=0)
    assert weights["n"] == 2**40
    torch.testing.assert_close(read_weights(full)["w"], STATE["w"])


def test_shared_and_transposed_tensors_are_stored(tmp_path, save):
    w = torch.arange(6.0).reshape(2, 3)
    saved = read_weights(save(tmp_path / "a", {"w": w.T, "same": w}))
    torch.testing.assert_close(saved["w"], w.T)


@pytest.mark.parametrize(
    ("value", "half", "words"),
    [
        (float("nan"), False, "not finite; train again"),
        (1e6, True, "not finite as float16; train again or store"),
    ],
)
def test_weights_that_are_no_numbers_are_not_written(tmp_path, save, value, half, words):
    with pytest.raises(BadInput, match=words):
        save(tmp_path / "a", {"w": torch.tensor([value])}, half=half)
    assert not list(tmp_path.iterdir())


def test_an_incomplete_card_is_not_written(tmp_path, save, card_fields):
    with pytest.raises(BadInput, match="title: Input should be a valid string"):
        save(tmp_path / "a", title=3)
    with pytest.raises(BadInput, match="name: String should match"):
        save(tmp_path / "Not a name")
    twice = [{"id": 1, "name": n, "colour": "#000000"} for n in "ab"]
    with pytest.raises(BadInput, match="distinct names and ids"):
        save(tmp_path / "a", segmentation=card_fields(classes=twice)["segmentation"])
    assert not list(tmp_path.iterdir())


def test_an_older_bundle_is_replaced_and_another_folder_is_not(tmp_path, save):
    save(tmp_path / "a", title="first")
    assert save(tmp_path / "a", title="second").card.title == "second"
    assert os.listdir(tmp_path) == ["a"]
    (tmp_path / "b").mkdir()
    with pytest.raises(BadInput, match="is no bundle; choose another folder"):
        save(tmp_path / "b")


def test_the_older_bundle_stays_when_the_new_one_cannot_take_its_place(tmp_path, save, monkeypatch):
    save(tmp_path / "a", title="first")
    rename = Path.rename

    def refuse(self, target):
        if self.suffix == ".part":
            raise OSError(errno.ENOSPC, "full")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    for name in ("a", "b"):
        with pytest.raises(CannotWrite, match="disk is full"):
            save(tmp_path / name, title="second")
    assert load_bundle(tmp_path / "a").card.title == "first"
    assert os.listdir(tmp_path) == ["a"]


def test_no_bundle(tmp_path):
    assert "a folder with card.json and weights" in sentence(tmp_path / "absent")
    assert "weights.safetensors is missing" in sentence(tmp_path)


def test_a_wrong_hash(tiny_bundle):
    weights = tiny_bundle.folder / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    os.utime(weights, ns=(1, 1))
    assert "does not have the hash that the card gives" in sentence(tiny_bundle.folder)
    with pytest.raises(BrokenBundle, match="does not have the hash"):
        read_weights(tiny_bundle)


def test_the_hash_is_taken_once_for_each_state_of_the_file(tiny_bundle, monkeypatch):
    calls = []

    def count(file, name):
        calls.append(name)
        return hashlib.sha256(file.read())

    monkeypatch.setattr(hashlib, "file_digest", count)
    weights = tiny_bundle.folder / "weights.safetensors"
    os.utime(weights, ns=(5, 5))
    load_bundle(tiny_bundle.folder)
    load_bundle(tiny_bundle.folder)
    assert len(calls) == 1
    os.utime(weights, ns=(6, 6))
    load_bundle(tiny_bundle.folder)
    assert len(calls) == 2


def test_an_unknown_format_version(tiny_bundle):
    rewrite(tiny_bundle.folder, format_version=7)
    assert "format version 7; this program reads 1: update napari-mineralseg" in sentence(
        tiny_bundle.folder
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format_version": "1"}, "card.json: format_version: Input should be 1"),
        ({"surprise": 1}, "surprise: Extra inputs are not permitted"),
        ({"task": "cube"}, "task: Input should be 'segmentation'"),
        (
            {"weights": {"file": "../../other", "sha256": "0" * 64, "licence": ""}},
            "weights.file: Input should be 'weights.safetensors'",
        ),
        ({"name": "../escape"}, "name: String should match pattern"),
        ({"name": "other"}, "its card is named other: give the folder this name"),
    ],
)
def test_wrong_fields(tiny_bundle, changes, words):
    rewrite(tiny_bundle.folder, **changes)
    assert words in sentence(tiny_bundle.folder)


def test_classes_that_are_not_distinct(tiny_bundle):
    card = json.loads((tiny_bundle.folder / "card.json").read_text())
    card["segmentation"]["classes"][1]["id"] = 0
    rewrite(tiny_bundle.folder, segmentation=card["segmentation"])
    assert "Classes need distinct names and ids in rising order" in sentence(tiny_bundle.folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no readable JSON"),
        (b"\xff\xfe", "no readable JSON"),
        (b"{", "no readable JSON"),
        (b"[" * 100_000, "no readable JSON"),
        (b'{"a": NaN}', "NaN is not a number"),
        (b"[1]", "card.json: the whole: Input should be a valid dictionary"),
        (b" " * (4 * 2**20 + 1), "card.json has 4 MiB; at most 4 are read"),
    ],
)
def test_cards_that_are_no_cards(tiny_bundle, content, words):
    (tiny_bundle.folder / "card.json").write_bytes(content)
    assert words in sentence(tiny_bundle.folder)


def test_weights_that_are_too_large(tiny_bundle):
    with (tiny_bundle.folder / "weights.safetensors").open("wb") as file:
        file.truncate(2**30 + 1)
    assert "weights.safetensors has 1024 MiB" in sentence(tiny_bundle.folder)


@pytest.mark.parametrize("name", ["card.json", "weights.safetensors"])
def test_links_are_not_followed(tiny_bundle, tmp_path, name):
    file = tiny_bundle.folder / name
    elsewhere = file.rename(tmp_path / name)
    file.symlink_to(elsewhere)
    assert f"{name} is a link" in sentence(tiny_bundle.folder)


@pytest.mark.parametrize("name", ["model.pt", "model.PKL", "last.ckpt"])
def test_pickles_are_refused_unopened(tiny_bundle, name):
    (tiny_bundle.folder / "weights.safetensors").rename(tiny_bundle.folder / name)
    assert f"it holds {name} in place of weights.safetensors; pickled" in sentence(
        tiny_bundle.folder
    )


def test_weights_without_tensors(tmp_path, card_fields):
    with pytest.raises(BrokenBundle, match="is empty"):
        save_bundle(tmp_path / "a", card_fields(), {}, licence="CC0-1.0")


def test_weights_that_are_damaged_but_have_their_hash(tiny_bundle):
    (tiny_bundle.folder / "weights.safetensors").write_bytes(b"no tensors")
    weights = Weights(sha256=hashlib.sha256(b"no tensors").hexdigest(), licence="")
    card = tiny_bundle.card.model_copy(update={"weights": weights})
    with pytest.raises(BrokenBundle, match=r"weights\.safetensors is damaged"):
        read_weights(Bundle(card, tiny_bundle.folder))


def test_unreadable_files_are_told(tiny_bundle, monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(bundle_module, "hash_once", refuse)
    assert "cannot be read (" in sentence(tiny_bundle.folder)
    monkeypatch.setattr(weights_module, "plain_file", refuse)
    with pytest.raises(BrokenBundle, match=r"weights\.safetensors cannot be read"):
        read_weights(tiny_bundle)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    share=st.floats(0, 1, exclude_max=True),
    name=st.sampled_from(["card.json", "weights.safetensors"]),
)
def test_cut_files(tmp_path, save, share, name):
    folder = tmp_path / "cut"
    content = (save(folder).folder / name).read_bytes()
    (folder / name).write_bytes(content[: int(len(content) * share)])
    sentence(folder)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    places=st.lists(st.floats(0, 1, exclude_max=True), min_size=1, max_size=6),
    value=st.integers(0, 255),
)
def test_changed_bytes_of_weights_are_noticed(tmp_path, save, places, value):
    file = save(tmp_path / "changed").folder / "weights.safetensors"
    content = bytearray(file.read_bytes())
    before = bytes(content)
    for place in places:
        content[int(place * len(content))] = value
    file.write_bytes(content)
    os.utime(file, ns=(0, next(TIMES)))
    if bytes(content) == before:
        load_bundle(tmp_path / "changed")
    else:
        sentence(tmp_path / "changed")
