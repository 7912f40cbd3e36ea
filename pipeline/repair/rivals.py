"""One candidate beside the others: what separates it from its likeliest rival, weighed by a second forest.

Judged each alone, 备件 and 条件 are both fair readings; beside one another, the one whose words and picture are both
better is sure. The first forest gives every candidate of a label its log-odds; the second sees these, how far they are
ahead of the likeliest other candidate, and by which evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.repair.forest import Forest
from pipeline.repair.sight import PICTURE_FEATURES

# What a candidate is held against its rival by.
_COMPARED = (
    "support",
    "second_support",
    "word_gain",
    "form_gain",
    "wording_gain",
    "total",
    "total_by_words",
    "company",
    "name_lone",
    "end_gain",
)
_PLACES = [PICTURE_FEATURES.index(name) for name in _COMPARED]
# Further ahead (log-odds, nats) says no more; so much ahead is a candidate without a rival.
_ALONE = 8.0

RIVAL_FEATURES = (*PICTURE_FEATURES, "odds", "odds_ahead", "odds_of_all", *(f"{name}_ahead" for name in _COMPARED))


def beside_rivals(evidence: NDArray[np.float64], odds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the evidence of one label's candidates (candidates, RIVAL_FEATURES) from that of each alone.

    `evidence` is (candidates, PICTURE_FEATURES), `odds` what the first forest makes of each. `odds_of_all` is how
    likely a candidate is beside nothing and all others together.
    """
    count = len(odds)
    further = np.full((count, 3 + len(_COMPARED)), _ALONE)
    further[:, 0] = further[:, 2] = odds
    for own in range(count if count > 1 else 0):
        others = [other for other in range(count) if other != own]
        rival = max(others, key=lambda other: float(odds[other]))
        further[own, 1] = odds[own] - odds[rival]
        further[own, 2] = odds[own] - np.log1p(np.exp(odds[others]).sum())
        further[own, 3:] = evidence[own, _PLACES] - evidence[rival, _PLACES]
    return np.hstack([evidence, further])


@dataclass(frozen=True)
class PictureJudge:
    """The two forests that judge what a picture may show."""

    alone: Forest
    beside: Forest

    @property
    def propose(self) -> float:
        """Log-odds from which a candidate is worth a person's look."""
        return self.beside.propose

    def log_odds(self, evidence: Sequence[Sequence[float]]) -> NDArray[np.float64]:
        """Return the log-odds of the candidates of one label, (candidates, PICTURE_FEATURES)."""
        rows = np.array(evidence, np.float64)
        return self.beside.log_odds(beside_rivals(rows, self.alone.log_odds(rows)))
