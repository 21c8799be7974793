from typing import Any

import pytest

from napari_mineralseg.parts.share_bar import ShareBar


def test_parts_are_as_wide_as_their_shares(qtbot: Any) -> None:
    bar = ShareBar()
    qtbot.addWidget(bar)
    bar.resize(200, 12)
    bar.show_shares([("#ff0000", 1.0), ("#00ff00", 0.0), ("#0000ff", 3.0)])
    parts = bar.parts()
    assert [colour for colour, _ in parts] == ["#ff0000", "#0000ff"]
    assert [r.width() for _, r in parts] == pytest.approx([50, 150])
    image = bar.grab().toImage()
    assert image.pixelColor(25, 6).name() == "#ff0000"
    assert image.pixelColor(125, 6).name() == "#0000ff"


def test_without_shares_it_is_hidden(qtbot: Any) -> None:
    bar = ShareBar()
    qtbot.addWidget(bar)
    bar.show_shares([("#ff0000", 0.0)])
    assert bar.isHidden()
    assert bar.parts() == []
