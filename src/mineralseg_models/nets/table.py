"""The networks that bundles and recipes may name, built by segmentation-models-pytorch."""

import inspect
import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from mineralseg_models.errors import BadInput

if TYPE_CHECKING:
    from torch import nn

NETWORKS = {
    "unet": "Unet",
    "unetplusplus": "UnetPlusPlus",
    "manet": "MAnet",
    "linknet": "Linknet",
    "fpn": "FPN",
    "pspnet": "PSPNet",
    "pan": "PAN",
    "deeplabv3": "DeepLabV3",
    "deeplabv3plus": "DeepLabV3Plus",
    "upernet": "UPerNet",
    "segformer": "Segformer",
    "dpt": "DPT",
}
"""Name on a card → class of segmentation-models-pytorch."""

FIXED = {
    "self",
    "encoder_name",
    "encoder_weights",
    "in_channels",
    "classes",
    "activation",
    "aux_params",
    "kwargs",
}
"""Arguments that follow from the card's other fields and are no options."""

TIMM_OPTIONS = {"channels", "stem_width", "layers"}
"""Sizes of timm's residual encoders (``tu-resnet…``): width of the stages and the stem, depth."""

LARGEST_NUMBER = 4096
LONGEST_LIST = 16


class NetworkChoice(Protocol):
    """What names a network: a card's ``NetworkSpec``, or anything with the same fields."""

    @property
    def name(self) -> str:
        """Key of :data:`NETWORKS`."""
        ...

    @property
    def encoder(self) -> str:
        """Encoder of segmentation-models-pytorch (``tu-…`` for those of timm)."""
        ...

    @property
    def options(self) -> Mapping[str, Any]:
        """Keyword arguments of the network's class."""
        ...


def build_network(
    spec: NetworkChoice, in_channels: int, n_classes: int, *, encoder_weights: str | None = None
) -> "nn.Module":
    """Build a network with random weights.

    Parameters
    ----------
    spec : NetworkChoice
        Name (see :data:`NETWORKS`), encoder and options, as on a card or in a recipe.
    in_channels, n_classes : int
        Channels of the input and of the output.
    encoder_weights : str, optional
        Name of published weights of the encoder; only then is anything downloaded.

    Returns
    -------
    torch.nn.Module
        Takes (B, in_channels, Y, X) and returns logits (B, n_classes, Y, X).

    Raises
    ------
    BadInput
        The network, the encoder or an option is unknown or out of range.
    """
    import segmentation_models_pytorch as smp

    if spec.name not in NETWORKS:
        raise BadInput(
            f"There is no network '{spec.name}'; the networks are {', '.join(sorted(NETWORKS))}."
        )
    network = getattr(smp, NETWORKS[spec.name])
    known = set(inspect.signature(network.__init__).parameters) - FIXED
    _check_options(spec, known | TIMM_OPTIONS if spec.encoder.startswith("tu-") else known)
    try:
        built: nn.Module = network(
            encoder_name=spec.encoder,
            encoder_weights=encoder_weights,
            in_channels=in_channels,
            classes=n_classes,
            **spec.options,
        )
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as e:
        cause = " ".join(str(e).split())[:120]
        raise BadInput(
            f"The network {spec.name} with the encoder {spec.encoder} and the options "
            f"{dict(spec.options)} cannot be built ({cause}); check the names."
        ) from e
    return built


def _check_options(spec: NetworkChoice, known: set[str]) -> None:
    """Refuse options that the network does not have, or of values that no network needs."""
    for name, value in spec.options.items():
        if name not in known:
            raise BadInput(
                f"The network {spec.name} has no option '{name}'; it has "
                f"{', '.join(sorted(known))}."
            )
        if not _harmless(value):
            raise BadInput(f"The option '{name}' of the network {spec.name} is out of range.")


def _harmless(value: Any) -> bool:
    """Tell whether an option is a small number, a short text or a short list of small numbers."""
    if isinstance(value, (list, tuple)):
        scalars = all(not isinstance(v, (list, tuple)) for v in value)
        return scalars and len(value) <= LONGEST_LIST and all(_harmless(v) for v in value)
    if isinstance(value, (int, float)):
        return math.isfinite(value) and abs(value) <= LARGEST_NUMBER
    return value is None or (isinstance(value, str) and len(value) <= 64)
