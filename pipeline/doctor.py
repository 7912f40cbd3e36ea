"""What this installation would read with: engine, weights, models and dictionaries, and whether they are whole."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version

from pipeline import __version__
from pipeline.errors import PipelineError
from pipeline.resources import data_folder
from pipeline.settings import Settings

_LIBRARIES = (
    "paddleocr",
    "onnxruntime",
    "opencv-contrib-python",
    "pypdfium2",
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
    yield from _one_cv2()
    for check in (_dictionaries, _levels, _repair, _reading, _pictures, _engine):
        yield from _guarded(check, settings)


# Wheels that bring a `cv2` of their own over the pinned one, or pull one in.
_RIVALS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python-headless",
    "rapidocr",
    "rapidocr-onnxruntime",
)


def _one_cv2() -> Iterator[tuple[bool, str]]:
    """Two wheels with one `cv2` overwrite each other; which of them is loaded depends on the order of installing."""
    for name in _RIVALS:
        try:
            found = version(name)
        except PackageNotFoundError:
            continue
        yield False, f"library {name} {found} overwrites OpenCV; uninstall it, then install opencv-contrib-python again"


def _guarded(check: Callable[[Settings], Iterator[str]], settings: Settings) -> Iterator[tuple[bool, str]]:
    try:
        for line in check(settings):
            yield True, line
    except PipelineError as error:
        yield False, str(error)
    except Exception as error:  # a library that cannot be loaded must not hide what else is wrong
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        yield False, f"{check.__name__.strip('_')}: {reason}; {_remedy(reason)}"


def _remedy(reason: str) -> str:
    if "libGL" in reason or "libgthread" in reason or "libglib" in reason:
        return "install the system's libraries: apt-get install libgl1 libglib2.0-0"
    return "install zhibiao again"


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
    files = sorted(path for path in data_folder("models").glob("repair*") if path.suffix != ".md")
    digests = ", ".join(f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()[:12]}" for path in files)
    yield f"model repair: {digests}; false repairs at most {settings.repair.max_false_repairs:.2%}"


def _reading(settings: Settings) -> Iterator[str]:
    from pipeline.calibration import MODEL_FILE, load_calibration

    load_calibration()
    digest = hashlib.sha256((data_folder("models") / MODEL_FILE).read_bytes()).hexdigest()
    yield f"model reading: {MODEL_FILE} {digest[:12]}; values under {settings.review_confidence:.2f} are for review"


def _pictures(settings: Settings) -> Iterator[str]:
    from pipeline.debug import chinese_font

    font = chinese_font()
    yield f"font of --debug: {font}" if font else "font of --debug: none with Hanzi; pictures have outlines only"


def _engine(settings: Settings) -> Iterator[str]:
    from pipeline.engine import load_engine

    chosen = settings.left.engine
    engine = load_engine(chosen)
    yield f"engine {chosen.engine}: {chosen.detection}, {chosen.recognition}, {engine.threads} threads"
    for weights in engine.weights:
        whole = "digest as known" if weights.whole else "digest not known here: compare it with its maker's"
        yield f"weights {weights.name} from {weights.source}: sha256 {weights.sha256[:12] or 'unknown'}, {whole}"
