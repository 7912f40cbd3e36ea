"""Proofs for pipeline/grid: exact cells on drawn pages, and on tables drawn here line by line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.document import Grid, Page, Polygon, Upright
from pipeline.geometry import HORIZONTAL_TERMS, VERTICAL_TERMS, Warp
from pipeline.grid import find_grids
from pipeline.grid.blanks import text_along
from pipeline.grid.edges import Edges
from pipeline.grid.lines import Line, cluster
from pipeline.grid.pieces import Piece, drop_texts, search
from pipeline.grid.spans import mend
from pipeline.grid.strokes import open_strokes
from pipeline.straighten import straighten
from pipeline.synth.pages import make_pages
from pipeline.synth.render.page import RenderedPage

H = 30.0
Spans = set[tuple[int, int, int, int]]


def _upright(ink: NDArray[np.uint8]) -> Upright:
    size = (ink.shape[1], ink.shape[0])
    zeros = np.zeros(len(HORIZONTAL_TERMS)), np.zeros(len(VERTICAL_TERMS))
    warp = Warp(size, 0, 1.0, 0.0, float(max(size)), *zeros, (0.0, 0.0), size)
    return Upright(ink, warp, H, np.zeros((0, 4, 2)))


def _spans(grid: Grid) -> Spans:
    return {(cell.row, cell.col, cell.rowspan, cell.colspan) for cell in grid.cells}


def _sheet(rows: Sequence[int], columns: Sequence[int], thick: int = 2, double: bool = False) -> NDArray[np.uint8]:
    """Draw a table with rulings at these places."""
    ink = np.full((rows[-1] + 100, columns[-1] + 100), 255, np.uint8)
    for shift in (0, 2 * thick) if double else (0,):
        for y in rows:
            ink[y + shift : y + shift + thick, columns[0] : columns[-1] + thick + shift] = 0
        for x in columns:
            ink[rows[0] : rows[-1] + thick + shift, x + shift : x + shift + thick] = 0
    return ink


def _write(ink: NDArray[np.uint8], rows: Sequence[int], columns: Sequence[int], seed: int = 1) -> None:
    """Put strokes into the cells, as text would."""
    rng = np.random.default_rng(seed)
    for top, bottom in pairwise(rows):
        for left, right in pairwise(columns):
            y = (top + bottom) // 2
            for x in range(left + 12, right - 34, 26):
                for _ in range(4):
                    a, b = rng.integers(0, 22, 2), rng.integers(-11, 11, 2)
                    cv2.line(ink, (int(x + a[0]), int(y + b[0])), (int(x + a[1]), int(y + b[1])), 0, 2)


ROWS, COLUMNS = [80, 130, 180, 300, 350, 400], [60, 200, 480, 700]
FULL = {(r, c, 1, 1) for r in range(5) for c in range(3)}


@pytest.mark.parametrize(("thick", "double"), [(1, False), (2, False), (6, False), (2, True)])
def test_any_weight_of_ruling_makes_the_same_grid(thick: int, double: bool) -> None:
    """Hair lines, thick borders and double rulings are one ruling each."""
    ink = _sheet(ROWS, COLUMNS, thick, double)
    _write(ink, ROWS, COLUMNS)

    [grid] = find_grids(_upright(ink))

    assert _spans(grid) == FULL
    assert grid.ruled
    assert min(cell.support for cell in grid.cells) > 0.9


def test_dotted_rulings_are_rulings() -> None:
    """Office programs draw dots as long as they are apart."""
    ink = _sheet(ROWS, COLUMNS)
    yy, xx = np.mgrid[: ink.shape[0], : ink.shape[1]]
    ink[((yy // 2 + xx // 2) % 2) == 1] = 255
    _write(ink, ROWS, COLUMNS)

    [grid] = find_grids(_upright(ink))

    assert _spans(grid) == FULL


def test_missing_walls_are_spans() -> None:
    """A cell is what its walls enclose: a bar over all columns, a label over three rows."""
    ink = _sheet(ROWS, COLUMNS)
    ink[82:130, 200:202] = ink[82:130, 480:482] = 255
    ink[180:182, 62:200] = ink[300:302, 62:200] = 255
    cv2.putText(ink, "PERFORMANCE TARGETS", (150, 117), cv2.FONT_HERSHEY_SIMPLEX, 0.9, 0, 2)

    [grid] = find_grids(_upright(ink))

    inner = {(r, c, 1, 1) for r in (1, 2, 3) for c in (1, 2)}
    assert _spans(grid) == {(0, 0, 1, 3), (1, 0, 3, 1)} | inner | {(4, c, 1, 1) for c in range(3)}


def test_a_break_in_a_ruling_joins_no_cells() -> None:
    """Faxes break rulings; a gap that ends where no ruling ends is damage."""
    ink = _sheet(ROWS, COLUMNS)
    _write(ink, ROWS, COLUMNS)
    ink[128:134, 300:345] = 255
    ink[215:255, 198:204] = 255
    ink[348:354, 90:120] = 255

    [grid] = find_grids(_upright(ink))

    assert _spans(grid) == FULL


@pytest.mark.parametrize("far", [0.0, 3.0])
def test_a_ruling_that_drifts_down_the_page_is_one_to_its_end(far: float) -> None:
    """What flattening leaves of a curl: half a text height from head to foot, pixels from one row to the next.

    Strokes beside it are none of it, and neither are strokes beyond its end that stand off it.
    """
    drifting = [Piece(100.0 * i, 100.0 * i + 80.0, 300.0 - 1.5 * i, 2.0, 255.0) for i in range(10)]
    stroke = Piece(305.0, 335.0, 284.0 - far, 2.0, 255.0)
    beyond = Piece(1000.0, 1030.0, 300.0 - 1.5 * 9 - 8.0, 2.0, 255.0)

    line = max(cluster([*drifting, stroke, beyond], H), key=lambda line: len(line.pieces))

    assert sorted(piece.first for piece in line.pieces) == [piece.first for piece in drifting]
    assert line.at(940.0) == pytest.approx(286.5)


def test_open_sides_are_closed() -> None:
    """Many tables have no outer ruling, and a page break leaves none: where rulings end together, cells end."""
    ink = _sheet(ROWS, COLUMNS)
    ink[:, :62] = ink[:, 700:] = 255
    ink[80:82] = 255
    ink[60:130, 200:202] = 255
    ink[84:130, 200:202] = 0  # of the first row one inner ruling is left

    [grid] = find_grids(_upright(ink))

    assert {cell.col for cell in grid.cells} == {0, 1, 2}
    assert (grid.n_rows, grid.n_cols) == (5, 3)


def test_text_close_below_a_table_is_no_row_of_it() -> None:
    """Notes stand right below the last ruling, and strokes of theirs right below a wall."""
    ink = _sheet(ROWS, COLUMNS)
    ink[405:436, 200:202] = ink[405:436, 480:482] = 0

    [grid] = find_grids(_upright(ink))

    assert _spans(grid) == FULL


def test_two_tables_on_a_page_are_two_grids_from_top_to_bottom() -> None:
    """Roll-ups print one form under the other."""
    ink = np.full((1000, 800), 255, np.uint8)
    ink[: ROWS[-1] + 100] = _sheet(ROWS, COLUMNS)
    ink[500:] = _sheet(ROWS, COLUMNS[:2] + COLUMNS[3:])

    first, second = find_grids(_upright(ink))

    assert (first.n_cols, second.n_cols) == (3, 2)


def test_a_watermark_is_no_wall() -> None:
    """A pale stroke that happens to run from ruling to ruling is as straight as a wall, but not as dark."""
    ink = _sheet(ROWS, COLUMNS)
    ink[132:180, 600:603] = 190
    ink[302:350, 300:303] = 190

    [grid] = find_grids(_upright(ink))

    assert _spans(grid) == FULL


@pytest.mark.parametrize(
    ("level", "strokes"), [(98, [(82, 94, 118, 130)]), (20, [(132, 146, 172, 180), (182, 189, 215, 230)])]
)
def test_a_watermark_behind_a_stroke_of_text_makes_no_wall_of_it(
    level: int, strokes: list[tuple[int, int, int, int]]
) -> None:
    """Grey carries the stroke of a 7 or a 十 from ruling to ruling: an amount was parted, and nobody was asked."""
    ink = _sheet(ROWS, COLUMNS)
    ink[190:290, 500:530] = 190  # the rest of the watermark
    for above, top, bottom, below in strokes:
        ink[above:below, 338:343] = 190
        ink[top:bottom, 340:342] = level

    [grid] = find_grids(_upright(ink))

    assert _spans(grid) == FULL


def test_a_fold_over_the_whole_page_is_no_column() -> None:
    """A crease runs on above and below the table, rulings end with it."""
    ink = np.full((700, 800), 255, np.uint8)
    ink[100:600] = _sheet(ROWS, COLUMNS)
    ink[5:690, 340:344] = 60

    [grid] = find_grids(_upright(ink))

    assert _spans(grid) == FULL


def _open_sheet() -> NDArray[np.uint8]:
    """Draw the table without its outer rulings."""
    ink = _sheet(ROWS, COLUMNS)
    ink[:, :62] = ink[:, 700:] = 255
    for y in ROWS[1:-1]:
        ink[y : y + 2, 60:702] = 0
    ink[:82] = ink[400:] = 255
    return ink


def test_a_ruling_that_alone_parts_the_outer_rows_of_an_open_table_is_no_fold() -> None:
    """Without outer rulings it runs on beyond all other lines, but not beyond the page's text, as a fold does."""
    ink = _open_sheet()
    ink[132:350, 340:342] = 0
    ink[:130, 478:484] = ink[352:, 478:484] = 255  # the first and the last row have two cells each
    corners = [(x, y) for x in (90.0, 250.0) for y in (92.0, 360.0)]
    texts = np.array([[[x, y], [x + 80, y], [x + 80, y + 28], [x, y + 28]] for x, y in corners])

    [grid] = find_grids(replace(_upright(ink), lines=texts))

    assert {(0, 0, 1, 1), (0, 1, 1, 3), (4, 0, 1, 1), (4, 1, 1, 3)} <= _spans(grid)
    assert (grid.n_rows, grid.n_cols) == (5, 4)


def test_rulings_beside_merged_cells_of_an_open_table_belong_to_it() -> None:
    """Where the first columns are merged over all rows no horizontal touches their rulings."""
    ink = _open_sheet()
    ink[:, 60:400] = 255
    ink[82:400, 130:132] = ink[82:400, 270:272] = ink[82:400, 400:402] = 0

    [grid] = find_grids(_upright(ink))

    assert {(0, 0, 5, 1), (0, 1, 5, 1)} <= _spans(grid)


@pytest.mark.parametrize("detected", [True, False])
def test_strokes_over_each_other_in_the_lines_of_a_narrative_are_no_wall(detected: bool) -> None:
    """They are seen beside the characters and, in part, between the lines; detected lines run on over their place."""
    ink = _sheet([180, 300], COLUMNS)
    ink[184:298, 204:698] = 255
    tops = (188, 223, 258)
    for top, stroke in zip(tops, (35, 33, 28), strict=True):
        for x in range(210, 680, 30):
            cv2.rectangle(ink, (x, top), (x + 20, top + 26), 0, 2)
        ink[top : top + stroke, 480:482] = 0
    texts = np.array([[206.0, y, 690.0, y + 30] for y in tops if detected]).reshape(-1, 4)
    lines, rows = (
        [Line(place + 1.0, 2.0, []) for place in (200, 480, 700)],
        [Line(181.0, 2.0, []), Line(301.0, 2.0, [])],
    )
    edges = [Edges([True], [0.9], [True]) for _ in lines]

    open_strokes(search(ink, H)[1], lines, edges, rows, texts, H)

    assert edges[1].walls == [not detected]


def test_the_frame_of_a_stamp_that_is_set_on_askew_is_no_wall() -> None:
    """On a flattened page all rulings are level; a frame that leans parted the cells it lies on."""
    ink = _sheet(ROWS, COLUMNS)
    _write(ink, ROWS, COLUMNS)
    corners = cv2.boxPoints(((340.0, 300.0), (150.0, 150.0), 6.0)).astype(np.int32)
    cv2.polylines(ink, [corners], isClosed=True, color=60, thickness=4)

    [grid] = find_grids(_upright(ink))

    assert _spans(grid) == FULL


def test_strokes_at_the_height_of_a_ruling_that_ends_beside_a_joined_cell_make_no_column() -> None:
    """What stands over and under that height there is the joined cell's text, and grows out of nothing."""
    ink = _sheet(ROWS, COLUMNS)
    ink[180:182, 202:480] = 255  # a joined cell of two rows, in which two strokes stand in one line
    ink[160:178, 300:303] = ink[184:202, 300:303] = 0

    [grid] = find_grids(_upright(ink))

    assert grid.n_cols == 3


def test_a_wall_of_which_hardly_anything_is_left_is_doubted() -> None:
    """A person looks at the cells beside it, and at no others: a break and a designed span may look alike."""
    ink = _sheet(ROWS, COLUMNS)
    _write(ink, ROWS, COLUMNS)
    ink[133:178, 480:482] = 255
    ink[134:138, 480:482] = 0

    whole, [broken] = find_grids(_upright(_sheet(ROWS, COLUMNS)))[0], find_grids(_upright(ink))

    assert not any(whole.doubtful)
    doubted = {(c.row, c.col) for c, unsure in zip(broken.cells, broken.doubtful, strict=True) if unsure}
    assert (1, 1) in doubted
    assert doubted <= {(1, 1), (1, 2)}


def test_blank_pages_text_and_noise_have_no_grid() -> None:
    """A table that is not there would be worse than none."""
    rng = np.random.default_rng(5)
    blank = np.full((900, 700), 255, np.uint8)
    text = blank.copy()
    _write(text, list(range(40, 880, 44)), [30, 660])
    noise = rng.integers(0, 256, (900, 700), dtype=np.uint8)
    specks = np.where(rng.random((900, 700)) < 0.05, 0, 255).astype(np.uint8)

    assert [find_grids(_upright(page)) for page in (blank, text, noise, specks)] == [[], [], [], []]


def _corners(polygon: Polygon) -> NDArray[np.float64]:
    """The four corners of an outline, which on bent pages has more points."""
    points = np.array(polygon, np.float64)
    total, rest = points.sum(axis=1), points[:, 0] - points[:, 1]
    return points[[total.argmin(), rest.argmax(), total.argmax(), rest.argmin()]]


def _read(page: RenderedPage) -> list[Spans]:
    """Take a drawn page to its grids, with the drawn lines in the detector's place."""
    image = np.ascontiguousarray(page.image[:, :, ::-1])
    found = [line.polygon for table in page.tables for cell in table.cells for line in cell.lines]
    found += [line.polygon for line in page.lines]
    lines = np.array([_corners(polygon) for polygon in found])
    middle = lines.mean(axis=1, keepdims=True)
    lines = middle + (lines - middle) * np.array([1.0, 1.4] if page.turned % 180 == 0 else [1.4, 1.0])
    lines = np.array([np.roll(quad, -int(np.argmin(quad.sum(axis=1))), axis=0) for quad in lines])
    turned = page.turned in (180, 270)

    upright = straighten(
        Page(0, "p", "", image),
        lambda _, side: (lines / max(1.0, max(image.shape[:2]) / side)).astype(np.float32),
        lambda crops: np.full(len(crops), float(turned), np.float32),
    )
    return [_spans(grid) for grid in find_grids(upright)]


@pytest.mark.parametrize("kind", ["clean", "scan", "skew7", "dpi100", "fax", "stamp", "photo", "curl30"])
def test_drawn_pages_have_exact_grids(kind: str) -> None:
    """Every cell's row, column and spans, on whatever paper: one wall amiss shifts a whole form."""
    page = make_pages("sichuan-goal-2021", kind, 500_000)[1][0]

    assert _read(page) == [{(c.row, c.col, c.rowspan, c.colspan) for c in t.cells} for t in page.tables]


def test_a_wall_that_a_break_took_whole_stands_where_the_text_keeps_off_it() -> None:
    """Breaks of a fax take the wall of a one-line row; above and below, left and right it goes on."""
    ink = _sheet(ROWS, COLUMNS)
    _write(ink, ROWS, COLUMNS)
    ink[133:178, 480:482] = 255
    ink[134:137, 480:482] = 0  # what is left of it
    ink[205:225, 200:202] = 255  # other breaks: the page is a damaged one

    [grid] = find_grids(_upright(ink))

    assert _spans(grid) == FULL


def test_text_that_runs_over_a_line_joins_its_cells() -> None:
    """A heading is written over the place where the columns below it part."""
    ink = _sheet(ROWS, COLUMNS)
    _write(ink, ROWS, COLUMNS)
    ink[82:130, 202:700] = 255
    _write(ink, ROWS[:2], [200, 700])

    [grid] = find_grids(_upright(ink))

    assert (0, 1, 1, 2) in _spans(grid)


def test_a_row_without_verticals_does_not_part_a_table_open_at_its_sides() -> None:
    """Forms without side rulings have bars across them; nothing but horizontals bounds those."""
    ink = _sheet(ROWS, COLUMNS)
    ink[:, 690:705] = 255
    ink[:, 58:64] = 255
    ink[182:300, 60:] = 255
    ink[182:300, :] = 255
    ink[240:242, 60:700] = 0
    for y in ROWS:
        ink[y : y + 2, 62:700] = 0
    ink[242:300, [200, 201, 480, 481]] = 0

    grids = find_grids(_upright(ink))

    assert len(grids) == 1
    assert (2, 0, 1, 3) in _spans(grids[0])


def test_strokes_of_a_line_of_text_are_no_ruling() -> None:
    """Where text was detected, a stroke through its middle that goes no further belongs to it."""
    ink = _sheet([80, 250], COLUMNS)
    ink[160:164, 220:460] = 0
    around = np.array([[[215.0, 145.0], [465.0, 145.0], [465.0, 180.0], [215.0, 180.0]]])

    [grid] = find_grids(replace(_upright(ink), lines=around))

    assert (grid.n_rows, grid.n_cols) == (1, 3)


def test_a_column_of_labels_at_an_open_side_is_a_column() -> None:
    """A label over all rows of a continued page has no ruling but the one at its right."""
    ink = _sheet(ROWS, COLUMNS)
    ink[:, 690:] = 255
    for y in ROWS:
        ink[y : y + 2, 600:760] = 0
    label = np.array([[[20.0, 200.0], [48.0, 200.0], [48.0, 290.0], [20.0, 290.0]]])

    [grid] = find_grids(replace(_upright(ink), lines=label))

    assert grid.n_cols == 4
    assert (0, 0, 5, 1) in _spans(grid)


def _line(ink: NDArray[np.uint8], x: int, y: int, characters: int, rng: np.random.Generator) -> None:
    """Write a line of square characters; here and there a sign of punctuation leaves most of its square blank."""
    for number in range(characters):
        left = x + 25 * number
        if number and rng.random() < 0.12:
            ink[y + 18 : y + 23, left + 2 : left + 6] = 0
            continue
        for _ in range(3):
            a, b = rng.integers(0, 23, 2), rng.integers(0, 23, 2)
            cv2.line(ink, (left + int(a[0]), y + int(b[0])), (left + int(a[1]), y + int(b[1])), 0, 2)
        ink[y : y + 2, left + 1 : left + 21] = 0
        ink[y + 21 : y + 23, left + 1 : left + 21] = 0


def _unruled(lengths: Sequence[Sequence[int]], lefts: Sequence[int], pitch: int = 46) -> NDArray[np.uint8]:
    """Write rows of texts of so many characters, each beginning at its column's left; 0 leaves a cell blank."""
    ink = np.full((160 + pitch * len(lengths), 1500), 255, np.uint8)
    rng = np.random.default_rng(3)
    for number, row in enumerate(lengths):
        for left, characters in zip(lefts, row, strict=True):
            _line(ink, left, 80 + pitch * number, characters, rng)
    return ink


def test_a_table_without_rulings_is_inferred_and_says_so() -> None:
    """Reports typed with tabs have no rulings; nobody should take their cells for ruled ones."""
    ink = _unruled([(4, 6, 3), (3, 5, 4), (5, 7, 2), (2, 6, 0), (4, 8, 3)], (100, 400, 900))

    [grid] = find_grids(_upright(ink))

    assert not grid.ruled
    assert _spans(grid) == {(r, c, 1, 1) for r in range(5) for c in range(3)}
    assert {cell.support for cell in grid.cells} == {0.0}


def test_a_cell_that_runs_over_two_lines_is_one_row() -> None:
    """A text is wrapped at the end of its column only, and the other columns are blank beside its second line."""
    ink = _unruled([(4, 8, 3), (3, 16, 4), (0, 5, 0), (5, 7, 2), (4, 16, 3), (0, 3, 0)], (100, 400, 1000))

    [grid] = find_grids(_upright(ink))

    assert (grid.n_rows, grid.n_cols) == (4, 3)


def test_a_heading_over_two_columns_spans_them() -> None:
    """It is centred over what it heads."""
    ink = _unruled([(4, 5, 4)] * 8, (100, 500, 1000))
    ink[60:110, 350:] = 255
    _line(ink, 700, 80, 6, np.random.default_rng(4))

    [grid] = find_grids(_upright(ink))

    assert (0, 1, 1, 2) in _spans(grid)


@pytest.mark.parametrize("seed", range(6))
def test_paragraphs_are_no_table(seed: int) -> None:
    """Prose has no blanks that run through its lines: not one paragraph, not a list, not two columns of it."""
    rng = np.random.default_rng(seed)
    ink = np.full((1700, 1500), 255, np.uint8)
    for number in range(30):
        first, last = number % 7 == 0, number % 7 == 6
        _line(ink, 100 + 50 * first, 80 + 46 * number, int(rng.integers(8, 40)) if last else 50 - 2 * first, rng)
    columns = np.full((1700, 1500), 255, np.uint8)
    for number in range(30):
        for left in (100, 800):
            _line(columns, left, 80 + 46 * number, int(rng.integers(5, 20)) if number % 7 == 6 else 24, rng)
    numbered = np.full((1700, 1500), 255, np.uint8)
    for number in range(12):
        _line(numbered, 100, 80 + 92 * number, 1, rng)
        _line(numbered, 180, 80 + 92 * number, 45, rng)
        _line(numbered, 180, 126 + 92 * number, int(rng.integers(5, 45)), rng)

    assert find_grids(_upright(ink)) == []
    assert find_grids(_upright(columns)) == []
    assert find_grids(_upright(numbered)) == []


def test_the_strokes_of_a_line_of_text_are_no_ruling_where_no_box_tells() -> None:
    """On bent pages the detector's boxes hold two lines; the strokes of thin faces make a line of their own."""
    text = _sheet((100, 500), (100, 1100))
    text[300:302, 160:400] = 0
    for x in range(162, 400, 20):
        text[302:322, x : x + 2] = 0
    ruled = _sheet((100, 300, 500), (100, 1100))
    for ink, left in ((text, 2), (ruled, 3)):
        across, _ = search(ink, H)
        assert len(across.pieces) == 3
        drop_texts(across, np.zeros((0, 4, 2)), H)
        assert len(across.pieces) == left


def test_the_rulings_of_a_shaded_row_are_no_strokes_however_noisy_the_shade() -> None:
    """A scanner's noise cuts a dark shade into what looks like strokes hanging on the ruling over it."""
    ink = _sheet((100, 160, 500), (100, 1100))
    noise = np.random.default_rng(5).normal(165, 12, (56, 996)).clip(0, 255).astype(np.uint8)
    ink[103:159, 103:1099] = noise
    across, _ = search(ink, H)
    found = len(across.pieces)
    drop_texts(across, np.zeros((0, 4, 2)), H)
    assert len(across.pieces) == found == 3


@pytest.mark.parametrize(("seen", "wall"), [(1.0, True), (0.2, False)])
def test_a_wall_that_ends_inside_a_joined_cell_is_drawn_to_its_end_where_most_of_it_is_ruled(
    seen: float, wall: bool
) -> None:
    """A cell is a rectangle, and so are the two that a ruling parts under which a line of text hides a third of it."""
    rows, columns = ([Line(place, 2.0, []) for place in (0.0, 100.0, 200.0)] for _ in range(2))
    whole, none = Edges([True, True], [1.0, 1.0], [True, True]), Edges([False, False], [0.0, 0.0], [False, False])
    middle = Edges([False, True], [0.33, seen], [False, True])
    mend(rows, columns, [whole, middle, whole], [whole, none, whole])
    assert middle.walls == [wall, True]


@pytest.mark.parametrize("axis", [0, 1])
def test_text_along_a_line_is_what_is_more_than_dust(axis: int) -> None:
    """Pixel by pixel: a row or column counts where a patch of a few pixels or more has one in it."""
    rng = np.random.default_rng(5)
    for share in (0.02, 0.1, 0.3):
        window = (rng.random((60, 90)) < share).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(window, connectivity=8)
        large = stats[:, cv2.CC_STAT_AREA] >= 15.2  # (.13 of 30)²
        large[0] = False

        assert np.array_equal(text_along(window, 30.0, axis), large[labels].any(axis=1 - axis))
