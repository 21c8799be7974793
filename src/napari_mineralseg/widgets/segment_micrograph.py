"""The dock "Segment micrograph": from an open picture to corrected minerals and numbers."""

import time
from functools import partial
from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_warning
from qtpy.QtCore import QTimer
from qtpy.QtWidgets import QVBoxLayout, QWidget

from mineralseg_models.bundles.catalogue import list_bundles
from mineralseg_models.errors import MineralsegError
from napari_mineralseg.layers.field import FieldResult, fields_in, picture_of
from napari_mineralseg.layers.picture_watch import PictureWatch
from napari_mineralseg.layers.pictures import pictures_in
from napari_mineralseg.layers.results import add_layer, find_layer, labels_layer, labels_name
from napari_mineralseg.layers.scale import pixel_size_um, rescale
from napari_mineralseg.parts.picture_form import PictureForm
from napari_mineralseg.parts.run_bar import RunBar
from napari_mineralseg.state.segmentation import SegmentationState
from napari_mineralseg.tasks import Outcome
from napari_mineralseg.widgets.close_watch import CloseWatch
from napari_mineralseg.widgets.correction import Correction
from napari_mineralseg.widgets.exporter import Exporter
from napari_mineralseg.widgets.key_bindings import KeyBindings
from napari_mineralseg.widgets.scale_bar_drawing import ScaleBarDrawing
from napari_mineralseg.widgets.segmentation_run import SegmentationRun
from napari_mineralseg.widgets.session_desk import SessionDesk

if TYPE_CHECKING:
    from mineralseg_models.progress import Progress
    from napari_mineralseg.session_tasks import Reopened

WIDTH_PX = 385


class SegmentMicrograph(QWidget):
    """Segments a micrograph, shows the minerals, and leads through their correction.

    Parameters
    ----------
    napari_viewer : Viewer
        Given by napari.
    """

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__()
        self.viewer = napari_viewer
        self.state = SegmentationState()
        self._fields: list[FieldResult] = fields_in(napari_viewer)
        self.pictures = PictureWatch(napari_viewer)
        self._is_shut = False
        self._started = 0.0
        self._warned: set[str] = set()
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._create()
        self._lay_out()
        self._connect()
        self._list_bundles()
        self._on_layers_changed()
        self.run.warm_up()

    def _create(self) -> None:
        self.form = PictureForm()
        self.bar = RunBar()
        self.run = SegmentationRun(self.viewer, self)
        self.drawing = ScaleBarDrawing(self.viewer, self)
        self.sessions = SessionDesk(self)
        self.correction = Correction(self.viewer)
        self.exporter = Exporter(self)
        self.closing = CloseWatch(self)
        self.keys = KeyBindings(
            self.viewer, self.correction.flip, self.correction.step, self.correction.accept
        )

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.setSpacing(6)
        parts = (self.sessions.bar, self.form, self.drawing.form, self.bar, self.correction)
        for part in parts:
            column.addWidget(part)
        column.addStretch()
        self.setMinimumWidth(WIDTH_PX)

    def _connect(self) -> None:
        self.state.changed.connect(self._show)
        self.form.plane_chosen.connect(self.state.choose_plane)
        self.form.crossed_chosen.connect(self.state.choose_crossed)
        self.form.bundle_chosen.connect(self.state.choose_bundle)
        self.form.bundles_wanted.connect(self._list_bundles)
        self.form.size_changed.connect(self._on_size_changed)
        self.form.bar_requested.connect(self._on_bar_requested)
        self.drawing.size_found.connect(self._on_size_changed)
        self.bar.run_requested.connect(self.start)
        self.bar.cancel_requested.connect(self.run.cancel)
        self.run.progressed.connect(self._on_progress)
        self.run.warned.connect(self._warn)
        self.run.finished.connect(self._on_finished)
        self.run.stopped.connect(self._on_stopped)
        self.run.ended.connect(self._on_ended)
        self.sessions.reopened.connect(self._on_reopened)
        self.correction.export_requested.connect(self._on_export_requested)
        for source in (self.correction.said, self.exporter.said):
            source.connect(self._say)
        self.pictures.layers_changed.connect(self._on_layers_changed)
        self.pictures.picture_changed.connect(self._read_pictures)
        self.viewer.layers.selection.events.active.connect(self._on_active)
        self.closing.about_to_close.connect(self._flush)
        self.closing.closed.connect(self._on_viewer_closed)
        self.closing.taken_out.connect(self.shut)

    # -- pictures and choices ---------------------------------------------------------------

    def _list_bundles(self) -> None:
        self.state.set_listings(list_bundles())

    def _on_active(self, event: Any = None) -> None:
        """Follow what the user selects; a layer that was just added selects itself."""
        if not self._settling.isActive():
            self.state.follow(picture_of(self.viewer.layers.selection.active))

    def _on_layers_changed(self) -> None:
        self._settling.start()
        self.run.on_layer_removed()
        self.drawing.on_layer_removed()
        for field in [f for f in self._fields if not f.is_present(self.viewer)]:
            self._drop(field)
            # whoever removes layers may be in the middle of it
            QTimer.singleShot(0, partial(field.withdraw, self.viewer))
        self._read_pictures()

    def _read_pictures(self) -> None:
        active = self.viewer.layers.selection.active
        self.state.set_pictures(pictures_in(self.viewer), active.name if active else None)

    @property
    def plane(self) -> Any:
        """Layer of the picture that is chosen; None without one."""
        return self.state.plane and find_layer(self.viewer, self.state.plane.name)

    def _show(self) -> None:
        """Show the state in all parts."""
        self.form.show_state(self.state)
        if not self.state.busy:
            self.bar.show_idle(self.state.obstacle)
        plane = self.plane
        fields = self._fields if plane is None else self._on_plane(plane)
        field = fields[-1] if fields else None
        if field is not self.correction.field:
            self.correction.show_field(field)
        if field is None and self.state.bundle is not None:
            self.correction.show_classes(self.state.bundle.card.segmentation.taxonomy)
        is_sound = self.state.plane is not None and not self.state.plane.fault
        wanted = is_sound and field is None and not self.state.busy
        self.sessions.look_for(plane if wanted else None)

    def _on_size_changed(self, size_um: float | None) -> None:
        plane = self.plane
        if plane is None:
            return
        crossed = [find_layer(self.viewer, name) for name in self.state.crossed]
        rescale(plane, crossed, size_um)
        for field in self._fields:
            if field.is_on(plane):
                field.set_pixel_size(size_um)
        self.viewer.reset_view()
        self._read_pictures()
        self.correction.count()

    def _on_bar_requested(self) -> None:
        if self.plane is not None:
            self.drawing.start(self.plane)

    # -- running ----------------------------------------------------------------------------

    def start(self) -> None:
        """Run the chosen model on the chosen picture, if nothing stands against it."""
        bundle, plane = self.state.bundle, self.plane
        if self.state.obstacle or bundle is None or plane is None:
            self.bar.show_idle(self.state.obstacle)
            return
        crossed = [find_layer(self.viewer, name) for name in self.state.crossed]
        try:
            self.run.start(plane, crossed, bundle)
        except MineralsegError as error:
            self._say(str(error), True)
            return
        self._started, self._warned = time.monotonic(), set()
        for field in self._on_plane(plane):
            field.labels.visible = False
        self.bar.show_running(note="Starting")
        self.state.set_busy(True)

    def _on_plane(self, plane: Any) -> list[FieldResult]:
        return [f for f in self._fields if f.is_on(plane)]

    def _on_progress(self, progress: "Progress") -> None:
        self.bar.show_running(progress.done, progress.total, progress.note.capitalize())

    def _warn(self, sentence: str) -> None:
        if sentence not in self._warned:
            self._warned.add(sentence)
            show_warning(sentence)

    def _on_finished(self, plane: Any, crossed: Any, labels: Any, outcome: Outcome) -> None:
        for field in self._on_plane(plane):
            if not field.keeper.is_touched:
                self._drop(field)
                field.withdraw(self.viewer)
        labels.name = labels_name(plane)
        field = FieldResult(plane, crossed, labels, outcome)
        self._take(field)
        for warning in outcome.warnings:
            self._warn(warning)
        self.sessions.begin(field)
        seconds = time.monotonic() - self._started
        self._say(f"Done in {seconds:.1f} s with {outcome.bundle_name}.", False)

    def _take(self, field: FieldResult) -> None:
        """Show a new result."""
        self._fields.append(field)
        field.show_uncertainty(self.viewer, f"{field.plane.name} uncertainty")
        self.viewer.layers.selection.active = field.labels
        self.correction.show_field(field)
        self.sessions.look_for(None)

    def _drop(self, field: FieldResult) -> None:
        """Forget a result whose layers are gone or go."""
        self._fields.remove(field)
        if field is self.correction.field:
            self.correction.show_field(None)
        field.let_go()

    def _on_stopped(self, reason: str, alarming: bool) -> None:
        for field in self._on_plane(self.plane):
            field.labels.visible = True
        self._say(reason, alarming)

    def _on_ended(self) -> None:
        self.state.set_busy(False)

    def _say(self, sentence: str, alarming: bool) -> None:
        self.bar.show_message(sentence, alarming=alarming)

    # -- sessions and export ----------------------------------------------------------------

    def _on_reopened(self, plane: Any, found: "Reopened") -> None:
        if find_layer(self.viewer, plane.name) is None or self._on_plane(plane):
            return
        taxonomy = found.outcome.taxonomy
        data = labels_layer(found.labels, taxonomy, pixel_size_um(plane), labels_name(plane))
        crossed = [find_layer(self.viewer, n) for n in self.state.crossed]
        field = FieldResult(plane, crossed, add_layer(self.viewer, data), found.outcome)
        field.lay_crossed()
        field.keeper.save_into(found.session)
        self._take(field)
        self._say(f"Resumed: {field.keeper.corrected_px} px corrected so far.", False)

    def _on_export_requested(self) -> None:
        field = self.correction.field
        if field is not None:
            self.exporter.ask(field)

    # -- closing ----------------------------------------------------------------------------

    def _flush(self) -> None:
        for field in self._fields:
            field.keeper.flush()

    def _on_viewer_closed(self) -> None:
        self.shut(with_viewer=True)

    def shut(self, *, with_viewer: bool = False) -> None:
        """Stop every thread and let go of the viewer; edits are saved first.

        Parameters
        ----------
        with_viewer : bool
            The viewer closes too. Otherwise the layers stay and go on being saved.
        """
        if self._is_shut:
            return
        self._is_shut = True
        self.closing.stop()
        self.run.shut()
        self.sessions.shut()
        self.exporter.shut()
        self.drawing.stop()
        self.correction.show_field(None)
        for field in self._fields:
            field.let_go() if with_viewer else field.keeper.flush()
        self.pictures.stop()
        self.viewer.layers.selection.events.active.disconnect(self._on_active)
        self.keys.release()
        self._fields = []
