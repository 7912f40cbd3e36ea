"""Names that the picture may show instead of what was read, and what speaks for each of them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pipeline.repair.channel import Edit, edits
from pipeline.repair.company import Company
from pipeline.repair.judge import FAR, Match
from pipeline.repair.picture import NOTHING, Picture
from pipeline.repair.rereading import WORDS_WEIGHT, Lexicon, reread
from pipeline.repair.shapes import Shapes
from pipeline.repair.wording import Wording
from pipeline.repair.words import Segmentation, WordModel

# Of the true names that are among the rereadings at all, all but one in fifty are among the first 16.
_REREADINGS = 16
# Of those that general words alone like best, so many are looked at: where 脾气 is read 牌气 all over the form, that is
# a word of the form, and its own texts hide the true one.
_REREADINGS_BY_WORDS = 8
# Only the likeliest are weighed by the model: by the form's words, and by general words.
_WEIGHED, _WEIGHED_BY_WORDS = 4, 3
# Support below this says no more.
_NO_SUPPORT = -30.0
# A character that the recogniser was less sure of than this is in doubt.
_DOUBT = 0.6
# One name in a thousand ends in a character that hardly any name ends in.
_RARE_LAST = 0.001

PICTURE_FEATURES = (
    "support",
    "lead",
    "total",
    "word_gain",
    "form_gain",
    "errors",
    "dropped",
    "inserted",
    "length",
    "legibility",
    "least_sure_changed",
    "least_sure_left",
    "doubted_left",
    "raw_lone",
    "name_lone",
    "site_lone",
    "raw_ending",
    "name_ending",
    "known",
    "least_likeness",
    "name_stretch",
    "raw_stretch",
    "last_gain",
    "company",
    "company_places",
    "company_meant",
    "company_read",
    "company_known",
    "commoner",
    "known_trigrams",
    "form_hardly_sure",
    "form_not_quite_sure",
    "total_by_words",
    "lead_by_words",
    "looked_twice",
    "second_support",
    "second_reads_it",
    "second_differs",
    "wording_gain",
    "end_gain",
    "raw_tail",
    "name_tail",
    "strangest_end",
)


_WORD_GAIN = PICTURE_FEATURES.index("word_gain")
_RAW_LONE = PICTURE_FEATURES.index("raw_lone")
_LAST_GAIN = PICTURE_FEATURES.index("last_gain")
_SECOND_DIFFERS = PICTURE_FEATURES.index("second_differs")
_COMPANY = PICTURE_FEATURES.index("company")
_COMPANY_KNOWN = PICTURE_FEATURES.index("company_known")
_NAME_LONE = PICTURE_FEATURES.index("name_lone")
_SURE_CHANGED = PICTURE_FEATURES.index("least_sure_changed")
_SURE_LEFT = PICTURE_FEATURES.index("least_sure_left")
# What a form's other places must say for a reading together (nats), where they say anything.
_AGREES = 2.0
# So much (nats) is more than the form's words alone: on 160 development forms all 14 labels that this, or their own
# picture, spoke for at odds between even and those that the form alone needs were mended rightly, and none of 2,747
# sound labels was among them.
_SPEAKS = 5.0
# A candidate that the picture holds no more against than this (nats) is as good as what was read.
_AS_GOOD = -3.0
# A label is read surely where every character is (below it is looked at twice); a name of which no dictionary knows and
# which such a picture likes so much less (nats) was not misread.
_SURELY, _UNSEEN = 0.95, -5.0
# A character of a repaired label that is less sure than this and in no word may be a second error.
_LEFT_IN_DOUBT = 0.8
# A word that no list holds falls apart into so many characters; names have mostly one such word.
_ONE_WORD = 2
# From here on (nats) they speak against it: 智能 in four sharp places is no 智虑 in a fifth, whatever the words say.
_CONTRADICTS = -6.0


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the picture may show: the candidate, with its log-likelihood less that of what was read (`support`)."""

    match: Match
    support: float
    evidence: list[float]  # in the order of PICTURE_FEATURES

    @property
    def word_gain(self) -> float:
        """How much likelier the candidate is as a row of general words, nats."""
        return self.evidence[_WORD_GAIN]

    @property
    def leaves_doubt(self) -> bool:
        """Whether the candidate may hold another error: characters that are in no word, more than one or one in doubt.

        A label mended by half looks right and is not; one that its writer misspelt looks so too.
        """
        lone = self.evidence[_NAME_LONE]
        return lone > 1 or (lone > 0 and self.evidence[_SURE_LEFT] < _LEFT_IN_DOUBT)

    @property
    def is_unseen(self) -> bool:
        """Whether every character was read surely and the picture holds so much against the candidate as well."""
        sure = min(self.evidence[_SURE_CHANGED], self.evidence[_SURE_LEFT])
        return sure >= _SURELY and self.support < _UNSEEN

    @property
    def changes_strange_word(self) -> bool:
        """Whether the label reads well but for one word that no list holds, and words alone speak against that one.

        Every look read it so, no picture likes the candidate better, one character is to change, and not the last, of
        which is known what names end in. 烈属 became 烈风, and 后勤 后劲: a strange word is a new one sooner than a
        misread one.
        """
        return (
            len(self.match.edits) == 1
            and self.evidence[_RAW_LONE] <= _ONE_WORD
            and self.evidence[_LAST_GAIN] == 0.0
            and self.evidence[_SECOND_DIFFERS] == 0.0
            and self.support <= 0.0
            and self.evidence[_COMPANY] < _SPEAKS
        )

    @property
    def is_seen(self) -> bool:
        """Whether the label's picture likes the candidate better, or as well and the pictures of other labels say so.

        Then it is not the form's words alone that speak for it.
        """
        return self.support > 0.0 or (self.is_as_good and self.evidence[_COMPANY] >= _SPEAKS)

    @property
    def is_as_good(self) -> bool:
        """Whether the picture holds hardly anything against the candidate."""
        return self.support > _AS_GOOD

    @property
    def is_contradicted(self) -> bool:
        """Return whether the pictures of the form's other places speak against the candidate."""
        return self.evidence[_COMPANY_KNOWN] > 0.0 and self.evidence[_COMPANY] < _CONTRADICTS

    @property
    def is_opposed(self) -> bool:
        """Whether the pictures of the form's other places do not speak for the candidate."""
        return self.evidence[_COMPANY_KNOWN] > 0.0 and self.evidence[_COMPANY] < _AGREES


def sightings(
    key: str,
    picture: Picture,
    lexicon: Lexicon,
    company: Company,
    names: Iterable[str],
    others: Iterable[str],
    shapes: Shapes,
) -> list[Sighting]:
    """Return what the folded reading `key` may be a misreading of, likeliest first.

    `names` are dictionary names near it, `others` what text alone would make of it; the picture's own rereadings are
    added. `lexicon` is that of the label's form.
    """
    known = set(names)
    general = lexicon.general
    choices = picture.choices(key, lexicon.fitting)
    texts = [reading.text for reading in reread(choices, lexicon, _REREADINGS)]
    texts += [reading.text for reading in reread(choices, general, _REREADINGS_BY_WORDS)]
    second = picture.second
    seen_again = second.text() if second is not None else key
    if second is not None and seen_again != key:
        choices = second.choices(seen_again, lexicon.fitting)
        texts += [seen_again, *(reading.text for reading in reread(choices, lexicon, _REREADINGS_BY_WORDS))]
    texts = [text for text in dict.fromkeys((*texts, *sorted(known), *others)) if text != key and len(text) > 1]
    if not texts:
        return []
    read, *scores = picture.scores([key, *texts]).tolist()
    before, before_by_words = lexicon.text(key), general.text(key)
    totals, by_words = {}, {}
    for text, score in zip(texts, scores, strict=True):
        gain = max(lexicon.text(text), lexicon.words.score_once(text) if text in known else -1e9) - before
        seen = score - read + NOTHING * (len(text) - len(key))
        totals[text] = (seen + WORDS_WEIGHT * gain, score - read, gain)
        by_words[text] = seen + WORDS_WEIGHT * (general.text(text) - before_by_words)
    order = sorted(texts, key=lambda text: (-totals[text][0], text))
    order_by_words = sorted(texts, key=lambda text: (-by_words[text], text))
    sure = picture.certainties(key)
    weighed = list(dict.fromkeys((*order[:_WEIGHED], *order_by_words[:_WEIGHED_BY_WORDS])))
    again = _supports(second, key, weighed) if second is not None else [totals[text][1] for text in weighed]
    spelt = {text: edits(key, text, shapes) for text in weighed}
    company.ask(key, [Match(text, *errors) for text, errors in spelt.items()])
    found = []
    for text, second_support in zip(weighed, again, strict=True):
        total, support, form_gain = totals[text]
        best_other = max((totals[t][0] for t in order[:2] if t != text), default=total - FAR)
        lead = max(-FAR, min(FAR, total - max(0.0, best_other)))
        other_by_words = max((by_words[t] for t in order_by_words[:2] if t != text), default=by_words[text] - FAR)
        lead_by_words = max(-FAR, min(FAR, by_words[text] - max(0.0, other_by_words)))
        cost, errors = spelt[text]
        match = Match(text, cost, errors, max(0.0, lead), next((t for t in order if t != text), None))
        evidence = _evidence(key, match, lexicon, support, form_gain, sure)
        found.append(
            Sighting(
                match,
                support,
                [
                    max(_NO_SUPPORT, support), lead, max(_NO_SUPPORT, min(30.0, total)), *evidence[:2],
                    len(errors), len(key) - len(text) if len(text) < len(key) else 0, max(0, len(text) - len(key)),
                    len(key), read / max(1, len(key)), *evidence[2:], float(text in known), *_likeness(errors),
                    *_stretch(key, match, lexicon), _last_gain(key, text, lexicon.words),
                    *_company(key, match, company), _commoner(errors, lexicon.words),
                    _trigrams(key, match, lexicon), *company.doubt,
                    max(_NO_SUPPORT, min(30.0, by_words[text])), lead_by_words,
                    float(second is not None), max(_NO_SUPPORT, second_support), float(text == seen_again),
                    float(seen_again != key), *_wording(key, text, lexicon.wording),
                ],
            )
        )  # fmt: skip
    return found


def _supports(picture: Picture, key: str, texts: Sequence[str]) -> list[float]:
    """Return how much better than the reading one look alone likes each of `texts`, nats."""
    read, *scores = picture.scores_of_one_look([key, *texts]).tolist()
    return [score - read for score in scores]


def _evidence(
    key: str, match: Match, lexicon: Lexicon, support: float, form_gain: float, sure: list[float]
) -> list[float]:
    words = lexicon.words
    before, after = words.segment(key), words.segment(match.name)
    changed = {edit.at + k for edit in match.edits for k in range(max(1, len(edit.read)))}
    touched = [value for place, value in enumerate(sure) if place in changed]
    left = [value for place, value in enumerate(sure) if place not in changed]
    return [
        max(-12.0, min(25.0, after.score - before.score)),
        max(-12.0, min(25.0, form_gain)),
        min(touched, default=1.0),
        min(left, default=1.0),
        sum(value < _DOUBT for value in left),
        _lone(before),
        _lone(after),
        sum(after.length_at(min(edit.to, len(match.name) - 1)) == 1 for edit in match.edits),
        words.ending(key),
        words.ending(match.name),
    ]


def _last_gain(key: str, name: str, words: WordModel) -> float:
    """Return how much more usual the last character of `name` ends names than that of the reading (率, 事)."""
    if key[-1] == name[-1]:
        return 0.0
    return math.log((words.last_character(name[-1]) + _RARE_LAST) / (words.last_character(key[-1]) + _RARE_LAST))


def _wording(key: str, name: str, wording: Wording) -> list[float]:
    """Return how much more the candidate is written as names are, in all and at its end, and the tails of both."""
    read, meant = wording.steps(key), wording.steps(name)
    return [
        max(-15.0, min(30.0, sum(meant) - sum(read))),
        max(-12.0, min(15.0, sum(meant[-3:]) - sum(read[-3:]))),
        wording.tail(key),
        wording.tail(name),
        max(-8.0, min(meant[-2:])),
    ]


def _company(key: str, match: Match, company: Company) -> list[float]:
    """Return what the form's other places say: nats, how many they are, how they were read, and whether any knows."""
    heard = company.hearing(key, match)
    return [
        max(-20.0, min(20.0, heard.support)),
        math.log1p(heard.places),
        math.log1p(heard.meant),
        math.log1p(heard.read),
        float(heard.places > 0),
    ]


def _trigrams(key: str, match: Match, lexicon: Lexicon) -> float:
    """Return how many more places of the candidate's errors stand in names so, with their neighbours, than as read."""
    fits = 0
    for edit in match.edits:
        fits += lexicon.in_names(match.name, edit.to)
        fits -= lexicon.in_names(key, min(edit.at, len(key) - 1))
    return float(fits)


def _commoner(errors: tuple[Edit, ...], words: WordModel) -> float:
    """Return how much commoner the character meant is than the one read; who reads a rare one has seen it."""
    gains = [words.single(e.meant) - words.single(e.read) for e in errors if len(e.read) == len(e.meant) == 1]
    return max(-8.0, min(8.0, max(gains, key=abs, default=0.0)))


def _lone(seg: Segmentation) -> int:
    return sum(len(word) == 1 for word in seg.words)


def _likeness(errors: tuple[Edit, ...]) -> list[float]:
    return [min((edit.likeness for edit in errors if edit.kind == "look-alike"), default=1.0)]


def _stretch(key: str, match: Match, lexicon: Lexicon) -> list[float]:
    """Return the longest stretch that the form's other texts hold over a place of an error: as mended, and as read."""
    longest = []
    for text, places in ((match.name, [edit.to for edit in match.edits]), (key, [edit.at for edit in match.edits])):
        best = 0
        for place in places:
            for i in range(max(0, place - 6), place + 1):
                for j in range(max(place + 1, i + 3), min(len(text), i + 8) + 1):
                    if j - i > best and lexicon.held(text[i:j]) > 0:
                        best = j - i
        longest.append(float(best))
    return longest
