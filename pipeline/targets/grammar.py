"""The grammar of targets: sign, number, unit, words around them, ranges and dates."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from pipeline.dates import Mention, find_dates, fold
from pipeline.document import Target
from pipeline.targets.words import Words

# A target longer than this is a paragraph: the longest number with its words in 30 layouts has 34 characters.
LONGEST = 60
# Words around a number that are not listed: longer ones say something of their own, and the cell is words.
_LONGEST_AROUND = 8
# A unit that no dictionary lists: 棚, 标段, dB. Longer tails are text, and so are 4D and 5A级.
# 口 and 丨 before another character are a 0 and a 1 misread, unless wells and ponds are counted.
_UNKNOWN_UNIT = re.compile(r"(?!口[^井塘]|丨.)[\u4e00-\u9fff]{1,2}|[A-Za-z]{2,3}")
_BRACKETED_UNIT = re.compile(r"\(([\u4e00-\u9fff]{1,4})\)")
# Words beside a number: Hanzi, with letters, brackets and quotes among them.
_HANZI = re.compile(r"(?=.*[\u4e00-\u9fff])[\u4e00-\u9fffA-Za-z()（）“”\"]+")
_NUMBER = r"-?(?:\d{1,3}(?:,\d{3})+|\d{1,3}(?: \d{3})+|\d+)(?:\.\d+)?"
# Two-sign spellings first. => is typed for >= as often as =< for <=.
SIGNS = {
    ">=": "≥", "=>": "≥", "≥=": "≥", "<=": "≤", "=<": "≤", "≤=": "≤",
    "≥": "≥", "≧": "≥", "⩾": "≥", "≤": "≤", "≦": "≤", "⩽": "≤", ">": ">", "<": "<", "=": "=", "═": "=", "﹦": "=",
    "﹥": ">", "﹤": "<", "≮": "≥", "≯": "≤",
}  # fmt: skip
SIGN = "|".join(map(re.escape, sorted(SIGNS, key=len, reverse=True)))
_SIGNS_LONGEST_FIRST = sorted(SIGNS, key=len, reverse=True)
_FLIPPED = {"≥": "≤", "≤": "≥", ">": "<", "<": ">", "=": "="}
_SIGN_CHARACTERS = "".join(sorted({character for sign in SIGNS for character in sign}))
# re.A: only 0-9 are digits here; other scripts' digits are text.
_HEAD = re.compile(
    rf"(?P<lead>[^\d{_SIGN_CHARACTERS}]*?)(?P<sign>{SIGN})?(?P<number>{_NUMBER})(?P<rest>.*)", re.S | re.A
)
_UPPER = re.compile(rf"(?:-{{1,2}}|[—–―─~∼]{{1,2}}|至|到)(?P<number>{_NUMBER})(?P<rest>.*)", re.S | re.A)
_BOTH_BOUNDS = re.compile(rf"[,、;且和并及到至]?(?P<sign>≤|<=|=<|≦)(?P<number>{_NUMBER})(?P<rest>.*)", re.S | re.A)
_MIDDLE = re.compile(
    rf"(?P<sign>{SIGN})(?P<text>\D*?)(?:(?P<sign2>{SIGN})(?P<number>{_NUMBER})(?P<rest>.*))?", re.S | re.A
)
_PERCENT = {"%", "百分比"}
_BLANK = re.compile(r"[\s\-—–―─_/\\]*")
_NO_MEANING = " 。；;,，、.．"
_PER = re.compile(r"每(?P<of>[^\d每]{1,3}?)(?P<verb>为|不少于|不超过|不低于|补助|奖励)?")
_DATE_SIGN = re.compile(r"[0-9]\s*[年月./\-—–―─~∼至到]|[0-9]{6}")
_YEARS = re.compile(r"((?:19|20)\d\d)(?:-{1,2}|[—–―─~∼]{1,2}|至|到)((?:19|20)\d\d)年?", re.A)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
DIGIT = re.compile(r"[0-9]")
_SPACE_IN_NUMBER = re.compile(r"(?<=[0-9])\s+(?=[0-9])")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class _Tail:
    """What stands after a number: its unit, an operator in words, and other words."""

    unit: str | None
    operator: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class _Lead:
    """What stands before a number: an operator in words, 每人 and the like, other words, whether they are listed."""

    operator: str | None
    per: str | None
    text: str | None
    listed: bool


class Grammar:
    """The grammar of targets over one set of units and yes/no words."""

    def __init__(self, units: frozenset[str], booleans: frozenset[str], words: Words) -> None:
        self.units = units
        self.booleans = booleans
        self.words = words
        self.longest_unit = max(map(len, units))
        # Forms repeat themselves: a few hundred tails and leads stand after and before all numbers of an archive.
        self.tail = lru_cache(maxsize=16384)(self._tail)
        self.lead = lru_cache(maxsize=16384)(self._lead)
        self._remembered = lru_cache(maxsize=65536)(self._parse)

    def parse(self, raw: str) -> Target:
        """Return the target as it is written; long texts are not remembered."""
        return self._remembered(raw) if len(raw) <= LONGEST else self._parse(raw)

    def _parse(self, raw: str) -> Target:
        folded = fold(raw)
        if _BLANK.fullmatch(folded):
            return Target(raw, raw, "empty")
        stripped = folded.strip()
        if stripped.rstrip(_NO_MEANING) in self.booleans:
            return Target(raw, raw, "boolean", text=stripped.rstrip(_NO_MEANING))
        if len(stripped) <= LONGEST:
            if stripped[0] == "(" and stripped[-1] == ")" and "(" not in stripped[1:]:
                stripped = stripped[1:-1].strip()
            compact = self._compact(stripped)
            found = self._dated(raw, stripped) or (self._numbered(raw, compact) if compact else None)
            if found is not None:
                return found
        return Target(raw, raw, "words", text=raw.strip())

    @staticmethod
    def _compact(text: str) -> str | None:
        """Drop spaces; None where they part digits that are not groups of three, for two numbers never become one."""
        if not _SPACE.search(text):
            return text
        kept = _SPACE_IN_NUMBER.sub("\0", text)
        compact = _SPACE.sub("", kept).replace("\0", " ")
        for place in re.finditer(" ", compact):
            group = re.match(r"[0-9]+", compact[place.end() :])
            if group is None or len(group[0]) != 3:
                return None
        return compact

    def _dated(self, raw: str, text: str) -> Target | None:
        if not _DATE_SIGN.search(text):
            return None
        years = _YEARS.fullmatch(text)
        if years is not None:
            return Target(raw, raw, "date", date=f"{years[1]}/{years[2]}")
        mentions = list(find_dates(text))
        if len(mentions) != 1:
            return None
        [found] = mentions
        sign, lead = self._split_sign(text[: found.start].strip())
        tail = text[found.end :].strip().rstrip(_NO_MEANING)
        worded = self.lead(lead)
        operator, lead = sign or worded.operator, worded.text or ""
        until, tail = self._date_words(tail)
        if not self._is_dated(found, sign, until, whole=not (lead or tail)):
            return None
        if DIGIT.search(lead + tail) or max(len(lead), len(tail)) > _LONGEST_AROUND:
            return None
        if worded.per or lead.endswith(self.words.never) or (operator and until and operator != until):
            return None
        if tail and not until and found.first.month is None and tail not in self.words.around_after:
            return None  # 2020年服务人次: a year in a sentence
        return Target(raw, raw, "date", operator=operator or until, date=found.iso(), text=(lead + tail) or None)

    @staticmethod
    def _split_sign(lead: str) -> tuple[str | None, str]:
        for sign in _SIGNS_LONGEST_FIRST:
            if lead.endswith(sign):
                return SIGNS[sign], lead[: -len(sign)].strip()
        return None, lead

    def _date_words(self, tail: str) -> tuple[str | None, str]:
        for word, operator in self.words.date.items():
            if tail.startswith(word):
                return operator, tail[len(word) :].strip()
        return None, tail

    @staticmethod
    def _is_dated(found: Mention, sign: str | None, until: str | None, *, whole: bool) -> bool:
        """Tell a date from a number that looks like one."""
        period = found.first != found.last
        if re.search("[年月]", found.text):
            # ≤12月 is a duration of months, 12月 and 12月底前 are December.
            return not sign or period or found.first.year is not None or found.first.day is not None
        if found.first.year is None:
            return False
        if re.search(r"[0-9][-./][0-9]", found.text) and not period:
            # 2020.10 alone is October; ≤2020.10 is an amount.
            return whole and (not sign or found.first.day is not None)
        return whole and (period or until is not None)

    def _numbered(self, raw: str, text: str) -> Target | None:
        if text.startswith("百分之"):
            text = re.sub(rf"^百分之({_NUMBER})", r"\1%", text, flags=re.A)
        head = _HEAD.fullmatch(text)
        if head is None:
            return None
        lead = self.lead(head["lead"])
        operator = SIGNS[head["sign"]] if head["sign"] else None
        if operator and lead.operator and operator != lead.operator:
            return None
        number, rest = head["number"], head["rest"]
        if number.startswith("-") and lead.text:
            return None  # 参会人数-50: the dash belongs to the words
        target = self._range(raw, head, lead, operator or lead.operator)
        if target is not None:
            return target
        tail = self.tail(rest)
        if tail is None:
            return self._flipped(raw, head, lead)
        if not self._free_words_fit(lead, tail, operator, number):
            return None
        said = {op for op in (operator, lead.operator, tail.operator) if op}
        if len(said) > 1:
            return None
        unit = f"{tail.unit}/{lead.per}" if lead.per and tail.unit else tail.unit
        text_around = "".join(part for part in (lead.text, tail.text) if part) or None
        return Target(
            raw, raw, "number", said.pop() if said else None, _plain(number), None, unit, None, text_around
        )  # fmt: skip

    def _free_words_fit(self, lead: _Lead, tail: _Tail, operator: str | None, number: str) -> bool:
        """Words that no list knows stand beside a number only where a sign, a word for one or a unit vouches."""
        vouched = operator or lead.operator or tail.operator
        if not lead.listed and lead.text is not None:
            # One character alone is a sign misread (二100%), a rank (第3) or the like, not words.
            if not 2 <= len(lead.text) <= _LONGEST_AROUND or lead.text.endswith(self.words.never):
                return False
            if not _HANZI.fullmatch(lead.text) or not (vouched or tail.unit):
                return False
        if tail.text and tail.unit == "年" and _YEAR.fullmatch(number):
            return False  # ≥2019年水平
        if tail.text and not vouched and not lead.text and tail.text not in self.words.around_after:
            # 3场演出 is a number with words; 3年级学生 and 5日前 are not.
            return tail.unit is not None and tail.unit not in self.words.not_before_words
        return True

    def _range(self, raw: str, head: re.Match[str], lead: _Lead, operator: str | None) -> Target | None:
        rest = head["rest"]
        for unit in self._unit_prefixes(rest):
            after = rest[len(unit) :]
            upper = _UPPER.fullmatch(after)
            if upper is None and operator == "≥":
                upper = _BOTH_BOUNDS.fullmatch(after)
                operator = None if upper else operator
            if upper is None:
                continue
            tail = self.tail(upper["rest"])
            low, high = _plain(head["number"]), _plain(upper["number"])
            if tail is None or not lead.listed or _leads_with_zero(low, high) or Decimal(low) >= Decimal(high):
                return None
            said = {op for op in (operator, tail.operator) if op}
            if len(said) > 1:
                return None
            upper_unit = tail.unit or (_percent(unit) if unit else None)
            if unit and tail.unit and _percent(unit) != tail.unit:
                return None
            unit_text = f"{upper_unit}/{lead.per}" if lead.per and upper_unit else upper_unit
            text = "".join(part for part in (lead.text, tail.text) if part) or None
            return Target(raw, raw, "range", said.pop() if said else None, low, high, unit_text, None, text)
        return None

    def _flipped(self, raw: str, head: re.Match[str], lead: _Lead) -> Target | None:
        """95%≤合格率 and 80%≤x≤90%: the number stands before the sign."""
        if head["lead"] or head["sign"]:
            return None
        for unit in self._unit_prefixes(head["rest"]):
            middle = _MIDDLE.fullmatch(head["rest"][len(unit) :])
            if middle is None or not middle["text"] or len(middle["text"]) > _LONGEST_AROUND:
                continue
            operator, low = _FLIPPED[SIGNS[middle["sign"]]], _plain(head["number"])
            named = _percent(unit) if unit else None
            if middle["sign2"] is None:
                return Target(raw, raw, "number", operator, low, None, named, None, middle["text"])
            tail, high = self.tail(middle["rest"]), _plain(middle["number"])
            if tail is None or tail.operator or tail.text or operator != "≥" or SIGNS[middle["sign2"]] != "≤":
                return None
            if Decimal(low) >= Decimal(high) or (named and tail.unit and named != tail.unit):
                return None
            return Target(raw, raw, "range", None, low, high, tail.unit or named, None, middle["text"])
        return None

    def _unit_prefixes(self, rest: str) -> list[str]:
        """Return the units that `rest` may begin with, longest first, the empty one last."""
        longest = min(len(rest), self.longest_unit + 2)
        return [rest[:n] for n in range(longest, 0, -1) if self.is_unit(rest[:n])] + [""]

    def is_unit(self, text: str) -> bool:
        """Tell whether a text is a unit, a percent sign, or units joined (人次/年)."""
        if text in self.units or text in _PERCENT:
            return True
        if text[0] == "(" and text[-1] == ")" and len(text) > 2:
            return self.is_unit(text[1:-1])
        parts = re.split(r"[/·•.]每?|每", text)
        if len(parts) > 1:
            return all(part and self._is_plain_unit(part) for part in parts)
        return self._is_plain_unit(text)

    def _is_plain_unit(self, text: str) -> bool:
        if text in self.units:
            return True
        # 千、万、亿 stay with the unit: 5千人次, 40万人次, 1.2亿元.
        bare = text.lstrip("十百千万亿")
        return len(bare) < len(text) and (not bare or bare in self.units)

    def _tail(self, rest: str) -> _Tail | None:
        rest = rest.rstrip(_NO_MEANING)
        if not rest:
            return _Tail(None, None, None)
        if rest in self.units:
            return _Tail(_percent(rest), None, None)
        if DIGIT.search(rest) or any(sign in rest for sign in "≥≤<>=≧≦"):
            return None
        for unit in self._unit_prefixes(rest):
            after = rest[len(unit) :]
            operator, text = self._after_words(after)
            if text is not None and not unit and operator is None:
                continue  # no unit, no operator: the tail must be known words
            if text is None or self._sounds_like_words(text):
                return _Tail(_percent(unit) if unit else None, operator, text)
        operator, text = self._after_words(rest)
        if text in self.words.around_after:
            return _Tail(None, operator, text)
        for word, operator in self.words.after.items():
            bare = rest.removesuffix(word)
            if bare != rest and _UNKNOWN_UNIT.fullmatch(bare):
                return _Tail(bare, operator, None)
        bracketed = _BRACKETED_UNIT.fullmatch(rest)
        if bracketed is not None:
            return _Tail(bracketed[1], None, None)
        return _Tail(rest, None, None) if _UNKNOWN_UNIT.fullmatch(rest) else None

    def _after_words(self, after: str) -> tuple[str | None, str | None]:
        after = after.strip(_NO_MEANING)
        for word, operator in self.words.after.items():
            if after.startswith(word):
                return operator, after[len(word) :].strip(_NO_MEANING) or None
        return None, after or None

    @staticmethod
    def _sounds_like_words(text: str) -> bool:
        return len(text) <= _LONGEST_AROUND and bool(_HANZI.fullmatch(text))

    def _lead(self, lead: str) -> _Lead:
        if not lead:
            return _Lead(None, None, None, listed=True)
        operator = None
        for word, meaning in self.words.before.items():
            if lead.endswith(word):
                operator, lead = meaning, lead[: -len(word)].strip(_NO_MEANING)
                break
        per = _PER.fullmatch(lead)
        if per is not None and per["of"] in self.units:
            return _Lead(operator, per["of"], None, listed=True)
        return _Lead(operator, None, lead or None, listed=not lead or lead in self.words.around_before)


def _plain(number: str) -> str:
    return number.replace(",", "").replace(" ", "")


def _leads_with_zero(*numbers: str) -> bool:
    return any(re.match(r"-?0[0-9]", number) for number in numbers)


def _percent(unit: str) -> str:
    if unit in _PERCENT:
        return "%"
    if unit[0] == "(" and unit[-1] == ")":
        return _percent(unit[1:-1])
    return "百分点" if unit == "个百分点" else unit
