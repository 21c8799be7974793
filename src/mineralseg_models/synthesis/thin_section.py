"""A seeded pair of pictures of a sandstone in thin section, with its true class map."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from mineralseg_models.data import Micrograph
from mineralseg_models.errors import BadInput
from mineralseg_models.synthesis.brush import Brush, Patch
from mineralseg_models.synthesis.camera import displace, expose
from mineralseg_models.synthesis.minerals import PAINTERS, Painter, pick
from mineralseg_models.synthesis.noise import Field, Tiles, draw_tiles, smooth_noise
from mineralseg_models.synthesis.optics import crossed_light
from mineralseg_models.synthesis.packing import Grain, Packing, pack
from mineralseg_models.synthesis.rocks import LITHICS, cement, matrix, pore
from mineralseg_models.synthesis.style import SectionStyle
from mineralseg_models.taxonomy import MineralClass, Taxonomy

TAXONOMY = Taxonomy(
    (
        MineralClass(0, "other", "#6b6256"),
        MineralClass(1, "K-feldspar", "#e07a70"),
        MineralClass(2, "lithic fragment", "#a0703c"),
        MineralClass(3, "plagioclase", "#6f8fd8"),
        MineralClass(4, "quartz", "#f0d878"),
        MineralClass(5, "pore", "#22b8e0"),
    )
)
_CLASS_OF = {"accessory": 0, "k_feldspar": 1, "lithic": 2, "plagioclase": 3, "quartz": 4}
_PORE = 5
_LEAK = np.array((0.0035, 0.0035, 0.0045), dtype=np.float32)  # of imperfect polarisers
_SCATTER = np.array((0.018, 0.018, 0.02), dtype=np.float32)  # light that the section depolarises


@dataclass(frozen=True)
class SyntheticSection:
    """One field of view.

    Parameters
    ----------
    plane, crossed : Micrograph
        Plane- and cross-polarised picture, 8 bit.
    mask : ndarray of uint8, shape (Y, X)
        Class ids of the plane picture.
    taxonomy : Taxonomy
        0 other (matrix, cement, opaque, mica …), 1 K-feldspar, 2 lithic fragment,
        3 plagioclase, 4 quartz, 5 pore.
    """

    plane: Micrograph
    crossed: Micrograph
    mask: NDArray[np.uint8]
    taxonomy: Taxonomy


@dataclass(frozen=True)
class _Scene:
    """Optical properties of every pixel; see :class:`Patch`. Written once, by the painters."""

    mask: NDArray[np.uint8]
    angle: Field
    birefringence: Field
    passed: Field
    edge_um: Field


def synthesise_thin_section(
    shape: tuple[int, int] = (600, 800),
    *,
    seed: int,
    pixel_size_um: float = 1.5,
    style: SectionStyle | None = None,
    crossed_shift_px: tuple[float, float] = (0.0, 0.0),
    crossed_angle_deg: float = 0.0,
) -> SyntheticSection:
    """Draw a sandstone between two polarisers.

    Parameters
    ----------
    shape : tuple of int
        Rows and columns, each at least 16.
    seed : int
        Equal seeds and arguments give equal pictures.
    pixel_size_um : float
        Edge of a pixel, 0.2 to 10 µm.
    style : SectionStyle, optional
        Rock, preparation and camera.
    crossed_shift_px, crossed_angle_deg
        Misalignment of the crossed picture: what lies at p in the plane picture lies at
        c + R(angle) (p - c) + shift in the crossed one; c is the centre, positions are (y, x),
        and a positive angle turns counter-clockwise on the screen.

    Raises
    ------
    BadInput
        For a shape, pixel size or misalignment outside these limits.
    """
    reach = max(abs(v) for v in (*crossed_shift_px, 0.0))
    if min(shape) < 16 or not 0.2 <= pixel_size_um <= 10:
        raise BadInput(
            "A synthetic section has at least 16 × 16 pixels of 0.2 to 10 µm; "
            f"asked for {shape[1]} × {shape[0]} of {pixel_size_um} µm."
        )
    if reach > min(shape) / 2 or abs(crossed_angle_deg) > 45:
        raise BadInput(
            "The crossed picture can be shifted by up to half the picture and turned by up to 45°; "
            f"asked for {crossed_shift_px} px and {crossed_angle_deg}°."
        )
    style = style or SectionStyle()
    rng = np.random.default_rng(seed)
    swing = 2 * np.sin(np.radians(abs(crossed_angle_deg)) / 2) * np.hypot(*shape) / 2
    pad = int(np.ceil(reach + swing)) + 4 if reach or crossed_angle_deg else 0
    scene = _paint(rng, style, (shape[0] + 2 * pad, shape[1] + 2 * pad), pixel_size_um)
    plane, crossed = _plane_light(rng, scene, pixel_size_um), _crossed_light(scene, style)
    if pad:
        crossed = displace(crossed, crossed_shift_px, crossed_angle_deg)
    inner = (slice(pad, pad + shape[0]), slice(pad, pad + shape[1]))
    pictures = [
        Micrograph(expose(rng, light[inner], style, colour, gain, pixel_size_um), pixel_size_um)
        for light, colour, gain in (
            (plane, style.plane_light, style.plane_exposure),
            (crossed, style.crossed_light, style.crossed_exposure),
        )
    ]
    return SyntheticSection(pictures[0], pictures[1], scene.mask[inner].copy(), TAXONOMY)


def _paint(
    rng: np.random.Generator, style: SectionStyle, shape: tuple[int, int], pixel_size_um: float
) -> _Scene:
    packing = pack(rng, style, shape, pixel_size_um)
    tiles = draw_tiles(rng)
    edge_um = _distance_to_borders(packing.index) * np.float32(pixel_size_um)
    scene = _Scene(
        mask=np.zeros(shape, dtype=np.uint8),
        angle=np.zeros(shape, dtype=np.float32),
        birefringence=np.zeros(shape, dtype=np.float32),
        passed=np.ones((*shape, 3), dtype=np.float32),
        edge_um=edge_um,
    )
    for where, grain, painter, class_id in _surfaces(rng, style, packing, edge_um, pixel_size_um):
        _fill(
            scene,
            where,
            painter(_brush(rng, tiles, style, where, grain, edge_um, pixel_size_um)),
            class_id,
        )
    return scene


def _distance_to_borders(index: NDArray[np.int32]) -> Field:
    """Distance in pixels to the nearest pixel that touches another grain."""
    border = np.zeros(index.shape, dtype=bool)
    border[:, 1:] |= index[:, 1:] != index[:, :-1]
    border[1:] |= index[1:] != index[:-1]
    if not border.any():
        return np.full(index.shape, 1e3, dtype=np.float32)
    return np.asarray(ndimage.distance_transform_edt(~border), dtype=np.float32)


def _surfaces(
    rng: np.random.Generator,
    style: SectionStyle,
    packing: Packing,
    edge_um: Field,
    pixel_size_um: float,
) -> Iterator[tuple[NDArray[np.intp], Grain | None, Painter, int]]:
    """Pixels (as flat indices), grain, painter and class of everything in the picture."""
    order = np.argsort(packing.index, axis=None, kind="stable")
    start = np.searchsorted(packing.index.ravel()[order], np.arange(-1, len(packing.grains) + 1))
    for i, grain in enumerate(packing.grains):
        where = order[start[i + 1] : start[i + 2]]
        if len(where):
            kinds = LITHICS if grain.kind == "lithic" else PAINTERS[grain.kind]
            yield where, grain, pick(rng, kinds), _CLASS_OF[grain.kind]
    between = order[: start[1]]
    shape, flat_edge = packing.index.shape, edge_um.ravel()[between]
    wide = smooth_noise(rng, (shape[0], shape[1]), 70 / pixel_size_um).ravel()[between]
    fine = smooth_noise(rng, (shape[0], shape[1]), 14 / pixel_size_um).ravel()[between]
    open_ = wide + 0.16 * fine + np.minimum(flat_edge / 9, 2.0)
    pores = np.zeros(len(between), dtype=bool)
    if len(between) and style.porosity > 0:
        pores = open_ >= np.quantile(open_, 1 - style.porosity)
    lime = smooth_noise(rng, (shape[0], shape[1]), 150 / pixel_size_um).ravel()[between]
    calcite = ~pores & (lime > 2.2 - 4.4 * style.carbonate) & (style.carbonate > 0)
    for share, painter, class_id in (
        (pores, pore, _PORE),
        (calcite, cement, 0),
        (~pores & ~calcite, matrix, 0),
    ):
        if share.any():
            yield between[share], None, painter, class_id


def _brush(
    rng: np.random.Generator,
    tiles: Tiles,
    style: SectionStyle,
    where: NDArray[np.intp],
    grain: Grain | None,
    edge_um: Field,
    pixel_size_um: float,
) -> Brush:
    rows, columns = np.unravel_index(where, edge_um.shape)
    y, x = (v.astype(np.float32) * np.float32(pixel_size_um) for v in (rows, columns))
    along, across = grain.frame(y, x) if grain else (x, y)
    return Brush(
        rng, tiles, style, y, x, along, across, edge_um.ravel()[where],
        grain.radius_um if grain else style.grain_size_um / 2,
        grain.axes_um[0] / grain.axes_um[1] if grain else 1.0,
        grain.angle_rad if grain else 0.0,
    )  # fmt: skip


def _fill(scene: _Scene, where: NDArray[np.intp], patch: Patch, class_id: int) -> None:
    scene.mask.reshape(-1)[where] = class_id
    scene.angle.reshape(-1)[where] = patch.angle
    scene.birefringence.reshape(-1)[where] = patch.birefringence
    scene.passed.reshape(-1, 3)[where] = np.clip(patch.passed, 0, 1)


def _plane_light(rng: np.random.Generator, scene: _Scene, pixel_size_um: float) -> Field:
    """Light with one polariser: absorption, and borders that relief and coats make dark."""
    shape = (scene.edge_um.shape[0], scene.edge_um.shape[1])
    wide, fine = (smooth_noise(rng, shape, scale / pixel_size_um) for scale in (55, 12))
    strength = np.clip(0.45 + 0.35 * wide + 0.15 * fine, 0.04, 0.9)
    width = 1.6 + 1.1 * np.clip(wide, -0.7, 2)
    dark = strength * np.exp(-((scene.edge_um / width) ** 2))
    bright = 0.07 * np.exp(-(((scene.edge_um - 2.2 * width) / 1.8) ** 2))  # Becke line
    relief = 1 + 0.022 * smooth_noise(rng, shape, 4.5 / pixel_size_um)  # polished unevenly
    border = (1 - dark[..., None] * np.array((0.80, 0.95, 1.05), dtype=np.float32)) + bright[
        ..., None
    ]
    return np.asarray(scene.passed * border * relief[..., None], dtype=np.float32)


def _crossed_light(scene: _Scene, style: SectionStyle) -> Field:
    """Light with both polarisers; grains thin out at their borders, the section across it."""
    x = np.linspace(-0.5, 0.5, scene.mask.shape[1], dtype=np.float32)
    thickness = style.thickness_um * (1 + style.wedge * x)[None, :]
    taper = np.clip(0.25 + scene.edge_um / 6.0, 0, 1)
    retardation = np.float32(1000) * thickness * taper * scene.birefringence
    light = crossed_light(retardation, scene.angle) + _SCATTER
    return np.asarray(light * np.power(scene.passed, 0.8) + _LEAK, dtype=np.float32)
