"""What one changed character would make of a text, without cutting the whole of it into words again."""

from __future__ import annotations

from collections.abc import Iterable

from pipeline.repair.words.model import WordModel

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
        get, followers = words.base.logp.get, words.followers
        own = {word: value for word, value in words.own.items() if new in word} if words.own else words.own
        top = around[0][1][0][1] + words.single(new)
        ways: Iterable[tuple[str, list[tuple[str, float]]]] = around
        if followers is not None and not own:
            # A word that goes on beyond the character holds it beside its neighbour; most pairs stand in no word.
            rights = around[0][1]
            if len(around) == 1 or new not in followers.get(around[1][0], ""):
                ways = around[:1]
            if len(rights) == 1 or rights[1][0] not in followers.get(new, ""):
                ways = [(left, behind[:1]) for left, behind in ways]
        for left, rights in ways:
            begun = left + new
            for right, rest in rights:
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
