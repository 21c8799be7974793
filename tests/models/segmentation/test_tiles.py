import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from mineralseg_models.errors import BadInput
from mineralseg_models.segmentation.tiles import in_order, plan_tiles


def plan(shape, tile_px=8, overlap_px=4, halo_px=1, stride=2):
    return plan_tiles(shape, tile_px=tile_px, overlap_px=overlap_px, halo_px=halo_px, stride=stride)


def test_two_tiles_by_hand():
    rows = [t.rows for t in plan((12, 8)).tiles]
    assert [(r.start, r.stop) for r in rows] == [(0, 8), (4, 12)]
    # overlap of 4: one pixel of halo each, and a ramp of two: sin² of 22.5° and 67.5°
    low, high = np.sin(np.pi / 8) ** 2, np.sin(3 * np.pi / 8) ** 2
    np.testing.assert_allclose(rows[0].weights, [1, 1, 1, 1, 1, high, low, 0], atol=1e-6)
    np.testing.assert_allclose(rows[1].weights, [0, low, high, 1, 1, 1, 1, 1], atol=1e-6)
    assert rows[0].counted == (0, 7)
    assert rows[1].counted == (5, 12)


def test_without_a_ramp_the_border_is_hard():
    rows = [t.rows for t in plan((12, 8), halo_px=2).tiles]
    np.testing.assert_array_equal(rows[0].weights, [1, 1, 1, 1, 1, 1, 0, 0])
    np.testing.assert_array_equal(rows[1].weights, [0, 0, 1, 1, 1, 1, 1, 1])


def test_a_picture_smaller_than_a_tile_is_one_tile_padded_to_the_stride():
    small = plan((5, 3))
    assert small.shape == small.tile_shape == (6, 4)
    assert len(small.tiles) == 1
    assert small.tiles[0].region == (0, 6, 0, 4)
    assert (small.tiles[0].rows.weights == 1).all()


def test_tiles_are_spread_evenly_and_end_at_the_border():
    starts = [t.columns.start for t in plan((8, 22)).tiles]
    assert starts == [0, 2, 6, 10, 14]


@pytest.mark.parametrize(
    ("tile", "overlap", "halo", "stride"), [(9, 4, 1, 2), (8, 4, 3, 2), (8, 7, 1, 2)]
)
def test_impossible_tiles_are_refused(tile, overlap, halo, stride):
    with pytest.raises(BadInput, match="are not possible"):
        plan((20, 20), tile, overlap, halo, stride)


@given(
    shape=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    stride=st.sampled_from([1, 2, 4, 8]),
    steps=st.integers(1, 8),
    halo=st.integers(0, 6),
    ramp=st.integers(0, 9),
)
def test_weights_add_up_to_one_everywhere(shape, stride, steps, halo, ramp):
    overlap, tile = 2 * halo + ramp, steps * stride
    assume(tile >= overlap + stride)
    found = plan(shape, tile, overlap, halo, stride)
    total = np.zeros(found.shape)
    for t in found.tiles:
        place = slice(t.rows.start, t.rows.stop), slice(t.columns.start, t.columns.stop)
        total[place] += np.outer(t.rows.weights, t.columns.weights)
        assert total[place].shape == found.tile_shape
        assert t.rows.start % stride == t.columns.start % stride == 0
        for span, length in ((t.rows, found.shape[0]), (t.columns, found.shape[1])):
            assert span.start == 0 or (span.weights[:halo] == 0).all()
            assert span.stop == length or halo == 0 or (span.weights[-halo:] == 0).all()
    np.testing.assert_allclose(total, 1, atol=1e-5)
    assert all(0 <= p - n < stride for p, n in zip(found.shape, shape, strict=True))


def test_the_part_in_view_comes_first_from_its_centre():
    tiles = plan((24, 24)).tiles
    assert in_order(tiles, None) == list(tiles)
    view = (14, 24, 0, 8)
    order = in_order(tiles, view)
    meets = [t.region[1] > 14 and t.region[2] < 8 for t in order]
    assert meets == sorted(meets, reverse=True)
    assert order[0].region[0] >= 9
    assert sorted(map(id, order)) == sorted(map(id, tiles))
