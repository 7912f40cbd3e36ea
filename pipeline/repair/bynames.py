"""What dictionary names say of a label: the nearest, priced and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.document import Candidate, Label, Role
from pipeline.repair.judge import Judge, Match, best_match, features, is_vetoed, is_wording, negates
from pipeline.repair.names import NameIndex
from pipeline.repair.settled import CANDIDATES
from pipeline.repair.verdict import Verdict, printed, to_probability
from pipeline.repair.vocabulary import Vocabulary

# What it is worth, in log-odds, that a known template leaves only a handful of names: the model was fitted to lists of
# 800, where free names stand too.
_CLOSED = 2.0


class ByNames:
    """Weighs labels against the names that they may be."""

    def __init__(self, vocabulary: Vocabulary, judge: Judge, sure: float, margin: float) -> None:
        """Take the judge of names, the log-odds from which it is sure, and how much dearer the next name must be."""
        self._vocabulary = vocabulary
        self._judge = judge
        self._sure = sure
        self._margin = margin

    def weigh(
        self,
        labels: Sequence[Label],
        keys: Sequence[str],
        skeleton: Mapping[str, Sequence[str]] | None,
        heads: Sequence[str] = (),
    ) -> list[Verdict | None]:
        """Weigh the labels against the names that they may be; fields and columns first against the template's own."""
        verdicts: list[Verdict | None] = [None] * len(labels)
        if heads:
            own = self._vocabulary.index((), sorted(set(heads)))
            headed = [i for i, label in enumerate(labels) if label.role in (Role.LABEL, Role.HEADER)]
            self._weigh(labels, keys, {id(own): (own, headed)}, verdicts)
        groups: dict[int, tuple[NameIndex, list[int]]] = {}
        for i, label in enumerate(labels):
            if (said := verdicts[i]) is not None and said.sure:
                continue
            index = self._vocabulary.names_for(label, skeleton)
            groups.setdefault(id(index), (index, []))[1].append(i)
        self._weigh(labels, keys, groups, verdicts)
        self._weigh(labels, keys, self._beside_layout(labels, skeleton, verdicts), verdicts)
        return verdicts

    def _beside_layout(
        self,
        labels: Sequence[Label],
        skeleton: Mapping[str, Sequence[str]] | None,
        verdicts: Sequence[Verdict | None],
    ) -> dict[int, tuple[NameIndex, list[int]]]:
        """Group levels that no name of the layout explains by what they may be else: forms put levels elsewhere."""
        groups: dict[int, tuple[NameIndex, list[int]]] = {}
        for i, label in enumerate(labels):
            if skeleton and verdicts[i] is None and label.role in (Role.LEVEL1, Role.LEVEL2):
                index = self._vocabulary.index(CANDIDATES[label.role], ())
                groups.setdefault(id(index), (index, []))[1].append(i)
        return groups

    def _weigh(
        self,
        labels: Sequence[Label],
        keys: Sequence[str],
        groups: Mapping[int, tuple[NameIndex, list[int]]],
        verdicts: list[Verdict | None],
    ) -> None:
        """Fill in what the names of each group's index say of its labels, where that is more than was said before."""
        weighed: list[tuple[int, Match, NameIndex]] = []
        for index, members in groups.values():
            for i, near in zip(members, index.near([keys[i] for i in members]), strict=True):
                match = best_match(keys[i], near, self._vocabulary.shapes)
                if match is not None:
                    weighed.append((i, match, index))
        if not weighed:
            return
        words = self._vocabulary.words
        evidence = np.array([features(keys[i], match, words) for i, match, _ in weighed])
        for (i, match, index), judged in zip(weighed, self._judge.log_odds(evidence).tolist(), strict=True):
            odds = judged + (_CLOSED if index.is_template else 0.0)
            # A name with a little word more is worth a look; one with a little word less is another way to say it.
            wording = match.edits[0].kind == "dropped" and is_wording(keys[i], match, words)
            if odds < self._judge.propose or wording or negates(match):
                continue
            name, source = index.sources[match.name]
            # Two errors leave more room for another name: twice as strange, so twice as sure.
            least = self._sure + (2.0 if len(match.edits) > 1 else 0.0)
            sure = (
                odds >= least
                and match.margin >= self._margin
                and not is_vetoed(keys[i], match, words)
                and (index.is_template or not _is_short_guess(keys[i], match))
            )
            value = printed(labels[i].text, keys[i], match, name)
            runner_up = None
            if match.runner_up is not None:
                other = index.sources[match.runner_up][0]
                runner_up = Candidate(
                    other, round(min(to_probability(odds - match.margin), 1.0 - to_probability(odds)), 4)
                )
            shown = Match(value, match.cost, match.edits, match.margin, match.runner_up)
            before = verdicts[i]
            if before is None or sure or odds > before.odds:
                verdicts[i] = Verdict(shown, odds, sure, source, runner_up)


def _is_short_guess(key: str, match: Match) -> bool:
    """Return whether a label is so short that a character more or less makes it another name (项目期, 项目期限)."""
    return len(key) < 3 or (len(key) == 3 and any(edit.kind in ("dropped", "inserted") for edit in match.edits))
