"""A stack as the network sees it: at the working scale, standardised and padded."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.bundles.card import SegmentationCard
from mineralseg_models.errors import BadInput
from mineralseg_models.segmentation.normalise import normalise
from mineralseg_models.segmentation.resample import resampled_shape, resize
from mineralseg_models.segmentation.stack import Stack


@dataclass(frozen=True)
class WorkingScale:
    """The change of scale from a picture to the network.

    Parameters
    ----------
    picture_um, working_um : float
        Pixel size of the picture, and the one that the bundle works at.
    shape : (int, int)
        Rows and columns at the working scale.
    warnings : tuple of str
        A sentence where the picture's pixel size had to be assumed.
    """

    picture_um: float
    working_um: float
    shape: tuple[int, int]
    warnings: tuple[str, ...]


def working_scale(stack: Stack, card: SegmentationCard) -> WorkingScale:
    """Find the working scale of a stack; an unknown pixel size is the one the card assumes.

    Raises
    ------
    BadInput
        The picture would have more than 2 gigapixels at that scale.
    """
    sizes = card.pixel_size_um
    picture_um = stack.pixel_size_um
    warnings: tuple[str, ...] = ()
    if picture_um is None:
        picture_um = sizes.assumed
        warnings = (
            f"The pixel size of the picture is not known; {sizes.assumed:g} µm per pixel is "
            f"assumed, as in the pictures that the bundle was made from: set the true one.",
        )
    shape = resampled_shape(stack.shape, picture_um, sizes.working)
    return WorkingScale(picture_um, sizes.working, shape, warnings)


def prepare_field(
    stack: Stack, card: SegmentationCard, shape: tuple[int, int], padded: tuple[int, int]
) -> NDArray[np.float32]:
    """Resample, standardise and pad a stack.

    Parameters
    ----------
    stack : Stack
    card : SegmentationCard
    shape, padded : (int, int)
        Rows and columns at the working scale, and with the border that mirrors the lower and
        right edge.

    Returns
    -------
    ndarray of float32, shape (C, *padded)

    Raises
    ------
    BadInput
        A picture has one colour only.
    """
    _refuse_constant(stack)
    pixels = stack.pixels if stack.shape == shape else resize(stack.pixels, shape)
    pixels = normalise(pixels, card.normalisation)
    border = [(0, p - n) for n, p in zip(shape, padded, strict=True)]
    out = np.empty((pixels.shape[2], *padded), dtype=np.float32)
    for channel, values in zip(out, np.moveaxis(pixels, 2, 0), strict=True):
        channel[:] = np.pad(values, border, mode="reflect")
    return out


def _refuse_constant(stack: Stack) -> None:
    """Refuse a picture of one colour: a shut shutter or a wrong file, and nothing to segment."""
    for i in range(stack.n_crossed + 1):
        picture = stack.pixels[..., 3 * i : 3 * i + 3]
        if all(float(np.ptp(picture[..., c])) == 0 for c in range(3)):
            name = "crossed" if i else "plane"
            raise BadInput(
                f"The {name} picture has the same colour everywhere; a photograph of minerals "
                f"is expected: check the file."
            )
