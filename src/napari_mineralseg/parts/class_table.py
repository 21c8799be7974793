"""The classes of a label map: visibility, colour, name and numbers.

::

    |  [x] |  #  quartz     | 41.3 | 36 – 49 | 0.310 |
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtGui import QColor, QIcon, QKeyEvent, QPainter, QPixmap
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem, QWidget

from napari_mineralseg.state.class_rows import ClassFigures, ClassRow

SHOWN, NAME, PERCENT, INTERVAL, AREA = range(5)
ROW_HEIGHT = 23
MAX_ROWS = 9
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
CHECKED, UNCHECKED = Qt.CheckState.Checked, Qt.CheckState.Unchecked


@dataclass(frozen=True)
class _Cells:
    """The cells of one row."""

    class_id: int
    shown: QTableWidgetItem
    texts: tuple[QTableWidgetItem, ...]


class ClassTable(QTableWidget):
    """Shows the classes; a click on a row chooses it, a check box shows or hides it."""

    class_chosen = Signal(int)
    hidden_changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(0, 5, parent)
        self._cells: list[_Cells] = []
        self._titles = [QTableWidgetItem() for _ in range(5)]
        self._header = QHeaderView(Qt.Orientation.Horizontal, self)
        self.setHorizontalHeader(self._header)
        rows = QHeaderView(Qt.Orientation.Vertical, self)
        rows.setDefaultSectionSize(ROW_HEIGHT)
        self.setVerticalHeader(rows)
        rows.hide()
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._set_up_header()
        self.itemChanged.connect(self._on_item_changed)
        self.currentCellChanged.connect(self._on_row_changed)
        self.cellClicked.connect(self._on_clicked)

    def _set_up_header(self) -> None:
        for column, title in enumerate(self._titles):
            self.setHorizontalHeaderItem(column, title)
            if column > NAME:
                title.setTextAlignment(RIGHT)
        self._titles[NAME].setTextAlignment(Qt.AlignmentFlag.AlignLeft)
        self._header.setHighlightSections(False)
        self._header.setMinimumSectionSize(20)
        self._header.setFixedHeight(ROW_HEIGHT)
        self._header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        self._header.setSectionResizeMode(SHOWN, QHeaderView.ResizeMode.Fixed)
        self._header.setSectionResizeMode(NAME, QHeaderView.ResizeMode.Stretch)
        self.setColumnWidth(SHOWN, 26)

    def show_figures(self, figures: ClassFigures, hidden: Collection[int]) -> None:
        """Show classes and numbers; ids in ``hidden`` are unchecked. Nobody is told."""
        with QSignalBlocker(self):
            if [r.id for r in figures.rows] != [c.class_id for c in self._cells]:
                self._fill(figures.rows)
            self._show_titles(figures)
            for cells, row in zip(self._cells, figures.rows, strict=True):
                _show_row(cells, row, shown=row.id not in hidden)
        rows = min(max(len(figures.rows), 1), MAX_ROWS)
        self.setFixedHeight((rows + 1) * ROW_HEIGHT + 2 * self.frameWidth() + 2)

    @property
    def hidden_ids(self) -> list[int]:
        """Classes whose box is not checked."""
        return [c.class_id for c in self._cells if c.shown.checkState() != CHECKED]

    @property
    def chosen_id(self) -> int | None:
        """Class of the selected row."""
        row = self.currentRow()
        return self._cells[row].class_id if 0 <= row < len(self._cells) else None

    def select_class(self, class_id: int) -> None:
        """Select the row of a class, without telling anyone."""
        ids = [c.class_id for c in self._cells]
        with QSignalBlocker(self):
            if class_id in ids:
                self.setCurrentCell(ids.index(class_id), NAME)
            else:
                self.clearSelection()
                self.setCurrentCell(-1, -1)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Keep the arrows and the space bar; letters are keys of the viewer."""
        own = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Space)
        if event is not None and event.key() in own:
            super().keyPressEvent(event)
        elif event is not None:
            event.ignore()

    def _fill(self, rows: Sequence[ClassRow]) -> None:
        self.setRowCount(len(rows))
        self._cells = []
        for i, row in enumerate(rows):
            box = QTableWidgetItem()
            box.setFlags(Qt.ItemFlag.ItemIsUserCheckable | Qt.ItemFlag.ItemIsEnabled)
            box.setToolTip(f"Show {row.name} on the picture.")
            texts = (QTableWidgetItem(_swatch(row.colour), ""), *map(_number, range(3)))
            for column, item in enumerate((box, *texts)):
                self.setItem(i, column, item)
            self._cells.append(_Cells(row.id, box, texts))

    def _show_titles(self, figures: ClassFigures) -> None:
        titles = ("", "Class", "%", "95 %", figures.area_unit)
        tips = (
            "Which classes are shown on the picture.",
            "Click a class to paint with it.",
            "Share of the field, percent of its pixels as mapped.",
            figures.note or "95 % interval of the share, percent.",
            f"Mapped area in {figures.area_unit}.",
        )
        for item, title, tip in zip(self._titles, titles, tips, strict=True):
            item.setText(title)
            item.setToolTip(tip)

    def _on_item_changed(self, item: QTableWidgetItem | None) -> None:
        if item is not None and item.column() == SHOWN:
            self.hidden_changed.emit(self.hidden_ids)

    def _on_row_changed(self, row: int, column: int, *_: int) -> None:
        if column != SHOWN and self.chosen_id is not None:
            self.class_chosen.emit(self.chosen_id)

    def _on_clicked(self, row: int, column: int) -> None:
        if column != SHOWN:
            self.class_chosen.emit(self._cells[row].class_id)


def _show_row(cells: _Cells, row: ClassRow, *, shown: bool) -> None:
    cells.shown.setCheckState(CHECKED if shown else UNCHECKED)
    texts = (row.name, row.percent, row.interval, row.area)
    for item, text in zip(cells.texts, texts, strict=True):
        item.setText(text)
        item.setToolTip(row.tooltip)


def _number(_: int) -> QTableWidgetItem:
    item = QTableWidgetItem()
    item.setTextAlignment(RIGHT)
    return item


def _swatch(colour: str) -> QIcon:
    pixmap = QPixmap(14, 14)
    pixmap.fill(QColor(colour))
    painter = QPainter(pixmap)
    painter.setPen(QColor(0, 0, 0, 140))
    painter.drawRect(0, 0, 13, 13)
    painter.end()
    icon = QIcon()
    for mode in (QIcon.Mode.Normal, QIcon.Mode.Selected, QIcon.Mode.Disabled):
        icon.addPixmap(pixmap, mode)
    return icon
