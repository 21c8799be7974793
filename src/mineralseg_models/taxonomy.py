"""Mineral classes: ids, names and colours."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.errors import BadInput


@dataclass(frozen=True)
class MineralClass:
    """One class of a label map.

    Parameters
    ----------
    id : int
        Value in the label map, 0 to 254.
    name : str
        Mineral or component, such as ``quartz``.
    colour : str
        Display colour, ``#rrggbb``.
    """

    id: int
    name: str
    colour: str

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Red, green and blue, 0 to 255."""
        return (int(self.colour[1:3], 16), int(self.colour[3:5], 16), int(self.colour[5:7], 16))


@dataclass(frozen=True)
class Taxonomy:
    """The classes of a label map, in the order of their ids."""

    classes: tuple[MineralClass, ...]

    def __post_init__(self) -> None:
        ids, names = [c.id for c in self.classes], [c.name for c in self.classes]
        if not self.classes or ids != sorted(set(ids)) or len(set(names)) != len(names):
            found = list(zip(ids, names, strict=True))
            raise BadInput(f"Classes need distinct names and ids in rising order; found {found}.")

    def __iter__(self) -> Iterator[MineralClass]:
        return iter(self.classes)

    def __len__(self) -> int:
        return len(self.classes)

    @property
    def ids(self) -> NDArray[np.uint8]:
        """Class ids, shape (K,)."""
        return np.array([c.id for c in self.classes], dtype=np.uint8)

    @property
    def names(self) -> list[str]:
        """Class names in the order of :attr:`ids`."""
        return [c.name for c in self.classes]

    def by_name(self, name: str) -> MineralClass:
        """Return the class of this name; an unknown one is refused with the known names."""
        for c in self.classes:
            if c.name == name:
                return c
        raise BadInput(f"There is no class '{name}'; the classes are {', '.join(self.names)}.")

    def palette(self) -> NDArray[np.uint8]:
        """Colours by class id, shape (256, 3); ids without a class are black."""
        table = np.zeros((256, 3), dtype=np.uint8)
        for c in self.classes:
            table[c.id] = c.rgb
        return table
