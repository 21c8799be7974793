import threading
import time

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mineralseg_models.errors import BadInput, CannotWrite
from mineralseg_models.sessions import Autosave, open_session
from mineralseg_models.sessions.versions import numbers

PREDICTION = np.array([[0, 4, 4], [0, 0, 4]], dtype=np.uint8)  # of the session that begins


@pytest.fixture
def session(begin):
    return begin()


@pytest.fixture
def start(session):
    """Start an autosave that is closed at the end of the test."""
    started: list[Autosave] = []

    def make(**options) -> Autosave:
        started.append(Autosave(session, **({"interval_s": 0.01, "retry_s": 0.01} | options)))
        return started[-1]

    yield make
    for autosave in started:
        autosave.close()


def painted(y: int, x: int, value: int) -> np.ndarray:
    labels = PREDICTION.copy()
    labels[y, x] = value
    return labels


def wait_until(true) -> None:
    end = time.monotonic() + 10
    while not true() and time.monotonic() < end:
        time.sleep(0.005)
    assert true()


def test_an_edit_reaches_the_disk_by_itself(start, session):
    saved = threading.Event()
    autosave = start(on_saved=saved.set)
    autosave.note_edit(painted(1, 0, 4))
    assert saved.wait(10)
    wait_until(lambda: not autosave.pending)
    corrected, touched = open_session(session.folder).latest()
    assert_array_equal(corrected, painted(1, 0, 4))
    assert_array_equal(touched, [[False, False, False], [True, False, False]])


def test_edits_are_gathered(start, session):
    autosave = start(interval_s=60)
    for value in range(5, 30):
        autosave.note_edit(painted(1, 0, value))
    assert autosave.pending
    assert autosave.flush()
    assert not autosave.pending
    assert numbers(session.folder) == [1, 2]
    assert session.latest()[0][1, 0] == 29


def test_only_the_region_is_copied(start, session):
    autosave = start(interval_s=60)
    labels = np.full((2, 3), 7, dtype=np.uint8)
    autosave.note_edit(labels, (slice(0, 1), slice(1, 3)))
    autosave.flush()
    assert_array_equal(session.latest()[0], [[0, 7, 7], [0, 0, 4]])


def test_later_changes_of_the_callers_array_are_not_written(start, session):
    autosave = start(interval_s=60)
    labels = painted(1, 0, 4)
    autosave.note_edit(labels)
    labels[:] = 9
    autosave.flush()
    assert_array_equal(session.latest()[0], painted(1, 0, 4))


def test_touched_pixels_add_up_even_when_set_back(start, session):
    autosave = start(interval_s=60)
    autosave.note_edit(painted(0, 0, 4))
    assert autosave.touched()[0, 0]
    autosave.flush()
    autosave.note_edit(painted(1, 1, 4))
    autosave.flush()
    expected = [[True, False, False], [False, True, False]]
    assert_array_equal(session.latest()[1], expected)
    assert_array_equal(autosave.touched(), expected)


def test_reviewed_regions_are_written(start, session):
    autosave = start(interval_s=60)
    autosave.note_reviewed((slice(0, 1), slice(0, 2)))
    autosave.note_reviewed(np.array([[False] * 3, [False, False, True]]))
    autosave.flush()
    expected = [[True, True, False], [False, False, True]]
    assert_array_equal(open_session(session.folder).reviewed(), expected)
    assert_array_equal(autosave.reviewed(), expected)


def test_other_integer_types_are_taken_where_they_fit(start, session):
    autosave = start(interval_s=60)
    autosave.note_edit(painted(0, 0, 200).astype(np.int32))
    autosave.flush()
    assert session.latest()[0][0, 0] == 200


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        (np.full((2, 3), 256), "0 to 255"),
        (np.full((2, 3), -1), "0 to 255"),
        (np.zeros((2, 3), np.float32), "0 to 255"),
        (np.zeros((3, 2), np.uint8), r"\(3, 2\)"),
    ],
)
def test_labels_that_cannot_be_kept_are_refused(start, labels, said):
    with pytest.raises(BadInput, match=said):
        start().note_edit(labels)


def test_a_full_disk_is_told_once_and_the_edit_is_saved_later(start, session, monkeypatch):
    real, tries, told = session.save, [], []

    def full(*_args):
        tries.append(1)
        raise CannotWrite("The disk is full.")

    monkeypatch.setattr(session, "save", full)
    autosave = start(on_error=told.append)
    autosave.note_edit(painted(1, 0, 4))
    wait_until(lambda: len(tries) >= 3)
    autosave.note_edit(painted(1, 1, 5))
    assert not autosave.flush()
    assert told == [
        "The disk is full. Your corrections are kept in memory and are saved as soon as that is "
        "possible."
    ]
    monkeypatch.setattr(session, "save", real)
    wait_until(lambda: not autosave.pending)
    corrected, touched = session.latest()
    assert_array_equal(corrected, painted(1, 1, 5))
    assert_array_equal(touched, [[False, False, False], [False, True, False]])
    monkeypatch.setattr(session, "save", full)
    autosave.note_edit(painted(0, 0, 6))
    wait_until(lambda: len(told) == 2)
    monkeypatch.setattr(session, "save", real)


def test_closing_writes_what_is_left(start, session):
    autosave = start(interval_s=60)
    autosave.note_edit(painted(1, 0, 4))
    assert autosave.close()
    assert autosave.close()
    assert open_session(session.folder).latest()[0][1, 0] == 4
    with pytest.raises(ValueError, match="closed"):
        autosave.note_edit(PREDICTION)


def test_closing_says_when_edits_could_not_be_written(start, session, monkeypatch):
    def full(*_args):
        raise OSError("full")

    monkeypatch.setattr(session, "save", full)
    autosave = start(interval_s=60, retry_s=60)
    autosave.note_edit(painted(1, 0, 4))
    assert not autosave.close()
    assert autosave.pending


def test_nothing_to_write(start, session):
    assert start().flush()
    assert numbers(session.folder) == [1]


def test_the_painting_thread_does_not_wait_for_the_disk(start, session, monkeypatch):
    release = threading.Event()
    real = session.save

    def slow(*args):
        release.wait(10)
        return real(*args)

    monkeypatch.setattr(session, "save", slow)
    autosave = start()
    autosave.note_edit(painted(0, 0, 1))
    time.sleep(0.05)
    autosave.note_edit(painted(0, 0, 2))  # would hang here
    release.set()
    assert autosave.flush()
    assert session.latest()[0][0, 0] == 2
