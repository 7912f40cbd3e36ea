"""Take people out of a record that leaves the office: names keep the surname, numbers their first digits."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from pipeline.records import FieldValue, Record

# Labels under which forms print people and how to reach them (国办发, 财政部 and local forms write the same few words).
_PERSON = re.compile(r"负责人|联系人|经办人|填[表报]人|制表人|审[核批]人|复核人|评价人|法定代表人|姓名|签字|签名")
_REACH = re.compile(r"电话|手机|联系方式|传真|电子邮[箱件]|邮箱|身份证")
# The same in labels that were misread and stayed so: 联系话 must not print what 联系电话 would have masked.
_PERSON_LABELS = ("项目负责人", "单位负责人", "财务负责人", "部门负责人", "法定代表人", "项目联系人")
_REACH_LABELS = ("联系电话", "联系方式", "联系人电话", "手机号码", "办公电话", "电子邮箱", "电子邮件")
# A name in Chinese, or of a minority with its dot; longer runs under such a label are offices, and masked all the same.
_NAME = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff·•]{2,}")
# A number under such a label: 7 digits and more, with the usual separators; and mail addresses.
_NUMBER = re.compile(r"\+?\d[\d\-—–转()（）]{5,}\d|[\w.+-]+@[\w.-]+")
# Anywhere in a text: mobile numbers (11 digits) and identity numbers (18), not inside a longer number or an amount.
_ANYWHERE = re.compile(r"(?<![\d.])(?:1[3-9]\d{9}|\d{17}[\dXx])(?![\d.])")
# The surnames of well over nine tenths of all people; a word that begins with none of them is hardly a name.
_SURNAMES = frozenset(
    "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方"
    "石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段雷钱汤尹黎易常武乔贺赖龚文庞樊兰殷施陶洪翟安颜倪严牛温芦季俞章鲁葛伍韦申"
    "尤毕聂丛焦向柳邢路岳齐沿梅莫庄辛管祝左涂谷祁时舒耿牟卜肖詹关苗凌费纪靳盛童欧甄项曲成游阳裴席卫查屈鲍位覃霍翁隋植甘景薄单"
    "包司柏宁柯阮桂闵欧解强柴华车冉房边辜吉饶刁瞿戚丘古米池滕晋苑邬臧畅宫来嵺苟全褚廉简娄盖符奚木穆党燕郎邸冀谈姬屠连郜晏栾郁商"
    "蒙计喻揭窦迟宇敖糜鄢冷卓花仇艾蓝都巩稽井练仲乐虞卞封竺冼原官衣楚佟栗匡宗应台巫鞠僧桑荆谌银扬明沙薄伏岑习胥保和"
)
_LONGEST_NAME = 4
# What is about the file and not about a person; it must keep pointing at the source.
_KEPT = frozenset({"id", "sha256", "where", "status", "kind", "origin", "severity", "code", "at", "template"})


def _one_off(labels: tuple[str, ...]) -> re.Pattern[str]:
    """What matches these labels with one character lost, misread or put in, or two neighbours changed about."""
    ways: list[str] = []
    for label in labels:
        for i in range(len(label)):
            ways += [label[:i] + ".?" + label[i + 1 :], label[:i] + "." + label[i:]]
            ways.append(label[:i] + label[i : i + 2][::-1] + label[i + 2 :])
    return re.compile("|".join(ways))


_ONE_OFF_PERSON, _ONE_OFF_REACH = _one_off(_PERSON_LABELS), _one_off(_REACH_LABELS)


def mask_record(record: Record) -> Record:
    """Return the record with people's names and numbers masked in every text of it (张** and 678*****).

    Names and numbers are those of the fields that print people or how to reach them, wherever else in the same record
    they stand; mobile and identity numbers are masked everywhere. Lengths stay the same.
    """
    secrets = {
        secret: stars
        for label, field in record.fields.items()
        for secret, stars in _secrets(label, field).items()
        # 办公室 or 暂无 under 联系人 is masked there, but not wherever else the word stands.
        if _NUMBER.fullmatch(secret) or (len(secret) <= _LONGEST_NAME and secret[0] in _SURNAMES)
    }
    everywhere = _masker(secrets)
    masked: dict[str, Any] = _walk(record.model_dump(), everywhere)
    for label, field in record.fields.items():
        if own := _secrets(label, field):
            masked["fields"][label] = _walk(field.model_dump(), _masker(secrets | own))
    return Record.model_validate(masked)


def _masker(secrets: dict[str, str]) -> Callable[[str], str]:
    # Longest first: a name that begins another must not cut it.
    known = [re.escape(text) for text in sorted(secrets, key=len, reverse=True)]
    pattern = re.compile("|".join([*known, _ANYWHERE.pattern]))
    return lambda text: pattern.sub(lambda found: secrets.get(found.group()) or _stars(found.group(), 3), text)


def _secrets(label: str, field: FieldValue) -> dict[str, str]:
    """Return what is personal in a field, and what to put in its place."""
    found: dict[str, str] = {}
    name = re.sub(r"[(（].*?[)）]|[\s:：]|^.*→", "", label)
    people = _PERSON.search(label) or _ONE_OFF_PERSON.fullmatch(name)
    reach = _REACH.search(label) or _ONE_OFF_REACH.fullmatch(name)
    for text in sorted({field.value, field.raw, *_strings(field.parsed)}) if people or reach else ():
        # 负责人及联系电话 holds both, so both are looked for under either.
        found |= {number: _stars(number, 3) for number in _NUMBER.findall(text)}
        found |= {name: _stars(name, 1) for name in _NAME.findall(text) if people}
    return found


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _strings(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)


def _stars(text: str, kept: int) -> str:
    return text[:kept] + "".join("*" if character.isalnum() else character for character in text[kept:])


def _walk(value: Any, masked: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, dict):
        return {key: item if key in _KEPT else _walk(item, masked) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_walk(item, masked) for item in value]
    return value


def text_masker(record: Record) -> Callable[[str], str]:
    """What masks every text of the record's pages: all that is personal in any of its fields, wherever it stands."""
    secrets: dict[str, str] = {}
    for label, field in record.fields.items():
        secrets |= _secrets(label, field)
    return _masker(secrets)
