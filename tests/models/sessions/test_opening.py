import json
import os
import shutil

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from mineralseg_models.errors import BrokenSession
from mineralseg_models.sessions import open_session

PREDICTION = np.array([[0, 4, 4], [0, 0, 4]], dtype=np.uint8)  # of the session that begins


@pytest.fixture
def folder(begin):
    """A session with versions 1 to 3, whose pixel (0, 0) is 0, 1 and 2."""
    session = begin()
    for value in (1, 2):
        labels = PREDICTION.copy()
        labels[0, 0] = value
        session.save(labels, labels != PREDICTION)
    return session.folder


def change(folder, **fields) -> None:
    content = json.loads((folder / "session.json").read_text())
    content |= fields
    (folder / "session.json").write_text(json.dumps(content))


def newest(folder):
    return folder / "versions" / "000003.tif"


def test_not_a_session(tmp_path):
    with pytest.raises(BrokenSession, match="not a correction session"):
        open_session(tmp_path)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"format_version": 2}, "format version 2"),
        ({"format_version": None}, "format version None"),
        ({"surprise": 1}, "surprise"),
        ({"classes": []}, "classes"),
        ({"classes": [{"id": 1, "name": "a", "colour": "#000000"}] * 2}, "distinct"),
        ({"created": 5}, "created"),
    ],
)
def test_a_changed_record_is_refused_with_the_field(folder, fields, said):
    change(folder, **fields)
    with pytest.raises(BrokenSession, match=said):
        open_session(folder)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"name": "../../etc/passwd"}, "plain file name"),
        ({"name": "/etc/passwd"}, "plain file name"),
        ({"name": ".."}, "plain file name"),
        ({"name": "a\0b"}, "plain file name"),
        ({"sha256": "zz"}, "sha256"),
        ({"shape": [0, 3]}, "shape"),
        ({"shape": [60_000, 60_000]}, "2 gigapixels"),
        ({"pixel_size_um": -1}, "pixel_size_um"),
    ],
)
def test_a_changed_picture_record_is_refused(folder, fields, said):
    picture = json.loads((folder / "session.json").read_text())["picture"]
    change(folder, picture=picture | fields)
    with pytest.raises(BrokenSession, match=said):
        open_session(folder)


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"\xff\xfe", b'{"format_version": NaN}', b"[" * 100_000]
)
def test_a_record_that_is_no_record_is_refused(folder, content):
    (folder / "session.json").write_bytes(content)
    with pytest.raises(BrokenSession, match="restore it from a copy"):
        open_session(folder)


def test_a_huge_record_is_not_read(folder):
    (folder / "session.json").write_bytes(b" " * (5 * 2**20))
    with pytest.raises(BrokenSession, match="larger than"):
        open_session(folder)


@pytest.mark.parametrize("name", ["session.json", "versions"])
def test_links_out_of_the_session_are_refused(folder, tmp_path, name):
    shutil.move(folder / name, tmp_path / "outside")
    (folder / name).symlink_to(tmp_path / "outside")
    with pytest.raises(BrokenSession, match="outside its session"):
        open_session(folder)


def test_a_loop_of_links_is_refused(folder):
    (folder / "session.json").unlink()
    (folder / "session.json").symlink_to(folder / "session.json")
    with pytest.raises(BrokenSession, match=r"link|session\.json"):
        open_session(folder)


def test_a_missing_folder_of_versions_is_refused(folder):
    shutil.rmtree(folder / "versions")
    with pytest.raises(BrokenSession, match="cannot be listed"):
        open_session(folder)


def cut(path):
    path.write_bytes(path.read_bytes()[:-20])


def empty(path):
    path.write_bytes(b"")


def other_shape(path):
    tifffile.imwrite(path, np.zeros((2, 4, 3), np.uint8), photometric="minisblack")


def one_page(path):
    tifffile.imwrite(path, np.zeros((2, 3), np.uint8), photometric="minisblack")


def no_checksum(path):
    with tifffile.TiffWriter(path) as tiff:
        for _ in range(2):
            tiff.write(np.zeros((2, 3), np.uint8), photometric="minisblack", metadata=None)


def wrong_checksum(path):
    with tifffile.TiffWriter(path) as tiff:
        for _ in range(2):
            tiff.write(
                np.zeros((2, 3), np.uint8),
                photometric="minisblack",
                metadata=None,
                description='{"checksum": "0"}',
            )


def a_folder(path):
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize(
    "damage", [cut, empty, other_shape, one_page, no_checksum, wrong_checksum, a_folder]
)
def test_a_damaged_last_version_gives_way_to_the_one_before(folder, damage):
    damage(newest(folder))
    session = open_session(folder)
    assert session.latest()[0][0, 0] == 1
    assert "Version 3 was left out" in session.notes[0]
    assert "Version 2" in session.notes[1]
    labels = PREDICTION.copy()
    labels[0, 0] = 9
    session.save(labels, labels != PREDICTION)
    assert open_session(folder).latest()[0][0, 0] == 9


def test_no_sound_version_gives_the_prediction(folder):
    for path in (folder / "versions").iterdir():
        empty(path)
    session = open_session(folder)
    assert_array_equal(session.latest()[0], PREDICTION)
    assert not session.latest()[1].any()
    assert "prediction was opened" in session.notes[-2]


def test_nothing_sound_at_all_is_refused(folder):
    for path in [*(folder / "versions").iterdir(), folder / "prediction.tif"]:
        empty(path)
    with pytest.raises(BrokenSession, match="no version that can be read"):
        open_session(folder)


def test_leftovers_of_a_killed_write_are_no_versions(folder):
    (folder / "versions" / ".0123.part.tif").write_bytes(b"half")
    assert open_session(folder).latest()[0][0, 0] == 2


def test_a_read_only_session_opens_and_says_so(folder, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    assert "read-only" in open_session(folder).notes[-1]


def test_a_picture_that_cannot_be_read_is_said(folder, monkeypatch, picture):
    real = type(picture).open

    def refuse(self, *args, **kwargs):
        if self.name == picture.name:
            raise PermissionError(13, "Permission denied")
        return real(self, *args, **kwargs)

    monkeypatch.setattr(type(picture), "open", refuse)
    assert "could not be compared" in open_session(folder).notes[-1]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_damage_to_one_file_opens_something_or_is_said(folder, data):
    name = data.draw(st.sampled_from(["session.json", "prediction.tif", "versions/000003.tif"]))
    path = folder / name
    sound = path.read_bytes()
    at = data.draw(st.integers(0, len(sound) - 1))
    rubbish = data.draw(st.binary(max_size=12))
    cut_short = data.draw(st.booleans())
    path.write_bytes(sound[:at] + rubbish + (b"" if cut_short else sound[at + len(rubbish) :]))
    try:
        session = open_session(folder)
        assert session.latest()[0].shape == session.shape
        if name != "session.json":
            assert session.latest()[0][0, 0] in (1, 2)
        session.prediction()
    except BrokenSession as error:
        assert str(error).endswith((".", ")."))  # noqa: PT017 - only some damage is refused
    finally:
        path.write_bytes(sound)
