"""A bar whose parts are the shares of the classes, in their colours."""

from collections.abc import Sequence

from qtpy.QtCore import QRectF
from qtpy.QtGui import QColor, QPainter, QPaintEvent
from qtpy.QtWidgets import QSizePolicy, QWidget

HEIGHT = 12


class ShareBar(QWidget):
    """Shows shares at one glance; the numbers are in the table above."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shares: tuple[tuple[str, float], ...] = ()
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setToolTip("Shares of the classes in the field, in the order of the table.")

    def show_shares(self, shares: Sequence[tuple[str, float]]) -> None:
        """Show colours and their shares, in any unit."""
        self._shares = tuple(shares)
        self.setVisible(any(share > 0 for _, share in shares))
        self.update()

    def parts(self) -> list[tuple[str, QRectF]]:
        """Colour and rectangle of every part that has a width."""
        total = sum(share for _, share in self._shares)
        left, found = 0.0, []
        for colour, share in self._shares:
            width = self.width() * share / total if total > 0 else 0.0
            if width > 0:
                found.append((colour, QRectF(left, 0.0, width, float(HEIGHT))))
            left += width
        return found

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the parts."""
        painter = QPainter(self)
        for colour, rectangle in self.parts():
            painter.fillRect(rectangle, QColor(colour))
        painter.end()
