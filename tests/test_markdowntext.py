"""What programs write of a page's signs comes back as a person sees it, and nothing else changes."""

import pytest
from builders import dictionaries, level_tools, rows_of, templates

from pipeline.forms import join_forms
from pipeline.levels import label_form
from pipeline.markdowntext import without_formulas, without_marks
from pipeline.ocrtext import read_text_bytes


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        (r"$\geq 95\%$", "≥95%"),
        (r"$\geqslant 9 5 . 5 \%$", "≥95.5%"),
        (r"$\le$5\%", "≤5%"),
        (r"$ \geq 12000 \mathrm { m } ^ { 2 } $", "≥12000m²"),
        (r"\(\ge 3\)次", "≥3次"),
        (r"$100\%$", "100%"),
        (r"$\leq 24\text{ 小时}$", "≤24 小时"),
        (r"$15^{\circ}$", "15°"),
        (r"$\square$新建 $\checkmark$续建", "□新建 ✓续建"),
    ],
)
def test_a_formula_reads_as_it_is_printed(written: str, printed: str) -> None:
    """A language model writes ≥95% as a formula; blanks of its writing print nothing."""
    assert without_formulas(written) == printed
    assert without_formulas(printed) == printed


@pytest.mark.parametrize("text", [r"$\frac{1}{2}$", "$5 至 $6", "US$3000", r"C:\geq", "$甲^乙$", "5$"])
def test_what_is_no_known_formula_stays(text: str) -> None:
    """Half a formula, sums in dollars and paths are texts: nothing of them is lost."""
    assert without_formulas(text) == text


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("**产出指标**", "产出指标"),
        ("**一级** **指标**", "一级 指标"),
        ("*备注*", "备注"),
        (r"\*必填", "*必填"),
        (r"a\|b", "a|b"),
        ("张**、李**", "张**、李**"),
        ("138****1234", "138****1234"),
        ("3*4*5米", "3*4*5米"),
        ("file_name_1", "file_name_1"),
        ("** 注", "** 注"),
    ],
)
def test_emphasis_and_escapes_are_no_text(written: str, printed: str) -> None:
    """Marks of emphasis go in pairs; masked names, stars of a product and bullets are the print's own."""
    assert without_marks(written) == printed


def test_targets_of_a_table_in_markdown_are_numbers() -> None:
    """Heads, levels and targets of a converted page, in bold, escaped and as formulas, are what they were in print."""
    text = (
        "**项目支出绩效目标表**\n\n| **一级指标** | **二级指标** | **三级指标** | **指标值** |\n|---|---|---|---|\n"
        "| **产出指标** | __数量指标__ | 养护面积 | $\\geq 200$亩 |\n| | 质量指标 | 成活率 | \\>95% |\n"
        "| | 成本指标 | 单价 | \\<5元 |\n"
    )

    [form], _ = join_forms(read_text_bytes(text.encode(), "form.md"), templates(), dictionaries())

    assert form.title == "项目支出绩效目标表"
    assert rows_of(label_form(form, level_tools())) == [
        ("产出指标", "数量指标", "养护面积", "≥200亩"),
        ("产出指标", "质量指标", "成活率", ">95%"),
        ("产出指标", "成本指标", "单价", "<5元"),
    ]


def test_formulas_in_a_table_of_html_are_read() -> None:
    """Programs that write tables as HTML write the targets in them as formulas."""
    [page] = read_text_bytes(
        rb"<table><tr><td>$\leq 3$</td><td>m<sup>2</sup></td><td>$\geq 1.5\%$</td></tr></table>", "a.html"
    )

    assert [reading.text for reading in page.tables[0].readings][::2] == ["≤3", "≥1.5%"]
