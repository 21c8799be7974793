"""Does the uncertainty point at the errors? Area under the ROC curve from counts.

Uncertainties of right and of wrong pixels are counted in 4096 bins from 0 to 1; the area is the
share of pairs (one wrong pixel, one right pixel) in which the wrong one is more uncertain, ties
counting half (Mann & Whitney 1947). Two pixels in one bin are a tie, which moves the area by less
than 1/4096 for spread-out values. Counts of several fields add up.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput

BINS = 4096


def error_histogram(uncertainty: NDArray[Any], wrong: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Count right and wrong pixels by uncertainty.

    Parameters
    ----------
    uncertainty : ndarray of float, any shape
        From 0 (sure) to 1.
    wrong : ndarray of bool, the same shape
        True where the label is wrong.

    Returns
    -------
    ndarray of int64, shape (2, 4096)
        Right pixels, wrong pixels.

    Raises
    ------
    BadInput
        If the shapes differ or a value is not from 0 to 1.
    """
    if uncertainty.shape != wrong.shape:
        raise BadInput(
            f"Uncertainty and errors must have one shape; found {uncertainty.shape} and "
            f"{wrong.shape}."
        )
    if uncertainty.size and not (uncertainty.min() >= 0 and uncertainty.max() <= 1):
        raise BadInput("The uncertainty must lie between 0 and 1.")
    place = np.minimum((uncertainty.ravel() * BINS).astype(np.int32), BINS - 1)
    place += BINS * wrong.ravel().astype(np.int32)
    return np.bincount(place, minlength=2 * BINS).reshape(2, BINS).astype(np.int64)


def auroc(histogram: NDArray[np.int64]) -> float | None:
    """Area under the ROC curve of uncertainty against errors.

    Parameters
    ----------
    histogram : ndarray of int64, shape (2, B)
        Right and wrong pixels by uncertainty, as :func:`error_histogram` counts them.

    Returns
    -------
    float or None
        1 where every wrong pixel is more uncertain than every right one, 0.5 without any
        connection; None where there are no wrong or no right pixels.
    """
    right, wrong = histogram.astype(np.float64)
    if not right.sum() or not wrong.sum():
        return None
    below = np.cumsum(right) - right
    return float((wrong * (below + right / 2)).sum() / (right.sum() * wrong.sum()))
