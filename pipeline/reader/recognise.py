"""Bands → Lines: from a digital page's text layer where it is sound, from the recogniser else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from pipeline.document import Line, Place, Polygon, Posterior, Upright
from pipeline.ink import Grey, printed
from pipeline.reader.bands import EM_DASH, Band, cut_band, drawn_smaller, is_dash, is_slash, read_dots
from pipeline.reader.pagefont import Read, with_page_figures
from pipeline.reader.signs import has_gap, is_doubtful, tidy
from pipeline.settings import ReaderSettings
from pipeline.textlayer import LayerText, layer_agrees, pick_sample


class Recognised(Read, Protocol):
    """What the engine returns for a crop."""

    @property
    def posterior(self) -> Posterior | None:
        """Top symbols a frame, where asked for."""


Recognise = Callable[[Sequence[Grey], Sequence[int]], Sequence[Recognised]]
# The scores of a line's characters → how sure the line is.
Sure = Callable[[Sequence[float]], float]


def read_bands(
    upright: Upright,
    bands: Sequence[Band],
    recognise: Recognise,
    index: int,
    settings: ReaderSettings,
    layer: LayerText | None,
    sure: Sure,
) -> None:
    """Read all the bands of a page in one go; crops of one width share a batch."""
    bands = [band for band in bands if band.line is None]
    if layer is not None:
        bands = _read_layer(upright, bands, recognise, index, layer)
    if not bands:
        return
    keep = [settings.posterior_k if band.length <= settings.posterior_length else 0 for band in bands]
    read = recognise([band.crop for band in bands], keep)
    texts = with_page_figures([band.crop for band in bands], read)
    for band, recognition, text, place in zip(bands, read, texts, _places(upright, bands, index), strict=True):
        band.line = Line(tidy(text), place, _confidence(recognition, sure), recognition.posterior)
    _look_twice(bands, read, keep, recognise, settings)


def _look_twice(
    bands: Sequence[Band],
    read: Sequence[Recognised],
    keep: Sequence[int],
    recognise: Recognise,
    settings: ReaderSettings,
) -> None:
    """Look again at labels in doubt, drawn smaller, and keep what is seen beside the first look.

    The recogniser's errors hang on how large a character stands in its window. Of 263 lines in doubt on poor paper the
    first look had 190 right and the second 201; where the first was wrong by one or two characters, the second liked
    the truth better than the error in every other case. The text stays that of the first look: repair weighs both.
    """
    doubted = [
        (band, k)
        for band, recognition, k in zip(bands, read, keep, strict=True)
        if k and recognition.posterior is not None and min(recognition.scores, default=1.0) < settings.second_look
    ]
    if not doubted:
        return
    again = recognise([drawn_smaller(band.crop) for band, _ in doubted], [k for _, k in doubted])
    for (band, _), recognition in zip(doubted, again, strict=True):
        assert band.line is not None
        band.line = replace(band.line, second=recognition.posterior)


def _places(upright: Upright, bands: Sequence[Band], index: int) -> list[Place]:
    """Where the bands stand on the page as it came in."""
    corners = np.array([[(b.x0, b.y0), (b.x1, b.y0), (b.x1, b.y1), (b.x0, b.y1)] for b in bands], np.float64)
    points = upright.warp.to_page(corners.reshape(-1, 2)).reshape(-1, 4, 2)
    shapes: list[Polygon] = [tuple((round(float(x), 1), round(float(y), 1)) for x, y in shape) for shape in points]
    return [Place(page=index, polygon=shape) for shape in shapes]


def _read_layer(
    upright: Upright, bands: Sequence[Band], recognise: Recognise, index: int, layer: LayerText
) -> list[Band]:
    """Take lines from the text layer where it is sound and a sample agrees with the recogniser; return the rest."""
    said = [layer.read((band.x0, band.y0, band.x1, band.y1)) for band in bands]
    sample = pick_sample(said)
    if not sample:
        return list(bands)
    read = recognise([bands[i].crop for i in sample], [0] * len(sample))
    if not layer_agrees([(said[i] or "", recognition.text) for i, recognition in zip(sample, read, strict=True)]):
        return list(bands)
    for band, text, place in zip(bands, said, _places(upright, bands, index), strict=True):
        if text is not None:
            band.line, band.said = Line(text, place), True
    return [band for band in bands if band.line is None]


def look_again(ink: Grey, cells: Sequence[Sequence[Band]], size: float, recognise: Recognise, sure: Sure) -> None:
    """Read once more, with twice the paper around it, what stands alone in its cell and said nothing.

    The recogniser has not learnt a lone dash (it reads nothing, or 一); it is told by its shape, and a cell that holds
    nothing but the number one in one thin stroke says "none".
    """
    for bands in cells:
        for band in bands:
            # A stroke alone says what it is by its slant only: many cells hold "/" for none, some a 1.
            if len(bands) > 1 or band.line is None or band.line.text not in ("1", "l", "I", "/", "|"):
                continue
            if is_slash(printed(ink[band.y0 : band.y1, band.x0 : band.x1])):
                band.line = replace(band.line, text="/")
    for bands in cells:
        for band in bands if len(bands) == 1 else ():
            # Of an ellipsis alone in its cell the recogniser makes 144, "….", or nothing.
            if band.line and (dots := read_dots(printed(ink[band.y0 : band.y1, band.x0 : band.x1]), size)):
                band.line = replace(band.line, text=dots, confidence=_SHAPE)
    silent = [
        band
        for bands in cells
        if all(b.line is not None and b.line.text in ("", *_FLAT) for b in bands)
        for band in bands
        if band.line is not None and (not band.line.text or _is_flat(band, ink, size))
    ]
    if not silent:
        return
    again = [cut_band(ink, (0, 0), (band.x0, band.y0, band.x1, band.y1), size, margin=0.5) for band in silent]
    for band, recognition in zip(silent, recognise([b.crop for b in again], [0] * len(again)), strict=True):
        assert band.line is not None
        flat = _is_flat(band, ink, size)
        if (text := tidy(recognition.text)) not in ("", "一") and not (flat and text in _FLAT):
            # What is seen only at the second look is not sure.
            band.line = replace(band.line, text=text, confidence=min(0.5, _confidence(recognition, sure)))
        elif flat:
            band.line = replace(band.line, text="—" if band.length >= EM_DASH else "-", confidence=_SHAPE)


def _is_flat(band: Band, ink: Grey, size: float) -> bool:
    return band.faint or is_dash(printed(ink[band.y0 : band.y1, band.x0 : band.x1]), size)


# How sure a sign is that is told by its shape.
_SHAPE = 0.9
# What the recogniser makes of a lone dash; no other sign is so low and wide.
_FLAT = ("一", "1")
# Of 13 such lines on drawn pages none was right; on real ones some will be.
_DUSTY = 0.3


# A figure is vouched for by nothing beside it: where one of a number is unsure the number is, however sure the rest of
# its line. Of eight targets on faxes with one figure wrong, as =3000人 for =5000人, all have a figure below this (seven
# one below .95), of 2,441 sound ones 18 (five).
_SURE_FIGURE = 0.992
_UNSURE = 0.5


def _confidence(recognition: Recognised, sure: Sure) -> float:
    confidence = sure(recognition.scores)
    if is_doubtful(recognition.text) or has_gap(recognition.text, recognition.frames):
        return min(_DUSTY, confidence)
    pairs = zip(recognition.text, recognition.scores, strict=False)
    return min(_UNSURE, confidence) if any(c.isdigit() and s < _SURE_FIGURE for c, s in pairs) else confidence
