"""Labels as the recogniser really reads them on bad paper: what the picture mends, and what it may not touch.

`scripts/evaluate.py pictures` prints the figures on the split "test" (its own topics, fonts and degradations);
`scripts/train_repair.py --pictures` fits the judge of pictures on the split "dev".
"""

from __future__ import annotations

import pickle
import random
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from rapidfuzz.distance import OSA

from pipeline.dictionaries import Dictionaries, load_dictionaries
from pipeline.document import Label, Line, Posterior, Repair, Role, Status, Upright
from pipeline.engine import Engine
from pipeline.evaluation.labels import without
from pipeline.geometry import HORIZONTAL_TERMS, VERTICAL_TERMS, Warp
from pipeline.reader import read_tables
from pipeline.repair import Repairer, load_repairer
from pipeline.repair.folding import folded
from pipeline.repair.judge import touches_numeral
from pipeline.repair.training import FOLDS, Data, LabelForm, label_forms, upper_bound
from pipeline.settings import EngineSettings, ReaderSettings
from pipeline.straighten.light import stretch_faint
from pipeline.straighten.seals import clean
from pipeline.synth.content import Split
from pipeline.synth.lines import POINTS_TO_PIXELS, LineKind, draw_lines, worsen
from pipeline.synth.render.fonts import Face, face, families, find_face

# Forms to tune on begin here, and those that nothing was ever tuned on.
DEV_SEED, TRAIN_SEED, TEST_SEED = 500_000, 700_000, 1_000_000
KINDS: dict[str, tuple[LineKind, ...]] = {
    "dev": ("scan", "fax", "blurred", "heavy", "thin", "pressed"),
    "test": ("low", "faint", "photo"),
}
# A kaiti to learn from beside the types that whole forms are drawn in (package fonts-lxgw-wenkai); none where this
# system lacks it.
_MORE_TYPES = ("LXGW WenKai Light",)
# Small type is what forms shrink to when a table is full.
_POINTS = (7.5, 9.0, 9.0, 10.5)
# Of each of the form's other texts so many lines are read: whole narratives would take most of the time.
_TEXT_LINES, _TEXT_LINE = 2, 30
# The share of project names that lose one of their words where words are to be strange.
_STRANGE = 0.5
# Longer labels are sometimes wrapped onto two lines.
_WRAPPED = 8


@dataclass(frozen=True, slots=True)
class ReadForm:
    """A form's labels and texts as they were read off one sheet."""

    form: LabelForm  # what was printed and meant
    family: str
    kind: LineKind
    lines: tuple[tuple[Line, ...], ...]  # of each of the form's cases; none where nothing was read
    texts: tuple[str, ...]

    def labels(self, looks: int = 2) -> list[Label]:
        """Return the labels with their pictures; of one look each, or of all that were taken."""
        lines = self.lines
        if looks < 2:
            lines = tuple(tuple(replace(line, second=None) for line in own) for own in lines)
        return [Label("".join(line.text for line in own), Role.LEVEL3, (), own) for own in lines]


def read_forms(split: Split, seed: int, count: int, start: int = 0) -> Iterator[ReadForm]:
    """Draw, worsen and read the labels of `count` generated forms from number `start` on; 2 s each on one core.

    Those of the split "train" are set in the types of "dev" and worsened as they are: more topics, not other paper.
    """
    paper: Split = "test" if split == "test" else "dev"
    chosen = tuple(face(family) for family in _types(paper))
    engine = Engine(EngineSettings(threads=1))
    for number, form in enumerate(label_forms(split, seed, start + count, damaged=0.12)):
        if number < start:
            continue
        rng = random.Random(f"{split} {seed} {number} picture")
        yield read_form(form, rng.choice(chosen), rng.choice(KINDS[paper]), rng, engine)


def _types(paper: Split) -> tuple[str, ...]:
    """Return the families that labels are drawn in."""
    more = () if paper == "test" else _MORE_TYPES
    return (*families(paper), *(family for family in more if find_face(family) is not None))


def read_form(form: LabelForm, chosen: Face, kind: LineKind, rng: random.Random, engine: Engine) -> ReadForm:
    """Draw one form's labels and the beginnings of its texts on a sheet, worsen it and read it."""
    cases = tuple(case for case in form.cases if all(chosen.has(character) for character in case.raw))
    parts: list[tuple[int, str]] = []
    for number, case in enumerate(cases):
        text = case.raw
        cut = rng.randint(5, len(text) - 2) if len(text) > _WRAPPED and rng.random() < 0.4 else len(text)
        parts += [(number, part) for part in (text[:cut], text[cut:]) if part]
    for number, text in enumerate(form.texts, start=len(cases)):
        flat = text.replace("\n", "")
        parts += [
            (number, flat[k : k + _TEXT_LINE]) for k in range(0, min(len(flat), _TEXT_LINES * _TEXT_LINE), _TEXT_LINE)
        ]
    points = rng.choice(_POINTS)
    sheet, boxes = draw_lines([text for _, text in parts], chosen, points, rng)
    image, scale = worsen(sheet, kind, rng.random() < 0.6, rng.getrandbits(32))
    read = _read_lines(image, boxes * scale, round(points * POINTS_TO_PIXELS) * scale, engine)
    lines: list[list[Line]] = [[] for _ in cases]
    texts = ["" for _ in form.texts]
    for (number, _), line in zip(parts, read, strict=True):
        if line is not None and number < len(cases):
            lines[number].append(line)
        elif line is not None:
            texts[number - len(cases)] += line.text
    kept = LabelForm(form.topic, cases, form.texts)
    return ReadForm(kept, chosen.name, kind, tuple(map(tuple, lines)), tuple(texts))


def _read_lines(image: np.ndarray, boxes: np.ndarray, height: float, engine: Engine) -> list[Line | None]:
    """Read the lines in `boxes` by the way that a page's loose lines go; None where nothing was read."""
    ink, _ = clean(image, height)
    ink = stretch_faint(ink, boxes)
    size = (image.shape[1], image.shape[0])
    flat = np.zeros(len(HORIZONTAL_TERMS)), np.zeros(len(VERTICAL_TERMS))
    warp = Warp(size, 0, 1.0, 0.0, float(max(size)), *flat, (0.0, 0.0), size)
    blocks, _ = read_tables(Upright(ink, warp, height, boxes), (), engine.recognise, 0, ReaderSettings())
    found: list[Line | None] = [None] * len(boxes)
    middles = boxes[:, :, 1].mean(axis=1)
    for line in blocks:
        if isinstance(line, Line):
            middle = float(np.mean([y for _, y in line.place.polygon or ()]))
            found[int(np.abs(middles - middle).argmin())] = line
    return found


# ---------------------------------------------------------------------------------------------------------- training


def picture_data(forms: Sequence[ReadForm], repairer: Repairer, partial: Sequence[Repairer]) -> Data:
    """Return what the judge of pictures learns from: every candidate of every label that text alone leaves.

    Forms of one topic share their words, so that they are in one fold. Every form is judged three times: as it was
    read; without its second looks, which a reader may be told not to take; and by one of the `partial` repairers, which
    do not know half of the endings (`partial_dictionaries`): forms end names in ways that no dictionary has.
    """
    data = Data.empty()
    topics = sorted({read.form.topic for read in forms})
    for number, read in enumerate(forms):
        fold = topics.index(read.form.topic) % FOLDS
        for judge, looks in ((repairer, 2), (repairer, 1), (partial[number % len(partial)], 2)):
            _add_form(data, read, judge, read.labels(looks), fold)
    return data


def _add_form(data: Data, read: ReadForm, repairer: Repairer, labels: Sequence[Label], fold: int) -> None:
    for case, label, found in zip(read.form.cases, labels, repairer.look(labels, read.texts), strict=True):
        raw, printed, truth = folded(label.text), folded(case.raw), folded(case.truth)
        sound = raw == printed == truth
        data.sound += sound
        look = len(data.case)
        for sighting in found:
            name = sighting.match.name
            data.add(
                sighting.evidence,
                (raw, name),
                # A typo that was read faithfully is no misreading: text has its say, the picture none.
                right=name == printed or (name == truth and raw != printed),
                harm=sound,
                group="sound" if sound else "typo" if raw == printed else "misread",
                fold=fold,
                veto=touches_numeral(sighting.match),
                case=look,
            )


def partial_dictionaries(dictionaries: Dictionaries) -> list[Dictionaries]:
    """Return the dictionaries twice, each time without the level-3 names of half of the endings (two characters)."""
    names = {folded(name) for name in dictionaries.names("level3")}
    return [
        without(dictionaries, frozenset(name for name in names if zlib.crc32(name[-2:].encode()) % 2 == part))
        for part in (0, 1)
    ]


def training_forms(count: int, keep: Path | None = None) -> list[ReadForm]:
    """Return what the judge learns from: `count` forms of the split "dev", twice as many of the topics of "train".

    Readings are kept in the folder `keep`, where there is one, and taken from there: reading takes an hour of a core.
    """
    return [*_kept_forms("dev", DEV_SEED, count, keep), *_kept_forms("train", TRAIN_SEED, 2 * count, keep)]


def _kept_forms(split: Split, seed: int, count: int, keep: Path | None) -> Iterator[ReadForm]:
    if keep is None:
        yield from read_forms(split, seed, count)
        return
    keep.mkdir(parents=True, exist_ok=True)
    start = 0
    while start < count and (file := keep / f"{split}-{start:04d}.rf").exists():
        yield pickle.loads(file.read_bytes())  # noqa: S301 - one's own readings, in a folder named by oneself
        start += 1
    for number, read in enumerate(read_forms(split, seed, count - start, start), start=start):
        (keep / f"{split}-{number:04d}.rf").write_bytes(pickle.dumps(read))
        yield read


# ------------------------------------------------------------------------------------------------------------- figures


def forgetful(repairer: Repairer, read: ReadForm) -> Repairer:
    """Return a repairer that has never heard of one word of half of the project names of a form.

    It asks of development forms what the test split does, whose phrases are in no list: on topics not learned 61% of
    misreadings are repaired by it, and 73% by all words.
    """
    rng = random.Random(" ".join(case.raw for case in read.form.cases))
    lost: set[str] = set()
    for case in read.form.cases:
        if not case.known and rng.random() < _STRANGE and (words := repairer.general_words(case.raw)):
            word = rng.choice(words)
            lost |= {word, word[:2], word[-2:], word[::-1]}
    return repairer.without_words(lost)


def count_outcomes(forms: Sequence[ReadForm], repairer: Repairer, kept: int = 0, strange: bool = False) -> Counter[str]:
    """Return what became of the labels, by what was wrong with them; `kept` symbols a frame are looked at (0 is all).

    `strange` forms hold words that no list has (`forgetful`).

    A label that text alone repairs, asked without pictures, is counted apart: what it leaves is the picture's figure.
    """
    outcomes: Counter[str] = Counter()
    for read in forms:
        labels = [_with_symbols(label, kept) for label in read.labels()]
        judge = forgetful(repairer, read) if strange else repairer
        alone = judge.repair_form([Label(label.text, Role.LEVEL3) for label in labels], None, read.texts)
        both = judge.repair_form(labels, None, read.texts)
        for case, label, text, seen in zip(read.form.cases, labels, alone, both, strict=True):
            for name in _outcomes(case.raw, case.truth, case.known, label.text, text, seen):
                outcomes[name] += 1
                outcomes[f"{name}, {read.kind}"] += 1
    return outcomes


def _with_symbols(label: Label, kept: int) -> Label:
    if not kept:
        return label
    lines = tuple(
        replace(line, posterior=_cut(line.posterior, kept), second=_cut(line.second, kept)) for line in label.lines
    )
    return replace(label, lines=lines)


def _cut(posterior: Posterior | None, kept: int) -> Posterior | None:
    if posterior is None:
        return None
    return replace(posterior, symbols=posterior.symbols[:, :kept], logp=posterior.logp[:, :kept])


def _outcomes(printed: str, truth: str, known: bool, raw: str, text: Repair, seen: Repair) -> Iterator[str]:
    printed, truth, raw, value = (folded(t) for t in (printed, truth, raw, seen.value))
    changed = seen.status is Status.REPAIRED
    home = "dictionary" if known else "project"
    if raw == printed == truth:
        yield "sound"
        if seen.status is not Status.UNCHANGED:
            yield "sound in doubt"
        if changed:
            yield "sound changed"
        elif seen.status is Status.PROPOSED:
            yield "sound proposed"
        return
    distance = OSA.distance(raw, printed)
    group = "typo" if distance == 0 else f"{'misread' if distance <= 2 else 'lost'} {home}"
    if distance and printed != truth:
        group = "typo misread"
    right = changed and value == truth
    yield group
    if right and seen.origin != "unclear" and (distance == 0 or printed == truth):
        yield "origin decided"
        if (seen.origin == "printed") is (distance == 0):
            yield "origin right"
    if right and (distance == 0 or printed == truth):
        yield "origin"
    if text.status is Status.REPAIRED:
        yield f"{group} text {'right' if folded(text.value) == truth else 'wrong'}"
    else:
        yield f"{group} left"
        if changed:
            yield f"{group} left {'right' if right else 'wrong'}"
        elif seen.status is Status.PROPOSED:
            yield f"{group} left proposed {'right' if folded(seen.proposal or '') == truth else 'wrong'}"


def print_report(forms: Sequence[ReadForm], repairer: Repairer, kept: int = 0, strange: bool = False) -> None:
    """Print the figures of point 4: what is repaired of the misreadings that text leaves, false accepts, origin."""
    start = time.process_time()
    found = count_outcomes(forms, repairer, kept, strange)
    seconds = time.process_time() - start
    fonts = sorted({read.family for read in forms})
    print(f"{len(forms)} generated forms in {', '.join(fonts)}")

    def share(part: str, whole: str) -> str:
        return f"{found[part]}/{found[whole]} = {found[part] / max(1, found[whole]):.1%}"

    kinds = sorted({read.kind for read in forms})
    for suffix in ("", *(f", {kind}" for kind in kinds)):
        print(f"\n{suffix[2:] or 'all'}")
        for home in ("dictionary", "project"):
            group = f"misread {home}"
            print(
                f"  {home} names misread by one or two characters: {found[group + suffix]}, of which text repairs"
                f" {found[f'{group} text right{suffix}']} (wrongly {found[f'{group} text wrong{suffix}']});"
                f" of what it leaves repaired {share(f'{group} left right{suffix}', f'{group} left{suffix}')},"
                f" wrongly {found[f'{group} left wrong{suffix}']},"
                f" proposed rightly {found[f'{group} left proposed right{suffix}']}"
            )
        left = sum(found[f"misread {home} left{suffix}"] for home in ("dictionary", "project"))
        right = sum(found[f"misread {home} left right{suffix}"] for home in ("dictionary", "project"))
        print(f"  both: of what text leaves repaired {right}/{left} = {right / max(1, left):.1%}")
        print(
            f"  sound labels changed {share('sound changed' + suffix, 'sound' + suffix)}"
            f" (upper 95% bound {upper_bound(found['sound changed' + suffix], max(1, found['sound' + suffix])):.2%});"
            f" of those in no dictionary {share('sound changed' + suffix, 'sound in doubt' + suffix)};"
            f" proposed {found['sound proposed' + suffix]}"
        )
    print(
        f"\nmore than two characters: {found['lost dictionary'] + found['lost project']}, repaired rightly"
        f" {sum(found[f'lost {home} left right'] for home in ('dictionary', 'project'))}, wrongly"
        f" {sum(found[f'lost {home} left wrong'] for home in ('dictionary', 'project'))}"
    )
    print(f"typos on paper that text leaves: {found['typo left']}, changed wrongly {found['typo left wrong']}")
    print(
        f"origin right where decided {share('origin right', 'origin decided')};"
        f" decided {share('origin decided', 'origin')}"
    )
    total = sum(len(read.lines) for read in forms)
    print(f"{1000 * seconds / max(1, total):.1f} ms a label, with and without pictures")


def report(count: int = 0, split: str = "test", start: int = 0, strange: bool = False) -> None:
    """Read `count` forms (60 where it is 0) of a split and print the figures; a few minutes on one core.

    `start` passes over forms that were looked at before; `strange` strikes words of project names from the lists.
    """
    chosen: Split = "dev" if split == "dev" else "test"
    forms = list(read_forms(chosen, DEV_SEED if chosen == "dev" else TEST_SEED, count or 60, start))
    print_report(forms, load_repairer(load_dictionaries()), strange=strange)
