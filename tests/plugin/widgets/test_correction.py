"""Correcting a result: classes, numbers, review, saving, resuming, exporting."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_mineralseg.state.keys import ACCEPT, FLIP, NEXT, PREVIOUS

Until = Callable[[Callable[[], bool]], None]
SPOT = (slice(20, 30), slice(40, 60))


def paint(labels: Any, class_id: int) -> None:
    """Change a spot of 200 pixels as one undoable edit."""
    y, x = np.mgrid[SPOT]
    labels.data_setitem((y.ravel(), x.ravel()), class_id)


def share(dock: Any, name: str) -> float:
    return float(dock.correction.table.row(name).percent)


def shown_percent(dock: Any, row: int) -> str:
    return str(dock.correction.classes.item(row, 2).text())


def press(viewer: Any, key: str) -> Any:
    """Call what the viewer has bound to a key."""
    from app_model.types import KeyBinding

    bound = viewer.keymap[KeyBinding.from_str(key)]
    return bound(viewer)


def test_the_table_follows_an_edit_and_its_undo(segmented: Any, until: Until) -> None:
    _, dock = segmented
    labels = dock.correction.field.labels
    labels.data[...] = 1
    labels.refresh()
    until(lambda: share(dock, "K-feldspar") == 100)
    paint(labels, 4)
    wanted = 100 * 200 / labels.data.size
    until(lambda: share(dock, "quartz") == pytest.approx(wanted))
    assert shown_percent(dock, 3) == f"{wanted:.1f}"
    labels.undo()
    until(lambda: share(dock, "quartz") == 0)
    labels.redo()
    until(lambda: share(dock, "quartz") == pytest.approx(wanted))


def test_a_brush_stroke_counts_before_it_ends(segmented: Any, until: Until) -> None:
    _, dock = segmented
    labels = dock.correction.field.labels
    labels.data[...] = 1
    labels.refresh()
    until(lambda: share(dock, "K-feldspar") == 100)
    labels.brush_size = 9
    with labels.block_history():
        labels.paint((50, 60), 5)
        until(lambda: share(dock, "pore") > 0)


def test_a_value_that_is_no_class_is_told(segmented: Any, until: Until) -> None:
    _, dock = segmented
    paint(dock.correction.field.labels, 77)
    until(lambda: "77" in dock.bar.message.text())


def test_a_click_on_a_class_paints_with_it(segmented: Any, qtbot: Any) -> None:
    viewer, dock = segmented
    table = dock.correction.classes
    viewer.layers.selection.active = viewer.layers["2a (ppl)"]
    at = table.visualItemRect(table.item(3, 1)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    labels = dock.correction.field.labels
    assert viewer.layers.selection.active == labels
    assert labels.selected_label == 4
    assert labels.mode == "paint"
    labels.selected_label = 1
    assert table.chosen_id == 1


def test_a_check_box_hides_a_class(segmented: Any) -> None:
    _, dock = segmented
    labels = dock.correction.field.labels
    assert dock.correction.classes.hidden_ids == [0]
    assert labels.get_color(4)[3] == 1
    dock.correction.classes.item(3, 0).setCheckState(Qt.CheckState.Unchecked)
    assert labels.get_color(4)[3] == 0
    assert labels.get_color(1)[3] == 1
    dock.correction.classes.item(0, 0).setCheckState(Qt.CheckState.Checked)
    colour = labels.colormap.map(np.uint8(0))
    np.testing.assert_allclose(colour, np.array([0x6B, 0x62, 0x56, 0xFF]) / 255, atol=1e-3)


def test_keys_flip_the_light(segmented: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    viewer, _ = segmented
    plane, crossed = viewer.layers["2a (ppl)"], viewer.layers["2a (xpl)"]
    tap = press(viewer, FLIP)
    next(tap)
    assert crossed.visible
    assert not plane.visible
    assert list(tap) == []
    assert crossed.visible
    monkeypatch.setattr("napari_mineralseg.widgets.key_bindings.HOLD_S", -1.0)
    hold = press(viewer, FLIP)
    next(hold)
    assert plane.visible
    assert list(hold) == []
    assert crossed.visible


def test_keys_lead_through_the_uncertain_regions(segmented: Any) -> None:
    viewer, dock = segmented
    regions = dock.correction.field.outcome.regions
    assert len(regions) > 1
    press(viewer, NEXT)
    box = viewer.layers["uncertain region"]
    assert viewer.layers.selection.active == dock.correction.field.labels
    y0, y1, x0, x1 = regions[0].bounds
    np.testing.assert_allclose(box.data[0].min(axis=0)[-2:], (y0 - 0.5, x0 - 0.5))
    np.testing.assert_allclose(box.data[0].max(axis=0)[-2:], (y1 - 0.5, x1 - 0.5))
    centre = np.array(viewer.scene.camera.center[-2:])
    np.testing.assert_allclose(centre, ((y0 + y1) / 2, (x0 + x1) / 2), atol=1)
    assert dock.correction.review.place.text().startswith("Region 1 of")
    press(viewer, PREVIOUS)
    assert dock.correction.review.place.text().startswith(f"Region {len(regions)} of")


def test_accepting_marks_as_reviewed_and_goes_on(segmented: Any) -> None:
    viewer, dock = segmented
    field = dock.correction.field
    press(viewer, NEXT)
    press(viewer, ACCEPT)
    assert field.keeper.flush()
    reviewed = field.keeper.session.reviewed()
    assert reviewed[field.outcome.regions[0].slices].all()
    assert field.keeper.is_touched
    assert field.review.position == 1
    assert "1 reviewed" in dock.correction.review.place.text()


def test_napari_uses_none_of_our_keys() -> None:
    from napari.utils.shortcuts import default_shortcuts

    image_and_labels = {
        str(key)
        for action, keys in default_shortcuts.items()
        if not any(kind in action for kind in ("point", "shape", "vector", "track", "surface"))
        for key in keys
    }
    ours = {key.replace("+", "+") for key in (FLIP, NEXT, PREVIOUS, ACCEPT)}
    assert not ours & image_and_labels


def test_every_edit_is_on_disk_within_two_seconds(segmented: Any, until: Until) -> None:
    from mineralseg_models.sessions.opening import open_session

    _, dock = segmented
    keeper = dock.correction.field.keeper
    start = time.monotonic()
    paint(keeper._layer, 5)
    until(lambda: not keeper.pending)
    assert time.monotonic() - start < 2.5
    labels, touched = open_session(keeper.session.folder).latest()
    assert (labels[SPOT] == 5).all()
    assert touched.sum() == keeper.corrected_px > 0
    until(lambda: dock.correction.saved.text().startswith("Saved "))
    assert f"{keeper.corrected_px} px corrected" in dock.correction.saved.text()


def test_the_session_lies_beside_the_picture(segmented: Any, pair: tuple[Path, Path]) -> None:
    _, dock = segmented
    folder = dock.correction.field.keeper.session.folder
    assert folder == pair[0].with_name("2a.mineralseg")
    record = json.loads((folder / "session.json").read_text())
    assert record["bundle"]["name"] == "tiny-ppl-xpl"
    assert [i["role"] for i in record["provenance"]["inputs"]] == ["plane", "crossed"]


def test_an_earlier_correction_is_offered_and_resumed(
    segmented: Any, open_dock: Any, pair: tuple[Path, Path], until: Until
) -> None:
    viewer, dock = segmented
    paint(dock.correction.field.labels, 5)
    pixels = dock.correction.field.keeper.corrected_px
    left = dock.correction.field.labels.data.copy()
    viewer.close()

    viewer, dock = open_dock(lambda v: v.open(str(pair[0]), plugin="napari-mineralseg"))
    until(lambda: not dock.sessions.bar.isHidden())
    assert f"{pixels} px corrected" in dock.sessions.bar.text.text()
    assert "Correction of 2a from" in dock.sessions.bar.text.text()
    dock.sessions.bar.resume.click()
    until(lambda: dock.correction.field is not None)
    labels = viewer.layers["2a (ppl) minerals"]
    np.testing.assert_array_equal(labels.data, left)
    assert dock.sessions.bar.isHidden()
    assert dock.correction.field.keeper.corrected_px == pixels
    assert "2a (ppl) uncertainty" in [layer.name for layer in viewer.layers]
    paint(labels, 4)
    assert dock.correction.field.keeper.flush()


def test_start_anew_keeps_the_old_correction(
    segmented: Any, open_dock: Any, pair: tuple[Path, Path], until: Until
) -> None:
    viewer, dock = segmented
    paint(dock.correction.field.labels, 5)
    viewer.close()

    viewer, dock = open_dock(lambda v: v.open(str(pair[0]), plugin="napari-mineralseg"))
    until(lambda: not dock.sessions.bar.isHidden())
    dock.sessions.bar.anew.click()
    assert dock.sessions.bar.isHidden()
    dock.start()
    until(lambda: dock.correction.field is not None and not dock.run.is_busy)
    until(lambda: dock.correction.field.keeper.session is not None)
    assert len(list(pair[0].parent.glob("2a.mineralseg-*"))) == 1
    assert any("earlier correction" in str(n.message) for n in notification_manager.records)


def test_an_untouched_session_leaves_no_litter(
    segmented: Any, pair: tuple[Path, Path], until: Until
) -> None:
    _, dock = segmented
    first = dock.correction.field
    dock.start()
    until(lambda: dock.correction.field is not first and not dock.run.is_busy)
    until(lambda: dock.correction.field.keeper.session is not None)
    assert [p.name for p in pair[0].parent.glob("2a.mineralseg*")] == ["2a.mineralseg"]


def test_a_deleted_result_is_offered_again(segmented: Any, until: Until) -> None:
    viewer, dock = segmented
    paint(dock.correction.field.labels, 5)
    viewer.layers.remove("2a (ppl) minerals")
    assert dock.correction.field is None
    until(lambda: not dock.sessions.bar.isHidden())
    assert [layer.name for layer in viewer.layers] == ["2a (xpl)", "2a (ppl)"]


def test_a_folder_that_cannot_be_written_is_told(
    open_dock: Any, pair: tuple[Path, Path], until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mineralseg_models.errors import CannotWrite

    def refuse(*_: Any, **__: Any) -> None:
        raise CannotWrite("The folder is read-only: choose another.")

    monkeypatch.setattr("mineralseg_models.sessions.creation.create_session", refuse)
    _, dock = open_dock(lambda v: v.open(str(pair[0]), plugin="napari-mineralseg"))
    dock.start()
    until(lambda: dock.correction.field is not None and not dock.run.is_busy)
    until(lambda: "read-only" in dock.correction.saved.text())
    paint(dock.correction.field.labels, 5)
    assert dock.correction.field.keeper.corrected_px > 0


def test_export_writes_what_the_command_line_writes(
    segmented: Any, tmp_path: Path, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    from PIL import Image

    _, dock = segmented
    paint(dock.correction.field.labels, 5)
    out = tmp_path / "results"
    monkeypatch.setattr(
        "napari_mineralseg.widgets.exporter.QFileDialog.getExistingDirectory",
        lambda *_: str(out),
    )
    dock.correction.export.click()
    until(lambda: "Exported" in dock.bar.message.text())
    endings = ("labels.png", "uncertainty.tif", "modal.csv", "overlay.png", "provenance.json")
    assert {f"2a_{e}" for e in endings} <= {p.name for p in out.iterdir()}
    written = np.asarray(Image.open(out / "2a_labels.png"))
    np.testing.assert_array_equal(written, dock.correction.field.labels.data)
    provenance = json.loads((out / "2a_provenance.json").read_text())
    assert provenance["results"]["corrected_px"] == dock.correction.field.keeper.corrected_px


def test_export_asks_before_it_replaces(
    segmented: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from qtpy.QtWidgets import QMessageBox

    _, dock = segmented
    (tmp_path / "2a_labels.png").write_text("mine")
    monkeypatch.setattr(
        "napari_mineralseg.widgets.exporter.QFileDialog.getExistingDirectory",
        lambda *_: str(tmp_path),
    )
    monkeypatch.setattr(
        "napari_mineralseg.widgets.exporter.QMessageBox.question",
        lambda *_: QMessageBox.StandardButton.No,
    )
    dock.correction.export.click()
    assert (tmp_path / "2a_labels.png").read_text() == "mine"
    assert not (tmp_path / "2a_modal.csv").exists()


def test_the_table_goes_to_the_clipboard(segmented: Any) -> None:
    _, dock = segmented
    dock.correction.copy.click()
    lines = QApplication.clipboard().text().splitlines()
    assert lines[0].split("\t")[:4] == ["class_id", "class", "pixels", "percent"]
    assert len(lines) == 6


def test_a_large_picture_is_counted_in_the_background(
    segmented: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, dock = segmented
    monkeypatch.setattr("napari_mineralseg.tasks.LARGE_PX", 0)
    labels = dock.correction.field.labels
    labels.data[...] = 1
    labels.refresh()
    dock.correction.count()
    labels.data[...] = 4
    labels.refresh()
    dock.correction.count()
    until(lambda: share(dock, "quartz") == 100)
    dock.correction.count()
    dock.correction.show_field(None)


def test_without_a_crossed_picture_there_is_nothing_to_flip(
    open_dock: Any, one_picture: Any, until: Until
) -> None:
    _, dock = open_dock(one_picture)
    dock.correction.flip()
    dock.correction.step(1)
    dock.correction.accept()
    dock.start()
    until(lambda: dock.correction.field is not None and not dock.run.is_busy)
    dock.correction.flip()
    assert "no crossed picture" in dock.bar.message.text()


def test_everything_reviewed(segmented: Any) -> None:
    from napari_mineralseg.state.review import Review

    viewer, dock = segmented
    field = dock.correction.field
    field.review = Review(field.outcome.regions[:1])
    dock.correction.step(1)
    dock.correction.accept()
    assert dock.correction.review.place.text() == "All uncertain regions are reviewed."
    assert not dock.correction.review.next.isEnabled()
    assert not viewer.layers["uncertain region"].visible


def test_an_export_that_fails_is_told(segmented: Any, tmp_path: Path, until: Until) -> None:
    _, dock = segmented
    (tmp_path / "file").write_text("")
    dock.exporter.write(dock.correction.field, tmp_path / "file")
    dock.exporter.write(dock.correction.field, tmp_path / "file")
    assert "at work" in dock.bar.message.text()
    until(lambda: "is a file" in dock.bar.message.text())


def test_a_session_that_cannot_be_opened_is_told(
    segmented: Any, open_dock: Any, pair: tuple[Path, Path], until: Until
) -> None:
    viewer, _ = segmented
    viewer.close()
    (pair[0].with_name("2a.mineralseg") / "session.json").write_text("{}")
    _, dock = open_dock(lambda v: v.open(str(pair[0]), plugin="napari-mineralseg"))
    until(lambda: not dock.sessions.bar.isHidden())
    assert "cannot be opened" in dock.sessions.bar.text.text()


def test_a_session_of_a_picture_that_changed_says_so(
    segmented: Any, open_dock: Any, pair: tuple[Path, Path], until: Until
) -> None:
    from PIL import Image

    viewer, dock = segmented
    paint(dock.correction.field.labels, 5)
    viewer.close()
    Image.fromarray(255 - np.asarray(Image.open(pair[0]))).save(pair[0])
    _, dock = open_dock(lambda v: v.open(str(pair[0]), plugin="napari-mineralseg"))
    until(lambda: not dock.sessions.bar.isHidden())
    dock.sessions.resume()
    until(lambda: dock.correction.field is not None)
    assert any("not the picture" in str(n.message) for n in notification_manager.records)


def test_a_result_outlives_its_picture(segmented: Any, tmp_path: Path, until: Until) -> None:
    viewer, dock = segmented
    field = dock.correction.field
    for name in ("2a (ppl)", "2a (xpl)"):
        viewer.layers.remove(name)
    assert dock.correction.field is field
    dock.exporter.write(field, tmp_path / "out")
    until(lambda: "Exported" in dock.bar.message.text())
