"""What part of a picture is in view, and moving the view."""

from typing import Any

import numpy as np

from napari_mineralseg.layers.marks import mark
from napari_mineralseg.layers.results import Region, add_layer

MARGIN = 3.0
LINE_PX = 2.5


def region_in_view(layer: Any) -> Region | None:
    """Part of a flat layer that the canvas shows, y0, y1, x0, x1 in pixels; None where unknown."""
    (y0, x0), (y1, x1) = np.asarray(layer.corner_pixels)[:, -2:].astype(int).tolist()
    rows, columns = layer.data.shape[:2]
    region = (max(y0, 0), min(y1 + 1, rows), max(x0, 0), min(x1 + 1, columns))
    return region if region[1] - region[0] > 1 and region[3] - region[2] > 1 else None


def look_at(viewer: Any, layer: Any, region: Region) -> None:
    """Centre the canvas on a region (y0, y1, x0, x1 in pixels) and zoom in on it."""
    y0, y1, x0, x1 = region
    corners = np.array([layer.data_to_world((y, x)) for y, x in ((y0, x0), (y1, x1))])
    height, width = np.maximum(np.abs(corners[1] - corners[0]), 1e-9)
    canvas_height, canvas_width = viewer.canvas.size
    camera = viewer.scene.camera
    camera.center = (0.0, *corners.mean(axis=0))
    closest = 4.0 / float(layer.scale[-1])
    camera.zoom = min(canvas_height / height / MARGIN, canvas_width / width / MARGIN, closest)


def show_all(viewer: Any) -> None:
    """Fit everything into the canvas."""
    viewer.reset_view()


def box_layer(region: Region, like: Any, name: str) -> tuple[Any, dict[str, Any], str]:
    """Layer data of an empty box around a region of the layer ``like``."""
    arguments = {
        "name": name,
        "shape_type": "rectangle",
        "face_color": "transparent",
        "edge_color": "#ff2dd0",
        "edge_width": 1,
        "scale": like.scale,
        "units": like.units,
        "axis_labels": like.axis_labels,
        "metadata": mark("region"),
    }
    return [_corners(region)], arguments, "shapes"


def mark_region(viewer: Any, box: Any, region: Region, like: Any) -> Any:
    """Draw a box around a region, a new layer or the one given; it does not take the selection."""
    if box is None:
        box = add_layer(viewer, box_layer(region, like, "uncertain region"))
    else:
        box.data = [_corners(region)]
        box.visible = True
    on_screen = max(float(viewer.scene.camera.zoom) * float(like.scale[-1]), 1e-6)
    box.edge_width = max(LINE_PX / on_screen, 0.05)
    box.editable = False
    return box


def _corners(region: Region) -> np.ndarray:
    """Corners of a box that lies around the pixels, whose centres have whole coordinates."""
    y0, y1, x0, x1 = (float(v) - 0.5 for v in region)
    return np.array([[y0, x0], [y0, x1], [y1, x1], [y1, x0]])


def show_scale_bar(viewer: Any) -> None:
    """Switch napari's scale bar on."""
    viewer.canvas.overlays.scale_bar.visible = True
