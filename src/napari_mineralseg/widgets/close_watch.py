"""Tells a dock widget when it is taken out of its window and when the window closes."""

from qtpy.QtCore import QEvent, QObject, QTimer, Signal
from qtpy.QtWidgets import QWidget


class CloseWatch(QObject):
    """Watches a widget and the window that it is put into.

    A window that the user closes may ask and stay; one that the program closes, goes.

    Parameters
    ----------
    widget : QWidget
    """

    about_to_close = Signal()
    taken_out = Signal()
    closed = Signal()

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self._window: QObject | None = None
        widget.installEventFilter(self)

    def stop(self) -> None:
        """Watch nothing any more."""
        self._widget.removeEventFilter(self)
        if self._window is not None:
            self._window.removeEventFilter(self)
            self._window = None

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Look at the events of both; none is held back."""
        if event is not None and watched is self._widget:
            if event.type() == QEvent.Type.ParentChange:
                self._on_moved()
        elif event is not None:
            self._on_window(event)
        return False

    def _on_moved(self) -> None:
        if self._widget.parent() is None:
            self.taken_out.emit()
        else:
            QTimer.singleShot(0, self._find_window)

    def _find_window(self) -> None:
        window = self._widget.window()
        if window is not None and window is not self._widget and window is not self._window:
            if self._window is not None:
                self._window.removeEventFilter(self)
            self._window = window
            window.installEventFilter(self)

    def _on_window(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.Close:
            self.about_to_close.emit()
            if not event.spontaneous():
                self.closed.emit()
        elif event.type() == QEvent.Type.DeferredDelete:
            self.closed.emit()
