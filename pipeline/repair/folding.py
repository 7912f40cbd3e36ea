"""Labels in their plainest form, for comparing character by character."""

from __future__ import annotations

import unicodedata

_BRACKETS = str.maketrans("【】〔〕[]“”‘’", "()()()\"\"''")


def folded(text: str) -> str:
    """Return `text` without spaces, each character in its plainest form; a final colon is dropped.

    Unlike `dictionaries.comparison_key`, every character stays one character (㎡ stays ㎡), so that the places of errors
    stay what they are.
    """
    if text.isascii():
        plain = text
    elif text.isalpha():
        # Letters alone: only compatibility forms (Kangxi radicals, full-width letters) change.
        plain = text if unicodedata.is_normalized("NFKC", text) else "".join(map(_plain, text))
    else:
        plain = "".join(map(_plain, text)).translate(_BRACKETS)
    return "".join(plain.split()).rstrip(":")


def _plain(character: str) -> str:
    found = unicodedata.normalize("NFKC", character)
    return found if len(found) == 1 else character
