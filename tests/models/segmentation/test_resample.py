import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.transform import downscale_local_mean
from skimage.transform import resize as skimage_resize

from mineralseg_models.errors import BadInput
from mineralseg_models.segmentation.resample import (
    axis_weights,
    resample_to,
    resampled_shape,
    resize,
)


def test_shrinking_averages_areas():
    pixels = np.array([[[0.0], [2.0], [4.0], [6.0]], [[2.0], [4.0], [6.0], [8.0]]])
    np.testing.assert_allclose(resample_to(pixels, 1.0, 2.0), [[[2], [6]]])


def test_a_pixel_between_two_areas_is_shared():
    np.testing.assert_allclose(
        axis_weights(4, 3).toarray(),
        [[0.75, 0.25, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0.25, 0.75]],
    )


def test_equals_scikit_image():
    pixels = np.random.default_rng(0).random((12, 9, 2), dtype=np.float32)
    larger = skimage_resize(pixels, (30, 25), order=1, anti_aliasing=False, mode="edge")
    np.testing.assert_allclose(resize(pixels, (30, 25)), larger, atol=1e-6)
    smaller = downscale_local_mean(pixels, (3, 3, 1))
    np.testing.assert_allclose(resize(pixels, (4, 3)), smaller, atol=1e-6)


def test_the_same_scale_returns_a_copy_of_the_values():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    same = resample_to(pixels, 0.7, 0.7)
    assert same.dtype == np.float32
    np.testing.assert_array_equal(same, pixels)
    floats = pixels.astype(np.float32)
    assert not np.shares_memory(resample_to(floats, 0.7, 0.7), floats)


@given(n_in=st.integers(1, 60), n_out=st.integers(1, 60))
def test_each_output_is_a_mean_and_the_matrix_has_no_negative_entry(n_in, n_out):
    weights = axis_weights(n_in, n_out).toarray()
    assert weights.shape == (n_out, n_in)
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)


@given(n_in=st.integers(1, 60), n_out=st.integers(1, 60))
def test_shrinking_keeps_the_total(n_in, n_out):
    n_in, n_out = max(n_in, n_out), min(n_in, n_out)
    columns = axis_weights(n_in, n_out).toarray().sum(axis=0)
    np.testing.assert_allclose(columns, n_out / n_in, atol=1e-5)


def test_shapes_are_rounded_and_never_empty():
    assert resampled_shape((100, 51), 0.5, 1.0) == (50, 26)
    assert resampled_shape((10, 10), 0.01, 1.0) == (1, 1)


def test_an_absurd_scale_is_refused_before_any_memory_is_taken():
    with pytest.raises(BadInput, match="gigapixels"):
        resampled_shape((1000, 1000), 100.0, 0.1)
