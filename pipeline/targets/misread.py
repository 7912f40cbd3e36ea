"""Targets whose sign or digits were misread: repaired where nothing else can be meant, proposed where it is likely."""

from __future__ import annotations

import re

from pipeline.dates import fold
from pipeline.document import Repair, Status, Target
from pipeline.targets.grammar import DIGIT, SIGN, SIGNS, Grammar

# A dash and a number, and no second number that would make it a range.
_DASH = re.compile(r"[-—–－―─]\s*(?P<rest>\d[\d,.]*\s*[^\d\s]{0,8})")
# Letters that recognisers read for the digits 0 and 1 (ocr_confusions); other letters stand for several digits.
_DIGIT_LETTERS = str.maketrans({"O": "0", "o": "0", "〇": "0", "○": "0", "I": "1", "l": "1", "|": "1", "丨": "1"})
_SURE_SIGN = re.compile(r"[》《〉〈≥≤=＝≡]")
_LETTERED = re.compile(rf"(?P<sign>{SIGN})?(?P<digits>[\dOo〇○Il|丨.]{{2,}})(?P<rest>\D*)", re.A)


def half_sign(raw: str) -> Repair | None:
    """Propose = for a dash before a quantity: one stroke of the sign is lost where print is faint.

    A fall of 5% may be meant by -5%, so nothing is changed; degrees below zero are no question.
    """
    found = _DASH.fullmatch(raw.strip())
    if found is None or found["rest"].rstrip().endswith(("℃", "°C", "度")):
        return None
    return Repair(
        raw=raw, value=raw, status=Status.PROPOSED, kind="look-alike", origin="misread", score=0.5,
        proposal=f"={found['rest']}", evidence="grammar:-→=",
        reason="数值前的横线可能是“=”少了一画；若确为负数或下降，保持不变",
    )  # fmt: skip


def repair_target(raw: str, grammar: Grammar) -> tuple[Target, Repair] | None:
    """Return the target as it must have been printed, and the repair, where only one reading is sound."""
    for reading in (_misread_sign, _misread_digits, _misread_percent):
        made = reading(raw, grammar)
        if made is None:
            continue
        value, wrong, right = made
        target = grammar.parse(value)
        sound = target.kind in ("number", "range") and not target.text
        # Without a unit, I0 may be a code and 二9 a rank; brackets and doubled signs stand before nothing else.
        vouched = (
            grammar.is_unit(target.unit) if target.unit else _SURE_SIGN.match(wrong) or fold(raw).strip()[0] in SIGNS
        )
        if sound and vouched:
            return target, _repair(raw, value, wrong, right)
    return None


def _misread_sign(raw: str, grammar: Grammar) -> tuple[str, str, str] | None:
    stripped = raw.strip()
    for wrong, right in grammar.words.misread:
        rest = stripped.removeprefix(wrong).lstrip()
        # 二〇二〇年 and 二0二0年 are years: a quantity never begins with a bare 0 before another digit.
        if rest != stripped and re.match(r"(?:0(?![0-9])|[1-9])", fold(rest)):
            return right + rest, wrong, right
    return None


def _misread_digits(raw: str, _: Grammar) -> tuple[str, str, str] | None:
    folded = fold(raw).strip()
    found = _LETTERED.fullmatch(folded)
    if found is None or not (found["sign"] or DIGIT.search(found["digits"])):
        return None
    digits = found["digits"].translate(_DIGIT_LETTERS)
    if digits == found["digits"] or not re.fullmatch(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?", digits):
        return None
    start = raw.index(raw.strip()) + found.start("digits")
    value = raw[:start] + digits + raw[start + len(digits) :]
    return value, found["digits"], digits


def _misread_percent(raw: str, _: Grammar) -> tuple[str, str, str] | None:
    # A ring of a broken % is read once more as what it looks like: nothing is ever counted in "%0" or "°%".
    found = re.search(r"(?<=[0-9])\s*\(?\s*(o/o|O/O|%%|℅|%[0oO6qgº°]|[º°]%)\s*\)?\s*$", fold(raw))
    if found is None:
        return None
    return raw[: found.start(1)] + "%" + raw[found.end(1) :], found[1], "%"


def _repair(raw: str, value: str, wrong: str, right: str) -> Repair:
    return Repair(
        raw=raw,
        value=value,
        status=Status.REPAIRED,
        kind="doubled" if wrong == right * 2 else "look-alike",
        # 0.99: every other reading of the text is unsound; no corpus of damaged targets measures it more finely.
        score=0.99,
        evidence=f"grammar:{wrong}→{right}",
        reason=f"“{wrong}”在数值处没有意义，只能是“{right}”的误识",
    )
