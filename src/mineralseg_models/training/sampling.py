"""Random crops of fields, each fixed by seed and number so that a run can be resumed."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from torch.utils.data import Dataset

from mineralseg_models.segmentation.normalise import normalise
from mineralseg_models.training import augment
from mineralseg_models.training.fields import Field
from mineralseg_models.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor


class RandomCrops(Dataset[tuple["Tensor", "Tensor"]]):
    """Augmented crops; crop ``i`` depends on the recipe's seed, ``stage`` and ``i`` alone.

    Parameters
    ----------
    fields : sequence of Field
        Fields to learn from, drawn with equal chance.
    recipe : Recipe
    n : int
        Number of crops in all.
    synthetic : sequence of Field
        Generated fields that a share ``mixed`` of the crops comes from.
    mixed : float
        That share, 0 to 1.
    stage : int
        Distinguishes runs that follow each other on one seed.
    """

    def __init__(
        self,
        fields: Sequence[Field],
        recipe: Recipe,
        n: int,
        *,
        synthetic: Sequence[Field] = (),
        mixed: float = 0.0,
        stage: int = 0,
    ) -> None:
        self._fields, self._synthetic = list(fields), list(synthetic)
        self._recipe, self._n, self._stage = recipe, n, stage
        self._mixed = mixed if self._synthetic else 0.0

    def __len__(self) -> int:
        return self._n

    def __getitem__(self, i: int) -> tuple["Tensor", "Tensor"]:
        """Return crop ``i``: pixels (C, Y, X) float32 and target (Y, X) int64."""
        import torch

        rng = np.random.default_rng([self._recipe.fit.seed, self._stage, i])
        pool = self._synthetic if rng.random() < self._mixed else self._fields
        field = pool[int(rng.integers(len(pool)))]
        a, size = self._recipe.augment, self._recipe.fit.crop_px
        pixels, target = augment.crop_at_scale(field.pixels, field.target, size, a.scale, rng)
        pixels = augment.change_light(pixels, a, rng)
        pixels = _standardise(pixels, field, self._recipe)
        pixels = augment.shift_crossed(pixels, a.shift_px, rng)
        pixels, target = augment.turn_and_mirror(pixels, target, a, rng)
        pixels = augment.add_noise(pixels, a.noise, rng)
        channels_first = np.ascontiguousarray(pixels.transpose(2, 0, 1))
        return torch.from_numpy(channels_first), torch.from_numpy(target.astype(np.int64))


def _standardise(pixels: augment.Pixels, field: Field, recipe: Recipe) -> augment.Pixels:
    """Standardise a crop by its whole field, as prediction does."""
    if recipe.normalisation.kind == "fixed":
        return normalise(pixels, recipe.normalisation)
    mean, std = field.moments
    scaled = pixels - mean
    scaled /= std
    return scaled
