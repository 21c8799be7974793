"""Sand: grains of random size and shape, packed until they press into each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from mineralseg_models.synthesis.noise import Field, smooth_noise
from mineralseg_models.synthesis.style import SectionStyle

_PUSHES = 60
_MAX_GRAINS = 4000


@dataclass(frozen=True)
class Grain:
    """One grain: a convex polygon with rounded corners.

    The norm of a point q in the grain's frame is ``(Σ max(0, n·q / h)^p)^(1/p)`` over its faces
    with normals n and offsets h; the border is where the norm is 1.

    Parameters
    ----------
    kind : str
        One of :data:`~mineralseg_models.synthesis.style.KINDS`.
    centre_um : tuple of float
        y and x.
    axes_um : tuple of float
        Half axes, long and short.
    angle_rad : float
        Direction of the long axis against x.
    normals, offsets : ndarray of float32, shapes (F, 2) and (F,)
        Faces, for a grain of half axes 1.
    squarings : int
        The exponent p is 2 to this power.
    """

    kind: str
    centre_um: tuple[float, float]
    axes_um: tuple[float, float]
    angle_rad: float
    normals: Field
    offsets: Field
    squarings: int

    @property
    def radius_um(self) -> float:
        """Radius of the circle of equal area, nearly."""
        return float(np.sqrt(self.axes_um[0] * self.axes_um[1]))

    def frame(self, y_um: Field, x_um: Field) -> tuple[Field, Field]:
        """Coordinates along the long and the short axis, from the centre, in µm."""
        y, x = y_um - self.centre_um[0], x_um - self.centre_um[1]
        c, s = np.float32(np.cos(self.angle_rad)), np.float32(np.sin(self.angle_rad))
        return x * c + y * s, y * c - x * s

    def norm(self, y_um: Field, x_um: Field) -> Field:
        """Norm of points given in µm; 1 on the border."""
        along, across = self.frame(y_um, x_um)
        along, across = along / np.float32(self.axes_um[0]), across / np.float32(self.axes_um[1])
        total = np.zeros_like(along)
        for (a, b), h in zip(self.normals, self.offsets, strict=True):
            face = np.maximum((along * a + across * b) / h, 0)
            for _ in range(self.squarings):
                face = face * face
            total += face
        for _ in range(self.squarings):
            total = np.sqrt(total)
        return total


@dataclass(frozen=True)
class Packing:
    """Grains on the pixel grid.

    Parameters
    ----------
    grains : tuple of Grain
    index : ndarray of int32, shape (Y, X)
        Grain that covers a pixel, -1 between the grains.
    """

    grains: tuple[Grain, ...]
    index: NDArray[np.int32]


def _radii(rng: np.random.Generator, style: SectionStyle, area_um2: float) -> NDArray[np.float64]:
    """Radii in µm, largest first, whose areas add up to the packing."""
    mean = np.pi * (style.grain_size_um / 2) ** 2 * np.exp(2 * style.sorting**2)
    n = int(np.clip(style.packing * area_um2 / mean, 1, _MAX_GRAINS))
    spread = np.clip(rng.standard_normal(n), -2.2, 2.2)
    return np.sort(style.grain_size_um / 2 * np.exp(style.sorting * spread))[::-1]


def _place(
    rng: np.random.Generator, radii: NDArray[np.float64], extent: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Centres (N, 2) in µm: at random, then pushed apart where circles overlap."""
    centres: NDArray[np.float64] = rng.uniform(0, 1, (len(radii), 2)) * extent
    for _ in range(_PUSHES):
        i, j = cKDTree(centres).query_pairs(2 * radii.max(), output_type="ndarray").T
        offset = centres[i] - centres[j]
        distance = np.maximum(np.linalg.norm(offset, axis=1), 1e-6)
        overlap = np.clip(0.95 * (radii[i] + radii[j]) - distance, 0, None)
        push = offset * (0.55 * overlap / distance / (radii[i] + radii[j]))[:, None]
        for k, other, sign in ((i, j, 1), (j, i, -1)):  # small grains give way
            for axis in (0, 1):
                centres[:, axis] += np.bincount(
                    k, sign * push[:, axis] * radii[other], minlength=len(radii)
                )
        centres = np.clip(centres, 0, extent)
    return centres


def _shape(
    rng: np.random.Generator,
    style: SectionStyle,
    kind: str,
    centre: NDArray[np.float64],
    radius: float,
) -> Grain:
    """Grain of random faces; accessories are smaller, and some of them flakes."""
    faces = int(rng.integers(4, 10))
    turn = 2 * np.pi * (np.arange(faces) + rng.uniform(-0.4, 0.4, faces)) / faces
    offsets = rng.uniform(0.68, 1.14, faces) * (1.0 if faces > 5 else 0.9)
    ratio = 1 + (style.elongation - 1) * rng.gamma(1.6, 0.7)
    if kind == "accessory":
        flake = rng.uniform() < 0.4
        ratio = rng.uniform(3.5, 6.5) if flake else rng.uniform(1, 1.6)
        radius *= rng.uniform(0.4, 0.6) if flake else rng.uniform(0.25, 0.65)
    rounded = style.roundness + rng.normal(0, 0.18) + 0.5 * (kind == "accessory")
    return Grain(
        kind=kind,
        centre_um=(float(centre[0]), float(centre[1])),
        axes_um=(radius * float(np.sqrt(ratio)), radius / float(np.sqrt(ratio))),
        angle_rad=float(rng.uniform(0, np.pi)),
        normals=np.stack([np.cos(turn), np.sin(turn)], axis=1).astype(np.float32),
        offsets=offsets.astype(np.float32),
        squarings=2 if rounded > 0.75 else 3 if rounded > 0.4 else 4 if rounded > 0.1 else 5,
    )


def draw_grains(
    rng: np.random.Generator, style: SectionStyle, shape: tuple[int, int], pixel_size_um: float
) -> tuple[Grain, ...]:
    """Draw the grains of a picture of `shape` pixels, some of them past its borders."""
    margin = 1.2 * style.grain_size_um
    extent = np.array(shape) * pixel_size_um + 2 * margin
    radii = _radii(rng, style, float(extent.prod()))
    centres = _place(rng, radii, extent) - margin
    kinds = list(style.shares)
    share = np.array([style.shares[k] for k in kinds])
    drawn = rng.choice(len(kinds), size=len(radii), p=share / share.sum())
    return tuple(
        _shape(rng, style, kinds[k], c, float(r))
        for k, c, r in zip(drawn, centres, radii, strict=True)
    )


def _warped(
    rng: np.random.Generator, shape: tuple[int, int], pixel_size_um: float
) -> tuple[Field, Field]:
    """Pixel centres in µm, shifted a little at random so that no border is smooth."""
    y, x = (np.arange(n, dtype=np.float32) * np.float32(pixel_size_um) for n in shape)
    grids = []
    for axis in (np.broadcast_to(y[:, None], shape), np.broadcast_to(x[None, :], shape)):
        coarse = smooth_noise(rng, shape, 45 / pixel_size_um)
        fine = smooth_noise(rng, shape, 9 / pixel_size_um)
        grids.append(axis + np.float32(4.5) * coarse + np.float32(1.5) * fine)
    return grids[0], grids[1]


def pack(
    rng: np.random.Generator, style: SectionStyle, shape: tuple[int, int], pixel_size_um: float
) -> Packing:
    """Grow the drawn grains on the pixel grid; where two meet, the nearer one by its norm wins."""
    grains = draw_grains(rng, style, shape, pixel_size_um)
    y_um, x_um = _warped(rng, shape, pixel_size_um)
    best = np.ones(shape, dtype=np.float32)
    second = np.full(shape, 2, dtype=np.float32)
    index = np.full(shape, -1, dtype=np.int32)
    for i, grain in enumerate(grains):
        reach = 1.45 * grain.axes_um[0] + 15
        low = [int(max(0, (c - reach) // pixel_size_um)) for c in grain.centre_um]
        high = [
            int(min(n, (c + reach) // pixel_size_um + 1))
            for c, n in zip(grain.centre_um, shape, strict=True)
        ]
        if low[0] >= high[0] or low[1] >= high[1]:
            continue
        window = (slice(low[0], high[0]), slice(low[1], high[1]))
        norm = grain.norm(y_um[window], x_um[window])
        wins = norm < best[window]
        second[window] = np.where(wins, best[window], np.minimum(second[window], norm))
        best[window][wins] = norm[wins]
        index[window][wins] = i
    film = np.array([g.radius_um for g in grains], dtype=np.float32)[index] * (second - best) / 2
    loose = 1 + 0.9 * smooth_noise(rng, shape, 70 / pixel_size_um)
    index[(index >= 0) & (second < 1) & (film < 0.5 * style.coat_um * loose)] = -1
    return Packing(grains, index)
