"""A network's weights that are too small to count: they change nothing, and cost a processor fifty times the time.

A number below 1.2e-38 is held in a form (denormal) that processors work on in microcode. A layer whose training drove
most of its weights there takes longer than all others together: two layers of PP-OCRv6_small's detector took three
fifths of its time. The sums they go into are the same to the last bit without them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

# Where an ONNX file (onnx.proto3) keeps tensors: in the graph's list of weights, and as attributes of its nodes.
_TENSORS = ((7, 5), (7, 1, 5, 5))
_DATA_TYPE, _RAW_DATA, _FLOAT = 2, 9, 1


def without_tiny(graph: bytes) -> bytes:
    """Return an ONNX graph whose weights below the smallest normal number are 0; one that is none, as it is."""
    changed = bytearray(graph)
    try:
        for path in _TENSORS:
            for start, end in _messages(graph, path, 0, len(graph)):
                _clear(changed, graph, start, end)
    except (IndexError, ValueError):  # no ONNX file: whoever loads it will say so
        return graph
    return bytes(changed)


def _clear(changed: bytearray, graph: bytes, start: int, end: int) -> None:
    """Set the tiny numbers of one tensor to 0."""
    kind, data = 0, (0, 0)
    for field, wire, first, last in _fields(graph, start, end):
        if field == _DATA_TYPE and wire == 0:
            kind = first
        elif field == _RAW_DATA and wire == 2:
            data = (first, last)
    count = (data[1] - data[0]) // 4
    if kind == _FLOAT and count:
        values = np.frombuffer(changed, "<f4", count, data[0])
        values[np.abs(values) < np.finfo(np.float32).tiny] = 0.0


def _messages(graph: bytes, path: Sequence[int], start: int, end: int) -> Iterator[tuple[int, int]]:
    """First and last (exclusive) byte of every message that lies at a path of field numbers."""
    for field, wire, first, last in _fields(graph, start, end):
        if field == path[0] and wire == 2:
            if len(path) == 1:
                yield first, last
            else:
                yield from _messages(graph, path[1:], first, last)


def _fields(graph: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """The fields of a protobuf message: number, wire type, then the value and 0, or first and last byte."""
    place = start
    while place < end:
        key, place = _number(graph, place)
        wire = key & 7
        if wire == 0:
            value, place = _number(graph, place)
            yield key >> 3, wire, value, 0
            continue
        size = 8 if wire == 1 else 4
        if wire == 2:
            size, place = _number(graph, place)
        elif wire not in (1, 5):
            raise ValueError(f"wire type {wire}")
        yield key >> 3, wire, place, place + size
        place += size


def _number(graph: bytes, place: int) -> tuple[int, int]:
    """A number of seven bits a byte, and where it ends."""
    value = shift = 0
    while True:
        byte = graph[place]
        place += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, place
