"""Micrographs as layers and back; napari's layer models need no Qt."""

from pathlib import Path

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image

from mineralseg_models.data import Micrograph
from napari_mineralseg.layers.pictures import (
    adopt_file_scales,
    describe,
    picture_layer,
    pictures_in,
    to_micrograph,
)
from napari_mineralseg.layers.results import add_layer, uncertainty_layer
from napari_mineralseg.layers.scale import agree_on_scale, pixel_size_um, rescale, set_pixel_size

PIXELS = np.arange(40 * 50 * 3, dtype=np.uint8).reshape(40, 50, 3)


def test_a_micrograph_goes_there_and_back() -> None:
    data, arguments, kind = picture_layer(Micrograph(PIXELS, 0.75, Path("/d/xpl/2a.jpg")))
    layer = Image(data, **arguments)
    assert kind == "image"
    assert layer.name == "2a (xpl)"
    assert tuple(layer.scale) == (0.75, 0.75)
    assert [str(u) for u in layer.units] == ["micrometer", "micrometer"]
    again = to_micrograph(layer)
    np.testing.assert_array_equal(again.pixels, PIXELS)
    assert again.pixel_size_um == 0.75


def test_an_unknown_scale_is_in_pixels() -> None:
    data, arguments, _ = picture_layer(Micrograph(PIXELS), "mine")
    layer = Image(data, **arguments)
    assert layer.name == "mine"
    assert str(layer.units[0]) == "pixel"
    assert pixel_size_um(layer) is None


def test_alpha_is_left_out() -> None:
    layer = Image(np.dstack([PIXELS, PIXELS[..., :1]]), rgb=True)
    assert to_micrograph(layer).pixels.shape == (40, 50, 3)


def test_sixteen_bits_are_kept() -> None:
    layer = Image(PIXELS.astype(np.uint16) * 257, rgb=True)
    assert to_micrograph(layer).pixels.dtype == np.uint16


def test_a_pyramid_is_refused() -> None:
    layer = Image([PIXELS, PIXELS[::2, ::2]], rgb=True, multiscale=True)
    assert "pyramid" in describe(layer).fault


@pytest.mark.parametrize(
    ("scale", "units", "size"),
    [
        ((2, 2), ("mm", "mm"), 2000.0),
        ((500, 500), ("nm", "nm"), 0.5),
        ((1, 1), ("s", "s"), None),
        ((1, 1.5), ("um", "um"), None),
        ((1, 1.005), ("um", "um"), 1.0),
        ((0.001, 1), ("mm", "um"), 1.0),
    ],
)
def test_pixel_sizes_in_any_unit(
    scale: tuple[float, float], units: tuple[str, str], size: float | None
) -> None:
    found = pixel_size_um(Image(PIXELS, rgb=True, scale=scale, units=units))
    assert found == (None if size is None else pytest.approx(size))


def test_the_users_pictures_top_first_and_none_of_ours() -> None:
    viewer = ViewerModel()
    viewer.add_image(PIXELS, rgb=True, name="below")
    viewer.add_labels(np.zeros((40, 50), np.uint8))
    viewer.add_image(PIXELS, rgb=True, name="above")
    add_layer(viewer, uncertainty_layer(np.zeros((40, 50), np.float32), None, "uncertainty"))
    assert [p.name for p in pictures_in(viewer)] == ["above", "below"]


def test_a_registration_keeps_its_place_when_the_scale_changes() -> None:
    layer = Image(PIXELS, rgb=True)
    layer.affine = [[1, 0, 4], [0, 1, -6], [0, 0, 1]]
    set_pixel_size(layer, 0.5)
    np.testing.assert_allclose(layer.data_to_world((0, 0)), (2, -3))
    set_pixel_size(layer, None)
    np.testing.assert_allclose(layer.data_to_world((0, 0)), (4, -6))


def test_a_coarser_partner_covers_the_same_field() -> None:
    plane, partner = Image(PIXELS, rgb=True), Image(PIXELS[::2, ::2], rgb=True)
    rescale(plane, [partner], 0.5)
    assert pixel_size_um(partner) == 1.0


def test_a_partner_takes_over_a_known_scale() -> None:
    plane, partner = Image(PIXELS, rgb=True), Image(PIXELS, rgb=True)
    agree_on_scale(plane, [partner])
    assert pixel_size_um(partner) is None
    set_pixel_size(plane, 0.5)
    agree_on_scale(plane, [partner])
    assert pixel_size_um(partner) == 0.5


def test_the_scale_of_a_file_that_another_reader_opened(tmp_path: Path) -> None:
    import tifffile
    from napari.layers._source import layer_source

    path = tmp_path / "scaled.tif"
    tifffile.imwrite(path, PIXELS, resolution=(5000, 5000), resolutionunit="CENTIMETER")
    with layer_source(path=str(path)):
        layer, gone = Image(PIXELS, rgb=True), Image(PIXELS, rgb=True, scale=(3, 3))
    assert adopt_file_scales([layer, gone])
    assert pixel_size_um(layer) == pytest.approx(2.0)
    assert tuple(gone.scale) == (3, 3)
    (tmp_path / "text.png").write_text("no picture")
    with layer_source(path=str(tmp_path / "text.png")):
        other = Image(PIXELS, rgb=True)
    assert not adopt_file_scales([other])
