import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from mineralseg_models.cli.main import app


def run(*args: str | Path) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, [str(a) for a in args])
    return result.exit_code, result.stdout, result.stderr


def test_crossval_then_train_fills_the_card(
    training_folder: Path, recipe_file: Path, tmp_path: Path
) -> None:
    code, said, _ = run(
        "crossval", recipe_file, "--data", training_folder, "--out", tmp_path / "cv"
    )
    assert code == 0
    assert "pixel accuracy" in said
    assert "AUROC" in said
    report = tmp_path / "cv" / "crossval.json"
    code, said, _ = run(
        "train", recipe_file, "--data", training_folder, "--out", tmp_path / "new",
        "--scores", report,
    )  # fmt: skip
    assert code == 0
    assert "new" in said
    card = json.loads((tmp_path / "new" / "card.json").read_text())
    assert card["segmentation"]["error"]["groups"] == ["1", "2", "3"]
    assert card["scores"]["cross_validation"]["pixel_accuracy"]["n_groups"] == 3


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{}", "no report of"),
        ("[" * 100_000, "no report of"),
        ("nonsense", "no report of"),
        ('{"digest": "0"}', "another recipe"),
    ],
)
def test_scores_of_something_else_are_refused(
    training_folder: Path, recipe_file: Path, tmp_path: Path, content: str, said: str
) -> None:
    report = tmp_path / "report.json"
    report.write_text(content)
    code, _, error = run(
        "train", recipe_file, "--data", training_folder, "--out", tmp_path / "new",
        "--scores", report,
    )  # fmt: skip
    assert code == 2
    assert said in error
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("out", "device", "said"),
    [
        ("Bad Name", "cpu", "'Bad Name' is no name of a bundle"),
        ("taken", "cpu", "exists and is no bundle"),
        ("recipe.toml/new", "cpu", "is a file"),
        ("new", "tpu", "no device 'tpu'"),
    ],
)
def test_what_cannot_end_in_a_bundle_is_not_begun(
    training_folder: Path, recipe_file: Path, tmp_path: Path, out: str, device: str, said: str
) -> None:
    (tmp_path / "taken").mkdir(exist_ok=True)
    (tmp_path / "recipe.toml").touch()
    options = ("--data", training_folder, "--out", tmp_path / out, "--device", device)
    code, _, error = run("train", recipe_file, *options)
    assert code == 2
    assert said in error
    assert error.count("\n") == 1
    if said.startswith("no device") or out == "recipe.toml/new":
        assert run("crossval", recipe_file, *options)[0] == 2
    assert not list(tmp_path.glob("*.training"))


def test_a_folder_without_groups_is_used_with_a_warning(
    training_folder: Path, recipe_file: Path, tmp_path: Path
) -> None:
    (training_folder / "groups.csv").unlink()
    code, _, error = run(
        "crossval", recipe_file, "--data", training_folder, "--out", tmp_path / "cv"
    )
    assert code == 0
    assert "has no groups.csv" in error
    code, _, error = run("train", recipe_file, "--data", training_folder, "--out", tmp_path / "new")
    assert code == 0
    assert "has no groups.csv" in error
