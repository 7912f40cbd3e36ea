"""The words of the field, learned from the dictionaries' own names, mixed with the general ones."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable

from pipeline.repair.words.general import FIELD_SHARE, general_logp
from pipeline.repair.words.model import FOREIGN_CHARACTERS, PUNCTUATION, WordModel


def field_words(names: Iterable[str], general: WordModel) -> Counter[str]:
    """Return the words of the field: rows of general words, 1 to 6 characters long, that stand in two names or more.

    A row counts only in as many names as its most frequent extension leaves it (满意 stands in 90 names but in hardly
    one without 度), so that the pieces of a word do not count as words. Rows begin and end where general words do:
    anything else would make 理制度健全性 a word, and 管理理制度健全性 sound.
    """
    counts: Counter[str] = Counter()
    longer: dict[str, Counter[str]] = defaultdict(Counter)
    for name in names:
        row = general.segment(name).words
        grams: set[str] = set()
        for i in range(len(row)):
            text = ""
            for word in row[i : i + 6]:
                shorter, text = text, text + word
                if len(text) > 6 or word in PUNCTUATION:
                    break
                grams.add(text)
                if shorter:
                    longer[shorter][text] += 1
                    longer[text[len(row[i]) :]][text] += 1
        counts.update(grams)
    kept: Counter[str] = Counter()
    for gram, count in counts.items():
        extension = longer[gram].most_common(1)
        alone = count - (extension[0][1] if extension else 0)
        if alone > 0 and (count >= 2 or len(gram) == 1):
            kept[gram] = alone
    return kept


def build_word_model(names: Collection[str], further: Collection[str] = ()) -> WordModel:
    """Mix jieba's words with the words of the field that `names` teach.

    `further` names teach their own words, at the frequency they have among all names. How frequent the other words and
    the endings of names are, they leave as it is: one more name in a dictionary of an archive says something of the
    labels that hold its words, and should not move a score in a third of all records, as it did. Figures and letters
    are no words: a 7 in a name is no reason to find every 7 strange.
    """
    logp = dict(general_logp())
    learned = field_words(names, WordModel(general_logp(), {}))
    total = sum(learned.values())
    for word, count in learned.items():
        own = FIELD_SHARE * count / total
        general = logp.get(word)
        logp[word] = math.log(own + (math.exp(general) if general is not None else 0.0))
    if further:
        for word, count in field_words([*names, *further], WordModel(general_logp(), {})).items():
            if word not in logp and not FOREIGN_CHARACTERS.issuperset(word):
                logp[word] = math.log(FIELD_SHARE * count / total)
                learned[word] = count
    return WordModel(logp, Counter(name[-2:] for name in names), learned=learned)
