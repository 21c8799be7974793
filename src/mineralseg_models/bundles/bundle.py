"""A bundle on disk: a folder with ``card.json`` and ``weights.safetensors``, and nothing executed.

Bundles come from strangers. The card is read up to a size and checked field by field, weights
are read as safetensors only and must have the hash that the card gives, links are not followed.
"""

from dataclasses import dataclass
from pathlib import Path

from mineralseg_models.bundles.card import Card
from mineralseg_models.bundles.checks import (
    CARD,
    WEIGHTS,
    check_header,
    find_weights,
    hash_once,
    one_line,
    read_card,
    refuse,
)
from mineralseg_models.errors import BrokenBundle


@dataclass(frozen=True)
class Bundle:
    """A checked bundle.

    Parameters
    ----------
    card : Card
        What the model is.
    folder : Path
        Where it lies.
    """

    card: Card
    folder: Path

    @property
    def name(self) -> str:
        """Name of the bundle, which is also the folder's."""
        return self.card.name


def load_bundle(path: str | Path) -> Bundle:
    """Check a bundle in full, its hash included, without loading torch.

    Parameters
    ----------
    path : str or Path
        The bundle's folder.

    Returns
    -------
    Bundle

    Raises
    ------
    BrokenBundle
        One sentence about what is wrong.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise BrokenBundle(
            f"{folder} is no bundle: a folder with {CARD} and {WEIGHTS} is expected."
        )
    try:
        return Bundle(_check(folder), folder)
    except OSError as error:
        refuse(folder, f"it cannot be read ({one_line(error)})", error)


def _check(folder: Path) -> Card:
    """Check the files of a bundle and return its card."""
    weights = find_weights(folder)
    card = read_card(folder)
    if card.name != folder.resolve().name:
        refuse(folder, f"its card is named {card.name}: give the folder this name")
    check_header(folder, weights)
    if hash_once(weights) != card.weights.sha256:
        refuse(folder, f"{WEIGHTS} does not have the hash that the card gives: fetch it again")
    return card
