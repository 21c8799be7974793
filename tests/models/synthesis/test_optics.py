import numpy as np
import pytest
from numpy.testing import assert_allclose

from mineralseg_models.synthesis.optics import (
    colour_matching,
    crossed_light,
    encode_srgb,
    interference_colours,
)


def test_no_retardation_is_black_and_the_chart_cannot_be_changed():
    chart = interference_colours()
    assert_allclose(chart[0], 0)
    with pytest.raises(ValueError, match="read-only"):
        chart[0] = 1


@pytest.mark.parametrize(
    ("retardation_nm", "end", "channel"),
    [
        (430, "weakest", "blue"),  # first-order yellow to orange
        (551, "weakest", "green"),  # first-order red, the sensitive tint
        (660, "strongest", "blue"),  # second-order blue
        (800, "strongest", "green"),  # second-order green
    ],
)
def test_colours_follow_the_michel_levy_chart(retardation_nm, end, channel):
    colour = interference_colours()[retardation_nm]
    found = colour.argmin() if end == "weakest" else colour.argmax()
    assert ("red", "green", "blue")[found] == channel


def test_first_order_grey_of_quartz_has_hardly_any_hue():
    grey = interference_colours()[200]
    assert np.ptp(grey) / grey.mean() < 0.45


def test_high_orders_turn_white():
    white = interference_colours()[4500:5500].mean(axis=0)
    assert_allclose(white, 0.5, atol=0.05)


def test_extinction_repeats_every_quarter_turn_and_is_brightest_between():
    angles = np.radians(np.array([0, 45, 90, 135, 180], dtype=np.float32))
    light = crossed_light(np.full(5, 270, dtype=np.float32), angles)
    assert_allclose(light[[0, 2, 4]], 0, atol=1e-6)
    assert_allclose(light[[1, 3]], np.stack([interference_colours()[270]] * 2), rtol=1e-5)


def test_colour_matching_functions_integrate_to_equal_energy_white():
    wavelengths = np.arange(380.0, 781.0, 1.0)
    x, y, z = colour_matching(wavelengths).sum(axis=0)
    assert_allclose([x, z], y, rtol=0.02)
    assert y == pytest.approx(106.86, rel=0.02)  # CIE 1931


def test_srgb_of_known_values():
    values = encode_srgb(np.array([-1, 0, 0.0031308, 0.5, 1, 2], dtype=np.float32))
    assert_allclose(values, [0, 0, 0.04045, 0.735357, 1, 1], atol=1e-4)
