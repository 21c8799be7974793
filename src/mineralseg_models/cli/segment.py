"""``mineralseg segment``: pictures → labels, uncertainty, modal table, overlay, provenance."""

import errno
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mineralseg_models.cli.echo import complain, tell
from mineralseg_models.cli.pictures import Field, make_folder, read_stack, refuse_misfit
from mineralseg_models.cli.progress_bar import run_with_bar
from mineralseg_models.cli.request import Request, from_earlier, from_options, parse_pixel_size
from mineralseg_models.cli.results import describe, measure, paths_of, write_results
from mineralseg_models.errors import BadInput, CannotWrite, MineralsegError

if TYPE_CHECKING:
    from mineralseg_models.bundles.bundle import Bundle
    from mineralseg_models.runtime.runner import Runner

NO_USE_TO_GO_ON = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@dataclass(frozen=True)
class Run:
    """A checked request: what is common to all pictures."""

    request: Request
    bundle: "Bundle"
    runner: "Runner"
    out: Path

    @property
    def settings(self) -> dict[str, Any]:
        """What an earlier run needs to be repeated."""
        from mineralseg_models.provenance import text

        by_name = self.request.model == self.bundle.name
        return {
            "model": self.bundle.name if by_name else text(self.bundle.folder.resolve()),
            "pixel_size_um": self.request.pixel_size_um,
            "device": self.runner.device,
        }


def segment(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")],
    images: Annotated[
        list[Path] | None,
        typer.Argument(metavar="IMAGE", help="Plane-polarised pictures.", show_default=False),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="NAME_OR_PATH", help="Bundle: its name or its folder."),
    ] = None,
    xpl: Annotated[
        list[Path] | None,
        typer.Option(
            "--xpl",
            metavar="IMAGE",
            help="Crossed-polarised picture of the same field; several for a model that takes "
            "several. With several IMAGEs: a folder, matched by stem.",
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
    device: Annotated[
        str | None,
        typer.Option("--device", metavar="auto|cpu|cuda|mps", help="Where to compute [auto]."),
    ] = None,
    earlier: Annotated[
        Path | None,
        typer.Option(
            "--from",
            metavar="STEM_provenance.json",
            help="Run it again as in this file; makes IMAGE and --model optional.",
        ),
    ] = None,
) -> None:
    """Segment pictures of thin sections and measure their modal mineralogy.

    For each picture DIR gets STEM_labels.png (class ids), STEM_uncertainty.tif, STEM_modal.csv,
    STEM_overlay.png, STEM_provenance.json and, where the model knows quartz, feldspar and lithic
    fragments, STEM_qfl.png.
    """
    given = (images or [], xpl or [], model, pixel_size, device)
    run = _checked(from_earlier(earlier, *given) if earlier else from_options(*given), out)
    try:
        failures = _segment_all(run)
    finally:
        run.runner.close()
    if failures:
        for picture, reason in failures.items():
            complain(f"{picture}: {reason}")
        n, total = len(failures), len(run.request.fields)
        complain(f"{n} of {total} pictures could not be segmented.")
        raise typer.Exit(1)


def _checked(request: Request, out: Path) -> Run:
    """Check everything that is common to all pictures before any work."""
    from mineralseg_models.bundles.catalogue import find_bundle
    from mineralseg_models.runtime.runner import load_runner

    bundle = find_bundle(request.model)
    if request.weights_sha256 not in (None, bundle.card.weights.sha256):
        raise BadInput(
            f"The bundle {bundle.name} has other weights than in the earlier run; choose a bundle "
            "by --model to segment with it as it is now."
        )
    for field in request.fields:
        if not field.missing:
            refuse_misfit(bundle, len(field.crossed), request.pixel_size_um)
    _refuse_overwriting(request.fields, out)
    runner = load_runner(bundle, request.device)
    make_folder(out)
    if request.note:
        complain(request.note)
    return Run(request, bundle, runner, out)


def _refuse_overwriting(fields: list[Field], out: Path) -> None:
    """Refuse results that would take the place of a picture."""
    pictures = {p.resolve() for f in fields for p in (f.plane, *f.crossed)}
    for field in fields:
        for path in paths_of(field.stem, out):
            if path.resolve() in pictures:
                raise BadInput(
                    f"The result {path} would overwrite a picture; choose another folder by --out."
                )


def _segment_all(run: Run) -> dict[Path, str]:
    """Segment every picture; return those that could not be, with the reason.

    Where the disk is full or read-only, the pictures that are left are not tried.

    Raises
    ------
    MineralsegError
        The error of the picture, if it is the only one.
    """
    failures: dict[Path, str] = {}
    fields = run.request.fields
    for number, field in enumerate(fields, 1):
        try:
            _segment_field(field, run)
        except MineralsegError as error:
            if len(fields) == 1:
                raise
            failures[field.plane] = str(error)
            tell(f"{field.stem}: failed")
            if _disk_refuses(error):
                rest = (f.plane for f in fields[number:])
                return failures | dict.fromkeys(rest, "It was not tried any more.")
    return failures


def _disk_refuses(error: MineralsegError) -> bool:
    """Whether the next picture's results could not be written either."""
    cause = error.__cause__
    return (
        isinstance(error, CannotWrite)
        and isinstance(cause, OSError)
        and cause.errno in NO_USE_TO_GO_ON
    )


def _segment_field(field: Field, run: Run) -> None:
    """Segment one picture and write its results."""
    from mineralseg_models.segmentation.predict import predict

    picture, stack = read_stack(field, run.bundle, run.request.pixel_size_um)
    task = predict(stack, run.bundle, run.runner)
    prediction = run_with_bar(task, field.stem)
    measured = measure(prediction, stack.pixel_size_um, run.bundle.card.segmentation.error)
    provenance = describe(field, run.bundle, stack, prediction, run.settings, measured.values)
    write_results(paths_of(field.stem, run.out), picture, prediction, measured, provenance)
    for warning in prediction.warnings:
        complain(f"{field.stem}: {warning}")
    rows = sorted(measured.table.rows, key=lambda r: -r.pixels)
    shares = ", ".join(f"{r.name} {r.percent:.1f} %" for r in rows if r.pixels)
    tell(f"{field.stem}: {shares}")
