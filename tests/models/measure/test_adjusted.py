import numpy as np
import pytest
from scipy import stats

from mineralseg_models.bundles.card import CrossValidatedError
from mineralseg_models.measure.adjusted import (
    adjust_shares,
    leave_one_group_out_coverage,
    stratified_areas,
    true_given_mapped,
)

# Olofsson et al. 2014, tables 8 and 9: rows are the map, 30 m pixels, areas in hectares.
PAPER = np.array([[66, 0, 5, 4], [0, 55, 8, 12], [1, 0, 153, 11], [2, 1, 9, 313]])
PAPER_PIXELS = np.array([200_000, 150_000, 3_200_000, 6_450_000])


def _error(confusions: np.ndarray) -> CrossValidatedError:
    return CrossValidatedError(
        class_ids=tuple(range(confusions.shape[1])),
        groups=tuple(str(i) for i in range(len(confusions))),
        confusions=confusions.tolist(),
    )


def _fields(n: int, seed: int) -> np.ndarray:
    """Fields of three classes: shares and errors vary from field to field."""
    rng = np.random.default_rng(seed)
    truth = rng.dirichlet([3, 3, 3], n)
    hit = rng.dirichlet([8, 1, 1], (n, 3))
    rows = np.stack([np.roll(hit[:, j], j, axis=-1) for j in range(3)], axis=1)
    return (1e5 * truth[:, :, np.newaxis] * rows).astype(np.int64)


def test_worked_example_of_olofsson() -> None:
    areas, errors = stratified_areas(PAPER.T, PAPER_PIXELS * 0.09)
    np.testing.assert_allclose(areas, [21_158, 11_686, 285_770, 581_386], atol=1)
    np.testing.assert_allclose(1.96 * errors, [6_158, 3_756, 15_510, 16_282], atol=1)


def test_same_estimate_from_shares() -> None:
    share = PAPER_PIXELS / PAPER_PIXELS.sum()
    ours = adjust_shares(share, np.zeros(4), PAPER.T[np.newaxis])
    areas, _ = stratified_areas(PAPER.T, PAPER_PIXELS * 1.0)
    np.testing.assert_allclose(ours.shares * PAPER_PIXELS.sum(), areas)
    assert np.isnan(ours.low).all()


def test_conditional_by_hand() -> None:
    c = np.array([[3, 0], [1, 0]])
    fallback = np.array([[9.0, 9.0], [0.25, 0.75]])
    assert true_given_mapped(c, fallback).tolist() == [[0.75, 0.25], [0.25, 0.75]]


def test_interval_by_hand() -> None:
    # of the pixels mapped as 0, 1/4 and 1/2 are truly 1 in the two groups, 3/8 pooled
    confusions = np.array([[[3, 0], [1, 4]], [[2, 0], [2, 4]]])
    a = adjust_shares(np.array([0.8, 0.2]), np.zeros(2), confusions)
    assert a.shares == pytest.approx([0.5, 0.5])
    half = stats.t.ppf(0.975, 1) * np.std([0.6, 0.4], ddof=1) * np.sqrt(1.5)
    assert half > 0.5
    assert a.low == pytest.approx([0, 0])
    assert a.high == pytest.approx([1, 1])
    narrow = adjust_shares(np.array([0.8, 0.2]), np.zeros(2), confusions, level=0.2)
    half = stats.t.ppf(0.6, 1) * np.std([0.6, 0.4], ddof=1) * np.sqrt(1.5)
    assert narrow.low == pytest.approx([0.5 - half, 0.5 - half])


def test_checked_pixels_are_exact() -> None:
    confusions = _fields(6, seed=1)
    exact = np.array([0.5, 0.3, 0.2])
    a = adjust_shares(np.zeros(3), exact, confusions)
    for values in (a.shares, a.low, a.high):
        assert values == pytest.approx(exact)
    half = adjust_shares(np.array([0.2, 0.2, 0.1]), exact / 2, confusions)
    assert (half.low >= exact / 2).all()
    assert (half.high <= exact / 2 + 0.5).all()
    assert half.shares.sum() == pytest.approx(1)


def test_group_that_never_mapped_a_class_takes_the_pooled_row() -> None:
    confusions = np.array([[[4, 0], [0, 0]], [[3, 1], [1, 3]], [[2, 2], [2, 2]]])
    a = adjust_shares(np.array([0.0, 1.0]), np.zeros(2), confusions)
    spread = np.std([0.375, 0.25, 0.5], ddof=1)
    assert a.shares == pytest.approx([0.375, 0.625])
    half = stats.t.ppf(0.975, 2) * spread * np.sqrt(4 / 3)
    assert a.high == pytest.approx([0.375 + half, 1])
    assert a.low == pytest.approx([0, 0.625 - half])


def test_class_that_was_never_seen_is_taken_as_mapped() -> None:
    confusions = np.zeros((4, 4, 4), dtype=int)
    confusions[:, :3, :3] = _fields(4, seed=2)
    a = adjust_shares(np.array([0.3, 0.2, 0.1, 0.4]), np.zeros(4), confusions)
    assert a.shares[3] == pytest.approx(0.4)
    assert np.isnan(a.low).tolist() == [False, False, False, True]


def test_empty_groups_do_not_count() -> None:
    confusions = _fields(4, seed=3)
    more = np.concatenate([confusions, np.zeros((2, 3, 3), dtype=int)])
    share = np.array([0.2, 0.3, 0.5])
    with_empty = adjust_shares(share, np.zeros(3), more)
    assert with_empty.n_groups == 4
    np.testing.assert_allclose(with_empty.low, adjust_shares(share, np.zeros(3), confusions).low)


def test_no_groups_no_interval() -> None:
    a = adjust_shares(np.array([0.4, 0.6]), np.zeros(2), np.zeros((0, 2, 2), dtype=int))
    assert a.shares == pytest.approx([0.4, 0.6])
    assert np.isnan(a.high).all()


def test_coverage_is_what_it_promises() -> None:
    checks = [leave_one_group_out_coverage(_error(_fields(10, seed))) for seed in range(20)]
    assert 0.9 <= np.mean([c.overall for c in checks]) <= 0.99
    assert all((c.width > 0).all() and (c.tried == 10).all() for c in checks)


def test_coverage_by_hand() -> None:
    perfect = np.array([np.diag([3, 1]), np.diag([1, 1]), np.diag([1, 3])])
    check = leave_one_group_out_coverage(_error(perfect))
    assert check.hits.tolist() == check.tried.tolist() == [3, 3]
    assert check.overall == 1
    assert (check.mapped_error, check.adjusted_error) == (0, 0)
    assert check.width.tolist() == [0, 0]


def test_adjustment_takes_out_a_common_bias() -> None:
    biased = np.array([[[50, 50], [0, 100]], [[60, 60], [0, 120]], [[45, 55], [0, 110]]])
    check = leave_one_group_out_coverage(_error(biased))
    assert check.adjusted_error < check.mapped_error / 5


def test_coverage_without_groups() -> None:
    check = leave_one_group_out_coverage(_error(np.zeros((1, 2, 2), dtype=int)))
    assert np.isnan(check.overall)
    assert np.isnan(check.mapped_error)
