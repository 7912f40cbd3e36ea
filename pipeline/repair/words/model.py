"""Log-probabilities of words, and the likeliest row of words of a text."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from pipeline.repair.words.general import LONGEST, followers_of, general_followers, general_reach, reach_of

# A table of 350,000 words' beginnings takes a tenth of a second to make; a few forms ask less often than this.
_WORTH_A_TABLE = 1_000
# A character that no word list holds; jieba's rarest words have probability e**-17.9.
_UNKNOWN = -19.0
# A word that a form's labels keep using. Half of the words that labels hold are more frequent than this.
_DOCUMENT_WORD = -10.0
# Digits and Latin letters stand in labels as numbers and product names: no words, but no damage either.
_FOREIGN = -3.0
FOREIGN_CHARACTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz%.+-")
PUNCTUATION = frozenset("()、,.;:/\"'《》<>-—·&+%“”‘’（），。；：！!?？ ")


@dataclass(frozen=True, slots=True)
class Segmentation:
    """The likeliest row of words of a text: its log-probability, and for each character its word's start and end."""

    score: float
    words: tuple[str, ...]
    starts: tuple[int, ...]  # per character: where its word begins
    ends: tuple[int, ...]  # per character: where its word ends, exclusive

    def length_at(self, position: int) -> int:
        """Return the length of the word that covers the character at `position`."""
        return self.ends[position] - self.starts[position]


class WordModel:
    """Log-probabilities of words, and the likeliest segmentation under them."""

    def __init__(
        self,
        logp: Mapping[str, float],
        endings: Mapping[str, int],
        under: tuple[WordModel, dict[str, float]] | None = None,
        learned: Collection[str] | None = None,
    ) -> None:
        """Take natural-log probabilities of words, and how many names end in each pair of characters.

        `under` is another model with the few words that this one knows beside its own: `with_words` makes it so.
        `learned` are the words that it has beside the general ones, where it has all of these.
        """
        self.logp = logp
        self._endings = endings
        self._last: Counter[str] | None = None
        self._cache: dict[str, Segmentation] = {}
        self._strangers: dict[str, frozenset[str]] = {}
        self._asked = 0
        self._reach: dict[str, int] | None = None
        self._followers: dict[str, str] | None = None
        self._singles: dict[str, float] = {}
        self._beginnings: frozenset[str] | None = None
        self._learned = learned
        self.learned = frozenset(learned or ())
        self.base, self.own = under or (self, {})

    def ending(self, text: str) -> float:
        """Return how usual the last two characters of `text` are at the end of names, as a logarithm; 0 is never."""
        return math.log1p(self._endings.get(text[-2:], 0))

    def last_character(self, character: str) -> float:
        """Return the share of names that end in `character`."""
        if self._last is None:
            self._last = Counter()
            for ending, count in self._endings.items():
                self._last[ending[-1:]] += count
        return self._last[character] / max(1, self._last.total())

    def with_words(self, words: Iterable[str]) -> WordModel:
        """Return a model that also knows `words`, as well as words of middling frequency."""
        own = {word: _DOCUMENT_WORD for word in words if word not in self.logp}
        if not own:
            return self
        own = {**self.own, **own}
        return WordModel(_Layered(own, self.base.logp), self._endings, (self.base, own))

    def beside(self, others: Mapping[str, float]) -> WordModel:
        """Return a model that also knows the words of another list, with their log-probabilities; its own stay."""
        return WordModel({**others, **self.logp}, self._endings)

    def without_words(self, words: Collection[str]) -> WordModel:
        """Return a model that does not know `words`; for training, where it stands for words that no list holds."""
        lost = frozenset(words)
        other = WordModel(_Lacking(lost, self.logp), self._endings)
        # What only lost words begin with leads nowhere, and costs less than to gather all beginnings anew.
        other._beginnings = self._beginnings
        return other

    def segment(self, text: str) -> Segmentation:
        """Return the likeliest segmentation of `text`; kept, because names and labels come again and again."""
        if self.own and not self._has_own(text):
            return self.base.segment(text)
        found = self._cache.get(text)
        if found is None:
            if len(self._cache) > 200_000:  # some 100 MB; an archive's labels repeat, so this is hardly ever reached
                self._cache.clear()
            found = self._cache[text] = self._segment(text)
        return found

    def strangers(self, text: str) -> frozenset[str]:
        """Return the runs of 2 to 4 lone Hanzi in `text`: words that no list holds, if they are any; kept likewise."""
        found = self._strangers.get(text)
        if found is None:
            if len(self._strangers) > 50_000:
                self._strangers.clear()
            runs = {"".join(run) for lone, run in groupby(self.segment(text).words, _is_lone) if lone}
            found = self._strangers[text] = frozenset(run for run in runs if 2 <= len(run) <= 4)
        return found

    @property
    def beginnings(self) -> frozenset[str]:
        """What words of two characters or more begin with; a quarter of a second, needed for pictures only."""
        if self._beginnings is None:
            self._beginnings = frozenset(word[:k] for word in self.logp for k in range(1, len(word)))
        return self._beginnings

    def score(self, text: str) -> float:
        """Return the natural-log probability of the likeliest segmentation of `text`."""
        return self.segment(text).score

    def single(self, character: str) -> float:
        """Return the log-probability of `character` as a word of its own."""
        known = self.base._singles.get(character)
        if known is None:
            known = 0.0
            if character not in PUNCTUATION:
                known = self.base.logp.get(character, _FOREIGN if character in FOREIGN_CHARACTERS else _UNKNOWN)
            self.base._singles[character] = known
        return known

    def singles(self, text: str) -> list[float]:
        """Return the same for each character of a text."""
        known = self.base._singles
        return [known[c] if c in known else self.single(c) for c in text]

    def _has_own(self, text: str) -> bool:
        return any([word in text for word in self.own])  # noqa: C419 - a list is twice as fast for one or two words

    def reaches(self, text: str) -> list[int]:
        """Return for each character of a text how long the words are at most that begin with it and the next one.

        Before some hundred texts were asked for it is not worth finding out, and the answer is the longest of all.
        """
        base = self.base
        if base._reach is None:
            base._asked += 1
            if base._asked < _WORTH_A_TABLE:
                return [LONGEST] * len(text)
            base._reach = reach_of(base.logp, {}) if base._learned is None else reach_of(base._learned, general_reach())
        get = base._reach.get
        found = [get(text[i : i + 2], 0) for i in range(len(text))]
        for word in self.own:
            at = text.find(word[:2])
            while at >= 0:
                found[at] = max(found[at], len(word))
                at = text.find(word[:2], at + 1)
        return found

    @property
    def followers(self) -> Mapping[str, str] | None:
        """The characters that stand right behind each one in the words; None before it is worth finding out."""
        base = self.base
        if base._followers is None and base._reach is not None:
            learned = base._learned
            base._followers = (
                followers_of(base.logp, {}) if learned is None else followers_of(learned, general_followers())
            )
        return base._followers

    def get(self, word: str) -> float | None:
        """Return the log-probability of a word of two characters or more; None where no list holds it."""
        known = self.base.logp.get(word)
        return self.own.get(word) if known is None and self.own else known

    def score_once(self, text: str) -> float:
        """Return the same for a text that is hardly asked for again."""
        if self.own and not self._has_own(text):
            return self.base.score_once(text)
        found = self._cache.get(text)
        return found.score if found is not None else self._segment(text).score

    def _segment(self, text: str) -> Segmentation:
        n = len(text)
        get, own, reaches = self.base.logp.get, self.own, self.reaches(text)
        singles = self.singles(text)
        best = [0.0] * (n + 1)
        step = [1] * (n + 1)
        for i in range(n - 1, -1, -1):
            top = best[i + 1] + singles[i]
            length = 1
            for j in range(i + 2, min(n, i + reaches[i]) + 1):
                known = get(text[i:j])
                if known is None and own:
                    known = own.get(text[i:j])
                if known is not None and known + best[j] > top:
                    top, length = known + best[j], j - i
            best[i], step[i] = top, length
        words, starts, ends = [], [], []
        i = 0
        while i < n:
            j = i + step[i]
            words.append(text[i:j])
            starts += [i] * (j - i)
            ends += [j] * (j - i)
            i = j
        return Segmentation(best[0], tuple(words), tuple(starts), tuple(ends))


def _is_lone(word: str) -> bool:
    return len(word) == 1 and "\u4e00" <= word <= "\u9fff"


class _Lacking(Mapping[str, float]):
    """Many words but a few."""

    __slots__ = ("_base", "_lost")

    def __init__(self, lost: frozenset[str], base: Mapping[str, float]) -> None:
        self._lost = lost
        self._base = base

    def get(self, key: str, default: float | None = None) -> float | None:  # type: ignore[override]
        return default if key in self._lost else self._base.get(key, default)

    def __getitem__(self, key: str) -> float:
        if key in self._lost:
            raise KeyError(key)
        return self._base[key]

    def __iter__(self) -> Iterator[str]:
        return (key for key in self._base if key not in self._lost)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class _Layered(Mapping[str, float]):
    """A few words over many; `get` is all that segmentation asks for."""

    __slots__ = ("_base", "_get", "_own")

    def __init__(self, own: dict[str, float], base: Mapping[str, float]) -> None:
        self._own = own
        self._base = base
        self._get = base.get

    def get(self, key: str, default: float | None = None) -> float | None:  # type: ignore[override]
        value = self._get(key)
        return self._own.get(key, default) if value is None else value

    def __getitem__(self, key: str) -> float:
        return self._own[key] if key in self._own else self._base[key]

    def __iter__(self) -> Iterator[str]:
        yield from self._own
        yield from self._base

    def __len__(self) -> int:
        return len(self._own) + len(self._base)
