"""The words of targets: dictionaries/rules/targets.toml, units and yes/no words."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from pipeline.dates import fold
from pipeline.dictionaries import Name
from pipeline.errors import DictionaryError
from pipeline.resources import data_folder


@dataclass(frozen=True, slots=True)
class Words:
    """Words beside a number, by where they stand and what they say."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    date: Mapping[str, str]
    around_before: frozenset[str]
    around_after: frozenset[str]
    never: tuple[str, ...]
    not_before_words: frozenset[str]
    misread: tuple[tuple[str, str], ...]  # longest first


def unit_names(names: Iterable[Name]) -> frozenset[str]:
    """Return units as the grammar compares them."""
    return frozenset(fold(name.text) for name in names)


@lru_cache(maxsize=1)
def load_words() -> Words:
    """Return the words that came with zhibiao.

    Raises:
        DictionaryError: the file is missing, no TOML, or lacks a table.
    """
    path = data_folder("dictionaries") / "rules" / "targets.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return Words(
            before=_operators(data["before"]),
            after=_operators(data["after"]),
            date=_operators(data["date"]),
            around_before=frozenset(map(fold, data["around"]["before"])),
            around_after=frozenset(map(fold, data["around"]["after"])),
            never=tuple(map(fold, data["around"]["never"])),
            not_before_words=frozenset(map(fold, data["around"]["not_before_words"])),
            misread=tuple(
                sorted(
                    ((wrong, right) for right, words in data["misread"].items() for wrong in words),
                    key=lambda pair: -len(pair[0]),
                )
            ),
        )
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise DictionaryError(f"{path}: cannot be used ({error}); restore the file that came with zhibiao") from error
    except (KeyError, AttributeError, TypeError) as error:
        raise DictionaryError(f"{path}: lacks or misspells {error}; restore the file that came with zhibiao") from error


def _operators(table: Mapping[str, list[str]]) -> dict[str, str]:
    """Return word -> operator, longest word first, so that 不少于 is tried before 少于."""
    pairs = [(fold(word), operator) for operator, words in table.items() for word in words]
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))
