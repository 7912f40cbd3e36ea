"""Label repair on generated damage: recall, wrong repairs, false repairs with bounds, beside plain fuzzy matching.

`scripts/evaluate.py labels` prints it. The forms are of the generator's split "test", whose topics, phrases and
look-alikes training never sees. Sound labels are those forms' own, and dictionary names that are judged with
themselves left out of the dictionary.
"""

from __future__ import annotations

import importlib
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.dictionaries import Dictionaries, Name, Vocabulary, load_dictionaries
from pipeline.document import Label, Repair, Role, Status
from pipeline.repair import Repairer, load_repairer
from pipeline.repair.folding import folded
from pipeline.repair.training import Composer, LabelCase, LabelForm, label_forms, upper_bound
from pipeline.repair.words import build_word_model
from pipeline.settings import RepairSettings
from pipeline.synth import typos
from pipeline.synth.content import Split

# Seeds from here on are never looked at while anything is tuned.
TEST_SEED = 1_000_000
# Forms looked at where no number is given: some 9,000 labels, two minutes on one core.
FORMS = 300
KINDS: tuple[typos.Kind, ...] = (*typos.SINGLE_KINDS, "several")
CEILINGS = (0.0005, 0.001, 0.002, 0.005, 0.01)


@dataclass
class Score:
    """Outcomes of labels of one kind."""

    total: int = 0
    repaired: int = 0
    proposed: int = 0
    wrong: int = 0  # repaired to something else than the truth; of a sound label: changed at all
    wrongly_proposed: int = 0

    def add(self, raw: str, truth: str, repair: Repair) -> None:
        """Count the outcome of one label."""
        sound = folded(raw) == folded(truth)
        self.total += 1
        if repair.status is Status.REPAIRED:
            right = not sound and folded(repair.value) == folded(truth)
            self.repaired += right
            self.wrong += not right
        elif repair.status is Status.PROPOSED:
            right = not sound and folded(repair.proposal or "") == folded(truth)
            self.proposed += right
            self.wrongly_proposed += not right

    def line(self, name: str) -> str:
        """Return the score as a line under HEADING."""
        n = max(1, self.total)
        return (
            f"{name:<30}{self.total:>7}{self.repaired / n:>10.1%}{(self.repaired + self.proposed) / n:>12.1%}"
            f"{self.wrong / n:>9.2%}{self.wrongly_proposed / n:>13.1%}"
        )


HEADING = f"{'':<30}{'labels':>7}{'repaired':>10}{'or proposed':>12}{'wrong':>9}{'wrong prop.':>13}"

# From a form's labels to what was made of them; what is measured, and what it is measured against.
Method = Callable[[LabelForm], Sequence[Repair]]


def by_repairer(repairer: Repairer) -> Method:
    """Return the product's own method."""
    return lambda form: repairer.repair_form([Label(c.raw, Role.LEVEL3) for c in form.cases], None, form.texts)


def by_ratio(dictionaries: Dictionaries, cutoff: float) -> Method:
    """Return plain fuzzy matching: the nearest dictionary name by rapidfuzz's ratio where it reaches `cutoff`."""
    from rapidfuzz import process
    from rapidfuzz.fuzz import ratio

    names = sorted({folded(name) for name in dictionaries.names("level3")})
    known = set(names)

    def repair(raw: str) -> Repair:
        key = folded(raw)
        found = None if key in known else process.extractOne(key, names, scorer=ratio, score_cutoff=cutoff)
        return Repair(raw, found[0], Status.REPAIRED) if found else Repair(raw, raw, Status.UNKNOWN)

    return lambda form: [repair(case.raw) for case in form.cases]


def by_pycorrector() -> Method | None:
    """Return pycorrector's statistical corrector, or None where the package or its model is not installed."""
    try:
        corrector = importlib.import_module("pycorrector").Corrector()
        corrector.correct("预算执行率")
    except Exception:  # it fetches a model on first use, and fails in as many ways as a network does
        return None

    def repair(raw: str) -> Repair:
        value = str(corrector.correct(raw)["target"])
        return Repair(raw, value, Status.REPAIRED if value != raw else Status.UNKNOWN)

    return lambda form: [repair(case.raw) for case in form.cases]


def score_forms(method: Method, forms: Iterable[LabelForm]) -> dict[str, Score]:
    """Return scores by kind of label: whether a dictionary holds it, and what was done to it."""
    scores: dict[str, Score] = defaultdict(Score)
    for form in forms:
        for case, repair in zip(form.cases, method(form), strict=True):
            scores[f"{'dictionary' if case.known else 'project'} {case.kind or 'sound'}"].add(
                case.raw, case.truth, repair
            )
    return dict(scores)


def pooled(scores: dict[str, Score], home: str, kinds: Sequence[str]) -> Score:
    """Return the scores of some kinds as one."""
    total = Score()
    for part in (scores.get(f"{home} {kind}", Score()) for kind in kinds):
        for name in ("total", "repaired", "proposed", "wrong", "wrongly_proposed"):
            setattr(total, name, getattr(total, name) + getattr(part, name))
    return total


def without(dictionaries: Dictionaries, names: frozenset[str]) -> Dictionaries:
    """Return the same dictionaries without the level-3 `names` (folded)."""

    def thinned(vocabulary: Vocabulary) -> Vocabulary:
        kept = tuple(n for n in vocabulary.names if n.section != "level3" or folded(n.text) not in names)
        return replace(vocabulary, names=kept)

    return Dictionaries(tuple(thinned(vocabulary) for vocabulary in dictionaries.vocabularies))


def left_out(dictionaries: Dictionaries, settings: RepairSettings, parts: int = 10) -> dict[str, Score]:
    """Judge every level-3 dictionary name with a share of the names, itself among them, left out.

    "near" are those that one edit makes a name that stayed.
    """
    from rapidfuzz.distance import OSA

    names = sorted({folded(name) for name in dictionaries.names("level3") if len(folded(name)) >= 3})
    random.Random(TEST_SEED).shuffle(names)
    scores = {"left out": Score(), "left out, near": Score()}
    for part in range(parts):
        held = names[part::parts]
        rest = [name for name in names if name not in set(held)]
        repairer = load_repairer(without(dictionaries, frozenset(held)), settings)
        for name in held:
            [repair] = repairer.repair_form([Label(name, Role.LEVEL3)], None, ())
            near = any(OSA.distance(name, other, score_cutoff=1) <= 1 for other in rest)
            for kind in ("left out", *(("left out, near",) if near else ())):
                scores[kind].add(name, name, repair)
    return scores


def free_names(dictionaries: Dictionaries) -> list[LabelForm]:
    """Return the hand-written names that no dictionary holds, each a form of its own: sound, and with one error."""
    text = (Path(__file__).parent / "free-names.txt").read_text(encoding="utf-8")
    known = {folded(name) for name in dictionaries.names("level3")}
    names = [line for line in text.splitlines() if line and line[0] != "#" and folded(line) not in known]
    rng = random.Random(TEST_SEED)
    cases = [LabelCase(name, name, "", known=False) for name in names]
    for name in names:
        for kind in typos.SINGLE_KINDS:
            raw = typos.damage_label(name, kind, rng, "test")
            if raw is not None and folded(raw) != folded(name):
                cases.append(LabelCase(raw, name, kind, known=False))
    return [LabelForm("free", (case,), ()) for case in cases]


def curve(forms: Sequence[LabelForm], dictionaries: Dictionaries) -> Iterator[tuple[float, Score, Score, Score]]:
    """Yield for each ceiling: single errors in dictionary names, in project names, and sound labels of both."""
    for ceiling in CEILINGS:
        repairer = load_repairer(dictionaries, RepairSettings(max_false_repairs=ceiling, least_score=0.51))
        scores = score_forms(by_repairer(repairer), forms)
        sound = pooled(scores, "project", ("sound",))
        known, project = (pooled(scores, home, typos.SINGLE_KINDS) for home in ("dictionary", "project"))
        yield ceiling, known, project, sound


def curve_svg(points: Sequence[tuple[float, Score, Score, Score]]) -> str:
    """Return the curve as an SVG picture: what share of single errors is repaired at which ceiling of false repairs."""
    width, height, left, bottom = 520, 300, 60, 250
    xs = [left + 40 + i * 95 for i in range(len(points))]

    def line(values: Sequence[float], colour: str, name: str, lift: int) -> str:
        dots = [(x, bottom - 200 * value) for x, value in zip(xs, values, strict=True)]
        path = " ".join(f"{x},{y:.1f}" for x, y in dots)
        marks = "".join(
            f'<circle cx="{x}" cy="{y:.1f}" r="3" fill="{colour}"/>'
            f'<text x="{x}" y="{y + lift:.1f}" text-anchor="middle" fill="{colour}">{value:.0%}</text>'
            for (x, y), value in zip(dots, values, strict=True)
        )
        label = f'<text x="{xs[0] - 30}" y="{dots[0][1] + 2 * lift:.1f}" fill="{colour}">{name}</text>'
        return f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>{marks}{label}'

    known = [p[1].repaired / max(1, p[1].total) for p in points]
    project = [p[2].repaired / max(1, p[2].total) for p in points]
    ticks = "".join(
        f'<text x="{x}" y="{bottom + 18}" text-anchor="middle">{point[0]:.2%}</text>'
        f'<text x="{x}" y="{bottom + 34}" text-anchor="middle">{point[3].wrong}/{point[3].total}</text>'
        for x, point in zip(xs, points, strict=True)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="sans-serif" font-size="11">'
        f'<rect width="{width}" height="{height}" fill="white"/>'
        f'<line x1="{left}" y1="{bottom}" x2="{width - 20}" y2="{bottom}" stroke="#888"/>'
        f'<text x="{left}" y="20" font-size="13">Single errors repaired, by the ceiling of false repairs</text>'
        f'<text x="4" y="{bottom + 18}">ceiling</text><text x="4" y="{bottom + 34}">harmed</text>{ticks}'
        f"{line(known, '#1a6', 'dictionary names', 14)}{line(project, '#36c', 'project names', -10)}</svg>\n"
    )


def write_curve(path: Path, forms: int = FORMS) -> None:
    """Draw the curve on the split "test" and write it to `path`."""
    made = list(label_forms("test", TEST_SEED, forms, damaged=0.5, kinds=KINDS))
    path.write_text(curve_svg(list(curve(made, load_dictionaries()))), encoding="utf-8")


def print_report(count: int = 0, split: str = "test") -> None:
    """Print all figures on `count` generated forms (300 where it is 0)."""
    dictionaries = load_dictionaries()
    settings = RepairSettings()
    repairer = load_repairer(dictionaries, settings)
    chosen: Split = "dev" if split == "dev" else "test"
    forms = list(label_forms(chosen, TEST_SEED, count or FORMS, damaged=0.4, kinds=KINDS))
    method = by_repairer(repairer)
    method(forms[0])  # the word list is read on first use
    start = time.process_time()
    scores = score_forms(method, forms)
    seconds = time.process_time() - start
    print(f"{len(forms)} generated forms, split {chosen}; ceiling of false repairs {settings.max_false_repairs:.2%}\n")
    _table(scores)

    sound = pooled(scores, "project", ("sound",))
    print(f"\nsound project names harmed {_bound(sound)}")
    for name, score in left_out(dictionaries, settings).items():
        print(f"dictionary names {name}: harmed {_bound(score)}, wrongly proposed {score.wrongly_proposed}")

    free = score_forms(method, free_names(dictionaries))
    print(f"\nnames written by hand, each alone, that no dictionary holds\n{HEADING}")
    print(free["project sound"].line("sound"))
    print(pooled(free, "project", typos.SINGLE_KINDS).line("all single errors"))

    print("\nby the ceiling of false repairs (single errors)")
    for ceiling, known, project, harmed in curve(forms[: max(1, len(forms) // 3)], dictionaries):
        print(
            f"  {ceiling:.2%}: dictionary {known.repaired / max(1, known.total):.1%} repaired, "
            f"project {project.repaired / max(1, project.total):.1%}, sound harmed {harmed.wrong}/{harmed.total}"
        )

    others: list[tuple[str, Method]] = [
        (f"rapidfuzz ratio ≥ {cutoff}", by_ratio(dictionaries, cutoff)) for cutoff in (80, 86, 91, 94)
    ]
    corrector = by_pycorrector()
    if corrector is not None:
        others.append(("pycorrector", corrector))
    print(f"\n{HEADING}")
    for name, other in others:
        found = score_forms(other, forms)
        print(pooled(found, "dictionary", typos.SINGLE_KINDS).line(f"{name}: dictionary"))
        print(pooled(found, "project", typos.SINGLE_KINDS).line(f"{name}: project"))
        print(pooled(found, "project", ("sound",)).line(f"{name}: sound project"))
    if corrector is None:
        print("pycorrector is not installed")
    total = sum(score.total for score in scores.values())
    print(f"\n{total} labels in {seconds:.1f} s of processor time")
    print_speed(dictionaries)


def print_speed(dictionaries: Dictionaries, damaged: int = 600) -> None:
    """Print labels a second on this core: damaged ones alone, and nine exact ones beside each damaged one."""
    rng = random.Random(1)
    names = [name for name in dictionaries.names("level3") if len(name) >= 4]
    for count in (len(names), 10_000):
        held = dictionaries
        if count > len(names):
            composer = Composer(names, build_word_model([folded(name) for name in names]), rng)
            made = {composer.composed() for _ in range(count)}
            more = Vocabulary("composed", Path("composed"), "0", ("composed",), _as_names(sorted(made)))
            held = Dictionaries((*dictionaries.vocabularies, more))
        repairer = load_repairer(held)
        repairer.repair_form([Label("项目指标达率标", Role.LEVEL3), Label("项目指标达率", Role.LEVEL3)], None, ())
        tried = [(name, rng.choice(typos.SINGLE_KINDS)) for name in rng.choices(names, k=2 * damaged)]
        wrong = [Label(raw, Role.LEVEL3) for name, kind in tried if (raw := typos.damage_label(name, kind, rng, "dev"))]
        wrong = wrong[:damaged]
        mixed = [x for one in wrong for x in (*(Label(n, Role.LEVEL3) for n in rng.choices(names, k=9)), one)]
        # The general words and their table are read once a process, half a second each, at the first labels in doubt.
        load_repairer(held).repair_form(wrong[:200], None, ())
        rates = []
        for labels in (wrong, mixed):
            start = time.process_time()
            for at in range(0, len(labels), 50):
                repairer.repair_form(labels[at : at + 50], None, ())
            rates.append(len(labels) / (time.process_time() - start))
            repairer = load_repairer(held)  # nothing is remembered of the first round
            repairer.repair_form([Label("项目指标达率标", Role.LEVEL3)], None, ())
        print(f"{count} names: {rates[0]:,.0f} damaged labels a second, {rates[1]:,.0f} where nine in ten are exact")


def _as_names(texts: Sequence[str]) -> tuple[Name, ...]:
    return tuple(Name(text, "level3", "composed") for text in texts)


def _table(scores: dict[str, Score]) -> None:
    print(HEADING)
    for home in ("dictionary", "project"):
        for kind in ("sound", *KINDS):
            if f"{home} {kind}" in scores:
                print(scores[f"{home} {kind}"].line(f"{home} {kind}"))
        print(pooled(scores, home, typos.SINGLE_KINDS).line(f"{home}: all single errors"))


def _bound(score: Score) -> str:
    return f"{score.wrong}/{score.total} (upper 95% bound {upper_bound(score.wrong, max(1, score.total)):.3%})"
