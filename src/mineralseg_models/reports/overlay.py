"""A picture with its minerals drawn over it, a legend and a scale bar.

::

    +-----------------------+------------------+
    |                       | [#] quartz  41 % |
    |   picture, tinted     | [#] other   30 % |
    |   and outlined        | ...              |
    |            |--200 µm--|                  |
    +-----------------------+------------------+
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from mineralseg_models.data import Micrograph
from mineralseg_models.errors import BadInput
from mineralseg_models.scores.counts import IGNORE, count_values
from mineralseg_models.taxonomy import Taxonomy

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

Pixels = NDArray[np.uint8]

LONG_EDGE_PX = (1000, 4000)
TINT = 115  # of 256: 45 %
MAX_ROWS = 24


def overlay(picture: Micrograph, labels: NDArray[Any], taxonomy: Taxonomy) -> Pixels:
    """Draw classes over a picture: tinted, outlined, with a legend and a scale bar.

    Parameters
    ----------
    picture : Micrograph
        The picture; a scale bar is drawn where its pixel size is known. 16-bit pictures are
        stretched to the display.
    labels : ndarray of integers 0 to 255, shape (Y, X)
        Class ids; pixels that are no class stay as they are.
    taxonomy : Taxonomy
        Names and colours.

    Returns
    -------
    ndarray of uint8, shape (H, W, 3)
        The longest edge of the picture in it is between 1000 and 4000 px, whatever it was.

    Raises
    ------
    BadInput
        If the labels have another shape than the picture.
    """
    if labels.shape != picture.pixels.shape[:2]:
        raise BadInput(
            f"The labels must have the shape of the picture, {picture.pixels.shape[:2]}; found "
            f"{labels.shape}."
        )
    rows, columns = labels.shape
    zoom = _zoom(max(rows, columns))
    size = (max(1, round(rows * zoom)), max(1, round(columns * zoom)))
    small = _nearest(labels, size).astype(np.uint8)
    canvas = _tinted(_display(picture.pixels, size), small, taxonomy)
    font_px = round(max(size) / 55)
    drawn = Image.fromarray(canvas)
    if picture.pixel_size_um is not None:
        _draw_scale_bar(drawn, picture.pixel_size_um * columns / size[1], font_px)
    return np.asarray(_with_legend(drawn, count_values(labels), taxonomy, font_px))


def _zoom(edge: int) -> float:
    """Enlargement that brings an edge into the range; small pictures get a whole number."""
    low, high = LONG_EDGE_PX
    if edge > high:
        return high / edge
    return float(-(-low // edge)) if edge < low else 1.0


def _nearest(values: NDArray[Any], size: tuple[int, int]) -> NDArray[Any]:
    """Values at the nearest pixel centres of a grid of this size."""
    y, x = (
        np.minimum(((np.arange(n) + 0.5) * old / n).astype(np.intp), old - 1)
        for n, old in zip(size, values.shape[:2], strict=True)
    )
    nearest: NDArray[Any] = values[np.ix_(y, x)]
    return nearest


def _display(pixels: NDArray[Any], size: tuple[int, int]) -> Pixels:
    """Picture at a size in 8 bits: averaged where it shrinks, whole pixels where it grows."""
    if pixels.dtype != np.uint8:
        step = max(1, min(n // m for n, m in zip(pixels.shape, size, strict=False)))
        pixels = _stretched(pixels[::step, ::step])
    image = Image.fromarray(np.ascontiguousarray(pixels))
    shrinks = size[0] < pixels.shape[0]
    how = Image.Resampling.BOX if shrinks else Image.Resampling.NEAREST
    return np.asarray(image.resize((size[1], size[0]), how), dtype=np.uint8)


def _stretched(pixels: NDArray[Any]) -> Pixels:
    """16-bit values as 8 bits from the 0.5th to the 99.5th percentile, one range for all colours.

    Many cameras fill only 10 or 12 of the 16 bits: unstretched, the picture would be black.
    """
    step = max(1, round((pixels.size / 3e6) ** 0.5))
    low, high = np.percentile(pixels[::step, ::step], [0.5, 99.5])
    scaled = (pixels.astype(np.float32) - low) * (255 / max(high - low, 1))
    stretched: Pixels = np.clip(scaled, 0, 255).astype(np.uint8)
    return stretched


def _tinted(pixels: Pixels, labels: Pixels, taxonomy: Taxonomy) -> Pixels:
    """Mix colours into the picture and paint the borders of the classes in a dark shade of them."""
    known = np.isin(labels, taxonomy.ids)
    colours = taxonomy.palette()[labels]
    mixed = (pixels.astype(np.uint16) * (256 - TINT) + colours.astype(np.uint16) * TINT) >> 8
    drawn = np.where(known[..., np.newaxis], mixed, pixels).astype(np.uint8)
    border = _border(labels, max(1, round(max(labels.shape) / 1500))) & known
    drawn[border] = colours[border] // 2
    return drawn


def _border(labels: Pixels, width: int) -> NDArray[np.bool_]:
    """Pixels nearer than ``width`` to another class along a row or a column."""
    border = np.zeros(labels.shape, dtype=bool)
    for axis in (0, 1):
        n = labels.shape[axis]
        for step in range(1, min(width, n - 1) + 1):
            ahead, behind = [slice(None)] * 2, [slice(None)] * 2
            ahead[axis], behind[axis] = slice(step, None), slice(None, n - step)
            differs = labels[tuple(ahead)] != labels[tuple(behind)]
            border[tuple(ahead)] |= differs
            border[tuple(behind)] |= differs
    return border


def _font(px: int) -> "FreeTypeFont":
    """DejaVu Sans, which comes with matplotlib and has the signs that are needed."""
    from pathlib import Path

    import matplotlib as mpl
    from PIL import ImageFont

    path = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"
    return ImageFont.truetype(str(path), px)


def scale_bar(width_um: float) -> tuple[float, str]:
    """Length of a scale bar in µm, 1, 2 or 5 times a power of ten and at most a quarter of a width.

    Returns
    -------
    length_um : float
    text : str
        Such as ``200 µm``, ``2 mm`` or ``50 nm``.
    """
    power = 10.0 ** np.floor(np.log10(width_um / 4))
    length = max(step * power for step in (1, 2, 5) if step * power <= width_um / 4 * (1 + 1e-9))
    for unit, size in (("mm", 1000.0), ("µm", 1.0), ("nm", 0.001)):
        if length >= size:
            return float(length), f"{length / size:g} {unit}"
    return float(length), f"{length * 1000:g} nm"


def _draw_scale_bar(image: Image.Image, pixel_size_um: float, font_px: int) -> None:
    """Draw a scale bar on a dark plate into the lower right corner."""
    length_um, text = scale_bar(pixel_size_um * image.width)
    draw, font = ImageDraw.Draw(image, "RGBA"), _font(font_px)
    pad, bar = font_px // 2, max(1, round(length_um / pixel_size_um))
    width = max(bar, round(draw.textlength(text, font)))
    right, bottom = image.width - pad, image.height - pad
    left, top = right - width - 2 * pad, bottom - round(1.6 * font_px) - 2 * pad
    draw.rectangle((left, top, right, bottom), fill=(0, 0, 0, 170))
    middle = (left + right) // 2
    draw.text((middle, top + pad), text, fill="white", font=font, anchor="mt")
    line = max(2, font_px // 5)
    draw.rectangle(
        (middle - bar // 2, bottom - pad - line, middle - bar // 2 + bar - 1, bottom - pad - 1),
        fill="white",
    )


def _with_legend(
    image: Image.Image, pixels: NDArray[np.int64], taxonomy: Taxonomy, font_px: int
) -> Image.Image:
    """Put a panel with names and shares of the classes beside the picture."""
    rows = _legend_rows(pixels, taxonomy)
    font, pad, line = _font(font_px), font_px, round(1.7 * font_px)
    name_px = max((round(font.getlength(name)) for _, name, _ in rows), default=0)
    panel = 2 * pad + round(1.8 * font_px) + name_px + pad + round(font.getlength("100.0 %"))
    size = (image.width + panel, max(image.height, len(rows) * line + 2 * pad))
    canvas = Image.new("RGB", size, "white")
    canvas.paste(image, (0, 0))
    draw = ImageDraw.Draw(canvas)
    for i, (colour, name, share) in enumerate(rows):
        x, y = image.width + pad, pad + i * line
        if colour:
            draw.rectangle((x, y, x + font_px, y + font_px), fill=colour, outline="black")
        middle = y + font_px // 2
        draw.text((x + 1.8 * font_px, middle), name, fill="black", font=font, anchor="lm")
        draw.text((size[0] - pad, middle), share, fill="black", font=font, anchor="rm")
    return canvas


def _legend_rows(pixels: NDArray[np.int64], taxonomy: Taxonomy) -> list[tuple[str, str, str]]:
    """Colour, name and share of the classes that occur, the largest first."""
    found = sorted((c for c in taxonomy if pixels[c.id]), key=lambda c: -int(pixels[c.id]))
    total = max(1, int(pixels.sum() - pixels[IGNORE]))
    rows = [(c.colour, c.name, f"{100 * pixels[c.id] / total:.1f} %") for c in found[:MAX_ROWS]]
    rest = found[MAX_ROWS:]
    if rest:
        share = 100 * sum(int(pixels[c.id]) for c in rest) / total
        rows.append(("", f"{len(rest)} more", f"{share:.1f} %"))
    return rows
