"""From linear light to the picture a microscope camera takes."""

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mineralseg_models.synthesis.noise import Field
from mineralseg_models.synthesis.optics import encode_srgb
from mineralseg_models.synthesis.style import RGB, SectionStyle


def vignette(shape: tuple[int, int], strength: float) -> Field:
    """Fall-off of light from 1 in the centre to 1 - `strength` in the corners, shape (Y, X, 1)."""
    y, x = (np.linspace(-1, 1, n, dtype=np.float32) for n in shape)
    return np.asarray(1 - np.float32(strength / 2) * (y[:, None] ** 2 + x[None, :] ** 2))[..., None]


def displace(light: Field, shift_px: tuple[float, float], angle_deg: float) -> Field:
    """Move a picture: what was at p comes to c + R(angle) (p - c) + shift.

    c is the centre of the picture; positions are (y, x) with y downwards, and R turns
    counter-clockwise as seen on the screen. Cubic interpolation; the border repeats.

    Parameters
    ----------
    light : ndarray of float32, shape (Y, X, 3)
    shift_px : tuple of float
        Down and to the right.
    """
    turn = np.radians(angle_deg)
    forth = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    back = forth.T
    centre = (np.array(light.shape[:2]) - 1) / 2
    offset = centre - back @ (centre + np.array(shift_px))
    moved = [
        ndimage.affine_transform(light[..., c], back, offset, order=3, mode="nearest")
        for c in range(3)
    ]
    return np.asarray(np.clip(np.stack(moved, axis=-1), 0, None), dtype=np.float32)


def expose(
    rng: np.random.Generator,
    light: Field,
    style: SectionStyle,
    colour: RGB,
    gain: float,
    pixel_size_um: float,
) -> NDArray[np.uint8]:
    """Take the picture: uneven light, blur, white balance, shot and read noise, sRGB, 8 bit.

    Parameters
    ----------
    light : ndarray of float32, shape (Y, X, 3)
        Linear light relative to the lamp.
    gain : float
        Exposure; above it highlights bend smoothly into white.

    Returns
    -------
    ndarray of uint8, shape (Y, X, 3)
    """
    seen = light * vignette((light.shape[0], light.shape[1]), style.vignetting) * np.float32(gain)
    sigma = style.blur_um / pixel_size_um
    seen = ndimage.gaussian_filter(seen, (sigma, sigma, 0)) * np.array(colour, dtype=np.float32)
    grain = rng.standard_normal(seen.shape, dtype=np.float32)
    grain = ndimage.gaussian_filter(grain, (0.5, 0.5, 0)) * np.float32(1.6)  # demosaicing
    seen += np.float32(style.noise) * (np.sqrt(np.maximum(seen, 0)) + np.float32(0.05)) * grain
    knee = np.float32(0.8)
    bright = knee + (1 - knee) * np.tanh((seen - knee) / (1 - knee))
    seen = np.where(seen > knee, bright, seen)
    return np.rint(encode_srgb(seen) * 255).astype(np.uint8)
