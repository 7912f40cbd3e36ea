"""Grid headers that no vocabulary knows: columns are named by what stands in them."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations

from rapidfuzz.distance import OSA

from pipeline.dictionaries import comparison_key
from pipeline.document import Role, Row, RowCell
from pipeline.levels.features import ROLES
from pipeline.levels.headers import GridHeader, HeaderColumn, is_bar
from pipeline.levels.lexicon import Lexicon

_SIGN = re.compile(r"^(≥|≤|=|>|<|≧|≦|═|定性|定量)$")
_BOUND = re.compile(r"\s*[≥≤=><≧≦]\s*\d")
# A header is taken for one where the classifier is surer than not, over the row; below that it is a guess.
_SURE = 0.5
# A column carries a role where its cells have it more often than not.
_CARRIES = 0.4
_CARRIES_LEVEL1 = 0.15
# A head known by its name is worth as much as half of the cells below it: 年度指标值 over 合规 and 4700.
_NAMED = 0.5
_LONGEST = 24
# Heads of columns that say more of a name beside them.
_DESCRIBES = re.compile(r"(描述|说明|解释|释义)$")
# Names of a level, or targets, that a column without a head has at least; the share of names in it.
_LEAST_NAMES = 3
_NAMES_SHARE = 0.4
# Two levels, a name and its target; the longest units with a column of their own (元/人次 has four characters).
_LEAST_COLUMNS = 4
_LONGEST_UNIT = 4
# A repeated head of four characters may have one misread; most heads of the row are the same.
_SAME_NAME = 0.7
_SAME_SHARE = 0.7


def infer_headers(
    rows: Sequence[Row],
    headers: Sequence[GridHeader | None],
    logp: Sequence[Mapping[int, Sequence[float]]],
    lexicon: Lexicon,
) -> list[GridHeader | None] | None:
    """Return headers for a form in which none was found by name, or None where none can be told.

    The row whose cells the classifier takes for headers begins the grid; each column's role is the one its cells have,
    levels in order from left to right. Where no row does, names of levels in two columns begin it.
    """
    if any(header is not None for header in headers):
        return None
    starts = [r for r, row in enumerate(rows) if row.n_cols >= 3 and _is_header(logp[r])]
    for start in starts:
        header = _header_by_content(rows, logp, start, lexicon)
        if header is not None:
            return _with_repeats(rows, header)
    return _without_heads(rows, lexicon)


def _without_heads(rows: Sequence[Row], lexicon: Lexicon) -> list[GridHeader | None] | None:
    """Headers for a grid whose heads were lost, at a page's foot most often; None where no two columns name levels.

    Level 1 stands beside level 2, then come the name, the operator where it has a column, and the target.
    """
    start, columns = _levels_begin(rows, lexicon)
    if not start or columns is None:
        return None
    header = GridHeader(start - 1, start - 1, rows[start].n_cols, columns)
    return [header if r >= start else None for r in range(len(rows))]


def _levels_begin(rows: Sequence[Row], lexicon: Lexicon) -> tuple[int, tuple[HeaderColumn, ...] | None]:
    """The first row that begins with a level 1 above a grid's columns, and those columns; None where there is none."""
    for start, row in enumerate(rows):
        first = next((cell for cell in row.cells if cell.text), None)
        if first is None or row.n_cols < _LEAST_COLUMNS:
            continue
        if comparison_key(first.text) in lexicon.exact["level1"]:
            like = [other for other in rows[start:] if other.n_cols == row.n_cols]
            if (columns := _columns_by_content(like, first.col, lexicon)) is not None:
                return start, columns
    return 0, None


def _columns_by_content(rows: Sequence[Row], left: int, lexicon: Lexicon) -> tuple[HeaderColumn, ...] | None:
    """The columns of a grid without heads, its level 1 in the column `left`; None where they are none of a grid."""
    starts = sorted({cell.col for row in rows for cell in row.cells if cell.col >= left})
    texts = [[c.text for row in rows for c in row.cells if c.text and c.col == start] for start in starts]
    names = [{comparison_key(text) for text in own} for own in texts[:2]]
    if len(starts) < _LEAST_COLUMNS or any(
        sum(name in lexicon.exact[level] for name in own) < least
        for own, level, least in zip(names, ("level1", "level2"), (2, _LEAST_NAMES), strict=True)
    ):
        return None
    roles = ["level1", "level2", "level3", *(_by_texts(own, lexicon) for own in texts[3:])]
    at = next((i for i, role in enumerate(roles) if role == "extra"), None)
    if at is None or _are_figures(texts[2]):
        return None
    roles[at] = "target"
    if "operator" in roles[:at] and at + 1 < len(roles) and all(len(text) <= _LONGEST_UNIT for text in texts[at + 1]):
        roles[at + 1] = "unit"  # of which most were read as 0 or 品 for %
    ends = [*starts[1:], rows[0].n_cols]
    return tuple(
        HeaderColumn(col, end - col, role, "" if role != "extra" else f"第{col + 1}列")
        for col, end, role in zip(starts, ends, roles, strict=True)
    )


def _are_figures(texts: Sequence[str]) -> bool:
    return sum(any(c.isdigit() for c in text) for text in texts) * 2 > len(texts)


def _with_repeats(rows: Sequence[Row], header: GridHeader) -> list[GridHeader | None]:
    """The header for each row from its own on; a page may print it again, with a misread character or two."""
    names = [comparison_key(column.name) for column in header.columns]
    found: list[GridHeader | None] = []
    current = header
    for r, row in enumerate(rows):
        texts = [key for cell in row.cells if cell.text and (key := comparison_key(cell.text))]
        same = sum(any(OSA.normalized_similarity(text, name) >= _SAME_NAME for name in names) for text in texts)
        if r > header.row and len(texts) >= 3 and same >= _SAME_SHARE * len(texts):
            current = replace(header, first=r, row=r)
        found.append(current if r >= header.row else None)
    return found


def refine_headers(
    rows: Sequence[Row], headers: Sequence[GridHeader | None], lexicon: Lexicon
) -> list[GridHeader | None]:
    """Tell by what stands below them which columns of unknown name hold operators, units, targets, or a level.

    丨二级指指标 names no column; 数量目标, 质量目标 and 时效目标 below it do, as ≥20条 and =98% below 预斯2023年实现值.
    """
    refined: dict[int, GridHeader] = {}
    for header in {id(h): h for h in headers if h is not None}.values():
        columns = list(header.columns)
        for i, column in enumerate(columns):
            if column.role != "extra" or column.lead or comparison_key(column.name) in lexicon.column_roles:
                continue
            texts = _below(rows, headers, header, column)
            role = _by_texts(texts, lexicon)
            if role == "extra" and _are_bounds(texts):
                role = "target"
            if role == "extra" and header.first == header.row:
                role = _level_by_texts(texts, lexicon)
            if role != "extra" and all(other.role != role or other.group != column.group for other in columns):
                columns[i] = replace(column, role=role)
        columns = _described(columns, partial(_below, rows, headers, header), lexicon)
        if not any(column.role in ("level1", "level2") for column in columns):
            # 三级指标 and what is left of other heads, over columns of levels: they say less than what stands below.
            below = [row for r, row in enumerate(rows) if headers[r] is header and r > header.row]
            start, found = _levels_begin(below, lexicon)
            if found is not None:
                refined[id(header)] = replace(header, columns=found, n_cols=below[start].n_cols)
                continue
        refined[id(header)] = replace(header, columns=tuple(columns))
    return [refined[id(header)] if header is not None else None for header in headers]


def _described(
    columns: list[HeaderColumn], below: Callable[[HeaderColumn], list[str]], lexicon: Lexicon
) -> list[HeaderColumn]:
    """绩效指标分类, 绩效指标, 绩效指标描述: three levels where the second holds 数量指标; else class, name, text.

    Only a head that is no level's by its own name is looked at: it got its level by standing between two others.
    """
    at = next((i for i, column in enumerate(columns) if column.role == "level2" and not column.lead), None)
    if at is None or at + 1 >= len(columns) or comparison_key(columns[at].name) in lexicon.column_roles:
        return columns
    after = columns[at + 1]
    names = {comparison_key(text) for text in below(columns[at])}
    known = sum(name in lexicon.exact["level2"] or name in lexicon.exact["level1"] for name in names)
    if after.role != "level3" or not _DESCRIBES.search(after.name) or len(names) < 2 or known * 3 > len(names):
        return columns
    found = [*columns]
    found[at], found[at + 1] = replace(columns[at], role="level3"), replace(after, role="extra")
    if at and columns[at - 1].role == "level1":
        classes = {comparison_key(text) for text in below(columns[at - 1])}
        if classes and 2 * sum(name in lexicon.exact["level2"] for name in classes) > len(classes):
            found[at - 1] = replace(columns[at - 1], role="level2")
    return found


def _below(
    rows: Sequence[Row], headers: Sequence[GridHeader | None], header: GridHeader, column: HeaderColumn
) -> list[str]:
    return [
        cell.text
        for r, row in enumerate(rows)
        if headers[r] is header and r > header.row
        for cell in row.cells
        if cell.text and column.col <= cell.col < column.col + column.colspan
    ]


def _is_header(logp: Mapping[int, Sequence[float]]) -> bool:
    if len(logp) < 3:
        return False
    shares = [math.exp(values[ROLES.index(Role.HEADER)]) for values in logp.values()]
    return sum(shares) / len(shares) > _SURE


def _header_by_content(
    rows: Sequence[Row], logp: Sequence[Mapping[int, Sequence[float]]], start: int, lexicon: Lexicon
) -> GridHeader | None:
    heads = [cell for cell in rows[start].cells if cell.text]
    shares: list[dict[Role, float]] = []
    texts: list[list[str]] = []
    for head in heads:
        total = dict.fromkeys((Role.LEVEL1, Role.LEVEL2, Role.LEVEL3, Role.TARGET), 0.0)
        below: list[str] = []
        for r in range(start + 1, len(rows)):
            if rows[r].n_cols != rows[start].n_cols:
                continue
            for i, values in logp[r].items():
                cell = rows[r].cells[i]
                if head.col <= cell.col < head.col + head.colspan:
                    below.append(cell.text)
                    if _by_texts([cell.text], lexicon) != "extra":
                        continue  # a lone sign or unit looks like a target and is none
                    for role in total:
                        total[role] += math.exp(values[ROLES.index(role)])
        count = max(len(below), 1)
        named = lexicon.column_role(head.text) if len(head.text) <= _LONGEST else None
        shares.append({role: value / count + (_NAMED if role.value == named else 0.0) for role, value in total.items()})
        texts.append(below)
    roles = _best_roles(shares)
    if roles is None:
        return None
    columns: list[HeaderColumn] = []
    bars: list[RowCell] = []
    for i, head in enumerate(heads):
        carried = roles.get(i) or _by_texts(texts[i], lexicon)
        if carried == "extra" and (level := _level_by_texts(texts[i], lexicon)) not in roles.values():
            carried = level  # names that slid into the column outnumber its own
        lead = i < min(roles)
        name = "".join(head.text.split())
        # A label over the grid's whole height heads no column; level names may have slid below it.
        strange = [text for text in texts[i] if comparison_key(text) not in lexicon.exact["level1"]]
        if lead and (head.rowspan > 2 or (is_bar(name) and len(strange) < 2)):
            bars.append(head)
            continue
        columns.append(
            HeaderColumn(head.col, head.colspan, carried, name, lead=lead and not _is_number(name, texts[i]), head=head)
        )
    return GridHeader(start, start, rows[start].n_cols, tuple(columns), tuple(bars))


def _best_roles(shares: Sequence[Mapping[Role, float]]) -> dict[int, str] | None:
    """Give level 1, 2, 3 columns from left to right and the target any other column, so that their cells agree most."""
    best: tuple[float, dict[int, str]] = (0.0, {})
    places = range(len(shares))
    for levels in (*combinations(places, 3), *combinations(places, 2)):
        names = (Role.LEVEL1, Role.LEVEL2, Role.LEVEL3)[-len(levels) :]
        gain = sum(shares[i][role] for i, role in zip(levels, names, strict=True))
        for target in places:
            if target in levels:
                continue
            score = gain + shares[target][Role.TARGET]
            if score > best[0]:
                found = {i: role.value for i, role in zip(levels, names, strict=True)}
                best = (score, {**found, target: Role.TARGET.value})
    roles = best[1]
    three = next((i for i, role in roles.items() if role == Role.LEVEL3.value), None)
    if three is None or shares[three][Role.LEVEL3] < _CARRIES:
        return None
    # A column that does not carry its role is none: two levels are enough for a grid. A level 1 is printed so seldom
    # that a few names which slid below it outnumber it: there the likeliest column left of level 2 will do.
    return {
        i: role
        for i, role in roles.items()
        if shares[i][Role(role)] >= (_CARRIES_LEVEL1 if role == Role.LEVEL1.value else _CARRIES)
    }


def _by_texts(texts: Sequence[str], lexicon: Lexicon) -> str:
    """Operators and units stand in columns of their own in some layouts."""
    if texts and sum(bool(_SIGN.match("".join(text.split()))) for text in texts) * 2 > len(texts):
        return "operator"
    units = lexicon.dictionaries.keys["unit"]
    if texts and sum(comparison_key(text) in units for text in texts) * 2 > len(texts):
        return "unit"
    return "extra"


def _are_bounds(texts: Sequence[str]) -> bool:
    """Tell whether most of a column is what only targets are: a sign and a number."""
    return len(texts) >= _LEAST_NAMES and sum(bool(_BOUND.match(text)) for text in texts) * 2 > len(texts)


def _level_by_texts(texts: Sequence[str], lexicon: Lexicon) -> str:
    """The level of which a column holds several names; rows that slid aside may put as many other texts there."""
    keys = [comparison_key(text) for text in texts]
    for level in ("level2", "level1"):
        known = {key for key in keys if key in lexicon.exact[level]}
        if len(known) >= _LEAST_NAMES and sum(key in known for key in keys) >= _NAMES_SHARE * len(keys):
            return level
    return "extra"


def _is_number(name: str, texts: Sequence[str]) -> bool:
    """A column of running numbers names no project."""
    return name in ("序号", "编号", "行次") or (bool(texts) and all(text.strip().isdigit() for text in texts))
