"""The bars of the dock: running, reviewing, resuming."""

from typing import Any

from napari_mineralseg.parts.review_bar import ReviewBar
from napari_mineralseg.parts.run_bar import RunBar
from napari_mineralseg.parts.session_bar import SessionOffer


def test_an_obstacle_is_shown_and_goes_again(qtbot: Any) -> None:
    bar = RunBar()
    qtbot.addWidget(bar)
    bar.show_idle("No picture.")
    assert not bar.run.isEnabled()
    assert bar.message.text() == "No picture."
    bar.show_idle("")
    assert bar.run.isEnabled()
    assert bar.message.text() == ""
    bar.show_message("Done.")
    bar.show_idle("")
    assert bar.message.text() == "Done."


def test_running_shows_how_far(qtbot: Any) -> None:
    bar = RunBar()
    qtbot.addWidget(bar)
    bar.show_running(3, 12, "Segmenting")
    assert (bar.progress.value(), bar.progress.maximum()) == (3, 12)
    assert bar.cancel.isEnabled()
    assert not bar.run.isEnabled()
    with qtbot.waitSignal(bar.cancel_requested):
        bar.cancel.click()


def test_review_buttons(qtbot: Any) -> None:
    bar = ReviewBar()
    qtbot.addWidget(bar)
    assert not bar.next.isEnabled()
    bar.show_place("Region 1 of 2", can_step=True, can_accept=True)
    steps: list[int] = []
    bar.step_requested.connect(steps.append)
    bar.next.click()
    bar.previous.click()
    assert steps == [1, -1]
    with qtbot.waitSignals([bar.accept_requested, bar.flip_requested]):
        bar.accept.click()
        bar.flip.click()
    assert "Key Q" in bar.flip.toolTip()


def test_an_offer_is_shown_and_withdrawn(qtbot: Any) -> None:
    offer = SessionOffer()
    qtbot.addWidget(offer)
    assert offer.isHidden()
    offer.offer("Correction of 2a")
    assert not offer.isHidden()
    with qtbot.waitSignal(offer.resume_requested):
        offer.resume.click()
    offer.offer("")
    assert offer.isHidden()
