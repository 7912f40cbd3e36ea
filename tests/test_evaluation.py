"""The figures are right: what is wrong counts, what is shown to a person is not silent, and nothing counts twice."""

import pytest
from builders import records_of
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evaluation.forms import FormScore, align, score_document
from pipeline.records import Record
from pipeline.synth.model import Truth, TruthIndicator

ROWS = (
    ("投入与目标管理", "投入管理", "预算执行率", "=100%"),
    ("产出目标", "数量", "培训人数", "≥50人"),
    ("效果目标", "满意度", "群众满意度", "≥90%"),
)
TITLE = "某某县水利局预算项目绩效目标表"
TRUTH = Truth(
    TITLE, 2020, "某某县水利局", None, {"项目名称": "防汛人员培训"}, tuple(TruthIndicator(*row) for row in ROWS)
)


def record_with(*rows: tuple[str, ...], title: str = TITLE) -> Record:
    """The record of a form with these rows."""
    head = f"{title}\n(2020年)\n项目名称 | 防汛人员培训 | |\n一级指标 | 二级指标 | 三级指标 | 目标值\n"
    [record] = records_of(head + "\n".join(" | ".join(row) for row in rows))
    return record


def test_a_right_record_has_full_marks() -> None:
    """Every form, row, field, title, agency and year."""
    score = score_document([record_with(*ROWS)], [TRUTH])

    assert (score.f1, score.field_share, score.head_right, score.silent, score.faults) == (1.0, 1.0, 3, 0, [])


def test_a_wrong_value_that_asks_nobody_is_a_silent_error() -> None:
    """The figure above all figures."""
    changed = (ROWS[0], (*ROWS[1][:3], "≥500人"), ROWS[2])

    score = score_document([record_with(*changed)], [TRUTH])

    assert (score.rows_right, score.wrong, score.silent) == (2, 1, 1)
    assert len(score.faults) == 1


def test_a_wrong_value_under_review_is_not_silent() -> None:
    """A person will see it."""
    record = record_with(ROWS[0], (*ROWS[1][:3], "≥500人"), ROWS[2])
    rows = [row.model_copy(update={"review": True}) for row in record.indicators]

    score = score_document([record.model_copy(update={"indicators": rows})], [TRUTH])

    assert (score.wrong, score.silent) == (1, 0)


def test_a_row_too_few_counts_all_its_values() -> None:
    """And the rows after it still count as right."""
    score = score_document([record_with(ROWS[0], ROWS[2])], [TRUTH])

    assert (score.rows_right, score.wrong, score.silent) == (2, 4, 4)


@pytest.mark.parametrize(("found", "wanted"), [(0, 1), (1, 2)])
def test_a_lost_form_counts_all_its_values(found: int, wanted: int) -> None:
    """Twelve values in three rows, and one field."""
    score = score_document([record_with(*ROWS)] * found, [TRUTH] * wanted)

    assert (score.forms, score.forms_found) == (wanted, found)
    assert (score.wrong, score.silent) == (13, 13)


def test_a_label_as_printed_is_no_fault_of_the_levels() -> None:
    """Whether it should have been repaired is the labels' figure."""
    rows = record_with(*ROWS).indicators
    rows[1] = rows[1].model_copy(update={"level3": "培川人数"})
    record = record_with(*ROWS).model_copy(update={"indicators": rows})

    assert score_document([record], [TRUTH]).rows_right == 2
    assert score_document([record], [TRUTH], as_printed=[{"培训人数": "培川人数"}]).rows_right == 3


def test_scores_add_up() -> None:
    """Totals are sums of their parts."""
    one, two = FormScore(forms=1, wrong=2, faults=["a"]), FormScore(forms=2, silent=3, faults=["b"])

    assert one + two == FormScore(forms=3, wrong=2, silent=3, faults=["a", "b"])


row = st.tuples(*[st.sampled_from("甲乙")] * 4)


@given(st.lists(row, max_size=6), st.lists(row, max_size=6))
def test_alignment_uses_every_row_once_and_in_order(
    found: list[tuple[str, ...]], wanted: list[tuple[str, ...]]
) -> None:
    """No row is counted twice, none is left out."""
    pairs = align(found, wanted)

    assert [i for i, _ in pairs if i is not None] == list(range(len(found)))
    assert [j for _, j in pairs if j is not None] == list(range(len(wanted)))
    assert all(i is not None or j is not None for i, j in pairs)


@given(st.lists(row, max_size=6, unique=True))
def test_equal_rows_are_aligned_with_themselves(rows: list[tuple[str, ...]]) -> None:
    """A perfect reading aligns without a gap."""
    assert align(rows, rows) == [(i, i) for i in range(len(rows))]
