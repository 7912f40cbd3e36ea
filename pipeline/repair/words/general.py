"""The general words: jieba's dictionary, read as a plain file, and what it says of characters."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

# jieba's dictionary holds longer entries (proverbs, agencies), which no label needs as one word.
LONGEST = 8
# The share of the field's own words in the mixture. At 0 the model knows no 达标率; at 1 it knows nothing but the
# dictionaries. Labels are made of both in about equal parts.
FIELD_SHARE = 0.4
_BREAK = ord("\n")


def reach_of(words: Iterable[str], known: Mapping[str, int]) -> dict[str, int]:
    """Return the length of the longest of `words` by its first two characters, beside what is `known` of others."""
    reach = dict(known)
    for word in words:
        if len(word) > reach.get(word[:2], 1):
            reach[word[:2]] = len(word)
    return reach


def followers_of(words: Iterable[str], known: Mapping[str, str]) -> dict[str, str]:
    """Return for each character those that stand right behind it in one of `words`, beside what is `known` of others.

    As strings they take half a megabyte; as 300,000 pairs in a set they would take 30.
    """
    # As numbers: of 350,000 words, sets of pairs take five times as long, .5 s of a worker's start.
    codes = np.frombuffer("\n".join(words).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    pairs = codes[:-1] << np.uint64(32) | codes[1:]
    pairs = np.unique(pairs[(codes[:-1] != _BREAK) & (codes[1:] != _BREAK)])
    ones, behind = (_characters(part) for part in (pairs >> np.uint64(32), pairs & np.uint64(0xFFFFFFFF)))
    starts = [0, *(np.flatnonzero(np.diff(pairs >> np.uint64(32))) + 1).tolist()] if len(pairs) else []
    found = {ones[start]: behind[start:end] for start, end in pairwise([*starts, len(pairs)])}
    return {**known, **{one: _union(after, known.get(one, "")) for one, after in found.items()}}


def _characters(codes: NDArray[np.uint64]) -> str:
    return codes.astype("<u4").tobytes().decode("utf-32-le")


def _union(one: str, other: str) -> str:
    return "".join(sorted({*one, *other})) if other else one


@lru_cache(maxsize=1)
def general_words() -> dict[str, int]:
    """Return jieba's words of up to 8 characters with their frequencies; about 350,000, read in a third of a second."""
    content = (files("jieba") / "dict.txt").read_text(encoding="utf-8")
    parts = content.split()
    # Every line is a word, its frequency and its part of speech.
    return {word: int(count) for word, count in zip(parts[::3], parts[1::3], strict=True) if len(word) <= LONGEST}


def general_tags() -> dict[str, str]:
    """Return jieba's words with their part of speech; only training needs it."""
    parts = (files("jieba") / "dict.txt").read_text(encoding="utf-8").split()
    return dict(zip(parts[::3], parts[2::3], strict=True))


@lru_cache(maxsize=1)
def general_logp() -> dict[str, float]:
    """Return the general words' log-probabilities, in the share that the field's own words leave them."""
    frequencies = general_words()
    # Words that jieba lists with a frequency of 0 to 2 were added by hand; 3 is the lowest that it counted.
    counts = np.maximum(np.fromiter(frequencies.values(), dtype=np.float64, count=len(frequencies)), 3.0)
    logp = np.log(counts) - math.log(float(sum(frequencies.values()))) + math.log(1 - FIELD_SHARE)
    return dict(zip(frequencies, logp.tolist(), strict=True))


@lru_cache(maxsize=1)
def general_reach() -> dict[str, int]:
    """Return the length of the longest general word by its first two characters."""
    return reach_of(general_logp(), {})


@lru_cache(maxsize=1)
def general_followers() -> dict[str, str]:
    """Return for each character those that stand right behind it in general words."""
    return followers_of(general_logp(), {})


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
