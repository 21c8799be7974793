from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mineralseg_models.segmentation.registration import (
    Registration,
    apply_registration,
    register,
)
from mineralseg_models.synthesis.thin_section import synthesise_thin_section

SHAPE = (300, 400)


@pytest.mark.parametrize(
    ("shift", "angle"), [((0.0, 0.0), 0.0), ((-3.5, -8.25), 0.0), ((6.0, -4.0), 3.0)]
)
def test_shift_and_turn_are_found(shift: tuple[float, float], angle: float) -> None:
    section = synthesise_thin_section(
        SHAPE, seed=5, pixel_size_um=3.0, crossed_shift_px=shift, crossed_angle_deg=angle
    )
    found = register(section.plane.pixels, section.crossed.pixels)
    assert found.accepted
    assert found.angle_deg == pytest.approx(-angle, abs=0.2)
    if not angle:
        np.testing.assert_allclose(found.shift_px, np.negative(shift), atol=0.5)


def test_pictures_of_different_fields_are_not_registered() -> None:
    one = synthesise_thin_section(SHAPE, seed=5, pixel_size_um=3.0)
    other = synthesise_thin_section(SHAPE, seed=6, pixel_size_um=3.0)
    found = register(one.plane.pixels, other.crossed.pixels)
    assert not found.accepted
    same = apply_registration(other.crossed.pixels, found, SHAPE)
    np.testing.assert_array_equal(same, other.crossed.pixels)


def test_a_black_partner_is_not_registered() -> None:
    one = synthesise_thin_section(SHAPE, seed=5, pixel_size_um=3.0)
    assert not register(one.plane.pixels, np.zeros((*SHAPE, 3), np.uint8)).accepted


def test_a_known_move_is_applied() -> None:
    picture = np.zeros((21, 31, 1), np.uint8)
    picture[8, 20] = 200
    moved = apply_registration(picture, Registration(0.0, (2.0, -5.0), 50.0, True), (21, 31))
    assert moved[10, 15, 0] == 200
    quarter = apply_registration(picture, Registration(90.0, (0.0, 0.0), 50.0, True), (21, 31))
    row, column = np.unravel_index(int(quarter[..., 0].argmax()), (21, 31))
    assert (row, column) == (10 - (20 - 15), 15 + (8 - 10))


@pytest.mark.realdata
def test_the_turned_field_is_brought_back(realdata: Path) -> None:
    folder = realdata / "thin_section_ppl_xpl"
    plane, crossed = (
        np.asarray(Image.open(folder / kind / "5a.jpg").convert("RGB")) for kind in ("ppl", "xpl")
    )
    found = register(plane, crossed)
    assert found.accepted
    assert 3.0 < found.angle_deg < 3.6
