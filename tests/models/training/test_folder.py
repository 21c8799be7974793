import shutil
from pathlib import Path

import pytest

from mineralseg_models.errors import BadInput
from mineralseg_models.taxonomy import MineralClass, Taxonomy
from mineralseg_models.training.folder import read_training_folder

CLASSES = Taxonomy((MineralClass(0, "other", "#000000"), MineralClass(1, "quartz", "#ffffff")))


def test_files_are_matched_by_stem(training_folder: Path) -> None:
    folder = read_training_folder(training_folder, crossed=1)
    assert [f.stem for f in folder.fields] == ["1a", "1b", "2a", "3a"]
    assert folder.groups == ["1", "2", "3"]
    assert folder.fields[0].crossed[0].parent.name == "xpl"
    assert folder.taxonomy.names[4] == "quartz"
    assert folder.warnings == ()


def test_without_groups_each_field_is_one_and_the_user_is_told(training_folder: Path) -> None:
    (training_folder / "groups.csv").unlink()
    folder = read_training_folder(training_folder, crossed=0)
    assert folder.groups == ["1a", "1b", "2a", "3a"]
    assert "no groups.csv" in folder.warnings[0]


def test_classes_come_from_the_recipe_where_the_folder_has_none(training_folder: Path) -> None:
    (training_folder / "classes.json").unlink()
    assert read_training_folder(training_folder, crossed=0, taxonomy=CLASSES).taxonomy == CLASSES
    with pytest.raises(BadInput, match=r"no classes\.json"):
        read_training_folder(training_folder, crossed=0)


def test_broken_classes_are_refused(training_folder: Path) -> None:
    (training_folder / "classes.json").write_text('[{"id": 0}]')
    with pytest.raises(BadInput, match="no list of classes"):
        read_training_folder(training_folder, crossed=0)


def test_missing_partners_are_named(training_folder: Path) -> None:
    (training_folder / "masks" / "2a.png").unlink()
    with pytest.raises(BadInput, match=r"1 of 4 fields have no partner in .*masks: 2a"):
        read_training_folder(training_folder, crossed=1)
    with pytest.raises(BadInput, match="needs 2 crossed"):
        read_training_folder(training_folder, crossed=2)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="holds no training data"):
        read_training_folder(tmp_path, crossed=0)
    (tmp_path / "images").mkdir()
    (tmp_path / "masks").mkdir()
    with pytest.raises(BadInput, match="holds no pictures"):
        read_training_folder(tmp_path, crossed=0)


def test_two_pictures_of_one_stem_are_refused(training_folder: Path) -> None:
    shutil.copy(training_folder / "ppl" / "1a.png", training_folder / "ppl" / "1a.bmp")
    with pytest.raises(BadInput, match="two pictures named '1a'"):
        read_training_folder(training_folder, crossed=0)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("a,b\n1,2\n", "columns stem and group"),
        ("stem,group\n1a,1\n", "gives no group for 1b"),
        (
            "stem,group,mask_follows\n1a,1,sky\n1b,1,\n2a,2,\n3a,3,\n",
            "mask_follows is plane or crossed",
        ),
    ],
)
def test_wrong_tables_of_groups_are_refused(training_folder: Path, table: str, said: str) -> None:
    (training_folder / "groups.csv").write_text(table)
    with pytest.raises(BadInput, match=said):
        read_training_folder(training_folder, crossed=0)


def test_an_absent_table_that_was_asked_for_is_refused(training_folder: Path) -> None:
    with pytest.raises(BadInput, match="no table of groups"):
        read_training_folder(training_folder, crossed=0, groups=training_folder / "no.csv")
