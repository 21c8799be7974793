"""Correction sessions: begun once, opened again after any kind of end."""

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput, BrokenSession
from mineralseg_models.sessions.layout import PREDICTION, UNCERTAINTY, part
from mineralseg_models.sessions.record import SessionRecord
from mineralseg_models.sessions.versions import (
    REVIEWED,
    TOUCHED,
    Labels,
    Mask,
    Version,
    marks,
    numbers,
    prune,
    read_pages,
    write_version,
)
from mineralseg_models.taxonomy import Taxonomy


class Session:
    """An open correction session.

    Made by :func:`~mineralseg_models.sessions.opening.open_session` and
    :func:`~mineralseg_models.sessions.creation.create_session`. One program at a time should
    write to a session; a second one replaces no version, but the later one is what opens next.

    Parameters
    ----------
    folder : Path
    record : SessionRecord
        What it is about.
    version : Version
        The newest sound state.
    notes : tuple of str
        What the user should know: sentences about damage, a changed picture, another folder.
    """

    def __init__(
        self, folder: Path, record: SessionRecord, version: Version, notes: tuple[str, ...] = ()
    ) -> None:
        self.folder = folder
        self.record = record
        self.notes = notes
        self._version = version
        self._lock = threading.Lock()

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the picture and of every map."""
        return self.record.picture.shape

    @property
    def taxonomy(self) -> Taxonomy:
        """Classes of the label maps."""
        return self.record.taxonomy

    @property
    def pixel_size_um(self) -> float | None:
        """Edge of a pixel in µm, where known."""
        return self.record.picture.pixel_size_um

    @property
    def provenance(self) -> Mapping[str, Any]:
        """How the prediction was made."""
        return self.record.provenance

    def latest(self) -> tuple[Labels, Mask]:
        """Corrected class ids and touched pixels, each of shape (Y, X); both are copies."""
        version = self._version
        return version.corrected.copy(), version.marked(TOUCHED)

    def reviewed(self) -> Mask:
        """Pixels that a person looked at and accepted, shape (Y, X); a copy."""
        return self._version.marked(REVIEWED)

    def prediction(self) -> Labels:
        """Class ids as the model gave them, shape (Y, X).

        Raises
        ------
        BrokenSession
            The file is missing or damaged.
        """
        pages, _ = read_pages(part(self.folder, PREDICTION), 1, self.shape, np.dtype(np.uint8))
        return np.asarray(pages[0])

    def uncertainty(self) -> NDArray[np.float32] | None:
        """Normalised entropy 0..1, shape (Y, X), or None where the session has none.

        Raises
        ------
        BrokenSession
            The file is missing or damaged.
        """
        if not self.record.has_uncertainty:
            return None
        path = part(self.folder, UNCERTAINTY)
        pages, _ = read_pages(path, 1, self.shape, np.dtype(np.float16))
        values = pages[0].astype(np.float32)
        if not np.isfinite(values).all():
            raise BrokenSession(f"{path} is damaged: it holds values that are not numbers.")
        return np.clip(values, 0, 1)

    def save(self, corrected: Labels, touched: Mask, reviewed: Mask | None = None) -> bool:
        """Write a new version unless nothing changed since the last one.

        Parameters
        ----------
        corrected : ndarray of uint8, shape (Y, X)
        touched, reviewed : ndarray of bool, shape (Y, X)
            Pixels that a person changed, and looked at; None keeps what was reviewed before.

        Returns
        -------
        bool
            Whether a version was written.

        Raises
        ------
        BadInput
            An array has another shape or type.
        CannotWrite
            The folder is read-only or gone, or the disk is full. The last version stays.
        """
        check_labels(corrected, self.shape)
        with self._lock:
            if reviewed is None:
                reviewed = self.reviewed()
            for mask in (touched, reviewed):
                check_mask(mask, self.shape)
            version = Version(corrected.copy(), marks(touched, reviewed), self._next_number())
            if version.checksum == self._version.checksum:
                return False
            write_version(self.folder, version)
            self._version = version
            prune(self.folder)
            return True

    def _next_number(self) -> int:
        """One above all numbers on disk, so that no version is ever replaced."""
        try:
            on_disk = numbers(self.folder)
        except BrokenSession:  # gone since it was opened: writing says so
            on_disk = []
        return max([self._version.number, *on_disk]) + 1


def check_labels(labels: NDArray[Any], shape: tuple[int, int]) -> None:
    """Refuse a label map of another type or shape."""
    if labels.dtype != np.uint8 or labels.shape != shape:
        raise BadInput(
            f"This session holds 8-bit class ids of {shape[1]} × {shape[0]} pixels; found "
            f"{labels.dtype} of shape {labels.shape}."
        )


def check_mask(mask: NDArray[Any], shape: tuple[int, int]) -> None:
    """Refuse a mask of another type or shape."""
    if mask.dtype != np.bool_ or mask.shape != shape:
        raise BadInput(
            f"Touched and reviewed pixels are true or false for {shape[1]} × {shape[0]} pixels; "
            f"found {mask.dtype} of shape {mask.shape}."
        )
