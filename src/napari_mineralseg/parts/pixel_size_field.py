"""The pixel size: shown, typed, or taken from a bar drawn on the picture.

::

    [ 0.755    ] µm/px   [From bar…]
    +------------------------------------------------+
    | Draw a line along the scale bar: 662 px long.   |   (while a bar is being drawn)
    | It stands for [ 500 ] [µm]    [Use]  [Cancel]   |
    +------------------------------------------------+
"""

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QLineEdit, QPushButton, QVBoxLayout, QWidget

from napari_mineralseg.parts.choice_box import Choice, ChoiceBox
from napari_mineralseg.state.lengths import (
    UNITS_UM,
    format_pixel_size,
    parse_number,
    pixel_size_from_bar,
)


class PixelSizeField(QWidget):
    """Edits a pixel size in µm; empty means unknown."""

    size_changed = Signal(object)
    bar_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._size: float | None = None
        self.edit = QLineEdit()
        self.edit.setPlaceholderText("unknown")
        self.edit.setMaximumWidth(90)
        self.edit.setToolTip(
            "Edge of a pixel in µm. Empty means unknown: then the model takes the scale that it "
            "was made for, and areas stay in pixels."
        )
        self.from_bar = QPushButton("From bar…")
        self.from_bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.from_bar.setToolTip(
            "Draw a line along the scale bar in the picture and type its length in µm or mm."
        )
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.edit)
        row.addWidget(QLabel("µm/px"))
        row.addStretch()
        row.addWidget(self.from_bar)
        self.edit.editingFinished.connect(self._on_edited)
        self.from_bar.clicked.connect(self.bar_requested)

    def show_size(self, size_um: float | None) -> None:
        """Show a pixel size, without telling anyone."""
        self._size = size_um
        if not self.edit.hasFocus():
            self.edit.setText(format_pixel_size(size_um))

    def _on_edited(self) -> None:
        text = self.edit.text().strip()
        size = parse_number(text)
        self.edit.clearFocus()
        if (size is None and text) or text == format_pixel_size(self._size):
            self.edit.setText(format_pixel_size(self._size))
            return
        self._size = size
        self.edit.setText(format_pixel_size(size))
        self.size_changed.emit(size)


class ScaleBarForm(QFrame):
    """Asks for the length of the line that is being drawn along a scale bar."""

    size_found = Signal(float)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self._length_px = 0.0
        self._hint = QLabel()
        self._hint.setWordWrap(True)
        self.length = QLineEdit()
        self.length.setMaximumWidth(80)
        self.length.setPlaceholderText("length")
        self.length.setToolTip("What the scale bar stands for, as it is written beside it.")
        self.unit = ChoiceBox("Unit of the scale bar.")
        self.unit.show_choices([Choice(u, u) for u in UNITS_UM], "µm")
        self.unit.setMinimumWidth(64)
        self.use = QPushButton("Use")
        self.cancel = QPushButton("Cancel")
        self._lay_out()
        self.length.textChanged.connect(self._update)
        self.length.returnPressed.connect(self._on_use)
        self.unit.chosen.connect(self._update)
        self.use.clicked.connect(self._on_use)
        self.cancel.clicked.connect(self.dismissed)
        self.show_length(0.0)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.addWidget(self._hint)
        row = QHBoxLayout()
        for widget in (QLabel("It stands for"), self.length, self.unit):
            row.addWidget(widget)
        row.addStretch()
        row.addWidget(self.use)
        row.addWidget(self.cancel)
        column.addLayout(row)

    def show_length(self, length_px: float) -> None:
        """Show how long the line is, in pixels of the picture; 0 while there is none."""
        self._length_px = length_px
        self._update()

    @property
    def size_um(self) -> float | None:
        """Pixel size in µm that follows, if both the line and its length are there."""
        length = parse_number(self.length.text())
        unit = self.unit.key or "µm"
        return None if length is None else pixel_size_from_bar(length, unit, self._length_px)

    def _update(self) -> None:
        self.use.setEnabled(self.size_um is not None)
        hint = "Draw a line along the scale bar in the picture"
        if self._length_px > 0:
            hint += f": {self._length_px:.1f} px"
            if self.size_um is not None:
                hint += f", that is {format_pixel_size(self.size_um)} µm/px"
        self._hint.setText(f"{hint}.")

    def _on_use(self) -> None:
        size = self.size_um
        if size is not None:
            self.size_found.emit(size)
