"""Lines on the terminal: what comes from files and cards is shown without control signs."""

import typer


def plain(text: str) -> str:
    """Text on one line; signs that cannot be shown (escape codes, line ends) become blanks."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def tell(line: str) -> None:
    """Print a line of the result on stdout."""
    typer.echo(plain(line))


def complain(sentence: str) -> None:
    """Print one sentence on stderr."""
    typer.echo(f"mineralseg: {plain(sentence)}", err=True)
