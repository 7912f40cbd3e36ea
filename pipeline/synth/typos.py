"""One-character damage to labels, as OCR and typing leave it.

`damage_label(text, kind, rng)` returns the label with an error of the kind, or None where the kind cannot be applied or
would make a name that stands in a dictionary (which nobody could call an error).
"""

from __future__ import annotations

import random
import re
from functools import cache
from typing import Literal

from pipeline.dictionaries import SECTIONS, comparison_key, load_dictionaries
from pipeline.synth.content import Split

Kind = Literal["look-alike", "displaced", "dropped", "inserted", "doubled", "swapped", "several"]
SINGLE_KINDS: tuple[Kind, ...] = ("look-alike", "displaced", "dropped", "inserted", "doubled", "swapped")
KINDS: tuple[Kind, ...] = (*SINGLE_KINDS, "several")

# Groups of characters that look alike, symmetric. Source: knowledge of the field, with 办力, 日曰, 是足, 和利, 连还,
# 筛箭
# and 拨拔 seen in published OCR text. _HELD_GROUPS are kept for the split "test".
_GROUPS = (
    "办力 力刀 刀刃 未末 未本 木本 末木 己已巳 土士 日曰 目日 目自 人入八 大太天 千干于 午牛 王玉主 白自 百白 "
    "今令 折拆 拨拔 治冶 侯候 竞竟 洁沽 晴睛清 辨辩 徒徙 间问闻 筒简 住往 佳住 推准 准淮 科料 场扬 村材 材财 "
    "财则 绩续 益盖 施旅 例列 员贝 负员 基墓 综踪 识织职 培陪 训川 练炼 管营 监盐 检险 验检 投没设 援缓 付忖 "
    "批枇 预顶项 项顷 须项 算篡 标析 达迭 近远 环坏 群郡 众从 响晌 影彰 民氏 且具 街衔 团困因 图圈 圆园 参叁 "
    "奖桨 元无 开井 共其 会合 含舍 除徐 第弟 等筹 策第 组祖租 助肋 动功 工土 性姓 志忘 思恩 历厉 压庄 库厍 连莲 "
    "运远 进讲 遣遗 吉告 右石 左在 直真 宜宣 宣宫 官宫 客容 实买 完宗宋 守宇字 学孚 办为 是足 连还 筛箭 岗冈 "
    "级极 专传 社杜 贫贪 乡多 镇填 补朴 贴帖 绿缘 宝室 查杳 审宙 建健 健键 普晋 科种 技枝 青责 少小 辅铺 展屈 "
    "览贤"
)
_HELD_GROUPS = (
    "具县 困囚 免兔 度庋 度席 算箅 资货 资咨 贷货 效郊 规现 制刷 率卒 责贵 收牧 围固 期斯 全金 能熊 原厚 和利 "
    "农衣 企全 密蜜 实突 险俭 行仃 性牲 数敷 量童 服眼 质贡 提堤 时吋 务劳 产户 值植 经径 展屐 卖买 巧功"
)
# What a scanner inserts: specks read as marks, and common small characters.
_INSERTED = "一二的了、.·，丶丨十人"
_DIGIT = re.compile(r"[0-9０-９]")


@cache
def look_alikes(split: Split) -> dict[str, str]:
    """Return for each character those it may be mistaken for; the held-out groups for "test", the rest for others."""
    known = {pair for group in _GROUPS.split() for pair in _pairs(group)}
    held = {pair for group in _HELD_GROUPS.split() for pair in _pairs(group)} - known
    chosen = held if split == "test" else known
    table: dict[str, set[str]] = {}
    for one, other in chosen:
        table.setdefault(one, set()).add(other)
    return {char: "".join(sorted(others)) for char, others in sorted(table.items())}


def _pairs(group: str) -> list[tuple[str, str]]:
    return [(one, other) for one in group for other in group if one != other]


@cache
def dictionary_keys() -> frozenset[str]:
    """Return the comparison keys of every dictionary name in every section."""
    dictionaries = load_dictionaries()
    return frozenset(key for section in SECTIONS for key in dictionaries.keys[section])


def damage_label(text: str, kind: Kind, rng: random.Random, split: Split = "train") -> str | None:
    """Return `text` with one error of `kind` ("several": two errors), or None where that cannot be done.

    Digits are left alone: no reader could know. The result differs from `text` by more than spaces and widths and is no
    dictionary name. A displaced character is `s[:i] + s[i+1:] + s[i]`.
    """
    if kind == "several":
        first = damage_label(text, rng.choice(SINGLE_KINDS), rng, split)
        second = damage_label(first, rng.choice(SINGLE_KINDS), rng, split) if first else None
        return second if second and comparison_key(second) != comparison_key(text) else None
    for _ in range(8):
        damaged = _damage(text, kind, rng, split)
        if damaged is None:
            return None
        key = comparison_key(damaged)
        if key and key != comparison_key(text) and key not in dictionary_keys():
            return damaged
    return None


def _damage(text: str, kind: Kind, rng: random.Random, split: Split) -> str | None:
    places = [i for i, char in enumerate(text) if not char.isspace() and not _DIGIT.match(char)]
    if len(places) < 2:
        return None
    if kind == "look-alike":
        table = look_alikes(split)
        places = [i for i in places if text[i] in table]
        if not places:
            return None
        i = rng.choice(places)
        return text[:i] + rng.choice(table[text[i]]) + text[i + 1 :]
    i = rng.choice(places)
    if kind == "displaced":
        # The last character cannot move behind itself, and the one before it would only be swapped.
        places = places[:-2]
        if len(text) < 4 or not places:
            return None
        i = rng.choice(places)
        return text[:i] + text[i + 1 :] + text[i]
    if kind == "dropped":
        return text[:i] + text[i + 1 :] if len(text) >= 3 else None
    if kind == "inserted":
        return text[:i] + rng.choice(_INSERTED) + text[i:]
    if kind == "doubled":
        return text[: i + 1] + text[i:]
    j = i + 1
    if j not in places or text[i] == text[j]:
        return None if len(places) < 3 else text
    return text[:i] + text[j] + text[i] + text[j + 1 :]
