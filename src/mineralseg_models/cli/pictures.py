"""Which pictures a command works on: files, folders and partners by stem."""

import errno
import os
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from mineralseg_models.errors import BadInput, CannotWrite, UnfitBundle

if TYPE_CHECKING:
    from mineralseg_models.bundles.bundle import Bundle
    from mineralseg_models.data import Micrograph
    from mineralseg_models.segmentation.stack import Stack

SUFFIXES = frozenset({".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp"})


@dataclass(frozen=True)
class Field:
    """Pictures of one field of view.

    Parameters
    ----------
    plane : Path
        The plane-polarised picture.
    crossed : tuple of Path
        Crossed-polarised pictures in the order of the options.
    missing : str
        Sentence about a partner that was not found; empty where all are there.
    """

    plane: Path
    crossed: tuple[Path, ...] = ()
    missing: str = ""

    @property
    def stem(self) -> str:
        """Name of the plane picture without its suffix; names the results."""
        return self.plane.stem


def pictures_in(folder: Path) -> dict[str, Path]:
    """Pictures of a folder by stem.

    Raises
    ------
    BadInput
        If it is no folder, holds no pictures, or two of one stem.
    """
    if not os.path.isdir(folder):
        raise BadInput(f"{folder} is no folder; a folder of pictures is expected.")
    files = sorted(
        p for p in folder.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith(".")
    )
    if not files:
        raise BadInput(f"{folder} holds no pictures; TIFF, PNG, JPEG or BMP files are expected.")
    refuse_equal_stems(files)
    return {p.stem: p for p in files}


def refuse_equal_stems(paths: Iterable[Path]) -> None:
    """Refuse two pictures whose results would have one name (upper and lower case alike)."""
    seen: dict[str, Path] = {}
    for path in paths:
        other = seen.setdefault(path.stem.casefold(), path)
        if other is not path:
            raise BadInput(
                f"{other} and {path} have the same stem '{path.stem}', by which results and "
                "partners are named; rename one of them."
            )


def fields_of(images: Sequence[Path], crossed: Sequence[Path]) -> list[Field]:
    """Pictures with their crossed partners.

    Parameters
    ----------
    images : sequence of Path
        Plane-polarised pictures.
    crossed : sequence of Path
        One entry a crossed picture that the model takes: a file (for a single image only), or a
        folder in which partners are found by stem.

    Returns
    -------
    list of Field
        In the order of the images; ``missing`` is set where a folder lacks the partner.

    Raises
    ------
    BadInput
        If stems are equal, an image is a folder, a crossed file is given for several images, or
        one file is given twice for a field.
    """
    for path in images:
        if os.path.isdir(path):
            raise BadInput(f"{path} is a folder; give its pictures, such as {path}/*.tif.")
    refuse_equal_stems(images)
    files = [p for p in crossed if not os.path.isdir(p)]
    if files and len(images) > 1:
        raise BadInput(
            f"With several images --xpl must be a folder of pictures with the same stems; "
            f"{files[0]} is none."
        )
    folders = {p: pictures_in(p) for p in crossed if os.path.isdir(p)}
    return [_field(path, crossed, folders) for path in images]


def _field(plane: Path, crossed: Sequence[Path], folders: dict[Path, dict[str, Path]]) -> Field:
    """One picture with its partners."""
    partners: list[Path] = []
    for entry in crossed:
        partner = folders[entry].get(plane.stem) if entry in folders else entry
        if partner is None:
            return Field(
                plane, missing=f"{entry} holds no crossed-polarised picture named '{plane.stem}'."
            )
        if os.path.abspath(partner) in map(os.path.abspath, (plane, *partners)):
            raise BadInput(
                f"{partner} is given twice; a field's plane and crossed pictures are different "
                "files: check --xpl."
            )
        partners.append(partner)
    return Field(plane, tuple(partners))


def make_folder(path: Path) -> None:
    """Create a folder for results, with its parents.

    Raises
    ------
    CannotWrite
        If that fails, a file is in the way, or nothing can be written there.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "no permission")
        with tempfile.TemporaryFile(dir=path):  # a read-only disk shows only when it is tried
            pass
    except FileExistsError as error:
        raise CannotWrite(f"{path} is a file; --out must be a folder.") from error
    except OSError as error:
        from mineralseg_models.io.atomic import cannot_write

        raise cannot_write(path, error) from error


def refuse_misfit(
    bundle: "Bundle", n_crossed: int, pixel_size_um: float | None, picture: str = ""
) -> None:
    """Refuse a bundle that takes other pictures, or another scale.

    Parameters
    ----------
    bundle : Bundle
        The model.
    n_crossed : int
        Crossed pictures beside the plane one.
    pixel_size_um : float or None
        Edge of a pixel in µm; unknown ones fit.
    picture : str
        Name of the picture, for the message.

    Raises
    ------
    UnfitBundle
        With the reason.
    """
    from mineralseg_models.bundles.catalogue import misfit

    reason = misfit(bundle, 1, n_crossed, pixel_size_um)
    if reason:
        raise UnfitBundle(
            f"The bundle {bundle.name} does not fit{picture and ' '}{picture}: "
            f"{reason[0].lower()}{reason[1:].rstrip('.')} ('mineralseg models' lists what each "
            "model takes)."
        )


def read_stack(
    field: Field, bundle: "Bundle", pixel_size_um: float | None
) -> tuple["Micrograph", "Stack"]:
    """Read the pictures of a field and bring them together.

    Parameters
    ----------
    field : Field
        Where they are.
    bundle : Bundle
        What they are for.
    pixel_size_um : float or None
        Taken in place of the file's.

    Returns
    -------
    picture : Micrograph
        The plane picture with the pixel size that holds.
    stack : Stack
        All pictures.

    Raises
    ------
    BadInput
        If a picture cannot be used.
    UnfitBundle
        If the bundle takes other pictures or another scale.
    """
    from mineralseg_models.io.micrographs import read_micrograph
    from mineralseg_models.io.raster import picture_format
    from mineralseg_models.segmentation.stack import build_stack

    if field.missing:
        picture_format(field.plane)  # where the picture itself is absent, that is said first
        raise BadInput(field.missing)
    plane = read_micrograph(field.plane)
    size = plane.pixel_size_um if pixel_size_um is None else pixel_size_um
    refuse_misfit(bundle, len(field.crossed), size, field.plane.name)
    stack = build_stack(plane, [read_micrograph(p) for p in field.crossed], pixel_size_um)
    return replace(plane, pixel_size_um=size), stack
