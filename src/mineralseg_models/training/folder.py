"""A folder of training data: which pictures, masks and groups belong together.

::

    DIR/ppl/ or DIR/images/    plane-polarised (or only) picture of each field
    DIR/xpl*/                  crossed-polarised pictures of the same fields, if any
    DIR/masks/                 class ids
    DIR/classes.json           [{"id": 0, "name": "other", "colour": "#6b6256"}, …]
    DIR/groups.csv             stem,group[,mask_follows]

Files belong together by their stem. Fields of one group (a stage rotated, one section) never
stand on both sides of a split. ``mask_follows`` is ``plane`` (default) or ``crossed``: the picture
that the mask was drawn on, where the two do not lie exactly on each other.
"""

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from mineralseg_models.bundles.card import ClassEntry
from mineralseg_models.errors import BadInput
from mineralseg_models.taxonomy import MineralClass, Taxonomy

PICTURES = (".tif", ".tiff", ".png", ".jpg", ".jpeg", ".bmp")
FOLLOWS = ("plane", "crossed")


@dataclass(frozen=True)
class FieldFiles:
    """The files of one field of view and the group that it belongs to."""

    stem: str
    group: str
    plane: Path
    crossed: tuple[Path, ...]
    mask: Path
    mask_follows: str = "plane"


@dataclass(frozen=True)
class TrainingFolder:
    """All fields of a folder, its classes, and what the user should know about them."""

    fields: tuple[FieldFiles, ...]
    taxonomy: Taxonomy
    warnings: tuple[str, ...] = ()

    @property
    def groups(self) -> list[str]:
        """Distinct groups in the order of their first field."""
        return list(dict.fromkeys(f.group for f in self.fields))


def read_training_folder(
    folder: str | Path,
    *,
    crossed: int,
    taxonomy: Taxonomy | None = None,
    groups: str | Path | None = None,
) -> TrainingFolder:
    """Match the files of a training folder.

    Parameters
    ----------
    folder : str or Path
        Laid out as the module says.
    crossed : int
        Crossed pictures that each field needs.
    taxonomy : Taxonomy, optional
        Classes to use where the folder has no ``classes.json``.
    groups : str or Path, optional
        Table of groups; default ``groups.csv`` in the folder.

    Raises
    ------
    BadInput
        No pictures, a partner is missing, a table cannot be read.
    """
    root = Path(folder)
    plane = next((root / n for n in ("ppl", "images") if (root / n).is_dir()), None)
    if plane is None or not (root / "masks").is_dir():
        raise BadInput(
            f"{root} holds no training data: it needs a folder 'ppl' or 'images' and a folder "
            "'masks'."
        )
    pictures, masks = by_stem(plane), by_stem(root / "masks")
    partners = [by_stem(p) for p in sorted(root.glob("xpl*")) if p.is_dir()][:crossed]
    if len(partners) < crossed:
        raise BadInput(
            f"The recipe needs {crossed} crossed-polarised picture(s) a field; {root} has "
            f"{len(partners)} folder(s) named xpl*."
        )
    _refuse_unmatched(root, pictures, [masks, *partners])
    table, warnings = _read_groups(root, groups, list(pictures))
    fields = tuple(
        FieldFiles(s, *table[s][:1], p, tuple(x[s] for x in partners), masks[s], table[s][1])
        for s, p in pictures.items()
    )
    return TrainingFolder(fields, _read_classes(root, taxonomy), tuple(warnings))


def by_stem(folder: Path) -> dict[str, Path]:
    """Return the pictures of a folder by stem, sorted; two files of one stem are refused."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in PICTURES and not path.name.startswith("."):
            if path.stem in found:
                raise BadInput(
                    f"{folder} holds two pictures named '{path.stem}' ({found[path.stem].name}, "
                    f"{path.name}); keep one."
                )
            found[path.stem] = path
    return found


def _refuse_unmatched(
    root: Path, pictures: dict[str, Path], others: Sequence[dict[str, Path]]
) -> None:
    if not pictures:
        raise BadInput(f"{root} holds no pictures ({', '.join(PICTURES)}).")
    for other in others:
        lacking = [s for s in pictures if s not in other]
        if lacking:
            shown = ", ".join(lacking[:5]) + (" …" if len(lacking) > 5 else "")
            place = next(iter(other.values())).parent if other else root
            raise BadInput(
                f"{len(lacking)} of {len(pictures)} fields have no partner in {place}: {shown}."
            )


def _read_groups(
    root: Path, groups: str | Path | None, stems: list[str]
) -> tuple[dict[str, tuple[str, str]], list[str]]:
    path = Path(groups) if groups else root / "groups.csv"
    if not path.is_file():
        if groups:
            raise BadInput(f"There is no table of groups at {path}.")
        note = (
            f"{root} has no groups.csv: each field counts as a group of its own. If some show "
            "the same place or section, scores will be too good; list them as stem,group."
        )
        return {s: (s, "plane") for s in stems}, [note]
    with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = list(csv.DictReader(file))
    if not rows or not {"stem", "group"} <= set(rows[0]):
        raise BadInput(f"{path} must be a table with the columns stem and group.")
    table = {r["stem"]: (r["group"] or "", r.get("mask_follows") or "plane") for r in rows}
    lacking = [s for s in stems if not table.get(s, ("", ""))[0]]
    if lacking:
        raise BadInput(f"{path} gives no group for {', '.join(lacking[:5])}.")
    wrong = sorted({t[1] for t in table.values()} - set(FOLLOWS))
    if wrong:
        raise BadInput(f"{path}: mask_follows is plane or crossed; found {wrong[0]}.")
    return table, []


def _read_classes(root: Path, taxonomy: Taxonomy | None) -> Taxonomy:
    path = root / "classes.json"
    if not path.is_file():
        if taxonomy is None:
            raise BadInput(
                f"{root} has no classes.json and the recipe names no classes; write one: "
                '[{"id": 0, "name": "other", "colour": "#6b6256"}, …].'
            )
        return taxonomy
    try:
        entries = TypeAdapter(list[ClassEntry]).validate_json(path.read_bytes())
    except (ValidationError, json.JSONDecodeError) as error:
        raise BadInput(f"{path} is no list of classes with id, name and colour.") from error
    ordered = sorted(entries, key=lambda c: c.id)
    return Taxonomy(tuple(MineralClass(c.id, c.name, c.colour) for c in ordered))
