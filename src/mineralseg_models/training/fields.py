"""Fields of view ready to be learned from: registered, at the working scale, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput
from mineralseg_models.io.labels import read_mask
from mineralseg_models.io.micrographs import read_micrograph
from mineralseg_models.progress import Progress, Task
from mineralseg_models.segmentation.normalise import field_moments
from mineralseg_models.segmentation.registration import Registration, apply_registration
from mineralseg_models.segmentation.resample import resample_to
from mineralseg_models.segmentation.stack import build_stack
from mineralseg_models.taxonomy import Taxonomy
from mineralseg_models.training.folder import FieldFiles
from mineralseg_models.training.recipe import Recipe

IGNORE = 255


@dataclass(frozen=True)
class Field:
    """One field of view at the working scale.

    Parameters
    ----------
    stem, group : str
        As in the training folder.
    pixels : ndarray of float16, shape (Y, X, C)
        Colour values, 0 to 1 (half precision keeps 11 bits, more than the cameras' 8).
    target : ndarray of uint8, shape (Y, X)
        Position of the class in the taxonomy (not its id); 255 is ignored.
    truth : ndarray of uint8, shape (Y', X')
        Class ids at the picture's own scale, for scoring.
    pixel_size_um : float
        Of the picture as it was read, µm.
    warnings : tuple of str
        What the user should know, such as a crossed picture that could not be registered.
    """

    stem: str
    group: str
    pixels: NDArray[np.float16]
    target: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    pixel_size_um: float
    warnings: tuple[str, ...] = ()

    @cached_property
    def moments(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Mean and standard deviation of each channel, shape (C,) each."""
        mean, std = field_moments(self.pixels)
        return mean.astype(np.float32), std.astype(np.float32)


def read_fields(
    files: Sequence[FieldFiles], taxonomy: Taxonomy, recipe: Recipe
) -> Task[list[Field]]:
    """Read, register and resample fields; yields progress for each.

    Raises
    ------
    BadInput
        A file cannot be read, a mask has another size than its picture or an unknown class.
    """
    fields = []
    for i, entry in enumerate(files):
        yield Progress(i, len(files), f"reading {entry.stem}")
        fields.append(_read_field(entry, taxonomy, recipe))
    return fields


def _read_field(entry: FieldFiles, taxonomy: Taxonomy, recipe: Recipe) -> Field:
    plane = read_micrograph(entry.plane)
    crossed = [read_micrograph(p) for p in entry.crossed]
    size_um = plane.pixel_size_um or recipe.scale.assumed
    stack = build_stack(plane, crossed, size_um)
    mask = read_mask(entry.mask)
    if mask.shape != plane.pixels.shape[:2]:
        raise BadInput(
            f"{entry.mask} has {mask.shape[1]} × {mask.shape[0]} pixels and its picture "
            f"{plane.pixels.shape[1]} × {plane.pixels.shape[0]}; they must agree."
        )
    positions = _positions(mask, taxonomy, str(entry.mask))
    if entry.mask_follows == "crossed" and stack.registrations:
        positions = _move(positions, stack.registrations[0], len(taxonomy))
    truth = np.append(taxonomy.ids, np.full(256 - len(taxonomy), IGNORE, np.uint8))[positions]
    pixels = resample_to(stack.pixels, size_um, recipe.scale.working)
    target = _shrink(positions, len(taxonomy), size_um, recipe.scale.working)
    notes = tuple(f"{entry.stem}: {warning}" for warning in stack.warnings)
    half = pixels.astype(np.float16)
    return Field(entry.stem, entry.group, half, target, truth, size_um, notes)


def _positions(mask: NDArray[np.uint8], taxonomy: Taxonomy, what: str) -> NDArray[np.uint8]:
    table = np.full(256, IGNORE, dtype=np.uint8)
    table[taxonomy.ids] = np.arange(len(taxonomy))
    unknown = [int(v) for v in np.unique(mask) if table[v] == IGNORE and v != IGNORE]
    if unknown:
        raise BadInput(
            f"{what} holds the values {unknown[:8]}, which are no class ids; the ids are "
            f"{taxonomy.ids.tolist()} (255 is ignored)."
        )
    return table[mask]


def _one_hot(positions: NDArray[np.uint8], n: int) -> NDArray[np.float32]:
    return np.asarray(positions[..., None] == np.arange(n), dtype=np.float32)


def _move(positions: NDArray[np.uint8], where: Registration, n: int) -> NDArray[np.uint8]:
    """Carry a mask that was drawn on the crossed picture to the plane picture."""
    moved = apply_registration(
        _one_hot(positions, n), where, (positions.shape[0], positions.shape[1])
    )
    return np.where(moved.max(axis=-1) > 0, moved.argmax(axis=-1), IGNORE).astype(np.uint8)


def _shrink(
    positions: NDArray[np.uint8], n: int, from_um: float, to_um: float
) -> NDArray[np.uint8]:
    """Class with the largest share of each pixel of the working scale; ignored where most is."""
    shares = resample_to(_one_hot(positions, n), from_um, to_um)
    return np.where(shares.sum(axis=-1) < 0.5, IGNORE, shares.argmax(axis=-1)).astype(np.uint8)
