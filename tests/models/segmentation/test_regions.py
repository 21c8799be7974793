import numpy as np
import pytest

from mineralseg_models.segmentation.regions import Region, uncertain_regions


def picture(**blocks):
    """A sure picture of 100 × 120 px with uncertain blocks (y0, y1, x0, x1, entropy)."""
    found = np.full((100, 120), 0.05, dtype=np.float32)
    for y0, y1, x0, x1, entropy in blocks.values():
        found[y0:y1, x0:x1] = entropy
    return found


def test_regions_are_ranked_by_mean_entropy_times_area():
    uncertainty = picture(
        small=(10, 20, 10, 20, 0.9), large=(40, 70, 40, 80, 0.6), speck=(5, 7, 100, 102, 1.0)
    )
    regions = uncertain_regions(uncertainty, threshold=0.4)
    assert len(regions) == 2
    large, small = regions
    assert large.bounds[0] == pytest.approx(40, abs=2)
    assert large.centre == pytest.approx((54.5, 59.5), abs=0.5)
    assert large.area_px == pytest.approx(1200, rel=0.15)
    assert large.mean_entropy == pytest.approx(0.6, abs=0.03)
    assert small.centre == pytest.approx((14.5, 14.5), abs=0.5)
    assert uncertainty[large.slices].mean() > 0.5


def test_reviewed_pixels_belong_to_no_region():
    uncertainty = picture(a=(10, 30, 10, 30, 0.9), b=(60, 80, 60, 80, 0.9))
    reviewed = np.zeros(uncertainty.shape, dtype=bool)
    reviewed[:50] = True
    (left,) = uncertain_regions(uncertainty, reviewed)
    assert left.centre == pytest.approx((69.5, 69.5), abs=0.5)


def test_a_sure_picture_has_no_regions():
    assert uncertain_regions(picture()) == []
    assert uncertain_regions(picture(a=(10, 40, 10, 40, 0.25))) == []


def test_of_an_unsure_picture_the_worst_tenth_is_looked_at():
    uncertainty = picture(all=(0, 100, 0, 120, 0.6), worst=(20, 50, 20, 55, 0.9))
    (region,) = uncertain_regions(uncertainty)
    assert region.centre == pytest.approx((34.5, 37), abs=1)
    assert region.area_px <= 1300


def test_regions_fit_into_one_view_and_the_list_is_limited():
    uncertainty = np.full((100, 120), 0.8, dtype=np.float32)
    regions = uncertain_regions(uncertainty, largest_edge_px=50)
    assert len(regions) == 6
    assert all(s.stop - s.start <= 50 for r in regions for s in r.slices)
    assert sum(r.area_px for r in regions) == 12_000
    assert regions[0].bounds == (0, 50, 0, 50)
    assert len(uncertain_regions(uncertainty, largest_edge_px=50, limit=2)) == 2


def test_a_region_knows_its_box():
    assert Region((1, 2, 3, 5), (1.0, 3.5), 0.5, 2).slices == (slice(1, 2), slice(3, 5))
