"""What was found of a label: a candidate with its log-odds, and the repair that is made of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from pipeline.document import Candidate, Repair, Status
from pipeline.repair.folding import fold_character
from pipeline.repair.judge import Match

# What the picture supports at least so well was misread; what it supports worse than the other was never printed.
_MISREAD_FROM, _PRINTED_BELOW = -3.0, -10.0

_KINDS = {
    "look-alike": "形近字误认",
    "displaced": "末字错位",
    "dropped": "漏字",
    "inserted": "多字",
    "doubled": "重字",
    "swapped": "邻字颠倒",
    "several": "多处误认",
}


@dataclass(frozen=True, slots=True)
class Verdict:
    """A candidate with its log-odds, and whether it is sure enough to be a repair."""

    match: Match
    odds: float
    sure: bool
    evidence: str
    runner_up: Candidate | None = None
    origin: str = "unclear"


def printed(raw: str, key: str, match: Match, written: str | None) -> str:
    """Return the candidate in the style of the label: its own brackets, quotes and widths where nothing was wrong.

    `written` is the name as its dictionary writes it, used where the label's style cannot be carried over.
    """
    styled = _styled(raw, key, match, written)
    return styled if '"' in raw else _with_halves(styled)


def _styled(raw: str, key: str, match: Match, written: str | None) -> str:
    if raw == key and (written is None or written == match.name):
        # Neither has a style of its own.
        return match.name
    plain = [c for c in raw if not c.isspace()]
    if len(plain) < len(key) or any(fold_character(c) not in ("", k) for c, k in zip(plain, key, strict=False)):
        return written or match.name
    kept: dict[int, str] = {}
    # Walk both texts from error to error; between two errors they run side by side.
    at = to = 0
    for edit in sorted(match.edits, key=lambda e: (e.to, e.at)):
        if edit.kind == "displaced":
            continue
        while at < edit.at and to < edit.to:
            kept[to] = plain[at]
            at, to = at + 1, to + 1
        at, to = edit.at + len(edit.read), edit.to + len(edit.meant)
    if all(edit.kind != "displaced" for edit in match.edits):
        while at < len(key) and to < len(match.name):
            kept[to] = plain[at]
            at, to = at + 1, to + 1
    name = [c for c in written if not c.isspace()] if written else list(match.name)
    if len(name) != len(match.name):
        return written or match.name
    own = {i: c for i, c in kept.items() if fold_character(c) == fold_character(name[i])}
    return "".join(own.get(i, c) for i, c in enumerate(name))


def _with_halves(text: str) -> str:
    """Give every quotation mark the half that it is: keys do not tell halves apart.

    >>> _with_halves('“军休文艺汇演"参加人数')
    '“军休文艺汇演”参加人数'
    """
    is_open, marked = False, ""
    for character in text:
        half = ("”" if is_open else "“") if character == '"' else character
        is_open = half == "“" if half in "“”" else is_open
        marked += half
    return marked


def origin_of(support: float) -> str:
    """Return where an error comes from, by how well the picture supports the candidate against what was read."""
    return "misread" if support > _MISREAD_FROM else "printed" if support < _PRINTED_BELOW else "unclear"


def to_log_odds(probability: float) -> float:
    """Return a probability, between 0 and 1, as log-odds."""
    return math.log(probability / (1.0 - probability))


def to_probability(odds: float) -> float:
    """Return log-odds as a probability of four decimals."""
    return round(1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds)))), 4)


def repair_of(raw: str, verdict: Verdict | None) -> Repair:
    """Return the repair or the proposal that a verdict is; None leaves the label as it is."""
    if verdict is None:
        return Repair(raw, raw, Status.UNKNOWN)
    kinds = {edit.kind for edit in verdict.match.edits}
    kind = kinds.pop() if len(verdict.match.edits) == 1 else "several"
    value = verdict.match.name
    return Repair(
        raw=raw,
        value=value if verdict.sure else raw,
        status=Status.REPAIRED if verdict.sure else Status.PROPOSED,
        kind=kind,
        score=to_probability(verdict.odds),
        proposal=None if verdict.sure else value,
        runner_up=verdict.runner_up,
        evidence=verdict.evidence,
        origin=verdict.origin,
        reason=f"{_KINDS[kind]}：{'已改为' if verdict.sure else '疑为'}“{value}”（{_ground(verdict.evidence)}）",
    )


def _ground(evidence: str) -> str:
    source, _, detail = evidence.partition(":")
    phrase, _, count = detail.partition("×")
    return {
        "dictionary": f"词典 {detail} 有此名",
        "document": f"本表另有 {count} 处写作“{phrase}”",
        "compound": f"“{detail}”为通用词组",
        "words": "按词语通顺程度判断",
        "posterior": "原图字形与词语均支持",
        "skeleton": "表样固定文字",
    }[source]
