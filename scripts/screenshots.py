"""Make the pictures of the documentation: the window with a segmented sample.

python scripts/screenshots.py [--out docs/images]      (make screenshots)
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from napari_mineralseg import demo


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("docs/images"))
    target = parser.parse_args().out
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        code = demo.main(["--headless", "--out", folder])
        if code == 0:
            shutil.copy(Path(folder) / "screenshot.png", target / "segment.png")
    return code


if __name__ == "__main__":
    sys.exit(main())
