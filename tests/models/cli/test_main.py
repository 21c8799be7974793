import os
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest
import typer
from typer.testing import CliRunner

from mineralseg_models.cli import main as cli
from mineralseg_models.errors import BadInput


@pytest.fixture
def log_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(platformdirs, "user_log_path", lambda *_, **__: tmp_path)
    return tmp_path


def _app_that_raises(error: BaseException) -> typer.Typer:
    app = typer.Typer(cls=cli.OneSentence, pretty_exceptions_enable=False, rich_markup_mode=None)

    @app.callback()
    def options(debug: bool = False) -> None: ...

    @app.command("work")
    def work(number: int = 0) -> None:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (BadInput("The picture is empty."), 2, "The picture is empty."),
        (KeyboardInterrupt(), 130, "Stopped."),
        (typer.Abort(), 130, "Stopped."),
        (typer.Exit(1), 1, ""),
    ],
)
def test_errors_end_in_a_sentence(error: BaseException, code: int, sentence: str) -> None:
    result = CliRunner().invoke(_app_that_raises(error), ["work"])
    assert result.exit_code == code
    assert sentence in result.stderr
    assert result.stderr.count("\n") <= 1
    assert result.stdout == ""


def test_unexpected_error_goes_to_the_log(log_folder: Path) -> None:
    result = CliRunner().invoke(_app_that_raises(ZeroDivisionError("by zero")), ["work"])
    assert result.exit_code == 1
    assert "ZeroDivisionError: by zero" in result.stderr
    assert "Traceback" not in result.stderr
    log = (log_folder / "mineralseg.log").read_text(encoding="utf-8")
    assert "mineralseg work" in log
    assert "Traceback" in log
    assert str(log_folder / "mineralseg.log") in result.stderr


def test_log_that_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Path:
        raise PermissionError

    monkeypatch.setattr(platformdirs, "user_log_path", refuse)
    result = CliRunner().invoke(_app_that_raises(ValueError("odd")), ["work"])
    assert result.exit_code == 1
    assert "--debug" in result.stderr


def test_debug_shows_the_traceback() -> None:
    result = CliRunner().invoke(_app_that_raises(ValueError("odd")), ["--debug", "work"])
    assert isinstance(result.exception, ValueError)


@pytest.mark.parametrize("args", [["nonsense"], ["work", "--number", "x"], ["work", "--what"]])
def test_wrong_usage_is_one_sentence(args: list[str]) -> None:
    result = CliRunner().invoke(_app_that_raises(ValueError()), args)
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert "--help" in result.stderr


def test_caller_may_take_the_error() -> None:
    with pytest.raises(BadInput):
        typer.main.get_command(_app_that_raises(BadInput("x")))(["work"], standalone_mode=False)


def test_help_names_every_command() -> None:
    result = CliRunner().invoke(cli.app, ["--help"])
    assert result.exit_code == 0
    assert all(name in result.stdout for name in cli.COMMANDS)


def test_no_command_shows_the_help() -> None:
    result = CliRunner().invoke(cli.app, [])
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")
    assert result.stdout == ""


def test_version() -> None:
    assert CliRunner().invoke(cli.app, ["--version"]).stdout.startswith("mineralseg 0.")


def test_entry_point(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["mineralseg", "segment", "--help"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 0
    assert "--from" in capsys.readouterr().out


def test_start_loads_nothing_heavy() -> None:
    heavy = {"torch", "sklearn", "matplotlib", "scipy", "pydantic", "numpy", "lightning"}
    code = f"import sys, mineralseg_models.cli.main; print(sorted({heavy!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_odd_bytes_reach_neither_terminal_nor_log_raw(log_folder: Path) -> None:
    result = CliRunner().invoke(_app_that_raises(ValueError("a\nb\udcff")), ["work", "\udcff"])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    result = CliRunner().invoke(_app_that_raises(ValueError("a\nb\udcff")), ["work"])
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "\\udcff" in (log_folder / "mineralseg.log").read_text(encoding="utf-8")


def test_a_terminal_without_the_signs_of_the_field(make_bundle) -> None:
    folder = make_bundle().folder
    code = "from mineralseg_models.cli.main import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, "models", "--path", str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONIOENCODING": "ascii", "COLUMNS": "120"},
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "?m/px" in done.stdout
