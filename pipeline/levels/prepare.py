"""Rows made ready for the classifier: restated texts of merged cells taken out, cells cut by a page edge rejoined."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from pipeline.dictionaries import comparison_key
from pipeline.document import Row, RowCell
from pipeline.levels.headers import GridHeader, find_headers
from pipeline.levels.lexicon import Lexicon
from pipeline.levels.loose import label_loose_lines
from pipeline.templates import Template

# A note on a cell whose text nobody can be sure of: its certainty is capped, so that a person looks.
UNSURE = "unsure"
_COMPLETE_TARGET = re.compile(r"^([≥≤=><≧≦═]|[大小]于|不[少低超高多]于?|不超过)?\s*[\d,.]+\s*\S{1,8}$")
_OPEN_TARGET = re.compile(r"([≥≤=><≧≦═]|[大小]于|不[少低多]于|不高于|不超过|百分之)[\d,.]*$")
_BARE_NUMBER = re.compile(r"[\d.,]+$")
# What a name or a sentence never begins with: punctuation that closes, and words that only go on.
_GOES_ON = re.compile(r"^[，。、；：）)》”％%]")
_ITEM = re.compile(r"^([①-⑳]|\d+[.、．)）]|[（(][一二三四五六七八九十\d]+[)）]|指标\d)")
# Three characters or fewer are the rest of a name far more often than a name.
_SHORT = 3


def prepare_rows(
    rows: Sequence[Row], lexicon: Lexicon, template: Template | None
) -> tuple[list[Row], list[GridHeader | None]]:
    """Return the form's rows as the classifier wants them, and for each the grid header that holds there."""
    ready = label_loose_lines(rows, lexicon, template)
    headers = find_headers(ready, lexicon)
    ready = _without_restated(_right_aligned(ready, headers), headers)
    joined = _joined_cuts(ready, headers, lexicon)
    if len(joined) < len(ready):
        headers = find_headers(joined, lexicon)
    return joined, headers


# ---------------------------------------------------------------------------------------------------- lost spans


def _right_aligned(rows: Sequence[Row], headers: Sequence[GridHeader | None]) -> list[Row]:
    """Move rows to the right where an export dropped the spans and with them the slots that merged levels cover.

    Such a row has fewer cells than its header, and they are the last ones. Rows whose blank ends were dropped look the
    same: where more targets then fall under the target's head than before, and only there, the rows move.
    """
    done = list(rows)
    for header in {id(h): h for h in headers if h is not None}.values():
        columns = _slots(rows[header.row], header)
        width = len(columns)
        own = [
            r
            for r, row in enumerate(rows)
            if headers[r] is header and r > header.row and 1 < len(row.cells) < width and not row.spans_known
            and row.n_cols == header.n_cols and all(c.colspan == c.rowspan == 1 for c in row.cells)
        ]  # fmt: skip
        place = next((i for i, col in enumerate(columns) if _is_target_head(header, col)), None)
        if not own or place is None:
            continue
        left = sum(_is_target_at(rows[r], place) for r in own)
        right = sum(_is_target_at(rows[r], place - width + len(rows[r].cells)) for r in own)
        if right <= left or right * 2 < len(own):
            continue
        for r in own:
            ends = columns[width - len(rows[r].cells) :]
            moved = (replace(cell, col=col) for cell, col in zip(rows[r].cells, ends, strict=True))
            done[r] = replace(rows[r], cells=tuple(moved))
    return done


def _slots(row: Row, header: GridHeader) -> list[int]:
    """The first columns of a full row's cells, as the header prints them."""
    if header.first == header.row:
        return [cell.col for cell in row.cells]
    return sorted({column.col for column in header.columns} | {bar.col for bar in header.bars})


def _is_target_head(header: GridHeader, col: int) -> bool:
    return any(column.role == "target" and column.col == col for column in header.columns)


def _is_target_at(row: Row, place: int) -> bool:
    text = "".join(row.cells[place].text.split()) if 0 <= place < len(row.cells) else ""
    return bool(_COMPLETE_TARGET.match(text)) and not _BARE_NUMBER.fullmatch(text)


# ------------------------------------------------------------------------------------------------------ restated cells


def _without_restated(rows: Sequence[Row], headers: Sequence[GridHeader | None]) -> list[Row]:
    """Blank what a merged cell restates row by row: a vertical label beside the grid, a label over several fields.

    Some exports print a merged cell's text in every row it spans. Levels are left alone: a name twice is one level.
    """
    done: list[Row] = []
    for r, row in enumerate(rows):
        header = headers[r]
        if row.spans_known or row.n_cols < 2:
            done.append(row)
        elif header is not None and r > header.row:
            bars = {(bar.col, comparison_key(bar.text)) for bar in header.bars}
            done.append(_blanked(row, [c for c in row.cells if (c.col, comparison_key(c.text)) in bars]))
        elif header is None and r:
            done.append(_blanked(row, _restated(row, rows[r - 1])))
        else:
            done.append(row)
    return done


def _restated(row: Row, above: Row) -> list[RowCell]:
    """The leading cells of a field row that say what the row above says there; one at least says something else."""
    if above.table != row.table or above.n_cols != row.n_cols:
        return []
    before = {cell.col: cell.text for cell in above.cells}
    same: list[RowCell] = []
    for cell in row.cells:
        if len(cell.text) < 2 or before.get(cell.col) != cell.text or _BARE_NUMBER.fullmatch(cell.text):
            break
        same.append(cell)
    rest = [cell for cell in row.cells if cell.text and cell not in same]
    return same if rest and any(before.get(cell.col) != cell.text for cell in rest) else []


def _blanked(row: Row, cells: Sequence[RowCell]) -> Row:
    if not cells:
        return row
    gone = {id(cell) for cell in cells}
    kept = (replace(c, text="", notes=("restated",)) if id(c) in gone else c for c in row.cells)
    return replace(row, cells=tuple(kept))


# -------------------------------------------------------------------------------------------------- cells cut by a page


def _joined_cuts(rows: Sequence[Row], headers: Sequence[GridHeader | None], lexicon: Lexicon) -> list[Row]:
    """Put the first row of a page back into the row before the break where it holds only the rest of its cells."""
    done: list[Row] = []
    last = -1  # the last row with text in a table, as an index of `done`, and its header
    last_header: GridHeader | None = None
    for r, row in enumerate(rows):
        header = headers[r]
        filled = [cell for cell in row.cells if cell.text]
        in_grid = header is not None and header.row < r
        if row.n_cols and filled and (in_grid or header is None):
            before = done[last] if last >= 0 else None
            if before is not None and _breaks(before, row) and before.n_cols == row.n_cols:
                if header is not None:
                    parts = _grid_rest(before, filled, header, lexicon) if last_header is not None else None
                else:
                    parts = _field_rest(before, filled, lexicon)
                if parts is not None:
                    done[last] = _with_rest(before, parts)
                    continue
            last, last_header = len(done), header
        done.append(row)
    return done


def _breaks(before: Row, row: Row) -> bool:
    return before.page != row.page or before.table != row.table


def _with_rest(before: Row, parts: dict[int, tuple[RowCell, bool]]) -> Row:
    """The row with the rest of its cells put behind them; both places are kept."""
    cells = []
    for cell in before.cells:
        rest = parts.get(cell.col)
        if rest is None:
            cells.append(cell)
            continue
        more, sure = rest
        if not cell.text:
            cells.append(replace(more, row=cell.row))
            continue
        cells.append(
            replace(
                cell,
                text=cell.text + more.text,
                confidence=min(cell.confidence, more.confidence),
                places=(*cell.places, *more.places),
                lines=(*cell.lines, *more.lines),
                notes=(*cell.notes, "cut", *(() if sure else (UNSURE,))),
            )
        )
    return replace(before, cells=tuple(cells))


def _field_rest(before: Row, filled: Sequence[RowCell], lexicon: Lexicon) -> dict[int, tuple[RowCell, bool]] | None:
    """A label cut by the page edge is known as one name and not in its pieces; its value goes with it."""
    above = {cell.col: cell for cell in before.cells if cell.text}
    first = filled[0]
    over = above.get(first.col)
    if over is None or any(cell.col not in above for cell in filled):
        return None
    known = lexicon.exact["field"] | lexicon.exact["narrative"]
    whole = comparison_key(over.text + first.text)
    if whole not in known or comparison_key(first.text) in known or comparison_key(over.text) in known:
        return None
    return {cell.col: (cell, True) for cell in filled}


def _grid_rest(
    before: Row, filled: Sequence[RowCell], header: GridHeader, lexicon: Lexicon
) -> dict[int, tuple[RowCell, bool]] | None:
    """The cells of a row that are the rest of the row before, or None where the row is one of its own.

    A row of its own has a name and a target. The rest of a row has no cell that the row before lacks; what two pieces
    make must be likelier than either alone.
    """
    above = {cell.col: cell for cell in before.cells if cell.text}
    roles: dict[str, RowCell] = {}
    for cell in filled:
        column = header.column_at(cell.col, header.n_cols)
        if column is None or column.role in roles:
            return None
        roles[column.role] = cell
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
        if not goes_on:
            return None
        sure = sure or "level3" not in roles
    # Without a target's column nothing tells the rest of a name from a name, but for the pieces themselves.
    elif not sure and ("level3" not in roles or not any(c.role == "target" for c in header.columns)):
        return None
    return {cell.col: (cell, sure) for cell in filled}


def _one_name(one: str, other: str, section: str, lexicon: Lexicon) -> bool:
    known = lexicon.exact[section]
    return comparison_key(one + other) in known and comparison_key(other) not in known


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
    free = not any(comparison_key(t) in names or _COMPLETE_TARGET.match(t) for t in (one, other))
    free = free and not _ITEM.match(other)
    return free and not _ends_a_name(one) and _ends_a_name(other)


def _ends_a_name(text: str) -> bool:
    # The last characters of indicator names, as the classifier's own feature has them.
    return text[-1:] in "率度性数量次额值本况力果益期效能"


def _target_goes_on(one: str, other: str, lexicon: Lexicon) -> bool:
    if _COMPLETE_TARGET.match(other) and not (_OPEN_TARGET.search(one) and other[:1].isdigit()):
        return False
    known = comparison_key(other) in lexicon.exact["word"] or comparison_key(other) in lexicon.exact["boolean"]
    if known and not _OPEN_TARGET.search(one):
        return False
    unit = comparison_key(other) in lexicon.dictionaries.keys["unit"] and bool(_BARE_NUMBER.search(one))
    return unit or bool(_OPEN_TARGET.search(one)) or bool(_GOES_ON.match(other)) or not _COMPLETE_TARGET.match(one)
