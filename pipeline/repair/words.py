"""A word model of Chinese: how likely a label is as a row of words, and where it falls apart into lone characters.

The general words and their frequencies are jieba's dictionary (MIT licence), read as a plain file: jieba itself would
write a cache and print. The words of the field are learned from the dictionaries' own names.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib.resources import files

import numpy as np

# jieba's dictionary holds longer entries (proverbs, agencies), which no label needs as one word.
_LONGEST = 8
# The share of the field's own words in the mixture. At 0 the model knows no 达标率; at 1 it knows nothing but the
# dictionaries. Labels are made of both in about equal parts.
_FIELD_SHARE = 0.4
# A table of 350,000 words' beginnings takes a tenth of a second to make; a few forms ask less often than this.
_WORTH_A_TABLE = 1_000
# A character that no word list holds; jieba's rarest words have probability e**-17.9.
_UNKNOWN = -19.0
# A word that a form's labels keep using. Half of the words that labels hold are more frequent than this.
_DOCUMENT_WORD = -10.0
# Digits and Latin letters stand in labels as numbers and product names: no words, but no damage either.
_FOREIGN = -3.0
_FOREIGN_CHARACTERS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz%.+-")
_PUNCTUATION = frozenset("()、,.;:/\"'《》<>-—·&+%“”‘’（），。；：！!?？ ")


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
        self._asked = 0
        self._reach: dict[str, int] | None = None
        self._singles: dict[str, float] = {}
        self._learned = learned
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

    def without_words(self, words: Collection[str]) -> WordModel:
        """Return a model that does not know `words`; for training, where it stands for words that no list holds."""
        lost = frozenset(words)
        return WordModel(_Lacking(lost, self.logp), self._endings)

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

    @cached_property
    def beginnings(self) -> frozenset[str]:
        """What words of two characters or more begin with; a quarter of a second, needed for pictures only."""
        return frozenset(word[:k] for word in self.logp for k in range(1, len(word)))

    def score(self, text: str) -> float:
        """Return the natural-log probability of the likeliest segmentation of `text`."""
        return self.segment(text).score

    def single(self, character: str) -> float:
        """Return the log-probability of `character` as a word of its own."""
        known = self.base._singles.get(character)
        if known is None:
            known = 0.0
            if character not in _PUNCTUATION:
                known = self.base.logp.get(character, _FOREIGN if character in _FOREIGN_CHARACTERS else _UNKNOWN)
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
                return [_LONGEST] * len(text)
            base._reach = _reach(base.logp, {}) if base._learned is None else _reach(base._learned, _general_reach())
        get = base._reach.get
        found = [get(text[i : i + 2], 0) for i in range(len(text))]
        for word in self.own:
            at = text.find(word[:2])
            while at >= 0:
                found[at] = max(found[at], len(word))
                at = text.find(word[:2], at + 1)
        return found

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


def _reach(words: Iterable[str], known: Mapping[str, int]) -> dict[str, int]:
    """Return the length of the longest of `words` by its first two characters, beside what is `known` of others."""
    reach = dict(known)
    for word in words:
        if len(word) > reach.get(word[:2], 1):
            reach[word[:2]] = len(word)
    return reach


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


# What stands left of a new text in one word, and what may stand right of it with the score of all the rest.
Around = list[tuple[str, list[tuple[str, float]]]]


class Lattice:
    """The best scores before and behind every place of a text, for asking what one changed character would make."""

    # Longer words than this (计划完成率) are hardly ever made by one character; looking for them doubles the time.
    LONGEST = 5

    def __init__(self, words: WordModel, text: str) -> None:
        """Take the word model and the text as written."""
        self._words = words
        self.text = text
        n = len(text)
        before = [0.0] * (n + 1)
        behind = [0.0] * (n + 1)
        known: list[list[tuple[int, float]]] = [[] for _ in range(n + 1)]
        self._reaches = reaches = words.reaches(text)
        singles = words.singles(text)
        get, own = words.base.logp.get, words.own
        for i in range(n - 1, -1, -1):
            top = behind[i + 1] + singles[i]
            for j in range(i + 2, min(n, i + reaches[i]) + 1):
                value = get(text[i:j])
                if value is None and own:
                    value = own.get(text[i:j])
                if value is not None:
                    known[j].append((i, value))
                    top = max(top, value + behind[j])
            behind[i] = top
        for j in range(1, n + 1):
            top = before[j - 1] + singles[j - 1]
            for i, value in known[j]:
                top = max(top, value + before[i])
            before[j] = top
        self.before = before
        self.behind = behind

    @property
    def score(self) -> float:
        """The score of the text as written."""
        return self.behind[0]

    def around(self, start: int, end: int, new: int = 1) -> Around:
        """Return what may stand left of a new text[start:end] in one word, and with each what may stand right of it.

        With these goes the score of all the rest; they grow by a character each. `new` is the length of the new text.
        The first of all has nothing on either side.
        """
        text, before, behind = self.text, self.before, self.behind
        n = len(text)
        found: Around = []
        for i in range(start, max(-1, start - self.LONGEST), -1):
            furthest = end + self.LONGEST - 1 - (start - i)
            if start - i >= 2:  # the word's beginning stands: so long are words that begin like this
                furthest = min(furthest, end + self._reaches[i] - (start - i) - new)
            rest = before[i]
            found.append((text[i:start], [(text[end:j], rest + behind[j]) for j in range(end, min(n, furthest) + 1)]))
        return found

    def replaced(self, around: Around, new: str) -> float:
        """Return the score of the text with the character `new` at the place that `around` describes."""
        words = self._words
        get, reach = words.base.logp.get, words.base._reach
        own = {word: value for word, value in words.own.items() if new in word} if words.own else words.own
        top = around[0][1][0][1] + words.single(new)
        for left, rights in around:
            begun, most = left + new, len(rights)
            if reach is not None and not own and most > 1 and len(left) < 2:
                # So long are words that begin like this.
                first = begun[:2] if left else new + rights[1][0][0]
                most = max(reach.get(first, 0) - len(left), 0 if left else 1)
            for right, rest in rights[:most]:
                known = get(begun + right)
                if known is None and own:
                    known = own.get(begun + right)
                if known is not None and known + rest > top:
                    top = known + rest
        return top

    def removed(self, start: int, end: int) -> float:
        """Return the score of the text without text[start:end]."""
        get = self._words.get
        top = self.before[start] + self.behind[end]
        for left, rights in self.around(start, end, 0):
            for right, rest in rights:
                if left and right:
                    known = get(left + right)
                    if known is not None and known + rest > top:
                        top = known + rest
        return top


@lru_cache(maxsize=1)
def general_words() -> dict[str, int]:
    """Return jieba's words of up to 8 characters with their frequencies; about 350,000, read in a third of a second."""
    content = (files("jieba") / "dict.txt").read_text(encoding="utf-8")
    parts = content.split()
    # Every line is a word, its frequency and its part of speech.
    return {word: int(count) for word, count in zip(parts[::3], parts[1::3], strict=True) if len(word) <= _LONGEST}


def general_tags() -> dict[str, str]:
    """Return jieba's words with their part of speech; only training needs it."""
    parts = (files("jieba") / "dict.txt").read_text(encoding="utf-8").split()
    return dict(zip(parts[::3], parts[2::3], strict=True))


@lru_cache(maxsize=1)
def _general_logp() -> dict[str, float]:
    frequencies = general_words()
    # Words that jieba lists with a frequency of 0 to 2 were added by hand; 3 is the lowest that it counted.
    counts = np.maximum(np.fromiter(frequencies.values(), dtype=np.float64, count=len(frequencies)), 3.0)
    logp = np.log(counts) - math.log(float(sum(frequencies.values()))) + math.log(1 - _FIELD_SHARE)
    return dict(zip(frequencies, logp.tolist(), strict=True))


@lru_cache(maxsize=1)
def _general_reach() -> dict[str, int]:
    return _reach(_general_logp(), {})


@lru_cache(maxsize=1)
def common_characters() -> str:
    """Return the 3,500 characters that jieba's words hold most, commonest first; labels hardly hold others."""
    counts: dict[str, int] = {}
    for word, frequency in general_words().items():
        # Rare words add time and no common character.
        if frequency > 20:
            for character in word:
                counts[character] = counts.get(character, 0) + frequency
    return "".join(sorted(counts, key=lambda c: (-counts[c], c))[:3500])


@lru_cache(maxsize=1)
def affixes() -> dict[str, float]:
    """Return how readily a character is added to a word of two to make one of three (库 in 数据库), as a logarithm."""
    counts: Counter[str] = Counter()
    for word, frequency in general_words().items():
        if len(word) == 3 and frequency >= 10:
            counts[word[0]] += 1
            counts[word[2]] += 1
    return {character: math.log1p(count) for character, count in counts.items()}


def field_words(names: Iterable[str], general: WordModel) -> Counter[str]:
    """Return the words of the field: rows of general words, 1 to 6 characters long, that stand in two names or more.

    A row counts only in as many names as its most frequent extension leaves it (满意 stands in 90 names but in hardly
    one without 度), so that the pieces of a word do not count as words. Rows begin and end where general words do:
    anything else would make 理制度健全性 a word, and 管理理制度健全性 sound.
    """
    counts: Counter[str] = Counter()
    longer: dict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        row = general.segment(name).words
        grams: set[str] = set()
        for i in range(len(row)):
            text = ""
            for word in row[i : i + 6]:
                shorter, text = text, text + word
                if len(text) > 6 or word in _PUNCTUATION:
                    break
                grams.add(text)
                if shorter:
                    longer[shorter][text] += 1
                    longer[text[len(row[i]) :]][text] += 1
        counts.update(grams)
    kept: Counter[str] = Counter()
    for gram, count in counts.items():
        extension = longer[gram].most_common(1)
        alone = count - (extension[0][1] if extension else 0)
        if alone > 0 and (count >= 2 or len(gram) == 1):
            kept[gram] = alone
    return kept


def build_word_model(names: Collection[str], further: Collection[str] = ()) -> WordModel:
    """Mix jieba's words with the words of the field that `names` teach.

    `further` names teach their own words, at the frequency they have among all names. How frequent the other words and
    the endings of names are, they leave as it is: one more name in a dictionary of an archive says something of the
    labels that hold its words, and should not move a score in a third of all records, as it did.
    """
    logp = dict(_general_logp())
    learned = field_words(names, WordModel(_general_logp(), {}))
    total = sum(learned.values())
    for word, count in learned.items():
        own = _FIELD_SHARE * count / total
        general = logp.get(word)
        logp[word] = math.log(own + (math.exp(general) if general is not None else 0.0))
    if further:
        for word, count in field_words([*names, *further], WordModel(_general_logp(), {})).items():
            if word not in logp:
                logp[word] = math.log(_FIELD_SHARE * count / total)
                learned[word] = count
    return WordModel(logp, Counter(name[-2:] for name in names), learned=learned)
