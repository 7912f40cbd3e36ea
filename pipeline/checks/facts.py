"""What the checks need to know of a record, worked out once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pipeline.checks.rules import Rules, load_rules
from pipeline.dates import Date, fold, read_date
from pipeline.dictionaries import Dictionaries, Name, comparison_key
from pipeline.records import FieldValue, Finding, Indicator, Record
from pipeline.settings import CheckSettings

PATH = "→"
_REPEATED = re.compile(r"#\d+$")
_BRACKETED = re.compile(r"[(（][^()（）]*[)）]$")


# The sections that Vocabulary is made of.
_LOOKED_UP = ("field", "narrative", "level1", "level2")


@dataclass(frozen=True)
class CheckContext:
    """What checking goes by besides the record. `skeleton`: the levels that the form's layout always prints."""

    dictionaries: Dictionaries
    rules: Rules = field(default_factory=load_rules)
    settings: CheckSettings = field(default_factory=CheckSettings)
    skeleton: Mapping[str, tuple[str, ...]] | None = None

    @property
    def vocabulary(self) -> Vocabulary:
        """What the dictionaries say of labels and levels, worked out once for each set of dictionaries."""
        plain = self.dictionaries.plain
        self.dictionaries.notes.whole.update(_LOOKED_UP)
        key = plain.digest
        if key not in _vocabularies:
            if len(_vocabularies) > 8:  # a run has one; long services and tests may have many
                _vocabularies.clear()
            _vocabularies[key] = Vocabulary(plain)
        return _vocabularies[key]


class Vocabulary:
    """What the checks look up in the dictionaries, turned the way they look it up."""

    def __init__(self, dictionaries: Dictionaries) -> None:
        self._dictionaries = dictionaries
        # The comparison key of every field and narrative label -> the dictionary's name for it.
        self.canonical_labels = {
            comparison_key(name.text): name.alias_of or name.text
            for section in ("narrative", "field")  # a label of both is a field
            for name in self._names(section)
        }
        self.narrative_labels = frozenset(name.alias_of or name.text for name in self._names("narrative"))
        # Every spelling of a level 1 -> the spellings that a level 2 may name it by.
        self.level1_names: dict[str, frozenset[str]] = {}
        for name in self._names("level1"):
            here = bare_level(name.text)
            names = self.level1_names.get(here, frozenset())
            self.level1_names[here] = names | {here, bare_level(name.alias_of or name.text)}
        # Every spelling of a level 2 -> the level 1 that any framework puts it under.
        self.level2_parents: dict[str, frozenset[str]] = {}
        for name in self._names("level2"):
            here = bare_level(name.text)
            parents = self.level2_parents.get(here, frozenset())
            self.level2_parents[here] = parents | {bare_level(parent) for parent in name.parents}

    def _names(self, section: str) -> Iterator[Name]:
        for entries in self._dictionaries.names(section).values():
            yield from entries


_vocabularies: dict[str, Vocabulary] = {}


def bare_level(name: str | None) -> str:
    """A level's name as systems compare it: 数量指标 and 数量目标 are 数量."""
    return comparison_key(name or "").removesuffix("指标").removesuffix("目标")


@dataclass(frozen=True)
class Narrative:
    """A narrative field: its key in the record, its canonical label, its text."""

    key: str
    label: str
    text: str


@dataclass(frozen=True)
class Row:
    """An indicator that is not blank, with its place in the record and its name without a bracketed tail."""

    number: int
    indicator: Indicator
    name: str

    @property
    def at(self) -> str:
        """The place of the target in the record."""
        return f"indicators[{self.number}].target"


class Facts:
    """A record as the checks see it."""

    def __init__(self, record: Record, context: CheckContext) -> None:
        self.record = record
        self.context = context
        self.rules = context.rules
        self.words = context.rules.words
        self._canonical: dict[str, str] = {}

    def finding(self, code: str, at: str, **values: str) -> Finding:
        """Return a finding of the rules file."""
        return self.rules.finding(code, at, **values)

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The indicators that have a name."""
        found = []
        for number, indicator in enumerate(self.record.indicators):
            if indicator.level3 is not None and indicator.level3.strip():
                name = fold("".join(indicator.level3.split()))
                found.append(Row(number, indicator, _BRACKETED.sub("", name) or name))
        return tuple(found)

    @cached_property
    def numbers(self) -> tuple[Row, ...]:
        """The rows whose target is one number."""
        return tuple(row for row in self.rows if row.indicator.target and row.indicator.target.kind == "number")

    def names(self, row: Row) -> tuple[Name, ...]:
        """Return the dictionaries' entries for the row's name."""
        dictionaries = self.context.dictionaries
        written = dictionaries.written("level3", row.indicator.level3 or "")
        return tuple(dictionaries.names("level3").get(written, ())) if written else ()

    @cached_property
    def blank(self) -> bool:
        """True where nothing was filled in: the form is a blank one."""
        filled = sum(1 for value in self.record.fields.values() if value.value.strip())
        targets = any(row.indicator.target and row.indicator.target.kind != "empty" for row in self.rows)
        return not targets and filled <= 1

    # -- fields --------------------------------------------------------------------------------------------------------

    def canonical(self, key: str) -> str:
        """Return the dictionary's name for the last part of a field's key, or that part itself."""
        if key not in self._canonical:
            last = _REPEATED.sub("", key).split(PATH)[-1]
            self._canonical[key] = self.context.vocabulary.canonical_labels.get(comparison_key(last), last)
        return self._canonical[key]

    @cached_property
    def narratives(self) -> tuple[Narrative, ...]:
        """The narrative fields that hold text."""
        known = self.context.vocabulary.narrative_labels
        found = []
        for key, value in self.record.fields.items():
            label = self.canonical(key)
            if value.value.strip() and (label in known or len(value.value) >= self.context.settings.long_text):
                found.append(Narrative(key, label, value.value))
        return tuple(found)

    def fields_called(self, label: str) -> Iterator[tuple[str, FieldValue]]:
        """Yield the fields whose canonical label is `label`."""
        yield from self._called.get(label, ())

    @cached_property
    def _called(self) -> dict[str, list[tuple[str, FieldValue]]]:
        """Canonical label -> the fields called so, in the order of the record."""
        found: dict[str, list[tuple[str, FieldValue]]] = {}
        for key, value in self.record.fields.items():
            found.setdefault(self.canonical(key), []).append((key, value))
        return found

    @cached_property
    def start(self) -> Date | None:
        """The day the project begins, if the form says so once."""
        return self._one_date("开始时间", "start")

    @cached_property
    def end(self) -> Date | None:
        """The day the project ends, if the form says so once."""
        return self._one_date("结束时间", "end")

    def _one_date(self, label: str, half: str) -> Date | None:
        texts = {value.value for _, value in self.fields_called(label) if value.value.strip()}
        found = {(mention.first if half == "start" else mention.last) for text in texts if (mention := read_date(text))}
        if not texts:
            for _, value in self.fields_called("项目起止时间"):
                mention = read_date(value.value)
                if mention is not None and mention.first != mention.last:
                    found.add(mention.first if half == "start" else mention.last)
        return found.pop() if len(found) == 1 else None
