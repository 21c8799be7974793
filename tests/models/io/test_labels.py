import io

import imagecodecs
import numpy as np
import pytest
import tifffile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from mineralseg_models.errors import BadInput, CannotWrite
from mineralseg_models.io.labels import read_mask, write_labels_png, write_map_tiff
from mineralseg_models.io.pixel_size import read_pixel_size_um

IDS = np.array([[0, 1, 2], [4, 255, 3]], dtype=np.uint8)


def test_labels_come_back_as_written(tmp_path):
    write_labels_png(tmp_path / "a.png", IDS)
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), IDS)


@pytest.mark.parametrize("labels", [IDS.astype(int), IDS[0]])
def test_other_arrays_are_not_written(tmp_path, labels):
    with pytest.raises(BadInput, match="8-bit array of rows × columns"):
        write_labels_png(tmp_path / "a.png", labels)
    assert not list(tmp_path.iterdir())


def test_an_absent_folder_cannot_be_written_to(tmp_path):
    with pytest.raises(CannotWrite, match="folder does not exist"):
        write_labels_png(tmp_path / "b" / "a.png", IDS)
    with pytest.raises(CannotWrite, match="folder does not exist"):
        write_map_tiff(tmp_path / "b" / "a.tif", IDS.astype(np.float32))


def test_a_palette_mask_keeps_its_indices(tmp_path):
    image = Image.fromarray(IDS % 5).convert("P")
    image.putpalette([9, 9, 9, 255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 1, 1])
    image.save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), IDS % 5)


def test_a_one_bit_mask_is_0_and_1(tmp_path):
    Image.fromarray(IDS > 1).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), IDS > 1)


def test_a_colour_mask_needs_three_equal_channels(tmp_path):
    Image.fromarray(np.dstack([IDS] * 3)).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), IDS)
    Image.fromarray(np.dstack([IDS, IDS, IDS[::-1]])).save(tmp_path / "b.png")
    with pytest.raises(BadInput, match=r"b\.png is a colour picture"):
        read_mask(tmp_path / "b.png")


def test_alpha_is_left_out(tmp_path):
    Image.fromarray(np.dstack([IDS] * 3 + [IDS[::-1]])).save(tmp_path / "a.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), IDS)


def test_sixteen_bit_masks_may_hold_small_ids_only(tmp_path):
    (tmp_path / "a.png").write_bytes(imagecodecs.png_encode(IDS.astype(np.uint16)))
    np.testing.assert_array_equal(read_mask(tmp_path / "a.png"), IDS)
    tifffile.imwrite(tmp_path / "b.tif", IDS.astype(np.uint16) * 2, photometric="minisblack")
    with pytest.raises(BadInput, match="value 510; class ids in a mask are 0 to 255"):
        read_mask(tmp_path / "b.tif")


def test_lossy_masks_are_refused(tmp_path):
    Image.fromarray(IDS).save(tmp_path / "a.jpg")
    tifffile.imwrite(tmp_path / "b.tif", IDS.repeat(8, 0).repeat(8, 1), compression="jpeg")
    for name in ("a.jpg", "b.tif"):
        with pytest.raises(BadInput, match="save the mask as PNG"):
            read_mask(tmp_path / name)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(share=st.floats(0, 0.8), form=st.sampled_from(["PNG", "BMP", "TIFF"]))
def test_cut_masks_are_refused_by_name(tmp_path, share, form):
    buffer = io.BytesIO()
    ids = np.random.default_rng(0).integers(0, 5, (30, 30), dtype=np.uint8)
    Image.fromarray(ids).save(buffer, format=form)
    content = buffer.getvalue()
    (tmp_path / "cut.png").write_bytes(content[: int(len(content) * share)])
    with pytest.raises(BadInput, match=r"cut\.png"):
        read_mask(tmp_path / "cut.png")


def test_maps_keep_values_and_scale(tmp_path):
    values = np.random.default_rng(0).random((16, 17), dtype=np.float32)
    write_map_tiff(tmp_path / "a.tif", values, 0.755)
    np.testing.assert_array_equal(tifffile.imread(tmp_path / "a.tif"), values)
    assert read_pixel_size_um(tmp_path / "a.tif") == pytest.approx(0.755)
    write_map_tiff(tmp_path / "b.tif", values)
    assert read_pixel_size_um(tmp_path / "b.tif") is None


@pytest.mark.realdata
def test_real_masks(realdata):
    ids = np.unique(read_mask(realdata / "thin_section_ppl_xpl/masks/2a.png"))
    assert set(ids) <= {0, 1, 2, 3, 4}
    label = realdata / "thin_section_10class/labels/113_image_labelsubgroups.tif"
    assert read_mask(label).shape == (480, 512)


def test_a_mask_beyond_memory_is_told(tmp_path, monkeypatch):
    path = tmp_path / "a.png"
    Image.new("L", (32, 32)).save(path)

    def none_left(*_):
        raise MemoryError

    monkeypatch.setattr("mineralseg_models.io.labels._one_channel", none_left)
    with pytest.raises(BadInput, match="does not fit into memory"):
        read_mask(path)
