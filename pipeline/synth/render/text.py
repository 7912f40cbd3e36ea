"""Setting lines: breaking Chinese text to a width and placing the characters of a line."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from pipeline.synth.render.drawing import Box, DrawnLine, Run
from pipeline.synth.render.fonts import Face, find_face

# 避头尾: what may not begin and what may not end a line.
NOT_FIRST = set("，。、；：？！）》〉」』】〕”’％%…‰℃,.;:?!)]}·—")
NOT_LAST = set("（《〈「『【〔“‘([{")
# Set where neither the family nor its companion has a glyph.
FALLBACKS = ("Noto Sans CJK SC", "Noto Serif CJK SC", "DejaVu Sans", "AR PL UMing CN", "WenQuanYi Zen Hei")
# These faces centre their marks as Taiwan prints them; forms from the mainland have them at the lower left.
BORROWED = {"AR PL UMing CN": "。、；", "AR PL UKai CN": "，。、；：！？"}
LENDER = "Noto Serif CJK SC"
# The em box around the baseline: ink of Chinese glyphs stays within it but for a few hundredths.
ASCENT, DESCENT = 0.86, 0.14


@dataclass(frozen=True, slots=True)
class TypeFace:
    """The faces that a text is set in: Chinese, letters and digits, and others for what neither has."""

    chinese: Face
    latin: Face

    def of(self, char: str) -> Face:
        """Return the face that has a glyph for `char`."""
        first = self.latin if char.isascii() else self.chinese
        if char in BORROWED.get(first.family, ()) and (lender := find_face(LENDER)) is not None:
            return lender
        if first.has(char):
            return first
        for candidate in (self.chinese, *(find_face(name) for name in FALLBACKS)):
            if candidate is not None and candidate.has(char):
                return candidate
        return first

    def advance(self, char: str) -> float:
        """Return the advance of `char` in ems."""
        return self.of(char).advance(char)


@dataclass(frozen=True, slots=True)
class Setting:
    """How lines are set: faces, size and line pitch in points, grey level of the ink."""

    type_face: TypeFace
    size: float
    pitch: float
    grey: int = 0

    def width(self, text: str) -> float:
        """Return the width of `text` in points."""
        return sum(self.type_face.advance(char) for char in text) * self.size


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a wrapped text: `text[start:end]`, blanks at its ends left out, moved right by `indent` ems."""

    text: str
    start: int
    end: int
    width: float  # in ems, without the indent
    indent: float = 0.0


def tokens(text: str, start: int, end: int) -> list[tuple[int, int]]:
    """Cut text[start:end] where a line may break; kinsoku is kept by gluing what may not be parted."""
    cuts = [start]
    for i in range(start + 1, end):
        before, after = text[i - 1], text[i]
        together = (
            (after in NOT_FIRST or before in NOT_LAST)
            or (_wordy(before) and _wordy(after))
            or (after.isspace() and not before.isspace())
        )
        if not together:
            cuts.append(i)
    cuts.append(end)
    return list(pairwise(cuts))


def longest_word(text: str, type_face: TypeFace) -> float:
    """Return the width in ems of the widest stretch of `text` that wrapping would not break."""
    return max(
        (sum(type_face.advance(c) for c in text[a:b].rstrip()) for a, b in tokens(text, 0, len(text))), default=0
    )


def _wordy(char: str) -> bool:
    return char.isascii() and not char.isspace() and char not in "()[]{}"


def wrap(text: str, width: float, type_face: TypeFace, indent: float = 0.0, vertical: bool = False) -> list[Line]:
    """Break `text` into lines of at most `width` ems; newlines begin new lines, `indent` ems before the first of each.

    A word wider than the line is broken where it must be. With `vertical` every character is a line.
    """
    lines: list[Line] = []
    position = 0
    for paragraph in text.split("\n"):
        start, end = position, position + len(paragraph)
        position = end + 1
        if vertical:
            lines += [
                Line(text[i], i, i + 1, type_face.advance(text[i])) for i in range(start, end) if not text[i].isspace()
            ]
        elif paragraph.strip():
            lines += _wrap_paragraph(text, (start, end), width, type_face, indent)
    return lines


def _wrap_paragraph(text: str, ends: tuple[int, int], width: float, type_face: TypeFace, indent: float) -> list[Line]:
    lines: list[Line] = []
    start, end = ends
    line_start, line_width, shift = start, 0.0, min(indent, max(0.0, width - 1.0))

    def close(at: int) -> None:
        nonlocal line_start, line_width, shift
        lines.append(_line(text, line_start, at, type_face, shift))
        line_start, line_width, shift = at, 0.0, 0.0

    for first, last in tokens(text, start, end):
        visible = text[first:last].rstrip()
        wide = sum(type_face.advance(char) for char in visible)
        if line_width and line_width + wide > width - shift + 1e-6:
            close(first)
        if wide > width - shift + 1e-6:
            for i in range(first, last):  # wider than a whole line: break anywhere
                char_width = type_face.advance(text[i])
                if line_width and line_width + char_width > width - shift + 1e-6:
                    close(i)
                line_width += char_width
        else:
            line_width += sum(type_face.advance(char) for char in text[first:last])
    close(end)
    return [line for line in lines if line.text]


def _line(text: str, start: int, end: int, type_face: TypeFace, indent: float) -> Line:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    printed = text[start:end]
    return Line(printed, start, end, sum(type_face.advance(char) for char in printed), indent)


def set_line(text: str, x: float, top: float, setting: Setting, kind: str) -> tuple[list[Run], DrawnLine]:
    """Place `text` from x on in a line whose pitch begins at `top`; returns its runs and the box of its ink."""
    size, grey, type_face = setting.size, setting.grey, setting.type_face
    baseline = top + (setting.pitch - size) / 2 + ASCENT * size
    runs: list[Run] = []
    box: Box | None = None
    pen = x
    for char in text:
        char_face = type_face.of(char)
        if runs and runs[-1].face == char_face:
            last = runs[-1]
            runs[-1] = Run(last.text + char, last.x, baseline, size, char_face, grey)
        else:
            runs.append(Run(char, pen, baseline, size, char_face, grey))
        if not char.isspace():
            left, up, right, down = char_face.ink(char)
            ink = (pen + left * size, baseline + up * size, pen + right * size, baseline + down * size)
            box = ink if box is None else _around(box, ink)
        pen += char_face.advance(char) * size
    # A line is as high as its em box even where its ink is flat (a dash), as text detectors draw it.
    em = (x, baseline - ASCENT * size, pen, baseline + DESCENT * size)
    return runs, DrawnLine(text, _around(box, em) if box else em, kind)


def _around(a: Box, b: Box) -> Box:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
