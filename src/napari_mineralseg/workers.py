"""Run a task in a thread: progress, cancelling and errors, once for the whole plugin.

A task is a generator of :class:`~mineralseg_models.progress.Progress`. It runs in its own thread;
all callbacks come in the main thread. Cancelling closes the generator at its next step, so that its
``finally`` blocks clean up. An error is shown as one sentence, its traceback goes to the log.
"""

import logging
import os
import threading
from collections.abc import Callable, Generator
from contextlib import suppress
from typing import Any, Generic, TypeVar

from napari.utils import cancelable_progress
from napari.utils.notifications import show_error
from qtpy.QtCore import QObject, QTimer, Signal

from mineralseg_models.errors import MineralsegError, TaskFailed
from mineralseg_models.progress import Progress

T = TypeVar("T")
DRAW_MS = 100
logger = logging.getLogger("napari_mineralseg")


class _Signals(QObject):
    """Carries what happens in the thread over to the main thread."""

    yielded = Signal(object)
    returned = Signal(object)
    errored = Signal(object)
    finished = Signal()


class TaskThread(threading.Thread):
    """Drives a task; closes its generator at the end and hands on every error.

    napari's generator worker is not used: it swallows a RuntimeError of the generator (torch's
    "out of memory" is one), so that neither ``errored`` nor ``finished`` comes and the widget waits
    for ever, and it replaces the warning filters of the whole process while it runs.
    """

    def __init__(self, task: Generator[Progress, None, Any]) -> None:
        super().__init__(name="mineralseg-task", daemon=True)
        self._task = task
        self._cancelled = threading.Event()
        self.signals = _Signals()

    def cancel(self) -> None:
        """Stop at the next step."""
        self._cancelled.set()

    def run(self) -> None:
        """Step through the task until it returns, fails or is cancelled."""
        try:
            result = self._work()
            if not self._cancelled.is_set():
                self._emit("returned", result)
        except MineralsegError as error:
            self._emit("errored", error)
        finally:
            self._emit("finished")

    def _work(self) -> Any:
        """Return the task's result, None if it was cancelled; every error becomes one of ours."""
        try:
            while not self._cancelled.is_set():
                self._emit("yielded", next(self._task))
        except StopIteration as end:
            return end.value
        except MineralsegError:
            raise
        except MemoryError as error:
            raise TaskFailed(
                "The computer ran out of memory; close other programs or take a smaller picture."
            ) from error
        except Exception as error:
            raise TaskFailed(
                f"The work stopped because of an error in the program ({type(error).__name__}: "
                f"{_first_line(error)}); the log has the details."
            ) from error
        finally:
            self._task.close()
        return None

    def _emit(self, name: str, *values: Any) -> None:
        with suppress(RuntimeError):  # Qt has gone before the thread
            getattr(self.signals, name).emit(*values)


class Run(Generic[T]):
    """A task at work.

    Parameters
    ----------
    task : generator
        Yields Progress and returns the result.
    title : str
        What is shown in napari's list of activities; an empty one shows nothing.
    on_progress : callable
        Gets each Progress.
    on_done : callable
        Gets the result.
    on_error : callable
        Gets the error after it was shown.
    on_cancelled : callable
        Called at once when the run is cancelled.
    on_end : callable
        Called last, when the thread is free again, however the run ended.
    """

    def __init__(
        self,
        task: Generator[Progress, None, T],
        *,
        title: str,
        on_progress: Callable[[Progress], None] | None = None,
        on_done: Callable[[T], None] | None = None,
        on_error: Callable[[MineralsegError], None] | None = None,
        on_cancelled: Callable[[], None] | None = None,
        on_end: Callable[[], None] | None = None,
    ) -> None:
        self._on_progress, self._on_done, self._on_error = on_progress, on_done, on_error
        self._on_cancelled, self._on_end = on_cancelled, on_end
        self.cancelled = False
        self.running = True
        self._bar = _ActivityBar(title, self.cancel) if title else None
        self._thread = TaskThread(task)
        signals = self._thread.signals
        signals.yielded.connect(self._step)
        signals.returned.connect(self._done)
        signals.errored.connect(self._failed)
        signals.finished.connect(self._end)
        self._thread.start()

    def cancel(self) -> None:
        """Stop: nothing more is reported but the end; the thread stops at its next step."""
        if self.cancelled or not self.running:
            return
        self.cancelled = True
        self._thread.cancel()
        self._close_bar()
        if self._on_cancelled:
            self._on_cancelled()

    def abandon(self, wait_s: float = 0) -> None:
        """Cancel without any further callback, because whoever listened is gone.

        Parameters
        ----------
        wait_s : float
            Wait this many seconds at most for the thread to stop.
        """
        self._on_progress = self._on_done = self._on_error = None
        self._on_cancelled = self._on_end = None
        self.cancel()
        self._thread.join(wait_s)

    def _step(self, progress: Progress) -> None:
        if self.cancelled:
            return
        if self._bar:
            self._bar.show(progress)
        if self._on_progress:
            self._on_progress(progress)

    def _done(self, result: T) -> None:
        if not self.cancelled and self._on_done:
            self._on_done(result)

    def _failed(self, error: MineralsegError) -> None:
        logger.error("%s", error, exc_info=error)
        if self.cancelled:
            return
        show_error(str(error))
        if self._on_error:
            self._on_error(error)

    def _end(self) -> None:
        self.running = False
        self._close_bar()
        if self._on_end:
            self._on_end()

    def _close_bar(self) -> None:
        if self._bar:
            self._bar.close()


class _ActivityBar:
    """The bar among napari's activities, with a button that cancels.

    Drawing it makes Qt handle all waiting events, so it is drawn by a timer of its own: inside the
    callback of a step, later steps would overtake the one at hand.
    """

    def __init__(self, title: str, cancel: Callable[[], None]) -> None:
        self._title, self._cancel = title, cancel
        self._latest = Progress(0, 0)
        self._drawing = False
        self._silence = open(os.devnull, "w")  # noqa: SIM115 (closed with the bar)
        self._bar: _PromptBar | None = None
        self._timer = QTimer()
        self._timer.setInterval(DRAW_MS)
        self._timer.timeout.connect(self._draw)
        self._timer.start()

    def show(self, progress: Progress) -> None:
        """Draw this progress soon."""
        self._latest = progress

    def close(self) -> None:
        """Take the bar away."""
        self._timer.stop()
        if self._drawing:
            return
        if self._bar is not None:
            self._bar.close()
            self._bar = None
        self._silence.close()

    def _draw(self) -> None:
        if self._drawing:
            return
        self._drawing = True
        progress = self._latest
        if self._bar is None:
            self._bar = _PromptBar(
                total=0, desc=self._title, cancel_callback=self._cancel, file=self._silence
            )
        if progress.total != self._bar.total:
            self._bar.total = progress.total
        note = f"{self._title}: {progress.note}" if progress.note else self._title
        if note != self._bar.desc.removesuffix(": "):
            self._bar.set_description(note)
        self._bar.update(progress.done - self._bar.n)
        self._drawing = False
        if not self._timer.isActive():
            self.close()


class _PromptBar(cancelable_progress):  # type: ignore[misc]
    """A bar that cancels at once; napari's waits for the next step of a loop."""

    def cancel(self) -> None:
        super().cancel()
        self.cancel_callback()


def run_task(task: Generator[Progress, None, T], **callbacks: Any) -> Run[T]:
    """Start a task in a thread; see :class:`Run` for the callbacks."""
    return Run(task, **callbacks)


def _first_line(error: BaseException) -> str:
    return (str(error).splitlines() or ["no message"])[0][:200]
