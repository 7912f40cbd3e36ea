"""Grid headers that no vocabulary knows: columns are named by what stands in them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from pipeline.dictionaries import comparison_key
from pipeline.document import Role, Row
from pipeline.levels.features import ROLES, GridHeader, HeaderColumn, Lexicon

_SIGN = re.compile(r"^(≥|≤|=|>|<|≧|≦|═|定性|定量)$")
# A header is taken for one where the classifier is surer than not, over the row; below that it is a guess.
_SURE = 0.5
# A column carries a role where its cells have it more often than not.
_CARRIES = 0.4


def infer_headers(
    rows: Sequence[Row],
    headers: Sequence[GridHeader | None],
    logp: Sequence[Mapping[int, Sequence[float]]],
    lexicon: Lexicon,
) -> list[GridHeader | None] | None:
    """Return headers for a form in which none was found by name, or None where none can be told.

    The row whose cells the classifier takes for headers begins the grid; each column's role is the one its cells have,
    levels in order from left to right.
    """
    if any(header is not None for header in headers):
        return None
    starts = [r for r, row in enumerate(rows) if row.n_cols >= 3 and _is_header(logp[r])]
    for start in starts:
        header = _header_by_content(rows, logp, start, lexicon)
        if header is not None:
            return [header if r >= start else None for r in range(len(rows))]
    return None


def refine_headers(
    rows: Sequence[Row], headers: Sequence[GridHeader | None], lexicon: Lexicon
) -> list[GridHeader | None]:
    """Tell by what stands below them which columns of unknown name hold operators and units."""
    refined: dict[int, GridHeader] = {}
    for header in {id(h): h for h in headers if h is not None}.values():
        columns = list(header.columns)
        for i, column in enumerate(columns):
            if column.role != "extra" or column.lead or comparison_key(column.name) in lexicon.column_roles:
                continue
            role = _by_texts(_below(rows, headers, header, column), lexicon)
            if role != "extra" and all(other.role != role or other.group != column.group for other in columns):
                columns[i] = replace(column, role=role)
        refined[id(header)] = replace(header, columns=tuple(columns))
    return [refined[id(header)] if header is not None else None for header in headers]


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
                    for role in total:
                        total[role] += math.exp(values[ROLES.index(role)])
        count = max(len(below), 1)
        shares.append({role: value / count for role, value in total.items()})
        texts.append(below)
    roles = _best_roles(shares)
    if roles is None:
        return None
    columns = []
    for i, head in enumerate(heads):
        carried = roles.get(i) or _by_texts(texts[i], lexicon)
        lead = i < min(roles)
        name = "".join(head.text.split())
        columns.append(
            HeaderColumn(head.col, head.colspan, carried, name, lead=lead and not _is_number(name, texts[i]), head=head)
        )
    return GridHeader(start, start, rows[start].n_cols, tuple(columns))


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
    # A column that does not carry its role is none: two levels are enough for a grid.
    return {i: role for i, role in roles.items() if shares[i][Role(role)] >= _CARRIES}


def _by_texts(texts: Sequence[str], lexicon: Lexicon) -> str:
    """Operators and units stand in columns of their own in some layouts."""
    if texts and sum(bool(_SIGN.match("".join(text.split()))) for text in texts) * 2 > len(texts):
        return "operator"
    units = lexicon.dictionaries.keys["unit"]
    if texts and sum(comparison_key(text) in units for text in texts) * 2 > len(texts):
        return "unit"
    return "extra"


def _is_number(name: str, texts: Sequence[str]) -> bool:
    """A column of running numbers names no project."""
    return name in ("序号", "编号", "行次") or (bool(texts) and all(text.strip().isdigit() for text in texts))
