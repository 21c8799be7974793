"""An offer to go on with an earlier correction, and the line that says what is saved."""

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget


class SessionOffer(QFrame):
    """Offers to resume an earlier correction; it blocks nothing."""

    resume_requested = Signal()
    anew_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFrameShape(QFrame.Shape.StyledPanel)
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.resume = QPushButton("Resume")
        self.resume.setToolTip("Open the labels as you left them.")
        self.anew = QPushButton("Start anew")
        self.anew.setToolTip("Leave the earlier correction where it is; it is kept.")
        for button in (self.resume, self.anew):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        column = QVBoxLayout(self)
        column.setContentsMargins(8, 6, 8, 6)
        column.addWidget(self.text)
        row = QHBoxLayout()
        row.addWidget(self.resume)
        row.addWidget(self.anew)
        column.addLayout(row)
        self.resume.clicked.connect(self.resume_requested)
        self.anew.clicked.connect(self.anew_requested)
        self.hide()

    def offer(self, text: str) -> None:
        """Show the offer; an empty text withdraws it."""
        self.text.setText(text)
        self.setVisible(bool(text))
