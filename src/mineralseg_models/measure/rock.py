"""What a modal table says about the rock: quartz-feldspar-lithic shares and porosity."""

from typing import Literal, NamedTuple

from mineralseg_models.measure.modal import ModalRow, ModalTable

QUARTZ = frozenset({"quartz"})
FELDSPAR = frozenset(
    {"feldspar", "k-feldspar", "potassium feldspar", "alkali feldspar", "orthoclase"}
    | {"microcline", "sanidine", "plagioclase", "albite"}
)
LITHIC = frozenset(
    {"lithic", "lithics", "lithic fragment", "lithic fragments"}
    | {"rock fragment", "rock fragments"}
)
PORE = "pore"


class QFL(NamedTuple):
    """Quartz, feldspar and lithic fragments in percent of their sum."""

    quartz: float
    feldspar: float
    lithic: float


def qfl(table: ModalTable, share: Literal["mapped", "adjusted"] = "mapped") -> QFL | None:
    """Quartz, feldspar and lithic fragments, normalised to 100.

    Pores, matrix and everything else are left out (Dickinson & Suczek 1979, AAPG Bulletin 63;
    Folk 1980). Areas on a random section stand for volumes (Delesse).

    Parameters
    ----------
    table : ModalTable
        Shares of one field.
    share : {"mapped", "adjusted"}
        Which percent to take.

    Returns
    -------
    QFL or None
        None where the taxonomy lacks one of the three, a share is not known, or their sum is 0.
    """
    groups = [_total(table, names, share) for names in (QUARTZ, FELDSPAR, LITHIC)]
    if any(g is None for g in groups):
        return None
    q, f, rest = (g or 0.0 for g in groups)
    total = q + f + rest
    return QFL(100 * q / total, 100 * f / total, 100 * rest / total) if total > 0 else None


def _total(
    table: ModalTable, names: frozenset[str], share: Literal["mapped", "adjusted"]
) -> float | None:
    """Sum of the percents of the classes of these names; None without any, or without a number."""
    rows = [r for r in table.rows if r.name.casefold() in names]
    parts = [r.percent if share == "mapped" else r.adjusted_percent for r in rows]
    known = [p for p in parts if p is not None]
    return sum(known) if rows and len(known) == len(parts) else None


def porosity(table: ModalTable) -> ModalRow | None:
    """Row of the class ``pore``, if the model knows one.

    Its percent of the field is the visible (optical) porosity: pores below the pixel size and
    within the thickness of the section do not show.
    """
    return table.row(PORE)
