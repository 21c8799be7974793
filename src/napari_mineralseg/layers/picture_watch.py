"""Follows the pictures of a viewer: which are open, their names and scales."""

from typing import Any

from psygnal import Signal

from napari_mineralseg.layers.pictures import adopt_file_scales, image_layers


class PictureWatch:
    """Tells when layers come and go, and when a picture changes its name or its scale.

    Parameters
    ----------
    viewer : Viewer
    """

    layers_changed = Signal()
    picture_changed = Signal()
    LIST_EVENTS = ("inserted", "removed")
    LAYER_EVENTS = ("name", "scale", "units", "data")

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._followed: list[Any] = []
        for name in self.LIST_EVENTS:
            getattr(viewer.layers.events, name).connect(self._on_list)
        self._follow()

    def stop(self) -> None:
        """Let go of the viewer and its layers."""
        for name in self.LIST_EVENTS:
            getattr(self._viewer.layers.events, name).disconnect(self._on_list)
        for layer in self._followed:
            self._tie(layer, "disconnect")
        self._followed = []

    def _on_list(self, event: Any = None) -> None:
        self._follow()
        self.layers_changed.emit()

    def _follow(self) -> None:
        """Follow new pictures and give them the scale of their file; leave those that went."""
        layers = image_layers(self._viewer)
        new = [x for x in layers if x not in self._followed]
        if adopt_file_scales(new):
            self._viewer.reset_view()
        for layer in new:
            self._tie(layer, "connect")
        for layer in [x for x in self._followed if x not in layers]:
            self._tie(layer, "disconnect")
        self._followed = layers

    def _tie(self, layer: Any, verb: str) -> None:
        for name in self.LAYER_EVENTS:
            getattr(getattr(layer.events, name), verb)(self._on_picture)

    def _on_picture(self, event: Any = None) -> None:
        self.picture_changed.emit()
