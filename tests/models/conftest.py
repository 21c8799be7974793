import os
import sys
from collections.abc import Callable
from importlib.abc import MetaPathFinder
from pathlib import Path
from typing import Any

import pytest

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.bundles.card import SegmentationCard
from mineralseg_models.bundles.weights import save_bundle
from mineralseg_models.nets.table import build_network

NEED_A_SCREEN = {"napari", "qtpy", "PyQt6", "magicgui", "superqt", "psygnal"}


class _NoScreen(MetaPathFinder):
    """Refuses what needs a screen, as on a machine where it is not installed."""

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name.partition(".")[0] in NEED_A_SCREEN:
            raise ModuleNotFoundError(f"No module named '{name}' (blocked)", name=name)


if os.environ.get("MINERALSEG_NO_SCREEN"):
    sys.meta_path.insert(0, _NoScreen())

BundleMaker = Callable[..., Bundle]

CLASSES = (
    {"id": 0, "name": "other", "colour": "#808080"},
    {"id": 1, "name": "feldspar", "colour": "#e0a040"},
    {"id": 4, "name": "quartz", "colour": "#40a0e0"},
)


def segmentation_fields(n_crossed: int = 1, **changes: Any) -> dict[str, Any]:
    """What a card says of a tiny network with three classes, 1 µm per pixel and 64 px tiles."""
    return {
        "network": {
            "name": "unet",
            "encoder": "tu-test_resnet",
            "options": {"encoder_depth": 3, "decoder_channels": [16, 8, 8]},
        },
        "classes": CLASSES,
        "inputs": [{"kind": "plane"}] + [{"kind": "crossed"}] * n_crossed,
        "pixel_size_um": {"min": 0.2, "max": 5.0, "working": 1.0, "assumed": 1.0},
        "normalisation": {"kind": "field"},
        "tile_px": 64,
        "overlap_px": 32,
        "stride": 8,
    } | changes


def fields_of_card(n_crossed: int = 1, **changes: Any) -> dict[str, Any]:
    """Fields that ``save_bundle`` takes; ``changes`` go to the segmentation part."""
    return {
        "title": "Tiny network with random weights",
        "created": "2025-01-01T00:00:00Z",
        "program": "0.1.0",
        "segmentation": segmentation_fields(n_crossed, **changes),
    }


@pytest.fixture
def card_fields() -> Callable[..., dict[str, Any]]:
    """``card_fields(n_crossed, **changes of the segmentation part)`` for ``save_bundle``."""
    return fields_of_card


@pytest.fixture
def make_bundle(tmp_path: Path) -> BundleMaker:
    """Write tiny bundles: ``make_bundle(name, n_crossed, half=…, **changes of the card)``."""

    def make(
        name: str = "tiny", n_crossed: int = 1, *, half: bool = False, **changes: Any
    ) -> Bundle:
        import torch

        fields = fields_of_card(n_crossed, **changes)
        card = SegmentationCard.model_validate(fields["segmentation"])
        torch.manual_seed(0)
        network = build_network(card.network, card.in_channels, len(card.classes))
        folder = tmp_path / "bundles" / name
        return save_bundle(folder, fields, network.state_dict(), licence="CC0-1.0", half=half)

    return make


@pytest.fixture
def tiny_bundle(make_bundle: BundleMaker) -> Bundle:
    """A bundle for one plane and one crossed picture, with classes 0, 1 and 4."""
    return make_bundle()
