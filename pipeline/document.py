"""The nouns that the stages hand to each other.

Conventions, stated once: pixel coordinates are those of the page as it came in unless a name says `upright`; right and
bottom edges are exclusive; pages, lines, rows and columns count from zero. What people and files see counts pages and
lines from one; only `cli`, `records`, `review` and `export` add the one. Values do not change: a stage makes new ones
with `dataclasses.replace`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from pipeline.geometry import Warp
from pipeline.quick import quick

# Corner points (x, y) in order around the shape, clockwise from the top left of the text.
Polygon = tuple[tuple[float, float], ...]


@quick
@dataclass(frozen=True, slots=True)
class Place:
    """Where a text stands: on a page, in a text file, or in a workbook; exactly one of the three groups is set."""

    page: int | None = None
    polygon: Polygon = ()
    line: int | None = None
    column: int | None = None
    sheet: str | None = None
    cell: str | None = None


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character of a PDF's text layer: its text, its box in pixels of the rendered page, whether it shows."""

    text: str
    box: tuple[float, float, float, float]  # x0, y0, x1, y1
    visible: bool = True


@dataclass(frozen=True, slots=True)
class TextLayer:
    """What a PDF page says in characters, and the share of the page that pictures cover (0 to 1)."""

    glyphs: tuple[Glyph, ...]
    picture_share: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Page:
    """One page as it came in: its pixels and where they come from.

    `image` is (height, width, 3) uint8 in blue-green-red order, (0, 0, 3) where `problem` says why there is none.
    """

    index: int  # place in the document, from zero
    file: str
    sha256: str  # of that file
    image: NDArray[np.uint8]
    dpi: float | None = None  # as the file says, or as the page was rendered; a guess at best
    origin: str = "image"  # "image" or "pdf"
    number: int = 0  # place in its own file, from zero (a TIFF's frame, a PDF's page)
    layer: TextLayer | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Posterior:
    """What the recogniser thought of a line: per frame the `k` likeliest symbols.

    `symbols` is (frames, k) int32, indices into the recogniser's alphabet (0 is the CTC blank); `logp` is (frames, k)
    float16 natural-log probabilities, each row in falling order. Mass outside the k is 1 - sum(exp(logp)).
    """

    symbols: NDArray[np.int32]
    logp: NDArray[np.float16]
    alphabet: str  # names the recogniser whose alphabet the indices belong to


@quick
@dataclass(frozen=True, slots=True)
class Line:
    """One line of text with its place; loose on the page or part of a cell's reading."""

    text: str
    place: Place
    confidence: float = 1.0
    posterior: Posterior | None = None
    second: Posterior | None = None  # of a label in doubt: what a second look saw, the line drawn smaller


@quick
@dataclass(frozen=True, slots=True)
class Cell:
    """One cell of a grid: its slot, its span, its outline, and how much of that outline is really ruled (0 to 1)."""

    row: int
    col: int
    rowspan: int = 1
    colspan: int = 1
    polygon: Polygon = ()
    support: float = 1.0


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of one table; they tile `n_rows` x `n_cols`. `ruled` is False where alignment stood in for rulings."""

    cells: tuple[Cell, ...]
    n_rows: int
    n_cols: int
    ruled: bool = True
    # Beside `cells`, for those who crop: their boxes x0, y0, x1, y1 inside the rulings, in pixels of the upright page.
    boxes: tuple[tuple[float, float, float, float], ...] = ()
    # And for each, whether a wall of it is hardly seen, or something within it is nearly a wall.
    doubtful: tuple[bool, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one cell. Wrapped lines are joined in `text`; paragraphs are separated by newlines."""

    cell: Cell
    text: str
    confidence: float = 1.0
    places: tuple[Place, ...] = ()
    lines: tuple[Line, ...] = ()
    # "ink-no-text": there is ink in the cell but nothing was read, twice. "edge": the page's edge cuts the cell.
    # "seal": what a lifted seal or watermark left was taken out of the cell.
    # "wall-unsure": a wall of the cell is hardly seen, or something within it is nearly a wall.
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Table:
    """The readings of one grid, in row-major order; blank cells are readings with an empty text."""

    readings: tuple[Reading, ...]
    n_rows: int
    n_cols: int
    ruled: bool = True


@dataclass(frozen=True, slots=True)
class Seal:
    """A stamp lifted off the page: its outline and its mean colour (r, g, b)."""

    place: Place
    colour: tuple[int, int, int]


@dataclass(frozen=True, slots=True, eq=False)
class Upright:
    """A page turned upright and flattened, its ink on white paper, seals lifted off.

    `ink` is (height, width) uint8, paper near 255. `lines` are the text boxes found,
    (n, 4, 2) corners in upright pixels,
    clockwise from the text's top left.
    """

    ink: NDArray[np.uint8]
    warp: Warp
    text_height: float  # of a line's core, in upright pixels; about 1.2 times the characters' height
    lines: NDArray[np.float64]
    seals: tuple[Seal, ...] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that kept a page, or a part of it, from being read."""

    code: str
    message: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class PageReading:
    """All that was read on one page: tables and loose lines in reading order. Kept, so that no page is read twice."""

    index: int  # place in the document, from zero
    file: str  # the file the page came from
    sha256: str  # of that file
    blocks: tuple[Table | Line, ...] = ()
    seals: tuple[Seal, ...] = ()
    problems: tuple[Problem, ...] = ()
    origin: str = "text"  # "text", "pixels" or "text-layer"
    size: tuple[int, int] | None = None  # width, height in pixels of the page as it came in

    @property
    def tables(self) -> tuple[Table, ...]:
        """The page's tables in reading order."""
        return tuple(block for block in self.blocks if isinstance(block, Table))

    @property
    def lines(self) -> tuple[Line, ...]:
        """The page's loose lines in reading order."""
        return tuple(block for block in self.blocks if isinstance(block, Line))


class Role(StrEnum):
    """What a cell is in its form. LEVEL1..TARGET are the grid's; EXTRA is a grid column with no place of its own."""

    LEVEL1 = "level1"
    LEVEL2 = "level2"
    LEVEL3 = "level3"
    TARGET = "target"
    EXTRA = "extra"
    HEADER = "header"
    LABEL = "label"
    VALUE = "value"
    BAR = "bar"
    NARRATIVE = "narrative"
    TITLE = "title"


class Status(StrEnum):
    """What became of a text: the record contract's four words."""

    UNCHANGED = "unchanged"
    UNKNOWN = "unknown"
    REPAIRED = "repaired"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that a label may stand for, with its score (0 to 1)."""

    value: str
    score: float


@quick
@dataclass(frozen=True, slots=True)
class Label:
    """A label handed to repair: its text as read, what it is, and what else is known of it."""

    text: str
    role: Role  # LEVEL1, LEVEL2, LEVEL3, LABEL (field label) or HEADER
    parents: tuple[str, ...] = ()  # level-1, level-2 above it, as far as known
    lines: tuple[Line, ...] = ()  # with posteriors where the label came from pixels


@quick
@dataclass(frozen=True, slots=True)
class Repair:
    """What repair made of one label: the verdict, and all that an auditor needs to judge it."""

    raw: str
    value: str  # equals raw unless status is REPAIRED
    status: Status
    kind: str = ""  # look-alike, displaced, dropped, inserted, doubled, swapped, split, several
    origin: str = "unclear"  # printed, misread, unclear
    score: float = 0.0
    proposal: str | None = None  # what is proposed, where status is PROPOSED
    runner_up: Candidate | None = None
    evidence: str = ""  # e.g. "dictionary:zhengzhou-2020", "compound:达标率", "document:科技创新大赛x4"
    reason: str = ""  # Chinese, for the reviewer


@dataclass(frozen=True, slots=True)
class Target:
    """A target value taken apart; `raw` is what was read, the rest is None where it does not apply.

    kind: number, range, date, boolean, words, empty.
    """

    raw: str
    value: str
    kind: str
    operator: str | None = None  # one of = ≥ ≤ > <
    number: str | None = None  # decimal digits without separators
    number_to: str | None = None  # upper end of a range
    unit: str | None = None
    date: str | None = None  # ISO, as precise as printed: 2020, 2020-12, 2020-12-31, or start/end
    text: str | None = None  # the words of a qualitative target


@quick
@dataclass(frozen=True, slots=True)
class RowCell:
    """One cell of a row: its text with its place, and the role the levels stage gave it with its probability."""

    text: str
    row: int  # of the joined form, from zero
    col: int
    rowspan: int = 1
    colspan: int = 1
    confidence: float = 1.0
    places: tuple[Place, ...] = ()
    lines: tuple[Line, ...] = ()
    role: Role | None = None
    certainty: float = 1.0
    notes: tuple[str, ...] = ()

    # Every cell of a form is made anew in these two ways; `dataclasses.replace` takes three times as long.
    def in_row(self, row: int) -> RowCell:
        """The cell in another row of its form."""
        return RowCell(
            self.text, row, self.col, self.rowspan, self.colspan, self.confidence, self.places, self.lines, self.role,
            self.certainty, self.notes,
        )  # fmt: skip

    def as_role(self, role: Role, certainty: float) -> RowCell:
        """The cell with its role and how sure that is."""
        return RowCell(
            self.text, self.row, self.col, self.rowspan, self.colspan, self.confidence, self.places, self.lines, role,
            certainty, self.notes,
        )  # fmt: skip


@quick
@dataclass(frozen=True, slots=True)
class Row:
    """One row of a form: a table's row (`n_cols` >= 1) or, where n_cols is 0, one loose line outside every table."""

    cells: tuple[RowCell, ...]
    n_cols: int
    page: int  # index of the page it stands on
    table: int  # running number of the table on the document, -1 for a loose line
    spans_known: bool = False  # True where merged cells are really known (pixels, sound HTML), not guessed from blanks


@dataclass(frozen=True, slots=True)
class Form:
    """One form cut out of a document: its title, and its rows over all its pages."""

    title: str
    title_places: tuple[Place, ...]
    pages: tuple[int, ...]
    rows: tuple[Row, ...]
    template: str | None = None
    year: int | None = None
    agency: str | None = None
    money_unit: str | None = None
    problems: tuple[Problem, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class FieldEntry:
    """A header or narrative field as found: its label path, its value cells in order (none: printed blank)."""

    labels: tuple[RowCell, ...]
    values: tuple[RowCell, ...]


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """One level-3 cell of the grid with what stands beside it; levels are carried down, so they are never None by span.

    `target` holds the cells that make up the target in the order operator, number, unit. `extra` maps the header of a
    column with no place of its own to its cells; sub-rows of one level-3 cell follow each other.
    """

    level1: RowCell | None
    level2: RowCell | None
    level3: RowCell | None
    target: tuple[RowCell, ...]
    extra: tuple[tuple[str, RowCell], ...] = ()
    period: str | None = None
    page: int = 0
    damaged: bool = False  # cells had to be put back into their columns
    sign: RowCell | None = None  # of the operator's own column, where what was read there is none


@dataclass(frozen=True, slots=True)
class LabelledForm:
    """A form whose cells have their roles: fields, indicators, and the texts that found no place."""

    form: Form
    fields: tuple[FieldEntry, ...]
    indicators: tuple[IndicatorRow, ...]
    strays: tuple[RowCell, ...]
    headers: tuple[RowCell, ...]
    rows: tuple[Row, ...]  # the form's rows with roles and certainties filled in
