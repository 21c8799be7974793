"""A network run by PyTorch on CPU, CUDA or MPS."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.bundles.weights import read_weights
from mineralseg_models.errors import BadInput, BrokenBundle, TaskFailed
from mineralseg_models.nets.table import build_network
from mineralseg_models.runtime.size_limit import at_most_for

if TYPE_CHECKING:
    from torch import nn

OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "not enough memory", "alloc_cpu")
"""Words in the messages of allocators that have no error type of their own (CPU, MPS)."""


class TorchNetwork:
    """A network in evaluation mode; when memory runs out, it goes on in smaller batches.

    Parameters
    ----------
    bundle : Bundle
    device : {"cpu", "cuda", "mps"}
    """

    def __init__(self, bundle: Bundle, device: str) -> None:
        self._device = device
        self._name = bundle.name
        self._largest: int | None = None
        self._network: nn.Module | None = _load(bundle).to(device)
        self._network.to(memory_format=torch.channels_last)

    @property
    def device(self) -> str:
        """Where it runs."""
        return self._device

    def probabilities(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Run the network and a softmax over classes.

        Parameters
        ----------
        batch : ndarray of float32, shape (B, C, Y, X)

        Returns
        -------
        ndarray of float32, shape (B, K, Y, X)

        Raises
        ------
        TaskFailed
            Not even one tile fits into memory, or the network cannot take the tile.
        """
        parts: list[NDArray[np.float32]] = []
        done = 0
        while done < len(batch):
            size = min(self._largest or len(batch), len(batch) - done)
            part = self._try(batch[done : done + size])
            if part is None:
                self._largest = self._halve(size, batch.shape)
            else:
                parts.append(part)
                done += size
        return parts[0] if len(parts) == 1 else np.concatenate(parts)

    def close(self) -> None:
        """Free the network's memory."""
        self._network = None
        self._empty_cache()

    def _try(self, batch: NDArray[np.float32]) -> NDArray[np.float32] | None:
        """Run a batch; None when memory ran out."""
        try:
            return self._run(batch)
        except (RuntimeError, MemoryError, ValueError) as error:
            if _is_out_of_memory(error):
                return None
            cause = " ".join(str(error).split())[:120]
            raise TaskFailed(
                f"The network of {self._name} stopped on a tile of {batch.shape[3]} × "
                f"{batch.shape[2]} px ({cause}); check the bundle's card."
            ) from error

    @torch.inference_mode()
    def _run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        if self._network is None:
            raise ValueError("the network is closed")
        tensor = torch.from_numpy(np.require(batch, np.float32, ["C", "W"]))
        tensor = tensor.to(self._device).contiguous(memory_format=torch.channels_last)
        logits = self._network(tensor)
        if logits.shape[2:] != tensor.shape[2:]:
            raise ValueError(f"its answer has {logits.shape[3]} × {logits.shape[2]} px")
        found: NDArray[np.float32] = torch.softmax(logits.float(), dim=1).cpu().numpy()
        return found

    def _halve(self, size: int, shape: tuple[int, ...]) -> int:
        """Return half the batch; a single tile that does not fit is the end."""
        self._empty_cache()
        if size == 1:
            raise TaskFailed(
                f"A tile of {shape[3]} × {shape[2]} px does not fit into the memory of "
                f"{self._device}; close other programs or choose the cpu."
            )
        return size // 2

    def _empty_cache(self) -> None:
        if self._device == "cuda":
            torch.cuda.empty_cache()
        elif self._device == "mps":
            torch.mps.empty_cache()


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return any(words in str(error).lower() for words in OUT_OF_MEMORY)


def _load(bundle: Bundle) -> "nn.Module":
    """Build the network of a card and fill in the weights, every one of them."""
    card = bundle.card.segmentation
    weights = read_weights(bundle)
    try:
        with at_most_for(weights):
            network = build_network(card.network, card.in_channels, len(card.classes))
    except BadInput as error:
        raise BrokenBundle(f"The bundle {bundle.folder} cannot be used: {error}") from error
    difference = _difference(network.state_dict(), weights)
    if difference:
        raise BrokenBundle(
            f"The weights of {bundle.folder} do not belong to the network on its card "
            f"({difference}); fetch the bundle again."
        )
    network.load_state_dict(weights, strict=True)
    return network.eval()


def _difference(
    expected: Mapping[str, torch.Tensor], found: Mapping[str, torch.Tensor]
) -> str | None:
    """First way in which weights differ from what a network holds; None where they agree."""
    for name, tensor in expected.items():
        if name not in found:
            return f"{name} is missing"
        have, want = found[name], tensor
        if have.shape != want.shape:
            return f"{name} has the shape {_sides(have)}, not {_sides(want)}"
        if have.is_floating_point() != want.is_floating_point() or have.is_complex():
            return f"{name} holds values of another kind"
    strange = next((name for name in found if name not in expected), None)
    return strange and f"{strange} is not of this network"


def _sides(tensor: torch.Tensor) -> str:
    return " × ".join(map(str, tensor.shape)) or "1"
