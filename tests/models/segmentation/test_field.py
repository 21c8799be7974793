import numpy as np
import pytest

from mineralseg_models.bundles.card import SegmentationCard
from mineralseg_models.errors import BadInput
from mineralseg_models.segmentation.field import prepare_field, working_scale
from mineralseg_models.segmentation.stack import Stack

RNG = np.random.default_rng(0)


@pytest.fixture
def card(card_fields):
    return SegmentationCard.model_validate(card_fields()["segmentation"])


def stack(shape=(20, 30), size=0.5, channels=6):
    return Stack(RNG.random((*shape, channels), dtype=np.float32), size)


def test_a_known_scale(card):
    scale = working_scale(stack(), card)
    assert (scale.picture_um, scale.working_um, scale.shape) == (0.5, 1.0, (10, 15))
    assert scale.warnings == ()


def test_an_unknown_scale_is_assumed_and_told(card):
    scale = working_scale(stack(size=None), card)
    assert (scale.picture_um, scale.shape) == (1.0, (20, 30))
    assert "1 µm per pixel is assumed" in scale.warnings[0]


def test_a_field_is_standardised_as_a_whole_before_it_is_padded(card):
    field = prepare_field(stack(), card, (10, 15), (16, 16))
    assert field.shape == (6, 16, 16)
    assert field.flags.c_contiguous
    inner = field[:, :10, :15]
    np.testing.assert_allclose(inner.mean(axis=(1, 2)), 0, atol=1e-5)
    np.testing.assert_allclose(inner.std(axis=(1, 2)), 1, atol=1e-5)
    np.testing.assert_array_equal(field[:, 10:16, :15], inner[:, 8:2:-1])
    np.testing.assert_array_equal(field[:, :, 15], field[:, :, 13])


def test_a_border_wider_than_the_picture_is_mirrored_again(card):
    field = prepare_field(stack((3, 20), 1.0), card, (3, 20), (8, 24))
    np.testing.assert_array_equal(field[:, 3:7, :20], field[:, [1, 0, 1, 2], :20])


@pytest.mark.parametrize(("first", "name"), [(0, "plane"), (3, "crossed")])
def test_a_picture_of_one_colour_is_refused(card, first, name):
    given = stack()
    given.pixels[..., first : first + 3] = [0.0, 0.2, 0.4]
    with pytest.raises(BadInput, match=f"The {name} picture has the same colour everywhere"):
        prepare_field(given, card, (10, 15), (16, 16))
