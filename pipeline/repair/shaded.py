"""Labels of a known layout in cells whose shading was read as letters: 项目年度绩效目标黄田中度美双日标.

A fax makes dots of shading, and dots between strokes make other characters, before the label, behind it or in a line of
their own. What the layout prints is told from the rest by how surely it was read. Somebody looks all the same.
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
_SCORE = 0.5


def with_heads_of_shaded_cells(
    labels: Sequence[Label], repairs: Sequence[Repair], heads: Sequence[str]
) -> list[Repair]:
    """Return the repairs of a form's labels, in order, where a layout's own label is read among shading.

    `heads` is what the layout prints beside its levels. Only labels that nothing else explains are asked.
    """
    known = {comparison_key(head): head for head in heads}
    said = [comparison_key(repair.value) for repair in repairs]
    free = {key: head for key, head in known.items() if key not in said}
    done = []
    for label, repair in zip(labels, repairs, strict=True):
        head = _head_in(label, known, free) if _is_open(label, repair, known) else None
        done.append(repair if head is None else _named(repair, head))
    return done


def _is_open(label: Label, repair: Repair, known: Mapping[str, str]) -> bool:
    return (
        label.role in (Role.LABEL, Role.HEADER)
        and repair.status in (Status.UNKNOWN, Status.PROPOSED)
        and comparison_key(repair.raw) not in known
        and min((line.confidence for line in label.lines), default=1.0) <= _HARDLY
    )


def _head_in(label: Label, known: Mapping[str, str], free: Mapping[str, str]) -> str | None:
    """What the layout prints of a label's text, where that is one thing."""
    surely = comparison_key("".join(line.text for line in label.lines if line.confidence >= _SURELY))
    if surely in known:
        return known[surely]
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
