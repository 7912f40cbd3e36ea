"""Proves pipeline/bulk/standing.py: records stand where, and only where, they would be made as they are."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from builders import ROOT

from pipeline.bulk import BulkOptions, reinterpret_store, run_store
from pipeline.bulk.standing import Changes, pack_trace, said_digest, unpack_trace
from pipeline.bulk.tasks import MakeRecords, Material, PageSlot, RecordMaker, RecordsMade, Workshop
from pipeline.bulk.worker import load_engine_reader, load_record_maker
from pipeline.dictionaries import SECTIONS, AskedDictionaries, Name, comparison_key, load_dictionaries
from pipeline.document import Label, Role
from pipeline.evaluation.recorded import recorded_readings
from pipeline.interpret import RepairsAsked
from pipeline.keep import pack
from pipeline.levels.lexicon import EXACT, Lexicon
from pipeline.ocrtext import read_text_bytes
from pipeline.settings import Settings
from pipeline.sources import Source
from pipeline.store import Store
from pipeline.synth.fixtures import CASES
from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text

BEFORE = "version before"
HEAD = "#! vocabulary: more\n#! source: a test\n\n"


def text_of(number: int) -> bytes:
    rng = random.Random(530_000 + number)
    layouts = sorted(LAYOUTS)
    forms = make_document((layouts[number * 3 % len(layouts)],), rng, "dev")
    return write_ocr_text(forms, rng, DamageSettings(rows=0.1), rng.choice(STYLES), "dev")[0].encode()


def task(number: int, contents: Sequence[bytes]) -> MakeRecords:
    name, sha256 = f"d{number}.txt", f"{number:064d}"
    pages = tuple(PageSlot(name, sha256, n, content, origin="text") for n, content in enumerate(contents))
    return MakeRecords(number, Source(Path(name), "text"), name, sha256, pages, (), 0)


@cache
def tasks() -> list[MakeRecords]:
    texts = [task(n, [pack(page) for page in read_text_bytes(text_of(n), f"d{n}.txt")]) for n in range(5)]
    cases = {case.name: case for case in CASES}
    scans = [
        task(100 + n, [pack(page) for page in recorded_readings(ROOT / "fixtures" / "pages", cases[name])])
        for n, name in enumerate(("scan", "stamp"))
    ]
    return [*texts, *scans]


def maker(text: str | None = None) -> RecordMaker:
    further = (Material("more.txt", text),) if text else ()
    before = ((BEFORE, ()),) if text else ()
    return load_record_maker(
        Workshop(Settings(), load_engine_reader, load_record_maker, dictionaries=further, before=before)
    )


@cache
def made() -> list[RecordsMade]:
    plain = maker()
    return [plain.make(one) for one in tasks()]


def outcome(result: RecordsMade) -> list[Any]:
    return [str(rows) for rows in result.rows.records]


def names() -> list[str]:
    bodies = [json.loads(rows.body) for result in made() for rows in result.rows.records]
    return sorted({row["level3"] for body in bodies for row in body["indicators"] if row["level3"]})


def damaged(name: str, rng: random.Random) -> str:
    at = rng.randrange(len(name))
    return name[:at] + rng.choice("人数率项水电") + name[at + 1 :]


def dictionary(kind: str) -> str:
    rng = random.Random(kind)
    own = rng.sample(names(), 3)
    near = dict.fromkeys(damaged(name, rng) for name in rng.sample(names(), 3))
    return (
        HEAD
        + {
            "unrelated": "[level3]\n一个新的指标名称\n",
            "own": "[level3]\n" + "\n".join(own),
            "near": "[level3]\n" + "\n".join(near),
            "operator": f"[level3]\n{own[0]}\toperator=≤\n",
            "level2": "[level2]\n安全性指标\tparent=产出指标\n",
            "unit": "[unit]\n一捆\n",
            "field": "[field]\n项目备用编号\n",
            "column": "[column]\n备查栏\trole=extra\n",
        }[kind]
    )


@pytest.mark.parametrize("kind", ["unrelated", "own", "near", "operator", "level2", "unit", "field", "column"])
def test_what_stands_is_what_would_be_made(kind: str) -> None:
    """The law of the whole: looked at or made again, with another dictionary the records are the same."""
    other, anew = maker(dictionary(kind)), maker(dictionary(kind))

    for one, before in zip(tasks(), made(), strict=True):
        found = other.make(replace(one, trace=before.rows.trace, made_with=BEFORE))
        expected = outcome(anew.make(one))
        assert outcome(before if found.stands else found) == expected


def test_an_unrelated_name_lets_records_stand() -> None:
    """Or nothing would be won: a name that no form holds changes no record, not even of scans with their pictures."""
    other = maker(dictionary("unrelated"))

    found = [
        other.make(replace(one, trace=before.rows.trace, made_with=BEFORE))
        for one, before in zip(tasks(), made(), strict=True)
    ]

    assert all(result.stands for result in found)


def test_without_its_version_nothing_stands() -> None:
    """A trace says nothing of other code, settings, models or templates."""
    one, before = tasks()[0], made()[0]

    found = maker(dictionary("unrelated")).make(replace(one, trace=before.rows.trace, made_with="another"))

    assert not found.stands


def test_a_damaged_trace_lets_nothing_stand() -> None:
    """Half a trace is none."""
    one, before = tasks()[0], made()[0]
    assert before.rows.trace is not None

    found = maker(dictionary("unrelated")).make(replace(one, trace=before.rows.trace[:-9], made_with=BEFORE))

    assert outcome(found) == outcome(before)


def test_a_store_is_brought_to_a_new_dictionary(tmp_path: Path) -> None:
    """From files to stored records: what stands is not made, and all is as in a store made with the dictionary."""
    inputs, more = tmp_path / "in", tmp_path / "more.txt"
    inputs.mkdir()
    for number in range(4):
        (inputs / f"{number}.txt").write_bytes(text_of(number))
    more.write_text(dictionary("own") + "\n一个新的指标名称\n", "utf-8")
    options = BulkOptions(workers=1, executor="serial", say=lambda _: None)

    with Store.open(tmp_path / "a.db", create=True) as store, Store.open(tmp_path / "b.db", create=True) as fresh:
        run_store([inputs], store, options=options)
        first, _ = reinterpret_store(store, dictionaries=[more], options=options)
        second, _ = reinterpret_store(store, dictionaries=[more], options=options)
        back, _ = reinterpret_store(store, dictionaries=[], options=options)
        again, _ = reinterpret_store(store, dictionaries=[more], options=options)
        run_store([inputs], fresh, dictionaries=[more], options=options)
        bodies = list(store.record_bodies()), list(fresh.record_bodies())

    assert first.unchanged > 0
    assert first.made + first.unchanged == 4
    assert second.made == 0
    assert (back.made, again.made) == (first.made, first.made)
    assert bodies[0] == bodies[1]


# -- what is noted -----------------------------------------------------------------------------------------------------


def asked(question: Any) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    words = AskedDictionaries(load_dictionaries())
    lexicon = Lexicon(words)
    words.notes.begin()
    question(words, lexicon)
    return words.notes.end()


@pytest.mark.parametrize("section", SECTIONS)
def test_every_question_is_noted(section: str) -> None:
    """What is not noted would let records stand that are others now; so no way to the names goes by the notes."""
    key = comparison_key("质量指标")

    assert asked(lambda words, _: words.written(section, "质量 指标"))[1] == {key}
    assert asked(lambda words, _: words.names(section).get("质量指标"))[1] == {key}
    assert asked(lambda words, _: "质量指标" in words.names(section))[1] == {key}
    assert asked(lambda words, _: key in words.keys[section])[1] == {key}
    for whole in (iter, len, list, lambda names: names.items(), lambda names: names.values()):
        assert asked(lambda words, _, f=whole: f(words.names(section)))[0] == {section}
        assert asked(lambda words, _, f=whole: f(words.keys[section]))[0] == {section}
    for told in ("digest", "vocabularies", "further"):
        assert asked(lambda words, _, name=told: getattr(words, name))[0] == set(SECTIONS)


def test_the_lexicon_notes_what_it_answers_from_memory() -> None:
    """The second form that holds a text depends on it as the first did."""

    def twice(words: AskedDictionaries, lexicon: Lexicon) -> None:
        for _ in range(2):
            words.notes.begin()
            lexicon.nearness("质量指标")
            lexicon.may_be_near("数量", "level2")
            lexicon.held("时效")
            _ = "成本" in (lexicon.exact["level1"] | lexicon.exact["level2"])
            lexicon.column_role("指标值")
            _ = lexicon.longest_level

    whole, keys, near = asked(twice)

    assert keys == {"时效", "成本"}
    assert near == {"质量指标", "数量"}
    assert whole == {"column", "bar", "level1", "level2"}
    for section in EXACT:
        assert asked(lambda _, lexicon, name=section: list(lexicon.exact[name]))[0] == {section}


def test_a_changed_attribute_is_a_change() -> None:
    """A name with another operator answers otherwise, though it is the same name."""
    plain = load_dictionaries()
    vocabulary = max(plain.vocabularies, key=lambda one: sum(name.section == "level3" for name in one.names))
    first: Name = next(name for name in vocabulary.names if name.section == "level3" and name.operator != "<")
    others = tuple(replace(name, operator="<") if name is first else name for name in vocabulary.names)
    changed = replace(
        plain,
        vocabularies=tuple(
            replace(vocabulary, names=others) if one is vocabulary else one for one in plain.vocabularies
        ),
    )

    changes = Changes(plain, changed)

    assert changes.sections == {"level3"}
    assert changes.keys == {comparison_key(first.text)}
    assert changes.touch((frozenset({"level3"}), frozenset(), frozenset()))
    assert changes.touch((frozenset(), frozenset(), frozenset({comparison_key(first.text)})))
    assert not changes.touch((frozenset({"unit"}), frozenset({"无此"}), frozenset({"无此"})))


def test_a_trace_comes_back_as_it_was_packed() -> None:
    """Asked again, repair must be asked the same."""
    one = RepairsAsked((Label("质量指标", Role.LEVEL2, ("产出指标",)),), "t", ("一段文字",))
    notes = (frozenset({"unit"}), frozenset({"a"}), frozenset({"b", "c"}))

    packed = pack_trace(notes, [one], [])

    assert packed is not None
    trace = unpack_trace(packed)
    assert trace.asked == notes
    assert trace.repairs == ((one, said_digest(())),)
