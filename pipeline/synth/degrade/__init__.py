"""Do to a drawn page what archives do to paper, its truth moved along exactly.

The strengths are those of the acceptance table; within them everything is drawn from the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pipeline.errors import UsageError
from pipeline.synth.degrade import tone
from pipeline.synth.degrade.marks import cut_edge, mark
from pipeline.synth.degrade.photo import photograph
from pipeline.synth.degrade.rulings import break_rulings
from pipeline.synth.degrade.seals import stamp, watermark
from pipeline.synth.degrade.warp import quarter_turns, resample, rotate
from pipeline.synth.render.page import RenderedPage

__all__ = ["KINDS", "MORE_KINDS", "degrade"]

LID = (250, 250, 250)  # what a scanner sees beside the paper


def degrade(page: RenderedPage, kind: str, rng: np.random.Generator) -> RenderedPage:
    """Return the page, as it was drawn, after the degradation `kind` (of KINDS or MORE_KINDS).

    Raises UsageError for any other word.
    """
    if kind not in _STEPS:
        raise UsageError(f"unknown degradation '{kind}'; known are {', '.join(_STEPS)}")
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


def _skew7(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A page laid askew: 2 to 7 degrees either way."""
    return _scan(page, rng, skew=rng.uniform(2, 7) * (1 if rng.random() < 0.5 else -1))


def _dpi100(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A scan at 100 dpi."""
    return _sensed(resample(rotate(page, rng.uniform(-1.6, 1.6), LID), 100.0), rng, 60)


def _faint(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A pale copy on tinted paper: ink keeps 38% of its contrast."""
    papers = ((232, 218, 186), (222, 226, 230), (236, 214, 214), (214, 230, 210), (228, 222, 206))
    paper = papers[int(rng.integers(len(papers)))]
    turned = rotate(page, rng.uniform(-1.6, 1.6), LID)
    return _sensed(replace(turned, image=tone.tint(turned.image, paper, 0.38)), rng, 60)


def _fax(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A fax: rulings broken by gaps of up to a character, 160 dpi, noise, one bit."""
    return _faxed(break_rulings(page, rng, int(rng.integers(8, 20)), (0.05, 1.0)), rng)


def _hardfax(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A bad fax: thirty breaks of 0.3 to 2 characters on the rulings of each page."""
    return _faxed(break_rulings(page, rng, 30, (0.3, 2.0)), rng)


def _faxed(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    turned = resample(rotate(page, rng.uniform(-1.0, 1.0), (255, 255, 255)), 160.0)
    image = tone.blur(turned.image, rng.uniform(0.5, 0.8), turned.dpi)
    image = tone.specks(image, rng, int(rng.integers(40, 160)), turned.dpi)
    image = tone.noise(image, rng, rng.uniform(14, 24))
    return replace(turned, image=tone.one_bit(image, rng.uniform(160, 190)))


def _stamp(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A scan of a sealed and watermarked page."""
    return _scan(stamp(page, rng), rng)


def _photo(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A photograph of a page that lies almost flat."""
    return photograph(page, rng, (rng.uniform(3, 8),))


def _curl30(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A photograph of a strongly bent page: 30 pixels at 200 dpi on top of the photo's own."""
    return photograph(page, rng, (rng.uniform(3, 8), 30.0))


def _rotated(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A scan that came out of the feeder sideways or upside down."""
    return quarter_turns(_scan(page, rng), int(rng.integers(1, 4)))


def _edge(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A scan whose edge cuts off the outer ruling on one side."""
    return _sensed(cut_edge(rotate(page, rng.uniform(-0.15, 0.15), LID), rng), rng, 60)


def _darkmark(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A scan with a watermark of half to 0.7 of the paper's light."""
    return _scan(watermark(page, rng, (0.5, 0.7)), rng)


def _pen(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A scan of a page on which somebody ticked, underlined and signed."""
    return _scan(mark(page, rng), rng)


def _crease(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A photograph of a page that was folded lengthwise."""
    return photograph(page, rng, (rng.uniform(2, 6),), fold=rng.uniform(6, 16))


def _turned7(page: RenderedPage, rng: np.random.Generator) -> RenderedPage:
    """A page laid askew and then turned by 90, 180 or 270 degrees."""
    return quarter_turns(_skew7(page, rng), int(rng.integers(1, 4)))


_STEPS: dict[str, Callable[[RenderedPage, np.random.Generator], RenderedPage]] = {
    "clean": _clean,
    "scan": _scan,
    "skew7": _skew7,
    "dpi100": _dpi100,
    "faint": _faint,
    "fax": _fax,
    "hardfax": _hardfax,
    "stamp": _stamp,
    "photo": _photo,
    "curl30": _curl30,
    "rotated": _rotated,
    "edge": _edge,
    "darkmark": _darkmark,
    "pen": _pen,
    "crease": _crease,
    "turned7": _turned7,
}
# The acceptance table's kinds, and what lies beyond it.
MORE_KINDS = ("edge", "darkmark", "pen", "crease", "turned7")
KINDS = tuple(kind for kind in _STEPS if kind not in MORE_KINDS)
