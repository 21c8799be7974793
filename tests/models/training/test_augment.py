import numpy as np

from mineralseg_models.training import augment
from mineralseg_models.training.recipe import AugmentRecipe

STILL = AugmentRecipe(
    quarter_turns=False,
    mirrors=False,
    scale=0,
    exposure=0,
    white_balance=0,
    gamma=0,
    noise=0,
    shift_px=0,
)


def test_no_change_is_asked_for_and_none_made(rng: np.random.Generator) -> None:
    pixels = rng.uniform(0.1, 1, (32, 32, 6)).astype(np.float32)
    target = rng.integers(0, 3, (32, 32)).astype(np.uint8)
    np.testing.assert_allclose(augment.change_light(pixels, STILL, rng), pixels, rtol=1e-6)
    np.testing.assert_array_equal(augment.shift_crossed(pixels, 0, rng), pixels)
    np.testing.assert_array_equal(augment.add_noise(pixels, 0, rng), pixels)
    turned, labels = augment.turn_and_mirror(pixels, target, STILL, rng)
    np.testing.assert_array_equal(turned, pixels)
    np.testing.assert_array_equal(labels, target)


def test_light_changes_each_picture_by_itself(rng: np.random.Generator) -> None:
    pixels = np.full((4, 4, 6), 0.5, dtype=np.float32)
    changed = augment.change_light(pixels, AugmentRecipe(), rng)
    assert np.ptp(changed, axis=(0, 1)).max() == 0
    assert len(np.unique(changed[0, 0])) == 6


def test_only_crossed_pictures_are_shifted(rng: np.random.Generator) -> None:
    pixels = rng.random((16, 16, 6)).astype(np.float32)
    moved = augment.shift_crossed(pixels, 3, rng)
    np.testing.assert_array_equal(moved[..., :3], pixels[..., :3])
    np.testing.assert_allclose(
        np.sort(moved[..., 3:], axis=None), np.sort(pixels[..., 3:], axis=None)
    )


def test_turns_keep_picture_and_target_together(rng: np.random.Generator) -> None:
    target = rng.integers(0, 5, (8, 8)).astype(np.uint8)
    pixels = np.repeat(target[..., None], 3, axis=-1).astype(np.float32)
    seen = set()
    for _ in range(64):
        turned, labels = augment.turn_and_mirror(pixels, target, AugmentRecipe(), rng)
        np.testing.assert_array_equal(turned[..., 0], labels)
        seen.add(labels.tobytes())
    assert len(seen) == 8


def test_crops_have_the_size_asked_for(rng: np.random.Generator) -> None:
    target = np.tile(np.arange(40, dtype=np.uint8)[:, None], (1, 30))
    pixels = np.repeat(target[..., None], 3, axis=-1).astype(np.float16)
    for log_scale in (0.0, 0.5):
        for _ in range(20):
            square, labels = augment.crop_at_scale(pixels, target, 32, log_scale, rng)
            assert square.shape == (32, 32, 3)
            assert labels.shape == (32, 32)
            assert np.abs(square[..., 0] - labels).max() <= 1.0


def test_noise_is_bounded_by_the_level(rng: np.random.Generator) -> None:
    noisy = augment.add_noise(np.zeros((64, 64, 3), dtype=np.float32), 0.1, rng)
    assert 0 < noisy.std() < 0.11
