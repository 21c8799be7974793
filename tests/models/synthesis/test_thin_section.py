import numpy as np
import pytest
from numpy.testing import assert_array_equal

from mineralseg_models.errors import BadInput
from mineralseg_models.synthesis.style import KINDS, SectionStyle, random_style
from mineralseg_models.synthesis.thin_section import TAXONOMY, synthesise_thin_section


@pytest.fixture(scope="module")
def section():
    return synthesise_thin_section((240, 320), seed=3, pixel_size_um=3.0)


def test_pictures_and_mask_share_their_shape_and_scale(section):
    assert section.plane.pixels.shape == section.crossed.pixels.shape == (240, 320, 3)
    assert section.plane.pixels.dtype == section.mask.dtype == np.uint8
    assert section.mask.shape == (240, 320)
    assert section.plane.pixel_size_um == section.crossed.pixel_size_um == 3.0


def test_every_class_occurs_and_no_other_value(section):
    assert_array_equal(np.unique(section.mask), TAXONOMY.ids)


def test_equal_seeds_give_equal_pictures_and_others_do_not():
    first, again = (synthesise_thin_section((64, 80), seed=5) for _ in range(2))
    other = synthesise_thin_section((64, 80), seed=6)
    assert_array_equal(first.plane.pixels, again.plane.pixels)
    assert_array_equal(first.crossed.pixels, again.crossed.pixels)
    assert_array_equal(first.mask, again.mask)
    assert (first.plane.pixels != other.plane.pixels).any()


def test_pores_are_blue_in_plane_light_and_dark_between_crossed_polars(section):
    plane, crossed = (p.pixels.astype(int) for p in (section.plane, section.crossed))
    pore, quartz = section.mask == 5, section.mask == 4
    assert np.median(plane[pore, 2] - plane[pore, 0]) > 40
    assert np.median(crossed[pore].max(axis=-1)) < 60
    assert np.median(plane[quartz]) > 150
    assert np.percentile(crossed[quartz], 95) > 150


def test_a_style_of_quartz_alone_gives_quartz_alone():
    style = SectionStyle(shares={"quartz": 1.0}, porosity=1.0, coat_um=0.0)
    mask = synthesise_thin_section((80, 80), seed=1, pixel_size_um=4.0, style=style).mask
    assert set(np.unique(mask)) <= {4, 5}


@pytest.mark.parametrize("porosity", [0.0, 1.0])
def test_porosity_decides_between_epoxy_and_matrix(porosity):
    style = SectionStyle(shares={"quartz": 1.0}, porosity=porosity, packing=0.6)
    mask = synthesise_thin_section((80, 80), seed=1, pixel_size_um=4.0, style=style).mask
    between = mask[mask != 4]
    assert np.mean(between == 5) == pytest.approx(porosity, abs=0.01)


def test_a_misaligned_crossed_picture_has_no_empty_borders():
    section = synthesise_thin_section(
        (100, 120), seed=2, pixel_size_um=3.0, crossed_shift_px=(6.5, -4.0), crossed_angle_deg=4.5
    )
    assert section.crossed.pixels.shape == (100, 120, 3)
    edges = [section.crossed.pixels[s].max() for s in (0, -1, (slice(None), 0), (slice(None), -1))]
    assert min(edges) > 20


def test_a_shift_moves_the_crossed_picture_down_and_to_the_right():
    still, moved = (
        synthesise_thin_section(
            (96, 96),
            seed=4,
            pixel_size_um=4.0,
            style=SectionStyle(noise=0.0, vignetting=0.0),
            crossed_shift_px=shift,
        )
        .crossed.pixels[..., 1]
        .astype(float)
        for shift in ((0.001, 7.0), (5.0, 7.0))  # equal padding, so equal scenes
    )
    match = np.corrcoef(moved[5:].ravel(), still[:-5].ravel())[0, 1]
    wrong = np.corrcoef(moved[:-5].ravel(), still[5:].ravel())[0, 1]
    assert match > 0.99 > wrong


@pytest.mark.parametrize(
    ("kwargs", "said"),
    [
        ({"shape": (8, 100)}, "16 × 16"),
        ({"shape": (64, 64), "pixel_size_um": 0.0}, "pixels of 0.2"),
        ({"shape": (64, 64), "crossed_shift_px": (40.0, 0.0)}, "half the picture"),
        ({"shape": (64, 64), "crossed_angle_deg": 90.0}, "45°"),
    ],
)
def test_impossible_wishes_are_refused(kwargs, said):
    with pytest.raises(BadInput, match=said):
        synthesise_thin_section(seed=0, **kwargs)


@pytest.mark.parametrize(
    "kwargs", [{"shares": {"gold": 1.0}}, {"shares": {"quartz": 0.0}}, {"thickness_um": 0.0}]
)
def test_impossible_styles_are_refused(kwargs):
    with pytest.raises(BadInput):
        SectionStyle(**kwargs)


def test_random_styles_differ_and_all_can_be_drawn():
    rng = np.random.default_rng(0)
    styles = [random_style(rng) for _ in range(12)]
    assert len({s.grain_size_um for s in styles}) == 12
    assert all(set(s.shares) == set(KINDS) for s in styles)
    for seed, style in enumerate(styles):
        section = synthesise_thin_section((64, 64), seed=seed, pixel_size_um=4.0, style=style)
        assert section.plane.pixels.std() > 3
