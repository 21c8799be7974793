"""Colour values as a network expects them; training and prediction share this function."""

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.bundles.card import Normalisation
from mineralseg_models.errors import BadInput

STD_FLOOR = 1e-3
"""Smallest standard deviation that is divided by: a flat channel stays flat, without noise."""

STRIP_ROWS = 64


def normalise(pixels: NDArray[np.float32], normalisation: Normalisation) -> NDArray[np.float32]:
    """Standardise each channel of a whole field of view.

    Parameters
    ----------
    pixels : ndarray of float32, shape (Y, X, C)
        Colour values, 0 to 1, of the whole field (never of a tile) at the working scale.
    normalisation : Normalisation
        ``field``: by the mean and standard deviation of each channel of ``pixels``, the latter
        at least :data:`STD_FLOOR`; ``fixed``: by the card's numbers.

    Returns
    -------
    ndarray of float32, shape (Y, X, C)
        A new array.

    Raises
    ------
    BadInput
        ``fixed`` has other than C means and deviations.
    """
    mean, std = _moments(pixels, normalisation)
    scaled = pixels - mean.astype(np.float32)
    scaled /= std.astype(np.float32)
    return scaled


def _moments(
    pixels: NDArray[np.float32], normalisation: Normalisation
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation of each channel, shape (C,) each, summed in float64."""
    if normalisation.kind == "fixed":
        mean, std = np.array(normalisation.mean), np.array(normalisation.std)
        if len(mean) != pixels.shape[2] or len(std) != pixels.shape[2]:
            raise BadInput(
                f"The fixed normalisation has {len(mean)} channels and the picture "
                f"{pixels.shape[2]}; use a bundle that was made for this number of channels."
            )
        return mean, std
    return field_moments(pixels)


def field_moments(
    pixels: NDArray[np.floating],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and standard deviation (at least :data:`STD_FLOOR`) of the channels of (Y, X, C)."""
    mean = pixels.mean(axis=(0, 1), dtype=np.float64)
    squares = np.zeros_like(mean)
    for y in range(0, len(pixels), STRIP_ROWS):  # numpy's std takes 8 bytes a value at once
        deviations = (pixels[y : y + STRIP_ROWS] - mean).reshape(-1, len(mean))
        squares += (deviations.T @ deviations).diagonal()
    std = np.sqrt(squares / (pixels.shape[0] * pixels.shape[1]))
    return mean, np.maximum(std, STD_FLOOR)
