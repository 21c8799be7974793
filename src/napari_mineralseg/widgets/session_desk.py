"""Correction sessions of the dock: looked for, begun, resumed."""

from typing import TYPE_CHECKING, Any

from napari.utils.notifications import show_warning
from qtpy.QtCore import QObject, Signal

from napari_mineralseg.layers.pictures import to_micrograph
from napari_mineralseg.parts.session_bar import SessionOffer
from napari_mineralseg.session_tasks import (
    Begun,
    Earlier,
    Reopened,
    begin_session,
    find_earlier,
    reopen,
)
from napari_mineralseg.workers import Run, run_task

if TYPE_CHECKING:
    from napari_mineralseg.layers.field import FieldResult


class SessionDesk(QObject):
    """Keeps the offer bar and the sessions of the results."""

    reopened = Signal(object, object)
    """Plane layer and :class:`~napari_mineralseg.session_tasks.Reopened`."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.bar = SessionOffer()
        self._plane: Any = None
        self._earlier: Earlier | None = None
        self._looking: Run[Any] | None = None
        self._working: list[Run[Any]] = []
        self._is_on = True
        self.bar.resume_requested.connect(self.resume)
        self.bar.anew_requested.connect(self.dismiss)

    def switch_off(self) -> None:
        """Offer and begin no sessions from now on."""
        self.look_for(None)
        self._is_on = False

    def look_for(self, plane: Any) -> None:
        """Look for an earlier session of a picture; None withdraws the offer."""
        if plane is not None and self._plane is not None and bool(plane == self._plane):
            return
        self._stop_looking()
        self._plane = plane
        self.dismiss()
        if plane is not None and self._is_on:
            self._looking = run_task(
                find_earlier(to_micrograph(plane)), title="", on_done=self._on_found
            )

    def dismiss(self) -> None:
        """Withdraw the offer; the session stays where it is."""
        self._earlier = None
        self.bar.offer("")

    def resume(self) -> None:
        """Open the session that is offered."""
        earlier, plane = self._earlier, self._plane
        if earlier is None or plane is None:
            return
        self.dismiss()
        self._start(
            reopen(earlier.folder, to_micrograph(plane)),
            f"Opening the correction of {plane.name}",
            lambda found: self._on_reopened(plane, found),
        )

    def begin(self, field: "FieldResult") -> None:
        """Begin the session of a new result; its edits are saved from then on."""
        self.dismiss()
        if not self._is_on:
            return
        self._start(
            begin_session(field.outcome, to_micrograph(field.plane)),
            "",
            lambda begun: self._on_begun(field, begun),
            lambda error: self._on_not_begun(field, str(error)),
        )

    def shut(self) -> None:
        """Stop for good."""
        self._stop_looking()
        for run in self._working:
            run.abandon(wait_s=5)
        self._working.clear()

    def _start(self, task: Any, title: str, on_done: Any, on_error: Any = None) -> None:
        self._working = [r for r in self._working if r.running]
        self._working.append(run_task(task, title=title, on_done=on_done, on_error=on_error))

    def _stop_looking(self) -> None:
        if self._looking is not None:
            self._looking.abandon()
            self._looking = None

    def _on_found(self, earlier: Earlier | None) -> None:
        self._earlier = earlier
        self.bar.offer(earlier.text if earlier else "")

    def _on_begun(self, field: "FieldResult", begun: Begun) -> None:
        field.keeper.save_into(begun.session)
        for note in begun.notes:
            show_warning(note)

    def _on_not_begun(self, field: "FieldResult", reason: str) -> None:
        field.keeper.trouble = f"Corrections are not saved: {reason}"

    def _on_reopened(self, plane: Any, found: Reopened) -> None:
        for note in found.session.notes:
            show_warning(note)
        self.reopened.emit(plane, found)
