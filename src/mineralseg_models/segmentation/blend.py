"""Run a network on tiles and add up what it says."""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import TaskFailed
from mineralseg_models.runtime.runner import Runner
from mineralseg_models.segmentation.tiles import Tile

TILES_AT_ONCE = {"cpu": 1}
TILES_AT_ONCE_ELSEWHERE = 8


def run_tiles(
    blended: NDArray[np.float32],
    pixels: NDArray[np.float32],
    order: Sequence[Tile],
    running: Runner,
    batch: int | None,
) -> Iterator[tuple[int, Tile | None]]:
    """Run tiles and add their weighted probabilities to ``blended``, in place.

    Parameters
    ----------
    blended : ndarray of float32, shape (K, Y, X)
        Zeros at first; the blended probabilities at the end.
    pixels : ndarray of float32, shape (C, Y, X)
        The padded picture.
    order : sequence of Tile
        All tiles of a plan, in the order to run them.
    running : Runner
    batch : int or None
        Tiles at once; None takes 1 on the CPU and 8 elsewhere.

    Yields
    ------
    int, Tile or None
        Tiles done; None before each batch, then each tile of it once it is blended.

    Raises
    ------
    TaskFailed
        Memory ran out, or the network returned no numbers.
    """
    size = batch or TILES_AT_ONCE.get(running.device, TILES_AT_ONCE_ELSEWHERE)
    for begin in range(0, len(order), size):
        yield begin, None
        group = order[begin : begin + size]
        found = running.probabilities(np.stack([pixels[_place(tile)] for tile in group]))
        if not np.isfinite(found).all():
            raise TaskFailed(
                "The network returned values that are no numbers; fetch the bundle again."
            )
        for done, (tile, probabilities) in enumerate(zip(group, found, strict=True), begin + 1):
            weights = np.outer(tile.rows.weights, tile.columns.weights)
            blended[_place(tile)] += probabilities * weights
            yield done, tile


def _place(tile: Tile) -> tuple[slice, slice, slice]:
    """Index of a tile in an array (C, Y, X)."""
    rows, columns = tile.rows, tile.columns
    return slice(None), slice(rows.start, rows.stop), slice(columns.start, columns.stop)
