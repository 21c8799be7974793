"""The dock's long work, as generators for :func:`napari_mineralseg.workers.run_task`.

Everything heavy (torch, scipy) is imported inside, that is in the thread that runs the task.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from mineralseg_models.progress import Progress, Task
from napari_mineralseg.torch_loading import load_torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from mineralseg_models.bundles.bundle import Bundle
    from mineralseg_models.bundles.card import CrossValidatedError
    from mineralseg_models.data import Micrograph
    from mineralseg_models.measure.modal import ModalTable
    from mineralseg_models.provenance import Provenance
    from mineralseg_models.runtime.runner import Runner
    from mineralseg_models.segmentation.regions import Region
    from mineralseg_models.segmentation.registration import Registration
    from mineralseg_models.taxonomy import Taxonomy

LARGE_PX = 5_000_000


@dataclass(frozen=True)
class Aligned(Progress):
    """Says how the crossed pictures lie on the plane one, before the first tile."""

    registrations: tuple["Registration", ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What a run found, or an earlier session held.

    Parameters
    ----------
    predicted : ndarray of uint8, shape (Y, X)
        Class ids as the model gave them.
    uncertainty : ndarray of float32, shape (Y, X), or None
        Normalised entropy, 0 to 1.
    taxonomy : Taxonomy
    pixel_size_um : float or None
    error : CrossValidatedError or None
        Of the bundle's card, for the intervals.
    regions : tuple of Region
        Uncertain regions, the worst first.
    warnings : tuple of str
        One sentence each.
    provenance : Provenance
        What it was made from.
    registrations : tuple of Registration
        How each crossed picture lies on the plane one.
    """

    predicted: "NDArray[np.uint8]"
    uncertainty: "NDArray[np.float32] | None"
    taxonomy: "Taxonomy"
    pixel_size_um: float | None
    error: "CrossValidatedError | None"
    regions: "tuple[Region, ...]"
    warnings: tuple[str, ...]
    provenance: "Provenance"
    registrations: "tuple[Registration, ...]" = ()

    @property
    def bundle_name(self) -> str:
        """Name of the model bundle."""
        return self.provenance.bundle or "an unknown model"


class RunnerShelf:
    """Keeps the last network that was loaded, so that a second run starts at once.

    Networks on a graphics card are not kept: its memory belongs to others between two runs.
    """

    def __init__(self) -> None:
        self._key: str = ""
        self._runner: Runner | None = None

    def take(self, bundle: "Bundle") -> "Runner":
        """Return the network of a bundle, loaded if it is another one than last time."""
        from mineralseg_models.runtime.runner import load_runner

        key = bundle.card.weights.sha256
        if self._runner is None or self._key != key:
            self.clear()
            self._runner, self._key = load_runner(bundle), key
        return self._runner

    def clear(self) -> None:
        """Let go of the network."""
        if self._runner is not None:
            self._runner.close()
        self._runner, self._key = None, ""


def warm_up() -> Task[None]:
    """Load torch ahead of the first run."""
    yield Progress(0, 0, "loading PyTorch")
    load_torch()


def segment(
    plane: "Micrograph",
    crossed: "Sequence[Micrograph]",
    bundle: "Bundle",
    shelf: RunnerShelf,
    *,
    first: tuple[int, int, int, int] | None = None,
) -> Task[Outcome]:
    """Align the pictures, run the model and find the uncertain regions.

    Parameters
    ----------
    plane : Micrograph
        The plane-polarised picture.
    crossed : sequence of Micrograph
        As many as the bundle takes.
    bundle : Bundle
    shelf : RunnerShelf
        Where the network is kept for the next run.
    first : (int, int, int, int), optional
        Part that is in view (y0, y1, x0, x1); its tiles come first.

    Yields
    ------
    Progress
        :class:`Aligned` once, then what :func:`mineralseg_models.segmentation.predict.predict`
        yields.
    """
    yield Progress(0, 0, "loading PyTorch")
    load_torch()
    from mineralseg_models.segmentation.predict import predict
    from mineralseg_models.segmentation.regions import uncertain_regions
    from mineralseg_models.segmentation.stack import build_stack

    yield Progress(0, 0, "aligning the pictures" if crossed else "preparing the picture")
    stack = build_stack(plane, crossed)
    yield Aligned(0, 0, "loading the model", stack.registrations, stack.warnings)
    runner = shelf.take(bundle)
    try:
        prediction = yield from predict(stack, bundle, runner, first=first)
    finally:
        if runner.device != "cpu":
            shelf.clear()
    yield Progress(0, 0, "looking for uncertain regions")
    return Outcome(
        predicted=prediction.labels,
        uncertainty=prediction.uncertainty,
        taxonomy=prediction.taxonomy,
        pixel_size_um=plane.pixel_size_um,
        error=bundle.card.segmentation.error,
        regions=tuple(uncertain_regions(prediction.uncertainty)),
        warnings=prediction.warnings,
        provenance=_provenance(plane, crossed, bundle, stack.registrations, prediction.parameters),
        registrations=stack.registrations,
    )


def picture_hash(picture: "Micrograph") -> str:
    """Hash of a picture's file, or of its pixels where it has none."""
    from mineralseg_models.provenance import hash_array, hash_file

    return hash_array(picture.pixels) if picture.path is None else hash_file(picture.path)


def _provenance(
    plane: "Micrograph",
    crossed: "Sequence[Micrograph]",
    bundle: "Bundle",
    registrations: "Sequence[Registration]",
    parameters: dict[str, Any],
) -> "Provenance":
    """Describe what the result was made from; ``mineralseg segment --from`` can run it again."""
    from mineralseg_models.provenance import InputFile, new_provenance

    def entry(picture: "Micrograph", role: Literal["plane", "crossed"]) -> InputFile:
        path = str(picture.path or picture.name)
        return InputFile(path=path, sha256=picture_hash(picture), role=role)

    asked = {"model": bundle.name, "device": "auto", "pixel_size_um": plane.pixel_size_um}
    return new_provenance(
        inputs=[entry(plane, "plane"), *(entry(c, "crossed") for c in crossed)],
        bundle=bundle.name,
        weights_sha256=bundle.card.weights.sha256,
        parameters={**parameters, **asked, "ran_on": parameters.get("device")},
        pixel_size_um=plane.pixel_size_um,
        registration=[asdict(r) for r in registrations],
    )


def is_large(labels: "NDArray[np.uint8]") -> bool:
    """Whether counting would be felt if the main thread did it."""
    return labels.size > LARGE_PX


def measure_classes(
    labels: "NDArray[np.uint8]", outcome: Outcome, exact: "NDArray[np.bool_]"
) -> "ModalTable":
    """Modal table of labels as they are now.

    Parameters
    ----------
    labels : ndarray of uint8, shape (Y, X)
    outcome : Outcome
        For the classes, the scale and the model's error.
    exact : ndarray of bool, shape (Y, X)
        Pixels that a person has changed or accepted.

    Raises
    ------
    BadInput
        A label is no class.
    """
    from mineralseg_models.measure.modal import modal_table

    return modal_table(labels, outcome.taxonomy, outcome.pixel_size_um, outcome.error, exact)


def measure_in_background(
    labels: "NDArray[np.uint8]", outcome: Outcome, exact: "NDArray[np.bool_]"
) -> "Task[ModalTable]":
    """Do the same as :func:`measure_classes` as a task, for large pictures."""
    yield Progress(0, 0, "measuring the classes")
    return measure_classes(labels, outcome, exact)
