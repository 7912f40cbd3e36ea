"""Do to a drawn page what archives do to paper, its truth moved along exactly.

The strengths are those of the acceptance table; within them everything is drawn from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pipeline.errors import UsageError
from pipeline.synth.degrade import tone
from pipeline.synth.degrade.warp import quarter_turns, rotate
from pipeline.synth.render.page import RenderedPage

__all__ = ["KINDS", "degrade"]

LID = (250, 250, 250)  # what a scanner sees beside the paper


def degrade(page: RenderedPage, kind: str, rng: np.random.Generator) -> RenderedPage:
    """Return the page after the degradation `kind` (one of KINDS). Raises UsageError for any other word."""
    if kind not in _STEPS:
        raise UsageError(f"unknown degradation '{kind}'; known are {', '.join(KINDS)}")
    return replace(_STEPS[kind](page, rng), kind=kind)


def _clean(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    return page


def _scan(page: RenderedPage, rng: np.random.Generator, skew: float | None = None, quality: int = 60) -> RenderedPage:
    """A flatbed scan: turned by up to 1.6 degrees, blur, light noise, shading, specks, JPEG 60."""
    angle = rng.uniform(-1.6, 1.6) if skew is None else skew
    # Beyond two degrees the corners of the paper would leave the picture.
    turned = rotate(page, angle, LID, grow=abs(angle) > 2)
    return _sensed(turned, rng, quality)


def _sensed(page: RenderedPage, rng: np.random.Generator, quality: int) -> RenderedPage:
    image = tone.blur(page.image, rng.uniform(0.5, 0.9), page.dpi)
    white = rng.uniform(240, 253)
    image = tone.tint(image, (white + rng.uniform(-1, 2), white + rng.uniform(-1, 2), white + rng.uniform(-4, 2)))
    image = tone.shade(image, rng, rng.uniform(0.04, 0.12))
    image = tone.specks(image, rng, int(rng.integers(20, 100)), page.dpi)
    image = tone.noise(image, rng, rng.uniform(2.5, 6.0))
    return replace(page, image=tone.jpeg(image, quality))


def _rotated(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    return quarter_turns(_scan(page, rng), int(rng.integers(1, 4)))


_STEPS: dict[str, Callable[[RenderedPage, np.random.Generator], RenderedPage]] = {
    "clean": _clean,
    "scan": _scan,
    "rotated": _rotated,
}
KINDS = tuple(_STEPS)
