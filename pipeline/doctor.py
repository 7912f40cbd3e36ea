"""What this installation would read with: engine, weights, models and dictionaries, and whether they are whole."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from pipeline import __version__
from pipeline.errors import PipelineError
from pipeline.settings import Settings

_LIBRARIES = (
    "paddleocr",
    "onnxruntime",
    "opencv-contrib-python",
    "pypdfium2",
    "scikit-learn",
    "rapidfuzz",
    "jieba",
    "pydantic",
)


def diagnose(settings: Settings | None = None) -> Iterator[tuple[bool, str]]:
    """Yield (whole, line) for each part; a part that fails says why and what to do, and the rest goes on."""
    settings = settings or Settings()
    yield True, f"zhibiao {__version__}, Python {sys.version.split()[0]}"
    for name in _LIBRARIES:
        try:
            yield True, f"library {name} {version(name)}"
        except PackageNotFoundError:
            yield False, f"library {name} is missing; install zhibiao again"
    for check in (_dictionaries, _levels, _repair, _engine):
        yield from _guarded(check, settings)


def _guarded(check: Callable[[Settings], Iterator[str]], settings: Settings) -> Iterator[tuple[bool, str]]:
    try:
        for line in check(settings):
            yield True, line
    except PipelineError as error:
        yield False, str(error)
    except Exception as error:  # a library that cannot be loaded must not hide what else is wrong
        yield False, f"{check.__name__.strip('_')}: {type(error).__name__}: {error}"


def _dictionaries(settings: Settings) -> Iterator[str]:
    from pipeline.dictionaries import load_dictionaries
    from pipeline.templates import load_templates

    loaded = load_dictionaries()
    for vocabulary in loaded.vocabularies:
        yield f"dictionary {vocabulary.id}: {len(vocabulary.names)} names, sha256 {vocabulary.sha256[:12]}"
    templates = load_templates()
    yield f"templates: {len(templates)} ({', '.join(template.id for template in templates)})"


def _levels(settings: Settings) -> Iterator[str]:
    from pipeline.levels.model import load_level_model

    card = load_level_model().card
    trained = f"trained with scikit-learn {card['versions']['scikit-learn']}"
    yield f"model levels: {card['model']}, sha256 {card['sha256'][:12]}, {trained}"


def _repair(settings: Settings) -> Iterator[str]:
    from pipeline.dictionaries import load_dictionaries
    from pipeline.repair import load_repairer

    load_repairer(load_dictionaries(), settings.repair)
    yield f"model repair: whole, false repairs at most {settings.repair.max_false_repairs:.2%}"


def _engine(settings: Settings) -> Iterator[str]:
    from pipeline.engine import load_engine

    engine = load_engine(settings.left.engine)
    yield f"engine {engine.name}: weights whole"
