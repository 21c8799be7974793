"""Value objects that carry measured data; shapes and units are checked once, here."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput


@dataclass(frozen=True)
class Micrograph:
    """One picture of one field of view.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, shape (Y, X, 3)
        Colour values; grey pictures are repeated over the three channels.
    pixel_size_um : float or None
        Edge of a pixel in µm; None where it is unknown.
    path : Path or None
        The file it was read from.
    """

    pixels: NDArray[Any]
    pixel_size_um: float | None = None
    path: Path | None = None

    def __post_init__(self) -> None:
        p = self.pixels
        if p.ndim != 3 or p.shape[2] != 3 or p.dtype not in (np.uint8, np.uint16):
            raise BadInput(
                "A micrograph is an 8- or 16-bit array of rows × columns × 3 colours; found "
                f"{p.dtype} of shape {p.shape}."
            )
        if min(p.shape[:2]) < 16:
            raise BadInput(
                f"The picture has {p.shape[1]} × {p.shape[0]} pixels; at least 16 × 16 are needed."
            )
        if self.pixel_size_um is not None and not (
            np.isfinite(self.pixel_size_um) and self.pixel_size_um > 0
        ):
            raise BadInput(f"The pixel size must be above 0 µm; found {self.pixel_size_um}.")

    @property
    def name(self) -> str:
        """Stem of the file, or ``micrograph``."""
        return self.path.stem if self.path else "micrograph"

    def unit_range(self) -> NDArray[np.float32]:
        """Pixels as float32 from 0 (black) to 1 (the type's largest value)."""
        return self.pixels.astype(np.float32) / np.float32(np.iinfo(self.pixels.dtype).max)
