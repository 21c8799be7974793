from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from mineralseg_models.cli.request import Request, check_pixel_size, from_earlier
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
    with pytest.raises(BadInput, match="above 0"):
        _earlier(tmp_path, [picture], bundle="rock", parameters={"pixel_size_um": -1})
    with pytest.raises(BadInput, match="names 2 plane-polarised pictures"):
        _earlier(tmp_path, [picture, picture], bundle="rock")


@pytest.mark.parametrize("size", [0.0, -1.0, float("nan"), float("inf")])
def test_pixel_size_must_be_above_zero(size: float) -> None:
    with pytest.raises(BadInput, match="above 0"):
        check_pixel_size(size)
