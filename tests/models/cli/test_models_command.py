import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mineralseg_models.bundles import catalogue
from mineralseg_models.cli.main import app


@pytest.fixture(autouse=True)
def _nothing_shipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setenv("MINERALSEG_BUNDLES", str(tmp_path / "own"))


def _run(*args: str) -> str:
    result = CliRunner().invoke(app, ["models", *args], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.stderr
    return result.stdout


def test_no_bundles() -> None:
    assert "no model bundles" in _run()
    assert json.loads(_run("--json")) == []


def test_sound_and_broken_bundles(make_bundle, tmp_path: Path) -> None:
    error = {
        "class_ids": [0, 1, 4],
        "groups": ["a", "b"],
        "confusions": [[[8, 1, 1], [0, 9, 1], [0, 0, 10]], [[9, 1, 0], [1, 8, 1], [0, 1, 9]]],
    }
    make_bundle(error=error)
    broken = make_bundle("broken").folder
    (broken / "weights.safetensors").write_bytes(b"damage")
    rows = {r["name"]: r for r in json.loads(_run("--json", "--path", str(tmp_path / "bundles")))}
    assert rows["broken"]["ok"] is False
    assert rows["broken"]["reason"].endswith(".")
    sound = rows["tiny"]
    assert sound["inputs"] == ["plane", "crossed"]
    assert [c["name"] for c in sound["classes"]] == ["other", "feldspar", "quartz"]
    assert sound["licence"] == "CC0-1.0"
    assert sound["cross_validated"]["pixel_accuracy"] == pytest.approx(53 / 60)
    assert sound["cross_validated"]["n_groups"] == 2
    text = _run("--path", str(tmp_path / "bundles"))
    assert "88 %" in text
    assert "0.2–5" in text
    assert f"broken: {broken}" in text.replace("\n", "")


def test_unknown_accuracy_is_a_dash(make_bundle, tmp_path: Path) -> None:
    make_bundle()
    assert (
        json.loads(_run("--json", "--path", str(tmp_path / "bundles")))[0]["cross_validated"]
        is None
    )
    assert "–" in _run("--path", str(tmp_path / "bundles"))


def test_cards_cannot_write_on_the_terminal(make_bundle, tmp_path: Path) -> None:
    card = make_bundle().folder / "card.json"
    fields = json.loads(card.read_text(encoding="utf-8"))
    fields["title"] = "[red]x[/nope]\x1b[31m\nbroken: y"
    card.write_text(json.dumps(fields), encoding="utf-8")
    text = _run("--path", str(tmp_path / "bundles"))
    assert "tiny: [red]x[/nope] [31m broken: y" in text
    assert "  classes: other, feldspar, quartz" in text


def test_names_are_never_cut(make_bundle, tmp_path: Path) -> None:
    make_bundle("a-rather-long-name-of-a-bundle")
    args = ["models", "--path", str(tmp_path / "bundles")]
    result = CliRunner().invoke(app, args, env={"COLUMNS": "80"})
    assert "│ a-rather-long-name-of-a-bundle │" in result.stdout


def test_a_path_that_is_no_folder_is_refused(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["models", "--path", str(tmp_path / "absent")])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "is no folder" in result.stderr
