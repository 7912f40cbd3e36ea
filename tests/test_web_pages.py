"""Tables as government sites publish them: pages around them, word processors' markup, headings over titles."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_levels_archive import fields, records, rows

from pipeline.htmltext import HtmlTable, read_html

HEADS = "<tr><td>一级指标</td><td>二级指标</td><td>三级指标</td><td>年度指标值</td></tr>"
GRID = (
    f"{HEADS}<tr><td rowspan=2>产出指标</td><td rowspan=2>数量指标</td><td>清疏管网长度</td><td>≥180公里</td></tr>"
    "<tr><td>维修检查井数量</td><td>≥600座</td></tr>"
    "<tr><td>满意度指标</td><td>服务对象满意度指标</td><td>市民满意度</td><td>≥90%</td></tr>"
)
FORM = "<table>" + "<tr><td>项目名称</td><td colspan=3>{}</td></tr>" + GRID + "{}</table>"
WANTED = [
    ("产出指标", "数量指标", "清疏管网长度", "≥180公里"),
    ("产出指标", "数量指标", "维修检查井数量", "≥600座"),
    ("满意度指标", "服务对象满意度指标", "市民满意度", "≥90%"),
]


@pytest.mark.parametrize("hidden", ["height=0", "style='display:none'", "style='DISPLAY: none;height:0pt'"])
def test_the_row_that_rules_the_columns_of_a_word_processor_is_none(hidden: str) -> None:
    """Word and Excel end a table with a row that nobody sees; it had become a blank indicator that asked nobody."""
    ruler = f"<tr {hidden}>" + "<td width=80 style='border:none'>&nbsp;</td>" * 4 + "</tr>"

    [record] = records("<p>项目支出绩效目标表</p>" + FORM.format("管网养护", ruler))

    assert rows(record) == WANTED


def test_a_hidden_row_with_text_is_read() -> None:
    """Nothing that is written is lost."""
    hidden = "<tr style='display:none'><td></td><td>质量指标</td><td>验收合格率</td><td>100%</td></tr>"
    [record] = records("<p>项目支出绩效目标表</p>" + FORM.format("管网养护", hidden))

    assert "验收合格率" in [row[2] for row in rows(record)]


def test_a_title_in_the_cell_of_a_page_s_layout_stands_over_its_form() -> None:
    """The page is a table of its own; what its cell says around the form comes in its order."""
    page = (
        "<table><tr><td><img src=top.jpg></td></tr><tr><td><table><tr><td><li>机构职能</li></td><td>"
        f"<p>管网养护项目支出绩效目标表</p><p>（2023年度）</p>{FORM.format('管网养护', '')}<p>填表人：李晓梅</p>"
        "</td></tr></table></td></tr><tr><td>版权所有：临江市人民政府</td></tr></table>"
    )
    [record] = records(page)

    assert (record.form.title, record.form.year) == ("管网养护项目支出绩效目标表", 2023)
    assert fields(record) == {"项目名称": "管网养护", "填表人": "李晓梅"}
    assert rows(record) == WANTED


def test_a_heading_over_titles_is_no_form() -> None:
    """附件：… over several forms, each under its own title and number, is a line before them."""
    forms = "".join(
        f"<h3>项目支出绩效目标表（{number}）</h3>{FORM.format(name, '')}"
        for number, name in (("一", "养护"), ("二", "保洁"))
    )
    found = records(f"<h2>附件：2024年部门预算项目绩效目标公开表</h2>{forms}")

    assert [fields(record)["项目名称"] for record in found] == ["养护", "保洁"]
    assert any("公开表" in finding.message for finding in found[0].findings)


def test_the_unit_that_a_label_names_is_the_form_s() -> None:
    """（万元） is printed on this form; what its layout has elsewhere says nothing against it."""
    money = "<tr><td>项目预算执行情况（万元）</td><td>预算数：</td><td colspan=2>860</td></tr>"
    [record] = records("<p>项目支出绩效目标表</p>" + FORM.format("管网养护", "").replace(HEADS, money + HEADS))

    assert record.form.money_unit == "万元"


CELLS = st.sampled_from(["项目", "标题文字", "<p>段落</p>", "<br>", "&nbsp;", ""])
TAGS = st.sampled_from(
    ["<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<td rowspan=2>", "<tr height=0>", "<o:p>", "</p>"]
)


@settings(max_examples=300)
@given(st.lists(st.one_of(CELLS, TAGS), max_size=40))
def test_broken_tables_within_tables_lose_no_text(parts: list[str]) -> None:
    """However tags are nested or left open, each word comes out."""
    numbered = [f"{part}{chr(0x4E00 + 7 * i)}" if "<" not in part and part else part for i, part in enumerate(parts)]
    text = "<table>" + "".join(numbered)

    found = "".join(
        "".join(cell.text for cell in item.cells) if isinstance(item, HtmlTable) else item.text
        for item in read_html(text)
    )

    for i, part in enumerate(parts):
        if "<" not in part and part not in ("", "&nbsp;"):
            assert chr(0x4E00 + 7 * i) in found
