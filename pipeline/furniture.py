"""What a print shop sets around a form on every page: running heads and feet, page numbers alone on their line.

They are no part of the form, and a narrative that goes on over the page must not take them in. They stay in the reading
(`PageReading.lines`); only the walk over rows passes them by.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from rapidfuzz.distance import OSA

from pipeline.dictionaries import comparison_key
from pipeline.document import Line, PageReading, Table

# The same words are read twice, each time with other mistakes; a page's own number inside them is left out.
_SAME = 0.8
# Pages of one document are fed to the scanner askew by up to a few degrees: the middle of a head at the top of the page
# moves by sin(2 x 1.6 deg) x half the height; photographs move it as far.
_SAME_PLACE = 0.04
# Titles are set in 1.5 to 2.5 times the print of the heads over them; words read alike may have lost one of five
# characters at an end.
_SAME_WIDTH = 1.25
PAGE_MARK = re.compile(
    r"^\s*(第\s*\d+\s*页(\s*[,，/]?\s*共\s*\d+\s*页)?|[-—－–一]{1,2}\s*\d+\s*[-—－–一]{1,2}|\d+\s*/\s*\d+|page\s*\d+(\s*of\s*\d+)?)\s*$",
    re.I,
)
# One of the dashes beside it may be lost.
_NUMBER_ALONE = re.compile(r"[\s\-—–－一]*\d{1,3}[\s\-—–－一]*")


def without_furniture(pages: Sequence[PageReading], belongs: Callable[[str], bool]) -> list[PageReading]:
    """Return the pages without the running heads and feet around their tables.

    One stands outside all tables, at the same place of at least two pages, with the same words. Only pages with
    coordinates can say so. `belongs` tells of a text that it is the form's own wherever it stands: titles, years, money
    units, labels, page numbers. A title is none where its form repeats it as a head (`_heads_over_titles`).
    """
    margins = {page.index: [b for b in _margins(page) if not belongs(b.text)] for page in pages}
    repeated = _heads_over_titles(pages, belongs)
    for one, other in _neighbours(pages):
        for first in margins[one.index]:
            for second in margins[other.index]:
                if _same_words(first.text, second.text) and _same_place(first, one, second, other):
                    repeated |= {(one.index, id(first)), (other.index, id(second))}
    return [
        replace(page, blocks=tuple(b for b in page.blocks if (page.index, id(b)) not in repeated))
        if any(index == page.index for index, _ in repeated)
        else page
        for page in pages
    ]


def _heads_over_titles(pages: Sequence[PageReading], belongs: Callable[[str], bool]) -> set[tuple[int, int]]:
    """Running heads that say what the title says: on one page the title stands under it, the other has its like there.

    Such a head, misread, is no title of another form. Its print is small, so that no title passes for it.
    """
    firsts = {page.index: lines for page in pages if (lines := _first_lines(page))}
    wholes = {index: _as_one(lines) for index, lines in firsts.items()}
    found: set[tuple[int, int]] = set()
    for one, other in _neighbours(pages):
        if one.index not in firsts or other.index not in firsts:
            continue
        first, second = wholes[one.index], wholes[other.index]
        titles = [title for page in (one, other) if (title := _title_under(wholes[page.index], page, firsts))]
        # One of them, or a piece of one, reads as a form's own; where none does they are furniture like any other.
        texts = [first.text, second.text, *(line.text for page in (one, other) for line in firsts[page.index])]
        # Each may be misread elsewhere: then both say what the title says.
        said = [_same_words(first.text, second.text)]
        said += [all(_same_words(head.text, title.text) for head in (first, second)) for title in titles]
        known = bool(titles) or (one.index, id(firsts[one.index][0])) in found
        alike = any(said) and any(map(belongs, texts)) and _same_place(first, one, second, other)
        if alike and known and _same_print(first, second):
            found |= {(page.index, id(line)) for page in (one, other) for line in firsts[page.index]}
    return found


def _first_lines(page: PageReading) -> list[Line]:
    """The first line over the first table of a page, in the pieces that a seal cut it into, where it has a place."""
    found: list[Line] = []
    for block in page.blocks if page.tables else ():
        if not isinstance(block, Line) or not block.place.polygon or (found and not _on_one_line(found[-1], block)):
            break
        found.append(block)
    return found


def _on_one_line(one: Line, other: Line) -> bool:
    """Tell whether the middle of each line is at the height of the other, which goes on to the right."""
    (top, bottom), (first, last) = (
        (min(ys), max(ys)) for ys in ([y for _, y in i.place.polygon] for i in (one, other))
    )
    behind = min(x for x, _ in one.place.polygon) < min(x for x, _ in other.place.polygon)
    return behind and top < (first + last) / 2 < bottom and first < (top + bottom) / 2 < last


def _as_one(lines: Sequence[Line]) -> Line:
    if len(lines) == 1:
        return lines[0]
    first, last = lines[0].place.polygon, lines[-1].place.polygon
    place = replace(lines[0].place, polygon=(first[0], last[1], last[2], first[3]))
    return Line("".join(line.text for line in lines), place, min(line.confidence for line in lines))


def _title_under(line: Line, page: PageReading, firsts: Mapping[int, Sequence[Line]]) -> Line | None:
    """The line under the first one of a page, which may be in pieces, that has its words in larger print.

    The table's own number may stand between the two (预算05-2表).
    """
    below = takewhile(lambda block: isinstance(block, Line), page.blocks[len(firsts[page.index]) :])
    lines = (block for block in below if isinstance(block, Line))
    return next((other for other in lines if _same_words(line.text, other.text) and not _same_print(line, other)), None)


def _same_print(one: Line, other: Line) -> bool:
    """Tell whether two lines of the same words are as wide as each other; without a place nothing tells them apart."""
    widths = sorted(math.dist(*line.place.polygon[:2]) for line in (one, other) if line.place.polygon)
    return len(widths) < 2 or widths[1] <= _SAME_WIDTH * widths[0]


def _neighbours(pages: Sequence[PageReading]) -> Iterator[tuple[PageReading, PageReading]]:
    """Every page with the next and the one after it: heads may differ on left and right pages."""
    for step in (1, 2):
        yield from zip(pages, pages[step:], strict=False)


def _margins(page: PageReading) -> list[Line]:
    """The lines before the first table and behind the last one of a page that has tables."""
    if not page.tables:
        return []
    found: list[Line] = []
    for blocks in (page.blocks, page.blocks[::-1]):
        found.extend(b for b in takewhile(lambda block: isinstance(block, Line), blocks) if isinstance(b, Line))
    return [line for line in found if line.place.polygon]


def is_page_number(page: PageReading, number: int) -> bool:
    """Tell whether a block of a page is a line that prints its number and nothing else.

    第3页 and - 3 - say so wherever they stand. A number alone is a page's where it is the last of its page, or where it
    stands between two tables of a text that lost its page breaks; one of the dashes beside it may then be lost.
    """
    block = page.blocks[number]
    if not isinstance(block, Line):
        return False
    if PAGE_MARK.match(block.text):
        return True
    if not _NUMBER_ALONE.fullmatch(block.text):
        return False
    if number + 1 == len(page.blocks):
        return True
    between = number > 0 and isinstance(page.blocks[number - 1], Table) and isinstance(page.blocks[number + 1], Table)
    return between and page.size is None


def is_whole_number(text: str) -> bool:
    """Tell whether a page's number kept what stands beside it: with a dash lost, a digit may be lost too."""
    return bool(PAGE_MARK.match(text) or text.strip().isdigit())


def _same_words(one: str, other: str) -> bool:
    first, second = (re.sub(r"\d+", "", comparison_key(text)) for text in (one, other))
    return bool(first) and OSA.normalized_similarity(first, second) >= _SAME


def _same_place(one: Line, page: PageReading, other: Line, next_page: PageReading) -> bool:
    (x1, y1), (x2, y2) = _middle(one, page), _middle(other, next_page)
    return abs(x1 - x2) <= _SAME_PLACE and abs(y1 - y2) <= _SAME_PLACE


def _middle(line: Line, page: PageReading) -> tuple[float, float]:
    """The middle of a line as shares of the page's longer side."""
    side = max(page.size or _extent(page))
    xs, ys = zip(*line.place.polygon, strict=True)
    return sum(xs) / len(xs) / side, sum(ys) / len(ys) / side


def _extent(page: PageReading) -> tuple[float, float]:
    """How far the texts of a page reach, where nobody says how large it is."""
    lines = [line.place.polygon for line in page.lines]
    cells = [place.polygon for table in page.tables for reading in table.readings for place in reading.places]
    points = [point for polygon in (*lines, *cells) for point in polygon]
    return max((x for x, _ in points), default=1.0), max((y for _, y in points), default=1.0)
