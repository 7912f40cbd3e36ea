"""Errors beyond the generator's lists."""

from __future__ import annotations

import random

from pipeline.repair.shapes import Shapes
from pipeline.repair.training.labels import KINDS
from pipeline.repair.words import common_characters


class Spoiler:
    """Errors beyond the generator's lists: any character, any of its look-alikes."""

    def __init__(self, shapes: Shapes, rng: random.Random) -> None:
        """Take the table of shapes and the source of chance."""
        self._shapes = shapes
        self._rng = rng
        self._common = common_characters()
        self._rows = shapes.rows("".join(sorted(self._common)))
        self._near: dict[str, list[tuple[str, float]]] = {}

    def spoil(self, name: str, kind: str) -> str:
        """Return `name` with one error of `kind`; the name itself where the error changes nothing."""
        rng = self._rng
        i = rng.randrange(len(name))
        if kind == "look-alike":
            if name[i] not in self._near:
                self._near[name[i]] = self._shapes.neighbours(name[i], self._rows, 12)
            near = self._near[name[i]]
            # The nearest are the commonest confusions; one in three is beyond the third.
            other = near[min(int(rng.expovariate(0.35)), len(near) - 1)][0] if near else name[i]
            return name[:i] + other + name[i + 1 :]
        if kind == "dropped":
            return name[:i] + name[i + 1 :]
        if kind == "inserted":
            return name[:i] + rng.choice(self._common[:2500]) + name[i:]
        if kind == "doubled":
            return name[:i] + name[i] + name[i:]
        i = rng.randrange(len(name) - 1)
        if kind == "displaced":
            return name[:i] + name[i + 1 :] + name[i]
        return name[:i] + name[i + 1] + name[i] + name[i + 2 :]

    def several(self, name: str) -> str:
        """Return `name` with two errors."""
        for kind in self._rng.choices(KINDS, k=2):
            name = self.spoil(name, kind) if len(name) > 2 else name
        return name
