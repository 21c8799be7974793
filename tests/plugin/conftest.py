"""Fixtures of the plugin's tests: tiny bundles, pictures, and a viewer with the dock in it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.bundles.weights import save_bundle
from mineralseg_models.taxonomy import MineralClass, Taxonomy

CLASSES = (
    {"id": 0, "name": "other", "colour": "#6b6256"},
    {"id": 1, "name": "K-feldspar", "colour": "#e07a70"},
    {"id": 2, "name": "lithic fragment", "colour": "#a0703c"},
    {"id": 4, "name": "quartz", "colour": "#f0d878"},
    {"id": 5, "name": "pore", "colour": "#22b8e0"},
)
CONFUSION = [[90 if i == j else 5 for j in range(5)] for i in range(5)]
TAXONOMY = Taxonomy(tuple(MineralClass(c["id"], c["name"], c["colour"]) for c in CLASSES))


def write_bundle(folder: Path, n_crossed: int, **changes: Any) -> Bundle:
    """Write a bundle with random weights; PyTorch is loaded as the plugin loads it."""
    from napari_mineralseg.torch_loading import load_torch

    load_torch()
    import torch

    from mineralseg_models.bundles.card import NetworkSpec
    from mineralseg_models.nets.table import build_network

    torch.manual_seed(3)
    options = {"encoder_depth": 3, "decoder_channels": [8, 8, 8]}
    spec = NetworkSpec(name="unet", encoder="tu-test_resnet", options=options)
    network = build_network(spec, 3 * (1 + n_crossed), len(CLASSES))
    for parameter in network.segmentation_head.parameters():
        parameter.data *= 8
    segmentation = {
        "network": spec,
        "classes": CLASSES,
        "inputs": [{"kind": "plane"}] + [{"kind": "crossed"}] * n_crossed,
        "pixel_size_um": {"min": 0.2, "max": 5.0, "working": 1.0, "assumed": 1.0},
        "normalisation": {"kind": "field"},
        "tile_px": 64,
        "overlap_px": 16,
        "stride": 8,
        "error": {
            "class_ids": [c["id"] for c in CLASSES],
            "groups": ["a", "b", "c"],
            "confusions": [CONFUSION] * 3,
        },
    } | changes
    fields = {
        "title": "Tiny network with random weights",
        "created": "2025-01-01T00:00:00Z",
        "program": "0.1.0",
        "segmentation": segmentation,
    }
    return save_bundle(folder, fields, network.state_dict(), licence="none")


@pytest.fixture(scope="session")
def bundles_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with a bundle for one picture, one for a pair, and a broken one."""
    folder = tmp_path_factory.mktemp("bundles")
    write_bundle(folder / "tiny-ppl", 0)
    write_bundle(folder / "tiny-ppl-xpl", 1)
    (folder / "broken").mkdir()
    (folder / "broken" / "card.json").write_text("{}")
    return folder


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No bundle and no session from outside the tests."""
    monkeypatch.setenv("MINERALSEG_BUNDLES", str(tmp_path / "none"))
    monkeypatch.setattr("mineralseg_models.bundles.catalogue.SHIPPED", tmp_path / "none")
    monkeypatch.setattr("platformdirs.user_data_path", lambda *_, **__: tmp_path / "data")


@pytest.fixture
def bundles(own_folders: None, bundles_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The bundles of these tests are installed."""
    monkeypatch.setenv("MINERALSEG_BUNDLES", str(bundles_folder))
    return bundles_folder


def grains(seed: int = 0, shape: tuple[int, int] = (96, 128)) -> NDArray[np.uint8]:
    """Colour picture of flat patches with a little noise, shape (Y, X, 3)."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(40, 220, (shape[0] // 16 + 1, shape[1] // 16 + 1, 3))
    patches = coarse.repeat(16, axis=0).repeat(16, axis=1)[: shape[0], : shape[1]]
    return np.clip(patches + rng.normal(0, 6, (*shape, 3)), 0, 255).astype(np.uint8)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    """Files of a plane- and a cross-polarised picture: ``ppl/2a.png`` and ``xpl/2a.png``."""
    paths = []
    for kind in ("ppl", "xpl"):
        (tmp_path / kind).mkdir()
        path = tmp_path / kind / "2a.png"
        Image.fromarray(grains()).save(path)
        paths.append(path)
    return paths[0], paths[1]


@pytest.fixture
def until(qtbot: Any) -> Callable[[Callable[[], bool]], None]:
    """Let Qt work until something is so, for 30 s at most."""

    def wait(condition: Callable[[], bool]) -> None:
        qtbot.waitUntil(condition, timeout=30_000)

    return wait


@pytest.fixture
def open_dock(
    make_napari_viewer: Callable[..., Any], qtbot: Any, bundles: Path
) -> Iterator[Callable[..., tuple[Any, Any]]]:
    """Open a viewer with layers and the dock as a user does: ``open_dock(add_layers)``."""
    docks = []

    def open_(fill: Callable[[Any], None] = lambda viewer: None, **kwargs: Any) -> tuple[Any, Any]:
        viewer = make_napari_viewer(**kwargs)
        fill(viewer)
        _, dock = viewer.window.add_plugin_dock_widget("napari-mineralseg", "Segment micrograph")
        qtbot.wait(10)
        docks.append(dock)
        return viewer, dock

    yield open_
    for dock in docks:
        dock.shut(with_viewer=True)


@pytest.fixture
def one_picture() -> Callable[[Any], None]:
    """Adds an RGB layer of 1 µm per pixel, so that a run needs one click."""

    def add(viewer: Any) -> None:
        units = ("micrometer", "micrometer")
        viewer.add_image(grains(), rgb=True, name="field", scale=(1, 1), units=units)

    return add


@pytest.fixture
def segmented(
    open_dock: Callable[..., tuple[Any, Any]],
    pair: tuple[Path, Path],
    until: Callable[[Callable[[], bool]], None],
) -> tuple[Any, Any]:
    """A viewer and its dock after a run on the pair of files."""

    def open_files(viewer: Any) -> None:
        for path in reversed(pair):
            viewer.open(str(path), plugin="napari-mineralseg")

    viewer, dock = open_dock(open_files)
    dock.bar.run.click()
    until(lambda: dock.correction.field is not None and not dock.run.is_busy)
    until(lambda: dock.correction.field.keeper.session is not None)
    return viewer, dock


@pytest.fixture
def small_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    """The synthetic section is drawn small."""
    monkeypatch.setattr("napari_mineralseg._sample_data.SHAPE", (96, 128))
