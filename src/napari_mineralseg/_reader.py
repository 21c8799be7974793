"""npe2 reader: micrographs with their scale and unit."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

LayerData = tuple[Any, dict[str, Any], str]
Paths = str | Path | Sequence[str | Path]


def choose_reader(path: Paths) -> Callable[[Paths], list[LayerData]]:
    """Return the reader; the manifest's patterns have chosen the files already."""
    del path
    return read_pictures


def read_pictures(path: Paths) -> list[LayerData]:
    """Read pictures as RGB layers in µm where the file states its scale, else in pixels.

    Raises
    ------
    BadInput
        A file is no sound picture; the message says what is wrong with it.
    """
    from mineralseg_models.io.micrographs import read_micrograph
    from napari_mineralseg.layers.pictures import picture_layer

    paths = [path] if isinstance(path, str | Path) else list(path)
    return [picture_layer(read_micrograph(p)) for p in paths]
