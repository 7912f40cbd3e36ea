"""Labels in their plainest form, for comparing character by character."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# Anything but common Hanzi, for which there is nothing to do.
_STRANGE = re.compile("[^\u4e00-\u9fff]")
_BRACKETS = str.maketrans("【】〔〕[]“”‘’", "()()()\"\"''")


def folded(text: str) -> str:
    """Return `text` without spaces, each character in its plainest form; a final colon is dropped.

    Unlike `dictionaries.comparison_key`, every character stays one character (㎡ stays ㎡), so that the places of
    errors stay what they are.
    """
    if not _STRANGE.search(text):
        return text
    return "".join(map(fold_character, text)).rstrip(":")


@lru_cache(maxsize=20_000)
def fold_character(character: str) -> str:
    """Return one character in its plainest form; nothing for a space."""
    # A scanner sees no zero-width characters; text copied from a web page may hold them.
    if character.isspace() or unicodedata.category(character) == "Cf":
        return ""
    return _plain(character).translate(_BRACKETS)


def _plain(character: str) -> str:
    found = unicodedata.normalize("NFKC", character)
    return found if len(found) == 1 else character
