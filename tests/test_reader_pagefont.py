"""Proves that a doubtful figure is read as its page prints it, and that nothing else is touched."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.reader.pagefont import with_page_figures


@dataclass(frozen=True)
class Said:
    """What a recogniser made of a line."""

    text: str
    scores: tuple[float, ...]
    frames: tuple[int, ...]


def line(printed: str, gap: int = 24) -> NDArray[np.uint8]:
    """A line of figures 48 pixels high, one every `gap` pixels."""
    picture = np.full((48, 24 + gap * len(printed)), 255, np.uint8)
    for number, figure in enumerate(printed):
        cv2.putText(picture, figure, (12 + gap * number, 40), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (0,), 3)
    return picture


def said(text: str, *scores: float) -> Said:
    return Said(text, scores or (0.9999,) * len(text), tuple((22 + 24 * at) // 8 for at in range(len(text))))


def test_a_doubtful_figure_that_looks_like_another_one_of_the_page_is_that_one() -> None:
    crops = [line("5350"), line("34"), line("5000")]

    assert with_page_figures(crops, [said("5350"), said("34"), said("3000", 0.98, 0.9999, 0.9999, 0.9999)]) == [
        "5350", "34", "5000",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("read", "why"),
    [
        (said("3000", 0.995, 0.9999, 0.9999, 0.9999), "sure enough"),
        (said("8000", 0.98, 0.9999, 0.9999, 0.9999), "the page shows no 8"),
        (said("5000", 0.98, 0.9999, 0.9999, 0.9999), "it looks as it was read"),
        (Said("3000", (0.98, 0.9999), (2, 5)), "nobody knows where it stands"),
    ],
)
def test_any_other_figure_stays_as_it_was_read(read: Said, why: str) -> None:
    crops = [line("5350"), line("34"), line("5000")]

    assert with_page_figures(crops, [said("5350"), said("34"), read])[2] == read.text, why


def test_figures_that_touch_are_left() -> None:
    """What is wider than a figure can be is two, and looks like neither."""
    crops = [line("5350"), line("34"), line("5555", gap=17)]
    touching = Said("3555", (0.98, 0.9999, 0.9999, 0.9999), (2, 4, 6, 8))

    assert with_page_figures(crops, [said("5350"), said("34"), touching])[2] == "3555"
