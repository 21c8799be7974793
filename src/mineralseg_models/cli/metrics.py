"""What ``mineralseg evaluate`` writes: metrics.json, confusion.csv and two figures."""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models import __version__
from mineralseg_models.io.atomic import replace_together
from mineralseg_models.reports.figures import class_figure, confusion_figure, save_figure
from mineralseg_models.scores import counts
from mineralseg_models.scores.intervals import score_intervals
from mineralseg_models.scores.ranking import auroc

if TYPE_CHECKING:
    from mineralseg_models.bundles.bundle import Bundle

MIN_IMAGES = 3
FILES = ("confusion.csv", "confusion.png", "classes.png", "metrics.json")


@dataclass(frozen=True)
class Tally:
    """Counts of one picture.

    Parameters
    ----------
    stem : str
        Name of the picture.
    confusion : ndarray of int64, shape (K, K)
        Rows are the truth.
    uncertainty : ndarray of int64, shape (2, B)
        Right and wrong pixels by uncertainty.
    warnings : tuple of str
        Sentences about the picture.
    """

    stem: str
    confusion: NDArray[np.int64]
    uncertainty: NDArray[np.int64]
    warnings: tuple[str, ...] = ()


def write_metrics(
    out: Path,
    bundle: "Bundle",
    tallies: Sequence[Tally],
    skipped: dict[str, str],
    parameters: dict[str, Any],
) -> dict[str, Any]:
    """Write the scores of a model, all files or none, and return what stands in metrics.json.

    Parameters
    ----------
    out : Path
        Folder, which exists.
    bundle : Bundle
        The model.
    tallies : sequence of Tally
        At least one picture.
    skipped : dict
        Pictures that were left out, with the reason.
    parameters : dict
        Settings of the run, ready for JSON.

    Raises
    ------
    CannotWrite
        If the folder or the disk refuses.
    """
    taxonomy = bundle.card.segmentation.taxonomy
    pooled = np.sum([t.confusion for t in tallies], axis=0)
    metrics = {
        **counts.scores(pooled, taxonomy.names),
        "uncertainty_auroc": auroc(np.sum([t.uncertainty for t in tallies], axis=0)),
        "n_pixels": int(pooled.sum()),
        "n_images": len(tallies),
        "intervals": _intervals(tallies, taxonomy.names),
        "images": [_image_row(t) for t in tallies],
        "skipped": [{"image": stem, "reason": reason} for stem, reason in skipped.items()],
        "model": {"name": bundle.name, "weights_sha256": bundle.card.weights.sha256},
        "parameters": parameters,
        "program": __version__,
    }
    with replace_together([out / name for name in FILES]) as (matrix, drawn, bars, text):
        matrix.write_text(confusion_csv(pooled, taxonomy.names), encoding="utf-8")
        save_figure(confusion_figure(pooled, taxonomy.names), drawn)
        save_figure(_class_figure(metrics, [c.colour for c in taxonomy]), bars)
        text.write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    return metrics


def _intervals(tallies: Sequence[Tally], names: Sequence[str]) -> dict[str, Any] | None:
    """95 % intervals over pictures, or None for fewer than three."""
    if len(tallies) < MIN_IMAGES:
        return None
    table = score_intervals([t.confusion for t in tallies], names)
    note = (
        "95 % cluster bootstrap over pictures; too narrow where pictures belong together (one "
        "field, one rock) and with fewer than about ten of them."
    )
    return {"note": note, **table}


def _image_row(tally: Tally) -> dict[str, Any]:
    """Scores of one picture."""
    c = tally.confusion
    return {
        "image": tally.stem,
        "n_pixels": int(c.sum()),
        "pixel_accuracy": counts.number_or_none(counts.pixel_accuracy(c)),
        "mean_iou": counts.number_or_none(counts.mean_iou(c)),
        "uncertainty_auroc": auroc(tally.uncertainty),
        "warnings": list(tally.warnings),
    }


def confusion_csv(c: NDArray[np.int64], names: Sequence[str]) -> str:
    """Confusion matrix as CSV: a row a true class, a column a predicted one."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["true \\ predicted", *names])
    writer.writerows([name, *row] for name, row in zip(names, c.tolist(), strict=True))
    return text.getvalue()


def _class_figure(metrics: dict[str, Any], colours: Sequence[str]) -> Any:
    """IoU by class, with intervals where there are some."""
    names = list(metrics["classes"])
    values = [metrics["classes"][name]["iou"] for name in names]
    spans: list[tuple[float | None, float | None]] = [(None, None)] * len(names)
    if metrics["intervals"]:
        found = [metrics["intervals"]["classes"][name]["iou"] for name in names]
        spans = [(f["low"], f["high"]) for f in found]
    return class_figure(names, values, spans, colours, "IoU (line: 95 % interval over pictures)")
