from typing import Any

from qtpy.QtCore import Qt

from napari_mineralseg.parts.choice_box import Choice, ChoiceBox

CHOICES = [Choice("a", "First", "about a"), Choice("b", "Second", "too coarse", enabled=False)]


def test_shows_what_may_be_taken_and_why_not(qtbot: Any) -> None:
    box = ChoiceBox("Pick one.")
    qtbot.addWidget(box)
    box.show_choices(CHOICES, "a")
    assert box.key == "a"
    assert box.toolTip() == "Pick one.\nabout a"
    item = box.model().item(1)
    assert not item.isEnabled()
    assert item.toolTip() == "too coarse"


def test_tells_only_what_the_user_takes(qtbot: Any) -> None:
    box = ChoiceBox()
    qtbot.addWidget(box)
    told: list[str] = []
    box.chosen.connect(told.append)
    box.show_choices(CHOICES, "a")
    box.choose("b")
    assert told == []
    box.choose("a")
    box.activated.emit(0)
    assert told == ["a", "a"]


def test_nothing_chosen(qtbot: Any) -> None:
    box = ChoiceBox()
    qtbot.addWidget(box)
    box.show_choices(CHOICES, None)
    assert box.key is None


def test_a_click_leaves_the_keyboard_to_the_viewer(qtbot: Any) -> None:
    box = ChoiceBox()
    qtbot.addWidget(box)
    assert not box.focusPolicy() & Qt.FocusPolicy.ClickFocus & ~Qt.FocusPolicy.TabFocus


def test_the_wheel_does_not_change_the_choice(qtbot: Any) -> None:
    from qtpy.QtCore import QPoint, QPointF
    from qtpy.QtGui import QWheelEvent

    box = ChoiceBox()
    qtbot.addWidget(box)
    box.show_choices([Choice("a", "a"), Choice("b", "b")], "a")
    wheel = QWheelEvent(
        QPointF(1, 1),
        QPointF(1, 1),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    box.wheelEvent(wheel)
    assert box.key == "a"
    assert not wheel.isAccepted()
