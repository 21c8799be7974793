import pytest

from mineralseg_models.cli.echo import complain, plain, tell


def test_signs_that_cannot_be_shown_become_blanks() -> None:
    assert plain("a\nb\x1b[31m \udcff µ–石") == "a b [31m   µ–石"


def test_results_and_complaints_go_to_streams_of_their_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    tell("a\nb")
    complain("The\nend.")
    assert capsys.readouterr() == ("a b\n", "mineralseg: The end.\n")
