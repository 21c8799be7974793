"""What ``mineralseg segment`` is asked to do: from options, or from an earlier result."""

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
    """

    fields: list[Field]
    model: str
    pixel_size_um: float | None
    device: str
    weights_sha256: str | None = None


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

    Without images the earlier ones are used, and their content must be the same as then.

    Raises
    ------
    BadInput
        If the file is damaged, or a picture is gone or has changed.
    """
    from mineralseg_models.provenance import read_provenance

    earlier = read_provenance(path)
    known = earlier.parameters
    size = known.get("pixel_size_um") if pixel_size_um is None else pixel_size_um
    if size is not None and not isinstance(size, (int, float)):
        raise BadInput(f"{path} gives the pixel size as '{size}'; a number in µm is expected.")
    check_pixel_size(size)
    named = known.get("model") or earlier.bundle
    if model is None and not named:
        raise BadInput(f"{path} names no model; choose one by --model.")
    return Request(
        fields=fields_of(images, crossed) if images else [_earlier_field(path, earlier)],
        model=model or str(named),
        pixel_size_um=size,
        device=device or str(known.get("device", "auto")),
        weights_sha256=earlier.weights_sha256 if model is None else None,
    )


def _earlier_field(path: Path, earlier: "Provenance") -> Field:
    """Pictures of an earlier run, found again and unchanged."""
    from mineralseg_models.provenance import hash_file

    found: dict[str, list[Path]] = {"plane": [], "crossed": []}
    for entry in earlier.inputs:
        picture = _found_again(path, Path(entry.path))
        if hash_file(picture) != entry.sha256:
            raise BadInput(
                f"{picture} has changed since {path.name} was written; to segment it as it is now, "
                "name it as IMAGE."
            )
        found[entry.role].append(picture)
    if len(found["plane"]) != 1:
        raise BadInput(
            f"{path} names {len(found['plane'])} plane-polarised pictures; one is expected."
        )
    return Field(found["plane"][0], tuple(found["crossed"]))


def _found_again(provenance: Path, picture: Path) -> Path:
    """Where a picture lies now: at its path, or beside the provenance file."""
    for place in (picture, provenance.parent / picture.name):
        if place.is_file():
            return place
    raise BadInput(
        f"{picture}, which {provenance.name} names, is not there any more; put it back or name it "
        "as IMAGE."
    )
