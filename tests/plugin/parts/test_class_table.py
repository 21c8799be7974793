from typing import Any

import pytest
from qtpy.QtCore import QEvent, Qt
from qtpy.QtGui import QKeyEvent

from napari_mineralseg.parts.class_table import INTERVAL, NAME, PERCENT, SHOWN, ClassTable
from napari_mineralseg.state.class_rows import ClassFigures, ClassRow

FIGURES = ClassFigures(
    (
        ClassRow(0, "other", "#6b6256", "40.0", "30 – 50", "0.120", "tip 0"),
        ClassRow(4, "quartz", "#f0d878", "60.0", "50 – 70", "0.180", "tip 4"),
    ),
    area_unit="mm²",
    note="What it means.",
)


@pytest.fixture
def table(qtbot: Any) -> ClassTable:
    made = ClassTable()
    qtbot.addWidget(made)
    made.show_figures(FIGURES, {0})
    made.resize(360, 100)
    return made


def test_shows_names_numbers_and_what_they_mean(table: ClassTable) -> None:
    assert table.item(1, NAME).text() == "quartz"
    assert table.item(1, PERCENT).text() == "60.0"
    assert table.item(1, PERCENT).toolTip() == "tip 4"
    assert table.horizontalHeaderItem(4).text() == "mm²"
    assert table.horizontalHeaderItem(INTERVAL).toolTip() == "What it means."
    icon = table.item(1, NAME).icon().pixmap(14, 14).toImage()
    assert icon.pixelColor(7, 7).name() == "#f0d878"


def test_a_click_chooses_a_class(table: ClassTable, qtbot: Any) -> None:
    told: list[int] = []
    table.class_chosen.connect(told.append)
    at = table.visualItemRect(table.item(1, PERCENT)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert set(told) == {4}
    assert table.chosen_id == 4


def test_a_box_hides_a_class_and_chooses_nothing(table: ClassTable, qtbot: Any) -> None:
    hidden: list[list[int]] = []
    chosen: list[int] = []
    table.hidden_changed.connect(hidden.append)
    table.class_chosen.connect(chosen.append)
    table.item(1, SHOWN).setCheckState(Qt.CheckState.Unchecked)
    assert hidden == [[0, 4]]
    at = table.visualItemRect(table.item(0, SHOWN)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    assert chosen == []


def test_new_numbers_tell_nobody_and_keep_the_choice(table: ClassTable) -> None:
    told: list[object] = []
    table.select_class(4)
    table.class_chosen.connect(told.append)
    table.hidden_changed.connect(told.append)
    table.show_figures(FIGURES, {4})
    assert told == []
    assert table.hidden_ids == [4]
    assert table.chosen_id == 4
    table.select_class(9)
    assert table.chosen_id is None


def test_letters_are_left_to_the_viewer(table: ClassTable) -> None:
    told: list[int] = []
    table.class_chosen.connect(told.append)
    letter = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Q, Qt.KeyboardModifier.NoModifier, "q")
    table.keyPressEvent(letter)
    assert not letter.isAccepted()
    down = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Down, Qt.KeyboardModifier.NoModifier)
    table.select_class(0)
    table.keyPressEvent(down)
    assert told == [4]


def test_all_classes_fit_without_a_scroll_bar(table: ClassTable) -> None:
    rows = tuple(ClassRow(i, f"class {i}", "#000000") for i in range(8))
    table.show_figures(ClassFigures(rows), ())
    table.show()
    assert not table.verticalScrollBar().isVisible()
