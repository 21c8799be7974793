"""From a recipe and a folder of pictures to a model bundle with a filled-in card."""

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mineralseg_models import __version__
from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.bundles.weights import save_bundle
from mineralseg_models.errors import BadInput
from mineralseg_models.nets.table import build_network
from mineralseg_models.progress import Progress, Task
from mineralseg_models.taxonomy import Taxonomy
from mineralseg_models.training.fields import Field, read_fields
from mineralseg_models.training.folder import TrainingFolder, read_training_folder
from mineralseg_models.training.generated import generated_fields
from mineralseg_models.training.recipe import Recipe

if TYPE_CHECKING:
    from torch import Tensor

    from mineralseg_models.training.fit import Fitted

SYNTHETIC_STAGE, REAL_STAGE = 0, 1


@dataclass(frozen=True, eq=False)
class Material:
    """All that a training learns from, in memory."""

    folder: TrainingFolder
    fields: tuple[Field, ...]
    synthetic: tuple[Field, ...]

    @property
    def taxonomy(self) -> Taxonomy:
        """Classes of the folder."""
        return self.folder.taxonomy

    @property
    def warnings(self) -> list[str]:
        """Sentences for the user, of the folder and of its fields."""
        return [*self.folder.warnings, *(w for f in self.fields for w in f.warnings)]


def read_material(recipe: Recipe, data: str | Path, groups: str | Path | None) -> Task[Material]:
    """Read the folder and generate the synthetic fields that the recipe asks for."""
    folder = read_training_folder(
        data, crossed=recipe.crossed, taxonomy=recipe.taxonomy, groups=groups
    )
    fields = yield from read_fields(folder.fields, folder.taxonomy, recipe)
    synthetic = yield from generated_fields(recipe, folder.taxonomy)
    return Material(folder, tuple(fields), tuple(synthetic))


def train(
    recipe: Recipe,
    data: str | Path,
    out: str | Path,
    *,
    groups: str | Path | None = None,
    scores: Mapping[str, Any] | None = None,
    parent: str | None = None,
    command: str = "",
    device: str = "auto",
) -> Task[Bundle]:
    """Train on a whole folder and write a bundle.

    Parameters
    ----------
    recipe : Recipe
    data, groups : str or Path
        Training folder and table of groups, see :mod:`mineralseg_models.training.folder`.
    out : str or Path
        Folder of the bundle; its name is the bundle's. Checkpoints lie beside it in
        ``NAME.training`` until the bundle is written; a run that was stopped goes on from there.
    scores : mapping, optional
        Report of :func:`mineralseg_models.training.crossval.crossval` of the same recipe.
    parent : str, optional
        Name of the bundle that this one descends from.
    command : str
        The command line, for the card.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.

    Returns
    -------
    Bundle

    Raises
    ------
    BadInput
        The recipe, the folder or a file cannot be used.
    TaskFailed
        The training broke down.
    """
    target = Path(out)
    run = target.with_name(f"{target.name}.training")
    material = yield from read_material(recipe, data, groups)
    held_back = held_back_groups(material.folder.groups, recipe)
    learned = [f for f in material.fields if f.group not in held_back]
    kept_out = [f for f in material.fields if f.group in held_back]
    start = yield from synthetic_start(recipe, material, run, device)
    fitted = yield from fit_from(
        start, recipe, material, learned, run, held_back=kept_out, device=device
    )
    card = card_fields(recipe, material, fitted, held_back=held_back, scores=scores)
    card |= {"parent": parent, "command": command}
    yield Progress(0, 0, "writing the bundle")
    bundle = save_bundle(target, card, fitted.state_dict, licence=recipe.weights_licence, half=True)
    shutil.rmtree(run, ignore_errors=True)
    return bundle


def held_back_groups(groups: Sequence[str], recipe: Recipe) -> list[str]:
    """Draw the groups that are held back for early stopping, by the recipe's seed."""
    wanted = round(recipe.fit.validation_share * len(groups))
    if recipe.fit.validation_share and not 0 < wanted < len(groups):
        raise BadInput(
            f"{len(groups)} group(s) of fields cannot be split into learning and validation by "
            f"validation_share {recipe.fit.validation_share:g}; add fields of other groups or set "
            "fit.validation_share=0."
        )
    order = np.random.default_rng(recipe.fit.seed).permutation(len(groups))
    return [groups[i] for i in order[:wanted]]


def synthetic_start(
    recipe: Recipe, material: Material, run: Path, device: str
) -> Task["dict[str, Tensor]"]:
    """Return the weights to start from: fitted to generated sections, or random.

    They hold nothing of the real fields, so the folds of a cross-validation share them; they are
    kept in ``run`` under the hash of what decides them.
    """
    import torch
    from safetensors.torch import load_file, save_file

    from mineralseg_models.training.fit import fit

    torch.manual_seed(recipe.fit.seed)
    network = build_network(recipe.network, recipe.in_channels, len(material.taxonomy))
    if not (material.synthetic and recipe.synthetic.steps):
        return network.state_dict()
    kept = run / f"synthetic-{recipe.start_digest}.safetensors"
    if not kept.is_file():
        fitted = yield from fit(
            network,
            material.synthetic,
            recipe,
            len(material.taxonomy),
            run / f"synthetic-{recipe.start_digest}",
            steps=recipe.synthetic.steps,
            learning_rate=recipe.synthetic.learning_rate,
            stage=SYNTHETIC_STAGE,
            device=device,
            note="learning from generated sections",
        )
        part = kept.with_suffix(".part")
        save_file({k: v.contiguous() for k, v in fitted.state_dict.items()}, part)
        part.replace(kept)
    return load_file(kept)


def fit_from(
    start: "Mapping[str, Tensor]",
    recipe: Recipe,
    material: Material,
    learned: Sequence[Field],
    run: Path,
    *,
    held_back: Sequence[Field] = (),
    device: str = "auto",
    note: str = "training",
) -> Task["Fitted"]:
    """Fit a network to real fields from given weights."""
    from mineralseg_models.training.fit import fit

    network = build_network(recipe.network, recipe.in_channels, len(material.taxonomy))
    network.load_state_dict(dict(start))
    fitted = yield from fit(
        network,
        learned,
        recipe,
        len(material.taxonomy),
        run / f"real-{recipe.fit_digest}",
        steps=recipe.fit.steps,
        synthetic=material.synthetic,
        mixed=recipe.synthetic.mixed,
        held_back=held_back,
        stage=REAL_STAGE,
        device=device,
        note=note,
    )
    return replace(fitted, state_dict=_between(start, fitted.state_dict, recipe.synthetic.kept))


def _between(
    start: "Mapping[str, Tensor]", end: "Mapping[str, Tensor]", kept: float
) -> "dict[str, Tensor]":
    """Weights on the line from ``end`` (``kept`` 0) to ``start`` (1); whole numbers of ``end``."""
    return {
        name: kept * start[name] + (1 - kept) * tensor if tensor.is_floating_point() else tensor
        for name, tensor in end.items()
    }


def card_fields(
    recipe: Recipe,
    material: Material,
    fitted: "Fitted",
    *,
    held_back: Sequence[str] = (),
    scores: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the fields of the card that a training can fill in."""
    from mineralseg_models.training.fit import class_shares

    shares = class_shares(material.fields, len(material.taxonomy))
    learning = {
        "fields": len(material.fields),
        "groups": len(material.folder.groups),
        "held_back_groups": list(held_back),
        "class_shares": dict(
            zip(material.taxonomy.names, np.round(shares, 4).tolist(), strict=True)
        ),
        "curve": list(fitted.curve),
        "stopped_early": fitted.stopped_early,
        "warnings": material.warnings,
    }
    error = None
    if scores is not None:
        error = {k: scores[k] for k in ("class_ids", "groups", "confusions")}
    scale = recipe.scale.model_dump()
    return {
        "title": recipe.title,
        "description": recipe.description,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "program": __version__,
        "training_data": [d.model_dump() for d in recipe.training_data],
        "limits": list(recipe.limits),
        "recipe": recipe.model_dump(mode="json"),
        "scores": {
            "learning": learning,
            "cross_validation": None if scores is None else scores["scores"],
        },
        "segmentation": {
            "network": recipe.network.model_dump(),
            "classes": [
                {"id": c.id, "name": c.name, "colour": c.colour} for c in material.taxonomy
            ],
            "inputs": [{"kind": "plane"}] + [{"kind": "crossed"}] * recipe.crossed,
            "pixel_size_um": scale,
            "normalisation": recipe.normalisation.model_dump(),
            "tile_px": recipe.tile_px,
            "overlap_px": recipe.overlap_px,
            "stride": recipe.stride,
            "views": recipe.views,
            "error": error,
        },
    }
