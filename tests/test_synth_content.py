"""Laws of generated forms: truth and cells agree, splits share no held-out words, the same seed gives the same form."""

from __future__ import annotations

import random
import re

import pytest

from pipeline.dictionaries import load_dictionaries
from pipeline.document import Role
from pipeline.synth.content import PLACES, SPLITS, SURNAMES, Split, make_subject, person, pools, topics, wild_words
from pipeline.synth.indicators import adjective, boolean_word, compose, dictionary_names, make_items
from pipeline.synth.layouts import LAYOUTS, SPECIAL_LAYOUTS, UNSEEN_LAYOUTS, make_document, make_form
from pipeline.synth.layouts.sheet import WEIGHT_KEY
from pipeline.synth.model import LaidCell, LaidForm, LaidTable, TruthIndicator

# Layouts whose cells are the grid's; the text list is proved apart.
ALL_LAYOUTS = (*LAYOUTS, *UNSEEN_LAYOUTS, *(layout for layout in SPECIAL_LAYOUTS if layout != "anhui-list-2025"))
_PREFIX = re.compile(r"^指标\d+[：:、]|^……$")


def cells_of(form: LaidForm) -> list[LaidCell]:
    return [cell for block in form.blocks if isinstance(block, LaidTable) for cell in block.cells]


def all_text(form: LaidForm) -> str:
    loose = "\n".join(block.text for block in form.blocks if not isinstance(block, LaidTable))
    return loose + "\n" + "\n".join(cell.text for cell in cells_of(form))


def read_indicators(form: LaidForm) -> dict[int, tuple[str, str, str | None, str | None]]:
    """Read the grid back from the cells alone: levels by the spans that cover a row, targets joined."""
    read: dict[int, tuple[str, str, str | None, str | None]] = {}
    for table in (block for block in form.blocks if isinstance(block, LaidTable)):
        grid = [cell for cell in table.cells if cell.indicator >= 0]
        for name in (cell for cell in grid if cell.role is Role.LEVEL3):
            same = [c for c in grid if c.indicator == name.indicator and c.row == name.row]
            target = "".join(c.text for c in sorted(same, key=lambda c: _part(table, c)) if c.role is Role.TARGET)
            over = [c for c in table.cells if c.row <= name.row < c.row + c.rowspan]
            level1 = next(c.text for c in over if c.role is Role.LEVEL1)
            # Of two grids side by side, the level 2 next to the name on its left is its own.
            level2 = max((c for c in over if c.role is Role.LEVEL2 and c.col < name.col), key=lambda c: c.col).text
            label = _PREFIX.sub("", name.text) or None
            row = (re.sub(r"[（(]\d+分?[)）]$", "", level1), level2, label, target or None)
            # Blank rows of one level 2 are one indicator: they must read alike.
            assert read.setdefault(name.indicator, row) == row
    return read


def _part(table: LaidTable, cell: LaidCell) -> int:
    heads = [c for c in table.cells if c.role is Role.HEADER and c.col == cell.col and c.row < cell.row]
    head = max(heads, key=lambda c: c.row).text
    return 0 if head in {"指标性质", "计算符号"} else 2 if head in {"度量单位", "计量单位"} else 1


@pytest.mark.parametrize("layout", ALL_LAYOUTS)
@pytest.mark.parametrize("split", SPLITS)
def test_truth_is_what_the_cells_say(layout: str, split: Split) -> None:
    """Figures measured against a truth that the page does not show would be worth nothing."""
    for seed in range(5):
        form = make_form(layout, random.Random(seed), split)

        fields = {(cell.part, cell.field): cell.text for cell in cells_of(form) if cell.field}
        read = read_indicators(form)

        parts = enumerate(form.truths)
        assert fields == {(part, key): value for part, truth in parts for key, value in truth.fields.items()}
        truth = [row for truth in form.truths for row in truth.indicators]
        assert sorted(read) == list(range(len(truth)))
        assert [read[i] for i in range(len(truth))] == [(t.level1, t.level2, t.level3, t.target) for t in truth]


@pytest.mark.parametrize("layout", ALL_LAYOUTS)
def test_extra_values_stand_in_the_indicators_row(layout: str) -> None:
    """A column with no place of its own goes to `extra` under its header, as printed."""
    for seed in range(5):
        form = make_form(layout, random.Random(seed), "train")

        for number, indicator in enumerate(row for truth in form.truths for row in truth.indicators):
            printed = {cell.text for cell in cells_of(form) if cell.indicator == number and cell.role is Role.EXTRA}
            kept = {value for key, value in indicator.extra.items() if key != WEIGHT_KEY}
            assert kept == printed - {""}


def test_listed_indicators_are_in_their_cell() -> None:
    """A text list holds everything in one cell: label, name and target of every indicator, in order."""
    for seed in range(8):
        form = make_form("anhui-list-2025", random.Random(seed), "train")
        for part, truth in enumerate(form.truths):
            [cell] = [c for c in cells_of(form) if c.part == part and c.field == "绩效目标"]
            at = 0
            for row in truth.indicators:
                assert f"{row.level1}-{row.level2}" in cell.text
                if row.level3:
                    at = max(cell.text.find(f"{row.level3}{bracket}{row.target}", at) for bracket in "(（")
                    assert at >= 0


def test_a_roll_up_is_several_records() -> None:
    """One project a row block: each block has its own fields and indicators."""
    counts = {len(make_form("hunan-wide-2023-many", random.Random(seed), "train").truths) for seed in range(20)}

    assert counts == {2, 3, 4}
    assert all(len(make_form(layout, random.Random(1), "train").truths) == 1 for layout in LAYOUTS)


@pytest.mark.parametrize("layout", ALL_LAYOUTS)
def test_blank_rows_of_one_level_2_are_one_indicator(layout: str) -> None:
    """House rule: an empty printed row is data, but three of them under one label are not three records."""
    for seed in range(12):
        for truth in make_form(layout, random.Random(seed), "train").truths:
            blanks = [_group(row) for row in truth.indicators if row.level3 is None]

            assert len(blanks) == len(set(blanks))


def _group(row: TruthIndicator) -> tuple[str | None, ...]:
    return (row.period, row.level1, row.level2)


@pytest.mark.parametrize("layout", ALL_LAYOUTS)
def test_the_same_seed_gives_the_same_form(layout: str) -> None:
    """A figure can only be made again when its forms can."""
    assert make_form(layout, random.Random(3), "dev") == make_form(layout, random.Random(3), "dev")
    assert make_form(layout, random.Random(3), "dev") != make_form(layout, random.Random(4), "dev")


def test_held_out_words_stay_out() -> None:
    """What a model may never have seen must not be in what it was trained on."""
    texts = dict.fromkeys(SPLITS, "")
    for split in SPLITS:
        for seed in range(12):
            for layout in ("zhengzhou-2020", "self-eval-2020-10"):
                texts[split] += all_text(make_form(layout, random.Random(seed), split))
    words = {split: _own_words(split) for split in SPLITS}
    # Dictionary names are everybody's and may contain any word.
    shared = "\n".join(load_dictionaries().names("level3"))

    for split in SPLITS:
        others = {word for other in SPLITS if other != split for word in words[other]} - words[split]
        found = {word for word in others if word in texts[split] and word not in shared}
        assert not found
        assert sum(word in texts[split] for word in words[split]) > 20


def _own_words(split: Split) -> set[str]:
    """Words of four characters and more: shorter ones turn up inside others by chance."""
    found: set[str] = set()
    for topic in (topic for topic in topics() if topic.split == split):
        found |= {*topic.projects, *topic.events, *topic.works, *(thing.noun for thing in topic.things)}
        found |= {*topic.effects, *topic.systems, *topic.documents}
    return {word for word in found if len(word) >= 4}


def test_held_out_phrases_are_used_by_test_alone() -> None:
    """Sentence patterns are learnt as easily as words."""
    held = [re.sub(r"\|\w+$", "", phrase) for pool in pools().values() for phrase in pool.held]
    tails = {max(re.split(r"\{\w+\}", phrase), key=len) for phrase in held}
    tails = {tail for tail in tails if len(tail) >= 4}
    texts = {}
    for split in ("train", "test"):
        forms = [make_form("zhengzhou-2020", random.Random(seed), split) for seed in range(40)]
        texts[split] = "\n".join(all_text(form) for form in forms)
    shared = "\n".join(load_dictionaries().names("level3"))

    assert not {tail for tail in tails if tail in texts["train"] and tail not in shared}
    assert sum(tail in texts["test"] for tail in tails) > len(tails) / 3


def test_splits_divide_names_and_word_lists() -> None:
    """People and places of one split are strangers in the others."""
    for one, other in (("train", "dev"), ("train", "test"), ("dev", "test")):
        assert not set(SURNAMES[one]) & set(SURNAMES[other])  # type: ignore[index]
        assert not set(PLACES[one]) & set(PLACES[other])  # type: ignore[index]
        assert not set(wild_words(one)[0]) & set(wild_words(other)[0])
    assert person(random.Random(1), "test")[0] in SURNAMES["test"]


def test_most_names_stand_in_no_dictionary() -> None:
    """Four names in five of real forms are the project's own; dictionary names alone would teach the wrong thing."""
    known = {name.text for names in dictionary_names().values() for name in names}
    rows = [
        row for seed in range(20) for row in make_form("zhengzhou-2020", random.Random(seed), "train").truth.indicators
    ]
    own = [row.level3 for row in rows if row.level3 and row.level1 != "投入与目标管理"]

    assert 0.6 < sum(name not in known for name in own) / len(own) < 0.9


def test_names_repeat_what_the_form_is_about() -> None:
    """Repairs lean on repetition inside the document, so that generated documents must repeat as real ones do."""
    subject = make_subject(random.Random(2), "train", wild=0)
    names = [item.name for item in make_items("quantity", 12, subject, random.Random(2), known_share=0)]

    focus = [*subject.events, *subject.works, *(thing.noun for thing in subject.things)]
    assert max(sum(word in name for name in names) for word in focus) >= 2


@pytest.mark.parametrize(
    ("name", "word"), [("管理制度健全性", "健全"), ("资金使用规范性", "合规"), ("发放及时性", "及时")]
)
def test_adjectives_follow_their_names(name: str, word: str) -> None:
    """…性 takes the adjective of its own stem: a good cross-check for a reader, if the generator keeps it."""
    assert adjective(name, random.Random(0), sound=True).words == word


def test_yes_no_names_get_yes_no_words() -> None:
    """是否 asks for 是, 有无 for 有, 能否 for 能."""
    rng = random.Random(0)
    assert [boolean_word(name, rng) for name in ("是否提升水平", "对增收有无帮助", "能否保障供水")] == [
        "是",
        "有",
        "能",
    ]


def test_sound_forms_state_sign_and_unit() -> None:
    """A sound form gives a reviewer nothing to object to: numbers have sign and unit, percentages stay below 100."""
    for seed in range(15):
        form = make_form("zhengzhou-2020", random.Random(seed), "train", sound=True)
        for row in form.truth.indicators:
            if row.target and re.search(r"\d", row.target):
                match = re.fullmatch(r"[=≥≤<](\d+(?:\.\d+)?)(\D.*)", row.target)
                assert match, row
                assert match[2] != "%" or float(match[1]) <= 100
        present = {row.level2 for row in form.truth.indicators if row.level3}
        assert {"数量", "质量", "社会效益", "满意度"} <= present


def test_composed_names_hold_no_open_slot() -> None:
    """A brace in a name would be a slot that nobody filled."""
    subject = make_subject(random.Random(5), "test")
    for kind in dictionary_names():
        for seed in range(40):
            item = compose(kind, subject, random.Random(seed))
            assert not re.search(r"[{}|]", item.name + item.goal.text)


def test_a_document_is_mostly_one_agency() -> None:
    """Archives hold the forms of one agency together; titles alike are what makes cutting them hard."""
    titles = [
        {form.truth.title for form in make_document(["zhengzhou-2020"] * 3, random.Random(seed), "train")}
        for seed in range(20)
    ]
    assert sum(len(found) < 3 for found in titles) > 10
