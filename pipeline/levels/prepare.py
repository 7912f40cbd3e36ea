"""Rows made ready for the classifier: lost spans set right, restated texts taken out, cut cells rejoined."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace
from functools import lru_cache

from pipeline.dictionaries import comparison_key
from pipeline.document import Row, RowCell
from pipeline.levels.cuts import BARE_NUMBER, COMPLETE_TARGET, joined_cuts
from pipeline.levels.headers import GridHeader, find_headers
from pipeline.levels.lexicon import Lexicon
from pipeline.levels.loose import label_loose_lines
from pipeline.levels.misread import with_heads_of_layout
from pipeline.levels.walls import with_parted_heads, with_parted_labels, with_right_walls, without_joined_heads
from pipeline.templates import Template

# The unit of a label's amounts whose brackets were lost; 方 is 万 misread.
_UNIT_BARE = re.compile(r"[万亿方]?元$")
# A unit or a weight behind a label whose closing bracket was lost: 项目资金（万元.
_UNCLOSED = re.compile(r"[\u4e00-\u9fff]\s*[(（](?:[万亿]?元|\d{1,3}分)$")
# Dust between the characters of a unit: 项目资金(万.元).
_DUST_IN_UNIT = re.compile(r"([(（]\s*[万亿])[\s.·,，、'。]+(元\s*[)）]?)$")
# Dust beside Hanzi and brackets is read as these: (三).其他收入, 1、一般公共预算.
_DUST = re.compile(r"(?<=[\u4e00-\u9fff)）])[.·'‘’](?=[\u4e00-\u9fff(（]|$)")
_BRACKETS = re.compile(r"[(（].*?[)）]")


def prepare_rows(
    rows: Sequence[Row], lexicon: Lexicon, template: Template | None
) -> tuple[list[Row], list[GridHeader | None]]:
    """Return the form's rows as the classifier wants them, and for each the grid header that holds there."""
    rows = with_parted_labels(rows, template.fields if template is not None else ())
    rows = with_heads_of_layout(rows, template.columns if template is not None else (), lexicon)
    printed = _as_printed(with_parted_heads(without_joined_heads(rows, lexicon), lexicon), lexicon, template)
    ready = label_loose_lines(printed, lexicon, template)
    headers = find_headers(ready, lexicon)
    ready = with_right_walls(without_hollow_spans(ready, headers), headers, lexicon)
    ready = _without_restated(_right_aligned(ready, headers), headers)
    joined = joined_cuts(ready, headers, lexicon)
    if len(joined) < len(ready):
        headers = find_headers(joined, lexicon)
    return joined, headers


def _as_printed(rows: Sequence[Row], lexicon: Lexicon, template: Template | None) -> list[Row]:
    """Rows whose labels have the marks that print gives them: 财政拨款；is no sentence, 金额万元 lost brackets."""
    names = template.fields if template else ()
    own = frozenset(comparison_key(text) for name in names for text in (name, _BRACKETS.sub("", name)))
    known = lexicon.exact["field"] | lexicon.exact["narrative"] | own
    done = []
    for row in rows:
        texts = {id(cell): text for cell in row.cells if (text := _label_as_printed(cell.text, known)) is not None}
        cells = (replace(cell, text=texts[id(cell)]) if id(cell) in texts else cell for cell in row.cells)
        done.append(replace(row, cells=tuple(cells)) if texts else row)
    return done


def _label_as_printed(text: str, known: Set[str]) -> str | None:
    if text.endswith(("；", ";")) and comparison_key(text) in known:
        return text[:-1] + "："
    text, dusty, unclosed, clean, unit = _marks_in(text)
    if unclosed:
        return f"{text}）"
    if clean != text and comparison_key(text) not in known and comparison_key(clean) in known:
        return clean
    bare = text.removesuffix(unit)
    if unit and comparison_key(text) not in known and comparison_key(bare) in known:
        return f"{bare}（{unit.replace('方', '万')}）"
    return text if dusty else None


# Three texts in four come again in other forms; a narrative takes a kilobyte or two.
@lru_cache(8_192)
def _marks_in(text: str) -> tuple[str, bool, bool, str, str]:
    """A text without dust in its unit and whether there was any, whether a bracket is open, without all dust, a unit.

    The unit is that of amounts without brackets at its end, empty where it has none.
    """
    text, dusty = _DUST_IN_UNIT.subn(r"\1\2", text)
    unit = _UNIT_BARE.search(text)
    return text, dusty > 0, bool(_UNCLOSED.search(text)), _DUST.sub("", text), unit[0] if unit is not None else ""


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


def without_hollow_spans(rows: Sequence[Row], headers: Sequence[GridHeader | None]) -> list[Row]:
    """Rows of a grid with blank levels of their own, though other cells are merged: their blanks are no known spans.

    A level is never blank: where its column is, a tool wrote a merged cell's text into one of the rows that it covers.
    Pages tell by their rulings; only what has no outlines is meant. On its next page a grid may begin with blanks, for
    its levels go on.
    """
    done = list(rows)
    groups: dict[tuple[int, int], list[int]] = {}
    for r, row in enumerate(rows):
        header = headers[r]
        if header is not None and r > header.row and row.spans_known:
            groups.setdefault((id(header), row.table), []).append(r)
    for own in groups.values():
        header = headers[own[0]]
        assert header is not None
        levels = {column.col for column in header.columns if column.role in ("level1", "level2")}
        hollow = [r for r in own if _has_hollow_level(rows[r], levels)]
        first = own[0] in hollow and rows[own[0]].table == rows[header.row].table
        merged = any(cell.rowspan > 1 for r in own for cell in rows[r].cells if cell.col in levels)
        for r in own if first and not merged else hollow:
            done[r] = replace(rows[r], spans_known=False)
    return done


def _has_hollow_level(row: Row, levels: Set[int]) -> bool:
    blank = [cell for cell in row.cells if cell.col in levels and not cell.text]
    drawn = any(place.polygon for cell in blank for place in cell.places)
    return bool(blank) and not drawn and all(cell.rowspan == 1 for cell in blank)


def _slots(row: Row, header: GridHeader) -> list[int]:
    """The first columns of a full row's cells, as the header prints them."""
    if header.first == header.row:
        return [cell.col for cell in row.cells]
    return sorted({column.col for column in header.columns} | {bar.col for bar in header.bars})


def _is_target_head(header: GridHeader, col: int) -> bool:
    return any(column.role == "target" and column.col == col for column in header.columns)


def _is_target_at(row: Row, place: int) -> bool:
    text = "".join(row.cells[place].text.split()) if 0 <= place < len(row.cells) else ""
    return bool(COMPLETE_TARGET.match(text)) and not BARE_NUMBER.fullmatch(text)


# ------------------------------------------------------------------------------------------------------ restated cells


def _without_restated(rows: Sequence[Row], headers: Sequence[GridHeader | None]) -> list[Row]:
    """Blank what a merged cell restates row by row: a vertical label beside the grid, a label over several fields.

    Some exports print a merged cell's text in every row it spans. Levels are left alone: a name twice is one level.
    """
    done: list[Row] = []
    for r, row in enumerate(rows):
        header = headers[r]
        behind_break = header is not None and r > header.row and row.table != rows[header.row].table
        if row.n_cols < 2 or (row.spans_known and not behind_break):
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
        if len(cell.text) < 2 or before.get(cell.col) != cell.text or BARE_NUMBER.fullmatch(cell.text):
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
