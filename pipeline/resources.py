"""Where the files that travel with the package are: in the wheel under `_data`, in a checkout beside the package."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def data_folder(name: str) -> Path:
    """Return the folder `name` ("dictionaries" or "models") that came with this installation."""
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


def schema_file() -> Path:
    """Return the published schema of a record that came with this installation."""
    packaged = _PACKAGE / "_data" / "record.schema.json"
    return packaged if packaged.is_file() else _PACKAGE.parent / "docs" / "record.schema.json"
