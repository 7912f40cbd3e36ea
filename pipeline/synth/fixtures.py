"""The pages of fixtures/pages: small documents, one a kind of trouble, with their exact truth.

Everything is a function of the case: layout, seed and kind give form, pages and damage. The seeds lie in the
development split and are used for nothing else.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from PIL import Image as PilImage
from PIL import TiffImagePlugin

from pipeline.synth.layouts import make_document as make_forms
from pipeline.synth.model import LaidForm, LaidTable
from pipeline.synth.pages import TRUTH, make_pages, page_truth
from pipeline.synth.pdf import KANGXI, Sheet, write_pdf, write_tiff
from pipeline.synth.render import Drawing, RenderedPage, draw_style, lay_pages, rasterise

# What PDFs are rendered at; the truth of a digital page is in pixels of that rendering.
_DPI = 200.0


@dataclass(frozen=True, slots=True)
class Case:
    """One document: its folder's name, what it is made of, how it is packed, and what is hard about it."""

    name: str
    layout: str
    seed: int
    kind: str
    pack: str  # png, jpeg, tiff, digital or mixed
    about: str


CASES = (
    Case("clean", "zhengzhou-2020", 900002, "clean", "png",
         "Three pages as they were drawn, one PNG a page: the form goes over all of them."),
    Case("scan", "zhengzhou-2020", 900004, "scan", "tiff",
         "Three pages from a flatbed scanner in one TIFF: up to 1.6 degrees askew, blurred, noisy, shaded, JPEG."),
    Case("fax", "mof-2015-88-single", 900004, "fax", "tiff",
         "Two pages of one bit in one TIFF (CCITT group 4), 160 dpi, rulings broken."),
    Case("photo", "mof-2021-101-core", 900004, "photo", "jpeg",
         "A page photographed on a desk: perspective, curl, shadow."),
    Case("stamp", "mof-2021-101-core", 900002, "stamp", "jpeg",
         "A scan with red seals and a grey watermark across the text."),
    Case("rotated", "mof-2021-101-core", 900001, "rotated", "jpeg",
         "A scan that lies on its side or on its head."),
    Case("digital", "zhengzhou-2020", 900004, "clean", "digital",
         "The form of `scan` as an office program prints it to PDF; its text layer says radicals (U+2F00…) "
         "where Hanzi are printed."),
    Case("mixed", "mof-2015-88-single", 900001, "scan", "mixed",
         "A PDF whose first page is digital and whose second is a scan; over it lies somebody's OCR, invisible and "
         "wrong."),
)  # fmt: skip


def write_fixtures(folder: Path, cases: Sequence[Case] = CASES) -> list[Path]:
    """Write each case's pages, truth and description into a folder of its name; return the files."""
    return [file for case in cases for file in _write_case(folder / case.name, case)]


def _write_case(home: Path, case: Case) -> list[Path]:
    home.mkdir(parents=True, exist_ok=True)
    form, pages, files = make_case(case)
    for name, data in files.items():
        (home / name).write_bytes(data)
    truth = {
        "layout": case.layout,
        "kind": case.kind,
        "seed": case.seed,
        "split": "dev",
        "form": asdict(form.truth),
        "pages": [_rounded(page_truth(page)) for page in pages],
    }
    (home / TRUTH).write_text(json.dumps(truth, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    (home / "ABOUT.md").write_text(_about(case, form, files), encoding="utf-8")
    return [home / name for name in (*files, TRUTH, "ABOUT.md")]


def make_case(case: Case) -> tuple[LaidForm, list[RenderedPage], dict[str, bytes]]:
    """Return a case's form, its pages with their truth, and its files by name."""
    form, pages = make_pages(case.layout, case.kind, case.seed, "dev")
    if case.pack in ("digital", "mixed"):
        drawings = _drawings(case)
        drawn = [rasterise(drawing, _DPI) for drawing in drawings]
        if case.pack == "digital":
            sheets = [Sheet(drawing=drawing, mapping=KANGXI) for drawing in drawings]
            return form, drawn, {"form.pdf": write_pdf(sheets)}
        wrong = [Sheet(picture=page, words=lambda text: "误" * len(text), quality=70) for page in pages[1:]]
        return form, [drawn[0], *pages[1:]], {"form.pdf": write_pdf([Sheet(drawing=drawings[0]), *wrong])}
    if case.pack == "tiff":
        return form, pages, {"scan.tif": write_tiff(pages) if case.kind == "fax" else _grey_tiff(pages)}
    pack = _PACKERS[case.pack]
    suffix = {"png": "png", "jpeg": "jpg"}[case.pack]
    return form, pages, {f"page-{page.index + 1}.{suffix}": pack(page) for page in pages}


def _drawings(case: Case) -> list[Drawing]:
    """The very drawings that `make_pages` makes its pictures of."""
    rng = random.Random(f"{case.layout}/dev/{case.seed}")
    forms = make_forms([case.layout], rng, "dev")
    columns = max((block.n_cols for form in forms for block in form.blocks if isinstance(block, LaidTable)), default=4)
    return lay_pages(forms, draw_style(rng, "dev", columns), rng)


def _png(page: RenderedPage) -> bytes:
    """Sixteen greys are all that smooth type needs."""
    out = io.BytesIO()
    grey = PilImage.fromarray(page.image).convert("L")
    grey.quantize(16, dither=PilImage.Dither.NONE).save(out, "PNG", optimize=True, dpi=(page.dpi, page.dpi))
    return out.getvalue()


def _jpeg(page: RenderedPage) -> bytes:
    """As scanners and phones write it; the damage of JPEG 60 is in the page already."""
    out = io.BytesIO()
    PilImage.fromarray(page.image).save(out, "JPEG", quality=60, optimize=True, dpi=(round(page.dpi), round(page.dpi)))
    return out.getvalue()


def _grey_tiff(pages: Sequence[RenderedPage]) -> bytes:
    """Grey JPEG pages in one file, as office scanners send them by mail."""
    out = io.BytesIO()
    with TiffImagePlugin.AppendingTiffWriter(out, new=True) as writer:
        for page in pages:
            grey = PilImage.fromarray(page.image).convert("L")
            grey.save(writer, "TIFF", compression="jpeg", quality=60, dpi=(page.dpi, page.dpi))
            writer.newFrame()
    return out.getvalue()


_PACKERS: dict[str, Callable[[RenderedPage], bytes]] = {"png": _png, "jpeg": _jpeg}


def _rounded(value: Any) -> Any:
    """Places to a tenth of a pixel: more says nothing, and takes half the file."""
    if isinstance(value, float):
        return round(value, 1)
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return value


def _about(case: Case, form: LaidForm, files: dict[str, bytes]) -> str:
    return (
        f"# {case.name}\n\n{case.about}\n\n"
        f"- **Where it comes from.** Drawn by `scripts/make_fixture_pages.py` (layout `{case.layout}`, seed "
        f"{case.seed}, damage `{case.kind}`); every name in it is invented.\n"
        "- **What may be done with it.** Anything; it is licensed as the project is. No model is trained on it.\n"
        f"- **What is in it.** {', '.join(f'`{name}`' for name in files)}: one form, "
        f"{len(form.truth.indicators)} indicator rows, {len(form.truth.fields)} fields. `truth.json`: what a perfect "
        "reader returns, and where everything stands (pixels of the page). `readings/`: what the engine read, as "
        "`pipeline.keep` packs it, so that tests need no engine.\n"
    )
