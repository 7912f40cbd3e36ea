"""What a document says about its own labels: the same phrase elsewhere, and the compounds that names end in."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from pipeline.repair.words import WordModel, field_words

# The shortest phrase worth weighing, with what stands on each side of the error. Short ones prove little (管理制度 and
# 群众满意 vote for each other); the model weighs their length.
_PHRASE = 5
_SIDE = 1
# Labels and titles are shorter than this, narratives longer.
SHORT = 40
# Labels are short, and so is the phrase that repeats in them.
_REACH = 8


@dataclass(frozen=True, slots=True)
class Vote:
    """What repetition proposes for a label: the text it should be, how many places say so, and the phrase they hold."""

    value: str
    kind: str
    count: int
    phrase: str
    at: int  # place of the error in the label


class Texts:
    """The texts of one form, searchable by three characters."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Take the form's texts, folded and without spaces; each text counts once however often it is handed in."""
        self.texts = [text for text in dict.fromkeys(texts) if len(text) >= 3]
        # All of them one behind the other, each with where it begins there.
        self._joined = "\0".join(self.texts)
        self._starts = list(accumulate((len(text) + 1 for text in self.texts), initial=0))
        self._places: dict[str, list[tuple[int, int]]] = {}
        self._mirrored: dict[int, str] = {}
        self._holders: dict[str, list[str]] = {}

    def _backwards(self, number: int) -> str:
        found = self._mirrored.get(number)
        if found is None:
            found = self._mirrored[number] = self.texts[number][::-1]
        return found

    def places(self, trigram: str) -> list[tuple[int, int]]:
        """Return where `trigram` stands, as (text, position)."""
        found = self._places.get(trigram)
        if found is None:
            found = self._places[trigram] = []
            at = self._joined.find(trigram)
            while at >= 0:
                number = bisect_right(self._starts, at) - 1
                found.append((number, at - self._starts[number]))
                at = self._joined.find(trigram, at + 1)
        return found

    def votes(self, label: str) -> list[Vote]:
        """Return what other texts of the form make of `label`, most places first.

        Every place holds a phrase of 6 characters or more that `label` holds too but for one error, with at least two
        characters on each side of it; the label's own wording of that phrase stands nowhere else.
        """
        places: dict[str, set[tuple[int, int]]] = defaultdict(set)
        best: dict[str, tuple[str, int, str]] = {}
        n = len(label)
        mirrored = label[::-1]
        asked: set[tuple[int, int, int, int]] = set()
        # By text and displacement, how far the label was seen to agree: three characters of that stretch tell no more.
        agreed: dict[tuple[int, int], int] = {}
        for i in range(n - 2):
            for number, p in self.places(label[i : i + 3]):
                if agreed.get((number, p - i), 0) >= i + 3:
                    continue
                text = self.texts[number]
                if text == label:
                    continue
                left, right = _left(label, i, text, p), 3 + _right(label, i + 3, text, p + 3)
                stretch = (number, p - left, i - left, i + right)
                if stretch in asked:  # the next three characters of the same common stretch say the same
                    continue
                asked.add(stretch)
                if right < _REACH + 3 and left + right <= _REACH + 3:  # seen to both its ends, wherever one begins
                    agreed[number, p - i] = i + right
                readings = [(r, p + right) for r in _behind(label, i + right, text, p + right, left + right)]
                # The same seen from behind: the error stands before the common stretch.
                at, place = n - (i - left), len(text) - (p - left)
                for value, kind, back, phrase in _behind(mirrored, at, self._backwards(number), place, left + right):
                    if kind != "displaced":
                        width = {"dropped": 0, "swapped": 2}.get(kind, 1)
                        reading = (value[::-1], kind, n - back - width, phrase[::-1])
                        readings.append((reading, len(text) - place - (0 if kind in ("inserted", "doubled") else 1)))
                for (value, kind, where, phrase), spot in readings:
                    places[value].add((number, spot))
                    if value not in best or len(phrase) > len(best[value][2]):
                        best[value] = (kind, where, phrase)
        found = [
            Vote(value, kind, len(places[value]), phrase, where)
            for value, (kind, where, phrase) in best.items()
            if value != label
        ]
        return sorted(found, key=lambda v: (-v.count, -len(v.phrase), v.value))

    def words(self, general: WordModel) -> list[str]:
        """Return the form's own words: runs of 2 to 4 lone characters that three of its short texts hold.

        海 and 钓 are lone in 海钓邀请赛 as long as no list knows 海钓. Narratives are left out: they are long, and
        a form's own words stand in its labels too.
        """
        counts: Counter[str] = Counter()
        for text in self.texts:
            if len(text) <= SHORT:
                counts.update(general.strangers(text))
        return [run for run, count in counts.items() if count >= 3]

    def count(self, phrase: str, besides: str) -> int:
        """Return in how many texts `phrase` stands, that of the label `besides` not counted."""
        holders = self._holders.get(phrase)
        if holders is None:
            holders = self._holders[phrase] = [text for text in self.texts if phrase in text]
        return len(holders) - (besides in holders)


def _left(label: str, i: int, text: str, p: int) -> int:
    k, most = 0, min(i, p, _REACH)
    while k < most and label[i - 1 - k] == text[p - 1 - k]:
        k += 1
    return k


def _right(label: str, i: int, text: str, p: int) -> int:
    k, most = 0, min(len(label) - i, len(text) - p, _REACH)
    while k < most and label[i + k] == text[p + k]:
        k += 1
    return k


def _behind(label: str, i: int, text: str, p: int, before: int) -> list[tuple[str, str, int, str]]:
    """Return the one-error readings of `label` that agree with `text` up to `i` and again behind the error."""
    found: list[tuple[str, str, int, str]] = []
    if before < _SIDE or p >= len(text):
        return found
    start = p - before
    n, here = len(label), text[p]
    # So much must agree behind the error: most readings fail by it, and are not worth writing down.
    least = max(_SIDE, _PHRASE - before)
    one_less = max(_SIDE, least - 1)
    if (after := _right(label, i, text, p + 1)) >= one_less:
        found.append((label[:i] + here + label[i:], "dropped", i, text[start : p + 1 + after]))
    if i < n:
        if (after := _right(label, i + 1, text, p + 1)) >= one_less:
            found.append((label[:i] + here + label[i + 1 :], "look-alike", i, text[start : p + 1 + after]))
        if (after := _right(label, i + 1, text, p)) >= least:
            doubled = (i > 0 and label[i - 1] == label[i]) or label[i + 1 : i + 2] == label[i]
            kind = "doubled" if doubled else "inserted"
            found.append((label[:i] + label[i + 1 :], kind, i, text[start : p + after]))
    if i + 1 < n and label[i + 1] == here and text[p + 1 : p + 2] == label[i]:
        after = _right(label, i + 2, text, p + 2)
        if after >= max(_SIDE, least - 2):
            value = label[:i] + label[i + 1] + label[i] + label[i + 2 :]
            found.append((value, "swapped", i, text[start : p + 2 + after]))
    if i < n - 1 and here == label[-1]:
        # The label's last character belongs here; a phrase that ends with the label needs no two characters behind it.
        value = label[:i] + label[-1] + label[i:-1]
        after = _right(value, i + 1, text, p + 1)
        if after >= min(_SIDE, len(label) - 1 - i) and before + 1 + after >= _PHRASE - 1:
            found.append((value, "displaced", i, text[start : p + 1 + after]))
    return found


class Compounds:
    """The endings and beginnings that names are made of: 达标率, 计划完成率, 满意度, 制度健全性, 人力资源."""

    def __init__(self, names: Sequence[str], heads: Iterable[str], words: WordModel) -> None:
        """Take the names' comparison keys, and `heads` (names of the levels above), which also begin names."""
        learned = [word for word in field_words(names, words) if len(word) > 1]
        cuts_tail: Counter[str] = Counter()
        cuts_head: Counter[str] = Counter()
        for name in names:
            row = words.segment(name).words
            for k in range(1, len(row)):
                cuts_tail["".join(row[k:])] += 1
                cuts_head["".join(row[:k])] += 1
        self.tails = {t: c for t, c in cuts_tail.items() if c >= 2 and len(t) >= 3}
        self.heads = {h: c for h, c in cuts_head.items() if c >= 2 and len(h) >= 4}
        self.heads.update({head: 2 for head in heads if len(head) >= 4})
        self.known = frozenset(learned)
        self.characters = frozenset("".join(names))

    def tail_of(self, text: str) -> str:
        """Return the longest compound that `text` ends with, or an empty string."""
        for k in range(max(0, len(text) - 10), len(text) - 2):
            if text[k:] in self.tails:
                return text[k:]
        return ""

    def head_of(self, text: str) -> str:
        """Return the longest known beginning of `text`, or an empty string."""
        for k in range(min(len(text), 10), 3, -1):
            if text[:k] in self.heads:
                return text[:k]
        return ""
