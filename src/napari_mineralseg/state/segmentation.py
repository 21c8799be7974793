"""The choices of the dock "Segment micrograph" and what follows from them.

The dock calls the ``choose_…`` and ``set_…`` methods; every one leaves a consistent state and emits
:attr:`SegmentationState.changed` once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_mineralseg.state.offers import Offer, best_offer, make_offers
from napari_mineralseg.state.pictures import (
    Picture,
    guess_partners,
    guess_plane,
    possible_partners,
)

if TYPE_CHECKING:
    from mineralseg_models.bundles.bundle import Bundle
    from mineralseg_models.bundles.catalogue import Listing

NO_PICTURE = "Open a colour picture of a thin section first (File → Open, or drop it here)."
NO_BUNDLE = "No model fits this picture; the list of models says why."


@dataclass(eq=False)
class SegmentationState:
    """What is open, what is chosen, and whether it can run."""

    changed = Signal()

    pictures: tuple[Picture, ...] = ()
    listings: tuple["Listing", ...] = ()
    offers: tuple[Offer, ...] = ()
    plane: Picture | None = None
    crossed: tuple[str, ...] = ()
    offer: Offer | None = None
    busy: bool = False
    _preferred: str = field(default="", repr=False)

    @property
    def partners(self) -> tuple[Picture, ...]:
        """Pictures that can be chosen as crossed partners."""
        return tuple(possible_partners(self.plane, self.pictures)) if self.plane else ()

    @property
    def bundle(self) -> "Bundle | None":
        """The bundle that is chosen, if it fits."""
        return self.offer.bundle if self.offer and self.offer.fits else None

    @property
    def obstacle(self) -> str:
        """Why Run is not possible now, one sentence; empty where it is."""
        if self.busy:
            return "A run is at work; cancel it to start another."
        if self.plane is None:
            return NO_PICTURE
        if self.plane.fault:
            return self.plane.fault
        if self.offer is None:
            return NO_BUNDLE if self.listings else "No model bundle is installed."
        if not self.offer.fits:
            return self.offer.obstacle
        if len(set(self.crossed)) < self.offer.n_crossed:
            return "Choose a different picture for each crossed-polarised input."
        return ""

    def set_pictures(self, pictures: Sequence[Picture], active: str | None = None) -> None:
        """Take over what is open; a choice that is still open stays chosen."""
        self.pictures = tuple(pictures)
        kept = next((p for p in pictures if self.plane and p.name == self.plane.name), None)
        if kept is None or (kept.fault and any(not p.fault for p in pictures)):
            self._take_plane(guess_plane(pictures, active))
        else:
            had_partner = bool(self.crossed)
            self.plane = kept
            self._update_offers(again=not had_partner)
        self.changed.emit()

    def set_listings(self, listings: Sequence["Listing"]) -> None:
        """Take over the catalogue of bundles."""
        self.listings = tuple(listings)
        self._update_offers(again=self.bundle is None)
        self.changed.emit()

    def set_busy(self, busy: bool) -> None:
        """Say whether a run is at work."""
        self.busy = busy
        self.changed.emit()

    def choose_plane(self, name: str) -> None:
        """Segment this picture."""
        self._take_plane(next((p for p in self.pictures if p.name == name), None))
        self.changed.emit()

    def follow(self, name: str) -> None:
        """Take up a picture that the user selected elsewhere.

        Partners of the present one, crossed and faulty pictures are not followed, and none while
        a run is at work.
        """
        found = next((p for p in self.pictures if p.name == name), None)
        is_other = self.plane is not None and name not in (self.plane.name, *self.crossed)
        if found and is_other and not (self.busy or found.fault or found.light == "crossed"):
            self.choose_plane(name)

    def choose_bundle(self, name: str) -> None:
        """Use this bundle from now on, wherever it fits."""
        self._preferred = name
        self.offer = next((o for o in self.offers if o.name == name), None)
        self._fill_crossed()
        self.changed.emit()

    def choose_crossed(self, position: int, name: str) -> None:
        """Use this picture as the crossed input at ``position``; a double swaps places."""
        crossed = list(self.crossed)
        if name in crossed:
            crossed[crossed.index(name)] = crossed[position]
        crossed[position] = name
        self.crossed = tuple(crossed)
        self.changed.emit()

    def _take_plane(self, plane: Picture | None) -> None:
        self.plane, self.crossed = plane, ()
        self._update_offers(again=True)

    def _update_offers(self, *, again: bool) -> None:
        """Work out the offers; choose among them anew, or keep the choice by its name."""
        size = self.plane.pixel_size_um if self.plane else None
        self.offers = make_offers(self.listings, len(self.partners), size)
        chosen = self._preferred if again else (self.offer.name if self.offer else "")
        kept = next((o for o in self.offers if o.name == chosen and o.fits), None)
        n_known = len(guess_partners(self.plane, self.pictures)) if self.plane else 0
        self.offer = kept or best_offer(self.offers, n_known)
        self._fill_crossed()

    def _fill_crossed(self) -> None:
        """Keep the crossed pictures that are still there and fill up with the likeliest ones."""
        if self.plane is None or self.offer is None:
            self.crossed = ()
            return
        guessed = guess_partners(self.plane, self.pictures)
        names = [p.name for p in (*guessed, *self.partners)]
        kept = [n for n in self.crossed if n in names]
        self.crossed = tuple(dict.fromkeys([*kept, *names]))[: self.offer.n_crossed]
