"""Edits of a label layer, however they are made: brush, fill, polygon, undo, redo or code."""

from typing import Any

from psygnal import Signal

Slices = tuple[slice, slice]


class EditWatch:
    """Tells that a label layer may have changed, and where.

    napari's ``paint`` comes at the end of a stroke and never for undo; ``labels_update`` comes with
    every dab of the brush and ``set_data`` with every redraw, undo among them. Whether anything
    changed is for the listener to find out: comparing is cheap, missing an edit is not.

    Parameters
    ----------
    layer : Labels
    """

    changed = Signal(object)
    """Gets the part that may have changed as two slices, or None for the whole."""

    WHOLE = ("paint", "set_data", "data")

    def __init__(self, layer: Any) -> None:
        self._layer: Any = layer
        layer.events.labels_update.connect(self._on_dab)
        for name in self.WHOLE:
            getattr(layer.events, name).connect(self._on_redraw)

    def stop(self) -> None:
        """Let go of the layer."""
        if self._layer is not None:
            self._layer.events.labels_update.disconnect(self._on_dab)
            for name in self.WHOLE:
                getattr(self._layer.events, name).disconnect(self._on_redraw)
            self._layer = None

    def _on_dab(self, event: Any) -> None:
        (y, x), (rows, columns) = event.offset, event.data.shape[:2]
        self.changed.emit((slice(y, y + rows), slice(x, x + columns)))

    def _on_redraw(self, event: Any = None) -> None:
        self.changed.emit(None)
