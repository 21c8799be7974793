"""Load torch in a process that already draws with OpenGL.

On Linux torch loads triton, whose library carries its own copy of LLVM. Mesa's drivers (software
rendering, AMD cards) have put another LLVM among the global symbols by then; triton would bind to
that one and the process would die of a segmentation fault. Loaded with ``RTLD_DEEPBIND`` it binds
to its own. TensorFlow and triton clash alike: tensorflow/tensorflow#124205.
"""

import importlib
import importlib.util
import os
import sys
import threading
from contextlib import suppress

from mineralseg_models.errors import TaskFailed

_lock = threading.Lock()


def load_torch() -> None:
    """Import torch and the library of networks; call it from a thread, it takes seconds.

    Raises
    ------
    TaskFailed
        Its libraries cannot be loaded. On Windows that happens where Qt has brought an older
        Visual C++ runtime into the process.
    """
    with _lock:
        if sys.platform == "linux" and "triton" not in sys.modules:
            _load_triton()
        try:
            importlib.import_module("torch")
            importlib.import_module("segmentation_models_pytorch")
        except OSError as error:
            raise TaskFailed(
                f"PyTorch could not be loaded ({' '.join(str(error).split())[:120]}); on Windows "
                "install the current Microsoft Visual C++ Redistributable, then start napari again."
            ) from error


def _load_triton() -> None:
    """Import triton bound to its own symbols, if it is installed."""
    if importlib.util.find_spec("triton") is None:
        return
    before = sys.getdlopenflags()
    sys.setdlopenflags(os.RTLD_NOW | os.RTLD_DEEPBIND)
    try:
        with suppress(ImportError):  # torch does without it
            importlib.import_module("triton")
    finally:
        sys.setdlopenflags(before)
