from pathlib import Path

import pytest

from napari_mineralseg.state.pictures import (
    Picture,
    field_of,
    guess_partners,
    guess_plane,
    light_of,
    possible_partners,
)


def picture(name: str, path: str | None = None, **changes: object) -> Picture:
    return Picture(name, (100, 200), Path(path) if path else None, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "light"),
    [
        ("granite_xpl", "crossed"),
        ("granite-XP45", "crossed"),
        ("crossed polars 2", "crossed"),
        ("granite_ppl", "plane"),
        ("plane", "plane"),
        ("plane polarised", "plane"),
        ("xplosion", None),
        ("2a", None),
    ],
)
def test_words_of_a_name_tell_the_light(text: str, light: str | None) -> None:
    assert light_of(text) == light


def test_the_folder_tells_the_light_where_the_name_does_not() -> None:
    assert picture("2a", "/data/xpl/2a.jpg").light == "crossed"
    assert picture("2a", "/data/2a.jpg").light is None


def test_the_field_is_the_name_without_the_light() -> None:
    assert field_of("Granite_07-xpl") == "granite 07"
    assert field_of("granite 07 plane polarised") == "granite 07"


def test_partners_by_folder() -> None:
    plane = picture("2a (ppl)", "/d/ppl/2a.jpg")
    right, wrong = picture("2a (xpl)", "/d/xpl/2a.jpg"), picture("2b (xpl)", "/d/xpl/2b.jpg")
    assert guess_partners(plane, [plane, wrong, right]) == [right]


def test_partners_by_suffix() -> None:
    plane, crossed = picture("g_ppl"), picture("g_xpl")
    assert guess_partners(plane, [crossed, plane]) == [crossed]


def test_several_crossed_pictures_of_one_field() -> None:
    plane, first, second = picture("g_ppl"), picture("g_xpl0"), picture("g_xpl45")
    assert guess_partners(plane, [plane, first, second]) == [first, second]


def test_a_lone_crossed_picture_is_taken_without_a_rival() -> None:
    plane, crossed = picture("IMG_1"), picture("IMG_2 crossed")
    assert guess_partners(plane, [plane, crossed]) == [crossed]
    assert guess_partners(plane, [plane, crossed, picture("IMG_3")]) == []


def test_partners_have_the_shape_of_the_plane_picture() -> None:
    plane = picture("g_ppl")
    half = Picture("g_xpl", (50, 100))
    other = Picture("h_xpl", (100, 100))
    faulty = picture("x_xpl", fault="grey")
    assert possible_partners(plane, [plane, half, other, faulty]) == [half]


def test_the_plane_picture_to_start_with() -> None:
    crossed, plane, lone = picture("g_xpl"), picture("g_ppl"), picture("other")
    assert guess_plane([crossed, plane]) == plane
    assert guess_plane([lone, crossed, plane]) == plane
    assert guess_plane([lone, crossed, plane], active="other") == lone
    assert guess_plane([crossed]) == crossed
    faulty = picture("f", fault="grey")
    assert guess_plane([faulty]) == faulty
    assert guess_plane([]) is None
