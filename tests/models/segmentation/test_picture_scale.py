import numpy as np
import pytest

from mineralseg_models.segmentation import picture_scale
from mineralseg_models.segmentation.picture_scale import PictureScale
from mineralseg_models.segmentation.resample import resize


def whole(scale, values):
    return np.concatenate([v for _, v in scale.strips(values)], axis=1)


@pytest.mark.parametrize("picture", [(7, 5), (21, 15), (20, 13), (3, 2), (4, 9)])
def test_strips_equal_the_whole(monkeypatch, picture):
    monkeypatch.setattr(picture_scale, "STRIP_ROWS", 3)
    padded = np.random.default_rng(0).random((2, 8, 6), dtype=np.float32)
    values = padded[:, :7, :5]
    expected = np.moveaxis(resize(np.moveaxis(values, 0, 2), picture), 2, 0)
    np.testing.assert_allclose(whole(PictureScale((7, 5), picture), padded), expected, atol=1e-6)


def test_regions_of_a_picture_twice_as_fine():
    scale = PictureScale((4, 4), (8, 8))
    assert scale.shape == (8, 8)
    assert scale.to_picture((1, 3, 0, 4)) == (2, 6, 0, 8)
    assert scale.to_working((3, 5, 0, 8)) == (1, 3, 0, 4)
    labels = np.array([[1, 2], [3, 4]], dtype=np.uint8)
    np.testing.assert_array_equal(
        scale.spread(labels, (2, 4, 1, 3)), labels.repeat(2, 0).repeat(2, 1)
    )


def test_regions_of_a_picture_twice_as_coarse():
    scale = PictureScale((8, 8), (4, 4))
    assert scale.to_picture((2, 6, 0, 8)) == (1, 3, 0, 4)
    labels = np.arange(32, dtype=np.uint8).reshape(4, 8)
    np.testing.assert_array_equal(scale.spread(labels, (2, 6, 0, 8)), labels[1::2, 1::2])


def test_padding_beyond_the_picture_is_cut():
    assert PictureScale((4, 4), (8, 8)).to_picture((2, 6, 2, 6)) == (4, 8, 4, 8)
