"""Long work as generators: each yields :class:`Progress` and returns its result.

The GUI, the command line and the tests drive the same generator; closing it cancels the work.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Progress:
    """How far a task has come.

    Parameters
    ----------
    done, total : int
        Steps finished and steps in all; ``total`` is 0 while it is unknown.
    note : str
        What is being done, in a few words.
    """

    done: int
    total: int
    note: str = ""


Task = Generator[Progress, None, T]


def run_to_end(task: Task[T], on_progress: Callable[[Progress], None] | None = None) -> T:
    """Drive a task to its end and return its result."""
    try:
        while True:
            step = next(task)
            if on_progress is not None:
                on_progress(step)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        task.close()
