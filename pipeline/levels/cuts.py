"""Cells cut by a page break made one again: the row that a break cut goes on in the first row of the next page."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from pipeline.dictionaries import comparison_key
from pipeline.document import Row, RowCell
from pipeline.labeltext import joined_text, label_text, split_weight
from pipeline.levels.headers import GridHeader
from pipeline.levels.lexicon import FUZZY, Lexicon
from pipeline.seams import sides_of

# A note on a cell whose text nobody can be sure of: its certainty is capped, so that a person looks.
UNSURE = "unsure"
COMPLETE_TARGET = re.compile(r"^([≥≤=><≧≦═]|[大小]于|不[少低超高多]于?|不超过)?\s*[\d,.]+\s*\S{1,8}$")
_OPEN_TARGET = re.compile(r"([≥≤=><≧≦═]|[大小]于|不[少低多]于|不高于|不超过|百分之)[\d,.]*$")
BARE_NUMBER = re.compile(r"[\d.,]+$")
# What a name or a sentence never begins with: punctuation that closes, and words that only go on.
_GOES_ON = re.compile(r"^[，。、；：）)》”％%]")
_ITEM = re.compile(r"^([①-⑳]|\d+[.、．)）]|[（(][一二三四五六七八九十\d]+[)）]|指标\d)")
# Three characters or fewer are the rest of a name far more often than a name.
_SHORT = 3

# One misread character in a label of five.
_NEAR = 0.8
_LABEL = FUZZY.index("label")
# Edges of one column on two pages, in table widths: the pages are straightened one by one.
_SAME_EDGE = 0.02
# A value that goes on over the break fills its cell to the end; what is shorter was written out.
_FILLED = 0.6
_SENTENCE = 20
# In a shorter name one misread character leaves too little to know it by.
_LONG_NAME = 5
_LONGEST_LABEL = 16
# No row is labelled with such a noun alone.
_LABELS_END = re.compile(r"情况|目标|指标|内容|说明|依据|计划|措施|程度|意见|要求|性")
_WEIGHT = re.compile(r"[（(]\d+分?[)）]")
_BARE_VALUE = re.compile(r"[\d.,%:：年月日/\-—\s]*")


def joined_cuts(rows: Sequence[Row], headers: Sequence[GridHeader | None], lexicon: Lexicon) -> list[Row]:
    """Put the first row of a page back into the row before the break where it holds only the rest of its cells.

    A level's name that the break cuts is made whole where it begins; the row with its rest keeps its other cells.
    """
    done: list[Row] = []
    last = -1  # the last row with text in a table, as an index of `done`, and its header
    last_header: GridHeader | None = None
    taken = -1  # the table whose first row went back over the break
    filled_before = -1  # the last row with text, as an index of `rows`
    for r, given in enumerate(rows):
        row, header = given, headers[r]
        filled = [cell for cell in row.cells if cell.text]
        in_grid = header is not None and header.row < r
        under_heads = header is not None and header.row == filled_before and in_grid
        filled_before = r if row.n_cols and filled else filled_before
        if under_heads and filled and (heads := _whole_heads(done, row, lexicon)) is not None:
            done[heads[0]] = heads[1]
            continue
        if row.n_cols and filled and (in_grid or header is None):
            before = done[last] if last >= 0 else None
            # Behind a row that went back over the break stand rows of the page itself.
            broken = before is not None and _breaks(before, row) and row.table != taken
            if broken and header is None:
                rest = _join_fields(done, row, lexicon)
                if rest is None:
                    taken = row.table
                    continue
                row = rest
            if before is not None and header is not None and last_header is not None:
                whole = broken and before.n_cols == row.n_cols
                if broken:
                    row = _join_leads(done, last, row, header)
                    filled = [cell for cell in row.cells if cell.text]
                    if not filled:
                        taken = row.table
                        continue
                own = _not_restated(filled, done[: last + 1], header) if whole else []
                parts = (_grid_rest(before, own, header, lexicon) if own else None) or _wide_rest(before, own, header)
                if parts is None and whole and (parts := _rest_beside_levels(done, last, filled, header)):
                    # The levels printed again reach down over rows of their own.
                    done[last] = _with_rest(before, parts)
                    done.append(_without(row, {id(cell) for cell in row.cells if cell.col in parts}))
                    continue
                if parts is not None:
                    done[last] = _with_rest(before, parts)
                    taken = row.table
                    continue
                row = _join_levels(done, last, row, lexicon)
                own = [cell for cell in row.cells if cell.text]
                if whole and len(own) < len(filled):
                    # What is left beside names that the break cut may be the rest of the row before.
                    own = _not_restated(own, done[: last + 1], header)
                    parts = _grid_rest(done[last], own, header, lexicon) if own else {}
                    if parts is not None:
                        done[last] = _with_rest(done[last], parts)
                        taken = row.table
                        continue
            last, last_header = len(done), header
        done.append(row)
    return done


def _breaks(before: Row, row: Row) -> bool:
    return before.page != row.page or before.table != row.table


def _with_rest(before: Row, parts: Mapping[int, tuple[RowCell, bool]]) -> Row:
    """The row with the rest of its cells put behind them; both places are kept."""
    cells = []
    for cell in before.cells:
        rest = parts.get(cell.col)
        if rest is None:
            cells.append(cell)
            continue
        more, sure = rest
        cells.append(_one_cell(cell, more, cell.text + more.text, sure))
    return replace(before, cells=tuple(cells))


def _one_cell(cell: RowCell, more: RowCell, text: str, sure: bool = True) -> RowCell:
    if not cell.text:
        return replace(more, row=cell.row, col=cell.col, rowspan=cell.rowspan, colspan=cell.colspan)
    return replace(
        cell,
        text=text,
        confidence=min(cell.confidence, more.confidence),
        places=(*cell.places, *more.places),
        lines=(*cell.lines, *more.lines),
        notes=(*cell.notes, "cut", *(() if sure else (UNSURE,))),
    )


def _with(row: Row, cell: RowCell, new: RowCell) -> Row:
    """The row with another cell in the place of one of its own."""
    return replace(row, cells=tuple(new if c is cell else c for c in row.cells))


def _without(row: Row, gone: Set[int]) -> Row:
    """The row with the cells of these ids blank: what they held is said elsewhere now."""
    return replace(
        row,
        cells=tuple(replace(c, text="", notes=(*c.notes, "restated")) if id(c) in gone else c for c in row.cells),
    )


# ---------------------------------------------------------------------------------------- what reaches over the break


@dataclass(frozen=True, slots=True)
class _Above:
    """A cell that ends where the page does, and its row in `done`."""

    at: int
    cell: RowCell
    edges: tuple[float, float] | None  # left and right, in pixels


def _put(done: list[Row], one: _Above, cell: RowCell) -> None:
    """Put another cell in the place of one over the break."""
    done[one.at] = _with(done[one.at], one.cell, cell)


def _reaching(done: Sequence[Row], table: int, foot: int | None = None) -> list[_Above]:
    """The cells of a table that reach down to a row, by default to its foot."""
    cells = [(i, cell) for i, row in enumerate(done) if row.table == table and row.n_cols for cell in row.cells]
    if foot is None:
        foot = max((cell.row + cell.rowspan for _, cell in cells), default=0)
    return [_Above(i, cell, sides_of([cell])) for i, cell in cells if cell.row + cell.rowspan >= foot]


def _partners(above: Sequence[_Above], before: Row, row: Row) -> dict[int, _Above]:
    """For each cell of the row (by id) the cell over the break that has its column: by outline, else by number.

    Outlines are compared on the page and within the table: pages lie in the scanner one by one, and a table may have
    lost a column.
    """
    frame, other = sides_of([one.cell for one in above]), sides_of(row.cells)
    found: dict[int, _Above] = {}
    for cell in row.cells:
        edges = sides_of([cell])
        if edges is None or frame is None or other is None:
            same = [one for one in above if before.n_cols == row.n_cols and cell.col == one.cell.col]
        else:
            near = _SAME_EDGE * max(frame[1] - frame[0], other[1] - other[0])
            same = [one for one in above if one.edges and _agree(one.edges, edges, near)]
            if not same and _breaks(before, row):
                shares = _shares(edges, other)
                same = [one for one in above if one.edges and _agree(_shares(one.edges, frame), shares, _SAME_EDGE)]
        if same:
            found[id(cell)] = same[0]
    return found


def _agree(one: tuple[float, float], other: tuple[float, float], near: float) -> bool:
    return all(abs(a - b) <= near for a, b in zip(one, other, strict=True))


def _shares(edges: tuple[float, float], frame: tuple[float, float]) -> tuple[float, float]:
    left, right = frame
    return (edges[0] - left) / (right - left), (edges[1] - left) / (right - left)


# ------------------------------------------------------------------------------------------------------------- fields


def _join_fields(done: list[Row], row: Row, lexicon: Lexicon) -> Row | None:
    """Put a row that goes on a row of fields into it, and return None; return the row where it is one of its own.

    Its labels are blank, printed again, or the rest of labels that are known as a whole; its texts stand under values.
    Where they stand under heads, they are the values of these, and only the rest of the label beside them goes back.
    """
    before = next(r for r in reversed(done) if r.n_cols and any(cell.text for cell in r.cells))
    above = _reaching(done, before.table)
    partners = _partners(above, before, row)
    labels = {id(one.cell) for one in above if _is_label(one.cell.text, lexicon)}
    under_heads = False
    if number := _rest_of_number(row, partners):
        above_it, digits = number
        whole = _one_cell(above_it.cell, digits, above_it.cell.text + digits.text, sure=False)
        _put(done, above_it, whole)
        _stretch(done, row, partners)
        return None
    within = _cuts_a_label(row, partners, lexicon)
    # Beside a label that is cut stands its value, whatever it says.
    alone = sum(bool(cell.text) for cell in row.cells) == 2
    if within and (rests := _rests_of_heads(row, partners, lexicon)):
        for head, rest in rests:
            whole = _one_cell(head.cell, rest, head.cell.text + rest.text)
            _put(done, head, whole)
        return None
    cut: list[tuple[_Above, RowCell]] = []
    going: list[tuple[_Above, RowCell]] = []
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
            if cell.rowspan > 1 or len(cell.text) <= _SHORT:
                return row  # a label that nobody knows, printed again: the fields below keep it as their parent
            labels.add(id(one.cell))
        elif _is_label(cell.text, lexicon) or not (_may_go_on(one.cell, cell) or (within and _is_worded(one, cell))):
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
        _put(done, one, _one_cell(one.cell, cell, joined_text(one.cell.text, cell.text)))
    if not under_heads:
        _stretch(done, row, partners)
        return None
    return _without(row, {id(cell) for _, cell in cut})


def _stretch(done: list[Row], row: Row, partners: Mapping[int, _Above]) -> None:
    """The spans that go on below a row that went back over the break: the blank rest of a merged label is kept."""
    for cell in row.cells:
        one = partners.get(id(cell))
        if not cell.text and cell.rowspan > 1 and one is not None and one.cell.text:
            _put(done, one, replace(one.cell, rowspan=cell.row + cell.rowspan - one.cell.row))


def _is_label(text: str, lexicon: Lexicon) -> bool:
    key = comparison_key(label_text(text))
    known = key in lexicon.exact["field"] or key in lexicon.exact["narrative"]
    return known or lexicon.nearness(key)[_LABEL] >= _NEAR


def _cuts_a_label(row: Row, partners: Mapping[int, _Above], lexicon: Lexicon) -> bool:
    """Tell whether the break cuts the label of the row too: then whatever stands beside it goes on."""
    pairs = ((partners[id(cell)].cell, cell) for cell in row.cells if cell.text and id(cell) in partners)
    return any(one.text and _is_cut_label(one, cell, lexicon) for one, cell in pairs)


def _rest_of_number(row: Row, partners: Mapping[int, _Above]) -> tuple[_Above, RowCell] | None:
    """Digits alone in a page's first row, under a number: an amount of its own would have a label beside it."""
    filled = [cell for cell in row.cells if cell.text]
    one = partners.get(id(filled[0])) if len(filled) == 1 else None
    if one is None or not (BARE_NUMBER.fullmatch(filled[0].text) and BARE_NUMBER.fullmatch(one.cell.text)):
        return None
    return one, filled[0]


def _rests_of_heads(row: Row, partners: Mapping[int, _Above], lexicon: Lexicon) -> list[tuple[_Above, RowCell]] | None:
    """A row of nothing but the last characters of labels, each with the cell over the break; else None."""
    known = lexicon.exact["field"] | lexicon.exact["narrative"]
    found: list[tuple[_Above, RowCell]] = []
    for cell in row.cells:
        if not cell.text:
            continue
        one = partners.get(id(cell))
        if one is None or not one.cell.text:
            return None
        whole = comparison_key(one.cell.text + cell.text)
        open_label = whole in known or comparison_key(one.cell.text) not in known
        rest = len(cell.text) <= _SHORT and not _BARE_VALUE.fullmatch(cell.text) and open_label
        if not rest and not _WEIGHT.fullmatch(cell.text):
            return None
        found.append((one, cell))
    return found


def _is_worded(one: _Above, cell: RowCell) -> bool:
    return not _BARE_VALUE.fullmatch(one.cell.text) and not _BARE_VALUE.fullmatch(cell.text)


def _is_cut_label(cell: RowCell, more: RowCell, lexicon: Lexicon) -> bool:
    one, other = cell.text, more.text
    known = lexicon.exact["field"] | lexicon.exact["narrative"]
    whole = comparison_key(one + other)
    if whole in known and comparison_key(other) not in known and comparison_key(one) not in known:
        return True
    # No label is one character; what stands first in its row is one, though nobody knows it.
    scrap = min(len(one), len(other)) == 1 or _LABELS_END.fullmatch(other)
    first = cell.col == more.col == 0 and comparison_key(one) not in known and scrap
    return bool(first) and whole.isalpha() and len(whole) <= _LONGEST_LABEL


def _may_go_on(cell: RowCell, more: RowCell) -> bool:
    """Tell whether a value can go on in another: two numbers are two values, and a short text was written out."""
    if not cell.text:
        return True
    dated = more.text in ("年", "月", "日")  # the rest of a date that ends a sentence
    if _BARE_VALUE.fullmatch(cell.text) or (_BARE_VALUE.fullmatch(more.text) and not dated):
        return False
    return len(cell.text) >= _SENTENCE or _fills(cell)


def _fills(cell: RowCell) -> bool:
    """Tell whether the text of a cell runs to its right edge; without outlines it may."""
    outline = cell.places[0].polygon if cell.places else ()
    ends = [x for line in cell.lines for x, _ in line.place.polygon]
    if not outline or not ends:
        return True
    left, right = min(x for x, _ in outline), max(x for x, _ in outline)
    return len(cell.lines) > 1 or max(ends) - min(ends) >= _FILLED * (right - left)


def _has_label(one: _Above, above: Sequence[_Above], done: Sequence[Row], labels: set[int], lexicon: Lexicon) -> bool:
    """A value has its label to the left of it, or over it where a table stands inside the head."""
    if any(id(other.cell) in labels and other.cell.col < one.cell.col for other in above):
        return True
    beside = [other.cell for other in above if other.at == one.at and other.cell.text and other is not one]
    if len(beside) == 1 and beside[0].col < one.cell.col and len(beside[0].text) <= _LONGEST_LABEL:
        return len(one.cell.text) >= _SENTENCE  # a sentence has its label beside it, though nobody knows it
    column = (c for row in reversed(done[: one.at]) for c in row.cells if c.text and c.col == one.cell.col)
    over = next(column, None)
    return over is not None and (id(over) in labels or _is_label(over.text, lexicon))


# ------------------------------------------------------------------------------------------------------------ the grid


def _join_levels(done: list[Row], last: int, row: Row, lexicon: Lexicon) -> Row:
    """Give the rest of a level's name to the cell that it was cut from; the row's own cells stay, with that one blank.

    A merged cell's text runs over the break like any other: 可持续影响指 | 标. On one page a merged cell of two lines
    is taken for two where nothing but white is between them.
    """
    before = done[last]  # heads that the next page repeats stand between
    foot = None if _breaks(before, row) else min(cell.row for cell in row.cells)
    partners = _partners(_reaching(done, before.table, foot), before, row)
    for cell in row.cells:
        one = partners.get(id(cell))
        if one is None or not cell.text or not one.cell.text:
            continue
        levels = any(_one_name(one.cell.text, cell.text, section, lexicon) for section in ("level1", "level2"))
        if levels or _one_weight(one.cell.text, cell.text, lexicon) or _one_bar(one.cell, cell, lexicon):
            whole = _one_cell(one.cell, cell, one.cell.text + cell.text)
            _put(done, one, whole)
            row = _without(row, {id(cell)})
    return row


def _whole_heads(done: Sequence[Row], row: Row, lexicon: Lexicon) -> tuple[int, Row] | None:
    """The heads of a grid made whole where a page ends within them, with their index: 偏差原因分析及改 | 进措施.

    None where one of the cells below makes no known head with the one above it.
    """
    at = next((i for i in reversed(range(len(done))) if any(cell.text for cell in done[i].cells)), None)
    if at is None or not _breaks(done[at], row) or done[at].n_cols != row.n_cols:
        return None
    above = {cell.col: cell for cell in done[at].cells if cell.text}
    rest = {cell.col: (cell, True) for cell in row.cells if cell.text}
    names = lexicon.column_roles.keys() | lexicon.exact["bar"]
    known = (col in above and comparison_key(above[col].text + cell.text) in names for col, (cell, _) in rest.items())
    return (at, _with_rest(done[at], rest)) if all(known) else None


def _join_leads(done: list[Row], last: int, row: Row, header: GridHeader) -> Row:
    """Give the rest of a project's own text, merged beside its indicators, back over the break; blank it in the row."""
    above = {
        cell.col: (i, cell) for i in range(last + 1) if done[i].table == done[last].table for cell in done[i].cells
    }
    for cell in row.cells:
        column = header.column_at(cell.col, header.n_cols)
        at, one = above.get(cell.col, (-1, cell))
        reaches = one.row + one.rowspan > done[last].cells[0].row
        head = column is not None and comparison_key(one.text) == comparison_key(column.name)
        if not cell.text or column is None or not column.lead or at < 0 or head or not one.text or not reaches:
            continue
        if cell.rowspan < 2 or (one.rowspan < 2 and at < last) or not _may_go_on(one, cell):
            continue
        if comparison_key(one.text) != comparison_key(cell.text):
            whole = _one_cell(one, cell, joined_text(one.text, cell.text))
            done[at] = _with(done[at], one, whole)
        row = _without(row, {id(cell)})
    return row


def _not_restated(filled: Sequence[RowCell], done: Sequence[Row], header: GridHeader) -> list[RowCell]:
    """The cells of a page's first row but for the levels, and bars, that a merged cell says again over the break.

    `done` ends with the row before the break: heads printed again over the page's first row stand in no column.
    """
    again = []
    for cell in filled:
        column = header.column_at(cell.col, header.n_cols)
        if column is None or column.role in ("level1", "level2"):
            above = next((c for row in reversed(done) for c in row.cells if c.text and c.col == cell.col), None)
            if above is not None and comparison_key(above.text) == comparison_key(cell.text):
                again.append(cell)
    return [cell for cell in filled if cell not in again]


def _grid_rest(
    before: Row, filled: Sequence[RowCell], header: GridHeader, lexicon: Lexicon
) -> dict[int, tuple[RowCell, bool]] | None:
    """The cells of a row that are the rest of the row before, or None where the row is one of its own.

    A row of its own has a name and a target. The rest of a row has no cell that the row before lacks; what two pieces
    make must be likelier than either alone. Of grids side by side each has its rest.
    """
    groups: dict[int, list[RowCell]] = {}
    for cell in filled:
        column = header.column_at(cell.col, header.n_cols)
        groups.setdefault(column.group if column is not None else 0, []).append(cell)
    if not {cell.col for cell in filled} <= {cell.col for cell in before.cells}:
        return None  # it would have no place there
    if len(groups) > 1:
        rests = [_grid_rest(before, cells, header, lexicon) for cells in groups.values()]
        return None if None in rests else {col: part for rest in rests for col, part in (rest or {}).items()}
    above = {cell.col: cell for cell in before.cells if cell.text}
    roles: dict[str, RowCell] = {}
    further: list[RowCell] = []
    for cell in filled:
        column = header.column_at(cell.col, header.n_cols)
        if column is not None and column.role == "extra" and cell.col in above:
            further.append(cell)
            continue
        if column is None or column.role in roles:
            return None
        roles[column.role] = cell
    if set(roles) == {"unit"} and len(filled) == 1 and not _BARE_VALUE.fullmatch(filled[0].text):
        whole = above[filled[0].col].text + filled[0].text if filled[0].col in above else ""
        return (
            {filled[0].col: (filled[0], comparison_key(whole) in lexicon.dictionaries.keys["unit"])} if whole else None
        )
    if not roles and further and all(BARE_NUMBER.fullmatch(above[c.col].text + c.text) for c in further):
        return {c.col: (c, False) for c in further}  # 6.2 | 5 where neither name nor target stands beside it
    if any(_BARE_VALUE.fullmatch(c.text) and _BARE_VALUE.fullmatch(above[c.col].text) for c in further):
        return None  # numbers are a row's own
    if not roles and further:
        # Nothing but the rest of remarks.
        return None if any(_BARE_VALUE.fullmatch(c.text) for c in further) else {c.col: (c, True) for c in further}
    if any(cell.col not in above for role, cell in roles.items() if role not in ("target", "extra")):
        return None
    levels = [role for role in ("level1", "level2") if role in roles]
    joined_levels = [_one_name(above[roles[role].col].text, roles[role].text, role, lexicon) for role in levels]
    if levels and not all(joined_levels):
        return None
    sure = bool(levels)
    joined = False
    if "level3" in roles and not sure:
        one, other = above[roles["level3"].col].text, roles["level3"].text
        verdict = _name_goes_on(one, other, lexicon)
        if not verdict and "target" in roles and _ends_a_name(one) and _ends_a_name(other) and len(other) > _SHORT:
            return None  # two names that end as names do, each with its target
        lacks = set(roles) <= {"level3", "target"} and ("target" not in roles or roles["target"].col not in above)
        if not verdict and lacks and "target" in {column.role for column in header.columns}:
            # Behind a name that does not end, a name alone on its row, or with the target that the first lacks.
            joined = _is_unfinished(one, other, lexicon)
        if verdict is None and not joined:
            return None
        verdict = bool(verdict)
        sure = verdict
    alone = [cell for cell in filled if cell.col not in above]
    if alone and not sure and not joined:
        return None
    if "target" in roles and roles["target"] not in alone:
        one, other = above[roles["target"].col].text, roles["target"].text
        goes_on = _target_goes_on(one, other, lexicon)
        # 次 behind ≥1400人, 前 behind 12月底: no target is one character that is neither a number nor a known word.
        scrap = not goes_on and "level3" not in roles and _is_scrap(other, len(filled) == 1, lexicon)
        if not goes_on and not scrap:
            return None
        sure = sure or ("level3" not in roles and not scrap)
    # Without a target's column nothing tells the rest of a name from a name, but for the pieces themselves.
    elif not sure and ("level3" not in roles or not any(c.role == "target" for c in header.columns)):
        return None
    return {cell.col: (cell, sure) for cell in filled}


def _wide_rest(before: Row, filled: Sequence[RowCell], header: GridHeader) -> dict[int, tuple[RowCell, bool]] | None:
    """The rest of a text under the grid, over whose next page the grid's heads are printed again.

    It reaches over several of the grid's columns, as the text above it does, and nothing stands beside it.
    """
    if len(filled) != 1 or _BARE_VALUE.fullmatch(filled[0].text):
        return None
    cell = filled[0]
    covered = sum(cell.col <= column.col < cell.col + cell.colspan for column in header.columns)
    one = next((c for c in before.cells if c.text and (c.col, c.colspan) == (cell.col, cell.colspan)), None)
    labelled = any(c.text and c.col < cell.col for c in before.cells)
    if covered < 2 or one is None or not labelled or _BARE_VALUE.fullmatch(one.text):
        return None
    return {cell.col: (replace(cell, text=joined_text(one.text, cell.text)[len(one.text) :]), True)}


def _rest_beside_levels(
    done: Sequence[Row], last: int, filled: Sequence[RowCell], header: GridHeader
) -> dict[int, tuple[RowCell, bool]] | None:
    """The rest of a target in a row that beside it has nothing but the levels of the page before, printed again."""
    columns = [header.column_at(cell.col, header.n_cols) for cell in filled]
    roles = {column.role: cell for column, cell in zip(columns, filled, strict=True) if column is not None}
    if len(roles) < len(filled) or not {"target"} < set(roles) <= {"level1", "level2", "target"}:
        return None
    for role in set(roles) - {"target"}:
        above = next(
            (c for row in reversed(done[: last + 1]) for c in row.cells if c.col == roles[role].col and c.text), None
        )
        if above is None or comparison_key(above.text) != comparison_key(roles[role].text):
            return None
    rest = roles["target"]
    one = next((c for c in done[last].cells if c.col == rest.col), None)
    # A sentence that fills its cell to the end was not written out; two numbers are two targets.
    if one is None or COMPLETE_TARGET.match(one.text) or COMPLETE_TARGET.match(rest.text) or not _may_go_on(one, rest):
        return None
    return {rest.col: (rest, True)} if len(one.text) > _SHORT and one.text[-1] not in "。；;" else None


def _one_name(one: str, other: str, section: str, lexicon: Lexicon) -> bool:
    """Tell whether two pieces make a known name, one of its characters misread, and the second alone makes none."""
    first, rest = comparison_key(one), comparison_key(other)
    # Longer than every name by more than the edit that is forgiven (and what marks may fold into one character).
    if len(first) + len(rest) > lexicon.longest_level + 4:
        return False
    known, whole = lexicon.exact[section], comparison_key(one + other)
    if not rest or (rest in known and first in known):
        return False
    levels = lexicon.exact["level1"] | lexicon.exact["level2"]
    if rest in levels and first in levels:
        return False  # 产出 over 质量指标 are two names, though 产出质量指标 is one
    if whole in known or rest in known or len(whole) < _LONG_NAME or len(rest) == 1:
        return whole in known
    if not lexicon.may_be_near(whole, section):  # most are not, and measuring each costs more than all else here
        return False
    place = FUZZY.index(section)
    near = lexicon.nearness(whole)[place]
    return near >= 1 - 1.01 / len(whole) and near > lexicon.nearness(first)[place]


def _one_weight(one: str, other: str, lexicon: Lexicon) -> bool:
    """Tell whether a break parts a level's weight: 效益指标（20 | 分）."""
    name, weight = split_weight(label_text(one + other))
    known = comparison_key(name) in lexicon.exact["level1"] or comparison_key(name) in lexicon.exact["level2"]
    return bool(weight) and known and len(one) >= len(name)


def _one_bar(one: RowCell, other: RowCell, lexicon: Lexicon) -> bool:
    """Tell whether a break parts a label that stands upright beside the grid: 长期绩效 | 指标."""
    key = comparison_key(other.text)
    level = key in lexicon.exact["level1"] or key in lexicon.exact["level2"]
    upright = one.rowspan > 1 and other.rowspan > 1 and not level
    return upright and comparison_key(one.text + other.text) in lexicon.exact["bar"]


def _name_goes_on(one: str, other: str, lexicon: Lexicon) -> bool | None:
    """True where the second text is surely the rest of the first, False where that is likely, None where it is not."""
    names = lexicon.exact["level3"]
    if comparison_key(one + other) in names or _GOES_ON.match(other):
        return True
    if _ITEM.match(other) or comparison_key(other) in names or comparison_key(one) in names:
        return None
    return len(other) <= _SHORT and not _ends_a_name(one)


def _is_unfinished(one: str, other: str, lexicon: Lexicon) -> bool:
    names = lexicon.exact["level3"]
    # A row that slid sideways has its target where names stand.
    free = comparison_key(one) not in names and not any(COMPLETE_TARGET.match(text) for text in (one, other))
    free = free and not _ITEM.match(other)
    return free and not _ends_a_name(one) and _ends_a_name(other)


def _ends_a_name(text: str) -> bool:
    # The last characters of indicator names, as the classifier's own feature has them.
    return text[-1:] in "率度性数量次额值本况力果益期效能"


def _is_scrap(text: str, alone: bool, lexicon: Lexicon) -> bool:
    if alone and len(text) <= _SHORT and not re.search(r"\d", text):
        return True  # 完成 behind 按计划进度: nothing else stands in its row
    words = lexicon.exact["word"] | lexicon.exact["boolean"]
    return len(text) == 1 and text.isalpha() and comparison_key(text) not in words


def _target_goes_on(one: str, other: str, lexicon: Lexicon) -> bool:
    if COMPLETE_TARGET.match(other) and not (_OPEN_TARGET.search(one) and other[:1].isdigit()):
        return False
    known = comparison_key(other) in lexicon.exact["word"] or comparison_key(other) in lexicon.exact["boolean"]
    if known and not _OPEN_TARGET.search(one):
        return False
    unit = comparison_key(other) in lexicon.dictionaries.keys["unit"] and bool(BARE_NUMBER.search(one))
    return unit or bool(_OPEN_TARGET.search(one)) or bool(_GOES_ON.match(other)) or not COMPLETE_TARGET.match(one)
