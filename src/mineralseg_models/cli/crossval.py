"""``mineralseg crossval``: scores of a recipe on fields that the model has not seen."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mineralseg_models.cli.echo import complain, tell
from mineralseg_models.cli.pictures import make_folder
from mineralseg_models.cli.progress_bar import run_with_bar
from mineralseg_models.cli.train import (
    Changes,
    Data,
    Device,
    Groups,
    RecipeName,
    check_device,
    command_line,
)


def crossval(
    recipe: RecipeName,
    data: Data,
    out: Annotated[Path, typer.Option("--out", help="Folder for folds and crossval.json.")],
    groups: Groups = None,
    changes: Changes = None,
    device: Device = "auto",
) -> None:
    """Cross-validate by groups of fields; finished folds are kept and not run again."""
    from mineralseg_models.training.crossval import crossval as run
    from mineralseg_models.training.recipe import load_recipe

    chosen = load_recipe(recipe, changes or [])
    check_device(device)
    make_folder(out)
    task = run(chosen, data, out, groups=groups, command=command_line(), device=device)
    report = run_with_bar(task, chosen.name)
    for warning in report["warnings"]:
        complain(warning)
    _print_scores(report["scores"])
    tell(f"{out / 'crossval.json'}")


def _print_scores(scores: dict[str, Any]) -> None:
    """Print the main scores with their intervals."""
    from rich.console import Console
    from rich.table import Table

    table = Table("", "value", "95 % interval (between groups of fields)", "groups")
    rows = {"pixel accuracy": scores["pixel_accuracy"], "mean IoU": scores["mean_iou"]}
    rows |= {f"IoU of {name}": values["iou"] for name, values in scores["classes"].items()}
    for name, interval in rows.items():
        value, low, high = (_text(interval[k]) for k in ("value", "low", "high"))
        table.add_row(name, value, f"{low} – {high}", str(interval["n_groups"]))
    console = Console()
    console.print(table)
    console.print(f"AUROC of the uncertainty against errors: {_text(scores['uncertainty_auroc'])}")


def _text(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
