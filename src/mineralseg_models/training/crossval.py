"""Cross-validation by groups of fields: every field is scored by a model that never saw its group.

Each fold's model is written as a bundle and run exactly as a user would run it (registration,
scale, tiles), and compared with the masks at the pictures' own size.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.bundles.weights import save_bundle
from mineralseg_models.errors import BadInput
from mineralseg_models.io.atomic import replace_file
from mineralseg_models.io.micrographs import read_micrograph
from mineralseg_models.progress import Task
from mineralseg_models.scores.counts import confusion
from mineralseg_models.scores.intervals import score_intervals
from mineralseg_models.scores.ranking import auroc, error_histogram
from mineralseg_models.segmentation.predict import predict
from mineralseg_models.segmentation.stack import build_stack
from mineralseg_models.training.fields import Field
from mineralseg_models.training.folder import FieldFiles
from mineralseg_models.training.recipe import Recipe
from mineralseg_models.training.train import (
    Material,
    card_fields,
    fit_from,
    read_material,
    synthetic_start,
)

COARSE_BINS = 64


def group_folds(fields: Sequence[FieldFiles], folds: int) -> list[list[str]]:
    """Spread groups over folds so that each holds about as many fields.

    Parameters
    ----------
    fields : sequence of FieldFiles
    folds : int
        With more folds than groups each group is a fold.

    Returns
    -------
    list of list of str
        Groups of each fold; largest groups are dealt first, names decide between equals.

    Raises
    ------
    BadInput
        There is only one group.
    """
    sizes: dict[str, int] = {}
    for f in fields:
        sizes[f.group] = sizes.get(f.group, 0) + 1
    if len(sizes) < 2:
        raise BadInput(
            "Cross-validation needs fields of at least two groups; found "
            f"{len(sizes)}. Add fields, or list their groups as stem,group."
        )
    dealt: list[list[str]] = [[] for _ in range(min(folds, len(sizes)))]
    for group in sorted(sizes, key=lambda g: (-sizes[g], g)):
        fewest = min(dealt, key=lambda fold: sum(sizes[g] for g in fold))
        fewest.append(group)
    return dealt


def crossval(
    recipe: Recipe,
    data: str | Path,
    out: str | Path,
    *,
    groups: str | Path | None = None,
    command: str = "",
    device: str = "auto",
) -> Task[dict[str, Any]]:
    """Cross-validate a recipe; finished folds in ``out`` are not run again.

    Parameters
    ----------
    recipe : Recipe
        ``fit.folds`` says how many folds.
    data, groups : str or Path
        Training folder and table of groups.
    out : str or Path
        Receives a bundle and the counts of each fold, and ``crossval.json``.

    Returns
    -------
    dict
        ``class_ids``, ``groups``, ``confusions`` (one a group, rows = truth), ``fields`` (one a
        field) and ``scores`` with 95 % intervals between groups.

    Raises
    ------
    BadInput
        The folder cannot be used or has fewer than two groups.
    """
    target = Path(out)
    target.mkdir(parents=True, exist_ok=True)
    material = yield from read_material(recipe, data, groups)
    folds = group_folds(material.folder.fields, recipe.fit.folds)
    start = yield from synthetic_start(recipe, material, target, device)
    counted: list[dict[str, Any]] = []
    for number, held_out in enumerate(folds):
        done = target / f"fold-{number}-{recipe.digest}.json"
        if not done.is_file():
            rows = yield from _run_fold(start, recipe, material, held_out, target, number, device)
            _write_json(done, rows)
        counted += json.loads(done.read_text())
    report = summarise(counted, material.taxonomy.ids.tolist(), material.taxonomy.names)
    report |= {"command": command, "recipe": recipe.model_dump(mode="json")}
    report |= {"digest": recipe.digest, "folds": folds, "warnings": material.warnings}
    report["scores"]["command"] = command
    _write_json(target / "crossval.json", report)
    return report


def _run_fold(
    start: Mapping[str, Any],
    recipe: Recipe,
    material: Material,
    held_out: Sequence[str],
    target: Path,
    number: int,
    device: str,
) -> Task[list[dict[str, Any]]]:
    """Fit on the other groups, write the bundle, score the fields held out."""
    learned = [f for f in material.fields if f.group not in held_out]
    run, note = target / f"run-{number}", f"fold {number + 1} of {recipe.fit.folds}"
    fitted = yield from fit_from(start, recipe, material, learned, run, device=device, note=note)
    bundle = save_bundle(
        target / f"fold-{number}",
        card_fields(recipe, material, fitted, held_back=held_out),
        fitted.state_dict,
        licence=recipe.weights_licence,
    )
    rows = []
    for files, field in zip(material.folder.fields, material.fields, strict=True):
        if field.group in held_out:
            rows.append((yield from score_field(bundle, files, field, device)))
    return rows


def score_field(
    bundle: Bundle, files: FieldFiles, field: Field, device: str = "auto"
) -> Task[dict[str, Any]]:
    """Run a bundle on one field and count its pixels by true and predicted class."""
    stack = build_stack(
        read_micrograph(files.plane),
        [read_micrograph(p) for p in files.crossed],
        field.pixel_size_um,
    )
    prediction = yield from predict(stack, bundle, device=device)
    ids = prediction.taxonomy.ids
    counts = confusion(field.truth, prediction.labels, ids)
    known = np.isin(field.truth, ids)
    histogram = error_histogram(
        prediction.uncertainty[known], (prediction.labels != field.truth)[known]
    )
    coarse = histogram.reshape(2, COARSE_BINS, -1).sum(axis=-1)
    return {
        "stem": field.stem,
        "group": field.group,
        "confusion": counts.tolist(),
        "uncertainty": coarse.tolist(),
    }


def summarise(
    rows: Iterable[Mapping[str, Any]], class_ids: Sequence[int], names: Sequence[str]
) -> dict[str, Any]:
    """Pool counts of fields by group and score them with intervals between groups.

    Parameters
    ----------
    rows : iterable of mapping
        ``stem``, ``group``, ``confusion`` and ``uncertainty``, as :func:`score_field` gives.
    """
    listed = sorted(rows, key=lambda r: (r["group"], r["stem"]))
    groups = list(dict.fromkeys(r["group"] for r in listed))
    matrices = np.stack([_pooled(listed, g, "confusion") for g in groups])
    uncertain = np.sum([r["uncertainty"] for r in listed], axis=0).astype(np.int64)
    scores: dict[str, Any] = dict(score_intervals(matrices, names))
    scores["uncertainty_auroc"] = auroc(uncertain)
    scores["fields"], scores["groups"] = len(listed), len(groups)
    return {
        "class_ids": list(class_ids),
        "groups": groups,
        "confusions": matrices.tolist(),
        "fields": [{k: r[k] for k in ("stem", "group", "confusion")} for r in listed],
        "scores": scores,
    }


def _pooled(rows: Sequence[Mapping[str, Any]], group: str, what: str) -> NDArray[np.int64]:
    counts = np.array([r[what] for r in rows if r["group"] == group], dtype=np.int64)
    return np.asarray(counts.sum(axis=0))


def _write_json(path: Path, content: Any) -> None:
    with replace_file(path) as aside:
        aside.write_text(json.dumps(content, indent=1), encoding="utf-8")
