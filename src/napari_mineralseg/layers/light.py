"""Plane and crossed pictures of one field: laid on each other, and flipped under the labels."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from mineralseg_models.segmentation.registration import Registration


def lay_on_plane(crossed: Any, plane: Any, registration: "Registration") -> None:
    """Show a crossed picture where its registration puts it on the plane one.

    A crossed picture of another size is first stretched by k (pixel borders on pixel borders),
    then turned about the centre of the plane picture, then shifted::

        q' = k · (q + ½) - ½
        p  = centre + R · (q' - centre) + shift

    Parameters
    ----------
    crossed, plane : Image
        Layers of the two pictures.
    registration : Registration
        One that was not accepted leaves the picture unturned.
    """
    shape = np.array(plane.data.shape[:2], dtype=np.float64)
    stretch = shape / np.array(crossed.data.shape[:2], dtype=np.float64)
    turn, shift = np.eye(2), np.zeros(2)
    if registration.accepted:
        angle = np.deg2rad(registration.angle_deg)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        shift = np.array(registration.shift_px, dtype=np.float64)
    centre = (shape - 1) / 2
    size = np.asarray(plane.scale[-2:], dtype=np.float64)
    affine = np.eye(3)
    affine[:2, :2] = size[:, None] * turn * (stretch / np.asarray(crossed.scale[-2:]))
    affine[:2, 2] = size * (centre + shift + turn @ ((stretch - 1) / 2 - centre))
    crossed.affine = affine


def flip_light(plane: Any, crossed: Sequence[Any]) -> str:
    """Show the next picture of the field: plane, first crossed, second crossed …, plane.

    Returns
    -------
    str
        Name of the layer that is shown now.
    """
    pictures = [plane, *crossed]
    now = 0 if plane.visible else next((i for i, p in enumerate(pictures) if p.visible), 0)
    shown = (now + 1) % len(pictures)
    pictures[shown].visible = True
    for i, picture in enumerate(pictures):
        if i != shown:
            picture.visible = False
    return str(pictures[shown].name)


def lie_below(viewer: Any, plane: Any, crossed: Sequence[Any]) -> None:
    """Put the crossed pictures directly below the plane one and hide them until they are asked for.

    Turned and shifted, their corners would look out from under it.
    """
    for picture in crossed:
        here, target = viewer.layers.index(picture), viewer.layers.index(plane)
        if here > target:
            viewer.layers.move(here, target)
        picture.visible = False
    plane.visible = True
