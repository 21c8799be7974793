from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from mineralseg_models.errors import BadInput
from mineralseg_models.io.raster import damaged, picture_format, refuse_extent, upright


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"II*\0", "TIFF"),
        (b"MM\0*", "TIFF"),
        (b"II+\0", "TIFF"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0", "JPEG"),
        (b"BM", "BMP"),
    ],
)
def test_formats_are_told_from_their_content(tmp_path, start, name):
    path = tmp_path / "picture.txt"
    path.write_bytes(start + b"...")
    assert picture_format(path) == name


@pytest.mark.parametrize(("content", "words"), [(b"", "is empty"), (b"GIF89a", "is not a picture")])
def test_other_files_are_refused_by_name(tmp_path, content, words):
    path = tmp_path / "a.tif"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=words) as caught:
        picture_format(path)
    assert str(path) in str(caught.value)


def test_absent_files_and_folders_are_refused(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        picture_format(tmp_path / "absent.tif")
    with pytest.raises(BadInput, match="cannot be opened"):
        picture_format(tmp_path)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientations_equal_those_of_pillow(orientation):
    pixels = np.arange(18, dtype=np.uint8).reshape(2, 3, 3)
    image = Image.fromarray(pixels)
    image.getexif()[0x0112] = orientation
    np.testing.assert_array_equal(
        upright(pixels, orientation), np.asarray(ImageOps.exif_transpose(image))
    )


def test_an_unknown_orientation_is_left():
    pixels = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(upright(pixels, None), pixels)
    np.testing.assert_array_equal(upright(pixels, 99), pixels)


def test_extents_are_checked():
    refuse_extent(Path("a"), 40_000, 50_000)
    with pytest.raises(BadInput, match=r"2\.0 gigapixels"):
        refuse_extent(Path("a"), 40_001, 50_000)
    with pytest.raises(BadInput, match="0 × 3 pixels"):
        refuse_extent(Path("a"), 0, 3)


def test_damage_is_one_short_line():
    assert "many lines" in str(damaged(Path("a"), ValueError("many\n lines" + "x" * 500)))
    assert len(str(damaged(Path("a"), ValueError("x" * 500)))) < 200
    assert "(KeyError)" in str(damaged(Path("a"), KeyError()))
    assert "memory" in str(damaged(Path("a"), MemoryError()))
