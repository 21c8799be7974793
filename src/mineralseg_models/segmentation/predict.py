"""From a stack of pictures to class labels and uncertainty, tile by tile."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.bundles.card import SegmentationCard
from mineralseg_models.bundles.catalogue import misfit
from mineralseg_models.errors import UnfitBundle
from mineralseg_models.progress import Progress, Task
from mineralseg_models.runtime.runner import Runner, load_runner
from mineralseg_models.segmentation.blend import run_tiles
from mineralseg_models.segmentation.field import WorkingScale, prepare_field, working_scale
from mineralseg_models.segmentation.picture_scale import PictureScale
from mineralseg_models.segmentation.stack import Stack
from mineralseg_models.segmentation.tiles import Region, Tile, TilePlan, in_order, plan_tiles
from mineralseg_models.segmentation.uncertainty import normalised_entropy
from mineralseg_models.taxonomy import Taxonomy

FloatMap = NDArray[np.float32]


def _no_labels() -> NDArray[np.uint8]:
    return np.zeros((0, 0), dtype=np.uint8)


@dataclass(frozen=True, eq=False)
class TileDone(Progress):
    """A finished tile, to be shown at once.

    Parameters
    ----------
    region : (int, int, int, int)
        Rows and columns ``(y0, y1, x0, x1)`` of the picture.
    labels : ndarray of uint8, shape (y1 - y0, x1 - x0)
        Class ids so far; neighbours and the change of scale may still move borders a little.
    """

    region: Region = (0, 0, 0, 0)
    labels: NDArray[np.uint8] = field(default_factory=_no_labels)


@dataclass(frozen=True, eq=False)
class Prediction:
    """What a network says of a picture.

    Parameters
    ----------
    labels : ndarray of uint8, shape (Y, X)
        Class ids.
    uncertainty : ndarray of float32, shape (Y, X)
        Normalised entropy of the class probabilities, 0 (sure) to 1.
    probabilities : ndarray of float32, shape (Y, X, K), or None
        In the order of the taxonomy, where asked for.
    taxonomy : Taxonomy
    warnings : tuple of str
        Sentences for the user, those of the stack included.
    parameters : dict
        What the result depends on: tiles, device, pixel sizes; plain JSON for provenance.
    """

    labels: NDArray[np.uint8]
    uncertainty: NDArray[np.float32]
    probabilities: NDArray[np.float32] | None
    taxonomy: Taxonomy
    warnings: tuple[str, ...] = ()
    parameters: dict[str, Any] = field(default_factory=dict)


def predict(
    stack: Stack,
    bundle: Bundle,
    runner: Runner | None = None,
    *,
    device: str = "auto",
    first: Region | None = None,
    keep_probabilities: bool = False,
    batch: int | None = None,
) -> Task[Prediction]:
    """Segment a stack.

    The stack is brought to the bundle's working pixel size, standardised as a whole, cut into
    overlapping tiles, and the class probabilities of the tiles are blended. Those are brought
    back to the picture's size (linear), strip by strip, before the class is chosen. A quarter
    of the card's overlap, rounded, is the halo at inner tile edges that does not count.

    Parameters
    ----------
    stack : Stack
    bundle : Bundle
    runner : Runner, optional
        A network of this bundle that is already loaded; it stays open.
    device : {"auto", "cpu", "cuda", "mps"}
        Where to run, if no runner is given.
    first : (y0, y1, x0, x1), optional
        Part of the picture in view; its tiles come first.
    keep_probabilities : bool
        Return the probabilities of all classes too.
    batch : int, optional
        Tiles at once; 1 on the CPU and 8 elsewhere by default.

    Yields
    ------
    Progress
        Before each batch of tiles; :class:`TileDone` after each tile; then before each strip of
        rows in which classes are chosen. Closing the generator at any of them frees all memory.

    Returns
    -------
    Prediction

    Raises
    ------
    UnfitBundle
        The bundle takes other pictures or another scale.
    BadInput
        A picture of the stack has one colour only, or the device is absent.
    BrokenBundle
        The weights do not belong to the network on the card.
    TaskFailed
        Memory ran out, or the network returned no numbers.
    """
    _refuse_unfit(stack, bundle)
    card = bundle.card.segmentation
    scale = working_scale(stack, card)
    plan = plan_tiles(
        scale.shape,
        tile_px=card.tile_px,
        overlap_px=card.overlap_px,
        halo_px=halo_px(card),
        stride=card.stride,
    )
    yield Progress(0, len(plan.tiles), "preparing the pictures")
    pixels = prepare_field(stack, card, scale.shape, plan.shape)
    yield Progress(0, len(plan.tiles), "loading the network")
    running = runner if runner is not None else load_runner(bundle, device)
    picture = PictureScale(scale.shape, stack.shape)
    order = in_order(plan.tiles, None if first is None else picture.to_working(first))
    try:
        blended = np.zeros((len(card.classes), *plan.shape), dtype=np.float32)
        for done, tile in run_tiles(blended, pixels, order, running, batch):
            if tile is None:
                yield Progress(done, len(order), "segmenting")
            else:
                region, labels = _preview(tile, blended, picture, card.taxonomy)
                yield TileDone(done, len(order), "segmenting", region, labels)
    finally:
        if runner is None:
            running.close()
    del pixels
    choosing = Progress(len(order), len(order), "choosing classes")
    maps = yield from _choose(blended, picture, card.taxonomy, keep_probabilities, choosing)
    return Prediction(
        *maps,
        taxonomy=card.taxonomy,
        warnings=stack.warnings + scale.warnings,
        parameters=_parameters(scale, plan, card, running.device),
    )


def halo_px(card: SegmentationCard) -> int:
    """Width at inner tile edges that does not count: a quarter of the overlap, rounded."""
    return round(card.overlap_px / 4)


def _refuse_unfit(stack: Stack, bundle: Bundle) -> None:
    reason = misfit(bundle, 1, stack.n_crossed, stack.pixel_size_um)
    if reason is not None:
        raise UnfitBundle(f"The bundle {bundle.name} does not fit this picture: {reason}")


def _preview(
    tile: Tile, blended: FloatMap, picture: PictureScale, taxonomy: Taxonomy
) -> tuple[Region, NDArray[np.uint8]]:
    """Region of the picture that a tile has changed, and its labels so far."""
    y0, y1, x0, x1 = tile.region
    labels = taxonomy.ids[blended[:, y0:y1, x0:x1].argmax(axis=0)]
    return picture.to_picture(tile.region), picture.spread(labels, tile.region)


def _choose(
    blended: FloatMap,
    picture: PictureScale,
    taxonomy: Taxonomy,
    keep: bool,
    step: Progress,
) -> Task[tuple[NDArray[np.uint8], FloatMap, FloatMap | None]]:
    """Bring probabilities to the picture's size and choose classes, a strip at a time."""
    shape = picture.shape
    labels = np.empty(shape, dtype=np.uint8)
    uncertainty = np.empty(shape, dtype=np.float32)
    kept = np.empty((*shape, len(taxonomy)), dtype=np.float32) if keep else None
    for rows, probabilities in picture.strips(blended):
        yield step
        labels[rows] = taxonomy.ids[probabilities.argmax(axis=0)]
        uncertainty[rows] = normalised_entropy(probabilities, axis=0)
        if kept is not None:
            kept[rows] = np.moveaxis(probabilities, 0, 2)
    return labels, uncertainty, kept


def _parameters(
    scale: WorkingScale, plan: TilePlan, card: SegmentationCard, device: str
) -> dict[str, Any]:
    """Collect what the result depends on, as plain JSON."""
    return {
        "device": device,
        "tile_px": list(plan.tile_shape),
        "overlap_px": card.overlap_px,
        "halo_px": halo_px(card),
        "stride": card.stride,
        "tiles": len(plan.tiles),
        "picture_um": scale.picture_um,
        "picture_um_assumed": bool(scale.warnings),
        "working_um": scale.working_um,
        "resample_factor": scale.picture_um / scale.working_um,
        "working_shape": list(scale.shape),
    }
