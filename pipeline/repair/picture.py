"""What the picture says of a label: how well each candidate explains the recogniser's posteriors.

Forced CTC scoring: the log-likelihood of a text is the sum over all ways in which the recogniser's frames can spell it.
A candidate that the picture supports nearly as well as what was read is a misreading; one that it does not support was
never printed there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from pipeline.document import Line, Posterior
from pipeline.errors import ModelError
from pipeline.repair.folding import fold_character
from pipeline.repair.heads import read_head, shipped_recogniser

# Engines name their alphabet; this part says that it is the shipped recogniser's, whatever ran it.
_SHIPPED = "PP-OCRv6_small_rec"
# What a frame gives a symbol outside its k likeliest: what is left of its mass, spread thin, but never less than this.
# Measured on rendered labels, symbols beyond the eighth have -9 to -16.
_FLOOR = -14.0
_SPREAD = 4.0
# Symbols that stand for one another in print: the dictionary's ( may be printed （.
_SAME = ("(（", ")）", ",，", ":：", ";；", "%％", '"“”', "'‘’", "-－—", "/／", "+＋", "=＝", "[【〔", "]】〕", ".．·")
_NEVER = -1e9
# The chances of a text are brought back to 1 after so many frames, of which each may take e^-14, and are never less
# than what a float holds: a text so unlike its picture is none.
_RESCALED, _LEAST = 16, 1e-300
# Looks that are gone through together: what they show of their texts stays in the processor's cache.
_TOGETHER = 24
# How much worse than the best (nats) a choice may be: of the true characters that are among the frame's symbols at all,
# all are within 8. What blank frames hold is mostly spill, and slows the search down.
_DEPTH = 8.0
# Fewer characters are always likelier words, by what any character costs; so much speaks for what was read.
NOTHING = 5.0
_DEPTH_BETWEEN = 4.5
# What costs a character that no frame holds, but that would fit between its neighbours: in another's place, and between
# two others.
_UNSEEN, _MISSING = 9.0, 6.0
_MOST_BETWEEN = 3


@lru_cache(maxsize=1)
def _shipped_alphabet() -> tuple[dict[str, int], dict[int, str]]:
    """The shipped recogniser's alphabet both ways; the blank is 0 and the space comes last, as PaddleOCR has it."""
    characters, _ = read_head(shipped_recogniser())
    names = dict(enumerate([*characters, " "], start=1))
    return {character: symbol for symbol, character in names.items()}, names


def alphabet_of(alphabet: str) -> tuple[dict[str, int], dict[int, str]] | None:
    """Return character -> symbol and back for an alphabet named as in `Posterior.alphabet`; None if it is not known."""
    if _SHIPPED not in alphabet:
        return None
    try:
        return _shipped_alphabet()
    except (OSError, ModelError):
        return None


class Picture:
    """The posteriors of a label's lines as one row of frames."""

    def __init__(
        self,
        posteriors: Sequence[Posterior],
        symbols: dict[str, int],
        names: dict[int, str],
        second: Picture | None = None,
    ) -> None:
        """Take the posteriors of the label's lines in reading order, and the alphabet both ways.

        `second` is the same label at a second look; it has its say in every score.
        """
        self.second = second
        self._names = names
        width = max(p.symbols.shape[1] for p in posteriors)
        parts_symbols: list[NDArray[np.int32]] = []
        parts_logp: list[NDArray[np.float32]] = []
        for posterior in posteriors:
            if parts_symbols:
                # Between two lines nothing is printed: a frame that is surely blank.
                parts_symbols.append(np.zeros((1, width), np.int32))
                parts_logp.append(
                    np.concatenate([np.zeros((1, 1)), np.full((1, width - 1), _NEVER)], 1).astype(np.float32)
                )
            own, logp = posterior.symbols, posterior.logp.astype(np.float32)
            if short := width - own.shape[1]:
                own = np.pad(own, ((0, 0), (0, short)), constant_values=-1)
                logp = np.pad(logp, ((0, 0), (0, short)), constant_values=_NEVER)
            parts_symbols.append(own)
            parts_logp.append(logp)
        self._symbols = np.concatenate(parts_symbols)
        self._logp = np.concatenate(parts_logp)
        # The symbols in order, with the frame and the value of each: a column holds some of hundreds.
        order = np.argsort(self._symbols, axis=None, kind="stable")
        self._ordered, self._at = self._symbols.ravel()[order], order // width
        self._values = self._logp.ravel()[order]
        self._known = symbols
        rest = 1.0 - np.exp(self._logp).sum(axis=1)
        self._floor = np.maximum(np.log(np.maximum(rest, 1e-12)) - _SPREAD, _FLOOR).astype(np.float32)
        self._columns: dict[str, NDArray[np.float32]] = {}
        space = symbols.get(" ", -1)
        self._blank = np.logaddexp(self._column_of(0), self._column_of(space))

    def _column_of(self, symbol: int) -> NDArray[np.float32]:
        """Return the log-probability of `symbol` in every frame."""
        column: NDArray[np.float32] = self._floor.copy()
        start, end = self._ordered.searchsorted(np.array((symbol, symbol + 1), self._ordered.dtype)).tolist()
        if start < end:
            frames = self._at[start:end]
            column[frames] = _NEVER
            np.maximum.at(column, frames, self._values[start:end])
        return column

    def _column(self, character: str) -> NDArray[np.float32]:
        found = self._columns.get(character)
        if found is None:
            group = next((same for same in _SAME if character in same), character)
            columns = [self._column_of(self._known[c]) for c in group if c in self._known]
            found = np.full(len(self._floor), _FLOOR, np.float32) if not columns else columns[0]
            for other in columns[1:]:
                found = np.maximum(found, other)
            self._columns[character] = found
        return found

    def scores(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the log-likelihood of each of `texts` (spaces count for nothing), the mean of all looks.

        About 0.1 ms a text and look.
        """
        first = self.scores_of_one_look(texts)
        return first if self.second is None else (first + self.second.scores_of_one_look(texts)) / 2

    def text(self) -> str:
        """Return the likeliest reading, folded."""
        return "".join(character for _, _, character in self._runs()).rstrip(":")

    def scores_of_one_look(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the log-likelihood of each of `texts` at this look alone."""
        return _scored([(self, texts)])[0]

    def chances(self, characters: Sequence[str]) -> tuple[NDArray[np.float64], float]:
        """Return how likely each frame is blank, shows each of these characters, and what is never seen.

        Every frame's probabilities (symbols, frames) stand beside that of its likeliest symbol, so that none is lost to
        rounding; with them goes the log-probability of all these together.
        """
        columns = np.stack([self._blank, *(self._column(character) for character in characters)])
        highest = columns.max(axis=0)
        chances = np.exp(columns - highest).astype(np.float64)
        return np.concatenate([chances, np.zeros((1, len(highest)))]), float(highest.sum())

    def certainties(self, key: str) -> list[float]:
        """Return how sure each character of the folded reading `key` is, 0 to 1; empty where it was mended since."""
        runs = self._runs()
        if self.text() != key:
            return []
        return [float(np.exp(self._logp[start, 0])) for start, _, _ in runs[: len(key)]]

    def choices(
        self, key: str, fitting: Callable[[str, str], Iterable[str]] = lambda left, right: ()
    ) -> list[list[tuple[str, float]]]:
        """Return what every place of the folded reading `key` may be instead, and what may stand between two places.

        Each place has texts of one character, or none, with their cost beside the best reading in nats. `fitting` says
        what else may stand between two texts, whatever the frames hold. Empty where the frames do not spell `key`: the
        text was mended since it was read.
        """
        runs = self._runs()
        if self.text() != key:
            return []
        runs = runs[: len(key)]
        frames = len(self._symbols)
        found: list[list[tuple[str, float]]] = []
        behind, near = 0, {""}
        for number, (start, end, read) in enumerate(runs):
            own = self._instead(start, end, read, 0 if number == 0 else behind - 1)
            around = near | {character for character, _ in own}
            between = self._between(behind, start - 1, around)
            missing = set(fitting(key[:number], key[number:])) - {character for character, _ in between}
            if between or missing:
                found.append([*(between or [("", 0.0)]), *((other, _MISSING) for other in sorted(missing))])
            known = {character for character, _ in own}
            top = float(self._logp[start:end, 0].max())
            for other in sorted(set(fitting(key[:number], key[number + 1 :])) - known):
                best = float(self._column(other)[max(0, start - 1) : end + 1].max())
                own.append((other, min(_UNSEEN, max(_DEPTH, top - best))))
            found.append(own)
            behind, near = end + 1, {character for character, _ in own}
        if between := self._between(behind, frames, near):
            found.append(between)
        return found

    def _runs(self) -> list[tuple[int, int, str]]:
        """Return the frames (start, end) of each character of the likeliest reading, folded; spaces are left out."""
        best = self._symbols[:, 0]
        starts = [f for f in range(len(best)) if best[f] > 0 and (f == 0 or best[f] != best[f - 1])]
        runs = []
        for start in starts:
            end = start + 1
            while end < len(best) and best[end] == best[start]:
                end += 1
            if read := fold_character(self._names.get(int(best[start]), "")):
                runs.append((start, end, read))
        return runs

    def _instead(self, start: int, end: int, read: str, least: int) -> list[tuple[str, float]]:
        """Return the choices of one place; the frames beside it count, for other characters are wider or narrower."""
        top = float(self._logp[start:end, 0].max())
        costs: dict[str, float] = {}
        for frame in range(max(0, start - 1, least), min(len(self._symbols), end + 1)):
            for symbol, logp in zip(self._symbols[frame].tolist(), self._logp[frame].tolist(), strict=True):
                if symbol > 0 and top - logp <= _DEPTH:
                    other = fold_character(self._names.get(symbol, ""))
                    if other and other != read:
                        costs[other] = min(costs.get(other, _DEPTH), max(0.0, top - logp))
        choices = [(read, 0.0), *sorted(costs.items(), key=lambda choice: (choice[1], choice[0]))]
        nothing = float((self._logp[start:end, 0] - self._blank[start:end]).sum())
        nothing += NOTHING
        return [*choices, ("", nothing)] if nothing <= _DEPTH + NOTHING else choices

    def _between(self, start: int, end: int, near: set[str]) -> list[tuple[str, float]]:
        """Return what blank frames may hold, unless it is what a neighbour spills over: a place that may be empty."""
        costs: dict[str, float] = {}
        for frame in range(max(0, start), end):
            for symbol, logp in zip(self._symbols[frame].tolist(), self._logp[frame].tolist(), strict=True):
                if symbol > 0 and -logp <= _DEPTH_BETWEEN:
                    other = fold_character(self._names.get(symbol, ""))
                    if other and other not in near:
                        costs[other] = min(costs.get(other, _DEPTH), -logp)
        best = sorted(costs.items(), key=lambda choice: (choice[1], choice[0]))[:_MOST_BETWEEN]
        return [("", 0.0), *best] if best else []


def scores_together(asked: Sequence[tuple[Picture, Sequence[str]]]) -> list[NDArray[np.float64]]:
    """Return what `Picture.scores` does for several pictures, each with its texts, to the bit, in half of the time."""
    looks = [(look, texts) for picture, texts in asked for look in (picture, picture.second) if look is not None]
    scored = iter([one for start in range(0, len(looks), _TOGETHER) for one in _scored(looks[start:][:_TOGETHER])])
    return [next(scored) if picture.second is None else (next(scored) + next(scored)) / 2 for picture, _ in asked]


def _scored(looks: Sequence[tuple[Picture, Sequence[str]]]) -> list[NDArray[np.float64]]:
    """Return the log-likelihood of each look's texts; the frames of all looks are gone through together."""
    rows = [[[c for c in text if not c.isspace()] for text in texts] for _, texts in looks]
    states = 2 * max(len(row) for texts in rows for row in texts) + 1
    symbols = [sorted({character for row in texts for character in row}) for texts in rows]
    seen = [look.chances(own) for (look, _), own in zip(looks, symbols, strict=True)]
    ends: dict[int, list[int]] = {}
    for number, (chances, _) in enumerate(seen):
        ends.setdefault(chances.shape[1], []).append(number)
    count, frames = sum(map(len, rows)), max(ends)
    # A text's states: a blank before each character and after the last. The last symbol of each look is never seen; two
    # such states stand before each text, so that all texts are one row and no state is any other text's.
    own = np.empty((count, states + 2), np.intp)
    skip = np.zeros((count, states + 2))
    last = np.zeros(count, np.int64)
    spent = np.empty(count)
    shown = np.zeros((frames, sum(len(chances) for chances, _ in seen)))
    parts: list[slice] = []
    first = number = 0
    for texts, characters, (chances, highest) in zip(rows, symbols, seen, strict=True):
        parts.append(slice(number, number + len(texts)))
        shown[: chances.shape[1], first : first + len(chances)] = chances.T
        own[parts[-1]], spent[parts[-1]] = first + len(characters) + 1, highest
        place = {character: at for at, character in enumerate(characters, start=first + 1)}
        for row in texts:
            own[number, 2 : 2 * len(row) + 3 : 2] = first
            own[number, 3 : 2 * len(row) + 2 : 2] = [place[character] for character in row]
            # From one character to the next without a blank between, unless they are the same.
            skip[number, 5 : 2 * len(row) + 2 : 2] = [a != b for a, b in pairwise(row)]
            last[number] = 2 * len(row)
            number += 1
        first += len(chances)
    emit, straight = shown[:, own.ravel()], skip.ravel()
    # Frames take turns in two rows; each is looked at as it is, one state back and two.
    turns = np.zeros((2, own.size + 2))
    views = [(turn[2:], turn[1:-1], turn[:-2], turn[2:].reshape(own.shape)) for turn in turns]
    views[0][3][:, 2:4] = emit[0].reshape(own.shape)[:, 2:4]
    skipped = np.empty(own.size)
    found: dict[int, NDArray[np.float64]] = {}
    for frame in range(frames):
        ahead, _, _, by_text = views[frame % 2]
        if frame:
            alpha, one_back, two_back, _ = views[(frame + 1) % 2]
            np.add(alpha, one_back, out=ahead)
            np.multiply(straight, two_back, out=skipped)
            np.add(ahead, skipped, out=ahead)
            np.multiply(ahead, emit[frame], out=ahead)
            if frame % _RESCALED == 0:
                scale = np.maximum(by_text.max(axis=1), _LEAST)
                by_text /= scale[:, None]
                spent += np.log(scale)
        for number in ends.get(frame + 1, ()):
            part = parts[number]
            at, end, reached = np.arange(part.stop - part.start), last[part], by_text[part, 2:]
            total = reached[at, end] + np.where(end > 0, reached[at, np.maximum(end - 1, 0)], 0.0)
            found[number] = spent[part] + np.log(np.maximum(total, _LEAST))
    return [found[number] for number in range(len(looks))]


def picture_of(lines: Sequence[Line]) -> Picture | None:
    """Return the picture of a label, or None where any of its lines has no posterior of a known alphabet."""
    posteriors = [line.posterior for line in lines if line.text.strip()]
    kept = [posterior for posterior in posteriors if posterior is not None and len(posterior.symbols)]
    if not kept or len(kept) != len(posteriors):
        return None
    known = alphabet_of(kept[0].alphabet)
    if known is None or any(posterior.alphabet != kept[0].alphabet for posterior in kept):
        return None
    looks = [line.second or line.posterior for line in lines if line.text.strip()]
    second = None
    if any(line.second is not None for line in lines):
        again = [look for look in looks if look is not None and look.alphabet == kept[0].alphabet]
        second = Picture(again, *known) if len(again) == len(kept) else None
    return Picture(kept, *known, second)
