"""Templates are data: checked at load, chosen by what is printed."""

from pathlib import Path

import pytest

from pipeline.errors import DictionaryError
from pipeline.templates import choose_template, load_template, load_templates

GOOD = 'id = "my-form"\nsource = "x"\ntitles = ["{agency}目标表"]\ncolumns = ["一级指标", "目标值"]\n'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("id = ", "not valid TOML"),
        (GOOD + 'color = "red"\n', "color"),
        (GOOD.replace("my-form", "My Form"), "id"),
        (GOOD + '[skeleton]\n"产出" = ["数量", "数量"]\n', "lists a name twice"),
        (GOOD.replace('"x"', '""'), "source"),
    ],
)
def test_a_faulty_template_stops_with_its_file(tmp_path: Path, content: str, says: str) -> None:
    """Like a dictionary's, a template's fault must not pass in silence."""
    path = tmp_path / "t.toml"
    path.write_text(content, "utf-8")

    with pytest.raises(DictionaryError, match=says) as caught:
        load_template(path)

    assert str(path) in str(caught.value)


def test_a_template_is_chosen_by_title_and_printed_words() -> None:
    """The title alone does not decide between unlike layouts."""
    templates = load_templates()
    zhengzhou = next(t for t in templates if t.id == "zhengzhou-2020")
    words = [*zhengzhou.fields, *zhengzhou.columns, *zhengzhou.skeleton]

    assert choose_template(templates, "某某局预算项目绩效目标表", words) is zhengzhou
    assert choose_template(templates, "某某局预算项目绩效目标表", ["甲", "乙"]) is None
    assert choose_template(templates, "关于某事的通知", words) is None


@pytest.mark.parametrize("before", ["", "2018年", "2018年度", "某县财政局", "某县财政局2018年度", "2018年某某管理处"])
def test_year_and_agency_before_a_title_change_no_layout(before: str) -> None:
    """Offices print whose form it is; the layout's own words are the same, one misread character or not."""
    templates = load_templates()
    sichuan = next(t for t in templates if t.id == "sichuan-self-eval-2023")
    words = [*sichuan.fields, *sichuan.columns, *sichuan.skeleton]

    assert choose_template(templates, f"{before}部门预算项目支出绩效自评表", words) is sichuan
    assert choose_template(templates, f"{before}部门预算项日支出绩效自评表", words) is sichuan
    assert choose_template(templates, f"{before}关于部门预算项目支出绩效自评表", words) is None


def test_a_layout_of_few_words_is_not_preferred_to_one_of_many_that_are_nearly_all_there() -> None:
    """Both are headed 项目绩效目标表: what the one prints the other prints as well, but not the other way round."""
    templates = load_templates()
    few = next(t for t in templates if t.id == "tianjin-2020")
    many = next(t for t in templates if t.id == "county-goal-long-annual")
    nearly = sorted(many.keys)[: round(0.85 * len(many.keys))]

    assert choose_template(templates, "项目绩效目标表", [*nearly, *few.columns, "成本指标"]) is many
    assert choose_template(templates, "项目绩效目标表", few.keys) is few


def test_misread_words_of_a_layout_are_its_words_where_nothing_else_decides() -> None:
    """A poor fax has a character wrong in every other head; other words are as many, and make no layout."""
    templates = load_templates()
    sichuan = next(t for t in templates if t.id == "sichuan-self-eval-2023")
    title = "部门预算项目支出绩效自评表"
    damaged = [f"{word[:-1]}口" if len(word) > 3 else word for word in sichuan.keys]

    assert choose_template(templates, title, damaged) is sichuan
    assert choose_template(templates, title, [f"丙丁{word[:-2]}" for word in sichuan.keys]) is None


def test_two_templates_with_one_id_stop_the_run(tmp_path: Path) -> None:
    """Which of them held would depend on the order of files."""
    path = tmp_path / "t.toml"
    path.write_text(GOOD.replace("my-form", "zhengzhou-2020"), "utf-8")

    with pytest.raises(DictionaryError, match="also in"):
        load_templates([path])


def test_a_misspelt_key_is_named_and_not_the_key_that_it_misses(tmp_path: Path) -> None:
    """`colums` is what the user sees in the file; `columns` is what is missing because of it."""
    path = tmp_path / "my.toml"
    path.write_text('id = "my-bureau"\nsource = "x"\ntitles = ["项目绩效目标表"]\nfields = []\ncolums = []\n', "utf-8")

    with pytest.raises(DictionaryError, match="colums: is no key"):
        load_template(path)
