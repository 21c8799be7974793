from napari_mineralseg.state.review import Review


def test_going_round_in_both_directions() -> None:
    review = Review(["a", "b", "c"])
    assert review.describe() == "3 uncertain regions, 0 reviewed"
    assert [review.step(1) for _ in range(4)] == ["a", "b", "c", "a"]
    assert review.step(-1) == "c"


def test_back_from_the_start_is_the_last() -> None:
    assert Review(["a", "b"]).step(-1) == "b"


def test_accepted_regions_are_passed_over() -> None:
    review = Review(["a", "b", "c"])
    assert review.accept() is None
    review.step(1)
    assert review.accept() == "a"
    assert review.accept() is None
    assert [review.step(1) for _ in range(3)] == ["b", "c", "b"]
    assert review.describe() == "Region 2 of 3 uncertain regions, 1 reviewed"


def test_the_end() -> None:
    review = Review(["a"])
    review.step(1)
    review.accept()
    assert review.is_done
    assert review.step(1) is None
    assert review.describe() == "All uncertain regions are reviewed."


def test_nothing_to_review() -> None:
    review: Review[str] = Review()
    assert review.step(1) is None
    assert review.current is None
    assert review.describe() == "No uncertain regions."
