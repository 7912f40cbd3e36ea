"""Page → upright Page: orientation, skew, perspective and curl undone, light evened, seals lifted.

The bend is found from the rulings themselves: every piece of ruling should be level, so a polynomial in page
coordinates is fitted that makes each piece level at a height of its own. That is linear, needs no linking, and
broken rulings help as they are.
"""

from __future__ import annotations

import numpy as np

from pipeline.document import Page, Upright
from pipeline.geometry import HORIZONTAL_TERMS, VERTICAL_TERMS, Warp
from pipeline.ink import at_once
from pipeline.settings import StraightenSettings
from pipeline.straighten.flatten import apply_warp, fit_warp
from pipeline.straighten.light import find_desk, stretch_faint, turn_and_scale, without_dither
from pipeline.straighten.seals import clean, outside_seals, place_seal
from pipeline.straighten.textlines import (
    FindLines,
    UpsideDown,
    clockwise,
    find_turns,
    measured_height,
    shrink,
    text_height,
    without_pale,
    without_slanted,
)

__all__ = ["straighten"]

# Between these text heights (pixels) a page is worked on at its own resolution: a resampling costs time and sharpness.
_KEEP_HEIGHT = (24.0, 44.0)


def straighten(
    page: Page, find_lines: FindLines, upside_down: UpsideDown, settings: StraightenSettings | None = None
) -> Upright:
    """Turn, flatten and clean one page."""
    settings = settings or StraightenSettings()
    image = page.image
    lines = find_lines(shrink(image, settings.find_side), settings.find_side).astype(np.float64)
    lines *= max(1.0, max(image.shape[:2]) / settings.find_side)
    lines = without_pale(image, without_slanted(lines))
    turns = find_turns(image, lines, upside_down)
    height = text_height(lines, turns, image)
    scale = 1.0 if _KEEP_HEIGHT[0] <= height <= _KEEP_HEIGHT[1] else settings.text_height / height
    start = Warp(
        page_size=(image.shape[1], image.shape[0]),
        turns=turns,
        scale=scale,
        angle=0.0,
        side=1.0,
        bend_y=np.zeros(len(HORIZONTAL_TERMS)),
        bend_x=np.zeros(len(VERTICAL_TERMS)),
        offset=(0.0, 0.0),
        size=(1, 1),
    )
    base = turn_and_scale(without_dither(image, height), start)
    height *= scale
    base_lines = start.turn(lines.reshape(-1, 2)).reshape(-1, 4, 2) if len(lines) else lines.reshape(0, 4, 2)
    (ink, seals), desk = at_once(lambda: clean(base, height), lambda: find_desk(base, base_lines, height))
    if desk is not None:
        ink[desk > 0] = 255
    if len(base_lines):
        ink = stretch_faint(ink, outside_seals(base_lines, seals))
    warp = fit_warp(ink, height, base_lines, start)
    upright = apply_warp(ink, warp)
    placed = tuple(place_seal(seal, start, page.index) for seal in seals)
    corners = warp.flatten(base_lines.reshape(-1, 2)).reshape(-1, 4, 2) if len(lines) else base_lines
    height = measured_height(upright, corners, height)
    return Upright(upright, warp, height, clockwise(corners, turns), placed)
