"""Which model bundles can be offered for a picture, and which one comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mineralseg_models.bundles.bundle import Bundle
    from mineralseg_models.bundles.catalogue import Listing


@dataclass(frozen=True)
class Offer:
    """A bundle of the catalogue, seen from the picture that is chosen.

    Parameters
    ----------
    name, title : str
        Its name and one line about it.
    bundle : Bundle or None
        None for a broken one.
    obstacle : str
        Why it cannot be used here, one sentence; empty where it fits.
    """

    name: str
    title: str
    bundle: "Bundle | None"
    obstacle: str = ""

    @property
    def n_crossed(self) -> int:
        """Crossed pictures that it takes."""
        return self.bundle.card.segmentation.n_crossed if self.bundle else 0

    @property
    def fits(self) -> bool:
        """Whether it can be used."""
        return not self.obstacle and self.bundle is not None


def make_offers(
    listings: Sequence["Listing"], n_candidates: int, pixel_size_um: float | None
) -> tuple[Offer, ...]:
    """Turn the catalogue into offers, those that fit first.

    Parameters
    ----------
    listings : sequence of Listing
        The catalogue.
    n_candidates : int
        Open pictures that could serve as crossed partners.
    pixel_size_um : float or None
        Edge of a pixel in µm.
    """
    offers = [_offer(listing, n_candidates, pixel_size_um) for listing in listings]
    return tuple(sorted(offers, key=lambda o: (not o.fits, o.bundle is None, o.name)))


def _offer(listing: "Listing", n_candidates: int, pixel_size_um: float | None) -> Offer:
    from mineralseg_models.bundles.catalogue import misfit

    bundle = listing.bundle
    if bundle is None:
        return Offer(listing.name, "", None, f"Broken: {listing.reason}")
    card = bundle.card
    n_crossed = min(n_candidates, card.segmentation.n_crossed)
    obstacle = misfit(bundle, 1, n_crossed, pixel_size_um) or ""
    return Offer(listing.name, card.title, bundle, obstacle)


def best_offer(offers: Sequence[Offer], n_partners: int) -> Offer | None:
    """Fitting offer that uses most of the known partners; shipped order breaks ties.

    Parameters
    ----------
    offers : sequence of Offer
    n_partners : int
        Crossed pictures that belong to the field by their names.
    """
    fitting = [o for o in offers if o.fits]
    known = [o for o in fitting if o.n_crossed <= n_partners]
    if known:
        return max(known, key=lambda o: o.n_crossed)
    return min(fitting, key=lambda o: o.n_crossed, default=None)
