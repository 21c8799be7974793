import hashlib
import json
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mineralseg_models.errors import BadInput, CannotWrite
from mineralseg_models.provenance import (
    InputFile,
    hash_array,
    hash_file,
    new_provenance,
    read_provenance,
    write_provenance,
)

EXAMPLE = new_provenance(
    inputs=[InputFile(path="a.jpg", sha256="0" * 64, role="plane")],
    bundle="tiny",
    weights_sha256="1" * 64,
    parameters={"tile_px": [64, 64]},
    pixel_size_um=0.755,
    registration=[{"angle_deg": 4.5}],
)


def test_it_comes_back_as_written(tmp_path):
    write_provenance(tmp_path / "p.json", EXAMPLE)
    assert read_provenance(tmp_path / "p.json") == EXAMPLE
    assert json.loads((tmp_path / "p.json").read_text())["bundle"] == "tiny"


def test_versions_and_time_are_filled_in():
    plain = new_provenance()
    assert datetime.fromisoformat(plain.created).utcoffset() == timedelta(0)
    assert plain.numpy == np.__version__
    assert plain.program
    assert plain.torch[0].isdigit()
    assert (plain.bundle, plain.inputs, plain.registration) == (None, (), None)


def test_hashes_of_files(tmp_path):
    (tmp_path / "a").write_bytes(b"abc")
    assert hash_file(tmp_path / "a") == hashlib.sha256(b"abc").hexdigest()
    with pytest.raises(BadInput, match="no such file"):
        hash_file(tmp_path / "b")


def test_hashes_of_arrays_depend_on_values_type_and_shape_only():
    a = np.arange(6, dtype=np.uint16).reshape(2, 3)
    assert hash_array(a) == hash_array(np.asfortranarray(a)) == hash_array(a.astype(">u2"))
    others = [a.reshape(3, 2), a.astype(np.uint8), a + 1]
    assert len({hash_array(x) for x in [a, *others]}) == 4


def test_an_absent_folder_cannot_be_written_to(tmp_path):
    with pytest.raises(CannotWrite):
        write_provenance(tmp_path / "b" / "p.json", EXAMPLE)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format_version": 3}, "format version 3 and this program reads 1; update"),
        ({"bundle": 1}, "bundle: Input should be a valid string"),
        ({"extra": 1}, "extra: Extra inputs"),
        ({"pixel_size_um": -1}, "pixel_size_um: Input should be greater than 0"),
        ({"inputs": [{"path": "a", "sha256": "x", "role": "plane"}]}, r"inputs\.0\.sha256"),
    ],
)
def test_other_content_is_refused(tmp_path, changes, words):
    path = tmp_path / "p.json"
    path.write_text(json.dumps(EXAMPLE.model_dump(mode="json") | changes))
    with pytest.raises(BadInput, match=words) as caught:
        read_provenance(path)
    assert str(path) in str(caught.value)


def test_absent_and_huge_files_are_refused(tmp_path):
    with pytest.raises(BadInput, match="no such file"):
        read_provenance(tmp_path / "absent.json")
    (tmp_path / "huge.json").write_bytes(b" " * (16 * 2**20 + 1))
    with pytest.raises(BadInput, match="more than 16 MiB"):
        read_provenance(tmp_path / "huge.json")


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    content=st.binary(max_size=80)
    | st.integers(0, 300).map(lambda n: EXAMPLE.model_dump_json().encode()[:n])
)
def test_damaged_files_are_refused_by_name(tmp_path, content):
    path = tmp_path / "p.json"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=r"p\.json"):
        read_provenance(path)


def test_names_that_are_no_text_can_be_stored(tmp_path):
    odd = InputFile(path="/x/b\udcff.png", sha256="0" * 64, role="plane")
    write_provenance(tmp_path / "p.json", new_provenance(inputs=[odd]))
    assert read_provenance(tmp_path / "p.json").inputs[0].path == "/x/b?.png"
