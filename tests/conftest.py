import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def realdata() -> Path:
    """Folder of the real data: $MINERALSEG_REALDATA, or shared/data beside the checkout."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("MINERALSEG_REALDATA", default))
    if not folder.is_dir():
        pytest.skip(f"the real data are not at {folder}; set MINERALSEG_REALDATA")
    return folder
