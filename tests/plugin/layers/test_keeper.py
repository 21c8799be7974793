"""Edits of a label layer reach its session, however they are made."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.layers import Labels

from mineralseg_models.sessions.creation import create_session
from mineralseg_models.sessions.session import Session
from mineralseg_models.taxonomy import MineralClass, Taxonomy
from napari_mineralseg.layers.keeper import Keeper

TAXONOMY = Taxonomy((MineralClass(0, "other", "#102030"), MineralClass(4, "quartz", "#ff0000")))


@pytest.fixture
def layer() -> Labels:
    return Labels(np.zeros((40, 50), np.uint8))


@pytest.fixture
def session(tmp_path: Path, layer: Labels) -> Session:
    picture = tmp_path / "2a.png"
    return create_session(
        picture=picture, picture_sha256="0" * 64, taxonomy=TAXONOMY, prediction=layer.data
    )


@pytest.fixture
def keeper(layer: Labels, session: Session) -> Iterator[Keeper]:
    made = Keeper(layer, layer.data.copy())
    made.save_into(session)
    yield made
    made.close()


def set_item(layer: Labels) -> None:
    layer.data_setitem((np.array([7]), np.array([8])), 4)


def paint(layer: Labels) -> None:
    layer.brush_size = 1
    layer.paint((7, 8), 4)


def fill(layer: Labels) -> None:
    layer.fill((7, 8), 4)


def polygon(layer: Labels) -> None:
    layer.paint_polygon([(5, 5), (5, 12), (12, 12), (12, 5)], 4)


def by_code(layer: Labels) -> None:
    layer.data[7, 8] = 4
    layer.refresh()


@pytest.mark.parametrize("edit", [set_item, paint, fill, polygon, by_code])
def test_every_kind_of_edit_is_saved(
    keeper: Keeper, layer: Labels, edit: Callable[[Labels], None]
) -> None:
    told: list[None] = []
    keeper.edited.connect(lambda: told.append(None))
    edit(layer)
    assert told
    assert keeper.flush()
    labels, touched = keeper.session.latest()  # type: ignore[union-attr]
    np.testing.assert_array_equal(labels, layer.data)
    np.testing.assert_array_equal(touched, layer.data == 4)
    assert keeper.corrected_px == np.count_nonzero(layer.data)
    assert keeper.saved_at is not None
    assert keeper.is_touched


def test_undo_is_saved_too(keeper: Keeper, layer: Labels) -> None:
    paint(layer)
    assert keeper.flush()
    layer.undo()
    assert keeper.corrected_px == 0
    assert keeper.flush()
    assert not keeper.session.latest()[0].any()  # type: ignore[union-attr]


def test_looking_is_no_edit(keeper: Keeper, layer: Labels) -> None:
    told: list[None] = []
    keeper.edited.connect(lambda: told.append(None))
    layer.visible = False
    layer.visible = True
    layer.refresh()
    layer.contour = 1
    assert told == []
    assert not keeper.is_touched


def test_edits_before_the_session_are_saved_into_it(layer: Labels, session: Session) -> None:
    keeper = Keeper(layer, layer.data.copy())
    paint(layer)
    assert keeper.is_touched
    assert keeper.session is None
    assert keeper.flush()
    keeper.save_into(session)
    keeper.close()
    assert session.latest()[0][7, 8] == 4


def test_accepted_parts_count_as_exact(keeper: Keeper) -> None:
    keeper.accept((slice(0, 5), slice(0, 6)))
    assert keeper.exact().sum() == 30
    assert keeper.flush()
    assert keeper.session.reviewed().sum() == 30  # type: ignore[union-attr]


def test_labels_of_another_shape_are_told(keeper: Keeper, layer: Labels) -> None:
    layer.data = np.zeros((10, 10), np.uint8)
    assert "shape (10, 10)" in keeper.trouble


def test_ids_above_eight_bits_are_told(layer: Labels, session: Session) -> None:
    layer.data = layer.data.astype(np.uint16)
    keeper = Keeper(layer, np.zeros((40, 50), np.uint8))
    keeper.save_into(session)
    layer.data[0, 0] = 300
    layer.refresh()
    assert "0 to 255" in keeper.trouble
    keeper.close()


def test_a_full_disk_is_told_and_tried_again(
    keeper: Keeper, layer: Labels, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mineralseg_models.errors import CannotWrite

    def refuse(*_: Any) -> None:
        raise CannotWrite("The disk is full: free some space.")

    with monkeypatch.context() as patch:
        patch.setattr(Session, "save", refuse)
        paint(layer)
        assert not keeper.flush()
        assert "disk is full" in keeper.trouble
        assert keeper.pending
    assert keeper.flush()
    assert keeper.trouble == ""


def test_after_closing_nothing_is_followed(keeper: Keeper, layer: Labels) -> None:
    keeper.close()
    paint(layer)
    assert keeper.corrected_px == 0
