"""From labels to repairs: what a dictionary, the document and the words together make of them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from pipeline.dictionaries import Dictionaries
from pipeline.document import Candidate, Label, Repair, Role
from pipeline.repair.context import Compounds, Texts
from pipeline.repair.folding import folded
from pipeline.repair.forest import load_forest
from pipeline.repair.form import FormEvidence
from pipeline.repair.judge import (
    FEATURES,
    PICTURE_MODEL_FILE,
    Judge,
    Match,
    adds_mark,
    best_match,
    features,
    is_vetoed,
    is_wording,
    load_judge,
    negates,
    touches_numeral,
)
from pipeline.repair.names import NameIndex
from pipeline.repair.opened import OPEN_FEATURES, Opening, OpenSpeller, is_witnessed
from pipeline.repair.picture import Picture, picture_of
from pipeline.repair.rereading import Middles
from pipeline.repair.rivals import RIVAL_FEATURES, PictureJudge
from pipeline.repair.settled import CANDIDATES, FROM_LAYOUT, Settled, heads_of, skeleton_names
from pipeline.repair.shapes import Shapes, load_shapes
from pipeline.repair.sight import PICTURE_FEATURES, Sighting, sightings
from pipeline.repair.verdict import Verdict, origin_of, printed, repair_of, to_log_odds, to_probability
from pipeline.repair.wording import Wording
from pipeline.repair.words import WordModel, build_word_model
from pipeline.resources import data_folder
from pipeline.settings import RepairSettings

# What it is worth, in log-odds, that a known template leaves only a handful of names: the model was fitted to lists of
# 800, where free names stand too.
_CLOSED = 2.0
# A phrase that the form repeats is sure from these log-odds on (0.82), whatever the ceiling asks of mere words.
_PHRASE_ODDS = 1.5
# From these log-odds on, the picture's word is taken for a name of the levels above and of headers.
_SURE_PICTURE = 1.0
# A gain in the words' log-likelihood that says something, and the log-odds that a repair must have more without it; on
# the development set this spares three in four of the sound labels that would be changed and one repair in twenty.
_WORDS_SAY, _FORM_ALONE = 3.2, 1.5
# How much better the pictures of a repeated phrase must like it than what the label was read as (nats, each).
_CLEARLY = 4.0
# What text alone would make of a label, likeliest first, is also asked of the picture; the rest never won.
_OPENINGS = 6
# Longer level-3 cells are sentences, which have no name and too many places for an error.
_LONGEST = 40

# A dictionary name with these log-odds is what the label means, be it a repair or, for a veto, a proposal; looking
# further costs time and has never found a better one.
_LIKELY = 2.0


class Repairer:
    """Repairs labels against dictionaries; knows nothing of any document but the form it is handed."""

    def __init__(
        self,
        dictionaries: Dictionaries,
        settings: RepairSettings,
        shapes: Shapes,
        known: Judge,
        opened: Judge,
        seen: PictureJudge,
    ) -> None:
        """Take the vocabularies, the stage's settings, the likeness of characters and the three fitted judges.

        `known` judges candidates that are whole dictionary names, `opened` those that no dictionary holds, `seen` those
        that the picture may show.
        """
        self.dictionaries = dictionaries
        self.settings = settings
        self.shapes = shapes
        self._known_judge = known
        self._open_judge = opened
        self._picture_judge = seen
        # The ceiling holds for both ways of changing a label together, so each may use half of it.
        least = to_log_odds(settings.least_score)
        self._sure_known = max(least, known.threshold(settings.max_false_repairs / 2))
        self._sure_open = max(least, opened.threshold(settings.max_false_repairs / 2))
        self._sure_seen = to_log_odds(settings.least_picture_score)
        self._propose = to_log_odds(settings.least_proposal)
        self._indices: dict[tuple[str, ...], NameIndex] = {}
        self._settled = Settled(dictionaries, shapes)

    def repair_form(
        self,
        labels: Sequence[Label],
        skeleton: Mapping[str, Sequence[str]] | None,
        texts: Sequence[str],
        heads: Sequence[str] = (),
    ) -> list[Repair]:
        """Return one Repair per label of one form, in order.

        `skeleton` maps the level-1 names of the form's template to their level-2 names, where the template is known,
        and `heads` are the names of its fields and columns; `texts` are the form's narratives, titles and other labels,
        evidence of how it writes a phrase. The result depends on these, the dictionaries and the model only.
        """
        own = heads_of(heads)
        done = [self._settled.said(label, skeleton, own) for label in labels]
        open_ = [i for i, repair in enumerate(done) if repair is None]
        if open_:
            keys = [folded(labels[i].text) for i in open_]
            verdicts = self._against_names([labels[i] for i in open_], keys, skeleton, heads)
            form = self._evidence(labels, texts)
            self._against_form(labels, open_, keys, form, verdicts)
            self._against_pictures(labels, open_, keys, form, verdicts, skeleton)
            for i, verdict in zip(open_, verdicts, strict=True):
                worth_a_look = verdict is not None and (verdict.sure or verdict.odds >= self._propose)
                done[i] = repair_of(labels[i].text, verdict if worth_a_look else None)
        return [repair for repair in done if repair is not None]

    # ------------------------------------------------------------------------------------------------ dictionary names

    @cached_property
    def _parted(self) -> tuple[list[str], list[str]]:
        """The names that words and wording are learned from, and those that only count as further words."""
        shipped: list[str] = []
        further: list[str] = []
        for name, entries in self.dictionaries.names("level3").items():
            ours = any(entry.vocabulary not in self.dictionaries.further for entry in entries)
            (shipped if ours else further).append(folded(name))
        return (shipped, further) if shipped else (further, [])

    @cached_property
    def _words(self) -> WordModel:
        """The word model; reading the word list takes half a second, so it waits for the first label in doubt."""
        return build_word_model(*self._parted)

    @cached_property
    def _speller(self) -> OpenSpeller:
        names = [folded(name) for name in self.dictionaries.names("level3")]
        heads = [folded(name) for section in ("level1", "level2") for name in self.dictionaries.names(section)]
        return OpenSpeller(self._words, self.shapes, Compounds(names, heads, self._words))

    @cached_property
    def _middles(self) -> Middles:
        return Middles(folded(name) for name in self.dictionaries.names("level3"))

    @cached_property
    def _wording(self) -> Wording:
        return Wording(self._parted[0], self._words)

    def _evidence(self, labels: Sequence[Label], texts: Sequence[str]) -> FormEvidence:
        return FormEvidence(labels, texts, lambda: self._speller, lambda: self._middles, lambda: self._wording)

    def _index(self, sections: tuple[str, ...], names: Sequence[str]) -> NameIndex:
        """Return the index of the names of `sections` and of `names`; (name, source) by folded name."""
        key = (*sections, "|", *names)
        index = self._indices.get(key)
        if index is None:
            sources = {folded(name): (name, FROM_LAYOUT) for name in names}
            for section in sections:
                for name, entries in self.dictionaries.names(section).items():
                    sources.setdefault(folded(name), (name, f"dictionary:{entries[0].vocabulary}"))
            index = self._indices[key] = NameIndex(sources, is_template=bool(names))
        return index

    def _names_for(self, label: Label, skeleton: Mapping[str, Sequence[str]] | None) -> NameIndex:
        if skeleton and label.role in (Role.LEVEL1, Role.LEVEL2):
            # A form of a known template holds the names of that template and no others.
            return self._index((), sorted(skeleton_names(label, skeleton)))
        return self._index(CANDIDATES[label.role], ())

    def _against_names(
        self,
        labels: Sequence[Label],
        keys: Sequence[str],
        skeleton: Mapping[str, Sequence[str]] | None,
        heads: Sequence[str] = (),
    ) -> list[Verdict | None]:
        """Weigh the labels against the names that they may be; fields and columns first against the template's own."""
        verdicts: list[Verdict | None] = [None] * len(labels)
        if heads:
            own = self._index((), sorted(set(heads)))
            headed = [i for i, label in enumerate(labels) if label.role in (Role.LABEL, Role.HEADER)]
            self._weigh(labels, keys, {id(own): (own, headed)}, verdicts)
        groups: dict[int, tuple[NameIndex, list[int]]] = {}
        for i, label in enumerate(labels):
            if (said := verdicts[i]) is not None and said.sure:
                continue
            index = self._names_for(label, skeleton)
            groups.setdefault(id(index), (index, []))[1].append(i)
        self._weigh(labels, keys, groups, verdicts)
        return verdicts

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
                match = best_match(keys[i], near, self.shapes)
                if match is not None:
                    weighed.append((i, match, index))
        if not weighed:
            return
        words = self._words
        evidence = np.array([features(keys[i], match, words) for i, match, _ in weighed])
        for (i, match, index), judged in zip(weighed, self._known_judge.log_odds(evidence).tolist(), strict=True):
            odds = judged + (_CLOSED if index.is_template else 0.0)
            # A name with a little word more is worth a look; one with a little word less is another way to say it.
            wording = match.edits[0].kind == "dropped" and is_wording(keys[i], match, words)
            if odds < self._known_judge.propose or wording or negates(match):
                continue
            name, source = index.sources[match.name]
            # Two errors leave more room for another name: twice as strange, so twice as sure.
            least = self._sure_known + (2.0 if len(match.edits) > 1 else 0.0)
            sure = (
                odds >= least
                and match.margin >= self.settings.margin
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

    # ------------------------------------------------------------------------------- what the form and the words say

    def _against_form(
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
            if labels[i].role is Role.LEVEL3 and 4 <= len(keys[at]) <= _LONGEST and _is_open(verdicts[at])
        ]
        if not doubtful:
            return
        for at in doubtful:
            raw, key, known = labels[open_[at]].text, keys[at], verdicts[at]
            found = self._opened(key, form.speller, form.corpus)
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

    def _opened(
        self, key: str, speller: OpenSpeller, corpus: Texts
    ) -> tuple[Opening, float, bool, bool, Candidate | None] | None:
        """Return the likeliest opening, its log-odds, whether it is sure, whether nothing is left to mend, the next."""
        openings = speller.openings(key, corpus)
        if not openings:
            return None
        evidence = np.array(speller.evidence(key, openings, corpus))
        order = sorted(
            zip(self._open_judge.log_odds(evidence).tolist(), openings, strict=True),
            key=lambda w: (-w[0], w[1].match.name),
        )
        odds, best = order[0]
        if _is_compound_tail(key, best, speller.words):
            odds = max(odds, self._sure_open)
        if odds < self._open_judge.propose or is_wording(key, best.match, speller.words):
            return None
        runner_up = Candidate(order[1][1].match.name, to_probability(order[1][0])) if len(order) > 1 else None
        lead = odds - order[1][0] if len(order) > 1 else math.inf
        sure = (
            (odds >= self._sure_open or _is_repeated(best, odds))
            and lead >= self.settings.open_lead
            and not is_vetoed(key, best.match, speller.words)
            and is_witnessed(best)
        )
        # A label with a second error would be mended by half, which looks right and is not.
        clean = odds >= 0.0 and not self._is_near_a_name(best.match.name)
        if clean:
            again = speller.openings(best.match.name, corpus)
            if again:
                rest = self._open_judge.log_odds(np.array(speller.evidence(best.match.name, again, corpus)))
                clean = float(rest.max()) < self._open_judge.propose - 1.0
        return best, odds, sure and clean, clean, runner_up

    def _is_near_a_name(self, key: str) -> bool:
        """Return whether a dictionary name likely explains the text, which then is a damaged name and no free one."""
        words = self._words
        [near] = self._index(CANDIDATES[Role.LEVEL3], ()).near([key])
        match = best_match(key, near, self.shapes)
        if match is None:
            return False
        if is_vetoed(key, match, words):
            return False
        return float(self._known_judge.log_odds(np.array([features(key, match, words)]))[0]) >= 0.0

    # ----------------------------------------------------------------------------------------------------- the picture

    def _against_pictures(
        self,
        labels: Sequence[Label],
        open_: Sequence[int],
        keys: Sequence[str],
        form: FormEvidence,
        verdicts: list[Verdict | None],
        skeleton: Mapping[str, Sequence[str]] | None,
    ) -> None:
        """Ask the pictures of labels that have one: mend misreadings that text alone leaves, and tell the origin."""
        for at, i in enumerate(open_):
            label, key = labels[i], keys[at]
            picture = picture_of(label.lines) if label.lines and 2 <= len(key) <= _LONGEST else None
            if picture is None:
                continue
            known = verdicts[at]
            if known is not None and known.sure and known.evidence.startswith("document:"):
                # What the form repeats it may misread as often as it repeats it; its pictures must say the same.
                heard = form.company.hearing(key, replace(known.match, name=folded(known.match.name)))
                if heard.pictured is not None and heard.pictured < _CLEARLY:
                    known = verdicts[at] = replace(known, sure=False)
            if known is None or not known.sure:
                index = self._names_for(label, skeleton)
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
        match = best_match(key, [near[best]], self.shapes)
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
        found = self._sightings(key, picture, form, index, known)
        if not found:
            return None
        likely = self._picture_judge.log_odds([sighting.evidence for sighting in found]).tolist()
        order = sorted(zip(likely, found, strict=True), key=lambda w: (-w[0], w[1].match.name))
        odds, best = order[0]
        if odds < self._picture_judge.propose:
            return None
        match = best.match
        # Where general words are as happy with the reading, only the form's other texts speak against it, and they were
        # read off the same page: 军休 and 军体 are taken for one another all over it.
        by_words = best.word_gain > _WORDS_SAY
        least = self._sure_seen + (0.0 if by_words else _FORM_ALONE)
        sure = (
            odds >= least
            and (by_words or not best.is_opposed)
            and not touches_numeral(match)
            and not adds_mark(key, match)
        )
        if not sure and known is not None and known.odds > odds:
            return None  # what text proposes is among the sightings, so that a sure one is better
        name, source = index.sources.get(match.name, (None, f"posterior:{best.support:.1f}"))
        runner_up = Candidate(order[1][1].match.name, to_probability(order[1][0])) if len(order) > 1 else None
        shown = replace(match, name=printed(raw, key, match, name))
        return Verdict(shown, odds, sure, source, runner_up, origin_of(best.support))

    def _sightings(
        self,
        key: str,
        picture: Picture,
        form: FormEvidence,
        index: NameIndex,
        known: Verdict | None,
    ) -> list[Sighting]:
        [near] = index.near([key])
        others = [opening.match.name for opening in form.speller.openings(key, form.corpus)[:_OPENINGS]]
        if known is not None:
            others.append(folded(known.match.name))
        return sightings(key, picture, form.lexicon.besides(key), form.company, near, others, self.shapes)

    def look(self, labels: Sequence[Label], texts: Sequence[str]) -> list[list[Sighting]]:
        """Return for each level-3 label of a form what its picture may show, if it is asked at all; for training."""
        open_ = [i for i, label in enumerate(labels) if self._settled.said(label, None, {}) is None]
        keys = [folded(labels[i].text) for i in open_]
        verdicts = self._against_names([labels[i] for i in open_], keys, None)
        form = self._evidence(labels, texts)
        self._against_form(labels, open_, keys, form, verdicts)
        index = self._index(CANDIDATES[Role.LEVEL3], ())
        found: list[list[Sighting]] = [[] for _ in labels]
        for at, i in enumerate(open_):
            verdict, key = verdicts[at], keys[at]
            if (verdict is None or not verdict.sure) and 2 <= len(key) <= _LONGEST:
                picture = picture_of(labels[i].lines)
                if picture is not None:
                    found[i] = self._sightings(key, picture, form, index, verdict)
        return found


def _is_open(verdict: Verdict | None) -> bool:
    """Return whether the form and the words have a say after the dictionaries had theirs."""
    if verdict is None:
        return True
    return len(verdict.match.edits) > 1 if verdict.sure else verdict.odds < _LIKELY


def _is_short_guess(key: str, match: Match) -> bool:
    """Return whether a label is so short that a character more or less makes it another name (项目期, 项目期限)."""
    return len(key) < 3 or (len(key) == 3 and any(edit.kind in ("dropped", "inserted") for edit in match.edits))


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


def load_repairer(
    dictionaries: Dictionaries, settings: RepairSettings | None = None, seen: PictureJudge | None = None
) -> Repairer:
    """Return a repairer on `dictionaries` with the model that came with this installation.

    `seen` stands in for the judge of pictures. Raises ModelError where the model or the table of shapes is missing or
    unusable.
    """
    known = load_judge("dictionary", FEATURES)
    opened = load_judge("open", (*FEATURES, *OPEN_FEATURES))
    if seen is None:
        path = data_folder("models") / PICTURE_MODEL_FILE
        seen = PictureJudge(load_forest("picture", PICTURE_FEATURES, path), load_forest("rivals", RIVAL_FEATURES, path))
    return Repairer(dictionaries, settings or RepairSettings(), load_shapes(), known, opened, seen)
