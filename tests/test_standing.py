"""Proves pipeline/bulk/standing.py and trace.py: what stands, and only that, would be made as it is."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from builders import ROOT

from pipeline.assemble import collect_labels
from pipeline.bulk import BulkOptions, reinterpret_store, run_store
from pipeline.bulk.standing import Changes
from pipeline.bulk.tasks import Before, MakeRecords, Material, PageSlot, RecordMaker, RecordsMade, Workshop
from pipeline.bulk.trace import pack_trace, unpack_trace
from pipeline.bulk.worker import load_engine_reader, load_record_maker
from pipeline.decisions import Decision
from pipeline.dictionaries import SECTIONS, AskedDictionaries, Name, comparison_key, load_dictionaries
from pipeline.evaluation.recorded import recorded_readings
from pipeline.fieldvalues import split_label
from pipeline.interpret import Labelling, ask_repairs, interpret_decided, label_pages, load_interpret_tools
from pipeline.keep import pack, unpack
from pipeline.levels.lexicon import EXACT, FUZZY, LONGEST_LEVEL, MEASURED, Lexicon
from pipeline.levels.model import load_level_model
from pipeline.ocrtext import read_text_bytes
from pipeline.settings import CheckSettings, RepairSettings, Settings
from pipeline.sources import Source
from pipeline.store import Store
from pipeline.synth.fixtures import CASES
from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text
from pipeline.templates import load_templates

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
    before = (Before(BEFORE),) if text else ()
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


def test_a_nearer_name_that_turns_no_scale_lets_records_stand() -> None:
    """A name more like a form's than those before is evidence for the classifier: asked again, it says the same."""
    own = [name for name in names() if len(name) >= 8][::3]
    half = "\n".join(dict.fromkeys(name[: len(name) // 2] + "鑫" * (len(name) // 2) for name in own))
    other, before = maker(f"{HEAD}[level3]\n{half}\n"), load_dictionaries()
    told = Changes(before, other._tools.dictionaries, other._tools.levels.model)  # type: ignore[attr-defined]

    found = [
        other.make(replace(one, trace=was.rows.trace, made_with=BEFORE))
        for one, was in zip(tasks(), made(), strict=True)
        if told.touch(unpack_trace(was.rows.trace or b"").labelling_asked)
    ]

    assert any(result.stands for result in found)


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

    assert keys == {"成本"}
    assert near == {"质量指标", "数量", "时效"}
    assert whole == {"column", "bar", LONGEST_LEVEL}
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


def test_a_nearness_that_the_classifier_takes_for_the_same_is_no_change() -> None:
    """What lies between two thresholds of all trees is one to them; what others look at counts to the last bit."""
    words = load_dictionaries()
    model = load_interpret_tools().levels.model
    keys = sorted({comparison_key(name) for name in names() if len(name) > 4})

    for section, told in (("level3", True), ("level2", False)):
        text = HEAD + f"[{section}]\n" + "\n".join(name + "的数" for name in keys[::7]) + "\n"
        other = maker(text)._tools.dictionaries.plain  # type: ignore[attr-defined]
        old, new = Lexicon(words), Lexicon(other)
        strict, loose = Changes(words, other), Changes(words, other, model)
        place = FUZZY.index(section)
        thresholds = model.thresholds(f"near_{section}")
        differ = {key for key in keys if old.nearness(key) != new.nearness(key)}
        pairs = {key: [np.float32(one.nearness(key)[place]) for one in (old, new)] for key in differ}
        seen = {key for key, pair in pairs.items() if len(set(np.searchsorted(thresholds, pair))) > 1}
        none: frozenset[str] = frozenset()

        assert {key for key in differ if strict.touch((none, none, frozenset({key})))} == differ
        assert {key for key in differ if loose.touch((none, none, frozenset({key})))} == (seen if told else differ)
        assert differ
        assert told is (section not in MEASURED)


# -- what is kept ------------------------------------------------------------------------------------------------------


def test_a_trace_comes_back_as_it_was_packed() -> None:
    """Repair must be asked the same, and records made of the same cells, each of them one wherever it stands."""
    tools = load_interpret_tools()
    notes = (frozenset({"unit"}), frozenset({"a"}), frozenset({"b", "c"}))
    rest = (frozenset({"bar"}), frozenset({"d"}), frozenset[str]())
    for one in tasks():
        pages = [unpack(slot.content or b"") for slot in one.pages or ()]
        labelling = label_pages(pages, tools)
        said = [ask_repairs(form, tools) for form in labelling.forms]

        packed = pack_trace(notes, rest, labelling, said, pages)

        assert packed is not None
        trace = unpack_trace(packed)
        assert (trace.labelling_asked, trace.rest_asked, trace.said) == (notes, rest, said)
        back = trace.labelling(pages)
        assert back.before == labelling.before
        for form, other in zip(labelling.forms, back.forms, strict=True):
            for part in ("fields", "indicators", "strays", "headers"):
                assert getattr(form, part) == getattr(other, part)
            assert [label for _, label in collect_labels(form, split_label)] == [
                label for _, label in collect_labels(other, split_label)
            ]
            assert replace(form.form, rows=()) == replace(other.form, rows=())
        renewed = unpack_trace(trace.renewed(notes, said))
        assert (renewed.labelling_asked, renewed.rest_asked, renewed.said) == (notes, notes, said)


def kept_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on nothing can be labelled."""

    def never(*arguments: object) -> Labelling:
        raise AssertionError("was labelled again")

    monkeypatch.setattr("pipeline.bulk.worker.label_pages", never)


@pytest.mark.parametrize(
    "settings",
    [
        Settings(review_confidence=0.97, checks=CheckSettings(least_clipped=30)),
        Settings(repair=RepairSettings(least_proposal=0.6, least_score=0.95)),
    ],
    ids=["rest", "repair"],
)
def test_other_settings_make_records_of_the_kept_labelling(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second law of the whole: what is made of what was kept is what is made of the readings."""
    plain = Settings()
    held = Before(BEFORE, same_repair=settings.repair == plain.repair, same_rest=settings.repair != plain.repair)
    shop = Workshop(settings, load_engine_reader, load_record_maker)
    expected = [outcome(load_record_maker(shop).make(one)) for one in tasks()]
    kept_only(monkeypatch)
    other = load_record_maker(replace(shop, before=(held,)))

    found = [
        other.make(replace(one, trace=before.rows.trace, made_with=BEFORE))
        for one, before in zip(tasks(), made(), strict=True)
    ]

    assert [
        outcome(before if result.stands else result) for result, before in zip(found, made(), strict=True)
    ] == expected
    assert expected != [outcome(before) for before in made()]
    assert [vars(result.account) for result in found if not result.stands] == [
        vars(before.account) for result, before in zip(found, made(), strict=True) if not result.stands
    ]
    # What was made of a trace has one that serves again.
    again = [
        other.make(replace(one, trace=result.rows.trace, made_with=BEFORE, same_decisions=False))
        for one, result in zip(tasks(), found, strict=True)
        if not result.stands
    ]
    assert [outcome(result) for result in again] == [outcome(result) for result in found if not result.stands]


@pytest.mark.parametrize("same_rest", [True, False], ids=["classifier", "classifier and checks"])
@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_another_classifier_changes_what_it_labels_otherwise(
    strength: float, same_rest: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third law: what is labelled as before stands, and all of it is what would be made of the readings."""
    before = made()
    trained = load_level_model()
    trees = trained.trees
    noise = 1 + strength * np.random.default_rng(3).standard_normal(trees.leaves.shape)
    other_model = replace(trained, trees=replace(trees, leaves=trees.leaves * noise))
    monkeypatch.setattr("pipeline.levels.load_level_model", lambda: other_model)
    held = Before(BEFORE, same_labelling=False, same_rest=same_rest)
    shop = Workshop(Settings(), load_engine_reader, load_record_maker)
    other, anew = load_record_maker(replace(shop, before=(held,))), load_record_maker(shop)

    found = [
        other.make(replace(one, trace=was.rows.trace, made_with=BEFORE))
        for one, was in zip(tasks(), before, strict=True)
    ]

    results = [was if result.stands else result for result, was in zip(found, before, strict=True)]
    expected = [anew.make(one) for one in tasks()]
    assert [outcome(result) for result in results] == [outcome(result) for result in expected]
    assert [result.rows.trace for result in results] == [result.rows.trace for result in expected]
    changed = [outcome(result) for result in expected] != [outcome(was) for was in before]
    assert changed == bool(strength)
    assert all(result.stands for result in found) == (same_rest and not strength)


def test_repair_is_asked_only_where_another_classifier_has_it_asked_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the pictures of scans would be asked all over again, which is most of their time."""
    before = made()
    held = Before(BEFORE, same_labelling=False, same_rest=False)
    other = load_record_maker(Workshop(Settings(), load_engine_reader, load_record_maker, before=(held,)))
    asked: list[Any] = []
    monkeypatch.setattr("pipeline.bulk.standing.ask_repairs", lambda form, *_: asked.append(form))

    for one, was in zip(tasks(), before, strict=True):
        other.make(replace(one, trace=was.rows.trace, made_with=BEFORE))

    assert not asked


def test_a_trace_does_not_depend_on_what_was_made_before() -> None:
    """What is kept of texts for other forms is noted all the same, or a form labelled again would seem another."""
    warm = maker()
    for one in reversed(tasks()):
        warm.make(one)

    assert [warm.make(one).rows.trace for one in tasks()] == [before.rows.trace for before in made()]


def template(kind: str) -> str:
    """A further template: of forms that are not there, of a layout that they have without its levels, or with them.

    Of the last nothing tells which layout a form was printed from, and it has none.
    """
    shipped = load_templates()
    used = {json.loads(rows.body)["form"]["template"] for result in made() for rows in result.rows.records}
    known = next(one for one in shipped if one.id in used)
    title = "{agency}{year}年林业碳汇目标登记表" if kind == "strange" else known.titles[0]
    columns = ("一级指标", "二级指标", "三级指标", "指标值") if kind == "strange" else known.columns
    fields = ("项目名称",) if kind == "strange" else known.fields
    fields = (*fields, *known.levels) if kind == "same" else fields
    return (
        f'id = "more"\nsource = "a test"\ntitles = ["{title}"]\n'
        f"fields = {json.dumps(fields, ensure_ascii=False)}\ncolumns = {json.dumps(columns, ensure_ascii=False)}\n"
    )


@pytest.mark.parametrize("kind", ["strange", "alike", "same"])
def test_with_another_template_what_stands_is_what_would_be_made(kind: str) -> None:
    """A layout that no form is printed from leaves all as it was; one that some may be printed from makes them anew."""
    shop = Workshop(
        Settings(), load_engine_reader, load_record_maker, templates=(Material("more.toml", template(kind)),)
    )
    other, anew = load_record_maker(replace(shop, before=(Before(BEFORE),))), load_record_maker(shop)

    found = [
        other.make(replace(one, trace=before.rows.trace, made_with=BEFORE))
        for one, before in zip(tasks(), made(), strict=True)
    ]

    for one, before, result in zip(tasks(), made(), found, strict=True):
        assert outcome(before if result.stands else result) == outcome(anew.make(one))
    assert all(result.stands for result in found) is (kind != "same")


def test_decisions_make_records_of_the_kept_labelling(monkeypatch: pytest.MonkeyPatch) -> None:
    """A person's word changes its value and what is checked of it; the cells are what they were."""
    tools = load_interpret_tools()
    decided = []
    for one in tasks():
        pages = [unpack(slot.content or b"") for slot in one.pages or ()]
        doubts = [d for form in interpret_decided(pages, one.name, one.sha256, tools, ()) for d in form.doubts]
        kinds = [(anchor, doubt) for doubt, anchor, _ in doubts if doubt.value is not None][:3]
        decisions = [
            Decision(number + 1, anchor, "edit", doubt.value, f"{doubt.value}甲", "x", "2026-01-01T00:00:00Z")
            for number, (anchor, doubt) in enumerate(kinds)
        ]
        decided.append(replace(one, decisions=tuple(decisions)))
    expected = [outcome(maker().make(one)) for one in decided]
    kept_only(monkeypatch)
    other = load_record_maker(Workshop(Settings(), load_engine_reader, load_record_maker, before=(Before(BEFORE),)))

    found = [
        other.make(replace(one, trace=before.rows.trace, made_with=BEFORE, same_decisions=False))
        for one, before in zip(decided, made(), strict=True)
    ]

    assert [outcome(result) for result in found] == expected
    assert expected != [outcome(before) for before in made()]
    assert sum(bool(one.decisions) for one in decided) > 1


def test_a_store_is_brought_to_other_settings(tmp_path: Path) -> None:
    """From files to stored records, and back: as in a store made with the settings."""
    inputs = tmp_path / "in"
    inputs.mkdir()
    for number in range(3):
        (inputs / f"{number}.txt").write_bytes(text_of(number))
    options = BulkOptions(workers=1, executor="serial", say=lambda _: None)
    strict = replace(options, settings=Settings(review_confidence=0.97, checks=CheckSettings(long_text=20)))

    with Store.open(tmp_path / "a.db", create=True) as store, Store.open(tmp_path / "b.db", create=True) as fresh:
        run_store([inputs], store, options=options)
        first = list(store.record_bodies())
        there, _ = reinterpret_store(store, options=strict)
        run_store([inputs], fresh, options=strict)
        assert list(store.record_bodies()) == list(fresh.record_bodies())
        again, _ = reinterpret_store(store, options=strict)
        back, _ = reinterpret_store(store, options=options)
        assert list(store.record_bodies()) == first

    assert (there.made, again.made, back.made) == (3, 0, 3)
