"""Weights of a bundle: read as safetensors only, written with the card as one whole folder."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mineralseg_models.bundles.bundle import Bundle, load_bundle
from mineralseg_models.bundles.card import Card, Weights
from mineralseg_models.bundles.checks import (
    CARD,
    MAX_WEIGHTS_BYTES,
    WEIGHTS,
    first_fault,
    one_line,
    plain_file,
    refuse,
)
from mineralseg_models.errors import BadInput
from mineralseg_models.io.atomic import cannot_write

if TYPE_CHECKING:
    from torch import Tensor


def read_weights(bundle: Bundle) -> dict[str, "Tensor"]:
    """Read the weights of a bundle; half-precision ones become float32.

    Returns
    -------
    dict of str to torch.Tensor
        Floating tensors as float32, whole numbers as stored.

    Raises
    ------
    BrokenBundle
        The file has changed since the bundle was checked, or holds values that are not finite.
    """
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    try:
        content = plain_file(bundle.folder, WEIGHTS, MAX_WEIGHTS_BYTES).read_bytes()
    except OSError as error:
        refuse(bundle.folder, f"{WEIGHTS} cannot be read ({one_line(error)})", error)
    if hashlib.sha256(content).hexdigest() != bundle.card.weights.sha256:
        refuse(bundle.folder, f"{WEIGHTS} does not have the hash that the card gives")
    try:
        tensors = load(content)
    except SafetensorError as error:
        refuse(bundle.folder, f"{WEIGHTS} is damaged ({one_line(error)})", error)
    full = {k: v.to(torch.float32) if v.is_floating_point() else v for k, v in tensors.items()}
    for name, tensor in full.items():
        if not bool(torch.isfinite(tensor).all()):
            refuse(bundle.folder, f"its weights '{name[:80]}' hold values that are not finite")
    return full


def save_bundle(
    folder: str | Path,
    fields: Mapping[str, Any],
    state_dict: Mapping[str, "Tensor"],
    *,
    licence: str,
    half: bool = False,
) -> Bundle:
    """Write a bundle: the whole folder aside, then renamed.

    Parameters
    ----------
    folder : str or Path
        Where to put it; its name is the bundle's. An older bundle there is replaced, another
        folder is not.
    fields : mapping
        The card's fields (see :class:`~mineralseg_models.bundles.card.Card`) without
        ``format_version``, ``name`` and ``weights``, which follow from the rest.
    state_dict : mapping of str to torch.Tensor
        Weights of the network.
    licence : str
        Licence of the weights.
    half : bool
        Store floating tensors as float16; whole numbers stay as they are.

    Returns
    -------
    Bundle

    Raises
    ------
    BadInput
        A field of the card is wrong, the weights are not finite, or the folder is in use for
        something else.
    CannotWrite
        The folder is read-only or the disk is full.
    """
    target = Path(folder).resolve()
    content = _packed(state_dict, half)
    weights = Weights(sha256=hashlib.sha256(content).hexdigest(), licence=licence)
    try:
        card = Card.model_validate({**fields, "name": target.name, "weights": weights})
        len(card.segmentation.taxonomy)  # refuses ids and names that are not distinct
    except ValidationError as error:
        raise BadInput(f"The card of {target} is not complete: {first_fault(error)}.") from error
    if target.exists() and not (target / CARD).is_file():
        raise BadInput(f"{target} exists and is no bundle; choose another folder.")
    _write_folder(target, {CARD: card.model_dump_json(indent=2).encode(), WEIGHTS: content})
    return load_bundle(target)


def _packed(state_dict: Mapping[str, "Tensor"], half: bool) -> bytes:
    """Return the weights as the bytes of a safetensors file, float32 or float16."""
    import torch
    from safetensors.torch import save

    kind = torch.float16 if half else torch.float32
    tensors = {}
    for name, tensor in state_dict.items():
        t = tensor.detach().cpu()
        t = t.to(kind) if t.is_floating_point() else t
        if t.is_floating_point() and not bool(torch.isfinite(t).all()):
            raise BadInput(
                f"The weights '{name}' hold values that are not finite{' as float16' * half}; "
                f"train again{' or store them as float32' * half}."
            )
        tensors[name] = t.clone().contiguous()
    return save(tensors, metadata={"format": "pt"})


def _write_folder(target: Path, files: Mapping[str, bytes]) -> None:
    """Write files into a new folder beside ``target`` and put it in its place."""
    mark = secrets.token_hex(6)
    aside, old = target.with_name(f".{mark}.part"), target.with_name(f".{mark}.old")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        aside.mkdir()
        for name, content in files.items():
            _write_flushed(aside / name, content)
        _exchange(aside, target, old)
    except OSError as error:
        raise cannot_write(target, error) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)


def _write_flushed(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _exchange(new: Path, target: Path, old: Path) -> None:
    """Rename ``new`` to ``target``, whose present content goes to ``old``; undone on failure."""
    replaces = target.exists()
    if replaces:
        target.rename(old)
    try:
        new.rename(target)
    except OSError:
        if replaces:
            old.rename(target)
        raise
