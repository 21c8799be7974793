"""The pixel size that a file states, from the places where microscopes and programs put it."""

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tifffile import TiffFile

from mineralseg_models.io.bitmap import DECODERS
from mineralseg_models.io.raster import DECODER_ERRORS, Format, picture_format

UNIT_UM = {
    "m": 1e6,
    "cm": 1e4,
    "mm": 1e3,
    "µm": 1.0,
    "μm": 1.0,
    "um": 1.0,
    "\\u00b5m": 1.0,
    "micron": 1.0,
    "microns": 1.0,
    "micrometer": 1.0,
    "micrometre": 1.0,
    "nm": 1e-3,
    "pm": 1e-6,
    "å": 1e-4,
    "inch": 25_400.0,
}

COARSEST_BY_DENSITY_UM = 25.0
"""Printing densities up to 1016 dots an inch (72, 96, 150, 300, 600 …) are no scale."""

FINEST_UM, COARSEST_UM = 1e-5, 1e5
MAX_XML_CHARACTERS = 16_000_000
UNEQUAL = 0.01

Sizes = tuple[float, float]


def read_pixel_size_um(path: str | Path) -> float | None:
    """Pixel size that a picture file states.

    Looked for, in this order: OME-XML, the tags of FEI, Zeiss and Olympus microscopes, the unit
    of ImageJ, then the resolution of TIFF, PNG, JPEG or BMP where it cannot be a setting for
    screen or print.

    Parameters
    ----------
    path : str or Path
        A TIFF, PNG, JPEG or BMP file.

    Returns
    -------
    float or None
        Edge of a pixel in µm; None where the file does not say it, says nonsense, or has
        pixels that are not square (edges that differ by more than 1 %).

    Raises
    ------
    BadInput
        The file is absent, empty or no picture.
    """
    path = Path(path)
    form = picture_format(path)
    try:
        candidates = _from_tiff(path) if form == "TIFF" else _from_density(path, form)
        return next((x for x, y in candidates if _credible(x, y)), None)
    except DECODER_ERRORS:
        return None


def _credible(x: float, y: float) -> bool:
    return (
        math.isfinite(x)
        and math.isfinite(y)
        and FINEST_UM < x < COARSEST_UM
        and abs(x - y) <= UNEQUAL * x
    )


def _from_tiff(path: Path) -> Iterator[Sizes]:
    """Sizes in µm that a TIFF file states, the most trustworthy first."""
    with TiffFile(path) as tiff:
        for source in TIFF_SOURCES:
            try:
                sizes = source(tiff)
            except DECODER_ERRORS:  # one damaged note does not spoil the others
                continue
            if sizes is not None:
                yield sizes


def _ome(tiff: TiffFile) -> Sizes | None:
    """PhysicalSizeX and PhysicalSizeY of the first Pixels element (OME schema 2016-06)."""
    text = tiff.ome_metadata
    if not text or len(text) > MAX_XML_CHARACTERS or "<!ENTITY" in text:
        return None
    for element in ElementTree.fromstring(text).iter():
        if element.tag.rpartition("}")[2] == "Pixels":
            return _ome_edge(element, "X"), _ome_edge(element, "Y")
    return None


def _ome_edge(pixels: ElementTree.Element, axis: str) -> float:
    unit = pixels.get(f"PhysicalSize{axis}Unit", "µm")
    return float(pixels.attrib[f"PhysicalSize{axis}"]) * UNIT_UM[unit.lower()]


def _fei(tiff: TiffFile) -> Sizes | None:
    """PixelWidth and PixelHeight in metres, of the section Scan or EScan."""
    metadata: dict[str, Any] = tiff.fei_metadata or {}
    for section in ("Scan", "EScan"):
        scan = metadata.get(section, {})
        if "PixelWidth" in scan:
            return float(scan["PixelWidth"]) * 1e6, float(scan["PixelHeight"]) * 1e6
    return None


def _zeiss(tiff: TiffFile) -> Sizes | None:
    """Image pixel size of a Zeiss SEM, a name, a value and a unit."""
    metadata: dict[str, Any] = tiff.sem_metadata or {}
    for key in ("ap_image_pixel_size", "ap_pixel_size"):
        if len(metadata.get(key, ())) == 3:
            _, value, unit = metadata[key]
            size = float(value) * UNIT_UM[unit.lower()]
            return size, size
    return None


def _olympus(tiff: TiffFile) -> Sizes | None:
    """Pixel edges in metres, of Olympus Soft Imaging."""
    metadata: dict[str, Any] = tiff.sis_metadata or {}
    if "pixelsizex" not in metadata:
        return None
    return float(metadata["pixelsizex"]) * 1e6, float(metadata["pixelsizey"]) * 1e6


def _imagej(tiff: TiffFile) -> Sizes | None:
    """Pixels a unit of an ImageJ file, the unit being in its description."""
    unit = UNIT_UM.get(str((tiff.imagej_metadata or {}).get("unit", "")).lower())
    return None if unit is None else _printable(_by_density(tiff, unit), unit)


def _resolution(tiff: TiffFile) -> Sizes | None:
    """Pixels an inch or a centimetre, where the file is not ImageJ's (it keeps no unit there)."""
    unit = {2: UNIT_UM["inch"], 3: UNIT_UM["cm"]}.get(tiff.pages.first.resolutionunit)
    if unit is None or tiff.is_imagej:
        return None
    return _printable(_by_density(tiff, unit), UNIT_UM["inch"])


TIFF_SOURCES: tuple[Callable[[TiffFile], Sizes | None], ...] = (
    _ome,
    _fei,
    _zeiss,
    _olympus,
    _imagej,
    _resolution,
)


def _by_density(tiff: TiffFile, unit_um: float) -> Sizes:
    """Edges in µm from the resolution tags, two fractions of pixels a unit."""
    tags = tiff.pages.first.tags
    (x, x_units), (y, y_units) = tags["XResolution"].value, tags["YResolution"].value
    return unit_um * x_units / x, unit_um * y_units / y


def _printable(sizes: Sizes, unit_um: float) -> Sizes | None:
    """Drop sizes from dots an inch that are settings for screen or print."""
    is_density = unit_um == UNIT_UM["inch"]
    return None if is_density and sizes[0] > COARSEST_BY_DENSITY_UM else sizes


def _from_density(path: Path, form: Format) -> Iterator[Sizes]:
    """Size in µm from the dots an inch of a PNG, JPEG or BMP file."""
    with path.open("rb") as file:
        density = DECODERS[form](file).info.get("dpi")
    if density is None:
        return
    sizes = _printable((25_400 / density[0], 25_400 / density[1]), UNIT_UM["inch"])
    if sizes is not None:
        yield sizes
