"""Label maps out, masks in, and maps of real numbers with their scale."""

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from mineralseg_models.errors import BadInput
from mineralseg_models.io.atomic import replace_file
from mineralseg_models.io.micrographs import read_raster
from mineralseg_models.io.raster import Raster, damaged


def write_labels_png(path: str | Path, labels: NDArray[np.uint8]) -> None:
    """Write class ids as an 8-bit grey PNG; the file appears whole or not at all.

    Parameters
    ----------
    path : str or Path
    labels : ndarray of uint8, shape (Y, X)
        Class ids.

    Raises
    ------
    BadInput
        The labels are not 8-bit or not flat.
    CannotWrite
        The folder is read-only or absent, or the disk is full.
    """
    if labels.ndim != 2 or labels.dtype != np.uint8:
        raise BadInput(
            f"A label map is an 8-bit array of rows × columns; found {labels.dtype} of shape "
            f"{labels.shape}."
        )
    with replace_file(path) as aside:
        Image.fromarray(labels).save(aside, format="PNG")


def write_map_tiff(
    path: str | Path, values: NDArray[np.float32], pixel_size_um: float | None = None
) -> None:
    """Write a map of real numbers as a compressed 32-bit TIFF with its scale.

    Parameters
    ----------
    path : str or Path
    values : ndarray of float32, shape (Y, X)
    pixel_size_um : float, optional
        Edge of a pixel, µm, stored as pixels a centimetre.

    Raises
    ------
    CannotWrite
        The folder is read-only or absent, or the disk is full.
    """
    scale: dict[str, Any] = {}
    if pixel_size_um is not None:
        scale = {"resolution": (1e4 / pixel_size_um,) * 2, "resolutionunit": "CENTIMETER"}
    with replace_file(path) as aside:
        tifffile.imwrite(
            aside,
            values.astype(np.float32, copy=False),
            photometric="minisblack",
            compression="zlib",
            predictor=True,
            metadata=None,
            **scale,
        )


def read_mask(path: str | Path) -> NDArray[np.uint8]:
    """Read class ids from a PNG, BMP or TIFF file.

    A palette picture gives its indices, a 1-bit one 0 and 1, a colour one its grey value where
    the three channels are equal.

    Returns
    -------
    ndarray of uint8, shape (Y, X)

    Raises
    ------
    BadInput
        The file is damaged, lossy (JPEG changes ids), coloured, or has values above 255.
    """
    path = Path(path)
    raster = read_raster(path)
    if raster.lossy:
        raise BadInput(
            f"{path} is a JPEG, which changes class ids at borders; save the mask as PNG."
        )
    try:
        ids = _one_channel(path, raster)
        if ids.size and ids.max() > 255:
            raise BadInput(f"{path} has the value {ids.max()}; class ids in a mask are 0 to 255.")
        return np.ascontiguousarray(ids.astype(np.uint8))
    except MemoryError as error:
        raise damaged(path, error) from error


def _one_channel(path: Path, raster: Raster) -> NDArray[Any]:
    """Take the indices or grey values of a mask, shape (Y, X)."""
    samples = raster.samples
    if samples.ndim == 2:
        return samples
    first = samples[..., 0]
    if not all(np.array_equal(first, samples[..., c]) for c in (1, 2)):
        raise BadInput(
            f"{path} is a colour picture; a mask holds one class id a pixel: save it as grey or "
            f"palette PNG."
        )
    return first
