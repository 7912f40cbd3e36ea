"""A page as vectors: what is inked where, in points from the top left corner; rasters and PDFs are made from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.document import Role
from pipeline.synth.render.fonts import Face

Box = tuple[float, float, float, float]  # left, top, right, bottom


@dataclass(frozen=True, slots=True)
class Run:
    """Characters of one face on one baseline, starting at x."""

    text: str
    x: float
    baseline: float
    size: float
    face: Face
    grey: int = 0

    @property
    def width(self) -> float:
        """How far the pen moves over the run."""
        return sum(self.face.advance(char) for char in self.text) * self.size


@dataclass(frozen=True, slots=True)
class Rule:
    """A straight ruling along an axis, `width` wide around its middle. kind: solid, dotted, dashed, double."""

    x0: float
    y0: float
    x1: float
    y1: float
    width: float
    kind: str = "solid"
    grey: int = 0


@dataclass(frozen=True, slots=True)
class Fill:
    """A grey ground."""

    box: Box
    grey: int


@dataclass(frozen=True, slots=True)
class DrawnLine:
    """One printed line of text with the box of all its ink."""

    text: str
    box: Box
    kind: str


@dataclass(frozen=True, slots=True)
class DrawnCell:
    """A cell, or its piece on this page; see RenderedCell for the meaning of the fields."""

    row: int
    col: int
    rowspan: int
    colspan: int
    text: str
    box: Box
    role: Role
    indicator: int
    lines: tuple[DrawnLine, ...]
    laid: int
    start: int
    end: int
    cut_above: bool
    cut_below: bool
    repeated: bool


@dataclass(frozen=True, slots=True)
class DrawnTable:
    """The part of a table on this page."""

    cells: tuple[DrawnCell, ...]
    n_rows: int
    n_cols: int
    block: int


@dataclass(slots=True)
class Drawing:
    """One page under construction: its size and all that stands on it."""

    width: float
    height: float
    em: float  # size of the text in cells
    index: int = 0
    fills: list[Fill] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    tables: list[DrawnTable] = field(default_factory=list)
    lines: list[DrawnLine] = field(default_factory=list)


def double_gap(width: float) -> float:
    """Return how far apart the middles of a double ruling's two lines are: a line's width and a half lie between."""
    return 2.5 * width


def dashes(kind: str, width: float) -> tuple[float, ...]:
    """Return length and gap of a ruling's marks, or nothing for an unbroken one.

    As office programs draw them: dots as long as they are apart, dashes four widths with gaps of three.
    """
    return {"dotted": (width, width), "dashed": (4 * width, 3 * width)}.get(kind, ())
