import io
import struct
import zlib

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mineralseg_models.errors import BadInput
from mineralseg_models.io.micrographs import read_micrograph

RNG = np.random.default_rng(7)
RGB8 = RNG.integers(0, 256, (18, 20, 3), dtype=np.uint8)
RGB16 = RNG.integers(0, 65536, (18, 20, 3), dtype=np.uint16)
GREY8, GREY16 = RGB8[..., 0].copy(), RGB16[..., 0].copy()


def saved(form: str, image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=form, **options)
    return buffer.getvalue()


def tiff(pixels: np.ndarray, **options: object) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, metadata=None, **options)
    return buffer.getvalue()


def read(tmp_path, content: bytes, name: str = "p.dat"):
    path = tmp_path / name
    path.write_bytes(content)
    return read_micrograph(path)


def patch(content: bytearray, **values: int) -> None:
    """Overwrite 16-bit tags of the first page."""
    with tifffile.TiffFile(io.BytesIO(bytes(content))) as file:
        places = {name: file.pages.first.tags[name].valueoffset for name in values}
    for name, place in places.items():
        content[place : place + 2] = struct.pack("<H", values[name])


def pixels_or_sentence(path) -> np.ndarray | str:
    try:
        return read_micrograph(path).pixels
    except BadInput as error:
        return str(error)


def grey(pixels: np.ndarray) -> np.ndarray:
    return np.repeat(pixels[..., None], 3, axis=2)


PALETTE = Image.fromarray(GREY8 % 4, mode=None).convert("P")
PALETTE.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255])
COLOURS = np.array([[0, 0, 0], [255, 0, 0], [0, 255, 0], [0, 0, 255]], dtype=np.uint8)
CMYK = RNG.integers(0, 256, (18, 20, 4), dtype=np.uint8)
AS_CMYK = np.asarray(Image.frombytes("CMYK", (20, 18), CMYK.tobytes()).convert("RGB"))
ALPHA8 = np.dstack([RGB8, GREY8])

EXACT = {
    "png rgb": (saved("PNG", Image.fromarray(RGB8)), RGB8),
    "png rgba": (saved("PNG", Image.fromarray(ALPHA8)), RGB8),
    "png grey": (saved("PNG", Image.fromarray(GREY8)), grey(GREY8)),
    "png grey and alpha": (
        saved("PNG", Image.fromarray(ALPHA8[..., 2:], "LA")),
        grey(RGB8[..., 2]),
    ),
    "png palette": (saved("PNG", PALETTE), COLOURS[GREY8 % 4]),
    "png 1 bit": (saved("PNG", Image.fromarray(GREY8 > 99)), grey((GREY8 > 99) * np.uint8(255))),
    "png rgb 16": (imagecodecs.png_encode(RGB16), RGB16),
    "png rgba 16": (imagecodecs.png_encode(np.dstack([RGB16, GREY16])), RGB16),
    "png grey 16": (imagecodecs.png_encode(GREY16), grey(GREY16)),
    "png grey and alpha 16": (imagecodecs.png_encode(RGB16[..., :2].copy()), grey(GREY16)),
    "bmp rgb": (saved("BMP", Image.fromarray(RGB8)), RGB8),
    "bmp grey": (saved("BMP", Image.fromarray(GREY8)), grey(GREY8)),
    "bmp palette": (saved("BMP", PALETTE), COLOURS[GREY8 % 4]),
    "tiff rgb": (tiff(RGB8, photometric="rgb"), RGB8),
    "tiff rgba": (tiff(ALPHA8, photometric="rgb", extrasamples=["unassalpha"]), RGB8),
    "tiff rgb 16 lzw": (tiff(RGB16, photometric="rgb", compression="lzw"), RGB16),
    "tiff tiled": (tiff(RGB16, photometric="rgb", tile=(16, 16)), RGB16),
    "tiff planar": (
        tiff(np.moveaxis(RGB8, 2, 0).copy(), photometric="rgb", planarconfig="separate"),
        RGB8,
    ),
    "tiff grey big": (tiff(GREY16, photometric="minisblack", bigtiff=True), grey(GREY16)),
    "tiff grey and alpha": (
        tiff(RGB8[..., :2].copy(), photometric="minisblack", extrasamples=["unassalpha"]),
        grey(GREY8),
    ),
    "tiff white is zero": (tiff(GREY8, photometric="miniswhite"), grey(255 - GREY8)),
    "tiff 1 bit": (
        tiff(GREY8 > 99, photometric="minisblack"),
        grey((GREY8 > 99) * np.uint8(255)),
    ),
    "tiff palette": (
        tiff(
            GREY8 % 4,
            photometric="palette",
            colormap=np.pad(COLOURS.T.astype(np.uint16) * 257, ((0, 0), (0, 252))),
        ),
        COLOURS[GREY8 % 4],
    ),
    "tiff cmyk": (tiff(CMYK, photometric="separated"), AS_CMYK),
}


@pytest.mark.parametrize("kind", EXACT)
def test_pictures_without_loss_are_read_exactly(tmp_path, kind):
    content, pixels = EXACT[kind]
    micrograph = read(tmp_path, content)
    assert micrograph.pixels.dtype == pixels.dtype
    tolerance = 1 if "cmyk" in kind else 0
    np.testing.assert_allclose(micrograph.pixels.astype(int), pixels, atol=tolerance)
    assert micrograph.path == tmp_path / "p.dat"
    assert micrograph.pixels.flags.c_contiguous


def test_twelve_bits_are_spread_over_sixteen(tmp_path):
    pairs = np.tile(np.array([0x00, 0x0F, 0xFF], dtype=np.uint8), (16, 8))  # 0, 4095, 0, 4095 …
    content = bytearray(tiff(pairs, photometric="minisblack"))
    patch(content, ImageWidth=16, BitsPerSample=12)
    pixels = read(tmp_path, bytes(content)).pixels
    assert pixels.dtype == np.uint16
    np.testing.assert_array_equal(pixels[:, :, 0], np.tile([0, 65535], (16, 8)))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_jpeg(tmp_path, mode):
    smooth = np.linspace(60, 190, 32 * 32 * 3).reshape(32, 32, 3).astype(np.uint8)
    image = Image.fromarray(smooth).convert(mode)
    pixels = read(tmp_path, saved("JPEG", image, quality=98)).pixels
    np.testing.assert_allclose(pixels.astype(int), np.asarray(image.convert("RGB")), atol=8)


@pytest.mark.parametrize("form", ["JPEG", "PNG"])
def test_the_cameras_orientation_is_applied(tmp_path, form):
    image = Image.fromarray(np.full((18, 30, 3), 200, dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    assert read(tmp_path, saved(form, image, exif=exif)).pixels.shape == (30, 18, 3)


def test_the_orientation_of_a_tiff_is_applied(tmp_path):
    content = tiff(RGB8, photometric="rgb", extratags=[(274, 3, 1, 3, True)])
    np.testing.assert_array_equal(read(tmp_path, content).pixels, RGB8[::-1, ::-1])


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_a_damaged_exif_block_counts_as_upright(tmp_path):
    content = saved("JPEG", Image.fromarray(RGB8), exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff\xff")
    assert read(tmp_path, content).pixels.shape == RGB8.shape


def test_pyramid_levels_and_thumbnails_are_ignored(tmp_path):
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        writer.write(RGB8, photometric="rgb", metadata=None)
        writer.write(RGB8[::2, ::2].copy(), photometric="rgb", subfiletype=1, metadata=None)
    np.testing.assert_array_equal(read(tmp_path, buffer.getvalue()).pixels, RGB8)


def png_of(columns: int, rows: int) -> bytes:
    header = struct.pack(">IIBBBBB", columns, rows, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"IDAT" + zlib.compress(b"")
    return (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + struct.pack(">I", len(data) - 4)
        + data
        + struct.pack(">I", zlib.crc32(data))
    )


REFUSED = {
    "float": (tiff(GREY8.astype(np.float32)), "holds values of type float32"),
    "nan": (tiff(np.full((20, 20), np.nan)), "holds values of type float64"),
    "signed": (tiff(GREY16.astype(np.int16)), "holds values of type int16"),
    "32 bit": (tiff(GREY16.astype(np.uint32)), "holds values of type uint32"),
    "pages": (tiff(np.stack([GREY8] * 3), photometric="minisblack"), "holds 3 pages"),
    "many pages": (tiff(np.stack([GREY8] * 70), photometric="minisblack"), "holds 70 pages"),
    "channels": (
        tiff(np.dstack([GREY8] * 5), photometric="minisblack", planarconfig="contig"),
        "5 samples a pixel",
    ),
    "lab": (tiff(RGB8, photometric="cielab"), "colour model CIELAB"),
    "volume": (
        tiff(np.stack([GREY8] * 16), photometric="minisblack", volumetric=True, tile=(16, 16, 16)),
        "axes",
    ),
    "animation": (
        saved(
            "PNG",
            Image.fromarray(RGB8),
            save_all=True,
            append_images=[Image.fromarray(RGB8[::-1].copy())],
        ),
        "animation of 2 pictures",
    ),
    "one pixel": (saved("PNG", Image.new("RGB", (1, 1))), "1 × 1 pixels; at least 16"),
    "huge png": (png_of(60_000, 50_000), "3.0 gigapixels"),
    "empty": (b"", "is empty"),
    "text": (b"not a picture", "is not a picture"),
    "deep palette": (
        tiff(
            GREY16,
            photometric="palette",
            colormap=np.zeros((3, 65536), dtype=np.uint16),
        ),
        "holds palette indices of type uint16",
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_other_pictures_are_refused_in_one_sentence_with_the_file(tmp_path, kind):
    content, words = REFUSED[kind]
    with pytest.raises(BadInput, match=words) as caught:
        read(tmp_path, content, "bad.tif")
    message = str(caught.value)
    assert str(tmp_path / "bad.tif") in message
    assert "\n" not in message
    assert message.endswith(".")


def test_a_stack_of_imagej_is_refused(tmp_path):
    path = tmp_path / "stack.tif"
    tifffile.imwrite(path, np.stack([GREY8] * 4), imagej=True)
    with pytest.raises(BadInput, match="holds 4 pages"):
        read_micrograph(path)


def test_a_huge_tiff_is_refused_before_it_is_decoded(tmp_path):
    content = bytearray(tiff(GREY8))
    patch(content, ImageWidth=65_000, ImageLength=65_000)
    with pytest.raises(BadInput, match="gigapixels"):
        read(tmp_path, bytes(content))


def test_every_cut_of_a_raw_tiff_is_refused(tmp_path):
    content = tiff(RGB8, photometric="rgb")
    with pytest.raises(BadInput, match="cut short"):
        read(tmp_path, content[:-1])


JPEG = saved("JPEG", Image.fromarray(RGB8))
CONTENTS = [*(content for content, _ in EXACT.values()), JPEG]


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(EXACT)), share=st.floats(0, 1, exclude_max=True))
def test_cut_files_are_refused_by_name_unless_every_pixel_is_there(tmp_path, kind, share):
    content, pixels = EXACT[kind]
    path = tmp_path / "cut.tif"
    path.write_bytes(content[: int(len(content) * share)])
    found = pixels_or_sentence(path)
    if isinstance(found, str):
        assert "cut.tif" in found
    else:
        assert share > 0.8
        np.testing.assert_allclose(found.astype(int), pixels, atol="cmyk" in kind)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.98))
def test_cut_jpegs_are_refused_by_name(tmp_path, share):
    path = tmp_path / "cut.jpg"
    path.write_bytes(JPEG[: int(len(JPEG) * share)])
    with pytest.raises(BadInput, match=r"cut\.jpg"):
        read_micrograph(path)


@settings(
    deadline=None, max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    content=st.sampled_from(CONTENTS),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    near_start=st.booleans(),
)
def test_changed_bytes_give_a_picture_or_one_sentence(tmp_path, content, changes, near_start):
    changed = bytearray(content)
    reach = min(len(changed), 160) if near_start else len(changed)
    for place, value in changes:
        changed[int(place * reach)] = value
    path = tmp_path / "changed.tif"
    path.write_bytes(changed)
    found = pixels_or_sentence(path)
    if isinstance(found, str):
        assert "changed.tif" in found
        assert "\n" not in found
    else:
        assert found.ndim == 3


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from([b"II*\0", b"MM\0*", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b""]),
    rest=st.binary(max_size=300),
)
def test_random_bytes_are_refused(tmp_path, start, rest):
    path = tmp_path / "random.tif"
    path.write_bytes(start + rest)
    with pytest.raises(BadInput, match=r"random\.tif"):
        read_micrograph(path)


@pytest.mark.realdata
def test_real_pictures(realdata):
    pair = read_micrograph(realdata / "thin_section_ppl_xpl/ppl/2a.jpg")
    assert pair.pixels.shape == (1200, 1600, 3)
    assert pair.pixel_size_um is None
    deep = read_micrograph(realdata / "sem_bse_phases/mount_a_bse.png")
    assert deep.pixels.dtype == np.uint16
    assert read_micrograph(realdata / "thin_section_10class/images/113_image.tif").pixels.shape == (
        480,
        512,
        3,
    )


@pytest.mark.parametrize("compression", ["packbits", "lzw", "zlib", "jpeg"])
def test_headers_that_claim_more_than_was_packed_take_no_memory(tmp_path, compression):
    path = tmp_path / "a.tif"
    pixels = np.zeros((32, 32, 3), dtype=np.uint8)
    tifffile.imwrite(path, pixels, compression=compression, photometric="rgb")
    with tifffile.TiffFile(path, mode="r+b") as tiff:
        for name in ("ImageWidth", "ImageLength", "RowsPerStrip"):
            tiff.pages[0].tags[name].overwrite(40_000)
    with pytest.raises(BadInput, match="cut short"):
        read_micrograph(path)


def test_a_bmp_header_that_claims_more_takes_no_memory(tmp_path):
    path = tmp_path / "a.bmp"
    Image.new("RGB", (32, 32)).save(path)
    content = bytearray(path.read_bytes())
    content[18:26] = struct.pack("<ii", 40_000, 40_000)
    path.write_bytes(content)
    with pytest.raises(BadInput, match="cut short"):
        read_micrograph(path)


def test_flat_pictures_pack_as_well_as_they_can(tmp_path):
    flat = np.zeros((4000, 4000), dtype=np.uint8)
    for compression in ("packbits", "lzw", "zlib", "jpeg"):
        path = tmp_path / "a.tif"
        tifffile.imwrite(path, flat, compression=compression)
        assert read_micrograph(path).pixels.shape == (4000, 4000, 3)


def test_a_picture_beyond_memory_is_told(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.new("L", (32, 32)).save(path)

    def none_left(*_):
        raise MemoryError

    monkeypatch.setattr("mineralseg_models.io.micrographs._colours", none_left)
    with pytest.raises(BadInput, match="does not fit into memory"):
        read_micrograph(path)
