"""Check the intervals of the modal table on the groups of fields that a card was validated on.

    python scripts/interval_coverage.py [NAME_OR_PATH ...]      (default: every bundle at hand)

Each group in turn is taken for a new field: its mapped shares are adjusted with the confusion
matrices of the other groups, and the 95 % interval is compared with its true shares.
"""

import argparse
import sys
from collections.abc import Sequence

from mineralseg_models.bundles.bundle import Bundle
from mineralseg_models.bundles.catalogue import find_bundle, list_bundles
from mineralseg_models.errors import MineralsegError
from mineralseg_models.measure.adjusted import leave_one_group_out_coverage


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("bundles", nargs="*", metavar="NAME_OR_PATH")
    try:
        bundles = _chosen(parser.parse_args().bundles)
    except MineralsegError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for bundle in bundles:
        print(report(bundle))
    if not bundles:
        print("There are no bundles.")
    return 0


def _chosen(names: Sequence[str]) -> list[Bundle]:
    if names:
        return [find_bundle(name) for name in names]
    return [entry.bundle for entry in list_bundles() if entry.bundle is not None]


def report(bundle: Bundle) -> str:
    """Return a small table of one bundle as text."""
    card = bundle.card.segmentation
    if card.error is None or len(card.error.groups) < 3:
        return f"{bundle.name}: its card holds fewer than three groups of fields.\n"
    found = leave_one_group_out_coverage(card.error)
    names = {c.id: c.name for c in card.classes}
    lines = [f"{bundle.name}: {len(card.error.groups)} groups of fields"]
    lines += [
        f"  {names.get(i, i):<20} {hits:>3} of {tried:<3} mean width {width:5.1f} %"
        for i, hits, tried, width in zip(
            found.class_ids, found.hits, found.tried, found.width, strict=True
        )
    ]
    lines += [
        f"  {'all':<20} {found.hits.sum():>3} of {found.tried.sum():<3} held the true share "
        f"({100 * found.overall:.0f} %; 95 % are promised)",
        f"  mean absolute error of a share: mapped {found.mapped_error:.1f} %, "
        f"adjusted {found.adjusted_error:.1f} % of the field\n",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
