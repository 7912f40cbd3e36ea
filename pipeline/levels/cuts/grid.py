"""Rows of indicators that a page break cut: levels, names, targets and heads go back to where they began."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.dictionaries import comparison_key
from pipeline.document import Row, RowCell
from pipeline.labeltext import joined_text
from pipeline.levels.cuts.cells import (
    breaks,
    one_cell,
    partners_of,
    put_cell,
    reaching,
    with_cell,
    with_rest,
    without_cells,
)
from pipeline.levels.cuts.fields import fills, may_go_on
from pipeline.levels.cuts.texts import (
    BARE_NUMBER,
    BARE_VALUE,
    COMPLETE_TARGET,
    SHORT,
    ends_a_name,
    is_open_target,
    is_scrap,
    is_unfinished,
    name_goes_on,
    one_name,
    one_weight,
    target_goes_on,
)
from pipeline.levels.headers import GridHeader
from pipeline.levels.lexicon import Lexicon

# Of a shorter name one misread character leaves too little: 数量 and 质量.
_LONG_LEVEL = 5


def join_levels(done: list[Row], last: int, row: Row, lexicon: Lexicon) -> Row:
    """Give the rest of a level's name to the cell that it was cut from; the row's own cells stay, with that one blank.

    A merged cell's text runs over the break like any other: 可持续影响指 | 标. On one page a merged cell of two lines
    is taken for two where nothing but white is between them.
    """
    before = done[last]  # heads that the next page repeats stand between
    foot = None if breaks(before, row) else min(cell.row for cell in row.cells)
    partners = partners_of(reaching(done, before.table, foot), before, row)
    for cell in row.cells:
        one = partners.get(id(cell))
        if one is None or not cell.text or not one.cell.text:
            continue
        levels = any(one_name(one.cell.text, cell.text, section, lexicon) for section in ("level1", "level2"))
        if levels or one_weight(one.cell.text, cell.text, lexicon) or _one_bar(one.cell, cell, lexicon):
            whole = one_cell(one.cell, cell, one.cell.text + cell.text)
            put_cell(done, one, whole)
            row = without_cells(row, {id(cell)})
    return row


def whole_heads(done: Sequence[Row], row: Row, lexicon: Lexicon) -> tuple[int, Row] | None:
    """The heads of a grid made whole where a page ends within them, with their index: 偏差原因分析及改 | 进措施.

    None where one of the cells below makes no known head with the one above it.
    """
    # A page number may stand between: a loose row.
    rows = (i for i in reversed(range(len(done))) if done[i].n_cols and any(cell.text for cell in done[i].cells))
    at = next(rows, None)
    if at is None or not breaks(done[at], row) or done[at].n_cols != row.n_cols:
        return None
    above = {cell.col: cell for cell in done[at].cells if cell.text}
    rest = {cell.col: (cell, True) for cell in row.cells if cell.text}
    names = lexicon.column_roles.keys() | lexicon.exact["bar"]
    known = (col in above and comparison_key(above[col].text + cell.text) in names for col, (cell, _) in rest.items())
    return (at, with_rest(done[at], rest)) if all(known) else None


def join_leads(done: list[Row], last: int, row: Row, header: GridHeader) -> Row:
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
        if cell.rowspan < 2 or (one.rowspan < 2 and at < last) or not may_go_on(one, cell):
            continue
        if comparison_key(one.text) != comparison_key(cell.text):
            whole = one_cell(one, cell, joined_text(one.text, cell.text))
            done[at] = with_cell(done[at], one, whole)
        row = without_cells(row, {id(cell)})
    return row


def not_restated(filled: Sequence[RowCell], done: Sequence[Row], header: GridHeader, lexicon: Lexicon) -> list[RowCell]:
    """The cells of a page's first row but for the levels, and bars, that a merged cell says again over the break.

    `done` ends with the row before the break: heads printed again over the page's first row stand in no column.
    """
    again = []
    for cell in filled:
        column = header.column_at(cell.col, header.n_cols)
        if column is None or column.role in ("level1", "level2"):
            above = next((c for row in reversed(done) for c in row.cells if c.text and c.col == cell.col), None)
            if above is not None and _says_again(comparison_key(above.text), comparison_key(cell.text), lexicon):
                again.append(cell)
    return [cell for cell in filled if cell not in again]


def _says_again(one: str, other: str, lexicon: Lexicon) -> bool:
    """Tell whether a level is the one above: as read, or one of both is no level but for a misread character."""
    if one == other or len(one) != len(other) or len(one) < _LONG_LEVEL:
        return one == other
    known = [any(key in lexicon.exact[level] for level in ("level1", "level2")) for key in (one, other)]
    return sum(known) == 1 and sum(a != b for a, b in zip(one, other, strict=True)) == 1


def lone_rest(
    before: Row, filled: Sequence[RowCell], header: GridHeader, lexicon: Lexicon
) -> dict[int, tuple[RowCell, bool]] | None:
    """The rest of a name that is all its row holds, behind a row with name and target; None where it is none.

    Tabs and commas lose where pages end, so that the two texts have to tell; in doubt the rows stay apart and ask.
    """
    if len(filled) != 1 or any(place.polygon for cell in before.cells for place in cell.places):
        return None
    above = {c.role: cell for cell in before.cells if cell.text and (c := header.column_at(cell.col, header.n_cols))}
    rest, column = filled[0], header.column_at(filled[0].col, header.n_cols)
    if column is None or column.role != "level3" or not {"level3", "target"} <= above.keys():
        return None
    one = above["level3"]
    sure = bool(name_goes_on(one.text, rest.text, lexicon))
    if one.col != rest.col or not (sure or is_unfinished(one.text, rest.text, lexicon)):
        return None
    return {rest.col: (rest, sure)}


def grid_rest(
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
        rests = [grid_rest(before, cells, header, lexicon) for cells in groups.values()]
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
    if set(roles) == {"unit"} and len(filled) == 1 and not BARE_VALUE.fullmatch(filled[0].text):
        whole = above[filled[0].col].text + filled[0].text if filled[0].col in above else ""
        return (
            {filled[0].col: (filled[0], comparison_key(whole) in lexicon.dictionaries.keys["unit"])} if whole else None
        )
    if not roles and further and all(BARE_NUMBER.fullmatch(above[c.col].text + c.text) for c in further):
        return {c.col: (c, False) for c in further}  # 6.2 | 5 where neither name nor target stands beside it
    if any(BARE_VALUE.fullmatch(c.text) and BARE_VALUE.fullmatch(above[c.col].text) for c in further):
        return None  # numbers are a row's own
    if not roles and further:
        # Nothing but the rest of remarks.
        return None if any(BARE_VALUE.fullmatch(c.text) for c in further) else {c.col: (c, True) for c in further}
    if any(cell.col not in above for role, cell in roles.items() if role not in ("target", "extra")):
        return None
    levels = [role for role in ("level1", "level2") if role in roles]
    joined_levels = [one_name(above[roles[role].col].text, roles[role].text, role, lexicon) for role in levels]
    if levels and (not all(joined_levels) or _has_own_name(roles, above, lexicon)):
        return None
    sure = bool(levels)
    joined = False
    if "level3" in roles and not sure:
        one, other = above[roles["level3"].col].text, roles["level3"].text
        verdict = name_goes_on(one, other, lexicon)
        if not verdict and "target" in roles and ends_a_name(one) and ends_a_name(other) and len(other) > SHORT:
            return None  # two names that end as names do, each with its target
        lacks = set(roles) <= {"level3", "target"} and ("target" not in roles or roles["target"].col not in above)
        if not verdict and lacks and "target" in {column.role for column in header.columns}:
            # Behind a name that does not end, a name alone on its row, or with the target that the first lacks.
            joined = is_unfinished(one, other, lexicon)
        if verdict is None and not joined:
            return None
        verdict = bool(verdict)
        sure = verdict
    alone = [cell for cell in filled if cell.col not in above]
    if alone and not sure and not joined:
        return None
    if "target" in roles and roles["target"] not in alone:
        one, other = above[roles["target"].col].text, roles["target"].text
        goes_on = target_goes_on(one, other, lexicon)
        # 次 behind ≥1400人, 前 behind 12月底: no target is one character that is neither a number nor a known word.
        scrap = not goes_on and "level3" not in roles and is_scrap(other, len(filled) == 1, lexicon)
        if not goes_on and not scrap:
            return None
        written_out = not fills(above[roles["target"].col]) and not is_open_target(one)
        if "level3" in roles and not sure and written_out:
            return None  # 大幅改观 with room behind it, and another name and target on the next page
        sure = sure or ("level3" not in roles and not scrap)
    # Without a target's column nothing tells the rest of a name from a name, but for the pieces themselves.
    elif not sure and ("level3" not in roles or not any(c.role == "target" for c in header.columns)):
        return None
    return {cell.col: (cell, sure) for cell in filled}


def _has_own_name(roles: Mapping[str, RowCell], above: Mapping[int, RowCell], lexicon: Lexicon) -> bool:
    """Tell whether a row below a level that the page's end cuts has a name and a target beside those of the row above.

    A level's cell reaches over several rows: its text may be cut where none of them is.
    """
    pairs = [(above.get(roles[role].col), roles[role]) for role in ("level3", "target") if role in roles]
    if len(pairs) < 2 or any(one is None for one, _ in pairs):
        return False
    one, other = (cell.text if cell else "" for cell in pairs[0])
    return ends_a_name(one) and ends_a_name(other) and len(other) > SHORT and name_goes_on(one, other, lexicon) is None


def wide_rest(before: Row, filled: Sequence[RowCell], header: GridHeader) -> dict[int, tuple[RowCell, bool]] | None:
    """The rest of a text under the grid, over whose next page the grid's heads are printed again.

    It reaches over several of the grid's columns, as the text above it does, and nothing stands beside it.
    """
    if len(filled) != 1 or BARE_VALUE.fullmatch(filled[0].text):
        return None
    cell = filled[0]
    covered = sum(cell.col <= column.col < cell.col + cell.colspan for column in header.columns)
    one = next((c for c in before.cells if c.text and (c.col, c.colspan) == (cell.col, cell.colspan)), None)
    labelled = any(c.text and c.col < cell.col for c in before.cells)
    if covered < 2 or one is None or not labelled or BARE_VALUE.fullmatch(one.text):
        return None
    return {cell.col: (replace(cell, text=joined_text(one.text, cell.text)[len(one.text) :]), True)}


def rest_beside_levels(
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
    if one is None or COMPLETE_TARGET.match(one.text) or COMPLETE_TARGET.match(rest.text) or not may_go_on(one, rest):
        return None
    return {rest.col: (rest, True)} if len(one.text) > SHORT and one.text[-1] not in "。；;" else None


def _one_bar(one: RowCell, other: RowCell, lexicon: Lexicon) -> bool:
    """Tell whether a break parts a label that stands upright beside the grid: 长期绩效 | 指标."""
    key = comparison_key(other.text)
    level = key in lexicon.exact["level1"] or key in lexicon.exact["level2"]
    upright = one.rowspan > 1 and other.rowspan > 1 and not level
    return upright and comparison_key(one.text + other.text) in lexicon.exact["bar"]
