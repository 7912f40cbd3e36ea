"""Which labels other dictionaries may have repair say something else of; of all others what was said still holds.

A name of a further dictionary is a candidate for the few labels near it, and teaches words and endings (`words/field`,
`context.Compounds`). Ten names accepted in an archive teach a handful. What repair weighs of a label is the label with
one error mended and the names near it, and once more what it would be mended to (`Said.looked`): where nothing new is
within one error of a piece of these, all questions have the answers they had. A form's own words go by all its texts.
Pictures may show any word, so that labels with one are always asked again, and with them their form.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from pipeline.dictionaries import comparison_key
from pipeline.document import Label, Role
from pipeline.repair.context import SHORT
from pipeline.repair.folding import folded
from pipeline.repair.names import NameIndex
from pipeline.repair.settled import CANDIDATES
from pipeline.repair.vocabulary import Vocabulary
from pipeline.repair.words import common_characters

# More words than an archive's reviewers teach between two runs; each is looked for in every label.
_MOST_WORDS = 300
# Answers kept for texts that come again.
_MOST_KEPT = 100_000
_LEVELS = frozenset({Role.LEVEL1, Role.LEVEL2, Role.LEVEL3})


def changed_repairs(old: Vocabulary, new: Vocabulary, printed: Iterable[str]) -> Changed | None:
    """Hold two vocabularies against each other that differ in names of level 3; None where all has to be asked again.

    `printed` are the names of all templates' fields, columns and levels.
    """
    if old.shipped != new.shipped:  # how frequent all words are goes by these
        return None
    changed = Changed(old, new, printed)
    return changed if len(changed.words) <= _MOST_WORDS else None


class Changed:
    """What two vocabularies answer otherwise."""

    def __init__(self, old: Vocabulary, new: Vocabulary, printed: Iterable[str]) -> None:
        """Take the vocabulary of before, that of now, and what templates print."""
        self._spellers = old.speller, new.speller
        learned = old.words.learned | new.words.learned
        self._taught = {word for word in learned if old.words.logp.get(word) != new.words.logp.get(word)}
        one, other = (speller.compounds for speller in self._spellers)
        self.words = self._taught | (one.tails.keys() ^ other.tails.keys()) | (one.heads.keys() ^ other.heads.keys())
        self._short = [word for word in self.words if len(word) <= 2]
        self._lacking = _lacking_one(self.words)
        self._gaps, self._fills = self._gapped()
        self._longest = max(map(len, self._lacking | self._gaps), default=0)
        self._exact, self._near = self._names(old, new, [folded(name) for name in printed])
        common = set(common_characters())
        self._same_characters = common | one.characters == common | other.characters
        self._put: dict[str, frozenset[str] | None] = {}
        self._reached: dict[str, bool] = {}

    def _names(
        self, old: Vocabulary, new: Vocabulary, printed: list[str]
    ) -> tuple[set[str], dict[Role | None, NameIndex]]:
        """The comparison keys of other names and their misreadings, and names of which other things are said now."""
        exact: set[str] = set()
        before, after = (vocabulary.dictionaries.names("level3") for vocabulary in (old, new))
        for name in before.keys() | after.keys():
            if (entries := before.get(name, ())) != (others := after.get(name, ())):
                seen = (text for entry in (*entries, *others) for text in entry.seen)
                exact.update(map(comparison_key, (name, *seen)))
        near: dict[Role | None, NameIndex] = {}
        for role, sections in CANDIDATES.items():
            was, now = old.index(sections, ()).sources, new.index(sections, ()).sources
            own = {name for name in was.keys() | now.keys() if was.get(name) != now.get(name) or self._cut(name)}
            near[role] = NameIndex({name: (name, "") for name in (*own, *filter(self._cut, printed))})
        return exact, near

    def _cut(self, name: str) -> bool:
        """Tell whether a name's words may be others."""
        return any(word in name for word in self._taught)

    def _gapped(self) -> tuple[set[str], dict[str, list[str]]]:
        """Words with a gap that are filled otherwise, and those whose gap a character of a short word may fill."""
        before, after = (speller.gaps for speller in self._spellers)
        changed = {gap for gap in before.keys() | after.keys() if before.get(gap) != after.get(gap)}
        wanted = set("".join(self._short))
        put: dict[str, list[str]] = {}
        for gap, fillings in after.items() if wanted else ():
            for _, character in fillings:
                if character in wanted:
                    put.setdefault(character, []).append(gap)
        return changed, put

    def touches_form(self, texts: Iterable[str], labels: Collection[Label]) -> bool:
        """Tell whether a form's own words, or what it repeats, may be others; then all its labels may be."""
        if any(line.posterior is not None for label in labels for line in label.lines):
            return True
        every = [*map(folded, texts), *(folded(label.text) for label in labels)]
        return any(
            word in text
            for word in self._taught
            for text in every
            # Own words stand in short texts; what repetition puts into a label stands, with its neighbours, in any.
            if len(text) <= SHORT or len(word) <= 2
        )

    def touched(self, labels: Sequence[Label], looked: Mapping[str, str]) -> list[bool]:
        """Tell of each label of a form whether other things may be said of it; `looked` is that of what was said."""
        found = [label.role in _LEVELS and comparison_key(label.text) in self._exact for label in labels]
        weighed: dict[Role | None, list[tuple[int, str]]] = {}
        for i, label in enumerate(labels):
            key = folded(label.text)
            texts = [key, *([looked[key]] if key in looked else [])]
            if label.role is Role.LEVEL3 and not found[i]:
                found[i] = any(map(self._reaches, texts))
            if not found[i]:
                weighed.setdefault(label.role, []).extend((i, text) for text in texts)
        for role, asked in weighed.items():
            if (names := self._near.get(role)) is None:
                continue
            for (i, text), near in zip(asked, names.near([text for _, text in asked]), strict=True):
                found[i] = found[i] or bool(near) or text in names.sources
        return found

    def _reaches(self, text: str) -> bool:
        """Tell whether a word, an ending or a gap that is new or gone stands in a text that is one error away."""
        known = self._reached.get(text)
        if known is None:
            if len(self._reached) > _MOST_KEPT:
                self._reached.clear()
            known = self._reached[text] = self._long(text) or self._brings(text)
        return known

    def _long(self, text: str) -> bool:
        n, most = len(text), self._longest
        pieces = [text[i:j] for i in range(n - 1) for j in range(i + 2, min(n, i + most) + 1)]
        if not self._gaps.isdisjoint(pieces) or not self._lacking.isdisjoint(pieces):
            return True
        lacking = {
            text[i:at] + text[at + 1 : j]
            for at in range(1, n - 1)
            for i in range(max(0, at - most), at)
            for j in range(at + 2, min(n, i + most + 1) + 1)
        }
        return not self._lacking.isdisjoint(lacking)

    def _brings(self, text: str) -> bool:
        """Tell whether one error may make a short word of what stands in a text and what errors put there."""
        if not self._short and self._same_characters:
            return False
        put: set[str] = set()
        for character in dict.fromkeys(text):
            beside = self._beside(character)
            if beside is None:
                return True
            put |= beside
        put.update(character for character, gaps in self._fills.items() if any(gap in text for gap in gaps))
        own = set(text)
        # One of one character that stands in a text of the form concerns all of the form: `touches_form`.
        return any(
            own.issuperset(word) or ((own | put).issuperset(word) and (len(word) == 1 or not own.isdisjoint(word)))
            for word in self._short
        )

    def _beside(self, character: str) -> frozenset[str] | None:
        """What errors put in a character's place or beside it; None where that is not what it was."""
        if character not in self._put:
            before, after = (speller.puts(character) for speller in self._spellers)
            self._put[character] = frozenset(after) if before == after else None
        return self._put[character]


def _lacking_one(words: Iterable[str]) -> set[str]:
    """Words of three characters or more, whole and with each of their characters left out.

    Two texts that are one error apart share one of these: what they have left when both lose the place of the error.
    """
    return {
        text
        for word in words
        if len(word) > 2
        for text in (word, *(word[:k] + word[k + 1 :] for k in range(len(word))))
    }
