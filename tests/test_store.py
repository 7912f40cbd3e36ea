"""Proves pipeline/store: both databases hold the same, nothing is overwritten, the second reviewer is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from builders import interpret_tools, page_of
from sqlalchemy import create_engine, inspect, select, text

from pipeline.decisions import Decision
from pipeline.errors import StoreError
from pipeline.interpret import Interpreted, interpret_decided
from pipeline.keep import pack, unpack
from pipeline.store import (
    DecidedMeanwhileError,
    DocumentRows,
    Draft,
    Filters,
    Item,
    ItemFilters,
    Reviews,
    Store,
    StoredPage,
    record_rows,
)
from pipeline.store import schema as t

FORM = """
某市测试局预算项目绩效目标表
(2020年)
项目名称 | 测试项目 | 项目负责人 | 王某
一级指标 | 二级指标 | 三级指标 | 目标值
产出目标 | 数量 | 培训人数 | ≥100人
^ | 质量 | 项目指标达率标 | 292%
效果目标 | 满意度 | 群众满意度 |
"""


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    with Store.open(store_url, create=True) as opened:
        yield opened


@cache
def interpreted(name: str, decisions: tuple[Decision, ...], text_: str) -> list[Interpreted]:
    page = replace(page_of(text_, pixels=True), file=name)
    return list(interpret_decided([page], name, page.sha256, interpret_tools(), decisions))


def document(name: str = "a.png", decisions: Sequence[Decision] = (), text_: str = FORM) -> DocumentRows:
    """A document of one page as a run would store it."""
    page = replace(page_of(text_, pixels=True), file=name)
    found = interpreted(name, tuple(decisions), text_)
    stored = StoredPage(
        0, name, f"/scans/{name}", page.sha256, 0, origin="pixels", width=800, height=600, reading="k" * 64
    )
    rows = [record_rows(one.record, i, one.doubts) for i, one in enumerate(found)]
    seen = max((decision.id for decision in decisions), default=0)
    return DocumentRows(name, page.sha256, "pages", "read", [stored], records=rows, seen=seen)


def put(store: Store, new: DocumentRows) -> int:
    store.put_readings([("k" * 64, new.sha256, 0, b"reading")])
    return store.save([new])[0]


def edit(item: Item, after: str, **more: object) -> Draft:
    return Draft(item.anchor, "edit", item.value, after, seen=item.seen, **more)  # type: ignore[arg-type]


def test_the_migrated_tables_are_those_of_the_schema(store: Store) -> None:
    """What a migration makes and what the code believes must not drift apart."""
    found = inspect(store.engine)
    for name, table in t.METADATA.tables.items():
        assert {column["name"] for column in found.get_columns(name)} == set(table.columns.keys())
        assert {i["name"] for i in found.get_indexes(name)} >= {str(i.name) for i in table.indexes}


def test_what_is_stored_comes_back(store: Store) -> None:
    """A document, its pages and its records are read as they were written."""
    new = document()

    number = put(store, new)

    found = store.find_document("a.png", new.sha256)
    assert found is not None
    assert (found.id, found.pages) == (number, tuple(new.pages))
    assert list(store.record_bodies()) == [row.body for row in new.records]
    assert store.get_readings(["k" * 64]) == {"k" * 64: b"reading"}


def test_a_reading_is_kept_once_and_whole(store: Store) -> None:
    """The first reading under a key stays; its bytes come back as they were."""
    page = page_of(FORM, pixels=True)
    content = pack(page)

    store.put_readings([("k", page.sha256, 0, content)])
    store.put_readings([("k", page.sha256, 0, b"another"), ("l", page.sha256, 1, b"more")])

    kept = store.get_readings(["k", "l", "m"])
    assert pack(unpack(kept["k"])) == content
    assert set(kept) == {"k", "l"}
    assert store.known_readings(["k", "m"]) == {"k"}


def test_storing_the_same_again_changes_nothing(store: Store) -> None:
    """`changed` is when the record became another, not when somebody looked again."""
    put(store, document())
    with store.reading() as connection:
        before = connection.execute(select(t.records)).all()
        rows = [connection.execute(select(table)).all() for table in (t.indicators, t.findings, t.repairs)]

    put(store, document())

    with store.reading() as connection:
        assert connection.execute(select(t.records)).all() == before
        again = [connection.execute(select(table)).all() for table in (t.indicators, t.findings)]
    assert [sorted(map(str, one)) for one in again] == [sorted(map(str, one)) for one in rows[:2]]


def test_a_changed_file_is_another_document(store: Store) -> None:
    """What the archive says is what the file holds now; what it held before is kept."""
    put(store, document())
    other = document(text_=FORM.replace("培训人数", "参训人数"))
    other = replace_digest(other, "f" * 64)

    put(store, other)

    assert len(list(store.record_bodies())) == 1
    assert "参训人数" in next(iter(store.record_bodies()))
    assert len(list(store.list_documents(t.documents.c.id > 0))) == 2


def replace_digest(new: DocumentRows, sha256: str) -> DocumentRows:
    return DocumentRows(
        new.name, sha256, new.kind, new.status, [replace(p, sha256=sha256) for p in new.pages], records=new.records
    )


def test_a_copy_is_stored_and_reviewed_once(store: Store) -> None:
    """The same scan under two names has two records and one place in the queue."""
    put(store, document("a.png"))
    waiting = Reviews(store).count()

    put(store, document("b.png"))

    assert len(list(store.record_bodies())) == 2
    assert Reviews(store).count() == waiting > 0


def test_filters_choose_records(store: Store) -> None:
    """Exports and searches mean the same records by the same words."""
    put(store, document())

    assert len(list(store.record_bodies(Filters(year=2020, agency="测试局", status="open")))) == 1
    for none in (Filters(year=2021), Filters(agency="%"), Filters(status="done"), Filters(changed_since="2999")):
        assert list(store.record_bodies(none)) == []


# -- the queue and decisions -------------------------------------------------------------------------------------------


def test_the_queue_is_what_the_records_mark(store: Store) -> None:
    """Every item names its record, place, reason and page, the likeliest errors first."""
    put(store, document())
    reviews = Reviews(store)

    items = reviews.items()

    assert items
    assert [item.risk for item in items] == sorted((item.risk for item in items), reverse=True)
    assert sum(group.items for group in reviews.groups()) == len(items) == reviews.count()
    assert all(reviews.item(item.key) == item for item in items)
    picture = reviews.picture(items[0].record_id, 1)
    assert picture is not None
    assert (picture.location, picture.number, picture.page, picture.pages) == ("/scans/a.png", 0, 1, 1)


def test_a_decision_takes_its_item_from_the_queue_at_once(store: Store) -> None:
    """The queue does not wait for the records; they are stale until they are made again."""
    put(store, document())
    reviews = Reviews(store)
    item = reviews.items()[0]

    [made] = reviews.decide([edit(item, "新值", why="看过原件")], who="甲", batch="b1")

    assert (made.who, made.before, made.after, made.why, made.batch) == ("甲", item.value, "新值", "看过原件", "b1")
    assert item.key not in {left.key for left in reviews.items()}
    decided = reviews.item(item.key)
    assert decided is not None
    assert (decided.decision_id, decided.seen) == (made.id, made.id)
    assert [d.id for d in store.list_documents(t.documents.c.stale)] == [1]


def test_the_second_reviewer_is_told(store: Store) -> None:
    """Two who saw the same state cannot both decide: the second gets the first's decision and changes nothing."""
    put(store, document())
    reviews = Reviews(store)
    item = reviews.items()[0]
    [first] = reviews.decide([edit(item, "一")], who="甲")

    with pytest.raises(DecidedMeanwhileError) as told:
        reviews.decide([edit(item, "二")], who="乙")

    assert told.value.decisions == (first,)
    assert reviews.history(item.anchor.key) == [first]


def test_of_many_at_once_one_decides(store: Store) -> None:
    """The database itself keeps two decisions from following the same one."""
    put(store, document())
    reviews = Reviews(store)
    item = reviews.items()[0]
    told: list[str] = []

    def decide(who: str) -> None:
        try:
            reviews.decide([edit(item, who)], who=who)
        except DecidedMeanwhileError:
            told.append(who)

    people = [threading.Thread(target=decide, args=(name,)) for name in "甲乙丙丁"]
    for one in people:
        one.start()
    for one in people:
        one.join()

    assert len(told) == 3
    assert len(reviews.history(item.anchor.key)) == 1


def test_a_batch_is_decided_all_or_none(store: Store) -> None:
    """A group whose one member was decided meanwhile stays as it was."""
    put(store, document())
    reviews = Reviews(store)
    one, two = reviews.items()[:2]
    reviews.decide([edit(two, "x")], who="甲")

    with pytest.raises(DecidedMeanwhileError):
        reviews.decide([edit(one, "y"), edit(two, "y")], who="乙", batch="b")

    assert reviews.history(one.anchor.key) == []
    assert reviews.batch("b") == []


def test_an_undo_is_appended_and_brings_the_item_back(store: Store) -> None:
    """Nothing is overwritten: the decision, its undo and what came after all stand in the history."""
    put(store, document())
    reviews = Reviews(store)
    items = reviews.items()
    made = reviews.decide([edit(item, "x") for item in items], who="甲", batch="b")

    undone = reviews.undo(reviews.batch("b"), who="甲", why="看错", batch="b-undo")

    assert {item.key for item in reviews.items()} == {item.key for item in items}
    assert [d.undoes for d in undone] == [d.id for d in made]
    assert reviews.history(items[0].anchor.key)[0] in made
    assert len(reviews.recent()) == 2 * len(items)


def test_records_made_again_hold_the_decisions(store: Store) -> None:
    """The way a person's decision reaches the record: by its anchor, at the next interpretation."""
    new = document()
    put(store, new)
    reviews = Reviews(store)
    item = next(item for item in reviews.items() if item.anchor.part == "target")
    reviews.decide([edit(item, "≥92%")], who="甲")

    store.save([document(decisions=store.decisions_on([new.sha256]))])

    [body] = store.record_bodies()
    assert '"value": "≥92%"' in body
    assert not any(d.stale for d in store.list_documents())
    again = reviews.item(item.key)
    assert again is not None
    assert again.decision_id is not None


def test_a_decision_made_during_interpretation_is_not_lost(store: Store) -> None:
    """Records that were made before a decision arrived leave their document stale, and the item decided."""
    new = document()
    put(store, new)
    reviews = Reviews(store)
    item = reviews.items()[0]
    reviews.decide([edit(item, "x")], who="甲")

    store.save([new])

    assert [d.stale for d in store.list_documents()] == [True]
    assert item.key not in {left.key for left in reviews.items()}


def test_the_account_counts_what_is_there(store: Store) -> None:
    """The first page's figures are those of the tables."""
    put(store, document())
    reviews = Reviews(store)
    items = reviews.items()
    reviews.decide([edit(items[0], "x")], who="甲")
    reviews.look("甲", "page 1", items[0].record_id)

    progress = reviews.progress("2000")

    assert (progress.open, progress.decided, progress.decisions_last_hour) == (len(items) - 1, 1, 1)
    assert (progress.records, progress.indicators) == (1, 3)
    assert sum(progress.open_by_kind.values()) == progress.open
    assert sum(progress.findings_by_agency.values()) == sum(progress.findings_by_code.values())
    assert [look.what for look in reviews.looks()] == ["page 1"]
    state = reviews.state()
    reviews.decide([edit(items[1], "x")], who="甲")
    assert reviews.state() != state
    assert reviews.count(ItemFilters(decided=None, find=items[0].read)) >= 1


# -- the database ------------------------------------------------------------------------------------------------------


def test_a_missing_store_is_not_made_by_looking(tmp_path: Path) -> None:
    """A mistyped path is an error, not an empty archive."""
    with pytest.raises(StoreError, match="no such store"):
        Store.open(tmp_path / "typo.db")

    assert not (tmp_path / "typo.db").exists()


def test_another_programs_database_is_left_alone(tmp_path: Path) -> None:
    """Tables that zhibiao did not make are nobody's to migrate."""
    file = tmp_path / "other.db"
    with create_engine(f"sqlite:///{file}").begin() as connection:
        connection.execute(text("CREATE TABLE theirs (id INTEGER)"))

    with pytest.raises(StoreError, match="another program"):
        Store.open(file, create=True)


def test_a_newer_store_is_not_touched(store_url: str) -> None:
    """An older zhibiao must not write into tables it does not know."""
    with Store.open(store_url, create=True) as opened, opened.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="newer zhibiao"):
        Store.open(store_url)


def test_what_is_no_database_is_said_in_one_line(tmp_path: Path) -> None:
    """A text file, an unknown address: the message names it and what to do."""
    (tmp_path / "notes.txt").write_text("no database, but long enough to be taken for one" * 50)

    for where in (tmp_path / "notes.txt", "oracle+nothing://x/y"):
        with pytest.raises(StoreError) as said:
            Store.open(where)
        assert "\n" not in str(said.value)
