"""Rows of fields that a page break cut: values, labels, heads and numbers go back to where they began."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.dictionaries import comparison_key
from pipeline.document import Row, RowCell
from pipeline.geometry import as_read
from pipeline.labeltext import joined_text, label_text, split_weight
from pipeline.levels.cuts.cells import Above, one_cell, partners_of, put_cell, reaching, without_cells
from pipeline.levels.cuts.texts import BARE_NUMBER, BARE_VALUE, COMPLETE_TARGET, SHORT
from pipeline.levels.lexicon import FUZZY, Lexicon

# One misread character in a label of five.
_NEAR = 0.8
_LABEL = FUZZY.index("label")
# A value that goes on over the break fills its cell to the end; what is shorter was written out.
_FILLED = 0.6
_SENTENCE = 20
_LONGEST_LABEL = 16
# No row is labelled with such a noun alone.
_LABELS_END = re.compile(r"情况|目标|指标|内容|说明|依据|计划|措施|程度|意见|要求|性")
_WEIGHT = re.compile(r"[（(]\d+分?[)）]")


def join_fields(done: list[Row], row: Row, lexicon: Lexicon) -> Row | None:
    """Put a row that goes on a row of fields into it, and return None; return the row where it is one of its own.

    Its labels are blank, printed again, or the rest of labels that are known as a whole; its texts stand under values.
    Where they stand under heads, they are the values of these, and only the rest of the label beside them goes back.
    """
    before = next(r for r in reversed(done) if r.n_cols and any(cell.text for cell in r.cells))
    above = reaching(done, before.table)
    partners = partners_of(above, before, row)
    labels = {id(one.cell) for one in above if _is_label(one.cell.text, lexicon)}
    under_heads = False
    if number := _rest_of_number(row, partners):
        above_it, digits = number
        whole = one_cell(above_it.cell, digits, above_it.cell.text + digits.text, sure=False)
        put_cell(done, above_it, whole)
        _stretch(done, row, partners)
        return None
    within = _cuts_a_label(row, partners, lexicon)
    # Beside a label that is cut stands its value, whatever it says.
    alone = sum(bool(cell.text) for cell in row.cells) == 2
    if (within or _heads_again(row, partners)) and (rests := _rests_of_heads(row, partners, lexicon)):
        for head, rest in rests:
            whole = one_cell(head.cell, rest, head.cell.text + rest.text)
            put_cell(done, head, whole)
        return None
    cut: list[tuple[Above, RowCell]] = []
    going: list[tuple[Above, RowCell]] = []
    for cell in row.cells:
        if not cell.text:
            continue
        one = partners.get(id(cell))
        if one is None:
            return row
        if one.cell.text and _is_cut_label(one.cell, cell, lexicon):
            cut.append((one, cell))
        elif id(one.cell) in labels and not (within and alone):
            under_heads |= comparison_key(cell.text) != comparison_key(one.cell.text)
        elif comparison_key(one.cell.text) == comparison_key(cell.text):
            if (cell.rowspan > 1 and not within) or len(cell.text) <= SHORT or _is_level(cell.text, lexicon):
                # A label that nobody knows, printed again: the fields below keep it as their parent. A level, printed
                # again under heads that nobody knows: a row of the grid.
                return row
            labels.add(id(one.cell))
        elif _is_label(cell.text, lexicon) or not (may_go_on(one.cell, cell) or (within and _is_worded(one, cell))):
            return row
        else:
            going.append((one, cell))
    if under_heads:
        # A row of its own, but for a label that began over the break: 总 | 体目标 beside 中期目标 and 年度目标.
        going = []
        if not cut or any(_is_label(c.text, lexicon) for c in row.cells if not any(c is rest for _, rest in cut)):
            return row
    named = labels | {id(one.cell) for one, _ in cut}
    if not all(_has_label(one, above, done, named, lexicon) for one, _ in going) or not (going or cut):
        return row
    for one, cell in (*cut, *going):
        put_cell(done, one, one_cell(one.cell, cell, joined_text(one.cell.text, cell.text)))
    if not under_heads:
        _stretch(done, row, partners)
        return None
    return without_cells(row, {id(cell) for _, cell in cut})


def _stretch(done: list[Row], row: Row, partners: Mapping[int, Above]) -> None:
    """The spans that go on below a row that went back over the break: the rest of a merged label, blank or not."""
    for cell in row.cells:
        one = partners.get(id(cell))
        if cell.rowspan == 1 or one is None or not one.cell.text:
            continue
        if not cell.text or comparison_key(cell.text) == comparison_key(one.cell.text):
            put_cell(done, one, replace(one.cell, rowspan=cell.row + cell.rowspan - one.cell.row))


def _is_label(text: str, lexicon: Lexicon) -> bool:
    key = comparison_key(label_text(text))
    known = key in lexicon.exact["field"] or key in lexicon.exact["narrative"]
    return known or lexicon.nearness(key)[_LABEL] >= _NEAR


def _is_level(text: str, lexicon: Lexicon) -> bool:
    key = comparison_key(split_weight(label_text(text))[0])
    return key in lexicon.exact["level1"] or key in lexicon.exact["level2"]


def _cuts_a_label(row: Row, partners: Mapping[int, Above], lexicon: Lexicon) -> bool:
    """Tell whether the break cuts the label of the row too: then whatever stands beside it goes on."""
    pairs = ((partners[id(cell)].cell, cell) for cell in row.cells if cell.text and id(cell) in partners)
    return any(one.text and _is_cut_label(one, cell, lexicon) for one, cell in pairs)


def _heads_again(row: Row, partners: Mapping[int, Above]) -> bool:
    """Tell whether two cells or more say what the cells over the break say, as heads of one line do."""
    pairs = [(partners[id(cell)].cell.text, cell.text) for cell in row.cells if cell.text and id(cell) in partners]
    again = [one for one, other in pairs if comparison_key(one) == comparison_key(other)]
    return sum(not BARE_VALUE.fullmatch(text) for text in again) >= 2


def _rest_of_number(row: Row, partners: Mapping[int, Above]) -> tuple[Above, RowCell] | None:
    """Digits alone in a page's first row, under a number: an amount of its own would have a label beside it."""
    filled = [cell for cell in row.cells if cell.text]
    one = partners.get(id(filled[0])) if len(filled) == 1 else None
    if one is None or not (BARE_NUMBER.fullmatch(filled[0].text) and BARE_NUMBER.fullmatch(one.cell.text)):
        return None
    return one, filled[0]


def _rests_of_heads(row: Row, partners: Mapping[int, Above], lexicon: Lexicon) -> list[tuple[Above, RowCell]] | None:
    """A row of nothing but the last characters of labels, each with the cell over the break; else None.

    Heads of one line may be printed again beside those that the break cuts.
    """
    known = lexicon.exact["field"] | lexicon.exact["narrative"]
    found: list[tuple[Above, RowCell]] = []
    for cell in row.cells:
        if not cell.text:
            continue
        one = partners.get(id(cell))
        if one is None or not one.cell.text:
            return None
        whole = comparison_key(one.cell.text + cell.text)
        if comparison_key(cell.text) == comparison_key(one.cell.text):
            continue
        open_label = whole in known or comparison_key(one.cell.text) not in known
        rest = len(cell.text) <= SHORT and not BARE_VALUE.fullmatch(cell.text) and open_label
        if not rest and not _WEIGHT.fullmatch(cell.text):
            return None
        found.append((one, cell))
    return found or None


def _is_worded(one: Above, cell: RowCell) -> bool:
    return not BARE_VALUE.fullmatch(one.cell.text) and not BARE_VALUE.fullmatch(cell.text)


def _is_cut_label(cell: RowCell, more: RowCell, lexicon: Lexicon) -> bool:
    one, other = cell.text, more.text
    known = lexicon.exact["field"] | lexicon.exact["narrative"]
    whole = comparison_key(one + other)
    if whole in known and comparison_key(one) not in known:
        return True  # the rest alone may be another label: 项目申报的 | 可行性
    # No label is one character; what stands first in its row is one, though nobody knows it.
    scrap = min(len(one), len(other)) == 1 or _LABELS_END.fullmatch(other)
    first = cell.col == more.col == 0 and comparison_key(one) not in known and scrap
    return bool(first) and whole.isalpha() and len(whole) <= _LONGEST_LABEL


def may_go_on(cell: RowCell, more: RowCell) -> bool:
    """Tell whether a value can go on in another: two numbers are two values, and a short text was written out."""
    if not cell.text:
        return True
    dated = more.text in ("年", "月", "日")  # the rest of a date that ends a sentence
    if COMPLETE_TARGET.match(cell.text) and COMPLETE_TARGET.match(more.text):
        return False  # 22000人 over =100%: two targets, in whatever table
    if BARE_VALUE.fullmatch(cell.text) or (BARE_VALUE.fullmatch(more.text) and not dated):
        return False
    return len(cell.text) >= _SENTENCE or fills(cell)


def fills(cell: RowCell) -> bool:
    """Tell whether the text of a cell runs to its right edge; without outlines it may."""
    outline = as_read(cell.places[0].polygon) if cell.places else ()
    ends = [x for line in cell.lines for x, _ in as_read(line.place.polygon)]
    if not outline or not ends:
        return True
    left, right = min(x for x, _ in outline), max(x for x, _ in outline)
    return len(cell.lines) > 1 or max(ends) - min(ends) >= _FILLED * (right - left)


def _has_label(one: Above, above: Sequence[Above], done: Sequence[Row], labels: set[int], lexicon: Lexicon) -> bool:
    """A value has its label to the left of it, or over it where a table stands inside the head."""
    if any(id(other.cell) in labels and other.cell.col < one.cell.col for other in above):
        return True
    beside = [other.cell for other in above if other.at == one.at and other.cell.text and other is not one]
    if len(beside) == 1 and beside[0].col < one.cell.col and len(beside[0].text) <= _LONGEST_LABEL:
        return len(one.cell.text) >= _SENTENCE  # a sentence has its label beside it, though nobody knows it
    column = (c for row in reversed(done[: one.at]) for c in row.cells if c.text and c.col == one.cell.col)
    over = next(column, None)
    return over is not None and (id(over) in labels or _is_label(over.text, lexicon))
