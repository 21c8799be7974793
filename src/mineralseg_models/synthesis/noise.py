"""Random fields: smooth noise over a picture, and periodic tiles that grains take textures from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, sparse

Field = NDArray[np.float32]

_TILE = 512
_NOISE_TEXELS = 12  # width of a feature in the noise tile
_CRYSTAL_TEXELS = 16  # width of a crystal in the mosaic tile


def _spline_weights(length: int, cell_px: float, phase: float) -> sparse.csr_matrix:
    """Cubic B-spline weights from coarse nodes to pixels, shape (length, nodes)."""
    position = np.arange(length) / cell_px + phase
    first = np.floor(position).astype(np.int64)
    f = position - first
    weights = np.stack(
        [(1 - f) ** 3, 3 * f**3 - 6 * f**2 + 4, -3 * f**3 + 3 * f**2 + 3 * f + 1, f**3]
    )
    rows = np.tile(np.arange(length), 4)
    columns = np.concatenate([first + k for k in range(4)])
    return sparse.csr_matrix((weights.ravel() / 6, (rows, columns)))


def smooth_noise(rng: np.random.Generator, shape: tuple[int, int], cell_px: float) -> Field:
    """Gaussian noise that varies over about `cell_px` pixels; mean 0, standard deviation 1.

    Returns
    -------
    ndarray of float32, shape `shape`
    """
    cell = max(float(cell_px), 1.0)
    wy = _spline_weights(shape[0], cell, rng.uniform())
    wx = _spline_weights(shape[1], cell, rng.uniform())
    nodes = rng.standard_normal((wy.shape[1], wx.shape[1]))
    field = (wx @ (wy @ nodes).T).T
    spread = 0.48  # of a cubic B-spline sum of unit noise: (151/315)^(2/2)
    return np.asarray(field / spread, dtype=np.float32)


@dataclass(frozen=True)
class Tiles:
    """Periodic textures shared by all grains; each grain reads them at its own offset.

    Parameters
    ----------
    noise : ndarray of float32, shape (512, 512)
        Smooth noise, mean 0, standard deviation 1.
    mosaic : ndarray of int32, shape (512, 512)
        Index of the crystal that covers a texel.
    angle, tilt : ndarray of float32, shape (crystals,)
        Vibration direction in radians and share of the full birefringence, 0..1, of each crystal.
    """

    noise: Field
    mosaic: NDArray[np.int32]
    angle: Field
    tilt: Field

    def noise_at(
        self, y_um: Field, x_um: Field, scale_um: float, offset: tuple[float, float]
    ) -> Field:
        """Noise with features of about `scale_um` µm at positions in µm."""
        k = np.float32(_NOISE_TEXELS / scale_um)
        y, x = y_um * k + np.float32(offset[0]), x_um * k + np.float32(offset[1])
        row, column = np.floor(y).astype(np.int32), np.floor(x).astype(np.int32)
        top, left = (row % _TILE) * _TILE, column % _TILE
        texels = self.noise.ravel()
        if scale_um < _NOISE_TEXELS:  # texels below a micrometre are not seen
            return np.asarray(texels[top + left])
        below, right = ((row + 1) % _TILE) * _TILE, (column + 1) % _TILE
        fy, fx = y - row, x - column
        upper = texels[top + left] * (1 - fx) + texels[top + right] * fx
        lower = texels[below + left] * (1 - fx) + texels[below + right] * fx
        return np.asarray(upper * (1 - fy) + lower * fy, dtype=np.float32)

    def crystal_at(
        self, y_um: Field, x_um: Field, size_um: float, offset: tuple[float, float]
    ) -> NDArray[np.int32]:
        """Index of the crystal at positions in µm, for crystals of about `size_um` µm."""
        k = _CRYSTAL_TEXELS / size_um
        iy = np.floor(y_um * k + offset[0]).astype(np.int64) % _TILE
        ix = np.floor(x_um * k + offset[1]).astype(np.int64) % _TILE
        return np.asarray(self.mosaic[iy, ix])


def random_tilt(rng: np.random.Generator, n: int) -> Field:
    """Share sin²(τ) of the full birefringence for optic axes at random in space (uniform cos τ)."""
    return (1 - rng.uniform(-1, 1, n) ** 2).astype(np.float32)


def _mosaic(rng: np.random.Generator) -> NDArray[np.int32]:
    """Voronoi cells of jittered grid points on a torus, shape (512, 512)."""
    cells = _TILE // _CRYSTAL_TEXELS
    seeds = rng.uniform(0, 1, (2, cells, cells)).astype(np.float32)
    reach = rng.uniform(0.55, 1.6, (cells, cells)).astype(np.float32)  # large and small crystals
    at = (np.arange(_TILE, dtype=np.float32) + 0.5) / _CRYSTAL_TEXELS
    y, x = np.meshgrid(at, at, indexing="ij")
    best = np.full((_TILE, _TILE), np.inf, dtype=np.float32)
    index = np.zeros((_TILE, _TILE), dtype=np.int32)
    for dy in (-1, 0, 1):
        for dx in (-1, 0, 1):
            cy, cx = np.floor(y).astype(np.int32) + dy, np.floor(x).astype(np.int32) + dx
            ty, tx = cy % cells, cx % cells
            gap = ((cy + seeds[0, ty, tx] - y) ** 2 + (cx + seeds[1, ty, tx] - x) ** 2) / reach[
                ty, tx
            ]
            closer = gap < best
            best[closer] = gap[closer]
            index[closer] = (ty * cells + tx)[closer]
    return index


def draw_tiles(rng: np.random.Generator) -> Tiles:
    """Draw the textures of one picture."""
    white = rng.standard_normal((_TILE, _TILE)).astype(np.float32)
    noise = ndimage.gaussian_filter(white, _NOISE_TEXELS / 3, mode="wrap")
    noise += 0.12 * ndimage.gaussian_filter(white[::-1, ::-1], _NOISE_TEXELS / 10, mode="wrap")
    n = (_TILE // _CRYSTAL_TEXELS) ** 2
    angle = rng.uniform(0, np.pi, n).astype(np.float32)
    return Tiles((noise / noise.std()).astype(np.float32), _mosaic(rng), angle, random_tilt(rng, n))
