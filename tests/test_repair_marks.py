"""Proves that dust and misread marks of names read from pictures are mended, and that somebody looks."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.document import Label, Line, Place, Posterior, Repair, Role, Status
from pipeline.repair.marks import with_numbers, without_dust
from pipeline.repair.shaded import with_heads_of_shaded_cells

_PICTURE = Posterior(np.zeros((1, 1), np.int32), np.zeros((1, 1), np.float16), "none")
_OTHERS = ("参训人员满意度", "调查样本数", "资金到位率")


def mended(text: str, *others: str, picture: bool = True, repair: Repair | None = None) -> Repair:
    names = (text, *others)
    labels = [Label(n, Role.LEVEL3, (), (Line(n, Place(), 0.9, _PICTURE if picture else None),)) for n in names]
    repairs = [repair or Repair(text, text, Status.UNKNOWN), *(Repair(n, n, Status.UNKNOWN) for n in others)]
    return without_dust(labels, repairs)[0]


@pytest.mark.parametrize(
    ("read", "value"),
    [
        ("渔民转产培训到会率，", "渔民转产培训到会率"),
        ("成本控制.率", "成本控制率"),
        ("“渔业安全警示教育：参加人数", "“渔业安全警示教育”参加人数"),
    ],
)
def test_a_mark_that_no_name_has_is_dust_and_asks(read: str, value: str) -> None:
    found = mended(read, *_OTHERS)

    assert (found.value, found.status) == (value, Status.REPAIRED)
    assert found.score < 0.9


@pytest.mark.parametrize("read", ["渔民转产培训到会率", "买买提·艾力满意度", "“渔业：安全”人数", "1.参加人数"])
def test_sound_names_stay(read: str) -> None:
    assert mended(read, *_OTHERS) == Repair(read, read, Status.UNKNOWN)


def test_stops_that_the_forms_names_have_are_meant() -> None:
    assert mended("培训到会率。", "参训人员满意度。", "调查样本数。").value == "培训到会率。"


def test_text_that_nobody_read_from_a_picture_stays() -> None:
    assert mended("培训到会率，", *_OTHERS, picture=False).value == "培训到会率，"


def test_a_repair_keeps_what_it_mended() -> None:
    """退投士兵持证上岗率。 was mended by the picture, and has dust at its end all the same."""
    repair = Repair("退投上岗率。", "退役上岗率。", Status.REPAIRED, "look-alike", score=0.97)

    found = mended("退投上岗率。", *_OTHERS, repair=repair)

    assert (found.value, found.raw, found.score < 0.9) == ("退役上岗率", "退投上岗率。", True)


@pytest.mark.parametrize(
    ("labels", "value"),
    [
        (("任务]", "任务2", "任务3"), "任务1"),
        (("任务]", "任务1", "任务2"), "任务]"),  # which one it is, nobody knows
        (("任务]", "任务"), "任务]"),
        (("单位1", "单位2"), "单位1"),
    ],
)
def test_a_stroke_behind_a_label_is_the_one_that_its_series_lacks(labels: tuple[str, ...], value: str) -> None:
    known = [Repair(text, text, Status.UNKNOWN) for text in labels]
    first = with_numbers([Label(text, Role.LABEL, (), ()) for text in labels], known)[0]

    assert first.value == value
    assert (first.score < 0.9) is (value != labels[0] or first.status is Status.UNKNOWN)


@pytest.mark.parametrize(
    ("labels", "value"),
    [
        (("任务1", "任务2", "任务至"), "任务3"),
        (("任务1", "任务2", "任务分工"), "任务分工"),  # no number is so long
        (("任务1", "任务2", "任务至", "任务3"), "任务至"),  # which one it is, nobody knows
        (("单位", "单位名"), "单位名"),
    ],
)
def test_a_strange_mark_behind_a_label_is_the_number_that_comes_next(labels: tuple[str, ...], value: str) -> None:
    known = [Repair(text, text, Status.UNKNOWN) for text in labels]
    found = with_numbers([Label(text, Role.LABEL, (), ()) for text in labels], known)

    at = next(i for i, text in enumerate(labels) if text.startswith(("任务至", "任务分", "单位名")))
    assert found[at].value == value
    assert value == labels[at] or found[at].score < 0.9


def _shaded(*lines: tuple[str, float]) -> Label:
    text = "".join(text for text, _ in lines)
    return Label(text, Role.LABEL, (), tuple(Line(text, Place(), sure) for text, sure in lines))


HEADS = ("单位代码", "实施期绩效目标", "项目年度绩效目标", "权重")


@pytest.mark.parametrize(
    ("label", "name"),
    [
        pytest.param(_shaded(("项目年度绩效目标", 0.99), ("黄田中度美双日标", 0.3)), "项目年度绩效目标", id="line"),
        pytest.param(_shaded(("RARA", 0.5), ("安施期绩效目标", 0.5)), "实施期绩效目标", id="before"),
        pytest.param(_shaded(("权重", 0.99), ("1", 0.5)), "权重", id="behind"),
        pytest.param(_shaded(("项目年度绩效目标", 0.9), ("项目年度绩效目标", 0.8)), "项目年度绩效目标", id="twice"),
        pytest.param(_shaded(("单泣代冯", 0.6)), "单位代码", id="half of it, and nothing else is like it"),
        pytest.param(_shaded(("单泣代冯", 0.97)), None, id="another label, surely read"),
        pytest.param(_shaded(("项目年度绩效目标", 0.99), ("及说明", 0.97)), None, id="a label of its own"),
        pytest.param(_shaded(("绩效目标", 0.5)), None, id="less than a name"),
        pytest.param(_shaded(("备注一栏", 0.4)), None, id="another label"),
    ],
)
def test_a_layout_s_label_is_told_from_shading_read_as_letters(label: Label, name: str | None) -> None:
    """The value under it would stand under a name that nobody asks for; what is so named asks."""
    unknown = Repair(label.text, label.text, Status.UNKNOWN)

    [repair] = with_heads_of_shaded_cells([label], [unknown], HEADS)

    assert repair.value == (name or label.text)
    assert (repair.status is Status.REPAIRED) == (name is not None)
    assert name is None or repair.score < 0.9


def test_a_name_that_another_label_has_is_not_given_twice() -> None:
    """Only what was surely read names a field for a second time: heads of amounts stand over several rows."""
    labels = [_shaded(("RARA", 0.5), ("安施期绩效目标", 0.5)), _shaded(("实施期绩效目标", 0.99))]
    repairs = [Repair(label.text, label.text, Status.UNKNOWN) for label in labels]

    assert with_heads_of_shaded_cells(labels, repairs, HEADS) == repairs
