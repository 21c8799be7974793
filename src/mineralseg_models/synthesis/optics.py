"""Interference colours of crystal plates between crossed polarisers.

A plate of birefringence Δn and thickness t delays one ray by Γ = Δn · t. Between crossed
polarisers it passes ``sin²(2θ) · sin²(π Γ / λ)`` of each wavelength λ, where θ is the angle
between its vibration direction and the polariser (Bloss 1999, *Optical Crystallography*, ch. 9).
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

MAX_RETARDATION_NM = 6000
_WAVELENGTHS_NM = np.arange(385.0, 746.0, 2.5)
_XYZ_TO_SRGB = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
)


def _lobe(
    wavelength_nm: NDArray[np.float64], centre: float, left: float, right: float
) -> NDArray[np.float64]:
    """Gaussian with a width of its own on either side of its centre."""
    width = np.where(wavelength_nm < centre, left, right)
    return np.asarray(np.exp(-0.5 * ((wavelength_nm - centre) / width) ** 2))


def colour_matching(wavelength_nm: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE 1931 colour matching functions, shape (N, 3).

    Multi-lobe fit of Wyman, Sloan and Shirley (2013), *Journal of Computer Graphics Techniques*
    2(2), table 1; about 1 % off the tabulated functions.
    """
    w = wavelength_nm
    x = 1.056 * _lobe(w, 599.8, 37.9, 31.0) + 0.362 * _lobe(w, 442.0, 16.0, 26.7)
    x -= 0.065 * _lobe(w, 501.1, 20.4, 26.2)
    y = 0.821 * _lobe(w, 568.8, 46.9, 40.5) + 0.286 * _lobe(w, 530.9, 16.3, 31.1)
    z = 1.217 * _lobe(w, 437.0, 11.8, 36.0) + 0.681 * _lobe(w, 459.0, 26.0, 13.8)
    return np.stack([x, y, z], axis=-1)


@lru_cache(maxsize=1)
def interference_colours() -> NDArray[np.float32]:
    """Michel-Lévy chart as linear RGB, shape (MAX_RETARDATION_NM + 1, 3), one row a nanometre.

    Light that passes unchanged is (1, 1, 1); colours outside sRGB are clipped at 0.
    """
    retardation = np.arange(MAX_RETARDATION_NM + 1, dtype=np.float64)
    passed = np.sin(np.pi * retardation[:, None] / _WAVELENGTHS_NM[None, :]) ** 2
    to_rgb = colour_matching(_WAVELENGTHS_NM) @ _XYZ_TO_SRGB.T
    chart = passed @ (to_rgb / to_rgb.sum(axis=0))
    clipped: NDArray[np.float32] = np.asarray(np.clip(chart, 0.0, None), dtype=np.float32)
    clipped.flags.writeable = False
    return clipped


def crossed_light(
    retardation_nm: NDArray[np.float32], angle_rad: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Linear RGB behind crossed polarisers at 0° and 90°.

    Parameters
    ----------
    retardation_nm : ndarray, shape (...)
        Γ in nm; values above :data:`MAX_RETARDATION_NM` are taken as that.
    angle_rad : ndarray, shape (...)
        Vibration direction against the polariser; extinct at every quarter turn.

    Returns
    -------
    ndarray of float32, shape (..., 3)
    """
    row = np.clip(np.rint(retardation_nm), 0, MAX_RETARDATION_NM).astype(np.int32)
    return np.asarray(
        interference_colours()[row] * (np.sin(2.0 * angle_rad) ** 2)[..., None], dtype=np.float32
    )


def encode_srgb(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Linear light 0..1 to sRGB values 0..1 (IEC 61966-2-1)."""
    light = np.clip(linear, 0.0, 1.0)
    curved = 1.055 * np.power(light, 1 / 2.4, dtype=np.float32) - 0.055
    return np.asarray(np.where(light <= 0.0031308, 12.92 * light, curved), dtype=np.float32)
