from pathlib import Path

import pytest

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.bundles.card import Card
from mineralseg_models.bundles.catalogue import Listing
from napari_mineralseg.state.offers import best_offer, make_offers
from napari_mineralseg.state.pictures import Picture
from napari_mineralseg.state.segmentation import SegmentationState


def listing(name: str, n_crossed: int) -> Listing:
    card = Card.model_validate(
        {
            "name": name,
            "title": f"About {name}",
            "weights": {"sha256": "0" * 64, "licence": "none"},
            "created": "",
            "program": "",
            "segmentation": {
                "network": {"name": "unet", "encoder": "resnet18"},
                "classes": [
                    {"id": 0, "name": "other", "colour": "#000000"},
                    {"id": 4, "name": "quartz", "colour": "#ffffff"},
                ],
                "inputs": [{"kind": "plane"}] + [{"kind": "crossed"}] * n_crossed,
                "pixel_size_um": {"min": 0.5, "max": 2, "working": 1, "assumed": 1},
                "normalisation": {"kind": "field"},
                "tile_px": 64,
                "overlap_px": 16,
            },
        }
    )
    return Listing(name, Path(name), Bundle(card, Path(name)), None)


LISTINGS = (
    Listing("bad", Path("bad"), None, "The hash is wrong."),
    listing("one", 0),
    listing("two", 1),
    listing("three", 2),
)
PLANE, CROSSED, MORE = (Picture(n, (50, 60)) for n in ("g_ppl", "g_xpl0", "g_xpl45"))


@pytest.fixture
def state() -> SegmentationState:
    made = SegmentationState()
    made.set_listings(LISTINGS)
    return made


def test_offers_tell_why_not() -> None:
    offers = {o.name: o for o in make_offers(LISTINGS, 1, 1.0)}
    assert [o.name for o in make_offers(LISTINGS, 1, 1.0)] == ["one", "two", "three", "bad"]
    assert offers["two"].fits
    assert "2 cross-polarised" in offers["three"].obstacle
    assert offers["bad"].obstacle == "Broken: The hash is wrong."
    assert all(not o.fits for o in make_offers(LISTINGS, 2, 5.0))


def test_the_best_offer_uses_the_known_partners() -> None:
    offers = make_offers(LISTINGS, 2, None)
    assert [best_offer(offers, n).name for n in (0, 1, 2)] == ["one", "two", "three"]  # type: ignore[union-attr]
    assert best_offer(offers[1:], 0).name != "one"  # type: ignore[union-attr]
    assert best_offer((), 0) is None


def test_a_pair_preselects_everything(state: SegmentationState) -> None:
    state.set_pictures([CROSSED, PLANE])
    assert state.plane == PLANE
    assert state.offer is not None
    assert state.offer.name == "two"
    assert state.crossed == ("g_xpl0",)
    assert state.obstacle == ""


def test_a_partner_that_comes_later_is_taken(state: SegmentationState) -> None:
    state.set_pictures([PLANE])
    assert state.crossed == ()
    state.set_pictures([PLANE, CROSSED])
    assert state.crossed == ("g_xpl0",)
    state.set_pictures([PLANE])
    assert state.offer is not None
    assert state.offer.name == "one"


def test_a_choice_stays(state: SegmentationState) -> None:
    state.set_pictures([PLANE, CROSSED])
    state.choose_bundle("one")
    state.set_pictures([PLANE, CROSSED, MORE])
    assert state.bundle is not None
    assert state.bundle.name == "one"
    other = Picture("other", (50, 60))
    state.choose_plane("g_xpl0")
    state.set_pictures([other, PLANE, CROSSED, MORE], active="other")
    assert state.plane == CROSSED


def test_choosing_a_partner_twice_swaps_them(state: SegmentationState) -> None:
    state.set_pictures([PLANE, CROSSED, MORE])
    assert state.crossed == ("g_xpl0", "g_xpl45")
    state.choose_crossed(0, "g_xpl45")
    assert state.crossed == ("g_xpl45", "g_xpl0")


def test_obstacles_are_said() -> None:
    state = SegmentationState()
    assert "Open a colour picture" in state.obstacle
    state.set_pictures([Picture("x", (0, 0), fault="It is grey.")])
    assert state.obstacle == "It is grey."
    state.set_pictures([PLANE])
    assert state.obstacle == "No model bundle is installed."
    state.set_listings(LISTINGS[3:])
    assert state.obstacle == "No model fits this picture; the list of models says why."
    state.set_listings(LISTINGS)
    state.set_busy(True)
    assert "cancel it" in state.obstacle


def test_every_change_is_told_once(state: SegmentationState) -> None:
    told: list[None] = []
    state.changed.connect(lambda: told.append(None))
    state.set_pictures([PLANE, CROSSED])
    state.choose_bundle("one")
    state.set_busy(False)
    assert len(told) == 3
