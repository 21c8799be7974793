import numpy as np
import pytest
from scipy.stats import entropy

from mineralseg_models.segmentation.uncertainty import normalised_entropy


def test_certain_is_0_and_ignorant_is_1():
    p = np.array([[[1, 0, 0], [1 / 3, 1 / 3, 1 / 3], [0.5, 0.5, 0]]], dtype=np.float32)
    found = normalised_entropy(p)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [[0, 1, np.log(2) / np.log(3)]], atol=1e-6)


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_equals_scipy_along_any_axis(axis):
    p = np.random.default_rng(0).random((4, 4, 4), dtype=np.float32)
    p /= p.sum(axis=axis, keepdims=True)
    np.testing.assert_allclose(
        normalised_entropy(p, axis=axis), entropy(p, axis=axis) / np.log(4), atol=1e-5
    )
