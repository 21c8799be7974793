import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mineralseg_models.synthesis.thin_section import TAXONOMY, synthesise_thin_section

RECIPE = """
name = "tiny"
title = "Tiny network for tests"
crossed = 1
tile_px = 64
overlap_px = 16
stride = 8
[network]
name = "unet"
encoder = "tu-test_resnet"
options = { encoder_depth = 3, decoder_channels = [16, 8, 8] }
[scale]
assumed = 3.0
working = 3.0
min = 0.5
max = 6.0
[fit]
steps = 4
batch = 2
crop_px = 32
validate_every = 2
folds = 2
average_decay = 0.5
"""


@pytest.fixture
def recipe_file(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


@pytest.fixture
def training_folder(tmp_path: Path) -> Path:
    """Four small drawn fields of three groups, 96 × 64 px at 3 µm."""
    root = tmp_path / "data"
    for part in ("ppl", "xpl", "masks"):
        (root / part).mkdir(parents=True)
    for i, stem in enumerate(("1a", "1b", "2a", "3a")):
        section = synthesise_thin_section((64, 96), seed=i, pixel_size_um=3.0)
        Image.fromarray(section.plane.pixels).save(root / "ppl" / f"{stem}.png")
        Image.fromarray(section.crossed.pixels).save(root / "xpl" / f"{stem}.png")
        Image.fromarray(section.mask).save(root / "masks" / f"{stem}.png")
    classes = [{"id": c.id, "name": c.name, "colour": c.colour} for c in TAXONOMY]
    (root / "classes.json").write_text(json.dumps(classes))
    (root / "groups.csv").write_text("stem,group\n1a,1\n1b,1\n2a,2\n3a,3\n")
    return root


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "mineralseg_models.training.generated.user_cache_path", lambda _: tmp_path / "cache"
    )


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
