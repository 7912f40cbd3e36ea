"""Names that no dictionary holds: one error mended by compounds and by the word model, or left for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.repair.channel import DISPLACED, DOUBLED, DROPPED, INSERTED, SWAPPED, Edit, substitution_cost
from pipeline.repair.context import Compounds
from pipeline.repair.judge import FAR, Match
from pipeline.repair.shapes import Shapes
from pipeline.repair.words import WordModel

# Characters that look like the one read: the true one is among the first 12 nine times in ten (measured on the pairs
# of shape_pairs), and each more costs time.
_NEIGHBOURS = 12


@dataclass(frozen=True, slots=True)
class Opening:
    """A repair without a whole dictionary name: what it would be, and what speaks for it."""

    match: Match
    gain: float  # how much likelier its words are, less the cost of its error, nats
    compound: str  # the compound that the repair completes, or empty


class OpenSpeller:
    """Tries every single error at the places where a label falls apart into lone characters."""

    def __init__(self, words: WordModel, shapes: Shapes, compounds: Compounds, characters: str) -> None:
        """Take the word model, the shapes, the compounds, and the `characters` that labels are written with."""
        self.words = words
        self.shapes = shapes
        self.compounds = compounds
        self._rows = shapes.rows(characters)
        self._near: dict[str, list[tuple[str, float]]] = {}
        self._gaps = _gapped(words, compounds)

    def openings(self, label: str) -> list[Opening]:
        """Return the likeliest repairs of `label`, best first; empty where the label is sound."""
        before = self.words.segment(label)
        broken = [i for i in range(len(label)) if before.ends[i] - before.starts[i] == 1]
        if not broken or len(label) < 4:
            return []
        weighed: dict[str, Opening] = {}
        for text, edit in self._edited(label, broken):
            gain = self.words.score(text) - before.score - edit.cost
            if text not in weighed or weighed[text].gain < gain:
                weighed[text] = Opening(Match(text, edit.cost, (edit,)), gain, self._completes(label, text))
        best = sorted(weighed.values(), key=lambda o: (-o.gain, o.match.name))[:2]
        if len(best) == 2:
            margin = min(FAR, best[0].gain - best[1].gain)
            first = best[0]
            match = Match(first.match.name, first.match.cost, first.match.edits, margin, best[1].match.name)
            best[0] = Opening(match, first.gain, first.compound)
        return best

    def _completes(self, label: str, text: str) -> str:
        tail, head = self.compounds.tail_of(text), self.compounds.head_of(text)
        if len(tail) > len(self.compounds.tail_of(label)):
            return tail
        return head if len(head) > len(self.compounds.head_of(label)) else ""

    def _edited(self, label: str, broken: list[int]) -> Iterator[tuple[str, Edit]]:
        n = len(label)
        last = label[-1]
        if n - 1 in broken:
            for i in range(n - 1):
                if label[i] != last:
                    text = label[:i] + last + label[i:-1]
                    yield text, Edit("displaced", n - 1, i, last, last, DISPLACED)
        for i in broken:
            for other, alike in self._neighbours(label[i]):
                edit = Edit("look-alike", i, i, label[i], other, substitution_cost(alike), alike)
                yield label[:i] + other + label[i + 1 :], edit
            doubled = (i > 0 and label[i - 1] == label[i]) or label[i + 1 : i + 2] == label[i]
            kind, cost = ("doubled", DOUBLED) if doubled else ("inserted", INSERTED)
            yield label[:i] + label[i + 1 :], Edit(kind, i, i, label[i], "", cost)
            for j in (i - 1, i):
                if 0 <= j < n - 1 and label[j] != label[j + 1]:
                    pair = label[j + 1] + label[j]
                    yield label[:j] + pair + label[j + 2 :], Edit("swapped", j, j, label[j : j + 2], pair, SWAPPED)
        yield from self._filled(label, broken)

    def _filled(self, label: str, broken: list[int]) -> Iterator[tuple[str, Edit]]:
        """A word of the field lacks one character here."""
        n = len(label)
        done: set[tuple[int, str]] = set()
        for i in broken:
            for start in range(max(0, i - 5), i + 1):
                for end in range(i + 1, min(n, start + 6) + 1):
                    if end - start < 2:
                        continue
                    for offset, char in self._gaps.get(label[start:end], ()):
                        at = start + offset
                        if (at, char) not in done:
                            done.add((at, char))
                            yield label[:at] + char + label[at:], Edit("dropped", at, at, "", char, DROPPED)

    def _neighbours(self, character: str) -> list[tuple[str, float]]:
        found = self._near.get(character)
        if found is None:
            found = self._near[character] = self.shapes.neighbours(character, self._rows, _NEIGHBOURS)
        return found


def _gapped(words: WordModel, compounds: Compounds) -> dict[str, list[tuple[int, str]]]:
    """Return the field's words of 3 characters and more with one left out -> where and which."""
    gaps: dict[str, list[tuple[int, str]]] = {}
    for word in sorted({*compounds.tails, *compounds.heads, *(w for w in compounds.known if len(w) >= 3)}):
        if 3 <= len(word) <= 7:
            for k in range(len(word)):
                gaps.setdefault(word[:k] + word[k + 1 :], []).append((k, word[k]))
    return gaps
