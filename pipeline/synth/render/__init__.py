"""Draw laid forms as pages with exact truth: layout in points, then pixels at any resolution."""

from __future__ import annotations

import random
from collections.abc import Sequence

from pipeline.synth.model import LaidForm
from pipeline.synth.render.drawing import Drawing
from pipeline.synth.render.layout import lay_pages
from pipeline.synth.render.page import (
    Image,
    RenderedCell,
    RenderedLine,
    RenderedPage,
    RenderedSeal,
    RenderedTable,
)
from pipeline.synth.render.raster import rasterise
from pipeline.synth.render.style import RULINGS, RenderStyle, Ruling, draw_style

__all__ = [
    "RULINGS",
    "Drawing",
    "Image",
    "RenderStyle",
    "RenderedCell",
    "RenderedLine",
    "RenderedPage",
    "RenderedSeal",
    "RenderedTable",
    "Ruling",
    "draw_style",
    "lay_pages",
    "rasterise",
    "render_form",
    "render_forms",
]


def render_form(form: LaidForm, rng: random.Random, style: RenderStyle) -> list[RenderedPage]:
    """Draw a form; a long one fills several pages. Raises InputError where a font of the style is missing."""
    return render_forms([form], rng, style)


def render_forms(
    forms: Sequence[LaidForm], rng: random.Random, style: RenderStyle, new_pages: bool = True
) -> list[RenderedPage]:
    """Draw several forms into one document; without `new_pages` a form may begin below the one before it."""
    return [rasterise(drawing, style.dpi) for drawing in lay_pages(forms, style, rng, new_pages)]
