"""What the level classifier sees of a cell: its text, its place in the row, and its neighbours.

The features speak of shapes and vocabularies, never of one form's words, so that a classifier trained on generated
forms reads real ones. `NAMES` is their order; `cell_features` returns float32 (cells, len(NAMES)).
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.dictionaries import comparison_key
from pipeline.document import Role, Row
from pipeline.levels.headers import GridHeader
from pipeline.levels.lexicon import EXACT, FUZZY, Lexicon

COLUMN_ROLES = ("level1", "level2", "level3", "target", "operator", "unit", "extra")
# Last characters of indicator names: rates, counts, qualities, amounts. Closed-class nouns of the genre.
_NAME_TAILS = frozenset("率度性数量次额值本况力果益期效能项名费")
_QUESTION = re.compile(r"^(是否|能否|有无|可否)|(与否|有无.{0,6})$")
_NUMBER_TARGET = re.compile(
    r"^(≥|≤|=|>|<|≧|≦|═|＝|＞|＜|>=|<=|大于|小于|不少于|不低于|不超过|不高于|超过|达到|至少|约)*等?于?\s*[\d,.]+\s*\(?[^\d\s。，；]{0,8}\)?(以上|以下|以内|左右)?$"
)
_OPERATOR = re.compile(r"^(≥|≤|=|>|<|≧|≦|═|＝|＞|＜|大于|小于|不少于|不低于|不超过)")
_DATE = re.compile(r"\d{4}\s*[-年./]\s*\d{1,2}|\d{1,2}月底?前?|\d{1,2}月\d{1,2}日")
_AMOUNT = re.compile(r"^[\d,]+\.\d{2,6}$")
_ENUMERATED = re.compile(r"^(\d+[.、．]|[（(]?[一二三四五六七八九十\d]+[)）、])")
_DIGITS = re.compile(r"^\d{6,}$")
_SENTENCE = re.compile(r"[。；，,;]")
_HAN = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
_BRACKETED_UNIT = re.compile(r"[(（](万?元|[\d.]+分?|%)[)）]$")

NAMES: tuple[str, ...] = (
    "log_length", "digit_share", "han_share", "latin_share", "sentence_marks", "paragraphs",
    "operator_first", "number_target", "ends_percent", "date", "amount", "ends_colon", "enumerated", "book_title",
    "digits_only", "name_tail", "question", "bracketed_unit",
    *(f"exact_{section}" for section in EXACT),
    *(f"near_{section}" for section in FUZZY),
    "n_cols", "col", "col_share", "first_col", "last_col", "filled", "filled_index", "blank_left", "blank_right",
    "colspan_share", "rowspan", "spans_known", "loose_line", "after_header", "rows_since_header",
    *(f"header_{role}" for role in COLUMN_ROLES), "header_none",
    *(f"left_header_{role}" for role in ("level2", "level3", "target")),
    "left_label", "left_level", "left_target", "left_log_length", "right_label", "right_level", "right_target",
    "right_log_length", "row_has_target", "row_has_level1", "row_has_level2", "row_has_label",
    "above_filled", "above_cell", "below_filled", "below_cell", "above_cell_target", "below_cell_target",
    "row_share",
)  # fmt: skip
# Texts that come again in other forms, three in four; one takes half a kilobyte.
_MOST_KEPT = 40_000
_INDEX = {name: i for i, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What a cell's text says by itself: its features, and what its neighbours need to know of it (yes or no)."""

    values: tuple[float, ...]  # shape, exact, near
    length: float
    level1: float
    level2: float
    label: float
    level: float
    target: float


def _look(text: str, key: str, lexicon: Lexicon) -> _Seen:
    compact = "".join(text.split())
    n = max(len(compact), 1)
    shape = (
        math.log1p(len(compact)),
        sum(map(str.isdigit, compact)) / n,
        len(_HAN.findall(compact)) / n,
        len(_LATIN.findall(compact)) / n,
        min(len(_SENTENCE.findall(compact)), 5) / 5,
        min(text.count("\n"), 5) / 5,
        float(bool(_OPERATOR.match(compact))),
        float(len(compact) <= 30 and bool(_NUMBER_TARGET.match(compact))),
        float(compact.endswith(("%", "％", "(%)"))),
        float(bool(_DATE.search(compact))),
        float(bool(_AMOUNT.match(compact))),
        float(compact.endswith((":", "："))),
        float(bool(_ENUMERATED.match(compact))),
        float("《" in compact),
        float(bool(_DIGITS.match(compact))),
        float(compact[-1:] in _NAME_TAILS),
        float(bool(_QUESTION.search(compact))),
        float(bool(_BRACKETED_UNIT.search(compact))),
    )
    exact = tuple([float(held) for held in lexicon.held(key)])
    level1, level2, label = exact[0], exact[1], max(exact[3], exact[4])
    target = max(shape[7], exact[7], exact[8])
    values = (*shape, *exact, *lexicon.nearness(key))
    return _Seen(values, shape[0], level1, level2, label, max(level1, level2), target)


def _looks(rows: Sequence[Row], lexicon: Lexicon) -> list[dict[int, _Seen]]:
    """For each row its filled cells, from left to right, and what their texts say."""
    texts = {cell.text for row in rows for cell in row.cells if cell.text}
    seen = lexicon.looks
    if len(seen) > _MOST_KEPT:
        seen.clear()
    # Not `texts - seen.keys()`, which goes through all that was ever seen.
    keys = {text: comparison_key(text) for text in sorted([text for text in texts if text not in seen])}
    lexicon.look_up(keys.values())
    seen.update({text: _look(text, key, lexicon) for text, key in keys.items()})
    lexicon.notes.near.update([comparison_key(text) for text in texts])  # of those that were looked at before, too
    return [{i: seen[cell.text] for i, cell in enumerate(row.cells) if cell.text} for row in rows]


def cell_features(
    rows: Sequence[Row], headers: Sequence[GridHeader | None], lexicon: Lexicon
) -> tuple[NDArray[np.float32], list[tuple[int, int]]]:
    """Return the features of every filled cell, and for each its (row, index in row.cells)."""
    seen = _looks(rows, lexicon)
    targets = [_targets(row, looks) for row, looks in zip(rows, seen, strict=True)]
    features: list[list[float]] = []
    index: list[tuple[int, int]] = []
    for r, looks in enumerate(seen):
        if looks:
            around = [(targets[n], float(len(seen[n]))) if 0 <= n < len(rows) else None for n in (r - 1, r + 1)]
            features += _features_of_row(rows[r], looks, headers[r], r, len(rows), around)
            index += [(r, i) for i in looks]
    shape = (len(features), len(NAMES))
    return np.array(features, dtype=np.float32).reshape(shape), index


def _targets(row: Row, looks: Mapping[int, _Seen]) -> dict[int, float]:
    """By column, whether a row's filled cell there looks like a target."""
    found: dict[int, float] = {}
    for i, look in looks.items():
        col = row.cells[i].col
        found[col] = max(found.get(col, 0.0), look.target)
    return found


def _features_of_row(
    row: Row,
    looks: Mapping[int, _Seen],
    header: GridHeader | None,
    r: int,
    n_rows: int,
    around: Sequence[tuple[Mapping[int, float], float] | None],
) -> Iterator[list[float]]:
    """The features of a row's filled cells; `around` has the targets and the number of cells of the rows beside it."""
    seen, cells = list(looks.values()), [row.cells[i] for i in looks]
    n_cols = max(row.n_cols, 1)
    since = math.log1p(max(r - header.row, 0) if header else 0)
    headed, filled, spans, loose = float(header is not None), len(seen), float(row.spans_known), float(row.n_cols == 0)
    # What is known of the others is yes or no, so that their greatest is whether any is left beside the cell itself.
    targets, ones = sum(look.target for look in seen), sum(look.level1 for look in seen)
    twos, labels = sum(look.level2 for look in seen), sum(look.label for look in seen)
    for position, (cell, here) in enumerate(zip(cells, seen, strict=True)):
        col = cell.col
        left = seen[position - 1] if position else None
        right = seen[position + 1] if position + 1 < filled else None
        column = header.column_at(col, row.n_cols) if header and row.n_cols else None
        left_column = header.column_at(col - 1, row.n_cols) if header and row.n_cols and col else None
        beside = [(flags[1], float(col in flags[0])) if flags else (-1.0, -1.0) for flags in around]
        yield [
            *here.values,
            row.n_cols, col, col / n_cols, float(col == 0), float(col + cell.colspan >= n_cols),
            filled, position, col - (cells[position - 1].col + 1 if position else 0),
            (cells[position + 1].col if right else n_cols) - col - cell.colspan,
            cell.colspan / n_cols, min(cell.rowspan, 10), spans, loose,
            headed, since,
            *_COLUMN_FLAGS[column.role if column else None],
            *_LEFT_FLAGS[left_column.role if left_column else None],
            *((left.label, left.level, left.target, left.length) if left else _NOBODY),
            *((right.label, right.level, right.target, right.length) if right else _NOBODY),
            float(targets > here.target), float(ones > here.level1), float(twos > here.level2),
            float(labels > here.label),
            *beside[0], *beside[1],
            *(flags[0].get(col, 0.0) if flags else -1.0 for flags in around),
            r / max(n_rows, 1),
        ]  # fmt: skip


_NOBODY = (-1.0, -1.0, -1.0, -1.0)
_KNOWN_ROLES = (*COLUMN_ROLES, None)
_COLUMN_FLAGS = {
    known: (*(float(known == role) for role in COLUMN_ROLES), float(known is None)) for known in _KNOWN_ROLES
}
_LEFT_FLAGS = {known: tuple(float(known == role) for role in ("level2", "level3", "target")) for known in _KNOWN_ROLES}

ROLES: tuple[Role, ...] = (
    Role.LEVEL1, Role.LEVEL2, Role.LEVEL3, Role.TARGET, Role.EXTRA, Role.HEADER, Role.LABEL, Role.VALUE, Role.BAR,
    Role.NARRATIVE,
)  # fmt: skip
VOCABULARY_FEATURES = tuple(i for name, i in _INDEX.items() if name.startswith(("exact_", "near_")))
