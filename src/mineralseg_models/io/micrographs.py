"""Micrographs from TIFF, PNG, JPEG and BMP files."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.data import Micrograph
from mineralseg_models.errors import BadInput
from mineralseg_models.io.bitmap import read_bitmap
from mineralseg_models.io.pixel_size import read_pixel_size_um
from mineralseg_models.io.raster import Raster, damaged, picture_format
from mineralseg_models.io.tiff import read_tiff

MIN_EDGE_PX = 16


def read_raster(path: str | Path) -> Raster:
    """Decode a picture file; its format is told from its content, not from its name."""
    path = Path(path)
    form = picture_format(path)
    return read_tiff(path) if form == "TIFF" else read_bitmap(path, form)


def read_micrograph(path: str | Path) -> Micrograph:
    """Read a picture of one field of view.

    Grey, palette, 1-bit and CMYK pictures become RGB; alpha is left out; 16-bit pictures stay
    16-bit and those of 9 to 15 bits are spread over 16; the camera's orientation is applied.

    Parameters
    ----------
    path : str or Path
        A TIFF, PNG, JPEG or BMP file.

    Returns
    -------
    Micrograph
        With its pixel size where the file says it.

    Raises
    ------
    BadInput
        The file is absent, empty, damaged, has several pages, float values, fewer than
        16 × 16 pixels or more than 2 gigapixels.
    """
    path = Path(path)
    try:
        pixels = _colours(read_raster(path))
    except MemoryError as error:
        raise damaged(path, error) from error
    rows, columns = pixels.shape[:2]
    if min(rows, columns) < MIN_EDGE_PX:
        raise BadInput(
            f"{path} has {columns} × {rows} pixels; at least {MIN_EDGE_PX} × {MIN_EDGE_PX} "
            f"are needed."
        )
    return Micrograph(pixels, read_pixel_size_um(path), path)


def _colours(raster: Raster) -> NDArray[Any]:
    """RGB of a raster, uint8 or uint16, shape (Y, X, 3), contiguous."""
    if raster.palette is not None:
        return raster.palette[raster.samples.astype(np.uint8)]
    samples = _full_range(raster)
    if samples.ndim == 2:
        samples = np.repeat(samples[..., None], 3, axis=2)
    return np.ascontiguousarray(samples)


def _full_range(raster: Raster) -> NDArray[Any]:
    """Spread samples so that white is 255 or 65535 and black 0."""
    full, dtype = (255, np.uint8) if raster.white <= 255 else (65535, np.uint16)
    samples: NDArray[Any] = raster.samples.astype(dtype, copy=False)
    if raster.white != full:
        samples = np.rint(samples * np.float32(full / raster.white)).astype(dtype)
    return (full - samples).astype(dtype) if raster.zero_is_white else samples
