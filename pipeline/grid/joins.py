"""What belongs together, pair by pair."""

from __future__ import annotations


class Joins:
    """Numbers from 0, each alone at first; `join` puts the groups of two of them together."""

    def __init__(self, count: int) -> None:
        self._parents = list(range(count))

    def root(self, number: int) -> int:
        """Return the number that stands for the group: its least."""
        parents = self._parents
        while parents[number] != number:
            parents[number] = parents[parents[number]]
            number = parents[number]
        return number

    def join(self, one: int, other: int) -> None:
        """Put the groups of the two together."""
        one, other = self.root(one), self.root(other)
        self._parents[max(one, other)] = min(one, other)

    def groups(self) -> list[list[int]]:
        """Return the groups in the order of their least numbers, each in ascending order."""
        found: dict[int, list[int]] = {}
        for number in range(len(self._parents)):
            found.setdefault(self.root(number), []).append(number)
        return list(found.values())
