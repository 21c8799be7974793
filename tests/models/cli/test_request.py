from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mineralseg_models.cli.request import (
    Request,
    check_pixel_size,
    from_earlier,
    parse_pixel_size,
)
from mineralseg_models.errors import BadInput
from mineralseg_models.provenance import InputFile, hash_file, new_provenance, write_provenance


@pytest.fixture
def picture(tmp_path: Path) -> InputFile:
    Image.new("RGB", (20, 20)).save(tmp_path / "a.png")
    path = tmp_path / "a.png"
    return InputFile(path=str(path), sha256=hash_file(path), role="plane")


def _earlier(tmp_path: Path, inputs: list[InputFile], *options: Any, **fields: Any) -> Request:
    made_from = tmp_path / "a_provenance.json"
    write_provenance(made_from, new_provenance(inputs=inputs, **fields))
    return from_earlier(made_from, [], [], *(options or (None, None, None)))


def test_settings_of_the_earlier_run(tmp_path: Path, picture: InputFile) -> None:
    known = {"model": "rock", "pixel_size_um": 0.5, "device": "cpu"}
    sha = "0" * 64
    request = _earlier(tmp_path, [picture], parameters=known, weights_sha256=sha)
    assert (request.model, request.pixel_size_um, request.device) == ("rock", 0.5, "cpu")
    assert request.weights_sha256 == sha
    assert request.fields[0].plane == tmp_path / "a.png"


def test_options_take_the_place(tmp_path: Path, picture: InputFile) -> None:
    request = _earlier(tmp_path, [picture], "other", 2.0, "cuda", bundle="rock")
    assert (request.model, request.pixel_size_um, request.device) == ("other", 2.0, "cuda")
    assert request.weights_sha256 is None


def test_the_bundle_is_the_model(tmp_path: Path, picture: InputFile) -> None:
    request = _earlier(tmp_path, [picture], bundle="rock")
    assert (request.model, request.pixel_size_um, request.device) == ("rock", None, "auto")


def test_files_that_do_not_suffice(tmp_path: Path, picture: InputFile) -> None:
    with pytest.raises(BadInput, match="names no model"):
        _earlier(tmp_path, [picture])
    with pytest.raises(BadInput, match="gives the pixel size as 'x'"):
        _earlier(tmp_path, [picture], bundle="rock", parameters={"pixel_size_um": "x"})
    with pytest.raises(BadInput, match="gives the pixel size as 'True'"):
        _earlier(tmp_path, [picture], bundle="rock", parameters={"pixel_size_um": True})
    with pytest.raises(BadInput, match="above 0"):
        _earlier(tmp_path, [picture], bundle="rock", parameters={"pixel_size_um": -1})
    with pytest.raises(BadInput, match="names 2 plane-polarised pictures"):
        _earlier(tmp_path, [picture, picture], bundle="rock")


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_pixel_size_must_be_above_zero(size: float) -> None:
    with pytest.raises(BadInput, match="above 0"):
        check_pixel_size(size)


def test_pixel_size_as_it_is_typed() -> None:
    assert parse_pixel_size("0.755") == 0.755
    with pytest.raises(BadInput, match=r"such as 0\.755; found '0,755'"):
        parse_pixel_size("0,755")
    with pytest.raises(BadInput, match="above 0"):
        parse_pixel_size("nan")


def test_crossed_pictures_that_are_given_take_the_place(tmp_path: Path, picture: InputFile) -> None:
    gone = InputFile(path=str(tmp_path / "gone.png"), sha256="0" * 64, role="crossed")
    made_from = tmp_path / "a_provenance.json"
    write_provenance(made_from, new_provenance(inputs=[picture, gone], bundle="rock"))
    request = from_earlier(made_from, [], [tmp_path / "x.png"], None, None, None)
    assert request.fields[0].plane == tmp_path / "a.png"
    assert request.fields[0].crossed == (tmp_path / "x.png",)


def test_pictures_of_one_name_that_moved_are_told_by_their_content(tmp_path: Path) -> None:
    inputs = []
    for role, colour in (("plane", "white"), ("crossed", "black")):
        place = tmp_path / role / "a.png"
        place.parent.mkdir()
        Image.new("RGB", (20, 20), colour).save(place)
        inputs.append(InputFile(path=str(place), sha256=hash_file(place), role=role))
    (tmp_path / "plane" / "a.png").rename(tmp_path / "a.png")
    request = _earlier(tmp_path, inputs, bundle="rock")
    assert request.fields[0].plane == tmp_path / "a.png"
    assert request.fields[0].crossed == (tmp_path / "crossed" / "a.png",)


@pytest.mark.parametrize("path", ["/x/" + "a" * 5000, "/x/a\0b", "/dev/null"])
def test_odd_paths_of_an_edited_file_are_refused(tmp_path: Path, path: str) -> None:
    odd = InputFile(path=path, sha256="0" * 64, role="plane")
    with pytest.raises(BadInput, match="is not there any more"):
        _earlier(tmp_path, [odd], bundle="rock")


def test_another_version_is_told(tmp_path: Path, picture: InputFile) -> None:
    assert _earlier(tmp_path, [picture], bundle="rock").note == ""
    made_from = tmp_path / "old.json"
    made = new_provenance(inputs=[picture], bundle="rock").model_copy(update={"program": "0.0.1"})
    write_provenance(made_from, made)
    note = from_earlier(made_from, [], [], None, None, None).note
    assert "made by version 0.0.1" in note
