import numpy as np
import pytest
import torch
from sklearn import metrics
from torchmetrics.functional import classification as tm

from mineralseg_models.errors import BadInput
from mineralseg_models.scores import counts


@pytest.fixture
def labelled() -> tuple[np.ndarray, np.ndarray]:
    """Truth and prediction of classes 0, 2, 3, 7; class 7 is absent from the truth."""
    rng = np.random.default_rng(1)
    truth = rng.choice([0, 2, 3], p=[0.5, 0.3, 0.2], size=(50, 40)).astype(np.uint8)
    noise = rng.choice([0, 2, 3, 7], size=truth.shape).astype(np.uint8)
    return truth, np.where(rng.random(truth.shape) < 0.6, truth, noise).astype(np.uint8)


def test_rows_are_the_truth() -> None:
    truth = np.array([[0, 0, 1, 255]], dtype=np.uint8)
    predicted = np.array([[0, 1, 1, 1]], dtype=np.uint8)
    assert counts.confusion(truth, predicted, [0, 1]).tolist() == [[1, 1], [0, 1]]


def test_ids_set_the_order() -> None:
    truth, predicted = np.array([5, 5, 2]), np.array([5, 2, 2])
    assert counts.confusion(truth, predicted, [5, 2]).tolist() == [[1, 1], [0, 1]]


def test_nothing_is_ignored_on_request() -> None:
    truth = predicted = np.array([255, 0])
    assert counts.confusion(truth, predicted, [0, 255], ignore=None).tolist() == [[1, 0], [0, 1]]


def test_matches_scikit_learn(labelled: tuple[np.ndarray, np.ndarray]) -> None:
    truth, predicted = (a.ravel() for a in labelled)
    ids = [0, 2, 3, 7]
    c = counts.confusion(truth, predicted, ids)
    np.testing.assert_array_equal(c, metrics.confusion_matrix(truth, predicted, labels=ids))
    table = counts.scores(c, ["a", "b", "c", "d"])
    present = [0, 2, 3]
    precision, recall, f1, _ = metrics.precision_recall_fscore_support(
        truth, predicted, labels=present
    )
    iou = metrics.jaccard_score(truth, predicted, labels=present, average=None)
    for i, name in enumerate("abc"):
        row = table["classes"][name]
        negative = metrics.recall_score(truth != present[i], predicted != present[i])
        expected = [iou[i], precision[i], recall[i], f1[i], negative]
        assert list(row.values()) == pytest.approx(expected, abs=1e-9)
    assert table["pixel_accuracy"] == pytest.approx(
        metrics.accuracy_score(truth, predicted), abs=1e-9
    )
    assert table["mean_iou"] == pytest.approx(iou.mean(), abs=1e-9)


def test_matches_torchmetrics() -> None:
    rng = np.random.default_rng(2)
    truth, predicted = rng.integers(0, 3, size=(2, 4000))
    table = counts.scores(counts.confusion(truth, predicted, [0, 1, 2]), ["a", "b", "c"])
    p, t = torch.from_numpy(predicted), torch.from_numpy(truth)
    functions = {
        "iou": tm.multiclass_jaccard_index,
        "precision": tm.multiclass_precision,
        "recall": tm.multiclass_recall,
        "f1": tm.multiclass_f1_score,
        "specificity": tm.multiclass_specificity,
    }
    for key, function in functions.items():
        expected = function(p, t, num_classes=3, average=None).tolist()
        ours = [table["classes"][name][key] for name in "abc"]
        assert ours == pytest.approx(expected, abs=1e-6)


def test_absent_class_is_null() -> None:
    table = counts.scores(np.array([[3, 1], [0, 0]]), ["a", "b"])
    assert set(table["classes"]["b"].values()) == {None}
    assert table["mean_iou"] == table["classes"]["a"]["iou"] == 0.75
    assert table["classes"]["a"]["specificity"] is None


def test_never_predicted_class_has_precision_zero() -> None:
    row = counts.scores(np.array([[3, 0], [2, 0]]), ["a", "b"])["classes"]["b"]
    assert (row["precision"], row["recall"], row["f1"], row["iou"]) == (0, 0, 0, 0)


def test_no_pixels_no_scores() -> None:
    table = counts.scores(np.zeros((2, 2), dtype=int), ["a", "b"])
    assert table["pixel_accuracy"] is None
    assert table["mean_iou"] is None


def test_scores_broadcast_over_matrices() -> None:
    c = np.random.default_rng(0).integers(0, 9, size=(5, 2, 3, 3))
    assert counts.mean_iou(c).shape == counts.pixel_accuracy(c).shape == (5, 2)
    for function in counts.BY_CLASS.values():
        np.testing.assert_array_equal(function(c)[4, 1], function(c[4, 1]))


@pytest.mark.parametrize(
    ("truth", "predicted", "found"),
    [
        ([0, 1], [0], "one shape"),
        ([0, 9], [0, 0], "truth holds the value 9"),
        ([0, 0], [0, 9], "prediction holds the value 9"),
        ([0, 300], [0, 0], "from 0 to 255"),
        (list(range(20)), [0] * 20, "2, 3, 4, 5, 6, 7, 8, 9 …"),
    ],
)
def test_bad_values_are_named(truth: list[int], predicted: list[int], found: str) -> None:
    with pytest.raises(BadInput, match=found):
        counts.confusion(np.array(truth), np.array(predicted), [0, 1])


def test_values_are_counted() -> None:
    found = counts.count_values(np.array([[0, 3], [3, 255]], dtype=np.uint8))
    assert {i: n for i, n in enumerate(found) if n} == {0: 1, 3: 2, 255: 1}
    with pytest.raises(BadInput, match="from 0 to 255"):
        counts.count_values(np.array([256]))
