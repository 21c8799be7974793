"""The interface of a running network, and the choice of the device it runs on."""

from typing import Literal, Protocol, get_args

import numpy as np
from numpy.typing import NDArray

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.errors import BadInput

Device = Literal["auto", "cpu", "cuda", "mps"]
DEVICES: tuple[str, ...] = get_args(Device)


class Runner(Protocol):
    """A network that is ready to run."""

    @property
    def device(self) -> str:
        """Where it runs: ``cpu``, ``cuda`` or ``mps``."""
        ...

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Class probabilities, shape (B, K, Y, X), of normalised tiles, shape (B, C, Y, X)."""
        ...

    def close(self) -> None:
        """Free the network's memory; the runner is not used afterwards."""
        ...


def choose_device(wanted: str = "auto") -> str:
    """Return the device to run on; ``auto`` takes CUDA, then MPS, then the CPU.

    Raises
    ------
    BadInput
        The device is unknown, or this machine does not have it.
    """
    import torch

    if wanted not in DEVICES:
        raise BadInput(f"There is no device '{wanted}'; the devices are {', '.join(DEVICES)}.")
    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if wanted == "auto":
        return next((name for name, is_there in present.items() if is_there), "cpu")
    if wanted != "cpu" and not present[wanted]:
        raise BadInput(f"This machine has no usable {wanted.upper()} device; choose cpu or auto.")
    return wanted


def load_runner(bundle: Bundle, device: str = "auto") -> Runner:
    """Build the network of a bundle with its weights, ready to run, in all views of its card.

    Parameters
    ----------
    bundle : Bundle
    device : {"auto", "cpu", "cuda", "mps"}

    Raises
    ------
    BadInput
        The device is unknown or absent.
    BrokenBundle
        The weights do not belong to the network that the card names.
    """
    from mineralseg_models.runtime.torch_network import TorchNetwork
    from mineralseg_models.runtime.views import ManyViews

    network = TorchNetwork(bundle, choose_device(device))
    views = bundle.card.segmentation.views
    return network if views == 1 else ManyViews(network, views)
