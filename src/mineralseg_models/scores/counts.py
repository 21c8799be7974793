"""Confusion matrices and the scores that follow from them.

Pixels are counted once, over the whole data set; every score is a function of those counts.
A class that does not occur in the truth has no score (NaN in arrays, None in tables).

::

                 predicted
                 c     rest
    truth  c    [TP]   [FN]     iou = TP / (TP + FP + FN)    f1 = 2 TP / (2 TP + FP + FN)
           rest [FP]   [TN]     precision = TP / (TP + FP)   recall = TP / (TP + FN)
                                specificity = TN / (TN + FP)
"""

from collections.abc import Sequence
from typing import Any, TypedDict

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput

IGNORE = 255

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]


class ClassScores(TypedDict):
    """Scores of one class; None where they do not exist."""

    iou: float | None
    precision: float | None
    recall: float | None
    f1: float | None
    specificity: float | None


class Scores(TypedDict):
    """Scores of a confusion matrix, ready for JSON."""

    pixel_accuracy: float | None
    mean_iou: float | None
    classes: dict[str, ClassScores]


def confusion(
    truth: NDArray[Any],
    predicted: NDArray[Any],
    ids: Sequence[int] | NDArray[np.uint8],
    ignore: int | None = IGNORE,
) -> Counts:
    """Count pixels by true and predicted class.

    Parameters
    ----------
    truth, predicted : ndarray of integers 0 to 255, the same shape
        Class ids.
    ids : sequence of K int
        Class ids, in the order of the rows and columns.
    ignore : int or None
        Pixels with this true value do not count; None counts all.

    Returns
    -------
    ndarray of int64, shape (K, K)
        Rows are the truth, columns the prediction.

    Raises
    ------
    BadInput
        If the shapes differ or a value is no class id.
    """
    if truth.shape != predicted.shape:
        raise BadInput(
            f"Truth and prediction must have one shape; found {truth.shape} and {predicted.shape}."
        )
    k = len(ids)
    index = np.full(256, k, dtype=np.intp)
    index[np.asarray(ids, dtype=np.intp)] = np.arange(k)
    counts = _joint_histogram(truth, predicted)
    if ignore is not None:
        counts[ignore] = 0
    for name, axis in (("truth", 1), ("prediction", 0)):
        unknown = np.flatnonzero((counts.sum(axis=axis) > 0) & (index == k))
        if len(unknown):
            raise BadInput(
                f"The {name} holds the value {_listed(unknown)}, which is no class; the class ids "
                f"are {_listed(np.asarray(ids))}."
            )
    order = np.asarray(ids, dtype=np.intp)
    selected: Counts = counts[np.ix_(order, order)]
    return selected


def _joint_histogram(truth: NDArray[Any], predicted: NDArray[Any]) -> Counts:
    """Count pairs of values, shape (256, 256), in blocks so that large pictures fit in memory."""
    t, p = truth.ravel(), predicted.ravel()
    for name, values in (("truth", t), ("prediction", p)):
        if values.size and (values.min() < 0 or values.max() > 255):
            raise BadInput(f"The {name} must hold class ids from 0 to 255.")
    counts = np.zeros(256 * 256, dtype=np.int64)
    block = 1 << 22
    for start in range(0, t.size, block):
        pair = t[start : start + block].astype(np.int32) * 256 + p[start : start + block]
        counts += np.bincount(pair, minlength=256 * 256)
    return counts.reshape(256, 256)


def count_values(values: NDArray[Any]) -> Counts:
    """Count the pixels of each value from 0 to 255, shape (256,), in blocks to save memory.

    Raises
    ------
    BadInput
        If a value lies outside.
    """
    flat = values.ravel()
    if flat.size and (flat.min() < 0 or flat.max() > 255):
        raise BadInput("A label map must hold class ids from 0 to 255.")
    found = np.zeros(256, dtype=np.int64)
    block = 1 << 22
    for start in range(0, flat.size, block):
        found += np.bincount(flat[start : start + block], minlength=256)
    return found


def _listed(values: NDArray[Any]) -> str:
    """Values as text, the first eight of many."""
    text = ", ".join(str(v) for v in values[:8])
    return f"{text} …" if len(values) > 8 else text


def _ratio(numerator: NDArray[Any], denominator: NDArray[Any]) -> Floats:
    """Quotient; NaN where the denominator is 0."""
    quotient: Floats = np.full(np.broadcast_shapes(numerator.shape, denominator.shape), np.nan)
    np.divide(numerator, denominator, out=quotient, where=denominator != 0)
    return quotient


def _parts(c: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """Right pixels, true pixels and predicted pixels of each class, shape (..., K)."""
    return np.diagonal(c, axis1=-2, axis2=-1), c.sum(axis=-1), c.sum(axis=-2)


def _present(score: Floats, true: NDArray[Any]) -> Floats:
    """Score with NaN where the class does not occur in the truth."""
    return np.where(true > 0, score, np.nan)


def pixel_accuracy(c: NDArray[Any]) -> Floats:
    """Share of right pixels of confusion matrices (..., K, K), shape (...); NaN without pixels."""
    right, _, _ = _parts(c)
    return _ratio(right.sum(axis=-1), c.sum(axis=(-2, -1)))


def iou(c: NDArray[Any]) -> Floats:
    """Intersection over union by class, shape (..., K); NaN for a class absent from the truth."""
    right, true, predicted = _parts(c)
    return _present(_ratio(right, true + predicted - right), true)


def f1(c: NDArray[Any]) -> Floats:
    """F1 (Dice) score by class, shape (..., K); NaN for a class absent from the truth."""
    right, true, predicted = _parts(c)
    return _present(_ratio(2 * right, true + predicted), true)


def recall(c: NDArray[Any]) -> Floats:
    """Recall (sensitivity) by class, shape (..., K); NaN for a class absent from the truth."""
    right, true, _ = _parts(c)
    return _ratio(right, true)


def precision(c: NDArray[Any]) -> Floats:
    """Precision by class, shape (..., K).

    0 for a class that occurs in the truth and was never predicted, NaN for a class absent from
    the truth.
    """
    right, true, predicted = _parts(c)
    return _present(np.nan_to_num(_ratio(right, predicted), nan=0.0), true)


def specificity(c: NDArray[Any]) -> Floats:
    """Specificity by class, shape (..., K).

    NaN for a class absent from the truth and for one that is the whole truth.
    """
    right, true, predicted = _parts(c)
    others = c.sum(axis=(-2, -1))[..., np.newaxis] - true
    return _present(_ratio(others - (predicted - right), others), true)


def mean_iou(c: NDArray[Any]) -> Floats:
    """Mean intersection over union of the classes that occur in the truth, shape (...)."""
    by_class = iou(c)
    found = ~np.isnan(by_class)
    return _ratio(np.where(found, by_class, 0.0).sum(axis=-1), found.sum(axis=-1))


BY_CLASS = {
    "iou": iou,
    "precision": precision,
    "recall": recall,
    "f1": f1,
    "specificity": specificity,
}


def scores(c: NDArray[Any], names: Sequence[str]) -> Scores:
    """All scores of one confusion matrix.

    Parameters
    ----------
    c : ndarray of int, shape (K, K)
        Rows are the truth.
    names : sequence of K str
        Class names.

    Returns
    -------
    Scores
        ``pixel_accuracy``, ``mean_iou`` and ``classes[name][score]``; None where undefined.
    """
    table = {score: function(c) for score, function in BY_CLASS.items()}
    classes: dict[str, Any] = {
        name: {score: number_or_none(values[i]) for score, values in table.items()}
        for i, name in enumerate(names)
    }
    return {
        "pixel_accuracy": number_or_none(pixel_accuracy(c)),
        "mean_iou": number_or_none(mean_iou(c)),
        "classes": classes,
    }


def number_or_none(value: Any) -> float | None:
    """Return a plain float, or None for NaN (JSON has no NaN)."""
    return None if np.isnan(value) else float(value)
