"""``python -m napari_mineralseg.demo --headless``, as ``make run`` calls it."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from napari_mineralseg import demo


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, bundles: Path, make_napari_viewer: Any) -> None:
    """A small section, tiny bundles, and a viewer that the test closes."""
    import napari

    monkeypatch.setattr("napari_mineralseg._sample_data.SHAPE", (96, 128))
    monkeypatch.setattr(demo, "NOTICES_FADE_S", 0.1)
    monkeypatch.setattr(napari, "Viewer", make_napari_viewer)


def test_the_sample_is_segmented_and_photographed(
    quick: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert demo.main(["--headless", "--out", str(out)]) == 0
    screenshot = np.asarray(Image.open(out / "screenshot.png"))
    assert screenshot.std() > 10
    table = (out / "thin section plane_modal.csv").read_text()
    rows = list(csv.DictReader(table.splitlines()))
    assert sum(float(r["percent"]) for r in rows) == pytest.approx(100)
    provenance = json.loads((out / "thin section plane_provenance.json").read_text())
    assert provenance["bundle"] == "tiny-ppl-xpl"
    assert (out / "thin section plane_labels.png").exists()
    assert (out / "thin section plane_overlay.png").exists()


def test_the_users_pictures_are_segmented_and_left_alone(
    quick: None, pair: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ["--image", str(pair[0]), "--xpl", str(pair[1]), "--headless", "--out", str(out)]
    assert demo.main(options) == 0
    assert json.loads((out / "2a_provenance.json").read_text())["bundle"] == "tiny-ppl-xpl"
    assert [p.name for p in pair[0].parent.iterdir()] == ["2a.png"]


def test_a_bad_picture_fails_in_one_sentence(
    quick: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "bad.png").write_text("no picture")
    assert demo.main(["--headless", "--image", str(tmp_path / "bad.png")]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_a_picture_that_cannot_be_segmented_fails(
    quick: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "black.png"
    Image.fromarray(np.zeros((60, 80, 3), np.uint8)).save(path)
    assert demo.main(["--headless", "--image", str(path), "--out", str(tmp_path)]) == 1
    assert "same colour everywhere" in capsys.readouterr().err


def test_a_folder_that_is_a_file_fails(
    quick: None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").write_text("a file")
    assert demo.main(["--headless", "--out", str(tmp_path / "out")]) == 1
    assert "is a file" in capsys.readouterr().err


def test_a_partner_without_a_picture_is_refused() -> None:
    with pytest.raises(SystemExit) as refused:
        demo.main(["--xpl", "x.png"])
    assert refused.value.code == 2


def test_with_a_screen_the_window_stays_open(
    quick: None, monkeypatch: pytest.MonkeyPatch, qtbot: Any
) -> None:
    import napari

    monkeypatch.delenv("HEADLESS", raising=False)
    docks: list[Any] = []
    opened = demo._open_dock
    monkeypatch.setattr(demo, "_open_dock", lambda v: docks.append(opened(v)) or docks[0])

    def wait_for_the_result() -> None:
        qtbot.waitUntil(lambda: docks[0].correction.field is not None, timeout=30_000)
        qtbot.waitUntil(lambda: not docks[0].run.is_busy, timeout=30_000)

    monkeypatch.setattr(napari, "run", wait_for_the_result)
    assert demo.main([]) == 0
    docks[0].shut(with_viewer=True)
