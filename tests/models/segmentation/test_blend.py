import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch.nn import functional

from mineralseg_models.errors import TaskFailed
from mineralseg_models.segmentation.blend import run_tiles
from mineralseg_models.segmentation.tiles import in_order, plan_tiles

STRIDE = 4
RECEPTIVE_RADIUS = 10
"""Of the network below: 3 px to the end of a pixel's own cell, then 4 + 2 + 1 px of its three
convolutions at their scales."""


class TinyNetwork:
    """Two poolings, three convolutions, back up: a stride of 4 and a known receptive field."""

    device = "cpu"

    def __init__(self):
        generator = torch.Generator().manual_seed(3)
        self.weights = [
            torch.randn(4, 2, 3, 3, generator=generator),
            torch.randn(4, 4, 3, 3, generator=generator),
            torch.randn(4, 4, 3, 3, generator=generator),
            torch.randn(3, 4, 1, 1, generator=generator),
        ]
        self.batches = []

    @torch.inference_mode()
    def probabilities(self, batch):
        self.batches.append(len(batch))
        x = torch.from_numpy(batch)
        for w in self.weights[:2]:
            x = functional.max_pool2d(functional.conv2d(x, w, padding=1).tanh(), 2)
        x = functional.conv2d(x, self.weights[2], padding=1).tanh()
        x = functional.interpolate(x, scale_factor=4, mode="nearest")
        return functional.conv2d(x, self.weights[3]).softmax(dim=1).numpy()

    def close(self):
        pass


def blend(pixels, plan, network, order=None, batch=None):
    blended = np.zeros((3, *plan.shape), dtype=np.float32)
    steps = list(run_tiles(blended, pixels, order or plan.tiles, network, batch))
    return blended, steps


@settings(deadline=None, max_examples=60)
@given(
    blocks=st.tuples(st.integers(1, 24), st.integers(1, 24)),
    tile=st.integers(8, 20),
    halo=st.integers(RECEPTIVE_RADIUS, RECEPTIVE_RADIUS + 3),
    ramp=st.integers(0, 12),
    batch=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_tiled_equals_untiled(blocks, tile, halo, ramp, batch, seed):
    shape = blocks[0] * STRIDE, blocks[1] * STRIDE
    overlap = 2 * halo + ramp
    assume(tile * STRIDE >= overlap + STRIDE)
    pixels = np.random.default_rng(seed).standard_normal((2, *shape)).astype(np.float32)
    plan = plan_tiles(shape, tile_px=tile * STRIDE, overlap_px=overlap, halo_px=halo, stride=STRIDE)
    tiled, _ = blend(pixels, plan, TinyNetwork(), batch=batch)
    untiled = TinyNetwork().probabilities(pixels[None])[0]
    np.testing.assert_allclose(tiled, untiled, atol=1e-5)


def test_a_halo_below_the_receptive_field_does_not_suffice():
    pixels = np.random.default_rng(0).standard_normal((2, 96, 96)).astype(np.float32)
    plan = plan_tiles((96, 96), tile_px=48, overlap_px=8, halo_px=4, stride=STRIDE)
    tiled, _ = blend(pixels, plan, TinyNetwork())
    assert abs(tiled - TinyNetwork().probabilities(pixels[None])[0]).max() > 1e-3


def test_the_order_of_tiles_does_not_matter_and_batches_do_not_either():
    pixels = np.random.default_rng(0).standard_normal((2, 80, 96)).astype(np.float32)
    plan = plan_tiles((80, 96), tile_px=32, overlap_px=16, halo_px=4, stride=STRIDE)
    one, steps = blend(pixels, plan, TinyNetwork())
    network = TinyNetwork()
    other, _ = blend(pixels, plan, network, in_order(plan.tiles, (60, 80, 0, 20)), batch=4)
    np.testing.assert_allclose(one, other, atol=1e-6)
    assert set(network.batches[:-1]) == {4}
    n = len(plan.tiles)
    assert [done for done, tile in steps if tile is not None] == list(range(1, n + 1))
    assert [done for done, tile in steps if tile is None] == list(range(n))


def test_elsewhere_than_on_the_cpu_batches_are_larger():
    plan = plan_tiles((96, 96), tile_px=32, overlap_px=16, halo_px=4, stride=STRIDE)
    network = TinyNetwork()
    network.device = "cuda"
    blend(np.zeros((2, 96, 96), dtype=np.float32), plan, network)
    assert network.batches[0] == 8


def test_values_that_are_no_numbers_are_refused():
    class Broken(TinyNetwork):
        def probabilities(self, batch):
            return super().probabilities(batch) * np.nan

    plan = plan_tiles((8, 8), tile_px=32, overlap_px=16, halo_px=4, stride=STRIDE)
    with pytest.raises(TaskFailed, match="no numbers"):
        blend(np.zeros((2, 8, 8), dtype=np.float32), plan, Broken())
