import csv
from pathlib import Path

import numpy as np
import pytest

from mineralseg_models.bundles.card import CrossValidatedError
from mineralseg_models.errors import BadInput
from mineralseg_models.measure.modal import COLUMNS, effective_grains, modal_table
from mineralseg_models.taxonomy import MineralClass, Taxonomy

ROCK = Taxonomy(
    (
        MineralClass(0, "other", "#808080"),
        MineralClass(4, "quartz", "#ffcc00"),
        MineralClass(5, "pore", "#0000ff"),
    )
)
LABELS = np.array([[0, 0, 4, 4], [4, 4, 4, 4]], dtype=np.uint8)
ERROR = CrossValidatedError(
    class_ids=(4, 0),
    groups=("1", "2", "3"),
    confusions=(((80, 10), (20, 90)), ((85, 10), (15, 90)), ((78, 12), (22, 88))),
)


def test_shares_and_areas() -> None:
    table = modal_table(LABELS, ROCK, 0.5)
    assert [(r.class_id, r.pixels, r.percent, r.area_um2) for r in table.rows] == [
        (0, 2, 25.0, 0.5),
        (4, 6, 75.0, 1.5),
        (5, 0, 0.0, 0.0),
    ]
    assert {(r.ci_low, r.ci_high, r.adjusted_percent) for r in table.rows} == {(None, None, None)}
    assert table.note == "No intervals: the model's card carries no cross-validated error."
    assert modal_table(LABELS, ROCK).rows[0].area_um2 is None


def test_interval_lies_around_the_adjusted_percent() -> None:
    table = modal_table(LABELS, ROCK, error=ERROR)
    quartz = table.row("Quartz")
    pooled = 0.75 * 243 / 300 + 0.25 * 32 / 300
    assert quartz.adjusted_percent == pytest.approx(100 * pooled)
    assert quartz.ci_low < quartz.adjusted_percent < quartz.ci_high
    assert table.n_groups == 3
    assert "3 groups" in table.note
    assert "need not contain the mapped percent" in table.note


def test_class_outside_the_cross_validation() -> None:
    labels = np.array([[0, 4, 5, 5]], dtype=np.uint8)
    table = modal_table(labels, ROCK, error=ERROR)
    assert table.row("pore").ci_low is None
    assert "says nothing about pore" in table.note


def test_touched_pixels_are_exact() -> None:
    everything = modal_table(LABELS, ROCK, error=ERROR, touched=np.ones_like(LABELS, dtype=bool))
    quartz = everything.row("quartz")
    assert quartz.ci_low == pytest.approx(75)
    assert quartz.ci_high == pytest.approx(75)
    assert "100.0 % of the pixels were checked" in everything.note
    touched = LABELS == 4
    some = modal_table(LABELS, ROCK, error=ERROR, touched=touched).row("quartz")
    assert some.ci_low >= 75
    assert some.ci_high <= 100


def test_unlabelled_pixels_are_left_out() -> None:
    table = modal_table(np.array([[255, 4, 0]]), ROCK)
    assert [r.percent for r in table.rows] == [50, 50, 0]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (CrossValidatedError(class_ids=(0, 9), groups=(), confusions=()), "no cross-validated"),
        (
            CrossValidatedError(class_ids=(0, 9), groups=("1",), confusions=(((1, 0), (0, 1)),)),
            "other classes",
        ),
        (
            CrossValidatedError(class_ids=(0, 4), groups=("1",), confusions=(((1, 0), (0, 1)),)),
            "fewer than two groups",
        ),
    ],
)
def test_reason_for_no_interval(error: CrossValidatedError, reason: str) -> None:
    table = modal_table(LABELS, ROCK, error=error)
    assert table.n_groups == 0
    assert table.row("quartz").ci_low is None
    assert reason in table.note


@pytest.mark.parametrize(
    ("labels", "touched", "found"),
    [
        (np.array([[7]]), None, "the value 7"),
        (np.array([[255]]), None, "no labelled pixels"),
        (np.array([[0]]), np.zeros((2, 2), bool), "shape of the labels"),
    ],
)
def test_bad_labels_are_refused(labels: np.ndarray, touched: np.ndarray, found: str) -> None:
    with pytest.raises(BadInput, match=found):
        modal_table(labels, ROCK, touched=touched)


def test_csv(tmp_path: Path) -> None:
    path = tmp_path / "a_modal.csv"
    modal_table(LABELS, ROCK, error=ERROR).to_csv(path)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    assert [r["class"] for r in rows] == ["other", "quartz", "pore"]
    assert rows[1]["percent"] == "75"
    assert rows[1]["area_um2"] == ""
    assert float(rows[1]["ci_low"]) < float(rows[1]["ci_high"])
    assert [p.name for p in tmp_path.iterdir()] == ["a_modal.csv"]


def test_plain_values() -> None:
    values = modal_table(LABELS, ROCK, 0.5, ERROR).as_dict()
    assert values["rows"][1]["name"] == "quartz"
    assert values["pixel_size_um"] == 0.5


def test_effective_grains() -> None:
    labels = np.array([[4, 0, 4, 4, 4], [0, 0, 0, 0, 0]], dtype=np.uint8)
    numbers = effective_grains(labels, ROCK)
    assert numbers == {"other": 1.0, "quartz": pytest.approx(16 / 10), "pore": 0.0}
