"""Mask values of a data set → class ids of a bundle (``--map 4=quartz,255=ignore``)."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput
from mineralseg_models.scores.counts import IGNORE, count_values
from mineralseg_models.taxonomy import Taxonomy

NO_CLASS = -1


def parse_map(entries: Sequence[str], taxonomy: Taxonomy) -> NDArray[np.int16]:
    """Class id of every mask value.

    Parameters
    ----------
    entries : sequence of str
        Each ``VALUE=CLASS[,VALUE=CLASS…]`` with a class name, a class id or ``ignore``.
    taxonomy : Taxonomy
        Classes of the bundle.

    Returns
    -------
    ndarray of int16, shape (256,)
        Class id, 255 (ignore) or -1 for a value that is neither mapped nor a class id.

    Raises
    ------
    BadInput
        If an entry cannot be read or names no class.
    """
    table = np.full(256, NO_CLASS, dtype=np.int16)
    table[taxonomy.ids] = taxonomy.ids
    seen: set[int] = set()
    for entry in (part.strip() for text in entries for part in text.split(",")):
        value, _, target = (piece.strip() for piece in entry.partition("="))
        if not (value.isascii() and value.isdigit() and int(value) <= 255 and target):
            raise BadInput(
                f"'{entry}' is no entry of --map; VALUE=CLASS is expected, such as 4=quartz or "
                "255=ignore."
            )
        if int(value) in seen:
            raise BadInput(f"--map gives the mask value {value} twice; give it once.")
        seen.add(int(value))
        table[int(value)] = _class_id(target, taxonomy)
    return table


def _class_id(target: str, taxonomy: Taxonomy) -> int:
    """Id of a class by name or id; 255 for ``ignore``."""
    if target.casefold() == "ignore":
        return IGNORE
    by_name = {c.name.casefold(): c.id for c in taxonomy}
    by_id = {str(c.id): c.id for c in taxonomy}
    found = by_name.get(target.casefold(), by_id.get(target))
    if found is None:
        known = ", ".join(f"{c.id} {c.name}" for c in taxonomy)
        raise BadInput(f"--map names '{target}', which is no class of the model: {known}.")
    return found


def apply_map(mask: NDArray[np.uint8], table: NDArray[np.int16], name: str) -> NDArray[Any]:
    """Class ids of a mask.

    Parameters
    ----------
    mask : ndarray of uint8, shape (Y, X)
        Values of the data set.
    table : ndarray of int16, shape (256,)
        As :func:`parse_map` returns it.
    name : str
        Name of the mask, for the message.

    Returns
    -------
    ndarray of uint8, shape (Y, X)
        Class ids and 255 for pixels that do not count.

    Raises
    ------
    BadInput
        If the mask holds values that are neither class ids nor mapped.
    """
    strange = np.flatnonzero((count_values(mask) > 0) & (table == NO_CLASS))
    if len(strange):
        values = ", ".join(map(str, strange[:8])) + (" …" if len(strange) > 8 else "")
        raise BadInput(
            f"The mask {name} holds {values}, which are neither class ids of the model nor mapped; "
            f"give them with --map, such as {strange[0]}=ignore."
        )
    return table.astype(np.uint8)[mask]
