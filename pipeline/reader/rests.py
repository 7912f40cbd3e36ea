"""What is left of a seal or a watermark that was lifted off, and was read as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.document import Upright
from pipeline.ink import Grey, printed
from pipeline.reader.bands import Band

# The strokes of a seal's rim and of its characters are read one by one: 1, M, 月. Longer text is print.
_MOST = 3
# Print under a seal is as dark as print elsewhere, or darker. Of 40 short texts inside seals on drawn pages the printed
# ones have .95 of the page's darkness and more, what was left of the seals .82 and less.
_PALE = 0.88
# Characters whose strokes tell how dark a page's print is.
_PRINT = 4


def without_seal_rests(upright: Upright, ink: Grey, bands: Sequence[Band]) -> set[int]:
    """Blank the lines inside seals that are paler than the page's print; return the ids of their bands.

    `ink` is the upright page in grey as the lines were cropped from it. Their cells stay in doubt: print that a seal
    all but covers is pale too.
    """
    if not upright.seals:
        return set()
    outlines = [
        upright.warp.to_upright(np.array(seal.place.polygon, np.float64)).astype(np.float32) for seal in upright.seals
    ]
    read = [band for band in bands if band.line is not None and band.line.text]
    short = [b for b in read if b.line and len(b.line.text.replace(" ", "")) <= _MOST and _inside(b, outlines)]
    if not short:
        return set()
    known = [_darkness(ink, band) for band in read if band.line and len(band.line.text) >= _PRINT]
    if not known:
        return set()
    usual = float(np.median(known))
    rests = {id(band) for band in short if _darkness(ink, band) < _PALE * usual}
    for band in short:
        if id(band) in rests and band.line is not None:
            band.line = replace(band.line, text="")
    return rests


# Where strokes of a watermark cross each other, or JPEG's noise lies on one, they are as dark as print may be, but no
# darker: of 610 short texts on 24 pages with seals and watermarks the print has .86 of the page's darkness and more, 19
# of 21 rests of watermarks .44 to .50. All are part of grey strokes twice as long as they are; the darker ones of
# strokes of two characters and more, the palest also of such as JPEG's noise broke.
_GREY = ((0.66, 2.0), (0.55, 0.7))
_LONGER = 2.0
_REST = 4
# Grey as dark as this belongs to a stroke; it is followed so far (characters).
_STROKE = 225
_REACH = 4.0


def without_watermark_rests(ink: Grey, bands: Sequence[Band], size: float) -> set[int]:
    """Blank short lines that are the darker spots of a watermark's grey strokes; return the ids of their bands.

    `ink` is the upright page in grey, `size` the height of a character in pixels. Their cells stay in doubt.
    """
    read = [band for band in bands if band.line is not None and band.line.text]
    short = [band for band in read if band.line and len(band.line.text.replace(" ", "")) <= _REST]
    known = [_darkness(ink, band) for band in read if band.line and len(band.line.text) >= _PRINT]
    if not short or not known:
        return set()
    usual = float(np.median(known))
    rests = set()
    for band in short:
        share = _darkness(ink, band) / max(usual, 1.0)
        if band.length <= _REST and any(share < dark and _goes_on(ink, band, size, long) for dark, long in _GREY):
            rests.add(id(band))
            assert band.line is not None
            band.line = replace(band.line, text="")
    return rests


def _goes_on(ink: Grey, band: Band, size: float, long: float) -> bool:
    """Tell whether a line's ink is part of grey strokes that reach far beyond it, and are so long (characters)."""
    reach = round(_REACH * size)
    x0, y0 = max(0, band.x0 - reach), max(0, band.y0 - reach)
    window = ink[y0 : band.y1 + reach, x0 : band.x1 + reach]
    grey = cv2.threshold(window, _STROKE, 1, cv2.THRESH_BINARY_INV)[1]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(grey, connectivity=8)
    here = (slice(band.y0 - y0, band.y1 - y0), slice(band.x0 - x0, band.x1 - x0))
    own = np.unique(labels[here][printed(window[here]) > 0])
    sides = stats[own[own > 0]][:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    longer = sides / np.array([max(1, band.x1 - band.x0), max(1, band.y1 - band.y0)])
    return bool(len(sides) and longer.max() >= _LONGER and sides.max() >= long * size)


def _inside(band: Band, outlines: Sequence[NDArray[np.float32]]) -> bool:
    corners = [(band.x0, band.y0), (band.x1, band.y0), (band.x1, band.y1), (band.x0, band.y1)]
    middle = ((band.x0 + band.x1) / 2, (band.y0 + band.y1) / 2)
    near = -0.5 * (band.y1 - band.y0)
    return any(
        cv2.pointPolygonTest(outline, middle, False) > 0
        and all(cv2.pointPolygonTest(outline, (float(x), float(y)), True) >= near for x, y in corners)
        for outline in outlines
    )


def _darkness(ink: Grey, band: Band) -> float:
    """How dark the darkest quarter of a line's strokes is, 0 to 255."""
    window = ink[max(0, band.y0) : band.y1, max(0, band.x0) : band.x1]
    strokes = window[printed(window) > 0]
    return 255.0 - float(np.percentile(strokes, 25)) if strokes.size else 0.0
