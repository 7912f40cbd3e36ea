"""Laws of damaged labels."""

from __future__ import annotations

import random

import pytest

from pipeline.dictionaries import comparison_key, load_dictionaries
from pipeline.synth.typos import KINDS, SINGLE_KINDS, Kind, damage_label, dictionary_keys, look_alikes

NAMES = sorted(load_dictionaries().names("level3"))[::7]


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_label_is_an_error_that_can_be_seen(kind: Kind) -> None:
    """It differs by more than spaces and is no other dictionary name, else nobody could call it an error."""
    made = [(name, damage_label(name, kind, random.Random(seed))) for seed, name in enumerate(NAMES)]
    damaged = [(name, after) for name, after in made if after is not None]

    assert len(damaged) > 0.5 * len(NAMES)
    for name, after in damaged:
        assert comparison_key(after) != comparison_key(name)
        assert comparison_key(after) not in dictionary_keys()


def test_displacement_puts_one_character_last() -> None:
    """s[:i] + s[i+1:] + s[i]: one error to a reader, though two edits to Levenshtein."""
    for seed, name in enumerate(NAMES):
        after = damage_label(name, "displaced", random.Random(seed))
        if after is not None:
            assert sorted(after) == sorted(name)
            assert any(name[:i] + name[i + 1 :] + name[i] == after for i in range(len(name) - 2))


@pytest.mark.parametrize(
    ("kind", "change"), [("dropped", -1), ("inserted", 1), ("doubled", 1), ("swapped", 0), ("look-alike", 0)]
)
def test_each_kind_changes_length_by_its_own_amount(kind: Kind, change: int) -> None:
    """The kinds are told apart by what they do, so that figures by kind mean something."""
    made = [(name, damage_label(name, kind, random.Random(seed))) for seed, name in enumerate(NAMES)]

    assert {len(after) - len(name) for name, after in made if after} == {change}


def test_digits_stay() -> None:
    """A wrong digit cannot be told from a right one: labels' numbers are not damaged."""
    for kind in SINGLE_KINDS:
        for seed in range(30):
            after = damage_label("重点工作12完成率", kind, random.Random(seed))
            assert after is None or "12" in after or kind == "inserted"


def test_test_split_has_look_alikes_of_its_own() -> None:
    """A repair model must not be measured on the pairs it was trained on."""
    train, test = look_alikes("train"), look_alikes("test")

    shared = {(one, other) for one, others in train.items() for other in others if other in test.get(one, "")}
    assert not shared
    assert look_alikes("dev") == train
    assert damage_label("项目资金到位", "look-alike", random.Random(1), "test") is not None


def test_the_same_seed_gives_the_same_error() -> None:
    """Damage can be made again."""
    for kind in KINDS:
        one, two = (damage_label("财务管理制度健全性", kind, random.Random(9)) for _ in range(2))
        assert one == two


def test_what_cannot_be_damaged_is_left() -> None:
    """A single character has no error that leaves a label."""
    assert all(damage_label("率", kind, random.Random(0)) is None for kind in KINDS)
