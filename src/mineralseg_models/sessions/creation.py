"""Begin a session: everything is built aside and then renamed into place, whole."""

import getpass
import os
import secrets
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from mineralseg_models.bundles.card import ClassEntry
from mineralseg_models.errors import BadInput, BrokenSession, CannotWrite
from mineralseg_models.io.atomic import cannot_write, replace_file
from mineralseg_models.sessions.layout import (
    PREDICTION,
    UNCERTAINTY,
    VERSIONS,
    retired,
    session_folders,
    title,
    user_sessions,
)
from mineralseg_models.sessions.record import (
    MAX_BYTES,
    BundleRecord,
    PictureRecord,
    SessionRecord,
    read_record,
    write_record,
)
from mineralseg_models.sessions.session import Session
from mineralseg_models.sessions.versions import Labels, Version, write_page, write_version
from mineralseg_models.taxonomy import Taxonomy


def create_session(
    folder: Path | None = None,
    *,
    picture: Path | None,
    picture_sha256: str,
    taxonomy: Taxonomy,
    prediction: Labels,
    uncertainty: NDArray[np.floating[Any]] | None = None,
    provenance: Mapping[str, Any] | None = None,
    pixel_size_um: float | None = None,
    bundle_name: str | None = None,
    weights_sha256: str | None = None,
    author: str | None = None,
) -> Session:
    """Begin a correction session with a prediction.

    An older session in the same place is kept under a name with a time stamp. Where the folder
    cannot be written, the session goes into the user's data folder, and its notes say so.

    Parameters
    ----------
    folder : Path, optional
        The session's folder; by default beside the picture.
    picture : Path or None
        The picture's file; None for a picture without one.
    picture_sha256 : str
        Hash of the picture's file (of its pixels where it has no file).
    taxonomy : Taxonomy
        Classes of the prediction.
    prediction : ndarray of uint8, shape (Y, X)
    uncertainty : ndarray of float, shape (Y, X), optional
        Normalised entropy, 0 to 1; kept as float16.
    provenance : mapping, optional
        How the prediction was made, as JSON values.
    pixel_size_um : float, optional
    bundle_name, weights_sha256 : str, optional
        The model bundle.
    author : str, optional
        Who corrects; by default the name of the user's account.

    Raises
    ------
    BadInput
        Shapes or types do not agree.
    CannotWrite
        Neither place can be written.
    """
    _check(prediction, uncertainty)
    try:
        record = SessionRecord(
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            author=author or _account(),
            program=_program(),
            picture=PictureRecord(
                name=title(picture),
                sha256=picture_sha256,
                shape=(prediction.shape[0], prediction.shape[1]),
                pixel_size_um=pixel_size_um,
            ),
            bundle=BundleRecord(name=bundle_name, weights_sha256=weights_sha256)
            if bundle_name
            else None,
            classes=tuple(ClassEntry(id=c.id, name=c.name, colour=c.colour) for c in taxonomy),
            has_uncertainty=uncertainty is not None,
            provenance=dict(provenance or {}),
        )
        size = len(record.model_dump_json(indent=2))
    except ValueError as error:  # of pydantic; one line is enough
        raise BadInput(f"A session cannot be begun with these values: {error}.") from error
    if size > MAX_BYTES:
        raise BadInput(
            f"The provenance takes {size / 2**20:.1f} MB; a session keeps up to "
            f"{MAX_BYTES // 2**20} MB: leave arrays out of it."
        )
    return _create_somewhere(folder, picture, record, prediction, uncertainty)


def _check(prediction: Labels, uncertainty: NDArray[np.floating[Any]] | None) -> None:
    if prediction.ndim != 2 or prediction.dtype != np.uint8 or not prediction.size:
        raise BadInput(
            "A prediction is an 8-bit array of rows × columns of class ids; found "
            f"{prediction.dtype} of shape {prediction.shape}."
        )
    if uncertainty is not None and uncertainty.shape != prediction.shape:
        raise BadInput(
            "Prediction and uncertainty must have one shape; found "
            f"{prediction.shape} and {uncertainty.shape}."
        )


def _create_somewhere(
    folder: Path | None,
    picture: Path | None,
    record: SessionRecord,
    prediction: Labels,
    uncertainty: NDArray[np.floating[Any]] | None,
) -> Session:
    """Build the session in the wished folder, or else in the user's data folder."""
    places = session_folders(picture, record.picture.sha256)
    wished = folder or _free_place(places[:-1] or places, record.picture.name)
    try:
        return Session(wished, record, _create(wished, record, prediction, uncertainty))
    except CannotWrite as error:
        if wished == places[-1]:
            raise
        first = _create(places[-1], record, prediction, uncertainty)
        note = f"{error} Corrections of {record.picture.name} are kept in {places[-1]} instead."
        return Session(places[-1], record, first, (note,))


def _free_place(places: tuple[Path, ...], name: str) -> Path:
    """First place that no session of another picture has."""
    for place in places:
        try:
            if not place.exists() or read_record(place).picture.name == name:
                return place
        except BrokenSession:
            return place  # it is retired, not lost
    return places[-1]


def _create(
    folder: Path,
    record: SessionRecord,
    prediction: Labels,
    uncertainty: NDArray[np.floating[Any]] | None,
) -> Version:
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    first = Version(prediction.copy(), np.zeros_like(prediction), number=1)
    try:
        if folder.parent == user_sessions():
            folder.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir()
        (aside / VERSIONS).mkdir()
        _write_map(aside / PREDICTION, prediction)
        if uncertainty is not None:
            _write_map(aside / UNCERTAINTY, uncertainty.astype(np.float16))
        write_version(aside, first)
        write_record(aside, record)
        if folder.exists():
            os.rename(folder, retired(folder, datetime.now().astimezone()))
        os.rename(aside, folder)
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return first


def _write_map(path: Path, values: NDArray[Any]) -> None:
    with replace_file(path) as aside, tifffile.TiffWriter(aside) as tiff:
        write_page(tiff, values)


def _account() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # an account without a name
        return None


def _program() -> str:
    try:
        return version("napari-mineralseg")
    except PackageNotFoundError:
        return ""
