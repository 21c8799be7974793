import numpy as np
import pytest

from mineralseg_models.bundles.card import Normalisation
from mineralseg_models.errors import BadInput
from mineralseg_models.segmentation.normalise import STD_FLOOR, normalise

PIXELS = np.array([[[0.0, 0.5], [1.0, 0.5]]], dtype=np.float32)


def test_field_standardises_each_channel_by_its_own_numbers():
    scaled = normalise(PIXELS, Normalisation(kind="field"))
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, [[[-1, 0], [1, 0]]])


def test_a_nearly_flat_channel_is_divided_by_the_floor():
    pixels = np.array([[[0.5], [0.5002]]], dtype=np.float32)
    scaled = normalise(pixels, Normalisation(kind="field"))
    np.testing.assert_allclose(scaled[0, 1, 0], 1e-4 / STD_FLOOR, rtol=1e-3)


def test_fixed_uses_the_numbers_of_the_card_and_leaves_the_input_alone():
    before = PIXELS.copy()
    scaled = normalise(PIXELS, Normalisation(kind="fixed", mean=(0.5, 0.0), std=(0.5, 0.25)))
    np.testing.assert_allclose(scaled, [[[-1, 2], [1, 2]]])
    np.testing.assert_array_equal(PIXELS, before)


def test_fixed_for_another_number_of_channels_is_refused():
    with pytest.raises(BadInput, match="has 1 channels and the picture 2"):
        normalise(PIXELS, Normalisation(kind="fixed", mean=(0.5,), std=(0.5,)))
