"""The door: parse, call, print. Results go to standard output, progress and warnings to standard error."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from pipeline import __version__
from pipeline.errors import PipelineError

app = typer.Typer(
    name="zhibiao",
    help="Turn scanned or OCR'd Chinese budget performance-target forms into corrected, structured records.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
dictionary_app = typer.Typer(help="Check dictionary files.", no_args_is_help=True)
app.add_typer(dictionary_app, name="dictionary")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"zhibiao {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


@app.command()
def run(
    inputs: Annotated[
        list[Path], typer.Argument(help="OCR text, scans, PDF files, or folders of them.", metavar="INPUT…")
    ],
    out: Annotated[Path, typer.Option(help="Folder the records are written to.", metavar="DIR")],
    dictionary: Annotated[
        list[Path] | None, typer.Option(help="A further dictionary file; may be given more than once.", metavar="FILE")
    ] = None,
    template: Annotated[
        list[Path] | None, typer.Option(help="A further template file; may be given more than once.", metavar="FILE")
    ] = None,
    separate: Annotated[
        bool, typer.Option("--separate", help="Take each image of a folder for a document of its own.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Draw what was found over each page (DIR/debug/*.png).")
    ] = False,
) -> None:
    """Read forms and write records.jsonl, records.xlsx and run.json."""
    from pipeline.progress import Progress
    from pipeline.run import run_inputs

    with Progress() as progress:
        summary = run_inputs(
            inputs, out, dictionaries=dictionary or [], templates=template or [], separate=separate, debug=debug,
            say=progress.say, on_input=progress.on_input, on_page=progress.on_page,
        )  # fmt: skip
    typer.echo(summary.line())
    raise typer.Exit(summary.exit_code())


@dictionary_app.command("check")
def dictionary_check(files: Annotated[list[Path], typer.Argument(help="Dictionary files.", metavar="FILE…")]) -> None:
    """Check dictionary files line by line, together with the shipped ones."""
    from pipeline.dictionaries import load_dictionaries

    loaded = load_dictionaries(files)
    for vocabulary in loaded.vocabularies[-len(files) :]:
        typer.echo(f"{vocabulary.path}: {vocabulary.id}, {len(vocabulary.names)} names, no fault found")


def _say(message: str) -> None:
    typer.echo(message, err=True)


def main() -> None:
    """Run the command; an error that zhibiao raises on purpose is one line and its exit code."""
    try:
        app()
    except PipelineError as error:
        _say(f"zhibiao: {error}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        _say("zhibiao: interrupted")
        sys.exit(130)


if __name__ == "__main__":
    main()
