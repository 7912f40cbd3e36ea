"""From labels to repairs: what a dictionary, the document and the words together make of them."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np

from pipeline.dictionaries import Dictionaries, comparison_key
from pipeline.document import Candidate, Label, Repair, Role, Status
from pipeline.repair.context import Compounds, Texts, Vote
from pipeline.repair.judge import Judge, Match, best_match, features, load_judge, touches_numeral
from pipeline.repair.names import NameIndex
from pipeline.repair.opened import Opening, OpenSpeller
from pipeline.repair.shapes import Shapes, load_shapes
from pipeline.repair.words import WordModel, build_word_model, general_words
from pipeline.settings import RepairSettings

# Where each kind of label has its names. The first section is the label's own; a name of any of the others is left
# alone too: forms print field labels as headers, and level-2 names in the level-3 column.
_SECTIONS = {
    Role.LEVEL1: ("level1", "level2"),
    Role.LEVEL2: ("level2", "level1", "level3"),
    Role.LEVEL3: ("level3", "level2", "level1"),
    Role.LABEL: ("field", "narrative", "bar", "column"),
    Role.HEADER: ("column", "field", "narrative", "bar"),
}
# Candidates come from these; the sections above only protect.
_CANDIDATES = {
    Role.LEVEL1: ("level1",),
    Role.LEVEL2: ("level2",),
    Role.LEVEL3: ("level3",),
    Role.LABEL: ("field", "narrative", "bar"),
    Role.HEADER: ("column", "field"),
}
# Words that writers put in and leave out as they please.
_FUNCTION_WORDS = frozenset("的等及和与或之各其所了")
_KINDS = {
    "look-alike": "形近字误认",
    "displaced": "末字错位",
    "dropped": "漏字",
    "inserted": "多字",
    "doubled": "重字",
    "swapped": "邻字颠倒",
    "several": "多处误认",
}


class Repairer:
    """Repairs labels against dictionaries; knows nothing of any document but the form it is handed."""

    def __init__(self, dictionaries: Dictionaries, settings: RepairSettings, shapes: Shapes, judge: Judge) -> None:
        """Take the vocabularies, the stage's settings, the likeness of characters and the fitted model."""
        self.dictionaries = dictionaries
        self.settings = settings
        self.shapes = shapes
        self.judge = judge
        self.sure = judge.threshold(settings.max_false_repairs)
        self._indices: dict[tuple[str, ...], NameIndex] = {}
        self._exact = {role: self._known(sections) for role, sections in _SECTIONS.items()}
        self._seen = {role: self._misreadings(sections) for role, sections in _CANDIDATES.items()}

    def repair_form(
        self, labels: Sequence[Label], skeleton: Mapping[str, Sequence[str]] | None, texts: Sequence[str]
    ) -> list[Repair]:
        """Return one Repair per label of one form, in order.

        `skeleton` maps the level-1 names of the form's template to their level-2 names, where the template is known;
        `texts` are the form's narratives, titles and other labels, evidence of how it writes a phrase. The result
        depends on these, the dictionaries and the model only.
        """
        done: list[Repair | None] = [self._settled(label, skeleton) for label in labels]
        open_ = [i for i, repair in enumerate(done) if repair is None]
        if not open_:
            return [repair for repair in done if repair is not None]
        folded = {i: _folded(labels[i].text) for i in open_}
        verdicts = self._against_names([(labels[i], folded[i]) for i in open_], skeleton)
        corpus: Texts | None = None
        for i, verdict in zip(open_, verdicts, strict=True):
            label = labels[i]
            if verdict is None and label.role is Role.LEVEL3:
                if corpus is None:
                    others = (*texts, *(other.text for other in labels))
                    corpus = Texts(_folded(text) for text in others)
                verdict = self._by_document(label.text, folded[i], corpus) or self._by_words(label.text, folded[i])
            done[i] = verdict or Repair(label.text, label.text, Status.UNKNOWN)
        return [repair for repair in done if repair is not None]

    # What needs no weighing.

    def _settled(self, label: Label, skeleton: Mapping[str, Sequence[str]] | None) -> Repair | None:
        key = comparison_key(label.text)
        if not key:
            return Repair(label.text, label.text, Status.UNCHANGED)
        holder = self._exact.get(label.role, {}).get(key)
        if holder is not None:
            return Repair(label.text, label.text, Status.UNCHANGED, score=1.0, evidence=f"dictionary:{holder}")
        if skeleton and key in _skeleton_keys(label, skeleton):
            return Repair(label.text, label.text, Status.UNCHANGED, score=1.0, evidence="skeleton")
        meant = self._seen.get(label.role, {}).get(key)
        if meant is not None:
            name, vocabulary = meant
            return Repair(
                label.text, name, Status.REPAIRED, kind="several", score=1.0, evidence=f"seen:{vocabulary}",
                reason=f"词典登记“{label.text}”为“{name}”的已知误读",
            )  # fmt: skip
        return None if label.role in _CANDIDATES else Repair(label.text, label.text, Status.UNKNOWN)

    def _known(self, sections: Sequence[str]) -> dict[str, str]:
        known: dict[str, str] = {}
        for section in sections:
            for text, entries in self.dictionaries.names(section).items():
                known.setdefault(comparison_key(text), entries[0].vocabulary)
        return known

    def _misreadings(self, sections: Sequence[str]) -> dict[str, tuple[str, str]]:
        """Misreadings that people confirmed, where they stand for one name only."""
        meant: dict[str, set[tuple[str, str]]] = {}
        for section in sections:
            for text, entries in self.dictionaries.names(section).items():
                for entry in entries:
                    for seen in entry.seen:
                        meant.setdefault(comparison_key(seen), set()).add((text, entry.vocabulary))
        return {key: min(names) for key, names in meant.items() if len({name for name, _ in names}) == 1}

    # Dictionary names.

    @cached_property
    def words(self) -> WordModel:
        """The word model; reading jieba's words takes half a second, so it waits for the first label in doubt."""
        return build_word_model([_folded(name) for name in self.dictionaries.names("level3")])

    @cached_property
    def _speller(self) -> OpenSpeller:
        names = [_folded(name) for name in self.dictionaries.names("level3")]
        heads = [_folded(name) for section in ("level1", "level2") for name in self.dictionaries.names(section)]
        return OpenSpeller(self.words, self.shapes, Compounds(names, heads, self.words), _common_characters(names))

    def _index(self, sections: tuple[str, ...], extra: tuple[str, ...]) -> NameIndex:
        index = self._indices.get((*sections, *extra))
        if index is None:
            names = {_folded(name) for section in sections for name in self.dictionaries.names(section)}
            index = self._indices[*sections, *extra] = NameIndex([*names, *extra])
        return index

    def _against_names(
        self, labels: Sequence[tuple[Label, str]], skeleton: Mapping[str, Sequence[str]] | None
    ) -> list[Repair | None]:
        verdicts: list[Repair | None] = [None] * len(labels)
        groups: dict[NameIndex, list[int]] = {}
        for i, (label, _) in enumerate(labels):
            groups.setdefault(self._names_for(label, skeleton), []).append(i)
        weighed: list[tuple[int, Match]] = []
        for index, members in groups.items():
            for i, near in zip(members, index.near([labels[i][1] for i in members]), strict=True):
                match = best_match(labels[i][1], near, self.shapes)
                if match is not None:
                    weighed.append((i, match))
        if not weighed:
            return verdicts
        evidence = np.array([features(labels[i][1], match, self.words) for i, match in weighed])
        for (i, match), odds in zip(weighed, self.judge.log_odds(evidence).tolist(), strict=True):
            verdicts[i] = self._verdict(labels[i][0], labels[i][1], match, odds)
        return verdicts

    def _names_for(self, label: Label, skeleton: Mapping[str, Sequence[str]] | None) -> NameIndex:
        sections = _CANDIDATES[label.role]
        if skeleton and label.role in (Role.LEVEL1, Role.LEVEL2):
            # A form of a known template holds the names of that template and no others.
            return self._index((), tuple(sorted(_skeleton_names(label, skeleton))))
        return self._index(sections, ())

    def _verdict(self, label: Label, raw: str, match: Match, odds: float) -> Repair | None:
        vetoed = touches_numeral(match) or self._forked(raw, match) or (len(raw) < 3 and label.role is Role.LEVEL3)
        if odds < self.judge.propose:
            return None
        name, vocabulary = self._written(label.role, match.name)
        sure = odds >= self.sure and not vetoed and match.margin >= self.settings.margin
        return _repair(label.text, _as_printed(label.text, match, name), match, odds, sure, f"dictionary:{vocabulary}")

    def _forked(self, raw: str, match: Match) -> bool:
        """Return whether the label is sound as written though a character is missing or extra (政策持续性)."""
        if not all(edit.kind in ("dropped", "inserted") for edit in match.edits):
            return False
        return all(len(word) > 1 for word in self.words.segment(raw).words)

    def _written(self, role: Role, key: str) -> tuple[str, str]:
        for section in _SECTIONS[role]:
            for text, entries in self.dictionaries.names(section).items():
                if _folded(text) == key:
                    return text, entries[0].vocabulary
        return key, "skeleton"

    # The document, and words alone.

    def _by_document(self, raw: str, key: str, corpus: Texts) -> Repair | None:
        votes = corpus.votes(key)
        if not votes:
            return None
        best = votes[0]
        if len(votes) > 1 and votes[1].count == best.count and votes[1].value != best.value:
            return None
        before, after = self.words.segment(key), self.words.segment(best.value)
        gain = after.score - before.score
        if gain < self.settings.least_document_gain or touches_numeral(_vote_match(key, best)):
            return None
        broken = any(
            before.length_at(p) == 1 for p in (best.at - 1, best.at) if 0 <= p < len(key)
        ) if best.kind == "dropped" else before.length_at(min(best.at, len(key) - 1)) == 1  # fmt: skip
        if best.kind == "inserted" and key[best.at] in _FUNCTION_WORDS:
            return None
        sure = (
            broken
            and best.count >= 2
            and best.kind not in ("inserted", "swapped")
            and gain >= self.settings.sure_document_gain
        )
        value = _apply(raw, key, best.value)
        return _repair(
            raw, value, _vote_match(key, best), 3.5 if sure else 0.0, sure, f"document:{best.phrase}×{best.count}"
        )

    def _by_words(self, raw: str, key: str) -> Repair | None:
        found = self._speller.openings(key)
        if not found:
            return None
        best = found[0]
        edit = best.match.edits[0]
        if best.gain < self.settings.propose_gain or touches_numeral(best.match):
            return None
        sure = best.match.margin >= self.settings.margin and self._opened(best, edit.kind)
        evidence = f"compound:{best.compound}" if best.compound else "words"
        return _repair(raw, _apply(raw, key, best.match.name), best.match, best.gain - 5.0, sure, evidence)

    def _opened(self, opening: Opening, kind: str) -> bool:
        gain = opening.gain
        if kind == "displaced":
            return gain > (0.0 if len(opening.compound) >= 3 else 4.0)
        if kind == "look-alike":
            return gain > 8.0 or (gain > 4.0 and len(opening.compound) >= 4)
        return kind == "doubled" and gain > 6.0


def _repair(raw: str, value: str, match: Match, odds: float, sure: bool, evidence: str) -> Repair:
    kinds = {edit.kind for edit in match.edits}
    kind = kinds.pop() if len(match.edits) == 1 else "several"
    score = round(1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, odds)))), 3)
    runner_up = None
    if match.runner_up is not None:
        other = max(-30.0, min(30.0, odds - match.margin))
        runner_up = Candidate(match.runner_up, round(1.0 / (1.0 + math.exp(-other)) * 0.5, 3))
    what = _KINDS[kind]
    verb = "已改为" if sure else "疑为"
    return Repair(
        raw=raw,
        value=value if sure else raw,
        status=Status.REPAIRED if sure else Status.PROPOSED,
        kind=kind,
        score=score,
        proposal=None if sure else value,
        runner_up=runner_up,
        evidence=evidence,
        reason=f"{what}：{verb}“{value}”（{_ground(evidence)}）",
    )


def _ground(evidence: str) -> str:
    source, _, detail = evidence.partition(":")
    return {
        "dictionary": f"词典 {detail} 有此名",
        "document": f"本表他处写作“{detail.partition('×')[0]}”，共 {detail.partition('×')[2]} 处",
        "compound": f"“{detail}”为通用词尾或词头",
        "words": "按词语通顺程度判断",
        "skeleton": "表样骨架有此名",
    }.get(source, evidence)


def _vote_match(key: str, vote: Vote) -> Match:
    from pipeline.repair.channel import Edit  # noqa: PLC0415

    read = key[vote.at : vote.at + 1] if vote.kind != "dropped" else ""
    meant = vote.value[vote.at : vote.at + 1] if vote.kind not in ("inserted", "doubled") else ""
    return Match(vote.value, 0.0, (Edit(vote.kind, vote.at, vote.at, read, meant, 0.0),))


def _folded(text: str) -> str:
    """Return `text` without spaces, each character in its plainest form, so that places stay what they are."""
    folded = [unicodedata.normalize("NFKC", c) for c in text if not c.isspace()]
    plain = "".join(f if len(f) == 1 else c for f, c in zip(folded, (c for c in text if not c.isspace()), strict=True))
    return plain.translate(_BRACKETS).rstrip(":")


_BRACKETS = str.maketrans("【】〔〕[]“”‘’", "()()()\"\"''")


def _apply(raw: str, key: str, value: str) -> str:
    """Return `value` with the brackets and quotes of `raw`, of which `key` is the folded text."""
    printed = [c for c in raw if not c.isspace()][: len(key)]
    kept = iter([(k, p) for k, p in zip(key, printed, strict=False) if k != p])
    changed = {k: p for k, p in kept}
    return "".join(changed.get(c, c) for c in value)


def _as_printed(raw: str, match: Match, written: str) -> str:
    return written


def _skeleton_names(label: Label, skeleton: Mapping[str, Sequence[str]]) -> set[str]:
    if label.role is Role.LEVEL1:
        return {_folded(name) for name in skeleton}
    if label.role is not Role.LEVEL2:
        return set()
    parent = comparison_key(label.parents[0]) if label.parents else ""
    own = [names for level1, names in skeleton.items() if comparison_key(level1) == parent]
    return {_folded(name) for names in (own or skeleton.values()) for name in names}


def _skeleton_keys(label: Label, skeleton: Mapping[str, Sequence[str]]) -> set[str]:
    return _skeleton_names(label, skeleton)


def _common_characters(names: Iterable[str]) -> str:
    """The characters that labels are written with: those of the names, and the 3,500 commonest of the language."""
    from collections import Counter  # noqa: PLC0415

    counts: Counter[str] = Counter()
    for word, frequency in general_words().items():
        for character in word:
            counts[character] += frequency
    common = [c for c, _ in counts.most_common(3500)]
    return "".join(sorted({*common, *(c for name in names for c in name)}))


def load_repairer(dictionaries: Dictionaries, settings: RepairSettings | None = None) -> Repairer:
    """Return a repairer on `dictionaries` with the model that came with this installation.

    Raises ModelError where the model or the table of shapes is missing or unusable.
    """
    return Repairer(dictionaries, settings or RepairSettings(), load_shapes(), load_judge())
