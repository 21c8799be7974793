"""Figures as PNG: confusion matrix, shares or scores by class, quartz-feldspar-lithic triangle.

They are built from matplotlib's objects without pyplot, so that no global state, window system or
thread is involved.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.io.atomic import replace_file

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HEIGHT = np.sqrt(3) / 2
GREY = "#606060"


def save_figure(figure: "Figure", path: Path) -> None:
    """Write a figure as PNG, 150 dots per inch, whole or not at all.

    Raises
    ------
    CannotWrite
        If the folder or the disk refuses.
    """
    with replace_file(path) as aside:
        figure.savefig(aside, format="png", dpi=150, metadata={"Software": None})


def _figure(width: float, height: float) -> "Figure":
    """Empty figure of a size in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def confusion_figure(c: NDArray[Any], names: Sequence[str]) -> "Figure":
    """Confusion matrix: colour and number are percent of the true class.

    Parameters
    ----------
    c : ndarray of int, shape (K, K)
        Rows are the truth.
    names : sequence of K str
        Class names.

    Returns
    -------
    matplotlib Figure
    """
    names = [_literal(name) for name in names]
    true = c.sum(axis=1, keepdims=True)
    percent = 100 * np.divide(c, true, out=np.zeros(c.shape), where=true > 0)
    edge = 2.2 + 0.62 * len(names)
    figure = _figure(edge + 1.2, edge)
    axes = figure.subplots()
    image = axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
    for i, j in np.ndindex(*c.shape):
        if true[i, 0]:
            colour = "white" if percent[i, j] > 60 else "black"
            text = f"{percent[i, j]:.0f}"
            axes.text(j, i, text, ha="center", va="center", color=colour, fontsize=9)
    rows = [f"{name}\n{100 * share:.1f} %" for name, share in zip(names, _shares(c), strict=True)]
    axes.set_xticks(range(len(names)), names, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), rows)
    axes.set_xlabel("predicted")
    axes.set_ylabel("true, with its share of all pixels")
    figure.colorbar(image, ax=axes, label="percent of the true class", shrink=0.8)
    return figure


def _literal(name: str) -> str:
    """Name as it stands: matplotlib takes what is between dollar signs for a formula."""
    return name.replace("$", r"\$")


def _shares(c: NDArray[Any]) -> NDArray[np.float64]:
    """Share of each true class, 0 to 1."""
    shares: NDArray[np.float64] = c.sum(axis=1) / max(1, c.sum())
    return shares


def class_figure(
    names: Sequence[str],
    values: Sequence[float | None],
    intervals: Sequence[tuple[float | None, float | None]],
    colours: Sequence[str],
    label: str,
) -> "Figure":
    """Bars by class with intervals.

    Parameters
    ----------
    names : sequence of K str
        Class names.
    values : sequence of K float or None
        Length of the bars; None leaves a gap marked "absent".
    intervals : sequence of K (low, high)
        Drawn as a line with ends, apart from the bar: it need not hold the value.
    colours : sequence of K str
        Colours of the bars, ``#rrggbb``.
    label : str
        Name of the axis, with its unit.

    Returns
    -------
    matplotlib Figure
    """
    figure = _figure(6.5, 1.2 + 0.42 * len(names))
    axes = figure.subplots()
    place = range(len(names))
    bars = [0.0 if v is None else v for v in values]
    axes.barh(place, bars, color=list(colours), edgecolor=GREY, linewidth=0.8, height=0.7)
    for y, value, (low, high) in zip(place, values, intervals, strict=True):
        if value is None:
            axes.text(0, y, " absent", va="center", color=GREY, style="italic")
        if low is not None and high is not None:
            axes.plot([low, high], [y, y], "|-", color="black", markersize=7, linewidth=1.2)
    axes.set_yticks(place, [_literal(name) for name in names])
    axes.invert_yaxis()
    axes.set_xlim(left=0)
    axes.set_xlabel(label)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def qfl_figure(points: Mapping[str, tuple[float, float, float]], *, folk: bool = True) -> "Figure":
    """Draw the quartz-feldspar-lithic triangle, 100 % of each at its corner.

    Parameters
    ----------
    points : mapping of str to (quartz, feldspar, lithic)
        Points by name, in percent of their sum.
    folk : bool
        Draw the sandstone fields of Folk (1980).

    Returns
    -------
    matplotlib Figure
    """
    figure = _figure(6.2, 5.6)
    axes = figure.subplots()
    axes.set_axis_off()
    axes.set_aspect("equal")
    axes.plot(*_outline([(100, 0, 0), (0, 100, 0), (0, 0, 100), (100, 0, 0)]), color="black")
    for share in range(10, 100, 10):
        for corner in range(3):
            axes.plot(*_outline(_grid_line(corner, share)), color="#d8d8d8", lw=0.6, zorder=0)
    corners: list[tuple[str, tuple[float, float, float], str]] = [
        ("quartz", (100, 0, 0), "bottom"),
        ("feldspar", (0, 100, 0), "top"),
        ("lithic fragments", (0, 0, 100), "top"),
    ]
    for name, corner_point, side in corners:
        x, y = _place(corner_point)
        shift = 0.02 if side == "bottom" else -0.02
        axes.text(x, y + shift, name, ha="center", va=side, fontsize=11)
    if folk:
        _draw_folk(axes)
    for name, point in points.items():
        axes.plot(*_place(point), "o", markersize=8, markeredgecolor="black", label=name)
    if points:
        axes.legend(loc="upper left", frameon=False)
    axes.set_xlim(-0.12, 1.12)
    axes.set_ylim(-0.1, HEIGHT + 0.08)
    return figure


def _place(point: tuple[float, float, float]) -> tuple[float, float]:
    """Position in the triangle: quartz at the top, feldspar left, lithic fragments right."""
    quartz, feldspar, lithic = point
    total = quartz + feldspar + lithic
    return (lithic + quartz / 2) / total, HEIGHT * quartz / total


def _outline(points: Sequence[tuple[float, float, float]]) -> tuple[list[float], list[float]]:
    """Positions of several points as x and y."""
    placed = [_place(p) for p in points]
    return [x for x, _ in placed], [y for _, y in placed]


def _grid_line(corner: int, share: float) -> list[tuple[float, float, float]]:
    """Both ends of the line on which one corner has this share."""
    ends = []
    for other in {0, 1, 2} - {corner}:
        values = [0.0, 0.0, 0.0]
        values[corner], values[other] = share, 100 - share
        ends.append((values[0], values[1], values[2]))
    return ends


def _draw_folk(axes: "Axes") -> None:
    """Fields of Folk (1980): quartz above 95 and 75 %, feldspar to lithic 3:1, 1:1 and 1:3."""
    for share in (95, 75):
        axes.plot(*_outline(_grid_line(0, share)), color=GREY, lw=1)
    for feldspar, top in ((75, 75), (50, 95), (25, 75)):
        rest = 100 - top
        upper = (top, rest * feldspar / 100, rest * (100 - feldspar) / 100)
        axes.plot(*_outline([upper, (0, feldspar, 100 - feldspar)]), color=GREY, lw=1)
    for name, point, turn in (
        ("arkose", (38, 54, 8), 68),
        ("lithic arkose", (38, 39, 23), 80),
        ("feldspathic litharenite", (38, 23, 39), -80),
        ("litharenite", (38, 8, 54), -68),
    ):
        x, y = _place(point)
        axes.text(x, y, name, rotation=turn, ha="center", va="center", color=GREY, fontsize=7.5)
    for name, point, side in (
        ("quartzarenite", (96, 4, 0), -1),
        ("subarkose", (85, 15, 0), -1),
        ("sublitharenite", (85, 0, 15), 1),
    ):
        x, y = _place(point)
        align = "right" if side < 0 else "left"
        axes.text(x + 0.02 * side, y, name, ha=align, va="center", color=GREY, fontsize=7.5)
