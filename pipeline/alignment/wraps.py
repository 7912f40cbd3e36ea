"""Wrapped lines: how close they stand on this page, and which pieces they join."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from pipeline.alignment.names import are_two, is_head, is_level
from pipeline.alignment.pieces import WRAP_GAP, Box, Piece, Scale, around, space

# Two lines below each other never overlap by more than this.
_SAME_LINE = 0.5
# Gaps of one kind differ by less than this: outlines are off by a pixel or two.
_JUMP = 0.09
# and by less than this many pixels, which outlines on coarse pages are rounded to.
_COARSE = 1.5
# No gap is as small: lines would stand on each other.
_NONE = -1.0
# From this width on a column holds paragraphs, whose last lines may be short; the longest level-2 name has nine
# characters.
_PARAGRAPH = 12.0
# The least share of full lines among lines that go on: all labels are, of texts about half (paragraphs end), of rows a
# fifth.
_FULL_LABELS, _FULL_TEXTS = 0.7, 0.4
# What is narrower than this many characters is a number or a sign where its text is not known.
_SHORT = 1.7
# Wrapped lines are never further apart than this; so many limits are tried at most.
_WIDEST, _TRIES = 1.0, 6
# A first line is indented by two characters, in text of more than a few.
_INDENT, _LONG = 2.8, 5.0
# Kinds of gaps that differ by less are not told apart.
_LEAST_JUMP = 0.035
# What a line costs that was joined to one that had room left: in a label, and in a paragraph, which may end there.
_UNFILLED, _UNFILLED_LONG = 1.0, 0.2
# and one that holds texts as far apart as this on one line, for each.
_ACROSS, _APART = 1.0, 1.0
# A label's line has room left where another character and a half would fit.
_ROOM = 1.3
# What a line costs whose sentence goes on below it in another cell.
_TORN, _ENDS = 0.15, "。；;！：:"
_SENTENCE = ("。", "；", ";")
# What lines cost that were joined though two other columns part there; texts are level with each other by less.
_ROWS, _LEVEL = 0.3, 0.12
# What it costs that a name ends within the limit.
_NAMES_NEAR = 0.3
# What a cell costs that holds two whole names of levels (可持续影响指标服务对象满意度指标).
_TWO_NAMES = 0.5
_NAMES = re.compile(r"^(?:[^指目]{2,}(?:指标|目标)){2,}$")
# A value that says all it has to say: a sign, a number, a sign with a number and its unit. Long numbers may be broken.
_NUMBER = re.compile(r"^[<>=≥≤]?-?\d[\d,]*(?:\.\d+)?%?$")
_COUNTED = re.compile(r"^[<>=≥≤]?\d[\d,.]*\D{0,3}$")
_CODE, _REST, _BROKEN = re.compile(r"^\d{6,}$"), re.compile(r"^\d{1,2}%?$"), 5
_UNFINISHED = re.compile(r"\d[.,]$")
# Cells never run into each other; outlines of their texts do, by less.
_INTO = 0.6
# A label that a number below is no rest of (an office's name may end in its code).
_LABEL = re.compile(r"^[\u4e00-\u9fff]{2,6}$")
# A level's name is at its end (社会成本指标); 年度绩效指标 may go on with 完成情况.
_WHOLE = re.compile(r"^(?!.*绩效)[^指]{3,}指标$")
_SIGN = re.compile(r"^[<>=≥≤%]$")
# An operator whose number stands on the next line, with its unit (a number without one is a cell's of its own).
_OPERATOR, _AMOUNT = (
    re.compile(r"^(?:[<>=≥≤]|[大小高低]于(?:等于)?|不[少大小低高]于|不超过)$"),
    re.compile(r"^\d[\d,.]*\D{1,4}$"),
)
# A share with its sign is whole, but for what limits it (≥95%以上).
_SHARE, _LIMITS = re.compile(r"^[<>=≥≤]\d[\d.]*%$"), re.compile(r"^[以之及左右内的/~～—\-(（，,、；;]")
_SIGNED = re.compile(r"^[<>=≥≤]\d[\d.,]*\D{0,4}$")
_NUMBERED = re.compile(r"^指标\d{1,2}[：:、.．]?")


def wrap_limit(pieces: Sequence[Piece], size: float, tabular: bool) -> float | None:
    """The gap (in characters' heights) up to which a line goes on the one above it, where the page tells it.

    Line spacing is one for a page, and rows have some padding more: the smallest gaps are those of wrapped lines, if
    their upper lines fill their columns. _NONE: nothing on the page is wrapped. `tabular`: most lines have others
    beside them.
    """
    pairs = sorted(_neighbours(pieces, size))
    jump = max(_JUMP, _COARSE / size)
    first = 0
    while first < len(pairs):
        last = next((i for i in range(first + 1, len(pairs)) if pairs[i][0] - pairs[i - 1][0] > jump), len(pairs))
        closest = pairs[first:last]
        short = [full for _, long, full in closest if not long]
        long = [full for _, long, full in closest if long]
        filled = sum(short) >= _FULL_LABELS * len(short) and (len(short) >= 2 or sum(long) >= _FULL_TEXTS * len(long))
        if last == len(pairs):
            # One spacing only: a page of texts, or of rows none of which is wrapped.
            return (closest[-1][0] + jump / 2 if not tabular else _NONE) if filled and len(closest) >= 6 else None
        if filled:
            return (closest[-1][0] + pairs[last][0]) / 2
        if len(closest) >= 3:
            return _NONE
        first = last  # one or two gaps are a chance: outlines that touch, an amount over a line
    return None


def wrap_limits(pieces: Sequence[Piece], size: float, tabular: bool) -> list[float | None]:
    """The limits that are worth a try, the likeliest first: none, and between any two kinds of gaps on the page."""
    found: list[float | None] = [wrap_limit(pieces, size, tabular)]
    sizes = sorted(gap for gap, _, _ in _neighbours(pieces, size) if gap < _WIDEST)
    jumps = sorted(((b - a, a, b) for a, b in pairwise([*sizes, _WIDEST + _JUMP])), reverse=True)
    least = max(_LEAST_JUMP, 0.5 / size)
    found.extend((a + b) / 2 if b < _WIDEST else a + _JUMP for jump, a, b in jumps[: _TRIES - 2] if jump > least)
    return [*found, _NONE]


def unfilled(pieces: Sequence[Piece], size: float) -> float:
    """What joined lines cost that end where their cell would have had room for more."""
    cost = 0.0
    for piece in pieces:
        long = piece.width >= _PARAGRAPH * size
        widest = max((line[2] - line[0] for line in piece.lines), default=0.0)
        for number, (above, below) in enumerate(pairwise(piece.lines)):
            if piece.texts and piece.texts[number][-1:] in _SENTENCE:
                continue  # a list's item, a paragraph: they end where they end
            if long:
                ends = above[2] - above[0] < below[2] - below[0] - 0.7 * size
                cost += _UNFILLED_LONG * (ends and above[2] < piece.box[2] - 1.6 * size)
            else:
                cost += _UNFILLED * (above[2] - above[0] < widest - _ROOM * size)
    return cost


def across(joined: Sequence[Piece], pieces: Sequence[Piece], size: float) -> float:
    """What it costs that joined cells hold texts far apart on one line: those are cells beside each other."""
    boxes = {piece.keys: piece.box for piece in pieces}
    cost = 0.0
    for cell in joined:
        if len(cell.lines) < 2 or len(cell.keys) <= len(cell.lines):
            continue
        own = sorted((box for keys, box in boxes.items() if keys[0] in set(cell.keys)), key=lambda box: box[0])
        for line in cell.lines:
            inside = [box for box in own if line[1] <= (box[1] + box[3]) / 2 <= line[3]]
            cost += _ACROSS * sum(b[0] - a[2] > _APART * size for a, b in pairwise(inside))
    return cost


def _is_worded(piece: Piece, size: float) -> bool:
    """Tell whether a piece is words and no number: numbers are not wrapped, and as long as each other."""
    if not piece.text:
        return piece.width > _SHORT * size
    return sum("\u4e00" <= ch <= "\u9fff" for ch in piece.text) >= 2


def _neighbours(pieces: Sequence[Piece], size: float) -> Iterator[tuple[float, bool, bool]]:
    """For each line that another stands close below: the gap, whether they are long, whether the upper one is full.

    A label's line is full where the next is no longer; a paragraph's where it reaches its column's right edge.
    """
    ordered = sorted(pieces, key=lambda p: p.middle)
    for i, piece in enumerate(ordered):
        if not _is_worded(piece, size):
            continue
        for other in ordered[i + 1 : i + 40]:
            gap = space(piece, other, size)
            if gap > 1.6:
                break
            across = min(piece.box[2], other.box[2]) - max(piece.box[0], other.box[0])
            if gap > -0.4 and across > 0.5 * min(piece.width, other.width):
                long = max(piece.width, other.width) >= _PARAGRAPH * size
                edge = max(p.box[2] for p in ordered if abs(p.box[0] - piece.box[0]) < 2.5 * size)
                full = piece.box[2] > edge - 1.2 * size if long else piece.width >= other.width - 0.7 * size
                yield gap, long, full
                break


def joined_cells(
    pieces: Sequence[Piece], scale: Scale, told: Mapping[tuple[int, ...], int] | None = None
) -> list[Piece]:
    """Return pieces with wrapped lines joined; before columns are known.

    Lines that go on each other overlap; what stands beside a wrapped line, within its cell's width, is of that line.
    `told` is whose lines are told otherwise (`told.told_apart`): those are joined and parted whatever their distance.
    """
    told = told or {}
    limit = WRAP_GAP if scale.wrap is None else scale.wrap
    if limit <= _NONE and not told:
        return list(pieces)
    cells: list[list[Piece]] = []
    boxes: list[Box] = []
    for piece in sorted(pieces, key=lambda p: (p.middle, p.box[0])):
        number = told.get(piece.keys)
        if number is not None:
            found = [i for i, cell in enumerate(cells) if told.get(cell[0].keys) == number]
        else:
            free = [i for i, cell in enumerate(cells) if cell[0].keys not in told]
            found = [i for i in free if _is_under(cells[i], boxes[i], piece, scale, limit)]
        if _runs_into(boxes, found, piece, scale.size):
            found = []
        if not found:
            cells.append([piece])
            boxes.append(piece.box)
            continue
        first = found[0]
        for i in reversed(found[1:]):
            cells[first] += cells.pop(i)
            boxes[first] = around([boxes[first], boxes.pop(i)])
        cells[first].append(piece)
        boxes[first] = around([boxes[first], piece.box])
    return [_joined(cell, box) for cell, box in zip(cells, boxes, strict=True)]


def _runs_into(boxes: Sequence[Box], found: Sequence[int], piece: Piece, size: float) -> bool:
    """Tell whether a line would make its cell run into one beside it: below two narratives begins one over both."""
    if not found:
        return False
    x0, y0, x1, y1 = around([*(boxes[i] for i in found), piece.box])
    return any(
        min(x1, box[2]) - max(x0, box[0]) > _INTO * size and min(y1, box[3]) - max(y0, box[1]) > _INTO * size
        for i, box in enumerate(boxes)
        if i not in found
    )


def _joined(cell: Sequence[Piece], box: Box) -> Piece:
    if len(cell) == 1:
        return cell[0]
    lines: list[Box] = []
    texts: list[str] = []
    for piece in sorted(cell, key=lambda p: p.middle):
        if lines and (piece.middle < lines[-1][3] - 0.2 * (lines[-1][3] - lines[-1][1])):
            lines[-1] = around([lines[-1], piece.box])
            texts[-1] += piece.text
        else:
            lines.append(piece.box)
            texts.append(piece.text)
    keys = tuple(key for p in cell for key in p.keys)
    return Piece(keys, box, "".join(p.text for p in cell), tuple(lines), tuple(texts))


def torn(cells: Sequence[Piece], size: float) -> float:
    """What it costs that lines were not joined of which the upper one fills its paragraph and ends no sentence."""
    lines = [line for cell in cells for line in (cell.lines or (cell.box,))]
    cost = 0.0
    for cell in cells:
        last = cell.lines[-1] if cell.lines else cell.box
        if not cell.text or cell.text[-1] in _ENDS or last[2] - last[0] < _PARAGRAPH * size:
            continue
        if last[2] < max(line[2] for line in lines if abs(line[0] - last[0]) < _INDENT * size) - 1.2 * size:
            continue
        cost += _TORN * any(
            0 < other.box[1] + size - last[3] < (1 + _WIDEST) * size
            and min(other.box[2], last[2]) - max(other.box[0], last[0]) > 0.5 * min(other.width, last[2] - last[0])
            and not begins_anew(cell.text, cell.text, other.text)
            for other in cells
            if other is not cell
        )
    return cost


def names_near(cells: Sequence[Piece], scale: Scale) -> float:
    """What it costs that names end where lines this close would go on: rows are as close, so others were joined."""
    limit = WRAP_GAP if scale.wrap is None else scale.wrap
    firsts = [(cell, cell.lines[0] if cell.lines else cell.box, (cell.texts or (cell.text,))[0]) for cell in cells]
    cost = 0.0
    for cell in cells:
        x0, y0, x1, y1 = cell.lines[-1] if cell.lines else cell.box
        cost += _NAMES_NEAR * any(
            -_SAME_LINE <= (line[1] + line[3] - y0 - y1) / 2 / scale.size - 1.0 < limit
            and min(x1, line[2]) - max(x0, line[0]) > 0.5 * min(x1 - x0, line[2] - line[0])
            and are_two(cell.text, text)
            for other, line, text in firsts
            if other is not cell and text and cell.text
        )
    return cost


def beside_rows(cells: Sequence[Piece], size: float) -> float:
    """What it costs that lines were joined each of which is level with texts of one line in other columns: two rows."""
    single = [cell for cell in cells if len(cell.lines) < 2]
    cost = 0.0
    for cell in cells:
        levels = [(line[1] + line[3]) / 2 for line in cell.lines]
        beside: list[list[Piece]] = [[p for p in single if abs(p.middle - at) < _LEVEL * size] for at in levels]
        for above, below in pairwise(beside):
            # Both in one column: a label's two lines may be level with texts of other rows by chance.
            both = sum(min(a.box[2], b.box[2]) > max(a.box[0], b.box[0]) for a in above for b in below)
            cost += _ROWS * (both > 1)
    return cost


def begins_anew(whole: str, above: str, below: str) -> bool:
    """Tell whether a text cannot be the rest of the one above it, by what both say: 98% under 100%, ≥5% under 及时.

    `whole` is all of the cell above, `above` its last line.
    """
    above, below = (unicodedata.normalize("NFKC", text).replace(" ", "") for text in (above, below))
    if _UNFINISHED.search(above) and _REST.match(below):
        return False
    if below == "%" and above[-1:].isdigit():
        return False
    if _OPERATOR.match(above) and _AMOUNT.match(below):
        return False
    if _SIGN.match(above) or _SIGNED.match(below) or _SIGN.match(below) or _NUMBERED.match(below):
        return True
    if _WHOLE.match(whole) and "\u4e00" <= below[:1] <= "\u9fff":
        return True
    if _LABEL.match(whole) and _NUMBER.match(below) and len(below) > 1:
        return True
    if _SHARE.match(above) and below and not _LIMITS.match(below):
        return True
    if above and below and are_two(whole, below):
        return True
    if len(whole) > _PARAGRAPH and (is_head(below) or is_level(below)):
        return True
    broken = _CODE.match(above) or (len(above) >= _BROKEN and _REST.match(below))
    return bool(_COUNTED.match(above) and _NUMBER.match(below) and not broken)


def two_names(pieces: Sequence[Piece]) -> float:
    """What it costs that cells hold the names of two levels or more."""
    return _TWO_NAMES * sum(len(piece.lines) > 1 and bool(_NAMES.match(piece.text)) for piece in pieces)


def _is_under(cell: Sequence[Piece], box: Box, piece: Piece, scale: Scale, limit: float) -> bool:
    last = max(cell, key=lambda p: p.middle)
    gap = space(last, piece, scale.size)
    if gap >= -_SAME_LINE and begins_anew("".join(p.text for p in cell), last.text, piece.text):
        return False
    left, right = max(box[0], piece.box[0]), min(box[2], piece.box[2])
    if gap < -_SAME_LINE:
        return len(cell) > 1 and piece.box[0] >= box[0] and piece.box[2] <= box[2] + scale.size
    if scale.wrap is None and last.width < piece.width - scale.size:
        return False  # how close wrapped lines stand is not known: only what fills its line goes on
    # A paragraph's first line is indented: its second may be a word that ends before the first begins.
    indent = 0.5 * scale.size < last.box[0] - piece.box[0] < _INDENT * scale.size and last.width > _LONG * scale.size
    return gap < limit and right - left > (-0.3 * scale.size if indent else 0.5 * min(piece.width, box[2] - box[0]))
