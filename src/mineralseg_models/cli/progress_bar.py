"""A bar on the terminal for long work."""

from typing import TypeVar

from mineralseg_models.progress import Progress, Task, run_to_end

T = TypeVar("T")


def run_with_bar(task: Task[T], title: str) -> T:
    """Run a task to its end with a bar on stderr, where that is a terminal."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    with Bar(console=console, transient=True, disable=not console.is_terminal) as bar:
        row = bar.add_task(title, total=None)

        def show(step: Progress) -> None:
            bar.update(row, completed=step.done, total=step.total or None)

        return run_to_end(task, show)
