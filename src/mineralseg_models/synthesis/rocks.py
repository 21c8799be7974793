"""Painters of lithic fragments and of what lies between the grains."""

import numpy as np

from mineralseg_models.synthesis.brush import Brush, Patch, darken, turned_by
from mineralseg_models.synthesis.minerals import (
    ALBITE,
    CALCITE,
    MUSCOVITE,
    ORTHOCLASE,
    QUARTZ,
    Painter,
)
from mineralseg_models.synthesis.noise import Field


def _brown(b: Brush, depth: float) -> Field:
    """Brown rock, clouded and speckled; `depth` 0 clear to 1 dark."""
    warm = b.rng.uniform(-0.05, 0.05)
    passed = b.tint((0.92 - 0.42 * depth + warm, 0.88 - 0.52 * depth, 0.82 - 0.60 * depth - warm))
    passed *= np.exp(0.13 * b.noise(32.0) + 0.12 * b.noise(8.0) + 0.06 * b.noise(3.0))[:, None]
    passed = darken(passed, b.specks(3.2, 0.05 + 0.12 * depth), (0.66, 0.58, 0.48))
    passed = darken(passed, b.specks(1.7, 0.04 + 0.10 * depth), (0.32, 0.26, 0.2))
    return np.minimum(passed, np.float32(0.95))


def chert(b: Brush) -> Patch:
    """Quartz mosaic of 5–14 µm: pinpoint extinction."""
    size = b.rng.uniform(5, 14)
    k = b.crystals(size, ragged=0.3)
    seen = QUARTZ * (0.15 + 0.75 * b.tiles.tilt[k]) * np.clip(size / 14, 0.45, 1)
    return Patch(b.tiles.angle[k], seen.astype(np.float32), _brown(b, b.rng.uniform(0.0, 0.35)))


def quartzite(b: Brush) -> Patch:
    """Foliated mosaic of larger quartz crystals with flakes of mica between them."""
    direction = b.rng.uniform(0, np.pi)
    k = b.crystals(b.rng.uniform(16, 34), stretch=b.rng.uniform(1.5, 3), angle_rad=direction)
    flakes = b.specks(2.2, b.rng.uniform(0.02, 0.12), stretch=8, angle_rad=direction)
    angle = np.where(flakes, np.float32(direction + b.long_angle_rad), b.tiles.angle[k])
    birefringence = np.where(flakes, np.float32(0.7 * MUSCOVITE), QUARTZ * b.tiles.tilt[k])
    passed = darken(_brown(b, b.rng.uniform(0.05, 0.3)), flakes, (0.86, 0.82, 0.72))
    return Patch(angle, birefringence.astype(np.float32), passed)


def granite(b: Brush) -> Patch:
    """Coarse quartz and clouded feldspar in one fragment."""
    k = b.crystals(b.rng.uniform(0.45, 0.8) * b.radius_um, ragged=0.12)
    feldspar = (k % 3) > 0
    birefringence = np.where(feldspar, np.float32(ORTHOCLASE), np.float32(QUARTZ)) * b.tiles.tilt[k]
    twin = feldspar & (k % 2 == 0) & b.lamellae(7.0, b.rng.uniform(0, np.pi))
    cloud = feldspar * np.clip(0.55 + 0.3 * b.noise(14.0), 0, 1)
    passed = darken(b.tint((0.94, 0.93, 0.91)), cloud.astype(np.float32), (0.74, 0.66, 0.55))
    passed = darken(passed, feldspar & b.specks(1.8, 0.08), (0.6, 0.53, 0.45))
    return Patch(b.tiles.angle[k] + turned_by(twin, 0.5), birefringence, passed)


def lathwork(b: Brush) -> Patch:
    """Volcanic rock: plagioclase laths in a dark groundmass."""
    k = b.crystals(4.0)
    angle = b.tiles.angle[k].copy()
    birefringence = (0.0022 * b.tiles.tilt[k]).astype(np.float32)
    passed = _brown(b, b.rng.uniform(0.45, 0.95))
    flow, spread = b.rng.uniform(0, np.pi), b.rng.uniform(0.2, 1.2)
    for _ in range(int(np.clip(b.radius_um**2 / 110, 12, 130))):
        turn = float(b.rng.normal(flow, spread))
        along, across = b.turned(turn)
        y, x = b.rng.uniform(-1.25, 1.25, 2) * b.radius_um
        length, width = b.rng.uniform(8, 34), b.rng.uniform(1.6, 4.5)
        lath = (np.abs(along - np.float32(x)) < length / 2) & (
            np.abs(across - np.float32(y)) < width / 2
        )
        half = lath & (across > np.float32(y))
        angle[lath] = turn + b.long_angle_rad + 0.15
        angle[half] += 0.55
        birefringence[lath] = ALBITE * b.rng.uniform(0.4, 1)
        passed[lath] = np.array((0.86, 0.83, 0.78), dtype=np.float32) * np.float32(
            b.rng.uniform(0.85, 1)
        )
    oxides = b.specks(2.4, b.rng.uniform(0.02, 0.09))
    birefringence[oxides] = 0
    return Patch(angle, birefringence, darken(passed, oxides, (0.12, 0.1, 0.08)))


def felsite(b: Brush) -> Patch:
    """Devitrified volcanic glass: very fine felt of quartz and feldspar, some phenocrysts."""
    k = b.crystals(b.rng.uniform(3.5, 7), ragged=0.4)
    birefringence = (
        0.0050 * b.tiles.tilt[k] * np.clip(0.75 + 0.35 * b.noise(25.0), 0.1, 1.5)
    ).astype(np.float32)
    angle = b.tiles.angle[k].copy()
    crystals = b.specks(11.0, b.rng.uniform(0, 0.14))
    angle[crystals], birefringence[crystals] = b.rng.uniform(0, np.pi), 0.008
    passed = darken(_brown(b, b.rng.uniform(0.25, 0.75)), crystals, (1.25, 1.28, 1.32))
    return Patch(angle, birefringence, np.minimum(passed, 0.93))


def mudstone(b: Brush) -> Patch:
    """Shale or slate: brown clay with silt, its flakes aligned."""
    direction = b.rng.uniform(0, np.pi)
    bedding = b.noise(8.0, stretch=9, angle_rad=direction)
    silt = b.specks(3.5, b.rng.uniform(0.02, 0.15), stretch=1.5, angle_rad=direction)
    k = b.crystals(5.0)
    angle = np.where(silt, b.tiles.angle[k], direction + b.long_angle_rad + 0.25 * b.noise(4.0))
    felt = 0.0016 * (1 + 0.5 * bedding) * b.rng.uniform(0.4, 1.8)
    birefringence = np.where(silt, QUARTZ * b.tiles.tilt[k], np.clip(felt, 0, None))
    passed = _brown(b, b.rng.uniform(0.55, 1.0)) * np.exp(0.16 * bedding)[:, None]
    return Patch(angle, birefringence, np.minimum(darken(passed, silt, (1.4, 1.5, 1.6)), 0.92))


LITHICS: dict[Painter, float] = {
    chert: 0.2,
    quartzite: 0.12,
    granite: 0.1,
    lathwork: 0.24,
    felsite: 0.2,
    mudstone: 0.14,
}


def matrix(b: Brush) -> Patch:
    """Clay between the grains: brown, with a felt of flakes and some silt and rust."""
    k = b.crystals(4.0, ragged=0.5)
    silt = b.specks(5.0, 0.09) & (b.noise(60.0) > -0.6)
    s = b.crystals(11.0)
    birefringence = np.where(silt, QUARTZ * b.tiles.tilt[s], 0.0020 * b.tiles.tilt[k])
    cloud = np.exp(0.22 * b.noise(45.0) + 0.20 * b.noise(11.0) + 0.10 * b.noise(3.0))
    passed = np.clip(b.tint(b.style.matrix) * cloud[:, None], 0, 0.9)
    rust = np.clip(0.7 * b.noise(70.0) - 0.5, 0, 1)
    passed = darken(passed, rust, (0.55, 0.33, 0.18))
    passed = darken(passed, b.specks(2.5, 0.08), (0.35, 0.3, 0.25))
    passed = np.where(silt[:, None], np.float32(0.82) * b.tint((1, 0.98, 0.94)), passed)
    return Patch(
        np.where(silt, b.tiles.angle[s], b.tiles.angle[k]), birefringence.astype(np.float32), passed
    )


def cement(b: Brush) -> Patch:
    """Carbonate cement: a coarse mosaic of colours of high order."""
    k = b.crystals(32.0)
    passed = darken(b.tint((0.92, 0.88, 0.82)), b.specks(1.0, 0.10, stretch=9), (0.72, 0.66, 0.58))
    uneven = 1 + 0.05 * b.noise(12.0) + 0.03 * b.noise(3.0)  # high orders show every step
    tilt = np.clip(b.tiles.tilt[k], 0.5, 1).astype(np.float32)
    return Patch(b.tiles.angle[k], tilt * np.float32(CALCITE) * uneven, passed)


def pore(b: Brush) -> Patch:
    """Blue epoxy: isotropic; paler where a pore is shallow, with crumbs left by grinding."""
    shallow = np.clip(
        0.16 + 0.26 * b.noise(42.0) + 0.20 * b.noise(12.0) - 0.008 * b.edge_um, 0, 0.75
    )
    shallow = shallow * np.clip(0.8 + 0.35 * b.noise(4.5), 0.1, 1.3)
    passed = b.tint(b.style.epoxy) * np.exp(0.40 * b.noise(60.0) + 0.12 * b.noise(7.0))[:, None]
    thin = np.array((0.42, 0.66, 0.80), dtype=np.float32)  # epoxy over the rest of a grain
    passed = passed + shallow[:, None] * (thin - passed)
    crumbs = b.specks(2.0, 0.02)
    passed = darken(passed, crumbs, (0.45, 0.4, 0.4))
    return Patch(
        b.even(0.7), np.where(crumbs, np.float32(0.003), np.float32(0)), np.clip(passed, 0, 0.95)
    )
