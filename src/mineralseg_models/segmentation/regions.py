"""Where a second look is worth most."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SMOOTHING_PX = 5
"""Entropy is averaged over squares of this edge: single pixels and thin borders drop out."""

LEAST_THRESHOLD = 0.3
LOOKED_AT_SHARE = 0.1
"""Share of the picture that is uncertain enough for a second look, unless it is surer than that."""

MIN_AREA_PX = 64
LARGEST_EDGE_PX = 256
EIGHT = np.ones((3, 3), dtype=bool)


@dataclass(frozen=True)
class Region:
    """A connected part of a picture in which the network was unsure.

    Parameters
    ----------
    bounds : (int, int, int, int)
        Rows and columns ``(y0, y1, x0, x1)``, ends excluded.
    centre : (float, float)
        Row and column of the centre of its pixels.
    mean_entropy : float
        Mean normalised entropy, 0 to 1.
    area_px : int
    """

    bounds: tuple[int, int, int, int]
    centre: tuple[float, float]
    mean_entropy: float
    area_px: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its box as an index."""
        y0, y1, x0, x1 = self.bounds
        return slice(y0, y1), slice(x0, x1)


def uncertain_regions(
    uncertainty: NDArray[np.float32],
    reviewed: NDArray[np.bool_] | None = None,
    *,
    threshold: float | None = None,
    min_area_px: int = MIN_AREA_PX,
    largest_edge_px: int = LARGEST_EDGE_PX,
    limit: int = 200,
) -> list[Region]:
    """Find uncertain regions, ranked by mean entropy × area, the greatest first.

    Parameters
    ----------
    uncertainty : ndarray of float32, shape (Y, X)
        Normalised entropy.
    reviewed : ndarray of bool, shape (Y, X), optional
        Pixels that were looked at; they belong to no region.
    threshold : float, optional
        Least entropy, averaged over 5 × 5 pixels, of a region's pixels; by default that of the
        most uncertain tenth of the picture, and at least 0.3.
    min_area_px : int
        Smaller regions are left out.
    largest_edge_px : int
        Regions are cut at a grid of this spacing, so that each fits into one view.
    limit : int
        Longest list.

    Returns
    -------
    list of Region
    """
    smooth = ndimage.uniform_filter(uncertainty, SMOOTHING_PX, mode="nearest")
    if threshold is None:
        threshold = max(LEAST_THRESHOLD, float(np.quantile(smooth, 1 - LOOKED_AT_SHARE)))
    unsure = smooth >= threshold
    if reviewed is not None:
        unsure &= ~reviewed
    found: list[Region] = []
    rows, columns = uncertainty.shape
    for y in range(0, rows, largest_edge_px):
        for x in range(0, columns, largest_edge_px):
            cell = np.s_[y : y + largest_edge_px, x : x + largest_edge_px]
            found += _regions_of_cell(unsure[cell], uncertainty[cell], (y, x), min_area_px)
    found.sort(key=lambda r: (-r.mean_entropy * r.area_px, r.bounds))
    return found[:limit]


def _regions_of_cell(
    unsure: NDArray[np.bool_],
    uncertainty: NDArray[np.float32],
    origin: tuple[int, int],
    min_area_px: int,
) -> list[Region]:
    """Find the connected regions of a cell of the grid, in places of the whole picture."""
    labels, count = ndimage.label(unsure, EIGHT)
    if count == 0:
        return []
    index = np.arange(1, count + 1)
    areas = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    means = ndimage.mean(uncertainty, labels, index)
    centres = ndimage.center_of_mass(unsure, labels, index)
    return [
        Region(
            bounds=(
                box[0].start + origin[0],
                box[0].stop + origin[0],
                box[1].start + origin[1],
                box[1].stop + origin[1],
            ),
            centre=(float(centre[0]) + origin[0], float(centre[1]) + origin[1]),
            mean_entropy=float(mean),
            area_px=int(area),
        )
        for box, area, mean, centre in zip(
            ndimage.find_objects(labels), areas, means, centres, strict=True
        )
        if area >= min_area_px
    ]
