import errno
import os
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mineralseg_models.errors import BadInput, CannotWrite
from mineralseg_models.sessions import find_session, open_session
from mineralseg_models.sessions.layout import session_folders

PREDICTION = np.array([[0, 4, 4], [0, 0, 4]], dtype=np.uint8)  # of the session that begins


@pytest.fixture
def read_only(monkeypatch):
    """Make folders behave as if they could not be written to; the tests may run as root."""
    refused: list[Path] = []
    real = os.mkdir

    def mkdir(path, *args, **kwargs):
        if any(Path(path).is_relative_to(folder) for folder in refused):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return real(path, *args, **kwargs)

    monkeypatch.setattr(os, "mkdir", mkdir)
    return refused


def test_the_session_lies_beside_the_picture_and_is_found(begin, picture):
    assert find_session(picture) is None
    session = begin()
    assert session.folder == picture.with_name("2a.mineralseg")
    assert find_session(picture) == session.folder
    assert [p.name for p in picture.parent.iterdir() if p.name.startswith(".")] == []


def test_an_older_session_is_kept_under_another_name(begin, picture):
    labels = PREDICTION.copy()
    labels[0, 0] = 4
    begin().save(labels, labels != PREDICTION)
    begin()
    begin()
    kept = sorted(p for p in picture.parent.iterdir() if p.name.startswith("2a.mineralseg-"))
    assert len(kept) == 2
    assert max(open_session(k).latest()[0][0, 0] for k in kept) == 4
    assert_array_equal(open_session(find_session(picture)).latest()[0], PREDICTION)


def test_pictures_of_one_stem_have_sessions_of_their_own(begin, picture):
    other = picture.with_suffix(".tif")
    jpg, tif = begin(), begin(picture=other)
    assert jpg.folder != tif.folder == picture.with_name("2a.tif.mineralseg")
    assert find_session(picture) == jpg.folder
    assert find_session(other) == tif.folder


def test_a_read_only_folder_leads_to_the_users_own(begin, picture, read_only, user_folder):
    read_only.append(picture.parent)
    session = begin()
    assert session.folder.parent == user_folder
    assert "not permitted" in session.notes[0]
    assert "instead" in session.notes[0]
    assert find_session(picture) == session.folder
    assert open_session(session.folder).record.picture.name == "2a.jpg"


def test_nowhere_to_write_is_said(begin, tmp_path, read_only):
    read_only.append(tmp_path)
    with pytest.raises(CannotWrite, match="not permitted"):
        begin()


def test_nowhere_to_write_for_a_picture_without_a_file(begin, tmp_path, read_only):
    read_only.append(tmp_path)
    with pytest.raises(CannotWrite, match="not permitted"):
        begin(picture=None)


def test_a_picture_without_a_file_has_its_session_in_the_users_folder(begin, user_folder):
    session = begin(picture=None)
    assert session.folder.parent == user_folder
    assert find_session(None, session.record.picture.sha256) == session.folder
    assert find_session(None, "0" * 64) is None


def test_the_session_saved_last_is_taken(begin, picture, user_folder):
    beside = begin()
    away = begin(folder=user_folder / session_folders(picture, "")[-1].name)
    os.utime(beside.folder, (1, 1))
    os.utime(beside.folder / "versions", (1, 1))
    assert find_session(picture) == away.folder


def test_a_damaged_session_in_the_way_is_kept_aside(begin, picture):
    folder = picture.with_name("2a.mineralseg")
    folder.mkdir()
    (folder / "session.json").write_text("rubbish")
    assert find_session(picture) == folder
    begin()
    assert any(p.name.startswith("2a.mineralseg-") for p in picture.parent.iterdir())


def test_who_and_with_what(begin):
    session = begin(author="A. Petrographer", bundle_name="mine", weights_sha256="0" * 64)
    assert session.record.author == "A. Petrographer"
    assert session.record.bundle.name == "mine"
    assert session.record.program
    assert session.record.created.endswith("+00:00")


def test_an_account_without_a_name_is_no_obstacle(begin, monkeypatch):
    def nameless() -> str:
        raise KeyError("uid")

    monkeypatch.setattr("getpass.getuser", nameless)
    assert begin().record.author is None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"prediction": PREDICTION.astype(np.int64)}, "int64"),
        ({"prediction": PREDICTION[0]}, r"\(3,\)"),
        ({"prediction": np.zeros((0, 3), np.uint8)}, r"\(0, 3\)"),
        ({"uncertainty": np.zeros((3, 2), np.float32)}, "one shape"),
        ({"picture_sha256": "short"}, "sha256"),
        ({"provenance": {"array": object()}}, "cannot be begun"),
        ({"provenance": {"text": "x" * 5_000_000}}, "MB"),
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_nothing(begin, picture, changes, said):
    with pytest.raises(BadInput, match=said):
        begin(**changes)
    assert list(picture.parent.iterdir()) == [picture]


def test_a_disk_that_fills_up_leaves_nothing_half_made(begin, picture, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tifffile.TiffWriter.write", full)
    with pytest.raises(CannotWrite, match="disk is full"):
        begin()
    assert list(picture.parent.iterdir()) == [picture]
