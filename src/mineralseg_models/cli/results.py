"""What ``mineralseg segment`` leaves of one picture: files named by its stem."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mineralseg_models.cli.pictures import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    from mineralseg_models.bundles.bundle import Bundle
    from mineralseg_models.bundles.card import CrossValidatedError
    from mineralseg_models.data import Micrograph
    from mineralseg_models.measure.modal import ModalTable
    from mineralseg_models.measure.rock import QFL
    from mineralseg_models.provenance import Provenance
    from mineralseg_models.segmentation.predict import Prediction
    from mineralseg_models.segmentation.stack import Stack

ENDINGS = (
    "_labels.png",
    "_uncertainty.tif",
    "_modal.csv",
    "_overlay.png",
    "_qfl.png",
    "_provenance.json",
)


@dataclass(frozen=True)
class Measured:
    """Numbers of one field.

    Parameters
    ----------
    table : ModalTable
        Shares of the classes.
    values : dict
        All numbers as plain values: modal table, effective grains, quartz-feldspar-lithic
        shares, porosity.
    qfl : mapping of str to QFL
        Quartz, feldspar and lithic fragments, ``mapped`` and ``adjusted`` where there are such.
    """

    table: "ModalTable"
    values: dict[str, Any]
    qfl: "Mapping[str, QFL]" = field(default_factory=dict)


def paths_of(stem: str, out: Path) -> list[Path]:
    """Files that a picture of this stem gets, in the order of :data:`ENDINGS`."""
    return [out / f"{stem}{ending}" for ending in ENDINGS]


def measure(
    prediction: "Prediction",
    pixel_size_um: float | None,
    error: "CrossValidatedError | None",
    touched: "NDArray[np.bool_] | None" = None,
) -> Measured:
    """Numbers of a prediction.

    Parameters
    ----------
    prediction : Prediction
        Labels and classes.
    pixel_size_um : float or None
        Edge of a pixel in µm.
    error : CrossValidatedError or None
        From the bundle's card.
    touched : ndarray of bool, shape (Y, X), optional
        Pixels that a person has corrected or accepted: they count as exact.
    """
    from mineralseg_models.measure.modal import effective_grains, modal_table
    from mineralseg_models.measure.rock import porosity, qfl

    table = modal_table(prediction.labels, prediction.taxonomy, pixel_size_um, error, touched)
    shares = {"mapped": qfl(table, "mapped"), "adjusted": qfl(table, "adjusted")}
    pore = porosity(table)
    values = {
        "modal": table.as_dict(),
        "effective_grains": effective_grains(prediction.labels, prediction.taxonomy),
        "quartz_feldspar_lithic": {k: v and v._asdict() for k, v in shares.items()},
        "porosity_percent": None if pore is None else pore.percent,
        "mean_uncertainty": float(prediction.uncertainty.mean(dtype="float64")),
        "warnings": list(prediction.warnings),
    }
    return Measured(table, values, {kind: v for kind, v in shares.items() if v is not None})


def describe(
    field: Field,
    bundle: "Bundle",
    stack: "Stack",
    prediction: "Prediction",
    settings: dict[str, Any],
    values: dict[str, Any],
) -> "Provenance":
    """Provenance of a result: enough to run it again by ``--from``.

    Parameters
    ----------
    field : Field
        The pictures; their paths are stored in full.
    bundle : Bundle
        The model.
    stack : Stack
        What the pictures became.
    prediction : Prediction
        Its parameters go in.
    settings : dict
        What was asked for: ``model``, ``pixel_size_um``, ``device``.
    values : dict
        Numbers of the field.
    """
    from mineralseg_models.provenance import InputFile, hash_file, new_provenance

    roles: list[tuple[Path, Literal["plane", "crossed"]]] = [(field.plane, "plane")]
    roles += [(path, "crossed") for path in field.crossed]
    return new_provenance(
        inputs=[InputFile(path=str(p.resolve()), sha256=hash_file(p), role=r) for p, r in roles],
        bundle=bundle.name,
        weights_sha256=bundle.card.weights.sha256,
        parameters={**settings, "prediction": prediction.parameters},
        pixel_size_um=stack.pixel_size_um,
        registration=[asdict(r) for r in stack.registrations] or None,
        results=values,
    )


def write_results(
    paths: list[Path],
    picture: "Micrograph",
    prediction: "Prediction",
    measured: Measured,
    provenance: "Provenance",
) -> list[Path]:
    """Write the files of a result together: all of them, or none and what was there stays.

    Parameters
    ----------
    paths : list of Path
        As :func:`paths_of` gives them.
    picture : Micrograph
        The plane-polarised picture.
    prediction : Prediction
        Labels and uncertainty.
    measured : Measured
        Numbers; without quartz, feldspar and lithic fragments there is no triangle.
    provenance : Provenance

    Returns
    -------
    list of Path
        Files that were written, the provenance last.

    Raises
    ------
    CannotWrite
        If the folder or the disk refuses.
    """
    from PIL import Image

    from mineralseg_models.io.atomic import replace_together
    from mineralseg_models.io.labels import write_labels_png, write_map_tiff
    from mineralseg_models.provenance import write_provenance
    from mineralseg_models.reports.figures import qfl_figure, save_figure
    from mineralseg_models.reports.overlay import overlay

    with replace_together(paths) as (labels, uncertainty, modal, drawn, triangle, made_from):
        write_labels_png(labels, prediction.labels)
        write_map_tiff(uncertainty, prediction.uncertainty, picture.pixel_size_um)
        measured.table.to_csv(modal)
        image = Image.fromarray(overlay(picture, prediction.labels, prediction.taxonomy))
        image.save(drawn, format="PNG")
        if measured.qfl:
            points = {_point_name(kind, qfl): qfl for kind, qfl in measured.qfl.items()}
            save_figure(qfl_figure(points), triangle)
        write_provenance(made_from, provenance)
    return [path for path in paths if path.exists()]


def _point_name(kind: str, qfl: "QFL") -> str:
    """Name of a point of the triangle with its percents."""
    return f"{kind}: Q {qfl.quartz:.0f}, F {qfl.feldspar:.0f}, L {qfl.lithic:.0f}"
