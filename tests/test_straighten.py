"""Proofs for pipeline/straighten: the map between page and upright page, which way is up, seals and dots."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.document import Page, Polygon, Upright
from pipeline.geometry import HORIZONTAL_TERMS, VERTICAL_TERMS, Warp
from pipeline.straighten import straighten
from pipeline.straighten.flatten import apply_warp
from pipeline.straighten.light import find_desk, without_dither
from pipeline.straighten.seals import FoundSeal, clean, outside_seals
from pipeline.straighten.textlines import find_turns, text_height
from pipeline.synth.pages import make_pages
from pipeline.synth.render.page import RenderedPage

LAYOUT = "mof-2021-101-core"


@cache
def _page(kind: str, seed: int = 41) -> RenderedPage:
    return make_pages(LAYOUT, kind, seed)[1][0]


def _corners(polygon: Polygon) -> NDArray[np.float64]:
    """The four corners of an outline, which on bent pages has more points."""
    points = np.array(polygon, np.float64)
    total, rest = points.sum(axis=1), points[:, 0] - points[:, 1]
    return points[[total.argmin(), rest.argmax(), total.argmax(), rest.argmin()]]


def _lines(page: RenderedPage) -> NDArray[np.float32]:
    """Text lines as a detector would find them: the drawn ones, their boxes padded."""
    found = [cell.polygon for table in page.tables for c in table.cells for cell in c.lines]
    found += [line.polygon for line in page.lines]
    quads = np.array([_corners(polygon) for polygon in found])
    middle = quads.mean(axis=1, keepdims=True)
    across = quads[:, 1:2] - quads[:, 0:1]
    down = quads[:, 3:4] - quads[:, 0:1]
    pad = 0.2 * np.linalg.norm(down, axis=2, keepdims=True)
    for side in (across, down):
        unit = side / np.maximum(np.linalg.norm(side, axis=2, keepdims=True), 1e-6)
        quads += pad * unit * np.sign(((quads - middle) * unit).sum(axis=2, keepdims=True))
    return quads.astype(np.float32)


def _upright(page: RenderedPage, upside_down: bool = False) -> Upright:
    image = np.ascontiguousarray(page.image[:, :, ::-1])

    def find_lines(small: NDArray[np.uint8], side: int) -> NDArray[np.float32]:
        return _lines(page) / np.float32(max(1.0, max(image.shape[:2]) / side))

    def tell(crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        return np.full(len(crops), float(upside_down), np.float32)

    return straighten(Page(0, "p", "", image), find_lines, tell)


@pytest.mark.parametrize("seed", range(6))
def test_points_come_back_through_the_warp(seed: int) -> None:
    """Every place in a record is mapped back; a record that points a pixel off the page's own place is no evidence."""
    rng = np.random.default_rng(seed)
    order = np.array([i + j for i, j in HORIZONTAL_TERMS])
    bend_y = rng.normal(0, 0.008, len(order)) / order**1.5
    bend_x = rng.normal(0, 0.005, len(VERTICAL_TERMS)) / np.array([i + j for i, j in VERTICAL_TERMS]) ** 1.5
    size = (1654, 2339) if seed % 2 else (2339, 1654)
    warp = Warp(
        size, seed % 4, rng.uniform(0.5, 1.6), rng.uniform(-0.12, 0.12), 2339.0, bend_y, bend_x, (9, -7), (1, 1)
    )
    points = rng.uniform((0, 0), size, (400, 2))

    back = warp.to_page(warp.to_upright(points))

    assert np.linalg.norm(back - points, axis=1).max() < 0.5


@pytest.mark.parametrize("kind", ["skew7", "photo", "curl30"])
def test_rulings_stand_level_after_straightening(kind: str) -> None:
    """Cells are cut out as boxes: what still bends by a third of a line would be cut off."""
    page = _page(kind)

    upright = _upright(page)

    bends = []
    for table in page.tables:
        for cell in table.cells:
            corners = upright.warp.to_upright(_corners(cell.polygon))
            if cell.colspan == table.n_cols or corners[1, 0] - corners[0, 0] > 3 * upright.text_height:
                bends.append(abs(corners[1, 1] - corners[0, 1]))
    assert len(bends) > 5
    assert max(bends) < 0.2 * upright.text_height


def test_a_tight_table_does_not_bend_its_page() -> None:
    """Where text all but touches the rulings, few of them are traced at half the size: the page was bent.

    Four rows of a self-evaluation were read as one.
    """
    page = make_pages("self-eval-2020-10", "dpi100", 41, pad_y=0.5, spacing=1.15, size=9.0, min_row=0.0)[1][0]

    upright = _upright(page)

    for table in page.tables:
        for cell in table.cells:
            corners = upright.warp.to_upright(_corners(cell.polygon))
            if corners[1, 0] - corners[0, 0] > 3 * upright.text_height:
                assert abs(corners[1, 1] - corners[0, 1]) < 0.2 * upright.text_height


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_a_page_is_turned_upright_from_any_side(turns: int) -> None:
    """A feeder takes sheets as they come. A page turned clockwise is turned back by as many quarters."""
    page = _page("clean")
    image = np.ascontiguousarray(np.rot90(page.image[:, :, ::-1], -turns))
    height, width = page.image.shape[:2]
    quads = _lines(page).astype(np.float64)
    for _ in range(turns):  # clockwise
        quads = np.stack([height - quads[..., 1], quads[..., 0]], axis=-1)
        height, width = width, height
    # A detector begins at the corner that is at the top left of the picture.
    quads = np.array([np.roll(quad, -int(np.argmin(quad.sum(axis=1))), axis=0) for quad in quads])

    upright: list[NDArray[np.uint8]] = []

    def remember(crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        upright.extend(crops)
        return np.zeros(len(crops), np.float32)

    def tell(crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Say of each crop whether it is one of the upright page's lines upside down."""

        def far(crop: NDArray[np.uint8]) -> float:
            return min(float(np.abs(crop.astype(float) - line.astype(float)).mean()) for line in upright)

        def over(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
            wide = int(np.flatnonzero((crop != 127).any(axis=(0, 2)))[-1]) + 1  # what is beyond is padding
            turned = crop.copy()
            turned[:, :wide] = crop[::-1, :wide][:, ::-1]
            return turned

        return np.array([far(over(crop)) < far(crop) for crop in crops], np.float32)

    find_turns(np.ascontiguousarray(page.image[:, :, ::-1]), _lines(page).astype(np.float64), remember)
    found = find_turns(image, quads, tell)

    assert found == turns


def test_seals_are_lifted_without_thinning_black_strokes() -> None:
    """What stands under a seal is often the very figure that was stamped for; it must read as if never stamped."""
    plain = _page("clean").image
    stamped = plain.copy()
    table = _page("clean").tables[0]
    middle = np.array([c.polygon for c in table.cells]).reshape(-1, 2).mean(axis=0)
    overlay = np.full_like(stamped, 255)
    centre = (int(middle[0]), int(middle[1]))
    cv2.circle(overlay, centre, 160, (214, 40, 50), 10, cv2.LINE_AA)
    cv2.circle(overlay, centre, 50, (214, 40, 50), -1, cv2.LINE_AA)
    stamped = np.minimum(stamped, overlay)

    without = _upright(_page("clean"))
    page = _page("clean")
    image = np.ascontiguousarray(stamped[:, :, ::-1])
    small = _lines(page)
    upright = straighten(
        Page(0, "p", "", image),
        lambda _, side: small / np.float32(max(1.0, max(image.shape[:2]) / side)),
        lambda crops: np.zeros(len(crops), np.float32),
    )

    seal = max(upright.seals, key=lambda seal: float(np.ptp(np.array(seal.place.polygon)[:, 0])))
    assert seal.colour[0] > 150 > seal.colour[1]
    outline = np.array(seal.place.polygon)
    assert np.abs(outline.mean(axis=0) - middle).max() < 20
    assert 300 < np.ptp(outline[:, 0]) < 360
    before, after = without.ink < 128, upright.ink < 128
    assert before.shape == after.shape
    x, y = centre
    zone = np.s_[y - 170 : y + 170, x - 170 : x + 170]
    # No stroke is lost, and hardly anything of the seal is left.
    assert (before[zone] & after[zone]).sum() > 0.97 * before[zone].sum()
    assert after[zone].sum() < 1.1 * before[zone].sum()


@pytest.mark.parametrize(("hollow", "found"), [(True, 1), (False, 0)])
def test_a_pale_stamp_is_lifted_and_a_tint_of_the_light_is_not(hollow: bool, found: int) -> None:
    """A worn stamp is hardly a pixel stronger than the tint of a lamp; but it is closed all around."""
    base = np.full((800, 800, 3), 250, np.uint8)
    if hollow:
        cv2.rectangle(base, (300, 300), (420, 360), (222, 222, 250), 6)
        cv2.rectangle(base, (330, 325), (342, 337), (190, 190, 250), -1)
    else:
        cv2.line(base, (360, 300), (360, 420), (222, 222, 250), 12)
        cv2.line(base, (300, 360), (420, 360), (222, 222, 250), 12)
        cv2.rectangle(base, (354, 354), (366, 366), (190, 190, 250), -1)

    ink, seals = clean(base, 32.0)

    assert len(seals) == found
    if found:
        assert ink.min() > 225


def test_dots_of_a_shaded_cell_are_wiped() -> None:
    """One bit draws grey as dots, among which rulings and text are lost; the text among them stays."""
    rng = np.random.default_rng(3)
    page = np.full((400, 900, 3), 255, np.uint8)
    grey = rng.random((100, 600)) < 0.05
    page[60:160, 100:700][grey] = 0
    cv2.putText(page, "TARGET 100%", (300, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.0, (0, 0, 0), 3)
    text = np.zeros(page.shape[:2], np.uint8)
    cv2.putText(text, "TARGET 100%", (300, 120), cv2.FONT_HERSHEY_SIMPLEX, 1.0, 1, 3)

    cleaned = without_dither(page, 28.0)

    assert (cleaned[60:160, 100:290, 0] == 0).mean() < 0.1 * grey.mean()
    assert (cleaned[text > 0] == 0).all()


def test_dashes_around_a_shaded_cell_stay() -> None:
    """Wiped with the dots, the rulings of a shaded header were lost, and the rows beside it with them."""
    rng = np.random.default_rng(4)
    page = np.full((400, 900, 3), 255, np.uint8)
    page[60:160, 100:700][rng.random((100, 600)) < 0.08] = 0
    ruling = np.zeros(page.shape[:2], bool)
    for x in range(100, 700, 9):
        ruling[59:61, x : x + 5] = ruling[160:162, x : x + 5] = True
    for y in range(62, 158, 9):
        ruling[y : y + 5, 399:401] = True
    page[ruling] = 0

    cleaned = without_dither(page, 28.0)

    assert (cleaned[ruling] == 0).all(axis=1).mean() > 0.9
    inside = np.zeros_like(ruling)
    inside[66:154, 106:390] = True
    assert (cleaned[inside][:, 0] == 0).mean() < 0.008


def test_thin_text_of_a_fax_is_no_grey() -> None:
    """Thin strokes fall into bits on a page of one bit; wiped as dots, text was lost and nobody saw it."""
    page = make_pages("self-eval-transfer-payment", "fax", 500_000)[1][1]

    cleaned = without_dither(np.ascontiguousarray(page.image), 27.0)

    assert (cleaned < 128).sum() > 0.995 * (page.image < 128).sum()


def test_no_paper_between_lines_of_text_is_taken_for_a_desk() -> None:
    """A shadow over a part of the page is no desk; painting over it would take print away and nobody would see."""
    page = np.full((1200, 900, 3), 235, np.uint8)
    page[:420] = 120
    page[:, :40] = 25
    lines = np.array([[[80, y], [860, y], [860, y + 30], [80, y + 30]] for y in (60, 1100)], np.float64)

    desk = find_desk(page, lines, 30.0)

    assert desk is None or not desk[90:1100, 120:820].any()


def test_a_shadow_that_fades_is_no_desk_where_the_paper_reaches_to_the_border() -> None:
    """The blank columns of a table have no text around them that says they are paper; their rulings were lost."""
    across = np.arange(900, dtype=np.float64)[None, :]
    paper = np.broadcast_to(np.interp(across, [500, 800], [235, 165]), (1200, 900))
    page = np.ascontiguousarray(np.repeat(paper.astype(np.uint8)[:, :, None], 3, axis=2))
    page[:, :40] = 90
    page[:600, 880:] = 50  # a strip of desk that is narrower than the text it is told from
    lines = np.array([[[80, y], [400, y], [400, y + 30], [80, y + 30]] for y in (100, 600, 1100)], np.float64)

    desk = find_desk(page, lines, 30.0)

    assert desk is not None
    assert desk[:, :30].all()
    assert desk[50:550, 885:].all()
    assert not desk[:, 80:800].any()
    assert not desk[700:, 80:].any()


def test_a_blank_page_and_noise_are_straightened_to_themselves() -> None:
    """Nothing to hold on to is no reason to fall."""
    rng = np.random.default_rng(0)
    none = lambda image, side: np.zeros((0, 4, 2), np.float32)  # noqa: E731
    for image in (np.full((700, 500, 3), 255, np.uint8), rng.integers(0, 256, (700, 500, 3), dtype=np.uint8)):
        upright = straighten(Page(0, "p", "", image), none, lambda crops: np.zeros(len(crops), np.float32))

        assert upright.ink.dtype == np.uint8
        assert upright.seals == ()


def test_only_paper_is_left_out_when_a_page_is_drawn() -> None:
    """Squares without ink are not drawn; whatever is printed stands where and as dark as if all of them were."""
    rng = np.random.default_rng(3)
    ink = rng.integers(236, 256, (700, 530), np.uint8)
    for x, y, w, h in rng.integers((5, 5, 1, 1), (480, 640, 60, 9), (60, 4)):
        ink[y : y + h, x : x + w] = 20
    ink[-2:, 100:200] = 0  # at the very edge too
    bend = np.zeros(len(HORIZONTAL_TERMS))
    bend[1] = 0.01
    none = np.zeros(len(VERTICAL_TERMS))
    warp = Warp((530, 700), 0, 1.0, 0.02, 700.0, bend, none, (14.0, 11.0), (560, 730))
    drawn = apply_warp(ink, warp)

    xs, ys = np.meshgrid(np.arange(560) + 0.5, np.arange(730) + 0.5)
    source = warp.unflatten(np.stack([xs.ravel(), ys.ravel()], axis=1)).reshape(730, 560, 2).astype(np.float32) - 0.5
    whole = cv2.remap(ink, source, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=255)
    printed = whole < 200
    assert printed.sum() > 5_000
    assert np.abs(drawn.astype(int) - whole)[printed].max() <= 16  # maps are straight within a square
    assert drawn[~printed].min() >= 180
    assert (drawn == 255).mean() > 0.3 > (whole == 255).mean()


def test_a_page_that_lies_straight_is_not_drawn_anew() -> None:
    """Its rulings are traced to half a pixel: a bend fitted to that would only blur the page."""
    page = _page("clean")

    upright = _upright(page)

    assert upright.warp.size == (page.image.shape[1], page.image.shape[0])
    assert upright.warp.angle == 0.0
    assert not upright.warp.bend_y.any()
    assert not upright.warp.bend_x.any()


@pytest.mark.parametrize("turns", [0, 1])
def test_a_box_around_two_lines_does_not_make_the_text_of_a_small_table_large(turns: int) -> None:
    """A page with one table of two rows: one of its few boxes held both, and at half its size its table was lost."""
    boxes = [(0.0, 0.0, 126.0, 34.0), (0.0, 100.0, 395.0, 237.0), (0.0, 300.0, 44.0, 334.0)]
    if turns:
        boxes = [(y0, x0, y1, x1) for x0, y0, x1, y1 in boxes]
    quads = np.array([[(x0, y0), (x1, y0), (x1, y1), (x0, y1)] for x0, y0, x1, y1 in boxes])

    found = text_height(quads, turns, np.zeros((2000, 1500, 3), np.uint8))

    assert found == pytest.approx(0.75 * 34)


def test_the_words_of_a_lifted_seal_say_nothing_of_how_faint_the_page_is() -> None:
    """Lifted words leave paper; taken for pale print they drew the paper's grain over the whole page as ink."""
    seal = FoundSeal(np.array([[300.0, 200.0], [600.0, 200.0], [600.0, 400.0], [300.0, 400.0]]), (200, 40, 40))
    boxes = [[[x, y], [x + 120, y], [x + 120, y + 30], [x, y + 30]] for x, y in ((385.0, 285.0), (650.0, 285.0))]
    lines = np.array(boxes)

    kept = outside_seals(lines, [seal])

    assert kept.tolist() == boxes[1:]
    assert outside_seals(lines[:1], [seal]).shape == (0, 4, 2)
    assert outside_seals(lines, []) is lines
