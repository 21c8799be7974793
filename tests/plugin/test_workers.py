"""Tasks in threads: results, progress, errors and cancelling."""

import logging
import threading
import time
from collections.abc import Generator
from typing import Any

import pytest
from napari.utils.notifications import notification_manager

from mineralseg_models.errors import BadInput, TaskFailed
from mineralseg_models.progress import Progress
from napari_mineralseg.workers import run_task


class Log:
    """Remembers what a run reports."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    def callbacks(self, title: str = "Counting") -> dict[str, Any]:
        def note(kind: str) -> Any:
            return lambda *values: self.events.append((kind, *values))

        return {
            "title": title,
            "on_progress": note("progress"),
            "on_done": note("done"),
            "on_error": note("error"),
            "on_cancelled": note("cancelled"),
            "on_end": note("end"),
        }

    @property
    def kinds(self) -> list[str]:
        return [event[0] for event in self.events]


@pytest.fixture
def log() -> Log:
    notification_manager.records.clear()
    return Log()


def count(n: int) -> Generator[Progress, None, int]:
    for i in range(n):
        yield Progress(i, n, "counting")
    return n


def endless(closed: threading.Event) -> Generator[Progress, None, None]:
    try:
        while True:
            yield Progress(0, 0)
            time.sleep(0.002)
    finally:
        closed.set()


@pytest.mark.parametrize("title", ["Counting", ""])
def test_progress_then_result_then_end(log: Log, qtbot: Any, title: str) -> None:
    run = run_task(count(3), **log.callbacks(title))
    qtbot.waitUntil(lambda: not run.running)
    assert log.kinds == ["progress"] * 3 + ["done", "end"]
    assert [p.done for _, p in log.events[:3]] == [0, 1, 2]
    assert log.events[3] == ("done", 3)


def test_callbacks_come_in_the_main_thread(qtbot: Any) -> None:
    threads: set[int] = set()
    run = run_task(
        count(2),
        title="",
        on_progress=lambda _: threads.add(threading.get_ident()),
        on_done=lambda _: threads.add(threading.get_ident()),
    )
    qtbot.waitUntil(lambda: not run.running)
    assert threads == {threading.get_ident()}


def test_cancelling_closes_the_generator_and_reports_at_once(log: Log, qtbot: Any) -> None:
    closed = threading.Event()
    run = run_task(endless(closed), **log.callbacks())
    qtbot.waitUntil(lambda: "progress" in log.kinds)
    start = time.monotonic()
    run.cancel()
    assert log.kinds[-1] == "cancelled"
    qtbot.waitUntil(lambda: not run.running)
    assert time.monotonic() - start < 0.5
    assert closed.is_set()
    assert log.kinds[-2:] == ["cancelled", "end"]
    run.cancel()
    assert log.kinds.count("cancelled") == 1


def test_an_abandoned_run_reports_nothing(log: Log, qtbot: Any) -> None:
    closed = threading.Event()
    run = run_task(endless(closed), **log.callbacks())
    qtbot.waitUntil(lambda: "progress" in log.kinds)
    before = len(log.events)
    run.abandon(wait_s=5)
    assert closed.is_set()
    qtbot.waitUntil(lambda: not run.running)
    assert len(log.events) == before


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (BadInput("The picture is grey."), "The picture is grey."),
        (RuntimeError("CUDA out of memory\nmore"), "RuntimeError: CUDA out of memory)"),
        (MemoryError(), "ran out of memory"),
        (ZeroDivisionError(), "ZeroDivisionError: no message"),
    ],
)
def test_every_error_is_shown_once_in_one_sentence(
    log: Log, qtbot: Any, caplog: pytest.LogCaptureFixture, error: Exception, shown: str
) -> None:
    def fail() -> Generator[Progress, None, None]:
        yield Progress(0, 1)
        raise error

    with caplog.at_level(logging.ERROR, "napari_mineralseg"):
        run = run_task(fail(), **log.callbacks())
        qtbot.waitUntil(lambda: not run.running)
    assert log.kinds == ["progress", "error", "end"]
    assert isinstance(log.events[1][1], BadInput | TaskFailed)
    messages = [str(n.message) for n in notification_manager.records]
    assert len(messages) == 1
    assert shown in messages[0]
    assert "\n" not in messages[0]
    assert caplog.records[0].exc_info is not None


def test_an_error_after_cancelling_is_only_logged(log: Log, qtbot: Any) -> None:
    go_on = threading.Event()

    def fail() -> Generator[Progress, None, None]:
        yield Progress(0, 1)
        go_on.wait(5)
        raise BadInput("Too late.")

    run = run_task(fail(), **log.callbacks())
    qtbot.waitUntil(lambda: "progress" in log.kinds)
    run.cancel()
    go_on.set()
    qtbot.waitUntil(lambda: not run.running)
    assert log.kinds == ["progress", "cancelled", "end"]
    assert notification_manager.records == []


def test_the_activity_bar_shows_progress_and_cancels(
    log: Log, qtbot: Any, make_napari_viewer: Any
) -> None:
    from napari._qt.widgets.qt_progress_bar import QtLabeledProgressBar

    viewer = make_napari_viewer()
    closed = threading.Event()
    run = run_task(endless(closed), **log.callbacks())
    window = viewer.window._qt_window
    qtbot.waitUntil(lambda: bool(window.findChildren(QtLabeledProgressBar)))
    bar = window.findChildren(QtLabeledProgressBar)[0]
    assert "Counting" in bar.description_label.text()
    bar.cancel_button.click()
    qtbot.waitUntil(lambda: not run.running)
    assert "cancelled" in log.kinds
