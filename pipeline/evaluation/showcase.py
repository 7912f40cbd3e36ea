"""The pictures of the documentation, from the fixture pages and their recorded readings: no engine is needed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pipeline.debug import draw_page, write_page
from pipeline.evaluation.recorded import open_case, recorded_readings
from pipeline.forms import join_forms
from pipeline.interpret import interpret, load_interpret_tools
from pipeline.levels import label_form
from pipeline.rolemap import RoleMap
from pipeline.synth.fixtures import CASES
from pipeline.synth.showcase import draw_page_and_record

# The page that the README shows: seals, a watermark, thirteen rows.
BESIDE = "stamp"
# One page of each is shown as `--debug` draws it.
DEBUGGED = ("photo", "stamp", "fax")
# Large enough to read the roles, small enough for a clone.
_SIDE = 1000


def draw_documentation(fixtures: Path, out: Path) -> Iterator[Path]:
    """Write the documentation's pictures into `out` and yield their paths."""
    tools = load_interpret_tools()
    cases = {case.name: case for case in CASES}
    for name in dict.fromkeys((BESIDE, *DEBUGGED)):
        page = next(iter(open_case(fixtures, cases[name])))
        readings = recorded_readings(fixtures, cases[name])
        if name == BESIDE:
            [record] = interpret(readings, name, "0" * 64, tools)
            yield _written(out / "page-and-record.png", draw_page_and_record(page.image, record))
        if name in DEBUGGED:
            forms, _ = join_forms(readings, tools.templates, tools.dictionaries)
            roles = RoleMap(readings, [label_form(form, tools.levels) for form in forms])
            yield _written(out / f"debug-{name}.png", draw_page(page, readings[0], roles, side=_SIDE))


def _written(path: Path, picture: bytes) -> Path:
    write_page(path, picture)
    return path
