from dataclasses import replace

import numpy as np
import pytest

from mineralseg_models.bundles.card import CrossValidatedError
from mineralseg_models.measure.modal import modal_table
from mineralseg_models.taxonomy import MineralClass, Taxonomy
from napari_mineralseg.state.class_rows import class_figures, plain_rows, tab_separated

TAXONOMY = Taxonomy(
    tuple(
        MineralClass(i, name, "#112233")
        for i, name in enumerate(("other", "K-feldspar", "lithic fragment", "quartz", "pore"))
    )
)
LABELS = np.array([[0, 1, 1, 2], [3, 3, 3, 4]], dtype=np.uint8).repeat(1000, axis=0)
DIAGONAL = tuple(tuple(90 if i == j else 5 for j in range(5)) for i in range(5))
ERROR = CrossValidatedError(
    class_ids=(0, 1, 2, 3, 4), groups=("a", "b"), confusions=(DIAGONAL, DIAGONAL)
)


def test_numbers_as_text() -> None:
    figures = class_figures(modal_table(LABELS, TAXONOMY, 0.5, ERROR), TAXONOMY)
    quartz = figures.rows[3]
    assert (quartz.id, quartz.name, quartz.colour) == (3, "quartz", "#112233")
    assert quartz.percent == "37.5"
    assert quartz.area == "750"
    assert figures.area_unit == "µm²"
    assert "–" in quartz.interval
    assert "Click to paint" in quartz.tooltip
    assert "Olofsson" in figures.note


def test_large_areas_are_in_square_millimetres() -> None:
    figures = class_figures(modal_table(LABELS, TAXONOMY, 10.0), TAXONOMY)
    assert figures.area_unit == "mm²"
    assert figures.rows[3].area == "0.300"
    assert figures.rows[3].interval == "–"


def test_without_a_scale_areas_are_pixels() -> None:
    figures = class_figures(modal_table(LABELS, TAXONOMY), TAXONOMY)
    assert figures.area_unit == "px"
    assert figures.rows[3].area == "3 000"


def test_the_summary_has_the_triangle_and_porosity() -> None:
    figures = class_figures(modal_table(LABELS, TAXONOMY), TAXONOMY)
    assert figures.summary == "Q 50  F 33  L 17   ·   Porosity 12.5 %"


def test_the_summary_is_empty_without_those_classes() -> None:
    two = Taxonomy(TAXONOMY.classes[:2])
    figures = class_figures(modal_table(np.zeros((4, 4), np.uint8), two), two)
    assert figures.summary == ""


def test_rows_without_numbers() -> None:
    assert [r.percent for r in plain_rows(TAXONOMY).rows] == [""] * 5


def test_the_tooltip_tells_the_corrected_share() -> None:
    table = modal_table(LABELS, TAXONOMY, None, ERROR)
    row = replace(table.rows[3], adjusted_percent=30.0, ci_low=20.0, ci_high=40.0)
    tip = class_figures(replace(table, rows=(row,)), TAXONOMY).rows[0].tooltip
    assert "30.0 % (95 % interval 20.0 to 40.0 %)" in tip


@pytest.mark.parametrize("name", ["quartz", '"quartz, smoky"'])
def test_tabs_for_the_clipboard(name: str) -> None:
    assert tab_separated(f"a,b\n{name},1\n") == f"a\tb\n{name.strip(chr(34))}\t1\n"
