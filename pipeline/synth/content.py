"""Words for generated forms: agencies, projects, people, amounts, narratives.

Everything is invented and drawn from the `random.Random` that is passed in. Topics (`topics.txt`), surnames, places and
phrases (`phrases.txt`) are divided between the splits "train", "dev" and "test": what is held out for a split occurs in
no other, so that a figure on "test" says something about words that no model has seen. Dictionary names are common to
all splits, as they are to all users. Indicators and their targets are in `indicators.py`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal

Split = Literal["train", "dev", "test"]
SPLITS: tuple[Split, ...] = ("train", "dev", "test")
_HERE = Path(__file__).parent


# ------------------------------------------------------------------------------------------------------ topics, phrases


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
    blocks = re.split(r"^\[(\w+) (\w+)\]\n", (_HERE / "topics.txt").read_text(encoding="utf-8"), flags=re.M)[1:]
    found = []
    for name, split, body in zip(blocks[::3], blocks[1::3], blocks[2::3], strict=True):
        lines = dict(line.split(": ", 1) for line in body.strip().split("\n"))
        words = {key: tuple(value.split()) for key, value in lines.items()}
        things = tuple(Thing(n, u, tuple(v.split("|"))) for n, u, v in (item.split(":") for item in words["thing"]))
        found.append(
            Topic(
                id=name, split=_split(split), agencies=words["agency"], projects=words["project"],
                events=words["event"], things=things, works=words["work"], people=words["people"],
                effects=words["effect"], economies=words["econ"], ecologies=words["eco"], systems=words["system"],
                documents=words["doc"],
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


@cache
def pools() -> dict[str, Pool]:
    """Return all phrase pools of `phrases.txt` by name."""
    blocks = re.split(r"^\[(\w+)\]\n", (_HERE / "phrases.txt").read_text(encoding="utf-8"), flags=re.M)[1:]
    found = {}
    for name, body in zip(blocks[::2], blocks[1::2], strict=True):
        lines = dict(line.split(": ", 1) for line in body.replace("\n  ", " ").strip().split("\n"))
        parts = {key: tuple(item.strip() for item in value.split(";")) for key, value in lines.items()}
        found[name] = Pool(parts["common"], parts.get("held", ()))
    return found


# The word model that labels are judged with brings a word list; its common nouns widen what generated names are about
# far beyond the topics. Characters that would make a form unfit to show are kept out.
_UNFIT = re.compile("[奸妓毒杀尸淫娼嫖赌鬼血性裸奴匪死亡党共产反革命墓盗贼帝佛僧妾婢]")
# Below this count in the word list's corpus a word is rare enough to be strange on a form.
_COMMON_WORD = 300


@cache
def wild_words(split: Split) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return nouns and verbal nouns of jieba's word list that belong to the split, in a fixed order."""
    import jieba  # here: slow to import, and only generated text needs it

    found: dict[str, list[str]] = {"n": [], "vn": []}
    for line in (Path(jieba.__file__).parent / "dict.txt").read_text(encoding="utf-8").split("\n"):
        word, count, kind = [*line.split(" "), "", "0", ""][:3]
        if kind in found and 2 <= len(word) <= 4 and int(count) >= _COMMON_WORD and not _UNFIT.search(word):
            # One word in five is held out for "test", one in ten for "dev", by a sum that no random state touches.
            share = sum(ord(char) * (i + 1) for i, char in enumerate(word)) % 10
            if split == ("test" if share < 2 else "dev" if share == 2 else "train"):
                found[kind].append(word)
    return tuple(found["n"]), tuple(found["vn"])


# ------------------------------------------------------------------------------------------------ people, places, money

SURNAMES: dict[Split, str] = {
    "train": "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎",
    "dev": "潘杜戴夏钟汪田任姜范方石姚谭廖",
    "test": "邹熊陆郝孔崔康毛邱秦江史顾侯邵孟龙万段雷",
}
_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志文海波宁晓东春生凤琴新民立雪峰俊岭永宏"
    "嘉怡子涵浩然思远雨桐若曦瑞泽卫忠德福庆祥淑珍云鹏飞翔世昌维祖光耀景行"
)
PLACES: dict[Split, str] = {
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
    # Zeros where a mobile number names its region, so that it is nobody's.
    return "1" + rng.choice("3589") + "0000" + "".join(rng.choices("0123456789", k=5))


def phones(rng: random.Random) -> str:
    """Return one or two phone numbers as a form's cell holds them."""
    return rng.choice((" ", "、", "/")).join(phone(rng) for _ in range(rng.choices((1, 2), (90, 10))[0]))


def place(rng: random.Random, split: Split) -> str:
    """Return an invented city, county, district or the like."""
    return rng.choice(PLACES[split]) + rng.choice(_PLACE_SECOND) + rng.choice(_PLACE_LEVEL)


def amount_yuan(rng: random.Random) -> str:
    """Return an amount in 元 with two decimals."""
    if rng.random() < 0.08:
        return "0.00"
    whole = rng.randint(1, 900) * rng.choice((1_000, 10_000, 10_000, 100_000)) // rng.choice((1, 1, 1, 2, 4))
    return f"{whole}.{rng.choice(('00', '00', '00', f'{rng.randint(1, 99):02d}'))}"


def amount_wan(rng: random.Random) -> str:
    """Return an amount in 万元, whole or with decimals."""
    value = rng.choice((rng.randint(1, 60), rng.randint(10, 900), rng.randint(100, 9000)))
    shape = rng.random()
    if shape < 0.5:
        return str(value)
    if shape < 0.65:
        return f"{value}.{rng.randint(1, 9)}"
    if shape < 0.92:
        return f"{value}.{rng.randint(0, 99):02d}"
    return f"{value}.{rng.randint(0, 99999):05d}"


def two_totals(rng: random.Random, count: int, *, yuan: bool = False) -> list[tuple[str, list[str]]]:
    """Return the totals of a period and of its first year with `count` parts each; the year never costs more."""
    drawn = [amount_parts(rng, count, yuan=yuan) for _ in range(2)]
    return sorted(drawn, key=lambda pair: Decimal(pair[0].replace(",", "")), reverse=True)


def amount_parts(rng: random.Random, count: int, *, yuan: bool = False) -> tuple[str, list[str]]:
    """Return a total and `count` parts that sum to it, printed alike (all zeros but the first are often blank)."""
    total = amount_yuan(rng) if yuan else amount_wan(rng)
    value = Decimal(total)
    step = Decimal(1).scaleb(-len(total.partition(".")[2]))
    parts = []
    for _ in range(count - 1):
        part = Decimal(0)
        if rng.random() < 0.3:
            part = (value * rng.randint(5, 60) / 100).quantize(step)
        parts.append(part)
        value -= part
    blank = rng.choice(("", "0", "0.00", "", "—"))
    grouped = "," if rng.random() < 0.08 else ""
    shown = [f"{part:{grouped}f}" if part else blank for part in parts]
    return f"{Decimal(total):{grouped}f}", [f"{value:{grouped}f}", *shown]


# ------------------------------------------------------------------------------------------------------------- subjects


@dataclass(frozen=True)
class Subject:
    """What one form is about: the words it keeps coming back to.

    `sound`: the form breaks no rule that a reviewer would cite: units agree with names, no vague words, amounts and
    dates agree. Other forms are as people fill them in.
    """

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
    sound: bool = False
    used: set[str] = field(default_factory=set, compare=False)  # level-3 names that stand already


_WILD_EVENTS = (
    "活动",
    "比赛",
    "培训班",
    "宣传周",
    "推广会",
    "大赛",
    "讲座",
    "研讨会",
    "展览",
    "竞赛",
    "博览会",
    "演练",
)
_WILD_UNITS = ("个", "台", "套", "份", "项", "件", "辆", "座", "处", "间", "册", "公里", "平方米", "亩", "吨")
_WILD_VERBS = ("购置", "建设", "发放", "新增", "维修", "更新", "租赁", "印制", "采购")


def make_subject(
    rng: random.Random,
    split: Split,
    year: int | None = None,
    like: Subject | None = None,
    *,
    sound: bool = False,
    wild: float = 0.12,
) -> Subject:
    """Return an invented agency with a project; with `like`, another project of the same agency and year.

    `wild` is the share of events, things and works that come from a general word list instead of the topic.
    """
    topic = like.topic if like else rng.choice([topic for topic in topics() if topic.split == split])
    region = like.region if like else place(rng, split)
    agency = like.agency if like else _office(region, rng.choice(topic.agencies))
    department = like.department if like else _office(region, topic.agencies[0])
    year = like.year if like else year or rng.randint(2016, 2026)
    events = rng.sample(topic.events, 3)
    works = rng.sample(topic.works, 3)
    things = rng.sample(topic.things, 3)
    for i in range(3):
        nouns, verbals = wild_words(split) if wild else ((), ())
        if rng.random() < wild:
            events[i] = rng.choice(nouns) + rng.choice(verbals) * rng.randint(0, 1) + rng.choice(_WILD_EVENTS)
        if rng.random() < wild:
            works[i] = (
                rng.choice(nouns) * rng.randint(0, 1) + rng.choice(verbals) + rng.choice(("", "", "工作", "服务"))
            )
        if rng.random() < wild:
            noun = rng.choice(
                (rng.choice(nouns), rng.choice(nouns) + rng.choice(nouns), rng.choice(verbals) + rng.choice(nouns))
            )
            things[i] = Thing(noun, rng.choice(_WILD_UNITS), tuple(rng.sample(_WILD_VERBS, 2)))
    events = [_decorated(event, region, year, rng) for event in events]
    works = [_qualified(work, split, rng) for work in works]
    things = [Thing(_qualified(thing.noun, split, rng), thing.unit, thing.verbs) for thing in things]
    project = _titled(rng.choice(topic.projects), region, year, (events[0], works[0], things[0]), rng)
    return Subject(
        split, topic, region, agency, department, project, year, tuple(events), tuple(things), tuple(works), sound
    )


def _office(region: str, office: str) -> str:
    if office.startswith("市委"):
        return region + ("委" if region.endswith(("市", "县", "区")) else "党工委") + office[2:]
    return region + office


def _decorated(event: str, region: str, year: int, rng: random.Random) -> str:
    return rng.choice(
        (event, event, event, region + event, f"{year}年{event}",
        f"第{rng.choice('二三四五六七八九十')}届{region}{event}",
         region[:2] + event, f"“{event}”")
    )  # fmt: skip


def _qualified(noun: str, split: Split, rng: random.Random) -> str:
    return pools()["qualifiers"].pick(rng, split) + noun if rng.random() < 0.35 else noun


def _titled(project: str, region: str, year: int, focus: tuple[str, str, Thing], rng: random.Random) -> str:
    event, work, thing = focus
    return rng.choice(
        (project, f"{project}项目", f"{year}年{project}", f"{region}{project}项目", f"{project}专项经费",
        f"{event}项目",
         f"{project}及{work}", f"{year}年度{project}补助资金", f"{thing.verbs[0]}{thing.noun}项目", f"{event}经费",
         f"{project}（{rng.choice('一二三')}期）", f"{project}、{work}费")
    )  # fmt: skip


def bare_project(project: str) -> str:
    """Return the project's name without what only a title carries (quotes, 项目, 专项经费, brackets)."""
    return re.sub(r"[“”]|（.*?）|专项经费$|补助资金$|项目$|经费$", "", project)


# ----------------------------------------------------------------------------------------------------------- narratives

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
_TEN = "一二三四五六七八九十"
_NUMBERS: tuple[Callable[[int], str], ...] = (
    lambda i: f"{i}.",
    lambda i: f"{i}、",
    lambda i: f"{i}. ",
    lambda i: f"（{i}）",
    lambda i: f"({i})",
    lambda i: f"{_TEN[i - 1]}、",
    lambda i: f"（{_TEN[i - 1]}）",
    lambda i: f"第{_TEN[i - 1]}，",
    lambda i: "①②③④⑤⑥⑦⑧⑨⑩"[i - 1],
)
_NONE_WORDS = ("", "", "无", "无", "无。", "无其他需说明事项", "无其他需要说明的事项", "/", "—")
_MONEY_SLOT = re.compile(r"\{m\}|\{n\}")


def document(subject: Subject, rng: random.Random) -> str:
    """Return the title of a policy document in 《》, mostly with its number."""
    issuer = fill(pools()["issuers"].pick(rng, subject.split), subject, rng)
    about = rng.choice(subject.topic.documents)
    year = subject.year - rng.randint(0, 5)
    ending = rng.choice(_DOC_ENDINGS).format(y0=year, y1=year + rng.randint(2, 5))
    title = f"《{issuer}关于{about}的{ending}》"
    if rng.random() < 0.12:
        title = f"《{issuer}关于印发〈{about}{ending}〉的通知》"
    if rng.random() < 0.2:
        return title
    left, right = "〔〕" if subject.sound else rng.choice(("〔〕", "〔〕", "〔〕", "〔〕", "【】", "（）", "[]"))
    code = (subject.region[0] if rng.random() < 0.5 else "") + rng.choice(_CODES)
    return f"{title}（{code}{left}{year}{right}{rng.randint(1, 180)}号）"


def fill(text: str, subject: Subject, rng: random.Random, *, documents: bool = False) -> str:
    """Fill a phrase's slots with the subject's words."""
    thing = rng.choice(subject.things)
    event, other = rng.sample(subject.events, 2)
    one, two = rng.sample(subject.topic.people, 2)
    return text.format(
        r=subject.region, d=subject.department, a=subject.agency, y=subject.year, u=subject.region[-1], e=event,
        e2=other, t=thing.noun, v=rng.choice(thing.verbs), un=thing.unit, n=rng.randint(2, 300),
        w=rng.choice(subject.works), p=one, p2=two, f=rng.choice(subject.topic.effects),
        s=rng.choice(subject.topic.systems), m=rng.randint(2, 600), j=bare_project(subject.project),
        c=rng.choice(subject.topic.economies), g=rng.choice(subject.topic.ecologies),
        doc=document(subject, rng) if documents else "",
    )  # fmt: skip


def clause(subject: Subject, rng: random.Random) -> str:
    """Return a clause that says what is done; sound forms quote no number that the grid would have to confirm."""
    phrase = pools()["clauses"].pick(rng, subject.split)
    while subject.sound and _MONEY_SLOT.search(phrase):
        phrase = pools()["clauses"].pick(rng, subject.split)
    return fill(phrase, subject, rng)


def sentence(subject: Subject, rng: random.Random) -> str:
    """Return one sentence of narrative prose."""
    opening = fill(pools()["openings"].pick(rng, subject.split), subject, rng, documents=True)
    body = rng.choice(("，", "，", "；")).join(clause(subject, rng) for _ in range(rng.randint(1, 3)))
    closing = "，" + fill(pools()["closings"].pick(rng, subject.split), subject, rng)
    return opening + body + rng.choice((closing, "。", "。"))


def _plan_line(subject: Subject, rng: random.Random) -> str:
    start = rng.randint(1, 10)
    year = f"{subject.year}年"
    when = rng.choice(
        (f"{start}-{start + rng.randint(1, 2)}月", f"{start}月", f"{year}{start}月", f"{year}{start}月—{start + 2}月",
         f"第{rng.choice('一二三四')}季度", f"{start}月{rng.randint(1, 28)}日前")
    )  # fmt: skip
    return f"{when}，{clause(subject, rng)}"


def _numbered(line: Callable[[], str], count: int, rng: random.Random, end: str = "") -> list[str]:
    number = rng.choice(_NUMBERS)
    return [number(i + 1) + line() + (end if i + 1 < count else end and "。") for i in range(count)]


def narrative(kind: str, subject: Subject, rng: random.Random, most: int = 1200) -> str:
    """Return a narrative of 0 to about `most` characters; paragraphs are separated by newlines.

    kind: overview, basis, need, measures, plan, remarks, goal, done. Long ones are sometimes clipped in the middle of a
    sentence, as printed cells are; a sound subject's are not.
    """
    if kind == "remarks":
        return rng.choice(_NONE_WORDS) if rng.random() < 0.9 else sentence(subject, rng)
    if rng.random() < 0.03 and not subject.sound:
        return rng.choice(_NONE_WORDS)
    lines = _narrative_lines(kind, subject, rng)
    text = "\n".join(lines)
    while subject.sound and len(text) > most:
        lines = lines[: max(1, len(lines) - 1)] if len(lines) > 1 else [sentence(subject, rng)]
        text = "\n".join(lines)
    if len(text) > most:
        return text[: most - rng.randint(0, 60)].rstrip("\n")
    if len(text) > 600 and rng.random() < 0.1 and not subject.sound:
        return text[: rng.randint(500, len(text) - 5)].rstrip("\n")
    return text


def _narrative_lines(kind: str, subject: Subject, rng: random.Random) -> list[str]:
    shape = rng.random()
    count = rng.choices((2, 3, 4, 6, 8, 10), (20, 30, 20, 15, 10, 5))[0]

    def prose() -> str:
        return "".join(sentence(subject, rng) for _ in range(rng.randint(1, 3)))

    if kind in {"basis", "measures"} and shape < 0.6:
        lines = _numbered(lambda: document(subject, rng), count, rng, rng.choice(("", "", "；")))
        if rng.random() < 0.3:
            lines.insert(0, rng.choice(("根据：", "政策依据：", "依据以下文件：")))
        return lines
    if kind == "plan" and shape < 0.6:
        lines = _numbered(lambda: _plan_line(subject, rng), count, rng, "；")
        if rng.random() < 0.3:
            lines.insert(0, rng.choice(("实施计划：", "项目实施内容：", "主要任务：")))
        return lines
    if kind in {"goal", "done"} and shape < 0.4:
        return _numbered(lambda: clause(subject, rng), min(count, 6), rng, "；")
    if shape < 0.75 or subject.sound:
        return [prose() for _ in range(rng.choice((1, 1, 1, 2, 2, 3)))]
    if shape < 0.9:
        number = rng.choice(_NUMBERS)
        lines = []
        for i in range(min(count, 6)):
            head = number(i + 1) + rng.choice((*subject.works, *subject.events))
            lines += [head, prose()] if rng.random() < 0.7 else [f"{head}。{prose()}"]
        return lines
    lines = [sentence(subject, rng)]
    for event in subject.events[:2]:
        where = subject.region + rng.choice(("中心广场", "会议中心", "各乡镇", "人民公园"))
        cost, month = rng.randint(2, 60), rng.randint(3, 11)
        lines.append(f"{event} 地点：{where} 资金：{cost}万元 时间：{subject.year}年{month}月")
    return lines
