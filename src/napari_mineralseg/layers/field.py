"""A field of view with its result: the layers, what the model said and what keeps it.

It hangs on the metadata of its label layer, so that it lives as long as the layer does and a dock
that is opened again finds it.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari.layers import Labels

from napari_mineralseg.layers.keeper import Keeper
from napari_mineralseg.layers.light import lay_on_plane
from napari_mineralseg.layers.marks import KEY, role_of
from napari_mineralseg.layers.results import (
    add_layer,
    backdrop_ids,
    is_present,
    remove,
    uncertainty_layer,
)
from napari_mineralseg.layers.scale import set_pixel_size
from napari_mineralseg.state.review import Review

if TYPE_CHECKING:
    from mineralseg_models.segmentation.regions import Region
    from napari_mineralseg.tasks import Outcome


class FieldResult:
    """The result on one picture, as the viewer shows it.

    Parameters
    ----------
    plane : Image
        The picture.
    crossed : sequence of Image
        Its crossed partners.
    labels : Labels
        Filled with the (perhaps corrected) class ids.
    outcome : Outcome
        What the model said.
    """

    def __init__(self, plane: Any, crossed: Sequence[Any], labels: Any, outcome: "Outcome") -> None:
        self.plane, self.crossed, self.labels = plane, tuple(crossed), labels
        self.outcome = outcome
        self.uncertainty: Any = None
        self.box: Any = None
        self.hidden = set(backdrop_ids(outcome.taxonomy))
        self.review: Review[Region] = Review(outcome.regions)
        self.keeper = Keeper(labels, outcome.predicted)
        labels.metadata = {KEY: {"role": "labels", "field": self}}

    def __deepcopy__(self, memo: dict[int, Any]) -> "FieldResult":
        """Return itself: a duplicated layer does not duplicate what keeps it."""
        return self

    def show_uncertainty(self, viewer: Any, name: str) -> None:
        """Add the uncertainty layer, hidden, below the labels."""
        if self.outcome.uncertainty is None:
            return
        data = uncertainty_layer(self.outcome.uncertainty, self.outcome.pixel_size_um, name)
        self.uncertainty = add_layer(viewer, data)
        viewer.layers.move(viewer.layers.index(self.uncertainty), viewer.layers.index(self.labels))

    def set_pixel_size(self, size_um: float | None) -> None:
        """Take over a new pixel size of the picture."""
        self.outcome = replace(self.outcome, pixel_size_um=size_um)
        for layer in (self.labels, self.uncertainty, self.box):
            if layer is not None:
                set_pixel_size(layer, size_um)

    @property
    def stem(self) -> str:
        """Name for files about the field: the stem of the picture's file, or its layer's name."""
        path = self.plane.source.path
        name = Path(path).stem if path else str(self.plane.name)
        return "".join("_" if c in '/\\:*?"<>|\0' else c for c in name).strip(". ") or "picture"

    def lay_crossed(self) -> None:
        """Show the crossed pictures where the run had found them to lie."""
        registrations = self.outcome.registrations
        if len(registrations) == len(self.crossed):
            for layer, registration in zip(self.crossed, registrations, strict=True):
                lay_on_plane(layer, self.plane, registration)

    def is_present(self, viewer: Any) -> bool:
        """Whether its labels are still in the viewer."""
        return is_present(viewer, self.labels)

    def is_on(self, plane: Any) -> bool:
        """Whether it is the result on this picture layer."""
        return plane is not None and bool(self.plane == plane)

    def withdraw(self, viewer: Any) -> None:
        """Take its layers out of the viewer."""
        remove(viewer, self.labels, self.uncertainty, self.box)

    def let_go(self) -> None:
        """Save what is left and stop watching."""
        self.keeper.close()


def picture_of(layer: Any) -> str:
    """Name of the picture that a selected layer stands for: itself, or that of a result."""
    if isinstance(layer, Labels) and role_of(layer) == "labels":
        field = layer.metadata[KEY].get("field")
        return str(field.plane.name) if isinstance(field, FieldResult) else ""
    return "" if layer is None or role_of(layer) else str(layer.name)


def fields_in(viewer: Any) -> list[FieldResult]:
    """Results whose label layers are in the viewer, bottom first; duplicates of layers are none."""
    found = []
    for layer in viewer.layers:
        if isinstance(layer, Labels) and role_of(layer) == "labels":
            field = layer.metadata[KEY].get("field")
            if isinstance(field, FieldResult) and field.labels == layer:
                found.append(field)
    return found
