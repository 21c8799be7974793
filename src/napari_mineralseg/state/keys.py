"""Keys of the dock in the viewer; napari itself uses none of them for images and labels."""

FLIP = "Q"
NEXT = "N"
PREVIOUS = "Shift+N"
ACCEPT = "G"


def as_napari(key: str) -> str:
    """Spell a key the way napari binds it: ``Shift+N`` → ``Shift-N``."""
    return key.replace("+", "-")
