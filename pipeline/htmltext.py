"""HTML in OCR output -> text and cells. libxml2's recovering parser reads it; nothing it drops is lost."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from html import unescape
from typing import Any

from pipeline.htmlspans import Spans, mended_rowspans
from pipeline.markdowntext import without_formulas

_UNREAD = re.compile(r"<(script|style)\b.*?(</\1\s*>|$)|<!--.*?(-->|$)", re.IGNORECASE | re.DOTALL)
_SCRIPT = re.compile(r"<script\b", re.IGNORECASE)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_MARKUP = re.compile(r"<[a-zA-Z/!]|&[a-zA-Z#]")
# HTML's elements. Any other `<` is a less-than sign: `<24小时`, `a<b`, an unknown name, a tag that is never closed.
_ELEMENTS = (
    "a abbr address article aside b base bdo big blockquote body br button caption center cite code col colgroup dd "
    "del details dfn dir div dl dt em fieldset figcaption figure font footer form h1 h2 h3 h4 h5 h6 head header hr "
    "html i iframe img input ins kbd label legend li link main map mark meta nav noscript o:p ol option p param pre q "
    "s samp script section select small source span strike strong style sub summary sup table tbody td template "
    "textarea tfoot th thead time title tr tt u ul var video"
).replace(" ", "|")
_LESS_THAN = re.compile(rf"<(?!/?(?:{_ELEMENTS})(?:\s[^<>]*|/)?>|!)", re.IGNORECASE)
_TAG = re.compile(rf"</?(?:{_ELEMENTS})(?:\s[^<>]*|/)?>|<![^<>]*>", re.IGNORECASE)
# Elements that begin a line of their own.
_BLOCKS = frozenset((
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "li", "tr", "table", "ul", "blockquote", "section", "article", "br",
    "hr",
))  # fmt: skip
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
# Stands for a table inside a cell while its text is split; it is in no alphabet (Unicode private use).
_MARK = "\ue001"
_SKIPPED = frozenset(("script", "style", "head", "template"))
# HTML 4.01 and 5 cap colspan at 1000 and rowspan at 65534; a form has far fewer, and a lie must not cost memory.
_MAX_SPAN = 200


@dataclass(frozen=True, slots=True)
class HtmlCell:
    """One cell of an HTML table: its slot, its span, its text, and the source line it begins on (from zero)."""

    row: int
    col: int
    rowspan: int
    colspan: int
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class HtmlTable:
    """An HTML table. `sound` is True where the spans are stated and tile the table: then blanks are really blank."""

    cells: tuple[HtmlCell, ...]
    n_rows: int
    n_cols: int
    sound: bool


@dataclass(frozen=True, slots=True)
class HtmlText:
    """Text between tables, one line a block, and the source line it begins on (from zero)."""

    text: str
    line: int


def script_line(text: str) -> int | None:
    """The line (from zero) on which the text's first script element begins, or None."""
    found = _SCRIPT.search(text)
    return text.count("\n", 0, found.start()) if found else None


def clean_fragment(raw: str) -> str:
    """Return a cell's text without markup: paragraphs and breaks become newlines, entities characters, spaces one.

    `<5%` stays what it is: only what HTML reads as a tag is taken out.
    """
    if not _MARKUP.search(raw):
        return _tidy(raw)
    from lxml import html

    source = _even_quotes(_LESS_THAN.sub("&lt;", _UNREAD.sub(" ", raw)))
    try:
        parsed = _tidy(_text_of(html.fragment_fromstring(source, create_parent="div")))
    except (ValueError, html.etree.ParserError):
        parsed = ""
    plain = _tidy(unescape(_TAG.sub("\n", source)))
    # What a deep or broken nesting made the parser drop is worth more than tidy paragraphs.
    return plain if _lost(plain, parsed) else parsed


def _even_quotes(source: str) -> str:
    """The source with tags whose quotation marks do not come out even freed of them."""
    if '"' not in source and "'" not in source:
        return source
    return _TAG.sub(lambda tag: tag[0] if _is_even(tag[0]) else re.sub("[\"']", "", tag[0]), source)


def _is_even(tag: str) -> bool:
    """Tell whether every quotation in a tag is closed; a mark inside the other kind of quotation is text."""
    return not re.search("[\"']", re.sub(r"\"[^\"]*\"|'[^']*'", "", tag))


def _lost(plain: str, parsed: str) -> bool:
    """Tell whether letters or digits of the source are missing from what the parser returned."""
    wanted = Counter(ch for ch in plain if ch.isalnum() and not ch.isascii())
    return bool(wanted - Counter(parsed))


def _tidy(text: str) -> str:
    lines = (re.sub(r"[ \t\u00a0\u3000]+", " ", line).strip() for line in without_formulas(text).split("\n"))
    return "\n".join(line for line in lines if line)


def _text_of(element: Any) -> str:
    parts: list[str] = []
    _collect(element, parts)
    return "".join(parts)


def _collect(element: Any, parts: list[str]) -> None:
    # An explicit stack: a hostile nesting must not exhaust Python's.
    stack: list[tuple[Any, bool]] = [(element, False)]
    while stack:
        node, done = stack.pop()
        tag = node.tag if isinstance(node.tag, str) else ""
        if done:
            if tag in _BLOCKS:
                parts.append("\n")
            if node is not element and node.tail:
                parts.append(node.tail)
            continue
        if not tag or tag in _SKIPPED:
            if node is not element and node.tail:
                parts.append(node.tail)
            continue
        if tag in _BLOCKS:
            parts.append("\n")
        elif tag in ("td", "th") and node is not element:
            parts.append(" ")  # cells of a table that is only a cell's text stand apart
        if node.text:
            parts.append(node.text)
        stack.append((node, True))
        stack.extend((child, False) for child in reversed(node))


def read_html(text: str) -> Iterator[HtmlTable | HtmlText]:
    """Yield the tables of a text with HTML in it and the text between them, in order.

    Text that the parser moved out of a table (it stood between cells) comes after that table; a table inside a cell
    comes after the table that holds it.
    """
    position = 0
    for start, end in _table_regions(text):
        yield from _between(text[position:start], text[:position].count("\n"))
        yield from _tables_of(text[start:end], text[:start].count("\n"))
        position = end
    yield from _between(text[position:], text[:position].count("\n"))


def _table_regions(text: str) -> Iterator[tuple[int, int]]:
    """Outermost tables as (start, end); a table that is never closed ends where the text ends."""
    depth = 0
    start = 0
    for match in re.finditer(r"<(/?)table\b[^<>]*>?", text, re.IGNORECASE):
        if match.group(1):
            if depth == 1:
                yield start, match.end()
            depth = max(depth - 1, 0)
        else:
            if depth == 0:
                start = match.start()
            depth += 1
    if depth:
        yield start, len(text)


def _between(text: str, line: int) -> Iterator[HtmlText]:
    """Loose text keeps its source lines (tabs and all), so that tabbed rows beside tables are still rows."""
    source = _UNREAD.sub(lambda m: "\n" * m.group().count("\n"), text)
    source = re.sub(r"<(head|title)\b.*?</\1\s*>", lambda m: "\n" * m.group().count("\n"), source, flags=re.I | re.S)
    source = re.sub(
        r"<!doctype[^<>]*>|</?(html|body|div|section|main|article|span|center)\b[^<>]*>", "", source, flags=re.I
    )
    if source.strip():
        yield HtmlText(source, line)


def _tables_of(text: str, first_line: int) -> Iterator[HtmlTable | HtmlText]:
    from lxml import html

    try:
        source = _LESS_THAN.sub("&lt;", _UNREAD.sub(lambda m: "\n" * m.group().count("\n"), text))
        source = _even_quotes(source)
        root = html.fragment_fromstring(source, create_parent="div")
    except (ValueError, html.etree.ParserError):
        yield HtmlText(_TAG.sub("\n", text), first_line)
        return
    own = _own_rows(root)
    tables = {table: None for table in root.iter("table") if not _is_cell_text(table, own)}
    seen: list[str] = []
    pieces: dict[Any, list[str]] = {}
    for table in tables:
        for caption in table.iterchildren("caption"):
            seen.append(_tidy(_text_of(caption)))
            yield HtmlText(seen[-1], first_line + max((caption.sourceline or 1) - 1, 0))
        before, after = _around(table, tables, pieces)
        line = first_line + max((table.sourceline or 1) - 1, 0)
        if before:
            seen.append(before)
            yield HtmlText(before, line)
        found = _html_table(table, own.get(table, ()), tables, first_line)
        if found.cells:
            seen.extend(cell.text for cell in found.cells)
            yield found
        if after:
            seen.append(after)
            yield HtmlText(after, line)
    plain = _tidy(unescape(_TAG.sub("\n", _UNREAD.sub(" ", text))))
    left = Counter(ch for ch in plain if ch.isalnum() and not ch.isascii()) - Counter("".join(seen))
    if left:
        yield from _stray_lines(plain, seen, left, first_line)


def _stray_lines(plain: str, seen: list[str], left: Counter[str], first_line: int) -> Iterator[HtmlText]:
    """The lines that no cell holds; then those whose characters are missing though another cell says the same."""
    cells = "\n".join(seen)
    again = []
    for line in plain.split("\n"):
        own = Counter(ch for ch in line if ch.isalnum() and not ch.isascii())
        if line.strip() and line.strip() not in cells:
            left = left - own
            yield HtmlText(line, first_line)
        elif own:
            again.append((line, own))
    for line, own in again:
        if 2 * (own & left).total() > own.total():
            left = left - own
            yield HtmlText(line, first_line)


def _html_table(table: Any, own: Sequence[Any], tables: Collection[Any], first_line: int) -> HtmlTable:
    """Lay out one table of its `own` rows; `tables` are the page's that are no mere text of a cell."""
    rows = [[cell for cell in row if cell.tag in ("td", "th")] for row in own if not _is_ruler(row)]
    if not rows and (bare := [cell for cell in table.iter("td", "th") if next(cell.iterancestors("table")) is table]):
        rows = [bare]  # cells without a row
    printed = [
        [(min(_span(cell, "rowspan"), len(rows) - r), _span(cell, "colspan")) for cell in row]
        for r, row in enumerate(rows)
    ]
    laid = _laid(printed)
    sound = laid.tiles
    if not sound and any(height > 1 for row in printed for height, _ in row):
        labels = [[bool(_HAN.search(cell.text_content())) for cell in row] for row in rows]
        mended = mended_rowspans(printed, labels)
        if mended is not None and (mended.whole or not laid.tiles):
            spans = [
                [(height, width) for height, (_, width) in zip(heights, row, strict=True)]
                for heights, row in zip(mended.rowspans, printed, strict=True)
            ]
            laid = _laid(spans)
            sound = mended.sure and laid.tiles
    cells = tuple(
        HtmlCell(r, c, height, width, _tidy(_cell_text(cell, tables)), first_line + max((cell.sourceline or 1) - 1, 0))
        for (r, c, height, width), cell in zip(laid.slots, (cell for row in rows for cell in row), strict=True)
    )
    stated = any(cell.rowspan > 1 or cell.colspan > 1 for cell in cells)
    return HtmlTable(cells, len(rows), laid.n_cols, sound and stated)


@dataclass(frozen=True, slots=True)
class _Laid:
    """Cells on their slots (row, col, rowspan, colspan), in source order; `tiles` where they cover the table once."""

    slots: tuple[tuple[int, int, int, int], ...]
    n_cols: int
    tiles: bool


def _laid(rows: Sequence[Sequence[Spans]]) -> _Laid:
    taken: set[tuple[int, int]] = set()
    found: list[tuple[int, int, int, int]] = []
    torn = False
    for r, row in enumerate(rows):
        c = 0
        for height, width in row:
            while (r, c) in taken:
                c += 1
            slots = {(r + i, c + j) for i in range(height) for j in range(width)}
            torn |= bool(slots & taken)
            taken |= slots
            found.append((r, c, height, width))
            c += width
    n_cols = 1 + max((col for _, col in taken), default=0)
    return _Laid(tuple(found), n_cols, not torn and len(taken) == len(rows) * n_cols)


def _is_ruler(row: Any) -> bool:
    """Tell whether a row is none that is seen: word processors end tables with one that rules their columns."""
    hidden = (row.get("height") or "").strip() == "0" or bool(_HIDDEN.search(row.get("style") or ""))
    return hidden and not _tidy(row.text_content())


def _is_cell_text(table: Any, own: Mapping[Any, Sequence[Any]]) -> bool:
    """Tell whether a table inside a cell is only how that cell's text is laid out.

    It is where the table around it is a table of data and the larger of the two; a page's layout holds larger ones.
    """
    holder = next(table.iterancestors("table"), None)
    if holder is None:
        return False
    # No more of the outer table than it takes: a long table may hold many small ones.
    least = max(len(own.get(table, ())) + 1, 3)
    rows = own.get(holder, ())[:least]
    return len(rows) >= least and any(sum(cell.tag in ("td", "th") for cell in row) > 1 for row in rows)


def _own_rows(root: Any) -> dict[Any, list[Any]]:
    """The rows of each table, without those of tables in its cells; told at once, for a page may nest thousands."""
    own: dict[Any, list[Any]] = {}
    for row in root.iter("tr"):
        table = next(row.iterancestors("table"), None)
        if table is not None:
            own.setdefault(table, []).append(row)
    return own


def _cell_text(cell: Any, tables: Collection[Any]) -> str:
    """The text of a cell; one that holds tables says it around them (`_around`)."""
    return _text_of(cell) if cell.find(".//table") is None or not _holds(cell, tables) else ""


def _holds(cell: Any, tables: Collection[Any]) -> list[Any]:
    """The `tables` that a cell of a page's layout holds itself."""
    return [t for t in cell.iter("table") if t in tables and next(t.iterancestors("td", "th"), None) is cell]


def _around(table: Any, tables: Collection[Any], pieces: dict[Any, list[str]]) -> tuple[str, str]:
    """What the cell of a page's layout that holds a table says before it, and behind it where it is the last one.

    `pieces` keeps what such a cell says around its tables: a page may hold thousands.
    """
    holder = next(table.iterancestors("td", "th"), None)
    if holder is None or next(holder.iterancestors("table"), None) is None:
        return "", ""
    if holder not in pieces:
        pieces[holder] = _pieces(holder, _holds(holder, tables))
    left = pieces[holder]
    before = left.pop(0) if left else ""
    return before, left.pop() if len(left) == 1 else ""


def _pieces(cell: Any, held: Sequence[Any]) -> list[str]:
    """The text of a cell before, between and behind the tables that it holds."""
    shallow = deepcopy(cell)
    for table in _holds_of_copy(shallow, cell, held):
        table.tail = _MARK + (table.tail or "")
        table.text = None
        for part in list(table):
            table.remove(part)
    return [_tidy(piece) for piece in _text_of(shallow).split(_MARK)]


def _holds_of_copy(copy: Any, cell: Any, held: Sequence[Any]) -> list[Any]:
    """The tables of a copied cell that stand where those of the cell do."""
    wanted = set(held)
    return [twin for one, twin in zip(list(cell.iter("table")), list(copy.iter("table")), strict=True) if one in wanted]


def _span(cell: Any, name: str) -> int:
    value = re.match(r"\s*(\d{1,6})", cell.get(name) or "1")
    return min(max(int(value.group(1)), 1), _MAX_SPAN) if value else 1
