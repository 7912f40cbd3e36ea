"""Proves pipeline/search.py: what is there is found, on both databases, by words, measures and filters."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.records import FieldValue, FormHead, Indicator, Record, Source, TargetValue, ValueCell, Where
from pipeline.search import hit_lines, parse_query, search
from pipeline.store import DocumentRows, Store, record_rows
from pipeline.store.words import folded, index_words, query_words


def make_record(number: int, agency: str, year: int, rows: list[tuple[str, str, str, str]]) -> Record:
    where = [Where(line=5, column=1)]
    field = FieldValue(value=f"乡村振兴项目{number}", raw="", status="unknown", confidence=1.0, where=where)
    return Record(
        id=f"{number:032d}",
        source=Source(document=f"d{number}.txt", sha256="0" * 64, pages=[]),
        form=FormHead(title=f"{agency}预算项目绩效目标表", year=year, agency=agency),
        fields={"项目名称": field},
        indicators=[_indicator(n, row) for n, row in enumerate(rows)],
        repairs=[],
        findings=[],
    )


def _indicator(number: int, row: tuple[str, str, str, str]) -> Indicator:
    level2, level3, sign, digits = row
    parts = {"raw": sign + digits, "value": f"{sign}{digits}%", "kind": "number", "operator": sign, "number": digits}
    target = TargetValue.model_validate({**parts, "unit": "%"})
    cell = ValueCell(raw=level3, status="unknown", confidence=1.0, where=[Where(line=number + 10, column=2)])
    return Indicator(level1="效果目标", level2=level2, level3=level3, target=target, cells={"level3": cell})


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    first = make_record(
        1, "甲市教育局", 2020, [("满意度", "群众满意度", "≥", "85"), ("满意度", "学生满意度", "≥", "95")]
    )
    second = make_record(
        2, "乙市水利局", 2021, [("数量", "ＡＢ类培训 人数", "≥", "80"), ("质量", "达标率", "=", "100")]
    )
    with Store.open(store_url, create=True) as opened:
        opened.save(
            [DocumentRows(f"d{n}.txt", str(n) * 64, "text", "read", [], records=[record_rows(r, 0)])
             for n, r in enumerate((first, second))]
        )  # fmt: skip
        yield opened


def found(store: Store, text: str, **filters: object) -> list[str | None]:
    return [hit.level3 for hit in search(store, parse_query(text, **filters))[1]]  # type: ignore[arg-type]


def test_words_and_measures_find_indicators(store: Store) -> None:
    """满意度 <90% is the word and the number; both must hold."""
    assert found(store, "满意度") == ["群众满意度", "学生满意度"]
    assert found(store, "满意度 <90%") == ["群众满意度"]
    assert found(store, "满意度 >= 95 %") == ["学生满意度"]
    assert found(store, "<90%") == ["群众满意度", "ＡＢ类培训 人数"]
    assert found(store, "达标率 =100人") == []


def test_one_character_and_parts_of_words_are_found(store: Store) -> None:
    """A search is for what stands in the text, not for what somebody took for a word."""
    assert found(store, "众") == ["群众满意度"]
    assert found(store, "意度") == ["群众满意度", "学生满意度"]
    assert found(store, "度满") == []


def test_widths_cases_and_spaces_do_not_matter(store: Store) -> None:
    """Forms print full-width letters and break words with spaces."""
    assert found(store, "ab类培训人数") == ["ＡＢ类培训 人数"]


def test_filters_narrow(store: Store) -> None:
    """Agency, year and level are conditions of their own."""
    assert found(store, "", agency="水利") == ["ＡＢ类培训 人数", "达标率"]
    assert found(store, "", year=2020, level="满意度") == ["群众满意度", "学生满意度"]
    assert found(store, "满意度", year=2021) == []


@pytest.mark.parametrize("few", [0, 200])
def test_few_forms_are_looked_through_and_many_asked_of_the_index(
    store: Store, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Which way is shorter depends on how many forms an agency or a year leaves; what is found does not."""
    monkeypatch.setattr("pipeline.store.search._FEW", few)

    assert found(store, "满意 群众", agency="教育", year=2020) == ["群众满意度"]
    assert found(store, "满意度 <90%", agency="教育") == ["群众满意度"]
    assert found(store, "ab类", year=2021) == ["ＡＢ类培训 人数"]
    assert found(store, "满意度", agency="教育", year=2021) == []
    assert found(store, "度满", year=2020) == []
    assert [hit.document for hit in search(store, parse_query("乡村振兴", year=2021))[0]] == ["d1.txt"]


def test_few_forms_are_looked_through_for_parts_of_letters(store: Store) -> None:
    """The index has AB as a word; of few forms it is the text that is looked through, on both databases."""
    assert found(store, "b", agency="水利") == ["ＡＢ类培训 人数"]
    assert found(store, "b类 人数", year=2021) == ["ＡＢ类培训 人数"]


def test_what_comes_after_the_first_hits_of_the_words_is_found(store: Store) -> None:
    """Where the first that hold the words do not meet the other conditions, those that do come all the same, once."""
    rows = [("满意度", f"第{n}期满意度", "≥", "95" if n % 50 else "60") for n in range(1, 151)]
    store.save([DocumentRows("d9.txt", "9" * 64, "text", "read", [], records=[
        record_rows(make_record(9, "丙县财政局", 2022, rows), 0)])])  # fmt: skip

    assert found(store, "期满意度 <70%") == ["第50期满意度", "第100期满意度", "第150期满意度"]
    assert len(found(store, "满意度")) == len(set(found(store, "满意度"))) == 50
    assert len(search(store, parse_query("满意度"), 500)[1]) == 152


def test_forms_are_found_and_told_where_they_stand(store: Store) -> None:
    """A hit names year, agency, document and place."""
    forms, _ = search(store, parse_query("乡村振兴"))
    _, indicators = search(store, parse_query("学生"))

    assert [hit.document for hit in forms] == ["d0.txt", "d1.txt"]
    [line] = hit_lines([], indicators)
    assert all(part in line for part in ("2020", "甲市教育局", "学生满意度", "≥95%", "d0.txt", "line 11"))


def test_a_pair_of_characters_finds_forms(store: Store) -> None:
    """The index is sure of a pair, so that no text is fetched to compare it with."""
    assert [hit.document for hit in search(store, parse_query("乡村"))[0]] == ["d0.txt", "d1.txt"]
    assert [hit.document for hit in search(store, parse_query("水利"))[0]] == ["d1.txt"]


def test_numbers_between_characters_are_words_of_their_own() -> None:
    """第77号 is asked of the index whole: 第 and 号 stand in every second form, and each would be looked at."""
    assert query_words("第77号") == sorted(["第", "77", "号"])
    assert query_words("第77") == ["第"]  # it may go on: 第770号


def test_what_a_record_no_longer_holds_is_not_found(store: Store) -> None:
    """The index follows the records."""
    new = make_record(1, "甲市教育局", 2020, [("满意度", "家长满意度", "≥", "85")])
    store.save([DocumentRows("d0.txt", "0" * 64, "text", "read", [], records=[record_rows(new, 0)])])

    assert found(store, "满意度") == ["家长满意度"]


@given(st.text(alphabet="满意度群众ab1２ ，％", max_size=12), st.data())
def test_every_part_of_a_text_finds_it(text: str, data: st.DataObject) -> None:
    """The index never misses: all words of a query stand among the words of every text that holds it."""
    clean = folded(text)
    start = data.draw(st.integers(0, len(clean)))
    end = data.draw(st.integers(start, len(clean)))
    part = clean[start:end]

    words = query_words(part)

    kept = [word for word in words if not word[0].isascii()]
    assert all(word in index_words([text]) for word in (words if kept else kept))
