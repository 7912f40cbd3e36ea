"""What stands over a form: its title, its year, its money unit, and the agency that the title names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

from rapidfuzz.distance import OSA

from pipeline.dictionaries import comparison_key
from pipeline.document import Row, RowCell
from pipeline.templates import Template

# Specks stand beside it, within its brackets too; what is left of a seal or a watermark there is one character.
YEAR_LINE = re.compile(
    r"^[\s.·,，'、]*[(（〔\[]?[\s.·,，'、]*(?:19|20)\d{2}\s*(?:年?\s*度?|年.度)[\s.·,，'、]*[)）〕\]]?[\s.·,，'、]*$"
)
_YEAR_AND_UNIT = 2
UNIT_LINE = re.compile(r"(?:金额)?单位\s*[:：]\s*(?:人民币)?\s*(万元|元)")
# 项目预算执行情况（万元）: what is counted in money says so; 单位成本（元） in a grid's row stands for itself.
_LABEL_UNIT = re.compile(
    r"^\D{0,16}(?:资金|预算|金额|经费|执行情况)\D{0,8}[(（](?:单位[:：])?(?:人民币)?(万元|元)[)）][:：]?$"
)
CONTINUED = re.compile(r"\s*[(（〔\[]?\s*(?:续\s*表?|接上[页表])\s*[\d一二三四五]*\s*[)）〕\]]?\s*$")
_CONTINUED_ALONE = re.compile(r"^[(（]?(续表?[\d一二三四五]*|接上[页表]|接下页|转下页)[)）]?[:：]?$")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})\s*年")
# The number of an annex or a table, as it stands over a title: 附件2, 附表1-2：, 预算05-2表, 公开10表.
_TABLE_NUMBER = re.compile(
    r"(?:附[件表]?\s*[\d一二三四五六七八九十]{0,3}|[\u4e00-\u9fff]{0,6}\d{1,3}(?:[-—－]\d{1,3})?表|[\u4e00-\u9fff]{0,4}表\s*\d{1,3})"
    r"(?:\s*[-—－]\s*\d{1,3})*\s*[:：]?"
)
_UNIT_BEHIND = re.compile(r"\s*[(（](?:金额)?单位\s*[:：]\s*(?:人民币)?(?:万元|元)[)）]\s*$")
_SENTENCE = re.compile(r"[。；;！!？?]")
_GENERIC_TAILS = (
    "绩效目标表", "绩效目标申报表", "绩效目标审批表", "绩效目标批复表", "绩效目标汇总表", "绩效自评表", "绩效评价表",
    "绩效目标和指标", "绩效目标及指标", "绩效指标表",
)  # fmt: skip
# Any table about performance that is named at its end; kinds of it are more than a list can hold.
_ANY_TITLE = re.compile(r"绩效[^,，、。:：]{0,16}表$")
_SPECKS_BEFORE = re.compile(r"^[\s.·,，、。'‘’`:：;；\-—_~^*]+(?=[\u4e00-\u9fff\d{(（])")
# A page that publishes a form as running text: 关于某某项目资金绩效目标设定的公示.
_PROSE_TITLE = re.compile(r"绩效[^,，。:：;；]{0,16}(公示|公告|公开|说明|情况|报告)$")
_YEAR_ONLY = re.compile(r"^(?:19|20)\d{2}\s*年\s*度?$")
# Agency, year and unit side by side; a sentence with a unit in it runs longer.
_LONGEST_HEAD_LINE = 60
# The longest title seen has 38 characters; a sentence that mentions a form runs longer.
_MAX_TITLE = 60


def tails_of(templates: Sequence[Template]) -> tuple[str, ...]:
    """The keys that titles end with, longest first."""
    tails = {comparison_key(tail) for template in templates for tail in template.title_tails}
    tails |= {comparison_key(tail) for tail in _GENERIC_TAILS}
    return tuple(sorted((tail for tail in tails if len(tail) >= 5), key=lambda tail: (-len(tail), tail)))


def without_dust(title: str) -> str:
    """A title without the specks before it, which no title begins with: .项目支出绩效自评表."""
    return _SPECKS_BEFORE.sub("", title)


def is_title(text: str, tails: tuple[str, ...]) -> bool:
    """A title ends with a known tail, one character of it may be misread; the year may follow in brackets."""
    key = _without_year_behind(comparison_key(text))
    if _ANY_TITLE.search(key):
        return True
    for tail in tails:
        if key.endswith(tail):
            return True
        # One error in a tail of eight characters or more leaves no doubt what it is.
        if len(tail) >= 8 and len(key) >= len(tail) - 1 and OSA.distance(key[-len(tail) :], tail) <= 1:
            return True
    return False


def is_prose_title(text: str) -> bool:
    """Tell whether a line may be the title of a form that is printed as running text; what follows has to show it."""
    return len(text) <= _MAX_TITLE and bool(_PROSE_TITLE.search(_without_year_behind(comparison_key(text))))


def title_cell(row: Row, tails: tuple[str, ...]) -> RowCell | None:
    """The cell of a row that holds a title and nothing else."""
    filled = [cell for cell in row.cells if cell.text]
    if len(filled) != 1 or len(filled[0].text) > _MAX_TITLE or _SENTENCE.search(filled[0].text):
        return None
    name, *below = filled[0].text.split("\n")
    if below and is_title(name, tails) and all(YEAR_LINE.match(line) or UNIT_LINE.search(line) for line in below):
        return filled[0]  # year and unit under the title in one cell
    return filled[0] if is_title(CONTINUED.sub("", filled[0].text), tails) else None


def is_continued(row: Row) -> bool:
    """续表 alone on a line."""
    filled = [cell.text for cell in row.cells if cell.text]
    return len(filled) == 1 and bool(_CONTINUED_ALONE.match("".join(filled[0].split())))


def with_numbers_outside(rows: Sequence[Row], tails: tuple[str, ...]) -> list[Row]:
    """The rows, with the number of a table that an export put into a row of its own over the title as a loose line."""
    done = list(rows)
    for i, row in enumerate(rows):
        filled = [cell for cell in row.cells if cell.text]
        if not row.n_cols or len(filled) != 1 or not _TABLE_NUMBER.fullmatch(filled[0].text.strip()):
            continue
        below = next((other for other in rows[i + 1 :] if any(cell.text for cell in other.cells)), None)
        if below is not None and title_cell(below, tails) is not None:
            done[i] = Row((replace(filled[0], col=0, colspan=1, rowspan=1),), 0, row.page, -1)
    return done


def is_head_text(row: Row) -> bool:
    """The year or the money unit on a line, or both: at its middle and at its end."""
    filled = [cell.text for cell in row.cells if cell.text]
    if len(filled) == _YEAR_AND_UNIT:
        year, unit = filled
        return bool(YEAR_LINE.match(year) and UNIT_LINE.search(unit)) and not says_more(unit)
    if len(filled) != 1:
        return False
    return bool(YEAR_LINE.match(filled[0]) or (len(filled[0]) <= _LONGEST_HEAD_LINE and UNIT_LINE.search(filled[0])))


def says_more(text: str) -> bool:
    """Tell whether a line over the table names more than year and unit: 填报单位：某某局  金额单位：万元."""
    rest = UNIT_LINE.sub("", text).strip(" \t\u3000;；,，()（）")
    return not YEAR_LINE.match(text) and bool(re.search(r"[\u4e00-\u9fff]{2,}", rest)) and not _YEAR_ONLY.match(rest)


def year_of(texts: Iterable[str]) -> int | None:
    """The first year that titles and the lines under them name."""
    texts = list(texts)
    for text in texts:
        if match := _YEAR.search(text):
            return int(match.group(1))
    for text in texts:
        if match := re.fullmatch(r"[(（]?\s*((?:19|20)\d{2})\s*度?\s*[)）]?", text.strip()):
            return int(match.group(1))
    return None


def money_unit_of(lines: Iterable[str]) -> str | None:
    """The money unit that the lines over a table name."""
    for line in lines:
        if match := UNIT_LINE.search(line):
            return match.group(1)
    return None


def unit_of_labels(rows: Iterable[Row]) -> str | None:
    """The money unit that the labels of amounts at a form's head name; None where they name none, or several."""
    texts = ("".join(cell.text.split()) for row in rows for cell in row.cells)
    found = {match[1] for text in texts if (match := _LABEL_UNIT.search(text))}
    return found.pop() if len(found) == 1 else None


def _without_year_behind(text: str) -> str:
    # The year, the money unit, or the number of a form of several: 项目支出绩效目标表（二）.
    text = _UNIT_BEHIND.sub("", text)
    return re.sub(r"[(（]([^()（）]*年度?|[一二三四五六七八九十]{1,3}|\d{1,2})[)）]\s*$", "", text)


# ----------------------------------------------------------------------------------------------------------- the agency

# Words between an agency's name and the fixed tail of a title: kinds of spending, years, levels of government.
_TITLE_WORDS = re.compile(
    r"(项目支出|预算项目|项目|部门预算|预算|财政支出|财政|部门整体支出|整体支出|部门整体|部门(\(单位\))?|\(单位\)|支出|专项资金|专项|核心|本级"
    r"|转移支付|区域|\(项目\)|省级|市级|县级|区级|市直|中央|(19|20)\d\d年?度?|年度|申报|\(\)|的|关于)$"
)
# 某某街道预算部门（单位）项目支出…: the departments of a place, of which the place is none.
_DEPARTMENTS = re.compile(r"预算(部门|单位)")
# What agencies' names end with; what stands before a title's tail may also be a project, a fund or a place.
_AGENCY_END = re.compile(
    r"(局|委|会|办|办公室|院|馆|宫|处|所|站|队|组|中心|校|中学|小学|大学|园|政府|公司|集团|厂|厅|部|机关|团|社|庭|室|署|台|场|库|行"
    r"|联|协|人大|海关|监狱|基地|纪念堂|公园|共同体|镇|乡|街道|苏木)$"
)
# Things that are built and days that are held end like agencies.
_NO_AGENCY = re.compile(
    r"(平台|舞台|运动会|博览会|交易会|展销会|晚会|大会|论坛|广场|停车场|市场|数据库|题库|案例库|水库|泵站|电站|车站|充电站|校园|家园|乐园|田园|食堂|互联|物联)$"
)
# An agency's name has four characters or more (某某县局).
_SHORTEST_AGENCY = 4
# Codes before a name, as the systems print them: [015001]某局, 219-某镇.
_CODE = re.compile(r"^[\[【(（]?[0-9a-z]{3,24}[\]】)）]?[-—_－:：]?(?=[\u4e00-\u9fff])", re.I)
_UNIT_LABEL = re.compile(r"(单位|部门|机构)(名称)?(及?(代码|编码))?([(（].*[)）])?$")
_NO_UNIT = re.compile(r"金额|计量|度量|数量")
_PROJECT_LABEL = re.compile(r"(项目|专项)(\(项目\))?名称$")


def agency_of(title: str, tails: Sequence[str], head_rows: Iterable[Row] = ()) -> str | None:
    """The agency that the title names before its fixed words, as printed; None where it names none.

    What stands there is an agency where it ends as agencies do, or where one of the form's `head_rows` gives that very
    name to a unit; where one gives it to a project it is none.
    """
    text = _without_year_behind(re.sub(r"\s+", "", title))
    key = comparison_key(text)
    tail = next((tail for tail in sorted(tails, key=len, reverse=True) if key.endswith(tail)), None)
    cut = len(key) - len(tail) if tail else _misread_cut(key, tails)
    head = key[:cut]
    while (shorter := _TITLE_WORDS.sub("", head)) != head:
        head = shorter
    of_a_place = _DEPARTMENTS.match(key[len(head) :])
    head = re.sub(r"^(关于)?((19|20)\d\d年度?)?", "", head)
    if len(head) < _SHORTEST_AGENCY or of_a_place:
        return None
    units, projects = _named(head_rows)
    if head not in units and (head in projects or _NO_AGENCY.search(head) or not _AGENCY_END.search(head)):
        return None
    start = key.find(head)
    # The key may have folded widths, never the length.
    return text[start : start + len(head)] if len(text) == len(key) else head


def _named(rows: Iterable[Row]) -> tuple[set[str], set[str]]:
    """What fields beside their labels call units, and what they call projects."""
    units: set[str] = set()
    projects: set[str] = set()
    for row in rows:
        filled = [comparison_key(cell.text) for cell in row.cells if cell.text]
        for label, value in pairwise(filled):
            if _PROJECT_LABEL.search(label.rstrip(":")):
                projects.add(_CODE.sub("", value))
            elif _UNIT_LABEL.search(label.rstrip(":")) and not _NO_UNIT.search(label):
                units.add(_CODE.sub("", value))
    return units, projects


def _misread_cut(key: str, tails: Sequence[str]) -> int:
    """Where the tail begins in a title whose tail has a misread character."""
    return next((len(key) - len(tail) for tail in tails if OSA.distance(key[-len(tail) :], tail) <= 1), len(key))
