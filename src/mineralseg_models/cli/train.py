"""``mineralseg train``: from a recipe and a folder of pictures and masks to a model bundle."""

import json
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mineralseg_models.cli.echo import complain, tell
from mineralseg_models.cli.pictures import make_folder
from mineralseg_models.cli.progress_bar import run_with_bar
from mineralseg_models.errors import BadInput

if TYPE_CHECKING:
    from mineralseg_models.training.recipe import Recipe

RecipeName = Annotated[str, typer.Argument(help="Name of a shipped recipe, or a TOML file.")]
Data = Annotated[
    Path, typer.Option("--data", help="Folder with ppl/ or images/, xpl*/, masks/ (see docs).")
]
Groups = Annotated[
    Path | None,
    typer.Option("--groups", help="Table stem,group; default groups.csv in the folder."),
]
Changes = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change of the recipe, as fit.steps=100; several possible."),
]
Device = Annotated[str, typer.Option("--device", help="auto, cpu, cuda or mps.")]


def train(
    recipe: RecipeName,
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="Folder of the bundle to write.")],
    groups: Groups = None,
    changes: Changes = None,
    scores: Annotated[
        Path | None,
        typer.Option("--scores", help="crossval.json of the same recipe, for the card."),
    ] = None,
    parent: Annotated[
        str | None, typer.Option("--parent", help="Name of the bundle this one descends from.")
    ] = None,
    device: Device = "auto",
) -> None:
    """Train a network on all fields of a folder; a stopped run goes on where it stood."""
    from mineralseg_models.training.recipe import load_recipe
    from mineralseg_models.training.train import train as run

    chosen = load_recipe(recipe, changes or [])
    check_device(device)
    _check_target(out)
    task = run(
        chosen,
        data,
        out,
        groups=groups,
        scores=_read_scores(scores, chosen),
        parent=parent,
        command=command_line(),
        device=device,
    )
    bundle = run_with_bar(task, chosen.name)
    for warning in bundle.card.scores["learning"]["warnings"]:
        complain(warning)
    tell(f"{bundle.folder}")


def check_device(device: str) -> None:
    """Refuse a device that is not there before pictures are read."""
    from mineralseg_models.runtime.runner import choose_device

    choose_device(device)


def _check_target(out: Path) -> None:
    """Refuse a place where no bundle can be written, before the hours of training."""
    from mineralseg_models.bundles.card import NAME_PATTERN
    from mineralseg_models.bundles.checks import CARD

    target = out.resolve()
    if not re.fullmatch(NAME_PATTERN, target.name):
        raise BadInput(
            f"'{target.name}' is no name of a bundle: lower-case letters, digits and hyphens are "
            "expected; choose another folder by --out."
        )
    if target.exists() and not (target / CARD).is_file():
        raise BadInput(f"{out} exists and is no bundle; choose another folder by --out.")
    make_folder(target.parent)


def command_line() -> str:
    """Return the command as it was given, for the record."""
    return shlex.join(["mineralseg", *sys.argv[1:]])


def _read_scores(path: Path | None, recipe: "Recipe") -> dict[str, Any] | None:
    """Read a report of a cross-validation and see that it belongs to the recipe."""
    if path is None:
        return None
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
        digest = report["digest"]
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise BadInput(f"{path} cannot be opened ({cause}); check the path.") from error
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise BadInput(
            f"{path} is no report of 'mineralseg crossval'; its crossval.json is expected."
        ) from error
    if digest != recipe.digest:
        raise BadInput(f"{path} was made with another recipe; run 'mineralseg crossval' again.")
    return dict(report)
