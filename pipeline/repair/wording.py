"""How names are written: which characters follow which, and what names end with.

运维人员受益本 is made of words and means nothing; 受益率 is what names say. Two measures tell: a model of three
characters over the dictionaries' names, and the tails that several names share (到位率, 制度健全性).
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import lru_cache

from pipeline.repair.words import WordModel

# Tails count from two characters to seven, where two names share them.
_SHORTEST, _LONGEST, _SHARED = 2, 7, 2
_END = "$"
_REMEMBERED = 1 << 15


class Wording:
    """A character model of names, interpolated after Witten and Bell, and their usual tails."""

    def __init__(self, names: Iterable[str], words: WordModel) -> None:
        """Take the names, folded, and the words whose single characters stand in for what no name holds."""
        kept = sorted(set(names))
        self._words = words
        self._after: dict[str, Counter[str]] = defaultdict(Counter)
        tails: Counter[str] = Counter()
        for name in kept:
            text = f"^^{name}{_END}"
            for at in range(2, len(text)):
                for back in (1, 2, 3):
                    self._after[text[max(0, at - back) : at]][text[at]] += 1
            tails.update(name[-k:] for k in range(_SHORTEST, min(_LONGEST, len(name) - 1) + 1))
        self._seen = {before: after.total() for before, after in self._after.items()}
        self._alone = Counter(character for name in kept for character in name + _END)
        self._total = max(1, self._alone.total())
        self._tails = frozenset(tail for tail, count in tails.items() if count >= _SHARED)
        # Forms ask for the same labels and candidates again and again.
        self.steps = lru_cache(maxsize=_REMEMBERED)(self._steps)

    def _steps(self, text: str) -> tuple[float, ...]:
        """Return the log-probability of every character of `text`, and of its end, after what is before it."""
        padded = f"^^{text}{_END}"
        return tuple(math.log(self._chance(padded[:at], padded[at])) for at in range(2, len(padded)))

    def _chance(self, before: str, character: str) -> float:
        # One in nine characters of a text ends a name.
        single = 0.11 if character == _END else math.exp(self._words.single(character))
        chance = 0.5 * single + 0.5 * self._alone[character] / self._total
        for back in (1, 2, 3):
            seen = self._after.get(before[-back:])
            if seen is None:
                break
            chance = (seen.get(character, 0) + len(seen) * chance) / (self._seen[before[-back:]] + len(seen))
        return chance

    def tail(self, text: str) -> int:
        """Return the length of the longest tail of `text` that names share; 0 where there is none."""
        fitting = (k for k in range(min(_LONGEST, len(text)), _SHORTEST - 1, -1) if text[-k:] in self._tails)
        return next(fitting, 0)
