"""Versions of a corrected mask: one TIFF file each, written aside and renamed.

Page 1 holds class ids, page 2 marks as bits: 1 touched by a person, 2 reviewed. The description
of page 1 holds a checksum of both, so that a damaged file is never taken for a mask.
"""

import hashlib
import json
import logging
import re
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from mineralseg_models.errors import BrokenSession
from mineralseg_models.io.atomic import replace_file
from mineralseg_models.io.raster import DECODER_ERRORS
from mineralseg_models.sessions.layout import VERSIONS, part

TOUCHED, REVIEWED = 1, 2
KEPT = 10
LEFTOVER_S = 60.0
_NAME = re.compile(r"^(\d{6,9})\.tif$")
_CODECS = (
    tifffile.COMPRESSION.NONE,
    tifffile.COMPRESSION.ADOBE_DEFLATE,
    tifffile.COMPRESSION.DEFLATE,
)
_LEVEL = 1  # of zlib: masks shrink well at the fastest

logging.getLogger("tifffile").addHandler(logging.NullHandler())

Labels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Version:
    """One state of a correction; arrays are never changed after it was made.

    Parameters
    ----------
    corrected : ndarray of uint8, shape (Y, X)
        Class ids.
    marks : ndarray of uint8, shape (Y, X)
        Bits: :data:`TOUCHED`, :data:`REVIEWED`.
    number : int
        1 for the first; 0 for one that is not on disk.
    """

    corrected: Labels
    marks: Labels
    number: int = 0

    @cached_property
    def checksum(self) -> str:
        """Hash of both arrays, 32 hexadecimal digits."""
        digest = hashlib.blake2b(digest_size=16)
        digest.update(np.ascontiguousarray(self.corrected).data)
        digest.update(np.ascontiguousarray(self.marks).data)
        return digest.hexdigest()

    def marked(self, bit: int) -> Mask:
        """Where a mark is set, shape (Y, X)."""
        return np.asarray((self.marks & bit) > 0)


def marks(touched: Mask, reviewed: Mask) -> Labels:
    """Join two masks of equal shape into one array of bits."""
    bits = np.where(touched, np.uint8(TOUCHED), np.uint8(0))
    return np.asarray(bits | np.where(reviewed, np.uint8(REVIEWED), np.uint8(0)))


def numbers(folder: Path) -> list[int]:
    """Numbers of the versions on disk, rising; whether they are sound is not checked.

    Raises
    ------
    BrokenSession
        The folder of versions cannot be listed or lies elsewhere.
    """
    inside = part(folder, VERSIONS)
    try:
        found = [_NAME.match(p.name) for p in inside.iterdir()]
    except OSError as error:
        raise BrokenSession(
            f"The versions in {inside} cannot be listed: restore the folder from a copy, or start "
            "a new session."
        ) from error
    return sorted({int(m[1]) for m in found if m})


def version_path(folder: Path, number: int) -> Path:
    """File of a version."""
    return folder / VERSIONS / f"{number:06d}.tif"


def write_version(folder: Path, version: Version) -> None:
    """Write a version: afterwards it is on disk whole, or not at all.

    Raises
    ------
    CannotWrite
        The folder is read-only or gone, or the disk is full.
    """
    about = {
        "kind": "mineralseg version",
        "format_version": 1,
        "number": version.number,
        "saved": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "checksum": version.checksum,
    }
    with (
        replace_file(version_path(folder, version.number)) as aside,
        tifffile.TiffWriter(aside) as tiff,
    ):
        write_page(tiff, version.corrected, json.dumps(about))
        write_page(tiff, version.marks)


def write_page(tiff: tifffile.TiffWriter, values: NDArray[Any], about: str | None = None) -> None:
    """Append one compressed page."""
    tiff.write(
        values,
        photometric="minisblack",
        compression="zlib",
        compressionargs={"level": _LEVEL},
        rowsperstrip=max(1, 2**20 // max(1, values.shape[1] * values.itemsize)),
        description=about,
        metadata=None,
    )


def read_version(folder: Path, number: int, shape: tuple[int, int]) -> Version:
    """Read and check a version.

    Raises
    ------
    BrokenSession
        It is missing, damaged, of another shape, or not what its checksum says.
    """
    path = part(folder, f"{VERSIONS}/{number:06d}.tif")
    pages, about = read_pages(path, 2, shape, np.dtype(np.uint8))
    version = Version(pages[0], pages[1], number)
    try:
        checksum = json.loads(about)["checksum"]
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BrokenSession(f"{path} is damaged: it lacks its checksum.") from error
    if checksum != version.checksum:
        raise BrokenSession(f"{path} is damaged: its checksum does not agree with its content.")
    return version


def read_pages(
    path: Path, count: int, shape: tuple[int, int], dtype: np.dtype[Any]
) -> tuple[list[NDArray[Any]], str]:
    """Read the pages of a TIFF file that this program wrote, and its description.

    Raises
    ------
    BrokenSession
        It is missing, damaged, or has other pages, shapes, types or codecs than expected.
    """
    try:
        if not path.is_file():
            raise BrokenSession(f"{path} is missing.")
        with tifffile.TiffFile(path) as tiff:
            pages = [page.aspage() for page in tiff.pages[: count + 1]]
            size = path.stat().st_size
            if len(pages) != count or not all(_as_written(p, shape, dtype, size) for p in pages):
                raise BrokenSession(
                    f"{path} is damaged: {count} pages of {shape[1]} × {shape[0]} {dtype} values "
                    "are expected."
                )
            return [page.asarray() for page in pages], pages[0].description
    except DECODER_ERRORS as error:
        raise BrokenSession(f"{path} is damaged or cut short ({type(error).__name__}).") from error


def _as_written(
    page: tifffile.TiffPage, shape: tuple[int, int], dtype: np.dtype[Any], size: int
) -> bool:
    """Whether a page is of the expected kind and its data lie inside the file."""
    return (
        page.shape == shape
        and page.dtype == dtype
        and page.compression in _CODECS
        and len(page.dataoffsets) == len(page.databytecounts) > 0
        and all(
            offset > 0 and length > 0 and offset + length <= size
            for offset, length in zip(page.dataoffsets, page.databytecounts, strict=True)
        )
    )


def prune(folder: Path) -> None:
    """Delete all versions but the first and the last ten, and what killed programs left.

    What cannot be deleted stays: too many files do no harm.
    """
    dropped = [version_path(folder, number) for number in numbers(folder)[1:-KEPT]]
    for path in [*dropped, *_leftovers(folder / VERSIONS)]:
        with suppress(OSError):
            path.unlink(missing_ok=True)


def _leftovers(versions: Path) -> list[Path]:
    """Files that were being written by a program that was killed, a minute ago or longer."""
    found = []
    for path in versions.glob(".*.part.tif"):
        with suppress(OSError):
            if time.time() - path.stat().st_mtime > LEFTOVER_S:
                found.append(path)
    return found
