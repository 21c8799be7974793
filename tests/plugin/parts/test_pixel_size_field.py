from typing import Any

import pytest

from napari_mineralseg.parts.pixel_size_field import PixelSizeField, ScaleBarForm


def test_a_typed_size_is_told_once(qtbot: Any) -> None:
    field = PixelSizeField()
    qtbot.addWidget(field)
    told: list[float | None] = []
    field.size_changed.connect(told.append)
    field.show_size(0.75512)
    assert field.edit.text() == "0.7551"
    field.edit.editingFinished.emit()
    field.edit.setText("1,25")
    field.edit.editingFinished.emit()
    field.edit.editingFinished.emit()
    field.edit.setText("")
    field.edit.editingFinished.emit()
    assert told == [1.25, None]


@pytest.mark.parametrize("text", ["-3", "abc", "0"])
def test_nonsense_is_taken_back(qtbot: Any, text: str) -> None:
    field = PixelSizeField()
    qtbot.addWidget(field)
    told: list[float | None] = []
    field.size_changed.connect(told.append)
    field.show_size(2.0)
    field.edit.setText(text)
    field.edit.editingFinished.emit()
    assert field.edit.text() == "2"
    assert told == []


def test_a_bar_needs_a_line_and_a_length(qtbot: Any) -> None:
    form = ScaleBarForm()
    qtbot.addWidget(form)
    found: list[float] = []
    form.size_found.connect(found.append)
    form.length.setText("500")
    assert not form.use.isEnabled()
    form.show_length(250.0)
    assert form.use.isEnabled()
    assert "250.0 px, that is 2 µm/px" in form._hint.text()
    form.unit.choose("mm")
    form.length.returnPressed.emit()
    assert found == [2000.0]


def test_a_bar_can_be_dismissed(qtbot: Any) -> None:
    form = ScaleBarForm()
    qtbot.addWidget(form)
    with qtbot.waitSignal(form.dismissed):
        form.cancel.click()
