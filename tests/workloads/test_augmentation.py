"""Which pixels are left of an image, by hand; the frameworks are held to each other in test_parity.py."""

import numpy as np

from dlprof.workloads.augmentation import Augmentation, Crops, augmented


def test_a_crop_begins_at_its_corner_and_a_flipped_one_runs_from_right_to_left() -> None:
    images = np.arange(2 * 4 * 4, dtype=np.float32).reshape(2, 4, 4, 1)
    crops = Crops(Augmentation(resized=4, cropped=2), np.array([[1, 0, 0], [2, 1, 1]], np.uint8))
    plain, flipped = augmented(images, crops)[..., 0]
    assert plain.tolist() == [[4, 5], [8, 9]]
    assert flipped.tolist() == [[16 + 10, 16 + 9], [16 + 14, 16 + 13]]


def test_a_resized_slope_stays_one_and_its_edges_repeat() -> None:
    slope = np.tile(np.arange(4, dtype=np.float32), (1, 4, 1))[..., None]
    whole = Augmentation(resized=8, cropped=8)
    [resized] = augmented(slope, whole.centred(1))[..., 0]
    assert np.allclose(resized, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3])
    [upright] = augmented(slope.transpose(0, 2, 1, 3), whole.centred(1))[..., 0]
    assert np.allclose(upright, resized.T)


def test_drawn_crops_reach_every_corner_and_both_sides() -> None:
    drawn = Augmentation(resized=40, cropped=32).draw(2000, np.random.default_rng(0))
    assert [set(column) for column in drawn.drawn.T.tolist()] == [set(range(9)), set(range(9)), {0, 1}]
    assert (drawn.rows().max(), drawn.columns().max(), drawn.columns().min()) == (39, 39, 0)
