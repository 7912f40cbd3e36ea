"""Training data for the judge: damaged names, and sound labels that no dictionary holds."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.repair.shapes import Shapes
from pipeline.repair.words import WordModel, general_tagged, general_words

KINDS = ("look-alike", "displaced", "dropped", "inserted", "doubled", "swapped")


@dataclass(frozen=True, slots=True)
class Case:
    """A label with its truth: `truth` is the sound name, `kind` what was done to it ("" for a sound label)."""

    raw: str
    truth: str
    kind: str
    group: str


class Spoiler:
    """Puts errors into names."""

    def __init__(self, shapes: Shapes, rng: random.Random) -> None:
        self.shapes = shapes
        self.rng = rng
        common = Counter[str]()
        for word, frequency in general_words().items():
            for c in word:
                common[c] += frequency
        self.common = "".join(c for c, _ in common.most_common(4500))
        self.rows = shapes.rows(self.common)
        self._near: dict[str, list[tuple[str, float]]] = {}

    def near(self, c: str) -> list[tuple[str, float]]:
        if c not in self._near:
            self._near[c] = self.shapes.neighbours(c, self.rows, 12)
        return self._near[c]

    def spoil(self, name: str, kind: str) -> str | None:
        rng = self.rng
        i = rng.randrange(len(name))
        if kind == "look-alike":
            near = self.near(name[i])
            if not near:
                return None
            # Ranks fall off: the nearest are the commonest confusions.
            k = min(int(rng.expovariate(0.35)), len(near) - 1)
            return name[:i] + near[k][0] + name[i + 1 :]
        if kind == "displaced":
            i = rng.randrange(len(name) - 1)
            return name[:i] + name[i + 1 :] + name[i]
        if kind == "dropped":
            return name[:i] + name[i + 1 :]
        if kind == "inserted":
            return name[:i] + rng.choice(self.common[:2500]) + name[i:]
        if kind == "doubled":
            return name[:i] + name[i] + name[i:]
        if kind == "swapped":
            i = rng.randrange(len(name) - 1)
            return name[:i] + name[i + 1] + name[i] + name[i + 2 :]
        raise AssertionError(kind)

    def cases(self, name: str, kinds: Sequence[str], known: frozenset[str], group: str) -> Iterator[Case]:
        for kind in kinds:
            text: str | None = name
            for part in kind.split("+"):
                text = self.spoil(text, part) if text else None
            if text and text != name and text not in known:
                yield Case(text, name, kind, group)


def _pieces(names: Sequence[str], words: WordModel) -> tuple[list[str], list[str]]:
    """Return heads and tails of names, cut between words: tails that stand behind three names, and what is before."""
    cuts: list[tuple[str, str]] = []
    for name in names:
        row = words.segment(name).words
        for k in range(1, len(row)):
            cuts.append(("".join(row[:k]), "".join(row[k:])))
    counts = Counter(tail for _, tail in cuts)
    tails = sorted(t for t, c in counts.items() if c >= 3 and 2 <= len(t) <= 6)
    common = set(tails)
    heads = sorted({head for head, tail in cuts if tail in common and len(head) >= 2})
    return heads, tails


class Composer:
    """Makes sound labels that no dictionary holds."""

    def __init__(self, names: Sequence[str], words: WordModel, rng: random.Random) -> None:
        self.names = sorted(n for n in names if len(n) >= 4)
        self.rng = rng
        self.words = words
        self.heads, self.tails = _pieces(self.names, words)
        tagged = {w: (f, t) for w, (f, t) in general_tagged().items() if len(w) in (2, 3) and _is_han(w)}
        self.general = sorted(
            w for w, (f, t) in tagged.items() if 300 <= f <= 30000 and t in {"n", "v", "vn", "nz", "b"}
        )
        self.alike: dict[tuple[str, int, str], list[str]] = {}
        for w, (f, t) in sorted(tagged.items()):
            if f >= 200 and len(w) == 2:
                self.alike.setdefault((w[0], 0, t), []).append(w)
                self.alike.setdefault((w[1], 1, t), []).append(w)
        self.tagged = tagged

    def composed(self) -> str:
        """A head that names or the language know, before a tail of names."""
        rng = self.rng
        tail = rng.choice(self.tails)
        draw = rng.random()
        if draw < 0.4:
            head = rng.choice(self.heads)
        elif draw < 0.7:
            head = rng.choice(self.general) + rng.choice(self.general)
        elif draw < 0.85:
            head = rng.choice(self.general) + rng.choice(self.heads)
        else:
            head = rng.choice(self.general)
        return head + tail

    def near(self) -> str | None:
        """A name in which one word gave way to another of its kind that differs in one character, or an affix came."""
        rng = self.rng
        name = rng.choice(self.names)
        row = self.words.segment(name).words
        if rng.random() < 0.2:
            return rng.choice(("总", "年", "月", "各", "全", "新", "市", "县", "省", "区", "非", "未")) + name
        spots = [k for k, w in enumerate(row) if len(w) == 2 and w in self.tagged]
        if not spots:
            return None
        k = rng.choice(spots)
        which = rng.randrange(2)
        others = [w for w in self.alike.get((row[k][which], which, self.tagged[row[k]][1]), []) if w != row[k]]
        if not others:
            return None
        word = rng.choices(others, [self.tagged[w][0] ** 0.5 for w in others])[0]
        return "".join((*row[:k], word, *row[k + 1 :]))


def _is_han(text: str) -> bool:
    return all("\u4e00" <= c <= "\u9fff" for c in text)
