"""What the pictures say of labels: misreadings that text alone leaves, and where an error comes from."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.document import Candidate, Label, Role
from pipeline.repair.byform import LONGEST
from pipeline.repair.folding import folded
from pipeline.repair.form import FormEvidence
from pipeline.repair.judge import (
    Match,
    added_quotes,
    adds_mark,
    best_match,
    changes_kind_of_place,
    stands_in_words,
    touches_numeral,
)
from pipeline.repair.names import NameIndex
from pipeline.repair.picture import Picture
from pipeline.repair.rivals import PictureJudge
from pipeline.repair.sight import Sighting, sightings
from pipeline.repair.verdict import Verdict, origin_of, printed, to_probability
from pipeline.repair.vocabulary import Vocabulary

# From these log-odds on, the picture's word is taken for a name of the levels above and of headers.
_SURE_PICTURE = 1.0
# A gain in the words' log-likelihood that says something, and the log-odds that a repair must have more without it; on
# the development set this spares three in four of the sound labels that would be changed and one repair in twenty.
_WORDS_SAY, _FORM_ALONE = 3.2, 1.5
# How much better the pictures of a repeated phrase must like it than what the label was read as (nats, each).
_CLEARLY = 4.0
# What text alone would make of a label, likeliest first, is also asked of the picture; the rest never won.
_OPENINGS = 6
# One word for another is no repair where the picture holds more than this against it (nats).
_WORD_FOR_WORD = -3.0
# Where the picture is e^5 times likelier with what was read, the rest must be surer than two to one (log-odds): of ten
# such repairs that the rest called likelier than not, three were wrong and one changed a sound label.
_AGAINST, _OVERRULED = -5.0, 0.62
# At e^7 surer than four to one: of what was less sure on 160 development forms no repair of a misreading is missed.
_FAR_AGAINST, _SURELY_OVERRULED = -7.0, 1.4
# A strange word that every look read so gives way only to one surer than seven to one. On 501 forms with strange words,
# judged by forests that saw none of their topics, this spares 7 of the 16 sound labels that would be changed and costs
# 5 of 1,241 repairs; with all words known it costs 14 of 1,445.
_STRANGE_WORD = 2.0
# The log-odds (.89) of a repair that a person is to look at (`review_confidence`), however likely it is. On development
# forms this asks for two in three of the picture's repairs that are wrong and not in doubt, and one in five right ones.
_ASKS = 2.09
# Labels that share two characters with what stands so near a mended place may hold the same word.
_NEAR = 3


class ByPicture:
    """Weighs labels against their pictures."""

    def __init__(self, vocabulary: Vocabulary, judge: PictureJudge, sure: float) -> None:
        """Take the judge of pictures and the log-odds from which it is sure."""
        self._vocabulary = vocabulary
        self._judge = judge
        self._sure = sure

    def weigh(
        self,
        labels: Sequence[Label],
        open_: Sequence[int],
        keys: Sequence[str],
        form: FormEvidence,
        verdicts: list[Verdict | None],
        skeleton: Mapping[str, Sequence[str]] | None,
    ) -> None:
        """Ask the pictures of labels that have one: mend misreadings that text alone leaves, and tell the origin.

        What is mended then is better evidence than what was read; the labels that are left are asked once more by it.
        """
        self._ask(labels, open_, keys, form, verdicts, skeleton, range(len(open_)))
        mended = {
            i: folded(verdict.match.name)
            for i, verdict in zip(open_, verdicts, strict=True)
            if verdict is not None and verdict.sure and labels[i].role is Role.LEVEL3
        }
        left = _touched(labels, open_, keys, verdicts, mended)
        if left:
            self._ask(labels, open_, keys, form.mended(mended), verdicts, skeleton, left)

    def _ask(
        self,
        labels: Sequence[Label],
        open_: Sequence[int],
        keys: Sequence[str],
        form: FormEvidence,
        verdicts: list[Verdict | None],
        skeleton: Mapping[str, Sequence[str]] | None,
        asked: Sequence[int],
    ) -> None:
        for at in asked:
            i = open_[at]
            label, key = labels[i], keys[at]
            picture = form.picture(i) if 2 <= len(key) <= LONGEST else None
            if picture is None:
                continue
            known = verdicts[at]
            if known is not None and known.sure and known.evidence.startswith("document:"):
                # What the form repeats it may misread as often as it repeats it; its pictures must say the same.
                heard = form.company.hearing(key, replace(known.match, name=folded(known.match.name)))
                if heard.pictured is not None and heard.pictured < _CLEARLY:
                    known = verdicts[at] = replace(known, sure=False)
            if known is None or not known.sure:
                index = self._vocabulary.names_for(label, skeleton)
                if label.role is Role.LEVEL3:
                    found = self._misread_text(label.text, key, picture, form, index, known)
                else:
                    found = self._misread_name(label.text, key, picture, index)
                known = verdicts[at] = found or known
            if known is not None and known.origin == "unclear":
                read, meant = picture.scores([key, folded(known.match.name)])
                verdicts[at] = replace(known, origin=origin_of(float(meant - read)))

    def _misread_name(self, raw: str, key: str, picture: Picture, index: NameIndex) -> Verdict | None:
        """Return the dictionary name that the picture supports nearly as well as what was read, if one stands out."""
        [near] = index.near([key])
        if not near:
            return None
        scores = picture.scores([key, *near])
        support = scores[1:] - scores[0]
        best = int(support.argmax())
        gap = float(support[best] - max((s for k, s in enumerate(support) if k != best), default=-math.inf))
        # Fitted on rendered labels (docs/repair.md): log-odds that the name stands there.
        odds = 1.0 + 0.7 * float(support[best]) + 0.44 * min(10.0, gap)
        match = best_match(key, [near[best]], self._vocabulary.shapes)
        if match is None or odds < _SURE_PICTURE or touches_numeral(match):
            return None
        name, source = index.sources[match.name]
        return Verdict(
            Match(printed(raw, key, match, name), match.cost, match.edits), odds + 1.0, True, source, None, "misread"
        )

    def _misread_text(
        self,
        raw: str,
        key: str,
        picture: Picture,
        form: FormEvidence,
        index: NameIndex,
        known: Verdict | None,
    ) -> Verdict | None:
        """Return what picture, words and form together read, where that is likelier than what text found."""
        found = self.sightings(key, picture, form, index, known)
        if not found:
            return None
        likely = self._judge.log_odds([sighting.evidence for sighting in found]).tolist()
        order = sorted(zip(likely, found, strict=True), key=lambda w: (-w[0], w[1].match.name))
        odds, best = order[0]
        if odds < self._judge.propose:
            return None
        match = best.match
        # Where general words are as happy with the reading, only the form's other texts speak against it, and they were
        # read off the same page: 军休 and 军体 are taken for one another all over it.
        by_words = best.word_gain > _WORDS_SAY
        known_name = match.name in index.sources
        # Of two words that lists hold one is commoner, which is no reason to read it: 直播节 is no 直接节.
        is_word = not known_name and stands_in_words(key, match, self._vocabulary.words)
        # Both quotes of a phrase are lost together; dictionaries and the form's other labels know that it has them.
        phrase = added_quotes(match)
        is_quoted = bool(phrase) and best.is_as_good and (known_name or form.lexicon.besides(key).holds(phrase))
        least = self._sure + (0.0 if (by_words and not is_word) or best.is_seen or is_quoted else _FORM_ALONE)
        sure = (
            odds >= least
            and (by_words or not best.is_opposed)
            and (known_name or not (best.is_contradicted or best.is_unseen))
            and not (is_word and best.support < _WORD_FOR_WORD)
            and (known_name or odds >= least_against(best))
            and not touches_numeral(match)
            and not (best.support < 0.0 and not known_name and changes_kind_of_place(match))
            and (is_quoted or not adds_mark(key, match))
        )
        if not sure and known is not None and known.odds > odds:
            return None  # what text proposes is among the sightings, so that a sure one is better
        name, source = index.sources.get(match.name, (None, f"posterior:{best.support:.1f}"))
        if name is None and best.leaves_doubt:
            odds = min(odds, _ASKS)
        runner_up = Candidate(order[1][1].match.name, to_probability(order[1][0])) if len(order) > 1 else None
        shown = replace(match, name=printed(raw, key, match, name))
        return Verdict(shown, odds, sure, source, runner_up, origin_of(best.support))

    def sightings(
        self,
        key: str,
        picture: Picture,
        form: FormEvidence,
        index: NameIndex,
        known: Verdict | None,
    ) -> list[Sighting]:
        """Return what the picture may show instead of `key`; `known` is what text alone makes of it."""
        [near] = index.near([key])
        others = [opening.match.name for opening in form.speller.openings(key, form.corpus)[:_OPENINGS]]
        if known is not None:
            others.append(folded(known.match.name))
        return sightings(key, picture, form.lexicon.besides(key), form.company, near, others, self._vocabulary.shapes)


def least_against(seen: Sighting) -> float:
    """Return the log-odds that a name in no dictionary needs, by what the looks say against it."""
    if seen.changes_strange_word:
        return _STRANGE_WORD
    return _SURELY_OVERRULED if seen.support < _FAR_AGAINST else _OVERRULED if seen.support < _AGAINST else -math.inf


def _touched(
    labels: Sequence[Label],
    open_: Sequence[int],
    keys: Sequence[str],
    verdicts: Sequence[Verdict | None],
    mended: Mapping[int, str],
) -> list[int]:
    """Return which labels are not sure yet and share two characters with what stands around a mended place."""
    left = [
        at
        for at, i in enumerate(open_)
        if labels[i].role is Role.LEVEL3 and labels[i].lines and ((verdict := verdicts[at]) is None or not verdict.sure)
    ]
    around = set()
    for i, verdict in zip(open_, verdicts, strict=True):
        if not left or verdict is None or i not in mended:
            continue
        for edit in verdict.match.edits:
            stretch = mended[i][max(0, edit.to - _NEAR) : edit.to + len(edit.meant) + _NEAR]
            around |= {stretch[k : k + 2] for k in range(len(stretch) - 1)}
    return [at for at in left if any(keys[at][k : k + 2] in around for k in range(len(keys[at]) - 1))]
