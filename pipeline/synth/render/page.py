"""The nouns of a drawn page: its picture, and where everything on it really stands.

Polygons are in pixels of the page's image, clockwise from the top left of the text as it is read, so that on a page
turned by 90 degrees the first point is no longer the one at the top left of the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Polygon, Role

Image = NDArray[np.uint8]  # (height, width, 3), RGB


@dataclass(frozen=True, slots=True)
class RenderedLine:
    """One printed line. kind: cell, title, year, unit, note, page-number, running-head.

    The polygon encloses all ink of the line; in a cell, text is the part of the cell's text that stands on this line.
    """

    text: str
    polygon: Polygon
    kind: str = "cell"


@dataclass(frozen=True, slots=True)
class RenderedCell:
    """One cell as this page shows it: a whole cell, or the piece of one that a page break cut.

    row, col and spans count in the grid that can be seen on this page: a column boundary that no cell of the page uses
    is not there. text is what is printed on this page, wrapped lines joined, paragraphs separated by newlines; it is
    `laid.text[start:end]` without the blanks at its ends. The polygon runs along the middle of the rulings.
    """

    row: int
    col: int
    rowspan: int
    colspan: int
    text: str
    polygon: Polygon
    role: Role
    indicator: int
    lines: tuple[RenderedLine, ...]
    laid: int  # index into LaidTable.cells
    start: int
    end: int
    cut_above: bool = False  # the cell began on an earlier page
    cut_below: bool = False  # the cell goes on on the next page
    repeated: bool = False  # a header or a label printed again after a page break


@dataclass(frozen=True, slots=True)
class RenderedTable:
    """The part of a laid table that stands on this page; its cells tile n_rows x n_cols in row-major order."""

    cells: tuple[RenderedCell, ...]
    n_rows: int
    n_cols: int
    block: int  # index of the laid table among all blocks of the document


@dataclass(frozen=True, slots=True)
class RenderedSeal:
    """A seal that was put on the page: its outline, its colour (r, g, b) and the words in it."""

    polygon: Polygon
    colour: tuple[int, int, int]
    text: str


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """A picture of one page and its exact truth. `kind` names the degradation, `turned` the degrees of its turn."""

    image: Image
    dpi: float
    tables: tuple[RenderedTable, ...]
    lines: tuple[RenderedLine, ...]
    em: float  # height of a character in the cells, in pixels
    index: int = 0
    kind: str = "clean"
    seals: tuple[RenderedSeal, ...] = ()
    turned: int = 0
