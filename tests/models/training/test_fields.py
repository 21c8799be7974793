from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mineralseg_models.errors import BadInput
from mineralseg_models.progress import run_to_end
from mineralseg_models.training.fields import read_fields
from mineralseg_models.training.folder import read_training_folder
from mineralseg_models.training.generated import generated_fields
from mineralseg_models.training.recipe import load_recipe


def test_fields_come_at_the_working_scale(training_folder: Path, recipe_file: Path) -> None:
    recipe = load_recipe(recipe_file, ["scale.working=6.0", "scale.assumed=3.0"])
    folder = read_training_folder(training_folder, crossed=1)
    fields = run_to_end(read_fields(folder.fields, folder.taxonomy, recipe))
    assert fields[0].pixels.shape == (32, 48, 6)
    assert fields[0].target.shape == (32, 48)
    assert fields[0].truth.shape == (64, 96)
    mean, std = fields[0].moments
    np.testing.assert_allclose(mean, fields[0].pixels.mean((0, 1), dtype=float), atol=1e-3)
    assert std.shape == (6,)


def test_masks_must_fit(training_folder: Path, recipe_file: Path) -> None:
    recipe = load_recipe(recipe_file)
    folder = read_training_folder(training_folder, crossed=1)
    Image.fromarray(np.full((64, 96), 77, np.uint8)).save(training_folder / "masks" / "1a.png")
    with pytest.raises(BadInput, match=r"values \[77\]"):
        run_to_end(read_fields(folder.fields, folder.taxonomy, recipe))
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(training_folder / "masks" / "1a.png")
    with pytest.raises(BadInput, match="they must agree"):
        run_to_end(read_fields(folder.fields, folder.taxonomy, recipe))


def test_a_mask_drawn_on_the_crossed_picture_is_moved(
    training_folder: Path, recipe_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mineralseg_models.segmentation import stack
    from mineralseg_models.segmentation.registration import Registration

    monkeypatch.setattr(stack, "register", lambda *_: Registration(0.0, (2.0, 0.0), 50.0, True))
    (training_folder / "groups.csv").write_text(
        "stem,group,mask_follows\n1a,1,crossed\n1b,1,\n2a,2,\n3a,3,\n"
    )
    mask = np.zeros((64, 96), np.uint8)
    mask[:20] = 4
    Image.fromarray(mask).save(training_folder / "masks" / "1a.png")
    folder = read_training_folder(training_folder, crossed=1)
    fields = run_to_end(read_fields(folder.fields[:1], folder.taxonomy, load_recipe(recipe_file)))
    assert (fields[0].truth[:22] == 4).all()
    assert (fields[0].truth[22:] == 0).all()


def test_generated_fields_repeat_and_are_kept(
    training_folder: Path, recipe_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mineralseg_models.training.generated.SHAPE", (48, 64))
    recipe = load_recipe(recipe_file, ["synthetic.sections=2"])
    taxonomy = read_training_folder(training_folder, crossed=1).taxonomy
    first = run_to_end(generated_fields(recipe, taxonomy))
    assert len(list((tmp_path / "cache").rglob("*.npz"))) == 2
    again = run_to_end(generated_fields(recipe, taxonomy))
    np.testing.assert_array_equal(first[1].pixels, again[1].pixels)
    np.testing.assert_array_equal(first[1].truth, again[1].truth)
    assert not np.array_equal(first[0].target, first[1].target)
