"""Sound labels that no dictionary holds: heads before tails, and names in which a word gave way to another."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache

from pipeline.repair.words import WordModel, general_tags, general_words

_BRACKETS = frozenset('()《》"')


class Composer:
    """Makes sound labels that no dictionary holds."""

    def __init__(self, names: Iterable[str], words: WordModel, rng: random.Random) -> None:
        """Take the names whose heads and tails are put together anew."""
        self._names = sorted(name for name in names if len(name) >= 4)
        self._rng = rng
        self._words = words
        self._heads, self._tails = _pieces(self._names, words)
        self._general, self._alike = _nouns()
        self._tags = general_tags()

    def composed(self) -> str:
        """Return a head that names or the language know, before a tail of names."""
        rng = self._rng
        tail = rng.choice(self._tails)
        draw = rng.random()
        if draw < 0.4:
            return rng.choice(self._heads) + tail
        if draw < 0.7:
            return rng.choice(self._general) + rng.choice(self._general) + tail
        if draw < 0.85:
            return rng.choice(self._general) + rng.choice(self._heads) + tail
        return rng.choice(self._general) + tail

    def near(self) -> str | None:
        """Return a name in which one word gave way to another of its kind that shares a character, or an affix came."""
        rng = self._rng
        name = rng.choice(self._names)
        row = self._words.segment(name).words
        draw = rng.random()
        if draw < 0.1:
            return rng.choice(("总", "年", "月", "各", "全", "新", "市", "县", "省", "区", "非", "未")) + name
        if draw < 0.2:
            # Writers put in and leave out little words as they please.
            if len(row) < 2:
                return None
            k = rng.randint(1, len(row) - 1)
            return "".join((*row[:k], rng.choice(("的", "的", "按", "及")), *row[k:]))
        spots = [k for k, word in enumerate(row) if len(word) == 2 and word in self._tags]
        if not spots:
            return None
        k = rng.choice(spots)
        which = rng.randrange(2)
        others = [w for w in self._alike.get((row[k][which], which, self._tags[row[k]]), ()) if w != row[k]]
        if not others:
            return None
        word = rng.choices(others, [general_words()[w] ** 0.5 for w in others])[0]
        return "".join((*row[:k], word, *row[k + 1 :]))


def _pieces(names: Sequence[str], words: WordModel) -> tuple[list[str], list[str]]:
    """Return heads and tails of names, cut between words: tails that stand behind three names, and what is before."""
    cuts: list[tuple[str, str]] = []
    for name in names:
        row = words.segment(name).words
        if not _BRACKETS.intersection(name):  # half a bracket is no sound label
            cuts += [("".join(row[:k]), "".join(row[k:])) for k in range(1, len(row))]
    counts = Counter(tail for _, tail in cuts)
    tails = sorted(tail for tail, count in counts.items() if count >= 3 and 2 <= len(tail) <= 6)
    common = set(tails)
    return sorted({head for head, tail in cuts if tail in common and len(head) >= 2}), tails


@cache
def _nouns() -> tuple[list[str], Mapping[tuple[str, int, str], list[str]]]:
    """Return nouns and verbs of middling frequency, and words of two by a character, its place and their kind."""
    tags = general_tags()
    general: list[str] = []
    alike: dict[tuple[str, int, str], list[str]] = {}
    for word, count in sorted(general_words().items()):
        if not 2 <= len(word) <= 3 or not all("\u4e00" <= c <= "\u9fff" for c in word):
            continue
        if 300 <= count <= 30000 and tags[word] in {"n", "v", "vn", "nz", "b"}:
            general.append(word)
        if len(word) == 2 and count >= 200:
            alike.setdefault((word[0], 0, tags[word]), []).append(word)
            alike.setdefault((word[1], 1, tags[word]), []).append(word)
    return general, alike
