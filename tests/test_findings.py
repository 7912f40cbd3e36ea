"""Proves pipeline/evaluation/findings.py, and by it that sound text raises no alarm."""

from __future__ import annotations

from pipeline.evaluation.findings import Alarms, false_alarms
from pipeline.interpret import load_interpret_tools
from pipeline.records import Finding

LAYOUTS = ("zhengzhou-2020", "mof-2015-88-single", "sichuan-goal-2021", "yunnan-goal", "invented-heads")


def test_sound_forms_read_from_their_text_raise_no_alarm() -> None:
    """Who is asked to look at a form in which nothing is wrong stops looking."""
    perfect, read = false_alarms(LAYOUTS, 2, 500_000, "dev", load_interpret_tools())

    assert (perfect.forms, read.forms) == (10, 10)
    assert perfect.shown == []
    assert read.shown == []


def test_information_is_no_alarm() -> None:
    """Only errors and warnings ask for a look."""
    alarms = Alarms()
    told = Finding(code="form.blank", severity="info", at="form", message="空表", remedy="")
    asked = Finding(code="target.lost", severity="error", at="indicators[0].target", message="没有读到", remedy="")

    alarms.add("one", [told])
    alarms.add("two", [told, asked])

    assert (alarms.forms, alarms.alarmed, dict(alarms.codes)) == (2, 1, {"target.lost": 1})
