"""Words for generated forms: agencies, projects, people, amounts, narratives, indicators with targets that suit them.

Everything is invented and drawn from the `random.Random` that is passed in. Topics (`topics.txt`), surnames and phrase
templates are divided between the splits "train", "dev" and "test": what is held out for a split occurs in no other, so
that a figure on "test" says something about words that no model has seen. Dictionary names are common to all splits,
as they are to all users.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal

from pipeline.dictionaries import Name, load_dictionaries

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")

# What a level-2 label asks for, whatever a framework calls it.
Kind = Literal[
    "input", "finance", "project", "asset", "quantity", "quality", "time", "cost", "economic", "social", "ecological",
    "sustained", "satisfaction", "longterm", "staff", "support", "facility", "sharing", "other",
]  # fmt: skip

_KIND_WORDS: tuple[tuple[str, Kind], ...] = (
    ("经济成本", "cost"), ("社会成本", "cost"), ("生态环境成本", "cost"), ("成本", "cost"),
    ("满意度", "satisfaction"), ("可持续", "sustained"), ("生态", "ecological"), ("环境效益", "ecological"),
    ("经济", "economic"), ("社会", "social"), ("履职效益", "social"), ("项目效益", "social"), ("数量", "quantity"),
    ("任务完成", "quantity"), ("质量", "quality"), ("履职目标", "quality"), ("时效", "time"), ("进度", "time"),
    ("投入管理", "input"), ("预算和财务", "finance"), ("财务", "finance"), ("资产", "asset"), ("项目管理", "project"),
    ("工作目标", "input"), ("绩效管理", "project"), ("长效", "longterm"), ("人力", "staff"), ("部门", "support"),
    ("配套", "facility"), ("信息", "sharing"),
)  # fmt: skip


def kind_of(level2: str) -> Kind:
    """Return what the level-2 label asks for; "other" where no word tells."""
    return next((kind for word, kind in _KIND_WORDS if word in level2), "other")


# --------------------------------------------------------------------------------------------------------------- topics


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that is bought, built or handed out, with its unit and the verbs that go with it."""

    noun: str
    unit: str
    verbs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Topic:
    """A field of work and its words."""

    id: str
    split: Split
    agencies: tuple[str, ...]
    projects: tuple[str, ...]
    events: tuple[str, ...]
    things: tuple[Thing, ...]
    works: tuple[str, ...]
    people: tuple[str, ...]
    effects: tuple[str, ...]
    economies: tuple[str, ...]
    ecologies: tuple[str, ...]
    systems: tuple[str, ...]
    documents: tuple[str, ...]


@cache
def topics() -> tuple[Topic, ...]:
    """Return all topics of `topics.txt`."""
    text = (Path(__file__).parent / "topics.txt").read_text(encoding="utf-8")
    blocks = re.split(r"^\[(\w+) (\w+)\]\n", text, flags=re.M)[1:]
    found = []
    for name, split, body in zip(blocks[::3], blocks[1::3], blocks[2::3], strict=True):
        lines = dict(line.split(": ", 1) for line in body.strip().split("\n"))
        words = {key: tuple(value.split()) for key, value in lines.items()}
        things = tuple(Thing(n, u, tuple(v.split("|"))) for n, u, v in (item.split(":") for item in words["thing"]))
        found.append(
            Topic(
                name, _split(split), words["agency"], words["project"], words["event"], things, words["work"],
                words["people"], words["effect"], words["econ"], words["eco"], words["system"], words["doc"],
            )
        )  # fmt: skip
    return tuple(found)


def _split(name: str) -> Split:
    for split in SPLITS:
        if split == name:
            return split
    raise ValueError(f"{name!r} is no split; known are {', '.join(SPLITS)}")


@dataclass(frozen=True, slots=True)
class Pool:
    """Phrases; `held` ones are used for the split "test" only, where they are as likely as the common ones."""

    common: tuple[str, ...]
    held: tuple[str, ...] = ()

    def pick(self, rng: random.Random, split: Split) -> str:
        """Return one phrase that `split` may use."""
        if split == "test" and self.held and rng.random() < 0.5:
            return rng.choice(self.held)
        return rng.choice(self.common)


# ------------------------------------------------------------------------------------------------- people, places, dates

SURNAMES: dict[Split, str] = {
    "train": "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎",
    "dev": "潘杜戴夏钟汪田任姜范方石姚谭廖",
    "test": "邹熊陆郝孔崔康毛邱秦江史顾侯邵孟龙万段雷",
}
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海波宁晓东春生凤琴新民立新雪峰俊岭永宏"
    "嘉怡子涵浩然思远雨桐若曦瑞泽卫忠德福庆祥淑珍云鹏飞翔世昌维祖光耀景行"
)
_PLACE_FIRST: dict[Split, str] = {
    "train": "安宁平临清云长青石永新东南双金泰和兴康盛丰宝嘉明",
    "dev": "瑞柏汉沂淮",
    "test": "翠鹤榆砚苍泾澜蓟",
}
_PLACE_SECOND = "河山阳川溪原林江泉峰湖城塘岭陵水坪港桥源"
_PLACE_LEVEL = ("市", "市", "市", "县", "县", "区", "区", "自治县", "经济开发区", "高新区", "示范区", "镇", "街道")


def person(rng: random.Random, split: Split) -> str:
    """Return an invented person's name."""
    return rng.choice(SURNAMES[split]) + "".join(rng.sample(_GIVEN, rng.choice((1, 2, 2, 2))))


def people(rng: random.Random, split: Split) -> str:
    """Return one to three persons as a form's cell holds them."""
    names = [person(rng, split) for _ in range(rng.choices((1, 2, 3), (85, 10, 5))[0])]
    return rng.choice((" ", "、", "、", "，", "/")).join(names)


def phone(rng: random.Random) -> str:
    """Return an invented phone number: mostly eight digits, else seven, with an area code, or a mobile number."""
    body = str(rng.randint(2, 8)) + "".join(rng.choices("0123456789", k=7))
    shape = rng.random()
    if shape < 0.78:
        return body
    if shape < 0.85:
        return body[:7]
    if shape < 0.93:
        return f"0{rng.randint(311, 998)}-{body}"
    # 190-199 followed by zeros and few digits: shaped like a mobile number, assigned to nobody I could name.
    return "1" + rng.choice("3589") + "0000" + "".join(rng.choices("0123456789", k=5))


def phones(rng: random.Random) -> str:
    """Return one or two phone numbers as a form's cell holds them."""
    return rng.choice((" ", "、", "/")).join(phone(rng) for _ in range(rng.choices((1, 2), (90, 10))[0]))


def place(rng: random.Random, split: Split) -> str:
    """Return an invented city, county, district or the like."""
    return rng.choice(_PLACE_FIRST[split]) + rng.choice(_PLACE_SECOND) + rng.choice(_PLACE_LEVEL)


def amount_yuan(rng: random.Random) -> str:
    """Return an amount in 元 with two decimals."""
    if rng.random() < 0.08:
        return "0.00"
    scale = rng.choice((1_000, 10_000, 10_000, 100_000, 100_000))
    whole = rng.randint(1, 900) * scale // rng.choice((1, 1, 1, 2, 4))
    return f"{whole}.{rng.choice(('00', '00', '00', f'{rng.randint(1, 99):02d}'))}"


def amount_wan(rng: random.Random) -> str:
    """Return an amount in 万元, whole or with decimals, sometimes with separators."""
    value = rng.choice((rng.randint(1, 60), rng.randint(10, 900), rng.randint(100, 9000)))
    shape = rng.random()
    if shape < 0.5:
        return str(value)
    if shape < 0.65:
        return f"{value}.{rng.randint(1, 9)}"
    if shape < 0.9:
        return f"{value}.{rng.randint(0, 99):02d}"
    if shape < 0.95:
        return f"{value:,}.{rng.randint(0, 99):02d}"
    return f"{value}.{rng.randint(0, 99999):05d}"


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


def _percent(rng: random.Random, operator: str, values: Sequence[str]) -> Goal:
    number = rng.choice(values)
    shape = rng.random()
    if shape < 0.9:
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


def _count(rng: random.Random, unit: str, low: int, high: int, operators: str = "≥=≥=≥") -> Goal:
    operator = rng.choice(operators)
    number = _number(rng, low, high)
    shape = rng.random()
    if shape < 0.9:
        return Goal(operator, number, unit)
    if shape < 0.94:
        return Goal("", number, unit)
    if shape < 0.955:
        return Goal(operator, number, "")
    if shape < 0.97 and operator == "≥":
        return Goal(words=f"{rng.choice(('不少于', '不低于', '大于'))}{number}{unit}")
    if shape < 0.98 and operator == "≥":
        return Goal(words=f"{number}{unit}以上")
    if shape < 0.99 and low < 100:
        return Goal(words=f"{number}-{int(number) + rng.randint(1, 30)}{unit}")
    return Goal(operator, f"{int(number):,}", unit)


_TIME_WORDS = Pool(
    ("{y}年12月底前", "12月底到位", "{y}年12月31日前", "{y}年底", "{y}.1.1-{y}.12.31", "{m}月底前完成", "{y}年{m}月",
     "{y}-{m:02d}-28", "按时", "及时", "按计划进度完成", "每月{d}日前", "收到文件后{d}个工作日内", "{y}年{m}月-12月"),
    ("{y}年第{q}季度末", "于{m}月{d}日前办结", "当年度内", "{m}月上旬", "如期完工"),
)  # fmt: skip

_ADJECTIVES: dict[str, tuple[str, ...]] = {
    "规范性": ("合规", "规范"), "协调性": ("高", "协调", "较高"), "合规性": ("合规",), "及时性": ("及时", "按时"),
    "影响力": ("明显", "逐步提升", "较大"), "稳定性": ("稳定",), "安全性": ("安全",), "准确性": ("准确",),
    "可持续性": ("可持续", "长期"), "持续性": ("长期", "持续"), "积极性": ("提高", "较高"), "便利性": ("便利", "提高"),
}  # fmt: skip
_EFFECT_WORDS = Pool(
    ("明显", "显著", "有效提高", "有效提升", "较好", "良好", "提高", "提升", "明显提高", "显著增强", "反响较好", "持续改善",
     "逐步提高", "不断提升", "效果明显", "有所改善", "长期", "好", "优良", "是"),
    ("成效突出", "稳步向好", "切实增强", "初见成效", "进一步巩固", "大幅改观"),
)  # fmt: skip
_LASTING_WORDS = Pool(
    ("长期", "健全", "持续", "可持续", "有效", "完善", "建立健全", "≥1年", "≥3年", "中长期"), ("常态化", "经久")
)


def _words(text: str) -> Goal:
    return Goal(words=text)


def adjective(name: str, rng: random.Random) -> Goal:
    """Return the adjective that a name ending in 性 asks for (健全性 → 健全)."""
    for ending, words in _ADJECTIVES.items():
        if name.endswith(ending):
            return _words(rng.choice(words))
    return _words(name[-3:-1] if name.endswith("性") and len(name) >= 3 else "良好")


def _unit_goal(rng: random.Random, unit: str) -> Goal:
    large = unit in {"人", "人次", "份", "张", "册", "株", "米", "亩", "平方米", "条", "块"}
    if unit.startswith("万") or unit in {"公里", "TB"}:
        return Goal(
            rng.choice("≥=≥"), rng.choice((_number(rng, 1, 60), f"{rng.randint(0, 20)}.{rng.randint(1, 9)}")), unit
        )
    return _count(rng, unit, *((10, 9000) if large and rng.random() < 0.8 else (1, 120)))


_GOALS: dict[str, Callable[[random.Random, str, Split], Goal]] = {
    "full": lambda r, n, s: _percent(r, r.choice("===≥"), ("100", "100", "100", "98", "95")),
    "high": lambda r, n, s: _percent(r, r.choice("≥≥≥="), ("80", "85", "90", "90", "95", "95", "98", "100", "92", "96.5")),
    "growth": lambda r, n, s: _percent(r, "≥", ("2", "3", "5", "5", "8", "10", "15", "20", "30", "4.5")),
    "low": lambda r, n, s: _percent(r, r.choice("≤≤<="), ("0", "1", "2", "3", "5", "5", "10", "0.5")),
    "cap": lambda r, n, s: _percent(r, r.choice("≤≤≤="), ("100", "100", "100", "95", "98")),
    "people": lambda r, n, s: _count(r, r.choice(("人", "人", "人", "人次", "名")), 5, 6000),
    "visits": lambda r, n, s: _count(r, r.choice(("人次", "人次", "人", "人/次")), 50, 60000),
    "times": lambda r, n, s: _count(r, r.choice(("次", "次", "场", "期", "场次")), 1, 30, "=≥="),
    "classes": lambda r, n, s: _count(r, r.choice(("期", "班", "次", "个")), 1, 12, "=≥="),
    "days": lambda r, n, s: _count(r, r.choice(("天", "个工作日", "小时", "日", "分钟")), 1, 60, "≤≤="),
    "years": lambda r, n, s: _count(r, "年", 1, 20, "≥≥="),
    "money": lambda r, n, s: Goal(r.choice("≤≤="), r.choice((_number(r, 2, 900), f"{r.randint(1, 90)}.{r.randint(1, 99):02d}")),
                                  r.choice(("万元", "万元", "元"))),
    "price": lambda r, n, s: Goal(r.choice(("≤", "=", "≤", "")), _number(r, 10, 3000),
                                  r.choice(("元/人", "元/人·天", "元/亩", "元/次", "元/户", "元/平方米", "元/人.每天", "元"))),
    "income": lambda r, n, s: Goal("≥", _number(r, 1, 900), r.choice(("万元", "元", "亿元"))),
    "adjective": lambda r, n, s: adjective(n, r),
    "effect": lambda r, n, s: _words(_EFFECT_WORDS.pick(r, s)),
    "lasting": lambda r, n, s: _words(_LASTING_WORDS.pick(r, s)),
    "boolean": lambda r, n, s: _words(boolean_word(n, r)),
    "date": lambda r, n, s: _words(_TIME_WORDS.pick(r, s).format(y=r.randint(2018, 2025), m=r.randint(3, 12),
                                                                d=r.randint(5, 28), q=r.randint(1, 4))),
    "controlled": lambda r, n, s: _words(r.choice(("控制在预算内", "不超预算", "节约", "合理", "有效控制", "按合同价执行"))),
}  # fmt: skip


def boolean_word(name: str, rng: random.Random) -> str:
    """Return the word that a yes/no name asks for (是否… → 是, 有无… → 有, 能否… → 能)."""
    if "有无" in name:
        return "有"
    if name.startswith("能否"):
        return "能"
    return rng.choice(("是", "是", "是", "能"))


# ------------------------------------------------------------------------------------------------------ indicator names

# Templates of project-specific names: "phrase|goal". {e} event, {t} thing, {v} its verb, {w} work, {p} people, {f}
# benefit, {s} system, {j} project, {c} economy, {g} ecology. The goal "thing" takes the thing's unit.
_TEMPLATES: dict[Kind, Pool] = {
    "quantity": Pool(
        ("{e}参加人数|people", "{e}参与人数|visits", "{e}参赛人数|people", "{t}数量|thing", "{v}{t}|thing", "{v}{t}数量|thing",
         "{t}{v}数|thing", "举办{e}|times", "举办{e}次数|times", "开展{e}|times", "{e}场次|times", "{e}期数|classes", "{e}|times",
         "{t}|thing", "{p}培训人数|people", "培训{p}人数|people", "组织{p}参加{e}|people", "{w}任务完成数|cases", "{w}次数|times",
         "{w}数量|cases", "{w}覆盖率|high", "惠及{p}人数|visits", "{e}覆盖{p}|visits", "补助{p}人数|people", "{w}|cases",
         "{p}参与{e}人次|visits", "完成{w}个数|cases", "新增{t}|thing", "{t}购置数量|thing", "{e}天数|days", "年度{w}工作量|cases",
         "印发{e}宣传资料数量|copies", "{e}媒体报道次数|times", "{w}计划完成率|full", "服务{p}|visits", "{t}配备率|full",
         "{e}聘请专家数|people", "{w}面积|area", "{w}长度|length", "发放{e}纪念品|copies", "编印{e}材料|copies", "{w}项目数|cases"),
        ("{e}签到人头数|people", "承办{e}届次|classes", "{t}到货量|thing", "拟{v}{t}总量|thing", "{w}批次|cases", "受训{p}规模|people",
         "{w}台账条数|cases", "全年{e}频次|times", "{p}登记在册数|people", "{t}投用个数|thing", "{w}点位|cases"),
    ),
    "quality": Pool(
        ("{w}达标率|full", "{w}合格率|full", "{w}验收合格率|full", "{t}验收合格率|full", "{t}质量合格率|full", "{e}达标率|full",
         "{e}计划完成率|full", "{e}获奖人数|people", "{w}完成率|full", "{t}完好率|high", "{t}正常运行率|high", "{p}合格率|high",
         "{p}培训合格率|high", "{e}出勤率|high", "{w}规范性|adjective", "{w}准确率|high", "{t}达标率|full", "{w}优良率|high",
         "{w}覆盖率|high", "{s}制度执行率|full", "{w}质量达标率|full", "{e}组织规范性|adjective", "{t}利用率|high", "{t}使用率|high",
         "{w}质量|effect", "{t}故障率|low", "{w}差错率|low", "{v}{t}合格率|full", "{e}到会率|high", "{j}目标完成率|full",
         "{w}、{e}达标率|full", "{e}、{e2}、{w}达标率|full", "{p}考核通过率|high", "{w}标准符合性|adjective"),
        ("{w}一次通过率|high", "{e}评优人数|people", "{t}返修率|low", "{w}合规率|full", "{p}结业率|high", "{t}参数符合率|full",
         "{w}抽检不合格率|low", "{e}成果转化率|growth", "{w}完整度|high"),
    ),
    "time": Pool(
        ("{w}完成及时率|full", "{w}及时性|adjective", "{e}举办及时性|adjective", "{e}开展及时性|adjective", "{w}按时完成率|full",
         "{w}完成时间|date", "{t}到位及时性|adjective", "{t}{v}及时性|adjective", "{e}完成及时率|full", "{w}完成时限|date",
         "{j}按期完成率|full", "{e}时间|date", "{w}响应时间|days", "{w}及时率|high", "资金拨付及时性|adjective", "{t}交付时间|date",
         "{w}、{e}开展及时性|adjective", "{p}补助发放及时率|full", "{e}完成时间|date", "{t}{v}完成时间|date", "{w}周期|days",
         "{w}完成及时性|adjective", "{e}按计划开展率|full"),
        ("{w}逾期率|low", "{e}如期举办率|full", "{t}到货时限|date", "{w}办结时长|days", "{j}节点达成率|full", "{w}提速比例|growth"),
    ),
    "cost": Pool(
        ("{j}总成本|money", "{t}采购成本|money", "{t}单价|price", "{e}人均成本|price", "{w}成本控制率|cap", "{e}成本|money",
         "{e}经费|money", "{w}费用|money", "{p}补助标准|price", "{t}{v}成本|money", "{w}单位成本|price", "{e}支出控制数|money",
         "{t}购置费用|money", "{j}预算控制数|money", "{w}成本节约率|growth", "{e}培训费标准|price", "{j}成本控制|controlled"),
        ("{w}造价上限|money", "{e}人头费|price", "{t}中标价|money", "{j}概算偏差率|low", "{w}工料机费|money"),
    ),
    "economic": Pool(
        ("{c}|effect", "{c}金额|income", "是否{c}|boolean", "{c}情况|effect", "{j}带动收入增长率|growth", "{c}比例|growth",
         "对{c}的作用|effect", "{e}带动消费|income", "{c}率|growth"),
        ("{c}幅度|growth", "{j}撬动投资|income", "助推{c}|effect"),
    ),
    "social": Pool(
        ("{f}|effect", "是否{f}|boolean", "能否{f}|boolean", "对{f}有无帮助|boolean", "{p}知晓率|high", "{e}知晓率|high",
         "{f}情况|effect", "{f}程度|effect", "{e}效果|effect", "{e}社会影响力|effect", "{w}受益人数|visits", "{p}受益率|high",
         "{e}参与率|high", "{p}投诉率|low", "{f}作用|effect", "{p}覆盖率|high", "对{f}的影响|effect", "{e}推荐参加省级比赛人数|people",
         "{w}社会关注度|effect", "{p}参与度|effect", "{f}的能力|effect", "{p}政策知晓率|high", "{e}吸纳人数增长率|growth",
         "是否有利于{f}|boolean", "{p}获得感|effect", "受益{p}数|visits"),
        ("{f}成效|effect", "{e}传播量|visits", "{p}口碑|effect", "可否{f}|boolean", "{w}惠民面|high", "媒体对{e}的评价|effect"),
    ),
    "ecological": Pool(
        ("{g}|high", "{j}对环境的影响|effect", "{w}环保达标率|full", "{g}提升|effect", "{w}无害化处理率|full", "是否影响生态环境|boolean",
         "{w}绿色环保|effect"),
        ("{w}低碳贡献|effect", "{g}增幅|growth", "{w}扰民投诉|low"),
    ),
    "sustained": Pool(
        ("{s}制度健全性|adjective", "{s}机制健全性|adjective", "{s}长效机制|lasting", "{j}可持续影响|lasting", "{t}使用年限|years",
         "{t}持续使用时间|years", "对{f}的持续影响|lasting", "{e}可持续性|adjective", "{s}制度完善性|adjective", "持续{f}|lasting",
         "{j}持续发挥作用期限|years", "{w}后续管护|lasting", "{w}长效管理机制|lasting", "{e}常年开展|lasting"),
        ("{t}服役期|years", "{s}章程沿用|lasting", "{w}成果固化|lasting"),
    ),
    "satisfaction": Pool(
        ("{p}满意度|high", "{e}{p}满意度|high", "参加{e}{p}满意度|high", "{p}对{w}的满意度|high", "{p}对{t}满意度|high",
         "{e}参与人员满意度|high", "{p}和{p2}满意度|high", "受益{p}满意度|high", "{p}投诉率|low", "参与{e}群众满意度|high",
         "{w}服务对象满意度|high", "{p}满意率|high", "{p}综合满意度|high", "{p}对{j}的认可度|high"),
        ("{p}好评率|high", "{p}点赞占比|high", "{w}回访满意比例|high", "{p}差评数|low"),
    ),
    "longterm": Pool(
        ("{s}制度健全性|adjective", "{s}机制健全性|adjective", "{p}培训制度健全性|sentence", "{s}制度完善性|adjective",
         "{w}长效机制健全性|adjective", "{s}制度执行有效性|adjective", "{t}管护制度健全性|adjective", "{e}制度建设|lasting"),
        ("{s}规程完备性|adjective", "{w}接续机制|lasting"),
    ),
    "staff": Pool(
        ("{e}聘请专家数|people", "{w}人员到位率|full", "{s}人员配备完备性|adjective", "{w}专业人员配备率|high", "{e}工作人员数|people",
         "{p}持证上岗率|high", "{e}评委人数|people", "{w}人员培训率|high", "{s}岗位人员稳定性|adjective"),
        ("{w}班组配置率|full", "{e}志愿力量|people"),
    ),
    "support": Pool(
        ("各部门协调性|adjective", "{w}部门配合度|effect", "{e}协办单位数|cases", "{s}联动机制健全性|adjective", "{w}部门协作有效性|adjective"),
        ("{e}横向联动|effect",),
    ),
    "facility": Pool(
        ("{t}配套率|high", "{w}配套设施完好率|high", "{t}配套设施完备性|adjective", "{e}场地保障|effect", "{w}设备配备率|full"),
        ("{t}附属设施齐备性|adjective",),
    ),
    "sharing": Pool(
        ("{w}信息公开率|full", "{s}信息共享有效性|adjective", "{e}信息公开及时性|adjective", "{w}数据共享率|high", "{e}信息发布篇数|copies"),
        ("{w}数据互通率|high",),
    ),
    "input": Pool(("{j}资金到位率|full", "{j}预算编制科学性|adjective", "{e}经费到位及时性|adjective"), ("{j}资金拨付进度|full",)),
    "finance": Pool(("{j}资金使用合规性|adjective", "{e}经费支出规范性|adjective", "{w}专款专用率|full"), ("{j}账务处理准确性|adjective",)),
    "project": Pool(("{w}合同管理规范性|adjective", "{j}管理制度执行有效性|adjective", "{t}采购规范性|adjective"), ("{w}过程留痕率|full",)),
    "asset": Pool(("{t}资产管理规范性|adjective", "{t}登记入账率|full", "{t}闲置率|low"), ("{t}盘点相符率|full",)),
    "other": Pool(("{s}档案完整性|adjective", "{w}其他事项|effect", "{e}安全事故数|accidents"), ("{w}备案情况|effect",)),
}  # fmt: skip

_SENTENCES = Pool(
    ("定期开展{e}", "每年组织{p}参加{e}不少于{n}次", "建立{s}制度并严格执行", "完成{w}任务，{f}", "{f}，效果显著",
     "按照{s}有关规定执行", "通过{e}，{f}", "做到{w}全覆盖、无遗漏", "每季度开展一次{w}", "{p}普遍反映良好",
     "{w}达到规定标准，{p}无投诉", "长期坚持{w}，{f}"),
    ("结合{e}稳步推进{w}", "{w}一抓到底", "由{p}监督{w}落实", "力争{f}"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One indicator: its level-3 name, its target, and whether the name stands in a dictionary."""

    name: str
    goal: Goal
    known: bool = False


@dataclass(frozen=True)
class Subject:
    """What one form is about: the words it keeps coming back to."""

    split: Split
    topic: Topic
    region: str
    agency: str
    department: str
    project: str
    year: int
    events: tuple[str, ...]
    things: tuple[Thing, ...]
    works: tuple[str, ...]
    used: set[str] = field(default_factory=set, compare=False)


def make_subject(rng: random.Random, split: Split, year: int | None = None, like: Subject | None = None) -> Subject:
    """Return an invented agency with a project; with `like`, another project of the same agency and year."""
    own = [topic for topic in topics() if topic.split == split]
    topic = like.topic if like else rng.choice(own)
    region = like.region if like else place(rng, split)
    office = rng.choice(topic.agencies)
    agency = like.agency if like else rng.choice(("", "", "中共")) * office.startswith("市委") + _join(region, office)
    department = like.department if like else _join(region, topic.agencies[0])
    year = like.year if like else year or rng.randint(2016, 2026)
    decorate = [
        lambda e: e, lambda e: e, lambda e: e, lambda e: f"{region}{e}", lambda e: f"{year}年{e}",
        lambda e: f"第{rng.choice('二三四五六七八九十')}届{region}{e}", lambda e: f"{region[:2]}{e}",
    ]  # fmt: skip
    qualify: list[Callable[[str], str]] = [
        lambda w: w, lambda w: w, lambda w: w, lambda w: rng.choice(_QUALIFIERS.common) + w,
        lambda w: _QUALIFIERS.pick(rng, split) + w,
    ]  # fmt: skip
    events = tuple(rng.choice(decorate)(e) for e in rng.sample(topic.events, min(3, len(topic.events))))
    works = tuple(rng.choice(qualify)(w) for w in rng.sample(topic.works, 3))
    things = tuple(
        Thing(rng.choice(qualify)(t.noun), t.unit, t.verbs) for t in rng.sample(topic.things, min(3, len(topic.things)))
    )
    project = rng.choice(topic.projects)
    project = rng.choice(
        (project, f"{project}项目", f"{year}年{project}", f"{region}{project}项目", f"{project}专项经费", f"“{events[0]}”项目",
         f"{project}及{works[0]}", f"{year}年度{project}补助资金", f"{things[0].verbs[0]}{things[0].noun}项目", f"{events[0]}经费",
         f"{project}（{rng.choice('一二三')}期）", f"{project}、{works[0]}费")
    )  # fmt: skip
    return Subject(split, topic, region, agency, department, project, year, events, things, works)


_QUALIFIERS = Pool(
    (
        "重点",
        "市级",
        "基层",
        "城区",
        "农村",
        "年度",
        "新增",
        "全县",
        "区级",
        "日常",
        "专项",
        "公益",
        "大型",
        "老旧",
        "智能",
    ),
    ("辖内", "首批", "示范性", "应急类", "散居"),
)


def _join(region: str, office: str) -> str:
    if office.startswith("市委"):
        return region + "委" + office[2:] if region.endswith(("市", "县", "区")) else region + "党工委" + office[2:]
    return region + office


def compose(template: str, subject: Subject, rng: random.Random) -> tuple[str, str]:
    """Fill one template "phrase|goal" and return the name and the goal's word ("thing:台" for a thing's unit)."""
    phrase, _, goal = template.partition("|")
    thing = rng.choice(subject.things)
    first, second = rng.sample(subject.events, 2)
    one, two = rng.sample(subject.topic.people, 2)
    name = phrase.format(
        e=first, e2=second, t=thing.noun, v=rng.choice(thing.verbs), w=rng.choice(subject.works), p=one, p2=two,
        f=rng.choice(subject.topic.effects), s=rng.choice(subject.topic.systems), j=bare_project(subject.project),
        c=rng.choice(subject.topic.economies), g=rng.choice(subject.topic.ecologies), n=rng.randint(1, 6),
    )  # fmt: skip
    return name, f"thing:{thing.unit}" if goal == "thing" else goal


def bare_project(project: str) -> str:
    """Return the project's name without what only a title carries (quotes, 项目, 专项经费, brackets)."""
    return re.sub(r"[“”]|（.*?）|专项经费$|补助资金$|项目$|经费$", "", project)


def _goal(word: str, name: str, subject: Subject, rng: random.Random) -> Goal:
    if word.startswith("thing:"):
        return _unit_goal(rng, word[6:])
    if word == "cases":
        return _count(rng, rng.choice(("个", "项", "次", "件", "处", "批", "家", "户", "份", "例")), 1, 300)
    if word == "copies":
        return _count(rng, rng.choice(("份", "册", "张", "套", "篇", "本")), 20, 9000)
    if word == "area":
        return _count(rng, rng.choice(("平方米", "亩", "㎡", "公顷", "万平方米")), 5, 9000)
    if word == "length":
        return _count(rng, rng.choice(("公里", "米", "千米", "延米")), 2, 900)
    if word == "accidents":
        return rng.choice((Goal("=", "0", "起"), Goal("≤", "0", "次"), Goal(words="无"), Goal(words="零事故")))
    if word == "sentence" or (word in {"effect", "lasting", "adjective"} and rng.random() < 0.05):
        return _words(compose(_SENTENCES.pick(rng, subject.split), subject, rng)[0])
    return _GOALS[word](rng, name, subject.split)


@cache
def dictionary_names() -> dict[Kind, tuple[Name, ...]]:
    """Return the dictionaries' level-3 names by what their level-2 parent asks for, in a fixed order."""
    found: dict[Kind, dict[str, Name]] = {}
    for text, entries in load_dictionaries().names("level3").items():
        for entry in entries:
            for parent in entry.parents:
                found.setdefault(kind_of(parent), {}).setdefault(text, entry)
    return {kind: tuple(names[text] for text in sorted(names)) for kind, names in sorted(found.items())}


def known_goal(name: Name, subject: Subject, rng: random.Random) -> Goal:
    """Return a target for a dictionary name: by its ending first, then by what the dictionary says of it."""
    text = name.text
    for endings, word in _ENDINGS:
        if text.endswith(endings):
            return _goal(word, text, subject, rng)
    if name.words and not name.units:
        return _words(rng.choice(name.words))
    if name.units and name.operator:
        unit = rng.choice(name.units)
        return (
            _percent(rng, name.operator, ("90", "95", "100"))
            if unit == "%"
            else _count(rng, unit, 1, 500, name.operator)
        )
    return _goal("effect", text, subject, rng)


_ENDINGS: tuple[tuple[tuple[str, ...], str], ...] = (
    (("满意度", "满意率", "覆盖率", "知晓率", "利用率", "使用率", "完好率", "参与率", "优良率"), "high"),
    (("投诉率", "差错率", "故障率", "发生率", "结余率", "调整率", "事故率"), "low"),
    (("增长率", "下降率", "节约率", "提高率", "增加率"), "growth"),
    (("控制率",), "cap"),
    (("率", "到位情况"), "full"),
    (("性",), "adjective"),
    (("人次",), "visits"),
    (("人数", "人员数"), "people"),
    (("次数", "场次"), "times"),
    (("总成本", "金额", "总投资", "控制数", "成本"), "money"),
    (("标准", "单价"), "price"),
    (("年限", "期限"), "years"),
    (("时间", "时限"), "date"),
    (("天数",), "days"),
    (("面积",), "area"),
    (("里程", "长度"), "length"),
)


def make_items(kind: Kind, count: int, subject: Subject, rng: random.Random, known_share: float = 0.3) -> list[Item]:
    """Return `count` different indicators of a kind; about `known_share` of them are dictionary names."""
    known = dictionary_names().get(kind, ())
    items: list[Item] = []
    tries = 0
    while len(items) < count and tries < 60 * (count + 1):
        tries += 1
        if known and rng.random() < known_share:
            entry = rng.choice(known)
            item = Item(entry.text, known_goal(entry, subject, rng), known=True)
        else:
            name, word = compose(_TEMPLATES[kind].pick(rng, subject.split), subject, rng)
            item = Item(name, _goal(word, name, subject, rng))
        if item.name not in subject.used:
            subject.used.add(item.name)
            items.append(item)
    return items


def fixed_item(text: str, subject: Subject, rng: random.Random) -> Item:
    """Return the indicator of a dictionary name given as text."""
    entries = load_dictionaries_once().get(text)
    goal = known_goal(entries, subject, rng) if entries else _goal("full", text, subject, rng)
    subject.used.add(text)
    return Item(text, goal, known=entries is not None)


@cache
def load_dictionaries_once() -> dict[str, Name]:
    """Return every level-3 dictionary name with its first entry."""
    return {text: entries[0] for text, entries in load_dictionaries().names("level3").items()}


# ----------------------------------------------------------------------------------------------------------- narratives

_ISSUERS = Pool(
    ("国务院", "国务院办公厅", "{r}人民政府", "{r}人民政府办公室", "中共{r}委", "省财政厅", "省政府办公厅", "{d}", "{a}", "财政部",
     "中共中央、国务院", "省委办公厅 省政府办公厅", "{d}、{r}财政局"),
    ("省发展改革委", "{r}联席会议办公室"),
)  # fmt: skip
_CODES = (
    "国发",
    "国办发",
    "政办",
    "财预",
    "财行",
    "发改",
    "办字",
    "政发",
    "办发",
    "府办",
    "教基",
    "函",
    "财社",
    "财农",
)
_DOC_ENDINGS = ("意见", "实施意见", "通知", "实施方案", "若干措施", "指导意见", "管理办法", "行动计划（{y0}—{y1}年）")
_OPENINGS = Pool(
    ("为{f}，", "根据{doc}要求，", "按照{d}统一部署，", "为深入贯彻落实{doc}精神，", "为进一步{f}，", "近年来，",
     "根据{r}{y}年重点工作安排，", "为切实做好{w}工作，", "结合我{u}实际，", "为了{f}，"),
    ("围绕{f}这一主线，", "鉴于{w}现状，", "承接{doc}，"),
)  # fmt: skip
_CLAUSES = Pool(
    ("{a}拟开展{w}", "组织{p}参加{e}", "{v}{t}{n}{un}", "对{w}进行全面检查", "在全{u}范围内举办{e}", "完善{s}制度",
     "加强{p}队伍建设", "{f}", "继续做好{w}工作", "聘请专家对{p}进行指导", "加大宣传力度，{f}", "计划投入资金{m}万元",
     "邀请{p}代表座谈", "委托第三方开展{w}", "保障{w}顺利实施", "与有关单位签订合同", "提高{p}参与{e}的积极性",
     "不断{f}", "充分发挥{p}的作用", "确保资金专款专用"),
    ("按季调度{w}", "引导{p}主动融入{e}", "划拨{m}万元用于{w}", "试点推行{s}清单", "逐户走访{p}"),
)  # fmt: skip
_ENDINGS_TEXT = Pool(
    ("{f}。", "从而{f}。", "取得良好的社会效益。", "为{r}经济社会发展提供有力保障。", "切实{f}。", "确保各项工作落到实处。",
     "受到{p}的一致好评。", "满足{p}的需求。", "实现预期目标。"),
    ("让{p}得实惠。", "打通{w}最后一公里。"),
)  # fmt: skip
_NUMBERS: tuple[Callable[[int], str], ...] = (
    lambda i: f"{i}.", lambda i: f"{i}、", lambda i: f"（{i}）", lambda i: f"({i})", lambda i: f"{'一二三四五六七八九十'[i - 1]}、",
    lambda i: f"（{'一二三四五六七八九十'[i - 1]}）", lambda i: f"{i}. ", lambda i: "①②③④⑤⑥⑦⑧⑨⑩"[i - 1], lambda i: f"第{'一二三四五六七八九十'[i - 1]}，",
)  # fmt: skip
_NONE_WORDS = ("", "", "无", "无", "无。", "无其他需说明事项", "无其他需要说明的事项", "/", "—")


def document(subject: Subject, rng: random.Random) -> str:
    """Return the title of a policy document in 《》, mostly with its number."""
    issuer = _fill(_ISSUERS.pick(rng, subject.split), subject, rng)
    about = rng.choice(subject.topic.documents)
    year = subject.year - rng.randint(0, 5)
    ending = rng.choice(_DOC_ENDINGS).format(y0=year, y1=year + rng.randint(2, 5))
    title = f"《{issuer}关于{about}的{ending}》" if "关于" not in about else f"《{about}的{ending}》"
    if rng.random() < 0.12:
        title = f"《{issuer}关于印发〈{about}{ending}〉的通知》"
    shape = rng.random()
    if shape < 0.2:
        return title
    left, right = rng.choice(("〔〕", "〔〕", "〔〕", "〔〕", "【】", "（）", "[]"))
    return f"{title}（{subject.region[0] if rng.random() < 0.5 else ''}{rng.choice(_CODES)}{left}{year}{right}{rng.randint(1, 180)}号）"


def _fill(text: str, subject: Subject, rng: random.Random, documents: bool = False) -> str:
    thing = rng.choice(subject.things)
    return text.format(
        r=subject.region, d=subject.department, a=subject.agency, y=subject.year, u=subject.region[-1],
        e=rng.choice(subject.events), t=thing.noun, v=rng.choice(thing.verbs), un=thing.unit, n=rng.randint(2, 300),
        w=rng.choice(subject.works), p=rng.choice(subject.topic.people), f=rng.choice(subject.topic.effects),
        s=rng.choice(subject.topic.systems), m=rng.randint(2, 600), j=bare_project(subject.project),
        doc=document(subject, rng) if documents else "",
    )  # fmt: skip


def sentence(subject: Subject, rng: random.Random) -> str:
    """Return one sentence of narrative prose."""
    split = subject.split
    clauses = [_CLAUSES.pick(rng, split) for _ in range(rng.randint(1, 3))]
    mark = rng.choice(("，", "，", "；"))
    return (
        _fill(_OPENINGS.pick(rng, split), subject, rng, documents=True)
        + mark.join(_fill(clause, subject, rng) for clause in clauses)
        + rng.choice(("，" + _fill(_ENDINGS_TEXT.pick(rng, split), subject, rng), "。", "。"))
    )


def _plan_line(subject: Subject, rng: random.Random) -> str:
    start = rng.randint(1, 10)
    when = rng.choice(
        (f"{start}-{start + rng.randint(1, 2)}月", f"{start}月", f"{subject.year}年{start}月", f"{subject.year}年{start}月—{start + 2}月",
         f"第{rng.choice('一二三四')}季度", f"{start}月{rng.randint(1, 28)}日前")
    )  # fmt: skip
    return f"{when}，{_fill(_CLAUSES.pick(rng, subject.split), subject, rng)}"


def _paragraphs(line: Callable[[], str], count: int, rng: random.Random, end: str = "") -> list[str]:
    number = rng.choice(_NUMBERS)
    return [number(i + 1) + line() + (end if i + 1 < count else end and "。") for i in range(count)]


def narrative(kind: str, subject: Subject, rng: random.Random, most: int = 1200) -> str:
    """Return a narrative of 1 to about `most` characters; paragraphs are separated by newlines.

    kind: overview, basis, need, measures, plan, remarks, goal. Long ones are sometimes clipped in the middle of a
    sentence, as printed cells are.
    """
    if kind == "remarks":
        return rng.choice(_NONE_WORDS) if rng.random() < 0.9 else sentence(subject, rng)
    if rng.random() < 0.03:
        return rng.choice(_NONE_WORDS)
    shape = rng.random()
    count = rng.choices((2, 3, 4, 6, 8, 10), (20, 30, 20, 15, 10, 5))[0]

    def prose() -> str:
        return "".join(sentence(subject, rng) for _ in range(rng.randint(1, 3)))

    if kind in {"basis", "measures"} and shape < 0.6:
        lines = _paragraphs(lambda: document(subject, rng), count, rng, rng.choice(("", "", "；")))
        if rng.random() < 0.3:
            lines.insert(0, rng.choice(("根据：", "政策依据：", "依据以下文件：")))
    elif kind == "plan" and shape < 0.6:
        lines = _paragraphs(lambda: _plan_line(subject, rng), count, rng, "；")
        if rng.random() < 0.3:
            lines.insert(0, rng.choice(("实施计划：", "项目实施内容：", "主要任务：")))
    elif kind == "goal" and shape < 0.4:
        lines = _paragraphs(lambda: _fill(_CLAUSES.pick(rng, subject.split), subject, rng), min(count, 6), rng, "；")
    elif shape < 0.75:
        lines = [prose() for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
    elif shape < 0.9:
        heads = [rng.choice((*subject.works, *subject.events)) for _ in range(min(count, 6))]
        number = rng.choice(_NUMBERS)
        lines = []
        for i, head in enumerate(heads):
            lines += [number(i + 1) + head, prose()] if rng.random() < 0.7 else [number(i + 1) + head + "。" + prose()]
    else:
        lines = [sentence(subject, rng)]
        for event in subject.events[:2]:
            lines.append(
                f"{event} 地点：{subject.region}{rng.choice(('中心广场', '会议中心', '各乡镇', '人民公园'))} 资金：{rng.randint(2, 60)}万元 "
                f"时间：{subject.year}年{rng.randint(3, 11)}月"
            )
    text = "\n".join(lines)
    if len(text) > most:
        return text[: most - rng.randint(0, 60)].rstrip("\n")
    if len(text) > 600 and rng.random() < 0.1:
        return text[: rng.randint(500, len(text) - 5)].rstrip("\n")
    return text
