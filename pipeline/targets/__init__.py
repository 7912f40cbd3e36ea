"""Target values: operator, number, unit, per-unit, percent, range, date, yes/no, words.

The text itself is kept: `raw` always, `value` too but for a repair that nothing else could mean (二100% is =100%).
What is only likely (292% for ≥92%) is left alone here; `checks` proposes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from pipeline.dates import fold
from pipeline.dictionaries import Dictionaries, Name, load_vocabulary
from pipeline.document import Repair, Target
from pipeline.resources import data_folder
from pipeline.targets.grammar import LONGEST, Grammar
from pipeline.targets.misread import half_sign, repair_target
from pipeline.targets.words import load_words, unit_names

# Names whose targets are percentages.
_RATE = re.compile(r"(?:率|满意度|占比|比例)$")


def parse_target(
    raw: str, *, level3: str | None = None, dictionaries: Dictionaries | None = None
) -> tuple[Target, Repair | None]:
    """Take a target apart; the Repair is there only where an operator or digit was surely misread.

    `level3` and `dictionaries` can only prevent a repair (the name's own operator points the other way), never cause
    one; `dictionaries` also adds units and yes/no words. Numbers keep their printed digits, so 5千人次 is 5 with the
    unit 千人次. Any string is accepted.
    """
    grammar = _grammar(dictionaries)
    target = grammar.parse(raw)
    if len(raw) > LONGEST:
        return target, None
    if target.kind != "words":
        return target, half_sign(raw) if target.operator is None else None
    repaired = repair_target(raw, grammar)
    if repaired is None:
        return target, half_sign(raw)
    better, repair = repaired
    if better.unit is None and level3 and _RATE.search(fold(level3)) and Decimal(better.number or 0) > 100:
        return target, None  # ≥959o is no ≥9590: the end of a rate is a broken %
    if level3 is not None and dictionaries is not None and _contradicts(better.operator, level3, dictionaries):
        return target, None
    return replace(better, raw=raw), repair


def _contradicts(operator: str | None, level3: str, dictionaries: Dictionaries) -> bool:
    name = dictionaries.written("level3", level3)
    entries: Iterable[Name] = dictionaries.names("level3").get(name, ()) if name else ()
    known = {entry.operator for entry in entries if entry.operator}
    against = {"≥": "≤", "≤": "≥"}.get(operator or "")
    return against is not None and known == {against}


def _grammar(dictionaries: Dictionaries | None) -> Grammar:
    if dictionaries is None:
        return _shipped_grammar()
    dictionaries.notes.whole.update(("unit", "boolean"))
    dictionaries = dictionaries.plain
    key = dictionaries.digest
    if key not in _grammars:
        if len(_grammars) > 8:  # a run uses one set of dictionaries; tests and long services may use many
            _grammars.clear()
        units = unit_names(name for names in dictionaries.names("unit").values() for name in names)
        booleans = frozenset(dictionaries.names("boolean"))
        shipped = _shipped_grammar()
        _grammars[key] = Grammar(units | shipped.units, booleans | shipped.booleans, load_words())
    return _grammars[key]


_grammars: dict[str, Grammar] = {}


@lru_cache(maxsize=1)
def _shipped_grammar() -> Grammar:
    vocabulary = load_vocabulary(data_folder("dictionaries") / "forms.txt")
    units = unit_names(name for name in vocabulary.names if name.section == "unit")
    booleans = frozenset(name.text for name in vocabulary.names if name.section == "boolean")
    return Grammar(units, booleans, load_words())
