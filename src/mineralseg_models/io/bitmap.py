"""PNG, JPEG and BMP files, decoded by Pillow; 16-bit PNG by imagecodecs (Pillow halves it)."""

import math
from pathlib import Path
from typing import IO, Any

import imagecodecs
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from PIL.BmpImagePlugin import BmpImageFile
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from mineralseg_models.errors import BadInput
from mineralseg_models.io.raster import (
    DECODER_ERRORS,
    Format,
    Raster,
    damaged,
    refuse_extent,
    upright,
)

# The classes are called directly: Image.open refuses more than 0.18 gigapixels, a limit that
# could only be moved for the whole process.
DECODERS: dict[Format, type[ImageFile]] = {
    "PNG": PngImageFile,
    "JPEG": JpegImageFile,
    "BMP": BmpImageFile,
}

ORIENTATION = 0x0112
PNG_BIT_DEPTH_AT = 24
BMP_PIXELS_A_BYTE = 200
"""More do not fit into a byte of a BMP file, however it is packed (255 in 2 bytes)."""


def read_bitmap(path: Path, form: Format) -> Raster:
    """Decode a PNG, JPEG or BMP file.

    Raises
    ------
    BadInput
        The file is damaged, animated or larger than 2 gigapixels.
    """
    try:
        with path.open("rb") as file:
            return _decode(path, file, form)
    except DECODER_ERRORS as error:
        raise damaged(path, error) from error


def _decode(path: Path, file: IO[bytes], form: Format) -> Raster:
    image = DECODERS[form](file)
    refuse_extent(path, *image.size)
    if form == "BMP" and math.prod(image.size) > BMP_PIXELS_A_BYTE * path.stat().st_size:
        raise BadInput(f"{path} is cut short: a part of its pixels is missing; copy it again.")
    frames = getattr(image, "n_frames", 1)
    if frames > 1:
        raise BadInput(f"{path} is an animation of {frames} pictures; save one of them alone.")
    if form == "PNG" and _bit_depth(file) == 16:
        return Raster(upright(_deep_png(path), _orientation(image)), 65535)
    palette = _palette(image) if image.mode == "P" else None
    samples = _samples(image)
    white = 1 if samples.dtype == bool else int(np.iinfo(samples.dtype).max)
    return Raster(
        upright(samples, _orientation(image)), white, palette=palette, lossy=form == "JPEG"
    )


def _bit_depth(file: IO[bytes]) -> int:
    """Bits a sample of a PNG file, from its header; the place in the file is kept."""
    place = file.tell()
    file.seek(PNG_BIT_DEPTH_AT)
    depth = file.read(1)[0]
    file.seek(place)
    return depth


def _deep_png(path: Path) -> NDArray[Any]:
    """Decode a 16-bit PNG to shape (Y, X) or (Y, X, 3), alpha left out."""
    samples: NDArray[Any] = imagecodecs.png_decode(path.read_bytes())
    if samples.ndim == 2:
        return samples
    return samples[..., 0] if samples.shape[2] <= 2 else samples[..., :3]


def _samples(image: ImageFile) -> NDArray[Any]:
    """Load the pixels: bool or whole numbers, shape (Y, X) or (Y, X, 3)."""
    if image.mode in ("1", "L", "P", "RGB"):
        return np.asarray(image)
    if image.mode == "LA":
        return np.asarray(image)[..., 0]
    if image.mode in ("RGBA", "RGBX"):
        return np.asarray(image)[..., :3]
    return np.asarray(image.convert("RGB"))


def _palette(image: ImageFile) -> NDArray[np.uint8]:
    """Colours of the indices, shape (256, 3); indices beyond the palette are black."""
    image.load()
    colours = np.array(image.getpalette("RGB") or [], dtype=np.uint8).reshape(-1, 3)[:256]
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(colours)] = colours
    return table


def _orientation(image: Image.Image) -> object:
    """Orientation of the camera; a damaged EXIF block counts as upright."""
    try:
        return image.getexif().get(ORIENTATION)
    except DECODER_ERRORS:
        return None
