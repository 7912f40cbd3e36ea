"""What two texts say of each other: whether one goes on the other, names the same, or is a rest."""

from __future__ import annotations

import re

from pipeline.dictionaries import comparison_key
from pipeline.labeltext import label_text, split_weight
from pipeline.levels.lexicon import FUZZY, Lexicon

COMPLETE_TARGET = re.compile(r"^([≥≤=><≧≦═]|[大小]于|不[少低超高多]于?|不超过)?\s*[\d,.]+\s*\S{1,8}$")
_OPEN_TARGET = re.compile(r"([≥≤=><≧≦═]|[大小]于|不[少低多]于|不高于|不超过|百分之)[\d,.]*$")
# A name and its target that were read as one cell.
_SIGNED = re.compile(r"[≥≤=><≧≦═]\s*\d")
# A date that a break cuts, and what goes on with it: 2017年12 | 月底前, 2016年12月 | 31日前.
_OPEN_DATE = re.compile(r"\d{4}年(?:\d{1,2}月?)?$")
_REST_OF_DATE = re.compile(r"\d{0,2}(?:月|日)")
BARE_NUMBER = re.compile(r"[\d.,]+$")
# What a name or a sentence never begins with: punctuation that closes, and words that only go on.
_GOES_ON = re.compile(r"^[，。、；：）)》”％%]")
_ITEM = re.compile(r"^([①-⑳]|\d+[.、．)）]|[（(][一二三四五六七八九十\d]+[)）]|指标\d)")
# Three characters or fewer are the rest of a name far more often than a name.
SHORT = 3
# In a shorter name one misread character leaves too little to know it by.
_LONG_NAME = 5
BARE_VALUE = re.compile(r"[\d.,%:：年月日/\-—\s]*")


def one_name(one: str, other: str, section: str, lexicon: Lexicon) -> bool:
    """Tell whether two pieces make a known name, one of its characters misread, and the second alone makes none."""
    first, rest = comparison_key(one), comparison_key(other)
    # Longer than every name by more than the edit that is forgiven (and what marks may fold into one character).
    if len(first) + len(rest) > lexicon.longest_level + 4:
        return False
    known = lexicon.exact[section]
    if not rest or (rest in known and first in known):
        return False
    level1, level2 = lexicon.exact["level1"], lexicon.exact["level2"]
    if (rest in level1 or rest in level2) and (first in level1 or first in level2):
        return False  # 产出 over 质量指标 are two names, though 产出质量指标 is one
    whole = comparison_key(one + other)
    if whole in known or rest in known or len(whole) < _LONG_NAME or len(rest) == 1:
        return whole in known
    if not lexicon.may_be_near(whole, section):  # most are not, and measuring each costs more than all else here
        return False
    place = FUZZY.index(section)
    near = lexicon.nearness(whole)[place]
    return near >= 1 - 1.01 / len(whole) and near > lexicon.nearness(first)[place]


def one_weight(one: str, other: str, lexicon: Lexicon) -> bool:
    """Tell whether a break parts a level's weight: 效益指标（20 | 分）."""
    name, weight = split_weight(label_text(one + other))
    known = comparison_key(name) in lexicon.exact["level1"] or comparison_key(name) in lexicon.exact["level2"]
    return bool(weight) and known and len(one) >= len(name)


def name_goes_on(one: str, other: str, lexicon: Lexicon) -> bool | None:
    """True where the second text is surely the rest of the first, False where that is likely, None where it is not."""
    names = lexicon.exact["level3"]
    if comparison_key(one + other) in names or _GOES_ON.match(other):
        return True
    if _ITEM.match(other) or comparison_key(other) in names or comparison_key(one) in names:
        return None
    return len(other) <= SHORT and not ends_a_name(one)


def is_unfinished(one: str, other: str, lexicon: Lexicon) -> bool:
    """Tell whether a name ends where no name does, and the other text goes on it."""
    names = lexicon.exact["level3"]
    # A row that slid sideways has its target where names stand.
    free = comparison_key(one) not in names and not any(COMPLETE_TARGET.match(text) for text in (one, other))
    free = free and not _ITEM.match(other) and not _SIGNED.search(other)
    return free and not ends_a_name(one) and ends_a_name(other)


def ends_a_name(text: str) -> bool:
    """Tell whether a text ends as indicators' names do."""
    # The last characters of indicator names, as the classifier's own feature has them.
    return text[-1:] in "率度性数量次额值本况力果益期效能"


def is_scrap(text: str, alone: bool, lexicon: Lexicon) -> bool:
    """Tell whether a text is too little to be a cell of its own; `alone`: nothing else stands in its row."""
    if alone and len(text) <= SHORT and not re.search(r"\d", text):
        return True  # 完成 behind 按计划进度: nothing else stands in its row
    if len(text) != 1 or not text.isalpha():
        return False
    key = comparison_key(text)
    return key not in lexicon.exact["word"] and key not in lexicon.exact["boolean"]


def is_open_target(text: str) -> bool:
    """Tell whether a target's text ends where its number, or its date, does not."""
    return bool(_OPEN_TARGET.search(text) or _OPEN_DATE.search(text))


def target_goes_on(one: str, other: str, lexicon: Lexicon) -> bool:
    """Tell whether a target's text goes on the one over the break."""
    if _OPEN_DATE.search(one) and _REST_OF_DATE.match(other):
        return True
    if COMPLETE_TARGET.match(other) and not (_OPEN_TARGET.search(one) and other[:1].isdigit()):
        return False
    known = comparison_key(other) in lexicon.exact["word"] or comparison_key(other) in lexicon.exact["boolean"]
    if known and not _OPEN_TARGET.search(one):
        return False
    unit = comparison_key(other) in lexicon.dictionaries.keys["unit"] and bool(BARE_NUMBER.search(one))
    return unit or bool(_OPEN_TARGET.search(one)) or bool(_GOES_ON.match(other)) or not COMPLETE_TARGET.match(one)
