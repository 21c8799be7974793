"""A decoded picture file, before it becomes a micrograph or a mask, and how files are refused."""

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput

MAX_PIXELS = 2_000_000_000

Format = Literal["TIFF", "PNG", "JPEG", "BMP"]

SIGNATURES: tuple[tuple[bytes, Format], ...] = (
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"\xff\xd8\xff", "JPEG"),
    (b"BM", "BMP"),
)

DECODER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    SyntaxError,
    TypeError,
    ValueError,
    Warning,
    struct.error,
    zlib.error,
)
"""What Pillow, tifffile and imagecodecs raise on damaged files: nearly anything.

``Warning`` counts where the caller has made warnings errors.
"""


@dataclass(frozen=True)
class Raster:
    """Samples of one picture as the file stores them, upright and without alpha.

    Parameters
    ----------
    samples : ndarray, shape (Y, X) or (Y, X, 3)
        Grey values or palette indices, or colours.
    white : int
        The sample value of full brightness, such as 4095 for 12 bits.
    palette : ndarray of uint8, shape (256, 3), or None
        Colours of the indices in ``samples``.
    zero_is_white : bool
        Grey samples run from white to black.
    lossy : bool
        The compression has changed values.
    """

    samples: NDArray[Any]
    white: int
    palette: NDArray[np.uint8] | None = None
    zero_is_white: bool = False
    lossy: bool = False


def picture_format(path: Path) -> Format:
    """Tell the format of a file from its first bytes.

    Raises
    ------
    BadInput
        The file is absent, unreadable, empty or of another format.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
    except OSError as error:
        cause = (error.strerror or "unknown cause").lower()
        raise BadInput(f"{path} cannot be opened ({cause}); check the path.") from error
    if not start:
        raise BadInput(f"{path} is empty; copy or export it again.")
    for signature, name in SIGNATURES:
        if start.startswith(signature):
            return name
    raise BadInput(f"{path} is not a picture; a TIFF, PNG, JPEG or BMP file is expected.")


def damaged(path: Path, cause: BaseException) -> BadInput:
    """One sentence about a file that a decoder gave up on."""
    if isinstance(cause, MemoryError):
        return BadInput(f"{path} does not fit into memory; cut it into smaller parts.")
    text = " ".join(str(cause).split())[:100] or type(cause).__name__
    return BadInput(f"{path} is damaged or cut short ({text}); copy or export it again.")


def refuse_extent(path: Path, columns: int, rows: int) -> None:
    """Refuse a picture without pixels or of more than 2 gigapixels, before it is decoded."""
    if columns < 1 or rows < 1:
        raise BadInput(f"{path} has {columns} × {rows} pixels; copy or export it again.")
    if columns * rows > MAX_PIXELS:
        raise BadInput(
            f"{path} has {columns} × {rows} pixels ({columns * rows / 1e9:.1f} gigapixels); "
            f"at most 2 gigapixels are read: cut it into smaller parts."
        )


def upright(samples: NDArray[Any], orientation: object) -> NDArray[Any]:
    """Turn samples (Y, X, …) as an EXIF or TIFF orientation (1 to 8) says; others are left."""
    if orientation in (5, 6, 7, 8):
        samples = samples.swapaxes(0, 1)
    if orientation in (3, 4, 7, 8):
        samples = samples[::-1]
    if orientation in (2, 3, 6, 7):
        samples = samples[:, ::-1]
    return samples
