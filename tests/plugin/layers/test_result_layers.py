import copy

import numpy as np
import pytest
from napari.components import ViewerModel
from napari.layers import Image, Labels

from mineralseg_models.segmentation.registration import Registration, apply_registration
from mineralseg_models.taxonomy import MineralClass, Taxonomy
from napari_mineralseg.layers.light import flip_light, lay_on_plane, lie_below
from napari_mineralseg.layers.marks import role_of
from napari_mineralseg.layers.results import (
    add_empty_labels,
    add_layer,
    backdrop_ids,
    finish_labels,
    hide_classes,
    labels_layer,
    remove,
    uncertainty_layer,
    write_tile,
)
from napari_mineralseg.layers.scale_line import add_scale_line, line_length_px
from napari_mineralseg.layers.view import look_at, mark_region, region_in_view

TAXONOMY = Taxonomy((MineralClass(0, "other", "#102030"), MineralClass(4, "quartz", "#ff0000")))
PLANE = np.zeros((60, 80, 3), np.uint8)


@pytest.fixture
def viewer() -> ViewerModel:
    made = ViewerModel()
    made.add_image(PLANE, rgb=True, name="plane", scale=(2, 2), units=("um", "um"))
    return made


def test_labels_have_names_colours_and_scale(viewer: ViewerModel) -> None:
    ids = np.array([[0, 4]], np.uint8).repeat(20, axis=0).repeat(10, axis=1)
    layer = add_layer(viewer, labels_layer(ids, TAXONOMY, 0.5, "minerals"))
    assert layer.data is ids
    assert tuple(layer.scale) == (0.5, 0.5)
    assert list(layer.features["index"]) == [0, 4]
    assert list(layer.features["class"]) == ["other", "quartz"]
    np.testing.assert_allclose(layer.colormap.map(np.uint8(4)), (1, 0, 0, 1))
    assert layer.colormap.map(np.uint8(0))[3] == 0
    assert layer.colormap.map(np.uint8(200))[3] == 0
    assert viewer.layers.selection.active.name == "plane"
    hide_classes(layer, TAXONOMY, {4})
    assert layer.colormap.map(np.uint8(4))[3] == 0
    assert layer.colormap.map(np.uint8(0))[3] == 1


def test_only_a_class_without_a_name_of_its_own_is_a_backdrop() -> None:
    assert backdrop_ids(TAXONOMY) == {0}
    assert backdrop_ids(Taxonomy((MineralClass(0, "quartz", "#ffffff"),))) == set()


def test_labels_fill_up_and_become_editable(viewer: ViewerModel) -> None:
    layer = add_empty_labels(viewer, viewer.layers["plane"], TAXONOMY)
    assert layer.name == "plane minerals"
    assert not layer.editable
    assert tuple(layer.scale) == (2, 2)
    write_tile(layer, (10, 20, 30, 50), np.full((10, 20), 4, np.uint8))
    assert layer.data.sum() == 4 * 200
    finish_labels(layer, np.full((60, 80), 4, np.uint8))
    assert layer.editable
    assert (layer.data == 4).all()
    layer.fill((5, 5), 0)
    layer.undo()
    assert (layer.data == 4).all()


def test_uncertainty_is_hidden_from_zero_to_one() -> None:
    data, arguments, kind = uncertainty_layer(np.zeros((20, 20), np.float32), None, "u")
    layer = Image(data, **arguments)
    assert kind == "image"
    assert not layer.visible
    assert tuple(layer.contrast_limits) == (0, 1)
    assert layer.colormap.name == "inferno"
    assert role_of(layer) == "uncertainty"


def test_removing_what_is_gone_is_fine(viewer: ViewerModel) -> None:
    layer = viewer.layers["plane"]
    remove(viewer, layer, layer, None)
    assert len(viewer.layers) == 0


def test_a_registered_picture_lies_where_resampling_puts_it() -> None:
    """A bright dot of the crossed picture must land at the same place on the plane one."""
    registration = Registration(6.0, (3.0, -5.0), 99.0, True)
    dot = np.zeros((60, 80, 3), np.uint8)
    dot[40, 20] = 255
    moved = apply_registration(dot, registration, (60, 80))[..., 0]
    y, x = (float((g * moved).sum() / moved.sum()) for g in np.mgrid[:60, :80])
    plane, crossed = (Image(p, rgb=True, scale=(2, 2)) for p in (PLANE, dot))
    lay_on_plane(crossed, plane, registration)
    np.testing.assert_allclose(crossed.data_to_world((40, 20)), (2 * y, 2 * x), atol=0.3)


def test_a_refused_registration_leaves_the_picture() -> None:
    plane, crossed = Image(PLANE, rgb=True), Image(PLANE, rgb=True)
    lay_on_plane(crossed, plane, Registration(6.0, (3.0, -5.0), 1.0, False))
    np.testing.assert_allclose(crossed.affine.affine_matrix, np.eye(3), atol=1e-12)


def test_a_picture_of_half_the_size_is_stretched() -> None:
    plane, crossed = Image(PLANE, rgb=True), Image(PLANE[::2, ::2], rgb=True)
    lay_on_plane(crossed, plane, Registration(0.0, (0.0, 0.0), 99.0, True))
    np.testing.assert_allclose(crossed.data_to_world((-0.5, -0.5)), (-0.5, -0.5))
    np.testing.assert_allclose(crossed.data_to_world((29.5, 39.5)), (59.5, 79.5))


def test_flipping_goes_round() -> None:
    layers = [Image(PLANE, rgb=True, name=n) for n in ("plane", "x0", "x45")]
    for layer in layers[1:]:
        layer.visible = False
    assert [flip_light(layers[0], layers[1:]) for _ in range(4)] == ["x0", "x45", "plane", "x0"]
    assert [layer.visible for layer in layers] == [False, True, False]


def test_crossed_pictures_lie_hidden_below(viewer: ViewerModel) -> None:
    crossed = viewer.add_image(PLANE, rgb=True, name="crossed")
    lie_below(viewer, viewer.layers["plane"], [crossed])
    assert [x.name for x in viewer.layers] == ["crossed", "plane"]
    assert not crossed.visible


def test_looking_at_a_region_marks_it(viewer: ViewerModel) -> None:
    labels = viewer.add_labels(np.zeros((60, 80), np.uint8), scale=(2, 2), units=("um", "um"))
    look_at(viewer, labels, (10, 20, 30, 50))
    np.testing.assert_allclose(viewer.scene.camera.center[-2:], (30, 80))
    box = mark_region(viewer, None, (10, 20, 30, 50), labels)
    again = mark_region(viewer, box, (0, 5, 0, 5), labels)
    assert again is box
    np.testing.assert_allclose(box.data[0][0], (-0.5, -0.5))
    assert not box.editable
    assert viewer.layers.selection.active == labels


def test_the_part_in_view(viewer: ViewerModel) -> None:
    layer = viewer.layers["plane"]
    layer.corner_pixels = np.array([[10, -5], [200, 40]])
    assert region_in_view(layer) == (10, 60, 0, 41)
    layer.corner_pixels = np.zeros((2, 2), int)
    assert region_in_view(layer) is None


def test_a_line_along_the_scale_bar(viewer: ViewerModel) -> None:
    layer = add_scale_line(viewer, viewer.layers["plane"])
    assert line_length_px(layer) == 0
    layer.add([[0.0, 0.0], [30.0, 40.0]], shape_type="line")
    assert line_length_px(layer) == 50
    assert viewer.layers.selection.active == layer


def test_a_field_is_not_copied_with_its_layer() -> None:
    from types import SimpleNamespace

    from napari_mineralseg.layers.field import FieldResult, fields_in

    viewer = ViewerModel()
    plane = viewer.add_image(PLANE, rgb=True, name="odd/name: 1")
    labels = viewer.add_labels(np.zeros((60, 80), np.uint8))
    outcome = SimpleNamespace(taxonomy=TAXONOMY, predicted=labels.data.copy(), regions=())
    field = FieldResult(plane, (), labels, outcome)  # type: ignore[arg-type]
    assert field.stem == "odd_name_ 1"
    assert copy.deepcopy(field) is field
    duplicate = Labels(labels.data.copy(), metadata=labels.metadata)
    viewer.add_layer(duplicate)
    assert fields_in(viewer) == [field]
    field.let_go()
