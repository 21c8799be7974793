from pathlib import Path

import numpy as np
import pytest

from mineralseg_models.sessions import Session, create_session
from mineralseg_models.taxonomy import MineralClass, Taxonomy

CLASSES = Taxonomy((MineralClass(0, "other", "#000000"), MineralClass(4, "quartz", "#f0d878")))
PREDICTION = np.array([[0, 4, 4], [0, 0, 4]], dtype=np.uint8)


@pytest.fixture(autouse=True)
def user_folder(tmp_path, monkeypatch) -> Path:
    """Keep the tests out of the user's own data folder."""
    folder = tmp_path / "user"
    monkeypatch.setattr("platformdirs.user_data_path", lambda name, appauthor: folder / name)
    return folder / "mineralseg" / "sessions"


@pytest.fixture
def picture(tmp_path) -> Path:
    path = tmp_path / "pictures" / "2a.jpg"
    path.parent.mkdir()
    path.write_bytes(b"a picture")
    return path


@pytest.fixture
def begin(picture):
    """Begin a session of the picture, with changes to the arguments."""

    def create(**changes) -> Session:
        arguments = {
            "picture": picture,
            "picture_sha256": "a3c8a0e34a68c3c9ba4a0df4c2ed0e0a0e43bd97cd0e0ab24d6ac7d0a1dd5b9c",
            "taxonomy": CLASSES,
            "prediction": PREDICTION,
            "uncertainty": np.array([[0, 0.5, 1], [0, 0, 0.25]], dtype=np.float32),
        }
        return create_session(**(arguments | changes))

    return create
