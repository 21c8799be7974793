"""Write docs/models.md from the cards of the bundles, so that no number there is typed by hand.

python scripts/model_pages.py [--bundles FOLDER] [--out docs/models.md]
"""

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mineralseg_models.bundles.bundle import Bundle, load_bundle
from mineralseg_models.bundles.card import Card
from mineralseg_models.bundles.catalogue import SHIPPED
from mineralseg_models.bundles.checks import CARD
from mineralseg_models.errors import MineralsegError
from mineralseg_models.io.atomic import replace_file
from mineralseg_models.measure.adjusted import leave_one_group_out_coverage

CLASS_SCORES = {
    "iou": "IoU",
    "precision": "precision",
    "recall": "recall",
    "f1": "F1",
    "specificity": "specificity",
}
KNOWN_SCORES = ("learning", "cross_validation")
HEAD = """\
# Models

<!-- Written by scripts/model_pages.py from the cards of the bundles: change those, not this. -->

A model is a [bundle](bundles.md): a card and weights. These come with the program; all that stands
here is on their cards. `mineralseg models` lists them together with your own.
"""
NONE = "\nThis copy of the program comes without bundles.\n"
SCORES_NOTE = (
    "Every field was scored by a model that had seen no field of its group, at the picture's own "
    "size, and pixels were pooled{over}. Brackets hold 95 % intervals between groups (cluster "
    "bootstrap), which come out too narrow with fewer than about ten groups."
)
COVERAGE_NOTE = (
    "The [interval of the modal table](numbers.md) checked on the groups themselves, each left out "
    "in turn: how often it held the true share, and its mean width in percent of the field. In all "
    "{hits} of {tried} intervals held it. Mean absolute error of a share: {mapped:.1f} % of the "
    "field as mapped, {adjusted:.1f} % adjusted."
)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--bundles", type=Path, default=SHIPPED, help="folder of bundles")
    parser.add_argument("--out", type=Path, default=Path("docs/models.md"))
    options = parser.parse_args()
    try:
        bundles = [load_bundle(f.parent) for f in sorted(options.bundles.glob(f"*/{CARD}"))]
        text = page(bundles)
        with replace_file(options.out) as aside:
            aside.write_text(text, encoding="utf-8")
    except MineralsegError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    print(f"{options.out}: {len(bundles)} bundles")
    return 0


def page(bundles: Sequence[Bundle]) -> str:
    """Return the page as Markdown."""
    return "".join([HEAD, *map(section, bundles)]) if bundles else HEAD + NONE


def section(bundle: Bundle) -> str:
    """Return what the card of one bundle says."""
    card = bundle.card
    parts = [
        f"\n## {card.name}\n\n{_plain(card.title).removesuffix('.')}.\n",
        _plain(card.description),
        _table(("", ""), _facts(bundle)),
        "### Classes\n",
        _table(("id", "class", "colour"), _classes(card)),
        "### Limits\n",
        "\n".join(f"- {_plain(limit)}" for limit in card.limits) or "None are stated.",
        "### Training data\n",
        _training_data(card),
        _scores(card),
        _coverage(card),
        *_other_scores(card),
        "### How it was made\n",
        _commands(card),
    ]
    return "\n".join(f"{part.rstrip()}\n" for part in parts if part)


def _facts(bundle: Bundle) -> Iterator[tuple[str, str]]:
    card, part = bundle.card, bundle.card.segmentation
    size = part.pixel_size_um
    weights = bundle.folder / card.weights.file
    crossed = "".join(" --xpl CROSSED" for _ in range(part.n_crossed))
    yield "pictures", " + ".join(i.kind for i in part.inputs)
    yield "pixel size", f"{size.min:g} to {size.max:g} µm"
    yield "without a known pixel size", f"{size.assumed:g} µm are assumed"
    yield "the network sees", f"{size.working:g} µm a pixel"
    yield "network", f"{part.network.name}, encoder {part.network.encoder}"
    yield "weights", f"{weights.stat().st_size / 1e6:.1f} MB, licence {card.weights.licence}"
    yield "made", f"{card.created}, by version {card.program}"
    yield "parent", card.parent or "none"
    yield "use", f"`mineralseg segment PLANE{crossed} --model {card.name} --out DIR`"


def _classes(card: Card) -> Iterator[tuple[str, str, str]]:
    for c in card.segmentation.classes:
        swatch = f'<span style="background:{c.colour};padding:0 .8em"></span>'
        yield str(c.id), c.name, f"{swatch} `{c.colour}`"


def _training_data(card: Card) -> str:
    rows = [(d.name, d.source, d.licence, d.used_for) for d in card.training_data]
    return _table(("data", "source", "licence", "used for"), rows) if rows else "None are stated."


def _scores(card: Card) -> str:
    """Return the cross-validated table with its intervals."""
    found = card.scores.get("cross_validation")
    if not isinstance(found, Mapping):
        return "### Scores\n\nThe card holds no cross-validated scores."
    classes = found.get("classes") or {}
    over = ""
    if "fields" in found and "groups" in found:
        over = f" over {found['fields']} fields of {found['groups']} groups"
    whole = {"pixel accuracy": "pixel_accuracy", "mean IoU": "mean_iou"}
    lines = [(name, _interval(found.get(key))) for name, key in whole.items()]
    auroc = _interval(found.get("uncertainty_auroc"))
    lines.append(("AUROC of the uncertainty against errors", auroc))
    rows = ((n, *(_interval(s.get(key)) for key in CLASS_SCORES)) for n, s in classes.items())
    note = SCORES_NOTE.format(over=over)
    return "\n".join(
        (
            f"### Scores on fields that the model had not seen\n\n{note}\n",
            _table(("score", "value"), lines),
            _table(("class", *CLASS_SCORES.values()), rows),
        )
    )


def _coverage(card: Card) -> str:
    """Return how often the interval of the modal table holds, if the card can tell."""
    error = card.segmentation.error
    if error is None or len(error.groups) < 3:
        return ""
    found = leave_one_group_out_coverage(error)
    names = {c.id: c.name for c in card.segmentation.classes}
    rows = (
        (names.get(i, str(i)), f"{hits} of {tried}", f"{width:.0f} %" if tried else "–")
        for i, hits, tried, width in zip(
            found.class_ids, found.hits, found.tried, found.width, strict=True
        )
    )
    note = COVERAGE_NOTE.format(
        hits=found.hits.sum(),
        tried=found.tried.sum(),
        mapped=found.mapped_error,
        adjusted=found.adjusted_error,
    )
    table = _table(("class", "held the true share", "mean width"), rows)
    return f"### Intervals of modal shares\n\n{note}\n\n{table}"


def _other_scores(card: Card) -> Iterator[str]:
    """Give whatever else the card reports, in the card's own words."""
    for name, value in card.scores.items():
        if name not in KNOWN_SCORES:
            title = _plain(name.replace("_", " ")).capitalize()
            yield f"### {title}\n\n{_table(('what', 'value'), _leaves(value))}"


def _leaves(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Give the values of free JSON with their places; an interval counts as one value."""
    if isinstance(node, Mapping) and not {"value", "low", "high"} <= set(node):
        for key, value in node.items():
            yield from _leaves(value, f"{path} · {key}" if path else str(key))
    else:
        yield path.replace("_", " "), _interval(node)


def _interval(value: Any) -> str:
    """Return a number, or a value with its interval; a dash where there is none."""
    if isinstance(value, Mapping):
        ends = [value.get("low"), value.get("high")]
        inside = "" if None in ends else f" ({_number(ends[0])} to {_number(ends[1])})"
        return _number(value.get("value")) + inside
    return _number(value)


def _number(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else _plain(str(value))


def _commands(card: Card) -> str:
    found = card.scores.get("cross_validation")
    crossval = found.get("command") if isinstance(found, Mapping) else None
    commands = [c for c in (crossval, card.command) if c]
    listed = "\n".join(f"    {' '.join(str(c).split())}" for c in commands)
    return listed or "The card names no command."


def _table(head: Sequence[str], rows: Any) -> str:
    lines = [head, ["---"] * len(head), *([_cell(c) for c in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _plain(text: str) -> str:
    """Return text of a card on one line and without HTML."""
    return " ".join(text.split()).replace("<", "&lt;")


if __name__ == "__main__":
    sys.exit(main())
