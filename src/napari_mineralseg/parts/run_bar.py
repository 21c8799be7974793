"""Run, Cancel, progress and one line that says how it stands."""

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

PROMINENT = "QPushButton:enabled { background-color: #2f6fd0; color: white; font-weight: bold; }"
ALARMING = "color: #d2691e;"


class RunBar(QWidget):
    """Starts and cancels a run and shows how far it is."""

    run_requested = Signal()
    cancel_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.run = QPushButton("Run")
        self.run.setToolTip("Segment the picture with the chosen model.")
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Stop the run; nothing of it is kept.")
        for button in (self.run, self.cancel):
            button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.run.setStyleSheet(PROMINENT)
        self._obstacle = ""
        self.progress = QProgressBar()
        self.progress.setTextVisible(True)
        self.progress.setMaximumHeight(16)
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lay_out()
        self.run.clicked.connect(self.run_requested)
        self.cancel.clicked.connect(self.cancel_requested)
        self.show_idle("")

    def _lay_out(self) -> None:
        buttons = QHBoxLayout()
        buttons.addWidget(self.run, stretch=3)
        buttons.addWidget(self.cancel, stretch=1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        column.addLayout(buttons)
        column.addWidget(self.progress)
        column.addWidget(self.message)

    def show_idle(self, obstacle: str) -> None:
        """Nothing runs; an obstacle disables Run and is shown."""
        self.run.setEnabled(not obstacle)
        self.cancel.setEnabled(False)
        self.progress.setVisible(False)
        if obstacle or self.message.text() == self._obstacle:
            self.show_message(obstacle)
        self._obstacle = obstacle

    def show_running(self, done: int = 0, total: int = 0, note: str = "") -> None:
        """Show a run at work; a total of 0 means that its length is unknown."""
        self.run.setEnabled(False)
        self.cancel.setEnabled(True)
        self.progress.setVisible(True)
        self.progress.setRange(0, total)
        self.progress.setValue(done)
        self.show_message(note)

    def show_message(self, text: str, *, alarming: bool = False) -> None:
        """Say how it stands, in one or two sentences."""
        self.message.setText(f"⚠ {text}" if alarming else text)
        self.message.setVisible(bool(text))
        self.message.setStyleSheet(ALARMING if alarming else "")
