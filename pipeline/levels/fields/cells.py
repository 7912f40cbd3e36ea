"""Cells of a field row, each by itself: what it says, what is glued in it, whether its blank is in doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

from rapidfuzz.distance import Hamming, Levenshtein

from pipeline.dictionaries import comparison_key
from pipeline.document import Line, Role, Row, RowCell

# A blank under a seal is half sure at most, one with ink in it not at all.
DOUBTFUL = 0.5
# 填报人：罗平 in one cell is a label with its value.
INLINE = re.compile(r"^(?!其中)([^:：]{2,14})[:：]\s*(\S.*)$", re.S)
# A table's money unit, in a cell of its own.
UNIT = re.compile(r"[(（]?(?:金额)?单位[:：][(（]?(?:人民币)?(?:万|亿)?元[)）]?[)）]?")
# A form's year, in a cell of its own.
YEAR = re.compile(r"[(（]?(?:19|20)\d{2}年?度?[)）]?")
_AMOUNT = re.compile(r"^[\d,.]+(%|万?元|亿元)?$|^[—/\-]$")
# What dust behind a sign is read as, and what dashes are.
_STOPS = re.compile(r"[\s.,·、，。:：'’\-—–－一]+")
# What may stand behind a field's name in one cell; 联系人电话 and 项目负责人签字 are names themselves.
_SHORTEST_GLUED = 3
_FIGURES = re.compile(r"(?=\D*\d)[\d.,，/\-—年月日至]+(?:万?元)?")
_SCORED = re.compile(r"\d{2,3}(?:\.\d+)?")
_PERSON = re.compile(r"[\u4e00-\u9fff]{2,3}")
_NO_PERSON = re.compile(r"电话|手机|签|章|名|单位|部门|职|及|日期|意见|代码|编码")
_NUMBER = re.compile(r"\d[\d.,]*")
_PEOPLE = re.compile(r"人[:：]?$")
# What heads of grids begin with; a label of four characters that is printed again over a break may have half of them
# read, for the page's edge cuts it. Shorter ones begin other labels: 项目, 其他.
_HEADS = re.compile(r"[一二三]级[指目]标")
_SHORTEST_AGAIN = 4
_BADLY_READ_IN = 2
# Lines of labels that were read right have .9 or more; what a seal left has a character or two.
_SURE = 0.9
_SCRAP = 2
_IN_BRACKETS = re.compile(r"[(（].*?[)）]$")
# A row of heads has more labels than this beside its corner; so many stand in a row of two pairs.
_HEADS_BESIDE = 2
# Of so many characters a fax has one wrong.
_MISREAD_IN = 5
# 名称 and 称名 may be words of their own; labels of four characters in another order are none in thirty layouts.
_LEAST_IN_ORDER = 4
_LONGEST_LABEL = 24


def is_amount(text: str) -> bool:
    """Tell whether a cell holds an amount, a share of one, or the dash of none."""
    return _AMOUNT.match("".join(text.split())) is not None


@lru_cache(8_192)
def in_any_order(label: str) -> str:
    """A label's characters in one order for all that have the same, empty where they are too few to say anything."""
    key = comparison_key(label)
    return "".join(sorted(key)) if _LEAST_IN_ORDER <= len(key) <= _LONGEST_LABEL else ""


def is_said_again(one: RowCell, other: RowCell) -> bool:
    """Tell whether two cells print the same words; one character in five may be misread."""
    this, that = comparison_key(one.text), comparison_key(other.text)
    return Levenshtein.distance(this, that) <= max(len(this), len(that)) // _MISREAD_IN


def states(text: str) -> bool:
    """Tell whether a cell holds a label with its value; in 项目资金（单位：万元） the colon stands inside a bracket."""
    inline = INLINE.match(text)
    if inline is None:
        return False
    return all(inline[1].count(one) == inline[1].count(other) for one, other in ("()", "（）"))


def doubtful_blank(row: Row, label: RowCell) -> list[RowCell]:
    """The blank cell beside a label, where a seal or ink that said nothing leaves it in doubt: somebody has to look."""
    beside = next((cell for cell in row.cells if cell.col >= label.col + label.colspan), None)
    return [beside] if beside is not None and not beside.text and beside.confidence <= DOUBTFUL else []


def label_and_value(text: str, names: Sequence[str]) -> tuple[str, str] | None:
    """Part 单位编码091003 and 联系人邹某: one of `names`, and behind it a code, a date, an amount or a person."""
    compact = "".join(text.split())
    name = max((name for name in names if compact.startswith(name)), key=len, default="")
    rest = compact[len(name) :]
    # 总分93.95: a name of two characters and a score make no longer label.
    if not rest or (len(name) < _SHORTEST_GLUED and not _SCORED.fullmatch(rest)):
        return None
    person = name.endswith("人") and _PERSON.fullmatch(rest) and not _NO_PERSON.search(rest)
    return (name, rest) if person or (len(rest) > 1 and _FIGURES.fullmatch(rest)) else None


def value_and_label(cell: RowCell, before: RowCell, names: Sequence[str]) -> tuple[str, str] | None:
    """Part 97.07等级 and 石珍联系电话, which lost the wall between them: a value, and behind it one of `names`.

    The value is a number, a person beside 负责人, or anything where a wall within the cell was all but seen.
    """
    compact = "".join(cell.text.split())
    name = max((name for name in names if compact.endswith(name)), key=len, default="")
    rest = compact.removesuffix(name)
    person = _PEOPLE.search(before.text) and _PERSON.fullmatch(rest)
    unsure = "wall-unsure" in cell.notes and len(name) >= _SHORTEST_GLUED and len(rest) > 1
    return (rest, name) if name and rest and (_NUMBER.fullmatch(rest) or person or unsure) else None


def label_alone(cell: RowCell, names: Sequence[str]) -> str | None:
    """Return what of a label is one of `names`, where the rest is no part of it; else None.

    It is the same label, that the next page prints again and that was badly read there (项目立项情况六口立项情况), the
    heads of the grid below it (年度总体目标一级指标二级指标), or what a seal left in the cell, on lines that nobody can
    be sure of (9 | 意 | 项目资金; k1 beside any label).
    """
    compact = "".join(cell.text.split())
    scraps = [line for line in cell.lines if _is_scrap(line, cell)]
    whole = [line for line in cell.lines if not _is_scrap(line, cell)]
    sure = "".join(line.text for line in whole)
    # 年度绩效目标 | 1 is numbered, where no seal says otherwise.
    letters = all(line.text.isascii() and ("seal" in cell.notes or not line.text.isdigit()) for line in scraps)
    foreign = len(sure) >= _SHORTEST_AGAIN and letters
    known = foreign or _IN_BRACKETS.sub("", sure) in names
    if scraps and known and all(line.confidence >= _SURE for line in whole):
        return sure
    name = max((name for name in names if compact.startswith(name)), key=len, default="")
    rest = compact[len(name) :]
    again = Levenshtein.distance(name, rest) <= len(name) // _BADLY_READ_IN
    if len(name) >= _SHORTEST_AGAIN and rest and (again or _HEADS.match(rest)):
        return name
    return _name_within(compact, names) if cell.confidence <= DOUBTFUL else None


def _name_within(text: str, names: Sequence[str]) -> str | None:
    """Return the one of `names` that stands whole in a badly read label, where what a seal added is no longer than it.

    711三三项目资金申请人(万元) is 项目资金申请, of which 项目资金 is a part.
    """
    bare = _IN_BRACKETS.sub("", text)
    within = [name for name in names if len(name) >= _SHORTEST_AGAIN and name in bare]
    name = max(within, key=len, default="")
    alone = all(other in name for other in within)
    return name if name and alone and name != bare and len(bare) <= 2 * len(name) else None


def _is_scrap(line: Line, cell: RowCell) -> bool:
    """Tell whether a line is what a seal left: a character or two that nobody is sure of, or letters under the seal."""
    sealed = "seal" in cell.notes and line.text.isascii()
    return len(line.text) <= _SCRAP and (line.confidence <= DOUBTFUL or sealed)


def without_false_walls(row: Row, known: Set[str]) -> Row:
    """Join labels side by side that are one of the `known` keys together and none alone: 部门 | （单位）名称.

    A stroke of a character was taken for a wall. The joined label is in doubt: the row may have been cut up as well.
    """
    cells: list[RowCell] = []
    for cell in row.cells:
        before = cells[-1] if cells else None
        if before is not None and cell.text and before.role is cell.role is Role.LABEL and before.text:
            one, other = comparison_key(before.text), comparison_key(cell.text)
            apart = before.rowspan == cell.rowspan == 1 and not {one, other} & known
            if apart and one + other in known and before.col + before.colspan == cell.col:
                cells[-1] = _joined(before, cell)
                continue
        cells.append(cell)
    return replace(row, cells=tuple(cells)) if len(cells) < len(row.cells) else row


def without_unsure_walls(row: Row, known: Set[str]) -> Row:
    """Join two texts of one line beside a known label, where the wall between them is unsure and neither is a label.

    A comma's stroke was taken for a wall: 项目概况 | 鉴于库存检查现状 | 逐户走访. What is joined is in doubt.
    """
    cells: list[RowCell] = []
    labelled = False
    for cell in row.cells:
        before = cells[-1] if cells else None
        if before is not None and labelled and _is_cut_from(before, cell) and not _may_be_known(cell, known):
            cells[-1] = replace(_joined(before, cell), role=Role.VALUE)
            labelled = False
            continue
        labelled = (
            before is not None and comparison_key(before.text) in known and comparison_key(cell.text) not in known
        )
        cells.append(cell)
    return replace(row, cells=tuple(cells)) if len(cells) < len(row.cells) else row


def without_walls_under_heads(heads: Sequence[RowCell], row: Row, known: Set[str]) -> Row:
    """Join the texts of several lines that stand side by side under one head while another head has one under it.

    Strokes of 恢复渔业 over 做好智能 were taken for a wall; 实际完成情况 covers both cells. Left apart, each text would
    stand under the next head.
    """
    below = [cell for cell in row.cells if cell.text]
    whole = any((cell.col, cell.colspan) == (head.col, head.colspan) for cell in below for head in heads)
    if not row.spans_known or not whole:
        return row
    cells: list[RowCell] = []
    for cell in row.cells:
        before = cells[-1] if cells else None
        if before is not None and any(_are_under(head, before, cell, known) for head in heads):
            parted = len(before.lines) == len(cell.lines)
            texts = [one.text + other.text for one, other in zip(before.lines, cell.lines, strict=False)]
            text = "\n".join(texts) if parted else before.text + cell.text
            role = cell.role if before.role is Role.LABEL else before.role
            cells[-1] = replace(_joined(before, cell), text=text, role=role)
            continue
        cells.append(cell)
    return replace(row, cells=tuple(cells)) if len(cells) < len(row.cells) else row


def moved_under_heads(heads: Sequence[RowCell], row: Row) -> Row:
    """Return a row whose amounts begin where the heads do amid which they begin, where spans are guessed.

    分值 spans two guessed columns, 10 below it has the second one: the first one is blank there.
    """
    if row.spans_known or all(head.colspan == 1 for head in heads):
        return row
    taken = {cell.col for cell in row.cells if cell.text}
    begins = {
        column: head.col
        for head in heads
        for column in range(head.col + 1, head.col + head.colspan)
        if taken.isdisjoint(range(head.col, column))
    }
    if taken.isdisjoint(begins):
        return row
    moved = [
        replace(cell, col=begins[cell.col], colspan=cell.colspan + cell.col - begins[cell.col])
        if cell.col in begins and is_amount(cell.text)
        else cell
        for cell in row.cells
    ]
    now = {cell.col for cell in moved if cell.text}
    return replace(row, cells=tuple(cell for cell in moved if cell.text or cell.col not in now))


def _are_under(head: RowCell, one: RowCell, other: RowCell, known: Set[str]) -> bool:
    """Tell whether two neighbours of as many lines each stand under one head above them, and none is a known label."""
    beside = one.col + one.colspan == other.col and (one.row, one.rowspan) == (other.row, other.rowspan)
    within = head.col <= one.col and other.col + other.colspan <= head.col + head.colspan
    counts = len(one.lines), len(other.lines)
    lines = min(counts) > 1 and abs(counts[0] - counts[1]) <= 1
    labels = one.role is other.role is Role.LABEL or any(comparison_key(cell.text) in known for cell in (one, other))
    amounts = is_amount(one.text) or is_amount(other.text)
    return beside and within and head.row < one.row and lines and not labels and not amounts


def _may_be_known(cell: RowCell, known: Set[str]) -> bool:
    """Tell whether a cell is one of the `known` labels, of which one character may be misread: 主管部1."""
    key = comparison_key(cell.text)
    near = cell.role is Role.LABEL and len(key) >= _SHORTEST_AGAIN
    return key in known or (near and any(len(o) == len(key) and Hamming.distance(o, key) == 1 for o in known))


def _joined(one: RowCell, other: RowCell) -> RowCell:
    """Return two neighbours as the one cell that they were cut from, in doubt."""
    return replace(
        one,
        text=one.text + other.text,
        colspan=one.colspan + other.colspan,
        confidence=min(one.confidence, other.confidence, DOUBTFUL),
        places=(*one.places, *other.places),
        lines=(*one.lines, *other.lines),
    )


def _is_cut_from(one: RowCell, other: RowCell) -> bool:
    """Tell whether two neighbours hold one line each, with an unsure wall between them."""
    unsure = all("wall-unsure" in cell.notes and len(cell.lines) == 1 for cell in (one, other))
    return unsure and one.col + one.colspan == other.col and (one.row, one.rowspan) == (other.row, other.rowspan)


def without_lone_signs(row: Row) -> Row:
    """No label has one character: 十 for a dash under a watermark, or the first of a word that a false wall cut off.

    A label set upright has its characters in one cell, and a cell that a page break cuts goes on over many rows.
    """
    if (corner := _inked_corner(row)) is not None:
        return replace(row, cells=tuple(replace(cell, text="") if cell is corner else cell for cell in row.cells))
    lone = [
        cell.role is Role.LABEL and bool(cell.text) and cell.rowspan == 1 and len(_STOPS.sub("", cell.text)) <= 1
        for cell in row.cells
    ]
    if not any(lone):
        return row
    cells = (replace(cell, role=Role.VALUE) if one else cell for cell, one in zip(row.cells, lone, strict=True))
    return replace(row, cells=tuple(cells))


def _inked_corner(row: Row) -> RowCell | None:
    """The corner of a table before a row of heads, which is blank: a 1 there is what is left of a ruling or a seal."""
    for number, cell in enumerate(row.cells[:2]):
        heads = row.cells[number + 1 :]
        touching = all(one.col + one.colspan == other.col for one, other in pairwise((cell, *heads)))
        sign = len(_STOPS.sub("", cell.text)) == 1 and cell.confidence <= DOUBTFUL
        if sign and len(heads) > _HEADS_BESIDE and touching and all(h.role is Role.LABEL and h.text for h in heads):
            return cell
    return None
