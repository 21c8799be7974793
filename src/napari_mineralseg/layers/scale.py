"""Pixel size of a layer: napari keeps it as scale and unit."""

from collections.abc import Sequence
from typing import Any

import numpy as np

MICROMETRE = "micrometer"
PIXEL = "pixel"
UNEQUAL = 0.01


def scale_arguments(pixel_size_um: float | None) -> dict[str, Any]:
    """Arguments of a flat layer for a pixel size in µm; None gives pixels as unit."""
    unit = PIXEL if pixel_size_um is None else MICROMETRE
    size = pixel_size_um or 1.0
    return {"scale": (size, size), "units": (unit, unit), "axis_labels": ("y", "x")}


def pixel_size_um(layer: Any) -> float | None:
    """Edge of a pixel of a layer in µm.

    Returns
    -------
    float or None
        None where the unit is no length, or the edges differ by more than 1 %.
    """
    edges = [_edge_um(*pair) for pair in zip(layer.scale[-2:], layer.units[-2:], strict=True)]
    if any(e is None for e in edges):
        return None
    y, x = (float(e or 0.0) for e in edges)
    return y if y > 0 and abs(x - y) <= UNEQUAL * y else None


def _edge_um(scale: float, unit: Any) -> float | None:
    if dict(unit.dimensionality) != {"[length]": 1}:
        return None
    return float((float(scale) * unit).to(MICROMETRE).magnitude)


def set_pixel_size(layer: Any, size_um: float | None, coarser: float = 1.0) -> None:
    """Give a layer its pixel size in µm; an affine (a registration) keeps its place.

    Parameters
    ----------
    layer : Layer
    size_um : float or None
        Edge of a pixel of the field; None where it is unknown.
    coarser : float
        How many of those a pixel of this layer covers along each edge.
    """
    before = float(layer.scale[-1])
    arguments = scale_arguments(size_um)
    now = float(arguments["scale"][-1]) * coarser
    layer.units = arguments["units"]
    layer.scale = (now, now)
    affine = np.array(layer.affine.affine_matrix)
    affine[:-1, -1] *= now / before
    layer.affine = affine


def agree_on_scale(plane: Any, crossed: Sequence[Any]) -> None:
    """Give crossed pictures the scale of the plane one, where known: they show one field."""
    size_um = pixel_size_um(plane)
    if size_um is not None:
        rescale(plane, crossed, size_um)


def rescale(plane: Any, crossed: Sequence[Any], size_um: float | None) -> None:
    """Give a picture its pixel size, and its crossed partners theirs: they show the same field."""
    set_pixel_size(plane, size_um)
    for layer in crossed:
        set_pixel_size(layer, size_um, plane.data.shape[1] / layer.data.shape[1])
