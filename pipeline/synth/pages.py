"""Generated pages by seed, and folders of them: pictures beside a JSON file with their exact truth."""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
from PIL import Image as PilImage

from pipeline.document import Polygon, Role
from pipeline.errors import InputError
from pipeline.synth.degrade import degrade
from pipeline.synth.layouts import make_document as make_forms
from pipeline.synth.model import LaidForm, LaidTable
from pipeline.synth.render import (
    RenderedCell,
    RenderedLine,
    RenderedPage,
    RenderedSeal,
    RenderedTable,
    draw_style,
    render_forms,
)

Split = Literal["train", "dev", "test"]
# Seeds from here on are the test split's: nothing is tuned on them.
FIRST_TEST_SEED = 1_000_000
TRUTH = "truth.json"


def make_pages(
    layout: str, kind: str, seed: int, split: Split = "dev", **fixed: Any
) -> tuple[LaidForm, list[RenderedPage]]:
    """Return a form of `layout` and its pages after the degradation `kind`; all are functions of the arguments.

    The form and its style depend on layout, seed and split only, so that kinds can be compared on the same forms.
    `fixed` overrides fields of the style (see RenderStyle), for instance dpi=300. Raises UsageError for an unknown kind
    and KeyError for an unknown layout.
    """
    forms, pages = make_document([layout], kind, seed, split, **fixed)
    return forms[0], pages


def make_document(
    layouts: Sequence[str], kind: str, seed: int, split: Split = "dev", new_pages: bool = True, **fixed: Any
) -> tuple[list[LaidForm], list[RenderedPage]]:
    """Return forms of these layouts and the pages of the document that holds them one after the other.

    Without `new_pages` a form begins below the one before it, so that a page may hold several tables.
    """
    rng = random.Random(f"{'+'.join(layouts)}/{split}/{seed}")
    forms = make_forms(layouts, rng, split)
    columns = max((block.n_cols for form in forms for block in form.blocks if isinstance(block, LaidTable)), default=4)
    pages = render_forms(forms, rng, draw_style(rng, split, columns, **fixed), new_pages)
    damage = [zlib.crc32("+".join(layouts).encode()), zlib.crc32(kind.encode()), seed]
    return forms, [degrade(page, kind, np.random.default_rng([*damage, page.index])) for page in pages]


def write_pages(folder: Path, layout: str, kind: str, seed: int, split: Split = "dev", **fixed: Any) -> list[Path]:
    """Write one form's pages as PNG files and their truth as JSON into `folder`/layout-kind-seed; return the pictures.

    Raises InputError where the folder cannot be written.
    """
    form, pages = make_pages(layout, kind, seed, split, **fixed)
    about = {"layout": layout, "kind": kind, "seed": seed, "split": split, "form": asdict(form.truth)}
    return store_pages(folder / f"{layout}-{kind}-{seed}", pages, about)


def store_pages(home: Path, pages: Sequence[RenderedPage], about: dict[str, Any]) -> list[Path]:
    """Write pages as PNG files into the folder `home`, and beside them truth.json with what is known `about` them all.

    Truth is written last: a folder that has it is whole. Raises InputError where the folder cannot be written.
    """
    files = [home / f"page-{page.index + 1}.png" for page in pages]
    try:
        home.mkdir(parents=True, exist_ok=True)
        for file, page in zip(files, pages, strict=True):
            # PNG keeps the very pixels; level 1 because most of the time would go into packing noise.
            PilImage.fromarray(page.image).save(file, compress_level=1)
        truth = {**about, "pages": [{"file": f.name, **page_truth(page)} for f, page in zip(files, pages, strict=True)]}
        written = home / (TRUTH + ".part")
        written.write_text(json.dumps(truth, ensure_ascii=False), encoding="utf-8")
        written.replace(home / TRUTH)
    except OSError as error:
        raise InputError(f"{home}: cannot be written ({error.strerror}); choose another folder") from error
    return files


def read_pages(folder: Path) -> Iterator[RenderedPage]:
    """Yield the pages that write_pages put into one form's folder, or into any folder below `folder`."""
    for file in sorted(folder.rglob(TRUTH)):
        for truth in json.loads(file.read_text(encoding="utf-8"))["pages"]:
            with PilImage.open(file.parent / truth["file"]) as picture:
                image = np.asarray(picture.convert("RGB"))
            yield replace(page_from_truth(truth), image=image)


def page_truth(page: RenderedPage) -> dict[str, Any]:
    """Return the truth of a page as plain JSON values: polygons in pixels, rows and columns from zero."""
    height, width = page.image.shape[:2]
    return {
        "width": width,
        "height": height,
        "dpi": page.dpi,
        "em": page.em,
        "index": page.index,
        "kind": page.kind,
        "turned": page.turned,
        "tables": [asdict(table) for table in page.tables],
        "lines": [asdict(line) for line in page.lines],
        "seals": [asdict(seal) for seal in page.seals],
    }


def page_from_truth(truth: dict[str, Any]) -> RenderedPage:
    """Return the page that page_truth described, with a white picture of its size."""
    return RenderedPage(
        image=np.full((truth["height"], truth["width"], 3), 255, dtype=np.uint8),
        dpi=truth["dpi"],
        tables=tuple(
            RenderedTable(tuple(_cell(cell) for cell in t["cells"]), t["n_rows"], t["n_cols"], t["block"])
            for t in truth["tables"]
        ),
        lines=tuple(_line(line) for line in truth["lines"]),
        em=truth["em"],
        index=truth["index"],
        kind=truth["kind"],
        seals=tuple(
            RenderedSeal(_polygon(s["polygon"]), (s["colour"][0], s["colour"][1], s["colour"][2]), s["text"])
            for s in truth["seals"]
        ),
        turned=truth["turned"],
    )


def _polygon(points: list[list[float]]) -> Polygon:
    return tuple((x, y) for x, y in points)


def _line(line: dict[str, Any]) -> RenderedLine:
    return RenderedLine(line["text"], _polygon(line["polygon"]), line["kind"])


def _cell(cell: dict[str, Any]) -> RenderedCell:
    made = {"polygon": _polygon(cell["polygon"]), "role": Role(cell["role"])}
    return RenderedCell(**{**cell, **made, "lines": tuple(_line(line) for line in cell["lines"])})
