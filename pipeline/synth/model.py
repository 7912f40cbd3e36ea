"""The nouns of the generator: a form as it would be laid out, and the truth that a perfect reader returns for it.

Every random choice comes from the `random.Random` or `numpy.random.Generator` that is passed in; the same seed gives
the same form, page and damage on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pipeline.document import Role


@dataclass(frozen=True, slots=True)
class LaidCell:
    """One cell of a laid-out table. `text` may hold newlines (paragraphs). `vertical`: one character a line."""

    row: int
    col: int
    text: str
    role: Role
    rowspan: int = 1
    colspan: int = 1
    vertical: bool = False
    centred: bool = False
    shaded: bool = False
    # Index into Truth.indicators for the grid's cells, -1 elsewhere.
    indicator: int = -1
    # Key into Truth.fields for the cell that holds the field's value, "" elsewhere.
    field: str = ""
    # Which of the form's truths the cell belongs to; not 0 only in a table that holds several projects.
    part: int = 0


@dataclass(frozen=True, slots=True)
class LaidTable:
    """A table: cells that tile n_rows x n_cols, and the columns' shares of the table's width."""

    cells: tuple[LaidCell, ...]
    n_rows: int
    n_cols: int
    widths: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class LaidLine:
    """A line of text outside every table. kind: title, year, unit (e.g. 单位：万元), note."""

    text: str
    kind: str


@dataclass(frozen=True, slots=True)
class TruthIndicator:
    """One level-3 cell as a perfect reader returns it, labels as they should read (not as damaged)."""

    level1: str | None
    level2: str | None
    level3: str | None
    target: str | None  # as printed; operator, number and unit joined in that order where they have columns
    extra: dict[str, str] = field(default_factory=dict)
    period: str | None = None


@dataclass(frozen=True, slots=True)
class Damage:
    """One injected error. kind e.g. shift-S1, value-lost, level-repeated, look-alike, displaced, dropped, inserted.

    `at` is a field label or `indicators[i].level3` and the like, i counting within the form.
    """

    kind: str
    at: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Truth:
    """What a perfect reader returns for a form."""

    title: str
    year: int | None
    agency: str | None
    money_unit: str | None
    fields: dict[str, str]  # printed label (path joined by →, colon and unit taken off) -> text
    indicators: tuple[TruthIndicator, ...]


@dataclass(frozen=True, slots=True)
class LaidForm:
    """A form ready to be drawn or written out: blocks from top to bottom, and its truth."""

    layout: str
    blocks: tuple[LaidTable | LaidLine, ...]
    truth: Truth
    damages: tuple[Damage, ...] = ()
    # Truths of the further projects of a roll-up (one table, several projects), in their order. Indices of indicators
    # count on through all truths.
    more: tuple[Truth, ...] = ()

    @property
    def truths(self) -> tuple[Truth, ...]:
        """All truths: one for each record that the form should become."""
        return (self.truth, *self.more)
