import numpy as np
import pytest
from scipy import stats

from mineralseg_models.errors import BadInput
from mineralseg_models.scores.counts import iou, mean_iou, pixel_accuracy
from mineralseg_models.scores.intervals import (
    bootstrap_interval,
    jackknife_interval,
    of_class,
    score_intervals,
)


def _groups(n: int, seed: int = 0, gain: float = 0.0) -> np.ndarray:
    """Matrices of two classes whose accuracy varies from group to group."""
    rng = np.random.default_rng(seed)
    accuracy = rng.uniform(0.5, 0.7, n) + gain
    size = rng.integers(500, 1500, n)
    right, wrong = size * accuracy, size * (1 - accuracy)
    matrix = np.stack([right / 2, wrong / 2, wrong / 2, right / 2], axis=1)
    return matrix.reshape(n, 2, 2).astype(np.int64)


def test_bootstrap_matches_scipy() -> None:
    groups = _groups(12)

    def pooled(index: np.ndarray, axis: int = -1) -> np.ndarray:
        return pixel_accuracy(groups[index].sum(axis=-3))

    reference = stats.bootstrap(
        (np.arange(12),),
        pooled,
        method="percentile",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
        vectorized=True,
    ).confidence_interval
    ours = bootstrap_interval(groups, pixel_accuracy, n_resamples=20_000)
    assert ours.value == pytest.approx(pixel_accuracy(groups.sum(axis=0)))
    assert (ours.low, ours.high) == pytest.approx((reference.low, reference.high), abs=2e-3)


def test_bootstrap_repeats_with_its_seed() -> None:
    groups = _groups(12)
    assert bootstrap_interval(groups, mean_iou) == bootstrap_interval(groups, mean_iou)
    assert bootstrap_interval(groups, mean_iou) != bootstrap_interval(groups, mean_iou, seed=1)


def test_paired_difference_is_narrower_than_the_scores() -> None:
    ours, peer = _groups(12, gain=0.05), _groups(12)
    difference = bootstrap_interval(ours, pixel_accuracy, baseline=peer)
    alone = bootstrap_interval(ours, pixel_accuracy)
    assert difference.value == pytest.approx(0.05, abs=2e-3)
    assert difference.low > 0
    assert difference.high - difference.low < (alone.high - alone.low) / 5


def test_jackknife_of_equal_groups_is_the_t_interval() -> None:
    right = np.array([60, 70, 65, 80, 55])
    groups = np.zeros((5, 2, 2), dtype=int)
    groups[:, 0, 0], groups[:, 0, 1] = right, 100 - right
    ours = jackknife_interval(groups, pixel_accuracy)
    mean, error = right.mean() / 100, stats.sem(right) / 100
    expected = stats.t.interval(0.95, 4, loc=mean, scale=error)
    assert (ours.low, ours.high) == pytest.approx(expected)


def test_jackknife_difference() -> None:
    interval = jackknife_interval(_groups(6, gain=0.05), pixel_accuracy, baseline=_groups(6))
    assert 0 < interval.low < 0.05 < interval.high + 2e-3


@pytest.mark.parametrize("function", [bootstrap_interval, jackknife_interval])
def test_one_group_has_no_interval(function) -> None:
    interval = function(_groups(1), pixel_accuracy)
    assert interval.value is not None
    assert (interval.low, interval.high, interval.n_groups) == (None, None, 1)


def test_draws_without_the_class_are_left_out() -> None:
    groups = np.zeros((4, 2, 2), dtype=int)
    groups[:, 0, 0] = 10
    groups[0, 1] = [5, 5]
    interval = bootstrap_interval(groups, of_class(iou, 1))
    assert (interval.value, interval.low, interval.high) == (0.5, 0.5, 0.5)
    assert jackknife_interval(groups, of_class(iou, 1)).low is None


def test_absent_class_has_no_interval() -> None:
    groups = np.zeros((3, 2, 2), dtype=int)
    groups[:, 0, 0] = 10
    interval = bootstrap_interval(groups, of_class(iou, 1))
    assert (interval.value, interval.low, interval.high) == (None, None, None)


def test_table_of_intervals() -> None:
    table = score_intervals(_groups(4), ["a", "b"], n_resamples=200)
    assert list(table) == ["pixel_accuracy", "mean_iou", "classes"]
    assert list(table["classes"]["b"]) == ["iou", "precision", "recall", "f1", "specificity"]
    assert table["mean_iou"]["low"] <= table["mean_iou"]["value"] <= table["mean_iou"]["high"]


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(BadInput, match="K × K"):
        bootstrap_interval(np.zeros((2, 3)), pixel_accuracy)
    with pytest.raises(BadInput, match="same groups"):
        bootstrap_interval(_groups(3), pixel_accuracy, baseline=_groups(2))
