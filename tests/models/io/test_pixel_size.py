import io
import struct

import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mineralseg_models.errors import BadInput
from mineralseg_models.io.pixel_size import read_pixel_size_um

PIXELS = np.zeros((16, 16), dtype=np.uint8)


def write(path, **options):
    tifffile.imwrite(path, PIXELS, photometric="minisblack", **options)
    return path


@pytest.mark.parametrize(
    ("size", "unit", "expected"),
    [(0.5, "µm", 0.5), (250.0, "nm", 0.25), (0.002, "mm", 2.0)],
)
def test_ome(tmp_path, size, unit, expected):
    metadata = {
        "PhysicalSizeX": size,
        "PhysicalSizeXUnit": unit,
        "PhysicalSizeY": size,
        "PhysicalSizeYUnit": unit,
    }
    path = write(tmp_path / "a.ome.tif", metadata=metadata)
    assert read_pixel_size_um(path) == pytest.approx(expected)


def test_ome_without_unit_is_in_micrometres(tmp_path):
    path = write(tmp_path / "a.ome.tif", metadata={"PhysicalSizeX": 0.3, "PhysicalSizeY": 0.3})
    assert read_pixel_size_um(path) == pytest.approx(0.3)


@pytest.mark.parametrize(
    "xml",
    [
        '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><OME></OME>',
        "<OME><Image/></OME>",
        "<OME><Pixels/></OME>",
        "<OME><broken></OME>",
        '<OME><Pixels PhysicalSizeX="-1" PhysicalSizeY="-1"/></OME>',
        '<OME><Pixels PhysicalSizeX="nan" PhysicalSizeY="1"/></OME>',
        '<OME><Pixels PhysicalSizeX="1" PhysicalSizeY="1" PhysicalSizeXUnit="pixel"/></OME>',
    ],
)
def test_ome_that_says_nothing_usable(tmp_path, xml):
    path = write(tmp_path / "a.ome.tif", description=xml, metadata=None)
    assert read_pixel_size_um(path) is None


@pytest.mark.parametrize("unit", ["micron", "um", "\\u00B5m"])
def test_imagej(tmp_path, unit):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PIXELS, imagej=True, resolution=(4, 4), metadata={"unit": unit})
    assert read_pixel_size_um(path) == pytest.approx(0.25)


def test_imagej_without_a_unit_has_no_scale(tmp_path):
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, PIXELS, imagej=True, resolution=(4, 4))
    assert read_pixel_size_um(path) is None


@pytest.mark.parametrize("dpi", [72, 96, 150, 300, 600])
def test_screen_and_print_settings_are_no_scale(tmp_path, dpi):
    path = write(tmp_path / "a.tif", resolution=(dpi, dpi), resolutionunit="INCH", metadata=None)
    assert read_pixel_size_um(path) is None
    for form in ("PNG", "JPEG", "BMP"):
        Image.fromarray(PIXELS).save(tmp_path / "b", format=form, dpi=(dpi, dpi))
        assert read_pixel_size_um(tmp_path / "b") is None


def test_plausible_resolutions_are_a_scale(tmp_path):
    path = write(
        tmp_path / "a.tif", resolution=(20_000, 20_000), resolutionunit="CENTIMETER", metadata=None
    )
    assert read_pixel_size_um(path) == pytest.approx(0.5)
    path = write(tmp_path / "b.tif", resolution=(2540, 2540), resolutionunit=2, metadata=None)
    assert read_pixel_size_um(path) == pytest.approx(10)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "BMP"])
def test_density_of_bitmaps(tmp_path, form):
    Image.fromarray(PIXELS).save(tmp_path / "a", format=form, dpi=(25_400, 25_400))
    assert read_pixel_size_um(tmp_path / "a") == pytest.approx(1.0, rel=1e-3)


def test_no_resolution_unit_and_no_tags_is_no_scale(tmp_path):
    assert read_pixel_size_um(write(tmp_path / "a.tif", metadata=None)) is None
    path = write(tmp_path / "b.tif", resolution=(20_000, 20_000), resolutionunit=1, metadata=None)
    assert read_pixel_size_um(path) is None
    Image.fromarray(PIXELS).save(tmp_path / "c.png")
    assert read_pixel_size_um(tmp_path / "c.png") is None


def test_oblong_pixels_have_no_single_size(tmp_path):
    path = write(tmp_path / "a.tif", resolution=(20_000, 10_000), resolutionunit=3, metadata=None)
    assert read_pixel_size_um(path) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("AP_IMAGE_PIXEL_SIZE\r\nImage Pixel Size = 12.5 nm\r\n", 0.0125),
        ("AP_PIXEL_SIZE\r\nPixel Size = 1.5 µm\r\n", 1.5),
        ("AP_MAG\r\nMag = 10 X\r\n", None),
    ],
)
def test_zeiss(tmp_path, line, expected):
    text = line.encode("cp1252") + b"\0"
    path = write(tmp_path / "a.tif", metadata=None, extratags=[(34118, 2, len(text), text, True)])
    size = read_pixel_size_um(path)
    assert size == (None if expected is None else pytest.approx(expected))


def test_fei(tmp_path):
    text = b"[User]\r\nDate=1\r\n[EScan]\r\nPixelWidth=6.7e-08\r\nPixelHeight=6.7e-08\r\n"
    path = write(tmp_path / "a.tif", metadata=None, extratags=[(34682, 2, len(text), text, True)])
    assert read_pixel_size_um(path) == pytest.approx(0.067)


def test_olympus(tmp_path):
    head = struct.pack("<4s6xhhhhh6x32sH", b"SIS0", 0, 0, 1, 0, 100, b"name", 1)
    block = struct.pack("<10xhdd8xd2x34s32s", -9, 345.0, 345.0, 10.0, b"cam", b"pic")
    head = head.ljust(60, b"\0")
    sis = head + struct.pack("<hhI", 1, 1, 0) + block
    path = write(tmp_path / "a.tif", metadata=None, extratags=[(33560, 7, len(sis), sis, True)])
    content = bytearray(path.read_bytes())
    at = content.index(b"SIS0")
    content[at + 64 : at + 68] = struct.pack("<I", at + 68)  # where the block really lies
    path.write_bytes(content)
    assert read_pixel_size_um(path) == pytest.approx(0.345)


def test_no_picture_is_refused(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"")
    with pytest.raises(BadInput, match="is empty"):
        read_pixel_size_um(tmp_path / "a.tif")


def test_damage_is_no_scale(tmp_path):
    (tmp_path / "a.tif").write_bytes(b"II*\0\xff\xff\xff\xff")
    assert read_pixel_size_um(tmp_path / "a.tif") is None
    (tmp_path / "a.png").write_bytes(b"\x89PNG\r\n\x1a\nxx")
    assert read_pixel_size_um(tmp_path / "a.png") is None


def example() -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(
        buffer,
        PIXELS,
        photometric="minisblack",
        resolution=(20_000, 20_000),
        resolutionunit=3,
        description='<?xml version="1.0"?><OME><Pixels PhysicalSizeX="1"/></OME>',
        metadata=None,
        extratags=[(34118, 2, 20, b"AP_PIXEL_SIZE\r\nP=1 n", True)],
    )
    return buffer.getvalue()


EXAMPLE = example()


@settings(
    deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    changes=st.lists(st.tuples(st.integers(4, len(EXAMPLE) - 1), st.integers(0, 255)), max_size=10),
    cut=st.integers(4, len(EXAMPLE)),
)
def test_changed_bytes_give_a_size_or_none(tmp_path, changes, cut):
    content = bytearray(EXAMPLE)
    for place, value in changes:
        content[place] = value
    (tmp_path / "a.tif").write_bytes(content[:cut])
    size = read_pixel_size_um(tmp_path / "a.tif")
    assert size is None or size > 0


@pytest.mark.realdata
def test_real_files(realdata):
    fei = realdata / "sem_metadata" / "fei_bse.tif"
    assert read_pixel_size_um(fei) == pytest.approx(0.0674, abs=1e-4)
    for name in ("thin_section_ppl_xpl/ppl/2a.jpg", "ore_reflected_light/field_01.jpg"):
        assert read_pixel_size_um(realdata / name) is None
