import numpy as np
import pytest

from mineralseg_models.cli.mask_map import apply_map, parse_map
from mineralseg_models.errors import BadInput
from mineralseg_models.taxonomy import MineralClass, Taxonomy

ROCK = Taxonomy((MineralClass(0, "other", "#000000"), MineralClass(4, "quartz", "#ffffff")))


def _apply(entries: list[str], values: list[int]) -> list[int]:
    return apply_map(np.array(values, dtype=np.uint8), parse_map(entries, ROCK), "m.png").tolist()


def test_unmapped_values_are_class_ids() -> None:
    assert _apply([], [0, 4, 4]) == [0, 4, 4]


def test_names_ids_and_ignore() -> None:
    entries = ["1=Quartz,2=4", " 3 = ignore ,255=ignore", "4=other"]
    assert _apply(entries, [0, 1, 2, 3, 255, 4]) == [0, 4, 4, 255, 255, 0]


def test_a_name_goes_before_an_id() -> None:
    odd = Taxonomy((MineralClass(0, "4", "#000000"), MineralClass(4, "quartz", "#ffffff")))
    assert parse_map(["1=4"], odd)[1] == 0


@pytest.mark.parametrize(
    ("entry", "found"),
    [
        ("quartz=4", "no entry of --map"),
        ("4", "no entry of --map"),
        ("4=", "no entry of --map"),
        ("", "no entry of --map"),
        ("256=quartz", "no entry of --map"),
        ("-1=quartz", "no entry of --map"),
        ("²=quartz", "no entry of --map"),
        ("4=mica", "0 other, 4 quartz"),
        ("1=quartz,1=other", "twice"),
    ],
)
def test_bad_entries_are_refused(entry: str, found: str) -> None:
    with pytest.raises(BadInput, match=found):
        parse_map([entry], ROCK)


def test_strange_values_are_named() -> None:
    with pytest.raises(BadInput, match=r"m\.png holds 7, 255, which are neither.*7=ignore"):
        _apply([], [0, 7, 255])
    with pytest.raises(BadInput, match=r"5, 6, 7, 8, 9, 10, 11, 12 …"):
        _apply([], list(range(5, 20)))
