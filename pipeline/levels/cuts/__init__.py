"""Cells cut by a page break made one again: the row that a break cut goes on in the first row of the next page."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.document import Row
from pipeline.levels.cuts.cells import UNSURE, breaks, with_rest, without_cells
from pipeline.levels.cuts.fields import join_fields
from pipeline.levels.cuts.grid import (
    grid_rest,
    join_leads,
    join_levels,
    lone_rest,
    not_restated,
    rest_beside_levels,
    whole_heads,
    wide_rest,
)
from pipeline.levels.cuts.texts import BARE_NUMBER, COMPLETE_TARGET
from pipeline.levels.headers import GridHeader
from pipeline.levels.lexicon import Lexicon

__all__ = ["BARE_NUMBER", "COMPLETE_TARGET", "UNSURE", "joined_cuts"]


def joined_cuts(rows: Sequence[Row], headers: Sequence[GridHeader | None], lexicon: Lexicon) -> list[Row]:
    """Put the first row of a page back into the row before the break where it holds only the rest of its cells.

    A level's name that the break cuts is made whole where it begins; the row with its rest keeps its other cells.
    """
    done: list[Row] = []
    last = -1  # the last row with text in a table, as an index of `done`, and its header
    last_header: GridHeader | None = None
    taken = -1  # the table whose first row went back over the break
    filled_before = -1  # the last row with text, as an index of `rows`
    for r, given in enumerate(rows):
        row, header = given, headers[r]
        filled = [cell for cell in row.cells if cell.text]
        in_grid = header is not None and header.row < r
        under_heads = header is not None and header.row == filled_before and in_grid
        filled_before = r if row.n_cols and filled else filled_before
        if under_heads and filled and (heads := whole_heads(done, row, lexicon)) is not None:
            done[heads[0]] = heads[1]
            continue
        if row.n_cols and filled and (in_grid or header is None):
            before = done[last] if last >= 0 else None
            # Behind a row that went back over the break stand rows of the page itself.
            broken = before is not None and breaks(before, row) and row.table != taken
            if broken and header is None:
                rest = join_fields(done, row, lexicon)
                if rest is None:
                    taken = row.table
                    continue
                row = rest
            if before is not None and header is not None and last_header is not None:
                whole = broken and before.n_cols == row.n_cols
                if broken:
                    row = join_leads(done, last, row, header)
                    filled = [cell for cell in row.cells if cell.text]
                    if not filled:
                        taken = row.table
                        continue
                own = not_restated(filled, done[: last + 1], header, lexicon) if whole else []
                parts = (grid_rest(before, own, header, lexicon) if own else None) or wide_rest(before, own, header)
                if parts is None and not broken and (parts := lone_rest(before, filled, header, lexicon)):
                    done[last] = with_rest(before, parts)
                    continue
                if parts is None and whole and (parts := rest_beside_levels(done, last, filled, header)):
                    # The levels printed again reach down over rows of their own.
                    done[last] = with_rest(before, parts)
                    done.append(without_cells(row, {id(cell) for cell in row.cells if cell.col in parts}))
                    continue
                if parts is not None:
                    done[last] = with_rest(before, parts)
                    taken = row.table
                    continue
                row = join_levels(done, last, row, lexicon)
                own = [cell for cell in row.cells if cell.text]
                if whole and len(own) < len(filled):
                    # What is left beside names that the break cut may be the rest of the row before.
                    own = not_restated(own, done[: last + 1], header, lexicon)
                    parts = grid_rest(done[last], own, header, lexicon) if own else {}
                    if parts is not None:
                        done[last] = with_rest(done[last], parts)
                        taken = row.table
                        continue
            last, last_header = len(done), header
        done.append(row)
    return done
