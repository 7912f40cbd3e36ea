#!/usr/bin/env python3
"""Draw the review workbench's pictures (docs/review/*.png): pages of fixtures, a run into a store, a browser.

scripts/make_review_pictures.py            # reads ten pages first: some minutes
scripts/make_review_pictures.py --store S  # with a store that is there already; it is copied, not changed

Needs Chromium and the development requirements. All names in the pictures are invented.
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.review.server import listen
from pipeline.store import Store
from pipeline.synth.layouts import LAYOUTS, make_document
from pipeline.synth.ocrtext import STYLES, DamageSettings, write_ocr_text

ROOT = Path(__file__).resolve().parent.parent
# Pages of fixtures/: their names are invented.
_PAGES = ("scan", "fax", "rotated", "stamp", "mixed", "photo")
_TEXTS = range(500_000, 500_012)
# A clerk's screen of 1366 x 768.
_SCREEN: Any = {"width": 1366, "height": 768}


def make_store(folder: Path) -> Path:
    """Take pages of fixtures, draw texts, and run over them."""
    for kind in _PAGES:
        kept = shutil.ignore_patterns("truth.json", "readings", "*.md")
        shutil.copytree(ROOT / "fixtures" / "pages" / kind, folder / "扫描件" / kind, ignore=kept)
    (folder / "文本").mkdir()
    for seed in _TEXTS:
        rng = random.Random(seed)
        forms = make_document((LAYOUTS[seed % 4],), rng, "dev")
        text, _ = write_ocr_text(forms, rng, DamageSettings(rows=0.2), rng.choice(STYLES), "dev")
        (folder / "文本" / f"{seed}.txt").write_text(text, "utf-8")
    run = [sys.executable, "-m", "pipeline.cli", "run", "扫描件", "文本", "--store", "archive.db"]
    subprocess.run(run, check=True, cwd=folder)
    return folder / "archive.db"


def draw(page: Any, address: str, out: Path) -> None:
    """Go through the main pages and keep a picture of each."""
    origin = address.split("/enter", maxsplit=1)[0]

    def keep(name: str, **options: Any) -> None:
        page.wait_for_timeout(800)  # crops arrive
        page.screenshot(path=out / f"{name}.png", **options)
        typer.echo(out / f"{name}.png")

    def press(*keys: str) -> None:
        for key in keys:
            page.keyboard.press(key)
            page.wait_for_timeout(600)
            page.wait_for_selector("html:not(.busy)")

    page.goto(address)
    page.wait_for_selector("#how-far")
    page.goto(f"{origin}/work?kind=proposed")
    page.wait_for_selector("#decide")
    press("a", "a", "j", "r")
    keep("text")
    page.goto(f"{origin}/work?find=扫描件")
    page.wait_for_selector("#decide")
    for _ in range(12):  # a target: short texts show more of the page
        if page.inner_text("#what") == "目标值" and page.input_value("#after") != "100%":
            break
        press("j")
    keep("page")
    press("e")
    page.keyboard.insert_text(page.input_value("#after").replace("9b", "%"))  # as a % of broken lines is misread
    keep("edit")
    press("Escape", "o")
    page.wait_for_timeout(1500)
    press("0")
    keep("whole")
    press("Escape", "t")
    keep("dark")
    press("t", "?")
    keep("keys")
    press("Escape")
    page.goto(f"{origin}/history")
    keep("history")
    page.goto(f"{origin}/")
    keep("home", clip={"x": 0, "y": 0, "width": 1366, "height": 1150}, full_page=True)


def smaller(folder: Path) -> None:
    """Reduce the pictures to a palette: a third of the bytes, and every letter stays."""
    from PIL import Image

    for file in folder.glob("*.png"):
        with Image.open(file) as picture:
            reduced = picture.convert("RGB").quantize(64, dither=Image.Dither.NONE)
        reduced.save(file, optimize=True)


def main(
    *,
    out: Annotated[Path, typer.Option(help="Folder the pictures are written to.")] = ROOT / "docs" / "review",
    store: Annotated[Path | None, typer.Option(help="Use a copy of this store.")] = None,
) -> None:
    """Draw the pictures of docs/review.md."""
    from playwright.sync_api import sync_playwright

    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        used = Path(shutil.copy(store, folder / "archive.db")) if store else make_store(folder)
        with Store.open(used) as opened, sync_playwright() as play:
            serving = listen(opened, who="张三", words=folder / "review-words.txt")
            threading.Thread(target=serving.run, daemon=True).start()
            browser = play.chromium.launch(
                executable_path=shutil.which("chromium"),
                args=[
                    "--no-sandbox",
                    "--headless",
                    "--disable-gpu",
                    "--disable-background-networking",
                    "--no-first-run",
                ],
            )
            page = browser.new_context(viewport=_SCREEN, locale="zh-CN").new_page()
            draw(page, serving.workbench.address(), out)
            browser.close()
            serving.workbench.exports.close()
    smaller(out)


if __name__ == "__main__":
    typer.run(main)
