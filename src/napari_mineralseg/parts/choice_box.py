"""A combo box of choices, some of which may be greyed with the reason as tooltip."""

from collections.abc import Sequence
from dataclasses import dataclass

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QStandardItem, QStandardItemModel, QWheelEvent
from qtpy.QtWidgets import QComboBox, QSizePolicy, QWidget


@dataclass(frozen=True)
class Choice:
    """One entry: its key, what is shown, why it cannot be taken, or more about it."""

    key: str
    label: str
    tooltip: str = ""
    enabled: bool = True


class ChoiceBox(QComboBox):
    """Shows choices and tells which key the user took.

    A click does not take the keyboard focus, so that single-letter keys of the viewer never change
    the choice; the wheel is left to the scroll area around.
    """

    chosen = Signal(str)
    about_to_open = Signal()
    """The list of choices will be seen next; who fills it may do so anew."""

    def __init__(self, tooltip: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tooltip = tooltip
        self._model = QStandardItemModel(self)
        self.setModel(self._model)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumContentsLength(8)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setToolTip(tooltip)
        self.activated.connect(self._on_activated)

    def show_choices(self, choices: Sequence[Choice], current: str | None) -> None:
        """Show these choices and select one by its key, without telling anyone."""
        self._model.clear()
        for choice in choices:
            item = QStandardItem(choice.label)
            item.setData(choice.key, Qt.ItemDataRole.UserRole)
            item.setToolTip(choice.tooltip)
            item.setEnabled(choice.enabled)
            self._model.appendRow(item)
        keys = [c.key for c in choices]
        index = keys.index(current) if current in keys else -1
        self.setCurrentIndex(index)
        detail = choices[index].tooltip if index >= 0 else ""
        self.setToolTip("\n".join(t for t in (self._tooltip, detail) if t))

    @property
    def key(self) -> str | None:
        """Key of the choice that is shown."""
        key = self.currentData(Qt.ItemDataRole.UserRole)
        return None if key is None else str(key)

    def choose(self, key: str) -> None:
        """Take a choice as a user would."""
        for row in range(self.count()):
            item = self._model.item(row)
            is_it = item is not None and item.data(Qt.ItemDataRole.UserRole) == key
            if item is not None and is_it and item.isEnabled():
                self.setCurrentIndex(row)
                self.chosen.emit(key)

    def showPopup(self) -> None:
        """Let the choices be filled anew, then open the list."""
        self.about_to_open.emit()
        super().showPopup()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Leave the wheel to whoever scrolls."""
        if event is not None:
            event.ignore()

    def _on_activated(self, index: int) -> None:
        self.chosen.emit(str(self.itemData(index, Qt.ItemDataRole.UserRole)))
