"""kill -9 while painting: the session reopens, and at most two seconds are missing."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from PIL import Image

from mineralseg_models.sessions import find_session, open_session

PAINTER = Path(__file__).with_name("paint_until_killed.py")
KILLS = 10
LONGEST_S = 2.0
START_S = 120.0


def paint_and_kill(picture: Path, after_s: float) -> list[tuple[float, int, int, int]]:
    """Let a process paint for some time, kill it, and return its strokes, the kill's time last."""
    with subprocess.Popen(
        [sys.executable, "-W", "ignore", str(PAINTER), str(picture)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        first = process.stdout.readline()
        assert first, "the painter ended without a stroke"
        time.sleep(after_s)
        process.send_signal(signal.SIGKILL)
        killed = time.time()
        lines = [first, *process.stdout.read().splitlines()]
    strokes = []
    for line in lines:
        parts = line.split()
        if len(parts) == 4:
            strokes.append((float(parts[0]), *(int(p) for p in parts[1:])))
    return [*strokes, (killed, -1, -1, -1)]


def test_at_most_two_seconds_are_missing(tmp_path: Path, bundles: Path) -> None:
    chance = random.Random(0)
    picture = tmp_path / "field.png"
    rng = np.random.default_rng(0)
    coarse = rng.integers(40, 220, (6, 8, 3)).astype(np.uint8)
    Image.fromarray(coarse.repeat(16, axis=0).repeat(16, axis=1)).save(picture)
    for _ in range(KILLS):
        *strokes, (killed, *_) = paint_and_kill(picture, chance.uniform(0.2, 4.0))
        folder = find_session(picture)
        assert folder is not None
        corrected, _touched = open_session(folder, picture=picture).latest()
        last = {(row, column): (at, value) for at, row, column, value in strokes}
        lost = [
            (row, column)
            for (row, column), (at, value) in last.items()
            if at <= killed - LONGEST_S and corrected[row, column] != value
        ]
        assert not lost, f"{len(lost)} strokes older than {LONGEST_S} s are missing"
