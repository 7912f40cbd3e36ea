"""Proves that a sign alone in its cell is what it is beside its number, and that nothing else is touched."""

from __future__ import annotations

import pytest
from test_reader import Read, character, ink, paper, reader_saying, upright_of

from pipeline.document import Cell, Grid, Table
from pipeline.reader import read_tables


def texts_of(*said: Read, words: tuple[float, float] = (2.0, 8.0)) -> list[str]:
    """What two cells of one row are read as, each with one character in it."""
    page = paper(400, 60)
    character(page, words[0])
    ink(page, words[1], 0.5, 0.2, 0.9)
    boxes = ((0.0, 0.0, 200.0, 60.0), (200.0, 0.0, 400.0, 60.0))
    recognise, _ = reader_saying(*said)
    [table], _ = read_tables(upright_of(page), [Grid((Cell(0, 0), Cell(0, 1)), 1, 2, True, boxes)], recognise)
    assert isinstance(table, Table)
    return [reading.text for reading in table.readings]


@pytest.mark.parametrize(
    ("alone", "number", "together", "is_now"),
    [
        (Read("日", (0.3,)), "98", "=98", "="),
        (Read("2", (0.99,)), "98", "≥98", "≥"),
        (Read("日", (0.3,)), "98", "日98", "日"),
        (Read("日", (0.3,)), "98", "=93", "日"),
        (Read("日", (0.3,)), "套", "=套", "日"),
        (Read("元", (0.999,)), "98", "=98", "元"),
    ],
    ids=["misread", "two", "no sign", "another number", "no number", "sure"],
)
def test_an_operator_is_read_before_its_number(alone: Read, number: str, together: str, is_now: str) -> None:
    """The recogniser has learnt lines: = alone is 日 to it, =98 is what it has seen; the number must not change."""
    assert texts_of(alone, Read(number, (0.999,) * len(number)), Read(together, (0.99,) * len(together))) == [
        is_now, number,
    ]  # fmt: skip


def test_a_percent_sign_is_read_behind_its_number() -> None:
    """The rings of a lone % are figures to the recogniser."""
    said = Read("98", (0.999, 0.999)), Read("9", (0.4,)), Read("98%", (0.99,) * 3)

    assert texts_of(*said) == ["98", "%"]
