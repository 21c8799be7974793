"""What napari sees of the plugin: manifest, readers, samples, and what importing it costs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from npe2 import PluginManifest

from mineralseg_models.errors import BadInput
from napari_mineralseg._reader import choose_reader, read_pictures

PACKAGE = Path(__file__).parents[2] / "src" / "napari_mineralseg"
HEAVY = ("torch", "sklearn", "openvino", "lightning", "segmentation_models_pytorch", "matplotlib")


def test_the_manifest_is_valid_and_linked_at_the_top() -> None:
    manifest = PluginManifest.from_file(PACKAGE / "napari.yaml")
    manifest.validate_imports()
    assert (PACKAGE.parents[1] / "napari.yaml").resolve() == PACKAGE / "napari.yaml"
    menus = manifest.contributions.menus or {}
    assert "napari/layers/segment" in menus


def test_importing_the_plugin_loads_nothing_heavy() -> None:
    modules = sorted(
        ".".join(p.relative_to(PACKAGE.parent).with_suffix("").parts)
        for p in PACKAGE.rglob("*.py")
        if p.name not in ("__init__.py", "demo.py")
        and p.parent.name in ("napari_mineralseg", "state")
    )
    heavy = (*HEAVY, "scipy", "skimage")
    code = (
        "import sys, napari, importlib, numpy\n"
        "before = set(sys.modules)\n"
        "import napari_mineralseg, napari_mineralseg._reader, napari_mineralseg._sample_data\n"
        f"added = [m for m in {heavy} if m in sys.modules and m not in before]\n"
        "assert not added, added\n"
        f"[importlib.import_module(m) for m in {modules}]\n"
        f"added = [m for m in {HEAVY} if m in sys.modules and m not in before]\n"
        "assert not added, added\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)


def test_no_module_of_the_plugin_imports_maths_where_it_must_not() -> None:
    for folder in ("widgets", "parts", "state"):
        for path in (PACKAGE / folder).glob("*.py"):
            source = path.read_text(encoding="utf-8")
            for module in ("numpy", "scipy", "torch", "skimage"):
                assert f"import {module}" not in source, path
                assert f"from {module}" not in source, path


@pytest.mark.parametrize("folder", ["widgets", "parts", "state"])
def test_only_layers_add_layers(folder: str) -> None:
    for path in (PACKAGE / folder).glob("*.py"):
        assert ".add_image(" not in path.read_text(encoding="utf-8"), path
        assert ".add_labels(" not in path.read_text(encoding="utf-8"), path


def test_the_reader_keeps_scale_and_unit(tmp_path: Path) -> None:
    path = tmp_path / "scaled.tif"
    pixels = np.zeros((30, 40, 3), np.uint8)
    tifffile.imwrite(path, pixels, resolution=(20_000, 20_000), resolutionunit="CENTIMETER")
    ((data, arguments, kind),) = choose_reader(str(path))(str(path))
    assert kind == "image"
    assert data.shape == (30, 40, 3)
    assert arguments["scale"] == pytest.approx((0.5, 0.5))
    assert arguments["units"] == ("micrometer", "micrometer")
    assert len(read_pictures([str(path), str(path)])) == 2


def test_a_broken_file_is_refused_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(BadInput, match=r"broken\.png"):
        read_pictures(str(tmp_path / "broken.png"))


def test_napari_opens_a_file_with_our_reader(make_napari_viewer: Any, tmp_path: Path) -> None:
    path = tmp_path / "grey.png"
    from PIL import Image

    Image.fromarray(np.zeros((30, 40), np.uint8)).save(path)
    viewer = make_napari_viewer()
    (layer,) = viewer.open(str(path), plugin="napari-mineralseg")
    assert layer.rgb
    assert layer.name == "grey"


@pytest.mark.parametrize(("key", "n"), [("thin_section", 2), ("thin_section_with_minerals", 3)])
def test_the_samples_open(
    make_napari_viewer: Any, monkeypatch: pytest.MonkeyPatch, key: str, n: int
) -> None:
    monkeypatch.setattr("napari_mineralseg._sample_data.SHAPE", (96, 128))
    viewer = make_napari_viewer()
    layers = viewer.open_sample("napari-mineralseg", key)
    assert len(layers) == n
    assert [x.name for x in viewer.layers][:2] == ["thin section crossed", "thin section plane"]
    assert all(tuple(x.scale) == (1, 1) for x in viewer.layers)
    assert all(str(x.units[0]) == "micrometer" for x in viewer.layers)
    if n == 3:
        assert "quartz" in list(layers[2].features["class"])


def test_torch_is_loaded_bound_to_its_own_symbols(monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_mineralseg import torch_loading

    before = sys.getdlopenflags() if hasattr(sys, "getdlopenflags") else None
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    torch_loading._load_triton()
    monkeypatch.setattr("importlib.util.find_spec", lambda _: object())
    seen: list[int] = []

    def refuse(name: str) -> None:
        seen.append(sys.getdlopenflags())
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", refuse)
    if before is not None:
        import os

        torch_loading._load_triton()
        assert seen == [os.RTLD_NOW | os.RTLD_DEEPBIND]
        assert sys.getdlopenflags() == before


def test_libraries_that_cannot_be_loaded_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    from mineralseg_models.errors import TaskFailed
    from napari_mineralseg import torch_loading

    def refuse(name: str) -> None:
        raise OSError("[WinError 1114] c10.dll")

    monkeypatch.setattr(torch_loading, "_load_triton", lambda: None)
    monkeypatch.setattr("importlib.import_module", refuse)
    with pytest.raises(TaskFailed, match=r"1114.*Redistributable"):
        torch_loading.load_torch()
