"""Forms are cut where a title begins one, whatever pages, running heads and misreadings do."""

import pytest
from builders import dictionaries, forms_of, page_of, templates

from pipeline.forms import join_forms

FIELDS = """
项目名称 | 防汛物资储备 | |
单位编码 | 101001 | 资金用途 | 业务类
"""
HEADER = "一级指标 | 二级指标 | 三级指标 | 目标值\n"
GRID = """
产出目标 | 数量 | 物资储备量 | ≥50吨
 | 质量 | 物资合格率 | =100%
"""
FORM = FIELDS + HEADER + GRID.strip("\n")
TITLE = "某某县水利局预算项目绩效目标表"
OTHER = "某某市城市管理委员会预算项目绩效目标表"


def titles_of(*pages: str) -> list[str]:
    return [form.title for form in forms_of(*pages)]


def texts_of(*pages: str) -> list[list[str]]:
    return [[cell.text for row in form.rows for cell in row.cells if cell.text] for form in forms_of(*pages)]


def test_a_title_begins_a_form() -> None:
    """Several forms lie in one file; each has its own rows."""
    first, second = forms_of(f"{TITLE}\n\n{FORM}\n\n{OTHER}\n\n{FORM}")

    assert [first.title, second.title] == [TITLE, OTHER]
    assert len(first.rows) == len(second.rows)


def test_no_row_is_lost_or_doubled_by_cutting() -> None:
    """The rows of all forms together are the rows of the document."""
    text = f"{TITLE}\n(2020年)\n{FORM}\n\n{OTHER}\n(2020年)\n{FORM}"
    written = [cell.text for table in page_of(text).tables for cell in table.readings if cell.text]

    cut = [text for texts in texts_of(text) for text in texts]

    assert cut == written


def test_a_running_head_cuts_nothing() -> None:
    """The title stands on every page of some exports; header fields do not begin again under it."""
    whole = f"{TITLE}\n\n{FORM}"
    more = "效果目标 | 满意度 | 群众满意度 | ≥90%"

    assert texts_of(whole, f"{TITLE}\n\n{more}") == texts_of(f"{whole}\n{more}")


def test_an_amount_and_a_running_number_are_no_start() -> None:
    """The fund of 10 before the grid, and the grid's tenth row on the next page, begin with the same text."""
    heads = "序号 | 指标名称 | 计量单位 | 指标值"
    first = f"{TITLE}\n部门名称 | 水利局 | |\n财政拨款 | 其他 | 合计 |\n10 | 2 | 12 |\n{heads}\n9 | 储备量 | 吨 | ≥50"

    assert titles_of(first, f"{TITLE}\n10 | 合格率 | % | 100\n11 | 满意度 | % | ≥90") == [TITLE]


def test_a_running_head_read_badly_over_its_title_begins_no_form() -> None:
    """It is small print: read with four other mistakes, it was a form of its own, and the form under it another."""
    head, title = "灌城市预算部门息位：项目支出绩效目标申报表", "淮城市预算部门（单位）项目支出绩效目标申报表"
    assert titles_of(f"{head}\n\n{title}\n\n2018年度\n\n{FORM}", f"{title}\n\n" + GRID.strip()) == [title]


def test_a_running_head_of_which_a_seal_left_the_end_begins_no_form() -> None:
    """三项目绩效目标表 over a grid that goes on; a form of its own begins as the one before it did."""
    first = TITLE + "\n\n项目名称 | 河道清淤 | | \n" + HEADER + "产出指标 | 数量指标 | 清淤长度 | ≥9公里\n"
    rest = "效益指标 | 社会效益指标 | 受益人口 | ≥2万人\n"
    end = f"三{TITLE[-9:]}\n\n"

    assert len(forms_of(first, end + rest)) == 1
    assert len(forms_of(first, end + "项目名称 | 水库加固 | | \n" + HEADER + rest)) == 2


def test_a_running_head_of_which_a_third_is_misread_begins_no_form_where_the_grid_goes_on() -> None:
    """财政项日支出绩效目标中提表 over heads printed again, or over rows of the grid; over fields it is a title."""
    title, misread = "财政项目支出绩效目标申报表", "财政项日支出绩效目标中提表"
    first = f"{title}\n\n项目名称 | 河道清淤 | | \n{HEADER}产出指标 | 数量指标 | 清淤长度 | ≥9公里\n"
    rest = "效益指标 | 社会效益指标 | 受益人口 | ≥2万人\n"

    assert titles_of(first, f"{misread}\n\n{HEADER}{rest}") == [title]
    narrow = "一级指标 | 三级指标 | 目标值\n效益指标 | 受益人口 | ≥2万人\n"  # a bar beside the grid was lost
    assert titles_of(first, f"{misread}\n\n{narrow}") == [title]
    assert titles_of(first, f"{misread}\n\n{rest}") == [title]
    assert titles_of(first, f"{misread}\n\n单位编码 | 101 | | \n{HEADER}{rest}") == [title, misread]


def test_a_running_head_brings_no_year_and_unit_into_the_grid() -> None:
    """They are printed under the running head too, and are no row of the form."""
    [form] = forms_of(
        f"{TITLE}\n(2020年)\n{FORM}", f"{TITLE}\n(2020年)\n单位：万元\n效果目标 | 满意度 | 群众满意度 | ≥90%"
    )

    assert not any("2020年" in cell.text or "万元" in cell.text for row in form.rows for cell in row.cells)
    assert form.year == 2020


def test_one_title_twice_with_fields_is_two_forms() -> None:
    """An agency with two projects prints its title twice."""
    assert titles_of(f"{TITLE}\n\n{FORM}", f"{TITLE}\n\n{FORM}") == [TITLE, TITLE]


def test_the_rest_of_a_text_under_a_misread_title_begins_no_form() -> None:
    """A form begins with a label; what a break cut goes on, whatever was read over it."""
    text = "为切实做好气象数据质控工作，邀请炮手代表座谈，与有关单位签订合同，保障气象数据质控顺利实施"
    misread = TITLE.replace("目标", "日标").replace("预算", "须算")
    first = f"{TITLE}\n\n项目名称 | 科技创新大赛\n项目概况 | 一是"

    assert titles_of(first, f"{misread}\n\n | {text}\n产出指标 | 数量指标 | 参赛人数 | ≥30人") == [TITLE]
    assert titles_of(first, f"{misread}\n\n项目名称 | {text}\n项目概况 | 二是") == [TITLE, misread]


def test_a_misread_first_label_does_not_glue_two_forms() -> None:
    """The form under a repeated title begins as the first one did, but for one character."""
    again = FORM.replace("项目名称", "顶目名称")

    assert titles_of(f"{TITLE}\n\n{FORM}", f"{TITLE}\n\n{again}") == [TITLE, TITLE]


@pytest.mark.parametrize(
    "title",
    [
        "某某县水利局预算项目绩效日标表",  # misread
        "某某县水利局预算项目绩效目表",  # dropped
        "某某县水利局 预算项目 绩效目标表",  # spaced
        "某某县水利局预算项目绩效目标表.",  # a speck
        "某某县水利局预算项目绩效目标表（2020年度）",  # the year follows
        "2020年度项目支出绩效自评表",
        "部门整体支出绩效目标申报表",
    ],
)
def test_a_title_is_known_by_its_tail(title: str) -> None:
    """Titles are free but for their end, and one character of that may be misread."""
    assert titles_of(f"{title}\n\n{FORM}") == [title]


@pytest.mark.parametrize("speck", [".", "·", "、", "- "])
def test_specks_before_a_title_are_none_of_it(speck: str) -> None:
    """.项目支出绩效自评表 was no layout's title, and its fields nobody's."""
    assert titles_of(f"{speck}某某县水利局预算项目绩效目标表\n\n{FORM}") == ["某某县水利局预算项目绩效目标表"]


@pytest.mark.parametrize(
    "line",
    [
        "根据《通知》要求，请各单位填报项目绩效目标表。",
        "本表与下页的项目绩效目标表一并报送；逾期不候。项目绩效目标表",
        "绩效目标",
        "年度绩效目标",
        "项目绩效目标",
    ],
)
def test_a_sentence_or_a_bar_is_no_title(line: str) -> None:
    """A narrative may mention a form, and a section bar may look like one."""
    assert titles_of(f"{TITLE}\n\n{FIELDS}\n\n{line}\n\n{HEADER}{GRID}") == [TITLE]


def test_a_title_in_a_merged_cell_is_a_title() -> None:
    """Exports of sheets put it into the table's first row."""
    [form] = forms_of(f"{TITLE} | < | < | <\n{FORM.strip()}")

    assert form.title == TITLE
    assert form.rows[0].cells[0].text == "项目名称"


@pytest.mark.parametrize(
    ("line", "year"),
    [
        ("(2020年)", 2020),
        ("（2021年度）", 2021),
        ("〔2019年〕", 2019),
        ("2022 年度", 2022),
        ("（ 2023 ）", 2023),
        (". (2025年).", 2025),  # specks
        ("(.2024年度)", 2024),
        ("(2023年度.)", 2023),
        ("(2016年日度)", 2016),
        ("编制年度：二〇二〇", None),
    ],
)
def test_the_year_stands_under_the_title(line: str, year: int | None) -> None:
    """Every style of the year line; what is none gives no year."""
    [form] = forms_of(f"{TITLE}\n\n{line}\n\n{FORM}")

    assert form.year == year


def test_the_year_may_stand_in_the_title() -> None:
    """Self-evaluations print it before the agency."""
    [form] = forms_of(f"2023年度{TITLE}\n\n{FORM}")

    assert form.year == 2023


@pytest.mark.parametrize(
    ("title", "agency"),
    [
        ("某某县水利局预算项目绩效目标表", "某某县水利局"),
        ("某某市第一中学项目支出绩效目标申报表", "某某市第一中学"),
        ("某某市人民政府办公室2021年部门整体支出绩效目标表", "某某市人民政府办公室"),
        ("2022年度某某县卫生健康委员会项目支出绩效自评表", "某某县卫生健康委员会"),
        ("某某县水利局预算项目绩效日标表", "某某县水利局"),
        ("项目支出绩效目标申报表", None),
        ("2021年度省级项目支出绩效目标表", None),
        ("某某市少年宫项目支出绩效目标表", "某某市少年宫"),
        ("某某县残联项目支出绩效目标表", "某某县残联"),
        ("数据共享平台项目支出绩效目标表", None),
        ("某某街道预算部门（单位）项目支出绩效目标申报表", None),
    ],
)
def test_the_title_names_the_agency(title: str, agency: str | None) -> None:
    """What stands before the fixed words; kinds of spending and years are not part of a name."""
    [form] = forms_of(f"{title}\n\n{FORM}")

    assert form.agency == agency


@pytest.mark.parametrize(
    ("label", "name", "agency"),
    [
        ("实施单位", "某某县红星水电", "某某县红星水电"),
        ("主管部门及代码", "某某县红星水电", "某某县红星水电"),
        ("项目类别", "某某县红星水电", None),
        ("项目名称", "某某县应急指挥中心", None),
        ("项目类别", "某某县应急指挥中心", "某某县应急指挥中心"),
    ],
)
def test_what_the_form_calls_a_unit_is_the_agency_of_its_title(label: str, name: str, agency: str | None) -> None:
    """No list of words holds every name; what the form calls a project is none, though it end like an agency."""
    fields = FIELDS.replace("项目名称", "项目编码")
    [form] = forms_of(f"{name}项目支出绩效目标表\n\n{label} | [015001]{name} | |\n{fields}{HEADER}{GRID}")

    assert form.agency == agency


@pytest.mark.parametrize(
    ("line", "unit"),
    [("单位：万元", "万元"), ("金额单位: 元", "元"), ("单位：人民币万元", "万元"), ("单位：某某局", None)],
)
def test_the_money_unit_stands_over_the_table(line: str, unit: str | None) -> None:
    """元 and 万元 are never assumed."""
    [form] = forms_of(f"项目支出绩效目标申报表\n{line}\n{FORM}")

    assert form.money_unit == unit


def test_a_form_without_its_first_page_is_a_form_with_a_problem() -> None:
    """A missing page must not take the rest with it."""
    [form] = forms_of(f"{HEADER}{GRID}")

    assert form.title == ""
    assert [problem.code for problem in form.problems] == ["title-missing"]


def test_a_second_form_whose_title_is_lost_is_cut_at_its_project_name() -> None:
    """项目名称 after a grid begins a form, title or none."""
    first, second = forms_of(f"{TITLE}\n\n{FORM}", FORM)

    assert (first.title, second.title) == (TITLE, "")
    assert len(first.rows) == len(second.rows)


def test_text_before_the_first_form_is_handed_back() -> None:
    """A covering note belongs to no form, and must not vanish."""
    forms, before = join_forms([page_of(f"关于报送目标的通知\n\n{TITLE}\n\n{FORM}")], templates(), dictionaries())

    assert [line.text for line in before] == ["关于报送目标的通知"]
    assert len(forms) == 1


def test_a_text_without_any_form_has_none() -> None:
    """A letter with a table in it is no form."""
    assert forms_of("关于某事的通知\n\n甲 | 乙\n丙 | 丁") == []


@pytest.mark.parametrize("mark", ["第2页", "第 2 页，共 3 页", "- 2 -", "2/3", "—2—", "Page 2 of 3"])
def test_page_marks_are_no_rows(mark: str) -> None:
    """A page number between two pages stands in no record."""
    plain = f"{TITLE}\n\n{FIELDS}\n\n{HEADER}{GRID}"

    assert texts_of(f"{TITLE}\n\n{FIELDS}\n\n{mark}\n\n{HEADER}{GRID}") == texts_of(plain)


def test_rows_know_their_page_and_are_numbered_through() -> None:
    """A cell is found again by its page; levels span pages by row numbers."""
    [form] = forms_of(f"{TITLE}\n\n{FORM}", "效果目标 | 满意度 | 群众满意度 | ≥90%")

    assert form.pages == (0, 1)
    assert [row.cells[0].row for row in form.rows] == list(range(len(form.rows)))
    assert form.rows[-1].page == 1


WIDE = """
项目名称 | 年度金额 | 一级指标 | 二级指标 | 三级指标 | 指标值
绿化工程 | 30.00 | 产出指标 | 数量指标 | 植树数量 | ≥500棵
 | | 效益指标 | 社会效益指标 | 绿化覆盖率 | ≥30%
道路养护 | 12.50 | 产出指标 | 数量指标 | 养护里程 | ≥80公里
 | | 满意度指标 | 服务对象满意度指标 | 群众满意度 | ≥90%
"""


def test_a_wide_sheet_is_a_form_for_each_project() -> None:
    """Roll-ups print one project a row block under one header."""
    first, second = forms_of(f"2023年项目支出绩效目标汇总表\n\n{WIDE}")

    assert first.title == second.title
    assert [form.rows[1].cells[0].text for form in (first, second)] == ["绿化工程", "道路养护"]
    assert [len(form.rows) for form in (first, second)] == [3, 3]


def test_the_template_is_told_by_title_and_fixed_words() -> None:
    """An unknown layout is read by meaning, and reported as no template."""
    zhengzhou = next(template for template in templates() if template.id == "zhengzhou-2020")
    rows = "\n".join(f"{name} | 甲 | |" for name in zhengzhou.fields)
    levels = "\n".join(f"{one} | {two} | |" for one, below in zhengzhou.skeleton.items() for two in below)
    known, unknown = forms_of(f"{TITLE}\n\n{rows}\n{HEADER}{levels}\n\n{OTHER}\n\n甲 | 乙\n{HEADER}{GRID}")

    assert (known.template, known.money_unit) == ("zhengzhou-2020", "元")
    assert (unknown.template, unknown.money_unit) == (None, None)


# -- pages and titles that are not as they should be ------------------------------------------------------------------


def codes_of(*pages: str) -> list[list[str]]:
    return [[problem.code for problem in form.problems] for form in forms_of(*pages)]


def test_pages_out_of_order_are_reported() -> None:
    """Printed page numbers tell; nothing is moved."""
    more = "效果目标 | 满意度 | 群众满意度 | ≥90%"

    assert codes_of(f"{TITLE}\n\n{FORM}\n\n第1页", f"{more}\n\n第3页", f"{more}\n\n第2页") == [["pages-out-of-order"]]


def test_a_missing_page_is_reported() -> None:
    """A gap in the printed page numbers is a page that is not there."""
    more = "效果目标 | 满意度 | 群众满意度 | ≥90%"

    assert codes_of(f"{TITLE}\n\n{FORM}\n\n第1页 共3页", f"{more}\n\n第3页 共3页") == [["page-missing"]]
    assert codes_of(f"{TITLE}\n\n{FORM}\n\n第1页 共2页", f"{more}\n\n第2页 共2页") == [[]]


def test_forms_of_like_titles_that_begin_unlike_are_two() -> None:
    """One begins with the project's name, the other with its unit; a grid lies between."""
    other = "单位编码 | 101001 | 资金用途 | 业务类\n项目名称 | 河道清淤 | |\n" + HEADER + GRID.strip("\n")

    assert titles_of(f"{TITLE}\n\n{FORM}\n\n{TITLE}\n\n{other}") == [TITLE, TITLE]


def test_the_title_with_its_year_in_one_cell_is_the_title() -> None:
    """A nested table prints both in one cell."""
    [form] = forms_of(f"{TITLE}/（2022年度） | | |\n{FORM.strip()}")

    assert (form.title, form.year) == (TITLE, 2022)


def test_the_word_continued_begins_no_form() -> None:
    """续表 stands over the rest of a grid, alone or behind the title."""
    more = HEADER + "效果目标 | 满意度 | 群众满意度 | ≥90%"

    assert titles_of(f"{TITLE}\n\n{FORM}", f"{TITLE}（续表）\n\n{more}", f"续表\n\n{more}") == [TITLE]


def test_a_page_without_its_first_page_is_a_form_from_its_first_row() -> None:
    """Its first rows are blank in their levels: those below them tell that it is a grid."""
    rows = " | | 渠道清淤长度 | ≥35公里\n | 质量指标 | 验收合格率 | =100%\n效益指标 | 社会效益指标 | 受益人口 | ≥2万人"

    [form] = forms_of(rows)

    assert [problem.code for problem in form.problems] == ["title-missing"]
    assert len(form.rows) == 3


def test_a_text_said_in_every_column_of_its_span_is_one() -> None:
    """Some exports print a merged cell's text in every column."""
    text = (
        f"{TITLE} | {TITLE} | {TITLE} | {TITLE}\n项目名称 | 防汛物资储备 | 防汛物资储备 | 防汛物资储备\n"
        + HEADER
        + GRID.strip("\n")
    )

    [form] = forms_of(text)

    assert form.title == TITLE
    assert [cell.text for cell in form.rows[0].cells if cell.text] == ["项目名称", "防汛物资储备"]


def test_heads_printed_again_with_dust_begin_no_project() -> None:
    """三级指标， on the second page of a sheet of projects is its header again, and no project of its own."""
    header = "单位代码 | 单位(专项)名称 | 一级指标 | 二级指标 | 三级指标 | 指标值"
    first = f"{header}\n291308 | 博览会经费 | 产出指标 | 数量指标 | 参展商户数 | ≥30户"
    again = header.replace("三级指标", "三级指标，")

    assert len(forms_of(f"{TITLE}\n\n{first}", f"{again}\n | | 效益指标 | 经济效益指标 | 结余率 | ≤1%")) == 1


def test_the_money_unit_behind_a_title_is_the_form_s() -> None:
    """A title with （单位：万元） behind it is one: it names its agency, and says what amounts are counted in."""
    [form] = forms_of(
        "某某县水利局2024年项目绩效目标表（单位：万元）\n项目名称 | 河道治理 | 预算数 | 35\n"
        "一级指标 | 二级指标 | 三级指标 | 指标值\n产出指标 | 数量指标 | 治理河道 | ≥3条\n"
    )

    assert (form.title, form.money_unit) == ("某某县水利局2024年项目绩效目标表（单位：万元）", "万元")
    assert (form.agency, form.year) == ("某某县水利局", 2024)
