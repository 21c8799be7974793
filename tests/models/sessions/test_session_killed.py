"""A program that is killed while it saves loses at most the edits of the last two seconds."""

import random
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from mineralseg_models.sessions import open_session

LOST_S = 2.0
CHILD = """
import sys, time
from pathlib import Path
import numpy as np
from mineralseg_models.sessions import Autosave, open_session

session = open_session(Path(sys.argv[1]))
autosave = Autosave(session)
labels, _ = session.latest()
count = int(labels[0, :4].view(np.uint32)[0])
with open(sys.argv[2], "a", buffering=1) as log:
    while True:
        count += 1
        labels[0, :4] = np.array([count], np.uint32).view(np.uint8)
        labels[count % 400] = count % 7
        labels[0, :4] = np.array([count], np.uint32).view(np.uint8)
        log.write(f"{count} {time.time()}\\n")
        autosave.note_edit(labels)
        time.sleep(0.01)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no kill -9 on Windows")
def test_killed_ten_times_while_painting(begin, tmp_path):
    digest = "0" * 64
    begun = begin(
        prediction=np.zeros((400, 600), np.uint8), uncertainty=None, picture_sha256=digest
    )
    folder = begun.folder
    moments = random.Random(20261120)
    log, last = tmp_path / "log.txt", 0
    for _ in range(10):
        log.write_text("")
        child = subprocess.Popen([sys.executable, "-c", CHILD, str(folder), str(log)])
        while not log.read_text():
            assert child.poll() is None
            time.sleep(0.01)
        time.sleep(moments.uniform(0.0, 2.2))
        child.send_signal(signal.SIGKILL)
        killed = time.time()
        child.wait()
        session = open_session(folder, picture_sha256=digest)
        kept = int(session.latest()[0][0, :4].copy().view(np.uint32)[0])
        edits = [line.split() for line in log.read_text().splitlines()]
        lost = [float(at) for n, at in edits if int(n) > kept]
        assert kept >= last
        assert not lost or killed - min(lost) < LOST_S
        last = kept
    assert last > 100
    assert session.notes == ()
