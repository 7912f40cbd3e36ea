"""How a form looks on paper: fonts, spacing, rulings, page breaks. Lengths are in points (1/72 inch)."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from pipeline.synth.render.fonts import LATIN, choose_family, find_face

A4 = (595.28, 841.89)
# Looks that are drawn on pages of the split "test" only, so that nothing was ever tuned on them.
HELD_OUT_RULINGS = ("dashed", "thick-double")


@dataclass(frozen=True, slots=True)
class Ruling:
    """The lines of a table. Widths in points; 0 draws nothing.

    kind of line: solid, dotted, dashed, double. `short` is how far a ruling may stop before the one it runs into.
    """

    name: str = "normal"
    inner: float = 0.5
    outer: float = 0.5
    inner_kind: str = "solid"
    outer_kind: str = "solid"
    sides: bool = True  # the outer rulings at left and right
    ends: bool = True  # the outer rulings at top and bottom
    short: float = 0.0


RULINGS = {
    "hair": Ruling("hair", 0.25, 0.25),
    "normal": Ruling("normal", 0.5, 0.5),
    "heavy": Ruling("heavy", 1.0, 1.0),
    "thick-outer": Ruling("thick-outer", 0.5, 1.5),
    "double-outer": Ruling("double-outer", 0.5, 0.5, outer_kind="double"),
    "dotted": Ruling("dotted", 0.75, 0.75, inner_kind="dotted"),
    "dashed": Ruling("dashed", 0.5, 1.0, inner_kind="dashed"),
    "thick-double": Ruling("thick-double", 0.75, 1.0, outer_kind="double"),
    "short": Ruling("short", 0.5, 0.5, short=2.0),
    "open-sides": Ruling("open-sides", 0.5, 1.0, sides=False),
    "no-outer": Ruling("no-outer", 0.5, 0.5, sides=False, ends=False),
    "none": Ruling("none", 0.0, 0.0),
}
# What archives hold: most forms are ruled plainly. "none" is drawn only when it is asked for.
RULING_WEIGHTS = {
    "hair": 3, "normal": 8, "heavy": 2, "thick-outer": 4, "double-outer": 1, "dotted": 1, "short": 2, "open-sides": 1,
    "no-outer": 1,
}  # fmt: skip
TEST_RULING_WEIGHTS = {**RULING_WEIGHTS, "dashed": 1, "thick-double": 1}


@dataclass(frozen=True, slots=True)
class RenderStyle:
    """All choices about the look of a form; the same style and form give the same pages."""

    family: str
    latin: str | None = None  # another family for letters and digits
    size: float = 10.5  # 五号, the commonest size in tables
    title_size: float = 16.0
    title_bold: bool = True
    label_bold: bool = False
    spacing: float = 1.3  # line pitch in ems
    pad_x: float = 4.0
    pad_y: float = 2.0
    min_row: float = 0.0  # least height of a row
    page: tuple[float, float] = A4
    margins: tuple[float, float, float, float] = (72.0, 62.0, 72.0, 62.0)  # top, right, bottom, left
    dpi: float = 200.0
    ruling: Ruling = RULINGS["normal"]
    shade: float = 0.0  # how dark shaded cells are: 0 white, 1 black
    shade_headers: bool = False  # headers and bars are shaded even where the form does not say so
    ink: int = 0  # grey level of text and rulings
    middle: bool = True  # cells stand in the middle of their row, not at its top
    centre_labels: bool = True
    amounts_right: bool = False
    fit_words: bool = True  # columns are wide enough not to break short numbers
    indent: float = 0.0  # ems before the first line of a paragraph in a narrative
    split_rows: bool = True  # a page break may cut a row; a row higher than a page is always cut
    repeat_header: bool = False
    repeat_labels: bool = False  # a label cut by a page break is printed again
    break_top: bool = True  # the edge of a cut cell is ruled at the top of the next page
    break_bottom: bool = True  # and at the bottom of this one
    break_outer: bool = False  # a page break is ruled like the table's outer edge
    page_number: str = ""  # with {page} and {pages}
    running_head: str = ""  # {title} stands for the form's title
    head_rule: bool = False  # a rule under the running head, as office programs draw it


def draw_style(rng: random.Random, split: str = "dev", columns: int = 4, **fixed: Any) -> RenderStyle:
    """Draw a style for tables of so many columns; `fixed` overrides its fields.

    Held-out fonts and line styles come only with split "test". Wide tables mostly stand on landscape pages.
    """
    weights = TEST_RULING_WEIGHTS if split == "test" else RULING_WEIGHTS
    family = choose_family(rng, split)
    landscape = rng.random() < (0.1 if columns < 7 else 0.5 if columns < 10 else 0.9)
    size = rng.choice((9.0, 10.0, 10.5, 10.5, 11.0, 12.0))
    side, end = rng.uniform(45, 80), rng.uniform(50, 85)
    style = RenderStyle(
        family=family,
        latin=rng.choice([name for name in LATIN if find_face(name)] or [None]) if rng.random() < 0.35 else None,
        size=size,
        title_size=rng.choice((15.0, 16.0, 18.0)),
        title_bold=rng.random() < 0.7,
        label_bold=rng.random() < 0.15,
        spacing=rng.uniform(1.15, 1.5),
        pad_x=rng.uniform(1.5, 5.5),
        pad_y=rng.uniform(0.8, 4.5),
        min_row=rng.choice((0.0, 0.0, rng.uniform(18, 26))),
        page=(A4[1], A4[0]) if landscape else A4,
        margins=(end, side, end, side),
        ruling=RULINGS[rng.choices(list(weights), list(weights.values()))[0]],
        shade=rng.uniform(0.06, 0.2),
        shade_headers=rng.random() < 0.15,
        ink=rng.choice((0, 0, 0, 20, 45)),
        middle=rng.random() < 0.8,
        centre_labels=rng.random() < 0.75,
        amounts_right=rng.random() < 0.2,
        fit_words=rng.random() < 0.85,
        indent=2.0 if rng.random() < 0.4 else 0.0,
        split_rows=rng.random() < 0.7,
        repeat_header=rng.random() < 0.3,
        repeat_labels=rng.random() < 0.3,
        break_top=rng.random() < 0.75,
        break_bottom=rng.random() < 0.75,
        break_outer=rng.random() < 0.4,
        page_number=rng.choice(("", "{page}", "- {page} -", "— {page} —", "第 {page} 页 共 {pages} 页")),
        running_head=rng.choice(("", "", "", "{title}", "部门预算公开附表")),
        head_rule=rng.random() < 0.5,
    )
    return replace(style, **fixed)
