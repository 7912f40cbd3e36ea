"""What the level classifier sees of a cell: its text, its place in the row, and its neighbours.

The features speak of shapes and vocabularies, never of one form's words, so that a classifier trained on generated
forms reads real ones. `NAMES` is their order; `cell_features` returns float32 (cells, len(NAMES)).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.dictionaries import comparison_key
from pipeline.document import Role, Row, RowCell
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
_INDEX = {name: i for i, name in enumerate(NAMES)}


@dataclass(frozen=True, slots=True)
class _Seen:
    """What neighbours need to know of a cell."""

    key: str
    shape: tuple[float, ...]
    exact: tuple[float, ...]
    near: tuple[float, ...]

    @property
    def target(self) -> float:
        return max(self.shape[7], self.exact[7], self.exact[8])

    @property
    def level(self) -> float:
        return max(self.exact[0], self.exact[1])

    @property
    def label(self) -> float:
        return max(self.exact[3], self.exact[4])


def _look(text: str, lexicon: Lexicon) -> _Seen:
    compact = "".join(text.split())
    key = comparison_key(text)
    n = max(len(compact), 1)
    shape = (
        math.log1p(len(compact)),
        sum(ch.isdigit() for ch in compact) / n,
        sum("\u4e00" <= ch <= "\u9fff" for ch in compact) / n,
        sum(ch.isascii() and ch.isalpha() for ch in compact) / n,
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
        float(bool(re.search(r"[(（](万?元|[\d.]+分?|%)[)）]$", compact))),
    )
    exact = tuple(float(key in lexicon.exact[section]) for section in EXACT)
    return _Seen(key, shape, exact, lexicon.nearness(key))


def cell_features(
    rows: Sequence[Row], headers: Sequence[GridHeader | None], lexicon: Lexicon
) -> tuple[NDArray[np.float32], list[tuple[int, int]]]:
    """Return the features of every filled cell, and for each its (row, index in row.cells)."""
    seen = [{i: _look(cell.text, lexicon) for i, cell in enumerate(row.cells) if cell.text} for row in rows]
    features: list[list[float]] = []
    index: list[tuple[int, int]] = []
    for r in range(len(rows)):
        for i in seen[r]:
            features.append(_features_of(rows, seen, headers, r, i))
            index.append((r, i))
    shape = (len(features), len(NAMES))
    return np.array(features, dtype=np.float32).reshape(shape), index


def _features_of(
    rows: Sequence[Row], seen: Sequence[Mapping[int, _Seen]], headers: Sequence[GridHeader | None], r: int, i: int
) -> list[float]:
    row, cell, here = rows[r], rows[r].cells[i], seen[r][i]
    filled = sorted(seen[r])
    position = filled.index(i)
    left = seen[r][filled[position - 1]] if position else None
    right = seen[r][filled[position + 1]] if position + 1 < len(filled) else None
    header = headers[r]
    column = header.column_at(cell.col, row.n_cols) if header and row.n_cols else None
    left_column = header.column_at(cell.col - 1, row.n_cols) if header and row.n_cols and cell.col else None
    others = [seen[r][j] for j in filled if j != i]
    since = max(r - header.row, 0) if header else 0
    n_cols = max(row.n_cols, 1)
    values = [
        *here.shape, *here.exact, *here.near,
        row.n_cols, cell.col, cell.col / n_cols, float(cell.col == 0), float(cell.col + cell.colspan >= n_cols),
        len(filled), position, cell.col - (rows[r].cells[filled[position - 1]].col + 1 if position else 0),
        (rows[r].cells[filled[position + 1]].col if position + 1 < len(filled) else n_cols) - cell.col - cell.colspan,
        cell.colspan / n_cols, min(cell.rowspan, 10), float(row.spans_known), float(row.n_cols == 0),
        float(header is not None), math.log1p(since),
        *(float(column is not None and column.role == role) for role in COLUMN_ROLES), float(column is None),
        *(float(left_column is not None and left_column.role == role) for role in ("level2", "level3", "target")),
        left.label if left else -1.0, left.level if left else -1.0, left.target if left else -1.0,
        left.shape[0] if left else -1.0,
        right.label if right else -1.0, right.level if right else -1.0, right.target if right else -1.0,
        right.shape[0] if right else -1.0,
        max((o.target for o in others), default=0.0), max((o.exact[0] for o in others), default=0.0),
        max((o.exact[1] for o in others), default=0.0), max((o.label for o in others), default=0.0),
        *_vertical(rows, seen, r - 1, cell), *_vertical(rows, seen, r + 1, cell),
        _cell_target(rows, seen, r - 1, cell), _cell_target(rows, seen, r + 1, cell),
        r / max(len(rows), 1),
    ]  # fmt: skip
    return values


def _vertical(rows: Sequence[Row], seen: Sequence[Mapping[int, _Seen]], r: int, cell: RowCell) -> tuple[float, float]:
    """How many cells the row above or below has filled, and whether the one in this column is among them."""
    if not 0 <= r < len(rows):
        return -1.0, -1.0
    return float(len(seen[r])), float(any(rows[r].cells[i].col == cell.col for i in seen[r]))


def _cell_target(rows: Sequence[Row], seen: Sequence[Mapping[int, _Seen]], r: int, cell: RowCell) -> float:
    if not 0 <= r < len(rows):
        return -1.0
    return max((seen[r][i].target for i in seen[r] if rows[r].cells[i].col == cell.col), default=0.0)


ROLES: tuple[Role, ...] = (
    Role.LEVEL1, Role.LEVEL2, Role.LEVEL3, Role.TARGET, Role.EXTRA, Role.HEADER, Role.LABEL, Role.VALUE, Role.BAR,
    Role.NARRATIVE,
)  # fmt: skip
VOCABULARY_FEATURES = tuple(i for name, i in _INDEX.items() if name.startswith(("exact_", "near_")))
