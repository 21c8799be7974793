"""Shipped bundles on a real field: tiles must not show, as one pass over the whole field proves."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mineralseg_models.bundles.bundle import Bundle, load_bundle
from mineralseg_models.bundles.catalogue import SHIPPED
from mineralseg_models.data import Micrograph
from mineralseg_models.io.labels import read_mask
from mineralseg_models.io.micrographs import read_micrograph
from mineralseg_models.progress import run_to_end
from mineralseg_models.runtime.runner import load_runner
from mineralseg_models.scores.counts import confusion, mean_iou
from mineralseg_models.segmentation.predict import predict
from mineralseg_models.segmentation.stack import build_stack

pytestmark = pytest.mark.realdata
FIELDS = (("2a", "3a", "6a"), ("7a", "9a", "10a"))


def untiled(bundle: Bundle) -> Bundle:
    """The same model with one tile that is larger than the field."""
    part = bundle.card.segmentation
    wide = part.model_copy(update={"tile_px": -(-2048 // part.stride) * part.stride})
    return replace(bundle, card=bundle.card.model_copy(update={"segmentation": wide}))


def mosaic(folder: Path, kind: str, ending: str, read: Callable[[Path], Any]) -> Any:
    """Six fields side by side, large enough at the working scale for more than one tile."""
    rows = [[read(folder / kind / f"{stem}{ending}") for stem in row] for row in FIELDS]
    return np.concatenate([np.concatenate(row, axis=1) for row in rows], axis=0)


def read_pixels(path: Path) -> Any:
    return read_micrograph(path).pixels


@pytest.mark.parametrize("name", ["thin-section-ppl-xpl", "thin-section-ppl"])
def test_tiles_do_not_show_on_real_fields(realdata, name):
    bundle = load_bundle(SHIPPED / name)
    folder = realdata / "thin_section_ppl_xpl"
    crossed = [Micrograph(mosaic(folder, "xpl", ".jpg", read_pixels))]
    plane = Micrograph(mosaic(folder, "ppl", ".jpg", read_pixels))
    stack = build_stack(plane, crossed[: bundle.card.segmentation.n_crossed], 0.755)
    runner = load_runner(bundle, "cpu")
    tiled, whole = (
        run_to_end(predict(stack, b, runner, keep_probabilities=True))
        for b in (bundle, untiled(bundle))
    )
    runner.close()
    assert tiled.parameters["tiles"] > 1
    assert whole.parameters["tiles"] == 1
    ordered = np.sort(whole.probabilities, axis=-1)
    clear = ordered[..., -1] - ordered[..., -2] >= 0.1
    assert (tiled.labels == whole.labels)[clear].mean() >= 0.998
    truth = mosaic(folder, "masks", ".png", read_mask)
    ids = bundle.card.segmentation.taxonomy.ids
    scores = [mean_iou(confusion(truth, p.labels, ids)) for p in (tiled, whole)]
    assert abs(scores[0] - scores[1]) <= 0.002
