"""How unsure a network is, pixel by pixel."""

import numpy as np
from numpy.typing import NDArray

SMALLEST = 1e-12


def normalised_entropy(
    probabilities: NDArray[np.float32], *, axis: int = -1
) -> NDArray[np.float32]:
    """Entropy of class probabilities over that of complete ignorance (Shannon 1948).

    Parameters
    ----------
    probabilities : ndarray of float32
        Summing to 1 along ``axis``, of K ≥ 2 classes.
    axis : int
        The axis of classes.

    Returns
    -------
    ndarray of float32, the other axes
        0 where one class is certain, 1 where all K are equally likely.
    """
    p = np.moveaxis(probabilities, axis, 0)
    entropy = np.zeros(p.shape[1:], dtype=np.float32)
    for one in p:
        entropy -= one * np.log(np.maximum(one, np.float32(SMALLEST)))
    entropy /= np.float32(np.log(len(p)))
    return np.clip(entropy, 0.0, 1.0, out=entropy)
