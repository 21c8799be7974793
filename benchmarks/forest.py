"""The yardstick: a random forest on multi-scale filters, on the folds of `mineralseg crossval`.

    python benchmarks/forest.py --data DIR --crossval CROSSVAL_JSON --groups CSV --out OUT

200 trees of scikit-learn on skimage's multi-scale basic features (intensity, edges, texture at
sigma 1 to 16) of plane and crossed picture, registered, standardised by field and at the working
scale of the recipe, as the network sees them; classes weighted equally; fitted to a sample of
pixels of the other groups. Writes OUT/forest.json: the forest's scores and the paired difference
(network minus forest) with its interval between groups.
"""

import argparse
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.feature import multiscale_basic_features
from sklearn.ensemble import RandomForestClassifier

from mineralseg_models.bundles.card import Card, Normalisation
from mineralseg_models.io.atomic import replace_file
from mineralseg_models.progress import run_to_end
from mineralseg_models.scores.counts import confusion, iou, pixel_accuracy
from mineralseg_models.scores.intervals import (
    bootstrap_interval,
    jackknife_interval,
    of_class,
    score_intervals,
)
from mineralseg_models.segmentation.normalise import normalise
from mineralseg_models.segmentation.resample import resize
from mineralseg_models.training.fields import Field, read_fields
from mineralseg_models.training.folder import read_training_folder
from mineralseg_models.training.recipe import Recipe

PIXELS_A_FIELD = 6000
TREES = 200


def main() -> None:
    args = _arguments()
    report = json.loads(args.crossval.read_text())
    recipe = Recipe.model_validate_json(json.dumps(report["recipe"]))
    folder = read_training_folder(
        args.data, crossed=recipe.crossed, taxonomy=recipe.taxonomy, groups=args.groups
    )
    fields = run_to_end(read_fields(folder.fields, folder.taxonomy, recipe))
    features = [_features(f) for f in fields]
    counts: dict[str, NDArray[np.int64]] = {}
    for held_out in report["folds"]:
        forest = _fit(fields, features, held_out)
        for field, values in zip(fields, features, strict=True):
            if field.group in held_out:
                matrix = _score(forest, field, values, folder.taxonomy.ids)
                counts[field.group] = counts.get(field.group, 0) + matrix
                print(field.stem, f"accuracy {float(pixel_accuracy(matrix)):.3f}", flush=True)
    ours = np.array(report["confusions"])
    theirs = np.stack([counts[g] for g in report["groups"]])
    result = _compare(ours, theirs, folder.taxonomy.names)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "forest.json").write_text(json.dumps(result, indent=1))
    if args.card:
        forest = result["forest"]
        short = {k: forest[k] for k in ("pixel_accuracy", "mean_iou")}
        short["iou"] = {name: values["iou"] for name, values in forest["classes"].items()}
        put_on_card(args.card, "forest", result | {"forest": short})
    print(json.dumps(result["network_minus_forest"], indent=1))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--crossval", type=Path, required=True)
    parser.add_argument("--groups", type=Path)
    parser.add_argument("--out", type=Path, default=Path("out"))
    parser.add_argument("--card", type=Path, help="card.json to put the result on")
    return parser.parse_args()


def _features(field: Field) -> NDArray[np.float32]:
    """Return filters of every channel, shape (Y, X, F)."""
    pixels = normalise(field.pixels.astype(np.float32), Normalisation(kind="field"))
    return np.asarray(
        multiscale_basic_features(pixels, channel_axis=-1, sigma_min=1, sigma_max=16, workers=2),
        dtype=np.float32,
    )


def _fit(
    fields: list[Field], features: list[NDArray[np.float32]], held_out: list[str]
) -> RandomForestClassifier:
    rng = np.random.default_rng(0)
    x, y = [], []
    for field, values in zip(fields, features, strict=True):
        if field.group not in held_out:
            known = np.flatnonzero(field.target.ravel() != 255)
            chosen = rng.choice(known, PIXELS_A_FIELD, replace=False)
            x.append(values.reshape(-1, values.shape[-1])[chosen])
            y.append(field.target.ravel()[chosen])
    forest = RandomForestClassifier(
        TREES, min_samples_leaf=2, class_weight="balanced", n_jobs=-1, random_state=0
    )
    return forest.fit(np.concatenate(x), np.concatenate(y))


def _score(
    forest: RandomForestClassifier,
    field: Field,
    values: NDArray[np.float32],
    ids: NDArray[np.uint8],
) -> NDArray[np.int64]:
    """Count pixels at the picture's own size, as for the network."""
    rows, columns = field.target.shape
    chances = np.zeros((rows * columns, len(ids)), dtype=np.float32)
    chances[:, forest.classes_] = forest.predict_proba(values.reshape(rows * columns, -1))
    shape = (field.truth.shape[0], field.truth.shape[1])
    labels = ids[resize(chances.reshape(rows, columns, -1), shape).argmax(axis=-1)]
    return confusion(field.truth, labels, ids)


def _compare(
    ours: NDArray[np.int64], theirs: NDArray[np.int64], names: list[str]
) -> dict[str, Any]:
    scores = {"pixel_accuracy": pixel_accuracy, "quartz_iou": of_class(iou, names.index("quartz"))}
    paired = {
        name: {
            "bootstrap": vars(bootstrap_interval(ours, score, baseline=theirs)),
            "jackknife": vars(jackknife_interval(ours, score, baseline=theirs)),
        }
        for name, score in scores.items()
    }
    return {
        "command": shlex.join(["python", *sys.argv]),
        "forest": score_intervals(theirs, names),
        "network_minus_forest": paired,
    }


def put_on_card(path: Path, key: str, result: dict[str, Any]) -> None:
    """Add a result to the scores of a card."""
    card = json.loads(path.read_text(encoding="utf-8"))
    card["scores"][key] = result
    checked = Card.model_validate_json(json.dumps(card))
    with replace_file(path) as aside:
        aside.write_text(checked.model_dump_json(indent=2), encoding="utf-8")


if __name__ == "__main__":
    main()
