"""TIFF files, decoded by tifffile."""

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tifffile import COMPRESSION, PHOTOMETRIC, TiffFile, TiffPage

from mineralseg_models.errors import BadInput
from mineralseg_models.io.raster import DECODER_ERRORS, Raster, damaged, refuse_extent, upright

# tifffile reports damage to its logger as well; what matters is raised here in one sentence.
logging.getLogger("tifffile").addHandler(logging.NullHandler())

LOSSY = (COMPRESSION.JPEG, COMPRESSION.OJPEG, COMPRESSION.JPEG_LOSSY)
MAX_LEVELS = 64
SHRINKS: dict[int, int] = {
    COMPRESSION.NONE: 1,
    COMPRESSION.PACKBITS: 64,
    COMPRESSION.LZW: 5000,
    COMPRESSION.DEFLATE: 1100,
    COMPRESSION.ADOBE_DEFLATE: 1100,
    COMPRESSION.JPEG: 5000,
}
"""Times that a compression can shrink data at most: a header that claims more is wrong."""

COLOURS: dict[int, tuple[int, ...]] = {
    PHOTOMETRIC.MINISBLACK: (1, 3),
    PHOTOMETRIC.MINISWHITE: (1,),
    PHOTOMETRIC.PALETTE: (1,),
    PHOTOMETRIC.RGB: (3,),
    PHOTOMETRIC.YCBCR: (3,),
    PHOTOMETRIC.SEPARATED: (4,),
}
"""Colour models that are read, and how many samples a pixel they have without alpha."""


def read_tiff(path: Path) -> Raster:
    """Decode a TIFF file of one picture (pyramid levels and thumbnails beside it are ignored).

    Raises
    ------
    BadInput
        The file is damaged, has several pages, float values or unknown colours, or is larger
        than 2 gigapixels.
    """
    try:
        with TiffFile(path) as tiff:
            return _decode(path, _only_page(path, tiff))
    except DECODER_ERRORS as error:
        raise damaged(path, error) from error


def _only_page(path: Path, tiff: TiffFile) -> TiffPage:
    """Return the only full-size page; several are refused with their number."""
    count = len(tiff.pages)
    pages = [tiff.pages[i].aspage() for i in range(min(count, MAX_LEVELS))]
    if count <= MAX_LEVELS:
        pages = [p for p in pages if not p.is_reduced] or pages
        count = len(pages)
    count = max(count, int((tiff.imagej_metadata or {}).get("images", 1)))
    if count != 1:
        raise BadInput(
            f"{path} holds {count} pages, but one picture is expected: save the page that you "
            f"mean as a file of its own."
        )
    return pages[0]


def _decode(path: Path, page: TiffPage) -> Raster:
    refuse_extent(path, page.imagewidth, page.imagelength)
    _refuse_type(path, page)
    _refuse_short(path, page)
    samples = upright(_samples(path, page), _orientation(page))
    white = 2 ** int(page.bitspersample) - 1
    if page.photometric == PHOTOMETRIC.SEPARATED:
        samples = _from_cmyk(samples, white)
    return Raster(
        samples,
        white,
        palette=_palette(page) if page.photometric == PHOTOMETRIC.PALETTE else None,
        zero_is_white=page.photometric == PHOTOMETRIC.MINISWHITE,
        lossy=page.compression in LOSSY,
    )


def _refuse_type(path: Path, page: TiffPage) -> None:
    """Refuse values other than whole numbers of up to 16 bits without sign."""
    dtype = page.dtype
    deep_palette = page.photometric == PHOTOMETRIC.PALETTE and dtype == np.uint16
    if dtype is not None and dtype in (bool, np.uint8, np.uint16) and not deep_palette:
        return
    what = "palette indices" if deep_palette else "values"
    raise BadInput(
        f"{path} holds {what} of type {dtype}; 8- or 16-bit whole numbers without sign are "
        f"expected: convert it first."
    )


def _refuse_short(path: Path, page: TiffPage) -> None:
    """Refuse a page whose data lie outside the file, before memory for it is taken."""
    offsets, counts = page.dataoffsets, page.databytecounts
    size = path.stat().st_size
    whole = len(offsets) == len(counts) > 0 and all(
        offset > 0 and count > 0 and offset + count <= size
        for offset, count in zip(offsets, counts, strict=True)
    )
    times = SHRINKS.get(page.compression)
    if not whole or (times and sum(counts) * 8 * times < page.size * page.bitspersample):
        raise BadInput(f"{path} is cut short: a part of its pixels is missing; copy it again.")


def _samples(path: Path, page: TiffPage) -> NDArray[Any]:
    """Decode samples to (Y, X) or (Y, X, colours), alpha left out."""
    values: NDArray[Any] = page.asarray()
    layout = page.axes
    if layout == "YX":
        values = values[..., None]
    elif layout == "SYX":
        values = np.moveaxis(values, 0, -1)
    elif layout != "YXS":
        raise BadInput(f"{path} has the axes {layout}; one flat picture is expected.")
    colours = _colours(path, page, values.shape[2])
    return values[..., 0] if colours == 1 else values[..., :colours]


def _colours(path: Path, page: TiffPage, samples: int) -> int:
    """Count the samples a pixel without alpha; at most one more sample is taken for alpha."""
    known = COLOURS.get(page.photometric, ())
    for colours in sorted(known, reverse=True):
        if samples in (colours, colours + 1):
            return colours
    name = getattr(page.photometric, "name", page.photometric)
    raise BadInput(
        f"{path} has {samples} samples a pixel in the colour model {name}; grey, RGB, RGBA or "
        f"CMYK is expected: convert it first."
    )


def _from_cmyk(samples: NDArray[Any], white: int) -> NDArray[Any]:
    """Ink coverages (Y, X, 4) to RGB (Y, X, 3) by the simple product of what inks let through."""
    light = white - samples.astype(np.float32)
    rgb = light[..., :3] * (light[..., 3:] / white)
    return np.rint(rgb).astype(samples.dtype)


def _palette(page: TiffPage) -> NDArray[np.uint8]:
    """Colours of the indices, shape (256, 3), from the 16-bit table of the file."""
    colours = np.asarray(page.colormap)[:, :256].T
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(colours)] = colours >> 8
    return table


def _orientation(page: TiffPage) -> object:
    tag = page.tags.get("Orientation")
    return None if tag is None else int(tag.value)
