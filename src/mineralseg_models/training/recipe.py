"""Recipes: everything that decides a training, as TOML that anyone can read and repeat."""

import hashlib
import json
import tomllib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from mineralseg_models.bundles.card import (
    CardPart,
    ClassEntry,
    Name,
    NetworkSpec,
    Normalisation,
    Positive,
    TrainingData,
)
from mineralseg_models.errors import BadInput
from mineralseg_models.taxonomy import MineralClass, Taxonomy

Share = Annotated[float, Field(ge=0, le=1)]
MAX_RECIPE_BYTES = 1 << 20
DESCRIPTIVE = frozenset(("title", "description", "limits", "training_data", "weights_licence"))
"""Fields that say something of the result and change nothing in it."""
LATER = {
    "steps", "learning_rate", "validation_share", "validate_every", "patience", "folds",
}  # fmt: skip
"""Parts of ``fit`` that the first stage does not depend on."""
AFTERWARDS = dict.fromkeys(("tile_px", "overlap_px", "views"), True)
"""Fields that say how the weights are used."""


class ScaleRecipe(CardPart):
    """Pixel sizes in µm: of pictures that carry none, of the network's input, and the range."""

    assumed: Positive
    working: Positive
    min: Positive
    max: Positive


class FitRecipe(CardPart):
    """How the weights are fitted.

    ``steps`` optimiser steps of ``batch`` crops of ``crop_px`` at the working scale, AdamW with a
    one-cycle schedule up to ``learning_rate``; the weights kept are the exponential moving
    average. With ``validation_share`` above 0 that share of the groups is held back, the best
    mean IoU on them is kept and ``patience`` validations without a gain end the run; with 0 all
    fields are learned from and the last average is kept.
    """

    steps: Annotated[int, Field(ge=1, le=1_000_000)] = 400
    batch: Annotated[int, Field(ge=1, le=256)] = 8
    crop_px: Annotated[int, Field(ge=32, le=2048, multiple_of=32)] = 256
    learning_rate: Positive = 2e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    label_smoothing: Share = 0.05
    dice_weight: Annotated[float, Field(ge=0)] = 1.0
    average_decay: Annotated[float, Field(ge=0, lt=1)] = 0.98
    validation_share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    validate_every: Annotated[int, Field(ge=1)] = 50
    patience: Annotated[int, Field(ge=1)] = 6
    seed: int = 0
    folds: Annotated[int, Field(ge=2, le=100)] = 5


class SyntheticRecipe(CardPart):
    """Generated thin sections to learn from first.

    ``steps`` up to ``learning_rate`` on ``sections`` generated fields before the real ones, then a
    share ``mixed`` of the crops. 0 sections: none. The final weights are ``kept`` times those of
    the first stage plus the rest from the second: a straight line between the two is sturdier on
    new fields and less sure where it errs (Wortsman et al. 2022, "Robust fine-tuning").
    """

    sections: Annotated[int, Field(ge=0, le=10_000)] = 0
    steps: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    learning_rate: Positive = 3e-3
    mixed: Share = 0.0
    kept: Share = 0.0


class AugmentRecipe(CardPart):
    """Random changes that optics allow.

    Quarter turns and mirrors (exact for crossed polars: extinction repeats every 90°), scale by
    up to ``scale`` (natural logarithm), and for each picture its own exposure, white balance and
    gamma (standard deviations of natural logarithms). No change of hue: interference colour is
    the signal. ``shift_px`` moves crossed pictures as imperfect registration does.
    """

    quarter_turns: bool = True
    mirrors: bool = True
    scale: Annotated[float, Field(ge=0, le=1)] = 0.25
    exposure: Annotated[float, Field(ge=0, le=1)] = 0.10
    white_balance: Annotated[float, Field(ge=0, le=1)] = 0.06
    gamma: Annotated[float, Field(ge=0, le=1)] = 0.15
    noise: Annotated[float, Field(ge=0, le=1)] = 0.05
    shift_px: Annotated[int, Field(ge=0, le=32)] = 1


class Recipe(CardPart):
    """A whole training."""

    name: Name
    title: str
    description: str = ""
    crossed: Annotated[int, Field(ge=0, le=15)] = 0
    network: NetworkSpec
    scale: ScaleRecipe
    normalisation: Normalisation = Normalisation(kind="field")
    tile_px: Annotated[int, Field(ge=32, le=8192)] = 512
    overlap_px: Annotated[int, Field(ge=0, le=4096)] = 128
    stride: Annotated[int, Field(ge=1, le=128)] = 32
    views: Literal[1, 4, 8] = 1
    fit: FitRecipe = FitRecipe()
    synthetic: SyntheticRecipe = SyntheticRecipe()
    augment: AugmentRecipe = AugmentRecipe()
    classes: tuple[ClassEntry, ...] = ()
    weights_licence: str = "BSD-3-Clause"
    training_data: tuple[TrainingData, ...] = ()
    limits: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "Recipe":
        if not self.scale.min <= self.scale.assumed <= self.scale.max:
            raise ValueError("scale: assumed must lie between min and max")
        return self

    @property
    def digest(self) -> str:
        """Short hash of everything that decides the result."""
        return self._hash({})

    @property
    def fit_digest(self) -> str:
        """Short hash of what decides the fitting, whatever is made of the weights afterwards."""
        return self._hash({"fit": {"folds"}, "synthetic": {"kept"}, **AFTERWARDS})

    @property
    def start_digest(self) -> str:
        """Short hash of what decides the first stage, which learns from generated sections only."""
        return self._hash({"fit": LATER, "synthetic": {"mixed", "kept"}, **AFTERWARDS})

    def _hash(self, without: dict[str, Any]) -> str:
        exclude: Any = {**dict.fromkeys(DESCRIPTIVE, True), **without}
        return hashlib.sha256(self.model_dump_json(exclude=exclude).encode()).hexdigest()[:12]

    @property
    def in_channels(self) -> int:
        """Channels of the network's input: three a picture."""
        return 3 * (1 + self.crossed)

    @property
    def taxonomy(self) -> Taxonomy | None:
        """The classes that the recipe itself names, if it does."""
        if not self.classes:
            return None
        return Taxonomy(tuple(MineralClass(c.id, c.name, c.colour) for c in self.classes))


def shipped_recipes() -> list[str]:
    """Names of the recipes that come with the program."""
    folder = resources.files("mineralseg_models.training") / "recipes"
    return sorted(p.name[:-5] for p in folder.iterdir() if p.name.endswith(".toml"))


def load_recipe(name_or_path: str | Path, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe and apply changes.

    Parameters
    ----------
    name_or_path : str or Path
        Name of a shipped recipe, or a TOML file.
    changes : sequence of str
        ``key=value`` with dots for parts, such as ``fit.steps=100``; values are TOML.

    Raises
    ------
    BadInput
        No such recipe, broken TOML, an unknown key or a value out of range.
    """
    fields = _read_toml(name_or_path)
    for change in changes:
        _apply(fields, change)
    try:
        return Recipe.model_validate_json(json.dumps(fields))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(p) for p in first["loc"]) or "recipe"
        raise BadInput(
            f"The recipe '{name_or_path}' has a wrong value at {where}: {first['msg']}."
        ) from error


def _read_toml(name_or_path: str | Path) -> dict[str, Any]:
    path = Path(name_or_path)
    if path.suffix == ".toml":
        if not path.is_file():
            raise BadInput(f"There is no recipe file {path}; give the path of a TOML file.")
        if path.stat().st_size > MAX_RECIPE_BYTES:
            raise BadInput(f"{path} is larger than 1 MiB; a recipe is a small TOML file.")
        content = path.read_bytes()
    elif str(name_or_path) in shipped_recipes():
        folder = resources.files("mineralseg_models.training") / "recipes"
        content = (folder / f"{name_or_path}.toml").read_bytes()
    else:
        raise BadInput(
            f"There is no recipe '{name_or_path}'; give a TOML file or one of "
            f"{', '.join(shipped_recipes())}."
        )
    return _parse(content.decode("utf-8", errors="replace"), f"The recipe '{name_or_path}'")


def _parse(text: str, what: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(f"{what} is not valid TOML: {error}.") from error


def _apply(fields: dict[str, Any], change: str) -> None:
    key, equals, value = change.partition("=")
    parts = key.strip().split(".")
    if not equals or not all(parts):
        raise BadInput(f"'{change}' is no change of a recipe; write key=value, as fit.steps=100.")
    try:
        parsed = tomllib.loads(f"v = {value}")["v"]
    except tomllib.TOMLDecodeError:
        parsed = value.strip()
    for part in parts[:-1]:
        fields = fields.setdefault(part, {})
        if not isinstance(fields, dict):
            raise BadInput(f"'{change}': {part} has no parts of its own.")
    fields[parts[-1]] = parsed
