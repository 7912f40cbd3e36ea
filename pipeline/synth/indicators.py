"""Indicators for generated forms: level-3 names, from the dictionaries and composed, and targets that suit them."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from pipeline.dictionaries import Name, load_dictionaries
from pipeline.synth.content import Subject, fill, pools

# What a level-2 label asks for, whatever a framework calls it; the pools of `phrases.txt` have these names.
Kind = Literal[
    "input", "finance", "project", "asset", "quantity", "quality", "time", "cost", "economic", "social", "ecological",
    "sustained", "satisfaction", "longterm", "staff", "support", "facility", "sharing", "other",
]  # fmt: skip

_KIND_WORDS: tuple[tuple[str, Kind], ...] = (
    ("成本", "cost"), ("满意度", "satisfaction"), ("可持续", "sustained"), ("生态", "ecological"),
    ("环境效益", "ecological"), ("经济", "economic"), ("社会", "social"), ("履职效益", "social"),
    ("项目效益", "social"), ("数量", "quantity"), ("任务完成", "quantity"), ("质量", "quality"), ("履职目标",
    "quality"),
    ("时效", "time"), ("进度", "time"), ("投入管理", "input"), ("预算和财务", "finance"), ("财务", "finance"),
    ("资产", "asset"), ("项目管理", "project"), ("工作目标", "input"), ("绩效管理", "project"), ("长效", "longterm"),
    ("人力", "staff"), ("部门", "support"), ("配套", "facility"), ("信息", "sharing"),
)  # fmt: skip


def kind_of(level2: str) -> Kind:
    """Return what the level-2 label asks for; "other" where no word tells."""
    return next((kind for word, kind in _KIND_WORDS if word in level2), "other")


# -------------------------------------------------------------------------------------------------------------- targets


@dataclass(frozen=True, slots=True)
class Goal:
    """A target value in parts; `words` alone for a qualitative one, else number (with operator and unit as printed)."""

    operator: str = ""
    number: str = ""
    unit: str = ""
    words: str = ""

    @property
    def text(self) -> str:
        """The target as it stands in one cell."""
        return self.words or f"{self.operator}{self.number}{self.unit}"


def _number(rng: random.Random, low: int, high: int) -> str:
    value = rng.randint(low, high)
    if value > 20 and rng.random() < 0.6:
        step = 10 if value < 300 else 100 if value < 5000 else 1000
        value = max(step, value // step * step)
    return str(value)


_OPERATOR_WORDS = {"≥": ("不低于", "不少于", "大于等于", "大于"), "≤": ("不高于", "不超过", "小于", "控制在")}


def _percent(rng: random.Random, subject: Subject, operators: str, values: Sequence[str]) -> Goal:
    number, operator = rng.choice(values), rng.choice(operators)
    if number == "100" and operator == "≥" and (subject.sound or rng.random() < 0.8):
        operator = "="
    shape = rng.random()
    if shape < 0.9 or subject.sound:
        return Goal(operator, number, "%")
    if shape < 0.93:
        return Goal("", number, "%")
    if shape < 0.96 and operator == "≥" and number != "100":
        return Goal(words=f"{number}%以上")
    if shape < 0.98 and operator in _OPERATOR_WORDS:
        return Goal(words=f"{rng.choice(_OPERATOR_WORDS[operator])}{number}%")
    if operator == "≥" and number.isdigit() and int(number) <= 90:
        return Goal(words=f"{number}%-{int(number) + 5}%")
    return Goal(operator, number, "%")


# What the ending of a name demands of its unit, in the order to be tried.
_ENDING_UNITS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("人次", ("人次",)), ("人数", ("人",)), ("专家数", ("人",)), ("人员数", ("人",)), ("次数", ("次",)), ("场次",
    ("场",)),
    ("期数", ("期",)), ("天数", ("天",)), ("篇数", ("篇",)), ("个数", ("个",)), ("单位数", ("家", "个")), ("项目数",
    ("个", "项")),
    ("面积", ("平方米", "亩", "㎡")), ("长度", ("米", "公里")), ("时间", ("天", "个工作日", "小时")),
    ("年限", ("年",)), ("期限", ("年",)), ("事故数", ("起", "次")),
)  # fmt: skip


def _count(
    rng: random.Random,
    subject: Subject,
    name: str,
    units: Sequence[str],
    *,
    span: tuple[int, int],
    signs: str = "≥=≥=≥",
) -> Goal:
    unit = rng.choice([unit for unit in units if not (subject.sound and unit == "人/次")])
    due = next((due for ending, due in _ENDING_UNITS if name.endswith(ending)), ())
    if due and (subject.sound or rng.random() < 0.85):
        unit = rng.choice(due)
    operator, number = rng.choice(signs), _number(rng, *span)
    shape = rng.random()
    if shape < 0.9 or subject.sound:
        return Goal(operator, number, unit)
    if shape < 0.94:
        return Goal("", number, unit)
    if shape < 0.955:
        return Goal(operator, number, "")
    if shape < 0.97 and operator == "≥":
        return Goal(words=f"{rng.choice(('不少于', '不低于', '大于'))}{number}{unit}")
    if shape < 0.98 and operator == "≥":
        return Goal(words=f"{number}{unit}以上")
    if shape < 0.99 and span[0] < 100:
        return Goal(words=f"{number}-{int(number) + rng.randint(1, 30)}{unit}")
    return Goal(operator, f"{int(number):,}", unit)


_ADJECTIVES: dict[str, tuple[str, ...]] = {
    "规范性": ("合规", "规范"), "协调性": ("高", "协调", "较高"), "及时性": ("及时", "按时"), "持续性": ("长期",
    "持续"),
    "积极性": ("提高", "较高"), "便利性": ("便利", "提高"),
}  # fmt: skip
# Words that a reviewer would not call vague; sound forms use these.
_FIRM_WORDS = ("是", "达标", "完成")


def _words(text: str) -> Goal:
    return Goal(words=text)


def adjective(name: str, rng: random.Random, *, sound: bool = False) -> Goal:
    """Return the adjective that a name ending in 性 asks for (健全性 → 健全)."""
    for ending, words in _ADJECTIVES.items():
        if name.endswith(ending) and not sound:
            return _words(rng.choice(words))
    if name.endswith("规范性"):
        return _words("合规")
    return _words(name[-3:-1] if name.endswith("性") and len(name) >= 3 else "达标")


def boolean_word(name: str, rng: random.Random) -> str:
    """Return the word that a yes/no name asks for (是否… → 是, 有无… → 有, 能否… → 能)."""
    if "有无" in name:
        return "有"
    if name.startswith(("能否", "可否")):
        return "能"
    return rng.choice(("是", "是", "是", "能")) if not name.startswith("是否") else "是"


_LARGE_UNITS = {"人", "人次", "份", "张", "册", "株", "米", "亩", "平方米", "条", "块"}


def _things(rng: random.Random, subject: Subject, name: str, unit: str) -> Goal:
    if unit.startswith("万") or unit in {"公里", "TB"}:
        number = rng.choice((_number(rng, 1, 60), f"{rng.randint(0, 20)}.{rng.randint(1, 9)}"))
        return Goal(rng.choice("≥=≥"), number, unit)
    low, high = (10, 9000) if unit in _LARGE_UNITS and rng.random() < 0.8 else (1, 120)
    return _count(rng, subject, name, (unit,), span=(low, high))


_CASE_UNITS = ("个", "项", "次", "件", "处", "批", "家", "户", "份", "例")
_PRICE_UNITS = ("元/人", "元/人·天", "元/亩", "元/次", "元/户", "元/平方米", "元/人.每天", "元")

# How a goal's word becomes a target: (rng, name, subject) -> Goal.
_GOALS: dict[str, Callable[[random.Random, str, Subject], Goal]] = {
    "full": lambda r, n, s: _percent(r, s, "===≥", ("100", "100", "100", "98", "95")),
    "high": lambda r, n, s: _percent(
        r, s, "≥≥≥≥=", ("80", "85", "90", "90", "95", "95", "98", "100", "92", "96.5", "99")
    ),
    "growth": lambda r, n, s: _percent(r, s, "≥", ("2", "3", "5", "5", "8", "10", "15", "20", "30", "4.5")),
    "low": lambda r, n, s: _percent(r, s, "≤≤≤<", ("0", "1", "2", "3", "5", "5", "10", "0.5")),
    "cap": lambda r, n, s: _percent(r, s, "≤≤≤=", ("100", "100", "100", "95", "98")),
    "people": lambda r, n, s: _count(r, s, n, ("人", "人", "人", "人次", "名"), span=(5, 6000)),
    "visits": lambda r, n, s: _count(r, s, n, ("人次", "人次", "人", "人/次"), span=(50, 60000)),
    "times": lambda r, n, s: _count(r, s, n, ("次", "次", "场", "期", "场次"), span=(1, 30), signs="=≥="),
    "few": lambda r, n, s: _count(r, s, n, ("次", "起"), span=(0, 5), signs="≤≤="),
    "classes": lambda r, n, s: _count(r, s, n, ("期", "班", "次", "个"), span=(1, 12), signs="=≥="),
    "days": lambda r, n, s: _count(r, s, n, ("天", "个工作日", "小时", "日", "分钟"), span=(1, 60), signs="≤≤="),
    "years": lambda r, n, s: _count(r, s, n, ("年",), span=(1, 20), signs="≥≥="),
    "cases": lambda r, n, s: _count(r, s, n, _CASE_UNITS, span=(1, 300)),
    "copies": lambda r, n, s: _count(r, s, n, ("份", "册", "张", "套", "篇", "本"), span=(20, 9000)),
    "area": lambda r, n, s: _count(r, s, n, ("平方米", "亩", "㎡", "公顷", "万平方米"), span=(5, 9000)),
    "length": lambda r, n, s: _count(r, s, n, ("公里", "米", "千米", "延米"), span=(2, 900)),
    "money": lambda r, n, s: Goal(
        r.choice("≤≤="), r.choice((_number(r, 2, 900), f"{r.randint(1, 90)}.{r.randint(1, 99):02d}")),
        r.choice(("万元", "万元", "元")),
    ),
    "price": lambda r, n, s: Goal(
        r.choice("≤≤=") if s.sound else r.choice(("≤", "=", "≤", "")), _number(r, 10, 3000), r.choice(_PRICE_UNITS)
    ),
    "income": lambda r, n, s: Goal("≥", _number(r, 1, 900), r.choice(("万元", "元", "亿元"))),
    "accidents": lambda r, n, s: r.choice(
        (Goal("=", "0", "起"), Goal("≤", "0", "次"), *([] if s.sound else [_words("无"), _words("零事故")]))
    ),
    "adjective": lambda r, n, s: adjective(n, r, sound=s.sound),
    "effect": lambda r, n, s: _words(r.choice(_FIRM_WORDS) if s.sound else pools()["effect_words"].pick(r, s.split)),
    "lasting": lambda r, n, s: _words("健全" if s.sound else pools()["lasting_words"].pick(r, s.split)),
    "boolean": lambda r, n, s: _words(boolean_word(n, r)),
    "date": lambda r, n, s: _words(
        pools()["time_words"].pick(r, s.split)
        .format(y=s.year, m=r.randint(3, 12), d=r.randint(5, 28), q=r.randint(1, 4))
    ),
    "controlled": lambda r, n, s: _words(
        r.choice(("控制在预算内", "不超预算", "节约", "合理", "有效控制", "按合同价执行"))
    ),
    "sentence": lambda r, n, s: _words(fill(pools()["sentences"].pick(r, s.split), s, r)),
}  # fmt: skip


def goal_for(word: str, name: str, subject: Subject, rng: random.Random) -> Goal:
    """Return a target for the goal's word ("full", "people", …; "thing:台" counts in the thing's unit)."""
    if word.startswith("thing:"):
        return _things(rng, subject, name, word[6:])
    if word in {"effect", "lasting", "adjective"} and not subject.sound and rng.random() < 0.04:
        word = "sentence"
    return _GOALS[word](rng, name, subject)


# ---------------------------------------------------------------------------------------------------------------- names


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator: its level-3 name, its target, and whether the name stands in a dictionary."""

    name: str
    goal: Goal
    known: bool = False


@cache
def dictionary_names() -> dict[Kind, tuple[Name, ...]]:
    """Return the dictionaries' level-3 names by what their level-2 parent asks for, in a fixed order."""
    found: dict[Kind, dict[str, Name]] = {}
    for text, entries in load_dictionaries().names("level3").items():
        for entry in entries:
            for parent in entry.parents:
                found.setdefault(kind_of(parent), {}).setdefault(text, entry)
    return {kind: tuple(names[text] for text in sorted(names)) for kind, names in sorted(found.items())}


@cache
def _entries() -> dict[str, Name]:
    return {text: entries[0] for text, entries in load_dictionaries().names("level3").items()}


# Goals by the ending of a name, tried in order; what the dictionaries say of targets is mostly derived from endings
# too.
_ENDINGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("效率", "能力", "水平", "概率"), "effect"),
    (("满意度", "满意率", "覆盖率", "知晓率", "利用率", "使用率", "完好率", "参与率", "优良率"), "high"),
    (("投诉率", "差错率", "故障率", "发生率", "结余率", "调整率", "事故率", "死亡率", "失业率"), "low"),
    (("增长率", "下降率", "节约率", "提高率", "增加率", "减量率"), "growth"),
    (("控制率",), "cap"),
    (("率", "到位情况"), "full"),
    (("性",), "adjective"),
    (("人次",), "visits"),
    (("人数", "人员数"), "people"),
    (("投诉次数", "发生次数", "事故次数", "违规次数", "故障次数", "件次数"), "few"),
    (("次数", "场次"), "times"),
    (("总成本", "金额", "总投资", "控制数", "成本"), "money"),
    (("标准", "单价"), "price"),
    (("年限", "期限"), "years"),
    (("时间", "时限"), "date"),
    (("天数",), "days"),
    (("面积",), "area"),
    (("里程", "长度"), "length"),
)
_VAGUE = re.compile("明显|显著|较|提[高升]|改善|有效(?!$)")


def known_goal(entry: Name, subject: Subject, rng: random.Random) -> Goal:
    """Return a target for a dictionary name: by its ending first, then by what the dictionary says of it."""
    name = entry.text
    for endings, word in _ENDINGS:
        if name.endswith(endings):
            if word == "adjective" and entry.words and not subject.sound:
                return _words(rng.choice((*entry.words[:1] * 3, *(w for w in entry.words if not w.startswith("不")))))
            return _GOALS["days" if word == "date" and subject.sound else word](rng, name, subject)
    if entry.units and entry.operator:
        unit = rng.choice(entry.units)
        if unit == "%":
            return _percent(rng, subject, entry.operator, ("90", "95", "100"))
        return _count(rng, subject, name, (unit,), span=(1, 500), signs=entry.operator)
    words = [w for w in entry.words if not w.startswith("不") and not (subject.sound and _VAGUE.search(w))]
    return _words(rng.choice(words)) if words else _GOALS["effect"](rng, name, subject)


def compose(kind: Kind, subject: Subject, rng: random.Random) -> Item:
    """Return an indicator with a project-specific name of the kind."""
    template = pools()[kind].pick(rng, subject.split)
    # Vague benefits are what reviewers object to most; a sound form asks for something that can be checked.
    while subject.sound and template.endswith(("|effect", "|controlled", "|lasting", "|sentence", "|date")):
        template = pools()[kind].pick(rng, subject.split)
    phrase, _, word = template.partition("|")
    if word == "thing":
        thing = rng.choice(subject.things)
        phrase = phrase.replace("{t}", thing.noun).replace("{v}", rng.choice(thing.verbs))
        word = f"thing:{thing.unit}"
    name = fill(phrase, subject, rng)
    return Item(name, goal_for(word, name, subject, rng))


def make_items(
    kind: Kind, count: int, subject: Subject, rng: random.Random, known_share: float = 0.3
) -> list[Item]:  # fmt: skip
    """Return `count` different indicators of a kind; about `known_share` of them are dictionary names."""
    known = dictionary_names().get(kind, ())
    items: list[Item] = []
    for _ in range(60 * count):
        if len(items) == count:
            break
        if known and rng.random() < known_share:
            entry = rng.choice(known)
            item = Item(entry.text, known_goal(entry, subject, rng), known=True)
        else:
            item = compose(kind, subject, rng)
        if item.name not in subject.used:
            subject.used.add(item.name)
            items.append(item)
    return items


def fixed_item(name: str, subject: Subject, rng: random.Random) -> Item:
    """Return the indicator of a dictionary name given as text. Raises KeyError where no dictionary holds it."""
    subject.used.add(name)
    return Item(name, known_goal(_entries()[name], subject, rng), known=True)
