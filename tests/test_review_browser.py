"""Proves the review workbench in a real Chromium: a run, a review with keys only, a crash in the middle, an export."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from builders import ROOT

from pipeline.decisions import Decision
from pipeline.review.exports import FORMATS
from pipeline.store import Reviews, Store

pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed here; .ci/run installs it")

# Doubts of several kinds; one name would be markup if it were not text.
TEXT = """某市测试局预算项目绩效目标表
(2020年)
项目名称\t测试项目\t项目负责人\t王某
一级指标\t二级指标\t三级指标\t目标值
产出目标\t数量\t培训人数\t292%
\t质量\t项目指标达率标\t292%
\t\t&lt;img src=x onerror=document.title='hit'&gt;率\t292%
效果目标\t满意度\t群众满意度\t292%
"""
# On a loaded machine a page takes a second and an export, which loads the models, a minute.
PATIENCE = 90_000
# The page says when an answer stands on it, so that no test waits for a time to pass.
SETTLED = """addEventListener("htmx:afterSettle", (event) => {
  if (!event.detail.target.matches("[data-quiet]")) window.settled = (window.settled || 0) + 1; })"""


def zhibiao(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "pipeline.cli", *map(str, arguments)]


@dataclass
class Server:
    """`zhibiao review` as a process that can be killed at any moment."""

    store: Path
    who: str = "甲"
    process: subprocess.Popen[str] | None = None
    origin: str = ""
    requests: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def start(self) -> str:
        self.process = subprocess.Popen(
            zhibiao("review", "--store", self.store, "--who", self.who), stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that `zhibiao run` made."""
    folder = tmp_path_factory.mktemp("run")
    for name in ("one.txt", "two.txt"):
        (folder / name).write_text(TEXT if name == "one.txt" else TEXT.replace("测试局", "试验局"), "utf-8")
    subprocess.run(
        zhibiao("run", folder / "one.txt", folder / "two.txt", "--store", folder / "a.db", "--executor", "serial"),
        check=True, cwd=ROOT, capture_output=True,
    )  # fmt: skip
    return folder / "a.db"


@pytest.fixture(scope="module")
def server(archive: Path) -> Iterator[Server]:
    made = Server(archive)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.kill()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--headless", "--disable-gpu", "--disable-background-networking", "--no-first-run"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page(chromium: Any, server: Server) -> Iterator[Any]:
    """A browser that is let in; it and its server serve all tests, starting them takes seconds."""
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(SETTLED)
    made = context.new_page()
    made.on("console", lambda m: server.faults.append(m.text) if m.type == "error" else None)
    made.on("pageerror", lambda e: server.faults.append(str(e)))
    made.on("request", lambda r: server.requests.append(r.url))
    enter(made, server)
    yield made
    context.close()


def enter(page: Any, server: Server) -> None:
    """Start the server and go in by the address it prints."""
    address = server.start()
    page.goto(address)
    page.wait_for_selector("#how-far")
    server.origin = "http://" + urlsplit(address).netloc


def decisions(server: Server) -> list[Decision]:
    """What stands in the store, newest first."""
    with Store.open(server.store) as store:
        return Reviews(store).recent(1000)


def press(page: Any, key: str) -> str:
    """Press a key that asks the server, wait until its answer stands on the page, return what it said."""
    before = page.evaluate("window.settled || 0")
    page.keyboard.press(key)
    page.wait_for_function("before => (window.settled || 0) > before", arg=before)
    page.wait_for_selector("html:not(.busy)")
    return str(page.inner_text("#said"))


def open_desk(page: Any, server: Server, query: str = "") -> None:
    """Open the desk with a value on it."""
    page.goto(f"{server.origin}/work{query}")
    page.wait_for_selector("#decide")
    page.wait_for_load_state("networkidle")  # htmx is there, and has looked through the page


def test_enter_belongs_to_the_input_method_while_it_composes(page: Any, server: Server) -> None:
    """A clerk who picks a word with Enter has not yet said that the value is right."""
    open_desk(page, server, "?find=292")
    page.keyboard.press("e")
    before = decisions(server)
    method = page.context.new_cdp_session(page)

    method.send("Input.imeSetComposition", {"text": "zhiliang", "selectionStart": 8, "selectionEnd": 8})
    page.keyboard.press("Enter")
    page.evaluate(  # what older input methods send
        "document.querySelector('#after').dispatchEvent(new KeyboardEvent('keydown', "
        "{key: 'Enter', keyCode: 229, bubbles: true, cancelable: true}))"
    )
    assert page.is_visible("#edit")
    method.send("Input.insertText", {"text": "质量"})
    assert page.input_value("#after") == "质量"
    page.keyboard.press("Escape")
    press(page, "j")  # goes through only where nothing else is on its way

    assert decisions(server) == before


def test_a_held_key_decides_once(page: Any, server: Server) -> None:
    """What nobody has seen is not decided by a key that lies under a book."""
    open_desk(page, server)
    before = len(decisions(server))
    key = "a" if page.locator('[data-key="a"]').count() else "c"

    page.keyboard.down(key)
    for _ in range(5):
        page.keyboard.down(key)  # repeats
    page.keyboard.up(key)
    page.wait_for_selector("#said .good")
    page.wait_for_selector("html:not(.busy)")
    press(page, "k")

    assert len(decisions(server)) == before + 1


def test_a_hostile_text_stays_text(page: Any, server: Server) -> None:
    """Markup in a document is letters on the screen, in the list, in the lines, in the rows."""
    page.goto(f"{server.origin}/work?find=onerror")
    page.wait_for_selector("#desk")
    if not page.locator("#decide").count():
        page.goto(f"{server.origin}/work?find=292")
    page.wait_for_load_state("networkidle")

    assert "<img" in page.inner_text("#desk")
    assert page.locator("#desk img").count() == 0
    assert page.title() != "hit"


def test_every_key_of_the_help_is_a_button_that_says_so(page: Any, server: Server) -> None:
    """Keyboard first, mouse second: nothing can be done with keys only."""
    open_desk(page, server)

    page.keyboard.press("?")

    assert page.is_visible("#help")
    page.keyboard.press("Escape")
    assert not page.is_visible("#help")
    names = page.evaluate(
        """() => [...document.querySelectorAll("button, a, input:not([type=hidden]), select")].filter(
          e => !(e.innerText || e.textContent.trim() || e.ariaLabel || e.placeholder || e.labels?.length || e.disabled)
        ).map(e => e.outerHTML)"""
    )
    assert names == []


def stumbling_blocks(page: Any) -> list[str]:
    """What axe finds wrong: rule, element, what to do."""
    from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]

    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_weak_eyes_and_screen_readers_stumble_over_nothing(page: Any, server: Server, scheme: str) -> None:
    """Contrast, names, roles, headings: every page, with what opens on it, in light and dark."""
    page.emulate_media(color_scheme=scheme)
    found = []
    for path in ("/", "/history"):
        page.goto(f"{server.origin}{path}")
        found += stumbling_blocks(page)
    open_desk(page, server)
    found += stumbling_blocks(page)
    page.keyboard.press("e")
    found += stumbling_blocks(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    found += stumbling_blocks(page)
    page.emulate_media(color_scheme="light")

    assert found == []


def test_nothing_is_cut_off_at_125_percent(page: Any, server: Server) -> None:
    """A clerk's screen of 1366 by 768 shows 1093 by 614 at 125%: buttons stay in reach, nothing scrolls sideways."""
    size = page.viewport_size
    page.set_viewport_size({"width": 1093, "height": 614})
    out = []
    for path in ("/", "/work", "/history"):
        page.goto(f"{server.origin}{path}")
        out += page.evaluate(
            """() => [...document.querySelectorAll("button, .top a, h1")].filter(e => e.getClientRects().length
              && (e.getBoundingClientRect().right > innerWidth + 1)).map(e => e.outerHTML)"""
        )
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    open_desk(page, server)
    box = page.locator(".acts .yes").first.bounding_box()
    page.set_viewport_size(size)

    assert out == []
    assert box["y"] + box["height"] <= 614


def test_a_review_with_keys_only_survives_a_crash_and_reaches_the_workbook(page: Any, server: Server) -> None:
    """Decide one, decide a group, kill the server, go on where it stopped, undo, export: the workbook holds it all."""
    import openpyxl

    page.goto(server.origin)
    page.wait_for_selector("#how-far")
    page.keyboard.press("Enter")
    page.wait_for_selector("#decide")
    page.wait_for_load_state("networkidle")
    page.keyboard.press("f")
    page.keyboard.type("292")
    press(page, "Enter")
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("≥92%")
    assert press(page, "Shift+Enter").startswith("✓ 改写")
    decided = {d.anchor.key for d in decisions(server)}
    assert len(decided) >= 2

    assert server.faults == []
    server.kill()
    page.keyboard.press("u")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "没有应答" in page.inner_text("#trouble")
    server.faults.clear()  # what the browser says of a server that is gone
    enter(page, server)

    assert {d.anchor.key for d in decisions(server)} == decided
    with Store.open(server.store) as store:
        left = Reviews(store).count()
    open_desk(page, server)
    before = page.inner_text(".count")
    assert before.startswith(str(left))
    assert press(page, "Shift+R").startswith("✓ 保留原文")
    assert press(page, "u").startswith("✓ 已撤销")
    assert page.inner_text(".count") == before

    page.goto(f"{server.origin}/")
    page.click('button[value="xlsx"]')
    with page.expect_download() as coming:
        page.click("text=下载 zhibiao.xlsx")
    coming.value.save_as(server.store.with_name("out.xlsx"))
    book = openpyxl.load_workbook(server.store.with_name("out.xlsx"))
    texts = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert any("≥92%" in text for text in texts)
    assert server.faults == []
    assert {urlsplit(address).hostname for address in server.requests} == {"127.0.0.1"}


def test_every_format_can_be_taken_from_the_first_page(page: Any, server: Server) -> None:
    """Each button leads to a file that the program it is meant for opens."""
    page.goto(server.origin)
    page.wait_for_selector("#how-far")
    names = page.eval_on_selector_all('button[name="format"]', "all => all.map(one => one.value)")
    nothing = {"page-xml": "文本没有 PAGE XML", "examples": "没有训练样例"}
    found: dict[str, Path] = {}
    for name in names:
        page.goto(f"{server.origin}/")
        page.click(f'button[value="{name}"]')
        if name in nothing:  # this store holds texts only; whether somebody decided depends on the tests before
            page.wait_for_selector(f'li:has-text("{nothing[name]}"), a:has-text("下载 {FORMATS[name][1]}")')
            continue
        with page.expect_download() as coming:
            page.click(f'a:has-text("下载 {FORMATS[name][1]}")')
        found[name] = server.store.with_name(f"{name}-{coming.value.suggested_filename}")
        coming.value.save_as(found[name])

    assert set(found) == {"xlsx", "budget-system", "csv", "jsonl", "parquet"}
    for name in ("xlsx", "budget-system", "csv", "parquet"):
        with zipfile.ZipFile(found[name]) as archive:
            assert archive.testzip() is None
    with zipfile.ZipFile(found["csv"]) as archive:
        tables = {file: archive.read(file).decode("utf-8-sig") for file in archive.namelist()}
    assert any("群众满意度" in table for table in tables.values())
    lines = [json.loads(line) for line in found["jsonl"].read_text("utf-8").splitlines()]
    assert {len(record["indicators"]) for record in lines} == {4}
    assert server.faults == []


@pytest.fixture
def paper(tmp_path: Path, chromium: Any) -> Iterator[Any]:
    """A browser at the desk of a store whose pages are pictures, turned by a quarter as they came in."""
    from review_store import fill_store

    from pipeline.review.server import listen

    with Store.open(tmp_path / "p.db", create=True) as store:
        fill_store(store, tmp_path, quarters=1)
        serving = listen(store, who="甲", words=tmp_path / "words.txt")
        thread = threading.Thread(target=serving.run, daemon=True)
        thread.start()
        context = chromium.new_context(viewport={"width": 1366, "height": 768})
        context.set_default_timeout(PATIENCE)
        context.add_init_script(SETTLED)
        page = context.new_page()
        page.goto(serving.workbench.address())
        page.wait_for_selector("#how-far")
        page.goto(f"http://127.0.0.1:{serving.workbench.port}/work")
        page.wait_for_selector("#decide")
        page.wait_for_load_state("networkidle")
        yield page
        context.close()
        serving.close()


def view(page: Any) -> list[float]:
    """What of the whole page is seen: x, y, width, height."""
    return [float(number) for number in page.get_attribute("#whole", "viewBox").split()]


def test_the_whole_page_is_zoomed_moved_and_left_by_keys_or_by_a_click_on_a_cell(paper: Any) -> None:
    """From a value to its page, upright whichever way it was scanned, to another cell's value, and back."""
    page = paper
    name = page.inner_text("#what")
    assert "matrix" in page.get_attribute(".crop g", "transform")
    assert page.evaluate("fetch(document.querySelector('.crop image').href.baseVal).then(r => r.status)") == 200

    press(page, "o")
    assert page.evaluate(
        "document.querySelector('#whole').dataset.width < document.querySelector('#whole').dataset.height"
    )
    states = set(page.eval_on_selector_all("#whole polygon", "all => all.map(one => one.getAttribute('class'))"))
    assert {"this", "open", "plain"} <= states
    page.keyboard.press("0")
    whole = view(page)
    page.keyboard.press("+")
    near = view(page)
    assert near[2] < whole[2]
    page.keyboard.press("ArrowDown")
    assert view(page)[1] > near[1]
    page.mouse.move(683, 400)
    page.mouse.wheel(0, -200)
    page.wait_for_function(
        "near => +document.querySelector('#whole').getAttribute('viewBox').split(' ')[2] < near", arg=near[2]
    )
    page.keyboard.press("Escape")
    page.wait_for_selector("#sheet:not([open])", state="attached")
    assert page.inner_text("#what") == name

    press(page, "o")
    page.keyboard.press("0")
    before = page.evaluate("window.settled")
    page.locator("#whole polygon.plain").first.click()
    page.wait_for_function("before => window.settled > before", arg=before)
    page.wait_for_selector("#sheet:not([open])", state="attached")
    assert page.locator(".reasons").first.inner_text().startswith("机器没有疑问")
    page.go_back()
    page.wait_for_function("name => document.querySelector('#what')?.innerText === name", arg=name)
