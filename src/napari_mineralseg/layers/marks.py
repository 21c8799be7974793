"""Layers of our own carry a mark, so that they are told from the user's."""

from typing import Any, Literal

Role = Literal["labels", "uncertainty", "region", "scale line"]
KEY = "napari-mineralseg"


def mark(role: Role) -> dict[str, Any]:
    """Metadata of a layer of ours."""
    return {KEY: {"role": role}}


def role_of(layer: Any) -> str:
    """Role of a layer of ours; empty for a layer of the user's."""
    return str(layer.metadata.get(KEY, {}).get("role", ""))
