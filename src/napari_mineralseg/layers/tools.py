"""Hand the right tool to the user."""

from typing import Any


def paint_with(viewer: Any, labels: Any, class_id: int) -> None:
    """Select a label layer and a class; where the mouse only moved the view, it paints now."""
    viewer.layers.selection.active = labels
    labels.selected_label = class_id
    if labels.editable and str(labels.mode) in ("pan_zoom", "transform"):
        labels.mode = "paint"


def rest(layer: Any) -> None:
    """Let the mouse move the view again."""
    layer.mode = "pan_zoom"
