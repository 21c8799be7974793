"""Writing a result to a folder as a task: the same files as the command line's."""

from pathlib import Path
from typing import TYPE_CHECKING

from mineralseg_models.progress import Progress, Task

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mineralseg_models.data import Micrograph
    from napari_mineralseg.tasks import Outcome


def export_paths(stem: str, folder: Path) -> list[Path]:
    """Files that an export writes."""
    from mineralseg_models.cli.results import paths_of

    return paths_of(stem, folder)


def export_result(
    picture: "Micrograph",
    outcome: "Outcome",
    labels: "NDArray[np.uint8]",
    exact: "NDArray[np.bool_]",
    paths: list[Path],
) -> Task[list[Path]]:
    """Write labels, uncertainty, modal table, overlay, triangle and provenance; return the files.

    Parameters
    ----------
    picture : Micrograph
        The plane-polarised picture.
    outcome : Outcome
        What the model said.
    labels : ndarray of uint8, shape (Y, X)
        Class ids as they are now.
    exact : ndarray of bool, shape (Y, X)
        Pixels that a person has changed or accepted.
    paths : list of Path
        As :func:`export_paths` gives them.

    Raises
    ------
    BadInput
        A label is no class.
    CannotWrite
        The folder is read-only, or the disk is full.
    """
    yield Progress(0, 0, "measuring")
    from mineralseg_models.cli.pictures import make_folder
    from mineralseg_models.cli.results import measure, write_results
    from mineralseg_models.segmentation.predict import Prediction

    uncertainty = outcome.uncertainty
    if uncertainty is None:
        uncertainty = _unknown(labels.shape)
    result = Prediction(labels, uncertainty, None, outcome.taxonomy, outcome.warnings)
    measured = measure(result, outcome.pixel_size_um, outcome.error, exact)
    corrected = int((labels != outcome.predicted).sum())
    results = {**measured.values, "corrected_px": corrected, "checked_px": int(exact.sum())}
    provenance = outcome.provenance.model_copy(update={"results": results})
    yield Progress(0, 0, "writing")
    make_folder(paths[0].parent)
    return write_results(paths, picture, result, measured, provenance)


def _unknown(shape: tuple[int, ...]) -> "NDArray[np.float32]":
    """Uncertainty that nobody recorded."""
    import numpy as np

    return np.full(shape, np.nan, dtype=np.float32)
