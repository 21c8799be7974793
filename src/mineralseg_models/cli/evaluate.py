"""``mineralseg evaluate``: a model against masks → scores, confusion matrix, figures."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mineralseg_models.cli.echo import complain, tell
from mineralseg_models.cli.pictures import (
    Field,
    fields_of,
    make_folder,
    pictures_in,
    read_stack,
    refuse_misfit,
)
from mineralseg_models.cli.progress_bar import run_with_bar
from mineralseg_models.cli.request import parse_pixel_size
from mineralseg_models.errors import BadInput, MineralsegError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mineralseg_models.bundles.bundle import Bundle
    from mineralseg_models.cli.metrics import Tally
    from mineralseg_models.runtime.runner import Runner
    from mineralseg_models.taxonomy import Taxonomy


@dataclass(frozen=True)
class Examination:
    """What is common to all pictures of an evaluation."""

    bundle: "Bundle"
    runner: "Runner"
    pixel_size_um: float | None
    table: "NDArray[np.int16]"

    @property
    def taxonomy(self) -> "Taxonomy":
        """Classes of the model."""
        return self.bundle.card.segmentation.taxonomy


@dataclass
class Outcome:
    """Counts of all pictures, and those that were left out with the reason."""

    tallies: list["Tally"] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)


def evaluate(
    model: Annotated[
        str, typer.Option("--model", metavar="M", help="Bundle: its name or its folder.")
    ],
    images: Annotated[
        Path, typer.Option("--images", metavar="DIR", help="Plane-polarised pictures.")
    ],
    masks: Annotated[
        Path, typer.Option("--masks", metavar="DIR", help="Masks, named as the pictures.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")],
    xpl: Annotated[
        list[Path] | None,
        typer.Option(
            "--xpl", metavar="DIR", help="Crossed-polarised pictures, named as the pictures."
        ),
    ] = None,
    pixel_size: Annotated[
        float | None,
        typer.Option(
            "--pixel-size",
            metavar="UM",
            parser=parse_pixel_size,
            help="Edge of a pixel in µm; else the file's.",
        ),
    ] = None,
    mask_map: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="VALUE=CLASS,...",
            help="Class name, class id or 'ignore' for mask values; others are class ids.",
        ),
    ] = None,
    device: Annotated[
        str, typer.Option("--device", metavar="auto|cpu|cuda|mps", help="Where to compute.")
    ] = "auto",
) -> None:
    """Score a model against masks.

    DIR gets metrics.json, confusion.csv (rows are the truth), confusion.png and classes.png. A
    class that the masks do not hold has no scores (null).
    """
    from mineralseg_models.bundles.catalogue import find_bundle
    from mineralseg_models.cli.mask_map import parse_map
    from mineralseg_models.cli.metrics import write_metrics
    from mineralseg_models.runtime.runner import load_runner

    bundle = find_bundle(model)
    table = parse_map(mask_map or [], bundle.card.segmentation.taxonomy)
    fields, truth = _matched(images, masks, xpl or [])
    refuse_misfit(bundle, len(fields[0].crossed), pixel_size)
    make_folder(out)
    runner = load_runner(bundle, device)
    try:
        outcome = _examine_all(Examination(bundle, runner, pixel_size, table), fields, truth)
    finally:
        runner.close()
    parameters = {"map": mask_map or [], "pixel_size_um": pixel_size, "device": runner.device}
    if outcome.tallies:
        if not any(t.confusion.any() for t in outcome.tallies):
            raise BadInput("No pixel of the masks counts, all are mapped to 'ignore': check --map.")
        _show(write_metrics(out, bundle, outcome.tallies, outcome.skipped, parameters), out)
    if outcome.skipped:
        for stem, reason in outcome.skipped.items():
            complain(f"{stem}: {reason}")
        complain(f"{len(outcome.skipped)} of {len(fields)} pictures were left out.")
        raise typer.Exit(1)


def _matched(images: Path, masks: Path, xpl: Sequence[Path]) -> tuple[list[Field], dict[str, Path]]:
    """Pictures with their partners and masks; every stem must be in every folder."""
    pictures, truth = pictures_in(images), pictures_in(masks)
    for here, there, missing in (
        (images, masks, sorted(set(pictures) - set(truth))),
        (masks, images, sorted(set(truth) - set(pictures))),
    ):
        if missing:
            more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
            raise BadInput(
                f"{there} holds no partner of '{missing[0]}'{more} in {here}; every picture needs "
                "a mask of the same stem."
            )
    files = [p for p in xpl if not p.is_dir()]
    if files:
        raise BadInput(f"{files[0]} is no folder; --xpl of 'evaluate' is a folder of pictures.")
    fields = fields_of([pictures[stem] for stem in sorted(pictures)], xpl)
    lone = next((f for f in fields if f.missing), None)
    if lone:
        raise BadInput(lone.missing)
    return fields, truth


def _show(metrics: dict[str, Any], out: Path) -> None:
    """Print the two main scores and where the rest is."""
    n = metrics["n_images"]
    tell(
        f"pixel accuracy {metrics['pixel_accuracy']:.3f}, mean IoU {metrics['mean_iou']:.3f} "
        f"({n} picture{'s' * (n > 1)}): {out / 'metrics.json'}"
    )


def _examine_all(exam: Examination, fields: list[Field], truth: dict[str, Path]) -> Outcome:
    """Count every picture; a bad one is left out unless it is the only one."""
    outcome = Outcome()
    for one in fields:
        try:
            outcome.tallies.append(_examine(exam, one, truth[one.stem]))
        except MineralsegError as error:
            if len(fields) == 1:
                raise
            outcome.skipped[one.stem] = str(error)
    return outcome


def _examine(exam: Examination, one: Field, mask: Path) -> "Tally":
    """Segment one picture and count its pixels against the mask."""
    from mineralseg_models.cli.mask_map import apply_map
    from mineralseg_models.cli.metrics import Tally
    from mineralseg_models.io.labels import read_mask
    from mineralseg_models.scores.counts import IGNORE, confusion
    from mineralseg_models.scores.ranking import error_histogram
    from mineralseg_models.segmentation.predict import predict

    truth: Any = apply_map(read_mask(mask), exam.table, mask.name)
    picture, stack = read_stack(one, exam.bundle, exam.pixel_size_um)
    if truth.shape != picture.pixels.shape[:2]:
        raise BadInput(
            f"The mask {mask.name} has {truth.shape[1]} × {truth.shape[0]} pixels, its picture "
            f"{picture.pixels.shape[1]} × {picture.pixels.shape[0]}; they must have one size."
        )
    prediction = run_with_bar(predict(stack, exam.bundle, exam.runner), one.stem)
    for warning in prediction.warnings:
        complain(f"{one.stem}: {warning}")
    counted = truth != IGNORE
    wrong = (prediction.labels != truth)[counted]
    return Tally(
        one.stem,
        confusion(truth, prediction.labels, exam.taxonomy.ids),
        error_histogram(prediction.uncertainty[counted], wrong),
        prediction.warnings,
    )
