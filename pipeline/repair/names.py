"""Names that a label may stand for: all that are within a few edits, or one displaced character and an edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cdist

# Only the nearest are weighed: of 8 the true name is always one for single errors, and of 12 hardly more often.
_MOST = 8


class NameIndex:
    """The names of one section, searchable by nearness."""

    def __init__(self, names: Iterable[str] | Mapping[str, tuple[str, str]]) -> None:
        """Take folded names, or a mapping of them to the name as written and its source; the order decides nothing."""
        self.sources = dict(names) if isinstance(names, Mapping) else {}
        self.names = sorted(set(names))
        self._lengths = np.array([len(name) for name in self.names], dtype=np.int16)

    def near(self, texts: Sequence[str]) -> list[list[str]]:
        """Return for each of `texts` the names near it, nearest first; never the text itself."""
        if not self.names or not texts:
            return [[] for _ in texts]
        limits = np.array([_allowed(len(text)) for text in texts], dtype=np.int16)
        whole = cdist(texts, self.names, scorer=OSA.distance, score_cutoff=3, dtype=np.uint8, workers=1)
        # A displaced last character is two edits to OSA; without it the label lacks one character.
        moved = cdist(
            [t[:-1] for t in texts], self.names, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8, workers=1
        )
        found: list[list[str]] = []
        for row, text in enumerate(texts):
            distance = whole[row].astype(np.int16)
            limit = int(limits[row])
            moved_near = (
                (moved[row] <= (2 if limit > 1 else 1)) & (self._lengths == len(text)) if len(text) > 3 else None
            )
            hit = distance <= limit
            if moved_near is not None:
                # As far as the moved character and what is left: one displacement ranks like one edit.
                distance = np.where(moved_near, np.minimum(distance, moved[row].astype(np.int16)), distance)
                hit |= moved_near & np.array([True])
            at = np.flatnonzero(hit)
            if moved_near is not None and len(at):
                at = at[[not moved_near[k] or whole[row][k] <= limit or text[-1] in self.names[k] for k in at]]
            order = at[np.argsort(distance[at], kind="stable")][:_MOST]
            found.append([self.names[k] for k in order if self.names[k] != text])
        return found


def _allowed(length: int) -> int:
    """Return how many edits a label of `length` characters may be away: a third of a short one is another word."""
    return 1 if length <= 4 else 2 if length <= 9 else 3
