"""A card cannot make the program build a network that its weights do not fill."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from torch.nn.modules.module import register_module_parameter_registration_hook

if TYPE_CHECKING:
    from torch import Tensor, nn

ROOM = 4
"""Encoders are built whole and then cut: resnets lose their last stage, which is the largest."""

SPARE_VALUES = 50_000_000
SPARE_TENSORS = 2_000


@contextmanager
def at_most_for(weights: Mapping[str, "Tensor"]) -> Iterator[None]:
    """Stop the building of a network, in this thread, that is far larger than its weights.

    Parameters
    ----------
    weights : mapping of str to torch.Tensor
        What the network is to be filled with.

    Raises
    ------
    ValueError
        Within the block, where a parameter goes beyond four times the values or tensors of the
        weights and some room for small networks.
    """
    values = ROOM * sum(t.numel() for t in weights.values()) + SPARE_VALUES
    tensors = ROOM * len(weights) + SPARE_TENSORS
    thread = threading.get_ident()

    def count(module: "nn.Module", name: str, parameter: "nn.Parameter") -> None:
        nonlocal values, tensors
        if threading.get_ident() != thread or parameter is None:
            return
        values, tensors = values - parameter.numel(), tensors - 1
        if min(values, tensors) < 0:
            raise ValueError("it would be far larger than its weights")

    hook = register_module_parameter_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()
