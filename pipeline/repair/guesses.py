"""What a target may have been, of which signs, figures or units were misread: guesses for the picture to judge.

A guess is made only where what was read cannot be meant, or where something is easily lost: the bar of ≥, a sign, %.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache

from pipeline.dates import fold
from pipeline.dictionaries import load_vocabulary
from pipeline.resources import data_folder

# Nats by which a candidate may be worse than what was read. Measured on 3,010 targets of eleven kinds of damage: of 39
# that were misread the true one is above -9.4; of candidates for what was read right, and of wrong ones, the best is
# -8.6 (beside a better one), all others are under -10.
CLOSE = -9.5
# The same where what was read may be meant after all.
VERY_CLOSE = -5.0
# A rate of four figures or more without a point is none: the last two are a % (9596). Of nine such the true one is
# above -16.5; a % for the last two figures of 25 sound numbers is below -24.
_FOUR_FIGURES = -18.0
# The bar under ≥ is the first thing that paper loses. Of 111 lines of ≥ and ≤ in ten faces, blurred to 100 dpi or less,
# that were read as > and < all are above -4; of 2,093 lines of > and <, which forms seldom print, one in fifty is above
# -4.5.
_BARRED = -4.5
_BARRED_SURELY = 1.0
# Frames between two characters with another one's square between them. A line is always as high, and its characters
# stand 4 to 6 frames apart, 7 where a blank was set.
_APART = 9
# Two characters side by side stand 5 frames apart in 85 of 100 cases, never more than 6.
_BESIDE = 5
# What cannot be meant is asked about however little the picture says for anything else.
FAR = -15.0
_ALWAYS = -math.inf
# What is read as a sign of its own shape may be another, but seldom is: nats in favour of the one it looks like.
_OF_ITS_SHAPE = 3.0
# Of 200 targets with ≥ that were read with >, on faxes of thin faces most of them, all are above. In a form that writes
# ≥, > without a bar is rare, but may be meant.
_BARRED_IN_A_FORM = -7.5
# In any form: of 275 more all are above -6.3, of 76 that are printed > (clean, faxed, 100 dpi) nine are above this.
_BARRED_LIKELY = -6.5
# A broken sign may be read as the figure that it looks like. Of 1,900 sound targets that begin with such a figure none
# is above -9; of 17 misread ones all are above -6.
_FIGURE_FOR_SIGN = -6.5
_FIGURE_SURELY = -3.0
# The rings of a % and its stroke make 名, 米 and 方. Of 1,050 targets that count something none is above -3.5; of 20
# percentages that were read so three in four are.
_UNIT_FOR_PERCENT = -3.5
# Of 40 sound numbers without a unit none is above -6.3 for any unit in the place of its last figure.
_UNIT_FOR_FIGURE = -2.5
_LIKELY_PERCENT = -22.0

# A rate is never above 100, and never below 0 unless it says how something grows.
_RATE = re.compile(r".*(?:率|[意可晓评]度|比例|比重|占比|(?:覆盖|惠民|受益)面|率[增升降]幅)$")
_GROWS = re.compile(r"增|降|减|升|涨|变化|浮动|波动|温|差")
_NUMBER_OF = re.compile(r"(?:数|数量|[人批场频轮]次)$")
_AREA = re.compile(r"面积|平方米|建筑规模")

_NUMBER = r"\d+(?:\.\d+)?"
# What a broken % leaves: its rings and its stroke, each read for what it looks like.
_RINGS = r"[0-9oO°º/.qgDbB]{1,3}"
# Letters of any kind where nothing but a rate is meant: 95a0. m2 is an area elsewhere.
_RINGS_OF_RATES = r"[0-9A-Za-z°º/.]{1,3}"
_BROKEN_PERCENT = re.compile(rf"(?P<lead>[^\d%]{{0,3}})(?P<all>\d[\d.]*?{_RINGS})")
_BROKEN_PERCENT_OF_RATE = re.compile(rf"(?P<lead>[^\d%]{{0,3}})(?P<all>\d[\d.]*?{_RINGS_OF_RATES})")
_LIKE_PERCENT = "第岩方出品"
# A % whose rings and stroke make one character: ≥80吕.
STRANGE_PERCENT = re.compile(rf"(?P<text>[^\d]{{0,3}}{_NUMBER})[^\d%％\s.,。，]")
_QUANTITY = rf"(?:\d{{1,3}}(?:[,，]\d{{3}})+|{_NUMBER})\D{{0,8}}"
_BARE = re.compile(_QUANTITY)
# A sign broken by a fax is read as a point or as a letter: ∴30户, Y95%.
_NO_SIGN = re.compile(rf"(?P<sign>[:：;；.·,，'\"∴∵*~^≈#&a-zCE-Zà-ÿ€九])[.·,，'、]?(?P<rest>{_QUANTITY})")
_SHAPED = {"≤": "VvKkCc€九fF6", "≥": "2Zz7YyXxa", "=": "HSE"}
_DASHED = re.compile(rf"[-－—–―一±](?P<rest>{_QUANTITY})")
# What a lone or broken ≥ is read as: its angle and its bar together.
_LIKE_A_BOUND = re.compile(rf"[2Zz7](?P<rest>{_QUANTITY})")
# The angle of ≤ and its bar.
_LIKE_AN_UPPER_BOUND = re.compile(rf"[56](?P<rest>{_QUANTITY})")
_BOUNDS = {">": "≥", "<": "≤", "＞": "≥", "＜": "≤"}
_SPECK_BEFORE_SIGN = re.compile(rf"[.·,，'、\-—A-Za-z1\\](?P<rest>[≥≤=><＝]{_QUANTITY})")
# Dust, and strokes of a seal or a stamp, between the sign and its number, and between the number and what it counts.
_STROKES_BEHIND_SIGN = re.compile(rf"(?P<sign>[≥≤=><＝])[^\d\u4e00-\u9fff]{{1,2}}(?P<rest>{_QUANTITY})")
_STROKE_BEFORE_UNIT = re.compile(
    rf"(?P<text>[^\d]?{_NUMBER}[百千万亿]?)[.·,，'A-LN-Za-jln-z](?P<unit>[\u4e00-\u9fff%].{{0,6}})"
)
_STROKE_BEHIND_PERCENT = re.compile(r"(?P<text>.*\d%)[^\d%(（]")
# 元次: a slash is the thinnest stroke there is.
_PER = re.compile(
    rf"(?P<text>[^\d]?{_NUMBER}万?元)[1lI|丨丿ノ]?(?P<per>次|人次|人[.·]?每?天|人|户|亩|个|平方米|年|月|天|学时)"
)
_PER_TIME = re.compile(rf"(?P<text>[^\d]?{_NUMBER}人)[1lI|丨丿ノ](?P<per>次|天)")
_PER_DAY = re.compile(r"(?P<text>.*人)[。，,、；;](?P<rest>每?天[)）]?)")
_PER_WHAT = "人户次亩个年月天"
_BROKEN_PER = re.compile(rf"(?P<text>[^\d]?{_NUMBER}万?元/)[^{_PER_WHAT}]")
# 96.5%12上.
_AND_MORE = re.compile(rf"(?P<text>{_NUMBER}(?:%|[\u4e00-\u9fff]{{1,2}}))[\dA-Za-z丨]{{1,2}}上")
# 8%13%: a range of which the fax left no dash.
_NO_DASH = re.compile(rf"(?P<first>[≥≤=><]?{_NUMBER}%)(?P<last>{_NUMBER}%)")
# 965%: a point takes two pixels. 100 loses its zero to 6, 8 and 9.
_TOO_MUCH = re.compile(r"(?P<lead>[^\d]{0,3})(?P<number>\d{3})%")
_HANZI = re.compile(r"[\u4e00-\u9fff]+")
_COUNTED = re.compile(
    rf"(?P<text>[≥≤=><]?{_NUMBER}(?P<opens>[(（])?)(?P<unit>[\u4e00-\u9fff]{{1,3}}|[à-ÿ])(?P<end>(?(opens)[)）]))"
)
_SPECK_AT_END = re.compile(r"(?P<text>.*[^\d.,，·\s(（])[.,，、·:：;；'`)）]")
_STOP_AT_END = re.compile(rf"(?P<text>[^\d]?{_NUMBER}[^\d。]{{1,4}})。")
# 口 is a 0 to a recogniser that has figures beside it; these are counted in 口.
_NO_UNIT = re.compile(r"(?P<text>[≥≤=><]?[1-9]\d*)0")
_COUNTED_BY_MOUTHS = re.compile("网箱|养殖网|[井塘池窖灶锅]")
# A period of which one date lost a point, at a line's end most often: 2025.1.1-202512.31.
_PERIOD = re.compile(r"(?P<first>[\d.,，]{6,10})(?P<dash>[-－—–―~～至])(?P<last>[\d.,，]{6,10})")
_DATE = re.compile(r"(?:19|20)\d\d\.(?:1[0-2]|0?[1-9])\.(?:3[01]|[12]\d|0?[1-9])")
_AREA_WITHOUT_UNIT = re.compile(rf"(?P<text>[^\d]{{0,3}}{_NUMBER})m?")
_AREA_IN_NOTHING = re.compile(rf"(?P<text>[^\d]{{0,3}}{_NUMBER})[(（][)）]")
_AREA_IN_METRES = re.compile(rf"(?P<text>[^\d]{{0,3}}{_NUMBER})[(（]m[)）]")
_COMPARED = re.compile(r"(?P<text>[大小高低少])[干千子手](?P<rest>(?:或?等于)?\d.*)")
# =53 for =5场: the last figure is a unit.
_UNIT_AMONG_FIGURES = re.compile(r"(?P<text>[≥≤=><]?\d[\d.]*)\d")
# 2.100人: nobody is a tenth; 51061:00: no time has so many hours.
_GROUPED_BY_POINT = re.compile(
    r"(?P<lead>[^\d]{0,3}\d{1,3})\.(?P<rest>\d{3}(?:人次|[人个次户台套家场期份件名辆艘只头项座处所批篇册本枚张]))"
)
_COLON_FOR_POINT = re.compile(r"(?P<lead>[^\d]{0,3}\d{3,})[:：;；](?P<rest>\d{1,2}\D{0,8})")


@dataclass(frozen=True, slots=True)
class Guess:
    """What may have been printed: how the picture spells it, how the record writes it, and how near it must be."""

    spelt: str
    value: str
    kind: str
    least: float
    asks: float | None = None  # from here on somebody has to look
    likely: float | None = None  # from here on it is taken, and somebody has to look
    shaped: float = 0.0  # nats in its favour beside other guesses
    part: str = ""  # of the target; guesses of other parts are no rivals


def as_it_stands(
    value: str,
    kind: str,
    least: float,
    *,
    asks: float | None = None,
    likely: float | None = None,
    shaped: float = 0.0,
) -> Guess:
    """A guess that the picture spells as the record writes it: all but ㎡."""
    return Guess(value, value, kind, least, asks, likely, shaped)


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a target beside its text."""

    name: str
    may_be_lost: Callable[[], bool]
    room_between: Callable[[str, str], int]
    bounds: bool


def shape_of(sign: str, text: str) -> float:
    """Nats in favour of a sign, where what was read first looks like it."""
    return _OF_ITS_SHAPE if text[0] in _SHAPED.get(sign, "") else 0.0


def guesses(text: str, look: Look) -> Iterator[Guess]:
    """Yield what the text, without blanks, may have been."""
    rate = bool(_RATE.match(look.name))
    yield from (replace(guess, part="sign") for guess in _signs(text, look))
    yield from (replace(guess, part="before") for guess in _specks_before(text))
    yield from (replace(guess, part="behind") for guess in specks_behind(text))
    yield from (replace(guess, part="end") for guess in _ends(text, look, rate=rate))
    if not rate:
        yield from (replace(guess, part="percent") for guess in _percent_for_unit(text, look.name))


def _ends(text: str, look: Look, *, rate: bool) -> Iterator[Guess]:
    yield from _lost_percents(text, rate=rate)
    if (found := _NO_UNIT.fullmatch(text)) and _COUNTED_BY_MOUTHS.search(look.name):
        yield as_it_stands(f"{found['text']}口", "look-alike", math.inf, likely=CLOSE)
    yield from _dates(text)
    yield from _per(text, look)
    if text.endswith("↑"):
        yield as_it_stands(text[:-1] + "个", "look-alike", CLOSE)
    if not rate:
        yield from _counted(text, look.name)
    if found := _GROUPED_BY_POINT.fullmatch(text):
        grouped = f"{found['lead']},{found['rest']}"
        yield as_it_stands(grouped, "look-alike", VERY_CLOSE, asks=FAR)
    if found := _COLON_FOR_POINT.fullmatch(text):
        pointed = f"{found['lead']}.{found['rest']}"
        yield as_it_stands(pointed, "look-alike", CLOSE, asks=FAR)
    if _AREA.search(look.name) and (found := _AREA_WITHOUT_UNIT.fullmatch(text)):
        # The recogniser has no ㎡; it spells m² or m2, or loses it altogether.
        yield from (Guess(found["text"] + unit, found["text"] + "㎡", "dropped", CLOSE) for unit in ("m²", "m2"))
    if _AREA.search(look.name) and (found := _AREA_IN_NOTHING.fullmatch(text)):
        # Brackets around nothing held the one sign that the recogniser has not learnt.
        yield Guess(f"{found['text']}(m²)", f"{found['text']}(㎡)", "dropped", VERY_CLOSE, likely=_ALWAYS)
    if _AREA.search(look.name) and (found := _AREA_IN_METRES.fullmatch(text)):
        yield from (Guess(f"{found['text']}({u})", f"{found['text']}(㎡)", "dropped", CLOSE) for u in ("m²", "m2"))
    if found := _NO_DASH.fullmatch(text):
        yield as_it_stands(f"{found['first']}-{found['last']}", "dropped", VERY_CLOSE, asks=FAR, likely=CLOSE)
    if found := _AND_MORE.fullmatch(text):
        yield as_it_stands(f"{found['text']}以上", "look-alike", VERY_CLOSE)
    if found := _COMPARED.fullmatch(text):
        yield as_it_stands(f"{found['text']}于{found['rest']}", "look-alike", CLOSE)


def _counted(text: str, name: str) -> Iterator[Guess]:
    """Yield what a number may count whose unit is none, or is what a broken % looks like."""
    if found := _UNIT_AMONG_FIGURES.fullmatch(text):
        for unit in (unit for unit in _units() if len(unit) == 1):
            yield as_it_stands(found["text"] + unit, "look-alike", math.inf, likely=_UNIT_FOR_FIGURE)
    if (found := _COUNTED.fullmatch(text)) is None:
        return
    single = len(found["unit"]) == 1
    if found["unit"] in _units():
        return
    # One character that is no unit is one misread; of longer words many are none: 5年底, 3个以上.
    asks = _ALWAYS if single else None
    for unit in (unit for unit in _units() if len(unit) == len(found["unit"])):
        yield as_it_stands(found["text"] + unit + found["end"], "look-alike", CLOSE, asks=asks)
    if single and not _NUMBER_OF.search(name):
        percent = f"{found['text']}%{found['end']}"
        shaped = _OF_ITS_SHAPE if found["unit"] in _LIKE_PERCENT else 0.0
        yield as_it_stands(percent, "look-alike", CLOSE, asks=asks, shaped=shaped)


def _percent_for_unit(text: str, name: str) -> Iterator[Guess]:
    """Yield the percentage that a number with a known unit may be, unless the name says how many there are."""
    found = _COUNTED.fullmatch(text)
    if found is not None and len(found["unit"]) == 1 and found["unit"] in _units() and not _NUMBER_OF.search(name):
        yield as_it_stands(f"{found['text']}%{found['end']}", "look-alike", math.inf, likely=_UNIT_FOR_PERCENT)


def _lost_percents(text: str, *, rate: bool) -> Iterator[Guess]:
    if found := (_BROKEN_PERCENT_OF_RATE if rate else _BROKEN_PERCENT).fullmatch(text):
        yield from _percents(found["lead"], found["all"], rate=rate)
    if not rate:
        return
    if found := STRANGE_PERCENT.fullmatch(text):
        number = found["text"].lstrip("≥≤=><")
        likely = _FOUR_FIGURES if re.fullmatch(_NUMBER, number) and Decimal(number) <= 100 else None
        yield as_it_stands(f"{found['text']}%", "look-alike", CLOSE, likely=likely)
    if (found := _TOO_MUCH.fullmatch(text)) and int(found["number"]) > 100:
        number = found["number"]
        meant = [f"{number[:2]}.{number[2]}", number[:2], *(["100"] if number[0] == "1" else [])]
        for value in meant:
            yield as_it_stands(f"{found['lead']}{value}%", "look-alike", math.inf, likely=CLOSE)


def _signs(text: str, look: Look) -> Iterator[Guess]:
    found = _NO_SIGN.fullmatch(text)
    if found is None and look.name and not _GROWS.search(look.name):
        found = _DASHED.fullmatch(text)
    if found is not None and not found["rest"].endswith("度"):  # degrees may be below zero
        for sign in "=≥≤":
            yield as_it_stands(sign + found["rest"], "look-alike", CLOSE, shaped=shape_of(sign, text))
    if _BARE.fullmatch(text) and look.may_be_lost():
        yield from (as_it_stands(sign + text, "dropped", VERY_CLOSE) for sign in "=≥≤")
    if found := _LIKE_A_BOUND.fullmatch(text):
        # All of 22 sound targets that begin so are below -11; of misread ones most are above -3.
        bound = "≥" + found["rest"]
        yield as_it_stands(bound, "look-alike", VERY_CLOSE, asks=CLOSE, likely=_FIGURE_FOR_SIGN, shaped=_OF_ITS_SHAPE)
        yield as_it_stands("=" + found["rest"], "look-alike", math.inf, likely=_FIGURE_FOR_SIGN)
    if found := _LIKE_AN_UPPER_BOUND.fullmatch(text):
        bound = "≤" + found["rest"]
        yield as_it_stands(bound, "look-alike", _FIGURE_SURELY, asks=CLOSE, likely=_FIGURE_FOR_SIGN)
    if text[0] in _BOUNDS and _BARE.fullmatch(text[1:]):
        bound = _BOUNDS[text[0]] + text[1:]
        if bound[0] == "≥":
            likely = _BARRED_IN_A_FORM if look.bounds else _BARRED_LIKELY
            yield as_it_stands(bound, "look-alike", _BARRED, asks=CLOSE, likely=likely)
        else:
            # Rates below a bound are printed < as well, and dust under it makes ≤: of 20 such, two.
            yield as_it_stands(bound, "look-alike", _BARRED_SURELY, asks=CLOSE, likely=_BARRED)


def _specks_before(text: str) -> Iterator[Guess]:
    """Yield the text without what dust, seals and broken strokes before its number were read as."""
    if found := _SPECK_BEFORE_SIGN.fullmatch(text):
        yield as_it_stands(found["rest"], "inserted", CLOSE)
    if found := _STROKES_BEHIND_SIGN.fullmatch(text):
        yield as_it_stands(found["sign"] + found["rest"], "inserted", CLOSE)


def specks_behind(text: str) -> Iterator[Guess]:
    """The same behind its number."""
    if found := _STROKE_BEFORE_UNIT.fullmatch(text):
        value = found["text"] + found["unit"]
        # No mark stands between 万 and what is counted, however sure it was read.
        asks = _ALWAYS if found["text"].endswith("万") else None
        yield as_it_stands(value, "inserted", VERY_CLOSE, asks=asks, likely=CLOSE)
    if found := _STROKE_BEHIND_PERCENT.fullmatch(text):
        yield as_it_stands(found["text"], "inserted", VERY_CLOSE, likely=CLOSE)
    if found := _STOP_AT_END.fullmatch(text):
        yield as_it_stands(found["text"], "inserted", VERY_CLOSE)
    if (found := _SPECK_AT_END.fullmatch(text)) and not _opens(found["text"]):
        # What is meant is no question behind a %.
        least = CLOSE if found["text"].endswith("%") else VERY_CLOSE
        yield as_it_stands(found["text"], "inserted", least)


def _dates(text: str) -> Iterator[Guess]:
    """Yield the period that a text is but for a point in either date, and for commas in the place of points."""
    if (found := _PERIOD.fullmatch(text)) is None:
        return
    firsts, lasts = _dates_of(found["first"]), _dates_of(found["last"])
    periods = {first + found["dash"] + last for first in firsts for last in lasts} - {text}
    # What stands there is no date, and mostly one point alone makes it one: the picture only chooses between two.
    yield from (as_it_stands(period, "dropped", math.inf, likely=_ALWAYS) for period in sorted(periods))


def _dates_of(text: str) -> list[str]:
    """What a date with a point missing may be."""
    text = text.replace(",", ".").replace("，", ".")
    if _DATE.fullmatch(text):
        return [text]
    pointed = [f"{text[:place]}.{text[place:]}" for place in range(4, len(text))]
    return [date for date in pointed if _DATE.fullmatch(date)]


def _per(text: str, look: Look) -> Iterator[Guess]:
    """Yield what is paid for whom and how long: 元/次, 元/人·天."""
    if found := re.fullmatch(r"(?P<text>.*人)(?P<rest>每?天[)）]?)", text):
        # 元/人·天: the point is the faintest sign that a unit has, but it has a square to itself.
        point = "." if "每" in found["rest"] else "·"
        dotted = f"{found['text']}{point}{found['rest']}"
        room = look.room_between("人", found["rest"][0])
        asks = FAR if room > _BESIDE or "每" in found["rest"] else None
        if not room:  # broken between the two, where the point may be taken for dust at a line's end
            asks = _ALWAYS
        # 人每天 without its point is no unit; where there is more room than between two characters it was lost.
        likely = FAR if room > _BESIDE and "每" in found["rest"] else None
        yield Guess(text if room >= _APART else dotted, dotted, "dropped", VERY_CLOSE, asks=asks, likely=likely)
    if found := _PER_DAY.fullmatch(text):
        points = "." if "每" in found["rest"] else ".·"
        yield from (as_it_stands(f"{found['text']}{point}{found['rest']}", "look-alike", CLOSE) for point in points)
    if found := _PER.fullmatch(text):
        yield as_it_stands(f"{found['text']}/{found['per']}", "dropped", CLOSE)
    if found := _PER_TIME.fullmatch(text):
        yield as_it_stands(f"{found['text']}/{found['per']}", "look-alike", CLOSE)
    if found := _BROKEN_PER.fullmatch(text):
        yield from (as_it_stands(found["text"] + per, "look-alike", CLOSE) for per in _PER_WHAT)


@cache
def _units() -> tuple[str, ...]:
    """The units of forms.txt that are nothing but Hanzi."""
    vocabulary = load_vocabulary(data_folder("dictionaries") / "forms.txt")
    names = (fold(name.text) for name in vocabulary.names if name.section == "unit")
    return tuple(name for name in names if _HANZI.fullmatch(name))


def _percents(lead: str, digits: str, *, rate: bool) -> Iterator[Guess]:
    """Yield the percentages of which the end of `digits` may be the broken sign."""
    plain = re.fullmatch(_NUMBER, digits) is not None
    too_much = plain and Decimal(digits) > 100
    if plain and not rate:
        return  # 1700 of anything but a rate is 1700
    for length in (1, 2, 3):
        number, rings = digits[:-length], digits[-length:]
        if not re.fullmatch(_NUMBER, number) or not re.fullmatch(_RINGS_OF_RATES if rate else _RINGS, rings):
            continue
        if rate and Decimal(number) > 100:
            continue
        least = VERY_CLOSE if plain and not too_much else CLOSE
        likely = None
        # Without a sign the first figure may be one: 4989 is ≤98%.
        if rate and too_much and lead and length == 2 and re.fullmatch(r"\d{4,5}", digits):
            least, likely = _FOUR_FIGURES, _LIKELY_PERCENT
        elif rate and rings == "96" and re.fullmatch(r"0|\d+\.\d", number):
            likely = _FOUR_FIGURES  # 096 is no number, and nobody counts thousandths of a percent
        elif rate and re.fullmatch(r"\d+\.\d", number):
            likely = CLOSE
        yield as_it_stands(f"{lead}{number}%", "look-alike", least, likely=likely)


def _opens(text: str) -> bool:
    """Tell whether a bracket is open at the end of `text`: what closes it is no speck."""
    return text.count("(") + text.count("（") > text.count(")") + text.count("）")
