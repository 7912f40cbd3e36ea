"""Merged cells that an export printed in every slot they cover, made one cell again.

Tabs, commas and Markdown cannot span: spreadsheets and table libraries write a merged cell's text beside and below
itself. Equal neighbours may as well be two values that happen to agree (10 points of 10). What tells them apart: labels
are never said twice, a head says how wide what stands under it is, and merged cells are nested: what is one cell over
several rows has one cell over them on its left.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import pairwise

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import Cell, PageReading, Reading, Table

_SECTIONS = ("field", "narrative", "column", "bar", "level1", "level2")
_FIELDS = ("field", "narrative")
_BRACKETS = re.compile(r"[(（][^()（）]*[)）]$")
# No two cells of a form say the same sentence; agencies and projects are named in fewer characters than that.
_SENTENCE = 24
# One pair of equal labels may be printed; a form whose merged cells are repeated has some at every second row.
_LEAST_PAIRS = 3
# Rows that slid sideways have blanks where they left a repeated level out: one in five of the worst.
_LESS_BLANK = 2
_VALUE = re.compile(r"[\d.,，%％/—–\-－\s]+|[≥≤=><≧≦＝].*")
# Rows from a value up to its heads: the longest grid of thirty layouts has sixty, a list of projects has no end.
_FARTHEST = 200
# A row with fewer names of columns may be one of a label and its value.
_LEAST_HEADS = 2
# What may be a label that no vocabulary holds, with the number of its line taken off: （一）财政拨款小计.
_LISTED = re.compile(r"^[(（]?[一二三四五六七八九十\d]{1,2}[)）]?[、.．]?")
_WORDS = re.compile(r"[\u4e00-\u9fff：:（）()、]+")
_SHORTEST_LABEL, _LONGEST_LABEL = 2, 16


def with_merged_cells(pages: Sequence[PageReading], dictionaries: Dictionaries) -> list[PageReading]:
    """Return the pages with the merged cells of their tables, where a text repeats them; other pages as they are.

    All tables of a document come from one tool: where they repeat labels, they repeat all merged cells.
    """
    labels = _Labels(dictionaries)
    tables = [table for page in pages if page.origin == "text" for table in page.tables if _is_flat(table)]
    if not _repeats(tables, labels):
        return list(pages)
    above: defaultdict[int, tuple[list[Sequence[str]], set[tuple[int, int]]]] = defaultdict(lambda: ([], set()))
    done = []
    for page in pages:
        blocks = (
            _Merger(block, labels, *above[block.n_cols]).merged()
            if isinstance(block, Table) and page.origin == "text" and _is_flat(block)
            else block
            for block in page.blocks
        )
        done.append(replace(page, blocks=tuple(blocks)))
    return done


def _is_flat(table: Table) -> bool:
    """Tell whether a table states every slot by itself, and nothing of where it stands on a page."""
    cells = [reading.cell for reading in table.readings]
    drawn = any(place.polygon for reading in table.readings for place in reading.places)
    return not drawn and table.n_cols > 1 and all(cell.rowspan == cell.colspan == 1 for cell in cells)


def _texts(table: Table) -> list[list[str]]:
    texts = [[""] * table.n_cols for _ in range(table.n_rows)]
    for reading in table.readings:
        texts[reading.cell.row][reading.cell.col] = "".join(reading.text.split())
    return texts


def _repeats(tables: Sequence[Table], labels: _Labels) -> bool:
    """Tell whether labels and sentences stand beside themselves, or below, rather than over blanks.

    Where a page break makes an ordinary export say a level again, the rows around it have blanks below their levels.
    """
    beside = below = blank = 0
    for texts in map(_texts, tables):
        pairs = (one for row in texts for one, other in pairwise(row) if one == other)
        beside += sum(labels.tell(one) and not labels.levels(one) for one in pairs)
        for upper, row in pairwise(texts):
            under = [other for one, other in zip(upper, row, strict=True) if labels.tell(one) and other in (one, "")]
            below += len(under) - under.count("")
            blank += under.count("")
    return beside >= _LEAST_PAIRS or (below >= _LEAST_PAIRS and below > _LESS_BLANK * blank)


@dataclass(frozen=True)
class _Labels:
    dictionaries: Dictionaries
    known: dict[tuple[str, tuple[str, ...]], bool] = field(default_factory=dict)

    def holds(self, text: str) -> bool:
        """Tell whether a text is a label that a vocabulary holds, with or without its unit or weight."""
        return self._is_in(text, _SECTIONS)

    def tell(self, text: str) -> bool:
        """Tell whether a text is one that no two cells beside or below each other say."""
        return len(text) >= _SENTENCE or (bool(text) and self.holds(text))

    def names(self, text: str) -> bool:
        """Tell whether a text is the label of a field."""
        return self._is_in(text, _FIELDS)

    def heads(self, text: str) -> bool:
        """Tell whether a text is the name of a grid's column."""
        return self._is_in(text, ("column",))

    def levels(self, text: str) -> bool:
        """Tell whether a text is a level's name."""
        return self._is_in(text, ("level1", "level2"))

    def _is_in(self, text: str, sections: tuple[str, ...]) -> bool:
        found = self.known.get((text, sections))
        if found is None:
            keys, both = self.dictionaries.keys, _ways_to_say(text)
            found = any(keys[section].get(one) for section in sections for one in both)
            self.known[text, sections] = found
        return found


# Labels and levels come again in other forms.
@lru_cache(8_192)
def _ways_to_say(text: str) -> tuple[str, ...]:
    """The comparison keys of a text with and without its unit or weight."""
    both = dict.fromkeys((text, _BRACKETS.sub("", text.rstrip("：:"))))
    return tuple(dict.fromkeys(comparison_key(one) for one in both if one))


@dataclass
class _Merger:
    """Merges the cells of one table.

    `above` are the rows of the tables before it that have as many columns, `joined` the slots that are one cell with
    the next one, by row of `above` and column.
    """

    table: Table
    labels: _Labels
    above: list[Sequence[str]]
    joined: set[tuple[int, int]]

    def merged(self) -> Table:
        """Return the table with its merged cells; its rows are added to `above`."""
        texts = _texts(self.table)
        start = len(self.above)
        self.above.extend(texts)
        readings = {(reading.cell.row, reading.cell.col): reading for reading in self.table.readings}
        found: list[Reading] = []
        taken: set[tuple[int, int]] = set()
        for r, c in sorted(readings):
            if (r, c) in taken:
                continue
            width = self._width(texts, r, c, start, taken)
            height = 1
            while r + height < len(texts) and self._goes_down(texts, r + height, c, width, start):
                height += 1
            taken |= {(r + i, c + j) for i in range(height) for j in range(width)}
            one = readings[r, c]
            found.append(replace(one, cell=Cell(r, c, height, width), notes=(*one.notes, "spans")))
        return replace(self.table, readings=tuple(found))

    def _width(self, texts: Sequence[Sequence[str]], r: int, c: int, start: int, taken: Set[tuple[int, int]]) -> int:
        """The width of the cell that begins at a slot, in slots; it ends where a cell from above stands."""
        row, end = texts[r], c + 1
        while row[c] and end < len(row) and row[end] == row[c] and (r, end) not in taken:
            if not self._is_one(start + r, end - 1):
                break
            self.joined.add((start + r, end - 1))
            end += 1
        return end - c

    def _goes_down(self, texts: Sequence[Sequence[str]], r: int, c: int, width: int, start: int) -> bool:
        """Tell whether row r goes on with the cell of `width` slots above it."""
        text, row = texts[r - 1][c], texts[r]
        if not text or any(other != text for other in row[c : c + width]):
            return False
        if c + width < len(row) and row[c + width] == text and self._is_one(start + r, c + width - 1):
            return False  # it is wider there
        if self.labels.tell(text) or (_is_head(text) and self._are_heads(texts[r - 1], row)):
            return True
        if c > 0:
            return any(row[:c]) and row[:c] == texts[r - 1][:c]
        # A running number is followed by another; a project's code stands beside its name.
        return not _VALUE.fullmatch(text) or (bool(row[1]) and row[1] == texts[r - 1][1])

    def _are_heads(self, upper: Sequence[str], lower: Sequence[str]) -> bool:
        """Tell whether two rows are heads of two lines: a column's name stands over both."""
        return any(one == other and self.labels.heads(one) for one, other in zip(upper, lower, strict=True) if one)

    def _is_one(self, r: int, c: int) -> bool:
        """Tell whether the slots c and c + 1 of row r, which say the same, are one cell."""
        row = self.above[r]
        text = row[c]
        if self.labels.holds(text):
            # 满意度指标 is the name of both levels of some forms.
            return not self.labels.levels(text) or self._told_above(r, c) is not False
        if len(text) >= _SENTENCE:
            over = self.above[r - 1] if r else ()
            return self._heads(over, c) is not False or not all(map(self._is_label, set(over) - {""}))
        first, last = _run(row, c)
        ends = last + 1 == len(row)
        if not _VALUE.fullmatch(text):
            # 总分 begins its row, a field's value stands behind its label, and alone with it whatever the label is.
            if (first == 0 and _is_head(text)) or (first and self.labels.names(row[first - 1])):
                return True
            if ends and first and len(set(row[:first])) == 1 and row[0]:
                return True
        told = self._told_above(r, c)
        if told is not None:
            return told
        # Behind a label that nobody knows or a corner, and before another label or the row's end.
        ends = ends or self._is_label(row[last + 1])
        return ends and first > 0 and (not row[first - 1] or self._is_label(row[first - 1]))

    def _told_above(self, r: int, c: int) -> bool | None:
        """Whether what heads the slots c and c + 1 of a row is one; None where no heads stand over them.

        They hold down to the next field, and over no title.
        """
        for at in range(r - 1, max(r - _FARTHEST, 0) - 1, -1):
            above = self.above[at]
            heads = self._heads(above, c)
            if heads is None and (at, c) in self.joined and not _VALUE.fullmatch(above[c]):
                heads = True
            if heads is not None:
                return heads
            if len(set(above) - {""}) < 2 or (above[0] != self.above[r][0] and self.labels.names(above[0])):
                return None
        return None

    def _heads(self, row: Sequence[str], c: int) -> bool | None:
        """Whether two heads that stand in a row over the slots c and c + 1 are one; None where none stand there."""
        one, other = (*row[c : c + 2], "", "")[:2]
        known = self.labels.holds(one) and self.labels.holds(other)
        # Beside names of columns stand others, though nobody knows them: 1至7月执行情况 | 全年预计完成情况.
        if not known and one and other and sum(map(self.labels.heads, set(row))) >= _LEAST_HEADS:
            known = not _VALUE.fullmatch(one) and not _VALUE.fullmatch(other)
        return one == other if known else None

    def _is_label(self, text: str) -> bool:
        return self.labels.holds(text) or _is_head(text)


def _run(row: Sequence[str], c: int) -> tuple[int, int]:
    """The first and the last of the equal texts around a slot."""
    first = last = c
    while first and row[first - 1] == row[c]:
        first -= 1
    while last + 1 < len(row) and row[last + 1] == row[c]:
        last += 1
    return first, last


def _is_head(text: str) -> bool:
    bare = _LISTED.sub("", _BRACKETS.sub("", text.rstrip("：:")))
    return _SHORTEST_LABEL <= len(bare) <= _LONGEST_LABEL and bool(_WORDS.fullmatch(bare))
