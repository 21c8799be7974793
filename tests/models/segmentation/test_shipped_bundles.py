"""Shipped bundles on a real field: tiles must not show, as one pass over the whole field proves."""

from dataclasses import replace

import numpy as np
import pytest

from mineralseg_models.bundles.bundle import Bundle, load_bundle
from mineralseg_models.bundles.catalogue import SHIPPED
from mineralseg_models.io.labels import read_mask
from mineralseg_models.io.micrographs import read_micrograph
from mineralseg_models.progress import run_to_end
from mineralseg_models.runtime.runner import load_runner
from mineralseg_models.scores.counts import confusion, mean_iou
from mineralseg_models.segmentation.predict import predict
from mineralseg_models.segmentation.stack import build_stack

pytestmark = pytest.mark.realdata


def untiled(bundle: Bundle) -> Bundle:
    """The same model with one tile that is larger than the field."""
    part = bundle.card.segmentation
    wide = part.model_copy(update={"tile_px": -(-2048 // part.stride) * part.stride})
    return replace(bundle, card=bundle.card.model_copy(update={"segmentation": wide}))


@pytest.mark.parametrize("name", ["thin-section-ppl-xpl", "thin-section-ppl"])
def test_tiled_equals_untiled_on_a_real_field(realdata, name):
    if not (SHIPPED / name).is_dir():
        pytest.skip(f"{name} is not in this build")
    bundle = load_bundle(SHIPPED / name)
    folder = realdata / "thin_section_ppl_xpl"
    crossed = [read_micrograph(folder / "xpl/2a.jpg")] * bundle.card.segmentation.n_crossed
    stack = build_stack(read_micrograph(folder / "ppl/2a.jpg"), crossed, 0.755)
    runner = load_runner(bundle, "cpu")
    tiled, whole = (
        run_to_end(predict(stack, b, runner, keep_probabilities=True))
        for b in (bundle, untiled(bundle))
    )
    runner.close()
    assert tiled.parameters["tiles"] > 1
    assert whole.parameters["tiles"] == 1
    best = np.partition(whole.probabilities, -2, axis=2)
    clear = best[..., -1] - best[..., -2] >= 0.1
    assert (tiled.labels == whole.labels)[clear].mean() >= 0.998
    truth = read_mask(folder / "masks/2a.png")
    ids = bundle.card.segmentation.taxonomy.ids
    means = [float(mean_iou(confusion(truth, p.labels, ids))) for p in (tiled, whole)]
    assert means[0] == pytest.approx(means[1], abs=0.002)
