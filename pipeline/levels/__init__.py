"""Form -> labelled fields and indicator rows.

A trained classifier says what a cell may be, a decoder what the form says.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from functools import lru_cache

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import Form, IndicatorRow, LabelledForm, Role, Row, RowCell
from pipeline.levels.columns import infer_headers, refine_headers
from pipeline.levels.cuts import UNSURE, joined_cuts
from pipeline.levels.decode import EMPTY, FIELDS, Choice, decode, skeleton_of
from pipeline.levels.features import ROLES, cell_features
from pipeline.levels.fields.cells import in_any_order
from pipeline.levels.gather import Gatherer, is_sign
from pipeline.levels.headers import GridHeader, HeaderColumn
from pipeline.levels.lexicon import Lexicon
from pipeline.levels.lists import list_sheet, listed_indicators
from pipeline.levels.model import LevelModel, load_level_model
from pipeline.levels.prepare import prepare_rows, without_hollow_spans
from pipeline.levels.prose import told_form, told_indicators
from pipeline.levels.settle import DOUBT, settle
from pipeline.levels.unplaced import blank_columns, level_without_table, outside, unplaced, untold
from pipeline.templates import Template

_EVEN = math.log(0.5)
_LIKELY = math.log(0.95)
# A label with its years is the label still: 中期目标（2024年—2026年）.
_DATED = re.compile(r"(中期|长期|年度|实施期|总体)(总体|绩效)?目标[（(](?=\d{4}年)[\d年度至\-—－~～]+[)）]")
# Where a seal or a signature goes stands under a grid and is none of its rows.
_SEALED = re.compile(r"[(（](盖章|签字|签章|公章|签名)[)）]$")
_GRID_ROLES = (Role.LEVEL1, Role.LEVEL2, Role.LEVEL3, Role.TARGET)
_NAMING = (Role.LABEL, Role.LEVEL1, Role.LEVEL2)
# What fills a cell that has nothing to say looks like a label: 无其他需说明事项.
_NO_LABEL = re.compile(r"[\d\s.,%％/—–\-]+|[暂]?无(其[他它])?(需要?)?(说明)?的?(事项|问题|情况)?")
__all__ = ["LevelModel", "LevelTools", "label_form", "load_level_tools"]


@dataclass(frozen=True)
class LevelTools:
    """What the levels stage needs: the classifier, the vocabularies as it sees them, and the known layouts."""

    model: LevelModel
    lexicon: Lexicon
    templates: Mapping[str, Template]


def load_level_tools(dictionaries: Dictionaries, templates: Sequence[Template]) -> LevelTools:
    """Load the classifier. Raises ModelError."""
    return LevelTools(load_level_model(), Lexicon(dictionaries), {template.id: template for template in templates})


def label_form(form: Form, tools: LevelTools) -> LabelledForm:
    """Give every cell of a form its role, and gather fields and indicators."""
    template = tools.templates.get(form.template or "")
    sheet = list_sheet(form.rows, tools.lexicon)
    if sheet is not None:
        entries, listed, heads = sheet
        return LabelledForm(form, tuple(entries), tuple(listed), outside(form.rows), tuple(heads), form.rows)
    told = told_form(form.rows, tools.lexicon)
    if told is not None:
        entries, listed, heads, rest = told
        rest = [*rest, *untold(form.rows, entries, listed, heads, rest)]
        return LabelledForm(form, tuple(entries), tuple(listed), tuple(rest), tuple(heads), form.rows)
    rows, named = prepare_rows(form.rows, tools.lexicon, template)
    headers = refine_headers(rows, named, tools.lexicon)
    own = {key for name in (template.fields if template else ()) if (key := in_any_order(name))}
    logp = _log_probabilities(rows, headers, tools, own)
    found = infer_headers(rows, headers, logp, tools.lexicon)
    if found is not None:
        # Only now it is known which rows are the grid's, and what of it a page break cut.
        rows = joined_cuts(without_hollow_spans(rows, found), found, tools.lexicon)
        headers = found
        if len(rows) != len(found):
            headers = infer_headers(
                rows, [None] * len(rows), _log_probabilities(rows, [None] * len(rows), tools, own), tools.lexicon
            ) or [None] * len(rows)
        logp = _log_probabilities(rows, headers, tools, own)
    skeleton = skeleton_of(template.skeleton if template else None, tools.lexicon)
    choices, certainties = decode(rows, headers, logp, skeleton, tools.lexicon)
    labelled = tuple(
        _with_roles(row, choice, sure, header if template is None else None, tools.lexicon)
        for row, choice, sure, header in zip(rows, choices, certainties, headers, strict=True)
    )
    settled, choices = settle(labelled, choices, headers, skeleton, tools.lexicon)
    labelled = tuple(settled)
    gatherer = Gatherer(tools.lexicon.dictionaries, template)
    for number, (row, choice, header) in enumerate(zip(labelled, choices, headers, strict=True)):
        following = _following(labelled, choices, number)
        second = _following(labelled, choices, number + 1) if following is not None else None
        gatherer.take(row, choice, header, following, second)
    gatherer.finish()
    found_headers = (*gatherer.headers, *gatherer.fields.corners)
    fields, indicators = tuple(gatherer.fields.fields), tuple(gatherer.indicators)
    if not indicators:
        values = [(cell, form.pages[0] if form.pages else 0) for entry in fields for cell in entry.values]
        indicators = tuple(row for cell, page in values for row in listed_indicators(cell, tools.lexicon, page))
        indicators = indicators or tuple(row for c, page in values for row in told_indicators(c, tools.lexicon, page))
    stray, divided = gatherer.fields.strays, gatherer.fields.divided
    strays = (*stray, *unplaced(labelled, fields, indicators, found_headers, [*stray, *divided]))
    strays += tuple(blank_columns(headers, indicators))
    if not any(column.head for header in headers if header is not None for column in header.columns):
        indicators = _in_doubt(indicators)
    elif indicators and level_without_table(labelled, tools.lexicon):
        # The page that goes on with the last row lost its rulings: what stood beside the level is lost with them.
        indicators = (*indicators[:-1], *_in_doubt(indicators[-1:]))
    return LabelledForm(form, fields, indicators, strays, found_headers, labelled)


def _in_doubt(indicators: Sequence[IndicatorRow]) -> tuple[IndicatorRow, ...]:
    """The rows of a grid without heads: what its columns hold was told by what stands in them, and asks.

    A level that rows share stays one cell.
    """
    made: dict[int, RowCell] = {}

    def doubted(cell: RowCell) -> RowCell:
        if id(cell) not in made:
            made[id(cell)] = replace(cell, certainty=min(cell.certainty, DOUBT))
        return made[id(cell)]

    return tuple(
        replace(
            row,
            level1=doubted(row.level1) if row.level1 is not None else None,
            level2=doubted(row.level2) if row.level2 is not None else None,
            level3=doubted(row.level3) if row.level3 is not None else None,
            target=tuple(map(doubted, row.target)),
        )
        for row in indicators
    )


def _log_probabilities(
    rows: Sequence[Row], headers: Sequence[GridHeader | None], tools: LevelTools, own: Set[str]
) -> list[dict[int, Sequence[float]]]:
    """For each row, the log-probabilities over ROLES of its filled cells; `own`: the layout's fields in any order."""
    features, index = cell_features(rows, headers, tools.lexicon)
    logp: list[dict[int, Sequence[float]]] = [{} for _ in rows]
    for (r, i), values in zip(index, tools.model.log_probabilities(features).tolist(), strict=True):
        logp[r][i] = values
        text = rows[r].cells[i].text.strip()
        no_label, dated, sealed = _told_by_text(text)
        if no_label:
            logp[r][i] = [-12.0 if role in _NAMING else v for role, v in zip(ROLES, logp[r][i], strict=True)]
        # 任名务称 is 任务名称, which the layout prints: no value has just a label's characters.
        if dated or (headers[r] is None and in_any_order(text) in own):
            logp[r][i] = [
                max(v, _LIKELY) if role is Role.LABEL else -12.0 for role, v in zip(ROLES, logp[r][i], strict=True)
            ]
        if sealed:
            logp[r][i] = [-12.0 if role in _GRID_ROLES else v for role, v in zip(ROLES, logp[r][i], strict=True)]
        header = headers[r]
        column = (
            header.column_at(rows[r].cells[i].col, rows[r].n_cols) if header is not None and rows[r].n_cols else None
        )
        # 可持续影响 is a level 2 and a name; under the level's own head it is the level.
        if column is not None and column.role == "level2" and comparison_key(text) in tools.lexicon.exact["level2"]:
            logp[r][i] = [
                max(v, _EVEN) if role is Role.LEVEL2 else v for role, v in zip(ROLES, logp[r][i], strict=True)
            ]
    return logp


@lru_cache(8_192)
def _told_by_text(text: str) -> tuple[bool, bool, bool]:
    """Whether a cell's text can be no label, is a label with its years, and is where a seal or a signature goes."""
    # A sentence is no label, and neither is a number or a dash; nor is it the name of a level.
    no_label = text.endswith(("。", "；", ";")) or bool(_NO_LABEL.fullmatch(text))
    return no_label, bool(_DATED.fullmatch(text)), bool(_SEALED.search(text))


def _following(rows: Sequence[Row], choices: Sequence[Choice], number: int) -> Row | None:
    """The next field row; a page break between changes nothing as long as the columns are the same."""
    after = number + 1
    if after < len(rows) and choices[after].kind == FIELDS and rows[after].n_cols == rows[number].n_cols:
        return rows[after]
    return None


def _with_roles(
    row: Row, choice: Choice, certainties: Sequence[float], header: GridHeader | None, lexicon: Lexicon
) -> Row:
    if choice.kind == EMPTY:
        return row
    roles = iter(zip(choice.roles, certainties, choice.columns, strict=True))
    cells = []
    for cell in row.cells:
        if cell.text:
            role, certainty, column = next(roles)
            if column is not None and column.role == "operator" and not is_sign(cell.text):
                role = Role.EXTRA  # 定性
            doubted = UNSURE in cell.notes or _may_be_level1(row, cell, column, header, lexicon)
            sure = min(certainty, DOUBT) if doubted else certainty
            cells.append(cell.as_role(role, round(sure, 4)))
        else:
            cells.append(cell)
    return replace(row, cells=tuple(cells))


def _may_be_level1(
    row: Row, cell: RowCell, column: HeaderColumn | None, header: GridHeader | None, lexicon: Lexicon
) -> bool:
    """Tell whether a level 2 stands in the column of level 1 by a name of one: 满意度, elsewhere 满意度指标.

    It slid there from its own column, or is the level 1 of its rows; what a known layout calls so it calls by one name.
    """
    if header is None or column is None or column.role != "level2":
        return False
    at = header.column_at(cell.col, row.n_cols)
    key, names = comparison_key(cell.text), lexicon.exact["level1"]
    return at is not None and at.role == "level1" and any(f"{key}{end}" in names for end in ("", "指标", "目标"))
