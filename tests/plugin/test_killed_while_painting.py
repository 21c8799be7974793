"""kill -9 at random moments: the session reopens, at most two seconds are missing."""

import os
import random
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mineralseg_models.sessions.opening import open_session

PAINTER = Path(__file__).with_name("painter.py")
KILLS, AT_ONCE = 10, 2
LOST_AT_MOST_S = 2.0


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no kill -9")
def test_at_most_two_seconds_are_missing(tmp_path: Path) -> None:
    random_ = random.Random(2)
    folders = [tmp_path / str(kill) for kill in range(KILLS)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        killed = list(pool.map(paint_and_kill, folders, [random_.uniform(0.3, 3) for _ in folders]))
    for folder, killed_at in zip(folders, killed, strict=True):
        labels, touched = open_session(folder / "2a.mineralseg").latest()
        saved = labels.ravel() == 4
        assert (touched.ravel() == saved).all()
        for line in (folder / "strokes.txt").read_text().splitlines()[:-1]:
            number, at = line.split()
            assert saved[int(number)] or killed_at - float(at) <= LOST_AT_MOST_S, (folder, line)


def paint_and_kill(folder: Path, seconds: float) -> float:
    """Start a napari that paints, kill it some time after its first stroke; return when."""
    folder.mkdir()
    strokes = folder / "strokes.txt"
    painter = subprocess.Popen(
        [sys.executable, str(PAINTER), str(folder)], stderr=subprocess.DEVNULL, env=os.environ
    )
    try:
        end = time.monotonic() + 60
        while not (strokes.exists() and strokes.stat().st_size):
            assert painter.poll() is None, "the painter has ended by itself"
            assert time.monotonic() < end, "the painter does not paint"
            time.sleep(0.02)
        time.sleep(seconds)
        assert painter.poll() is None
    finally:
        painter.kill()
        killed_at = time.time()
        painter.wait()
    return killed_at
