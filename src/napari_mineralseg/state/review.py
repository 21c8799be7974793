"""Going through the uncertain regions of a result, the worst first."""

from collections.abc import Sequence
from typing import Generic, TypeVar

R = TypeVar("R")


class Review(Generic[R]):
    """A list of regions, where one stands in it, and which were looked at and accepted.

    Parameters
    ----------
    regions : sequence
        Regions, the most uncertain first.
    """

    def __init__(self, regions: Sequence[R] = ()) -> None:
        self.regions = tuple(regions)
        self.position: int | None = None
        self.accepted: set[int] = set()

    @property
    def current(self) -> R | None:
        """The region that one stands at."""
        return None if self.position is None else self.regions[self.position]

    @property
    def is_done(self) -> bool:
        """Whether every region was accepted."""
        return len(self.accepted) == len(self.regions)

    def step(self, by: int) -> R | None:
        """Go to the next (1) or previous (-1) region that was not accepted, round in a circle."""
        n = len(self.regions)
        if self.is_done:
            return None
        start = self.position if self.position is not None else (-1 if by > 0 else n)
        order = ((start + by * k) % n for k in range(1, n + 1))
        self.position = next(i for i in order if i not in self.accepted)
        return self.current

    def accept(self) -> R | None:
        """Mark the region that one stands at as reviewed and return it."""
        if self.position is None or self.position in self.accepted:
            return None
        self.accepted.add(self.position)
        return self.current

    def describe(self) -> str:
        """Say in a few words where one stands."""
        n = len(self.regions)
        if n == 0:
            return "No uncertain regions."
        if self.is_done:
            return "All uncertain regions are reviewed."
        place = "" if self.position is None else f"Region {self.position + 1} of "
        return f"{place}{n} uncertain region{'s' * (n > 1)}, {len(self.accepted)} reviewed"
