"""Modal mineralogy: how much of a field each class takes, with intervals that mean something."""

import csv
import io
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.bundles.card import CrossValidatedError
from mineralseg_models.errors import BadInput
from mineralseg_models.io.atomic import replace_file
from mineralseg_models.measure.adjusted import AdjustedShares, adjust_shares
from mineralseg_models.scores.counts import IGNORE, count_values
from mineralseg_models.taxonomy import MineralClass, Taxonomy

COLUMNS = ("class_id", "class", "pixels", "percent", "ci_low", "ci_high", "area_um2")


@dataclass(frozen=True)
class ModalRow:
    """One class of a modal table; None where a number is not known.

    Parameters
    ----------
    class_id : int
        Value in the label map.
    name : str
        Name of the class.
    pixels : int
        Pixels of this class.
    percent : float
        Share of the field on the map, 0 to 100.
    adjusted_percent : float or None
        Share corrected for the errors that the model makes, 0 to 100.
    ci_low, ci_high : float or None
        95 % interval of the true share in this field, 0 to 100. It lies around
        ``adjusted_percent`` and need not hold ``percent``: a model that sees too much quartz on
        other fields sees too much here too.
    area_um2 : float or None
        Mapped area in µm².
    """

    class_id: int
    name: str
    pixels: int
    percent: float
    adjusted_percent: float | None
    ci_low: float | None
    ci_high: float | None
    area_um2: float | None


@dataclass(frozen=True)
class ModalTable:
    """The classes of one field and their shares.

    Parameters
    ----------
    rows : tuple of ModalRow
        One a class, in the order of the taxonomy.
    pixel_size_um : float or None
        Edge of a pixel in µm.
    n_groups : int
        Cross-validation groups behind the intervals; 0 without intervals.
    note : str
        What the intervals mean, or why there are none.
    """

    rows: tuple[ModalRow, ...]
    pixel_size_um: float | None
    n_groups: int
    note: str

    def row(self, name: str) -> ModalRow | None:
        """Row of the class of this name (upper or lower case), if there is one."""
        return next((r for r in self.rows if r.name.casefold() == name.casefold()), None)

    def csv_text(self) -> str:
        """Table as CSV with the columns :data:`COLUMNS`; unknown numbers are empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        for r in self.rows:
            numbers = (r.percent, r.ci_low, r.ci_high, r.area_um2)
            writer.writerow([r.class_id, r.name, r.pixels, *map(_number, numbers)])
        return text.getvalue()

    def to_csv(self, path: Path) -> None:
        """Write :meth:`csv_text` to a file, whole or not at all.

        Raises
        ------
        CannotWrite
            If the folder or the disk refuses.
        """
        with replace_file(path) as aside:
            aside.write_text(self.csv_text(), encoding="utf-8")

    def as_dict(self) -> dict[str, Any]:
        """Return the table as plain values for JSON."""
        return {**asdict(self), "rows": [asdict(r) for r in self.rows]}


def _number(value: float | None) -> str:
    """Return a number with ten digits, or nothing."""
    return "" if value is None else f"{value:.10g}"


def modal_table(
    labels: NDArray[Any],
    taxonomy: Taxonomy,
    pixel_size_um: float | None = None,
    error: CrossValidatedError | None = None,
    touched: NDArray[np.bool_] | None = None,
) -> ModalTable:
    """Shares of the classes of one field.

    The interval is the 95 % prediction interval of
    :func:`mineralseg_models.measure.adjusted.adjust_shares`: for the true share in this one field,
    from the spread of the model's errors between groups of fields that it had not seen.

    Parameters
    ----------
    labels : ndarray of integers, shape (Y, X)
        Class ids; pixels of value 255 are left out.
    taxonomy : Taxonomy
        The classes.
    pixel_size_um : float or None
        Edge of a pixel in µm.
    error : CrossValidatedError or None
        Confusion matrices of the bundle's card.
    touched : ndarray of bool, shape (Y, X), optional
        Pixels that a person has corrected or reviewed: they count as exact.

    Returns
    -------
    ModalTable
        One row a class.

    Raises
    ------
    BadInput
        If a label is no class, the mask of touched pixels has another shape, or nothing is
        labelled.
    """
    if touched is not None and touched.shape != labels.shape:
        raise BadInput(
            f"The mask of touched pixels must have the shape of the labels, {labels.shape}; "
            f"found {touched.shape}."
        )
    pixels = _count(labels, taxonomy)
    exact = np.zeros_like(pixels) if touched is None else _count(labels[touched], taxonomy)
    total = int(pixels.sum())
    if not total:
        raise BadInput("The label map holds no labelled pixels.")
    confusions, why_not = _confusions(taxonomy, error)
    adjusted = None
    if confusions is not None:
        adjusted = adjust_shares((pixels - exact) / total, exact / total, confusions)
        if adjusted.n_groups < 2:
            adjusted, why_not = None, "the cross-validation has fewer than two groups of fields"
    rows = tuple(
        _row(c, i, pixels, adjusted, pixel_size_um) for i, c in enumerate(taxonomy.classes)
    )
    n = adjusted.n_groups if adjusted else 0
    note = _note(n, why_not, exact.sum() / total if touched is not None else 0.0, rows)
    return ModalTable(rows, pixel_size_um, n, note)


def _count(labels: NDArray[Any], taxonomy: Taxonomy) -> NDArray[np.int64]:
    """Pixels of each class, shape (K,); refuses values that are no class."""
    found = count_values(labels)
    found[IGNORE] = 0
    unknown = np.setdiff1d(np.flatnonzero(found), taxonomy.ids)
    if len(unknown):
        raise BadInput(
            f"The label map holds the value {unknown[0]}, which is no class; the class ids are "
            f"{', '.join(map(str, taxonomy.ids))}."
        )
    return found[taxonomy.ids]


def _confusions(
    taxonomy: Taxonomy, error: CrossValidatedError | None
) -> tuple[NDArray[np.int64] | None, str]:
    """Matrices in the order of the taxonomy, shape (G, K, K), or None and the reason."""
    if error is None or not error.confusions:
        return None, "the model's card carries no cross-validated error"
    ids = taxonomy.ids.tolist()
    if not set(error.class_ids) <= set(ids):
        return None, "the cross-validated error on the model's card is about other classes"
    confusions = np.zeros((len(error.confusions), len(ids), len(ids)), dtype=np.int64)
    place = [ids.index(i) for i in error.class_ids]
    confusions[:, np.array(place)[:, np.newaxis], place] = error.confusions
    return confusions, ""


def _row(
    c: MineralClass,
    i: int,
    pixels: NDArray[np.int64],
    adjusted: AdjustedShares | None,
    pixel_size_um: float | None,
) -> ModalRow:
    """Row of the class at position i."""
    estimate: list[float | None] = [None, None, None]
    if adjusted is not None and not np.isnan(adjusted.low[i]):
        estimate = [float(100 * a[i]) for a in (adjusted.shares, adjusted.low, adjusted.high)]
    return ModalRow(
        class_id=c.id,
        name=c.name,
        pixels=int(pixels[i]),
        percent=float(100 * pixels[i] / pixels.sum()),
        adjusted_percent=estimate[0],
        ci_low=estimate[1],
        ci_high=estimate[2],
        area_um2=None if pixel_size_um is None else float(pixels[i]) * pixel_size_um**2,
    )


def _note(n_groups: int, why_not: str, checked: float, rows: tuple[ModalRow, ...]) -> str:
    """Say what the intervals mean, in a few sentences."""
    if why_not:
        return f"No intervals: {why_not}."
    note = (
        "ci_low to ci_high is a 95 % prediction interval for the true share within this field, "
        f"from the model's errors on {n_groups} groups of fields that it had not seen "
        "(error-adjusted estimator of Olofsson et al. 2014). It lies around the adjusted percent "
        "and need not contain the mapped percent, because the model may be biased. It does not "
        "cover the spread between fields of the rock."
    )
    if checked:
        note += f" {100 * checked:.1f} % of the pixels were checked by hand and count as exact."
    blind = [r.name for r in rows if r.ci_low is None]
    if blind:
        note += f" The cross-validation says nothing about {', '.join(blind)}: taken as mapped."
    return note


def effective_grains(labels: NDArray[Any], taxonomy: Taxonomy) -> dict[str, float]:
    """Effective number of grains of each class in one field.

    Grains are connected pixels of one class (4 neighbours; touching grains of one class count as
    one). With areas A the effective number is (Σ A)² / Σ A²: the number of equal grains that would
    scatter as much; specks hardly add to it. A share that rests on three effective grains says
    little about the rock, however many pixels they have.

    Parameters
    ----------
    labels : ndarray of integers, shape (Y, X)
        Class ids.
    taxonomy : Taxonomy
        The classes.

    Returns
    -------
    dict
        Name → effective number; 0 for a class that does not occur.
    """
    from scipy.ndimage import label

    numbers = {}
    for c in taxonomy:
        grains, _ = label(labels == c.id)
        area = np.bincount(grains.ravel())[1:].astype(np.float64)
        numbers[c.name] = float(area.sum() ** 2 / np.square(area).sum()) if area.size else 0.0
    return numbers
