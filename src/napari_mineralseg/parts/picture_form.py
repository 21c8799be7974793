"""What to segment and with what: picture, crossed partners, model, pixel size."""

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFormLayout, QLabel, QWidget

from napari_mineralseg.parts.choice_box import Choice, ChoiceBox
from napari_mineralseg.parts.pixel_size_field import PixelSizeField
from napari_mineralseg.state.pictures import Picture
from napari_mineralseg.state.segmentation import SegmentationState


class PictureForm(QWidget):
    """Shows the choices of a :class:`SegmentationState` and tells what the user takes."""

    plane_chosen = Signal(str)
    crossed_chosen = Signal(int, str)
    bundle_chosen = Signal(str)
    bundles_wanted = Signal()
    size_changed = Signal(object)
    bar_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plane = ChoiceBox("Plane-polarised picture to segment.")
        self.crossed: list[ChoiceBox] = []
        self.bundle = ChoiceBox("Model to segment with; those that do not fit are greyed.")
        self.pixel_size = PixelSizeField()
        self._rows = QFormLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setVerticalSpacing(5)
        self._rows.addRow("Picture", self.plane)
        self._rows.addRow("Model", self.bundle)
        self._rows.addRow("Pixel size", self.pixel_size)
        self.plane.chosen.connect(self.plane_chosen)
        self.bundle.chosen.connect(self.bundle_chosen)
        self.bundle.about_to_open.connect(self.bundles_wanted)
        self.pixel_size.size_changed.connect(self.size_changed)
        self.pixel_size.bar_requested.connect(self.bar_requested)

    def show_state(self, state: SegmentationState) -> None:
        """Show the choices; a run at work locks them."""
        self._show_plane(state)
        self._show_crossed(state)
        offers = [
            Choice(o.name, o.name, o.obstacle or o.title, enabled=o.fits) for o in state.offers
        ]
        self.bundle.show_choices(offers, state.offer.name if state.offer else None)
        self.pixel_size.show_size(state.plane.pixel_size_um if state.plane else None)
        self.setEnabled(not state.busy)
        self.pixel_size.setEnabled(state.plane is not None and not state.plane.fault)

    def _show_plane(self, state: SegmentationState) -> None:
        choices = [Choice(p.name, p.name, p.fault or _about(p)) for p in state.pictures]
        self.plane.show_choices(choices, state.plane.name if state.plane else None)

    def _show_crossed(self, state: SegmentationState) -> None:
        while len(self.crossed) > len(state.crossed):
            self._rows.removeRow(self.crossed.pop())
        while len(self.crossed) < len(state.crossed):
            self._add_crossed(len(self.crossed))
        choices = [Choice(p.name, p.name, _about(p)) for p in state.partners]
        for i, box in enumerate(self.crossed):
            box.show_choices(choices, state.crossed[i])

    def _add_crossed(self, i: int) -> None:
        box = ChoiceBox("Picture of the same field between crossed polarisers.")
        box.chosen.connect(lambda name: self.crossed_chosen.emit(i, name))
        self.crossed.append(box)
        label = QLabel("Crossed" if i == 0 else f"Crossed {i + 1}")
        self._rows.insertRow(1 + i, label, box)


def _about(picture: Picture) -> str:
    rows, columns = picture.shape
    text = f"{columns} × {rows} px"
    return f"{text}, {picture.path}" if picture.path else text
