"""One user from the first click to the results: sample, run, cancel, run, paint, undo, save,
reopen, export.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

Until = Callable[[Callable[[], bool]], None]


def open_sample(viewer: Any) -> None:
    viewer.open_sample("napari-mineralseg", "thin_section")


@pytest.mark.usefixtures("small_sample")
def test_from_the_sample_to_the_results(open_dock: Any, until: Until, tmp_path: Path) -> None:
    viewer, dock = open_dock(open_sample, show=True)
    assert dock.state.crossed == ("thin section crossed",)

    dock.bar.run.click()
    until(lambda: bool(dock.bar.cancel.isEnabled()))
    dock.bar.cancel.click()
    until(lambda: not dock.run.is_busy)
    assert [x.name for x in viewer.layers] == ["thin section crossed", "thin section plane"]

    dock.bar.run.click()
    until(lambda: dock.correction.field is not None and not dock.run.is_busy)
    field = dock.correction.field
    until(lambda: field.keeper.session is not None)

    before = field.labels.data.copy()
    dock.correction.classes.setCurrentCell(3, 1)
    assert field.labels.selected_label == 4
    assert field.labels.mode == "paint"
    field.labels.brush_size = 21
    field.labels.paint((40, 50), 4)
    field.labels.paint((60, 90), 5)
    painted = field.labels.data.copy()
    field.labels.undo()
    once = field.labels.data.copy()
    assert (before != once).any()
    assert (painted != once).any()
    until(lambda: not field.keeper.pending)
    until(lambda: dock.correction.saved.text().startswith("Saved"))
    viewer.close()

    viewer, dock = open_dock(open_sample)
    until(lambda: not dock.sessions.bar.isHidden())
    dock.sessions.bar.resume.click()
    until(lambda: dock.correction.field is not None)
    np.testing.assert_array_equal(dock.correction.field.labels.data, once)

    written: list[Any] = []
    dock.exporter.exported.connect(written.append)
    dock.exporter.write(dock.correction.field, tmp_path / "out")
    until(lambda: bool(written))
    labels = np.asarray(Image.open(tmp_path / "out" / "thin section plane_labels.png"))
    np.testing.assert_array_equal(labels, once)
