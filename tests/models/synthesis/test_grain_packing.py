import numpy as np
import pytest
from numpy.testing import assert_allclose

from mineralseg_models.synthesis.packing import Grain, draw_grains, pack
from mineralseg_models.synthesis.style import SectionStyle


def square(angle_rad: float = 0.0) -> Grain:
    normals = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]], dtype=np.float32)
    return Grain("quartz", (10.0, 20.0), (8.0, 4.0), angle_rad, normals, np.ones(4, np.float32), 4)


@pytest.mark.parametrize(
    ("y", "x", "norm"), [(10, 20, 0), (10, 28, 1), (14, 20, 1), (6, 20, 1), (10, 36, 2)]
)
def test_norm_of_a_rectangle(y, x, norm):
    at = np.array([y], np.float32), np.array([x], np.float32)
    assert_allclose(square().norm(*at), norm, atol=1e-6)


def test_a_turned_grain_has_its_long_axis_turned():
    at = np.array([18.0], np.float32), np.array([20.0], np.float32)
    assert_allclose(square(np.pi / 2).norm(*at), 1, rtol=1e-5)


def test_packing_covers_what_the_style_asks_for():
    rng = np.random.default_rng(1)
    loose, dense = (
        np.mean(pack(rng, SectionStyle(packing=p), (200, 200), 5.0).index >= 0) for p in (0.4, 1.2)
    )
    assert 0.2 < loose < 0.6 < 0.75 < dense


def test_grain_sizes_follow_median_and_sorting():
    rng = np.random.default_rng(2)
    style = SectionStyle(grain_size_um=100, sorting=0.3)
    grains = draw_grains(rng, style, (900, 900), 4.0)
    radii = np.array([g.radius_um for g in grains if g.kind != "accessory"])
    assert 2 * np.median(radii) == pytest.approx(100, rel=0.08)
    assert np.log(radii).std() == pytest.approx(0.3, rel=0.12)


def test_every_pixel_names_a_grain_or_none():
    packing = pack(np.random.default_rng(3), SectionStyle(), (60, 90), 4.0)
    assert packing.index.shape == (60, 90)
    assert packing.index.min() >= -1
    assert packing.index.max() < len(packing.grains)
