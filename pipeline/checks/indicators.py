"""Checks of the indicators: is there a target, is it complete, and does it fit its name."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from decimal import Decimal

from pipeline.checks.facts import Facts, Row
from pipeline.checks.names import NAMELESS, bare_name
from pipeline.checks.rules import UnitRule
from pipeline.dates import fold
from pipeline.records import Finding, TargetValue

Check = Callable[[Facts], Iterator[Finding]]

_PLACEHOLDER = re.compile(r"\*{2,}|(?<![\dA-Za-z])[xX×]{2,}(?![\dA-Za-z])|^\*$|_{2,}|…{2,}|^…$|\.{4,}|待填|待补充")
_UNIT_IN_NAME = re.compile(r"[(（](?:单位[:：])?(?P<unit>[^()（）]{1,5})[)）]$")
# An operator that lost its shape, before a number: read but not one of the grammar's.
_SIGN_OF = {"%=": "≥", "-": "=", "—": "=", "–": "=", "一": "=", "二": "=", "W": "≤", "w": "≤", "s": "≤", "兰": "≤",
            "乏": "≥", "之": "≥"}  # fmt: skip
_ODD_SIGN = re.compile(rf"(?P<sign>{'|'.join(_SIGN_OF)})(?=\d)", re.A)
_SIGN_AFTER = re.compile(r"(?P<number>\d+(?:\.\d+)?)(?P<unit>%?)(?P<sign>[≥≤=><])", re.A)
_PERCENT_AS_DIGITS = re.compile(r"(?P<sign>[≥≤=><]?)(?P<number>\d{1,3}(?:\.\d+?)?)0/0", re.A)
# A broken % behind a rate, its rings and stroke read as figures and letters (809b for 80%); a figure at its end would
# be a figure.
_RATE_AND_RINGS = re.compile(
    r"(?P<sign>[≥≤=><]?)(?P<number>\d{1,2}(?:\.\d+)?|100)(?:[09oOqg°6][bBoOqg/°]|[09oOqg°6]/[09oOqgbB6°])", re.A
)
# The same read as figures alone, beyond what any rate can be (9800 for 98%, 10096 for 100%).
_RATE_AND_FIGURES = re.compile(r"(?P<sign>[≥≤=><]?)(?P<number>100|[1-9]\d)\d{1,2}", re.A)
_DOUBLED_SIGN = re.compile(r"(?P<sign>[≥≤])(?P=sign)(?=\d)", re.A)
_DIGIT_OF = str.maketrans("OoQD〇○口IlLi|!丨ZSsBbGgq$", "00000001111111255866995")
_LETTERED = re.compile(
    r"(?P<sign>[≥≤=><]?)(?=[^\d]*\d|[^\d]+[%X])(?P<digits>[\dOoQD〇○口IlLi|!丨ZSsBbGgq$.~-]{1,})(?P<rest>[%Xx]|[\u4e00-\u9fff/]{0,4})",
    re.A,
)
# ≥上年水平 and ≥5A级 are words; ≥9&%, ≥S0人 and ≥≥% are numbers that were not read.
_SIGN_AND_RUN = re.compile(r"(?P<signs>[≥≤=><≧≦]{1,2})(?P<run>[\dA-Za-z口丨〇○&$!|≥≤.,]*)", re.A)
# Nobody counts 000期.
_LEADING_ZERO = re.compile(r"-?0\d")
# 万.平方米 has a speck in it; 人·天 is a unit.
_MARK_IN_UNIT = re.compile(r"[百千万亿][.·,，'’]")
_LOST_PERCENT = re.compile(r"[0o]/[0o]|\([Xx]\)$")
_CLEAN_RUN = re.compile(r"\d[\d,]*(?:\.\d+)?|\d?[A-D]?", re.A)
_NUMBER_WITH_LETTERS = re.compile(r"\d[\dA-Za-z&$!口丨〇○.,]*(?:%|人次|人|次|个|万元|元)", re.A)
# ≥96 5% lost its point, or has a blank too many: nobody knows which.
_GAP = re.compile(r"\s*[≥≤=><]\s*\d[\d,]*[ \t\u3000]+\d", re.A)
# Two dates of which one lost a point: 2023.1.1-202312.31.
_BROKEN_DATES = re.compile(r"(?:19|20)\d\d[\d.]{2,6}[-—–~至](?:19|20)\d\d[\d.]{2,6}", re.A)
_JUNK = re.compile(r"[^0-9\u4e00-\u9fffA-Za-z(（【\[“《+.,，±*]{1,3}\d", re.A)
_AGAINST = {"≥": "≤", ">": "≤", "≤": "≥", "<": "≥"}
_STEM_PREFIXES = ("", "基本", "较", "较为", "比较", "不", "不够", "高度")


def lost_targets(facts: Facts) -> Iterator[Finding]:
    """G04. A name without a target cell lost it; a blank target cell is missing. None at all is said once."""
    bare = [row for row in facts.rows if _blank(row.indicator.target)]
    if bare and len(bare) == len(facts.rows) and len(bare) > 1:
        yield facts.finding("form.no-targets", "form")
        return
    for row in bare:
        cell = row.indicator.cells.get("target")
        code = "target.lost" if row.indicator.target is None and cell is None else "target.missing"
        yield facts.finding(code, row.at, name=row.name)
        if code == "target.lost" and (above := _cut_by_the_page(facts, row)) is not None:
            at = f"indicators[{above.number}].level3"
            yield facts.finding("indicators.cut", at, name=above.name, other=row.name)


def _cut_by_the_page(facts: Facts, row: Row) -> Row | None:
    """The row above, where a page ends between them: a name without a target may be the rest of that row's name."""
    above = next((other for other in facts.rows if other.number == row.number - 1), None)
    pages = [
        {where.page for where in cell.where if where.page is not None}
        for one in (above, row)
        if one is not None and (cell := one.indicator.cells.get("level3")) is not None
    ]
    return above if len(pages) == 2 and all(pages) and max(pages[0]) < min(pages[1]) else None


def _blank(target: TargetValue | None) -> bool:
    return target is None or target.kind == "empty"


def operators(facts: Facts) -> Iterator[Finding]:
    """G05. A number without an operator stands out where the form's other numbers have one."""
    judged = [row for row in facts.numbers if not _is_price(facts, row)]
    bare = [row for row in judged if _target(row).operator is None and _target(row).text is None]
    written = sum(1 for row in judged if _target(row).operator is not None)
    if not _is_habit(written, len(bare)):
        if len(bare) > 2:
            yield facts.finding("form.operators-absent", "form")
        return
    for row in bare:
        if misread_target(facts, row) is None:
            target = _target(row)
            sign = next((name.operator for name in facts.names(row) if name.operator), None) or _usual_sign(facts, row)
            proposal = sign + target.value
            if re.match(r"[25]\d", target.value):
                # ≥ is read as 2 and ≤ as 5 (ocr_confusions).
                proposal += f"”或“{'≥' if target.value[0] == '2' else '≤'}{target.value[1:]}"
            yield facts.finding("target.operator-missing", row.at, value=target.value, proposal=proposal)


def _is_price(facts: Facts, row: Row) -> bool:
    """A price or a standard (1600元/亩) is met exactly and is written without an operator as often as with one."""
    unit = _target(row).unit or ""
    return row.name.endswith(facts.words["exact"]) or ("/" in unit and _unit_kind(facts, unit) == "money")


def _is_habit(having: int, lacking: int) -> bool:
    """Two that have it and more than lack it: the form writes it, and a gap is an oversight."""
    return having >= 2 and having > lacking


def _usual_sign(facts: Facts, row: Row) -> str:
    """The operator that most of the form's numbers of this unit have."""
    unit = _target(row).unit
    signs = Counter(_target(other).operator or "" for other in facts.numbers if _target(other).unit == unit)
    del signs[""]
    return signs.most_common(1)[0][0] if signs else "≥"


def misread_targets(facts: Facts) -> Iterator[Finding]:
    """G05, G08. Texts that a misread operator or digit would explain; each with what it probably was."""
    for row in facts.rows:
        target = row.indicator.target
        if target is None or _blank(target):
            continue
        proposal = misread_target(facts, row)
        if proposal is not None and not _over_100(facts, row):
            yield facts.finding("target.misread", row.at, value=target.value, proposal=proposal)
        elif proposal is None and (
            (target.kind == "words" and _is_broken(fold(target.value)))
            or _LEADING_ZERO.match(target.number or "")
            or _MARK_IN_UNIT.match(target.unit or "")
        ):
            yield facts.finding("target.unreadable", row.at, value=target.value)


def _is_broken(text: str) -> bool:
    if _GAP.match(text):
        return True
    compact = "".join(text.split())
    if _BROKEN_DATES.fullmatch(compact):
        return True
    signed = _SIGN_AND_RUN.match(compact)
    if signed is not None:
        return (
            len(signed["signs"]) == 2
            or not _CLEAN_RUN.fullmatch(signed["run"])
            or _LOST_PERCENT.search(compact) is not None
        )
    return bool(_NUMBER_WITH_LETTERS.fullmatch(compact) or _JUNK.match(compact))


def misread_target(facts: Facts, row: Row) -> str | None:
    """Return what the target was before its operator or a digit was misread, where its shape tells; else None."""
    target = _target(row)
    text = "".join(fold(target.value).split())
    if target.kind == "words":
        found = _RATE_AND_RINGS.fullmatch(text) if _is_rate(facts, row) else None
        return f"{found['sign']}{found['number']}%" if found else _misread_words(text)
    if target.kind != "number" or target.number is None:
        return None
    if target.unit is None and Decimal(target.number) > 100 and _is_bounded(facts, row):
        found = _RATE_AND_FIGURES.fullmatch(text)
        return f"{found['sign']}{found['number']}%" if found else None
    if target.operator is not None:
        return None
    if target.number.startswith("-"):
        # No target is below nothing but by an operator or a word (≤-5%, 下降5%): the dash was a sign.
        return "=" + text.lstrip("-")
    # A rate of the shape 2NN is a ≥ read as 2 (292% for ≥92%).
    lost_sign = re.fullmatch(r"2(\d{2}(?:\.\d+)?|100)", target.number)
    if target.unit == "%" and lost_sign and Decimal(lost_sign[1]) <= 100:
        return f"≥{lost_sign[1]}%" if _is_rate(facts, row) else None
    return None


def _is_rate(facts: Facts, row: Row) -> bool:
    """Tell a name whose targets are percentages."""
    return row.name.endswith("率") or _is_bounded(facts, row)


def _misread_words(text: str) -> str | None:
    if match := _ODD_SIGN.match(text):
        return _SIGN_OF[match["sign"]] + text[match.end() :]
    if match := _SIGN_AFTER.fullmatch(text):
        return match["sign"] + match["number"] + match["unit"]
    if match := _PERCENT_AS_DIGITS.fullmatch(text):
        return f"{match['sign']}{match['number']}%"
    if match := _DOUBLED_SIGN.match(text):
        return text[1:]
    if match := _LETTERED.fullmatch(text):
        # Each of these letters is read for one digit only (ocr_confusions); X stands for %.
        digits = match["digits"].translate(_DIGIT_OF)
        rest = "%" if match["rest"] in ("X", "x") else match["rest"]
        proposal = f"{match['sign']}{digits}{rest}"
        return proposal if proposal != text else None
    return None


def odd_operators(facts: Facts) -> Iterator[Finding]:
    """G05. One > among many ≥ lost its lower stroke; a form that means > writes it more than once."""
    signs = Counter(_target(row).operator for row in facts.numbers)
    for row in facts.numbers:
        target = _target(row)
        sign = fold(target.value).strip()[:1]
        if sign == ">" == target.operator and signs[">"] == 1 and signs["≥"] >= 3:
            proposal = "≥" + fold(target.value).strip()[1:]
            yield facts.finding("target.operator-odd", row.at, value=target.value, proposal=proposal)


def _is_bounded(facts: Facts, row: Row) -> bool:
    if any(word in row.name for word in ("增长", "提高", "提升", "增加")):
        return False
    return row.name.endswith(facts.words["bounded"]) or any(word in row.name for word in facts.words["satisfaction"])


def _over_100(facts: Facts, row: Row) -> bool:
    target = _target(row)
    numbers = [number for number in (target.number, target.number_to) if number is not None]
    return target.unit == "%" and _is_bounded(facts, row) and any(Decimal(number) > 100 for number in numbers)


def percents_over_100(facts: Facts) -> Iterator[Finding]:
    """G08. A share of something cannot exceed the whole; growth can."""
    for row in facts.rows:
        if row.indicator.target is not None and _over_100(facts, row):
            proposal = misread_target(facts, row) or "≤100%"
            value = _target(row).value
            yield facts.finding("target.percent-over-100", row.at, name=row.name, value=value, proposal=proposal)


def units(facts: Facts) -> Iterator[Finding]:
    """G06. A number without a unit stands out where the form's other numbers have one."""
    judged = [row for row in facts.rows if row.indicator.target and row.indicator.target.kind in ("number", "range")]
    bare = [row for row in judged if _lacks_unit(facts, row)]
    if not _is_habit(sum(1 for row in judged if _target(row).unit is not None), len(bare)):
        if len(bare) > 2:
            yield facts.finding("form.units-absent", "form")
        return
    for row in bare:
        if misread_target(facts, row) is not None:
            continue
        value = _target(row).value
        rule = _unit_rule(facts, row)
        known = next((unit for name in facts.names(row) for unit in name.units), None)
        proposal = f"{value}{known or (rule.suggest if rule else '')}"
        yield facts.finding("target.unit-missing", row.at, value=value, proposal=proposal)


def _lacks_unit(facts: Facts, row: Row) -> bool:
    target = _target(row)
    if target.unit is not None:
        return False
    named = _UNIT_IN_NAME.search(fold(row.indicator.level3 or ""))
    if named and (_unit_kind(facts, named["unit"]) or "*" in named["unit"]):
        return False
    # 0.97 of a rate is a ratio and needs no unit.
    return not (row.name.endswith(("率", "比", "比例", "系数", "指数")) and Decimal(target.number or 0) <= 1)


def _unit_kind(facts: Facts, unit: str) -> str | None:
    """Return the kind of a unit (percent, people, ...), of the part before 每 or /, or None where no list holds it."""
    kinds = facts.rules.unit_kinds
    if unit in kinds:
        return kinds[unit]
    head = re.split(r"[/·每]", unit)[0]
    return kinds.get(head) or kinds.get(head.lstrip("十百千万亿"))


def _unit_rule(facts: Facts, row: Row) -> UnitRule | None:
    """Return the rule with the longest ending that the name has."""
    fitting = [
        (max(len(end) for end in rule.ends if row.name.endswith(end)), rule)
        for rule in facts.rules.unit_rules
        if row.name.endswith(rule.ends) and not row.name.endswith(rule.exceptions)
    ]
    return max(fitting, key=lambda pair: pair[0])[1] if fitting else None


def unit_names(facts: Facts) -> Iterator[Finding]:
    """G07. The unit is of the kind that the name's ending asks for, or one that a dictionary gives the name."""
    for row in facts.rows:
        target = row.indicator.target
        if target is None or target.unit is None:
            continue
        nonstandard = _nonstandard(facts, row, target)
        if nonstandard is not None:
            yield nonstandard
            continue
        rule, kind = _unit_rule(facts, row), _unit_kind(facts, target.unit)
        allowed = {unit for name in facts.names(row) for unit in name.units}
        # 95‰ of satisfaction is 95% misread; 5‰ of births and deaths and .5‰ of errors are not.
        per_mille = target.unit == "‰" and Decimal(target.number or 0) > 30
        if rule is None or kind is None or target.unit in allowed or (kind in rule.kinds and not per_mille):
            continue
        digits = target.value.replace(target.unit, rule.suggest)
        yield facts.finding("target.unit-name", row.at, name=row.name, value=target.unit, proposal=digits)


def _nonstandard(facts: Facts, row: Row, target: TargetValue) -> Finding | None:
    for entry in facts.rules.nonstandard:
        # 百分比 is parsed as %, so the text is what shows it.
        if target.unit == entry.unit or (target.unit == entry.proposal and entry.unit in target.value):
            return facts.finding(entry.rule, row.at, value=entry.unit, proposal=entry.proposal)
    return None


def directions(facts: Facts) -> Iterator[Finding]:
    """G09. Growth and satisfaction have a floor, complaints and costs a ceiling."""
    for row in facts.rows:
        target = row.indicator.target
        sign = target.operator if target is not None and target.kind == "number" else None
        if target is None or sign not in _AGAINST or _is_idle_bound(target):
            continue
        usual = _direction(facts, row, target)
        if usual is not None:
            if _AGAINST[sign] == usual:
                yield facts.finding(
                    "target.operator-direction", row.at, name=row.name, value=target.value, proposal=usual
                )
            continue
        known = {name.operator for name in facts.names(row) if name.operator}
        if known == {_AGAINST[sign]}:
            yield facts.finding(
                "target.operator-unusual", row.at, name=row.name, value=target.value, proposal=_AGAINST[sign]
            )


def _is_idle_bound(target: TargetValue) -> bool:
    """≤100% and ≥0 say nothing and so contradict nothing."""
    number = Decimal(target.number or 0)
    return (target.operator == "≤" and target.unit == "%" and number == 100) or (target.operator == "≥" and number == 0)


def _direction(facts: Facts, row: Row, target: TargetValue) -> str | None:
    words = facts.words
    if row.name.endswith(words["down"]):
        return "≤" if not any(word in row.name for word in ("下降", "降低", "减少")) else None
    if any(word in row.name for word in words["turns"]):
        return None
    if row.name.endswith(words["up"]):
        return "≥"
    if row.name.endswith(words["cost"]) and target.unit and _unit_kind(facts, target.unit) == "money":
        return "≤"
    return None


def stems(facts: Facts) -> Iterator[Finding]:
    """G10. 健全性 is answered with 健全; the word of another stem is a slipped row."""
    every = {word for stem in facts.rules.stems for word in stem.words}
    for row in facts.rows:
        target = row.indicator.target
        if target is None or target.kind != "words":
            continue
        own = next((stem for stem in facts.rules.stems if row.name.endswith(stem.ends)), None)
        if own is None:
            continue
        text = "".join(target.value.split()).strip("。；;")
        bare = next((text[len(p) :] for p in sorted(_STEM_PREFIXES, key=len, reverse=True) if text.startswith(p)), text)
        known = {word for name in facts.names(row) for word in name.words}
        if text in known or bare in own.words or text in own.words:
            continue
        if bare in every and not any(word in row.name for word in (bare, bare[:2])):
            yield facts.finding("target.stem", row.at, name=row.name, value=target.value, proposal=own.words[0])
        elif len(text) > 8 and not any(word in text for word in own.words):
            yield facts.finding("target.stem-sentence", row.at, name=row.name)


def booleans(facts: Facts) -> Iterator[Finding]:
    """G11. A yes-or-no question is answered with a word, not with a number."""
    for row in facts.rows:
        target = row.indicator.target
        if target is None or not any(word in row.name for word in facts.words["asks"]):
            continue
        if target.kind in ("number", "range"):
            yield facts.finding("target.boolean", row.at, name=row.name, value=target.value)
        elif target.kind == "words":
            yield facts.finding("target.boolean-words", row.at, name=row.name, value=target.value)


def vague_targets(facts: Facts) -> Iterator[Finding]:
    """G14. Words that nobody can measure."""
    for row in facts.rows:
        target = row.indicator.target
        if target is not None and target.kind == "words" and target.value.strip("。 ") in facts.words["vague"]:
            yield facts.finding("target.vague", row.at, value=target.value)


def placeholders(facts: Facts) -> Iterator[Finding]:
    """G15. What a blank form prints to be written over."""
    for row in facts.rows:
        target, name = row.indicator.target, row.indicator.level3 or ""
        if target is not None and _PLACEHOLDER.search(target.value):
            yield facts.finding("target.placeholder", row.at, value=target.value)
        # A star before a name marks a core indicator, ≥** after it says what kind of target is wanted.
        bare = bare_name(name).lstrip("*★ ")
        if _PLACEHOLDER.search(bare) or NAMELESS.fullmatch(bare.strip()):
            yield facts.finding("indicators.placeholder", f"indicators[{row.number}].level3", value=name)


def late_targets(facts: Facts) -> Iterator[Finding]:
    """G23. What is to be done by a date is done before the project ends."""
    end = facts.end.last_day() if facts.end else None
    for row in facts.rows:
        target = row.indicator.target
        if target is None or target.date is None or facts.end is None or end is None:
            continue
        # A period counts by its end; the first day of what was printed must have come before the project's end.
        last = re.fullmatch(r"(\d{4})(?:-(\d\d))?(?:-(\d\d))?", target.date.split("/")[-1])
        if last and (int(last[1]), int(last[2] or 1), int(last[3] or 1)) > end:
            yield facts.finding("target.after-end", row.at, value=target.value, other=facts.end.iso())


def duplicates(facts: Facts) -> Iterator[Finding]:
    """G12. One name stands once under its level 2, in its period, for its project."""
    seen: dict[tuple[str | None, ...], Row] = {}
    for row in facts.rows:
        indicator = row.indicator
        block = next((text for key, text in indicator.extra.items() if "项目" in key), None)
        key = (indicator.period, indicator.level1, indicator.level2, block, row.name)
        first = seen.setdefault(key, row)
        if first is row:
            continue
        same = indicator.target == first.indicator.target and indicator.extra == first.indicator.extra
        code = "indicators.duplicate" if same and not _blank(indicator.target) else "indicators.repeated-name"
        yield facts.finding(code, f"indicators[{row.number}].level3", name=row.name)


def _target(row: Row) -> TargetValue:
    assert row.indicator.target is not None
    return row.indicator.target


INDICATOR_CHECKS: tuple[Check, ...] = (
    lost_targets, operators, misread_targets, odd_operators, percents_over_100, units, unit_names, directions, stems,
    booleans, vague_targets, placeholders, late_targets, duplicates,
)  # fmt: skip
