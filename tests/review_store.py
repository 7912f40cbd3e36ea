"""A store with the same form on two pages, as a run over pictures would leave it; the pages may be turned."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
from builders import interpret_tools, page_of

from pipeline.document import PageReading, Place, Reading, Table
from pipeline.interpret import Interpreted, interpret_decided
from pipeline.store import DocumentRows, Store, StoredPage, record_rows

FORM = """
某市测试局预算项目绩效目标表
(2020年)
项目名称 | 测试项目 | 项目负责人 | 王某
一级指标 | 二级指标 | 三级指标 | 目标值
产出目标 | 数量 | 培训人数 | 292%
^ | 质量 | 项目指标达率标 | 292%
效果目标 | 满意度 | <img src=x onerror=alert(1)>满意度 |
"""
WIDTH, HEIGHT = 600, 800


def turned(point: tuple[float, float], quarters: int) -> tuple[float, float]:
    """A point of the upright page where it lies once the page was turned to the right so many times."""
    x, y = point
    return ((x, y), (HEIGHT - y, x), (WIDTH - x, HEIGHT - y), (y, WIDTH - x))[quarters]


def fill_store(store: Store, folder: Path, quarters: int = 0) -> Path:
    """Store two documents; return the picture of the first, the other's is gone."""
    import cv2

    size = (WIDTH, HEIGHT) if quarters % 2 == 0 else (HEIGHT, WIDTH)
    picture = folder / "form.png"
    cv2.imwrite(str(picture), np.full((size[1], size[0], 3), 250, np.uint8))
    for number, location in enumerate((picture, folder / "gone.png")):
        sha256 = hashlib.sha256(picture.read_bytes()).hexdigest() if number == 0 else "e" * 64
        rows = [
            record_rows(one.record, i, [(d, replace(a, sha256=sha256), None) for d, a, _ in one.doubts])
            for i, one in enumerate(interpreted(FORM, quarters))
        ]
        page = StoredPage(
            0, location.name, str(location), sha256, 0, origin="pixels", width=size[0], height=size[1]
        )  # fmt: skip
        store.save([DocumentRows(f"{number}.png", sha256, "pages", "read", [page], records=rows)])
    return picture


@cache
def interpreted(text: str, quarters: int = 0) -> list[Interpreted]:
    """The forms of a page, turned to the right so many times."""
    page = _turned_page(page_of(text, pixels=True), quarters)
    return list(interpret_decided([page], "form.png", page.sha256, interpret_tools(), ()))


def _turned_page(page: PageReading, quarters: int) -> PageReading:
    def place(one: Place) -> Place:
        return replace(one, polygon=tuple(turned(point, quarters) for point in one.polygon))

    def reading(one: Reading) -> Reading:
        return replace(one, places=tuple(place(p) for p in one.places))

    blocks = [
        replace(block, readings=tuple(reading(r) for r in block.readings)) if isinstance(block, Table)
        else replace(block, place=place(block.place))
        for block in page.blocks
    ]  # fmt: skip
    return replace(page, blocks=tuple(blocks))
