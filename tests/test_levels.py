"""Every cell gets its role and every row its levels, whatever place it slid to: proved with the shipped classifier."""

import random
import re
from collections import Counter

import pytest
from builders import dictionaries, every_text, extras_of, fields_of, labelled_of, level_tools, rows_of, templates

from pipeline.assemble import joined_value
from pipeline.document import Form, Role, RowCell
from pipeline.forms import join_forms
from pipeline.labeltext import label_text, without_placeholder
from pipeline.levels import label_form
from pipeline.ocrtext import read_text_bytes
from pipeline.synth.layouts import LAYOUTS, SPECIAL_LAYOUTS, UNSEEN_LAYOUTS, make_document
from pipeline.synth.ocrtext import STYLES, DamageSettings, Style, write_ocr_text

HEAD = """
某某县水利局预算项目绩效目标表

(2020年)

项目名称 | 防汛物资储备 | |
单位编码 | 101001 | 资金用途 | 业务类
项目概况 | 为做好防汛工作，按照防汛预案储备物资。 | |
项目绩效目标 | | |
年度绩效目标 | 完成全年物资储备任务。 | |
一级指标 | 二级指标 | 三级指标 | 目标值
投入与目标管理 | 投入管理 | 预算执行率 | =100%
 | | 预算编制合理性 | 合理
 | 财务管理 | 资金使用规范性 | 合规
"""
BEFORE = [
    ("投入与目标管理", "投入管理", "预算执行率", "=100%"),
    ("投入与目标管理", "投入管理", "预算编制合理性", "合理"),
    ("投入与目标管理", "财务管理", "资金使用规范性", "合规"),
]
AFTER = [
    ("影响力目标", "长效管理", "长效管理制度健全性", "健全"),
]
TAIL = """
影响力目标 | 长效管理 | 长效管理制度健全性 | 健全
"""


def grid(rows: str) -> list[tuple[str | None, ...]]:
    """What becomes of some grid rows in the middle of a sound form."""
    found = rows_of(labelled_of(HEAD + rows.strip("\n") + TAIL))
    assert found[: len(BEFORE)] == BEFORE
    assert found[-1:] == AFTER
    return list(found[len(BEFORE) : -1])


STRAIGHT = """
产出目标 | 数量 | 物资储备量 | ≥50吨
 | | 演练次数 | =2次
 | 质量 | 物资合格率 | =100%
 | 时效 | 物资采购完成及时率 | =100%
"""
SHIFTED = {
    # S1: a level 2 with nothing behind it stands in level 1's column.
    "S1": """
产出目标 | 数量 | 物资储备量 | ≥50吨
 | | 演练次数 | =2次
质量 | 物资合格率 | =100% |
 | 时效 | 物资采购完成及时率 | =100%
""",
    # S2: the whole row one column to the left.
    "S2": """
产出目标 | 数量 | 物资储备量 | ≥50吨
 | 演练次数 | =2次 |
 | 质量 | 物资合格率 | =100%
时效 | 物资采购完成及时率 | =100% |
""",
    # S4: the name one column to the left, the value in its place.
    "S4": """
产出目标 | 数量 | 物资储备量 | ≥50吨
 | 演练次数 | | =2次
 | 质量 | 物资合格率 | =100%
 | 时效 | 物资采购完成及时率 | =100%
""",
    # S5: the name two columns to the left, the value one.
    "S5": """
产出目标 | 数量 | 物资储备量 | ≥50吨
演练次数 | | =2次 |
 | 质量 | 物资合格率 | =100%
 | 时效 | 物资采购完成及时率 | =100%
""",
}


@pytest.mark.parametrize("rows", SHIFTED.values(), ids=SHIFTED.keys())
def test_a_shifted_row_reads_as_if_it_stood_straight(rows: str) -> None:
    """A row is read by what its cells are, not by where they slid."""
    assert grid(rows) == grid(STRAIGHT)


def test_a_blank_level2_in_the_first_column_is_a_level2() -> None:
    """S1 as it is most often: 成本 alone, in level 1's column."""
    found = grid("产出目标 | 数量 | 物资储备量 | ≥50吨\n成本 | | |\n")

    assert found == [("产出目标", "数量", "物资储备量", "≥50吨"), ("产出目标", "成本", None, None)]


def test_a_value_that_fell_off_leaves_the_name() -> None:
    """S3: the row slid right by one and its value fell off the table; the target is lost, not invented."""
    found = grid(
        """
产出目标 | 数量 | 物资储备量 | ≥50吨
 | | 质量 | 防汛演练获奖人数
 | | 物资合格率 | =100%
"""
    )

    assert found[1] == ("产出目标", "质量", "防汛演练获奖人数", None)
    assert found[2] == ("产出目标", "质量", "物资合格率", "=100%")


def test_a_shifted_row_says_so() -> None:
    """A person should see which rows were put back into their columns."""
    labelled = labelled_of(HEAD + SHIFTED["S5"].strip("\n") + TAIL)

    assert [row.damaged for row in labelled.indicators if row.level3 and row.level3.text == "演练次数"] == [True]


# -- page breaks ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "after",
    [
        " | | 演练次数 | =2次",  # both levels blank
        " | 数量 | 演练次数 | =2次",  # level 2 restated
        "产出目标 | 数量 | 演练次数 | =2次",  # both repeated
        "一级指标 | 二级指标 | 三级指标 | 目标值\n | | 演练次数 | =2次",  # under a repeated header
    ],
    ids=["blank", "restated", "repeated", "header"],
)
def test_levels_carry_over_a_page_break(after: str) -> None:
    """However the second page takes up the levels, the row belongs where it would without the break."""
    found = grid(f"产出目标 | 数量 | 物资储备量 | ≥50吨\n\n{after}\n")

    assert found[1] == ("产出目标", "数量", "演练次数", "=2次")


@pytest.mark.parametrize("head", ["", "一级指标 | 二级指标 | 三级指标 | 目标值\n"], ids=["none", "repeated"])
def test_the_rest_of_a_levels_name_goes_back_over_a_repeated_header(head: str) -> None:
    """A merged cell's name runs over the break, and the head stands between its two halves."""
    found = grid(f"产出目标 | 数 | 储备物资批次 | =2次\n\n{head}产出目标 | 量 | 演练次数 | =3次\n")

    assert found == [("产出目标", "数量", "储备物资批次", "=2次"), ("产出目标", "数量", "演练次数", "=3次")]


@pytest.mark.parametrize("levels", ["产出目标 | 数量 ", " | 数量 ", " | "], ids=["repeated", "restated", "blank"])
def test_a_target_cut_by_a_page_break_goes_on_beside_levels_printed_again(levels: str) -> None:
    """The levels that stand again on the second page reach down over its other rows, and keep them."""
    found = grid(
        f"产出目标 | 数量 | 储备到位及时性 | 通过采购补充储备，\n\n{levels}| | 促进防汛能力提升\n | | 演练次数 | =2次\n"
    )

    assert found == [
        ("产出目标", "数量", "储备到位及时性", "通过采购补充储备，促进防汛能力提升"),
        ("产出目标", "数量", "演练次数", "=2次"),
    ]


def test_a_target_without_a_name_under_levels_of_its_own_is_a_row() -> None:
    """Another level says that a row begins, whatever its name was."""
    found = grid("产出目标 | 数量 | 储备到位及时性 | 通过采购补充储备，\n\n产出目标 | 质量 | | 全部合格并且入库\n")

    assert len(found) == 2


def test_a_level1_lost_at_a_page_break_is_the_skeletons() -> None:
    """A new level 2 that cannot stand under the old level 1 tells its own, and a person is asked to look."""
    labelled = labelled_of(f"{HEAD}产出目标 | 数量 | 物资储备量 | ≥50吨\n\n | 满意度 | 群众满意度 | ≥90%\n{TAIL}")
    row = next(row for row in labelled.indicators if row.level3 and row.level3.text == "群众满意度")

    assert row.level1 is not None
    assert row.level1.text == "效果目标"
    assert row.level1.confidence < 0.8


def test_a_header_at_the_foot_of_a_page_holds_on_the_next() -> None:
    """A page may break exactly between the header and the first row."""
    whole = HEAD + STRAIGHT.strip("\n") + TAIL
    broken = whole.replace("目标值\n投入", "目标值\n\n投入")

    assert broken != whole
    assert rows_of(labelled_of(broken)) == rows_of(labelled_of(whole))


# -- blanks -----------------------------------------------------------------------------------------------------------


def test_blank_rows_of_one_level2_are_one_indicator() -> None:
    """An empty row is data; three of them are no more data than one."""
    one = grid("产出目标 | 数量 | | \n | 质量 | 物资合格率 | =100%\n")
    three = grid("产出目标 | 数量 | | \n | | | \n | | | \n | 质量 | 物资合格率 | =100%\n")

    assert one == three == [("产出目标", "数量", None, None), ("产出目标", "质量", "物资合格率", "=100%")]


def test_each_blank_level2_is_an_indicator() -> None:
    """A blank form is a record of all its level-2 names."""
    found = grid("产出目标 | 数量 | | \n | 质量 | | \n | 时效 | | \n | 成本 | | \n")

    assert found == [("产出目标", name, None, None) for name in ("数量", "质量", "时效", "成本")]


# -- columns ----------------------------------------------------------------------------------------------------------

NATIONAL = """
项目支出绩效目标申报表

（2022年度）

项目名称 | 河道清淤 | < | <
主管部门 | 某某县水利局 | 实施单位 | 某某县河道管理所
"""


def test_columns_with_no_place_of_their_own_go_beside_under_their_header() -> None:
    """分值, 得分 and the like are kept, each under its printed name."""
    labelled = labelled_of(
        f"""{NATIONAL}
一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 分值 | 得分
产出指标 | 数量指标 | 清淤长度 | ≥12公里 | 12公里 | 20 | 20
 | 质量指标 | 验收合格率 | =100% | 100% | 15 | 15
"""
    )

    assert [row[2:] for row in rows_of(labelled)] == [("清淤长度", "≥12公里"), ("验收合格率", "=100%")]
    assert extras_of(labelled.indicators[0]) == {"实际完成值": "12公里", "分值": "20", "得分": "20"}


def test_operator_number_and_unit_columns_are_one_target() -> None:
    """They are read in this order, whatever order the columns stand in; 定性 is no operator."""
    labelled = labelled_of(
        f"""{NATIONAL}
一级指标 | 二级指标 | 三级指标 | 指标性质 | 指标值 | 计量单位
产出指标 | 数量指标 | 清淤长度 | ≥ | 12 | 公里
 | 质量指标 | 验收合格率 | = | 100 | %
效益指标 | 社会效益指标 | 防洪能力 | 定性 | 显著提升 |
"""
    )

    assert [row[3] for row in rows_of(labelled)] == ["≥12公里", "=100%", "显著提升"]
    assert extras_of(labelled.indicators[2]) == {"指标性质": "定性"}


def test_a_misread_operator_is_put_right_or_asks() -> None:
    """Without it 90% looks like a whole target: 1 for =, W for ≥ and ·n are kept beside it, 二 can only be =."""
    labelled = labelled_of(
        f"""{NATIONAL}
一级指标 | 二级指标 | 三级指标 | 指标性质 | 指标值 | 计量单位
产出指标 | 数量指标 | 清淤长度 | ≥ | 12 | 公里
 | 质量指标 | 验收合格率 | W | 90 | %
 | 时效指标 | 按期完成率 | = | 100 | %
 | 时效指标 | 按期开工率 | ·n | 100 | %
 | 成本指标 | 清淤成本 | 二 | 30 | 万元
效益指标 | 社会效益指标 | 防洪能力 | 定性 | 显著提升 |
"""
    )

    assert [row[3] for row in rows_of(labelled)] == ["≥12公里", "90%", "=100%", "100%", "二30万元", "显著提升"]
    assert [min(cell.confidence for cell in row.target) < 0.9 for row in labelled.indicators] == [
        *(False, True, False, True, False, False)
    ]


def test_a_header_of_two_rows_names_all_columns() -> None:
    """目标值 and 实际完成值 stand under 绩效指标值."""
    labelled = labelled_of(
        f"""{NATIONAL}
一级指标 | 二级指标 | 三级指标 | 绩效指标值 | < | 得分
^ | ^ | ^ | 目标值 | 实际完成值 | ^
产出指标 | 数量指标 | 清淤长度 | ≥12公里 | 12公里 | 20
^ | 质量指标 | 验收合格率 | =100% | 100% | 15
"""
    )

    assert [row[2:] for row in rows_of(labelled)] == [("清淤长度", "≥12公里"), ("验收合格率", "=100%")]
    assert extras_of(labelled.indicators[0]) == {"实际完成值": "12公里", "得分": "20"}


def test_parallel_grids_get_their_periods() -> None:
    """财预〔2015〕88号 prints the grid of the whole term left of the year's; each row says whose it is."""
    labelled = labelled_of(
        f"""{NATIONAL}
一级指标 | 二级指标 | 三级指标 | 指标值 | 二级指标 | 三级指标 | 指标值
产出指标 | 数量指标 | 清淤总长度 | ≥36公里 | 数量指标 | 清淤长度 | ≥12公里
^ | 质量指标 | 总体合格率 | =100% | 质量指标 | 验收合格率 | =100%
"""
    )

    assert [(row.period, row.level3.text) for row in labelled.indicators if row.level3] == [
        ("中期", "清淤总长度"),
        ("中期", "总体合格率"),
        ("年度", "清淤长度"),
        ("年度", "验收合格率"),
    ]
    assert {row[0] for row in rows_of(labelled)} == {"产出指标"}


def test_sub_rows_of_one_level3_cell_stay_with_it() -> None:
    """One indicator a level-3 cell, however many grid rows it spans; nothing of its rows is dropped."""
    labelled = labelled_of(
        f"""{NATIONAL}
一级指标 | 二级指标 | 三级指标 | 指标值
产出指标 | 数量指标 | 清淤长度 | 一期≥5公里
^ | ^ | ^ | 二期≥7公里
^ | 质量指标 | 验收合格率 | =100%
"""
    )

    assert [row[2] for row in rows_of(labelled)] == ["清淤长度", "验收合格率"]
    assert "二期≥7公里" in extras_of(labelled.indicators[0]).values()


# -- fields -----------------------------------------------------------------------------------------------------------


def test_values_under_headers_become_paths() -> None:
    """A label under a label is a path, row labels before column labels."""
    labelled = labelled_of(
        """
项目支出绩效自评表

（2022年度）

项目名称 | 河道清淤 | < | < | < | <
主管部门 | 某某县水利局 | < | 实施单位 | 某某县河道管理所 | <
项目资金/（万元） | | 年初预算数 | 全年预算数 | 全年执行数 | 执行率
^ | 年度资金总额 | 30.00 | 28.00 | 27.50 | 98.21%
^ | 其中：财政拨款 | 20.00 | 18.00 | 17.50 | 97.22%
一级指标 | 二级指标 | 三级指标 | 年度指标值 | 实际完成值 | 得分
产出指标 | 数量指标 | 清淤长度 | ≥12公里 | 12公里 | 20
"""
    )
    fields = {"".join(key.split()): value for key, value in fields_of(labelled).items()}

    assert fields["项目资金（万元）→年度资金总额→全年预算数"] == "28.00"
    assert fields["项目资金（万元）→其中：财政拨款→执行率"] == "97.22%"
    assert fields["主管部门"] == "某某县水利局"
    assert fields["实施单位"] == "某某县河道管理所"


def test_a_blank_value_is_a_field() -> None:
    """A field printed and left blank is data."""
    labelled = labelled_of(HEAD.replace("项目绩效目标 |", "备注 | | |\n项目绩效目标 |") + TAIL)

    assert fields_of(labelled)["备注"] == ""


# -- narratives -------------------------------------------------------------------------------------------------------

NARRATIVE = """
某某县水利局预算项目绩效目标表

(2020年)

项目名称 | 防汛物资储备 | |
单位编码 | 101001 | 资金用途 | 业务类
项目概况 | 为做好防汛工作，按照防汛预案储备物资。 | |

立项依据

1. 防汛物资储备
政策依据：
（1）《关于做好防汛物资储备工作的通知》；
（2）《防汛应急预案》。

项目设立的
必要性

一、防汛形势
汛期雨量集中，物资缺口较大。

二、工作需要
保障群众生命财产安全。

项目绩效目标 | | |
年度绩效目标 | 完成全年物资储备任务。 | |
一级指标 | 二级指标 | 三级指标 | 目标值
产出目标 | 数量 | 物资储备量 | ≥50吨
"""


def test_a_narrative_outside_its_table_is_found_whole() -> None:
    """Cells that fill a page lose their table; the label, on two lines, stands alone above its text."""
    fields = fields_of(labelled_of(NARRATIVE))

    assert fields["立项依据"].split("\n") == [
        "1. 防汛物资储备",
        "政策依据：",
        "（1）《关于做好防汛物资储备工作的通知》；",
        "（2）《防汛应急预案》。",
    ]
    assert fields["项目设立的必要性"].split("\n") == [
        "一、防汛形势",
        "汛期雨量集中，物资缺口较大。",
        "二、工作需要",
        "保障群众生命财产安全。",
    ]


def test_a_heading_inside_a_narrative_is_no_label() -> None:
    """政策依据： ends with a colon and goes on; it is the text's own."""
    assert not any("政策依据" in label for label in fields_of(labelled_of(NARRATIVE)))


def test_a_narrative_cut_by_a_page_break_goes_on() -> None:
    """A row without a label is the rest of the cell above; the sentence is one again."""
    fields = fields_of(
        labelled_of(
            HEAD.replace(
                "按照防汛预案储备物资。 | |",
                "按照防汛预案 | |\n\n | 储备编织袋、救生衣、铁锹等防汛物资，保障群众生命财产安全。 | |",
            )
            + TAIL
        )
    )

    assert (
        fields["项目概况"] == "为做好防汛工作，按照防汛预案储备编织袋、救生衣、铁锹等防汛物资，保障群众生命财产安全。"
    )


# -- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sound", "damaged"),
    [("产出目标", "产出日标"), ("质量", "质里"), ("时效", "时郊"), ("产出目标", "产目标"), ("数量", "数 量")],
)
def test_a_damaged_level_name_keeps_its_place(sound: str, damaged: str) -> None:
    """One misread or lost character must not move a row, and the label stays as it was read."""
    found = grid(STRAIGHT.replace(sound, damaged))

    assert found == [
        tuple(name.replace(sound, "".join(damaged.split())) if name else name for name in row) for row in grid(STRAIGHT)
    ]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("指标1：满意度", "满意度"),
        ("指标】：满意度", "满意度"),
        ("指标l：满意度", "满意度"),
        ("指标I类产品率", "指标I类产品率"),
    ],
)
def test_a_placeholder_s_number_may_be_read_as_another_stroke(text: str, name: str) -> None:
    """A thin 1 between 标 and the colon; without the colon it is part of a name."""
    assert without_placeholder(text) == name


# -- the law ----------------------------------------------------------------------------------------------------------

# Development seeds begin here; training seeds lie below, test seeds from 1,000,000.
DEV_SEEDS = 500_000


def written_in(form: Form) -> str:
    return "".join("".join(cell.text for row in form.rows for cell in row.cells).split())


def texts_lost(cells: list[RowCell], kept: Counter[str]) -> list[str]:
    """A level may be restated at page breaks and stands for one; a printed placeholder (指标1：) stands for nothing.

    A cell that holds label and value (填报人：罗平) is kept as the two.
    """
    levels = [cell for cell in cells if cell.role in (Role.LEVEL1, Role.LEVEL2)]
    others = Counter(cell.text for cell in cells if cell.role not in (Role.LEVEL1, Role.LEVEL2))
    missing = [
        text
        for text in others - kept
        if without_placeholder(label_text(text))
        and not all(part.strip() in kept for part in re.split(r"[:：]", text, maxsplit=1))
    ]
    return missing + [cell.text for cell in levels if cell.text not in kept]


@pytest.mark.parametrize("style", STYLES)
def test_no_text_is_ever_lost(style: Style) -> None:
    """Every text of every cell is somewhere in the labelled form: field, indicator, extra, header, or stray."""
    layouts = list(enumerate((*LAYOUTS, *SPECIAL_LAYOUTS, *UNSEEN_LAYOUTS)))
    lost = []
    for number, layout in layouts[STYLES.index(style) % 2 :: 2]:
        rng = random.Random(DEV_SEEDS + 100 * STYLES.index(style) + number)
        forms = make_document([layout], rng, "dev")
        text, _ = write_ocr_text(forms, rng, DamageSettings(rows=0.2), style, "dev")
        cut, _ = join_forms(read_text_bytes(text.encode(), "form.txt"), templates(), dictionaries())
        for form in cut:
            labelled = label_form(form, level_tools())
            cells = [cell for row in labelled.rows for cell in row.cells if cell.text]
            # A centred label moves to the top of its group, a zipped cell comes apart: the same letters, another order.
            assert Counter("".join("".join(cell.text for cell in cells).split())) == Counter(written_in(form))
            lost += [(layout, text) for text in texts_lost(cells, Counter(every_text(labelled)))]

    assert lost == []


def test_roles_are_told_of_every_filled_cell() -> None:
    """`explain` colours cells by them; blank cells have none."""
    labelled = labelled_of(HEAD + STRAIGHT.strip("\n") + TAIL)

    cells = [cell for row in labelled.rows for cell in row.cells if row.n_cols]
    assert all((cell.role is not None) == bool(cell.text) for cell in cells)
    assert all(0 < cell.certainty <= 1 for cell in cells)
    assert {Role.LEVEL1, Role.LEVEL2, Role.LEVEL3, Role.TARGET, Role.HEADER, Role.LABEL, Role.VALUE, Role.BAR} <= {
        cell.role for cell in cells
    }


def test_the_same_form_is_labelled_the_same() -> None:
    """Interpretation depends on nothing but the form and the tools."""
    text = HEAD + STRAIGHT.strip("\n") + TAIL

    assert labelled_of(text) == labelled_of(text)
    assert joined_value(labelled_of(text).fields[0].values) == "防汛物资储备"
