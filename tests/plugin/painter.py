"""A napari that paints without end, to be killed; run by test_killed_while_painting.py.

Writes a line for every stroke that is on the canvas: its number and the time.
"""

import sys
import time
from pathlib import Path

import napari
import numpy as np
from qtpy.QtCore import QTimer

from mineralseg_models.sessions.creation import create_session
from mineralseg_models.taxonomy import MineralClass, Taxonomy
from napari_mineralseg.layers.keeper import Keeper

SHAPE = (300, 400)
TAXONOMY = Taxonomy((MineralClass(0, "other", "#102030"), MineralClass(4, "quartz", "#ff0000")))


def main(folder: Path) -> None:
    """Open a label layer with its session and paint one pixel after the other."""
    viewer = napari.Viewer()
    labels = viewer.add_labels(np.zeros(SHAPE, np.uint8))
    labels.brush_size = 1
    keeper = Keeper(labels, labels.data.copy())
    picture = folder / "2a.png"
    keeper.save_into(
        create_session(
            picture=picture, picture_sha256="0" * 64, taxonomy=TAXONOMY, prediction=labels.data
        )
    )
    log = (folder / "strokes.txt").open("w", buffering=1)
    strokes = iter(range(SHAPE[0] * SHAPE[1]))

    def stroke() -> None:
        n = next(strokes)
        labels.paint(divmod(n, SHAPE[1]), 4)
        log.write(f"{n} {time.time()}\n")

    timer = QTimer()
    timer.timeout.connect(stroke)
    timer.start(15)
    napari.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
