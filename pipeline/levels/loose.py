"""Loose lines between tables: which of them are labels of narratives that lost their cell, and which are the text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.dictionaries import comparison_key
from pipeline.document import Role, Row, RowCell
from pipeline.geometry import as_read
from pipeline.levels.inline import with_inline_fields
from pipeline.levels.lexicon import Lexicon
from pipeline.templates import Template

# A label is wrapped over two lines, three in narrow cells.
_MOST_LINES = 3
# One misread character in a label of five is forgiven where blank lines set the label apart.
_NEAR = 0.75
# A head that no vocabulary holds: four to ten Hanzi, and a person looks at it.
_SHORTEST_HEAD, _LONGEST_HEAD = 4, 10
_WORDS = re.compile(r"[\u4e00-\u9fff]+")
_BARE = re.compile(r"[\d.,%\s]+(万?元)?")
_GUESSED = 0.5


def label_loose_lines(rows: Sequence[Row], lexicon: Lexicon, template: Template | None) -> list[Row]:
    """Give every loose line the role LABEL or NARRATIVE; the lines of a wrapped label become one row."""
    done: list[Row] = []
    used = _labels_in_tables(rows, lexicon)
    rows = with_inline_fields(rows, lexicon)
    i = 0
    while i < len(rows):
        if rows[i].n_cols > 0 or len(rows[i].cells) > 1:
            done.append(rows[i])
            i += 1
            continue
        label, taken = _label_at(rows, i, lexicon, template, used)
        cell = rows[i].cells[0]
        if comparison_key(cell.text) in lexicon.exact["bar"]:
            # A shaded bar may stand between two tables of a page.
            done.append(replace(rows[i], cells=(replace(cell, role=Role.BAR),)))
            i += 1
        elif label is not None:
            used.add(comparison_key(label.text))
            done.append(replace(rows[i], cells=(label,)))
            i += taken
        else:
            done.append(replace(rows[i], cells=(replace(cell, role=Role.NARRATIVE, notes=("loose",)),)))
            i += 1
    return done


def _labels_in_tables(rows: Sequence[Row], lexicon: Lexicon) -> set[str]:
    """A narrative's label stands once in a form: those that have a cell are no loose lines."""
    keys = lexicon.dictionaries.keys
    return {
        key
        for row in rows
        for cell in row.cells[:1]
        if row.n_cols and cell.text and (key := comparison_key(cell.text)) in keys["narrative"]
    }


def _label_at(
    rows: Sequence[Row], i: int, lexicon: Lexicon, template: Template | None, used: set[str]
) -> tuple[RowCell | None, int]:
    cell = rows[i].cells[0]
    if _names_field(comparison_key(cell.text), lexicon, template) and _beside(rows, i):
        return replace(cell, role=Role.LABEL), 1  # a row of fields that lost its rulings
    if not _apart(rows, i - 1, i):
        return None, 0
    for taken in range(min(_MOST_LINES, len(rows) - i), 0, -1):
        lines = rows[i : i + taken]
        if any(row.n_cols for row in lines) or any(_apart(rows, j, j + 1) for j in range(i, i + taken - 1)):
            continue
        text = "".join(row.cells[0].text for row in lines)
        if text.rstrip().endswith((":", "：")) or not _apart(rows, i + taken - 1, i + taken):
            continue
        if _is_label(text, lexicon, template, used):
            return _joined([row.cells[0] for row in lines], text), taken
    if _heads_text(rows, i):
        return replace(cell, role=Role.LABEL, certainty=_GUESSED), 1
    return None, 0


def _names_field(key: str, lexicon: Lexicon, template: Template | None) -> bool:
    """Tell whether a line is a field's label, as dictionaries or the form's layout have it: 其他需要说明事项 | 无."""
    known = lexicon.dictionaries.keys
    own = template.fields if template is not None else ()
    return key in known["field"] or key in known["narrative"] or any(comparison_key(name) == key for name in own)


def _heads_text(rows: Sequence[Row], i: int) -> bool:
    """Tell whether a short line that nobody knows stands apart between an amount and a text: 背景与意义.

    No amount goes on in words: what follows it is another field's.
    """
    key = comparison_key(rows[i].cells[0].text)
    if not (_SHORTEST_HEAD <= len(key) <= _LONGEST_HEAD and _WORDS.fullmatch(key)) or i == 0 or i + 1 >= len(rows):
        return False
    above = [cell.text for cell in rows[i - 1].cells if cell.text] if rows[i - 1].n_cols else []
    below = rows[i + 1]
    text = not below.n_cols and below.cells[0].text
    return bool(above and _BARE.fullmatch(above[-1]) and text and _apart(rows, i, i + 1))


def _is_label(text: str, lexicon: Lexicon, template: Template | None, used: set[str]) -> bool:
    key = comparison_key(text)
    if not 2 <= len(key) <= 20:
        return False
    # Where the layout is known its own labels decide: a heading inside a narrative may be another layout's label.
    names = (
        [comparison_key(name) for name in template.fields] if template and template.fields else list(_labels(lexicon))
    )
    free = [name for name in names if name not in used]
    if key in free:
        return True
    found = process.extractOne(key, free, scorer=OSA.normalized_similarity, score_cutoff=_NEAR)
    return found is not None and len(key) >= 4


def _labels(lexicon: Lexicon) -> Iterator[str]:
    yield from lexicon.dictionaries.keys["narrative"]
    yield from lexicon.dictionaries.keys["field"]


def _joined(cells: Sequence[RowCell], text: str) -> RowCell:
    places = tuple(place for cell in cells for place in cell.places)
    lines = tuple(line for cell in cells for line in cell.lines)
    confidence = min(cell.confidence for cell in cells)
    return replace(cells[0], text=text, places=places, lines=lines, confidence=confidence, role=Role.LABEL)


def _apart(rows: Sequence[Row], i: int, j: int) -> bool:
    """Tell whether rows i and j do not belong to one run of text: a blank line or a table stands between them."""
    if i < 0 or j >= len(rows) or rows[i].n_cols or rows[j].n_cols or rows[i].page != rows[j].page:
        return True
    one, other = rows[i].cells[0].places, rows[j].cells[0].places
    if not one or not other:
        return True
    if one[-1].line is not None and other[0].line is not None:
        return other[0].line - one[-1].line > 1
    return _gap(as_read(one[-1].polygon), as_read(other[0].polygon))


def _beside(rows: Sequence[Row], i: int) -> bool:
    """Tell whether the next loose line stands right of this one, at its height."""
    if i + 1 >= len(rows) or rows[i + 1].n_cols or rows[i].page != rows[i + 1].page:
        return False
    one, other = (rows[j].cells[0].places for j in (i, i + 1))
    if not one or not other or not one[-1].polygon or not other[0].polygon:
        return False
    left, right = as_read(one[-1].polygon), as_read(other[0].polygon)
    middle = sum(y for _, y in right) / len(right)
    inside = min(y for _, y in left) < middle < max(y for _, y in left)
    return inside and min(x for x, _ in right) > max(x for x, _ in left)


def _gap(upper: tuple[tuple[float, float], ...], lower: tuple[tuple[float, float], ...]) -> bool:
    """On a page, lines stand apart where the space between them exceeds a line's height."""
    if not upper or not lower:
        return True
    height = max(y for _, y in upper) - min(y for _, y in upper)
    return min(y for _, y in lower) - max(y for _, y in upper) > height
