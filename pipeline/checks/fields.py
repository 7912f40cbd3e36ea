"""Checks of the header: filled in, well formed, and agreeing with itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from itertools import combinations

from pipeline.checks.facts import PATH, Facts
from pipeline.dates import fold, read_date
from pipeline.fieldvalues import BOXES, TICKS
from pipeline.records import FieldValue, Finding

Check = Callable[[Facts], Iterator[Finding]]

_CODE = re.compile(r"(?=.*\d)(?=.{3,21}$)[0-9A-Z]+(?:-[0-9A-Z]+)*")
# Groups of an amount have three digits; in 594,1 the comma is a point misread, whatever the label, and so is 285:3.
_BROKEN_GROUPS = re.compile(r"[\d.]+[,，:：;；]\d{1,2}", re.A)
# 8652 51986 lost its point to a blank; phones, codes and dates are written in groups.
_PARTED = re.compile(r"\d[\d.,，]*\s+\d[\d.,，]*", re.A)
_POINT_FOR_COMMA = re.compile(r"[1-9]\d{0,2}\.\d{3}(?!\d)", re.A)
_GROUPED = re.compile(r"[1-9]\d{0,2}(?:[,，]\d{3})+(?!\d)", re.A)
# io for 10: letters that figures are read as, and nothing else.
_LETTERED = re.compile(r"(?=.*[A-Za-z])[iIlLoODQSBZz|.\d]{1,6}", re.A)
# A dash among dust is read as 二, m, •, and in a table of amounts as other signs too; 无 is a word.
_FOR_A_DASH = re.compile(r"[二曰_•·A-UW-Za-uw-z]")
_LONE_SIGN = re.compile(r"[^\d\s无\-—–－一/／]|[^\w\s\-—–－/／]{2,6}")
# 100.0品 and 100°, lost their sign.
_STRANGE_RATE = re.compile(r"\d[\d.]*[^\d%％‰\s.分][^\w\s%％]?", re.A)
_IN_GROUPS = re.compile(r"电话|手机|联系|编码|代码|编号|日期|时间|期限|年度$")
# What a table of amounts prints where there is nothing: 项目资金→其他资金→得分.
_DASH = re.compile(r"[-—–－一]{1,2}")
_TABLE_PATH = 3
_LEAST_AMOUNTS = 2
_IN_A_TABLE = re.compile(r"[\d.,]+%?|[-—–－]{1,2}", re.A)
_DATES = re.compile(r"[\d.]{4,11}[-—–~至到][\d.]{4,11}", re.A)
# 20180131, the most that one date is written with.
_LONGEST_DATE = 8
_REPEATED = re.compile(r"#\d+$")
# 口 and V stand for a box and its tick in a choice, and so do brackets.
_MARKS = re.compile(rf"[{TICKS}{BOXES}口Vv]+|[(（]\s*[)）]")
_CHOICE = re.compile(r"(属性|类型|类别|性质)$")
# Three options of six characters.
_LONGEST_CHOICE = 18
_PHONE = re.compile(r"1[3-9]\d{9}|(?:0\d{2,3}-?)?[2-9]\d{6,7}(?:-\d{1,6})?|400-?\d{3}-?\d{4}")
_YEAR = re.compile(r"(?<![〔\[【（(\d])(20\d{2})\s*年(?!代)")
# More parts than this have more sums than an amount has digits: some sum would fit by chance.
_MOST_PARTS = 7


def blanks(facts: Facts) -> Iterator[Finding]:
    """H01. The fields that name the project and its period are filled in."""
    for key, value in facts.record.fields.items():
        if not value.value.strip() and key in facts.words["required"]:
            yield facts.finding("fields.blank", f"fields.{key}", name=key)


def codes(facts: Facts) -> Iterator[Finding]:
    """H02. A unit's code is digits, or a system's code of at most 21 digits and capitals."""
    for label in ("单位编码", "项目编码"):
        for key, value in facts.fields_called(label):
            parsed = value.parsed or {}
            text = str(parsed.get("code", "")) or fold(value.value).strip()
            # Only the long codes of the systems hold letters; in a short one a letter is a digit misread.
            lettered = len(text) <= 12 and re.search(r"[A-Za-z]", text)
            if text and not _is_dash(text) and (lettered or not _CODE.fullmatch(text)):
                yield facts.finding("fields.code-format", f"fields.{key}", name=key, value=value.value)


def _is_dash(text: str) -> bool:
    return not re.search(r"\w", text) or text in ("无",)


def periods(facts: Facts) -> Iterator[Finding]:
    """H04, H12. The project begins before it ends, and runs in the form's year."""
    for label in ("开始时间", "结束时间"):
        for key, value in facts.fields_called(label):
            if re.search(r"\d", value.value) and read_date(value.value.rstrip("。前止")) is None:
                yield facts.finding("fields.date-format", f"fields.{key}", name=key, value=value.value)
    for key, value in facts.fields_called("项目起止时间"):
        # 201801201812 lost its dash, 201801:201812 has dust for it, 201801-20.1812 within it.
        text = "".join(fold(value.value).split())
        run = re.fullmatch(r"\d{4,8}[^\d\-—–~至到年]?\d{4,8}", text) and len(text) > _LONGEST_DATE
        if run or (_DATES.fullmatch(text) and read_date(value.value) is None):
            yield facts.finding("fields.date-format", f"fields.{key}", name=key, value=value.value)
    start, end = facts.start, facts.end
    if start is None or end is None or start.first_day() is None or end.last_day() is None:
        return
    first, last = start.first_day(), end.last_day()
    assert first is not None
    assert last is not None
    at = next(
        (f"fields.{key}" for label in ("结束时间", "项目起止时间") for key, _ in facts.fields_called(label)), "form"
    )
    year = facts.record.form.year
    if first > last:
        yield facts.finding("fields.period-reversed", at, value=start.iso(), other=end.iso())
    elif year is not None and not first[0] <= year <= last[0]:
        yield facts.finding("fields.year-outside", at, value=str(year), other=f"{start.iso()}—{end.iso()}")


def amount_formats(facts: Facts) -> Iterator[Finding]:
    """H06. Where the label says amount and a digit was read, an amount was read."""
    labels = {*facts.words["money_total"], *facts.words["money_part"], "上年度项目总金额", "项目上年度金额"}
    for key, value in facts.record.fields.items():
        text = value.value.strip()
        parted = _PARTED.fullmatch(text) and not _IN_GROUPS.search(key)
        lettered = _LETTERED.fullmatch(text) and not _IN_GROUPS.search(key)
        strange = key.endswith("率") and _STRANGE_RATE.fullmatch(text)
        grouped = _BROKEN_GROUPS.fullmatch(text) and not _IN_GROUPS.search(key)
        broken = value.parsed is None and (grouped or parted or lettered or strange)
        if _FOR_A_DASH.fullmatch(text) or (_LONE_SIGN.fullmatch(text) and _is_in_a_table(key, facts)):
            yield facts.finding("fields.amount-format", f"fields.{key}", name=key, value=text)
            continue
        if not (broken or facts.canonical(key) in labels) or not text or _amount(value) is not None:
            continue
        # A sentence is how some forms itemise an amount; a short text with digits is an amount misread.
        if (lettered or re.search(r"\d", text)) and len(text) <= 16 and "%" not in text:
            yield facts.finding("fields.amount-format", f"fields.{key}", name=key, value=text)


def _is_in_a_table(key: str, facts: Facts) -> bool:
    """Tell whether a field stands in a table of amounts: two others of its row are amounts or dashes."""
    path = key.split(PATH)
    if len(path) < _TABLE_PATH:
        return False
    row = [value for other, value in facts.record.fields.items() if other.split(PATH)[:-1] == path[:-1]]
    return sum(bool(_IN_A_TABLE.fullmatch(value.value.strip())) for value in row) >= _LEAST_AMOUNTS


def amount_decimals(facts: Facts) -> Iterator[Finding]:
    """H06. Where every other amount is printed with two decimals, one without lost its point: 500000 for 5000.00."""
    amounts = {key: fold(value.value).strip() for key, value in facts.record.fields.items() if _amount(value)}
    whole = [key for key, text in amounts.items() if text.isdecimal()]
    pointed = [key for key, text in amounts.items() if re.search(r"\d\.\d\d(?!\d)", text)]
    # Nought is written in short by many; two digits hold no decimals and a figure before them.
    if len(whole) == 1 and len(pointed) >= 2 and len(pointed) + 1 == len(amounts) and len(amounts[whole[0]]) > 2:
        key = whole[0]
        yield facts.finding("fields.amount-decimals", f"fields.{key}", name=key, value=amounts[key])


def amount_grouping(facts: Facts) -> Iterator[Finding]:
    """H06. Where amounts stand in groups of three figures, a lone one with three decimals is 7.013 for 7,013."""
    amounts = {key: fold(value.value).strip() for key, value in facts.record.fields.items() if _amount(value)}
    found = [key for key, text in amounts.items() if _POINT_FOR_COMMA.match(text)]
    if len(found) == 1 and any(_GROUPED.match(text) for text in amounts.values()):
        yield facts.finding("fields.amount-grouping", f"fields.{found[0]}", name=found[0], value=amounts[found[0]])


def _amount(value: FieldValue) -> Decimal | None:
    """Return the field's amount in 元 (as printed where no unit is known), or None."""
    parsed = value.parsed or {}
    if parsed.get("kind") != "amount":
        return None
    return Decimal(str(parsed.get("yuan") or parsed["amount"]))


def amount_order(facts: Facts) -> Iterator[Finding]:
    """H06. A year's amount is part of the whole amount, this year's and last year's."""
    for part, whole in (("项目本年度金额", "项目总金额"), ("项目上年度金额", "上年度项目总金额")):
        parts, wholes = list(facts.fields_called(part)), list(facts.fields_called(whole))
        if len(parts) != 1 or len(wholes) != 1:
            continue
        [(key, value)], [(other_key, other)] = parts, wholes
        amount, total = _amount(value), _amount(other)
        if amount is None or total is None or _unit(value) != _unit(other):
            continue
        if amount > total + facts.context.settings.amount_tolerance and total > 0:
            yield facts.finding(
                "fields.amount-over-total",
                f"fields.{key}",
                name=key,
                value=value.value,
                other=f"{other_key} {other.value}",
            )


def _unit(value: FieldValue) -> str | None:
    unit = (value.parsed or {}).get("unit")
    return None if unit is None else str(unit)


def amount_sums(facts: Facts) -> Iterator[Finding]:
    """H07. A total is the sum of its parts. Which parts are parts of parts is not known, so every choice is tried."""
    for (key, value), parts in _totals(facts):
        amounts = [amount for part in parts if (amount := _amount(part)) is not None]
        units = {_unit(part) for part in (value, *parts) if _amount(part) is not None}
        amount = _amount(value)
        # Fail closed: without a unit the tolerance is unknown.
        if amount is None or not 2 <= len(amounts) <= _MOST_PARTS or len(units) != 1 or None in units:
            continue
        sums = (sum(chosen) for n in range(1, len(amounts) + 1) for chosen in combinations(amounts, n))
        if all(abs(total - amount) > facts.context.settings.amount_tolerance for total in sums):
            yield facts.finding("fields.amount-sum", f"fields.{key}", name=key, value=value.value)


def _totals(facts: Facts) -> Iterator[tuple[tuple[str, FieldValue], list[FieldValue]]]:
    """Yield each total with its parts: what stands in its place of the path (年度资金总额→全年预算数), or below it."""
    paths = {key: _REPEATED.sub("", key).split(PATH) for key in facts.record.fields}
    for key, value in facts.record.fields.items():
        path = paths[key]
        for i, piece in enumerate(path):
            if facts.canonical(piece) not in facts.words["money_total"]:
                continue
            below = [k for k, other in paths.items() if len(other) == len(path) + 1 and other[:-1] == path]
            beside = [
                k
                for k, other in paths.items()
                if k != key and len(other) == len(path) and other[:i] == path[:i] and other[i + 1 :] == path[i + 1 :]
            ]
            rival = any(facts.canonical(paths[k][i]) in facts.words["money_total"] for k in beside)
            repeated = any(_REPEATED.search(k) for k in (key, *beside))
            known = any(facts.canonical(paths[k][i]) in facts.words["money_part"] for k in beside)
            if below:
                yield (key, value), [facts.record.fields[k] for k in below]
            elif known and not rival and not repeated:
                yield (key, value), [facts.record.fields[k] for k in beside]
            break


def amount_change(facts: Facts) -> Iterator[Finding]:
    """H09. A budget that changed much wants a reason."""
    now, before = (list(facts.fields_called(label)) for label in ("项目本年度金额", "项目上年度金额"))
    if len(now) != 1 or len(before) != 1:
        return
    new, old = _amount(now[0][1]), _amount(before[0][1])
    if new is None or old is None or old == 0:
        return
    change = (new - old) / old
    if abs(change) > Decimal(str(facts.context.settings.amount_change)):
        yield facts.finding("fields.amount-change", f"fields.{now[0][0]}", value=f"{change * 100:+.1f}%")


def contacts(facts: Facts) -> Iterator[Finding]:
    """H11. A phone has seven or eight digits, or eleven; as many phones as contacts."""
    people = [n for _, value in facts.fields_called("联系人") if (n := len((value.parsed or {}).get("people", ())))]
    for key, value in facts.fields_called("联系电话"):
        text = value.value.strip()
        phones = (value.parsed or {}).get("phones", ())
        if text and not _is_dash(text) and (not phones or not all(_PHONE.fullmatch(phone) for phone in phones)):
            yield facts.finding("fields.phone-format", f"fields.{key}", name=key, value=text)
        elif phones and len(people) == 1 and len(phones) != people[0]:
            yield facts.finding("fields.phone-count", f"fields.{key}", value=str(people[0]), other=str(len(phones)))


def choices(facts: Facts) -> Iterator[Finding]:
    """Every option of a choice has its box: one that is lost lets two options run together, or stand alone.

    Options of one choice end alike (新增项目□ 延续项目□): the common end inside an option is the end of another one.
    """
    for key, value in facts.record.fields.items():
        options = (value.parsed or {}).get("options", ())
        texts = [str(option["text"]) for option in options]
        ends = {text[-2:] for text in texts if len(text) > 2}
        joined = [text for text in texts if any(end in text[:-2] for end in ends)]
        bare = texts if len(_MARKS.findall(value.value)) < len(texts) else []
        if not options and _CHOICE.search(key) and _is_run_together(value.value):
            bare = [value.value.strip()]
        for text in (*joined, *bare)[:1]:
            yield facts.finding("fields.choice-box", f"fields.{key}", name=key, value=text)


def _is_run_together(text: str) -> bool:
    """Tell whether a text is short words with one common end, as options without their boxes are: 新增项目延续项目."""
    compact = "".join(text.split())
    end = re.escape(compact[-2:])
    return len(compact) <= _LONGEST_CHOICE and bool(re.fullmatch(rf"(?:[\u4e00-\u9fff]{{1,4}}?{end}){{2,}}", compact))


def goal_years(facts: Facts) -> Iterator[Finding]:
    """H12. A goal for the year speaks of that year."""
    year = facts.record.form.year
    for narrative in facts.narratives:
        if year is None or narrative.label != "年度绩效目标":
            continue
        years = {int(found) for found in _YEAR.findall(re.sub(r"《[^《》]{0,120}》", "", narrative.text))}
        if years and year not in years:
            yield facts.finding(
                "fields.year-goal",
                f"fields.{narrative.key}",
                name=narrative.key,
                value=str(min(years)),
                other=str(year),
            )


def identical(facts: Facts) -> Iterator[Finding]:
    """G18. Two narratives that say the same are one copied over the other, or one read twice."""
    seen: dict[str, str] = {}
    for narrative in facts.narratives:
        text = "".join(fold(narrative.text).split())
        # 无 and 见附件 may well stand twice.
        if len(text) < 20:
            continue
        first = seen.setdefault(text, narrative.key)
        if first != narrative.key:
            yield facts.finding("fields.identical", f"fields.{narrative.key}", name=narrative.key, other=first)


def blanks_among_dashes(facts: Facts) -> Iterator[Finding]:
    """A hyphen in a table of amounts is as small as dust; where its row or column prints others, a blank may be one.

    A column of several blanks and no dash has none (执行率 of three funds that nobody spent), whatever its rows say.

    Only pages that were read from pictures can lose one: something else of theirs is less than sure.
    """
    paths = {key: tuple(key.split(PATH)) for key in facts.record.fields}
    fields = facts.record.fields
    if all(value.confidence >= 1.0 for value in fields.values()):
        return
    dashes = {key: value.value.strip() for key, value in fields.items() if _DASH.fullmatch(value.value.strip())}
    for key, value in fields.items():
        path = paths[key]
        if value.value.strip() or len(path) < _TABLE_PATH:
            if not value.value.strip() and (other := _dash_below(path, paths, fields, dashes)) is not None:
                yield facts.finding("fields.blank-among-dashes", f"fields.{key}", name=key, other=dashes[other])
            continue
        column = [other for other in fields if paths[other][0] == path[0] and paths[other][-1] == path[-1]]
        if sum(not fields[other].value.strip() for other in column) > 1 and not any(k in dashes for k in column):
            continue
        beside = (other for other in dashes if len(paths[other]) == len(path) and _is_beside(path, paths[other]))
        if (other := next(beside, None)) is not None:
            yield facts.finding("fields.blank-among-dashes", f"fields.{key}", name=key, other=dashes[other])


def _dash_below(
    path: tuple[str, ...],
    paths: Mapping[str, tuple[str, ...]],
    fields: Mapping[str, FieldValue],
    dashes: Mapping[str, str],
) -> str | None:
    """The field of a dash in a list of amounts under one label that prints two of them or more, and one blank."""
    own = [key for key, other in paths.items() if len(path) == len(other) == _TABLE_PATH - 1 and other[0] == path[0]]
    printed = [key for key in own if key in dashes]
    blank = sum(not fields[key].value.strip() for key in own)
    return printed[0] if len(printed) > 1 and blank == 1 else None


def _is_beside(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Tell whether two fields of a table stand in one row (资金→其他资金→得分, …→分值) or in one column."""
    return one[0] == other[0] and (one[:-1] == other[:-1] or one[-1] == other[-1])


FIELD_CHECKS: tuple[Check, ...] = (
    blanks, codes, periods, amount_formats, amount_decimals, amount_grouping, amount_order, amount_sums, amount_change,
    contacts, choices, goal_years, identical, blanks_among_dashes,
)  # fmt: skip
