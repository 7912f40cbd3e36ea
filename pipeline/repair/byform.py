"""What the form and the words say of a label that no dictionary name surely explains."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from pipeline.document import Candidate, Label, Role
from pipeline.repair.form import FormEvidence
from pipeline.repair.judge import Judge, Match, best_match, features, is_vetoed, is_wording
from pipeline.repair.opened import Opening, is_witnessed
from pipeline.repair.settled import CANDIDATES
from pipeline.repair.verdict import Verdict, printed, to_probability
from pipeline.repair.vocabulary import Vocabulary
from pipeline.repair.words import WordModel

# A phrase that the form repeats is sure from these log-odds on (0.82), whatever the ceiling asks of mere words.
_PHRASE_ODDS = 1.5
# A dictionary name with these log-odds is what the label means, be it a repair or, for a veto, a proposal; looking
# further costs time and has never found a better one.
_LIKELY = 2.0
# Longer level-3 cells are sentences, which have no name and too many places for an error.
LONGEST = 40


class ByForm:
    """Weighs what phrases of the form, compounds and words make of labels."""

    def __init__(self, vocabulary: Vocabulary, judge: Judge, known: Judge, sure: float, lead: float) -> None:
        """Take the judge of such repairs, the log-odds from which it is sure, its least lead; the judge of names."""
        self._vocabulary = vocabulary
        self._judge = judge
        self._known_judge = known
        self._sure = sure
        self._lead = lead

    def weigh(
        self,
        labels: Sequence[Label],
        open_: Sequence[int],
        keys: Sequence[str],
        form: FormEvidence,
        verdicts: list[Verdict | None],
    ) -> None:
        """Weigh the level-3 labels that no dictionary name explains surely; fill in `verdicts`."""
        doubtful = [
            at
            for at, i in enumerate(open_)
            if labels[i].role is Role.LEVEL3 and 4 <= len(keys[at]) <= LONGEST and _is_open(verdicts[at])
        ]
        if not doubtful:
            return
        for at in doubtful:
            raw, key, known = labels[open_[at]].text, keys[at], verdicts[at]
            found = self._opened(key, form)
            if found is None:
                continue
            opening, odds, sure, clean, runner_up = found
            # Two errors to a dictionary name, or one to a name that no dictionary holds: the second is as good.
            other = known is not None and known.sure and clean and odds >= 0.0
            if known is not None and known.odds >= odds and not other:
                continue
            # A label that a dictionary name may explain is not mended by half.
            sure = sure and known is None
            value = printed(raw, key, opening.match, None)
            shown = Match(value, opening.match.cost, opening.match.edits, opening.match.margin, opening.match.runner_up)
            verdicts[at] = Verdict(shown, odds, sure, _evidence(opening), runner_up)

    def _opened(self, key: str, form: FormEvidence) -> tuple[Opening, float, bool, bool, Candidate | None] | None:
        """Return the likeliest opening, its log-odds, whether it is sure, whether nothing is left to mend, the next."""
        speller, corpus = form.speller, form.corpus
        openings = speller.openings(key, corpus)
        if not openings:
            return None
        evidence = np.array(speller.evidence(key, openings, corpus))
        order = sorted(
            zip(self._judge.log_odds(evidence).tolist(), openings, strict=True),
            key=lambda w: (-w[0], w[1].match.name),
        )
        odds, best = order[0]
        if _is_compound_tail(key, best, speller.words):
            odds = max(odds, self._sure)
        if odds < self._judge.propose or is_wording(key, best.match, speller.words):
            return None
        runner_up = Candidate(order[1][1].match.name, to_probability(order[1][0])) if len(order) > 1 else None
        lead = odds - order[1][0] if len(order) > 1 else math.inf
        sure = (
            (odds >= self._sure or _is_repeated(best, odds))
            and lead >= self._lead
            and not is_vetoed(key, best.match, speller.words)
            and is_witnessed(best)
        )
        form.looked[key] = best.match.name
        # A label with a second error would be mended by half, which looks right and is not.
        clean = odds >= 0.0 and not self._is_near_a_name(best.match.name)
        if clean:
            again = speller.openings(best.match.name, corpus)
            if again:
                rest = self._judge.log_odds(np.array(speller.evidence(best.match.name, again, corpus)))
                clean = float(rest.max()) < self._judge.propose - 1.0
        return best, odds, sure and clean, clean, runner_up

    def _is_near_a_name(self, key: str) -> bool:
        """Return whether a dictionary name likely explains the text, which then is a damaged name and no free one."""
        words = self._vocabulary.words
        [near] = self._vocabulary.index(CANDIDATES[Role.LEVEL3], ()).near([key])
        match = best_match(key, near, self._vocabulary.shapes)
        if match is None:
            return False
        if is_vetoed(key, match, words):
            return False
        return float(self._known_judge.log_odds(np.array([features(key, match, words)]))[0]) >= 0.0


def _is_open(verdict: Verdict | None) -> bool:
    """Return whether the form and the words have a say after the dictionaries had theirs."""
    if verdict is None:
        return True
    return len(verdict.match.edits) > 1 if verdict.sure else verdict.odds < _LIKELY


def _is_repeated(opening: Opening, odds: float) -> bool:
    """Return whether the form itself writes the phrase often enough: long, in three places, and likely by the model."""
    return opening.places >= 3 and len(opening.phrase) >= 7 and odds > _PHRASE_ODDS


def _is_compound_tail(key: str, opening: Opening, words: WordModel) -> bool:
    """Return whether putting the last character back makes an ending that names have of one that none has.

    Of 3,092 sound labels of the trial and of all since, not one was changed by this; the model, which sees the strange
    words before the ending too, is less sure than that.
    """
    return (
        opening.match.edits[0].kind == "displaced"
        and len(opening.compound) >= 3
        and opening.match.name.endswith(opening.compound)
        and opening.gain >= 6.0
        and words.ending(key) == 0.0
    )


def _evidence(opening: Opening) -> str:
    if opening.places:
        return f"document:{opening.phrase}×{opening.places}"
    return f"compound:{opening.compound}" if opening.compound else "words:分词"
