"""Micrographs as RGB layers, and RGB layers as micrographs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from napari.layers import Image

from mineralseg_models.data import Micrograph
from mineralseg_models.errors import BadInput
from mineralseg_models.io.pixel_size import read_pixel_size_um
from napari_mineralseg.layers.marks import role_of
from napari_mineralseg.layers.scale import pixel_size_um, scale_arguments, set_pixel_size
from napari_mineralseg.state.pictures import Picture, light_of

MIN_EDGE_PX = 16
SHORT_LIGHT = {"plane": "ppl", "crossed": "xpl"}


def picture_layer(
    micrograph: Micrograph, name: str | None = None
) -> tuple[Any, dict[str, Any], str]:
    """Layer data of a micrograph, in µm where its scale is known, else in pixels."""
    arguments = {
        "name": name or picture_name(micrograph),
        "rgb": True,
        **scale_arguments(micrograph.pixel_size_um),
    }
    return micrograph.pixels, arguments, "image"


def picture_name(micrograph: Micrograph) -> str:
    """Stem of the file, with how it was lit where only its folder says so: ``2a (xpl)``."""
    if micrograph.path is None or light_of(micrograph.name):
        return micrograph.name
    light = light_of(micrograph.path.parent.name)
    return f"{micrograph.name} ({SHORT_LIGHT[light]})" if light else micrograph.name


def image_layers(viewer: Any) -> list[Any]:
    """Image layers of the user, top layer first; label layers and layers of ours are none."""
    return [x for x in reversed(viewer.layers) if isinstance(x, Image) and not role_of(x)]


def pictures_in(viewer: Any) -> list[Picture]:
    """Pictures of the viewer, top layer first."""
    return [describe(layer) for layer in image_layers(viewer)]


def describe(layer: Any) -> Picture:
    """Tell what the dock needs to know about an image layer."""
    fault = _fault(layer)
    return Picture(
        name=layer.name,
        shape=(0, 0) if fault else (int(layer.data.shape[0]), int(layer.data.shape[1])),
        path=_path(layer),
        pixel_size_um=None if fault else pixel_size_um(layer),
        fault=fault,
    )


def _fault(layer: Any) -> str:
    """One sentence that says why a layer cannot be segmented; empty for a sound one."""
    found = _unfit(layer)
    if not found:
        return ""
    return (
        f"Layer '{layer.name}' {found}; a flat colour (RGB) picture of 8 or 16 bit is expected: "
        "choose another layer or open the original file."
    )


def _unfit(layer: Any) -> str:
    if layer.multiscale:
        return "is a pyramid of several resolutions"
    if layer.ndim != 2:
        return f"has {layer.ndim} dimensions"
    if layer.dtype not in (np.uint8, np.uint16):
        return f"holds values of type {layer.dtype}"
    if not layer.rgb:
        return "has one grey channel"
    rows, columns = layer.data.shape[:2]
    if min(rows, columns) < MIN_EDGE_PX:
        return f"has only {columns} × {rows} pixels"
    return ""


def to_micrograph(layer: Any) -> Micrograph:
    """Take the micrograph out of a sound RGB layer; alpha is left out, nothing is copied."""
    return Micrograph(np.asarray(layer.data)[..., :3], pixel_size_um(layer), _path(layer))


def adopt_file_scales(layers: Sequence[Any]) -> bool:
    """Give pictures that another reader opened the pixel sizes that their files state.

    Returns
    -------
    bool
        Whether the scale of a layer has changed.
    """
    changed = [_adopt_file_scale(layer) for layer in layers]
    return any(changed)


def _adopt_file_scale(layer: Any) -> bool:
    path = _path(layer)
    untouched = pixel_size_um(layer) is None and np.all(np.asarray(layer.scale) == 1)
    if _unfit(layer) or path is None or not untouched:
        return False
    try:
        size = read_pixel_size_um(path)
    except BadInput:  # the file is gone, or it is none of ours; the layer is there all the same
        return False
    if size is not None:
        set_pixel_size(layer, size)
    return size is not None


def _path(layer: Any) -> Path | None:
    path = layer.source.path
    return Path(path) if path and Path(path).is_file() else None
