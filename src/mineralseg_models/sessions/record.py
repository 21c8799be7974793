"""``session.json``: what a session is about. Comes from strangers and is checked field by field."""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mineralseg_models.bundles.card import ClassEntry, Positive, Sha256
from mineralseg_models.errors import BadInput, BrokenSession
from mineralseg_models.io.atomic import replace_file
from mineralseg_models.io.raster import MAX_PIXELS
from mineralseg_models.sessions.layout import RECORD, part
from mineralseg_models.taxonomy import MineralClass, Taxonomy

FORMAT_VERSION = 1
MAX_BYTES = 4 * 2**20
Side = Annotated[int, Field(ge=1, le=MAX_PIXELS)]
Text = Annotated[str, Field(max_length=1000)]


class RecordPart(BaseModel):
    """Base of the parts of a record: frozen, and no unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class PictureRecord(RecordPart):
    """The picture that is corrected; ``name`` is a file beside the session, or a mere title."""

    name: Annotated[str, Field(min_length=1, max_length=255)]
    sha256: Sha256
    shape: tuple[Side, Side]
    pixel_size_um: Positive | None = None

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if Path(name).name != name or "\0" in name or name == "..":
            raise ValueError("must be a plain file name, without a folder")
        return name

    @field_validator("shape")
    @classmethod
    def _readable(cls, shape: tuple[int, int]) -> tuple[int, int]:
        if shape[0] * shape[1] > MAX_PIXELS:
            raise ValueError("must be at most 2 gigapixels")
        return shape


class BundleRecord(RecordPart):
    """The model bundle that made the prediction."""

    name: Text
    weights_sha256: Sha256 | None = None


class SessionRecord(RecordPart):
    """What a session is about; written once, when it begins."""

    format_version: Literal[1] = 1
    created: Text
    author: Text | None = None
    program: Text = ""
    picture: PictureRecord
    bundle: BundleRecord | None = None
    classes: Annotated[tuple[ClassEntry, ...], Field(min_length=1, max_length=255)]
    has_uncertainty: bool = False
    provenance: dict[str, Any] = {}

    @field_validator("classes")
    @classmethod
    def _ordered(cls, classes: tuple[ClassEntry, ...]) -> tuple[ClassEntry, ...]:
        try:
            _taxonomy(classes)
        except BadInput as error:
            raise ValueError(str(error)) from error
        return classes

    @property
    def taxonomy(self) -> Taxonomy:
        """The classes of the label maps."""
        return _taxonomy(self.classes)


def _taxonomy(classes: tuple[ClassEntry, ...]) -> Taxonomy:
    return Taxonomy(tuple(MineralClass(c.id, c.name, c.colour) for c in classes))


def write_record(folder: Path, record: SessionRecord) -> None:
    """Write ``session.json``, aside first.

    Raises
    ------
    CannotWrite
        The folder is read-only or the disk is full.
    """
    with replace_file(folder / RECORD) as aside:
        aside.write_text(record.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_record(folder: Path) -> SessionRecord:
    """Read and check ``session.json``.

    Raises
    ------
    BrokenSession
        It is missing, too large, damaged, of an unknown format version, or names a path.
    """
    content = _read_json(folder)
    version = content.get("format_version")
    if version != FORMAT_VERSION:
        raise BrokenSession(
            f"The session {folder} has the format version {version!r}, but this program reads "
            f"version {FORMAT_VERSION}: open it with a newer program, or start a new session."
        )
    try:
        return SessionRecord.model_validate(content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(k) for k in first["loc"])
        raise BrokenSession(
            f"The session {folder} has a damaged {RECORD} ({where}: {first['msg']}): restore it "
            "from a copy, or start a new session."
        ) from error


def _read_json(folder: Path) -> dict[str, Any]:
    path = part(folder, RECORD)
    try:
        if not path.is_file():
            raise BrokenSession(
                f"{folder} is not a correction session: it has no {RECORD}; choose another folder "
                "or start a new session."
            )
        if path.stat().st_size > MAX_BYTES:
            raise BrokenSession(
                f"{path} is larger than {MAX_BYTES // 2**20} MB, which no session needs; it is not "
                "read, as it may have been tampered with."
            )
        content = json.loads(path.read_text(encoding="utf-8"), parse_constant=_refuse_constant)
    except (OSError, ValueError, RecursionError) as error:
        raise BrokenSession(
            f"{path} cannot be read ({type(error).__name__}: {str(error)[:120]}): restore it from "
            "a copy, or start a new session."
        ) from error
    if not isinstance(content, dict):
        raise BrokenSession(
            f"{path} does not hold the fields of a session: restore it from a copy, or start a "
            "new session."
        )
    return content


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number")
