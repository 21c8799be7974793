from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mineralseg_models.errors import CannotWrite
from mineralseg_models.reports.figures import (
    class_figure,
    confusion_figure,
    qfl_figure,
    save_figure,
)


def _texts(figure) -> list[str]:
    return [t.get_text() for t in figure.axes[0].texts]


def test_confusion_is_percent_of_the_true_class() -> None:
    figure = confusion_figure(np.array([[3, 1], [0, 0]]), ["quartz", "other"])
    assert _texts(figure) == ["75", "25"]
    rows = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert rows == ["quartz\n100.0 %", "other\n0.0 %"]


def test_absent_class_is_named() -> None:
    figure = class_figure(
        ["a", "b"], [0.4, None], [(0.5, 0.6), (None, None)], ["#ff0000", "#00ff00"], "IoU"
    )
    assert _texts(figure) == [" absent"]
    (line,) = figure.axes[0].lines
    assert list(line.get_xdata()) == [0.5, 0.6]


def test_triangle_places_the_corners() -> None:
    figure = qfl_figure({"a": (100, 0, 0), "b": (0, 100, 0), "c": (0, 0, 100)}, folk=False)
    points = [tuple(line.get_xydata()[0]) for line in figure.axes[0].lines[-3:]]
    assert points == [(0.5, pytest.approx(3**0.5 / 2)), (0, 0), (1, 0)]
    assert "arkose" not in _texts(figure)


def test_triangle_with_fields(tmp_path: Path) -> None:
    figure = qfl_figure({})
    assert "arkose" in _texts(figure)
    save_figure(figure, tmp_path / "qfl.png")
    with Image.open(tmp_path / "qfl.png") as image:
        assert image.format == "PNG"
        assert min(image.size) > 500
    assert [p.name for p in tmp_path.iterdir()] == ["qfl.png"]


def test_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CannotWrite, match="does not exist"):
        save_figure(qfl_figure({}), tmp_path / "no" / "qfl.png")


def test_class_names_are_no_formulas(tmp_path: Path) -> None:
    names = ["$\\frac{$", "a$b"]
    save_figure(confusion_figure(np.eye(2, dtype=int), names), tmp_path / "c.png")
    bars = class_figure(names, [0.1, 0.2], [(None, None)] * 2, ["#ff0000"] * 2, "IoU")
    save_figure(bars, tmp_path / "b.png")
    assert len(list(tmp_path.iterdir())) == 2
