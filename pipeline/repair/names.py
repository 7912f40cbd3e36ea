"""Names that a label may stand for: all that are within a few edits, or one displaced character and an edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from pipeline.sharing import Sharing

# Only the nearest are weighed: of 8 the true name is always one for single errors, and of 12 hardly more often.
_MOST = 8


class NameIndex:
    """The names of one section, searchable by nearness."""

    def __init__(self, names: Iterable[str] | Mapping[str, tuple[str, str]], *, is_template: bool = False) -> None:
        """Take folded names, or a mapping of them to the name as written and its source; the order decides nothing.

        `is_template` says that these are all the names there can be.
        """
        self.is_template = is_template
        self.sources = dict(names) if isinstance(names, Mapping) else {}
        self.names = sorted(set(names))
        self._sharing = Sharing(self.names)

    def near(self, texts: Sequence[str]) -> list[list[str]]:
        """Return for each of `texts` the names near it, nearest first; never the text itself."""
        if not self.names or not texts:
            return [[] for _ in texts]
        limits = np.array([_allowed(len(text)) for text in texts], dtype=np.int16)
        rows, columns = self._sharing.within(texts, limits[:, None])
        if not len(rows):
            return [[] for _ in texts]
        own, names = [texts[row] for row in rows.tolist()], [self.names[column] for column in columns.tolist()]
        rank = cpdist(own, names, scorer=OSA.distance, score_cutoff=3, dtype=np.uint8)
        hit = rank <= limits[rows]
        # A displaced last character is two edits to OSA; without it the label lacks just that one. One displacement
        # ranks like one edit, and one with another edit like two.
        shorter = [text[:-1] for text in own]
        moved = cpdist(shorter, names, scorer=OSA.distance, score_cutoff=2, dtype=np.uint8)
        lengths = self._sharing.lengths[columns]
        same_length = np.array([len(text) for text in texts], dtype=np.int16)[rows] == lengths
        moved_hit = (moved <= np.minimum(limits[rows], 2)) & same_length & (lengths > 3)
        rank = np.where(moved_hit, np.minimum(rank, moved), rank)
        found: list[list[tuple[int, str]]] = [[] for _ in texts]
        for row, name, distance, whole, other in zip(
            rows.tolist(), names, rank.tolist(), hit.tolist(), moved_hit.tolist(), strict=True
        ):
            if (whole or (other and texts[row][-1] in name)) and name != texts[row]:
                found[row].append((distance, name))
        return [[name for _, name in sorted(near)[:_MOST]] for near in found]


def _allowed(length: int) -> int:
    """Return how many edits a label of `length` characters may be away: a third of a short one is another word."""
    return 1 if length <= 4 else 2 if length <= 9 else 3
