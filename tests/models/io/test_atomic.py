import errno
import os
from pathlib import Path

import pytest

from mineralseg_models.errors import CannotWrite
from mineralseg_models.io import atomic
from mineralseg_models.io.atomic import cannot_write, replace_file, replace_together


def test_the_file_appears_whole_and_nothing_else_stays(tmp_path):
    target = tmp_path / "a.txt"
    with replace_file(target) as aside:
        aside.write_text("new")
        assert aside.parent == tmp_path
        assert aside.suffix == ".txt"
        assert not target.exists()
    assert target.read_text() == "new"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_an_error_in_the_block_leaves_the_old_file(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(TypeError), replace_file(target) as aside:
        aside.write_text(b"half")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_writer_may_replace_the_temporary_file_itself(tmp_path):
    with replace_file(str(tmp_path / "a.txt")) as aside:
        other = tmp_path / "other"
        other.write_text("new")
        other.replace(aside)
    assert (tmp_path / "a.txt").read_text() == "new"


def test_a_missing_folder_is_named(tmp_path):
    with (
        pytest.raises(CannotWrite, match="folder does not exist"),
        replace_file(tmp_path / "b" / "a"),
    ):
        pytest.fail("the block must not run")


def test_a_folder_in_the_way_is_named(tmp_path):
    (tmp_path / "a").mkdir()
    with pytest.raises(CannotWrite, match="could not be written"), replace_file(tmp_path / "a"):
        pass
    assert os.listdir(tmp_path) == ["a"]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "not permitted"),
        (errno.ENAMETOOLONG, "too long"),
        (errno.EIO, "input/output error"),
    ],
)
def test_causes_are_told_in_words(tmp_path, number, words):
    target = tmp_path / "a.txt"
    target.write_text("old")
    with pytest.raises(CannotWrite, match=words) as caught, replace_file(target):
        raise OSError(number, os.strerror(number))
    assert str(target) in str(caught.value)
    assert target.read_text() == "old"


def test_an_error_without_a_number_is_told_in_its_own_words():
    assert "odd thing" in str(cannot_write(Path("x"), OSError("odd thing")))


def test_folders_that_cannot_be_flushed_and_leftovers_do_no_harm(tmp_path, monkeypatch):
    calls = []

    def refuse(descriptor):
        calls.append(descriptor)
        if len(calls) > 1:
            raise OSError(errno.EINVAL, "no")

    monkeypatch.setattr(atomic.os, "fsync", refuse)
    with replace_file(tmp_path / "a") as aside:
        aside.write_text("x")
    assert (tmp_path / "a").read_text() == "x"
    assert len(calls) == 2


def test_the_first_error_is_reported_when_cleaning_up_fails_too(tmp_path, monkeypatch):
    def refuse(self, missing_ok=False):
        raise PermissionError(errno.EACCES, "no")

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(CannotWrite, match="disk is full"), replace_file(tmp_path / "a"):
        raise OSError(errno.ENOSPC, "full")


def test_files_of_one_result_appear_together(tmp_path):
    (tmp_path / "b").write_text("old")
    targets = [tmp_path / name for name in ("a", "b", "c")]
    with replace_together(targets) as (a, b, c):
        a.write_text("new")
        with replace_file(c) as aside:
            aside.write_text("new")
        assert b.name == "b"
        assert (tmp_path / "b").read_text() == "old"
        assert not targets[0].exists()
    assert sorted(os.listdir(tmp_path)) == ["a", "c"]


@pytest.mark.parametrize(
    ("error", "raised"),
    [(OSError(errno.ENOSPC, "full"), CannotWrite), (KeyboardInterrupt(), KeyboardInterrupt)],
)
def test_an_error_leaves_every_file_of_the_older_result(tmp_path, error, raised):
    targets = [tmp_path / name for name in ("a", "b")]
    for target in targets:
        target.write_text("old")

    def stop(half):
        half.write_text("new")
        raise error

    with pytest.raises(raised), replace_together(targets) as (a, _):
        stop(a)
    assert [t.read_text() for t in targets] == ["old", "old"]
    assert sorted(os.listdir(tmp_path)) == ["a", "b"]


def test_the_file_is_named_that_could_not_be_written(tmp_path):
    with (
        pytest.raises(CannotWrite, match="disk is full") as caught,
        replace_together([tmp_path / "a"]) as (a,),
        replace_file(a),
    ):
        raise OSError(errno.ENOSPC, "full")
    assert str(caught.value).startswith(f"{tmp_path / 'a'} ")
    assert isinstance(caught.value.__cause__, OSError)


def test_an_absent_folder_of_several_files_is_named(tmp_path):
    with (
        pytest.raises(CannotWrite, match="folder does not exist"),
        replace_together([tmp_path / "b" / "a"]),
    ):
        pytest.fail("the block must not run")
