"""Proves pipeline/dates.py."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.dates import find_dates, fold, read_date

DAYS = st.dates(datetime.date(1950, 1, 1), datetime.date(2099, 12, 31))


@given(DAYS)
def test_every_spelling_of_a_day_is_the_same_day(day: datetime.date) -> None:
    """Forms of twelve years print dates in at least these ways."""
    y, m, d = day.year, day.month, day.day
    spellings = [
        f"{y}-{m:02d}-{d:02d}",
        f"{y}.{m}.{d}",
        f"{y}/{m}/{d}",
        f"{y}年{m}月{d}日",
        f"{y}{m:02d}{d:02d}",
        f"{y} 年 {m} 月 {d} 日",
        "".join(chr(ord(c) + 0xFEE0) if c.isascii() else c for c in f"{y}年{m:02d}月{d:02d}日"),
    ]

    assert {found.iso() if (found := read_date(text)) else text for text in spellings} == {day.isoformat()}


@given(DAYS, DAYS, st.sampled_from(["-", "—", "－", "~", "～", "至", "到", "——", " - "]))
def test_a_period_keeps_both_ends(one: datetime.date, other: datetime.date, to: str) -> None:
    """A period read as its first half would shorten a project."""
    first, last = sorted((one, other))

    found = read_date(f"{first.year}年{first.month}月{first.day}日{to}{last.year}年{last.month}月{last.day}日")

    expected = {f"{first}/{last}"} if first != last else {str(first)}
    assert found is not None
    assert found.iso() in expected


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2019年11-12月", "2019-11/2019-12"),
        ("2020年7月—2021年6月", "2020-07/2021-06"),
        ("2020年7月-10月", "2020-07/2020-10"),
        ("2020年1月10日—3月1日", "2020-01-10/2020-03-01"),
        ("1-12月", "--01/--12"),
        ("12月底", "--12"),
        ("2018—2022年", "2018/2022"),
        ("202001-202012", "2020-01/2020-12"),
        ("2020年度", "2020"),
    ],
)
def test_the_second_half_borrows_what_only_the_first_prints(text: str, iso: str) -> None:
    """Plans print the year once; a missing year stays missing."""
    found = read_date(text)

    assert found is not None
    assert found.iso() == iso


@pytest.mark.parametrize("text", ["2020年2月31日", "2020年13月", "30-12", "6.5", "2020", "1234年", "0371-60938058", ""])
def test_what_is_no_date_is_none(text: str) -> None:
    """An impossible date is a misreading or no date; inventing another one would be worse."""
    assert read_date(text) is None


@given(st.text())
def test_any_text_is_searched_and_places_are_true(text: str) -> None:
    """Findings quote the words that were found."""
    for found in find_dates(text):
        assert text[found.start : found.end] == found.text


@given(st.text())
def test_folding_keeps_every_place(text: str) -> None:
    """Places in the folded text are places in the text as read."""
    assert len(fold(text)) == len(text)
