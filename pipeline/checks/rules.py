"""The rules of checking, as data: what a finding says, and the word lists and units that the checks go by."""

from __future__ import annotations

import hashlib
import string
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.dates import fold
from pipeline.errors import DictionaryError
from pipeline.records import Finding
from pipeline.resources import data_folder

# What a message or a remedy may hold; every check gives some of these.
PLACEHOLDERS = frozenset({"name", "value", "other", "proposal"})
WORD_LISTS = frozenset(
    (
        *("up", "down", "cost", "turns", "bounded", "exact", "vague", "asks", "output", "benefit", "satisfaction"),
        *("core", "plan", "goals", "schedule", "past", "budget", "money_total", "money_part", "required"),
    )
)
# Longer quotations are cut in messages: a finding is read in a list, the whole text stands in the record.
_LONGEST_QUOTE = 40


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Entry):
    """One kind of finding. `category` is the official review category, `basis` the review rules behind it."""

    code: str = Field(pattern=r"^[a-z]+\.[a-z0-9-]+$")
    severity: Literal["error", "warning", "info"]
    message: str = Field(min_length=1)
    remedy: str = Field(min_length=1)
    category: str | None = None
    basis: tuple[str, ...] = ()


class UnitRule(_Entry):
    """What kinds of unit a name with one of these endings takes."""

    ends: tuple[str, ...] = Field(min_length=1)
    exceptions: tuple[str, ...] = Field((), alias="except")
    kinds: tuple[str, ...] = Field(min_length=1)
    suggest: str


class Nonstandard(_Entry):
    """A unit that is written in a way that no system takes, and how it is written instead."""

    unit: str
    proposal: str
    rule: str


class Stem(_Entry):
    """Names ending so are answered with one of these words, or with one built on it (基本合理)."""

    ends: tuple[str, ...] = Field(min_length=1)
    words: tuple[str, ...] = Field(min_length=1)


class _RulesFile(_Entry):
    rule: tuple[Rule, ...] = Field(min_length=1)
    words: dict[str, tuple[str, ...]]
    units: dict[str, tuple[str, ...]]
    unit_rule: tuple[UnitRule, ...]
    nonstandard: tuple[Nonstandard, ...]
    stem: tuple[Stem, ...]


@dataclass(frozen=True)
class Rules:
    """A loaded rules file. `unit_kinds` maps a unit to its kind (percent, people, ...)."""

    rules: Mapping[str, Rule]
    words: Mapping[str, tuple[str, ...]]
    unit_kinds: Mapping[str, str]
    unit_rules: tuple[UnitRule, ...]
    nonstandard: tuple[Nonstandard, ...]
    stems: tuple[Stem, ...]
    sha256: str

    def finding(self, code: str, at: str, **values: str) -> Finding:
        """Return the finding `code` at a place of the record, its message filled with `values`."""
        rule = self.rules[code]
        quoted = {key: _quote(value) for key, value in values.items()}
        return Finding(
            code=code,
            severity=rule.severity,
            at=at,
            message=rule.message.format(**quoted),
            remedy=rule.remedy.format(**quoted),
            category=rule.category,
        )


def _quote(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= _LONGEST_QUOTE else flat[:_LONGEST_QUOTE] + "…"


def load_rules(path: Path | None = None) -> Rules:
    """Load the shipped rules, or those of `path`.

    Raises DictionaryError where the file cannot be read, holds an unknown key, a doubled code, or a placeholder that no
    check fills.
    """
    return _shipped() if path is None else _load(path)


@lru_cache(maxsize=1)
def _shipped() -> Rules:
    return _load(data_folder("dictionaries") / "rules" / "checks.toml")


def _load(path: Path) -> Rules:
    try:
        content = path.read_bytes()
        file = _RulesFile.model_validate(tomllib.loads(content.decode("utf-8-sig")))
    except OSError as error:
        raise DictionaryError(f"{path}: cannot be read ({error.strerror}); check the path") from error
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DictionaryError(f"{path}: is no TOML file in UTF-8 ({error}); mend it") from error
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise DictionaryError(f"{path}: {where}: {first['msg']}; mend this entry") from error
    _check(path, file)
    return Rules(
        rules={rule.code: rule for rule in file.rule},
        words={key: tuple(fold(word) for word in words) for key, words in file.words.items()},
        unit_kinds={fold(unit): kind for kind, units in file.units.items() for unit in units},
        unit_rules=file.unit_rule,
        nonstandard=file.nonstandard,
        stems=file.stem,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def _check(path: Path, file: _RulesFile) -> None:
    codes = [rule.code for rule in file.rule]
    doubled = {code for code in codes if codes.count(code) > 1}
    if doubled:
        raise DictionaryError(f"{path}: the rule {min(doubled)} stands twice; keep one")
    if set(file.words) != WORD_LISTS:
        odd = min(set(file.words) ^ WORD_LISTS)
        raise DictionaryError(
            f"{path}: words.{odd} is unknown or missing; the lists are {', '.join(sorted(WORD_LISTS))}"
        )
    for rule in file.rule:
        for text in (rule.message, rule.remedy):
            try:
                names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
            except ValueError as error:
                raise DictionaryError(f"{path}: {rule.code}: “{text}” cannot be filled ({error}); mend it") from error
            if names - PLACEHOLDERS:
                raise DictionaryError(
                    f"{path}: {rule.code}: unknown placeholder {min(names - PLACEHOLDERS)}; "
                    f"known are {', '.join(sorted(PLACEHOLDERS))}"
                )
    kinds = set(file.units)
    for unit_rule in file.unit_rule:
        if set(unit_rule.kinds) - kinds:
            raise DictionaryError(
                f"{path}: unit_rule {unit_rule.ends[0]}: unknown kind {min(set(unit_rule.kinds) - kinds)}; "
                f"known are {', '.join(sorted(kinds))}"
            )
    for entry in file.nonstandard:
        if entry.rule not in codes:
            raise DictionaryError(
                f"{path}: nonstandard {entry.unit}: unknown rule {entry.rule}; name one of the file's"
            )
