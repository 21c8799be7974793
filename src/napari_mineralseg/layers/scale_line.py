"""A line that the user draws along the scale bar in the picture."""

from typing import Any

import numpy as np

from napari_mineralseg.layers.marks import mark
from napari_mineralseg.layers.results import add_layer

NAME = "line along the scale bar"


def add_scale_line(viewer: Any, plane: Any) -> Any:
    """Add a layer over a picture in which the next drag draws a line, and select it."""
    arguments = {
        "name": NAME,
        "ndim": 2,
        "edge_color": "#ff2d95",
        "edge_width": max(max(plane.data.shape[:2]) / 400, 1),
        "scale": plane.scale,
        "units": plane.units,
        "axis_labels": plane.axis_labels,
        "metadata": mark("scale line"),
    }
    layer = add_layer(viewer, (None, arguments, "shapes"))
    viewer.layers.selection.active = layer
    layer.mode = "add_line"
    return layer


def line_length_px(layer: Any) -> float:
    """Length of the line drawn last, in pixels of the picture; 0 without one."""
    if not len(layer.data):
        return 0.0
    ends = np.asarray(layer.data[-1], dtype=np.float64)[:, -2:]
    return float(np.hypot(*(ends[-1] - ends[0])))
