import errno
import hashlib
import os

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mineralseg_models.errors import BadInput, BrokenSession, CannotWrite
from mineralseg_models.sessions import open_session
from mineralseg_models.sessions.versions import numbers

PREDICTION = np.array([[0, 4, 4], [0, 0, 4]], dtype=np.uint8)  # of the session that begins

NOTHING = np.zeros((2, 3), dtype=bool)


def edited(value: int = 4) -> tuple[np.ndarray, np.ndarray]:
    labels = PREDICTION.copy()
    labels[1, 0] = value
    return labels, labels != PREDICTION


def test_a_new_session_starts_from_the_prediction(begin):
    session = begin(pixel_size_um=0.755, provenance={"device": "cpu"})
    corrected, touched = session.latest()
    assert_array_equal(corrected, PREDICTION)
    assert not touched.any()
    assert not session.reviewed().any()
    assert_array_equal(session.prediction(), PREDICTION)
    assert_array_equal(session.uncertainty(), [[0, 0.5, 1], [0, 0, 0.25]])
    assert session.shape == (2, 3)
    assert session.pixel_size_um == 0.755
    assert session.provenance == {"device": "cpu"}
    assert session.taxonomy.names == ["other", "quartz"]
    assert session.notes == ()


def test_no_uncertainty_is_none(begin):
    assert begin(uncertainty=None).uncertainty() is None


def test_what_was_saved_is_there_again(begin):
    session = begin()
    labels, touched = edited()
    reviewed = np.array([[True, False, False], [False, False, False]])
    assert session.save(labels, touched, reviewed)
    again = open_session(session.folder, picture_sha256=session.record.picture.sha256)
    assert_array_equal(again.latest()[0], labels)
    assert_array_equal(again.latest()[1], touched)
    assert_array_equal(again.reviewed(), reviewed)
    assert again.notes == ()


def test_reviewed_regions_stay_when_only_labels_are_saved(begin):
    session = begin()
    session.save(PREDICTION, NOTHING, ~NOTHING)
    session.save(*edited())
    assert session.reviewed().all()


def test_nothing_changed_nothing_written(begin):
    session = begin()
    assert not session.save(PREDICTION, NOTHING)
    assert session.save(*edited())
    assert not session.save(*edited())
    assert numbers(session.folder) == [1, 2]


def test_latest_gives_copies(begin):
    session = begin()
    session.latest()[0][:] = 9
    assert_array_equal(session.latest()[0], PREDICTION)


def test_the_first_and_the_last_ten_versions_stay(begin):
    session = begin()
    for value in range(1, 16):
        session.save(*edited(value))
    assert numbers(session.folder) == [1, *range(7, 17)]
    assert session.latest()[0][1, 0] == 15


def test_what_killed_programs_left_is_cleared_after_a_while(begin):
    session = begin()
    old, fresh = (session.folder / "versions" / f".{n}.part.tif" for n in ("old", "fresh"))
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    session.save(*edited())
    assert not old.exists()
    assert fresh.exists()


def test_two_windows_replace_none_of_each_others_versions(begin):
    first = begin()
    second = open_session(first.folder)
    first.save(*edited(1))
    second.save(*edited(2))
    assert numbers(first.folder) == [1, 2, 3]


@pytest.mark.parametrize(
    ("labels", "touched", "said"),
    [
        (PREDICTION[:1], NOTHING, "3 × 2"),
        (PREDICTION.astype(np.int32), NOTHING, "int32"),
        (PREDICTION, NOTHING[:1], r"\(1, 3\)"),
        (PREDICTION, NOTHING.astype(np.uint8), "uint8"),
    ],
)
def test_other_shapes_and_types_are_refused(begin, labels, touched, said):
    with pytest.raises(BadInput, match=said):
        begin().save(labels, touched)


def test_a_full_disk_is_said_and_the_last_version_stays(begin, monkeypatch):
    session = begin()
    session.save(*edited(1))

    def full(*_args, **_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("tifffile.TiffWriter.write", full)
        with pytest.raises(CannotWrite, match="disk is full"):
            session.save(*edited(2))
    assert numbers(session.folder) == [1, 2]
    assert list((session.folder / "versions").glob(".*")) == []
    assert session.save(*edited(2))
    assert open_session(session.folder).latest()[0][1, 0] == 2


def test_a_session_folder_that_vanished_is_said(begin):
    session = begin()
    session.folder.rename(session.folder.with_name("elsewhere"))
    with pytest.raises(CannotWrite, match="does not exist"):
        session.save(*edited())


@pytest.mark.parametrize("name", ["prediction.tif", "uncertainty.tif"])
@pytest.mark.parametrize("damage", [lambda p: p.unlink(), lambda p: p.write_bytes(b"II*\0rubbish")])
def test_damaged_maps_are_said_when_asked_for(begin, name, damage):
    session = begin()
    damage(session.folder / name)
    with pytest.raises(BrokenSession, match=name):
        session.prediction() if name == "prediction.tif" else session.uncertainty()


def test_an_uncertainty_of_no_numbers_is_damage(begin):
    session = begin(uncertainty=np.full((2, 3), np.nan, dtype=np.float32))
    with pytest.raises(BrokenSession, match="not numbers"):
        session.uncertainty()


def test_the_picture_on_disk_is_compared_with_its_session(begin, picture):
    session = begin(picture_sha256=hashlib.sha256(b"a picture").hexdigest())
    assert open_session(session.folder).notes == ()
    picture.write_bytes(b"another picture")
    assert "not the picture" in " ".join(open_session(session.folder).notes)
    assert "not the picture" in " ".join(open_session(session.folder, picture=picture).notes)
    picture.unlink()
    assert open_session(session.folder).notes == ()
