"""Text on its way into a spreadsheet cell: harmless, legal, and no longer than a cell can hold."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

# The longest text a cell takes, in UTF-16 units: a rare Hanzi outside the basic plane counts two.
MAX_UNITS = 32_767
_NOTE = "…（原文共 {length} 字，此处截断，全文见 records.jsonl）"
# XML 1.0 has no place for these, and half a surrogate pair cannot be written at all.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_STARTERS = ("=", "+", "-", "@")
# What a formula needs to reach out of its cell: a call, another program (DDE), another sheet or file, an address.
_REACHES_OUT = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*\s*\(|[|!\[\\]|://")


# A form's title, agency and project stand in every one of its rows.
@lru_cache(maxsize=512)
def cell_text(text: str) -> str:
    """Return `text` as a cell may hold it.

    Everything the exporter writes is a string and never a formula, so `=100%` stands as it was printed. A person may
    still save the sheet as CSV and open that: there a text that begins like a formula becomes one. For `=100%` that is
    harmless (operator, number and unit have columns of their own); what could call a function, another program or
    another file gets an apostrophe in front, as spreadsheets write text, and stays text there too.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\f", "\n").replace("\t", " ")
    text = _ILLEGAL.sub("\ufffd", text)
    if is_active(text):
        text = "'" + text
    return _cut(text)


def legal_text(text: str) -> str:
    """Return `text` without what no XML file can hold."""
    return _ILLEGAL.sub("\ufffd", text).replace("\f", "\n")


def is_active(text: str) -> bool:
    """Tell whether a spreadsheet that took `text` for a formula would do more than arithmetic with it."""
    start = text.lstrip()
    # Full-width signs are taken for the plain ones where an input method is at work.
    if not unicodedata.normalize("NFKC", start[:1]).startswith(_STARTERS):
        return False
    return _REACHES_OUT.search(unicodedata.normalize("NFKC", start)) is not None


def looks_like_formula(text: str) -> bool:
    """Tell whether a person who edits the cell would turn it into a formula."""
    return text.startswith(_STARTERS)


def _cut(text: str) -> str:
    if len(text) * 2 <= MAX_UNITS or _units(text) <= MAX_UNITS:
        return text
    note = _NOTE.format(length=len(text))
    left = MAX_UNITS - _units(note)
    kept = text.encode("utf-16-le")[: left * 2]
    # A cut through a pair leaves half a character, which is dropped.
    return kept.decode("utf-16-le", "ignore") + note


def _units(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
