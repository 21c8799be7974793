import numpy as np
import pytest

from mineralseg_models.synthesis.noise import draw_tiles, random_tilt, smooth_noise


@pytest.mark.parametrize("cell_px", [0.2, 3.0, 17.5])
def test_smooth_noise_has_unit_spread_and_varies_over_its_cell(cell_px):
    field = smooth_noise(np.random.default_rng(0), (300, 400), cell_px)
    assert field.shape == (300, 400)
    assert field.dtype == np.float32
    assert abs(field.mean()) < 0.2
    assert field.std() == pytest.approx(1, abs=0.15)
    if cell_px > 10:
        assert np.abs(np.diff(field, axis=1)).max() < 0.7


def test_tiles_are_periodic_and_every_crystal_has_an_orientation():
    tiles = draw_tiles(np.random.default_rng(1))
    inside = np.abs(np.diff(tiles.noise, axis=0)).max()
    assert np.abs(tiles.noise[0] - tiles.noise[-1]).max() <= 1.2 * inside
    assert tiles.mosaic.min() == 0
    assert tiles.mosaic.max() == len(tiles.angle) - 1 == len(tiles.tilt) - 1
    y = np.array([0.0, 512.0], np.float32)
    crystals = tiles.crystal_at(y, np.zeros(2, np.float32), 16.0, (3.0, 4.0))
    assert crystals[0] == crystals[1]


def test_optic_axes_at_random_in_space_have_a_mean_share_of_two_thirds():
    assert random_tilt(np.random.default_rng(2), 100_000).mean() == pytest.approx(2 / 3, abs=0.01)
