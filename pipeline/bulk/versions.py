"""What records are made with, named by a digest: code, models, dictionaries, templates, settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline import __version__
from pipeline.bulk.parts import part_digests
from pipeline.bulk.tasks import Before, Material
from pipeline.dictionaries import load_dictionaries
from pipeline.errors import DictionaryError
from pipeline.settings import Settings
from pipeline.templates import load_templates


def read_materials(paths: Sequence[Path]) -> tuple[Material, ...]:
    """Dictionary or template files as they travel to workers and into the store. Raises DictionaryError."""
    found = []
    for path in paths:
        try:
            found.append(Material(path.name, path.read_text("utf-8-sig")))
        except OSError as error:
            raise DictionaryError(f"{path}: cannot be read ({error.strerror}); check the path") from error
        except UnicodeDecodeError as error:
            raise DictionaryError(f"{path}: is not UTF-8; save the file as UTF-8 and try again") from error
    return tuple(found)


def check_materials(dictionaries: Sequence[Path], templates: Sequence[Path]) -> None:
    """Fail before anything is begun. Raises DictionaryError with file and line."""
    load_dictionaries(dictionaries)
    load_templates(templates)


def make_version(
    settings: Settings, dictionaries: Sequence[Material], templates: Sequence[Material]
) -> tuple[str, dict[str, Any]]:
    """The digest and the content of a version.

    Any change of the installed code that records depend on makes another version: what a change means for them nobody
    has to judge (`bulk/parts.py`). The left half has keys of its own (keep.reading_key).
    """
    content = {
        "zhibiao": __version__,
        "parts": part_digests(),
        "settings": settings.model_dump(mode="json", exclude={"left"}),
        "dictionaries": [{"name": m.name, "text": m.text} for m in dictionaries],
        "templates": [{"name": m.name, "text": m.text} for m in templates],
    }
    digest = hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
    return digest, content


def held_against(digest: str, other: dict[str, Any], now: dict[str, Any]) -> Before | None:
    """What a version has otherwise than the one in force; None where all of it is, so that nothing of it can stand."""
    first, second = (each.get("parts", {}) for each in (other, now))
    same = {part for part, made_with in second.items() if first.get(part) == made_with}
    if same.isdisjoint({"labelling", "repair", "rest"}):
        return None
    old, new = other["settings"], now["settings"]
    rest = [{k: v for k, v in each.items() if k != "repair"} for each in (old, new)]
    return Before(
        digest, materials_of(other, "dictionaries"), materials_of(other, "templates"),
        same_labelling="labelling" in same,
        same_repair="repair" in same and old["repair"] == new["repair"],
        same_rest="rest" in same and rest[0] == rest[1],
    )  # fmt: skip


def materials_of(content: dict[str, Any] | None, kind: str) -> tuple[Material, ...]:
    """The further dictionaries or templates of a version."""
    return tuple(Material(entry["name"], entry["text"]) for entry in (content or {}).get(kind, ()))
