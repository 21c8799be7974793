import numpy as np
import pytest

from mineralseg_models.measure.modal import modal_table
from mineralseg_models.measure.rock import porosity, qfl
from mineralseg_models.taxonomy import MineralClass, Taxonomy

NAMES = ["other", "K-feldspar", "lithic fragment", "plagioclase", "quartz", "pore"]


def _taxonomy(names: list[str]) -> Taxonomy:
    return Taxonomy(tuple(MineralClass(i, n, "#000000") for i, n in enumerate(names)))


def test_normalised_to_one_hundred() -> None:
    labels = np.array([[0, 0, 1, 2, 3, 4, 4, 4, 4, 5]])
    table = modal_table(labels, _taxonomy(NAMES))
    assert qfl(table) == pytest.approx((400 / 7, 200 / 7, 100 / 7))
    assert porosity(table).percent == 10
    assert qfl(table, "adjusted") is None


def test_one_feldspar_class_is_enough() -> None:
    table = modal_table(np.array([[0, 1, 2, 2]]), _taxonomy(["Quartz", "feldspar", "Lithic"]))
    assert qfl(table) == (25, 25, 50)
    assert porosity(table) is None


@pytest.mark.parametrize("names", [["quartz", "lithic"], ["feldspar", "lithic"], ["other"]])
def test_no_triangle_without_all_three(names: list[str]) -> None:
    assert qfl(modal_table(np.array([[0]]), _taxonomy(names))) is None


def test_no_triangle_of_nothing() -> None:
    assert qfl(modal_table(np.array([[0, 5]]), _taxonomy(NAMES))) is None
