"""The level strokes of 一, 二 and 三 in faces that draw them as thin as hairs: grey on a scan, in bits on a fax."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.ink import Grey

# Lighter than print, and darker than the grain of a scan.
_PALE = 200
# Sizes in characters. Measured on 一、, 二、 and 一般 of Song faces: bits .04 to .18 high, the longest .15 wide or
# more, gaps up to .3, the whole stroke .5 (the upper one of 二, its ends lost) to .95.
_THIN = 0.2
_LONGEST = 0.15
_GAP = 0.3
_STROKE = (0.45, 1.05)
# A stroke stands on its own: paper over and under it. Those of 三 have .25 of it and more.
_FREE = 0.12
# So much of it is seen, however pale.
_SEEN = 0.4
# And so near other text of its line (the mark between them and its room are one and a half).
_NEAR = 2.5
_LARGE = 0.45


def with_hair_strokes(window: Grey, mask: Grey, kept: Grey, size: float) -> Grey:
    """Return the ink of a cell with the level strokes made whole that are pale or in bits; itself where there are none.

    In bits they pass for dust, and with 一 goes the 、 behind it, which stands far from the next character:
    一、一般公共预算 was read 一般公共预算, and sure. `window` is the cell in grey, `mask` its ink (1), `kept`
    what of it is no dust, `size` a character's height in pixels.
    """
    # Only around what was taken for dust beside text, of whose strokes the pale part may reach further.
    begin, y0, wide, tall = cv2.boundingRect(kept)
    if not wide:
        return mask
    near = max(0, begin - round(_NEAR * size))
    rows, beyond = slice(y0, y0 + tall), begin + wide + round(_NEAR * size)
    gone_x, _, gone_wide, _ = cv2.boundingRect(cv2.subtract(mask[rows, near:beyond], kept[rows, near:beyond]))
    if not gone_wide:
        return mask
    left = max(0, near + gone_x - round((_NEAR + 1) * size))
    right = min(mask.shape[1], near + gone_x + gone_wide + round((_NEAR + 1) * size))
    part = window[rows, left:right]
    pale = cv2.threshold(part, _PALE, 1, cv2.THRESH_BINARY_INV)[1]
    count, labels, stats, _ = cv2.connectedComponentsWithStats(pale, connectivity=8)
    x, y, w, h = (stats[1:, column].astype(np.float64) for column in range(4))
    large = np.maximum(w, h) >= _LARGE * size
    full = large & (h >= _LARGE * size)
    inked = np.bincount(labels.ravel(), mask[rows, left:right].ravel(), minlength=count)[1:] > 0
    bits = np.flatnonzero((h <= _THIN * size) & (w <= _STROKE[1] * size) & (w * h >= 2))
    if not full.any() or not len(bits):
        return mask
    mended = None
    for stroke in _strokes(bits, x, y, w, h, size):
        x_0, x_1 = x[stroke].min(), (x + w)[stroke].max()
        y_0, y_1 = y[stroke].min(), (y + h)[stroke].max()
        if not _STROKE[0] * size <= x_1 - x_0 <= _STROKE[1] * size or y_1 - y_0 > _THIN * size:
            continue
        if not inked[stroke].any() or w[stroke].sum() < _SEEN * (x_1 - x_0) or w[stroke].max() < _LONGEST * size:
            continue
        middle = (y_0 + y_1) / 2
        line = full & (y <= middle) & (y + h >= middle) & (x <= x_1 + _NEAR * size) & (x + w >= x_0 - _NEAR * size)
        across = (x < x_1) & (x + w > x_0) & (y < y_1 + _FREE * size) & (y + h > y_0 - _FREE * size)
        across[stroke] = False
        if not line.any() or across.any():
            continue
        mended = mask.copy() if mended is None else mended
        mended[y0 + int(y_0) : y0 + int(y_1), left + int(x_0) : left + int(x_1)] = 1
    return mask if mended is None else mended


def _strokes(
    bits: NDArray[np.intp],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    w: NDArray[np.float64],
    h: NDArray[np.float64],
    size: float,
) -> list[list[int]]:
    """Bits on one level, one close behind the other."""
    ordered = sorted(bits.tolist(), key=lambda i: x[i])
    strokes: list[list[int]] = []
    for i in ordered:
        for stroke in strokes:
            last = stroke[-1]
            level = abs((y[i] + h[i] / 2) - (y[last] + h[last] / 2)) <= 0.5 * _THIN * size
            if level and x[i] - (x[last] + w[last]) <= _GAP * size:
                stroke.append(i)
                break
        else:
            strokes.append([i])
    return strokes
