import numpy as np
import pytest
from numpy.testing import assert_allclose

from mineralseg_models.synthesis.brush import Brush, darken
from mineralseg_models.synthesis.minerals import (
    accessory,
    carbonate,
    glauconite,
    mica,
    microcline,
    opaque,
    perthite,
    plagioclase,
    plain_feldspar,
    polycrystalline_quartz,
    single_quartz,
)
from mineralseg_models.synthesis.noise import draw_tiles
from mineralseg_models.synthesis.rocks import LITHICS, cement, matrix, pore
from mineralseg_models.synthesis.style import SectionStyle

MINERALS = [
    *(single_quartz, polycrystalline_quartz, plain_feldspar, perthite, microcline, plagioclase),
    *(mica, opaque, glauconite, carbonate, accessory),
]


def brush(seed: int, elongation: float = 1.3) -> Brush:
    rng = np.random.default_rng(seed)
    y, x = (v.ravel().astype(np.float32) for v in np.mgrid[-40:40:2.0, -40:40:2.0])
    edge = 40 - np.maximum(np.abs(y), np.abs(x))
    style = SectionStyle(turbidity=1.0, strain=1.0)
    return Brush(rng, draw_tiles(rng), style, y, x, x, y, edge, 40.0, elongation, 0.3)


@pytest.mark.parametrize("painter", [*MINERALS, *LITHICS, matrix, cement, pore])
@pytest.mark.parametrize("seed", [0, 1])
def test_every_painter_gives_possible_optics(painter, seed):
    patch = painter(brush(seed))
    assert patch.angle.shape == patch.birefringence.shape == (1600,)
    assert patch.passed.shape == (1600, 3)
    assert np.isfinite(patch.angle).all()
    assert 0 <= patch.birefringence.min() <= patch.birefringence.max() < 0.23
    assert 0 <= patch.passed.min() <= patch.passed.max() < 1.2


def test_opaques_and_epoxy_are_isotropic_or_dark():
    assert_allclose(opaque(brush(0)).birefringence, 0)
    assert opaque(brush(0)).passed.max() < 0.2
    assert np.median(pore(brush(0)).birefringence) == 0


def test_flakes_are_mica():
    flake = accessory(brush(3, elongation=5.0))
    assert flake.birefringence.mean() > 0.01


def test_lamellae_alternate_along_their_normal():
    twin = brush(1).lamellae(12.0, 0.0).reshape(40, 40)
    changes_across = np.abs(np.diff(twin, axis=0)).sum()
    changes_along = np.abs(np.diff(twin, axis=1)).sum()
    assert changes_across > 2 * changes_along


def test_specks_cover_their_share():
    assert brush(2).specks(3.0, 0.3).mean() == pytest.approx(0.3, abs=0.08)


def test_darken_by_parts():
    light = np.ones((3, 3), dtype=np.float32)
    dark = darken(light, np.array([0.0, 0.5, 1.0], np.float32), (0.5, 0.0, 1.0))
    assert_allclose(dark, [[1, 1, 1], [0.75, 0.5, 1], [0.5, 0, 1]])
