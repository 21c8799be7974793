"""Where a session lies and what it is made of.

::

    2a.jpg                  the picture
    2a.mineralseg/
        session.json        what the session is about (record.py)
        prediction.tif      class ids as the model gave them, uint8
        uncertainty.tif     normalised entropy 0..1, float16 (absent where there is none)
        versions/
            000001.tif      corrected class ids and marks, two pages (versions.py)
            000002.tif
"""

import hashlib
import os
from datetime import datetime
from pathlib import Path

import platformdirs

from mineralseg_models.errors import BrokenSession

SUFFIX = ".mineralseg"
RECORD = "session.json"
PREDICTION = "prediction.tif"
UNCERTAINTY = "uncertainty.tif"
VERSIONS = "versions"
UNTITLED = "untitled"


def session_folders(picture: Path | None, picture_sha256: str) -> tuple[Path, ...]:
    """Places where the session of a picture may lie, the best first.

    Beside the picture as ``STEM.mineralseg``, or ``NAME.mineralseg`` where a picture of the same
    stem and another ending has the first; then in the user's own data folder, for pictures in
    read-only folders and pictures without a file (``picture`` is None).
    """
    if picture is None:
        return (user_sessions() / f"{UNTITLED}-{picture_sha256[:12]}{SUFFIX}",)
    whole = Path(os.path.abspath(picture))
    key = hashlib.sha256(str(whole).encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return (
        whole.with_name(whole.stem + SUFFIX),
        whole.with_name(whole.name + SUFFIX),
        user_sessions() / f"{whole.stem}-{key}{SUFFIX}",
    )


def title(picture: Path | None) -> str:
    """Name of a picture as a record holds it (without bytes that are no text)."""
    if picture is None:
        return UNTITLED
    return picture.name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def user_sessions() -> Path:
    """Folder for sessions that cannot lie beside their picture."""
    return platformdirs.user_data_path("mineralseg", appauthor=False) / "sessions"


def retired(folder: Path, now: datetime) -> Path:
    """Free name for an older session that makes room: ``2a.mineralseg-20261120-233015``."""
    stamp = folder.with_name(f"{folder.name}-{now:%Y%m%d-%H%M%S}")
    name, n = stamp, 1
    while name.exists():
        n += 1
        name = stamp.with_name(f"{stamp.name}-{n}")
    return name


def part(folder: Path, name: str) -> Path:
    """Path of a part of a session; a link that leads out of the folder is refused."""
    path = folder / name
    try:
        outside = not path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError) as error:  # a loop of links
        raise BrokenSession(
            f"{path} is a link that leads nowhere; the session is not used."
        ) from error
    if outside:
        raise BrokenSession(
            f"{path} is a link to a place outside its session; the session is not used, as it may "
            "have been tampered with."
        )
    return path
