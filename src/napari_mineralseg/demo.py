"""Show what the plugin does: ``python -m napari_mineralseg.demo [--image P [--xpl P]]``.

Opens napari with a thin section (a synthetic one, or the user's picture), opens the dock and runs
the segmentation through it. Without a screen of its own (``--headless``, or HEADLESS=1 in the
environment) it waits for the end, writes a screenshot of the window and the results, and quits.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mineralseg_models.errors import MineralsegError, TaskFailed
from napari_mineralseg.layers.view import show_all, show_scale_bar

if TYPE_CHECKING:
    from napari import Viewer

    from napari_mineralseg.widgets.segment_micrograph import SegmentMicrograph

PLUGIN, DOCK = "napari-mineralseg", "Segment micrograph"
WINDOW_PX = (1600, 1000)
LONGEST_RUN_S = 1800.0
NOTICES_FADE_S = 7.0


def main(arguments: list[str] | None = None) -> int:
    """Run the demonstration.

    Returns
    -------
    int
        0 on success, 1 with one sentence on stderr on failure, 2 for wrong options.
    """
    options = _options(arguments)
    import napari

    try:
        viewer = napari.Viewer(title="napari · minerals", show=True)
        viewer.window.resize(*WINDOW_PX)
        _open_pictures(viewer, options.image, options.xpl)
        dock = _open_dock(viewer)
        if options.headless:
            _record(viewer, dock, options.out)
            viewer.close()
            return 0
    except MineralsegError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    _run_when_shown(viewer, dock)
    napari.run()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m napari_mineralseg.demo", description=__doc__)
    parser.add_argument("--image", type=Path, help="plane-polarised picture; else a synthetic one")
    parser.add_argument("--xpl", type=Path, help="cross-polarised picture of the same field")
    parser.add_argument("--out", type=Path, default=Path("out"), help="folder for the results")
    parser.add_argument(
        "--headless",
        action="store_true",
        default=bool(os.environ.get("HEADLESS")),
        help="write screenshot and results to --out and quit",
    )
    options = parser.parse_args(arguments)
    if options.xpl and not options.image:
        parser.error("--xpl needs --image, the plane-polarised picture of the same field")
    return options


def _open_pictures(viewer: "Viewer", image: Path | None, xpl: Path | None) -> None:
    """Open the user's pictures, or draw the synthetic section; the crossed one lies below."""
    if image is None:
        viewer.open_sample(PLUGIN, "thin_section")
    else:
        from mineralseg_models.io.micrographs import read_micrograph

        for path in (xpl, image):
            if path is not None:
                read_micrograph(path)  # says in one sentence what is wrong with it
                viewer.open(str(path), plugin=PLUGIN)
    show_all(viewer)
    show_scale_bar(viewer)


def _open_dock(viewer: "Viewer") -> "SegmentMicrograph":
    dock: SegmentMicrograph = viewer.window.add_plugin_dock_widget(PLUGIN, DOCK)[1]
    return dock


def _run_when_shown(viewer: "Viewer", dock: "SegmentMicrograph") -> None:
    """Start as soon as the window stands; the window stays open."""
    from qtpy.QtCore import QTimer

    QTimer.singleShot(300, dock.start)


def _record(viewer: "Viewer", dock: "SegmentMicrograph", out: Path) -> None:
    """Segment, export and photograph the window; nothing is left beside the pictures."""
    dock.sessions.switch_off()
    _wait(lambda: dock.isVisible(), 10.0, "The window did not open.")
    viewer.window.activate()  # notices go away by themselves only in the active window
    show_all(viewer)
    dock.start()
    _wait(lambda: not dock.run.is_busy, LONGEST_RUN_S, "The segmentation took too long.")
    field = dock.correction.field
    if field is None:
        raise TaskFailed(dock.bar.message.text() or "The segmentation came to nothing.")
    message = dock.bar.message.text()
    written: list[Any] = []
    failed: list[str] = []
    dock.exporter.exported.connect(written.append)
    dock.exporter.failed.connect(failed.append)
    dock.exporter.write(field, out)
    _wait(lambda: bool(written or failed), 120.0, "The export took too long.")
    if failed:
        raise TaskFailed(failed[0])
    dock.bar.show_message(message)
    _settle(NOTICES_FADE_S if field.outcome.warnings else 1.0)
    viewer.screenshot(str(out / "screenshot.png"), canvas_only=False, flash=False)


def _wait(until: Callable[[], bool], seconds: float, complaint: str) -> None:
    """Let Qt work until something is so; an empty complaint makes it optional."""
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while not until():
        if time.monotonic() > end:
            if complaint:
                raise TaskFailed(complaint)
            return
        QApplication.processEvents()
        time.sleep(0.01)


def _settle(seconds: float) -> None:
    """Let Qt finish drawing."""
    _wait(lambda: False, seconds, "")


if __name__ == "__main__":
    sys.exit(main())
