#!/usr/bin/env python3
"""Write a folder of generated pages with their exact truth.

scripts/make_pages.py --layout zhengzhou-2020 --kind scan --count 5 --out pages
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.errors import PipelineError, UsageError
from pipeline.synth.degrade import KINDS
from pipeline.synth.layouts import LAYOUTS, UNSEEN_LAYOUTS
from pipeline.synth.pages import FIRST_TEST_SEED, write_pages


def main(
    *,
    out: Annotated[Path, typer.Option(help="Folder to write to; each form gets a folder of its own.")],
    layout: Annotated[list[str] | None, typer.Option(help="Layouts (default: all).")] = None,
    kind: Annotated[list[str] | None, typer.Option(help="Degradations (default: all).")] = None,
    count: Annotated[int, typer.Option(help="Forms of each layout and kind.", min=1)] = 1,
    seed: Annotated[int, typer.Option(help="Seed of the first form; test seeds begin at a million.")] = 0,
    split: Annotated[str, typer.Option(help="train, dev or test: which words, fonts and line styles.")] = "dev",
    dpi: Annotated[float | None, typer.Option(help="Resolution the pages are drawn at (default: 200).")] = None,
) -> None:
    """Write generated pages as PNG files and their truth as JSON."""
    fixed: dict[str, Any] = {} if dpi is None else {"dpi": dpi}
    if split == "test" and seed < FIRST_TEST_SEED:
        seed += FIRST_TEST_SEED
    try:
        for name in layout or (LAYOUTS + (UNSEEN_LAYOUTS if split == "test" else ())):
            if name not in LAYOUTS + UNSEEN_LAYOUTS:
                raise UsageError(f"unknown layout '{name}'; known are {', '.join(LAYOUTS + UNSEEN_LAYOUTS)}")
            for damage in kind or KINDS:
                for number in range(seed, seed + count):
                    for file in write_pages(out, name, damage, number, split, **fixed):  # type: ignore[arg-type]
                        typer.echo(file)
    except PipelineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from error


if __name__ == "__main__":
    typer.run(main)
