"""Printed names in alignment: heads, levels and labels of fields are known words, whole or cut at a line's end.

Only the shipped vocabularies are asked, never a user's: what a page reads as must not depend on whose archive it is in.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache, lru_cache

from pipeline.dictionaries import comparison_key, load_dictionaries

_SECTIONS = ("level1", "level2", "field", "narrative", "bar", "column")
# A weight, a money unit or another remark in brackets belongs to the label above it, on its own line or on the same.
_REMARK = re.compile(r"\([^()]*\)$")
# What begins a list; a number with a point may be an amount.
_FIRST = re.compile(r"^(?:[(（](?:1|一)[)）]|1[、)）]|1[.．](?!\d)|①|一、|第一[，、])")
_STOPS = "。；;！：:，,、"
# One part of a sum, below which another part may stand.
_PART_OF = "其中"
# What labels of goals and money go on with where forms say what came of them (总体目标完成情况).
_RESULT = ("完成情况", "预算执行")
# Names of which two begin alike have more characters in common than two: 项目 is half of many.
_PART = 2
# Heads of levels and values: what stands below one of them is never its rest, but for what names begin with both.
_HEAD = re.compile(r"^[一二三四]级(?:指标|目标)$|值$")

_LEVEL_LIKE = re.compile(r"(?:指标|目标)$")
_LEVEL_HEAD = re.compile(r"^[一二三四]级(?:指标|目标)(?:\([^()]*)?$")

# Who filled a form in, and where seals go: lines below a table, whatever space is left above them.
_FOOT = re.compile(
    r"^(?:(?:填报|填表|制表|审核|复核|经办|联系)人|(?:单位|项目|部门)?负责人|联系电话|(?:填报|填表|制表)(?:日期|时间))[:：]"
    r"|^[^:：]{2,}[(（](?:盖章|签章|签字|签名|公章)[)）]"
)

# What a name is about, by its words: those of a level's name, and those with which names of indicators end or speak. Of
# two that fit, the first one says more (成本节约率 is a rate, 满意人数 a number).
_ABOUT = (
    ("满意", re.compile(r"满意")),
    ("成本", re.compile(r"成本|(?:经费|支出|费用)(?:总额|控制数?|标准)?$")),
    ("时效", re.compile(r"时效|及时|按时|按期|按计划|(?:时间|时限|进度)$")),
    ("可持续", re.compile(r"可持续|长效|年限$")),
    ("生态", re.compile(r"生态|环境|污染|减排")),
    ("社会", re.compile(r"社会")),
    ("经济", re.compile(r"经济|(?:收入|税收|消费|产值)")),
    ("质量", re.compile(r"质量|(?:合格|达标|准确|完好|优良|通过|优秀)率?$")),
    ("数量", re.compile(r"数量|(?:[次人个份期册户场]数|场次|人次|面积|里程)$")),
)
# What levels of the first kind hold; 效果目标 holds 满意度, too (上海), and costs are output's or a level of their own.
_HOLD = (
    (re.compile(r"产出"), frozenset({"数量", "质量", "时效", "成本"})),
    (re.compile(r"效果"), frozenset({"经济", "社会", "生态", "可持续", "满意"})),
    (re.compile(r"^效益"), frozenset({"经济", "社会", "生态", "可持续"})),
)


@cache
def _names() -> tuple[frozenset[str], tuple[str, ...], frozenset[str], frozenset[str]]:
    keys = load_dictionaries().keys
    whole = frozenset(key for section in _SECTIONS for key in keys[section])
    levels = frozenset([*keys["level1"], *keys["level2"]])
    return whole, tuple(sorted(whole)), levels, frozenset(keys["boolean"])


def is_level(text: str) -> bool:
    """Tell whether a text is the whole name of a level, with its weight or without."""
    key = comparison_key(text)
    return bool(key) and not _names()[2].isdisjoint({key, _REMARK.sub("", key)})


def is_head(text: str) -> bool:
    """Tell whether a text heads a column of levels (二级指标(长期)): nothing that goes on says so."""
    return bool(_LEVEL_HEAD.match(_REMARK.sub("", comparison_key(text))))


def is_foot(text: str) -> bool:
    """Tell whether a text is a line below a table: 填报人：… 单位负责人：…, or the names of offices that seal it."""
    return bool(_FOOT.match(text.strip()))


def names_level(text: str) -> bool:
    """Tell whether a text is a level's name, known or not: 产出数量指标 and 效益目标(30分) say what they are."""
    return is_level(text) or bool(_LEVEL_LIKE.search(_REMARK.sub("", comparison_key(text))))


@lru_cache(maxsize=4096)
def about(text: str) -> str:
    """What a level or an indicator is about by its words (按时完成率: 时效); empty where they do not say."""
    key = _REMARK.sub("", comparison_key(text))
    return next((kind for kind, words in _ABOUT if words.search(key)), "")


@lru_cache(maxsize=4096)
def holds(text: str) -> frozenset[str]:
    """What may stand beside a level's name: the kinds of `about`; nothing where it is no level's or says nothing."""
    if not names_level(text):
        return frozenset()
    key = _REMARK.sub("", comparison_key(text))
    for words, kinds in _HOLD:
        if words.search(key) and not about(text):
            return kinds
    kind = about(text)
    return frozenset({kind}) if kind else frozenset()


def is_name(text: str) -> bool:
    """Tell whether a text is a printed name, with its weight or its unit in brackets or without."""
    key = comparison_key(text)
    return bool(key) and not _names()[0].isdisjoint({key, _REMARK.sub("", key)})


def is_beginning(text: str) -> bool:
    """Tell whether some printed name begins with a text and goes on."""
    key = comparison_key(text)
    if not key:
        return False
    names = _names()[1]
    at = bisect_left(names, key)
    return any(name.startswith(key) and name != key for name in names[at : at + 2])


def are_two(whole: str, below: str) -> bool:
    """Tell whether a line cannot go on what is above it, since a name ends there or another text begins.

    `whole` is all that is above, `below` the line in question.
    """
    if len(below) < 2 or below.startswith(_RESULT) or (below[:1] in "(（" and not _FIRST.match(below)):
        return False
    if _FIRST.match(below) and whole[-1:] not in _STOPS:
        return True
    if comparison_key(whole) in _names()[3]:
        return True
    part = comparison_key(whole).startswith(_PART_OF) and not is_head(below)
    if part and is_name(below) and not is_name(whole + below):
        return True
    if not is_name(whole) or is_name(whole + below) or is_beginning(whole + below):
        return False
    return bool(_HEAD.match(comparison_key(whole))) or is_name(below) or (len(below) > _PART and is_beginning(below))
