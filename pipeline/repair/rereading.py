"""What else the picture may say: the recogniser's further choices, put together to the likeliest words.

Every place of a label has its choices: what was read, what else the frames there support, nothing at all. A row of
choices is as good as its words are likely, less what the picture holds against it; the best rows are found place by
place (a beam over a lattice of words).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass
from heapq import nlargest

from pipeline.repair.wording import Wording
from pipeline.repair.words import WordModel

# One place of a label: texts of one character or none, with what each costs beside the best reading, in nats.
Choices = Sequence[tuple[str, float]]

# What words weigh against the picture. Both are log-likelihoods, but the recogniser is surer of itself than right.
WORDS_WEIGHT = 0.7
# Rows kept at each place; with 48 the truth is found no more often.
_BEAM = 24
# Rows that cost more than this together are never the truth of one or two misread characters.
_MOST_COST = 16.0
_LONGEST = 8
# A stretch of three characters or more that other texts of the form hold is as good as a word of middling frequency;
# better, where two of them do.
_ONCE, _TWICE = -11.0, -9.5
_SHORTEST_STRETCH = 2
_SHORT = 2.0
# Marks that labels hardly hold; to the word model all marks are free, which makes specks of dust the best of readings.
_RARE_MARKS = frozenset("·.,;:'|-—_~`^!?…*/\\。")
_RARE_MARK = -6.0


@dataclass(frozen=True, slots=True)
class Rereading:
    """Another reading of a label: its text, what the picture holds against it (nats), how likely its words are."""

    text: str
    cost: float
    words: float


class Middles:
    """Which characters stand between two others in the dictionaries' names, and at their ends."""

    def __init__(self, names: Iterable[str]) -> None:
        """Take the names, folded."""
        self._between: dict[tuple[str, str], set[str]] = defaultdict(set)
        for name in names:
            for i, character in enumerate(name):
                self._between[_frame(name[:i], name[i + 1 :])].add(character)

    def between(self, left: str, right: str) -> set[str]:
        """Return what the names have between the end of `left` and the beginning of `right`."""
        return self._between.get(_frame(left, right), set())


def _frame(left: str, right: str) -> tuple[str, str]:
    """Return the neighbours: one on each side, or two where there is nothing on the other."""
    return (left[-1:] if right else left[-2:], right[:1] if left else right[:2])


class Lexicon:
    """The words that a label may be made of, by their beginnings: the word model's, and what its form holds."""

    def __init__(
        self,
        words: WordModel,
        texts: Iterable[str] = (),
        middles: Middles | None = None,
        wording: Wording | None = None,
    ) -> None:
        """Take the word model and the form's texts, folded; each text counts once however often it is handed in.

        `middles` are what names have between two characters, `wording` is how they are written.
        """
        self.words = words
        self.wording = wording or Wording((), words)
        self._middles = middles or Middles(())
        self._counts: Counter[str] = Counter()
        for text in dict.fromkeys(texts):
            self._counts.update(_stretches(text))
        self._short = frozenset(stretch[:k] for stretch in self._counts for k in range(1, _SHORTEST_STRETCH))
        self._own: frozenset[str] = frozenset()
        self._scores: dict[str, float | None] = {}
        self._between: dict[tuple[str, str], set[str]] = defaultdict(set)
        for stretch in self._counts:
            if len(stretch) == 3:
                self._between[stretch[0], stretch[2]].add(stretch[1])

    def fitting(self, left: str, right: str) -> set[str]:
        """Return what the form's other texts, or names, have between the end of `left` and the beginning of `right`."""
        around = (left[-1:], right[:1])
        held = {c for c in self._between.get(around, ()) if self.held(around[0] + c + around[1]) > 0}
        return held | self._middles.between(left, right)

    def in_names(self, text: str, place: int) -> bool:
        """Return whether dictionary names have the character at `place` of `text` between its neighbours."""
        return text[place : place + 1] in self._middles.between(text[:place], text[place + 1 :])

    def besides(self, label: str) -> Lexicon:
        """Return the same lexicon without what `label`, which is one of the form's texts, says for itself."""
        other = copy(self)
        other._own, other._scores = frozenset(_stretches(label)), {}
        return other

    @property
    def general(self) -> Lexicon:
        """The same lexicon without the form's texts."""
        return Lexicon(self.words, (), self._middles, self.wording)

    def held(self, stretch: str) -> int:
        """Return in how many other texts of the form a stretch of 3 to 8 characters stands."""
        return self._counts[stretch] - (stretch in self._own)

    def holds(self, phrase: str) -> bool:
        """Return whether other texts of the form hold `phrase`; of a long one, its beginning and its end."""
        return self.held(phrase[:_LONGEST]) > 0 and self.held(phrase[-_LONGEST:]) > 0

    def score(self, word: str) -> float | None:
        """Return the log-probability of `word`, or None where it is none; single characters always are."""
        if word in self._scores:  # as two in three that are asked for
            return self._scores[word]
        found = self._scores[word] = self._score(word)
        return found

    def _score(self, word: str) -> float | None:
        if len(word) == 1:
            return _RARE_MARK if word in _RARE_MARKS else self.words.single(word)
        known = self.words.logp.get(word)
        held = self.held(word) if word in self._counts else 0
        if held < 1:
            return known
        own = (_TWICE if held > 1 else _ONCE) - (_SHORT if len(word) == 2 else 0.0)
        return own if known is None or own > known else known

    def begins(self, text: str) -> bool:
        """Return whether a longer word may begin with `text`."""
        return len(text) < _LONGEST and (text in self.words.beginnings or text in self._short or text in self._counts)

    def text(self, text: str) -> float:
        """Return the log-probability of the likeliest row of words."""
        best = [0.0] * (len(text) + 1)
        get, counts, short, beginnings = self.words.logp.get, self._counts, self._short, self.words.beginnings
        singles, score = self.words.singles(text), self.score
        for i in range(len(text) - 1, -1, -1):
            top = best[i + 1] + (_RARE_MARK if text[i] in _RARE_MARKS else singles[i])
            for j in range(i + 2, min(len(text), i + _LONGEST) + 1):
                word = text[i:j]
                repeated = word in counts
                known = score(word) if repeated else get(word)
                if known is not None and known + best[j] > top:
                    top = known + best[j]
                # As `begins` has it, without a call for each: no longer word begins like this.
                if not repeated and word not in beginnings and word not in short:
                    break
            best[i] = top
        return best[0]


def _stretches(text: str) -> set[str]:
    return {text[i:j] for i in range(len(text)) for j in range(i + _SHORTEST_STRETCH, min(len(text), i + _LONGEST) + 1)}


def reread(places: Sequence[Choices], lexicon: Lexicon, most: int) -> list[Rereading]:
    """Return the best rows of choices, likeliest first, at most `most`; what was read is usually one of them."""
    rows: list[dict[str, tuple[float, float, float]]] = [{} for _ in range(len(places) + 1)]
    rows[0][""] = (0.0, 0.0, 0.0)
    for start in range(len(places)):
        kept = list(rows[start].items())
        if len(kept) > _BEAM:
            kept = nlargest(_BEAM, kept, key=lambda row: row[1][0])
        if not kept:
            continue
        for end, word, value, cost in _words_from(places, start, lexicon):
            gain = WORDS_WEIGHT * value - cost
            ahead = rows[end]
            for text, (total, spent, words) in kept:
                if spent + cost > _MOST_COST:
                    continue
                longer = text + word
                known = ahead.get(longer)
                if known is None or known[0] < total + gain:
                    ahead[longer] = (total + gain, spent + cost, words + value)
    best = nlargest(most, rows[-1].items(), key=lambda row: (row[1][0], row[0]))
    return [Rereading(text, cost, words) for text, (_, cost, words) in best if text]


def _words_from(places: Sequence[Choices], start: int, lexicon: Lexicon) -> list[tuple[int, str, float, float]]:
    """Return the words that the choices from `start` on spell: (end, word, log-probability, cost)."""
    found: list[tuple[int, str, float, float]] = []
    open_: list[tuple[int, str, float]] = [(start, "", 0.0)]
    while open_:
        at, word, cost = open_.pop()
        if word:
            value = lexicon.score(word)
            if value is not None:
                found.append((at, word, value, cost))
            if not lexicon.begins(word):
                continue
        elif at > start:
            found.append((at, "", 0.0, cost))
            continue
        if at < len(places):
            open_ += [(at + 1, word + choice, cost + more) for choice, more in places[at] if cost + more <= _MOST_COST]
    return found
