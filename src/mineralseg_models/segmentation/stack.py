"""Plane- and cross-polarised pictures of one field as one stack of channels."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.data import Micrograph
from mineralseg_models.errors import BadInput
from mineralseg_models.segmentation.registration import (
    Registration,
    apply_registration,
    register,
)
from mineralseg_models.segmentation.resample import resize

SAME_ASPECT = 0.01
SAME_SIZE = 0.02


@dataclass(frozen=True)
class Stack:
    """Pictures of one field, pixel on pixel.

    Parameters
    ----------
    pixels : ndarray of float32, shape (Y, X, C)
        Colours from 0 to 1; three channels a picture, plane first, then the crossed ones.
    pixel_size_um : float or None
        Edge of a pixel in µm.
    registrations : tuple of Registration
        How each crossed picture was brought onto the plane one.
    warnings : tuple of str
        Sentences for the user.
    """

    pixels: NDArray[np.float32]
    pixel_size_um: float | None = None
    registrations: tuple[Registration, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.pixels.shape[0], self.pixels.shape[1]

    @property
    def n_crossed(self) -> int:
        """Number of crossed pictures."""
        return int(self.pixels.shape[2]) // 3 - 1


def build_stack(
    plane: Micrograph, crossed: Sequence[Micrograph] = (), pixel_size_um: float | None = None
) -> Stack:
    """Bring crossed pictures onto the plane one and stack them.

    Parameters
    ----------
    plane : Micrograph
        The plane-polarised (or only) picture; the result has its rows and columns.
    crossed : sequence of Micrograph
        Cross-polarised pictures of the same field. One of another size but the same shape is
        resampled; a registration that is not plausible is not used, with a warning.
    pixel_size_um : float, optional
        Taken in place of the size that the plane picture's file states.

    Returns
    -------
    Stack

    Raises
    ------
    BadInput
        A crossed picture has another shape than the plane one, or the pixel size is not above 0.
    """
    rows, columns = plane.pixels.shape[:2]
    size = _pixel_size(plane, pixel_size_um)
    pixels = np.empty((rows, columns, 3 * (1 + len(crossed))), dtype=np.float32)
    pixels[..., :3] = plane.unit_range()
    registrations: list[Registration] = []
    warnings: list[str] = []
    for i, picture in enumerate(crossed, start=1):
        values, found, notes = _lay_over(plane, picture)
        pixels[..., 3 * i : 3 * i + 3] = values
        registrations.append(found)
        warnings.extend(notes)
    return Stack(pixels, size, tuple(registrations), tuple(warnings))


def _pixel_size(plane: Micrograph, given: float | None) -> float | None:
    if given is None:
        return plane.pixel_size_um
    if not (np.isfinite(given) and given > 0):
        raise BadInput(f"The pixel size must be above 0 µm; found {given}.")
    return float(given)


def _lay_over(
    plane: Micrograph, crossed: Micrograph
) -> tuple[NDArray[np.float32], Registration, list[str]]:
    """Return the crossed picture on the plane's pixels, how it got there, and warnings."""
    shape = (plane.pixels.shape[0], plane.pixels.shape[1])
    values, notes = _of_one_size(plane, crossed, shape)
    found = register(plane.pixels, values)
    if not found.accepted:
        notes.append(
            f"The crossed picture {crossed.name} could not be brought onto the plane one; both "
            f"are used as they are: check that they show one field."
        )
    return apply_registration(values, found, shape), found, notes


def _of_one_size(
    plane: Micrograph, crossed: Micrograph, shape: tuple[int, int]
) -> tuple[NDArray[np.float32], list[str]]:
    """Return the crossed picture at the plane's rows and columns, 0 to 1, and warnings."""
    values = crossed.unit_range()
    rows, columns = values.shape[:2]
    if (rows, columns) == shape:
        return values, _other_scale(plane, crossed)
    sizes = f"{columns} × {rows} pixels and the plane one {shape[1]} × {shape[0]}"
    if abs(columns / rows * shape[0] / shape[1] - 1) > SAME_ASPECT:
        raise BadInput(
            f"The crossed picture {crossed.name} has {sizes}; two pictures of one field with "
            f"the same shape are expected."
        )
    note = f"The crossed picture {crossed.name} has {sizes}; it was resampled to the latter."
    return resize(values, shape), [note]


def _other_scale(plane: Micrograph, crossed: Micrograph) -> list[str]:
    """Warn of pictures of one size whose files state different pixel sizes."""
    a, b = plane.pixel_size_um, crossed.pixel_size_um
    if a is None or b is None or abs(a / b - 1) <= SAME_SIZE:
        return []
    return [
        f"The file of the crossed picture {crossed.name} states {b:.4g} µm per pixel and that of "
        f"the plane one {a:.4g}; the latter is taken."
    ]
