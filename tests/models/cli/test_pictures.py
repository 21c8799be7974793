import errno
import os
import tempfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.cli.pictures import (
    fields_of,
    make_folder,
    pictures_in,
    read_stack,
    refuse_equal_stems,
)
from mineralseg_models.errors import BadInput, CannotWrite, UnfitBundle


def _touch(folder: Path, *names: str) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).touch()
    return [folder / name for name in names]


def test_pictures_by_stem(tmp_path: Path) -> None:
    _touch(tmp_path, "b.PNG", "a.tif", "notes.txt", ".hidden.png", "Thumbs.db")
    assert list(pictures_in(tmp_path)) == ["a", "b"]


@pytest.mark.parametrize("names", [["notes.txt"], ["a.tif", "a.jpg"], ["a.tif", "A.png"]])
def test_folders_that_are_refused(tmp_path: Path, names: list[str]) -> None:
    _touch(tmp_path, *names)
    with pytest.raises(BadInput, match=r"holds no pictures|have the same stem"):
        pictures_in(tmp_path)


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (file,) = _touch(tmp_path, "a.tif")
    with pytest.raises(BadInput, match="is no folder"):
        pictures_in(file)


def test_equal_stems_name_both_files() -> None:
    with pytest.raises(BadInput, match=r"x.1\.tif and y.1\.png"):
        refuse_equal_stems([Path("x/1.tif"), Path("x/2.tif"), Path("y/1.png")])


def test_partners_by_stem(tmp_path: Path) -> None:
    images = _touch(tmp_path / "ppl", "1.jpg", "2.jpg", "3.jpg")
    first, second = tmp_path / "x0", tmp_path / "x45"
    _touch(first, "1.tif", "2.jpg", "3.tif")
    _touch(second, "3.png", "1.png")
    fields = fields_of(images, [first, second])
    assert fields[0].crossed == (first / "1.tif", second / "1.png")
    assert "holds no crossed-polarised picture named '2'" in fields[1].missing
    assert fields[2].missing == ""


def test_one_image_takes_files(tmp_path: Path) -> None:
    (image,) = _touch(tmp_path, "1.jpg")
    crossed = [tmp_path / "a.jpg", tmp_path / "b.jpg"]
    assert fields_of([image], crossed)[0].crossed == tuple(crossed)
    with pytest.raises(BadInput, match="must be a folder"):
        fields_of([image, tmp_path / "2.jpg"], crossed)


def test_one_picture_is_not_plane_and_crossed_at_once(tmp_path: Path) -> None:
    (image,) = _touch(tmp_path, "1.jpg")
    for crossed in ([image], [tmp_path], [tmp_path / "x.jpg", tmp_path / "x.jpg"]):
        with pytest.raises(BadInput, match="given twice"):
            fields_of([image], crossed)


def test_a_name_beyond_all_limits_is_no_folder() -> None:
    assert fields_of([Path("a" * 5000)], [])[0].crossed == ()


def test_an_absent_picture_is_told_before_its_partner(tmp_path: Path, tiny_bundle: Bundle) -> None:
    _touch(tmp_path / "xpl", "other.png")
    (field,) = fields_of([tmp_path / "absent.png"], [tmp_path / "xpl"])
    with pytest.raises(BadInput, match=r"absent\.png cannot be opened"):
        read_stack(field, tiny_bundle, None)


def test_a_folder_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is a folder"):
        fields_of([tmp_path], [])


def test_results_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
    (file,) = _touch(tmp_path, "file")
    with pytest.raises(CannotWrite, match="must be a folder"):
        make_folder(file)
    with pytest.raises(CannotWrite, match="not a folder"):
        make_folder(file / "below")

    def read_only(**_: object) -> None:
        raise OSError(errno.EROFS, "read-only")

    with monkeypatch.context() as patch:
        patch.setattr(tempfile, "TemporaryFile", read_only)
        with pytest.raises(CannotWrite, match="disk is read-only"):
            make_folder(tmp_path / "a")
    assert list((tmp_path / "a").iterdir()) == [tmp_path / "a" / "b"]
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(CannotWrite, match="not permitted"):
        make_folder(tmp_path / "c")


def test_stack_takes_the_given_pixel_size(tmp_path: Path, tiny_bundle: Bundle) -> None:
    rng = np.random.default_rng(0)
    paths = [tmp_path / "a.png", tmp_path / "x.png"]
    for path in paths:
        Image.fromarray(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(path)
    (field,) = fields_of(paths[:1], paths[1:])
    picture, stack = read_stack(field, tiny_bundle, 0.5)
    assert picture.pixel_size_um == stack.pixel_size_um == 0.5
    assert stack.pixels.shape == (64, 64, 6)
    with pytest.raises(UnfitBundle, match=r"does not fit a\.png"):
        read_stack(field, tiny_bundle, 50)
    (lonely,) = fields_of(paths[:1], [])
    with pytest.raises(UnfitBundle, match="does not fit"):
        read_stack(lonely, tiny_bundle, None)
