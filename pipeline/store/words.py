"""Text cut into words that an index can find again, for Chinese without a dictionary: pairs of neighbouring characters.

Every text that contains the query contains all its pairs, so looking for all of them misses nothing; what has the pairs
but not the query itself is sorted out by comparing the texts. Runs of letters and digits are one word each.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

_RUN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|[0-9a-z]+")


def folded(text: str) -> str:
    """The text as it is compared: widths and cases alike, without spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


def index_words(texts: Iterable[str | None]) -> list[str]:
    """The words of some texts, each once, sorted: single characters, pairs, and runs of letters and digits."""
    found: set[str] = set()
    for text in texts:
        if text:
            found |= _words_of_label(text) if len(text) <= _LABEL else _words_of(text)
    return sorted(found)


def _words_of(text: str) -> frozenset[str]:
    found: set[str] = set()
    for run in _RUN.findall(folded(text)):
        if run[0].isascii():
            found.add(run)
        else:
            found.update(run)
            found.update([run[i : i + 2] for i in range(len(run) - 1)])
    return frozenset(found)


# Levels, names and targets come again; a narrative hardly does.
_LABEL = 30
_words_of_label = lru_cache(8_192)(_words_of)


def query_words(text: str) -> list[str]:
    """The words that every text with `text` in it has: pairs, and characters that stand alone.

    Runs of letters and digits at its ends may be the middle of a longer one, so they are left to the comparison unless
    nothing else is there; what stands between others (第77号) is whole.
    """
    whole = folded(text)
    found: set[str] = set()
    runs = list(_RUN.finditer(whole))
    for match in runs:
        run = match.group()
        if not run[0].isascii():
            found.update({run} if len(run) == 1 else (run[i : i + 2] for i in range(len(run) - 1)))
        elif match.start() > 0 and match.end() < len(whole):
            found.add(run)
    return sorted(found) or sorted({match.group() for match in runs})
