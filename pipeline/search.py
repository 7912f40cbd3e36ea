"""What a person types to find something, taken apart; and what was found, as lines to read.

`满意度 <90%` is a word and a measure: a sign, a number and perhaps a unit.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from pipeline.store import Store
from pipeline.store.search import FormHit, IndicatorHit, Measure, Query, Sign, find_forms, find_indicators, narrowing

_SIGNS: dict[str, Sign] = {
    ">=": "≥", "=>": "≥", "》=": "≥", "〉=": "≥", "≥": "≥", "≧": "≥", "⩾": "≥", "≮": "≥",
    "<=": "≤", "=<": "≤", "《=": "≤", "〈=": "≤", "≤": "≤", "≦": "≤", "⩽": "≤", "≯": "≤",
    ">": ">", "》": ">", "〉": ">", "<": "<", "《": "<", "〈": "<", "=": "=",
}  # fmt: skip
# A measure stands alone, or right behind a word or another measure (满意度≥90%, ≥90%≤95%); a unit that is a word stands
# right behind its number, else `<90 满意度` would ask for a unit 满意度. Punctuation behind it belongs to a sentence.
# A Chinese keyboard writes 《 for <, unless it quotes a title: 《100强企业》.
_MEASURE = re.compile(
    r"(?:(?<!\S)|(?<=[^\W_])|(?<=[%‰]))(?:(?=[《〈]=)|(?<!\S)(?=[》〉])|(?![《〈]\S*[》〉])(?![》〉]))"
    rf"(?P<sign>{'|'.join(sorted(_SIGNS, key=len, reverse=True))})\s*"
    r"(?P<number>-?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?)"
    r"(?P<unit>\s*[%‰]|[^\W\d_][^\s\d<>=≥≤≧≦⩾⩽≮≯《》〈〉,.。、;:!?()]{0,7}[23]?)?"
    r"(?:[,.。、;:!?]*(?=[\s<>=≥≤≧≦⩾⩽≮≯《》〈〉]|$)|[,。、;]+(?=[^\W\d_]))"
)


def parse_query(
    text: str,
    *,
    agency: str | None = None,
    year: int | None = None,
    level: str | None = None,
    review: bool | None = None,
) -> Query:
    """Take a query apart: measures first, the rest are words.

    >>> parse_query("满意度 <90%").measures
    (Measure(sign='<', number=90.0, unit='%'),)
    """
    plain = unicodedata.normalize("NFKC", text)
    measures = tuple(_measure(found) for found in _MEASURE.finditer(plain))
    words = tuple(_MEASURE.sub(" ", plain).split())
    return Query(words, measures, agency, year, level, review)


def _measure(found: re.Match[str]) -> Measure:
    unit = found["unit"]
    return Measure(_SIGNS[found["sign"]], float(found["number"].replace(",", "")), unit.strip() if unit else None)


def search(store: Store, query: Query, limit: int = 50) -> tuple[list[FormHit], list[IndicatorHit]]:
    """Forms and indicators that were found, `limit` of each at most; forms only where words were given."""
    narrowed = narrowing(store, query)
    if narrowed is None:
        return [], []
    asked = query.words and not (query.measures or query.level)
    forms = find_forms(store, query, limit, narrowed) if asked else []
    return forms, find_indicators(store, query, limit, narrowed)


def hit_lines(forms: Sequence[FormHit], indicators: Sequence[IndicatorHit]) -> list[str]:
    """One line a hit: what it is and where it stands."""
    lines = [
        f"{_form(hit.year, hit.agency)} {hit.project or hit.title} ({hit.indicators} indicators)  {hit.document}"
        for hit in forms
    ]
    for hit in indicators:
        path = " / ".join(part for part in (hit.level1, hit.level2, hit.level3) if part)
        mark = " ?" if hit.review else ""
        where = hit.place if hit.place.startswith("page") or hit.page is None else f"page {hit.page} {hit.place}"
        lines.append(
            f"{_form(hit.year, hit.agency)} {path} {hit.target or ''}{mark}  {hit.document} {where} "
            f"indicators[{hit.position}]"
        )
    return lines


def _form(year: int | None, agency: str | None) -> str:
    return f"{year or '----'} {agency or ''}".rstrip()
