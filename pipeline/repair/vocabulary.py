"""What repairs of any form go by: words, wording and names of the dictionaries, each made when first asked for."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from copy import copy
from functools import cached_property

from pipeline.dictionaries import Dictionaries
from pipeline.document import Label, Role
from pipeline.repair.context import Compounds
from pipeline.repair.folding import folded
from pipeline.repair.names import NameIndex
from pipeline.repair.opened import OpenSpeller
from pipeline.repair.rereading import Middles
from pipeline.repair.settled import CANDIDATES, FROM_LAYOUT, skeleton_names
from pipeline.repair.shapes import Shapes
from pipeline.repair.wording import Wording
from pipeline.repair.words import WordModel, build_word_model, recent_logp


class Vocabulary:
    """The dictionaries as repair asks them."""

    def __init__(self, dictionaries: Dictionaries, shapes: Shapes) -> None:
        """Take the dictionaries and the likeness of characters."""
        self.dictionaries = dictionaries
        self.shapes = shapes
        self._indices: dict[tuple[str, ...], NameIndex] = {}

    def general_words(self, text: str) -> list[str]:
        """Return the words of two characters or more of the folded `text` that only general lists hold."""
        learned = self.words.learned
        return [word for word in self.words.segment(text).words if len(word) > 1 and word not in learned]

    def without_words(self, lost: Collection[str]) -> Vocabulary:
        """Return the same vocabulary, in which no list holds the words `lost`."""
        words, shown = self.words.without_words(lost), self.shown_words.without_words(lost)
        other = copy(self)
        for name, part in (
            ("words", words), ("shown_words", shown), ("speller", self.speller.within(words)),
            ("middles", self.middles), ("wording", self.wording),
        ):  # fmt: skip
            other.__dict__[name] = part
        return other

    @cached_property
    def _parted(self) -> tuple[list[str], list[str]]:
        """The names that words and wording are learned from, and those that only count as further words."""
        shipped: list[str] = []
        further: list[str] = []
        for name, entries in self.dictionaries.names("level3").items():
            ours = any(entry.vocabulary not in self.dictionaries.further for entry in entries)
            (shipped if ours else further).append(folded(name))
        return (shipped, further) if shipped else (further, [])

    @property
    def shipped(self) -> list[str]:
        """The names, folded, that say how frequent all words are."""
        return self._parted[0]

    @cached_property
    def words(self) -> WordModel:
        """The word model; reading the word list takes half a second, so it waits for the first label in doubt."""
        return build_word_model(*self._parted)

    @cached_property
    def shown_words(self) -> WordModel:
        """The words that a picture may show: those of `words`, and those that its general list is too old for."""
        return self.words.beside(recent_logp())

    @cached_property
    def speller(self) -> OpenSpeller:
        """What mends names that no dictionary holds."""
        names = [folded(name) for name in self.dictionaries.names("level3")]
        heads = [folded(name) for section in ("level1", "level2") for name in self.dictionaries.names(section)]
        return OpenSpeller(self.words, self.shapes, Compounds(names, heads, self.words))

    @cached_property
    def middles(self) -> Middles:
        """What stands between two characters in names."""
        return Middles(folded(name) for name in self.dictionaries.names("level3"))

    @cached_property
    def wording(self) -> Wording:
        """How names are written."""
        return Wording(self._parted[0], self.words)

    def index(self, sections: tuple[str, ...], names: Sequence[str]) -> NameIndex:
        """Return the index of the names of `sections` and of `names`; (name, source) by folded name."""
        key = (*sections, "|", *names)
        index = self._indices.get(key)
        if index is None:
            sources = {folded(name): (name, FROM_LAYOUT) for name in names}
            for section in sections:
                for name, entries in self.dictionaries.names(section).items():
                    sources.setdefault(folded(name), (name, f"dictionary:{entries[0].vocabulary}"))
            index = self._indices[key] = NameIndex(sources, is_template=bool(names))
        return index

    def names_for(self, label: Label, skeleton: Mapping[str, Sequence[str]] | None) -> NameIndex:
        """Return the names that a label may be: its template's, or those of its kind."""
        if skeleton and label.role in (Role.LEVEL1, Role.LEVEL2):
            # A form of a known template holds the names of that template and no others.
            return self.index((), sorted(skeleton_names(label, skeleton)))
        return self.index(CANDIDATES[label.role], ())
