"""From labels to repairs: what a dictionary, the document and the words together make of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field

from pipeline.dictionaries import Dictionaries
from pipeline.document import Label, Repair, Role
from pipeline.repair.byform import LONGEST, ByForm
from pipeline.repair.bynames import ByNames
from pipeline.repair.bypicture import ByPicture
from pipeline.repair.changed import Changed, changed_repairs
from pipeline.repair.folding import folded
from pipeline.repair.forest import load_forest
from pipeline.repair.form import FormEvidence
from pipeline.repair.judge import FEATURES, PICTURE_MODEL_FILE, Judge, load_judge
from pipeline.repair.marks import with_numbers, without_dust
from pipeline.repair.opened import OPEN_FEATURES
from pipeline.repair.picture import picture_of
from pipeline.repair.rivals import RIVAL_FEATURES, PictureJudge
from pipeline.repair.settled import CANDIDATES, Settled, heads_of
from pipeline.repair.shaded import with_heads_of_shaded_cells
from pipeline.repair.shapes import Shapes, load_shapes
from pipeline.repair.sight import PICTURE_FEATURES, Sighting
from pipeline.repair.verdict import repair_of, to_log_odds
from pipeline.repair.vocabulary import Vocabulary
from pipeline.resources import data_folder
from pipeline.settings import RepairSettings


@dataclass(frozen=True, slots=True)
class Said:
    """What repair says of one form's labels, in their order.

    `looked` maps labels, folded, to what they were held to be on the way, which was weighed like a label itself.
    """

    repairs: tuple[Repair, ...]
    looked: dict[str, str] = field(default_factory=dict)


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
        self._settings = settings
        self._judges = known, opened, seen
        self._propose = to_log_odds(settings.least_proposal)
        self._shapes = shapes
        self._settled = Settled(dictionaries, shapes)
        self._go_by(Vocabulary(dictionaries, shapes))

    def _go_by(self, vocabulary: Vocabulary) -> None:
        """Weigh labels by `vocabulary` from now on."""
        settings, (known, opened, seen) = self._settings, self._judges
        # The ceiling holds for both ways of changing a label together, so each may use half of it.
        least = to_log_odds(settings.least_score)
        sure_known = max(least, known.threshold(settings.max_false_repairs / 2))
        sure_open = max(least, opened.threshold(settings.max_false_repairs / 2))
        self._vocabulary = vocabulary
        self._names = ByNames(vocabulary, known, sure_known, settings.margin)
        self._form = ByForm(vocabulary, opened, known, sure_open, settings.open_lead)
        self._pictures = ByPicture(vocabulary, seen, to_log_odds(settings.least_picture_score))

    def general_words(self, text: str) -> list[str]:
        """Return the words of `text` that general lists hold and no dictionary teaches; for training."""
        return self._vocabulary.general_words(folded(text))

    def without_words(self, lost: Collection[str]) -> Repairer:
        """Return a repairer to which the words `lost` are strange; for training, where they stand for all that are."""
        other = copy(self)
        other._go_by(self._vocabulary.without_words(lost))
        return other

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
        return list(self.ask(labels, skeleton, texts, heads).repairs)

    def ask(
        self,
        labels: Sequence[Label],
        skeleton: Mapping[str, Sequence[str]] | None,
        texts: Sequence[str],
        heads: Sequence[str] = (),
        known: Mapping[int, Repair] | None = None,
    ) -> Said:
        """Do the same; of labels without a picture of which it is `known`, by their number, what would be said."""
        own = heads_of(heads)
        known = known or {}
        done = [known.get(i) or self._settled.said(label, skeleton, own) for i, label in enumerate(labels)]
        open_ = [i for i, repair in enumerate(done) if repair is None]
        looked: dict[str, str] = {}
        if open_:
            keys = [folded(labels[i].text) for i in open_]
            verdicts = self._names.weigh([labels[i] for i in open_], keys, skeleton, heads)
            form = self._evidence(labels, texts)
            self._form.weigh(labels, open_, keys, form, verdicts)
            self._pictures.weigh(labels, open_, keys, form, verdicts, skeleton)
            for i, verdict in zip(open_, verdicts, strict=True):
                worth_a_look = verdict is not None and (verdict.sure or verdict.odds >= self._propose)
                done[i] = repair_of(labels[i].text, verdict if worth_a_look else None)
            looked = form.looked
        clean = without_dust(labels, [repair for repair in done if repair is not None])
        clean = with_heads_of_shaded_cells(labels, with_numbers(labels, clean), heads)
        return Said(tuple(clean), looked)

    def changed_since(self, earlier: Dictionaries, printed: Iterable[str]) -> Changed | None:
        """Return of which labels more may be said now than with `earlier` names of level 3; None where of all.

        `printed` is all that templates print.
        """
        return changed_repairs(Vocabulary(earlier, self._shapes), self._vocabulary, printed)

    def _evidence(self, labels: Sequence[Label], texts: Sequence[str]) -> FormEvidence:
        own = self._vocabulary
        return FormEvidence(
            labels, texts, lambda: own.speller, lambda: own.shown_words, lambda: own.middles, lambda: own.wording
        )

    def look(self, labels: Sequence[Label], texts: Sequence[str]) -> list[list[Sighting]]:
        """Return for each level-3 label of a form what its picture may show, if it is asked at all; for training."""
        open_ = [i for i, label in enumerate(labels) if self._settled.said(label, None, {}) is None]
        keys = [folded(labels[i].text) for i in open_]
        verdicts = self._names.weigh([labels[i] for i in open_], keys, None)
        form = self._evidence(labels, texts)
        self._form.weigh(labels, open_, keys, form, verdicts)
        index = self._vocabulary.index(CANDIDATES[Role.LEVEL3], ())
        found: list[list[Sighting]] = [[] for _ in labels]
        for at, i in enumerate(open_):
            verdict, key = verdicts[at], keys[at]
            if (verdict is None or not verdict.sure) and 2 <= len(key) <= LONGEST:
                picture = picture_of(labels[i].lines)
                if picture is not None:
                    found[i] = self._pictures.sightings(key, picture, form, index, verdict)
        return found


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
