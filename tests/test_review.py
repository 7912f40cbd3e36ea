"""Proves pipeline/review without a browser: who gets in, what comes next, what a decision does, what is never shown."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from builders import ROOT
from hypothesis import given
from hypothesis import strategies as st
from review_store import HEIGHT, WIDTH, fill_store, turned

from pipeline.dictionaries import load_vocabulary
from pipeline.review.acts import TO_DICTIONARY, Desk
from pipeline.review.exports import Exports, examples, make_export
from pipeline.review.pictures import PictureError, crop_around, turn_of
from pipeline.review.server import Workbench, application
from pipeline.review.sight import differing
from pipeline.review.waiting import Mode, Wanted
from pipeline.review.words import FINDINGS
from pipeline.review.work import seen_of
from pipeline.store import PagePicture, Store


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """Where the first document's page is."""
    return tmp_path / "form.png"


@pytest.fixture
def store(tmp_path: Path, store_url: str) -> Iterator[Store]:
    """Two documents with the same form, so that every doubt stands in both."""
    with Store.open(store_url, create=True) as opened:
        fill_store(opened, tmp_path)
        yield opened


@pytest.fixture
def desk(store: Store, tmp_path: Path) -> Desk:
    return Desk(store, tmp_path / "words.txt")


class Browser:
    """Sends requests to the workbench as a browser would, and can be told to lie."""

    def __init__(self, workbench: Workbench) -> None:
        self.workbench, self._app = workbench, application(workbench)
        self.cookie = ""
        self.token = ""

    def ask(self, path: str, form: Mapping[str, str] | None = None, **lies: str) -> tuple[int, dict[str, str], str]:
        path, _, query = path.partition("?")
        body = urlencode(form or {}).encode()
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET" if form is None else "POST", "PATH_INFO": path, "QUERY_STRING": query,
            "SERVER_NAME": "127.0.0.1", "SERVER_PORT": str(self.workbench.port), "wsgi.input": BytesIO(body),
            "wsgi.url_scheme": "http", "CONTENT_LENGTH": str(len(body)), "HTTP_HOST": self.workbench.hosts[0],
            "CONTENT_TYPE": "application/x-www-form-urlencoded", "HTTP_COOKIE": self.cookie,
        }  # fmt: skip
        if form is not None:
            environ |= {"HTTP_ORIGIN": self.workbench.origins[0], "HTTP_X_CSRFTOKEN": self.token}
        environ |= {f"HTTP_{name}": value for name, value in lies.items()}
        said: dict[str, Any] = {}

        def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Callable[[bytes], object]:
            said.update(status=int(status.split(maxsplit=1)[0]), headers=dict(headers))
            return lambda _: None

        text = b"".join(self._app(environ, start)).decode("utf-8", "replace")
        if "Set-Cookie" in said["headers"]:
            self.cookie = said["headers"]["Set-Cookie"].split(";")[0]
        if found := re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', text):
            self.token = found[1]
        return said["status"], said["headers"], text

    def enter(self) -> Browser:
        assert self.ask(self.workbench.address().split(str(self.workbench.port), 1)[1])[0] == 200
        self.ask("/")
        return self


@pytest.fixture
def workbench(desk: Desk) -> Iterator[Workbench]:
    made = Workbench(desk, 8765, "甲", Exports(desk.store.where))
    yield made
    made.exports.close()


@pytest.fixture
def browser(workbench: Workbench) -> Browser:
    return Browser(workbench)


# -- who gets in -------------------------------------------------------------------------------------------------------


def test_nobody_enters_without_the_token(browser: Browser) -> None:
    """The port alone is no key: other users of the machine reach it too."""
    for path in ("/", "/work", "/history", "/audit.csv", "/page/1/1.jpg", "/crop/1/1/0-0-9-9.jpg", "/exports"):
        assert browser.ask(path)[0] == 403
    assert browser.ask("/enter?token=guess")[0] == 403


def test_a_token_opens_once(workbench: Workbench) -> None:
    """An address that was copied from a screen or a history is worth nothing."""
    path = workbench.address().split(str(workbench.port), 1)[1]

    assert Browser(workbench).ask(path)[0] == 200
    assert Browser(workbench).ask(path)[0] == 403


@pytest.mark.parametrize(
    "lie",
    [
        {"HOST": "evil.example:8765"},
        {"HOST": "127.0.0.1:9999"},
        {"HOST": ""},
        {"ORIGIN": "http://evil.example"},
        {"ORIGIN": "null"},
        {"ORIGIN": "http://127.0.0.1:9999"},
        {"SEC_FETCH_SITE": "cross-site"},
        {"SEC_FETCH_SITE": "same-site"},
    ],
)
def test_other_pages_are_refused(browser: Browser, desk: Desk, lie: dict[str, str]) -> None:
    """A page of the internet in the same browser neither reads a form nor decides."""
    browser.enter()

    assert browser.ask("/work", None, **lie)[0] == 403
    assert browser.ask("/undo", {}, **lie)[0] == 403
    assert desk.reviews.recent() == []


def test_a_form_without_its_secret_is_refused(browser: Browser, desk: Desk) -> None:
    """Right origin, right cookie, no CSRF token: still nothing is written."""
    browser.enter()
    browser.token = ""

    status, _, text = browser.ask("/decide", {"key": desk.waiting.stops[0].key, "act": "confirm", "seen": "0"})

    assert status == 403
    assert "没有写入" in text
    assert desk.reviews.recent() == []


def test_every_answer_forbids_what_is_not_its_own(browser: Browser) -> None:
    """The policy allows scripts, styles and pictures of this address, and none within the page."""
    browser.enter()

    for path in ("/", "/work", "/nothing", "/static/review.js"):
        _, headers, text = browser.ask(path)
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert not re.search(r"<script(?![^>]*\ssrc=)|<[^>]*\s(on\w+|style)=|javascript:", text) or path.endswith(".js")


def test_nothing_comes_from_elsewhere(browser: Browser) -> None:
    """It works where there is no network: every address in a page is its own."""
    browser.enter()

    for path in ("/", "/work", "/history"):
        _, _, text = browser.ask(path)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text)
        for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', text):
            assert browser.ask(address)[0] == 200, address


def test_texts_of_documents_are_never_markup(browser: Browser, desk: Desk) -> None:
    """A form that says <img onerror=…> is shown saying it."""
    browser.enter()
    key = next(s.key for s in desk.waiting.stops if "满意度" in desk.waiting.bundles[s.bundle].read)

    _, _, text = browser.ask(f"/work?key={key}&find=" + urlencode({"": '"><script>alert(2)</script>'})[1:])

    assert "&lt;img src=x onerror" in text
    assert "<img" not in text
    assert "<script>alert" not in text


# -- what comes next ---------------------------------------------------------------------------------------------------


def test_the_queue_is_visited_once_and_whole(desk: Desk) -> None:
    """Going on from value to value meets each that waits exactly once, in either order."""
    modes: tuple[Mode, ...] = ("group", "page")
    for mode in modes:
        wanted = Wanted(mode=mode)
        stop, met = desk.waiting.first(wanted), []
        while stop is not None:
            met.append(stop.key)
            stop = desk.waiting.following(wanted, stop.key)

        assert sorted(met) == sorted(item.key for item in desk.reviews.items(limit=1000))


def test_groups_come_by_the_errors_expected_in_them(desk: Desk) -> None:
    """What clears most errors with one key comes first, and a group stays together."""
    way = desk.waiting.way(Wanted())
    expected = [desk.waiting.bundles[b].expected for b in way.bundles]
    bundles = [desk.waiting.stops[s].bundle for s in way.stops]

    assert expected == sorted(expected, reverse=True)
    assert bundles == [b for b in way.bundles for s in desk.waiting.bundles[b].stops]


def test_page_order_follows_the_pages(desk: Desk) -> None:
    """Those who read a form from top to bottom get its values from top to bottom."""
    way = desk.waiting.way(Wanted(mode="page"))

    assert [desk.waiting.stops[s].key for s in way.stops] == [
        item.key for item in desk.reviews.items(order="page", limit=1000)
    ]


def test_the_counts_follow_every_decision(desk: Desk) -> None:
    """What is kept up equals what is counted, after deciding and after undoing, one by one and as a batch."""
    wanted = Wanted(kind=desk.waiting.stops[0].kind)
    desk.waiting.way(wanted)
    value = desk.sights.item(desk.waiting.first(Wanted()).key)  # type: ignore[union-attr]
    assert value is not None

    desk.decide(value, "confirm", "甲", scope="all", seen=value.seen)
    after = desk.waiting.open, desk.waiting.left(wanted), desk.waiting.words("kind")
    desk.waiting.load()

    assert after == (desk.waiting.open, desk.waiting.left(wanted), desk.waiting.words("kind"))
    desk.undo_last("甲")
    again = desk.waiting.open, desk.waiting.left(wanted), desk.waiting.words("kind")
    desk.waiting.load()
    assert again == (desk.waiting.open, desk.waiting.left(wanted), desk.waiting.words("kind"))


def test_decisions_of_others_are_noticed(desk: Desk, tmp_path: Path) -> None:
    """Two workbenches on one store: what one decides leaves the other's queue."""
    other = Desk(desk.store, tmp_path / "words.txt")
    value = other.sights.item(other.waiting.stops[0].key)
    assert value is not None

    other.decide(value, "confirm", "乙", seen=value.seen)
    desk.waiting.catch_up()

    assert desk.waiting.stops[0].decided
    assert desk.waiting.open == other.waiting.open


# -- deciding ----------------------------------------------------------------------------------------------------------


def shown(page: str) -> dict[str, str]:
    """The hidden fields of the desk's form."""
    import html

    inside = page[page.index('id="decide"') :]
    return {
        name: html.unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', inside)
    }


def test_one_key_decides_for_all_that_are_alike(browser: Browser, desk: Desk) -> None:
    """A group is one batch: decided by one request, undone by one."""
    browser.enter()
    page = browser.ask("/work")[2]
    first = shown(page)
    alike = len(desk.waiting.bundles[desk.waiting.stops[desk.waiting.by_key[first["key"]]].bundle].stops)
    assert alike > 1

    page = browser.ask("/decide", {**first, "act": "confirm-all"})[2]

    made = desk.reviews.recent()
    assert (len(made), {d.who for d in made}, len({d.batch for d in made})) == (alike, {"甲"}, 1)
    assert shown(page)["key"] != first["key"]
    browser.ask("/undo", shown(page))
    assert desk.waiting.open == len(desk.waiting.stops)
    assert len(desk.reviews.recent()) == 2 * alike


def test_undoing_goes_back_act_by_act(desk: Desk) -> None:
    """A value changed twice goes back twice; then there is nothing left, and that is said."""
    key = desk.waiting.stops[0].key
    for text in ("一", "二"):
        value = desk.sights.item(key)
        assert value is not None
        desk.decide(value, "edit", "甲", after=text, seen=value.seen)

    held = []
    for _ in range(3):
        said, _ = desk.undo_last("甲")
        value = desk.sights.item(key)
        assert value is not None
        held.append((value.held and value.held.after, said.bad))

    assert held == [("一", False), (None, False), (None, True)]
    assert desk.waiting.open == len(desk.waiting.stops)


def test_a_batch_is_undone_as_far_as_it_still_holds(desk: Desk) -> None:
    """What one of the batch became since, by another's decision, stays theirs; the number of such is said."""
    bundle = next(b for b in desk.waiting.bundles if len(b.stops) > 1)
    keys = [desk.waiting.stops[stop].key for stop in bundle.stops]
    value = desk.sights.item(keys[0])
    assert value is not None
    desk.decide(value, "confirm", "甲", scope="all", seen=value.seen)
    other = desk.sights.item(keys[1])
    assert other is not None
    desk.decide(other, "edit", "乙", after="乙的", seen=other.seen)

    said, about = desk.undo_last("甲")

    assert (said.bad, about and about.anchor) == (False, value.anchor)
    assert "另有 1 处" in said.text
    assert [bool(now and now.held) for now in map(desk.sights.item, keys)] == [False, True]
    assert desk.undo_last("甲")[0].bad


def test_a_decision_of_a_batch_that_holds_again_is_undone_with_it(desk: Desk) -> None:
    """One of a batch was changed, and that change undone: the batch's own decision holds there again."""
    bundle = next(b for b in desk.waiting.bundles if len(b.stops) > 1)
    keys = [desk.waiting.stops[stop].key for stop in bundle.stops]
    value = desk.sights.item(keys[0])
    assert value is not None
    desk.decide(value, "confirm", "甲", scope="all", seen=value.seen)
    other = desk.sights.item(keys[1])
    assert other is not None
    desk.decide(other, "edit", "乙", after="乙的", seen=other.seen)
    desk.undo_last("乙")

    said, _ = desk.undo_last("甲")

    assert f"已撤销 {len(keys)} 处" in said.text
    assert not any(now and now.held for now in map(desk.sights.item, keys))
    assert desk.waiting.open == len(desk.waiting.stops)


def test_a_group_is_decided_as_its_values_are_one_by_one(desk: Desk) -> None:
    """The database writes a batch from its own rows; they are what a reviewer would have written."""
    bundle = next(b for b in desk.waiting.bundles if len(b.stops) > 1)
    items = [desk.reviews.item(desk.waiting.stops[stop].key) for stop in bundle.stops]
    value = desk.sights.item(desk.waiting.stops[bundle.stops[0]].key)
    assert value is not None

    desk.decide(value, "edit", "甲", after="≥92%", why="原件如此", scope="all", seen=value.seen)

    made = {d.anchor: d for d in desk.reviews.recent()}
    assert set(made) == {item.anchor for item in items if item}
    for item in items:
        assert item is not None
        one = made[item.anchor]
        assert (one.before, one.after, one.why, one.action) == (item.value, "≥92%", "原件如此", "edit")
        now = desk.reviews.item(item.key)
        assert now is not None
        assert (now.decision_id, now.seen) == (one.id, one.id)
    assert all(document.stale for document in desk.store.list_documents())


def test_finding_does_not_mind_widths_and_cases(desk: Desk) -> None:
    """A clerk types % as the input method gives it."""
    found = [desk.waiting.way(Wanted(find=text)).stops for text in ("292%", "２９２％", "292 %")]

    assert found[0]
    assert all(list(one) == list(found[0]) for one in found)
    assert not desk.waiting.way(Wanted(find="没有这样的字")).stops


def test_the_second_reviewer_is_told_who_and_when(workbench: Workbench, desk: Desk) -> None:
    """Two browsers look at one value; the second to decide learns of the first, to the second, and changes nothing."""
    one, two = Browser(workbench).enter(), Browser(workbench).enter()
    two.ask("/leave", {"who": "乙"})
    first, second = shown(one.ask("/work")[2]), shown(two.ask("/work")[2])

    one.ask("/decide", {**first, "act": "edit", "after": "一"})
    page = two.ask("/decide", {**second, "act": "edit", "after": "二"})[2]

    assert re.search(r"甲 在 \d\d:\d\d:\d\d 已先作决定", page)
    assert [d.after for d in desk.reviews.recent()] == ["一"]
    assert shown(page)["seen"] == str(desk.reviews.recent()[0].id)


def test_a_value_that_nobody_doubted_can_be_put_right(browser: Browser, desk: Desk) -> None:
    """The reviewer sees the page; what the machine did not doubt may be wrong all the same."""
    browser.enter()
    record = desk.waiting.stops[0].record_id

    page = browser.ask(f"/work?record={record}&at=" + urlencode({"": "indicators[0].level2"})[1:])[2]
    browser.ask("/decide", {**shown(page), "act": "edit", "after": "质量"})

    [made] = desk.reviews.recent()
    assert (made.anchor.part, made.before, made.after) == ("level2", "数量", "质量")


def test_an_accepted_name_goes_to_the_dictionary_with_one_key(browser: Browser, desk: Desk) -> None:
    """The decision stands, the file holds the name with its misreading, and the file is a dictionary."""
    browser.enter()
    stop = next(s for s in desk.waiting.stops if desk.waiting.bundles[s.bundle].part == "level3")
    value = desk.sights.item(stop.key)
    assert value is not None
    name = value.proposal or value.now

    page = browser.ask("/decide", {**shown(browser.ask(f"/work?key={stop.key}")[2]), "act": "word"})[2]

    assert len(desk.reviews.recent()) == 1
    if "已记入" in page:
        assert "".join(name.split()) in {known.text for known in load_vocabulary(desk.words).names}


def test_a_name_that_was_read_for_another_is_no_misreading_of_it(desk: Desk) -> None:
    """The accepted name is kept; that a name of the dictionary stood there once says nothing of other places."""
    stop = next(s for s in desk.waiting.stops if desk.waiting.bundles[s.bundle].part == "level3")
    value = desk.sights.item(stop.key)
    assert value is not None
    known = next(iter(desk.dictionaries.names("level3").values()))[0].text

    said = desk.add_word(replace(value, read=known), "泵站机组更新达标率")

    assert not said.bad
    [added] = [name for name in load_vocabulary(desk.words).names if name.text == "泵站机组更新达标率"]
    assert not added.seen


def test_looks_and_exports_are_logged(browser: Browser, desk: Desk) -> None:
    """Whoever answers for personal data can say who saw which page."""
    browser.enter()
    browser.ask("/work")
    browser.ask(f"/sheet/{desk.waiting.stops[0].record_id}/1")

    looks = desk.reviews.looks()

    assert {look.who for look in looks} == {"甲"}
    assert any("整页" in look.what for look in looks)
    assert "整页" in browser.ask("/audit.csv")[2]


def test_a_search_names_indicators_that_nobody_doubts_too(browser: Browser, desk: Desk) -> None:
    """A reviewer who knows of an error finds its value, though no machine doubted it; that they looked is logged."""
    browser.enter()

    page = browser.ask("/elsewhere?" + urlencode({"find": "培训人数"}))[2]

    assert "培训人数" in page
    address = re.search(r'href="(/work[^"]*level3)"', page)
    assert address is not None
    assert 'id="decide"' in browser.ask(address[1].replace("&amp;", "&"))[2]
    assert any("培训人数" in look.what for look in desk.reviews.looks())
    assert browser.ask("/elsewhere?" + urlencode({"find": "没有这样的字"}))[2].strip() == ""


def test_an_undone_dictionary_entry_is_said_to_be_there_still(desk: Desk) -> None:
    """A decision can be taken back; a word in a file of the reviewer's own is the reviewer's to take out."""
    stop = next(s for s in desk.waiting.stops if desk.waiting.bundles[s.bundle].part == "level3")
    value = desk.sights.item(stop.key)
    assert value is not None
    desk.decide(value, "confirm", "甲", why=TO_DICTIONARY, seen=value.seen)

    assert "词典里的名称还在" in desk.undo_last("甲")[0].text


# -- pictures ----------------------------------------------------------------------------------------------------------


def test_a_file_that_changed_is_not_shown(desk: Desk, picture: Path) -> None:
    """Its places would point at something else."""
    stop = desk.waiting.stops[0]
    page = desk.reviews.picture(stop.record_id, 1)
    assert page is not None
    assert desk.pictures.whole(page)[:2] == b"\xff\xd8"

    picture.write_bytes(picture.read_bytes() + b" ")

    with pytest.raises(PictureError, match="改动过"):
        type(desk.pictures)(desk.store).whole(page)
    with pytest.raises(PictureError, match="找不到"):
        desk.pictures.whole(replace(page, location=str(picture.with_name("gone.png")), number=3))


@given(
    st.lists(st.tuples(st.floats(0, 2000), st.floats(0, 3000)), min_size=1, max_size=8),
    st.integers(100, 2000), st.integers(100, 3000),
)  # fmt: skip
def test_a_crop_lies_on_the_page(points: list[tuple[float, float]], width: int, height: int) -> None:
    """Whatever the places say, what is asked of the picture is a part of it."""
    inside = [(min(x, width), min(y, height)) for x, y in points]

    crop = crop_around([{"page": 1, "polygon": inside}], 1, width, height)

    assert crop is not None
    assert 0 <= crop.x <= crop.x + crop.width <= width + 1
    assert 0 <= crop.y <= crop.y + crop.height <= height + 1
    assert crop.width > 0 < crop.height


@given(
    st.integers(0, 3), st.floats(0, WIDTH - 60), st.floats(0, HEIGHT - 30), st.floats(20, 60), st.floats(10, 30),
    st.booleans(),
)  # fmt: skip
def test_a_page_is_shown_upright_whichever_way_it_was_scanned(
    quarters: int, x: float, y: float, width: float, height: float, whole: bool
) -> None:
    """The crop of a turned page, turned back, is the crop of the upright one; and no point is lost on the way."""
    corners = [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]
    size = (WIDTH, HEIGHT) if quarters % 2 == 0 else (HEIGHT, WIDTH)
    scanned = [turned(corner, quarters) for corner in corners]

    turn = turn_of([scanned], *size)
    crop = crop_around([{"page": 1, "polygon": scanned}], 1, *size, whole=whole)
    plain = crop_around([{"page": 1, "polygon": corners}], 1, WIDTH, HEIGHT, whole=whole)

    assert crop is not None
    assert plain is not None
    assert turn.size == (WIDTH, HEIGHT)
    assert [turn.upright(*point) for point in scanned] == [pytest.approx(corner) for corner in corners]
    assert [turn.back(*corner) for corner in corners] == [pytest.approx(point) for point in scanned]
    assert [int(n) for n in crop.view.split()] == pytest.approx([int(n) for n in plain.view.split()], abs=2)


def test_a_value_that_a_page_break_cuts_is_shown_on_both_pages(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its second half is as doubtful as its first."""
    stop = desk.waiting.stops[0]
    value, picture = desk.sights.item(stop.key), desk.reviews.picture(stop.record_id, 1)
    assert value is not None
    assert picture is not None
    polygon = [[10, 20], [90, 20], [90, 40], [10, 40]]
    value.places, value.page = tuple({"page": page, "polygon": polygon} for page in (1, 2)), 1
    monkeypatch.setattr(desk.reviews, "picture", lambda record, page: replace(picture, page=page))

    found = seen_of(desk, value, picture)

    assert [part.page for part in found["parts"]] == [1, 2]
    assert [len(part.outlines) for part in found["parts"]] == [1, 1]
    assert found["scrolls"]


def test_lines_of_a_text_come_with_the_value_marked(desk: Desk, tmp_path: Path) -> None:
    """A text has no picture; its lines stand there instead."""
    file = tmp_path / "form.txt"
    file.write_text("一\n二\n产出\t数量\t培训人数\n四\n", "utf-8")
    page = PagePicture(
        1, "form.txt", "text", 1, 1, str(file), "form.txt", 0, hashlib.sha256(file.read_bytes()).hexdigest(), "text",
        None, None, None,
    )  # fmt: skip

    lines = desk.pictures.lines(page, 3, 6, "培训人数", around=1)

    assert [(line.number, line.here) for line in lines] == [(2, False), (3, True), (4, False)]
    assert lines[1].at == "培训人数"


@given(st.text("甲乙丙 <\n", max_size=12), st.text("甲乙丙 <\n", max_size=12))
def test_marking_differences_loses_nothing(one: str, other: str) -> None:
    """What is equal is equal on both sides, and equal texts have no mark."""
    left, right = differing(one, other)

    assert [p.text for p in left if not p.differs] == [p.text for p in right if not p.differs]
    assert any(p.differs for p in (*left, *right)) == (one != other)


# -- what leaves the house ---------------------------------------------------------------------------------------------


def test_examples_hold_what_a_person_corrected_and_no_names(desk: Desk) -> None:
    """Rows with a decision, as read and as they should be; fields, and who decided, are left out."""
    stop = next(s for s in desk.waiting.stops if desk.waiting.bundles[s.bundle].part == "target")
    value = desk.sights.item(stop.key)
    assert value is not None
    desk.decide(value, "edit", "甲", after="≥92人", seen=value.seen)

    [example] = examples(desk.store)

    assert example["row"]["target"]["decided"] == "edit"
    assert "甲" not in json.dumps(example, ensure_ascii=False)
    assert "王某" not in json.dumps(example, ensure_ascii=False)


def test_an_export_appears_whole_or_says_why(desk: Desk, tmp_path: Path) -> None:
    """A file that is half written is never offered."""
    with pytest.raises(SystemExit):
        make_export(str(tmp_path / "no.db"), "jsonl", str(tmp_path / "out.jsonl"))

    assert not (tmp_path / "out.jsonl").exists()
    assert "no such store" in (tmp_path / "failed.txt").read_text("utf-8")


def test_every_finding_has_a_name_that_a_reviewer_reads() -> None:
    """A code is the machine's word; charts are for people."""
    documented = set(re.findall(r"`([a-z]+\.[a-z-]+)`", (ROOT / "docs" / "findings.md").read_text("utf-8")))

    assert {code for code in documented if not code.endswith(".md")} - set(FINDINGS) == set()
