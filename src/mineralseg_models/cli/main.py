"""The command ``mineralseg``: a table of commands, and the one place where errors are shown.

Exit codes: 0 success, 1 something went wrong on the way, 2 bad input, 130 stopped by Ctrl-C.
"""

import io
import logging
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from mineralseg_models.cli.crossval import crossval
from mineralseg_models.cli.echo import complain
from mineralseg_models.cli.evaluate import evaluate
from mineralseg_models.cli.models import models
from mineralseg_models.cli.segment import segment
from mineralseg_models.cli.train import train
from mineralseg_models.errors import MineralsegError

COMMANDS: dict[str, Callable[..., None]] = {
    "models": models,
    "segment": segment,
    "evaluate": evaluate,
    "train": train,
    "crossval": crossval,
}

BAD_INPUT = 2
FAILED = 1
STOPPED = 130


class OneSentence(TyperGroup):
    """Commands whose errors end in one sentence on stderr and an exit code."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command; in standalone mode exit with its code."""

        def run() -> Any:
            return super(OneSentence, self).main(
                args,
                prog_name,
                complete_var,
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )

        if not standalone_mode:
            return run()
        sys.exit(_exit_code(run, sys.argv[1:] if args is None else args))


def _exit_code(run: Callable[[], Any], given: Sequence[str]) -> int:
    """Run a command and turn what it raises into a sentence and a code."""
    try:
        code = run()
    except MineralsegError as error:
        return _say(str(error), BAD_INPUT)
    except (KeyboardInterrupt, typer.Abort):
        return _say("Stopped.", STOPPED)
    except Exception as error:  # the last stop before the user
        usage = getattr(error, "format_message", None)  # the parser's own errors carry it
        if usage is not None:
            return _say(f"{usage().rstrip('.')}; see 'mineralseg --help'.", BAD_INPUT)
        if "--debug" in given:
            raise
        return _say(_unexpected(error, given), FAILED)
    if code == STOPPED:  # newer parsers turn Ctrl-C into this code themselves
        return _say("Stopped.", STOPPED)
    return code if isinstance(code, int) else 0


def _say(sentence: str, code: int) -> int:
    """Show a sentence on stderr and return the exit code."""
    complain(sentence)
    return code


def _unexpected(error: Exception, given: Sequence[str]) -> str:
    """Sentence for an error that nobody foresaw; the traceback goes to the log."""
    what = f"An unexpected error came up ({type(error).__name__}: {error})"
    try:
        return f"{what}; the details are in {_log(error, given)}."
    except OSError:
        return f"{what}; run it again with 'mineralseg --debug' for the details."


def _log(error: Exception, given: Sequence[str]) -> Path:
    """Append a traceback to the log file and return its path."""
    import platformdirs

    path = platformdirs.user_log_path("mineralseg", ensure_exists=True) / "mineralseg.log"
    with path.open("a", encoding="utf-8", errors="backslashreplace") as file:
        file.write(f"\n{datetime.now(UTC).isoformat()} mineralseg {' '.join(given)}\n")
        file.writelines(traceback.format_exception(error))
    return path


app = typer.Typer(
    cls=OneSentence,
    invoke_without_command=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for _name, _command in COMMANDS.items():
    app.command(_name)(_command)


def _show_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        from mineralseg_models import __version__

        typer.echo(f"mineralseg {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    ctx: typer.Context,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Minerals from micrographs: segment them; list, evaluate, train and cross-validate models."""
    if ctx.invoked_subcommand is None:
        typer.echo(ctx.get_help(), err=True)
        raise typer.Exit(BAD_INPUT)


def main() -> None:
    """Run the command line (entry point of the package)."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # of libraries, for their users
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # a closed home folder does no harm
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # of terminals that lack µ
    app()
