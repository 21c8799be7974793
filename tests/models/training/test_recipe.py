from pathlib import Path

import pytest

from mineralseg_models.errors import BadInput
from mineralseg_models.training.recipe import load_recipe, shipped_recipes


def test_a_file_is_read_and_changed(recipe_file: Path) -> None:
    recipe = load_recipe(recipe_file, ["fit.steps=7", "title=Other words", "augment.noise=0"])
    assert recipe.fit.steps == 7
    assert recipe.title == "Other words"
    assert recipe.augment.noise == 0
    assert recipe.in_channels == 6


@pytest.mark.parametrize("name", shipped_recipes())
def test_shipped_recipes_are_sound(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.taxonomy is not None


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("fit.steps", "write key=value"),
        ("=3", "write key=value"),
        ("fit.steps=-1", "fit.steps"),
        ("fit.stepz=1", "stepz"),
        ("name.x=1", "no parts of its own"),
        ("scale.assumed=100.0", "assumed must lie between"),
    ],
)
def test_wrong_changes_are_refused(recipe_file: Path, change: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        load_recipe(recipe_file, [change])


def test_unknown_broken_and_huge_recipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="There is no recipe 'nonsense'"):
        load_recipe("nonsense")
    with pytest.raises(BadInput, match="no recipe file"):
        load_recipe(tmp_path / "absent.toml")
    broken = tmp_path / "broken.toml"
    broken.write_text("name = ")
    with pytest.raises(BadInput, match="not valid TOML"):
        load_recipe(broken)
    broken.write_bytes(b"#" * (2 << 20))
    with pytest.raises(BadInput, match="larger than 1 MiB"):
        load_recipe(broken)
