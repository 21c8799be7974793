import numpy as np
import pytest

from mineralseg_models.data import Micrograph
from mineralseg_models.errors import BadInput
from mineralseg_models.segmentation import stack as stack_module
from mineralseg_models.segmentation.registration import Registration
from mineralseg_models.segmentation.stack import build_stack

RNG = np.random.default_rng(0)
PLANE = Micrograph(RNG.integers(0, 256, (20, 24, 3), dtype=np.uint8), 0.5)


@pytest.fixture(autouse=True)
def registered(monkeypatch):
    """Take the place of the registration: the pictures already lie on each other."""
    answer = Registration(0.0, (0.0, 0.0), 40.0, True)
    seen = []

    def register(plane, crossed):
        seen.append((plane.shape, crossed.shape))
        return answer

    monkeypatch.setattr(stack_module, "register", register)
    return seen


def crossed(shape=(20, 24, 3), size=None, dtype=np.uint8):
    top = np.iinfo(dtype).max
    return Micrograph(RNG.integers(0, top, shape, dtype=dtype), size)


def test_one_picture_is_three_channels():
    stack = build_stack(PLANE)
    assert stack.pixels.dtype == np.float32
    np.testing.assert_allclose(stack.pixels, PLANE.pixels / 255, atol=1e-6)
    assert (stack.shape, stack.n_crossed, stack.pixel_size_um) == ((20, 24), 0, 0.5)


def test_crossed_pictures_follow_in_order():
    a, b = crossed(), crossed(dtype=np.uint16)
    stack = build_stack(PLANE, [a, b])
    assert stack.n_crossed == 2
    assert len(stack.registrations) == 2
    assert stack.warnings == ()
    np.testing.assert_allclose(stack.pixels[..., 3:6], a.pixels / 255, atol=1e-6)
    np.testing.assert_allclose(stack.pixels[..., 6:], b.pixels / 65535, atol=1e-6)


def test_a_given_pixel_size_is_taken():
    assert build_stack(PLANE, pixel_size_um=0.8).pixel_size_um == 0.8
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(BadInput, match="must be above 0"):
            build_stack(PLANE, pixel_size_um=wrong)


def test_a_crossed_picture_of_another_size_is_resampled_with_a_warning(registered):
    stack = build_stack(PLANE, [crossed((40, 48, 3))])
    assert stack.pixels.shape == (20, 24, 6)
    assert registered == [((20, 24, 3), (20, 24, 3))]
    assert "48 × 40 pixels and the plane one 24 × 20; it was resampled" in stack.warnings[0]


def test_a_crossed_picture_of_another_shape_is_refused():
    with pytest.raises(BadInput, match="two pictures of one field with the same shape"):
        build_stack(PLANE, [crossed((24, 20, 3))])


def test_files_that_disagree_about_the_scale_are_told():
    stack = build_stack(PLANE, [crossed(size=0.7)])
    assert "states 0.7 µm per pixel and that of the plane one 0.5" in stack.warnings[0]
    assert build_stack(PLANE, [crossed(size=0.501)]).warnings == ()


def test_an_implausible_registration_is_not_used_with_a_warning(monkeypatch):
    refused = Registration(7.9, (5.0, 5.0), 3.0, False)
    monkeypatch.setattr(stack_module, "register", lambda *_: refused)
    picture = crossed()
    stack = build_stack(PLANE, [picture])
    np.testing.assert_allclose(stack.pixels[..., 3:], picture.pixels / 255, atol=1e-6)
    assert "could not be brought onto the plane one" in stack.warnings[0]
    assert stack.registrations == (refused,)
