"""Proves pipeline/decisions.py: what a person decided is found again by its place, and changes just that."""

from __future__ import annotations

from dataclasses import replace

from builders import interpret_tools, page_of

from pipeline.decisions import Action, Anchor, Decision, anchor_of, effective, page_keys
from pipeline.document import PageReading
from pipeline.interpret import Interpreted, interpret, interpret_decided
from pipeline.records import Record

FORM = """
某市测试局预算项目绩效目标表
(2020年)
项目名称 | 测试项目 | 项目负责人 | 王某
一级指标 | 二级指标 | 三级指标 | 目标值
产出目标 | 数量 | 培训人数 | ≥100人
^ | 质量 | 项目指标达率标 | 292%
效果目标 | 满意度 | 群众满意度 |
"""
WHO, WHEN = "甲", "2026-01-01T00:00:00.000Z"


def pages(text: str = FORM) -> list[PageReading]:
    return [page_of(text, pixels=True)]


def decided(decisions: list[Decision], readings: list[PageReading] | None = None) -> Interpreted:
    [found] = interpret_decided(readings or pages(), "a", "s", interpret_tools(), decisions)
    return found


def plain(readings: list[PageReading] | None = None) -> Record:
    [record] = interpret(readings or pages(), "a", "s", interpret_tools())
    return record


def decision(at: str, action: Action, after: str | None, number: int = 1, *, before: str | None = None) -> Decision:
    anchor = anchor_of(plain(), at, page_keys(pages()))
    assert anchor is not None
    return Decision(number, anchor, action, before, after, WHO, WHEN)


def row_of(record: Record, level2: str) -> int:
    return next(i for i, row in enumerate(record.indicators) if row.level2 == level2)


def test_without_decisions_the_record_is_the_machines() -> None:
    """Deciding nothing changes nothing, not a byte."""
    assert decided([]).record.to_json() == plain().to_json()


def test_every_review_has_a_doubt_and_every_doubt_a_review() -> None:
    """The queue is what `review` marks, no more and no less."""
    found = decided([])
    bases = {
        doubt.at.split(".")[0] if doubt.at[0] == "i" else doubt.at.removesuffix(".label")
        for doubt, _, _ in found.doubts
    }

    marked = {f"indicators[{i}]" for i, row in enumerate(found.record.indicators) if row.review}
    marked |= {f"fields.{key}" for key, value in found.record.fields.items() if value.review}

    assert bases == marked
    assert marked


def test_an_edited_target_is_taken_apart_anew() -> None:
    """The value is the person's, its parts are parsed from it, the text that was read stays."""
    at = f"indicators[{row_of(plain(), '质量')}].target"

    record = decided([decision(at, "edit", "≥92%", before="292%")]).record
    row = record.indicators[row_of(record, "质量")]

    assert row.target is not None
    assert (row.target.value, row.target.operator, row.target.number, row.target.raw) == ("≥92%", "≥", "92", "292%")
    [entry] = [entry for entry in record.repairs if entry.at == at]
    assert (entry.raw, entry.value, entry.status) == ("292%", "≥92%", "repaired")
    assert entry.evidence.startswith("decision:")


def test_a_lost_target_can_be_given() -> None:
    """A value without a cell is anchored to the cell beside it."""
    at = f"indicators[{row_of(plain(), '满意度')}].target"

    record = decided([decision(at, "edit", "≥90%")]).record

    target = record.indicators[row_of(record, "满意度")].target
    assert target is not None
    assert target.number == "90"


def test_a_repair_can_be_taken_back() -> None:
    """What a person reverts is as it was read, and no longer stands in `repairs`."""
    number = row_of(plain(), "质量")
    assert plain().indicators[number].level3 == "项目指标达标率"

    record = decided([decision(f"indicators[{number}].level3", "reject", "项目指标达率标")]).record

    assert record.indicators[number].level3 == "项目指标达率标"
    assert [e for e in record.repairs if e.at == f"indicators[{number}].level3"] == []


def test_a_confirmed_value_is_not_doubted_again() -> None:
    """When all doubts of a row are settled, its `review` is false; its doubts stay listed with who settled them."""
    found = decided([])
    doubts = [doubt for doubt, _, _ in found.doubts if doubt.at.startswith("indicators[")]
    number = doubts[0].at.split(".")[0]
    mine = [doubt for doubt in doubts if doubt.at.startswith(number)]

    after = decided([decision(d.at, "confirm", d.value, i + 1, before=d.value) for i, d in enumerate(mine)])

    index = int(number[len("indicators[") : -1])
    assert found.record.indicators[index].review
    assert not after.record.indicators[index].review
    assert {d.at for d, _, by in after.doubts if by is not None} == {d.at for d in mine}


def test_a_cell_over_several_rows_is_decided_once() -> None:
    """A level-1 cell is printed once, so what is decided on it holds in all its rows."""
    record = decided([decision("indicators[0].level1", "edit", "产出指标", before="产出目标")]).record

    assert [row.level1 for row in record.indicators] == ["产出指标", "产出指标", "效果目标"]


def test_decisions_survive_a_new_reading_of_the_page() -> None:
    """Boxes that move a little and another raw text are the same place on the same page; the change is said."""
    at = f"indicators[{row_of(plain(), '质量')}].target"
    made = decision(at, "edit", "≥92%", before="292%")
    x0, y0, x1, y1 = (int(value) for value in made.anchor.place.split(","))
    moved = replace(made.anchor, place=f"{x0 + 1},{y0},{x1 + 1},{y1}", raw="29Z%")

    found = decided([replace(made, anchor=moved)])

    target = found.record.indicators[row_of(found.record, "质量")].target
    assert target is not None
    assert target.value == "≥92%"
    assert [finding.at for finding in found.record.findings if finding.code == "decision.reading-changed"] == [at]


def test_a_decision_on_another_page_changes_nothing() -> None:
    """The anchor is the page's content: equal places of other pages are not meant."""
    made = decision("indicators[0].target", "edit", "1")

    found = decided([replace(made, anchor=replace(made.anchor, sha256="0" * 64))])

    assert found.record.to_json() == plain().to_json()
    assert found.found == frozenset()


def test_the_latest_decision_that_is_not_undone_holds() -> None:
    """An undo brings back what held before, and undoing the undo brings it back again."""
    anchor = Anchor("s", 0, "target", "1:1", "x")

    def made(number: int, after: str | None, undoes: int | None = None) -> Decision:
        action: Action = "edit" if undoes is None else "undo"
        return Decision(number, anchor, action, None, after, WHO, WHEN, undoes=undoes)

    first, second, undo, redo = made(1, "a"), made(2, "b"), made(3, None, 2), made(4, None, 3)

    assert [d.after for d in effective([first, second])] == ["b"]
    assert [d.after for d in effective([first, second, undo])] == ["a"]
    assert [d.after for d in effective([first, second, undo, redo])] == ["b"]


def test_a_label_that_a_person_gives_is_the_fields_key() -> None:
    """A label is not a value beside others: it names the field."""
    record = decided([decision("fields.项目名称.label", "edit", "专项名称", before="项目名称")]).record

    assert record.fields["专项名称"].value == "测试项目"
    assert "项目名称" not in record.fields
