"""Marks in a name that was read from a picture: dust at its end or within it, a quotation that another mark closes.

No picture is asked: a recogniser is as sure of a speck as of a stop. Names of forms end in no stop and are parted by no
point; what is mended so asks for a person all the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from pipeline.document import Label, Repair, Role, Status

_AT_END = re.compile(r"(?<=[\u4e00-\u9fff）)”])[，。、；：,.;:·'’‘`]$")
_WITHIN = re.compile(r"(?<=[\u4e00-\u9fff])\.(?=[\u4e00-\u9fff])")
# A quotation that is never closed, but for the one mark of other use behind it: “渔业安全警示教育：参加人数.
_NOT_CLOSED = re.compile(r"^([^“”\"]*“[^“”\"：:；;]{2,})[：:；;]([^“”\"：:；;]*)$")
# A 1 at the end of a label is a stroke, and read as one.
_STROKE_FOR_ONE = re.compile(r"(?P<stem>[\u4e00-\u9fff]{2,})[\]\[|｜丨lIi!】【]")
_IN_SERIES = re.compile(r"(?P<stem>[\u4e00-\u9fff]{2,})(?P<number>\d{1,2})")
# So many names without a stop at their end show that the form's names have none.
_LEAST_NAMES = 3
# Somebody looks.
_SCORE = 0.85


def without_dust(labels: Sequence[Label], repairs: Sequence[Repair]) -> list[Repair]:
    """Return the repairs of a form's labels, in order, where a name's marks are dust or misread: mended, and in doubt.

    A form of which another name ends in a stop may mean its stops.
    """
    names = [label.text.strip() for label in labels if label.role is Role.LEVEL3]
    stops = sum(_AT_END.search(name) is not None for name in names)
    bare = len(names) - stops >= _LEAST_NAMES * max(1, stops)
    return [_mended(label, repair, bare=bare) for label, repair in zip(labels, repairs, strict=True)]


def with_numbers(labels: Sequence[Label], repairs: Sequence[Repair]) -> list[Repair]:
    """Return the repairs of a form's labels, in order, where one of a series has another mark for its number.

    任务], 任务2: a stroke for the 1. 任务3, 任务至: the next number.
    """
    printed = {"".join(label.text.split()) for label in labels if label.role is Role.LABEL}
    last: dict[str, int] = {}
    done = []
    for label, repair in zip(labels, repairs, strict=True):
        done.append(_numbered(label, repair, printed, last))
        if label.role is Role.LABEL and (found := _IN_SERIES.fullmatch("".join(done[-1].value.split()))):
            last[found["stem"]] = int(found["number"])
    return done


def _numbered(label: Label, repair: Repair, printed: Set[str], last: Mapping[str, int]) -> Repair:
    if label.role is not Role.LABEL or repair.status not in (Status.UNKNOWN, Status.PROPOSED):
        return repair
    text = "".join(repair.raw.split())
    found = _STROKE_FOR_ONE.fullmatch(text)
    if found is not None and any(f"{found['stem']}{further}" in printed for further in "23456789"):
        value = f"{found['stem']}1"
    elif text[:-1] in last and not text[-1].isdecimal():
        value = f"{text[:-1]}{last[text[:-1]] + 1}"
    else:
        return repair
    if value in printed:
        return repair
    return replace(
        repair, value=value, status=Status.REPAIRED, kind="look-alike", origin="misread", score=_SCORE, proposal=None,
        evidence="marks:编号", reason=f"形近误认：已改为“{value}”（同类标签带编号）",
    )  # fmt: skip


def _mended(label: Label, repair: Repair, *, bare: bool) -> Repair:
    if label.role is not Role.LEVEL3 or all(line.posterior is None for line in label.lines):
        return repair
    own, value = _clean(repair.raw, bare=bare), _clean(repair.proposal or repair.value, bare=bare)
    # Of a proposal nothing is taken but the marks.
    if own == repair.raw or (repair.status is Status.PROPOSED and value != own):
        return repair
    several = repair.status is Status.REPAIRED
    return replace(
        repair,
        value=value,
        status=Status.REPAIRED,
        kind="several" if several else "inserted",
        origin="misread",
        score=min(_SCORE, repair.score) if several else _SCORE,
        proposal=None,
        evidence=repair.evidence or "marks:标点",
        reason=f"标点：已改为“{value}”（名称中的标点多为污点）",
    )


def _clean(text: str, *, bare: bool) -> str:
    text = _AT_END.sub("", text.strip()) if bare else text
    return _NOT_CLOSED.sub(r"\1”\2", _WITHIN.sub("", text))
