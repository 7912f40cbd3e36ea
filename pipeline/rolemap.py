"""Which role each cell and line of a page got: what `explain` and `debug` show, found by the places that cells carry.

Interpretation hands on the very places of the readings, so a form's cell leads back to what was read even after it was
joined over a page break or cut out of a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.document import LabelledForm, Line, PageReading, Place, Reading, Role, RowCell, Table

# Role -> its word on the page and its colour (Paul Tol, light). "stray": read, and placed nowhere.
ROLES: dict[str, tuple[str, str]] = {
    "title": ("表名", "#d9d9d9"), "label": ("标签", "#eedd88"), "value": ("值", "#fbf7e3"),
    "narrative": ("长文", "#f6d3bf"), "header": ("表头", "#dddddd"), "bar": ("栏目", "#ffaabb"),
    "level1": ("一级", "#77aadd"), "level2": ("二级", "#99ddff"), "level3": ("三级", "#44bb99"),
    "target": ("目标", "#bbcc33"), "extra": ("其他列", "#e9eef2"), "stray": ("未归入", "#ffffff"),
}  # fmt: skip


@dataclass(slots=True)
class Spot:
    """A cell or line on the page: its name there, its role ("": none), how sure, and the values it is linked to."""

    name: str
    role: str = ""
    certainty: float = 1.0
    values: list[str] = field(default_factory=list)


class RoleMap:
    """The spots of a document's pages. `labelled` are the forms cut from these very readings."""

    def __init__(self, pages: Sequence[PageReading], labelled: Sequence[LabelledForm]) -> None:
        self.pages = pages
        self._shown: dict[int, Spot] = {}  # by id() of a reading or a loose line
        self._spots: dict[int, Spot] = {}  # by id() of a reading's places, or of a line's place
        for page in pages:
            for number, block in enumerate(page.blocks):
                if isinstance(block, Line):
                    self._shown[id(block)] = self._spots[id(block.place)] = Spot(f"c{page.index}-{number}")
                    continue
                for slot, reading in enumerate(block.readings):
                    self._shown[id(reading)] = Spot(f"c{page.index}-{number}-{slot}")
                    if reading.places:
                        self._spots[id(reading.places)] = self._shown[id(reading)]
        self._by_place = self._index_places()
        self._give_roles(labelled)

    def spot(self, block: Line | Reading) -> Spot:
        """The spot of a loose line or a cell's reading of these pages."""
        return self._shown[id(block)]

    def spots_of(self, cell: RowCell) -> list[Spot]:
        """Where a cell of a form stands: one spot, or several where a page break cut it or lines were joined."""
        if id(cell.places) in self._spots:
            return [self._spots[id(cell.places)]]
        return self.spots_at(*cell.places)

    def spots_at(self, *places: Place) -> list[Spot]:
        """What stands at these places, each spot once."""
        found = (self._spots.get(id(place)) or self._by_place.get(id(place)) for place in places)
        return list({spot.name: spot for spot in found if spot is not None}.values())

    def _index_places(self) -> dict[int, Spot]:
        """Places that belong to one cell only; where many cells share one (a page without outlines) it tells none."""
        owners: dict[int, Spot | None] = {}
        for page in self.pages:
            for block in page.blocks:
                if isinstance(block, Table):
                    for reading in block.readings:
                        for place in reading.places:
                            owners[id(place)] = None if id(place) in owners else self._shown[id(reading)]
        return {key: spot for key, spot in owners.items() if spot is not None}

    def _give_roles(self, labelled: Sequence[LabelledForm]) -> None:
        for form in labelled:
            for spot in self.spots_at(*form.form.title_places):
                spot.role = Role.TITLE.value
            title = self._spots.get(id(form.form.title_places))
            if title is not None:
                title.role = Role.TITLE.value
            for row in form.rows:
                for cell in row.cells:
                    if cell.text and cell.role is not None:
                        for spot in self.spots_of(cell):
                            spot.role, spot.certainty = cell.role.value, cell.certainty
            for cell in form.strays:
                for spot in self.spots_of(cell):
                    spot.role = "stray"
