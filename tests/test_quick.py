"""Proves `pipeline/quick.py`: a noun that is made quickly is the noun it was."""

from __future__ import annotations

import inspect
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from pipeline.document import RowCell
from pipeline.quick import quick


@dataclass(frozen=True, slots=True)
class _Plain:
    name: str
    count: int = 1
    parts: tuple[str, ...] = ()


@quick
@dataclass(frozen=True, slots=True)
class _Quick:
    name: str
    count: int = 1
    parts: tuple[str, ...] = ()


def test_a_quick_noun_takes_what_the_plain_one_takes() -> None:
    """By place, by name, with defaults, and never too little or too much."""
    assert inspect.signature(_Quick) == inspect.signature(_Plain)
    for given, named in ((("甲",), {}), (("甲", 2), {"parts": ("乙",)}), ((), {"name": "甲"})):
        quickly, plainly = _Quick(*given, **named), _Plain(*given, **named)
        assert [getattr(quickly, f.name) for f in fields(quickly)] == [
            getattr(plainly, f.name) for f in fields(plainly)
        ]
    with pytest.raises(TypeError):
        _Quick()  # type: ignore[call-arg]
    with pytest.raises(TypeError):
        _Quick("甲", other=1)  # type: ignore[call-arg]


def test_a_quick_noun_is_frozen_equal_and_travels() -> None:
    """What others rely on: values do not change, replace makes new ones, workers are sent them."""
    cell = RowCell("产出指标", 1, 2)

    with pytest.raises(FrozenInstanceError):
        cell.text = "效益指标"  # type: ignore[misc]
    assert replace(cell, row=3) == cell.in_row(3) != cell
    assert pickle.loads(pickle.dumps(cell)) == cell
    assert hash(cell) == hash(RowCell("产出指标", 1, 2))


def test_what_makes_more_than_its_values_is_refused() -> None:
    """Its own constructor would do what the quick one does not."""

    @dataclass(frozen=True, slots=True)
    class Made:
        parts: list[str] = field(default_factory=list)

    with pytest.raises(TypeError, match="Made"):
        quick(Made)
