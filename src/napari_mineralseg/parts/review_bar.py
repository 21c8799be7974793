"""Buttons and keys that lead through the uncertain regions and flip the light."""

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QGridLayout, QLabel, QPushButton, QWidget

from napari_mineralseg.state.keys import ACCEPT, FLIP, NEXT, PREVIOUS


class ReviewBar(QWidget):
    """Next and previous uncertain region, accept, plane or crossed."""

    flip_requested = Signal()
    step_requested = Signal(int)
    accept_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.flip = _button(
            f"Flip light ({FLIP})",
            f"Show the plane or the crossed picture under the labels. Key {FLIP}: a tap flips, "
            "holding it shows the other one as long as you hold.",
        )
        self.previous = _button("‹ Back", f"Previous uncertain region. Key {PREVIOUS}.")
        self.next = _button(
            f"Next uncertain ({NEXT}) ›",
            f"Go to the next uncertain region, the worst first. Key {NEXT}.",
        )
        self.accept = _button(
            f"Looks right ({ACCEPT})",
            f"Everything in the box is right: mark it as reviewed and go on. Key {ACCEPT}.",
        )
        self.place = QLabel()
        self._lay_out()
        self.flip.clicked.connect(self.flip_requested)
        self.accept.clicked.connect(self.accept_requested)
        self.next.clicked.connect(lambda: self.step_requested.emit(1))
        self.previous.clicked.connect(lambda: self.step_requested.emit(-1))
        self.show_place("", can_step=False, can_accept=False)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setSpacing(4)
        grid.addWidget(self.flip, 0, 0)
        grid.addWidget(self.accept, 0, 1)
        grid.addWidget(self.previous, 1, 0)
        grid.addWidget(self.next, 1, 1)
        grid.addWidget(self.place, 2, 0, 1, 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)

    def show_place(self, text: str, *, can_step: bool, can_accept: bool) -> None:
        """Say where one stands in the review."""
        self.place.setText(text)
        self.place.setVisible(bool(text))
        for button in (self.next, self.previous):
            button.setEnabled(can_step)
        self.accept.setEnabled(can_accept)


def _button(text: str, tooltip: str) -> QPushButton:
    button = QPushButton(text)
    button.setToolTip(tooltip)
    button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
    return button
