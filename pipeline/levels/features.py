"""What the level classifier sees of a cell: its text, its place in the row, and its neighbours.

The features speak of shapes and vocabularies, never of one form's words, so that a classifier trained on generated
forms reads real ones. `NAMES` is their order; `cell_features` returns float32 (cells, len(NAMES)).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import process
from rapidfuzz.distance import OSA

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import Role, Row, RowCell

EXACT = ("level1", "level2", "level3", "field", "narrative", "bar", "column", "word", "boolean")
FUZZY = ("level1", "level2", "level3", "label", "column")
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


@dataclass(frozen=True)
class Lexicon:
    """The vocabularies as the features use them: comparison keys for exact and near matches."""

    dictionaries: Dictionaries

    @cached_property
    def exact(self) -> Mapping[str, frozenset[str]]:
        """Comparison keys of each section."""
        return {section: frozenset(self.dictionaries.keys[section]) for section in EXACT}

    @cached_property
    def near(self) -> Mapping[str, list[str]]:
        """Keys that are searched for the nearest name, per group of FUZZY."""
        keys = self.dictionaries.keys
        label = sorted({*keys["field"], *keys["narrative"], *keys["bar"]})
        return {
            "level1": sorted(keys["level1"]), "level2": sorted(keys["level2"]), "level3": sorted(keys["level3"]),
            "label": label, "column": sorted(keys["column"]),
        }  # fmt: skip

    @cached_property
    def column_roles(self) -> Mapping[str, str]:
        """Comparison key of a column name -> its role."""
        names = self.dictionaries.names("column")
        return {comparison_key(text): entries[0].role or "extra" for text, entries in names.items()}

    @cached_property
    def _near_cache(self) -> dict[str, tuple[float, ...]]:
        return {}

    def nearness(self, key: str) -> tuple[float, ...]:
        """Similarity (0 to 1, OSA) of a comparison key to the nearest name of each group of FUZZY."""
        if not key or len(key) > 24:  # the longest name of the closed groups has 20 characters
            return (0.0,) * len(FUZZY)
        known = self._near_cache.get(key)
        if known is None:
            known = tuple(self._nearest(key, group) for group in FUZZY)
            if len(self._near_cache) > 200_000:
                self._near_cache.clear()
            self._near_cache[key] = known
        return known

    def _nearest(self, key: str, group: str) -> float:
        found = process.extractOne(key, self.near[group], scorer=OSA.normalized_similarity, score_cutoff=0.5)
        return float(found[1]) if found else 0.0

    def column_role(self, text: str) -> str | None:
        """The role of a column header; one misread character in a header of four or more is forgiven."""
        key = comparison_key(re.sub(r"[(（].*?[)）]$", "", text)) or comparison_key(text)
        if key in self.exact["bar"]:
            return None
        role = self.column_roles.get(comparison_key(text)) or self.column_roles.get(key)
        if role is None and len(key) >= 3:
            near = process.extract(key, list(self.column_roles), scorer=OSA.distance, score_cutoff=1, limit=None)
            roles = {self.column_roles[found] for found, _, _ in near}
            role = roles.pop() if len(roles) == 1 else None
        return role or _role_by_words(key)


@dataclass(frozen=True, slots=True)
class HeaderColumn:
    """One column of a grid as its header names it: first column, width, role, and the printed name.

    `group` counts parallel grids from zero: the second 三级指标 of a header begins the second grid. `head` is the
    header cell itself; a column left of the levels (`lead`) holds a field of the project, not of the indicator.
    """

    col: int
    colspan: int
    role: str
    name: str
    group: int = 0
    lead: bool = False
    head: RowCell | None = None


@dataclass(frozen=True, slots=True)
class GridHeader:
    """The header of a grid: its first and last row, its columns; `n_cols` is that of its table."""

    first: int
    row: int
    n_cols: int
    columns: tuple[HeaderColumn, ...]

    def column_at(self, col: int, n_cols: int) -> HeaderColumn | None:
        """The header column over `col` of a table with `n_cols` columns (pages may be cut into unlike grids)."""
        if n_cols != self.n_cols:
            col = round((col + 0.5) * self.n_cols / max(n_cols, 1) - 0.5)
        for column in self.columns:
            if column.col <= col < column.col + column.colspan:
                return column
        return None


def find_headers(rows: Sequence[Row], lexicon: Lexicon) -> list[GridHeader | None]:
    """For each row, the grid header that holds there (on its own row too), or None before the first."""
    headers: list[GridHeader | None] = []
    current: GridHeader | None = None
    for number, row in enumerate(rows):
        found = _header_of(number, row, lexicon)
        if found is None and current is not None and current.row == number - 1:
            found = _second_row(current, number, row, lexicon)
        current = found or current
        headers.append(current)
    return headers


def _second_row(header: GridHeader, number: int, row: Row, lexicon: Lexicon) -> GridHeader | None:
    """A header of two rows: 目标值 and 实际完成值 under 绩效指标值. Every cell of the second row names a column."""
    filled = [cell for cell in row.cells if cell.text]
    roles = [lexicon.column_role(cell.text) if len(cell.text) <= 16 else None for cell in filled]
    if not filled or row.n_cols != header.n_cols or not all(roles) or any(r in ("level1", "level2") for r in roles):
        return None
    below = {
        cell.col: HeaderColumn(cell.col, cell.colspan, role or "extra", "".join(cell.text.split()), head=cell)
        for cell, role in zip(filled, roles, strict=True)
    }
    kept = [c for c in header.columns if not any(c.col <= col < c.col + c.colspan for col in below)]
    groups = {c.col: c.group for c in header.columns}
    merged = [
        replace(c, group=max((g for col, g in groups.items() if col <= c.col), default=0)) for c in below.values()
    ]
    columns = tuple(sorted((*kept, *merged), key=lambda c: c.col))
    return GridHeader(header.first, number, row.n_cols, columns)


def _header_of(number: int, row: Row, lexicon: Lexicon) -> GridHeader | None:
    filled = [cell for cell in row.cells if cell.text]
    if row.n_cols < 2 or len(filled) < 3:
        return None
    roles = [lexicon.column_role(cell.text) if len(cell.text) <= 24 else None for cell in filled]
    roles = _by_order(roles)
    named = [role for role in roles if role]
    levels = [role for role in named if role.startswith("level")]
    if len(levels) < 2 or len(named) * 2 < len(filled):
        return None
    return GridHeader(number, number, row.n_cols, _columns(filled, roles))


def _columns(filled: Sequence[RowCell], roles: Sequence[str | None]) -> tuple[HeaderColumn, ...]:
    """The header's columns: doubled roles are told apart into parallel grids and extra columns."""
    first_level = min(i for i, role in enumerate(roles) if role and role.startswith("level"))
    found: list[HeaderColumn] = []
    group = 0
    taken: dict[str, str] = {}  # role -> base name, of the grid at hand
    for i, (cell, named) in enumerate(zip(filled, roles, strict=True)):
        role = named
        name = "".join(cell.text.split())
        if i < first_level:
            # A vertical label such as 绩效指标 spans the grid beside its header; it is no column.
            if role is None and (cell.rowspan > 2 or (i == 0 and first_level == 1 and _is_bar(name))):
                continue
            number = name in ("序号", "编号", "行次")
            found.append(HeaderColumn(cell.col, cell.colspan, "extra", name, lead=not number, head=cell))
            continue
        if role in taken and role in ("level2", "level3"):
            if _base(taken[role]) == _base(name):
                group += 1
                taken = {}
            else:
                role = "extra"  # another layout's word for the level, here a column beside it
        elif role in taken and role in ("level1", "target", "operator", "unit"):
            role = "extra"
        if role is not None:
            taken[role] = name
        found.append(HeaderColumn(cell.col, cell.colspan, role or "extra", name, group, head=cell))
    return tuple(found)


def _is_bar(name: str) -> bool:
    return name.endswith(("指标", "目标")) and not name.startswith(("一级", "二级", "三级"))


def _base(name: str) -> str:
    return re.sub(r"[(（].*?[)）]$", "", name)


# Words that tell a column no vocabulary holds: what was done and how it was scored, against what is aimed at.
_DONE = (
    "实际",
    "完成",
    "执行",
    "得分",
    "分值",
    "权重",
    "原因",
    "偏差",
    "标准",
    "说明",
    "备注",
    "依据",
    "类型",
    "属性",
    "解释",
)
_AIMED = ("预期", "计划值", "指标值", "目标值", "标准值")


def _role_by_words(key: str) -> str | None:
    if len(key) > 16:
        return None
    if any(word in key for word in _DONE):
        return "extra"
    return "target" if any(word in key for word in _AIMED) else None


def _by_order(roles: list[str | None]) -> list[str | None]:
    """A header too damaged to tell is told by its neighbours: the levels stand in order, the target follows level 3."""
    order = ["level1", "level2", "level3", "target"]
    for i, role in enumerate(roles):
        if role is None:
            before, after = roles[i - 1] if i else None, roles[i + 1] if i + 1 < len(roles) else None
            for missing in order:
                at = order.index(missing)
                fits_before = at == 0 or before == order[at - 1]
                fits_after = after == order[at + 1] if at + 1 < len(order) else before == "level3"
                if missing not in roles and fits_before and fits_after:
                    roles = [*roles[:i], missing, *roles[i + 1 :]]
                    break
    return roles


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
    since = r - header.row if header else 0
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
