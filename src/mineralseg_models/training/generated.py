"""Generated thin sections to learn from, kept in the user's cache: drawing them takes minutes."""

import hashlib
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from platformdirs import user_cache_path

from mineralseg_models.io.atomic import replace_file
from mineralseg_models.progress import Progress, Task
from mineralseg_models.synthesis.style import random_style
from mineralseg_models.synthesis.thin_section import TAXONOMY, synthesise_thin_section
from mineralseg_models.taxonomy import Taxonomy
from mineralseg_models.training.fields import Field
from mineralseg_models.training.recipe import Recipe

SHAPE = (304, 400)
FIRST_SEED, SEEDS_A_RECIPE_SEED = 10_000, 1_000_000


def generated_fields(recipe: Recipe, taxonomy: Taxonomy) -> Task[list[Field]]:
    """Draw the sections that a recipe asks for, each in a style of its own.

    A drawn class that the taxonomy lacks (such as pore) counts as the first class (other).
    """
    fields, wanted = [], recipe.synthetic.sections
    position = _positions(taxonomy)
    for i in range(wanted):
        yield Progress(i, wanted, "drawing thin sections")
        seed = FIRST_SEED + SEEDS_A_RECIPE_SEED * recipe.fit.seed + i
        pictures, mask = _draw(seed, recipe.scale.working)
        pixels = (pictures[..., : recipe.in_channels] / np.float32(255)).astype(np.float16)
        target = position[mask]
        name, size = f"generated-{seed}", recipe.scale.working
        fields.append(Field(name, "generated", pixels, target, taxonomy.ids[target], size))
    return fields


def _positions(taxonomy: Taxonomy) -> NDArray[np.uint8]:
    """Position in ``taxonomy`` of each class id of the generator."""
    known = {c.name: p for p, c in enumerate(taxonomy)}
    table = np.zeros(256, dtype=np.uint8)
    for c in TAXONOMY:
        table[c.id] = known.get(c.name, 0)
    return table


def _draw(seed: int, pixel_size_um: float) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pictures (Y, X, 6) and mask (Y, X) of one section, from the cache where it is there."""
    kept = _cache() / f"{seed}-{pixel_size_um:g}.npz"
    if kept.is_file():
        with np.load(kept, allow_pickle=False) as stored:
            return stored["pictures"], stored["mask"]
    style = random_style(np.random.default_rng(seed))
    section = synthesise_thin_section(SHAPE, seed=seed, pixel_size_um=pixel_size_um, style=style)
    pictures = np.concatenate([section.plane.pixels, section.crossed.pixels], axis=-1)
    kept.parent.mkdir(parents=True, exist_ok=True)
    with replace_file(kept) as aside, aside.open("wb") as file:
        np.savez(file, pictures=pictures, mask=section.mask)
    return pictures, section.mask


def _cache() -> Path:
    """Folder for what this version of the generator draws."""
    folder = resources.files("mineralseg_models.synthesis")
    sources = sorted((p for p in folder.iterdir() if p.name.endswith(".py")), key=lambda p: p.name)
    digest = hashlib.sha256(b"".join(p.read_bytes() for p in sources)).hexdigest()[:12]
    return user_cache_path("mineralseg") / "sections" / digest
