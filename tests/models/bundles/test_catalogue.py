import subprocess
import sys

import pytest

from mineralseg_models.bundles import catalogue
from mineralseg_models.bundles.catalogue import find_bundle, list_bundles, misfit, user_folder
from mineralseg_models.errors import BadInput, BrokenBundle


@pytest.fixture(autouse=True)
def _alone(monkeypatch, tmp_path):
    """No shipped bundles, and the user's folder where the fixtures write."""
    monkeypatch.setattr(catalogue, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setenv("MINERALSEG_BUNDLES", str(tmp_path / "bundles"))


def test_the_users_folder(monkeypatch, tmp_path):
    assert user_folder() == tmp_path / "bundles"
    monkeypatch.delenv("MINERALSEG_BUNDLES")
    assert user_folder().name == "bundles"
    assert "mineralseg" in str(user_folder())


def test_absent_folders_hold_nothing(tmp_path):
    assert list_bundles([tmp_path / "absent"]) == []


def test_sound_and_broken_bundles_are_listed(make_bundle, tmp_path):
    make_bundle("sound")
    broken = make_bundle("broken")
    (broken.folder / "weights.safetensors").write_bytes(b"")
    (tmp_path / "bundles" / "pickle").mkdir()
    (tmp_path / "bundles" / "pickle" / "model.pt").write_bytes(b"x")
    (tmp_path / "bundles" / "notes").mkdir()
    (tmp_path / "bundles" / ".half.part").mkdir()
    (tmp_path / "bundles" / "readme.txt").write_text("x")
    found = {entry.name: entry for entry in list_bundles()}
    assert list(found) == ["broken", "pickle", "sound"]
    assert found["sound"].reason is None
    assert found["sound"].bundle.name == "sound"
    assert found["broken"].bundle is None
    assert "damaged or cut short" in found["broken"].reason
    assert "pickled files" in found["pickle"].reason


def test_given_paths_are_bundles_or_folders_of_them(make_bundle, tmp_path, monkeypatch):
    bundle = make_bundle("sound")
    monkeypatch.setenv("MINERALSEG_BUNDLES", str(tmp_path / "none"))
    assert [e.folder for e in list_bundles([bundle.folder])] == [bundle.folder]
    both = list_bundles([bundle.folder.parent, str(bundle.folder)])
    assert [e.folder for e in both] == [bundle.folder]


def test_a_name_that_is_taken_is_told(make_bundle, tmp_path):
    first = make_bundle("twin")
    other = tmp_path / "more" / "twin"
    other.mkdir(parents=True)
    for file in first.folder.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    second = list_bundles([other.parent])[1]
    assert second.bundle is None
    assert "Another bundle is named twin too" in second.reason
    assert find_bundle("twin", [other.parent]).folder == first.folder
    assert find_bundle(str(other)).folder == other


def test_bundles_are_found_by_name_or_path(make_bundle, tmp_path):
    bundle = make_bundle("sound")
    assert find_bundle("sound") == bundle
    assert find_bundle(bundle.folder) == bundle
    with pytest.raises(BadInput, match="no bundle 'quartz'; the names are sound, and"):
        find_bundle("quartz")


def test_a_broken_bundle_is_found_with_its_reason(make_bundle):
    bundle = make_bundle("broken")
    (bundle.folder / "card.json").write_text("{}")
    with pytest.raises(BrokenBundle, match=r"card\.json: name: Field required"):
        find_bundle("broken")


def test_an_empty_catalogue_says_so():
    with pytest.raises(BadInput, match="the names are none yet"):
        find_bundle("quartz")


@pytest.mark.parametrize(
    ("n_crossed", "given", "reason"),
    [
        (1, (1, 1, 1.0), None),
        (1, (1, 1, None), None),
        (0, (1, 0, 1.0), None),
        (
            1,
            (1, 0, 1.0),
            "It takes 1 cross-polarised picture beside the plane-polarised one; none is given.",
        ),
        (
            2,
            (1, 3, 1.0),
            "It takes 2 cross-polarised pictures beside the plane-polarised one; 3 are given.",
        ),
        (
            0,
            (1, 1, 1.0),
            "It takes no cross-polarised picture beside the plane-polarised one; 1 is given.",
        ),
        (1, (2, 1, 1.0), "It takes one plane-polarised picture; 2 are given."),
        (1, (1, 1, 7.0), "It takes 0.2 to 5 µm per pixel; the picture has 7."),
    ],
)
def test_what_does_not_fit_is_told(make_bundle, n_crossed, given, reason):
    assert misfit(make_bundle(n_crossed=n_crossed), *given) == reason


def test_listing_does_not_load_torch(make_bundle, tmp_path):
    make_bundle("sound")
    code = (
        "import sys\n"
        "from mineralseg_models.bundles.catalogue import list_bundles\n"
        f"listings = list_bundles([{str(tmp_path / 'bundles')!r}])\n"
        "assert 'sound' in [e.name for e in listings if e.bundle], listings\n"
        "heavy = {'torch', 'sklearn', 'matplotlib', 'napari', 'qtpy'} & set(sys.modules)\n"
        "sys.exit(f'loaded {heavy}' if heavy else 0)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
