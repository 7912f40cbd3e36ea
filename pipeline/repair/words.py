"""A word model of Chinese: how likely a label is as a row of words, and where it falls apart into lone characters.

The general words and their frequencies are jieba's dictionary (MIT licence), read as a plain file: jieba itself would
write a cache and print. The words of the field are learned from the dictionaries' own names.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

# jieba's dictionary holds longer entries (proverbs, agencies), which no label needs as one word.
_LONGEST = 8
# The share of the field's own words in the mixture. At 0 the model knows no 达标率; at 1 it knows nothing but the
# dictionaries. Labels are made of both in about equal parts.
_FIELD_SHARE = 0.4
# A character that no word list holds; jieba's rarest words have probability e**-17.9.
_UNKNOWN = -19.0
# Digits and Latin letters stand in labels as numbers and product names: no word, but no damage either.
_FOREIGN = -9.0
_FOREIGN_RUN = re.compile(r"[0-9A-Za-z.%+\-]+")
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

    def __init__(self, logp: dict[str, float]) -> None:
        self.logp = logp
        self._cache: dict[str, Segmentation] = {}

    def segment(self, text: str) -> Segmentation:
        """Return the likeliest segmentation of `text`; kept, because names and labels come again and again."""
        found = self._cache.get(text)
        if found is None:
            if len(self._cache) > 200_000:  # some 100 MB; an archive's labels repeat, so this is hardly ever reached
                self._cache.clear()
            found = self._cache[text] = self._segment(text)
        return found

    def score(self, text: str) -> float:
        """Return the natural-log probability of the likeliest segmentation of `text`."""
        return self.segment(text).score

    def _segment(self, text: str) -> Segmentation:
        n = len(text)
        logp = self.logp
        best = [0.0] * (n + 1)
        step = [1] * (n + 1)
        runs = {m.start(): m.end() for m in _FOREIGN_RUN.finditer(text)} if not text.isalpha() or text.isascii() else {}
        for i in range(n - 1, -1, -1):
            char = text[i]
            top = best[i + 1] + (0.0 if char in _PUNCTUATION else logp.get(char, _UNKNOWN))
            length = 1
            for j in range(i + 2, min(n, i + _LONGEST) + 1):
                known = logp.get(text[i:j])
                if known is not None and known + best[j] > top:
                    top, length = known + best[j], j - i
            run = runs.get(i)
            if run is not None and _FOREIGN + best[run] > top:
                top, length = _FOREIGN + best[run], run - i
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


@lru_cache(maxsize=1)
def general_tagged() -> dict[str, tuple[int, str]]:
    """Return jieba's words with their frequencies and their part of speech; about 350,000."""
    tagged: dict[str, tuple[int, str]] = {}
    with (files("jieba") / "dict.txt").open("r", encoding="utf-8") as lines:
        for line in lines:
            word, frequency, tag = line.split(" ", 2)
            if len(word) <= _LONGEST:
                tagged[word] = (int(frequency), tag.strip())
    return tagged


@lru_cache(maxsize=1)
def general_words() -> dict[str, int]:
    """Return jieba's words with their frequencies."""
    return {word: frequency for word, (frequency, _) in general_tagged().items()}


@lru_cache(maxsize=1)
def _general_logp() -> dict[str, float]:
    frequencies = general_words()
    total = math.log(sum(frequencies.values()))
    share = math.log(1 - _FIELD_SHARE)
    # Words that jieba lists with a frequency of 0 to 2 were added by hand; 3 is the lowest that it counted.
    return {word: math.log(max(frequency, 3)) - total + share for word, frequency in frequencies.items()}


def field_words(names: Iterable[str]) -> Counter[str]:
    """Return the words of the field: n-grams of 1 to 6 characters that stand in two names or more, with their counts.

    An n-gram counts only in as many names as its most frequent extension leaves it (满意 stands in 90 names but in
    hardly one without 度), so that the pieces of a word do not count as words.
    """
    counts: Counter[str] = Counter()
    extensions: dict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        grams = {name[i:j] for i in range(len(name)) for j in range(i + 1, min(len(name), i + 7) + 1)}
        counts.update(grams)
        for gram in grams:
            if len(gram) > 1:
                extensions[gram[1:]][gram] += 1
                extensions[gram[:-1]][gram] += 1
    kept: Counter[str] = Counter()
    for gram, count in counts.items():
        if len(gram) > 6 or (len(gram) > 1 and count < 2):
            continue
        longer = extensions[gram].most_common(1)
        alone = count - (longer[0][1] if longer and len(longer[0][0]) <= 6 else 0)
        if alone > 0 and (len(gram) > 1 or gram not in _PUNCTUATION):
            kept[gram] = alone
    return kept


def build_word_model(names: Collection[str]) -> WordModel:
    """Mix jieba's words with the words of the field that `names` teach."""
    logp = dict(_general_logp())
    learned = field_words(names)
    total = sum(learned.values())
    for word, count in learned.items():
        own = _FIELD_SHARE * count / total
        general = logp.get(word)
        logp[word] = math.log(own + (math.exp(general) if general is not None else 0.0))
    return WordModel(logp)
