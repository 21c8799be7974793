"""Take the pixel size from a line that the user draws along the scale bar in the picture."""

from typing import Any

from qtpy.QtCore import QObject, Signal

from napari_mineralseg.layers.results import is_present, remove
from napari_mineralseg.layers.scale_line import add_scale_line, line_length_px
from napari_mineralseg.parts.pixel_size_field import ScaleBarForm


class ScaleBarDrawing(QObject):
    """Owns the line's layer and the form that asks for its length."""

    size_found = Signal(float)

    def __init__(self, viewer: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._line: Any = None
        self._before: Any = None
        self.form = ScaleBarForm()
        self.form.hide()
        self.form.size_found.connect(self._on_found)
        self.form.dismissed.connect(self.stop)

    def start(self, plane: Any) -> None:
        """Let the user draw over a picture."""
        self.stop()
        self._before = self._viewer.layers.selection.active
        self._line = add_scale_line(self._viewer, plane)
        self._line.events.data.connect(self._on_drawn)
        self.form.show_length(0.0)
        self.form.show()

    def stop(self) -> None:
        """Take the line away."""
        self.form.hide()
        line, self._line = self._line, None
        if line is None:
            return
        line.events.data.disconnect(self._on_drawn)
        remove(self._viewer, line)
        if is_present(self._viewer, self._before):
            self._viewer.layers.selection.active = self._before

    def on_layer_removed(self) -> None:
        """Stop if the user took the line's layer away."""
        if self._line is not None and not is_present(self._viewer, self._line):
            self.stop()

    def _on_drawn(self, event: Any = None) -> None:
        if self._line is not None:
            self.form.show_length(line_length_px(self._line))

    def _on_found(self, size_um: float) -> None:
        self.stop()
        self.size_found.emit(size_um)
