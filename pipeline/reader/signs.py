"""The small signs that the recogniser confuses, mended where the rest of the line leaves no doubt."""

from __future__ import annotations

import itertools
import re
import statistics
from collections.abc import Sequence

from pipeline.hanzi import is_hanzi

_PAIRS = {"〔": "〕", "〈": "〉", "【": "】", "《": "》"}
# What is read in the place of one half of a pair, where the other half is sure.
_HALVES = {"〔": "([（［", "〈": "<＜", "【": "[［", "《": "", "〕": ")]）］", "〉": ">＞", "】": "]］", "》": ""}
_OPENS = {closing: opening for opening, closing in _PAIRS.items()}
_ALL_BRACKETS = set("".join((*_PAIRS, *_OPENS, *_HALVES.values())))
# A stroke between two figures, or a date's part and a figure, is a dash: 8月一10月.
_STROKE = re.compile(r"(?<=[0-9年月日%])一(?=[0-9])|(?<=[0-9]{4})一$")
# Between Chinese characters nothing is compared: 印发<意见>的通知 is a title in a title.
_OPENING = re.compile(r"(?<=[\u4e00-\u9fff《])[<＜](?=[\u4e00-\u9fff])")
_CLOSING = re.compile(r"(?<=[\u4e00-\u9fff）)])[>＞](?=[\u4e00-\u9fff》])")
# Letters with accents stand on no form: they are letters or figures with dust over them. A stop of half width after a
# Chinese character or a number, a mark at the beginning, a point beside another mark and figures behind a percent sign
# are dust or a broken sign as often as print, and the small figure of m² is easily lost.
_DOUBTFUL = re.compile(
    r"[\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u017f]|[\u4e00-\u9fff0-9%％”’）)。，；]\.$|。\.|^[·•.,;:!'，；：、。]"
    r"|%[0-9oO。°]|[0-9]m$|[，。；：]·|·[，。；：]"
    # No Chinese text has these pairs, but a 目 that lost a stroke makes them.
    r"|项日|绩效日|日标(?!准)"
)
# A point between two words of a sentence is dust far more often than a foreign name; 人·天 is a unit.
_POINT_WITHIN = re.compile(r"(?<=[\u4e00-\u9fff])(?<!人)·(?=[\u4e00-\u9fff])")
_SENTENCE = 10
# A line ends and begins with a point where 人·天 is broken, and nowhere else.
_POINT_AT_AN_END = re.compile(r"(?<=[\u4e00-\u9fff])(?<!人)·$|^·(?=[\u4e00-\u9fff])(?![天日月次年])")
# What closes a quotation that one of these marks opened, or was meant to open: “矿长安全轮训", 印发”统计开放日”.
_CLOSES = {"“": '”"', '"': "”", "”": "”"}
_NUMBER_GAP = re.compile(r"(?<=\d[,.，]) (?=\d)|(?<=\d) (?=[,.]\d)")


def pair_brackets(text: str) -> str:
    """Let a bracket's known half say what the other is: the recogniser takes the rare ones for common ones.

    Only the nearest bracket is mended, with no other bracket between: 〔2018] is 〔2018〕, and [2018] stays as it is.

    >>> pair_brackets("财农〔2018]25号")
    '财农〔2018〕25号'
    >>> pair_brackets("印发<意见〉的通知")
    '印发〈意见〉的通知'
    """
    chars = list(text)
    brackets = [i for i, char in enumerate(chars) if char in _ALL_BRACKETS]
    for i, j in itertools.pairwise(brackets):
        one, other = chars[i], chars[j]
        if one in _PAIRS and other in _HALVES[_PAIRS[one]]:
            chars[j] = _PAIRS[one]
        elif (opening := _OPENS.get(other)) and one in _HALVES[opening]:
            chars[i] = opening
    return "".join(chars)


def pair_quotes(text: str) -> str:
    """Let a quotation mark's known half say what the other is.

    >>> pair_quotes("“轮训\\"人数"), pair_quotes("印发”开放日”资料"), pair_quotes("“甲”和”乙”"), pair_quotes("训”人数")
    ('“轮训”人数', '印发“开放日”资料', '“甲”和“乙”', '训”人数')
    """
    chars = list(text)
    marks = [i for i, char in enumerate(chars) if char in _CLOSES]
    if [chars[i] for i in marks] == ["“", "“"]:
        chars[marks.pop()] = "”"
    while len(marks) > 1:
        i = marks.pop(0)
        if chars[marks[0]] in _CLOSES[chars[i]] and marks[0] - i > 1:
            chars[i], chars[marks.pop(0)] = "“", "”"
    return "".join(chars)


# An amount alone on its line: groups of three figures, and two more behind a point. Blur and dust make one mark of
# another; of them the groups say which was meant. A list of numbers has no groups (2,000,00 is none).
_AMOUNT = re.compile(r"([-+−]?)(\d{1,3})((?:[,.;]{1,2}\d{3})+)([,.:;]\d\d)?")
_LOST_MARK = re.compile(r"([-+−]?)(\d{4,6})((?:,\d{3})+\.\d\d)")
_MARKS = re.compile(r"[,.;]+")
_TWO_MARKS = re.compile(r"[,.;]{2}")
_GROUPED = re.compile(r"[-+−]?\d{1,3}(?:,\d{3})*(?:\.\d\d)?")
# A speck before or behind an amount that has its point already; 0:00 alone in a cell is no time of the day.
_SPECK_BEFORE = re.compile(r"^[.,·:;'’•](?=\d{1,3}(?:,\d{3})*\.\d\d$|\d{1,3}(?:,\d{3})+$)")
_SPECK_BEHIND = re.compile(r"^([-+−]?[\d,]+\.\d\d)[.,·:;'’•]$|^([-+−]?\d{1,3}(?:,\d{3})+)[.·'’•]$")
_NOTHING = re.compile(r"0[:;：；]00")


def with_marks_of_amounts(text: str) -> str:
    """Put right the points and commas of an amount that is all there is on its line; any other text is returned as is.

    >>> with_marks_of_amounts("4,213;779.28"), with_marks_of_amounts("371,514,655,00"), with_marks_of_amounts(".49.14")
    ('4,213,779.28', '371,514,655.00', '49.14')
    >>> with_marks_of_amounts("1.234"), with_marks_of_amounts("12,30"), with_marks_of_amounts("2025.1.1-2025.12.")
    ('1.234', '12,30', '2025.1.1-2025.12.')
    """
    text = _SPECK_BEHIND.sub(lambda found: found[1] or found[2], _SPECK_BEFORE.sub("", text))
    if _NOTHING.fullmatch(text):
        return "0.00"
    if (lost := _LOST_MARK.fullmatch(text)) is not None:
        return f"{lost[1]}{int(lost[2]):,}{lost[3]}"
    found = _AMOUNT.fullmatch(text)
    # One group and no more may be a number with three decimals: 1.234.
    if (
        found is None
        or _GROUPED.fullmatch(text)
        or not (found[4] or ";" in text or len(found[3]) > 5 or _TWO_MARKS.search(text))
    ):
        return text
    groups = _MARKS.sub(",", found[3])
    if not found[4] and found[3][-4] == "." and "," in found[3]:
        return text  # 1,234.567 has three decimals
    return found[1] + found[2] + groups + (f".{found[4][1:]}" if found[4] else "")


def tidy(text: str) -> str:
    """Take out the blanks that the recogniser puts into numbers (blanks between words stay); mend brackets and dashes.

    >>> tidy("2,932, 700 ")
    '2,932,700'
    >>> tidy("≤2463元/人·"), tidy("参训·")
    ('≤2463元/人·', '参训')
    >>> tidy("“轮训\\"人数"), tidy("印发”统计开放日”资料")
    ('“轮训”人数', '印发“统计开放日”资料')
    """
    text = with_marks_of_amounts(_POINT_AT_AN_END.sub("", _NUMBER_GAP.sub("", text).strip()))
    text = pair_quotes(text)
    text = _OPENING.sub("〈", _CLOSING.sub("〉", text))
    return _STROKE.sub("—", pair_brackets(text))


def is_doubtful(text: str) -> bool:
    """Tell whether the line holds what the recogniser makes of dust and broken signs, however sure it is of it.

    >>> is_doubtful("≥95%6"), is_doubtful("é371,514"), is_doubtful("1.新增")
    (True, True, False)
    >>> is_doubtful("招聘地点在人民公园·资金"), is_doubtful("买买提·艾力")
    (True, False)
    """
    if _DOUBTFUL.search(text) or with_marks_of_amounts(plain := _NUMBER_GAP.sub("", text).strip()) != plain:
        return True
    return len(text) >= _SENTENCE and _POINT_WITHIN.search(text) is not None


# Hanzi stand in squares of one size. Of 14,150 lines that were read right none has two that stand more than 1.6 times
# as far apart as the line's others; of 11 that lost a mark between two (such are faint, and have a square of their
# own) nine have them at 1.8 to 2.2 times.
_GAP = 1.7
_LEAST_PAIRS = 5


def has_gap(text: str, frames: Sequence[int]) -> bool:
    """Tell whether two Hanzi of a line stand so far apart that a mark between them was lost.

    `frames` gives for each character of the text, as the recogniser read it, the frame where it stands.

    >>> has_gap("企业培训基层登记费", [0, 5, 10, 15, 25, 30, 35, 40, 45])
    True
    """
    if len(frames) != len(text):
        return False
    steps = [
        right - left
        for (a, left), (b, right) in itertools.pairwise(zip(text, frames, strict=True))
        if is_hanzi(a) and is_hanzi(b)
    ]
    return len(steps) >= _LEAST_PAIRS and max(steps) >= _GAP * statistics.median(steps)
