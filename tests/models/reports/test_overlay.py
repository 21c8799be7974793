import numpy as np
import pytest

from mineralseg_models.data import Micrograph
from mineralseg_models.errors import BadInput
from mineralseg_models.reports.overlay import overlay, scale_bar
from mineralseg_models.taxonomy import MineralClass, Taxonomy

ROCK = Taxonomy((MineralClass(0, "other", "#808080"), MineralClass(4, "quartz", "#ff0000")))


def _drawn(rows: int, columns: int, pixel_size_um: float | None = None, **labels: int):
    pixels = np.full((rows, columns, 3), 100, dtype=np.uint8)
    mask = np.zeros((rows, columns), dtype=np.uint8)
    mask[:, columns // 2 :] = labels.get("right", 4)
    return overlay(Micrograph(pixels, pixel_size_um), mask, ROCK)


def test_small_picture_grows_by_whole_pixels() -> None:
    drawn = _drawn(20, 40)
    assert drawn.shape[0] == 20 * 25
    assert drawn.shape[1] > 40 * 25
    assert drawn.dtype == np.uint8


def test_large_picture_shrinks() -> None:
    assert _drawn(100, 8000).shape[1] < 4000 + 1500


def test_tint_is_less_than_half() -> None:
    drawn = _drawn(1000, 1200)
    left, right = drawn[500, 100], drawn[500, 1100]
    assert left.tolist() == pytest.approx([112, 112, 112], abs=1)
    assert right.tolist() == pytest.approx([169, 55, 55], abs=1)


def test_border_is_a_dark_line() -> None:
    drawn = _drawn(1000, 1200)
    assert drawn[500, 599].tolist() == [64, 64, 64]
    assert drawn[500, 600].tolist() == [127, 0, 0]
    assert drawn[500, 598].tolist() == drawn[500, 100].tolist()


def test_pixels_without_class_stay() -> None:
    drawn = _drawn(1000, 1200, right=255)
    assert drawn[500, 1100].tolist() == [100, 100, 100]


def test_scale_bar_only_with_a_pixel_size() -> None:
    without, with_bar = _drawn(1000, 1200)[:, :1200], _drawn(1000, 1200, 0.5)[:, :1200]
    changed = np.argwhere((without != with_bar).any(axis=2))
    assert changed.min(axis=0).tolist() > [900, 900]
    white = (with_bar == 255).all(axis=2)
    assert white.sum(axis=1).max() == 200  # 100 µm


def test_dark_sixteen_bit_picture_is_stretched() -> None:
    ramp = np.linspace(0, 1000, 1200).astype(np.uint16)
    pixels = np.repeat(np.repeat(ramp[np.newaxis, :, np.newaxis], 1000, axis=0), 3, axis=2)
    labels = np.full((1000, 1200), 255, dtype=np.uint8)
    drawn = overlay(Micrograph(pixels), labels, ROCK)[:, :1200]
    assert drawn.max() == 255
    assert drawn.min() == 0


def test_many_classes_are_summed_up() -> None:
    many = Taxonomy(tuple(MineralClass(i, f"mineral {i}", "#00ff00") for i in range(60)))
    labels = np.repeat(np.arange(60, dtype=np.uint8), 20)[np.newaxis].repeat(20, axis=0)
    drawn = overlay(Micrograph(np.zeros((20, 1200, 3), dtype=np.uint8)), labels, many)
    assert drawn.shape[0] > 500


def test_labels_of_another_shape_are_refused() -> None:
    picture = Micrograph(np.zeros((20, 20, 3), dtype=np.uint8))
    with pytest.raises(BadInput, match="shape of the picture"):
        overlay(picture, np.zeros((20, 21), dtype=np.uint8), ROCK)


@pytest.mark.parametrize(
    ("width", "length", "text"),
    [
        (600.0, 100.0, "100 µm"),
        (800.0, 200.0, "200 µm"),
        (25_000.0, 5000.0, "5 mm"),
        (3.0, 0.5, "500 nm"),
        (0.002, 0.0005, "0.5 nm"),
    ],
)
def test_scale_bar_has_a_round_length(width: float, length: float, text: str) -> None:
    assert scale_bar(width) == (pytest.approx(length), text)
