"""Every edit on disk within two seconds, without holding up the person who paints.

::

    painting thread                 writing thread
    note_edit ── copies pixels ──►  waits up to interval_s for more edits
    note_edit ── copies pixels ──►  takes one copy of all of it, writes, renames
"""

import atexit
import threading
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput, MineralsegError
from mineralseg_models.sessions.session import Session
from mineralseg_models.sessions.versions import Labels, Mask

Region = tuple[slice, slice]
_WHOLE: Region = (slice(None), slice(None))
_KEPT = "Your corrections are kept in memory and are saved as soon as that is possible."


class Autosave:
    """Writes the edits of a session in the background.

    An edit is written at most `interval_s` plus the time of one write after it was noted. Where
    writing fails, the edits stay in memory and are tried again.

    Parameters
    ----------
    session : Session
    interval_s : float
        How long edits are gathered before they are written.
    retry_s : float
        Wait after a write that failed.
    on_error : callable, optional
        Called with one sentence when writing fails for the first time, and again only after it
        worked in between. Called in the writing thread.
    on_saved : callable, optional
        Called after each write, in the writing thread.
    """

    def __init__(
        self,
        session: Session,
        *,
        interval_s: float = 1.0,
        retry_s: float = 2.0,
        on_error: Callable[[str], None] | None = None,
        on_saved: Callable[[], None] | None = None,
    ) -> None:
        self.session = session
        self._interval_s, self._retry_s = interval_s, retry_s
        self._on_error, self._on_saved = on_error, on_saved
        self._incoming, self._touched = session.latest()
        self._saved = self._incoming.copy()
        self._reviewed = session.reviewed()
        self._state = threading.Condition()
        self._due: float | None = None  # when the next write begins, by the monotonic clock
        self._noted = self._written = self._failures = 0
        self._failing = self._closing = False
        self._thread = threading.Thread(target=self._run, name="mineralseg-autosave", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    @property
    def pending(self) -> bool:
        """Whether an edit is not on disk yet."""
        with self._state:
            return self._written < self._noted

    def note_edit(self, labels: NDArray[Any], region: Region | None = None) -> None:
        """Take over an edit; returns after a copy of the pixels (5 ms for 20 megapixels).

        Parameters
        ----------
        labels : ndarray of integers, shape (Y, X)
            The whole label map as it is now.
        region : tuple of slice, optional
            Where it changed; everything by default.

        Raises
        ------
        BadInput
            The label map has another shape, or ids above 255.
        """
        if labels.shape != self.session.shape:
            raise BadInput(
                f"The session holds {self.session.shape[1]} × {self.session.shape[0]} pixels, but "
                f"the edited labels have the shape {labels.shape}: the edit is not saved."
            )
        where = region or _WHOLE
        pixels = _as_ids(labels[where])
        with self._state:
            self._incoming[where] = pixels
            self._note()

    def note_reviewed(self, region: Region | Mask) -> None:
        """Mark pixels as looked at and accepted.

        Parameters
        ----------
        region : tuple of slice, or ndarray of bool, shape (Y, X)
        """
        with self._state:
            self._reviewed[region] = True
            self._note()

    def touched(self) -> Mask:
        """Pixels that a person changed, unsaved ones included, shape (Y, X)."""
        with self._state:
            return np.asarray(self._touched | (self._incoming != self._saved))

    def reviewed(self) -> Mask:
        """Pixels that a person accepted, unsaved ones included, shape (Y, X)."""
        with self._state:
            return self._reviewed.copy()

    def flush(self, timeout_s: float | None = None) -> bool:
        """Write now and wait for it.

        Returns
        -------
        bool
            Whether every edit noted so far is on disk.
        """
        with self._state:
            wanted, failures = self._noted, self._failures
            if self._written < wanted:
                self._due = time.monotonic()
                self._state.notify_all()
                self._state.wait_for(
                    lambda: self._written >= wanted or self._failures > failures, timeout_s
                )
            return self._written >= wanted

    def close(self, timeout_s: float | None = 30.0) -> bool:
        """Write what is left and end the writing thread; a second call does nothing.

        Returns
        -------
        bool
            Whether every edit is on disk.
        """
        done = self.flush(timeout_s) if self._thread.is_alive() else not self.pending
        with self._state:
            self._closing = True
            self._state.notify_all()
        self._thread.join(timeout_s)
        atexit.unregister(self.close)
        return done

    def _note(self) -> None:
        """Plan a write; the state is locked."""
        if self._closing:
            raise ValueError("This autosave was closed; open the session again to edit it.")
        self._noted += 1
        if self._due is None:
            self._due = time.monotonic() + self._interval_s
            self._state.notify_all()

    def _run(self) -> None:
        while (taken := self._take()) is not None:
            labels, reviewed, upto = taken
            self._write(labels, reviewed, upto)

    def _take(self) -> tuple[Labels, Mask, int] | None:
        """Wait until a write is due and copy the state; None when closed."""
        with self._state:
            while not self._closing:
                if self._due is None:
                    self._state.wait()
                    continue
                left = self._due - time.monotonic()
                if left <= 0:
                    self._due = None
                    return self._incoming.copy(), self._reviewed.copy(), self._noted
                self._state.wait(left)
            return None

    def _write(self, labels: Labels, reviewed: Mask, upto: int) -> None:
        touched = np.asarray(self._touched | (labels != self._saved))
        try:
            self.session.save(labels, touched, reviewed)
        except (MineralsegError, OSError, MemoryError) as error:
            self._fail(error)
            return
        with self._state:
            self._saved, self._touched = labels, touched
            self._written, self._failing = upto, False
            self._state.notify_all()
        if self._on_saved is not None:
            self._on_saved()

    def _fail(self, error: Exception) -> None:
        """Plan another try and tell the user, once."""
        with self._state:
            self._due = time.monotonic() + self._retry_s
            self._failures += 1
            first, self._failing = not self._failing, True
            self._state.notify_all()
        if first and self._on_error is not None:
            sentence = str(error) or type(error).__name__
            self._on_error(f"{sentence} {_KEPT}")


def _as_ids(labels: NDArray[Any]) -> NDArray[Any]:
    """Refuse what does not fit into 8 bits."""
    if labels.dtype == np.uint8 or labels.dtype == np.bool_ or not labels.size:
        return labels
    if labels.dtype.kind not in "iu" or labels.min() < 0 or labels.max() > 255:
        raise BadInput(
            "Class ids are whole numbers from 0 to 255; the edited labels hold others: paint with "
            "the classes of the table."
        )
    return labels.astype(np.uint8)
