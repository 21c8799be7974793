import numpy as np
import pytest

from mineralseg_models.runtime.views import ManyViews


class Recorder:
    """Returns its input and remembers it."""

    device = "cpu"

    def __init__(self) -> None:
        self.seen: list[np.ndarray] = []
        self.closed = False

    def probabilities(self, batch):
        self.seen.append(batch)
        return batch

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("views", [1, 4, 8])
def test_each_view_is_seen_once_and_brought_back(views):
    inner = Recorder()
    batch = np.arange(2 * 1 * 3 * 5, dtype=np.float32).reshape(2, 1, 3, 5)
    runner = ManyViews(inner, views)
    np.testing.assert_allclose(runner.probabilities(batch), batch)
    assert len({(s.shape, s.tobytes()) for s in inner.seen}) == views
    assert runner.device == "cpu"
    runner.close()
    assert inner.closed


def test_an_answer_that_depends_on_the_orientation_is_averaged_out():
    class LeftOnly(Recorder):
        def probabilities(self, batch):
            answer = np.zeros_like(batch)
            answer[..., 0] = 1.0
            return answer

    mean = ManyViews(LeftOnly(), 8).probabilities(np.zeros((1, 1, 4, 4), np.float32))
    np.testing.assert_allclose(mean, np.rot90(mean, axes=(2, 3)))
    np.testing.assert_allclose(mean, mean[..., ::-1])
    assert mean.sum() == pytest.approx(4.0)
