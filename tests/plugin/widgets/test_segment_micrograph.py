"""What a user does with the dock: from a click to corrected minerals, and what goes wrong."""

from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from napari.utils.notifications import notification_manager

from mineralseg_models.progress import Progress

Until = Callable[[Callable[[], bool]], None]


def notices() -> list[str]:
    """Sentences that napari showed."""
    return [str(n.message) for n in notification_manager.records]


@pytest.fixture(autouse=True)
def no_old_notices() -> None:
    notification_manager.records.clear()


@pytest.fixture
def slow_run(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that labels strips and then goes on until it is cancelled."""

    def endless(plane: Any, crossed: Any, *_: Any, **__: Any) -> Generator[Progress, None, None]:
        import time

        from mineralseg_models.segmentation.predict import TileDone

        rows, columns = plane.pixels.shape[:2]
        done = 0
        while True:
            y = 16 * (done % (rows // 16))
            strip = np.full((16, columns), 4, dtype=np.uint8)
            done += 1
            yield TileDone(done % 50, 50, "segmenting", (y, y + 16, 0, columns), strip)
            time.sleep(0.005)

    monkeypatch.setattr("napari_mineralseg.widgets.segmentation_run.segment", endless)


def names(viewer: Any) -> list[str]:
    return [layer.name for layer in viewer.layers]


def test_one_click_segments_the_only_picture(
    open_dock: Any, one_picture: Any, until: Until
) -> None:
    viewer, dock = open_dock(one_picture)
    assert dock.state.offer.name == "tiny-ppl"
    assert dock.bar.run.isEnabled()
    dock.bar.run.click()
    until(lambda: dock.correction.field is not None and not dock.run.is_busy)
    field = dock.correction.field
    labels = viewer.layers["field minerals"]
    assert labels.editable
    assert labels.data.dtype == np.uint8
    assert tuple(labels.scale) == (1, 1)
    assert [str(u) for u in labels.units] == ["micrometer", "micrometer"]
    assert labels.axis_labels == ("y", "x")
    assert list(labels.features["class"])[3] == "quartz"
    np.testing.assert_array_equal(labels.data, field.outcome.predicted)
    uncertainty = viewer.layers["field uncertainty"]
    assert not uncertainty.visible
    assert list(uncertainty.contrast_limits) == [0, 1]
    assert dock.correction.table.rows[3].area_um2 == np.count_nonzero(labels.data == 4)
    assert "Done" in dock.bar.message.text()
    assert viewer.layers.selection.active == labels


def test_files_of_one_field_are_paired_and_laid_on_each_other(segmented: Any) -> None:
    viewer, dock = segmented
    assert dock.state.offer.name == "tiny-ppl-xpl"
    assert dock.state.crossed == ("2a (xpl)",)
    assert names(viewer) == ["2a (xpl)", "2a (ppl)", "2a (ppl) uncertainty", "2a (ppl) minerals"]
    assert not viewer.layers["2a (xpl)"].visible
    assert len(dock.correction.field.outcome.registrations) == 1


def test_without_a_picture_run_is_off_and_says_why(open_dock: Any) -> None:
    _, dock = open_dock()
    assert not dock.bar.run.isEnabled()
    assert "Open a colour picture" in dock.bar.message.text()
    dock.start()
    assert not dock.run.is_busy


def test_an_obstacle_goes_when_a_picture_comes(open_dock: Any, one_picture: Any) -> None:
    viewer, dock = open_dock()
    one_picture(viewer)
    assert dock.bar.run.isEnabled()
    assert dock.bar.message.text() == ""
    viewer.layers.clear()
    assert not dock.bar.run.isEnabled()


@pytest.mark.parametrize(
    ("pixels", "rgb", "reason"),
    [
        (np.zeros((40, 50), np.uint8), False, "one grey channel"),
        (np.zeros((40, 50, 3), np.float32), True, "values of type float32"),
        (np.zeros((4, 40, 50), np.uint8), False, "3 dimensions"),
        (np.zeros((8, 50, 3), np.uint8), True, "50 × 8 pixels"),
    ],
)
def test_a_wrong_layer_is_refused_in_one_sentence(
    open_dock: Any, pixels: Any, rgb: bool, reason: str
) -> None:
    _, dock = open_dock(lambda v: v.add_image(pixels, rgb=rgb, name="odd"))
    assert not dock.bar.run.isEnabled()
    assert reason in dock.bar.message.text()
    assert "RGB" in dock.bar.message.text()


def test_a_labels_layer_is_not_offered(open_dock: Any) -> None:
    _, dock = open_dock(lambda v: v.add_labels(np.zeros((40, 50), np.uint8)))
    assert dock.form.plane.count() == 0
    assert not dock.bar.run.isEnabled()


def test_bundles_that_do_not_fit_are_greyed_with_the_reason(
    open_dock: Any, one_picture: Any
) -> None:
    _, dock = open_dock(one_picture)
    offers = {o.name: o for o in dock.state.offers}
    assert offers["tiny-ppl"].fits
    assert "cross-polarised" in offers["tiny-ppl-xpl"].obstacle
    assert offers["broken"].obstacle.startswith("Broken:")
    box = dock.form.bundle
    rows = [box.findText(name) for name in ("tiny-ppl-xpl", "broken")]
    assert not any(box.model().item(row).isEnabled() for row in rows)


def test_the_models_are_read_anew_when_their_list_opens(
    open_dock: Any, one_picture: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, dock = open_dock(one_picture)
    monkeypatch.setenv("MINERALSEG_BUNDLES", str(tmp_path / "nothing"))
    dock.form.bundle.showPopup()
    dock.form.bundle.hidePopup()
    assert dock.bar.message.text() == "No model bundle is installed."


def test_cancel_leaves_nothing_behind(
    open_dock: Any, one_picture: Any, until: Until, slow_run: None
) -> None:
    viewer, dock = open_dock(one_picture)
    dock.bar.run.click()
    until(lambda: "field minerals" in names(viewer))
    assert not viewer.layers["field minerals"].editable
    until(lambda: bool((viewer.layers["field minerals"].data == 4).all()))
    dock.bar.cancel.click()
    assert names(viewer) == ["field"]
    assert "Cancelled" in dock.bar.message.text()
    until(lambda: not dock.run.is_busy)
    assert dock.bar.run.isEnabled()


def test_a_second_run_cannot_start_while_one_is_at_work(
    open_dock: Any, one_picture: Any, until: Until, slow_run: None
) -> None:
    viewer, dock = open_dock(one_picture)
    dock.start()
    until(lambda: "field minerals" in names(viewer))
    assert not dock.bar.run.isEnabled()
    dock.start()
    assert names(viewer).count("field minerals") == 1
    dock.run.cancel()
    until(lambda: not dock.run.is_busy)


@pytest.mark.parametrize("name", ["field", "field minerals"])
def test_removing_a_layer_of_the_run_cancels_it(
    open_dock: Any, one_picture: Any, until: Until, slow_run: None, name: str
) -> None:
    viewer, dock = open_dock(one_picture)
    dock.start()
    until(lambda: "field minerals" in names(viewer))
    viewer.layers.remove(name)
    assert f"'{name}' was removed" in dock.bar.message.text() or name == "field"
    assert "field minerals" not in names(viewer)
    until(lambda: not dock.run.is_busy)


def test_an_error_is_told_once_and_leaves_nothing(
    open_dock: Any, one_picture: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any, **__: Any) -> Generator[Progress, None, None]:
        yield Progress(0, 1)
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr("napari_mineralseg.widgets.segmentation_run.segment", broken)
    viewer, dock = open_dock(one_picture)
    dock.start()
    until(lambda: not dock.run.is_busy)
    assert names(viewer) == ["field"]
    assert [n for n in notices() if "CUDA out of memory" in n]
    assert "CUDA out of memory" in dock.bar.message.text()
    assert dock.bar.run.isEnabled()


def test_closing_napari_while_a_run_is_at_work(
    open_dock: Any, one_picture: Any, until: Until, slow_run: None
) -> None:
    viewer, dock = open_dock(one_picture)
    dock.start()
    until(lambda: "field minerals" in names(viewer))
    viewer.close()
    assert not dock.run.is_busy


def test_taking_the_dock_out_stops_the_run_but_goes_on_saving(
    segmented: Any, until: Until, slow_run: None
) -> None:
    viewer, dock = segmented
    keeper = dock.correction.field.keeper
    viewer.window.remove_dock_widget(dock)
    labels = viewer.layers["2a (ppl) minerals"]
    labels.data_setitem((np.array([3]), np.array([3])), (labels.data[3, 3] + 1) % 3)
    assert keeper.flush()
    assert keeper.session.latest()[1][3, 3]
    assert "Q" not in {str(k) for k in viewer.keymap}
    keeper.close()


def test_a_dock_opened_again_finds_the_result(segmented: Any) -> None:
    from napari_mineralseg.widgets.segment_micrograph import SegmentMicrograph

    viewer, dock = segmented
    field = dock.correction.field
    viewer.window.remove_dock_widget(dock)
    again = SegmentMicrograph(viewer)
    assert again.correction.field is field
    again.shut(with_viewer=True)


def test_a_new_run_replaces_an_untouched_result_and_keeps_a_corrected_one(
    segmented: Any, until: Until
) -> None:
    viewer, dock = segmented
    first = dock.correction.field
    dock.start()
    until(lambda: dock.correction.field is not first and not dock.run.is_busy)
    assert names(viewer).count("2a (ppl) minerals") == 1
    second = dock.correction.field
    until(lambda: second.keeper.session is not None)
    second.labels.data_setitem((np.array([1]), np.array([1])), 2 - second.labels.data[1, 1] % 2)
    dock.start()
    until(lambda: dock.correction.field is not second and not dock.run.is_busy)
    assert second.is_present(viewer)
    assert not second.labels.visible
    assert dock.correction.field.labels.visible


def test_a_cancelled_run_shows_the_earlier_result_again(
    segmented: Any, until: Until, slow_run: None
) -> None:
    viewer, dock = segmented
    field = dock.correction.field
    dock.start()
    until(lambda: "2a (ppl) minerals [1]" in names(viewer))
    assert not field.labels.visible
    dock.run.cancel()
    until(lambda: not dock.run.is_busy)
    assert field.labels.visible
    assert dock.correction.field is field


def test_the_pixel_size_goes_to_picture_partner_and_result(segmented: Any) -> None:
    viewer, dock = segmented
    assert dock.form.pixel_size.edit.text() == ""
    assert dock.correction.table.rows[0].area_um2 is None
    dock.form.pixel_size.edit.setText("0,5")
    dock.form.pixel_size.edit.editingFinished.emit()
    for layer in viewer.layers:
        assert tuple(layer.scale) == (0.5, 0.5), layer.name
        assert str(layer.units[0]) == "micrometer"
    assert dock.state.plane.pixel_size_um == 0.5
    row = dock.correction.table.rows[0]
    assert row.area_um2 == row.pixels / 4


def test_the_pixel_size_from_a_bar_drawn_on_the_picture(open_dock: Any) -> None:
    viewer, dock = open_dock(
        lambda v: v.add_image(np.full((96, 128, 3), 90, np.uint8), rgb=True, name="field")
    )
    dock.form.pixel_size.from_bar.click()
    line = viewer.layers["line along the scale bar"]
    assert viewer.layers.selection.active == line
    assert line.mode == "add_line"
    line.add([[10.0, 20.0], [10.0, 120.0]], shape_type="line")
    form = dock.drawing.form
    assert "100.0 px" in form._hint.text()
    form.length.setText("0.2")
    form.unit.choose("mm")
    form.use.click()
    assert names(viewer) == ["field"]
    assert dock.state.plane.pixel_size_um == pytest.approx(2.0)
    assert form.isHidden()


def test_a_bundle_for_another_scale_is_greyed(open_dock: Any, one_picture: Any) -> None:
    _, dock = open_dock(one_picture)
    dock._on_size_changed(9.0)
    assert not dock.bar.run.isEnabled()
    assert "No model fits" in dock.bar.message.text()
    assert "µm per pixel" in dock.state.offers[0].obstacle


def test_a_renamed_picture_stays_chosen(open_dock: Any, one_picture: Any) -> None:
    viewer, dock = open_dock(one_picture)
    viewer.layers["field"].name = "other"
    assert dock.state.plane.name == "other"
    assert dock.form.plane.currentText() == "other"


def test_warnings_are_told_as_notices(segmented: Any) -> None:
    assert any("pixel size" in n for n in notices())


def test_a_picture_file_is_never_changed(segmented: Any, pair: tuple[Path, Path]) -> None:
    from PIL import Image

    viewer, _ = segmented
    np.testing.assert_array_equal(np.asarray(Image.open(pair[0])), viewer.layers["2a (ppl)"].data)


def test_opening_the_dock_loads_torch_in_another_thread(
    open_dock: Any, until: Until, monkeypatch: pytest.MonkeyPatch
) -> None:
    import threading

    threads: list[int] = []
    monkeypatch.setattr(
        "napari_mineralseg.tasks.load_torch", lambda: threads.append(threading.get_ident())
    )
    open_dock()
    until(lambda: bool(threads))
    assert threads != [threading.get_ident()]


def test_the_dock_fits_on_a_small_screen(segmented: Any) -> None:
    _, dock = segmented
    dock.drawing.form.show()
    dock.sessions.bar.offer("Correction of 2a from 20 Nov 2026, 312 px corrected")
    dock.bar.show_running(1, 2, "Segmenting")
    assert dock.minimumSizeHint().height() <= 800
    assert dock.sizeHint().height() <= 800


def test_the_dock_follows_the_picture_that_is_selected(
    segmented: Any, one_picture: Any, qtbot: Any
) -> None:
    viewer, dock = segmented
    first = dock.correction.field
    one_picture(viewer)
    qtbot.wait(10)
    assert dock.state.plane.name == "2a (ppl)"
    viewer.layers.selection.active = viewer.layers["2a (ppl)"]
    viewer.layers.selection.active = viewer.layers["field"]
    assert dock.state.plane.name == "field"
    assert dock.correction.field is None
    viewer.layers.selection.active = viewer.layers["2a (ppl) minerals"]
    assert dock.state.plane.name == "2a (ppl)"
    assert dock.correction.field is first
    viewer.layers.selection.active = viewer.layers["2a (xpl)"]
    assert dock.state.plane.name == "2a (ppl)"
