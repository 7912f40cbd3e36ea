"""A record says what was read, what became of it, how sure that is, and where it stands."""

from dataclasses import replace

import pytest
from builders import SHA256, cell_of, field_of, indicator_of, labelled_form, page_of

from pipeline.assemble import Assembly, collect_labels, joined_value
from pipeline.document import (
    Candidate,
    FieldEntry,
    LabelledForm,
    Place,
    Problem,
    Repair,
    Role,
    Row,
    RowCell,
    Status,
    Target,
)
from pipeline.fieldvalues import split_label
from pipeline.records import Record


def parse_target(raw: str, level3: str | None) -> tuple[Target, Repair | None]:
    return Target(raw, raw, "words", text=raw), None


def record_of(labelled: LabelledForm, repairs: dict[str, Repair] | None = None) -> Record:
    """The record of a form; `repairs` are given by the text of the cell they belong to."""
    known = repairs or {}
    by_cell = {id(cell): known[cell.text] for cell, _ in collect_labels(labelled, split_label) if cell.text in known}
    return Assembly(
        labelled, "form.txt", SHA256, [page_of("甲")], by_cell, parse_target, lambda *_: None, split_label, 0.8
    ).record()


def repaired(raw: str, value: str) -> Repair:
    return Repair(
        raw, value, Status.REPAIRED, "look-alike", "unclear", 0.97, None, Candidate("丙", 0.4), "dictionary:d", "形近"
    )


def proposed(raw: str, proposal: str) -> Repair:
    return Repair(raw, raw, Status.PROPOSED, "dropped", "unclear", 0.7, proposal, None, "document:d", "缺字")


# -- indicators -------------------------------------------------------------------------------------------------------


def test_a_repair_changes_the_value_and_keeps_the_raw_text() -> None:
    """Every correction is visible and can be undone."""
    record = record_of(
        labelled_form(indicator_of("产出目标", "质里", "合格率", "=100%")), {"质里": repaired("质里", "质量")}
    )
    [entry] = record.repairs

    assert record.indicators[0].level2 == "质量"
    assert record.indicators[0].cells["level2"].raw == "质里"
    assert record.indicators[0].cells["level2"].status == "repaired"
    assert (entry.at, entry.raw, entry.value, entry.status) == ("indicators[0].level2", "质里", "质量", "repaired")
    assert (entry.score, entry.evidence, entry.reason) == (0.97, "dictionary:d", "形近")
    assert entry.runner_up is not None
    assert (entry.runner_up.value, entry.runner_up.score) == ("丙", 0.4)


def test_a_proposal_changes_nothing_and_asks_for_a_person() -> None:
    """What is likely is suggested; the record keeps what was read."""
    record = record_of(
        labelled_form(indicator_of("产出目标", "数量", "科技运动会", "=1场")),
        {"科技运动会": proposed("科技运动会", "科学运动会")},
    )
    [entry] = record.repairs

    assert record.indicators[0].level3 == "科技运动会"
    assert record.indicators[0].review
    assert (entry.status, entry.raw, entry.value) == ("proposed", "科技运动会", "科学运动会")


def test_a_printed_cell_is_repaired_once_however_many_rows_it_spans() -> None:
    """One correction is one entry, and holds for all rows."""
    first = indicator_of("产出日标", "数量", "培训人数", "≥5人")
    second = replace(indicator_of("", "质量", "合格率", "=100%"), level1=first.level1)

    record = record_of(labelled_form(first, second), {"产出日标": repaired("产出日标", "产出目标")})

    assert [row.level1 for row in record.indicators] == ["产出目标", "产出目标"]
    assert len(record.repairs) == 1


def test_an_empty_row_is_an_indicator_without_name_and_target() -> None:
    """A blank form is a record."""
    [indicator] = record_of(labelled_form(indicator_of("产出目标", "数量", None))).indicators

    assert (indicator.level3, indicator.target) == (None, None)
    assert not indicator.review


@pytest.mark.parametrize("printed", ["指标1：", "指标 2:", "……", "指标X", "指标1", "…", "指标三、"])
def test_a_placeholder_is_no_name(printed: str) -> None:
    """Blank forms print them before the names that are to come."""
    [indicator] = record_of(labelled_form(indicator_of("产出目标", "数量", printed))).indicators

    assert indicator.level3 is None


@pytest.mark.parametrize(
    ("printed", "name"),
    [
        ("指标1：培训人数", "培训人数"),
        ("指标2、培训人数", "培训人数"),
        ("指标一：培训人数", "培训人数"),
        ("指标1培训人数", "培训人数"),
        ("指标一致率", "指标一致率"),
        ("指标100%完成率", "指标100%完成率"),
        ("指标体系完善度", "指标体系完善度"),
        ("标准1号演练次数", "标准1号演练次数"),
    ],
)
def test_a_name_loses_its_placeholder_and_nothing_else(printed: str, name: str) -> None:
    """指标一致率 begins like a placeholder and is none."""
    [indicator] = record_of(labelled_form(indicator_of("产出目标", "数量", printed, "≥5"))).indicators

    assert indicator.level3 == name


@pytest.mark.parametrize(
    ("printed", "name", "weight"),
    [
        ("产出指标(50分)", "产出指标", "50分"),
        ("产出指标\n（50 分）", "产出指标", "50分"),
        ("产出指标(30)", "产出指标", "30"),
        ("产出指标（12.5%）", "产出指标", "12.5%"),
        ("部门(单位)", "部门(单位)", None),
        ("产出指标(一)", "产出指标(一)", None),
    ],
)
def test_a_weight_goes_beside(printed: str, name: str, weight: str | None) -> None:
    """Levels are as printed but for the points that self-evaluations print after them."""
    [indicator] = record_of(labelled_form(indicator_of(printed, "数量", "培训人数", "≥5人"))).indicators

    assert indicator.level1 == name
    assert indicator.extra == ({"一级指标权重": weight} if weight else {})


def test_operator_number_and_unit_are_joined_in_this_order() -> None:
    """The raw of a target in three columns is their join."""
    [indicator] = record_of(labelled_form(indicator_of("产出目标", "数量", "培训人数", "≥", "50", "人"))).indicators

    assert indicator.target is not None
    assert indicator.target.raw == "≥50人"
    assert [place.line for place in indicator.cells["target"].where] == [1, 1, 1]


def test_two_columns_of_one_name_are_both_kept() -> None:
    """Nothing that was read is lost to a doubled header, nor to a column without one."""
    row = replace(
        indicator_of("产出目标", "数量", "培训人数", "≥5人"),
        extra=tuple(
            (name, cell_of(text, Role.EXTRA)) for name, text in [("得分", "5"), ("得分", "4"), ("", "甲"), ("", "乙")]
        ),
    )

    [indicator] = record_of(labelled_form(row)).indicators

    assert indicator.extra == {"得分": "5", "得分#2": "4", "其他": "甲", "其他#2": "乙"}


def test_a_repaired_column_header_names_its_column() -> None:
    """A header is a label like others: repaired in the record, raw in the list."""
    row = replace(indicator_of("产出目标", "数量", "培训人数", "≥5人"), extra=(("分直", cell_of("5", Role.EXTRA)),))
    labelled = replace(labelled_form(row), headers=(cell_of("分直", Role.HEADER),))

    record = record_of(labelled, {"分直": repaired("分直", "分值")})

    assert record.indicators[0].extra == {"分值": "5"}
    assert [(entry.at, entry.raw, entry.value) for entry in record.repairs] == [("columns.分直", "分直", "分值")]


@pytest.mark.parametrize(
    ("confidence", "certainty", "review"), [(0.99, 0.99, False), (0.7, 1.0, True), (1.0, 0.6, True)]
)
def test_what_is_read_or_placed_with_doubt_is_shown_to_a_person(
    confidence: float, certainty: float, review: bool
) -> None:
    """The doubt of the reading and the doubt of the place both count."""
    row = indicator_of("产出目标", "数量", "培训人数", "≥5人")
    doubtful = cell_of("培训人数", Role.LEVEL3, confidence=confidence, certainty=certainty)

    [indicator] = record_of(labelled_form(replace(row, level3=doubtful))).indicators

    assert indicator.review is review
    assert indicator.cells["level3"].confidence == round(confidence * certainty, 2)


def test_an_inferred_level_has_no_raw_text_and_asks_for_a_person() -> None:
    """What nobody printed must not look as if it had been read."""
    row = indicator_of("", "满意度", "群众满意度", "≥90%")
    inferred = RowCell("效果目标", 0, 0, confidence=0.5, role=Role.LEVEL1, notes=("inferred",))

    [indicator] = record_of(labelled_form(replace(row, level1=inferred))).indicators

    assert indicator.level1 == "效果目标"
    assert (indicator.cells["level1"].raw, indicator.cells["level1"].where) == ("", [])
    assert indicator.review


# -- fields -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("项目名称：", "项目名称"),
        ("项目\n实施计划", "项目实施计划"),
        ("项 目 名 称", "项目名称"),
        ("项目资金（万元）→年度资金总额", "项目资金→年度资金总额"),
    ],
)
def test_a_field_is_keyed_by_its_label_on_one_line(label: str, key: str) -> None:
    """Breaks, colons and money units are the layout's; a label under a label is a path."""
    assert list(record_of(labelled_form(fields=(field_of(label, "甲"),))).fields) == [key]


def test_a_repaired_label_is_the_key() -> None:
    """The raw label stays in the list of repairs."""
    record = record_of(
        labelled_form(fields=(field_of("顶目名称", "甲"),)), {"顶目名称": repaired("顶目名称", "项目名称")}
    )

    assert list(record.fields) == ["项目名称"]
    assert [(entry.at, entry.raw) for entry in record.repairs] == [("fields.项目名称.label", "顶目名称")]


def test_a_label_is_repaired_without_the_unit_behind_it() -> None:
    """Dictionaries hold names; the unit that stands behind one is printed in many ways, and stays the amount's."""
    labelled = labelled_form(fields=(field_of("顶目资金（万元）", "5"),))
    assert [label.text for _, label in collect_labels(labelled, split_label)] == ["顶目资金"]

    record = record_of(labelled, {"顶目资金（万元）": repaired("顶目资金", "项目资金")})

    assert list(record.fields) == ["项目资金"]


@pytest.mark.parametrize(
    ("confidence", "status", "asks"), [(0.5, "unknown", True), (0.95, "unknown", False), (0.5, "unchanged", False)]
)
def test_a_label_that_nobody_knows_and_that_is_hardly_legible_is_looked_at(
    confidence: float, status: str, asks: bool
) -> None:
    """Under another name the value would be found by nobody."""
    entry = field_of("項目黑性", "延续项目")
    entry = replace(entry, labels=(replace(entry.labels[0], confidence=confidence),))
    verdict = Repair("項目黑性", "項目黑性", Status(status))

    assert record_of(labelled_form(fields=(entry,)), {"項目黑性": verdict}).fields["項目黑性"].review is asks


def test_a_label_that_stands_twice_is_two_fields() -> None:
    """Neither overwrites the other."""
    fields = record_of(labelled_form(fields=(field_of("备注", "甲"), field_of("备注", "乙")))).fields

    assert {key: value.value for key, value in fields.items()} == {"备注": "甲", "备注#2": "乙"}


def on_page(entry: FieldEntry, page: int) -> FieldEntry:
    """The same field with its cells on a page."""
    place = Place(page=page, polygon=((0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)))
    return FieldEntry(
        *(tuple(replace(cell, places=(place,)) for cell in cells) for cells in (entry.labels, entry.values))
    )


def test_a_label_printed_again_over_the_page_carries_its_value_on() -> None:
    """Some systems repeat the label over the rest of a long cell; half a goal is no goal. Both places are kept."""
    head, rest = on_page(field_of("年度绩效目标", "做好入户登"), 0), on_page(field_of("年度绩效目标", "记工作。"), 1)
    fields = record_of(labelled_form(fields=(head, rest))).fields

    assert {key: value.value for key, value in fields.items()} == {"年度绩效目标": "做好入户登记工作。"}
    assert [where.page for where in fields["年度绩效目标"].where] == [1, 2]


@pytest.mark.parametrize(("text", "asks"), [("ww", True), ("—", False), ("94.5", False), ("GDP", False)])
def test_a_few_small_letters_are_strokes_and_ask(text: str, asks: bool) -> None:
    """What a recogniser makes of a dash on a fax, however sure it is."""
    assert record_of(labelled_form(fields=(field_of("得分", text),))).fields["得分"].review is asks


def test_a_label_printed_again_on_its_own_page_is_another_field() -> None:
    """Only a page break tears a field in two."""
    twice = (on_page(field_of("备注", "甲"), 0), on_page(field_of("备注", "乙"), 0))

    assert list(record_of(labelled_form(fields=twice)).fields) == ["备注", "备注#2"]


@pytest.mark.parametrize(("beside_a_cell", "asks"), [(True, True), (False, False)])
def test_text_from_between_the_tables_joins_a_ruled_value_only_with_doubt(beside_a_cell: bool, asks: bool) -> None:
    """A ruled cell holds its whole text; what follows it loose may be a row that lost its grid."""
    entry = on_page(field_of("备注", "不断提高", "服务水平"), 0)
    notes = ((), ("loose",)) if beside_a_cell else (("loose",), ("loose",))
    values = tuple(replace(cell, notes=note) for cell, note in zip(entry.values, notes, strict=True))

    assert record_of(labelled_form(fields=(FieldEntry(entry.labels, values),))).fields["备注"].review is asks


@pytest.mark.parametrize(
    ("pieces", "joined"),
    [
        (["推动乡村", "振兴。"], "推动乡村振兴。"),
        (["第一段。", "第二段。"], "第一段。\n第二段。"),
        (["目标如下", "1、甲"], "目标如下\n1、甲"),
        (["目标如下", "（一）甲"], "目标如下\n（一）甲"),
        ([], ""),
    ],
)
def test_a_sentence_cut_by_a_page_is_one_again(pieces: list[str], joined: str) -> None:
    """Paragraphs stay paragraphs."""
    assert joined_value([cell_of(text, Role.NARRATIVE) for text in pieces]) == joined


def test_loose_lines_stay_lines() -> None:
    """A narrative outside its table has the lines it was read in."""
    cells = [replace(cell_of(text, Role.NARRATIVE), notes=("loose",)) for text in ("甲", "乙")]

    assert joined_value(cells) == "甲\n乙"


def test_the_agency_is_the_fields_where_the_title_names_none() -> None:
    """Codes before a name are no part of it."""
    record = record_of(
        labelled_form(fields=(field_of("主管部门", "某某县财政局"), field_of("实施单位", "101001-某某县水利局")))
    )

    assert record.form.agency == "某某县水利局"


@pytest.mark.parametrize("label", ["部门（单位）名称", "部门（单位)名称", "部门(单位）名称"])
def test_the_agencys_label_is_known_whatever_width_its_brackets_are_read_in(label: str) -> None:
    """One bracket of half width, and the form was nobody's."""
    record = record_of(labelled_form(fields=(field_of(label, "某某县水利局"),)))

    assert record.form.agency == "某某县水利局"


@pytest.mark.parametrize(("name", "agency"), [("某某县水利局", "某某县水利局"), ("国土空间规划编制、首批核查费", None)])
def test_a_fund_is_no_agency(name: str, agency: str | None) -> None:
    """单位（专项）名称 asks for the one or the other."""
    record = record_of(labelled_form(fields=(field_of("单位（专项）名称", name),)))

    assert record.form.agency == agency


def test_what_stands_in_a_grid_without_rulings_is_looked_at() -> None:
    """Rows and columns that alignment alone made may be others: the form says so, and every value of it."""
    bare = [replace(cell, notes=("unruled",)) for cell in (cell_of("备注", Role.LABEL), cell_of("甲", Role.VALUE))]
    labelled = labelled_form(fields=(FieldEntry((bare[0],), (bare[1],)),))
    form = replace(labelled.form, rows=(Row(tuple(bare), 2, 0, 1),))

    record = record_of(replace(labelled, form=form))

    assert record.fields["备注"].review
    assert [finding.code for finding in record.findings] == ["grid.inferred"]


# -- the form ---------------------------------------------------------------------------------------------------------


def test_places_count_pages_and_lines_from_one() -> None:
    """People count so; rows and columns count from zero."""
    labelled = labelled_form(fields=(field_of("备注", "甲", line=6),))

    [where] = record_of(labelled).fields["备注"].where

    assert (where.line, where.column) == (7, 0)


def test_what_found_no_place_is_a_finding_at_its_place() -> None:
    """Nothing that was read is lost."""
    [finding] = record_of(labelled_form(strays=(cell_of("走失的文字", Role.VALUE, line=8),))).findings

    assert (finding.code, finding.at) == ("text.unplaced", "line 9")
    assert "走失的文字" in finding.message


def test_a_form_without_a_title_says_so() -> None:
    """Its first page may be missing."""
    labelled = labelled_form()
    labelled = replace(labelled, form=replace(labelled.form, title="", problems=(Problem("title-missing", "x"),)))

    assert [finding.code for finding in record_of(labelled).findings] == ["form.title-missing"]


def test_the_id_is_of_the_source_and_the_place_only() -> None:
    """It stays when dictionaries, repairs or the reading of the rows change, so that decisions stay attached."""
    one = record_of(labelled_form(indicator_of("产出目标", "数量", "甲", "≥5"), title="甲表"))
    other = record_of(labelled_form(fields=(field_of("备注", "乙"),), title="乙表"))

    assert one.id == other.id


def test_forms_of_one_title_at_other_places_have_other_ids() -> None:
    """Two projects of one agency, or two projects of one wide sheet."""
    labelled = labelled_form()
    places = [
        (Place(line=0, column=0),),
        (Place(line=9, column=0),),
        (Place(line=0, column=0), Place(line=4, column=0)),
        (Place(page=0, polygon=((0, 0), (1, 0), (1, 1), (0, 1))),),
    ]

    ids = {record_of(replace(labelled, form=replace(labelled.form, title_places=place))).id for place in places}

    assert len(ids) == len(places)
