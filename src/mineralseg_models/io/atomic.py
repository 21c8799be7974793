"""Write aside, then rename: a file is either the old one or the whole new one.

:func:`replace_file` does so for one file, :func:`replace_together` for several of one result.
"""

import errno
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mineralseg_models.errors import CannotWrite

CAUSES = {
    errno.ENOSPC: "the disk is full: free some space",
    errno.EDQUOT: "the disk quota is used up: free some space",
    errno.EROFS: "the disk is read-only: choose another folder",
    errno.EACCES: "writing there is not permitted: choose another folder",
    errno.EPERM: "writing there is not permitted: choose another folder",
    errno.ENOENT: "its folder does not exist: create it or choose another",
    errno.ENOTDIR: "a part of its path is a file, not a folder: choose another folder",
    errno.EISDIR: "a folder of this name is in the way: choose another name",
    errno.ENAMETOOLONG: "the name is too long: choose a shorter one",
}


@contextmanager
def replace_file(path: str | Path) -> Iterator[Path]:
    """Give a temporary path to write to and move it to ``path`` when the block ends well.

    Parameters
    ----------
    path : str or Path
        The file to create or replace.

    Yields
    ------
    Path
        An empty file in the same folder, with the same suffix. It is flushed to disk and
        renamed at the end; an error in the block removes it and leaves ``path`` as it was.

    Raises
    ------
    CannotWrite
        The folder is read-only or absent, the disk is full or another OSError came up.
    """
    target = Path(path)
    aside = target.with_name(f".{secrets.token_hex(6)}.part{target.suffix}")
    try:
        _create(aside)
        yield aside
        _flush(aside)
        os.replace(aside, target)
        _flush_folder(target.parent)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        _remove(aside)


@contextmanager
def replace_together(targets: Sequence[Path]) -> Iterator[list[Path]]:
    """Give paths to write several files of one result to; all are moved when the block ends well.

    Parameters
    ----------
    targets : sequence of Path
        Files of one folder to create or replace, moved in this order. A target that the block
        does not write is removed, so that no file of an earlier result stays among the new ones.

    Yields
    ------
    list of Path
        The same names in a hidden folder beside. An error in the block removes it and leaves
        every target as it was.

    Raises
    ------
    CannotWrite
        The folder is read-only or absent, the disk is full or another OSError came up.
    """
    folder = targets[0].parent
    aside = folder / f".{secrets.token_hex(6)}.part"
    try:
        aside.mkdir()
        written = [aside / target.name for target in targets]
        yield written
        for path, target in zip(written, targets, strict=True):
            if path.exists():
                os.replace(path, target)
            else:
                target.unlink(missing_ok=True)
        _flush_folder(folder)
    except CannotWrite as error:  # of a file in the hidden folder: name it as the user knows it
        raise CannotWrite(str(error).replace(f"{aside.name}{os.sep}", "")) from error.__cause__
    except OSError as error:
        raise cannot_write(folder, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def cannot_write(path: Path, error: OSError) -> CannotWrite:
    """Say in one sentence why ``path`` could not be written."""
    cause = CAUSES.get(error.errno or 0) or (error.strerror or str(error)).lower()
    return CannotWrite(f"{path} could not be written: {cause}.")


def _create(path: Path) -> None:
    """Create an empty file; an existing one is an error."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))


def _flush(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make the rename itself durable, where the system can (POSIX)."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError:  # some network file systems refuse to flush a folder; the file is whole
        pass
    finally:
        os.close(handle)


def _remove(path: Path) -> None:
    try:
        path.unlink(missing_ok=True)
    except OSError:  # the first error is the one to report
        return
