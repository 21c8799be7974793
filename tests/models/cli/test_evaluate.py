import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.cli.main import app
from mineralseg_models.cli.metrics import confusion_csv


def _save(path: Path, values: np.ndarray) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(values.astype(np.uint8)).save(path)
    return path


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Three pictures with partners and masks of classes 0 and 4, and 255 at the edge."""
    rng = np.random.default_rng(0)
    for stem in ("1", "2", "3"):
        for kind in ("ppl", "xpl"):
            _save(tmp_path / kind / f"{stem}.png", rng.integers(0, 255, (64, 80, 3)))
        mask = rng.choice([0, 4], (64, 80))
        mask[0] = 255
        _save(tmp_path / "masks" / f"{stem}.png", mask)
    return tmp_path


def _run(data: Path, bundle: Bundle, *more: object) -> Result:
    args = [
        "evaluate",
        "--model",
        bundle.folder,
        "--images",
        data / "ppl",
        "--masks",
        data / "masks",
    ]
    args += ["--xpl", data / "xpl", "--out", data / "out", *more]
    return CliRunner().invoke(app, list(map(str, args)))


def _refused(result: Result) -> str:
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


def _metrics(data: Path) -> dict:
    return json.loads((data / "out" / "metrics.json").read_text(encoding="utf-8"))


def test_scores_confusion_and_figures(data: Path, tiny_bundle: Bundle) -> None:
    result = _run(data, tiny_bundle, "--map", "255=ignore")
    assert result.exit_code == 0, result.output
    metrics = _metrics(data)
    accuracy, iou = metrics["pixel_accuracy"], metrics["mean_iou"]
    assert f"pixel accuracy {accuracy:.3f}, mean IoU {iou:.3f} (3 pictures)" in result.stdout
    assert "1: The pixel size of the picture is not known" in result.stderr
    assert "not known" in metrics["images"][0]["warnings"][-1]
    assert metrics["n_images"] == 3
    assert metrics["n_pixels"] == 3 * 63 * 80
    assert set(metrics["classes"]["feldspar"].values()) == {None}
    assert set(metrics["classes"]["quartz"]) == {"iou", "precision", "recall", "f1", "specificity"}
    assert 0 <= metrics["uncertainty_auroc"] <= 1
    assert [row["image"] for row in metrics["images"]] == ["1", "2", "3"]
    interval = metrics["intervals"]["pixel_accuracy"]
    assert interval["low"] <= metrics["pixel_accuracy"] <= interval["high"]
    with (data / "out" / "confusion.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0][1:] == [row[0] for row in rows[1:]] == ["other", "feldspar", "quartz"]
    counts = np.array([[int(v) for v in row[1:]] for row in rows[1:]])
    assert counts.sum() == metrics["n_pixels"]
    assert np.trace(counts) / counts.sum() == pytest.approx(metrics["pixel_accuracy"])
    for name in ("confusion.png", "classes.png"):
        with Image.open(data / "out" / name) as image:
            assert min(image.size) > 100


def test_scores_agree_with_segment(data: Path, tiny_bundle: Bundle) -> None:
    for stem in ("2", "3"):
        for kind in ("ppl", "xpl", "masks"):
            (data / kind / f"{stem}.png").unlink()
    assert _run(data, tiny_bundle, "--map", "255=ignore").exit_code == 0
    args = ["segment", data / "ppl" / "1.png", "--xpl", data / "xpl" / "1.png", "--out", data / "s"]
    args += ["--model", tiny_bundle.folder]
    assert CliRunner().invoke(app, list(map(str, args))).exit_code == 0
    labels = np.asarray(Image.open(data / "s" / "1_labels.png"))
    truth = np.asarray(Image.open(data / "masks" / "1.png"))
    expected = (labels == truth)[truth != 255].mean()
    metrics = _metrics(data)
    assert metrics["pixel_accuracy"] == pytest.approx(expected)
    assert metrics["intervals"] is None


def test_mask_values_must_be_known(data: Path, tiny_bundle: Bundle) -> None:
    result = _run(data, tiny_bundle)
    assert result.exit_code == 1
    assert "255, which are neither" in result.stderr
    assert not (data / "out" / "metrics.json").exists()
    assert "no class of the model" in _refused(_run(data, tiny_bundle, "--map", "4=mica"))


def test_bad_mask_is_left_out_and_named(data: Path, tiny_bundle: Bundle) -> None:
    _save(data / "masks" / "2.png", np.zeros((64, 81)))
    result = _run(data, tiny_bundle, "--map", "255=ignore")
    assert result.exit_code == 1
    assert "81 × 64 pixels" in result.stderr
    assert "1 of 3 pictures were left out" in result.stderr
    metrics = _metrics(data)
    assert metrics["n_images"] == 2
    assert metrics["skipped"][0]["image"] == "2"


def test_stems_must_match(data: Path, tiny_bundle: Bundle) -> None:
    (data / "xpl" / "1.png").unlink()
    assert "named '1'" in _refused(_run(data, tiny_bundle))
    (data / "masks" / "1.png").unlink()
    assert "no partner of '1'" in _refused(_run(data, tiny_bundle))
    (data / "ppl" / "1.png").unlink()
    (data / "ppl" / "2.png").unlink()
    _save(data / "masks" / "4.png", np.zeros((64, 80)))
    assert "no partner of '2' and 1 more" in _refused(_run(data, tiny_bundle))
    assert not (data / "out").exists()


def test_bad_options(data: Path, tiny_bundle: Bundle, make_bundle) -> None:
    assert "is no folder" in _refused(_run(data, tiny_bundle, "--xpl", data / "xpl" / "1.png"))
    assert "above 0" in _refused(_run(data, tiny_bundle, "--pixel-size", -1))
    assert "does not fit" in _refused(_run(data, make_bundle("lone", 0)))


def test_one_bad_picture_is_bad_input(data: Path, tiny_bundle: Bundle) -> None:
    for stem in ("2", "3"):
        for kind in ("ppl", "xpl", "masks"):
            (data / kind / f"{stem}.png").unlink()
    assert "neither" in _refused(_run(data, tiny_bundle))


def test_masks_without_a_pixel_that_counts(data: Path, tiny_bundle: Bundle) -> None:
    result = _run(data, tiny_bundle, "--map", "0=ignore,4=ignore,255=ignore", "--pixel-size", 1)
    assert result.exit_code == 2
    assert "No pixel of the masks counts" in result.stderr
    assert list((data / "out").iterdir()) == []


def test_confusion_csv() -> None:
    text = confusion_csv(np.array([[1, 2], [3, 4]]), ["a, b", "c"])
    assert text == 'true \\ predicted,"a, b",c\n"a, b",1,2\nc,3,4\n'
