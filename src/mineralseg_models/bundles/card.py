"""The card of a model bundle: what the model is, what it was made from and how good it is.

A card comes from strangers: it is data, checked here field by field and never executed.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mineralseg_models.taxonomy import MineralClass, Taxonomy

FORMAT_VERSION = 1

NAME_PATTERN = r"^[a-z0-9][a-z0-9-]{0,63}$"
Name = Annotated[str, Field(pattern=NAME_PATTERN)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
MAX_UPSAMPLING = 32
MAX_RESAMPLING = 100

Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class CardPart(BaseModel):
    """Base of every part of a card: frozen, and no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Weights(CardPart):
    """The file of weights, its hash and its licence (weights carry their own)."""

    file: Literal["weights.safetensors"] = "weights.safetensors"
    sha256: Sha256
    licence: str


class TrainingData(CardPart):
    """A data set that the weights were fitted on."""

    name: str
    source: str
    licence: str
    used_for: str = "training"


SHOWN = r"^[^\x00-\x1f\x7f-\x9f]*$"
"""Text without control signs: it goes to terminals and tables."""


class ClassEntry(CardPart):
    """A class as a card lists it."""

    id: Annotated[int, Field(ge=0, le=254)]
    name: Annotated[str, Field(min_length=1, max_length=80, pattern=SHOWN)]
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")]


class NetworkSpec(CardPart):
    """A network of segmentation-models-pytorch by name, with its encoder and options."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9]+$")]
    encoder: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$")]
    options: dict[str, Any] = {}

    @model_validator(mode="after")
    def _small_answer(self) -> "NetworkSpec":
        upsampling = self.options.get("upsampling")
        if isinstance(upsampling, (int, float)) and not 1 <= upsampling <= MAX_UPSAMPLING:
            raise ValueError(f"upsampling must be 1 to {MAX_UPSAMPLING}")
        return self


class InputChannel(CardPart):
    """A picture that the network takes, three colour channels each."""

    kind: Literal["plane", "crossed"]


class PixelSizeRange(CardPart):
    """Pixel sizes in µm per pixel.

    ``min`` to ``max`` are what the bundle takes, ``working`` is what the network sees after
    resampling (by a factor of at most 100), ``assumed`` is taken for a picture whose scale is
    unknown.
    """

    min: Positive
    max: Positive
    working: Positive
    assumed: Positive

    @model_validator(mode="after")
    def _in_order(self) -> "PixelSizeRange":
        if not self.min <= self.assumed <= self.max:
            raise ValueError("assumed must lie between min and max")
        if not self.max / MAX_RESAMPLING <= self.working <= self.min * MAX_RESAMPLING:
            raise ValueError(f"working must lie within a factor of {MAX_RESAMPLING} of min and max")
        return self


class Normalisation(CardPart):
    """How colour values (0 to 1) are standardised.

    ``field``: each channel by the mean and standard deviation of its own field of view;
    ``fixed``: by ``mean`` and ``std``, one value a channel.
    """

    kind: Literal["field", "fixed"]
    mean: tuple[Annotated[float, Field(ge=-100, le=100)], ...] = ()
    std: tuple[Annotated[float, Field(ge=1e-6, le=100)], ...] = ()


class CrossValidatedError(CardPart):
    """Confusion matrices of fields that the model had not seen, one a group of fields.

    ``confusions[g][i][j]`` counts pixels of group ``groups[g]`` with true class
    ``class_ids[i]`` that were labelled ``class_ids[j]``.
    """

    class_ids: tuple[int, ...]
    groups: tuple[str, ...]
    confusions: tuple[tuple[tuple[int, ...], ...], ...]

    @model_validator(mode="after")
    def _square(self) -> "CrossValidatedError":
        k = len(self.class_ids)
        square = all(len(m) == k and all(len(row) == k for row in m) for m in self.confusions)
        if not square or len(self.groups) != len(self.confusions):
            raise ValueError("error: one K × K matrix a group is expected")
        return self


class SegmentationCard(CardPart):
    """What a segmentation model needs to run: classes, inputs, scale, normalisation, tiles.

    ``views`` orientations are averaged: 1, four quarter turns, or these and their mirror images.
    """

    network: NetworkSpec
    classes: Annotated[tuple[ClassEntry, ...], Field(min_length=2)]
    inputs: Annotated[tuple[InputChannel, ...], Field(min_length=1, max_length=16)]
    pixel_size_um: PixelSizeRange
    normalisation: Normalisation
    tile_px: Annotated[int, Field(ge=32, le=8192)]
    overlap_px: Annotated[int, Field(ge=0, le=4096)]
    stride: Annotated[int, Field(ge=1, le=128)] = 32
    views: Literal[1, 4, 8] = 1
    error: CrossValidatedError | None = None

    @model_validator(mode="after")
    def _consistent(self) -> "SegmentationCard":
        if self.tile_px % self.stride or self.overlap_px > self.tile_px - self.stride:
            raise ValueError("tile_px must be a multiple of stride, and overlap_px a stride less")
        n = self.normalisation
        if n.kind == "fixed" and not len(n.mean) == len(n.std) == self.in_channels:
            raise ValueError("fixed normalisation needs one mean and std a channel")
        if self.inputs[0].kind != "plane" or any(i.kind == "plane" for i in self.inputs[1:]):
            raise ValueError("inputs are one plane picture, then the crossed ones")
        return self

    @property
    def in_channels(self) -> int:
        """Channels of the network's input."""
        return 3 * len(self.inputs)

    @property
    def n_crossed(self) -> int:
        """Crossed-polarised pictures that the network takes."""
        return len(self.inputs) - 1

    @property
    def taxonomy(self) -> Taxonomy:
        """The classes as a taxonomy, in the order of the network's outputs."""
        return Taxonomy(tuple(MineralClass(c.id, c.name, c.colour) for c in self.classes))


class Card(CardPart):
    """The card of a bundle; ``scores`` and ``recipe`` are free JSON for readers."""

    format_version: Literal[1] = 1
    name: Name
    title: str
    description: str = ""
    task: Literal["segmentation"] = "segmentation"
    weights: Weights
    created: str
    program: str
    parent: str | None = None
    training_data: tuple[TrainingData, ...] = ()
    limits: tuple[str, ...] = ()
    recipe: dict[str, Any] = {}
    command: str = ""
    scores: dict[str, Any] = {}
    segmentation: SegmentationCard
