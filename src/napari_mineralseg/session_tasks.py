"""Correction sessions as tasks: found, begun and opened again, in a thread."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mineralseg_models.progress import Progress, Task
from napari_mineralseg.tasks import Outcome, picture_hash

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    from numpy.typing import NDArray

    from mineralseg_models.bundles.card import CrossValidatedError
    from mineralseg_models.data import Micrograph
    from mineralseg_models.provenance import Provenance
    from mineralseg_models.segmentation.registration import Registration
    from mineralseg_models.sessions.session import Session


@dataclass(frozen=True)
class Earlier:
    """An earlier correction of a picture: where it lies, and one line about it."""

    folder: Path
    text: str


@dataclass(frozen=True)
class Begun:
    """A session that was begun, and what the user should know about it, one sentence each."""

    session: "Session"
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Reopened:
    """A session that was opened again, with its labels as they were left."""

    session: "Session"
    labels: "NDArray[np.uint8]"
    outcome: Outcome


def find_earlier(picture: "Micrograph") -> Task[Earlier | None]:
    """Look for a session of a picture that has corrections in it or is whole."""
    yield Progress(0, 0, "looking for earlier corrections")
    from mineralseg_models.errors import BrokenSession
    from mineralseg_models.sessions.opening import find_session, open_session

    sha256 = picture_hash(picture)
    yield Progress(0, 0, "looking for earlier corrections")
    folder = find_session(picture.path, sha256)
    if folder is None:
        return None
    try:
        session = open_session(folder, picture=picture.path, picture_sha256=sha256)
    except BrokenSession as error:
        return Earlier(folder, f"An earlier correction cannot be opened: {error}")
    if session.shape != picture.pixels.shape[:2]:
        return None
    return Earlier(folder, _about(session, picture.name))


def _about(session: "Session", name: str) -> str:
    """``Correction of 2a from 20 Nov 2026, 312 px corrected``."""
    _, touched = session.latest()
    began = datetime.fromisoformat(session.record.created).astimezone()
    pixels = f"{int(touched.sum()):,}".replace(",", " ")
    return f"Correction of {name} from {began.day} {began:%b %Y}, {pixels} px corrected"


def begin_session(outcome: Outcome, picture: "Micrograph") -> Task[Begun]:
    """Begin the session of a new result.

    An earlier session of the picture is kept under another name, unless nobody had touched it.
    """
    yield Progress(0, 0, "beginning a correction session")
    from mineralseg_models.sessions.creation import create_session
    from mineralseg_models.sessions.opening import find_session

    sha256 = picture_hash(picture)
    earlier = find_session(picture.path, sha256)
    disposable = earlier is not None and _is_untouched(earlier)
    before = set() if earlier is None else _beside(earlier)
    session = create_session(
        picture=picture.path,
        picture_sha256=sha256,
        taxonomy=outcome.taxonomy,
        prediction=outcome.predicted,
        uncertainty=outcome.uncertainty,
        provenance=outcome.provenance.model_dump(mode="json"),
        pixel_size_um=outcome.pixel_size_um,
        bundle_name=outcome.provenance.bundle,
        weights_sha256=outcome.provenance.weights_sha256,
    )
    notes = list(session.notes)
    for folder in _beside(earlier) - before if earlier is not None else ():
        if disposable:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            notes.append(f"The earlier correction of {picture.name} is kept in {folder}.")
    return Begun(session, tuple(notes))


def _beside(folder: Path) -> set[Path]:
    """Retired sessions beside a session's folder."""
    return set(folder.parent.glob(f"{folder.name}-*"))


def _is_untouched(folder: Path) -> bool:
    """Whether a session holds nothing that a person made."""
    from mineralseg_models.errors import BrokenSession
    from mineralseg_models.sessions.opening import open_session

    try:
        session = open_session(folder, picture_sha256="")
    except BrokenSession:
        return False
    return not (session.latest()[1].any() or session.reviewed().any())


def reopen(folder: Path, picture: "Micrograph") -> Task[Reopened]:
    """Open a session again, with all that the dock needs to show it."""
    yield Progress(0, 0, "opening")
    from mineralseg_models.segmentation.regions import uncertain_regions
    from mineralseg_models.sessions.opening import open_session

    session = open_session(folder, picture=picture.path)
    labels, _ = session.latest()
    yield Progress(0, 0, "looking for uncertain regions")
    uncertainty = session.uncertainty()
    regions = () if uncertainty is None else uncertain_regions(uncertainty, session.reviewed())
    provenance = _recorded(session)
    outcome = Outcome(
        predicted=session.prediction(),
        uncertainty=uncertainty,
        taxonomy=session.taxonomy,
        pixel_size_um=picture.pixel_size_um or session.pixel_size_um,
        error=_error_of(session),
        regions=tuple(regions),
        warnings=(),
        provenance=provenance,
        registrations=tuple(_registrations(provenance)),
    )
    return Reopened(session, labels, outcome)


def _recorded(session: "Session") -> "Provenance":
    """Provenance that the session was begun with; one from elsewhere may lack it."""
    from pydantic import ValidationError

    from mineralseg_models.provenance import Provenance, new_provenance

    try:
        return Provenance.model_validate(dict(session.provenance))
    except ValidationError:
        bundle = session.record.bundle
        return new_provenance(bundle=bundle.name if bundle else None)


def _registrations(provenance: "Provenance") -> "Iterator[Registration]":
    """How the crossed pictures lay; what cannot be read is left out."""
    from mineralseg_models.segmentation.registration import Registration

    for entry in provenance.registration or ():
        with suppress(KeyError, TypeError, ValueError):
            dy, dx = (float(v) for v in entry["shift_px"])
            angle, score = float(entry["angle_deg"]), float(entry["score"])
            yield Registration(angle, (dy, dx), score, bool(entry["accepted"]))


def _error_of(session: "Session") -> "CrossValidatedError | None":
    """Cross-validated error of the bundle that made the prediction, if it is still here."""
    from mineralseg_models.bundles.catalogue import list_bundles

    made_by = session.record.bundle
    bundles = (listing.bundle for listing in list_bundles())
    for bundle in bundles:
        if made_by and bundle and bundle.card.weights.sha256 == made_by.weights_sha256:
            return bundle.card.segmentation.error
    return None
