#!/usr/bin/env python3
"""Draw fixtures/pages again (--pages), and read them again with the real engine (--readings); without either, both.

Read the difference before committing it: pages change only where the generator, Pillow or the fonts did, readings where
the left half reads differently.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pipeline.errors import PipelineError
from pipeline.evaluation.recorded import record_readings
from pipeline.synth.fixtures import CASES, write_fixtures

FOLDER = Path(__file__).resolve().parent.parent / "fixtures" / "pages"


def main(
    *,
    pages: Annotated[bool, typer.Option("--pages", help="Draw the pages and write their truth.")] = False,
    readings: Annotated[bool, typer.Option("--readings", help="Read the pages that are there.")] = False,
    case: Annotated[list[str] | None, typer.Option(help="Only these cases (default: all).")] = None,
    out: Annotated[Path, typer.Option(help="Folder of the cases.")] = FOLDER,
) -> None:
    """Write generated pages, their truth, and what the engine reads on them."""
    chosen = [one for one in CASES if not case or one.name in case]
    try:
        if pages or not readings:
            for file in write_fixtures(out, chosen):
                typer.echo(f"{file}: {file.stat().st_size} bytes")
        if readings or not pages:
            for file in record_readings(out, chosen):
                typer.echo(f"{file}: {file.stat().st_size} bytes")
    except PipelineError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(error.exit_code) from error


if __name__ == "__main__":
    typer.run(main)
