"""What is asked of the vocabularies while one document's records are made: so much of them its records depend on.

A further name in a dictionary changes few forms. Which ones, these notes tell: a document of which no question has
another answer now has the same records still (`bulk/standing.py`). So every way to the names goes through a view that
notes what is asked; going through all names of a section, or counting them, notes the whole section.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Set
from typing import Any, Generic, TypeVar

_Value = TypeVar("_Value")
_Done = TypeVar("_Done")
_Names = TypeVar("_Names", bound=Collection[str])


class _Deaf(set[Any]):
    """Takes nothing in, for when nobody wants to know."""

    def add(self, element: Any) -> None:
        """Forget it."""

    def update(self, *others: Any) -> None:
        """Forget them."""


class Notes:
    """What was asked since `begin`, until `end`; outside of the two nothing is noted.

    `whole` are sections that were gone through, `keys` comparison keys that were looked for, in whichever section, and
    `near` those whose nearest names were looked for besides.
    """

    def __init__(self) -> None:
        self.whole: set[str] = _Deaf()
        self.keys: set[str] = _Deaf()
        self.near: set[str] = _Deaf()

    def begin(self) -> None:
        """Note what is asked from here on."""
        self.whole, self.keys, self.near = set(), set(), set()

    def end(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """Note no more; return the sections, the keys and the near keys."""
        found = frozenset(self.whole), frozenset(self.keys), frozenset(self.near)
        self.whole, self.keys, self.near = _Deaf(), _Deaf(), _Deaf()
        return found

    def during(self, work: Callable[[], _Done]) -> tuple[_Done, tuple[frozenset[str], frozenset[str], frozenset[str]]]:
        """Do something, and note what it asks."""
        self.begin()
        try:
            done = work()
        finally:
            asked = self.end()
        return done, asked


def _itself(text: str) -> str:
    return text


class _Asked(Generic[_Names]):
    """Names of `sections`; who goes through all of them, or counts them, depends on the whole sections."""

    def __init__(self, names: _Names, notes: Notes, *sections: str) -> None:
        self._names, self._notes, self._sections = names, notes, sections

    def _all(self) -> _Names:
        self._notes.whole.update(self._sections)
        return self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class AskedNames(_Asked[Mapping[str, _Value]], Mapping[str, _Value]):
    """A mapping of `sections`' names that notes what it is asked; `key` makes a comparison key of what it is asked."""

    def __init__(
        self, names: Mapping[str, _Value], notes: Notes, *sections: str, key: Callable[[str], str] = _itself
    ) -> None:
        super().__init__(names, notes, *sections)
        self._key = key

    def __getitem__(self, text: str) -> _Value:
        self._notes.keys.add(self._key(text))
        return self._names[text]

    def __contains__(self, text: object) -> bool:
        self._notes.keys.add(self._key(str(text)))
        return text in self._names

    def get(self, text: str, default: Any = None) -> Any:
        """As a mapping's."""
        self._notes.keys.add(self._key(text))
        return self._names.get(text, default)

    def keys(self) -> Any:
        """As a mapping's."""
        return self._all().keys()

    def values(self) -> Any:
        """As a mapping's."""
        return self._all().values()

    def items(self) -> Any:
        """As a mapping's."""
        return self._all().items()


class AskedSet(_Asked[frozenset[str]], Set[str]):
    """A set of `sections`' comparison keys that notes what it is asked."""

    def __contains__(self, key: object) -> bool:
        self._notes.keys.add(key)  # type: ignore[arg-type]
        return key in self._names

    def __or__(self, other: Set[Any]) -> AskedSet:
        if isinstance(other, AskedSet):
            return AskedSet(self._names | other._names, self._notes, *self._sections, *other._sections)
        return AskedSet(self._names | frozenset(other), self._notes, *self._sections)
