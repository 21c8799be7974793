"""Checks of a bundle's files, one by one; what fails is refused in one sentence."""

import hashlib
import json
from functools import lru_cache
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError

from mineralseg_models.bundles.card import FORMAT_VERSION, Card
from mineralseg_models.errors import BadInput, BrokenBundle

CARD = "card.json"
WEIGHTS = "weights.safetensors"
MAX_CARD_BYTES = 4 * 2**20
MAX_WEIGHTS_BYTES = 2**30
PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".bin", ".joblib")


def refuse(folder: Path, reason: str, cause: BaseException | None = None) -> NoReturn:
    """Raise :class:`~mineralseg_models.errors.BrokenBundle` with the folder and the reason."""
    raise BrokenBundle(f"The bundle {folder} cannot be used: {reason}.") from cause


def plain_file(folder: Path, name: str, limit: int) -> Path:
    """Return a file of the folder that is there, no link and not too large."""
    path = folder / name
    if path.is_symlink():
        refuse(folder, f"{name} is a link, which may lead anywhere: put the file itself there")
    if not path.is_file():
        refuse(folder, f"{name} is missing")
    size = path.stat().st_size
    if size > limit:
        refuse(folder, f"{name} has {size / 2**20:.0f} MiB; at most {limit / 2**20:.0f} are read")
    return path


def find_weights(folder: Path) -> Path:
    """Return the weights' file; pickles in its place are refused by name."""
    if not (folder / WEIGHTS).exists():
        pickles = sorted(p.name for p in folder.iterdir() if p.suffix.lower() in PICKLES)
        if pickles:
            refuse(
                folder,
                f"it holds {pickles[0]} in place of {WEIGHTS}; pickled files can run code and "
                f"are never opened: convert it to safetensors",
            )
    return plain_file(folder, WEIGHTS, MAX_WEIGHTS_BYTES)


def read_card(folder: Path) -> Card:
    """Read and check the card; a format version of the future is named."""
    path = plain_file(folder, CARD, MAX_CARD_BYTES)
    try:
        data = json.loads(path.read_text("utf-8"), parse_constant=_no_constant)
    except (OSError, ValueError, RecursionError) as error:
        refuse(folder, f"{CARD} is no readable JSON ({one_line(error)})", error)
    version = data.get("format_version") if isinstance(data, dict) else None
    if isinstance(version, int) and version != FORMAT_VERSION:
        refuse(
            folder,
            f"its card has format version {version}; this program reads {FORMAT_VERSION}: "
            f"update napari-mineralseg",
        )
    try:
        card = Card.model_validate(data)
        len(card.segmentation.taxonomy)  # refuses ids and names that are not distinct
    except ValidationError as error:
        refuse(folder, f"{CARD}: {first_fault(error)}", error)
    except BadInput as error:
        refuse(folder, f"{CARD}: {str(error).removesuffix('.')}", error)
    return card


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def one_line(error: BaseException) -> str:
    """Message of an error, shortened to one line."""
    return " ".join(str(error).split())[:120]


def first_fault(error: ValidationError) -> str:
    """Say where the first fault of a document is, and what it is, on one line."""
    fault = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    what = fault["msg"].removeprefix("Value error, ")  # of the card's own checks
    return " ".join(f"{place or 'the whole'}: {what}".split())[:200]


def check_header(folder: Path, weights: Path) -> None:
    """Refuse weights whose header does not match their length (safetensors checks both)."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(weights, framework="np") as tensors:
            count = len(list(tensors.keys()))
    except (SafetensorError, OSError) as error:
        refuse(folder, f"{WEIGHTS} is damaged or cut short ({one_line(error)})", error)
    if count == 0:
        refuse(folder, f"{WEIGHTS} is empty")


def hash_once(path: Path) -> str:
    """SHA-256 of a file, remembered for as long as its time and size stay the same."""
    status = path.stat()
    return _hash(path.resolve(), status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=256)
def _hash(path: Path, mtime_ns: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
