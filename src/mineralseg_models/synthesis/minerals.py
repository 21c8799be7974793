"""Painters of single-mineral grains: quartz, feldspars, mica and other accessories.

Birefringences after Deer, Howie and Zussman (2013), *An Introduction to the Rock-Forming Minerals*.
"""

from collections.abc import Callable

import numpy as np

from mineralseg_models.synthesis.brush import Brush, Patch, darken, turned_by
from mineralseg_models.synthesis.noise import Field, random_tilt

QUARTZ, MICROCLINE, ORTHOCLASE, ALBITE = 0.0091, 0.0068, 0.0058, 0.0095
MUSCOVITE, BIOTITE, CALCITE, GLAUCONITE = 0.036, 0.045, 0.172, 0.022

Painter = Callable[[Brush], Patch]


def pick(rng: np.random.Generator, painters: dict[Painter, float]) -> Painter:
    """Draw a painter by its weight."""
    weights = np.array(list(painters.values()))
    return list(painters)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _axes(b: Brush, birefringence: float, least: float = 0.05) -> tuple[Field, Field]:
    """Random orientation of a single crystal: direction and effective birefringence."""
    tilt = max(float(random_tilt(b.rng, 1)[0]), least)
    return b.even(b.rng.uniform(0, np.pi)), b.even(birefringence * tilt)


def _strained(b: Brush, angle: Field) -> Field:
    """Undulose extinction: broad bands of slightly turned lattice."""
    if b.rng.uniform() > 0.35 + 0.6 * b.style.strain:
        return angle
    size = np.radians(14) * b.style.strain * b.rng.uniform(0.3, 1.3)
    direction = b.rng.uniform(0, np.pi)
    return angle + np.float32(size) * b.noise(0.9 * b.radius_um, stretch=2.5, angle_rad=direction)


def _clear(b: Brush) -> Field:
    """Clear glassy mineral with cracks, inclusions and the marks of grinding."""
    passed = (
        b.tint((0.95, 0.95, 0.95)) * (1 + 0.012 * b.noise(5.0) + 0.012 * b.noise(40.0))[:, None]
    )
    passed = darken(passed, b.specks(2.4, b.rng.uniform(0.01, 0.06)), (0.80, 0.79, 0.77))
    passed = darken(passed, b.specks(1.5, b.rng.uniform(0.004, 0.025)), (0.42, 0.40, 0.38))
    trails = b.lines(int(b.rng.integers(0, 4)), 7.0) & b.specks(1.8, 0.16)
    passed = darken(passed, trails, (0.45, 0.43, 0.42))
    cracks = b.lines(int(b.rng.integers(0, 3)), 1.3) & (b.noise(25.0) > -0.4)
    return darken(passed, cracks, (0.66, 0.64, 0.62))


def _turbid(b: Brush, strength: float) -> Field:
    """Feldspar dusted brown by clay and fluid inclusions, more along its cleavage."""
    cloud = np.clip(0.5 + 0.45 * b.noise(38.0) + 0.3 * b.noise(9.0), 0, 1.2) * np.float32(strength)
    warm = b.rng.uniform(-0.05, 0.05)
    passed = darken(b.tint((0.95, 0.935, 0.905)), cloud, (0.66 + warm, 0.58, 0.48 - warm))
    passed *= np.exp(0.05 * b.noise(3.5))[:, None]
    passed = darken(passed, b.specks(2.8, 0.03 + 0.12 * strength), (0.74, 0.67, 0.58))
    passed = darken(passed, b.specks(1.6, 0.02 + 0.09 * strength), (0.45, 0.38, 0.32))
    cleavage = b.rng.uniform(0, np.pi)
    stripes = b.specks(0.8, 0.02 + 0.07 * strength, stretch=14, angle_rad=cleavage)
    return darken(passed, stripes, (0.68, 0.62, 0.55))


def single_quartz(b: Brush) -> Patch:
    """One quartz crystal, often strained, now and then with a dust line under an overgrowth."""
    angle, birefringence = _axes(b, QUARTZ)
    passed = _clear(b)
    if b.rng.uniform() < 0.25:
        ring = np.abs(b.edge_um - b.rng.uniform(5, 11) + 1.5 * b.noise(18.0)) < 0.9
        passed = darken(passed, ring & (b.noise(16.0) > -0.5), (0.6, 0.56, 0.5))
    return Patch(_strained(b, angle), birefringence, passed)


def polycrystalline_quartz(b: Brush) -> Patch:
    """Several quartz crystals with sutured borders."""
    k = b.crystals(
        b.rng.uniform(0.4, 1.1) * b.radius_um,
        stretch=b.rng.uniform(1, 2.2),
        angle_rad=b.rng.uniform(0, np.pi),
        ragged=0.16,
    )
    angle = _strained(b, b.tiles.angle[k])
    return Patch(
        angle, np.float32(QUARTZ) * np.maximum(b.tiles.tilt[k], np.float32(0.05)), _clear(b)
    )


def plain_feldspar(b: Brush) -> Patch:
    """Untwinned orthoclase, sometimes a Carlsbad twin."""
    angle, birefringence = _axes(b, ORTHOCLASE)
    if b.rng.uniform() < 0.3:
        half = b.turned(b.rng.uniform(0, np.pi))[1] > b.rng.normal(0, 0.2 * b.radius_um)
        angle = angle + turned_by(half, b.rng.uniform(0.25, 0.9))
    return _altered(b, angle + 0.03 * b.noise(35.0), birefringence)


def perthite(b: Brush) -> Patch:
    """Orthoclase with ragged strings of albite."""
    angle, birefringence = _axes(b, ORTHOCLASE)
    direction, size = b.rng.uniform(0, np.pi), b.rng.uniform(3, 8)
    strings = b.specks(
        size, b.rng.uniform(0.15, 0.4), stretch=b.rng.uniform(4, 9), angle_rad=direction
    )
    angle = angle + turned_by(strings, b.rng.uniform(0.2, 0.6))
    birefringence = np.where(strings, np.float32(ALBITE * b.rng.uniform(0.5, 1)), birefringence)
    patch = _altered(b, angle, birefringence)
    return Patch(
        patch.angle, patch.birefringence, darken(patch.passed, ~strings, (0.95, 0.93, 0.89))
    )


def microcline(b: Brush) -> Patch:
    """Cross-hatched twins: two sets of soft spindles at a right angle."""
    angle, birefringence = _axes(b, MICROCLINE, least=0.4)
    direction, width = b.rng.uniform(0, np.pi), b.rng.uniform(2.5, 6)
    sets = [
        np.tanh(2.2 * b.noise(2.2 * width, stretch=7, angle_rad=direction + turn))
        for turn in (0.0, np.pi / 2)
    ]
    patch = sets[0] * (b.noise(40.0) > -0.7) + sets[1] * (b.noise(40.0) > -0.7)
    return _altered(b, angle + np.float32(0.20) * patch, birefringence)


def plagioclase(b: Brush) -> Patch:
    """Albite twins as fine parallel lamellae, often with a Carlsbad twin, sometimes zoned."""
    angle, birefringence = _axes(b, ALBITE, least=0.25)
    direction = float(b.rng.normal(0, 0.5))
    if b.rng.uniform() < 0.88:
        twin = b.lamellae(float(b.rng.uniform(4, 15)), direction)
        angle = angle + turned_by(twin, b.rng.uniform(0.3, 0.85))
    if b.rng.uniform() < 0.35:
        half = b.turned(direction)[1] > b.rng.normal(0, 0.25 * b.radius_um)
        angle = angle + turned_by(half, b.rng.uniform(0.2, 0.7))
    if b.rng.uniform() < 0.12:
        angle = angle + np.float32(0.12) * np.sin(b.edge_um / np.float32(b.rng.uniform(6, 14)))
    return _altered(b, angle, birefringence, sericite=b.rng.uniform(0, 0.10))


def _altered(b: Brush, angle: Field, birefringence: Field, sericite: float | None = None) -> Patch:
    """Dust a feldspar and scatter flakes of sericite through it."""
    strength = float(np.clip(b.style.turbidity * b.rng.uniform(0.3, 1.6), 0, 1))
    share = (0.05 * b.rng.uniform() if sericite is None else sericite) * 2 * b.style.turbidity
    flakes = b.specks(2.2, share) & (b.noise(35.0) > -0.5)
    k = b.crystals(3.5)
    angle = np.where(flakes, b.tiles.angle[k], angle)
    birefringence = np.where(flakes, 0.022 * b.tiles.tilt[k], birefringence)
    return Patch(angle, birefringence, darken(_turbid(b, strength), flakes, (0.9, 0.86, 0.76)))


def mica(b: Brush) -> Patch:
    """Muscovite or pleochroic biotite, cleaved along the flake; extinct along its length."""
    dark = b.rng.uniform() < 0.5
    angle = b.long_angle_rad + 0.06 * b.noise(40.0, stretch=4) + 0.12 * b.noise(3.0)
    aligned = float(np.cos(b.long_angle_rad) ** 2)  # biotite absorbs most along its cleavage
    colour = (
        (0.86 - 0.5 * aligned, 0.72 - 0.55 * aligned, 0.5 - 0.42 * aligned)
        if dark
        else (0.93, 0.94, 0.91)
    )
    passed = darken(b.tint(colour), b.specks(0.9, 0.12, stretch=20), (0.55, 0.5, 0.42))
    return Patch(angle, b.even((BIOTITE if dark else MUSCOVITE) * b.rng.uniform(0.4, 1)), passed)


def opaque(b: Brush) -> Patch:
    """Iron and titanium oxides: black in both pictures."""
    passed = b.tint((0.012, 0.010, 0.009)) * np.exp(0.5 * b.noise(12.0))[:, None]
    return Patch(b.even(0.0), b.even(0.0), passed)


def glauconite(b: Brush) -> Patch:
    """Green pellet of clay flakes too small to see."""
    k = b.crystals(3.5)
    green = (b.rng.uniform(0.18, 0.32), b.rng.uniform(0.27, 0.38), b.rng.uniform(0.08, 0.16))
    passed = b.tint(green) * np.exp(0.12 * b.noise(5.0) + 0.15 * b.noise(25.0))[:, None]
    return Patch(b.tiles.angle[k], GLAUCONITE * 0.3 * b.tiles.tilt[k], passed)


def carbonate(b: Brush) -> Patch:
    """Calcite: colours of high order, rhombic cleavage, relief that changes with direction."""
    angle, birefringence = _axes(b, CALCITE, least=0.5)
    birefringence = birefringence * (1 + 0.04 * b.noise(12.0) + 0.03 * b.noise(3.0))
    direction = b.rng.uniform(0, np.pi)
    passed = darken(b.tint((0.93, 0.90, 0.85)), b.specks(2.5, 0.12), (0.7, 0.63, 0.55))
    for turn in (direction, direction + 1.3):
        passed = darken(passed, b.lines(5, 1.2, angle_rad=turn), (0.6, 0.55, 0.5))
    return Patch(angle, birefringence, passed)


def accessory(b: Brush) -> Patch:
    """Mica where the grain is a flake, else an oxide, glauconite or carbonate."""
    if b.elongation > 2.5:
        return mica(b)
    return pick(b.rng, {opaque: 0.45, glauconite: 0.3, carbonate: 0.25})(b)


PAINTERS: dict[str, dict[Painter, float]] = {
    "quartz": {single_quartz: 0.8, polycrystalline_quartz: 0.2},
    "k_feldspar": {plain_feldspar: 0.45, perthite: 0.3, microcline: 0.25},
    "plagioclase": {plagioclase: 1.0},
    "accessory": {accessory: 1.0},
}
