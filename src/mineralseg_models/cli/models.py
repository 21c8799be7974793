"""``mineralseg models``: the bundles that can be used, and the broken ones with the reason."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mineralseg_models.cli.echo import plain, tell
from mineralseg_models.errors import BadInput

if TYPE_CHECKING:
    from mineralseg_models.bundles.card import Card, CrossValidatedError
    from mineralseg_models.bundles.catalogue import Listing

COLUMNS = ("Pictures", "µm/px", "Accuracy*", "Licence")


def models(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
    path: Annotated[
        list[Path] | None,
        typer.Option("--path", help="A further folder of bundles; may be given several times."),
    ] = None,
) -> None:
    """List the model bundles: shipped ones, your own, and broken ones with the reason."""
    from mineralseg_models.bundles.catalogue import list_bundles

    absent = [p for p in path or () if not os.path.isdir(p)]
    if absent:
        raise BadInput(f"{absent[0]} is no folder; --path takes a bundle or a folder of bundles.")
    rows = [_row(listing) for listing in list_bundles(tuple(path or ()))]
    if as_json:
        typer.echo(json.dumps(rows, indent=2))
    else:
        _print_table(rows)


def _row(listing: "Listing") -> dict[str, Any]:
    """Return what is known about a bundle, ready for JSON."""
    row: dict[str, Any] = {"name": listing.name, "folder": str(listing.folder)}
    if listing.bundle is None:
        return {**row, "ok": False, "reason": listing.reason}
    return {**row, "ok": True, "reason": None, **_card_row(listing.bundle.card)}


def _card_row(card: "Card") -> dict[str, Any]:
    """Return what a card says, ready for JSON."""
    part = card.segmentation
    return {
        "title": card.title,
        "description": card.description,
        "task": card.task,
        "created": card.created,
        "parent": card.parent,
        "classes": [c.model_dump() for c in part.classes],
        "inputs": [i.kind for i in part.inputs],
        "pixel_size_um": part.pixel_size_um.model_dump(),
        "licence": card.weights.licence,
        "training_data": [d.model_dump() for d in card.training_data],
        "limits": list(card.limits),
        "cross_validated": _cross_validated(part.error),
    }


def _cross_validated(error: "CrossValidatedError | None") -> dict[str, Any] | None:
    """Scores on fields that the model had not seen, from the card's matrices."""
    if error is None or not error.confusions:
        return None
    import numpy as np

    from mineralseg_models.scores import counts

    pooled = np.array(error.confusions, dtype=np.int64).sum(axis=0)
    return {
        "pixel_accuracy": counts.number_or_none(counts.pixel_accuracy(pooled)),
        "mean_iou": counts.number_or_none(counts.mean_iou(pooled)),
        "n_groups": len(error.groups),
    }


def _print_table(rows: list[dict[str, Any]]) -> None:
    """Print the sound bundles as a table and the broken ones below."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Column, Table

    console = Console()
    sound = [r for r in rows if r["ok"]]
    if not rows:
        console.print("There are no model bundles.")
    if sound:
        table = Table(Column("Name", no_wrap=True), *COLUMNS)
        for row in sound:
            table.add_row(*(escape(plain(cell)) for cell in _cells(row)))
        console.print(table)
        tell("* of pixels, on fields that the model had not seen")
        for row in sound:
            tell(f"{row['name']}: {row['title']}")
            tell(f"  classes: {', '.join(c['name'] for c in row['classes'])}")
    for row in rows:
        if not row["ok"]:
            tell(f"broken: {row['folder']}: {row['reason']}")


def _cells(row: dict[str, Any]) -> list[str]:
    """Cells of a sound bundle."""
    size, cross_validated = row["pixel_size_um"], row["cross_validated"] or {}
    accuracy = cross_validated.get("pixel_accuracy")
    return [
        row["name"],
        " + ".join(row["inputs"]),
        f"{size['min']:g}–{size['max']:g}",
        "–" if accuracy is None else f"{100 * accuracy:.0f} %",
        row["licence"],
    ]
