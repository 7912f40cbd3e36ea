"""What stands around a form on every page is no part of it; what is the form's own stays wherever it stands."""

from dataclasses import replace

import pytest
from builders import page_of

from pipeline.document import Line, PageReading, Place
from pipeline.furniture import is_page_number, is_whole_number, without_furniture

SIZE = (1000, 1400)
TABLE = "年度绩效目标 | 做好工作"


def line_at(text: str, x: float, y: float, half: float = 80) -> Line:
    """A loose line of 20 pixels' height whose middle is at x."""
    return Line(text, Place(page=0, polygon=((x - half, y), (x + half, y), (x + half, y + 20), (x - half, y + 20))))


def page_with(*over: Line, index: int = 0, under: tuple[Line, ...] = ()) -> PageReading:
    """A page of one table with lines over and under it."""
    page = page_of(TABLE, index, pixels=True)
    return replace(page, blocks=(*over, *page.tables, *under), size=SIZE)


def left(*pages: PageReading) -> list[list[str]]:
    return [[line.text for line in page.lines] for page in without_furniture(pages, lambda text: text.endswith("表"))]


def test_what_stands_at_one_place_of_two_pages_is_a_running_head() -> None:
    """Narratives go on over the page without it; a misread character and the page's own number hide nothing."""
    heads = [line_at("部门预算公开附件 第1页", 500, 100), line_at("部门预算公开附仵 第12页", 510, 120)]

    assert left(page_with(heads[0]), page_with(heads[1], index=1)) == [[], []]


def test_left_and_right_pages_have_heads_of_their_own() -> None:
    """A book's odd pages agree with each other, and so do its even ones."""
    words = ["绩效目标汇编", "某某市水利局", "绩效目标汇编", "某某市水利局"]

    assert left(*(page_with(line_at(text, 500, 100), index=i) for i, text in enumerate(words))) == [[], [], [], []]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(("备查件", 500, 100), ("备查件", 500, 600), id="another place"),
        pytest.param(("备查件", 500, 100), ("某某市水利局", 500, 100), id="other words"),
        pytest.param(("绩效目标表", 500, 100), ("绩效目标表", 500, 100), id="the form's own"),
    ],
)
def test_everything_else_stays(one: tuple[str, float, float], other: tuple[str, float, float]) -> None:
    """Text that is left out by mistake is lost; a running head that is kept is only a nuisance."""
    assert left(page_with(line_at(*one)), page_with(line_at(*other), index=1)) == [[one[0]], [other[0]]]


def title_at(text: str, y: float, width: float = 500) -> Line:
    """A line in a title's print."""
    return Line(text, Place(page=0, polygon=((250, y), (250 + width, y), (250 + width, y + 40), (250, y + 40))))


def test_a_head_that_repeats_the_title_over_it_is_no_title() -> None:
    """Small, on every page, with other mistakes each time: none of them begins a form, and the title stays."""
    first = page_with(line_at("某某县预算项目绩效目标表", 500, 80), title_at("某某县预算项目绩效目标表", 160))
    second = page_with(line_at("某某县须算项日绩效目标表", 505, 82), index=1)
    third = page_with(line_at("某某县预算顶目绩放目标表", 498, 78), index=2)

    assert left(first, second, third) == [["某某县预算项目绩效目标表"], [], []]


def test_heads_misread_in_two_places_say_what_the_title_says() -> None:
    """续 and 項 each stand one error off the title and two off each other; 预算05-2表 may stand over the title."""
    first = page_with(
        line_at("项目支出续效目标表", 500, 80),
        line_at("预算05-2表", 130, 130, 50),
        title_at("项目支出绩效目标表", 160),
    )
    second = page_with(line_at("項目支出绩效目标表", 505, 82), index=1)

    assert left(first, second) == [["预算05-2表", "项目支出绩效目标表"], []]


def test_a_head_that_a_seal_cut_in_two_is_no_title_either() -> None:
    """支出绩效自评表 alone ends as titles do; what both pieces say together is the head of the page before."""
    whole = "某某县预算项目支出绩效自评表"
    first = page_with(line_at(whole, 500, 80), title_at(whole, 160))
    second = page_with(line_at("某某县预算项目支", 460, 80, 42), line_at("支出绩效自评表", 540, 84, 40), index=1)

    assert left(first, second) == [[whole], []]


def test_titles_at_one_place_of_two_pages_stay() -> None:
    """A form a page: nothing says that one of them is a head, and where heads stand over them, only those go."""
    titles = [title_at("某某县预算项目绩效目标表", 130) for _ in range(2)]
    head = line_at("某某县预算项目绩效目标表", 500, 100)

    assert left(page_with(titles[0]), page_with(titles[1], index=1)) == [[titles[0].text]] * 2
    assert left(page_with(head, titles[0]), page_with(titles[1], index=1)) == [[head.text, titles[0].text], [head.text]]
    assert left(page_with(head, titles[0]), page_with(head, titles[1], index=1)) == [[head.text]] * 2


@pytest.mark.parametrize(
    ("number", "order"), [("12", True), ("- 12 -", True), ("—2一", True), ("第2页", True), ("-1", False)]
)
def test_a_number_alone_under_the_last_table_is_the_page_s(number: str, order: bool) -> None:
    """Not so a number over the table. Where a dash is lost a digit may be: that says nothing of the order of pages."""
    page = page_with(line_at("7", 500, 100), under=(line_at(number, 500, 1300),))

    assert [is_page_number(page, i) for i in range(len(page.blocks))] == [False, False, True]
    assert is_whole_number(number) is order


def test_a_page_without_coordinates_is_left_as_it_is() -> None:
    """Plain text has no margins."""
    page = page_of(f"备查件\n\n{TABLE}")

    assert without_furniture([page, replace(page, index=1)], lambda text: False)[0] is page
