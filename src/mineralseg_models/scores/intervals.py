"""Intervals of scores over groups of fields.

Pixels of one field are alike, and so are fields of one rock: what is drawn anew is the group, not
the pixel. Every function takes one confusion matrix a group, pools the counts and applies a score
to the pool; a score maps arrays (..., K, K) to (...), as those of
:mod:`mineralseg_models.scores.counts` do.

- :func:`bootstrap_interval`: cluster bootstrap, percentile interval (Efron & Tibshirani 1993,
  ch. 13). Makes no assumption on the shape; with fewer than about ten groups it comes out too
  narrow (it lacks the t quantile and the factor sqrt(G / (G - 1))).
- :func:`jackknife_interval`: pseudo-values of leaving one group out with Student's t on G - 1
  degrees of freedom (Tukey 1958; Efron & Tibshirani 1993, ch. 11). The better one for few groups,
  as long as the score is smooth in the counts.

With ``baseline`` both give the interval of the difference of two methods on the same groups; the
groups are drawn together, so what makes a group easy or hard for both cancels out.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput
from mineralseg_models.scores import counts
from mineralseg_models.scores.counts import Floats, number_or_none

Score = Callable[[NDArray[Any]], Floats]


@dataclass(frozen=True)
class Interval:
    """A value with its interval.

    Parameters
    ----------
    value : float or None
        The score of all groups together (or the difference); None where it does not exist.
    low, high : float or None
        Ends of the interval; None where it does not exist.
    level : float
        Confidence level, 0 to 1.
    n_groups : int
        Groups that the interval rests on.
    method : str
        ``bootstrap`` or ``jackknife``.
    """

    value: float | None
    low: float | None
    high: float | None
    level: float
    n_groups: int
    method: Literal["bootstrap", "jackknife"]


def bootstrap_interval(
    groups: NDArray[Any] | Sequence[NDArray[Any]],
    score: Score,
    *,
    baseline: NDArray[Any] | Sequence[NDArray[Any]] | None = None,
    level: float = 0.95,
    n_resamples: int = 10_000,
    seed: int = 0,
) -> Interval:
    """Percentile interval of a pooled score by resampling groups.

    Parameters
    ----------
    groups : array of int, shape (G, K, K)
        One confusion matrix a group.
    score : callable
        Maps confusion matrices (..., K, K) to scores (...).
    baseline : array of int, shape (G, K, K), optional
        Another method on the same groups; the value is then ``groups`` minus ``baseline``.
    level : float
        Confidence level.
    n_resamples : int
        Number of draws of G groups with replacement.
    seed : int
        Seed of the draws.

    Returns
    -------
    Interval
        ``low`` and ``high`` are None with fewer than two groups. Draws in which the score does
        not exist (the class was not drawn) are left out.

    Raises
    ------
    BadInput
        If the matrices are not (G, K, K) or the baseline has another shape.
    """
    stacks = _checked(groups, baseline)
    n = stacks.shape[1]
    value = _pooled_score(stacks, np.ones((1, n), dtype=np.int64), score)[0]
    rng = np.random.default_rng(seed)
    draws = rng.multinomial(n, np.full(n, 1 / n), size=n_resamples)
    sample = _pooled_score(stacks, draws, score)
    sample = sample[~np.isnan(sample)]
    low, high = np.nan, np.nan
    if n > 1 and sample.size:
        low, high = np.quantile(sample, [(1 - level) / 2, (1 + level) / 2])
    return _interval(value, low, high, level, n, "bootstrap")


def jackknife_interval(
    groups: NDArray[Any] | Sequence[NDArray[Any]],
    score: Score,
    *,
    baseline: NDArray[Any] | Sequence[NDArray[Any]] | None = None,
    level: float = 0.95,
) -> Interval:
    """Student's t interval of a pooled score from leaving out one group at a time.

    Parameters, Returns and Raises as in :func:`bootstrap_interval`. The interval is the pooled
    value ± t(G - 1) · sqrt((G - 1)/G · Σ (score without g - their mean)²); it does not exist where
    leaving out one group removes a class altogether.
    """
    from scipy.stats import t as student_t

    stacks = _checked(groups, baseline)
    n = stacks.shape[1]
    value = _pooled_score(stacks, np.ones((1, n), dtype=np.int64), score)[0]
    half = np.nan
    if n > 1:
        left_out = _pooled_score(stacks, 1 - np.eye(n, dtype=np.int64), score)
        error = np.sqrt((n - 1) / n * np.square(left_out - left_out.mean()).sum())
        half = error * student_t.ppf((1 + level) / 2, n - 1)
    return _interval(value, value - half, value + half, level, n, "jackknife")


def score_intervals(
    groups: NDArray[Any] | Sequence[NDArray[Any]],
    names: Sequence[str],
    *,
    level: float = 0.95,
    n_resamples: int = 10_000,
    seed: int = 0,
) -> dict[str, Any]:
    """Every score of :func:`mineralseg_models.scores.counts.scores` with its bootstrap interval.

    Parameters
    ----------
    groups : array of int, shape (G, K, K)
        One confusion matrix a group.
    names : sequence of K str
        Class names.
    level, n_resamples, seed
        As in :func:`bootstrap_interval`.

    Returns
    -------
    dict
        Ready for JSON: ``pixel_accuracy``, ``mean_iou`` and ``classes[name][score]``, each a dict
        of ``value``, ``low``, ``high``, ``level``, ``n_groups`` and ``method``.
    """

    def interval(score: Score) -> dict[str, Any]:
        return asdict(
            bootstrap_interval(groups, score, level=level, n_resamples=n_resamples, seed=seed)
        )

    return {
        "pixel_accuracy": interval(counts.pixel_accuracy),
        "mean_iou": interval(counts.mean_iou),
        "classes": {
            name: {
                key: interval(of_class(function, i)) for key, function in counts.BY_CLASS.items()
            }
            for i, name in enumerate(names)
        },
    }


def of_class(score: Score, index: int) -> Score:
    """Score of one class, by its position, from a score by class."""

    def single(c: NDArray[Any]) -> Floats:
        return score(c)[..., index]

    return single


def _checked(groups: Any, baseline: Any) -> NDArray[np.int64]:
    """One or two methods as int64, shape (1 or 2, G, K, K)."""
    first = np.asarray(groups, dtype=np.int64)
    if first.ndim != 3 or first.shape[1] != first.shape[2] or not len(first):
        raise BadInput(f"One K × K confusion matrix a group is needed; found {first.shape}.")
    if baseline is None:
        return first[np.newaxis]
    second = np.asarray(baseline, dtype=np.int64)
    if second.shape != first.shape:
        raise BadInput(
            f"Two methods can be compared only on the same groups and classes; found "
            f"{first.shape} and {second.shape}."
        )
    return np.stack([first, second])


def _pooled_score(
    stacks: NDArray[np.int64], weights: NDArray[np.int64], score: Score
) -> NDArray[np.float64]:
    """Score (or difference) of pools, shape (R,), for weights of groups of shape (R, G)."""
    values = [score(np.tensordot(weights, stack, axes=1)) for stack in stacks]
    return values[0] if len(values) == 1 else values[0] - values[1]


def _interval(
    value: Any,
    low: Any,
    high: Any,
    level: float,
    n: int,
    method: Literal["bootstrap", "jackknife"],
) -> Interval:
    """Build an interval with None in place of NaN."""
    return Interval(
        number_or_none(value), number_or_none(low), number_or_none(high), level, n, method
    )
