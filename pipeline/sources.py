"""What is to be read: paths on the command line -> documents: a file each, or the page files lying in one folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import InputError
from pipeline.importers import PAGE_KINDS, import_kind
from pipeline.pages import IMAGES, natural_key, sniff


@dataclass(frozen=True, slots=True)
class Source:
    """One document.

    `kind` is "text", "pages" (a PDF or an image file), "images" (the images lying in one folder), "import" (another
    tool's result) or "imports" (such results of one kind lying in one folder, a page each); `form` is its kind.
    """

    path: Path
    kind: str
    form: str = ""


class SourceError(InputError):
    """An input that is no document: its path as given, and why."""

    def __init__(self, path: Path, message: str) -> None:
        super().__init__(message)
        self.path = path


def find_sources(inputs: Sequence[Path], *, separate: bool = False) -> Iterator[Source | SourceError]:
    """Yield the documents of the inputs in order; a path that is missing or an empty folder is yielded as its error.

    Images lying directly in one folder are one document in natural order (`separate` makes each its own), and so are
    other tools' results of one kind that hold a page each; every subfolder is its own.
    """
    for path in inputs:
        try:
            yield from _documents(path, separate)
        except OSError as error:  # a name that is too long, a folder that may not be listed
            yield SourceError(path, f"{path}: cannot be opened ({error.strerror}); check the path and its permissions")


def _documents(path: Path, separate: bool) -> list[Source | SourceError]:
    if not path.exists():
        return [SourceError(path, f"{path}: does not exist; check the path")]
    if path.is_dir():
        found = list(_folder(path, separate))
        return found or [SourceError(path, f"{path}: the folder holds no files to read; check the path")]
    if not path.is_file():  # reading a pipe would wait for ever, reading a device never end
        return [SourceError(path, f"{path}: is no ordinary file; save what it gives into one and name that")]
    return [_file(path)]


def _file(path: Path) -> Source | SourceError:
    try:
        kind = sniff(path)
    except InputError as error:
        return SourceError(path, str(error))
    if kind in ("unknown", "ooxml", "zip") and (form := import_kind(path)):
        return Source(path, "import", form)
    # What is no picture, no PDF and no archive is taken for text; the text importer says what is wrong with it.
    return Source(path, "text" if kind in ("unknown", "empty") else "pages")


def _folder(folder: Path, separate: bool) -> Iterator[Source | SourceError]:
    entries = sorted(
        (e for e in folder.iterdir() if not e.name.startswith(".")), key=lambda e: (natural_key(e.name), e.name)
    )
    files = [entry for entry in entries if entry.is_file()]
    images = [entry for entry in files if _is_image(entry)]
    if len(images) > 1 and not separate:
        yield Source(folder, "images")
        files = [entry for entry in files if entry not in set(images)]
    found = [_file(path) for path in files]
    for form in sorted(PAGE_KINDS) if not separate else ():
        members = [source for source in found if isinstance(source, Source) and source.form == form]
        if len(members) > 1:
            at = found.index(members[0])
            found = [source for source in found if source not in members]
            found.insert(at, Source(folder, "imports", form))
    yield from found
    for entry in entries:
        # A link may lead in a circle or out of the folder that was named.
        if entry.is_dir() and not entry.is_symlink():
            try:
                yield from _folder(entry, separate)
            except OSError as error:
                yield SourceError(entry, f"{entry}: cannot be listed ({error.strerror}); check its permissions")


def _is_image(path: Path) -> bool:
    try:
        return sniff(path) in IMAGES
    except InputError:
        return False


def list_imports(source: Source) -> list[Path]:
    """The files of an "import" or "imports" document, in natural order."""
    if source.kind == "import":
        return [source.path]
    files = [entry for entry in source.path.iterdir() if entry.is_file() and not entry.name.startswith(".")]
    members = [path for path in files if sniff(path) == "unknown" and import_kind(path) == source.form]
    return sorted(members, key=lambda path: (natural_key(path.name), path.name))
