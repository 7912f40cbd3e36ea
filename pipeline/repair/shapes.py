"""How alike two characters look to the recogniser: the cosine of their columns in its output layer.

Two characters that the recogniser's last layer tells apart by a hair have columns that point the same way. The table
in models/ holds every column of the shipped recogniser, centred, normalised and rounded to 8 bits
(scripts/extract_headcos.py wrote it; models/repair-shapes.md is its card).
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ModelError
from pipeline.resources import data_folder

SHAPES_FILE = "repair-shapes.npz"


class Shapes:
    """Likeness of characters, -1 to 1; 0 for a character that the recogniser cannot write."""

    def __init__(self, characters: str, vectors: NDArray[np.int8], digest: str = "") -> None:
        """Take `characters` and their `vectors`, (characters, dimensions), whose rows have norm 127."""
        self.digest = digest
        self._vectors = vectors
        self._index = {character: i for i, character in enumerate(characters)}
        self._characters = characters
        self._pairs: dict[str, float] = {}

    def likeness(self, a: str, b: str) -> float:
        """Return how alike the characters `a` and `b` look; symmetric, 1 for a character and itself."""
        pair = a + b if a < b else b + a
        known = self._pairs.get(pair)
        if known is None:
            known = self._pairs[pair] = self._likeness(a, b)
        return known

    def _likeness(self, a: str, b: str) -> float:
        if a == b:
            return 1.0
        i, j = self._index.get(a), self._index.get(b)
        if i is None or j is None:
            return 0.0
        return float(self._vectors[i].astype(np.int32) @ self._vectors[j].astype(np.int32)) / (127.0 * 127.0)

    def neighbours(self, character: str, among: NDArray[np.int32], count: int) -> list[tuple[str, float]]:
        """Return the `count` characters of `among` (row numbers, see `rows`) that look most like `character`."""
        i = self._index.get(character)
        if i is None:
            return []
        likeness = self._vectors[among].astype(np.float32) @ self._vectors[i].astype(np.float32) / (127.0 * 127.0)
        best = np.argsort(-likeness, kind="stable")[: count + 1]
        found = [(self._characters[among[k]], float(likeness[k])) for k in best]
        return [(other, alike) for other, alike in found if other != character][:count]

    def rows(self, characters: str) -> NDArray[np.int32]:
        """Return the row numbers of those of `characters` that the table holds."""
        return np.array([self._index[c] for c in characters if c in self._index], dtype=np.int32)


@lru_cache(maxsize=2)
def load_shapes(path: Path | None = None) -> Shapes:
    """Load the table that came with this installation, or the one at `path`.

    Raises ModelError where it is missing or not of the expected form.
    """
    source = path or data_folder("models") / SHAPES_FILE
    try:
        content = source.read_bytes()
        with np.load(io.BytesIO(content), allow_pickle=False) as stored:
            characters = bytes(stored["characters"]).decode("utf-8")
            vectors = stored["vectors"]
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ModelError(f"{source}: is not a table of character shapes ({error}); reinstall zhibiao") from error
    if vectors.dtype != np.int8 or vectors.ndim != 2 or len(vectors) != len(characters):
        raise ModelError(f"{source}: its vectors do not fit its characters; reinstall zhibiao")
    return Shapes(characters, vectors, hashlib.sha256(content).hexdigest())
