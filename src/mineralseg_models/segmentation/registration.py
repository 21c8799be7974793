"""Bring a crossed-polarised picture onto the plane-polarised picture of the same field.

The two pictures share grain borders but not brightness: a grain that is bright between crossed
polars may be dark after a small turn. So the *edges* are compared, as band-passed gradient
magnitudes, and turn and shift are those of the highest cross-correlation (rotation searched,
shift by fast Fourier transform; Reddy and Chatterji 1996, without the scale). An answer whose
peak does not stand out is not used.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

FloatImage = NDArray[np.float32]

MAX_ANGLE_DEG = 8.0
MAX_SHIFT_SHARE = 0.08
MIN_SCORE = 15.0
COARSE_EDGE_PX = 400
FINE_EDGE_PX = 1000


@dataclass(frozen=True)
class Registration:
    """How a crossed picture lies on its plane picture.

    Parameters
    ----------
    angle_deg : float
        Turn about the picture's centre that brings the crossed picture onto the plane one,
        in degrees (the sense of :func:`scipy.ndimage.rotate` on rows and columns).
    shift_px : (float, float)
        Shift after the turn, rows and columns, in pixels of the plane picture.
    score : float
        Height of the correlation peak above the rest of the surface, in standard deviations.
    accepted : bool
        Whether the answer is plausible; if not, the pictures are used as they are.
    """

    angle_deg: float
    shift_px: tuple[float, float]
    score: float
    accepted: bool


def register(plane: NDArray[np.generic], crossed: NDArray[np.generic]) -> Registration:
    """Find the turn and shift of ``crossed`` relative to ``plane``.

    Parameters
    ----------
    plane, crossed : ndarray, shape (Y, X) or (Y, X, 3)
        Pictures of one field and of one size.

    Returns
    -------
    Registration
        Turn within ±8° and shift within 8 % of the longer edge, or ``accepted=False``.
    """
    coarse_angles = np.arange(-MAX_ANGLE_DEG, MAX_ANGLE_DEG + 0.25, 0.5)
    angle = _best_angle(plane, crossed, coarse_angles, COARSE_EDGE_PX)
    angle = _best_angle(plane, crossed, angle + np.arange(-0.6, 0.61, 0.1), FINE_EDGE_PX // 2)
    fixed, moving, zoom = _edge_pair(plane, crossed, FINE_EDGE_PX)
    shift, score = _correlate(fixed, _turn(moving, angle), zoom)
    inside = max(abs(s) for s in shift) <= MAX_SHIFT_SHARE * max(plane.shape[:2])
    accepted = bool(score >= MIN_SCORE and inside and abs(angle) < MAX_ANGLE_DEG)
    return Registration(round(float(angle), 3), shift, round(score, 2), accepted)


def apply_registration(
    crossed: NDArray[np.generic], registration: Registration, shape: tuple[int, int]
) -> FloatImage:
    """Resample a crossed picture onto its plane picture.

    Parameters
    ----------
    crossed : ndarray, shape (Y, X, C)
    registration : Registration
        As found by :func:`register`; one that was not accepted leaves the picture as it is.
    shape : (int, int)
        Rows and columns of the plane picture.

    Returns
    -------
    ndarray of float32, shape (*shape, C)
        Borders that the crossed picture does not cover mirror its edge.
    """
    moving = np.asarray(crossed, dtype=np.float32)
    if not registration.accepted and moving.shape[:2] == shape:
        return moving
    r = registration if registration.accepted else Registration(0.0, (0.0, 0.0), 0.0, True)
    matrix, offset = _inverse_map(r.angle_deg, r.shift_px, shape)
    planes = [
        ndimage.affine_transform(
            moving[..., c], matrix, offset, output_shape=shape, order=1, mode="reflect"
        )
        for c in range(moving.shape[2])
    ]
    return np.stack(planes, axis=-1)


def _inverse_map(
    angle_deg: float, shift: tuple[float, float], shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Output to input coordinates of a turn about the centre followed by a shift."""
    a = np.deg2rad(angle_deg)
    matrix = np.array([[np.cos(a), np.sin(a)], [-np.sin(a), np.cos(a)]])
    centre = (np.array(shape, dtype=np.float64) - 1) / 2
    return matrix, centre - matrix @ (centre + np.array(shift))


def _edge_pair(
    plane: NDArray[np.generic], crossed: NDArray[np.generic], edge_px: int
) -> tuple[FloatImage, FloatImage, float]:
    """Windowed edge maps of both pictures, shrunk so that the longer edge is ``edge_px``."""
    zoom = min(1.0, edge_px / max(plane.shape[:2]))
    return _edges(plane, zoom), _edges(crossed, zoom), zoom


def _edges(picture: NDArray[np.generic], zoom: float) -> FloatImage:
    grey = np.asarray(picture, dtype=np.float32)
    grey = grey.mean(axis=-1) if grey.ndim == 3 else grey
    if zoom < 1:
        blurred = ndimage.gaussian_filter(grey, 0.5 / zoom)
        grey = ndimage.zoom(blurred, zoom, order=1, grid_mode=True, mode="nearest")
    grey = np.sqrt(np.maximum(grey, 0) / (grey.max() + 1e-6))
    magnitude = ndimage.gaussian_gradient_magnitude(grey, 1.5)
    band = magnitude - ndimage.gaussian_filter(magnitude, 12)
    band = np.clip(band / (band.std() + 1e-9), -3, 3)
    window = np.outer(np.hanning(band.shape[0]), np.hanning(band.shape[1]))
    return np.asarray(band * window, dtype=np.float32)


def _turn(image: FloatImage, angle_deg: float) -> FloatImage:
    shape = (image.shape[0], image.shape[1])
    matrix, offset = _inverse_map(angle_deg, (0.0, 0.0), shape)
    return np.asarray(ndimage.affine_transform(image, matrix, offset, order=1, mode="constant"))


def _best_angle(
    plane: NDArray[np.generic],
    crossed: NDArray[np.generic],
    angles: NDArray[np.float64],
    edge_px: int,
) -> float:
    fixed, moving, zoom = _edge_pair(plane, crossed, edge_px)
    peaks = [_correlate(fixed, _turn(moving, float(a)), zoom)[1] for a in angles]
    return float(angles[int(np.argmax(peaks))])


def _correlate(
    fixed: FloatImage, moving: FloatImage, zoom: float
) -> tuple[tuple[float, float], float]:
    """Shift (full-size pixels) of the highest correlation, and its height over the rest."""
    product = fft.rfft2(fixed) * np.conj(fft.rfft2(moving))
    surface = fft.fftshift(fft.irfft2(product, s=fixed.shape))
    cy, cx = (n // 2 for n in surface.shape)
    reach = max(3, int(np.ceil(1.25 * MAX_SHIFT_SHARE * max(surface.shape))))
    near = surface[max(cy - reach, 0) : cy + reach + 1, max(cx - reach, 0) : cx + reach + 1]
    row, col = np.unravel_index(int(near.argmax()), near.shape)
    row, col = int(row) + max(cy - reach, 0), int(col) + max(cx - reach, 0)
    score = float((surface[row, col] - surface.mean()) / (surface.std() + 1e-12))
    dy = row - cy + _parabola(surface[:, col], row)
    dx = col - cx + _parabola(surface[row, :], col)
    return (round(dy / zoom, 2), round(dx / zoom, 2)), score


def _parabola(line: NDArray[np.floating], at: int) -> float:
    """Offset of the vertex of the parabola through a peak and its two neighbours."""
    if at in (0, len(line) - 1):
        return 0.0
    left, mid, right = (float(v) for v in line[at - 1 : at + 2])
    curve = left - 2 * mid + right
    return 0.0 if curve >= 0 else 0.5 * (left - right) / curve
