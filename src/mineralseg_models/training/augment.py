"""Random changes that leave the optics true; see ``AugmentRecipe`` for what each means.

Every function takes a crop as channels-last arrays and returns new ones. Colour values are 0 to 1
before :func:`change_light`; turns and mirrors act on pictures and target alike.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mineralseg_models.training.recipe import AugmentRecipe

Pixels = NDArray[np.float32]
Target = NDArray[np.uint8]
DARKEST = 1e-4


def change_light(pixels: Pixels, recipe: AugmentRecipe, rng: np.random.Generator) -> Pixels:
    """Give each picture (three channels) its own exposure, white balance and gamma.

    Parameters
    ----------
    pixels : ndarray of float32, shape (Y, X, 3 n)
        Colour values, 0 to 1; results may exceed 1.
    """
    out = np.empty_like(pixels)
    for first in range(0, pixels.shape[2], 3):
        exposure = rng.normal(0, recipe.exposure)
        gain = np.exp(exposure + rng.normal(0, recipe.white_balance, 3)).astype(np.float32)
        gamma = np.float32(np.exp(rng.normal(0, recipe.gamma)))
        picture = pixels[..., first : first + 3]
        out[..., first : first + 3] = np.maximum(picture, DARKEST) ** gamma * gain
    return out


def shift_crossed(pixels: Pixels, limit_px: int, rng: np.random.Generator) -> Pixels:
    """Move the crossed pictures by up to ``limit_px`` whole pixels against the plane one."""
    out = pixels.copy()
    for first in range(3, pixels.shape[2], 3):
        dy, dx = rng.integers(-limit_px, limit_px + 1, 2)
        out[..., first : first + 3] = np.roll(pixels[..., first : first + 3], (dy, dx), axis=(0, 1))
    return out


def turn_and_mirror(
    pixels: Pixels, target: Target, recipe: AugmentRecipe, rng: np.random.Generator
) -> tuple[Pixels, Target]:
    """Turn by a random quarter and mirror at random."""
    quarters = int(rng.integers(4)) if recipe.quarter_turns else 0
    pixels, target = np.rot90(pixels, quarters), np.rot90(target, quarters)
    if recipe.mirrors and rng.random() < 0.5:
        pixels, target = pixels[:, ::-1], target[:, ::-1]
    return pixels, target


def add_noise(pixels: Pixels, sigma: float, rng: np.random.Generator) -> Pixels:
    """Add Gaussian noise of standard deviation up to ``sigma`` (of standardised values)."""
    level = rng.uniform(0, sigma)
    return pixels + rng.normal(0, level, pixels.shape).astype(np.float32)


def crop_at_scale(
    pixels: NDArray[np.floating],
    target: Target,
    size: int,
    log_scale: float,
    rng: np.random.Generator,
) -> tuple[Pixels, Target]:
    """Cut a random square and bring it to ``size`` pixels.

    Parameters
    ----------
    pixels : ndarray, shape (Y, X, C)
    target : ndarray of uint8, shape (Y, X)
    size : int
        Edge of the result, pixels; fields smaller than the cut are mirrored at their borders.
    log_scale : float
        The cut is ``size`` times up to exp(± ``log_scale``) wide.
    """
    cut = max(8, round(size * float(np.exp(rng.uniform(-log_scale, log_scale)))))
    rows, columns = target.shape
    pad = ((0, max(0, cut - rows)), (0, max(0, cut - columns)))
    if pad != ((0, 0), (0, 0)):
        pixels = np.pad(pixels, (*pad, (0, 0)), mode="symmetric")
        target = np.pad(target, pad, mode="symmetric")
        rows, columns = target.shape
    y, x = (int(rng.integers(0, n - cut + 1)) for n in (rows, columns))
    square = pixels[y : y + cut, x : x + cut].astype(np.float32)
    labels = target[y : y + cut, x : x + cut]
    if cut == size:
        return square, labels
    zoom = size / cut
    resized = [
        ndimage.zoom(square[..., c], zoom, order=1, grid_mode=True, mode="nearest")
        for c in range(square.shape[2])
    ]
    labels = ndimage.zoom(labels, zoom, order=0, grid_mode=True, mode="nearest")
    return np.stack(resized, axis=-1), labels
