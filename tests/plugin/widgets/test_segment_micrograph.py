"""What a user does with the dock."""

from collections.abc import Callable
from typing import Any

import numpy as np

Until = Callable[[Callable[[], bool]], None]


def test_one_click_segments_the_only_picture(
    open_dock: Any, one_picture: Any, until: Until
) -> None:
    viewer, dock = open_dock(one_picture)
    assert dock.state.offer.name == "tiny-ppl"
    assert dock.bar.run.isEnabled()
    dock.bar.run.click()
    until(lambda: dock.correction.field is not None)
    field = dock.correction.field
    labels = viewer.layers["field minerals"]
    assert labels.editable
    assert labels.data.shape == (96, 128)
    assert labels.data.dtype == np.uint8
    assert tuple(labels.scale) == (1, 1)
    assert [str(u) for u in labels.units] == ["micrometer", "micrometer"]
    assert labels.axis_labels == ("y", "x")
    assert list(labels.features["class"])[3] == "quartz"
    np.testing.assert_array_equal(labels.data, field.outcome.predicted)
    uncertainty = viewer.layers["field uncertainty"]
    assert not uncertainty.visible
    assert uncertainty.contrast_limits == [0, 1]
    assert dock.correction.table is not None
    until(lambda: not dock.run.is_busy)
    assert "Done" in dock.bar.message.text()
