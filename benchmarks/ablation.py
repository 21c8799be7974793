"""Set cross-validations of several recipes beside each other.

    python benchmarks/ablation.py NAME=CROSSVAL_JSON … [--card CARD_JSON] [--out OUT]

The first is the one that the others are compared with: paired differences over the same groups,
with 95 % jackknife intervals. Writes OUT/ablation.json.
"""

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from forest import put_on_card

from mineralseg_models.scores.counts import iou, pixel_accuracy
from mineralseg_models.scores.intervals import jackknife_interval, of_class


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("reports", nargs="+", metavar="NAME=CROSSVAL_JSON")
    parser.add_argument("--card", type=Path, help="card.json to put the result on")
    parser.add_argument("--out", type=Path, default=Path("out"))
    args = parser.parse_args()
    named = dict(r.partition("=")[::2] for r in args.reports)
    reports = {name: json.loads(Path(path).read_text()) for name, path in named.items()}
    result = compare(reports)
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "ablation.json").write_text(json.dumps(result, indent=1))
    if args.card:
        put_on_card(args.card, "ablation", result)
    for name, row in result.items():
        print(name, *(f"{k} {v['value']:.3f}" for k, v in row.items() if isinstance(v, dict)))


def compare(reports: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the scores of each report and its differences from the first."""
    first = next(iter(reports.values()))
    quartz = [c["name"] for c in first["recipe"]["classes"]].index("quartz")
    scores = {"pixel_accuracy": pixel_accuracy, "quartz_iou": of_class(iou, quartz)}
    rows: dict[str, Any] = {}
    for name, report in reports.items():
        if report["groups"] != first["groups"]:
            raise SystemExit(f"{name} was cross-validated on other groups.")
        ours, theirs = np.array(report["confusions"]), np.array(first["confusions"])
        row: dict[str, Any] = {"command": report["command"]}
        for key, score in scores.items():
            row[key] = vars(jackknife_interval(ours, score))
            if report is not first:
                row[f"{key}_difference"] = vars(jackknife_interval(ours, score, baseline=theirs))
        row["uncertainty_auroc"] = {"value": report["scores"]["uncertainty_auroc"]}
        rows[name] = row
    return rows


if __name__ == "__main__":
    main()
