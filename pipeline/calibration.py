"""How sure a line is: the recogniser's scores → the share of lines with such scores that are right.

The recogniser's own probabilities are no such share: of lines whose least score was .95 one in seven was wrong.
The map is data (`models/reading.json`, made by scripts/calibrate_reading.py); its card is models/reading.md.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pipeline.errors import ModelError
from pipeline.resources import data_folder

MODEL_FILE = "reading.json"
# A score of one is doubted by this much: the map is drawn over the logarithm of the doubt, which has no zero.
LEAST_DOUBT = 1e-4


@dataclass(frozen=True, slots=True)
class Calibration:
    """A rising curve from evidence (see `evidence`) to the share of lines that are right."""

    evidence: tuple[float, ...]
    share: tuple[float, ...]

    def confidence(self, scores: Sequence[float]) -> float:
        """Return the probability that a line is right whose characters have these scores; 0 for a line of none."""
        if not scores:
            return 0.0
        return round(self._at(evidence(scores)), 3)

    def _at(self, value: float) -> float:
        points = self.evidence
        if value <= points[0]:
            return self.share[0]
        for i in range(1, len(points)):
            if value <= points[i]:
                part = (value - points[i - 1]) / (points[i] - points[i - 1])
                return self.share[i - 1] + part * (self.share[i] - self.share[i - 1])
        return self.share[-1]


def evidence(scores: Sequence[float]) -> float:
    """Return how little the least sure character is doubted: 0 for a score of 0, 1 for .9, 2 for .99, up to 4."""
    return -math.log10(1.0 - min(1.0, max(0.0, min(scores))) + LEAST_DOUBT)


def joined(confidences: Iterable[float]) -> float:
    """Return the probability that all lines of a cell are right: their errors are independent; 1 for none."""
    return round(math.prod(confidences), 2)


def digest_of(evidence_at: Sequence[float], share: Sequence[float]) -> str:
    """Digest a curve as it stands in the model file."""
    return hashlib.sha256(json.dumps([list(evidence_at), list(share)]).encode()).hexdigest()


@cache
def load_calibration(folder: Path | None = None) -> Calibration:
    """Load the map from `folder` (default: what came with the package).

    Raises ModelError where the file is missing, altered, or no rising curve between 0 and 1.
    """
    path = (folder or data_folder("models")) / MODEL_FILE
    try:
        content: Any = json.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ModelError(f"{path}: cannot be read ({error.strerror}); install zhibiao again") from error
    except ValueError as error:
        raise ModelError(f"{path}: is not JSON ({error}); install zhibiao again") from error
    try:
        points, share = [float(x) for x in content["evidence"]], [float(x) for x in content["share"]]
        named = content["sha256"]
    except (KeyError, TypeError, ValueError) as error:
        raise ModelError(f"{path}: is no calibration ({error!r}); install zhibiao again") from error
    if digest_of(points, share) != named:
        raise ModelError(f"{path}: differs from its digest; install zhibiao again or run scripts/calibrate_reading.py")
    rising = all(a < b for a, b in itertools.pairwise(points)) and share == sorted(share)
    if len(points) < 2 or len(points) != len(share) or not rising or not 0.0 <= share[0] <= share[-1] <= 1.0:
        raise ModelError(f"{path}: is no rising curve between 0 and 1; run scripts/calibrate_reading.py")
    return Calibration(tuple(points), tuple(share))
