"""Proves pipeline/search.py: what is there is found, on both databases, by words, measures and filters."""

from __future__ import annotations

import hashlib
import operator
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy import text as sql

from pipeline.records import FieldValue, FormHead, Indicator, Record, Source, TargetValue, ValueCell, Where
from pipeline.search import hit_lines, parse_query, search
from pipeline.store import DocumentRows, Store, record_rows
from pipeline.store.search import Query
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


def test_neighbours_with_a_digit_go_by_threes() -> None:
    """第77号 is asked of the index by threes: 第 and 号 stand in every second form, and each would be looked at."""
    assert query_words("第77号") == ["77号", "第77"]
    assert query_words("第77") == ["第77"]  # of 第770号 as well


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

    assert set(query_words(part)) <= set(index_words([text]))


@pytest.mark.parametrize(
    ("text", "words", "measures"),
    [
        ("满意度≥90%", ("满意度",), [("≥", 90, "%")]),
        ("≥90%≤95%", (), [("≥", 90, "%"), ("≤", 95, "%")]),
        ("满意度 《90%", ("满意度",), [("<", 90, "%")]),
        ("》=100", (), [("≥", 100, None)]),
        ("《100强企业》", ("《100强企业》",), []),
        ("<1,000人，培训", ("培训",), [("<", 1000, "人")]),
        ("=>90% ≮80 ＜３", (), [("≥", 90, "%"), ("≥", 80, None), ("<", 3, None)]),
        ("<90。", (), [("<", 90, None)]),
        ("≥100㎡", (), [("≥", 100, "m2")]),
        ("<90 满意度", ("满意度",), [("<", 90, None)]),
        ("=2020-12-31 =1.2.3 <九", ("=2020-12-31", "=1.2.3", "<九"), []),
    ],
)
def test_measures_are_told_as_people_type_them(text: str, words: tuple[str, ...], measures: list[object]) -> None:
    """Without a space, with a sentence's punctuation, with the 《 of a Chinese keyboard; a date is no measure."""
    query = parse_query(text)

    assert query.words == words
    assert [(m.sign, m.number, m.unit) for m in query.measures] == measures


def test_a_printed_square_metre_is_what_is_typed(store: Store) -> None:
    """Units are printed with signs of their own and typed without them."""
    record = make_record(3, "丁市", 2020, [("数量", "绿化面积", "≥", "80")])
    [row] = record.indicators
    assert row.target is not None
    row = row.model_copy(update={"target": row.target.model_copy(update={"unit": "㎡", "value": "≥80㎡"})})
    record = record.model_copy(update={"indicators": [row]})
    store.save([DocumentRows("d3.txt", "3" * 64, "text", "read", [], records=[record_rows(record, 0)])])

    assert found(store, "≥80m2") == found(store, "≥80㎡") == found(store, "面积 ≥80m2") == ["绿化面积"]


HANZI = [chr(number) for number in range(0x4E00, 0x4E00 + 5000)]
ODD = [
    *(
        "%",
        "_",
        "'",
        '"',
        "\\",
        "{}",
        "*",
        "满意*",
        "满意 OR 学生",
        "NOT 满意",
        "(",
        "^满",
        "$1",
        ":a",
        "%(x)s",
        "<nan",
        "<1e5",
    ),
    *("😀", "\x00", "满\x00意", "\ud800", "满\udcff", "\u200b"),
    *("<" + "9" * 400, "a" * 5000, "满" * 5000, "满意度 " * 1700, "".join(HANZI), " ".join(HANZI)),
]


def test_odd_input_finds_what_holds_it_and_no_more(store: Store) -> None:
    """Wildcards, quotes, emoji, NUL, halves of characters, a page of text: no hit, never an error."""
    for text in ODD:
        for query in (parse_query(text), parse_query("", agency=text), parse_query("", level=text)):
            forms, indicators = search(store, query)

            assert forms == []
            assert text.startswith(("%", "满意度 ", "<9")) or indicators == [], text
    assert len(found(store, "%")) == 4
    assert found(store, "", year=10**30) == []


def test_a_long_run_of_letters_is_stored_and_found(store: Store) -> None:
    """Thousands of letters and digits in a narrative are no word: PostgreSQL takes words of 2,700 bytes at most."""
    rubbish = hashlib.shake_256(b"x").hexdigest(4000)
    record = make_record(4, "戊市", 2020, [("数量", f"编号{rubbish}", "≥", "80")])
    store.save([DocumentRows("d4.txt", "4" * 64, "text", "read", [], records=[record_rows(record, 0)])])

    assert found(store, rubbish[1000:1010]) == [f"编号{rubbish}"]


AGENCIES = ["甲县教育局", "乙县教育局", "甲县水利局", "财政厅（本级）"]
LEVELS = ["数量指标", "质量指标", "满意度", "社会效益指标"]
NAMES = ["培训人数", "第7期培训人数", "第77期培训", "ＡＢ类达标率", "群众满意度", "满意 群众度", "生态★改善"]
TYPED = [
    "",
    "培训",
    "7",
    "第7",
    "7期",
    "第77期",
    "b类",
    "率",
    "满意度",
    "意度 群众",
    "★",
    "人数 培训",
    "生态",
    "数",
    "无",
    "期培训 第",
]
MEASURES = ["", "<50%", "≥80", "=30%", ">1000", "≤80% >20"]


@pytest.fixture(scope="module")
def many() -> list[Record]:
    rng = random.Random(1)
    return [
        make_record(n, rng.choice(AGENCIES), rng.choice([2020, 2021]), [
            (rng.choice(LEVELS), rng.choice(NAMES), "≥", str(rng.choice([10, 30, 50, 80, 2000]))) for _ in range(3)
        ])
        for n in range(40)
    ]  # fmt: skip


@pytest.mark.parametrize("looked_at", [0, 1_000])
def test_search_finds_what_going_through_everything_finds(
    store_url: str, many: list[Record], looked_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By index or in order, whichever way is taken: the hits are those that hold all that is asked, in order."""
    monkeypatch.setattr("pipeline.store.search._FEW", looked_at)
    monkeypatch.setattr("pipeline.store.search._FEW_FORMS", looked_at)
    monkeypatch.setattr(
        "pipeline.store.arrays._LOOKED_AT", dict.fromkeys(("indicator_words", "form_words"), looked_at or 5)
    )
    rng = random.Random(2)
    with Store.open(store_url, create=True) as store:
        store.save([DocumentRows(f"d{n:02d}.txt", f"{n:064d}", "text", "read", [], records=[record_rows(record, 0)])
                    for n, record in enumerate(many)])  # fmt: skip
        for _ in range(150):
            words, measure = rng.choice(TYPED), rng.choice(MEASURES)
            filters = {
                "agency": rng.choice([None, "教育", "甲县", "厅（", "无"]),
                "year": rng.choice([None, None, 2021, 1999]),
                "level": rng.choice([None, None, "数量", "指标", "度"]),
            }
            query = parse_query(f"{words} {measure}", **filters)
            limit = rng.choice([1, 3, 500])

            forms, indicators = search(store, query, limit)

            assert [(h.document, h.position) for h in indicators] == list(through_all(many, query))[:limit], query
            asked_of_forms = query.words and not query.measures and not query.level
            assert [h.document for h in forms] == (documents_with(many, query)[:limit] if asked_of_forms else []), query


def through_all(records: list[Record], query: Query) -> Iterator[tuple[str, int]]:
    for n, record in enumerate(records):
        for at, row in enumerate(record.indicators):
            assert row.target is not None
            texts = [folded(text or "") for text in (row.level1, row.level2, row.level3, row.target.value)]
            number = float(row.target.number or "nan")
            if (
                meant(record, query)
                and all(any(folded(word) in text for text in texts) for word in query.words)
                and (query.level is None or any(query.level in (text or "") for text in (row.level1, row.level2)))
                and all(COMPARE[m.sign](number, m.number) and m.unit in (None, "%") for m in query.measures)
            ):
                yield f"d{n:02d}.txt", at


COMPARE = {"<": operator.lt, ">": operator.gt, "≤": operator.le, "≥": operator.ge, "=": operator.eq}


def meant(record: Record, query: Query) -> bool:
    return query.year in (None, record.form.year) and (query.agency or "") in (record.form.agency or "")


def documents_with(records: list[Record], query: Query) -> list[str]:
    found = []
    for n, record in enumerate(records):
        values = [value.value for value in record.fields.values()]
        texts = [folded(text or "") for text in (record.form.title, record.form.agency, *record.fields, *values)]
        if meant(record, query) and all(any(folded(word) in text for text in texts) for word in query.words):
            found.append(f"d{n:02d}.txt")
    return found


def test_a_store_from_before_is_found_in_the_same(store: Store, store_url: str) -> None:
    """The index of an older store is made anew when it is opened; what is found is what was."""
    asked = ["满意度", "b类", "达标率 =100%", "乡村振兴项目1", "%", "2"]
    before = [search(store, parse_query(text)) for text in asked]
    before.append(search(store, parse_query("", agency="水利", year=2021, level="质量")))
    store.close()
    engine = create_engine(store.engine.url)
    with engine.begin() as connection:
        for name in ("indicator_words", "form_words"):
            connection.execute(sql(f"DROP TABLE {name}"))
            connection.execute(sql(f"CREATE TABLE {name} (id BIGINT PRIMARY KEY, words TEXT)"))
        connection.execute(sql("UPDATE alembic_version SET version_num = '0002'"))

    with Store.open(store_url) as opened:
        after = [search(opened, parse_query(text)) for text in asked]
        after.append(search(opened, parse_query("", agency="水利", year=2021, level="质量")))

        assert after == before
        new = make_record(1, "甲市教育局", 2020, [("满意度", "家长满意度", "≥", "85")])
        opened.save([DocumentRows("d0.txt", "0" * 64, "text", "read", [], records=[record_rows(new, 0)])])
        assert found(opened, "满意度") == ["家长满意度"]
