"""Marks that come in pairs: brackets and quotation marks."""

from __future__ import annotations

PARTNERS = {"”": "“", "）": "（", "》": "《", "〉": "〈", "】": "【", "〕": "〔"}
# 1） 一） a） open an item of a list; their brackets have no partner. A pattern says before it where one may stand.
LIST_MARK = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3}|[a-zA-Z①-⑩])[）)]"


def missing_partner(text: str, closing: str = "".join(PARTNERS)) -> str | None:
    """Return the mark that `text` lacks: of the first of the `closing` marks that it has not as often as their opening.

    None where all are paired. Brackets of half width are counted as those of full width.
    """
    plain = text.replace("(", "（").replace(")", "）")
    for mark in closing:
        missing = plain.count(PARTNERS[mark]) - plain.count(mark)
        if missing:
            return mark if missing > 0 else PARTNERS[mark]
    return None
