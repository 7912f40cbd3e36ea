"""Label repair on generated damage: recall, wrong repairs, false repairs with bounds, beside plain fuzzy matching.

`scripts/evaluate.py labels` prints it. The forms are of the generator's split "test", whose topics, phrases and
look-alikes training never sees; the sound labels are the same forms' project names and dictionary names judged with
themselves left out.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from pipeline.dictionaries import Dictionaries, load_dictionaries
from pipeline.document import Label, Repair, Role, Status
from pipeline.repair import Repairer, load_repairer
from pipeline.repair.folding import folded
from pipeline.repair.training import LabelForm, label_forms, upper_bound
from pipeline.settings import RepairSettings
from pipeline.synth import typos

# Seeds from here on are never looked at while anything is tuned.
TEST_SEED = 1_000_000


@dataclass
class Score:
    """Outcomes of labels of one kind."""

    total: int = 0
    repaired: int = 0
    proposed: int = 0
    wrong: int = 0  # repaired to something else than the truth; of a sound label: changed at all
    wrongly_proposed: int = 0

    def line(self, name: str) -> str:
        """Return the score as a line of a table."""
        n = max(1, self.total)
        return (
            f"{name:<34}{self.total:>7}{self.repaired / n:>10.1%}{(self.repaired + self.proposed) / n:>12.1%}"
            f"{self.wrong / n:>9.2%}{self.wrongly_proposed / n:>11.1%}"
        )


HEADING = f"{'':<34}{'labels':>7}{'repaired':>10}{'+proposed':>12}{'wrong':>9}{'wrong prop':>11}"


def judged(score: Score, repair: Repair, truth: str, raw: str) -> None:
    """Add one outcome to `score`."""
    score.total += 1
    sound = folded(raw) == folded(truth)
    if repair.status is Status.REPAIRED:
        right = folded(repair.value) == folded(truth) and not sound
        score.repaired += right
        score.wrong += not right
    elif repair.status is Status.PROPOSED:
        right = folded(repair.proposal or "") == folded(truth) and not sound
        score.proposed += right
        score.wrongly_proposed += not right


def repair_label_form(repairer: Repairer, form: LabelForm) -> list[Repair]:
    """Return the repairs of a generated form's labels."""
    return repairer.repair_form([Label(case.raw, Role.LEVEL3) for case in form.cases], None, form.texts)


def score_forms(repairer: Repairer, forms: Iterable[LabelForm]) -> dict[str, Score]:
    """Return scores by kind of label: what is known, what was done to it."""
    scores: dict[str, Score] = defaultdict(Score)
    for form in forms:
        for case, repair in zip(form.cases, repair_label_form(repairer, form), strict=True):
            home = "dictionary" if case.known else "project"
            judged(scores[f"{home} {case.kind or 'sound'}"], repair, case.truth, case.raw)
    return dict(scores)


def pooled(scores: dict[str, Score], home: str, kinds: Sequence[str]) -> Score:
    """Return the scores of some kinds of damage as one."""
    total = Score()
    for kind in kinds:
        part = scores.get(f"{home} {kind}", Score())
        for name in ("total", "repaired", "proposed", "wrong", "wrongly_proposed"):
            setattr(total, name, getattr(total, name) + getattr(part, name))
    return total
