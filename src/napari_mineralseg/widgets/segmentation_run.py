"""One run of a model on a picture: from the click to the layers."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QObject, QTimer, Signal

from napari_mineralseg.layers.light import lay_on_plane, lie_below
from napari_mineralseg.layers.pictures import to_micrograph
from napari_mineralseg.layers.results import (
    add_empty_labels,
    finish_labels,
    is_present,
    redraw,
    remove,
    write_tile,
)
from napari_mineralseg.layers.scale import agree_on_scale
from napari_mineralseg.layers.view import region_in_view
from napari_mineralseg.tasks import Aligned, Outcome, RunnerShelf, segment, warm_up
from napari_mineralseg.workers import Run, run_task

if TYPE_CHECKING:
    from mineralseg_models.bundles.bundle import Bundle
    from mineralseg_models.errors import MineralsegError
    from mineralseg_models.progress import Progress

REDRAW_MS = 120
TITLE = "Segmenting"


class SegmentationRun(QObject):
    """Runs a model in a thread and shows its labels as they come.

    While it works, its label layer cannot be edited; if it is cancelled or fails, the layer goes.
    """

    progressed = Signal(object)
    warned = Signal(str)
    finished = Signal(object, object, object, object)
    """Plane layer, crossed layers, label layer, :class:`~napari_mineralseg.tasks.Outcome`."""
    stopped = Signal(str, bool)
    """Why it came to nothing, one sentence, and whether that is alarming."""
    ended = Signal()
    """The thread is free again."""

    def __init__(self, viewer: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._viewer = viewer
        self._shelf = RunnerShelf()
        self._run: Run[Outcome] | None = None
        self._warming: Run[None] | None = None
        self._plane: Any = None
        self._crossed: tuple[Any, ...] = ()
        self._labels: Any = None
        self._bundle: Bundle | None = None
        self._redraw = QTimer(self)
        self._redraw.setSingleShot(True)
        self._redraw.setInterval(REDRAW_MS)
        self._redraw.timeout.connect(self._on_redraw)

    @property
    def is_busy(self) -> bool:
        """Whether a thread is at work, be it winding down."""
        return self._run is not None

    def warm_up(self) -> None:
        """Load what every run needs, so that the first one starts sooner."""
        self._warming = run_task(warm_up(), title="")

    def start(self, plane: Any, crossed: Sequence[Any], bundle: "Bundle") -> None:
        """Begin; nothing happens while another run is at work.

        Raises
        ------
        BadInput
            A picture is none.
        """
        if self.is_busy:
            return
        pictures = [to_micrograph(layer) for layer in (plane, *crossed)]
        self._plane, self._crossed, self._bundle = plane, tuple(crossed), bundle
        self._labels = None
        agree_on_scale(plane, crossed)
        task = segment(pictures[0], pictures[1:], bundle, self._shelf, first=region_in_view(plane))
        self._run = run_task(
            task,
            title=f"{TITLE} {plane.name}",
            on_progress=self._on_progress,
            on_done=self._on_done,
            on_error=self._on_error,
            on_cancelled=self._on_cancelled,
            on_end=self._on_end,
        )

    def cancel(self) -> None:
        """Stop; what is half-done is removed at once."""
        if self._run is not None:
            self._run.cancel()

    def on_layer_removed(self) -> None:
        """Stop if a picture or the labels of the run were removed from the viewer."""
        if self._run is None or self._run.cancelled:
            return
        gone = [x for x in (self._plane, *self._crossed, self._labels) if x is not None]
        gone = [x for x in gone if not is_present(self._viewer, x)]
        if gone:
            name = gone[0].name
            self.cancel()
            self.stopped.emit(f"Cancelled, because the layer '{name}' was removed.", True)

    def shut(self) -> None:
        """Stop for good: the dock or the viewer is closing."""
        if self._warming is not None:
            self._warming.abandon()
        if self._run is not None:
            self._run.abandon(wait_s=5)
            self._run = None

    def _on_progress(self, progress: "Progress") -> None:
        from mineralseg_models.segmentation.predict import TileDone  # the thread has loaded it

        if isinstance(progress, TileDone):
            if self._labels is None:
                self._add_labels()
            write_tile(self._labels, progress.region, progress.labels)
            if not self._redraw.isActive():
                self._redraw.start()
        elif isinstance(progress, Aligned):
            for layer, registration in zip(self._crossed, progress.registrations, strict=True):
                lay_on_plane(layer, self._plane, registration)
            lie_below(self._viewer, self._plane, self._crossed)
            for warning in progress.warnings:
                self.warned.emit(warning)
        self.progressed.emit(progress)

    def _add_labels(self) -> None:
        if self._bundle is not None:
            taxonomy = self._bundle.card.segmentation.taxonomy
            self._labels = add_empty_labels(self._viewer, self._plane, taxonomy)

    def _on_redraw(self) -> None:
        if is_present(self._viewer, self._labels):
            redraw(self._labels)

    def _on_done(self, outcome: Outcome) -> None:
        self._redraw.stop()
        if self._labels is None:
            self._add_labels()
        labels, self._labels = self._labels, None
        finish_labels(labels, outcome.predicted)
        self.finished.emit(self._plane, self._crossed, labels, outcome)

    def _on_error(self, error: "MineralsegError") -> None:
        self._clear()
        self.stopped.emit(str(error), True)

    def _on_cancelled(self) -> None:
        self._clear()
        self.stopped.emit("Cancelled; nothing of the run was kept.", False)

    def _clear(self) -> None:
        self._redraw.stop()
        labels, self._labels = self._labels, None
        remove(self._viewer, labels)

    def _on_end(self) -> None:
        self._run = None
        self.ended.emit()
