"""Dates and periods as forms print them, and the widths they are printed in; the ground under targets, fields, checks.

A date keeps the precision it was printed with: `2020`, `2020-12`, `2020-12-31`. Where the year is not printed the ISO
8601 truncated form stands: `--12`, `--12-31`. A period is `start/end`.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass

# Full-width ASCII and the ideographic space: the same characters in another width, so lengths and places stay the same.
_WIDTHS = {0xFF01 + i: 0x21 + i for i in range(94)} | {0x3000: 0x20, 0x00A0: 0x20}
# Few texts hold any; to look for them takes a tenth of the time of translating.
_WIDE = re.compile("[\uff01-\uff5e\u3000\u00a0]")


def fold(text: str) -> str:
    """Return `text` with full-width letters, digits and signs in half width; every character keeps its place."""
    return text.translate(_WIDTHS) if _WIDE.search(text) else text


@dataclass(frozen=True, slots=True, order=True)
class Date:
    """A date as precise as printed; `year` or `month` is set, a day never stands without its month."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def iso(self) -> str:
        """Return the ISO 8601 form, truncated (`--12-31`) where no year was printed."""
        head = "-" if self.year is None else f"{self.year:04d}"
        month = "" if self.month is None else f"-{self.month:02d}"
        return head + month + ("" if self.day is None else f"-{self.day:02d}")

    def first_day(self) -> tuple[int, int, int] | None:
        """Return the first day the date can mean as (year, month, day), or None without a year."""
        return None if self.year is None else (self.year, self.month or 1, self.day or 1)

    def last_day(self) -> tuple[int, int, int] | None:
        """Return the last day the date can mean as (year, month, day), or None without a year."""
        if self.year is None:
            return None
        month = self.month or 12
        return (self.year, month, self.day or calendar.monthrange(self.year, month)[1])


@dataclass(frozen=True, slots=True)
class Mention:
    """A date or period found in a text: its place (end exclusive), its words, its first and its last date."""

    start: int
    end: int
    text: str
    first: Date
    last: Date

    def iso(self) -> str:
        """Return the date, or `start/end` where it is a period."""
        return self.first.iso() if self.first == self.last else f"{self.first.iso()}/{self.last.iso()}"


# Forms speak of this century and the last; any other four digits are a number.
_Y = r"(?:19|20)\d{2}"
_M = r"(?:1[0-2]|0?[1-9])"
_D = r"(?:3[01]|[12]\d|0?[1-9])"
# 一 is the dash as recognisers often read it; it is one only between dates, never between Hanzi.
_TO = r"\s*(?:-{1,2}|[—–―─~∼一]{1,2}|至|到)\s*"
_PART_OF_MONTH = r"(?:\s*(?:底|末|初|上旬|中旬|下旬|份))?"
_WORDED = (
    rf"(?:(?P<y{{n}}>{_Y})\s*年度?\s*(?:(?P<m{{n}}>{_M})\s*月{_PART_OF_MONTH}\s*(?:(?P<d{{n}}>{_D})\s*[日号])?|[底末初])?"
    rf"|(?P<mb{{n}}>{_M})\s*月{_PART_OF_MONTH}\s*(?:(?P<db{{n}}>{_D})\s*[日号])?)"
)
_SIGNED = (
    rf"(?P<ys{{n}}>{_Y})(?P<s{{n}}>\s*[-./]\s*)(?P<ms{{n}}>{_M})(?:(?P=s{{n}})(?P<ds{{n}}>{_D}))?(?!\d)"
    rf"|(?P<yc{{n}}>{_Y})(?P<mc{{n}}>0[1-9]|1[0-2])(?P<dc{{n}}>0[1-9]|[12]\d|3[01])?(?!\d)"
)
_ONE = rf"(?:{_WORDED}|{_SIGNED})"


def _numbered(pattern: str, n: int) -> str:
    return pattern.replace("{n}", str(n))


# 2020年3-10月, 1-12月, 2018—2022年, 3月5-8日: the first half borrows what only the second half prints.
_SHARED = (
    rf"(?:(?P<ya>{_Y})\s*年\s*)?(?P<ma>{_M}){_TO}(?P<mz>{_M})\s*月份?"
    rf"|(?P<yfrom>{_Y}){_TO}(?P<yto>{_Y})\s*年"
    rf"|(?:(?P<yd>{_Y})\s*年\s*)?(?P<md>{_M})\s*月\s*(?P<da>{_D}){_TO}(?P<dz>{_D})\s*[日号]"
)
_PERIOD = re.compile(
    rf"(?<![\d.])(?:{_SHARED}|{_numbered(_ONE, 1)}{_TO}{_numbered(_ONE, 2)}|{_numbered(_ONE, 3)})(?!\d)", re.ASCII
)


def find_dates(text: str) -> Iterator[Mention]:
    """Yield the dates and periods in `text` from left to right.

    A second half without a year takes the year of the first. Impossible dates (2020年2月31日) are not yielded.
    """
    for match in _PERIOD.finditer(fold(text)):
        halves = _halves(match)
        if halves is not None:
            yield Mention(match.start(), match.end(), text[match.start() : match.end()], *halves)


def read_date(text: str) -> Mention | None:
    """Return the date or period that the whole of `text` is, or None."""
    match = _PERIOD.fullmatch(fold(text).strip())
    halves = _halves(match) if match else None
    return None if halves is None else Mention(0, len(text), text, *halves)


def _halves(match: re.Match[str]) -> tuple[Date, Date] | None:
    group = match.groupdict()
    if group["mz"]:
        first, last = _date(group["ya"], group["ma"], None), _date(group["ya"], group["mz"], None)
    elif group["yto"]:
        first, last = _date(group["yfrom"], None, None), _date(group["yto"], None, None)
    elif group["dz"]:
        first, last = (_date(group["yd"], group["md"], group[day]) for day in ("da", "dz"))
    elif group["y3"] or group["mb3"] or group["ys3"] or group["yc3"]:
        first = last = _single(group, 3)
    else:
        first, last = _single(group, 1), _single(group, 2)
        if first and last and last.year is None and first.year is not None:
            last = _date(str(first.year), str(last.month or ""), str(last.day or ""))
    if first is None or last is None or (first > last if _comparable(first, last) else False):
        return None
    return first, last


def _comparable(first: Date, last: Date) -> bool:
    parts = ((first.year, last.year), (first.month, last.month), (first.day, last.day))
    return all((a is None) == (b is None) for a, b in parts) and first.year is not None


def _single(group: dict[str, str | None], n: int) -> Date | None:
    for year, month, day in (
        (group[f"y{n}"], group[f"m{n}"], group[f"d{n}"]),
        (None, group[f"mb{n}"], group[f"db{n}"]),
        (group[f"ys{n}"], group[f"ms{n}"], group[f"ds{n}"]),
        (group[f"yc{n}"], group[f"mc{n}"], group[f"dc{n}"]),
    ):
        if year or month:
            return _date(year, month, day)
    return None


def _date(year: str | None, month: str | None, day: str | None) -> Date | None:
    date = Date(*(int(part) if part else None for part in (year, month, day)))
    # Without a year the 29th of February may exist: 2000 was a leap year.
    if date.day and date.month and date.day > calendar.monthrange(date.year or 2000, date.month)[1]:
        return None
    return date
