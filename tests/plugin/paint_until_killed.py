"""Segment (or resume) a picture in a real napari window and paint, a stroke every few milliseconds.

Run by test_kill.py: ``paint_until_killed.py PICTURE``. Prints ``seconds row column value`` after
each stroke.
"""

import itertools
import sys
import time

import napari
from qtpy.QtCore import QTimer

viewer = napari.Viewer(show=True)
viewer.open(sys.argv[1], plugin="napari-mineralseg")
_, dock = viewer.window.add_plugin_dock_widget("napari-mineralseg", "Segment micrograph")
places = itertools.count()


def begin() -> None:
    """Resume the session where one is offered, else run."""
    if dock.sessions.bar.isVisible():
        dock.sessions.resume()
    else:
        dock.bar.run.click()


def paint() -> None:
    """Paint one pixel with another class than it has."""
    field = dock.correction.field
    if field is None or field.keeper.session is None:
        return
    layer = field.labels
    rows, columns = layer.data.shape
    row, column = divmod(next(places) * 7 % (rows * columns), columns)
    value = 4 if layer.data[row, column] != 4 else 2
    with layer.block_history():
        layer.data_setitem((row, column), value)
    print(time.time(), row, column, value, flush=True)  # noqa: T201


QTimer.singleShot(1500, begin)
timer = QTimer()
timer.timeout.connect(paint)
timer.start(25)
napari.run()
