"""What the pictures of a form's other labels say of an error: all its places are judged together.

A form writes its project's name in a dozen labels. Where the recogniser takes 休 for 体 on such paper, it does so in
half of them; read alone, each place is as good as the other way round. Whether the paper holds 军休 or 军体 is asked of
all of them: at each place, how much better do the frames like the one than the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.repair.judge import Match
from pipeline.repair.picture import Picture, scores_together

# One place says so much at most (nats): a picture that is sure of itself may be of another word.
_MOST = 8.0
# What a text says that has no picture: it was read so, which is right nine times in ten on paper that is in doubt.
_WRITTEN = 2.0
# A character is hardly sure below the one and not quite below the other; forms read well have one in a hundred.
_HARDLY, _QUITE = 0.6, 0.95
# Places asked for one error; a form with more has said enough.
_ASKED = 10
# A character alone is no place, only one with a neighbour.
_SHORTEST = 2
# A label, folded, with what was read in it and what is meant, between its neighbours: key, left, read, meant, right.
_Question = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True)
class Hearing:
    """What other places of the form say of a candidate's errors together."""

    places: int = 0
    support: float = 0.0  # nats for the candidate against what was read, summed over places
    pictured: float | None = None  # the same per place that has a picture; None where none has
    meant: int = 0  # places that were read as the candidate has it
    read: int = 0  # places that were read as the label was


@dataclass(frozen=True, slots=True)
class _Member:
    text: str
    picture: Picture | None


class Company:
    """The labels and texts of one form, with their pictures where they have one."""

    def __init__(self, labels: Sequence[tuple[str, Picture | None]], texts: Sequence[str]) -> None:
        """Take the labels, folded, with their pictures, and the form's other texts, folded."""
        self._members = [_Member(key, picture) for key, picture in labels if len(key) > 1]
        self._members += [_Member(text, None) for text in dict.fromkeys(texts) if len(text) > 1]
        self._heard: dict[_Question, Hearing] = {}

    def hearing(self, key: str, match: Match) -> Hearing:
        """Return what the other labels say of the errors that turn `match` into the label `key`."""
        self.ask(key, [match])
        heard_all = [self._heard[asked] for asked in _questions(key, match)]
        pictured = [heard.pictured for heard in heard_all if heard.pictured is not None]
        return Hearing(
            sum(heard.places for heard in heard_all),
            sum(heard.support for heard in heard_all),
            min(pictured, default=None),
            sum(heard.meant for heard in heard_all),
            sum(heard.read for heard in heard_all),
        )

    @cached_property
    def doubt(self) -> tuple[float, float]:
        """The shares of the form's characters of which the recogniser was hardly sure, and not quite."""
        sure = [c for member in self._members if member.picture for c in member.picture.certainties(member.text)]
        if not sure:
            return 0.0, 0.0
        return sum(c < _HARDLY for c in sure) / len(sure), sum(c < _QUITE for c in sure) / len(sure)

    def ask(self, key: str, matches: Iterable[Match]) -> None:
        """Ask what `hearing` will be asked of several candidates; their pictures are gone through together."""
        asked = dict.fromkeys(one for match in matches for one in _questions(key, match) if one not in self._heard)
        sites = {one: self._places(*one) for one in asked}
        spelt = {
            (id(site.picture), texts): (site.picture, texts)
            for one, found in sites.items()
            for site, at, now in found
            if site.picture is not None and (texts := _both_ways(site.text, at, now, one))
        }
        scores = dict(zip(spelt, scores_together(list(spelt.values())), strict=True)) if spelt else {}
        for one, found in sites.items():
            self._heard[one] = _heard(one, found, scores)

    def _places(self, key: str, left: str, read: str, meant: str, right: str) -> list[tuple[_Member, int, str]]:
        # A missing or additional character is told by both neighbours; another one by either.
        frames = [(left, right)] if not read or not meant else [(left, right), (left, ""), ("", right)]
        frames = [(a, b) for a, b in dict.fromkeys(frames) if (a or b) and (len(a + b) == 2 or (read and meant))]
        patterns = [(a + now + b, len(a), now) for a, b in frames for now in (meant, read)]
        patterns = [pattern for pattern in patterns if len(pattern[0]) >= _SHORTEST]
        sites: list[tuple[_Member, int, str]] = []
        for member in self._members:
            if member.text == key:
                continue
            sites += _sites(member, patterns)
            if len(sites) >= _ASKED:
                break
        return sites


def _questions(key: str, match: Match) -> list[_Question]:
    """Return what is asked of the errors that turn `match` into the label `key`."""
    found = []
    for edit in match.edits:
        if edit.kind not in ("displaced", "swapped"):
            left, behind = match.name[max(0, edit.to - 1) : edit.to], edit.to + len(edit.meant)
            found.append((key, left, edit.read, edit.meant, match.name[behind : behind + 1]))
    return found


def _both_ways(text: str, at: int, now: str, asked: _Question) -> tuple[str, str]:
    """Return a text with what was read and with what is meant in the place of what stands there."""
    _, _, read, meant, _ = asked
    before, after = text[:at], text[at + len(now) :]
    return before + read + after, before + meant + after


def _heard(
    asked: _Question,
    sites: Sequence[tuple[_Member, int, str]],
    scores: Mapping[tuple[int, tuple[str, str]], NDArray[np.float64]],
) -> Hearing:
    _, _, read, meant, _ = asked
    support, as_meant, as_read = 0.0, 0, 0
    pictured: list[float] = []
    for member, at, now in sites:
        as_meant += now == meant
        as_read += now == read
        if member.picture is None:
            support += _WRITTEN if now == meant else -_WRITTEN if now == read else 0.0
            continue
        worse, better = scores[id(member.picture), _both_ways(member.text, at, now, asked)]
        pictured.append(max(-_MOST, min(_MOST, float(better - worse))))
    mean = sum(pictured) / len(pictured) if pictured else None
    return Hearing(len(sites), support + sum(pictured), mean, as_meant, as_read)


def _sites(member: _Member, patterns: Sequence[tuple[str, int, str]]) -> list[tuple[_Member, int, str]]:
    """Return where `member` holds the characters in question: (member, place, what stands there).

    `patterns` are these characters between their neighbours, how many of these stand before them, and they alone.
    """
    text = member.text
    found: dict[int, str] = {}
    for pattern, before, now in patterns:
        if pattern in text:
            found.setdefault(text.find(pattern) + before, now)
    return [(member, at, now) for at, now in found.items()]
