"""Proofs for pipeline/weights.py: weights that are too small to count."""

from __future__ import annotations

import numpy as np

from pipeline.weights import without_tiny


def _field(number: int, content: bytes) -> bytes:
    """A protobuf field of bytes, shorter than 128."""
    return bytes([number << 3 | 2, len(content)]) + content


def _tensor(values: list[float], kind: int = 1) -> bytes:
    return bytes([2 << 3, kind]) + _field(9, np.array(values, "<f4").tobytes())


def test_tiny_weights_become_nothing_and_all_others_stay() -> None:
    """They change no sum; a weight that does must not be touched, wherever the graph keeps it."""
    kept, tiny = [0.5, -1e-37, 0.0, 3e8], [1e-40, -1e-39]
    graph = _field(1, b"about") + _field(
        7, _field(5, _tensor([*kept, *tiny])) + _field(1, _field(5, _field(5, _tensor([*tiny, *kept]))))
    )

    found = without_tiny(graph)

    assert found == _field(1, b"about") + _field(
        7, _field(5, _tensor([*kept, 0.0, 0.0])) + _field(1, _field(5, _field(5, _tensor([0.0, 0.0, *kept]))))
    )


def test_what_is_no_float_is_left() -> None:
    """Whole numbers below a few million look like tiny floats."""
    graph = _field(7, _field(5, _tensor([1e-40, 1e-41], kind=7)))

    assert without_tiny(graph) == graph


def test_what_is_no_graph_comes_back_as_it_is() -> None:
    """A damaged file is told by whoever loads it, in its own words."""
    assert without_tiny(b"\xff\xff not a graph") == b"\xff\xff not a graph"
