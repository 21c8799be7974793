"""Where tiles lie and how much each counts: pure arithmetic, no pixels.

Along one axis, with the halo ``h`` in which a network feels the edge of its tile::

    tile A   |111111111111111111//////····|
    tile B                |····//////11111111111111|
                           <-h->    <-h->
                           <--- overlap -->

``·`` weighs nothing, ``/`` rises smoothly, ``1`` is full. At the borders of the picture, where
the network would feel the same edge without tiles, the weight is full too. The weights of all
tiles add up to 1 at every pixel, so that blending is a plain sum. Starts and sizes of tiles are
multiples of the network's stride, without which its pooling would fall on other pixels.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput

Region = tuple[int, int, int, int]
"""Rows and columns ``(y0, y1, x0, x1)``, ends excluded."""


@dataclass(frozen=True)
class Span:
    """A tile along one axis.

    Parameters
    ----------
    start, stop : int
        Pixels that the network sees, end excluded.
    weights : ndarray of float32, shape (stop - start,)
        Share of the tile in the blended result.
    """

    start: int
    stop: int
    weights: NDArray[np.float32]

    @property
    def counted(self) -> tuple[int, int]:
        """Pixels whose weight is above 0, end excluded."""
        positive = np.flatnonzero(self.weights)
        return self.start + int(positive[0]), self.start + int(positive[-1]) + 1


@dataclass(frozen=True)
class Tile:
    """A tile of the padded picture."""

    rows: Span
    columns: Span

    @property
    def region(self) -> Region:
        """Pixels of the picture that the tile changes."""
        return (*self.rows.counted, *self.columns.counted)


@dataclass(frozen=True)
class TilePlan:
    """All tiles of a picture, of one size each.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the padded picture, multiples of the stride.
    tile_shape : (int, int)
    tiles : tuple of Tile
        Row by row.
    """

    shape: tuple[int, int]
    tile_shape: tuple[int, int]
    tiles: tuple[Tile, ...]


def plan_tiles(
    shape: tuple[int, int], *, tile_px: int, overlap_px: int, halo_px: int, stride: int
) -> TilePlan:
    """Lay tiles over a picture.

    Parameters
    ----------
    shape : (int, int)
        Rows and columns of the picture.
    tile_px, overlap_px, halo_px, stride : int
        Edge of a tile, smallest overlap of neighbours, width at inner tile edges that does not
        count, and pixels a step of the network's coarsest grid.

    Returns
    -------
    TilePlan
        The picture is padded at its lower and right border to multiples of the stride; along an
        axis that is shorter than a tile there is one tile of the padded length.

    Raises
    ------
    BadInput
        The tile is no multiple of the stride, the overlap is narrower than two halos, or the
        tile is not at least a stride wider than the overlap.
    """
    if tile_px % stride or overlap_px < 2 * halo_px or tile_px < overlap_px + stride:
        raise BadInput(
            f"Tiles of {tile_px} px with {overlap_px} px overlap, {halo_px} px halo and stride "
            f"{stride} are not possible: a tile is a multiple of the stride and at least one "
            f"stride wider than the overlap, which holds two halos."
        )
    padded = tuple(math.ceil(n / stride) * stride for n in shape)
    rows, columns = (
        _spans(n, min(tile_px, n), overlap_px=overlap_px, halo_px=halo_px, stride=stride)
        for n in padded
    )
    return TilePlan(
        shape=(padded[0], padded[1]),
        tile_shape=(min(tile_px, padded[0]), min(tile_px, padded[1])),
        tiles=tuple(Tile(r, c) for r in rows for c in columns),
    )


def _spans(length: int, tile: int, *, overlap_px: int, halo_px: int, stride: int) -> list[Span]:
    """Lay the tiles of one axis, evenly and with weights that add up to 1."""
    starts = _starts(length, tile, overlap_px, stride)
    ramp = overlap_px - 2 * halo_px
    raw = [_raw_weights(s, tile, length, halo_px, ramp) for s in starts]
    total = np.zeros(length)
    for start, weights in zip(starts, raw, strict=True):
        total[start : start + tile] += weights
    return [
        Span(s, s + tile, (w / total[s : s + tile]).astype(np.float32))
        for s, w in zip(starts, raw, strict=True)
    ]


def _starts(length: int, tile: int, overlap: int, stride: int) -> list[int]:
    """First pixels of the tiles: as few as possible, spread evenly, the last at the border."""
    rest = (length - tile) // stride
    if rest == 0:
        return [0]
    gaps = math.ceil(rest / ((tile - overlap) // stride))
    return [i * rest // gaps * stride for i in range(gaps + 1)]


def _raw_weights(start: int, tile: int, length: int, halo: int, ramp: int) -> NDArray[np.float64]:
    """Weights of one tile before they are made to add up: 0, a smooth rise, 1, and back."""
    weights = np.ones(tile)
    rise = _rise(np.arange(tile), halo, ramp)
    if start > 0:
        weights *= rise
    if start + tile < length:
        weights *= rise[::-1]
    return weights


def _rise(distance: NDArray[np.int64], halo: int, ramp: int) -> NDArray[np.float64]:
    """Weight by distance from an inner edge: sin² over the ramp that begins after the halo."""
    inside = (distance >= halo).astype(np.float64)
    if ramp == 0:
        return inside
    share = np.clip((distance + 0.5 - halo) / ramp, 0.0, 1.0)
    rise: NDArray[np.float64] = inside * np.sin(0.5 * np.pi * share) ** 2
    return rise


def in_order(tiles: tuple[Tile, ...], first: Region | None) -> list[Tile]:
    """Sort tiles so that those that meet the part in view come first, from its centre outwards.

    Parameters
    ----------
    tiles : tuple of Tile
    first : (int, int, int, int) or None
        Part in view, in pixels of the tiles; None keeps the order row by row.
    """
    if first is None:
        return list(tiles)
    centre = ((first[0] + first[1]) / 2, (first[2] + first[3]) / 2)
    return sorted(tiles, key=lambda t: (not _meet(t.region, first), _distance(t.region, centre)))


def _meet(a: Region, b: Region) -> bool:
    return a[0] < b[1] and b[0] < a[1] and a[2] < b[3] and b[2] < a[3]


def _distance(region: Region, point: tuple[float, float]) -> float:
    """Distance from a point to the centre of a region."""
    return math.hypot(
        (region[0] + region[1]) / 2 - point[0], (region[2] + region[3]) / 2 - point[1]
    )
