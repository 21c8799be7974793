"""The lower half of the dock: classes and numbers of a result, review, saving and export."""

from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QTimer, Signal
from qtpy.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from mineralseg_models.errors import BadInput
from napari_mineralseg.layers.light import flip_light
from napari_mineralseg.layers.results import hide_classes
from napari_mineralseg.layers.tools import paint_with
from napari_mineralseg.layers.view import look_at, mark_region
from napari_mineralseg.parts.class_table import ClassTable
from napari_mineralseg.parts.review_bar import ReviewBar
from napari_mineralseg.parts.run_bar import ALARMING
from napari_mineralseg.parts.share_bar import ShareBar
from napari_mineralseg.state.class_rows import (
    ClassFigures,
    class_figures,
    plain_rows,
    tab_separated,
)
from napari_mineralseg.tasks import is_large, measure_classes, measure_in_background
from napari_mineralseg.workers import Run, run_task

if TYPE_CHECKING:
    from mineralseg_models.measure.modal import ModalTable
    from mineralseg_models.taxonomy import Taxonomy
    from napari_mineralseg.layers.field import FieldResult

COUNT_AFTER_MS = 120
POLL_MS = 400
KEYS = "Keys: Q plane/crossed · N, Shift+N uncertain regions · G looks right · Ctrl+Z undo"


class Correction(QWidget):
    """Shows one result and leads through its correction."""

    export_requested = Signal()
    said = Signal(str, bool)
    """A sentence for the message line, and whether it is alarming."""

    def __init__(self, viewer: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._field: FieldResult | None = None
        self.table: ModalTable | None = None
        self._counting: Run[Any] | None = None
        self._stale = False
        self.classes = ClassTable()
        self.shares = ShareBar()
        self.summary = QLabel()
        self.review = ReviewBar()
        self.export = QPushButton("Export…")
        self.export.setToolTip(
            "Write labels (PNG), modal table (CSV), overlay (PNG), uncertainty (TIFF) and "
            "provenance (JSON) into a folder."
        )
        self.copy = QPushButton("Copy table")
        self.copy.setToolTip("Copy the class table, to be pasted into a spreadsheet.")
        self.saved = QLabel()
        self.keys = QLabel(KEYS)
        self._count_timer = self._timer(COUNT_AFTER_MS, self.count, once=True)
        self._poll_timer = self._timer(POLL_MS, self._show_saved, once=False)
        self._lay_out()
        self._connect()
        self.show_field(None)

    def _timer(self, interval_ms: int, slot: Any, *, once: bool) -> QTimer:
        timer = QTimer(self)
        timer.setInterval(interval_ms)
        timer.setSingleShot(once)
        timer.timeout.connect(slot)
        return timer

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(5)
        for widget in (self.classes, self.shares, self.summary, self.review):
            column.addWidget(widget)
        row = QHBoxLayout()
        row.addWidget(self.export)
        row.addWidget(self.copy)
        column.addLayout(row)
        for label in (self.saved, self.keys):
            label.setWordWrap(True)
            column.addWidget(label)
        self.keys.setStyleSheet("font-size: 10px;")

    def _connect(self) -> None:
        self.classes.class_chosen.connect(self._on_class_chosen)
        self.classes.hidden_changed.connect(self._on_hidden)
        self.review.flip_requested.connect(self.flip)
        self.review.step_requested.connect(self.step)
        self.review.accept_requested.connect(self.accept)
        self.export.clicked.connect(self.export_requested)
        self.copy.clicked.connect(self.copy_table)

    # -- which result -----------------------------------------------------------------------

    @property
    def field(self) -> "FieldResult | None":
        """The result that is shown."""
        return self._field

    def show_field(self, field: "FieldResult | None") -> None:
        """Show a result; None shows an empty panel."""
        self._leave()
        self._field = field
        self.setEnabled(field is not None)
        if field is None:
            self.table = None
            self.classes.show_figures(ClassFigures(()), ())
            self.shares.show_shares(())
            self._show_text(self.summary, "")
            self._show_text(self.saved, "")
        else:
            self.classes.show_figures(plain_rows(field.outcome.taxonomy), field.hidden)
            field.keeper.edited.connect(self._on_edited)
            field.labels.events.selected_label.connect(self._on_label_selected)
            self._on_label_selected()
            self.count()
            self._poll_timer.start()
        self._show_place()

    def show_classes(self, taxonomy: "Taxonomy") -> None:
        """Show the classes of a model that has not run yet."""
        if self._field is None:
            self.classes.show_figures(plain_rows(taxonomy), ())

    def _leave(self) -> None:
        self._poll_timer.stop()
        self._count_timer.stop()
        if self._counting is not None:
            self._counting.abandon()
            self._counting = None
        if self._field is not None:
            self._field.keeper.edited.disconnect(self._on_edited)
            self._field.labels.events.selected_label.disconnect(self._on_label_selected)

    # -- classes and numbers ----------------------------------------------------------------

    def count(self) -> None:
        """Measure the classes as they are now; large pictures in the background."""
        field = self._field
        self._stale = self._counting is not None
        if field is None or self._stale:
            return
        keeper, outcome = field.keeper, field.outcome
        if is_large(keeper.labels):
            self._counting = run_task(
                measure_in_background(keeper.labels, outcome, keeper.exact()),
                title="",
                on_done=self._show_table,
                on_end=self._on_counted,
            )
            return
        try:
            self._show_table(measure_classes(keeper.labels, outcome, keeper.exact()))
        except BadInput as error:
            self.said.emit(str(error), True)

    def _show_table(self, table: "ModalTable") -> None:
        if self._field is None:
            return
        self.table = table
        figures = class_figures(table, self._field.outcome.taxonomy)
        self.classes.show_figures(figures, self._field.hidden)
        self.shares.show_shares([(row.colour, float(row.pixels)) for row in figures.rows])
        self._show_text(self.summary, figures.summary)
        self.summary.setToolTip(figures.note)

    @staticmethod
    def _show_text(label: QLabel, text: str) -> None:
        label.setText(text)
        label.setVisible(bool(text))

    def _on_counted(self) -> None:
        self._counting = None
        if self._stale:
            self.count()

    def _on_edited(self) -> None:
        if not self._count_timer.isActive():
            self._count_timer.start()

    def _on_class_chosen(self, class_id: int) -> None:
        if self._field is not None:
            paint_with(self._viewer, self._field.labels, class_id)

    def _on_label_selected(self, event: Any = None) -> None:
        if self._field is not None:
            self.classes.select_class(self._field.labels.selected_label)

    def _on_hidden(self, hidden: list[int]) -> None:
        if self._field is not None:
            self._field.hidden = set(hidden)
            hide_classes(self._field.labels, self._field.outcome.taxonomy, hidden)

    def copy_table(self) -> None:
        """Put the table on the clipboard, columns separated by tabs."""
        clipboard = QApplication.clipboard()
        if self.table is not None and clipboard is not None:
            clipboard.setText(tab_separated(self.table.csv_text()))
            self.said.emit("The class table is on the clipboard.", False)

    # -- review -----------------------------------------------------------------------------

    def flip(self) -> None:
        """Show the other picture of the field under the labels."""
        if self._field is None:
            return
        if not self._field.crossed:
            self.said.emit("This result has no crossed picture to flip to.", False)
            return
        self.said.emit(f"Shown: {flip_light(self._field.plane, self._field.crossed)}.", False)

    def step(self, by: int) -> None:
        """Go to the next (1) or previous (-1) uncertain region."""
        field = self._field
        region = field.review.step(by) if field is not None else None
        if field is not None and region is not None:
            look_at(self._viewer, field.labels, region.bounds)
            field.box = mark_region(self._viewer, field.box, region.bounds, field.labels)
        self._show_place()

    def accept(self) -> None:
        """Mark what is in the box as reviewed and go on."""
        field = self._field
        region = field.review.accept() if field is not None else None
        if field is None or region is None:
            return
        field.keeper.accept(region.slices)
        if field.review.is_done and field.box is not None:
            field.box.visible = False
        self.step(1)

    def _show_place(self) -> None:
        review = self._field.review if self._field else None
        self.review.show_place(
            review.describe() if review else "",
            can_step=review is not None and not review.is_done,
            can_accept=review is not None and review.current is not None and not review.is_done,
        )

    # -- saving -----------------------------------------------------------------------------

    def _show_saved(self) -> None:
        if self._field is None:
            return
        keeper = self._field.keeper
        alarming = bool(keeper.trouble)
        self.saved.setStyleSheet(ALARMING if alarming else "")
        self._show_text(self.saved, keeper.trouble or _saved_line(keeper))
        if keeper.session is not None:
            self.saved.setToolTip(f"Every edit goes to {keeper.session.folder} within two seconds.")


def _saved_line(keeper: Any) -> str:
    if keeper.session is None:
        return ""
    pixels = f"{keeper.corrected_px:,}".replace(",", " ")
    if keeper.pending or keeper.saved_at is None:
        return f"Saving… · {pixels} px corrected"
    return f"Saved {keeper.saved_at:%H:%M:%S} · {pixels} px corrected"
