"""Average a network's answers over orientations of the picture.

A stage turned by a quarter and a section seen from behind show the same minerals: extinction
between crossed polars repeats every 90°, and mirrors along the polariser axes change nothing. The
network knows this only roughly, so its answers to the turned pictures differ a little, and their
mean is better than each (test-time augmentation).
"""

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.runtime.runner import Runner

Maps = NDArray[np.float32]


class ManyViews:
    """A runner that turns and mirrors its tiles and averages the probabilities.

    Parameters
    ----------
    inner : Runner
    views : {1, 4, 8}
        As they are; four quarter turns; these and their mirror images.
    """

    def __init__(self, inner: Runner, views: int) -> None:
        self._inner = inner
        self._views = [(quarters, m) for m in (False, True) for quarters in range(4)][:views]

    @property
    def device(self) -> str:
        """Where the network runs."""
        return self._inner.device

    def probabilities(self, batch: Maps) -> Maps:
        """Class probabilities, shape (B, K, Y, X), of normalised tiles, shape (B, C, Y, X)."""
        total: Maps | None = None
        for quarters, mirrored in self._views:
            seen = batch[..., ::-1] if mirrored else batch
            seen = np.ascontiguousarray(np.rot90(seen, quarters, axes=(2, 3)))
            back = np.rot90(self._inner.probabilities(seen), -quarters, axes=(2, 3))
            back = back[..., ::-1] if mirrored else back
            total = back.copy() if total is None else np.add(total, back, out=total)
        assert total is not None
        total /= len(self._views)
        return total

    def close(self) -> None:
        """Free the network's memory."""
        self._inner.close()
