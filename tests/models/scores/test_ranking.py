import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from mineralseg_models.errors import BadInput
from mineralseg_models.scores.ranking import auroc, error_histogram


def test_matches_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    uncertainty = rng.beta(2, 3, size=(100, 80)).astype(np.float32)
    wrong = rng.random((100, 80)) < uncertainty
    expected = roc_auc_score(wrong.ravel(), uncertainty.ravel())
    assert auroc(error_histogram(uncertainty, wrong)) == pytest.approx(expected, abs=1 / 4096)


def test_counts_of_fields_add_up() -> None:
    uncertainty = np.array([0.0, 0.2, 0.8, 1.0])
    wrong = np.array([False, True, False, True])
    parts = error_histogram(uncertainty[:2], wrong[:2]) + error_histogram(
        uncertainty[2:], wrong[2:]
    )
    assert auroc(parts) == auroc(error_histogram(uncertainty, wrong)) == 0.75


def test_ties_count_half() -> None:
    assert auroc(error_histogram(np.full(4, 0.5), np.array([True, False, True, False]))) == 0.5


@pytest.mark.parametrize("wrong", [[True, True], [False, False], []])
def test_no_area_without_both(wrong: list[bool]) -> None:
    uncertainty = np.linspace(0, 1, len(wrong))
    assert auroc(error_histogram(uncertainty, np.array(wrong, dtype=bool))) is None


def test_bad_values_are_refused() -> None:
    with pytest.raises(BadInput, match="one shape"):
        error_histogram(np.zeros(2), np.zeros(3, dtype=bool))
    for value in (-0.1, 1.1, np.nan):
        with pytest.raises(BadInput, match="between 0 and 1"):
            error_histogram(np.array([value]), np.zeros(1, dtype=bool))
