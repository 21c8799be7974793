"""Label and uncertainty layers of a segmentation."""

from collections.abc import Collection
from typing import Any

import numpy as np
from napari.utils.colormaps import DirectLabelColormap
from numpy.typing import NDArray

from mineralseg_models.taxonomy import Taxonomy
from napari_mineralseg.layers.marks import mark
from napari_mineralseg.layers.scale import pixel_size_um, scale_arguments

LABELS_OPACITY = 0.5
BACKDROPS = frozenset({"other", "background", "unlabelled", "void"})
Region = tuple[int, int, int, int]


def backdrop_ids(taxonomy: Taxonomy) -> frozenset[int]:
    """Classes that are shown only on request, because they say "nothing of the above"."""
    return frozenset(c.id for c in taxonomy if c.name.casefold() in BACKDROPS)


def label_colours(taxonomy: Taxonomy, hidden: Collection[int] = ()) -> DirectLabelColormap:
    """Mineral colours by class id; hidden classes and ids without a class are transparent."""
    colours: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    colours |= {c.id: "transparent" if c.id in hidden else c.colour for c in taxonomy}
    return DirectLabelColormap(color_dict=colours)


def labels_layer(
    labels: NDArray[np.uint8],
    taxonomy: Taxonomy,
    size_um: float | None,
    name: str,
) -> tuple[Any, dict[str, Any], str]:
    """Layer data of class ids with their names and colours.

    Parameters
    ----------
    labels : ndarray of uint8, shape (Y, X)
        Class ids; the layer edits this very array.
    size_um : float or None
        Edge of a pixel in µm.
    """
    arguments = {
        "name": name,
        "opacity": LABELS_OPACITY,
        "colormap": label_colours(taxonomy, backdrop_ids(taxonomy)),
        "features": {"index": [c.id for c in taxonomy], "class": taxonomy.names},
        "metadata": mark("labels"),
        **scale_arguments(size_um),
    }
    return labels, arguments, "labels"


def uncertainty_layer(
    uncertainty: NDArray[np.float32], size_um: float | None, name: str
) -> tuple[Any, dict[str, Any], str]:
    """Layer data of normalised entropies, shape (Y, X), 0 (sure) to 1 (all classes alike)."""
    arguments = {
        "name": name,
        "colormap": "inferno",
        "contrast_limits": (0.0, 1.0),
        "blending": "translucent",
        "opacity": 0.75,
        "visible": False,
        "metadata": mark("uncertainty"),
        **scale_arguments(size_um),
    }
    return uncertainty, arguments, "image"


def add_layer(viewer: Any, layer_data: tuple[Any, dict[str, Any], str]) -> Any:
    """Add layer data to the viewer; the layer that was selected stays so."""
    data, arguments, kind = layer_data
    active = viewer.layers.selection.active
    layer = getattr(viewer, f"add_{kind}")(data, **arguments)
    if active is not None:
        viewer.layers.selection.active = active
    return layer


def labels_name(plane: Any) -> str:
    """Name of the label layer of a picture."""
    return f"{plane.name} minerals"


def add_empty_labels(viewer: Any, plane: Any, taxonomy: Taxonomy) -> Any:
    """Add a label layer over a picture, to be filled tile by tile and not editable until then."""
    labels = np.zeros(plane.data.shape[:2], dtype=np.uint8)
    layer = add_layer(
        viewer, labels_layer(labels, taxonomy, pixel_size_um(plane), labels_name(plane))
    )
    layer.editable = False
    return layer


def write_tile(layer: Any, region: Region, labels: NDArray[np.uint8]) -> None:
    """Put the labels of a tile at ``region`` (y0, y1, x0, x1); :func:`redraw` shows them."""
    y0, y1, x0, x1 = region
    layer.data[y0:y1, x0:x1] = labels


def redraw(layer: Any) -> None:
    """Show what was written into a layer's array."""
    layer.refresh(extent=False)


def finish_labels(layer: Any, labels: NDArray[np.uint8]) -> None:
    """Put the whole result into a live layer and let the user edit it."""
    layer.data[...] = labels
    layer.editable = True
    redraw(layer)


def hide_classes(layer: Any, taxonomy: Taxonomy, hidden: Collection[int]) -> None:
    """Show all classes but these."""
    layer.colormap = label_colours(taxonomy, hidden)


def is_present(viewer: Any, layer: Any) -> bool:
    """Whether a layer is still in the viewer."""
    return layer is not None and layer in viewer.layers


def remove(viewer: Any, *layers: Any) -> None:
    """Remove those of the layers that are still there."""
    for layer in layers:
        if is_present(viewer, layer):
            viewer.layers.remove(layer)


def find_layer(viewer: Any, name: str) -> Any:
    """Layer of this name; None without one."""
    return next((x for x in viewer.layers if x.name == name), None)
