"""What ``mineralseg segment`` leaves of one picture: five files named by its stem."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from mineralseg_models.cli.pictures import Field

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mineralseg_models.bundles.bundle import Bundle
    from mineralseg_models.bundles.card import CrossValidatedError
    from mineralseg_models.data import Micrograph
    from mineralseg_models.measure.modal import ModalTable
    from mineralseg_models.provenance import Provenance
    from mineralseg_models.segmentation.predict import Prediction
    from mineralseg_models.segmentation.stack import Stack

ENDINGS = (
    "_labels.png",
    "_uncertainty.tif",
    "_modal.csv",
    "_overlay.png",
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
    """

    table: "ModalTable"
    values: dict[str, Any]


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
    shares = {kind: qfl(table, kind) for kind in ("mapped", "adjusted")}
    pore = porosity(table)
    values = {
        "modal": table.as_dict(),
        "effective_grains": effective_grains(prediction.labels, prediction.taxonomy),
        "quartz_feldspar_lithic": {k: v and v._asdict() for k, v in shares.items()},
        "porosity_percent": None if pore is None else pore.percent,
        "mean_uncertainty": float(prediction.uncertainty.mean(dtype="float64")),
        "warnings": list(prediction.warnings),
    }
    return Measured(table, values)


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
) -> None:
    """Write the five files, each whole or not at all; the provenance last.

    Raises
    ------
    CannotWrite
        If the folder or the disk refuses.
    """
    from PIL import Image

    from mineralseg_models.io.atomic import replace_file
    from mineralseg_models.io.labels import write_labels_png, write_map_tiff
    from mineralseg_models.provenance import write_provenance
    from mineralseg_models.reports.overlay import overlay

    labels, uncertainty, modal, drawn, made_from = paths
    write_labels_png(labels, prediction.labels)
    write_map_tiff(uncertainty, prediction.uncertainty, picture.pixel_size_um)
    measured.table.to_csv(modal)
    with replace_file(drawn) as aside:
        image = Image.fromarray(overlay(picture, prediction.labels, prediction.taxonomy))
        image.save(aside, format="PNG")
    write_provenance(made_from, provenance)
