import pytest
from pydantic import ValidationError

from mineralseg_models.bundles.card import CrossValidatedError, SegmentationCard


def test_what_follows_from_a_card(card_fields):
    card = SegmentationCard.model_validate(card_fields(2)["segmentation"])
    assert (card.in_channels, card.n_crossed) == (9, 2)
    assert card.taxonomy.by_name("quartz").id == 4


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"tile_px": 60}, "tile_px must be a multiple of stride"),
        ({"overlap_px": 57}, "overlap_px a stride less"),
        ({"normalisation": {"kind": "fixed", "mean": [0.5], "std": [0.1]}}, "one mean and std"),
        ({"inputs": [{"kind": "crossed"}]}, "one plane picture, then the crossed ones"),
        ({"normalisation": {"kind": "fixed", "mean": [1e300] * 6, "std": [1] * 6}}, "equal to 100"),
        ({"normalisation": {"kind": "fixed", "mean": [0] * 6, "std": [0] * 6}}, "or equal to 0"),
        ({"pixel_size_um": {"min": 4, "max": 1, "working": 1, "assumed": 2}}, "between min and"),
        ({"pixel_size_um": {"min": 1, "max": 4, "working": 1, "assumed": 9}}, "between min and"),
        ({"pixel_size_um": {"min": 1, "max": 4, "working": 1e-6, "assumed": 2}}, "factor of 100"),
        ({"pixel_size_um": {"min": 1, "max": 4, "working": 1e6, "assumed": 2}}, "factor of 100"),
        (
            {"network": {"name": "fpn", "encoder": "resnet18", "options": {"upsampling": 4096}}},
            "upsampling must be 1 to 32",
        ),
        ({"classes": [{"id": 0, "name": "a\x1b[2J", "colour": "#000000"}] * 2}, "match pattern"),
        ({"inputs": [{"kind": "plane"}] * 2}, "one plane picture, then the crossed ones"),
        ({"classes": [{"id": 0, "name": "a", "colour": "#000000"}]}, "at least 2 items"),
    ],
)
def test_cards_that_contradict_themselves_are_refused(card_fields, changes, words):
    with pytest.raises(ValidationError, match=words):
        SegmentationCard.model_validate(card_fields(**changes)["segmentation"])


def test_fixed_normalisation_has_a_number_a_channel(card_fields):
    fixed = {"kind": "fixed", "mean": [0.5] * 6, "std": [0.1] * 6}
    card = SegmentationCard.model_validate(card_fields(normalisation=fixed)["segmentation"])
    assert card.normalisation.std == (0.1,) * 6


def test_confusions_are_square_and_one_a_group():
    good = CrossValidatedError(class_ids=(0, 4), groups=("a",), confusions=(((1, 2), (3, 4)),))
    assert good.confusions[0][1] == (3, 4)
    for groups, matrix in ((("a",), ((1, 2),)), (("a", "b"), ((1, 2), (3, 4)))):
        with pytest.raises(ValidationError, match="one K × K matrix a group"):
            CrossValidatedError(class_ids=(0, 4), groups=groups, confusions=(matrix,))
