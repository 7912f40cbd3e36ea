"""Names that no dictionary holds: one error mended by the document's phrases, by compounds, by the word model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass

from pipeline.repair.channel import DISPLACED, DOUBLED, DROPPED, INSERTED, SWAPPED, Edit, substitution_cost
from pipeline.repair.context import Compounds, Texts
from pipeline.repair.judge import FAR, Match, features
from pipeline.repair.shapes import Shapes
from pipeline.repair.words import Lattice, Segmentation, WordModel, common_characters, general_words

# Characters that look like the one read: the true one is among the first 12 nine times in ten; each more costs time.
_NEIGHBOURS = 12
# Words that begin or end with a lone character, of which the other may have been dropped.
_COMPLETIONS = 4
# Only the likeliest are weighed by the model; the true one is among the first 4 whenever it is among the first 20.
_WEIGHED = 5
# Deleting a character always makes a text likelier, by what any character costs; this much (nats) is no evidence.
_ANY_CHARACTER = 7.0

# Repairs that make the words this much likelier, less the cost of the error (nats), are worth weighing; below, the
# model never proposed one.
_LEAST_GAIN = -4.0

# So many characters on either side of a gap make a phrase the same phrase; with one on a side it is a common ending. Of
# 6,000 made-up pairs of names like 采矿权人合格率 and 参训人员合格率 in one form 400 were changed with one, 1 with two.
_BOTH_SIDES = 2

# An Edit before it is written out: kind, at, to, read, meant, cost, likeness.
_Error = tuple[str, int, int, str, str, float, float]

# What is known of a candidate beyond judge.FEATURES.
OPEN_FEATURES = ("gain", "lead", "phrase", "places", "own_phrase", "compound", "support", "own_support")


@dataclass(frozen=True, slots=True)
class Opening:
    """A repair without a whole dictionary name: what it would be, and what speaks for it."""

    match: Match
    gain: float  # how much likelier its words are, less the cost of its error, nats
    compound: str = ""  # the compound that the repair completes
    phrase: str = ""  # what other texts of the form hold
    places: int = 0  # in how many places


class OpenSpeller:
    """Tries single errors where a label falls apart into lone characters, and what its document writes."""

    def __init__(self, words: WordModel, shapes: Shapes, compounds: Compounds) -> None:
        """Take the word model, the likeness of characters and the compounds of names."""
        self.words = words
        self.shapes = shapes
        self.compounds = compounds
        self._near: dict[str, list[tuple[str, float, float]]] = {}
        characters = frozenset(common_characters()) | compounds.characters
        self._rows = shapes.rows("".join(sorted(characters)))
        self.gaps = _gapped({*compounds.tails, *compounds.heads, *(w for w in compounds.known if len(w) >= 3)})
        self._begin, self._end = _partners(characters)

    def within(self, words: WordModel) -> OpenSpeller:
        """Return the same speller with another word model, that of one form."""
        other = copy(self)
        other.words = words
        return other

    def openings(self, label: str, texts: Texts) -> list[Opening]:
        """Return the likeliest repairs of `label`, best first; empty where nothing speaks against the label."""
        found = self._voted(label, texts)
        before = self.words.segment(label)
        broken = [i for i in range(len(label)) if before.ends[i] - before.starts[i] == 1 and label[i] not in _MARKS]
        if len(label) >= 4 and (broken or self.words.ending(label) == 0.0):
            mended = self._mended(label, broken, found)
            # Dozens, of which five at most are weighed: only these are written out.
            for cost, name in sorted([(-gain, name) for name, (gain, _) in mended.items()])[:_WEIGHED]:
                edit = Edit(*mended[name][1])
                found[name] = Opening(Match(name, edit.cost, (edit,)), -cost, self._completes(label, name))
        return sorted(found.values(), key=lambda o: (-o.gain - 2.0 * min(o.places, 3), o.match.name))[:_WEIGHED]

    def evidence(self, label: str, openings: list[Opening], texts: Texts) -> list[list[float]]:
        """Return what speaks for each of `openings`, in the order of judge.FEATURES and OPEN_FEATURES."""
        rows = []
        for opening in openings:
            others = [o.gain for o in openings if o is not opening]
            lead = max(-FAR, min(FAR, opening.gain - max(others))) if others else FAR
            edit = opening.match.edits[0]
            match = Match(opening.match.name, opening.match.cost, opening.match.edits, max(0.0, lead))
            rows.append(
                [
                    *features(label, match, self.words),
                    opening.gain,
                    lead,
                    min(len(opening.phrase), 16),
                    min(opening.places, 4),
                    float(bool(opening.phrase) and texts.count(label[max(0, edit.at - 3) : edit.at + 3], label) > 0),
                    len(opening.compound),
                    _support(texts, match.name, edit.to, len(edit.meant), label),
                    _support(texts, label, edit.at, len(edit.read), label),
                ]
            )
        return rows

    def _gain(self, before: Segmentation, text: str, edit: Edit) -> float:
        return self.words.score_once(text) - before.score - edit.cost

    def _voted(self, label: str, texts: Texts) -> dict[str, Opening]:
        found: dict[str, Opening] = {}
        before = self.words.segment(label)
        for vote in texts.votes(label)[:_WEIGHED]:
            if vote.phrase in self.compounds.tails:
                continue  # an ending that any name may have (制度健全性) says nothing of this one
            edit = _edit(label, vote.kind, vote.at, vote.value, self.shapes)
            gain = self._gain(before, vote.value, edit)
            match = Match(vote.value, edit.cost, (edit,))
            compound = self._completes(label, vote.value)
            found[vote.value] = Opening(match, gain, compound, vote.phrase, vote.count)
        return found

    def _completes(self, label: str, text: str) -> str:
        tail, head = self.compounds.tail_of(text), self.compounds.head_of(text)
        if len(tail) > len(self.compounds.tail_of(label)):
            return tail
        return head if len(head) > len(self.compounds.head_of(label)) else ""

    def _mended(self, label: str, broken: list[int], voted: Mapping[str, Opening]) -> dict[str, tuple[float, _Error]]:
        """Return the single errors at `broken` places whose repair makes the words likelier, by what it makes.

        Each with its gain; what is `voted` for already is left as it is.
        """
        lattice = Lattice(self.words, label)
        least = lattice.score + _LEAST_GAIN
        n = len(label)
        last = label[-1]
        found: dict[str, tuple[float, _Error]] = {}

        def weigh(score: float, text: str, error: _Error) -> None:
            gain = score - error[5] - lattice.score - (_ANY_CHARACTER if error[0] == "inserted" else 0.0)
            if text not in voted and (text not in found or found[text][0] < gain):
                found[text] = gain, error

        if n - 1 in broken:
            shorter = Lattice(self.words, label[:-1])
            for i in range(n - 1):
                if label[i] != last and (score := shorter.replaced(shorter.around(i, i), last)) - DISPLACED > least:
                    text = label[:i] + last + label[i:-1]
                    weigh(score, text, ("displaced", n - 1, i, last, last, DISPLACED, 0.0))
        for i in broken:
            around = lattice.around(i, i + 1)
            for other, alike, cost in self._neighbours(label[i]):
                if (score := lattice.replaced(around, other)) - cost > least:
                    text = label[:i] + other + label[i + 1 :]
                    weigh(score, text, ("look-alike", i, i, label[i], other, cost, alike))
            doubled = (i > 0 and label[i - 1] == label[i]) or label[i + 1 : i + 2] == label[i]
            kind, cost = ("doubled", DOUBLED) if doubled else ("inserted", INSERTED)
            if (score := lattice.removed(i, i + 1)) - cost > least:
                weigh(score, label[:i] + label[i + 1 :], (kind, i, i, label[i], "", cost, 0.0))
            for j in (i - 1, i):
                if 0 <= j < n - 2 and label[j] != label[j + 1]:
                    pair = label[j + 1] + label[j]
                    text = label[:j] + pair + label[j + 2 :]
                    known = text in found or text in voted
                    if not known and (score := self.words.score_once(text)) - SWAPPED > least:
                        weigh(score, text, ("swapped", j, j, label[j : j + 2], pair, SWAPPED, 0.0))
        for at, chars in self._missing(label, broken).items():
            around = lattice.around(at, at)
            for char in sorted(chars):
                if (score := lattice.replaced(around, char)) - DROPPED > least:
                    weigh(score, label[:at] + char + label[at:], ("dropped", at, at, "", char, DROPPED, 0.0))
        return found

    def _missing(self, label: str, broken: list[int]) -> dict[int, set[str]]:
        """Where a character may be missing, and which: a word of the field with a gap, or half a word."""
        n = len(label)
        found: dict[int, set[str]] = defaultdict(set)
        for i in broken:
            for start in range(max(0, i - 5), i + 1):
                for end in range(max(i + 1, start + 2), min(n, start + 6) + 1):
                    for offset, char in self.gaps.get(label[start:end], ()):
                        found[start + offset].add(char)
            found[i + 1].update(self._begin.get(label[i], ()))
            found[i].update(self._end.get(label[i], ()))
        if self.words.ending(label) == 0.0:
            # Nothing ends like this; the last character of an ending may be missing (满意 of 满意度).
            for start in range(max(0, n - 6), n - 1):
                found[n].update(c for offset, c in self.gaps.get(label[start:], ()) if start + offset == n)
        return found

    def puts(self, character: str) -> list[str]:
        """Return what an error may put in a character's place, or for its own sake beside it."""
        near = [other for other, _, _ in self._neighbours(character)]
        return [*near, *self._begin.get(character, ""), *self._end.get(character, "")]

    def _neighbours(self, character: str) -> list[tuple[str, float, float]]:
        """Return the characters that look like this one, with their likeness and what reading it for them costs."""
        found = self._near.get(character)
        if found is None:
            near = self.shapes.neighbours(character, self._rows, _NEIGHBOURS)
            found = self._near[character] = [(c, alike, substitution_cost(alike)) for c, alike in near]
        return found


def is_witnessed(opening: Opening) -> bool:
    """Return whether what speaks for a missing character holds it from both sides; other errors need no such witness.

    参训人员合格率 begins at 人 to agree with 采矿权人合格率, and so is another name with the same ending: it says
    nothing of what stands between 人 and 合格率 here. With two characters on either side a phrase is the same phrase.
    What only words would put in (no phrase, no compound) is proposed: a missing character leaves too many sound names.
    """
    edit = opening.match.edits[0]
    if edit.kind not in ("dropped", "inserted") or (edit.kind == "inserted" and not opening.phrase):
        return True
    name = opening.match.name
    for held in (opening.phrase, opening.compound):
        start = name.find(held) if held else -1
        while start >= 0:
            if edit.to - start >= _BOTH_SIDES and start + len(held) - edit.to - len(edit.meant) >= _BOTH_SIDES:
                return True
            start = name.find(held, start + 1)
    return False


def _support(texts: Texts, text: str, at: int, width: int, label: str) -> int:
    """Return how many other texts write the place of an error as `text` does, to either side of it; 3 is many."""
    if width:
        sides = (text[max(0, at - 2) : at + width], text[at : at + width + 2])
    else:
        sides = (text[max(0, at - 2) : at + 1], text[max(0, at - 1) : at + 2])
    return min(3, max((texts.count(side, label) for side in sides if len(side) >= 3), default=0))


# Marks stand alone by nature.
_MARKS = frozenset("()、,.;:/\"'《》<>-—·&+%“”‘’")


def _edit(label: str, kind: str, at: int, value: str, shapes: Shapes) -> Edit:
    """Return the edit that a vote stands for."""
    if kind == "dropped":
        return Edit(kind, at, at, "", value[at], DROPPED)
    if kind == "look-alike":
        alike = shapes.likeness(label[at], value[at])
        return Edit(kind, at, at, label[at], value[at], substitution_cost(alike), alike)
    if kind == "swapped":
        return Edit(kind, at, at, label[at : at + 2], value[at : at + 2], SWAPPED)
    if kind == "displaced":
        return Edit(kind, len(label) - 1, at, label[-1], label[-1], DISPLACED)
    return Edit(kind, at, at, label[at], "", DOUBLED if kind == "doubled" else INSERTED)


def _gapped(words: Iterable[str]) -> dict[str, list[tuple[int, str]]]:
    """Return words of 3 to 7 characters with one left out -> where and which."""
    gaps: dict[str, list[tuple[int, str]]] = {}
    for word in sorted(words):
        if 3 <= len(word) <= 7:
            for k in range(len(word)):
                gaps.setdefault(word[:k] + word[k + 1 :], []).append((k, word[k]))
    return gaps


def _partners(characters: frozenset[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return for each character those that most often follow it in a two-character word, and those that precede it."""
    follow: dict[str, list[tuple[int, str]]] = defaultdict(list)
    precede: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for word, count in general_words().items():
        # Words rarer than this would be no better than a guess.
        if count >= 300 and len(word) == 2 and word[0] in characters and word[1] in characters:
            follow[word[0]].append((-count, word[1]))
            precede[word[1]].append((-count, word[0]))
    best = [
        {c: "".join(other for _, other in sorted(partners)[:_COMPLETIONS]) for c, partners in table.items()}
        for table in (follow, precede)
    ]
    return best[0], best[1]
