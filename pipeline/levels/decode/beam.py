"""A beam search over rows that keeps the levels in order, and how sure each cell's role is after it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pipeline.document import Row
from pipeline.levels.decode.options import BAR, EMPTY, FIELDS, GRID, HEADER, Choice, options_of
from pipeline.levels.decode.skeleton import BACKWARD, PARENT, WRONG_PARENT, Facts, Skeleton, facts_of, level_context
from pipeline.levels.headers import GridHeader
from pipeline.levels.lexicon import Lexicon

_GRID_TO_FIELDS = 1.5
_FIELDS_TO_GRID = 3.0  # without a header between
_BEAM = 24
_FLOOR = math.log(1e-4)
_FARTHEST = 30.0  # nats: one reading before another; more makes no difference to four decimals
_NO_LEVEL = "\0"  # no comparison key of any text


class _State(NamedTuple):
    score: float
    kind: str
    level1: str  # comparison keys of the levels in force
    level2: str
    last: Choice | None = None
    before: Any = None  # the state that `last` followed


def decode(
    rows: Sequence[Row],
    headers: Sequence[GridHeader | None],
    logp: Sequence[Mapping[int, Sequence[float]]],
    skeleton: Skeleton,
    lexicon: Lexicon,
) -> tuple[list[Choice], list[tuple[float, ...]]]:
    """Return for each row its best reading, and the certainty (0 to 1) of each filled cell's role.

    `logp[r][i]` holds the log-probabilities over ROLES of row r's cell i (filled cells only). Loose lines stay EMPTY.
    """
    # Above its own header a table has no grid, whatever small tables of tasks and stages look like.
    headed = {row.table for row, header in zip(rows, headers, strict=True) if header is not None and row.n_cols}
    floored = [{i: [v if v > _FLOOR else _FLOOR for v in values] for i, values in own.items()} for own in logp]
    options = [
        options_of(row, header, floored[r], r, lexicon, header is None and row.table in headed)
        for r, (row, header) in enumerate(zip(rows, headers, strict=True))
    ]
    facts = [facts_of(choices, row, skeleton, lexicon) for choices, row in zip(options, rows, strict=True)]
    beam = [_State(0.0, FIELDS, "", "")]
    for r, choices in enumerate(options):
        beam = _grow(beam, _distinct(choices, facts[r]), headers[r] is not None, skeleton)
    best = _path(beam[0])
    return best, _certainties(headers, options, facts, best, skeleton)


def _distinct(choices: Sequence[Choice], facts: Sequence[Facts]) -> list[tuple[Choice, Facts]]:
    """The best choice of each kind and facts: what follows asks for no more, so that no other can lead further."""
    found: dict[tuple[str, Facts], tuple[Choice, Facts]] = {}
    for choice, fact in zip(choices, facts, strict=True):
        known = found.get((choice.kind, fact))
        if known is None or known[0].score < choice.score:
            found[choice.kind, fact] = choice, fact
    return list(found.values())


def _grow(
    beam: Sequence[_State], choices: Sequence[tuple[Choice, Facts]], headed: bool, skeleton: Skeleton
) -> list[_State]:
    """The best states after a row, best first."""
    best: dict[tuple[str, str, str], tuple[float, Choice, _State]] = {}
    ways = [(choice, choice.kind, choice.score, *_effect(fact, skeleton)) for choice, fact in choices]
    known_names, order, fits = skeleton.level1, skeleton.order, skeleton.fits
    for state in beam:
        base, before, level1, level2, _, _ = state
        known1 = level1 in known_names
        to_grid, to_fields = _transition(before, GRID, headed), _transition(before, FIELDS, headed)
        # As _advance has it, without a call for each.
        for choice, kind, own, fact, one, two, far, far_known, place in ways:
            if kind == GRID:
                if one is None and two is None:
                    score, key = base + own + to_grid + fact.gained, (kind, level1, level2)
                elif one is None:
                    assert two is not None
                    gained = fact.gained
                    if known1 and far:
                        gained += PARENT if fits(two, level1) else -WRONG_PARENT
                    if place is not None and (above := order.get(level2)) is not None and place < above:
                        gained -= BACKWARD
                    score, key = base + own + to_grid + gained, (kind, level1, two)
                elif one != level1:
                    score, key = base + own + to_grid + (far_known if known1 else far), (kind, one, two or "")
                else:
                    gained, _, below = level_context(level1, level2, fact, skeleton)
                    score, key = base + own + to_grid + gained, (kind, one, below)
            elif kind == EMPTY:
                score, key = base, (before, level1, level2)
            elif kind == HEADER:
                score, key = base + own, (GRID, level1, level2)
            else:
                score, key = base + own + (to_fields if kind == FIELDS else 0.0), (FIELDS, level1, level2)
            known = best.get(key)
            if known is None or known[0] < score:
                best[key] = score, choice, state
    ranked = sorted([(-score, key, choice, state) for key, (score, choice, state) in best.items()])
    return [_State(-cost, *key, choice, state) for cost, key, choice, state in ranked[:_BEAM]]


def _effect(fact: Facts, skeleton: Skeleton) -> tuple[Facts, str | None, str | None, float, float, int | None]:
    """What level_context makes of facts, as far as it does not depend on the levels in force.

    A level 1 begins anew, whatever another one stood above it: what is gained then, and what under a known one. Of a
    level 2 alone: whether it has parents (1.0 or 0.0), and its place in the skeleton's order.
    """
    one, two = fact.level1, fact.level2
    if one is None:
        parents = float(two is not None and bool(skeleton.parents.get(two)))
        return fact, one, two, parents, parents, skeleton.order.get(two) if two is not None else None
    far = far_known = level_context(_NO_LEVEL, "", fact, skeleton)[0]
    if fact.strange and (other := next((name for name in skeleton.level1 if name != one), None)) is not None:
        far_known = level_context(other, "", fact, skeleton)[0]
    return fact, one, two, far, far_known, None


def _path(state: _State | None) -> list[Choice]:
    found: list[Choice] = []
    while state is not None and state.last is not None:
        found.append(state.last)
        state = state.before
    return found[::-1]


def _advance(
    state: _State, choice: Choice, facts: Facts, headed: bool, skeleton: Skeleton
) -> tuple[float, str, str, str]:
    """The score, the kind of row and the levels in force after a choice."""
    kind = choice.kind
    if kind == EMPTY:
        return state.score, state.kind, state.level1, state.level2
    score = state.score + choice.score + _transition(state.kind, kind, headed)
    if kind == GRID:
        gained, level1, level2 = level_context(state.level1, state.level2, facts, skeleton)
        return score + gained, kind, level1, level2
    if kind == HEADER:
        kind = GRID
    elif kind == BAR:
        kind = FIELDS
    return score, kind, state.level1, state.level2


def _transition(before: str, after: str, headed: bool) -> float:
    if before == GRID and after == FIELDS:
        return -_GRID_TO_FIELDS
    if before == FIELDS and after == GRID:
        return -_FIELDS_TO_GRID if not headed else -_GRID_TO_FIELDS
    return 0.0


def _certainties(
    headers: Sequence[GridHeader | None],
    options: Sequence[Sequence[Choice]],
    facts: Sequence[Sequence[Facts]],
    best: Sequence[Choice],
    skeleton: Skeleton,
) -> list[tuple[float, ...]]:
    """How much better the chosen reading is than the best one that gives the cell another role, as a probability."""
    result: list[tuple[float, ...]] = []
    state = _State(0.0, FIELDS, "", "")
    for r, chosen in enumerate(best):
        if chosen.kind == EMPTY:
            result.append(())
            continue
        headed = headers[r] is not None
        own = next(fact for other, fact in zip(options[r], facts[r], strict=True) if other is chosen)
        best_score, *after = _advance(state, chosen, own, headed, skeleton)
        margins = [_FARTHEST] * len(chosen.roles)
        for other, fact in zip(options[r], facts[r], strict=True):
            margin = best_score - _advance(state, other, fact, headed, skeleton)[0]
            if margin >= _FARTHEST:
                continue
            for i, (one, two) in enumerate(zip(chosen.roles, other.roles, strict=True)):
                if margin < margins[i] and (one is not two or chosen.columns[i] is not other.columns[i]):
                    margins[i] = margin
        result.append(tuple([1 / (1 + math.exp(-max(margin, -_FARTHEST))) for margin in margins]))
        state = _State(0.0, after[0], after[1], after[2])
    return result
