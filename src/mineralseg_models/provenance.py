"""What made a result: enough to run it again, as JSON beside the result.

Writing goes aside first (``io.atomic``), so in the order of imports this file stands above ``io``.
"""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from mineralseg_models import __version__
from mineralseg_models.errors import BadInput
from mineralseg_models.io.atomic import replace_file

FORMAT_VERSION = 1
MAX_BYTES = 16 * 2**20

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


def text(path: str | Path) -> str:
    """Path as text that JSON can hold: bytes of a name that are no text become question marks."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


class InputFile(BaseModel):
    """A picture that went in: where it lay, its content's hash and what it shows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: str
    sha256: Sha256
    role: Literal["plane", "crossed"]

    @field_validator("path", mode="before")
    @classmethod
    def _as_text(cls, path: object) -> object:
        return text(path) if isinstance(path, str) else path


class Provenance(BaseModel):
    """What made a result.

    ``created`` is in ISO format and UTC; ``program``, ``python``, ``numpy`` and ``torch`` are
    versions; ``parameters``, ``registration`` (one entry a crossed picture) and ``results``
    (the numbers that came out) are plain JSON.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    format_version: Literal[1] = 1
    created: str
    program: str
    python: str
    numpy: str
    torch: str
    bundle: str | None = None
    weights_sha256: Sha256 | None = None
    inputs: tuple[InputFile, ...] = ()
    parameters: dict[str, Any] = {}
    pixel_size_um: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    registration: tuple[dict[str, Any], ...] | None = None
    results: dict[str, Any] = {}


def new_provenance(
    *,
    inputs: Sequence[InputFile] = (),
    bundle: str | None = None,
    weights_sha256: str | None = None,
    parameters: Mapping[str, Any] | None = None,
    pixel_size_um: float | None = None,
    registration: Sequence[Mapping[str, Any]] | None = None,
    results: Mapping[str, Any] | None = None,
) -> Provenance:
    """Describe a result that is made now, by this program."""
    return Provenance(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        program=__version__,
        python=platform.python_version(),
        numpy=np.__version__,
        torch=version("torch"),
        bundle=bundle,
        weights_sha256=weights_sha256,
        inputs=tuple(inputs),
        parameters=dict(parameters or {}),
        pixel_size_um=pixel_size_um,
        registration=None if registration is None else tuple(dict(r) for r in registration),
        results=dict(results or {}),
    )


def hash_file(path: str | Path) -> str:
    """SHA-256 of a file's content, 64 hexadecimal digits.

    Raises
    ------
    BadInput
        The file cannot be read.
    """
    try:
        with Path(path).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise BadInput(f"{path} cannot be opened ({cause}); check the path.") from error


def hash_array(array: NDArray[Any]) -> str:
    """SHA-256 of an array's type, shape and values (row by row), 64 hexadecimal digits."""
    little = array.dtype.newbyteorder("<")
    digest = hashlib.sha256(f"{little.str}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array, dtype=little).tobytes())
    return digest.hexdigest()


def write_provenance(path: str | Path, provenance: Provenance) -> None:
    """Write provenance as JSON; the file appears whole or not at all.

    Raises
    ------
    CannotWrite
        The folder is read-only or absent, or the disk is full.
    """
    with replace_file(path) as aside:
        aside.write_text(provenance.model_dump_json(indent=2) + "\n", encoding="utf-8")


def read_provenance(path: str | Path) -> Provenance:
    """Read what :func:`write_provenance` wrote.

    Raises
    ------
    BadInput
        The file is absent, damaged, of another kind or of a format version of the future.
    """
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise BadInput(f"{path} cannot be opened ({cause}); check the path.") from error
    if len(content) > MAX_BYTES:
        raise BadInput(f"{path} has more than 16 MiB and is no provenance file; check the path.")
    try:
        return Provenance.model_validate_json(content)
    except ValidationError as error:
        raise BadInput(f"{path} is no provenance that this program reads: {_fault(error)}.") from (
            error
        )


def _fault(error: ValidationError) -> str:
    """Say in a few words where the first fault is."""
    fault = error.errors(include_url=False, include_context=False)[0]
    if fault["loc"] == ("format_version",):
        return (
            f"it has format version {fault['input']} and this program reads {FORMAT_VERSION}; "
            f"update napari-mineralseg"
        )
    place = ".".join(str(part) for part in fault["loc"])
    return " ".join(f"{place or 'the whole'}: {fault['msg']}".split())[:200]
