"""Keys of the dock, bound on the viewer as long as the dock is open."""

import time
import weakref
from collections.abc import Callable, Generator
from typing import Any

from napari_mineralseg.state.keys import ACCEPT, FLIP, NEXT, PREVIOUS, as_napari

HOLD_S = 0.35
"""A key held longer than this flips back when it is let go."""


class KeyBindings:
    """Binds the keys of the dock.

    Parameters
    ----------
    viewer : Viewer
    flip, accept : callable
        Bound methods of the dock, held weakly.
    step : callable
        Gets 1 for the next and -1 for the previous region.
    """

    def __init__(
        self,
        viewer: Any,
        flip: Callable[[], None],
        step: Callable[[int], None],
        accept: Callable[[], None],
    ) -> None:
        self._viewer = viewer
        flips, steps = weakref.WeakMethod(flip), weakref.WeakMethod(step)
        accepts = weakref.WeakMethod(accept)

        def on_flip(_: Any) -> Generator[None, None, None]:
            """Show the plane or the crossed picture under the labels."""
            pressed = time.monotonic()
            _call(flips)
            yield
            if time.monotonic() - pressed > HOLD_S:
                _call(flips)

        def on_next(_: Any) -> None:
            """Go to the next uncertain region."""
            _call(steps, 1)

        def on_previous(_: Any) -> None:
            """Go to the previous uncertain region."""
            _call(steps, -1)

        def on_accept(_: Any) -> None:
            """Mark what is in the box as reviewed."""
            _call(accepts)

        self._keys = {FLIP: on_flip, NEXT: on_next, PREVIOUS: on_previous, ACCEPT: on_accept}
        for key, function in self._keys.items():
            viewer.bind_key(as_napari(key), function, overwrite=True)

    def release(self) -> None:
        """Give the keys back."""
        for key in self._keys:
            self._viewer.bind_key(as_napari(key), None)
        self._keys = {}


def _call(method: "weakref.WeakMethod[Callable[..., None]]", *arguments: Any) -> None:
    bound = method()
    if bound is not None:
        bound(*arguments)
