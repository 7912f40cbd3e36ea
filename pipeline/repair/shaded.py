"""Labels of a known layout in cells whose shading was read as letters: 项目年度绩效目标黄田中度美双日标.

A fax makes dots of shading, and dots between strokes make other characters, before the label, behind it or in a line of
their own. What the layout prints is told from the rest by how surely it was read, and what else it prints that the
form has not. Somebody looks all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from rapidfuzz.distance import Levenshtein

from pipeline.dictionaries import comparison_key
from pipeline.document import Label, Repair, Role, Status

# A line is read surely or hardly at this confidence; of shading read as letters none is surer than the second.
_SURELY, _HARDLY = 0.9, 0.5
# Names as short as this differ by a character from many others; in longer ones one character may be misread.
_SHORT = 5
# A label that is not read surely, and that half of it at least is a label of the layout which nothing else is, is that.
_DOUBTED, _HALF = 0.9, 0.5
_SCORE = 0.5


def with_heads_of_shaded_cells(
    labels: Sequence[Label], repairs: Sequence[Repair], heads: Sequence[str]
) -> list[Repair]:
    """Return the repairs of a form's labels, in order, where a layout's own label is read among shading.

    `heads` is what the layout prints beside its levels. Only labels that nothing else explains are asked.
    """
    if not any(map(_is_doubted, labels)):
        return list(repairs)
    known = {comparison_key(head): head for head in heads}
    said = [comparison_key(repair.value) for repair in repairs]
    free = {key: head for key, head in known.items() if key not in said}
    open_ = {i for i, (label, repair) in enumerate(zip(labels, repairs, strict=True)) if _is_open(label, repair, known)}
    found = {i: head for i in open_ if (head := _head_in(labels[i], known, free)) is not None}
    # What would be proposed anyway, and the layout prints.
    proposed = {i: free.get(comparison_key(repairs[i].proposal or "")) for i in open_ if i not in found}
    found |= {i: head for i, head in proposed.items() if head is not None}
    left = [head for head in free.values() if head not in found.values()]
    found |= _by_elimination({i: labels[i] for i in open_ if i not in found}, left)
    return [_named(repair, found[i]) if i in found else repair for i, repair in enumerate(repairs)]


def _is_open(label: Label, repair: Repair, known: Mapping[str, str]) -> bool:
    return (
        _is_doubted(label)
        and repair.status in (Status.UNKNOWN, Status.PROPOSED)
        and comparison_key(repair.raw) not in known
    )


def _is_doubted(label: Label) -> bool:
    return label.role in (Role.LABEL, Role.HEADER) and any(line.confidence <= _DOUBTED for line in label.lines)


def _by_elimination(labels: Mapping[int, Label], heads: Sequence[str]) -> dict[int, str]:
    """Labels as long as one of `heads` and half like it, where each is the other's only choice: 总倭日标, 总体目标."""
    near: dict[int, list[str]] = {}
    for i, label in labels.items():
        near[i] = [head for head in heads if _is_half("".join(label.text.split()), head)]
    chosen = [head for found in near.values() for head in found]
    return {i: found[0] for i, found in near.items() if len(found) == 1 and chosen.count(found[0]) == 1}


def _is_half(text: str, name: str) -> bool:
    return len(text) == len(name) and sum(a == b for a, b in zip(text, name, strict=True)) >= max(2, _HALF * len(name))


def _head_in(label: Label, known: Mapping[str, str], free: Mapping[str, str]) -> str | None:
    """What the layout prints of a label's text, where that is one thing."""
    surely = comparison_key("".join(line.text for line in label.lines if line.confidence >= _SURELY))
    if surely in known:
        return known[surely]
    whole = comparison_key(label.text)
    if whole[: len(whole) // 2] in known and whole == 2 * whole[: len(whole) // 2]:
        return known[whole[: len(whole) // 2]]  # one line, read as two
    if min(line.confidence for line in label.lines) > _HARDLY:
        return None
    lines = ["".join(line.text for line in label.lines), *(line.text for line in label.lines)]
    texts = list(map(comparison_key, lines))
    found = {head for key, head in free.items() if any(_ends_as(text, key) for text in texts)}
    return found.pop() if len(found) == 1 else None


def _ends_as(text: str, key: str) -> bool:
    """Tell whether a text begins or ends as a name does, but for a character of a long one."""
    size = len(key)
    if size < _SHORT or len(text) < size:
        return False
    return min(Levenshtein.distance(part, key) for part in (text[:size], text[-size:])) <= (size > _SHORT)


def _named(repair: Repair, head: str) -> Repair:
    return replace(
        repair, value=head, status=Status.REPAIRED, kind="inserted", origin="misread", score=_SCORE, proposal=None,
        evidence="template", reason=f"底纹误认：已改为“{head}”（本版式的固定标签）",
    )  # fmt: skip
