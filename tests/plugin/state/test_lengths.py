import pytest

from napari_mineralseg.state.lengths import format_pixel_size, parse_number, pixel_size_from_bar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.755", 0.755),
        (" 0,5 ", 0.5),
        ("1e-1", 0.1),
        *((text, None) for text in ("", "-1", "0", "nan", "inf", "half")),
    ],
)
def test_numbers_as_people_type_them(text: str, value: float | None) -> None:
    assert parse_number(text) == value


def test_pixel_size_from_a_bar() -> None:
    assert pixel_size_from_bar(500, "µm", 250) == 2.0
    assert pixel_size_from_bar(0.5, "mm", 250) == 2.0
    assert pixel_size_from_bar(500, "µm", 0) is None


def test_pixel_sizes_are_short() -> None:
    assert format_pixel_size(0.75512) == "0.7551"
    assert format_pixel_size(None) == ""
