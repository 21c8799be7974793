"""Open a session again, whatever state the last run left it in."""

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from mineralseg_models.errors import BrokenSession
from mineralseg_models.sessions.layout import PREDICTION, VERSIONS, part, session_folders, title
from mineralseg_models.sessions.record import SessionRecord, read_record
from mineralseg_models.sessions.session import Session
from mineralseg_models.sessions.versions import Version, numbers, read_pages, read_version


def find_session(picture: Path | None, picture_sha256: str = "") -> Path | None:
    """Folder of the session of a picture, or None.

    Of one beside the picture and one in the user's data folder, the one saved last is taken.
    A damaged session is found too: opening it says what is wrong.
    """
    places = session_folders(picture, picture_sha256)
    found = [f for f in places if f.is_dir() and _is_of(f, title(picture))]
    return max(found, key=_last_change) if found else None


def _is_of(folder: Path, name: str) -> bool:
    try:
        return read_record(folder).picture.name == name
    except BrokenSession:
        return True


def _last_change(folder: Path) -> float:
    try:
        return max(p.stat().st_mtime for p in (folder, folder / VERSIONS))
    except OSError:
        return 0.0


def open_session(
    folder: Path, *, picture: Path | None = None, picture_sha256: str | None = None
) -> Session:
    """Open the session in a folder at its newest sound version.

    Parameters
    ----------
    folder : Path
    picture : Path, optional
        The picture, where it does not lie beside the session.
    picture_sha256 : str, optional
        Its hash, where the caller knows it.

    Returns
    -------
    Session
        Its notes say what the user should know.

    Raises
    ------
    BrokenSession
        Nothing can be opened: no session, damaged, unsafe or of an unknown format.
    """
    record = read_record(folder)
    version, notes = _newest_sound(folder, record)
    notes += _about_picture(folder, record, picture, picture_sha256)
    if not os.access(folder / VERSIONS, os.W_OK):
        notes.append(
            f"{folder} is read-only: the session can be looked at, but new corrections cannot be "
            "saved there; copy the picture and its session to another folder to go on."
        )
    return Session(folder, record, version, tuple(notes))


def _newest_sound(folder: Path, record: SessionRecord) -> tuple[Version, list[str]]:
    """Newest version that can be read, and a sentence about each that cannot."""
    notes = []
    for number in reversed(numbers(folder)):
        try:
            version = read_version(folder, number, record.picture.shape)
        except BrokenSession as error:
            notes.append(f"Version {number} was left out: {error}")
            continue
        if notes:
            notes.append(f"Version {number}{_saved_at(folder, number)} was opened instead.")
        return version, notes
    return _from_prediction(folder, record, notes)


def _saved_at(folder: Path, number: int) -> str:
    try:
        moment = (folder / VERSIONS / f"{number:06d}.tif").stat().st_mtime
    except OSError:
        return ""
    return f" of {datetime.fromtimestamp(moment, UTC).astimezone():%d %B %Y, %H:%M:%S}"


def _from_prediction(
    folder: Path, record: SessionRecord, notes: list[str]
) -> tuple[Version, list[str]]:
    """State without any correction, where no version can be read."""
    try:
        pages, _ = read_pages(part(folder, PREDICTION), 1, record.picture.shape, np.dtype(np.uint8))
    except BrokenSession as error:
        raise BrokenSession(
            f"The session {folder} holds no version that can be read, and its prediction is gone "
            "too: restore it from a copy, or start a new session."
        ) from error
    notes.append("No version could be read; the model's prediction was opened instead.")
    return Version(pages[0], np.zeros_like(pages[0])), notes


def _about_picture(
    folder: Path, record: SessionRecord, picture: Path | None, picture_sha256: str | None
) -> list[str]:
    """Say plainly when the picture is not the one that the session was begun with."""
    name = record.picture.name
    if picture_sha256 is None:
        path = picture or folder.parent / name
        if not path.is_file():
            return []
        try:
            with path.open("rb") as file:
                picture_sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            return [f"{path} could not be compared with its session: {error.strerror}."]
    if picture_sha256 == record.picture.sha256:
        return []
    return [
        f"{name} is not the picture that this session was begun with (its content changed since "
        f"{record.created}): check that the corrections still fit before you go on."
    ]
