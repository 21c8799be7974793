"""Pictures that are open, and which of them show one field of view.

Plane- and cross-polarised pictures of one field are told apart and paired by their names:
``ppl/2a.jpg`` and ``xpl/2a.jpg``, ``granite_ppl.tif`` and ``granite_xpl.tif``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

SAME_ASPECT = 0.01
Light = Literal["plane", "crossed"]

_CROSSED = re.compile(r"(xpl|xp|xn|xpol|cpl|crossed|cross|xnicols?|nicols?)\d*")
_PLANE = re.compile(r"(ppl|pp|ppol|plane|plain|parallel)")
_WORDS = re.compile(r"[^\W_]+")
_FILLERS = frozenset({"polarised", "polarized", "polars", "pol", "light", "deg"})


@dataclass(frozen=True)
class Picture:
    """A picture that is open in the viewer.

    Parameters
    ----------
    name : str
        Name of its layer.
    shape : (int, int)
        Rows and columns; (0, 0) where ``fault`` says that it is no picture.
    path : Path or None
        The file it was read from.
    pixel_size_um : float or None
        Edge of a pixel in µm; None where it is unknown.
    fault : str
        Why it cannot be segmented, one sentence; empty for a sound picture.
    """

    name: str
    shape: tuple[int, int]
    path: Path | None = None
    pixel_size_um: float | None = None
    fault: str = ""

    @property
    def light(self) -> Light | None:
        """How the picture was lit, as its name or its folder says."""
        return light_of(self.name) or (light_of(self.path.parent.name) if self.path else None)

    @property
    def field(self) -> str:
        """Name of the field of view: the name without the words that say how it was lit."""
        return field_of(self.path.stem if self.path else self.name)


def light_of(text: str) -> Light | None:
    """Tell plane- from cross-polarised by the words of a name; None where it does not say."""
    words = _words(text)
    if any(_CROSSED.fullmatch(w) for w in words):
        return "crossed"
    return "plane" if any(_PLANE.fullmatch(w) for w in words) else None


def field_of(text: str) -> str:
    """Take the words about light out of a name: ``granite_xpl`` → ``granite``."""
    kept = (w for w in _words(text) if not (_CROSSED.fullmatch(w) or _PLANE.fullmatch(w)))
    return " ".join(w for w in kept if w not in _FILLERS)


def _words(text: str) -> list[str]:
    return [w.casefold() for w in _WORDS.findall(text)]


def sound(pictures: Sequence[Picture]) -> list[Picture]:
    """Return the pictures that can be segmented."""
    return [p for p in pictures if not p.fault]


def possible_partners(plane: Picture, pictures: Sequence[Picture]) -> list[Picture]:
    """Pictures of the shape of the plane picture, those that look crossed first."""
    others = [p for p in sound(pictures) if p.name != plane.name and _same_aspect(p, plane)]
    return sorted(others, key=lambda p: (p.light != "crossed", p.light == "plane"))


def _same_aspect(one: Picture, other: Picture) -> bool:
    if 0 in (*one.shape, *other.shape):
        return False
    ratio = one.shape[1] * other.shape[0] / (one.shape[0] * other.shape[1])
    return abs(ratio - 1) <= SAME_ASPECT


def guess_partners(plane: Picture, pictures: Sequence[Picture]) -> list[Picture]:
    """Crossed pictures of the same field as ``plane``, by their names.

    Without one of the same field name, a single crossed picture is taken where the plane picture
    has no rival.
    """
    crossed = [p for p in possible_partners(plane, pictures) if p.light == "crossed"]
    same_field = [p for p in crossed if p.field == plane.field]
    if same_field:
        return same_field
    rivals = [p for p in sound(pictures) if p.light != "crossed" and p.name != plane.name]
    return crossed if len(crossed) == 1 and not rivals else []


def guess_plane(pictures: Sequence[Picture], active: str | None = None) -> Picture | None:
    """Picture to start with: the active one, else one that has a partner, else the first sound one.

    A crossed picture is taken only where there is no other, a faulty one only where all are.
    """
    candidates = [p for p in sound(pictures) if p.light != "crossed"] or sound(pictures)
    if not candidates:
        return pictures[0] if pictures else None

    def rank(p: Picture) -> tuple[bool, bool]:
        return (p.name != active, not guess_partners(p, pictures))

    return min(candidates, key=rank)
