"""Shares of classes corrected for the errors of the map.

A map that takes one feldspar in five for quartz shows too much quartz. The confusion matrix of
fields that the model had not seen says how often a pixel *mapped* as i is *truly* j; with the
mapped shares W of a field that gives the stratified ("error-adjusted") estimator of Olofsson et al.
(2014, Remote Sensing of Environment 148: 42-57, eq. 1 and 2)::

    a(j) = Σ_i W(i) · P(true j | mapped i),      P(j | i) = C[j, i] / Σ_k C[k, i]

**Why not their standard error.** Their eq. 10 and 11 (:func:`stratified_areas`) hold for reference
pixels drawn at random and independently. Pixels of a micrograph are neither: one grain that is
mistaken puts thousands of pixels into the wrong class at once, and one field is easier than the
next. With millions of pixels eq. 10 comes out near 0. What varies is P itself, from field to field,
so that is what :func:`adjust_shares` measures. With P_g of each cross-validation group g::

    a_g(j) = Σ_i W(i) · P_g(j | i)
    a(j) ± t(n - 1) · sd_g(a_g(j)) · sqrt(1 + 1/n)

a prediction interval for one new field (n groups), clipped to what is possible. It is about the
true share *in this field*; it says nothing about the spread between fields of the rock.
:func:`leave_one_group_out_coverage` checks how often it holds what it promises.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.bundles.card import CrossValidatedError

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@dataclass(frozen=True)
class AdjustedShares:
    """Error-adjusted shares of the K classes, all from 0 to 1.

    Parameters
    ----------
    shares, low, high : ndarray of float64, shape (K,)
        Estimate and ends of the interval; NaN where the cross-validation knows nothing.
    n_groups : int
        Groups that the interval rests on.
    """

    shares: Floats
    low: Floats
    high: Floats
    n_groups: int


@dataclass(frozen=True)
class Coverage:
    """How often the interval of a group left out holds its true share.

    Parameters
    ----------
    class_ids : tuple of int
        Class ids, in the order of the arrays.
    hits : ndarray of int64, shape (K,)
        Groups whose true share lies inside the interval of the others.
    tried : ndarray of int64, shape (K,)
        Groups for which there was an interval.
    width : ndarray of float64, shape (K,)
        Mean width of the intervals, in percent of the field.
    mapped_error, adjusted_error : float
        Mean absolute error of the mapped and of the adjusted shares, in percent of the field.
    """

    class_ids: tuple[int, ...]
    hits: Counts
    tried: Counts
    width: Floats
    mapped_error: float
    adjusted_error: float

    @property
    def overall(self) -> float:
        """Share of all intervals that hold the true value, 0 to 1; NaN without any."""
        tried = int(self.tried.sum())
        return float(self.hits.sum() / tried) if tried else float("nan")


def true_given_mapped(c: Counts, fallback: Floats) -> Floats:
    """Share of each true class among the pixels of each mapped class.

    Parameters
    ----------
    c : ndarray of int64, shape (K, K)
        Confusion matrix, rows are the truth.
    fallback : ndarray of float64, shape (K, K)
        Rows to use for classes that were never mapped.

    Returns
    -------
    ndarray of float64, shape (K, K)
        Rows are the mapped class (note the turn), columns the true one; each row adds up to 1.
    """
    mapped = c.sum(axis=0)
    rows = fallback.copy()
    np.divide(c.T, mapped[:, np.newaxis], out=rows, where=mapped[:, np.newaxis] > 0)
    return rows


def adjust_shares(
    mapped: Floats, exact: Floats, confusions: Counts, level: float = 0.95
) -> AdjustedShares:
    """Correct mapped shares for the map's errors, with a prediction interval for this field.

    Parameters
    ----------
    mapped : ndarray of float64, shape (K,)
        Share of the field that the model put into each class and nobody has checked.
    exact : ndarray of float64, shape (K,)
        Share of the field that a person put into each class, or checked.
    confusions : ndarray of int64, shape (G, K, K)
        One confusion matrix a cross-validation group, rows are the truth.
    level : float
        Level of the interval.

    Returns
    -------
    AdjustedShares
        ``low`` and ``high`` are NaN with fewer than two groups, and for a mapped class that the
        cross-validation never saw (as truth or on a map): such pixels are taken as they are.
    """
    from scipy.stats import t as student_t

    used = confusions[confusions.sum(axis=(1, 2)) > 0]
    n, k = len(used), len(mapped)
    pooled = used.sum(axis=0)
    unknown = (pooled.sum(axis=0) == 0) | (pooled.sum(axis=1) == 0)
    as_mapped = np.eye(k)
    average = true_given_mapped(pooled, as_mapped)
    average[unknown] = as_mapped[unknown]
    by_group = np.array([true_given_mapped(c, average) for c in used]).reshape(n, k, k)
    by_group[:, unknown] = as_mapped[unknown]
    shares = exact + mapped @ average
    half = np.full(k, np.nan)
    if n > 1:
        spread = (mapped @ by_group).std(axis=0, ddof=1)
        half = student_t.ppf((1 + level) / 2, n - 1) * spread * np.sqrt(1 + 1 / n)
    half[unknown & (mapped > 0)] = np.nan
    low = np.clip(shares - half, exact, exact + mapped.sum())
    high = np.clip(shares + half, exact, exact + mapped.sum())
    return AdjustedShares(shares, low, high, n)


def stratified_areas(c: Counts, mapped: Floats) -> tuple[Floats, Floats]:
    """Error-adjusted areas and standard errors for independent reference points.

    For point counts, where every point is drawn at random. Not for the pixels of a micrograph
    (see the top of this file).

    Parameters
    ----------
    c : ndarray of int64, shape (K, K)
        Counted reference points, rows are the truth; at least two a mapped class.
    mapped : ndarray of float64, shape (K,)
        Mapped area of each class, in any unit.

    Returns
    -------
    areas, standard_errors : ndarray of float64, shape (K,)
        In the unit of ``mapped``; 95 % intervals are ± 1.96 standard errors.

    References
    ----------
    Olofsson et al. 2014, eq. 2 (estimate), 10 and 11 (standard error).
    """
    total = mapped.sum()
    weight = (mapped / total)[:, np.newaxis]
    conditional = true_given_mapped(c, np.eye(len(mapped)))
    points = c.sum(axis=0)[:, np.newaxis]
    variance = weight**2 * conditional * (1 - conditional) / (points - 1)
    shares = (weight * conditional).sum(axis=0)
    return total * shares, total * np.sqrt(variance.sum(axis=0))


def leave_one_group_out_coverage(error: CrossValidatedError, level: float = 0.95) -> Coverage:
    """Check the interval of :func:`adjust_shares` on the groups themselves.

    Each group in turn is taken for a new field: its mapped shares are adjusted with the matrices
    of the other groups, and the interval is compared with its true shares.

    Parameters
    ----------
    error : CrossValidatedError
        The matrices of a card.
    level : float
        Level of the interval.

    Returns
    -------
    Coverage
        Hits by class, widths, and the mean absolute error with and without the adjustment.
    """
    k = len(error.class_ids)
    confusions = np.array(error.confusions, dtype=np.int64).reshape(-1, k, k)
    confusions = confusions[confusions.sum(axis=(1, 2)) > 0]
    rows = []
    for g, c in enumerate(confusions):
        true, mapped = c.sum(axis=1) / c.sum(), c.sum(axis=0) / c.sum()
        a = adjust_shares(mapped, np.zeros(k), np.delete(confusions, g, axis=0), level)
        inside = (a.low - 1e-12 <= true) & (true <= a.high + 1e-12)
        rows.append((inside, ~np.isnan(a.low), a.high - a.low, mapped - true, a.shares - true))
    inside, known, width, off, off_adjusted = (
        np.array([row[i] for row in rows]).reshape(-1, k) for i in range(5)
    )
    tried = known.sum(axis=0)
    mean_width = np.divide(
        np.where(known, width, 0).sum(axis=0), tried, out=np.full(k, np.nan), where=tried > 0
    )
    return Coverage(
        error.class_ids,
        inside.sum(axis=0),
        tried,
        100 * mean_width,
        100 * _mean_size(off),
        100 * _mean_size(off_adjusted),
    )


def _mean_size(values: Floats) -> float:
    """Mean absolute value; NaN without any."""
    return float(np.abs(values).mean()) if values.size else float("nan")
