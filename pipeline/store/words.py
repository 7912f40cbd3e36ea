"""Text cut into words that an index can find again, for Chinese without a dictionary: neighbouring characters.

Every text that contains the query contains all its pairs, so looking for all of them misses nothing; what has the pairs
but not the query itself is sorted out by comparing the texts. Where letters or digits are among them three go together:
pairs of digits stand in every form. What agency, year, level and unit say are words as well, named so that no text has
them: a word of every second indicator and a year of every tenth are told by one look into the index.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

# Hanzi that both databases' tables of characters know, and what fold() leaves of letters and digits. All others are
# signs, by their number: how a database would cut them is its own affair.
_RUN = re.compile(r"[\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufad90-9a-z]+")
_ASCII = re.compile(r"[0-9a-z]")
_THREES = re.compile(r"(?=([0-9a-z]..|.[0-9a-z].|..[0-9a-z]))")
# More words than these make a question no rarer; SQLite allows some thousands.
MOST_WORDS = 64


def folded(text: str) -> str:
    """The text as it is compared: widths and cases alike, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def index_words(texts: Iterable[str | None]) -> list[str]:
    """The words of some texts, each once, sorted: single characters, pairs, threes with a letter or digit, signs."""
    found: set[str] = set()
    for text in texts:
        if text:
            found |= _words_of_label(text) if len(text) <= _LABEL else _words_of(text)
    return sorted(found)


def _words_of(text: str) -> frozenset[str]:
    whole = folded(text)
    found: set[str] = set()
    for run in _RUN.findall(whole):
        found.update(run)
        found.update(map(str.__add__, run, run[1:]))
        if _ASCII.search(run):
            found.update(_THREES.findall(run))
    found.update(map(_sign, set(_RUN.sub("", whole))))
    return frozenset(found)


# Levels, names and targets come again; a narrative hardly does.
_LABEL = 30
_words_of_label = lru_cache(8_192)(_words_of)


def query_words(text: str) -> list[str]:
    """The words that every text with `text` in it has: as few as tell all its neighbours; signs where it has only such.

    >>> query_words("满意度"), query_words("第77号")
    (['意度', '满意'], ['77号', '第77'])
    """
    whole = folded(text)
    found: set[str] = set()
    for run in _RUN.findall(whole):
        found.update(_words_of_run(run))
    return sorted(found or set(map(_sign, whole)))[:MOST_WORDS]


def _words_of_run(run: str) -> Iterable[str]:
    if len(run) <= 2:
        return [run]
    threes = [run[i : i + 3] for i in range(len(run) - 2)]
    # A three with a letter or digit tells both its pairs.
    pairs = [run[i : i + 2] for i in range(len(run) - 1) if not run[i : i + 2].isascii()]
    told = {pair for three in threes if _with_ascii(three) for pair in (three[:2], three[1:])}
    return [*(three for three in threes if _with_ascii(three)), *(pair for pair in pairs if pair not in told)]


def is_sure(text: str) -> bool:
    """Whether the index knows `text` itself: what has its word needs no second look."""
    return query_words(text) == [folded(text)]


def _with_ascii(three: str) -> bool:
    return min(three) < "\x80"


def _sign(character: str) -> str:
    return f"sign{ord(character):x}"


def form_marks(head: Mapping[str, Any]) -> list[str]:
    """The words for what a form's head says: its year, its agency."""
    marks = []
    if head["year"] is not None:
        marks.append(year_mark(head["year"]))
    if head["agency"]:
        marks.append(agency_mark(head["agency"]))
    return marks


def indicator_marks(row: Mapping[str, Any], head: Mapping[str, Any]) -> list[str]:
    """The words for what an indicator's columns say, beside its texts: its form's head, its levels, unit and review."""
    marks = form_marks(head)
    marks.extend(_level_marks(row["level1"], row["level2"]))
    if row["unit"]:
        marks.append(unit_mark(row["unit"]))
    if row["review"]:
        marks.append(REVIEW_MARK)
    return marks


REVIEW_MARK = "review"


@lru_cache(4_096)
def year_mark(year: int) -> str:
    """The word for a form's year."""
    return f"year{year}".replace("-", "minus")


@lru_cache(4_096)
def agency_mark(agency: str) -> str:
    """The word for an agency's whole name."""
    return f"agency{_digest(agency)}"


@lru_cache(4_096)
def unit_mark(unit: str) -> str:
    """The word for a unit, ㎡ and m2 alike."""
    return f"unit{_digest(folded(unit))}"


@lru_cache(4_096)
def _level_marks(level1: str | None, level2: str | None) -> tuple[str, ...]:
    return tuple(f"level{word}" for word in index_words((level1, level2)))


def level_marks(text: str) -> list[str]:
    """The words of every indicator that has `text` in one of its levels."""
    return [f"level{word}" for word in query_words(text)]


def _digest(text: str) -> str:
    return hashlib.blake2s(text.encode(), digest_size=6).hexdigest()
