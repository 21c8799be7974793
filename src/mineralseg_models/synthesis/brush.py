"""What a painter of grains works with: the pixels of one grain and random textures over them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from mineralseg_models.synthesis.noise import Field, Tiles
from mineralseg_models.synthesis.style import SectionStyle

Colour = tuple[float, float, float]


@dataclass(frozen=True)
class Patch:
    """Optical properties of N pixels.

    Parameters
    ----------
    angle : ndarray of float32, shape (N,)
        Vibration direction in radians against the polariser.
    birefringence : ndarray of float32, shape (N,)
        Effective Δn of the cut, the tilt of the optic axis included.
    passed : ndarray of float32, shape (N, 3)
        Linear RGB that plane-polarised light keeps on its way through.
    """

    angle: Field
    birefringence: Field
    passed: Field


@dataclass(frozen=True)
class Brush:
    """Pixels of one grain with textures.

    Parameters
    ----------
    y_um, x_um : ndarray of float32, shape (N,)
        Positions in the picture.
    along_um, across_um : ndarray of float32, shape (N,)
        Positions in the grain's frame, from its centre.
    edge_um : ndarray of float32, shape (N,)
        Distance to the grain's border.
    radius_um, elongation, long_angle_rad : float
        Size of the grain, its long over its short axis and the long axis' direction.
    """

    rng: np.random.Generator
    tiles: Tiles
    style: SectionStyle
    y_um: Field
    x_um: Field
    along_um: Field
    across_um: Field
    edge_um: Field
    radius_um: float
    elongation: float
    long_angle_rad: float

    def __len__(self) -> int:
        return len(self.y_um)

    def _offset(self) -> tuple[float, float]:
        y, x = self.rng.uniform(0, 512, 2)
        return (float(y), float(x))

    def turned(self, angle_rad: float) -> tuple[Field, Field]:
        """Coordinates along and across a direction of the grain's frame, in µm."""
        c, s = np.float32(np.cos(angle_rad)), np.float32(np.sin(angle_rad))
        return self.along_um * c + self.across_um * s, self.across_um * c - self.along_um * s

    def noise(self, scale_um: float, *, stretch: float = 1.0, angle_rad: float = 0.0) -> Field:
        """Smooth noise of about `scale_um`, drawn out `stretch` times along a direction."""
        along, across = self.turned(angle_rad)
        return self.tiles.noise_at(across, along / np.float32(stretch), scale_um, self._offset())

    def specks(
        self, size_um: float, share: float, *, stretch: float = 1.0, angle_rad: float = 0.0
    ) -> NDArray[np.bool_]:
        """Spots of about `size_um` that cover a share of the pixels."""
        level = special.ndtri(1 - np.clip(share, 1e-6, 1 - 1e-6))
        return np.asarray(self.noise(2.2 * size_um, stretch=stretch, angle_rad=angle_rad) > level)

    def crystals(
        self, size_um: float, *, stretch: float = 1.0, angle_rad: float = 0.0, ragged: float = 0.25
    ) -> NDArray[np.int32]:
        """Index of the small crystal at each pixel, with sutured borders."""
        along, across = self.turned(angle_rad)
        shake = np.float32(ragged * size_um)
        along = along + shake * self.noise(0.7 * size_um)
        across = across + shake * self.noise(0.7 * size_um)
        return self.tiles.crystal_at(across, along / np.float32(stretch), size_um, self._offset())

    def lines(
        self, count: int, width_um: float, *, angle_rad: float | None = None
    ) -> NDArray[np.bool_]:
        """Thin wandering lines through the grain: cracks, cleavage, trails of inclusions."""
        hit = np.zeros(len(self), dtype=bool)
        for _ in range(count):
            turn = float(self.rng.uniform(0, np.pi)) if angle_rad is None else angle_rad
            _, across = self.turned(turn)
            wander = np.float32(2.5 if angle_rad is not None else 7.0)
            place = np.float32(self.rng.uniform(-0.9, 0.9) * self.radius_um)
            hit |= np.abs(across - place + wander * self.noise(60.0)) < width_um / 2
        return hit

    def lamellae(self, width_um: float, angle_rad: float) -> NDArray[np.bool_]:
        """Twin lamellae: which of the two individuals a pixel belongs to; some end inside."""
        along, across = self.turned(angle_rad)
        reach = 1.3 * float(np.abs(across).max(initial=1.0)) + 5
        n = int(2 * reach / width_um) + 4
        widths = width_um * self.rng.lognormal(-0.3, 0.75, n)
        widths[1::2] *= self.rng.uniform(0.35, 1.0)
        border = np.cumsum(widths) - widths.sum() / 2
        k = np.searchsorted(
            border, across + 0.25 * self.noise(40.0, stretch=4, angle_rad=angle_rad)
        )
        end = self.rng.normal(0, 0.8 * self.radius_um, n + 1)
        side = self.rng.choice([-1.0, 1.0], n + 1)
        whole = self.rng.uniform(size=n + 1) < 0.7
        present = whole[k] | ((along - end[k]) * side[k] > 0)
        return np.asarray((k % 2 == 1) & present)

    def even(self, value: float) -> Field:
        """One value for every pixel."""
        return np.full(len(self), value, dtype=np.float32)

    def tint(self, colour: Colour) -> Field:
        """One colour for every pixel, shape (N, 3)."""
        return np.tile(np.array(colour, dtype=np.float32), (len(self), 1))


def darken(passed: Field, where: NDArray[np.bool_] | Field, colour: Colour) -> Field:
    """Multiply the light that passes by `colour` where `where` is 1 (or in part, for 0..1)."""
    weight = np.asarray(where, dtype=np.float32)[:, None]
    return np.asarray(passed * (1 - weight + weight * np.array(colour, dtype=np.float32)))


def turned_by(where: NDArray[np.bool_], angle_rad: float) -> Field:
    """Angle to add where one individual of a twin (or an exsolved string) lies, else 0."""
    return np.where(where, np.float32(angle_rad), np.float32(0))
