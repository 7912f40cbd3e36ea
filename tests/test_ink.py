"""Proofs for pipeline/ink.py: what is quick says the same as what is plain."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.ink import Runs, at_once, is_level_ruling, long_runs, patches, thin_across, use_threads


def _mask(seed: int, shape: tuple[int, int] = (60, 200)) -> NDArray[np.uint8]:
    """Dust, strokes of all lengths, some up to the edges, and a few slanting lines."""
    rng = np.random.default_rng(seed)
    mask = (rng.random(shape) < 0.1).astype(np.uint8)
    for _ in range(25):
        y, x = int(rng.integers(shape[0])), int(rng.integers(-40, shape[1]))
        mask[y : y + int(rng.integers(1, 4)), max(0, x) : max(0, x + int(rng.integers(3, 90)))] = 1
    cv2.line(mask, (0, int(rng.integers(shape[0]))), (shape[1] - 1, int(rng.integers(shape[0]))), 1, 2)
    return mask


def _whole(runs: Runs, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    mask = np.zeros(shape, np.uint8)
    mask[runs.rows] = runs.bits
    return mask


@pytest.mark.parametrize("least", [3, 7, 8, 20, 61])
@pytest.mark.parametrize("seed", range(4))
def test_long_runs_are_those_of_an_opening(seed: int, least: int) -> None:
    """Rows that a sample of their pixels rules out must hold none."""
    mask = _mask(seed)

    found = _whole(long_runs(mask, least), mask.shape)

    assert np.array_equal(found, cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, least), np.uint8)))


@pytest.mark.parametrize("seed", range(4))
def test_patches_are_those_of_the_whole_mask(seed: int) -> None:
    """The blank rows between them are left out, and must come back into every place."""
    runs = long_runs(_mask(seed, (300, 200)), 30)
    whole = _whole(runs, (300, 200))

    found = patches(runs)

    count, labels, stats, centres = cv2.connectedComponentsWithStats(whole, connectivity=8)
    order, other = (np.lexsort(table[1:].T) + 1 for table in (found.stats, stats))
    assert len(found.stats) == count > 3
    assert np.array_equal(found.stats[order], stats[other])
    assert np.allclose(found.centres[order], centres[other])
    for mine, theirs in zip(order, other, strict=True):
        x, y, w, h, _ = stats[theirs]
        assert np.array_equal(found.window(int(mine)), labels[y : y + h, x : x + w] == theirs)


@pytest.mark.parametrize("threads", [1, 2])
def test_what_fails_beside_another_call_is_raised(threads: int) -> None:
    """A fault in a thread that nobody hears of would be a page with half its rulings."""
    before = cv2.getNumThreads()
    use_threads(threads)
    try:
        assert at_once(lambda: 1, lambda: "a") == (1, "a")
        with pytest.raises(ZeroDivisionError):
            at_once(lambda: 1, lambda: 1 // 0)
    finally:
        use_threads(before)


@pytest.mark.parametrize(("even", "ruled"), [(True, True), (False, False)])
def test_even_dashes_are_a_ruling_however_close_text_stands(even: bool, ruled: bool) -> None:
    """In a tight table text all but touches dashes with gaps wider than dots have; strokes in a row are not even."""
    height = 36.0
    page = np.full((60, 600), 255, np.uint8)
    rng = np.random.default_rng(1)
    x = 0
    while x < 600:
        page[29:31, x : x + (6 if even else int(rng.integers(2, 14)))] = 0
        x += 10 if even else int(rng.integers(12, 22))
    for x in range(0, 600, 12):  # what stands beside it, three quarters of the way
        page[38:42, x : x + 9] = 0

    assert is_level_ruling(page, thin_across(page, height), (0, 28, 600, 4), height) is ruled
