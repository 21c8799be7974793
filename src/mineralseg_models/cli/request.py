"""What ``mineralseg segment`` is asked to do: from options, or from an earlier result."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mineralseg_models.cli.pictures import Field, fields_of
from mineralseg_models.errors import BadInput

if TYPE_CHECKING:
    from mineralseg_models.provenance import Provenance


@dataclass(frozen=True)
class Request:
    """Pictures and settings of a run.

    Parameters
    ----------
    fields : list of Field
        Pictures with their partners.
    model : str
        Name or path of the bundle.
    pixel_size_um : float or None
        Pixel size that was asked for; None takes the file's.
    device : str
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    weights_sha256 : str or None
        Weights that the bundle must have; None takes any.
    note : str
        Sentence for the user about the earlier run; empty without.
    """

    fields: list[Field]
    model: str
    pixel_size_um: float | None
    device: str
    weights_sha256: str | None = None
    note: str = ""


def parse_pixel_size(text: str) -> float:
    """Read the value of ``--pixel-size``."""
    try:
        value = float(text)
    except ValueError as error:
        raise BadInput(
            f"--pixel-size takes the edge of one pixel in µm, such as 0.755; found '{text}'."
        ) from error
    check_pixel_size(value)
    return value


def check_pixel_size(pixel_size_um: float | None) -> None:
    """Refuse a pixel size that is not above 0."""
    if pixel_size_um is not None and not 0 < pixel_size_um < float("inf"):
        raise BadInput(
            f"--pixel-size must be above 0 µm per pixel; found {pixel_size_um:g}: give the edge of "
            "one pixel in µm."
        )


def from_options(
    images: list[Path],
    crossed: list[Path],
    model: str | None,
    pixel_size_um: float | None,
    device: str | None,
) -> Request:
    """Request from the options alone.

    Raises
    ------
    BadInput
        If the pictures or the model are missing, or do not go together.
    """
    if not images:
        raise BadInput("No picture is given; name at least one IMAGE, or an earlier run by --from.")
    if model is None:
        raise BadInput("No model is given; choose one by --model ('mineralseg models' lists them).")
    return Request(fields_of(images, crossed), model, pixel_size_um, device or "auto")


def from_earlier(
    path: Path,
    images: list[Path],
    crossed: list[Path],
    model: str | None,
    pixel_size_um: float | None,
    device: str | None,
) -> Request:
    """Request of an earlier run; options that are given take the place of its settings.

    Without images the earlier ones are used, and their content must be the same as then; crossed
    pictures that are given take the place of the earlier ones.

    Raises
    ------
    BadInput
        If the file is damaged, or a picture is gone or has changed.
    """
    from mineralseg_models import __version__
    from mineralseg_models.provenance import read_provenance

    earlier = read_provenance(path)
    known = earlier.parameters
    size = known.get("pixel_size_um") if pixel_size_um is None else pixel_size_um
    if isinstance(size, bool) or not isinstance(size, (int, float, type(None))):
        raise BadInput(f"{path} gives the pixel size as '{size}'; a number in µm is expected.")
    check_pixel_size(size)
    named = known.get("model") or earlier.bundle
    if model is None and not named:
        raise BadInput(f"{path} names no model; choose one by --model.")
    return Request(
        fields=_earlier_fields(path, earlier, images, crossed),
        model=model or str(named),
        pixel_size_um=size,
        device=device or str(known.get("device", "auto")),
        weights_sha256=earlier.weights_sha256 if model is None else None,
        note=_other_program(path, earlier.program, __version__),
    )


def _other_program(path: Path, then: str, now: str) -> str:
    """Sentence where another version made the earlier result; empty where it is the same."""
    if then == now:
        return ""
    return f"{path} was made by version {then} and this is {now}: results may differ a little."


def _earlier_fields(
    path: Path, earlier: "Provenance", images: list[Path], crossed: list[Path]
) -> list[Field]:
    """Pictures of an earlier run, found again and unchanged, unless others are given."""
    if images:
        return fields_of(images, crossed)
    planes = _found_again(path, earlier, "plane")
    if len(planes) != 1:
        raise BadInput(f"{path} names {len(planes)} plane-polarised pictures; one is expected.")
    if crossed:
        return fields_of(planes, crossed)
    return [Field(planes[0], tuple(_found_again(path, earlier, "crossed")))]


def _found_again(path: Path, earlier: "Provenance", role: str) -> list[Path]:
    """Pictures of a role where they lie now: at their path, or beside the provenance file."""
    from mineralseg_models.provenance import hash_file

    found = []
    for entry in earlier.inputs:
        if entry.role != role:
            continue
        named = Path(entry.path)
        places = [p for p in (named, path.parent / named.name) if os.path.isfile(p)]
        if not places:
            raise BadInput(
                f"{named}, which {path.name} names, is not there any more; put it back, or name "
                "the pictures as IMAGE and by --xpl."
            )
        same = [p for p in places if hash_file(p) == entry.sha256]
        if not same:
            raise BadInput(
                f"{places[0]} has changed since {path.name} was written; to segment it as it is "
                "now, name the pictures as IMAGE and by --xpl."
            )
        found.append(same[0])
    return found
