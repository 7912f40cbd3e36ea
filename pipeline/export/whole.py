"""Files that are either all there or not there at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from pipeline.errors import PipelineError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a place to write to; what was written becomes `path` in one step when the block ends without an error.

    A reader, a crash or a power cut finds the old file or the new one, never half of one. A missing folder is made.
    Raises PipelineError when the folder or the file cannot be written, with what to do about it.
    """
    # Beside the target, because a rename is one step only within one file system.
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield part
        with part.open("rb+") as written:
            os.fsync(written.fileno())
        os.replace(part, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise PipelineError(
            f"{path}: cannot be written ({error.strerror or error}); close it where it is open, or name another folder"
        ) from error
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    # The rename itself has to reach the disk; Windows knows no handle for a folder and needs none.
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
