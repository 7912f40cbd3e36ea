"""What one form says of its own labels: its texts, its words, its pictures. Made once a form, part by part as asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from pipeline.document import Label
from pipeline.repair.company import Company
from pipeline.repair.context import Texts
from pipeline.repair.folding import folded
from pipeline.repair.opened import OpenSpeller
from pipeline.repair.picture import Picture, picture_of
from pipeline.repair.rereading import Lexicon, Middles
from pipeline.repair.wording import Wording
from pipeline.repair.words import WordModel


class FormEvidence:
    """The labels and texts of one form as witnesses for one another."""

    def __init__(
        self,
        labels: Sequence[Label],
        texts: Sequence[str],
        speller: Callable[[], OpenSpeller],
        words: Callable[[], WordModel],
        middles: Callable[[], Middles],
        wording: Callable[[], Wording],
    ) -> None:
        """Take the form, and where to get what repairs of any form go by, which takes half a second to make."""
        self._labels = labels
        self._texts = [folded(text) for text in texts]
        self._keys = [folded(label.text) for label in labels]
        self._any_speller = speller
        self._words = words
        self._middles = middles
        self._wording = wording
        # Labels by what they were held to be on the way: that is weighed once more, as they are.
        self.looked: dict[str, str] = {}
        self._pictures: dict[int, Picture | None] = {}

    def mended(self, values: Mapping[int, str]) -> FormEvidence:
        """Return the same form with the texts of some labels, by their number, as they were mended; pictures stay."""
        other = FormEvidence(self._labels, (), self._any_speller, self._words, self._middles, self._wording)
        other._texts, other._pictures = self._texts, self._pictures
        other._keys = [values.get(number, key) for number, key in enumerate(self._keys)]
        return other

    def picture(self, number: int) -> Picture | None:
        """The picture of the label of this number, if it has one; asked for itself and as one of the others."""
        if number not in self._pictures:
            lines = self._labels[number].lines
            self._pictures[number] = picture_of(lines) if lines else None
        return self._pictures[number]

    @cached_property
    def corpus(self) -> Texts:
        """All texts of the form, searchable."""
        return Texts([*self._texts, *self._keys])

    @cached_property
    def speller(self) -> OpenSpeller:
        """The speller with the form's own words."""
        speller = self._any_speller()
        return speller.within(speller.words.with_words(self.corpus.words(speller.words)))

    @cached_property
    def lexicon(self) -> Lexicon:
        """The words that the form's labels may be made of."""
        return Lexicon(self._words(), [*self._texts, *self._keys], self._middles(), self._wording())

    @cached_property
    def company(self) -> Company:
        """All labels with their pictures, also those that need no repair."""
        return Company([(key, self.picture(number)) for number, key in enumerate(self._keys)], self._texts)
