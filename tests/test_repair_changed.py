"""Proves pipeline/repair/changed.py: of what it does not tell, other names have repair say nothing else."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

from pipeline.dictionaries import Dictionaries, load_dictionaries
from pipeline.document import Label, Role
from pipeline.interpret import InterpretTools, label_pages, labels_and_texts, load_interpret_tools
from pipeline.ocrtext import read_text_bytes
from pipeline.repair import load_repairer
from pipeline.repair.changed import Changed
from pipeline.repair.shapes import load_shapes
from pipeline.repair.vocabulary import Vocabulary
from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text

# Two names that end alike teach their ending.
TAUGHT = ("城关镇巡堤率", "河口镇巡堤率")


@cache
def tools() -> InterpretTools:
    return load_interpret_tools()


@cache
def forms() -> list[tuple[list[Label], list[str]]]:
    """Labels and texts of generated forms, damaged."""
    found = []
    for number in range(8):
        rng = random.Random(540_000 + number)
        layout = sorted(LAYOUTS)[number * 5 % len(LAYOUTS)]
        text, _ = write_ocr_text(
            make_document((layout,), rng, "dev"), rng, DamageSettings(rows=0.1), rng.choice(STYLES), "dev"
        )
        found += [labels_and_texts(form) for form in label_pages(read_text_bytes(text.encode(), "t"), tools()).forms]
    return found


def names() -> list[str]:
    """What forms of these ask for, as a reviewer would accept it."""
    return sorted(
        {one.text for labels, _ in forms() for one in labels if one.role is Role.LEVEL3 and len(one.text) > 3}
    )


def words_with(folder: Path, further: Sequence[str], section: str = "level3") -> Dictionaries:
    path = folder / "more.txt"
    path.write_text("\n".join(["#! vocabulary: more", "#! source: a test", "", f"[{section}]", *further, ""]), "utf-8")
    return load_dictionaries([path])


def changed(words: Dictionaries) -> Changed:
    found = load_repairer(words).changed_since(tools().dictionaries.plain, ())
    assert found is not None
    return found


@pytest.mark.parametrize("seed", range(4))
def test_what_is_not_told_is_said_as_before(tmp_path: Path, seed: int) -> None:
    """The law of the room: given what was said of the labels that are not touched, all is said that would be said."""
    rng = random.Random(seed)
    own = rng.sample(names(), 6)
    further = {*own[:3], *(name[:2] + "鑫" + name[3:] for name in own[3:]), *(f"{a}镇{own[0][-3:]}" for a in "东西")}
    words = words_with(tmp_path, sorted(further))
    now, told = load_repairer(words), changed(words)

    kept = left = 0
    for labels, texts in forms():
        if told.touches_form(texts, labels):
            continue
        before = tools().repairer.ask(labels, None, texts)
        again = told.touched(labels, before.looked)
        known = {i: repair for i, repair in enumerate(before.repairs) if not again[i]}
        left += len(known)
        kept += 1
        expected = now.ask(labels, None, texts)
        found = now.ask(labels, None, texts, known=known)
        assert found.repairs == expected.repairs
        assert {**before.looked, **found.looked}.items() >= expected.looked.items()

    assert kept > len(forms()) / 2
    assert left > sum(len(labels) for labels, _ in forms()) / 3


@pytest.mark.parametrize(
    "text",
    [
        "日常巡堤率",
        "日常巡提率",  # one misread
        "日常巡率",  # one lost
        "日常巡视堤率",  # one too many
        "日常巡率堤",  # two changed about
        "城关镇巡提率",  # near a new name
        "城关镇巡堤率",  # a new name
    ],
)
def test_a_label_near_something_new_is_touched(tmp_path: Path, text: str) -> None:
    """What one error would make of it holds a new word, or a new name may be meant."""
    [found] = changed(words_with(tmp_path, TAUGHT)).touched([Label(text, Role.LEVEL3)], {})

    assert found


def test_other_labels_are_not_touched(tmp_path: Path) -> None:
    """Nothing would be won if a name touched all that ends like it, or levels and fields."""
    labels = [Label("日常养护合格率", Role.LEVEL3), Label("数量指标", Role.LEVEL2), Label("项目名称", Role.LABEL)]

    assert changed(words_with(tmp_path, TAUGHT)).touched(labels, {}) == [False, False, False]


def test_what_a_label_was_held_to_be_is_looked_at_too(tmp_path: Path) -> None:
    """A label with a second error is asked for it once the first is mended: two errors off, what is new counts."""
    label, told = Label("日常巡视提率", Role.LEVEL3), changed(words_with(tmp_path, TAUGHT))

    assert told.touched([label], {}) == [False]
    assert told.touched([label], {label.text: "日常巡视堤率"}) == [True]


def test_a_form_that_holds_a_new_word_is_touched(tmp_path: Path) -> None:
    """Its own words are those that no list holds, and count for all its labels."""
    told = changed(words_with(tmp_path, TAUGHT))

    assert told.touches_form([], [Label("巡堤率", Role.LEVEL3)])
    assert told.touches_form(["每月巡堤率"], [])
    assert not told.touches_form(["每月巡河"], [Label("巡河率", Role.LEVEL3)])


def test_figures_teach_nothing(tmp_path: Path) -> None:
    """They are no words: a 7 in a name would make every 7 strange, and touch every form of 2017."""
    words = Vocabulary(words_with(tmp_path, ["第7渠维护次数"]), load_shapes()).words

    assert "7" not in words.learned
    assert words.single("7") == Vocabulary(load_dictionaries(), load_shapes()).words.single("7")


def test_shipped_names_touch_all() -> None:
    """How frequent every word is goes by them."""
    whole = tools().dictionaries.plain
    named = next(one for one in whole.vocabularies if any(name.section == "level3" for name in one.names))
    fewer = Dictionaries(tuple(one for one in whole.vocabularies if one is not named))

    assert load_repairer(fewer).changed_since(whole, ()) is None
