import json
from pathlib import Path

import numpy as np
import pytest

from mineralseg_models.bundles.weights import read_weights
from mineralseg_models.errors import BadInput, CannotWrite, TaskFailed
from mineralseg_models.progress import Progress, run_to_end
from mineralseg_models.training.crossval import crossval, group_folds, summarise
from mineralseg_models.training.folder import FieldFiles
from mineralseg_models.training.recipe import load_recipe
from mineralseg_models.training.train import held_back_groups, train


def test_a_bundle_with_a_filled_in_card(
    training_folder: Path, recipe_file: Path, tmp_path: Path
) -> None:
    seen: list[Progress] = []
    bundle = run_to_end(
        train(load_recipe(recipe_file), training_folder, tmp_path / "new", command="train it"),
        seen.append,
    )
    card = bundle.card
    assert card.name == "new"
    assert card.command == "train it"
    assert card.scores["learning"]["fields"] == 4
    assert card.scores["learning"]["curve"][-1]["step"] == 4
    assert card.recipe["fit"]["steps"] == 4
    assert any("loss" in p.note for p in seen)
    assert not (tmp_path / "new.training").exists()


def test_early_stopping_keeps_the_best(
    training_folder: Path, recipe_file: Path, tmp_path: Path
) -> None:
    recipe = load_recipe(
        recipe_file, ["fit.validation_share=0.34", "fit.patience=1", "fit.steps=40"]
    )
    bundle = run_to_end(train(recipe, training_folder, tmp_path / "early"))
    learning = bundle.card.scores["learning"]
    assert len(learning["held_back_groups"]) == 1
    assert all("val_mean_iou" in p for p in learning["curve"])


def test_a_cancelled_training_goes_on_as_if_unbroken(
    training_folder: Path, recipe_file: Path, tmp_path: Path
) -> None:
    recipe = load_recipe(recipe_file, ["fit.steps=8"])
    whole = run_to_end(train(recipe, training_folder, tmp_path / "whole"))
    task = train(recipe, training_folder, tmp_path / "broken")
    for step in task:
        if "loss" in step.note and step.done >= 5:
            break
    task.close()
    assert list((tmp_path / "broken.training").rglob("last.ckpt"))
    broken = run_to_end(train(recipe, training_folder, tmp_path / "broken"))
    assert broken.card.weights.sha256 == whole.card.weights.sha256


def test_a_training_stopped_after_its_last_step_is_not_run_again(
    training_folder: Path, recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise CannotWrite("the disk is full")

    recipe = load_recipe(recipe_file)
    whole = run_to_end(train(recipe, training_folder, tmp_path / "whole"))
    with monkeypatch.context() as patch:
        patch.setattr("mineralseg_models.training.train.save_bundle", full)
        with pytest.raises(CannotWrite):
            run_to_end(train(recipe, training_folder, tmp_path / "late"))
    notes: list[str] = []
    late = run_to_end(
        train(recipe, training_folder, tmp_path / "late"), lambda p: notes.append(p.note)
    )
    assert not any("loss" in n for n in notes)
    assert late.card.weights.sha256 == whole.card.weights.sha256
    assert late.card.scores["learning"]["curve"] == whole.card.scores["learning"]["curve"]


def test_generated_sections_come_first(
    training_folder: Path, recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mineralseg_models.training.generated.SHAPE", (48, 64))
    changes = ["synthetic.sections=1", "synthetic.steps=2", "synthetic.kept=1"]
    notes: list[str] = []
    first = run_to_end(
        train(
            load_recipe(recipe_file, [*changes, "synthetic.mixed=0.5"]),
            training_folder,
            tmp_path / "first",
        ),
        lambda p: notes.append(p.note),
    )
    assert any("generated sections" in n for n in notes)
    other = load_recipe(recipe_file, [*changes, "fit.steps=2"])
    again = run_to_end(train(other, training_folder, tmp_path / "again"))
    one, other_one = read_weights(first), read_weights(again)
    for name, tensor in one.items():
        assert not tensor.is_floating_point() or tensor.equal(other_one[name])


def test_a_training_that_breaks_down_says_so(
    training_folder: Path, recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr("mineralseg_models.training.module.Segmenter.training_step", broken)
    with pytest.raises(TaskFailed, match="out of memory"):
        run_to_end(train(load_recipe(recipe_file), training_folder, tmp_path / "new"))
    assert not (tmp_path / "new").exists()


def test_too_few_groups_for_validation(recipe_file: Path) -> None:
    recipe = load_recipe(recipe_file, ["fit.validation_share=0.2"])
    with pytest.raises(BadInput, match="cannot be split"):
        held_back_groups(["a", "b"], recipe)


def test_groups_never_stand_in_two_folds() -> None:
    fields = [
        FieldFiles(f"{g}{i}", g, Path(), (), Path()) for g in "abcde" for i in range(1 + (g < "c"))
    ]
    folds = group_folds(fields, 3)
    assert sorted(g for fold in folds for g in fold) == list("abcde")
    sizes = [sum(f.group in fold for f in fields) for fold in folds]
    assert max(sizes) - min(sizes) <= 1
    assert len(group_folds(fields, 99)) == 5
    with pytest.raises(BadInput, match="at least two groups"):
        group_folds(fields[:1], 2)


def test_crossval_scores_every_group_and_resumes(
    training_folder: Path, recipe_file: Path, tmp_path: Path
) -> None:
    table = "stem,group\n1a,1\n1b,1\n2a,2\n3a,Section 3/b\n"
    (training_folder / "groups.csv").write_text(table)
    recipe, out = load_recipe(recipe_file), tmp_path / "cv"
    report = run_to_end(crossval(recipe, training_folder, out, command="crossval it"))
    assert report["groups"] == ["1", "2", "Section 3/b"]
    matrices = np.array(report["confusions"])
    assert matrices.shape == (3, 6, 6)
    assert matrices.sum() == 4 * 64 * 96
    assert report["scores"]["pixel_accuracy"]["n_groups"] == 3
    assert 0 <= report["scores"]["uncertainty_auroc"] <= 1
    kept = {p: p.stat().st_mtime_ns for p in out.glob("fold-*.json")}
    assert len(kept) == 2
    again = run_to_end(crossval(recipe, training_folder, out, command="crossval it"))
    assert again["confusions"] == report["confusions"]
    assert {p: p.stat().st_mtime_ns for p in out.glob("fold-*.json")} == kept
    bundle = run_to_end(
        train(recipe, training_folder, tmp_path / "final", scores=json.loads(json.dumps(report)))
    )
    error = bundle.card.segmentation.error
    assert error is not None
    assert error.groups == ("1", "2", "Section 3/b")


def test_summary_pools_counts_by_group() -> None:
    rows = [
        {"stem": s, "group": g, "confusion": [[3, 1], [0, 2]], "uncertainty": [[4, 1], [0, 1]]}
        for s, g in (("a", "x"), ("b", "x"), ("c", "y"))
    ]
    report = summarise(rows, [0, 1], ["other", "quartz"])
    assert report["confusions"] == [[[6, 2], [0, 4]], [[3, 1], [0, 2]]]
    assert report["scores"]["pixel_accuracy"]["value"] == pytest.approx(15 / 18)
