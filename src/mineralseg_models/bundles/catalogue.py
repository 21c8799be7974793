"""The bundles at hand: those that are shipped, the user's own and those in given folders."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_data_path

from mineralseg_models.bundles.bundle import Bundle, load_bundle
from mineralseg_models.bundles.checks import CARD, PICKLES, WEIGHTS
from mineralseg_models.errors import BadInput, BrokenBundle

SHIPPED = Path(__file__).parent / "shipped"
USER_FOLDER_VARIABLE = "MINERALSEG_BUNDLES"


@dataclass(frozen=True)
class Listing:
    """A line of the catalogue: a sound bundle, or the reason why it cannot be used.

    Parameters
    ----------
    name : str
        Name of the folder.
    folder : Path
    bundle : Bundle or None
    reason : str or None
        One sentence; None for a sound bundle.
    """

    name: str
    folder: Path
    bundle: Bundle | None
    reason: str | None


def user_folder() -> Path:
    """Folder of the user's own bundles: $MINERALSEG_BUNDLES, or in the user's data folder."""
    given = os.environ.get(USER_FOLDER_VARIABLE)
    return Path(given) if given else user_data_path("mineralseg", appauthor=False) / "bundles"


def list_bundles(extra_paths: Iterable[str | Path] = ()) -> list[Listing]:
    """List the shipped bundles, the user's and those of given folders, broken ones included.

    Parameters
    ----------
    extra_paths : iterable of path
        Bundles, or folders that hold bundles.

    Returns
    -------
    list of Listing
        A name that is already taken by an earlier bundle is listed with that as the reason.
    """
    listings: dict[Path, Listing] = {}
    taken: dict[str, Path] = {}
    for folder in _folders([SHIPPED, user_folder(), *map(Path, extra_paths)]):
        key = folder.resolve()
        if key in listings:
            continue
        listings[key] = _listing(folder, taken)
        if listings[key].bundle is not None:
            taken[folder.name] = folder
    return list(listings.values())


def _folders(roots: Iterable[Path]) -> Iterator[Path]:
    """Give the folders that are or claim to be bundles; roots that are absent hold none."""
    for root in roots:
        if {CARD, WEIGHTS} & {p.name for p in _entries(root)}:
            yield root
        else:
            yield from (p for p in _entries(root) if _claims_to_be_one(p))


def _entries(folder: Path) -> list[Path]:
    """List a folder by name; one that is absent or closed to us holds nothing."""
    try:
        return sorted(folder.iterdir())
    except OSError:
        return []


def _claims_to_be_one(folder: Path) -> bool:
    """Tell whether a folder has a card, weights or a pickle in their place."""
    return not folder.name.startswith(".") and any(
        p.name in (CARD, WEIGHTS) or p.suffix.lower() in PICKLES for p in _entries(folder)
    )


def _listing(folder: Path, taken: dict[str, Path]) -> Listing:
    try:
        bundle = load_bundle(folder)
    except BrokenBundle as error:
        return Listing(folder.name, folder, None, str(error))
    if folder.name in taken:
        reason = (
            f"Another bundle is named {folder.name} too ({taken[folder.name]}): give the path of "
            f"this one, or rename it on its card and its folder."
        )
        return Listing(folder.name, folder, None, reason)
    return Listing(folder.name, folder, bundle, None)


def find_bundle(name_or_path: str | Path, extra_paths: Iterable[str | Path] = ()) -> Bundle:
    """Return a bundle by its name in the catalogue, or by the path of its folder.

    Raises
    ------
    BadInput
        There is no such bundle; the known names are told.
    BrokenBundle
        It is there and cannot be used.
    """
    listings = list_bundles(extra_paths)
    same = [entry for entry in listings if entry.name == str(name_or_path)]
    for entry in same:
        if entry.bundle is not None:
            return entry.bundle
    if Path(name_or_path).is_dir():
        return load_bundle(name_or_path)
    if same:
        raise BrokenBundle(same[0].reason)
    names = [entry.name for entry in listings if entry.bundle is not None]
    raise BadInput(
        f"There is no bundle '{name_or_path}'; the names are {', '.join(names) or 'none yet'}, and "
        f"the path of a bundle's folder is taken too."
    )


def misfit(bundle: Bundle, n_plane: int, n_crossed: int, pixel_size_um: float | None) -> str | None:
    """Say why a bundle does not fit the pictures, or None where it does.

    Parameters
    ----------
    bundle : Bundle
    n_plane, n_crossed : int
        Plane- and cross-polarised pictures of the field.
    pixel_size_um : float or None
        Edge of a pixel in µm; unknown ones fit.
    """
    card = bundle.card.segmentation
    if n_plane != 1:
        return f"It takes one plane-polarised picture; {n_plane} are given."
    if n_crossed != card.n_crossed:
        return (
            f"It takes {card.n_crossed or 'no'} cross-polarised picture"
            f"{'s' * (card.n_crossed > 1)} beside the plane-polarised one; "
            f"{n_crossed or 'none'} {'is' if n_crossed <= 1 else 'are'} given."
        )
    size = card.pixel_size_um
    if pixel_size_um is not None and not size.min <= pixel_size_um <= size.max:
        return (
            f"It takes {size.min:g} to {size.max:g} µm per pixel; the picture has "
            f"{pixel_size_um:.4g}."
        )
    return None
