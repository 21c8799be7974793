"""Keeps the corrections of a label layer: whatever changes in it goes into its session.

It belongs to the layer, not to the dock: closing the dock loses nothing.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from mineralseg_models.errors import BadInput
from mineralseg_models.sessions.autosave import Autosave
from napari_mineralseg.layers.edits import EditWatch, Slices

if TYPE_CHECKING:
    from mineralseg_models.sessions.session import Session

SAVE_AFTER_S = 1.0


class Keeper:
    """Watches a label layer and saves it.

    Parameters
    ----------
    layer : Labels
        Holds 8-bit class ids.
    predicted : ndarray of uint8, shape (Y, X)
        Class ids as the model gave them.

    Attributes
    ----------
    corrected_px : int
        Pixels that differ from the prediction.
    saved_at : datetime or None
        When an edit last reached the disk.
    trouble : str
        Why edits are not saved, one sentence; empty while all is well.
    """

    edited = Signal()
    """Emitted in the main thread when pixels have changed."""

    def __init__(self, layer: Any, predicted: NDArray[np.uint8]) -> None:
        self._layer = layer
        self._predicted = predicted
        self._known = np.array(layer.data, copy=True)
        self.corrected_px = int(np.count_nonzero(self._known != predicted))
        self._autosave: Autosave | None = None
        self.saved_at: datetime | None = None
        self.trouble = ""
        self._watch = EditWatch(layer)
        self._watch.changed.connect(self._on_changed)

    def save_into(self, session: "Session") -> None:
        """Save from now on into a session, beginning with what has changed already."""
        self._autosave = Autosave(
            session, interval_s=SAVE_AFTER_S, on_error=self._on_trouble, on_saved=self._on_saved
        )
        self._note(None)

    @property
    def session(self) -> "Session | None":
        """Where it saves; None without a session."""
        return None if self._autosave is None else self._autosave.session

    @property
    def pending(self) -> bool:
        """Whether an edit is not on disk yet."""
        return self._autosave is not None and self._autosave.pending

    @property
    def labels(self) -> NDArray[np.uint8]:
        """Class ids as they are now, shape (Y, X)."""
        return np.asarray(self._layer.data)

    def exact(self) -> NDArray[np.bool_]:
        """Pixels that a person has changed or accepted, shape (Y, X)."""
        if self._autosave is None:
            return np.asarray(self._known != self._predicted)
        return np.asarray(self._autosave.touched() | self._autosave.reviewed())

    @property
    def is_touched(self) -> bool:
        """Whether a person has changed or accepted anything."""
        return bool(self.exact().any())

    def accept(self, region: Slices) -> None:
        """Mark a part as looked at and right."""
        if self._autosave is not None:
            self._autosave.note_reviewed(region)
        self.edited.emit()

    def flush(self, timeout_s: float = 5.0) -> bool:
        """Write now; whether every edit is on disk."""
        return self._autosave is None or self._autosave.flush(timeout_s)

    def close(self, timeout_s: float = 5.0) -> None:
        """Write what is left and let go of the layer."""
        self._watch.stop()
        if self._autosave is not None:
            self._autosave.close(timeout_s)

    def _on_changed(self, region: Slices | None) -> None:
        where = region or (slice(None), slice(None))
        now = np.asarray(self._layer.data)
        if now.shape != self._known.shape:
            self.trouble = (
                f"The labels now have the shape {now.shape}, their picture {self._known.shape}: "
                "they are not saved any more; undo that or run again."
            )
            return
        if np.array_equal(now[where], self._known[where]):
            return
        before = np.count_nonzero(self._known[where] != self._predicted[where])
        self._known[where] = now[where]
        after = np.count_nonzero(self._known[where] != self._predicted[where])
        self.corrected_px += int(after) - int(before)
        self._note(region)
        self.edited.emit()

    def _note(self, region: Slices | None) -> None:
        if self._autosave is None:
            return
        try:
            self._autosave.note_edit(self._known, region)
        except BadInput as error:
            self.trouble = str(error)

    def _on_saved(self) -> None:
        self.saved_at, self.trouble = datetime.now().astimezone(), ""

    def _on_trouble(self, sentence: str) -> None:
        self.trouble = sentence
