import csv
import errno
import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image
from typer.testing import CliRunner, Result

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.cli import results
from mineralseg_models.cli.main import app

ENDINGS = {"labels.png", "uncertainty.tif", "modal.csv", "overlay.png", "provenance.json"}


def _picture(path: Path, seed: int = 0, shape: tuple[int, int] = (80, 96)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    values = np.random.default_rng(seed).integers(0, 255, (*shape, 3), dtype=np.uint8)
    Image.fromarray(values).save(path)
    return path


def _run(*args: object) -> Result:
    return CliRunner().invoke(app, ["segment", *map(str, args)])


def _refused(*args: object) -> str:
    """Run, expect one sentence on stderr and exit code 2, and return the sentence."""
    result = _run(*args)
    assert result.exit_code == 2, result.output
    assert result.stderr.count("\n") == 1
    return result.stderr


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    return _picture(tmp_path / "ppl" / "a.png"), _picture(tmp_path / "xpl" / "a.png", 1)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def test_five_files(pair: tuple[Path, Path], out: Path, tiny_bundle: Bundle) -> None:
    result = _run(
        pair[0], "--xpl", pair[1], "--model", tiny_bundle.folder, "--pixel-size", 0.5, "--out", out
    )
    assert result.exit_code == 0, result.output
    assert result.stdout.startswith("a: ")
    assert {p.name for p in out.iterdir()} == {f"a_{e}" for e in ENDINGS}
    labels = np.asarray(Image.open(out / "a_labels.png"))
    assert labels.shape == (80, 96)
    assert set(np.unique(labels)) <= {0, 1, 4}
    assert tifffile.imread(out / "a_uncertainty.tif").shape == (80, 96)
    with (out / "a_modal.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(r["pixels"]) for r in rows] == [int((labels == i).sum()) for i in (0, 1, 4)]
    assert sum(float(r["area_um2"]) for r in rows) == pytest.approx(80 * 96 / 4)
    made = json.loads((out / "a_provenance.json").read_text(encoding="utf-8"))
    assert made["pixel_size_um"] == 0.5
    assert [i["role"] for i in made["inputs"]] == ["plane", "crossed"]
    numbers = made["results"]
    assert len(numbers["modal"]["rows"]) == 3
    assert numbers["modal"]["note"].startswith("No intervals")
    assert numbers["porosity_percent"] is None
    assert numbers["quartz_feldspar_lithic"] == {"mapped": None, "adjusted": None}


QFL_CLASSES = [
    {"id": 0, "name": "lithic fragment", "colour": "#808080"},
    {"id": 1, "name": "K-feldspar", "colour": "#e0a040"},
    {"id": 4, "name": "quartz", "colour": "#40a0e0"},
]


def test_triangle_where_the_model_knows_all_three(
    pair: tuple[Path, Path], out: Path, make_bundle
) -> None:
    options = (pair[0], "--xpl", pair[1], "--out", out, "--model")
    assert _run(*options, make_bundle("rock", classes=QFL_CLASSES).folder).exit_code == 0
    assert {p.name for p in out.iterdir()} == {f"a_{e}" for e in ENDINGS | {"qfl.png"}}
    with Image.open(out / "a_qfl.png") as image:
        assert min(image.size) > 500
    assert _run(*options, make_bundle("other").folder).exit_code == 0
    assert not (out / "a_qfl.png").exists()  # of the earlier run


def test_unknown_scale_leaves_areas_empty(
    pair: tuple[Path, Path], out: Path, tiny_bundle: Bundle
) -> None:
    result = _run(pair[0], "--xpl", pair[1].parent, "--model", tiny_bundle.folder, "--out", out)
    assert result.exit_code == 0
    assert "pixel size" in result.stderr
    with (out / "a_modal.csv").open(encoding="utf-8", newline="") as file:
        assert {r["area_um2"] for r in csv.DictReader(file)} == {""}


def test_earlier_run_repeats(
    pair: tuple[Path, Path], out: Path, tmp_path: Path, tiny_bundle: Bundle
) -> None:
    first = _run(
        pair[0], "--xpl", pair[1], "--model", tiny_bundle.folder, "--pixel-size", 0.7, "--out", out
    )
    assert first.exit_code == 0
    again = tmp_path / "again"
    second = _run("--from", out / "a_provenance.json", "--out", again)
    assert second.exit_code == 0, second.output
    for ending in ENDINGS - {"provenance.json"}:
        assert (out / f"a_{ending}").read_bytes() == (again / f"a_{ending}").read_bytes()
    earlier, later = (
        json.loads((f / "a_provenance.json").read_text(encoding="utf-8")) for f in (out, again)
    )
    for one in (earlier, later):
        del one["created"]
    assert earlier == later


def test_earlier_run_on_another_picture(
    pair: tuple[Path, Path], out: Path, tmp_path: Path, tiny_bundle: Bundle
) -> None:
    _run(pair[0], "--xpl", pair[1], "--model", tiny_bundle.folder, "--pixel-size", 2, "--out", out)
    other = _picture(tmp_path / "b.png", 5)
    result = _run("--from", out / "a_provenance.json", other, "--xpl", pair[1], "--out", out)
    assert result.exit_code == 0
    made = json.loads((out / "b_provenance.json").read_text(encoding="utf-8"))
    assert made["pixel_size_um"] == 2


def test_pictures_that_moved_are_found_beside(
    pair: tuple[Path, Path], out: Path, tmp_path: Path, make_bundle
) -> None:
    bundle = make_bundle(n_crossed=0)
    assert _run(pair[0], "--model", bundle.folder, "--out", out).exit_code == 0
    pair[0].rename(out / "a.png")
    result = _run("--from", out / "a_provenance.json", "--out", tmp_path / "again")
    assert result.exit_code == 0, result.output


def test_changed_inputs_are_refused(
    pair: tuple[Path, Path], out: Path, tiny_bundle: Bundle, make_bundle
) -> None:
    _run(pair[0], "--xpl", pair[1], "--model", tiny_bundle.folder, "--out", out)
    made_from = out / "a_provenance.json"
    _picture(pair[1], 9)
    assert "has changed" in _refused("--from", made_from, "--out", out)
    pair[1].unlink()
    assert "not there any more" in _refused("--from", made_from, "--out", out)
    _picture(pair[1], 1)
    make_bundle("tiny", half=True)
    assert "other weights" in _refused("--from", made_from, "--out", out)


def test_damaged_provenance_is_refused(tmp_path: Path, out: Path) -> None:
    (tmp_path / "x.json").write_text("{", encoding="utf-8")
    _refused("--from", tmp_path / "x.json", "--out", out)
    _refused("--from", tmp_path / "absent.json", "--out", out)


def test_batch_goes_on_past_a_bad_picture(tmp_path: Path, out: Path, make_bundle) -> None:
    bundle = make_bundle(n_crossed=0)
    good = [_picture(tmp_path / f"{i}.png", i) for i in range(2)]
    bad = tmp_path / "bad.png"
    bad.write_bytes(good[0].read_bytes()[:200])
    result = _run(
        good[0], bad, tmp_path / "absent.png", good[1], "--model", bundle.folder, "--out", out
    )
    assert result.exit_code == 1
    assert "bad.png" in result.stderr
    assert "2 of 4 pictures could not be segmented" in result.stderr
    assert len(list(out.iterdir())) == 10


def test_missing_partner_fails_alone(tmp_path: Path, out: Path, tiny_bundle: Bundle) -> None:
    images = [_picture(tmp_path / "ppl" / f"{i}.png", i) for i in range(2)]
    _picture(tmp_path / "xpl" / "1.png", 7)
    result = _run(*images, "--xpl", tmp_path / "xpl", "--model", tiny_bundle.folder, "--out", out)
    assert result.exit_code == 1
    assert "named '0'" in result.stderr
    assert (out / "1_labels.png").exists()


def test_one_bad_picture_is_bad_input(tmp_path: Path, out: Path, make_bundle) -> None:
    folder = make_bundle(n_crossed=0).folder
    black = tmp_path / "black.png"
    Image.new("RGB", (64, 64)).save(black)
    (tmp_path / "empty.png").touch()
    _refused(black, "--model", folder, "--out", out)
    _refused(tmp_path / "empty.png", "--model", folder, "--out", out)
    assert list(out.iterdir()) == []


def test_refused_before_any_work(pair: tuple[Path, Path], out: Path, tiny_bundle: Bundle) -> None:
    image, crossed = pair
    model = ("--model", tiny_bundle.folder, "--out", out)
    assert "same stem" in _refused(image, crossed, *model)
    assert "does not fit" in _refused(image, *model)
    assert "above 0" in _refused(image, "--xpl", crossed, "--pixel-size", 0, *model)
    assert "above 0" in _refused(image, "--xpl", crossed, "--pixel-size", "nan", *model)
    assert "such as 0.755" in _refused(image, "--xpl", crossed, "--pixel-size", "0,7", *model)
    assert "no device 'tpu'" in _refused(image, "--xpl", crossed, "--device", "tpu", *model)
    assert "does not fit" in _refused(image, "--xpl", crossed, "--pixel-size", 50, *model)
    assert "No picture" in _refused(*model)
    assert "No model" in _refused(image, "--out", out)
    assert "no bundle 'nonsense'" in _refused(image, "--model", "nonsense", "--out", out)
    assert not out.exists()


def test_absent_gpu_is_named(
    pair: tuple[Path, Path], out: Path, tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    args = (pair[0], "--xpl", pair[1], "--model", tiny_bundle.folder, "--device", "cuda")
    assert "CUDA" in _refused(*args, "--out", out)


def test_results_never_overwrite_a_picture(tmp_path: Path, make_bundle) -> None:
    image, other = _picture(tmp_path / "a.png"), _picture(tmp_path / "a_labels.png", 1)
    folder = make_bundle(n_crossed=0).folder
    assert "overwrite" in _refused(image, other, "--model", folder, "--out", tmp_path)


def _no_space_for(ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from mineralseg_models.io import atomic

    flush = atomic._flush

    def full(path: Path) -> None:
        if path.suffix == ending:
            raise OSError(errno.ENOSPC, "full")
        flush(path)

    monkeypatch.setattr(atomic, "_flush", full)


def test_a_full_disk_leaves_the_earlier_result_whole(
    pair: tuple[Path, Path], out: Path, tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = (pair[0], "--xpl", pair[1], "--model", tiny_bundle.folder, "--out", out)
    assert _run(*options).exit_code == 0
    before = {p: p.read_bytes() for p in out.iterdir()}
    _no_space_for(".json", monkeypatch)
    sentence = _refused(*options, "--pixel-size", 2)
    assert f"{out / 'a_provenance.json'} could not be written: the disk is full" in sentence
    assert {p: p.read_bytes() for p in out.iterdir()} == before


def test_a_full_disk_ends_a_batch(
    tmp_path: Path, out: Path, make_bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = [_picture(tmp_path / f"{i}.png", i) for i in range(3)]
    _no_space_for(".json", monkeypatch)
    result = _run(*images, "--model", make_bundle(n_crossed=0).folder, "--out", out)
    assert result.exit_code == 1
    assert result.stderr.count("the disk is full") == 1
    assert result.stderr.count("not tried any more") == 2
    assert "3 of 3 pictures could not be segmented" in result.stderr
    assert list(out.iterdir()) == []


def test_earlier_run_of_another_version_is_told(
    pair: tuple[Path, Path], out: Path, make_bundle
) -> None:
    folder = make_bundle(n_crossed=0).folder
    assert _run(pair[0], "--model", folder, "--pixel-size", 1, "--out", out).exit_code == 0
    made_from = out / "a_provenance.json"
    made = json.loads(made_from.read_text(encoding="utf-8")) | {"program": "0.0.1"}
    made_from.write_text(json.dumps(made), encoding="utf-8")
    result = _run("--from", made_from, "--out", out)
    assert result.exit_code == 0
    assert "made by version 0.0.1" in result.stderr


def test_ctrl_c_leaves_nothing_half_written(
    pair: tuple[Path, Path], out: Path, tiny_bundle: Bundle, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("mineralseg_models.runtime.torch_network.TorchNetwork.probabilities", stop)
    result = _run(pair[0], "--xpl", pair[1], "--model", tiny_bundle.folder, "--out", out)
    assert result.exit_code == 130
    assert result.stderr.strip() == "mineralseg: Stopped."
    assert list(out.iterdir()) == []


def test_names_of_the_results() -> None:
    assert [p.name for p in results.paths_of("s", Path("o"))] == [f"s{e}" for e in results.ENDINGS]
