"""Rows of the class table and the lines below it, as text."""

import csv
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mineralseg_models.measure.modal import ModalRow, ModalTable
    from mineralseg_models.taxonomy import Taxonomy

UM2_PER_MM2 = 1e6


@dataclass(frozen=True)
class ClassRow:
    """One class as the table shows it."""

    id: int
    name: str
    colour: str
    percent: str = ""
    interval: str = ""
    area: str = ""
    tooltip: str = ""
    pixels: int = 0


@dataclass(frozen=True)
class ClassFigures:
    """All that the class panel shows.

    Parameters
    ----------
    rows : tuple of ClassRow
    area_unit : str
        ``mm²``, ``µm²``, or ``px`` where the scale is unknown.
    summary : str
        Quartz–feldspar–lithic shares and porosity, or nothing.
    note : str
        What the numbers mean.
    """

    rows: tuple[ClassRow, ...]
    area_unit: str = "px"
    summary: str = ""
    note: str = ""


def plain_rows(taxonomy: "Taxonomy") -> ClassFigures:
    """Classes without numbers, as long as there are none."""
    return ClassFigures(tuple(ClassRow(c.id, c.name, c.colour) for c in taxonomy))


def class_figures(table: "ModalTable", taxonomy: "Taxonomy") -> ClassFigures:
    """Turn a modal table into what the panel shows."""
    total_um2 = sum(r.area_um2 or 0.0 for r in table.rows)
    unit = _area_unit(table, total_um2)
    colours = {c.id: c.colour for c in taxonomy}
    rows = tuple(_row(r, colours[r.class_id], unit) for r in table.rows)
    return ClassFigures(rows, unit, _summary(table), table.note)


def _area_unit(table: "ModalTable", total_um2: float) -> str:
    if table.pixel_size_um is None:
        return "px"
    return "mm²" if total_um2 >= 0.1 * UM2_PER_MM2 else "µm²"


def _row(row: "ModalRow", colour: str, unit: str) -> ClassRow:
    area = float(row.pixels) if row.area_um2 is None else row.area_um2
    area /= UM2_PER_MM2 if unit == "mm²" else 1.0
    digits = ".3f" if unit == "mm²" else ",.0f"
    return ClassRow(
        id=row.class_id,
        name=row.name,
        colour=colour,
        percent=f"{row.percent:.1f}",
        interval=_interval(row),
        area=f"{area:{digits}}".replace(",", " "),
        tooltip=_tooltip(row),
        pixels=row.pixels,
    )


def _interval(row: "ModalRow") -> str:
    if row.ci_low is None or row.ci_high is None:
        return "–"
    return f"{row.ci_low:.0f} – {row.ci_high:.0f}"


def _tooltip(row: "ModalRow") -> str:
    pixels = f"{row.pixels:,}".replace(",", " ")
    text = (
        f"{row.name}, class {row.class_id}: {pixels} px, {row.percent:.2f} % of the field as mapped"
    )
    if row.ci_low is not None and row.ci_high is not None and row.adjusted_percent is not None:
        text += (
            f"; corrected for the model's errors {row.adjusted_percent:.1f} % "
            f"(95 % interval {row.ci_low:.1f} to {row.ci_high:.1f} %)"
        )
    return text + ". Click to paint with this class."


def _summary(table: "ModalTable") -> str:
    from mineralseg_models.measure.rock import porosity, qfl

    parts = []
    shares = qfl(table)
    if shares is not None:
        parts.append(f"Q {shares.quartz:.0f}  F {shares.feldspar:.0f}  L {shares.lithic:.0f}")
    pore = porosity(table)
    if pore is not None:
        parts.append(f"Porosity {pore.percent:.1f} %")
    return "   ·   ".join(parts)


def tab_separated(csv_text: str) -> str:
    """Turn a comma-separated table into one that spreadsheets take from the clipboard."""
    text = io.StringIO()
    csv.writer(text, delimiter="\t", lineterminator="\n").writerows(
        csv.reader(io.StringIO(csv_text))
    )
    return text.getvalue()
