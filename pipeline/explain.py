"""Readings, roles and records -> one HTML page that shows what was taken for what.

Each page stands beside what became of it: its cells coloured by role, the record's values linked to the cells they came
from. The page is one file that asks for nothing: no request leaves it, all text is escaped, and its policy allows no
script and no style but its own. Colours are Paul Tol's light scheme (told apart by all kinds of sight), and every cell
says its role in a word besides.
"""

from __future__ import annotations

import base64
import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from pathlib import Path

from pipeline.document import LabelledForm, Line, PageReading, Place, Reading, RowCell, Table
from pipeline.errors import UsageError
from pipeline.records import FieldValue, Finding, Indicator, Record, RepairEntry
from pipeline.rolemap import ROLES, RoleMap, Spot

_PARSED_WORDS = {
    "amount": "金额", "unit": "单位", "yuan": "折合元", "date": "日期", "start": "起", "end": "止", "number": "数",
    "people": "人员", "phones": "电话", "code": "编码", "name": "名称", "dept_code": "部门码", "unit_code": "单位码",
    "chosen": "选中", "note": "附注", "text": "文字",
}  # fmt: skip
_STATUS_WORDS = {"repaired": "已更正", "proposed": "建议"}
_SEVERITY_WORDS = {"error": "错误", "warning": "警告", "info": "提示"}
# What turns a picture of `width` and `height` upright whose text runs so many quarters of a turn off.
_UPRIGHT = (
    "",
    "translate(0 {width}) rotate(-90)",
    "translate({width} {height}) rotate(180)",
    "translate({height} 0) rotate(90)",
)
# Below this a cell's role or reading is shown as doubtful; the review threshold of the settings.
_DOUBTFUL = 0.8
# Control characters and marks that turn the direction of the text around show as a box instead of acting.
_UNSHOWN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]")

_STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0; color: #1a1a1a; background: #f4f4f2;
  font: 14px/1.5 "Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "PingFang SC", sans-serif; }
header { padding: 10px 18px; background: #fff; border-bottom: 1px solid #bbb; }
h1 { font-size: 18px; margin: 0 0 2px; overflow-wrap: anywhere; }
header p { margin: 2px 0; color: #444; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 10px; list-style: none; margin: 6px 0 0; padding: 0;
  font-size: 12px; }
.legend span { display: inline-block; padding: 0 6px; border: 1px solid #777; border-radius: 3px; }
main { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
main > section { height: calc(100vh - 120px); min-height: 420px; overflow: auto; padding: 6px 18px 40px; }
main > section + section { border-left: 1px solid #bbb; background: #fff; }
h2 { font-size: 15px; margin: 14px 0 6px; overflow-wrap: anywhere; }
h3 { font-size: 14px; margin: 12px 0 4px; }
table { border-collapse: collapse; margin: 6px 0; max-width: 100%; }
td, th { border: 1px solid #777; padding: 2px 5px; vertical-align: middle; text-align: left; font-weight: normal;
  overflow-wrap: anywhere; white-space: pre-line; unicode-bidi: isolate; }
.sheet td { min-width: 1.5em; background: #fff; overflow-wrap: break-word; }
.sheet td[class] { min-width: 4em; }
.line { margin: 3px 0; padding: 1px 5px; display: table; border: 1px dotted #999; background: #fff;
  overflow-wrap: anywhere; white-space: pre-line; unicode-bidi: isolate; }
.tag { font-size: 10px; color: #333; margin-left: 5px; padding: 0 3px; border: 1px solid #555; border-radius: 3px;
  background: rgba(255, 255, 255, .65); white-space: nowrap; }
svg { width: 100%; height: auto; border: 1px solid #999; background: #fff; }
svg polygon { mix-blend-mode: multiply; stroke: #333; stroke-width: 1.5; vector-effect: non-scaling-stroke; }
svg .none { fill-opacity: 0; }
@ROLES@
.sheet .title, .line.title { font-weight: bold; }
.sheet .stray, .line.stray, .legend .stray { outline: 2px solid #8c1d18; outline-offset: -2px; }
svg .stray { stroke: #8c1d18; stroke-width: 4; }
.sheet .doubt, .line.doubt, .legend .doubt { border: 2px dashed #000; }
.hot, :target { outline: 3px solid #000; outline-offset: -1px; box-shadow: 0 0 0 6px #ffd92f; }
svg polygon.hot, svg polygon:target { outline: none; stroke: #000; stroke-width: 5; }
a { color: inherit; text-decoration: none; }
a:focus-visible, [tabindex]:focus-visible { outline: 3px solid #000; }
.review { background: #fff3c4; }
.mark { color: #8c1d18; font-weight: bold; white-space: nowrap; }
p.mark { white-space: normal; overflow-wrap: anywhere; }
.empty { color: #666; }
.parsed { display: block; color: #444; font-size: 12px; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 1px 10px; margin: 4px 0; }
dt { color: #555; }
dd { margin: 0; overflow-wrap: anywhere; }
.record table { width: 100%; }
.record td:first-child { min-width: 6.5em; }
.long { max-height: 15em; overflow: auto; }
.record th { background: #eee; }
summary { cursor: pointer; }
ul.plain { margin: 4px 0; padding-left: 18px; }
@media (max-width: 900px) { main { display: block; } main > section { height: auto; } }
@media print { main { display: block; } main > section { height: auto; overflow: visible; } }
""".replace(
    "@ROLES@",
    "\n".join(
        f".sheet .{role}, .line.{role}, .legend .{role}, .record td.{role} {{ background: {colour}; }} "
        f"svg .{role} {{ fill: {colour}; }}"
        for role, (_, colour) in ROLES.items()
    ),
)

_SCRIPT = """
"use strict";
(function () {
  function mark(ids, on) {
    ids.forEach(function (id) {
      var other = document.getElementById(id);
      if (other) { other.classList.toggle("hot", on); }
    });
  }
  document.querySelectorAll("[data-to]").forEach(function (item) {
    var ids = item.getAttribute("data-to").split(" ");
    ["mouseenter", "focusin"].forEach(function (name) {
      item.addEventListener(name, function () { item.classList.add("hot"); mark(ids, true); });
    });
    ["mouseleave", "focusout"].forEach(function (name) {
      item.addEventListener(name, function () { item.classList.remove("hot"); mark(ids, false); });
    });
    item.addEventListener("click", function (event) {
      var other = document.getElementById(ids[0]);
      if (other) { event.preventDefault(); other.scrollIntoView({ block: "center" }); }
    });
  });
})();
"""


def explain_document(
    pages: Sequence[PageReading],
    labelled: Sequence[LabelledForm],
    records: Sequence[Record],
    *,
    pictures: Mapping[int, bytes] | None = None,
) -> str:
    """Return one self-contained HTML page for a document.

    `labelled` are the forms that `records` were made of, in the same order. `pictures` maps a page's index to its
    picture (PNG or JPEG); its cells' outlines are drawn over it. Readings must have the very places that the forms were
    cut from.
    """
    explained = _Explained(pages, labelled, records, pictures or {})
    return explained.page()


def write_explain(
    out: Path,
    pages: Sequence[PageReading],
    labelled: Sequence[LabelledForm],
    records: Sequence[Record],
    *,
    pictures: Mapping[int, bytes] | None = None,
) -> Path:
    """Write `explain_document` to a file and return its path. Raises UsageError where it cannot be written."""
    try:
        out.write_text(explain_document(pages, labelled, records, pictures=pictures), "utf-8")
    except OSError as error:
        raise UsageError(f"{out}: cannot be written ({error.strerror}); name another file with --out") from error
    return out


class _Explained:
    def __init__(
        self,
        pages: Sequence[PageReading],
        labelled: Sequence[LabelledForm],
        records: Sequence[Record],
        pictures: Mapping[int, bytes],
    ) -> None:
        self.pages, self.labelled, self.records, self.pictures = pages, labelled, records, pictures
        self.roles = RoleMap(pages, labelled)
        self.right = [self._record(n, record) for n, record in enumerate(records)]

    # -- the whole -----------------------------------------------------------------------------------------------------

    def page(self) -> str:
        """Return the document."""
        document = self.records[0].source.document if self.records else (self.pages[0].file if self.pages else "")
        policy = (
            f"default-src 'none'; img-src data:; style-src 'sha256-{_digest(_STYLE)}'; "
            f"script-src 'sha256-{_digest(_SCRIPT)}'; base-uri 'none'; form-action 'none'"
        )
        left = "".join(self._page(page) for page in self.pages) or '<p class="empty">没有读到任何页。</p>'
        right = "".join(self.right) or '<p class="empty">没有找到绩效目标表，未形成记录。</p>'
        return (
            '<!DOCTYPE html>\n<html lang="zh-CN">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            '<meta name="referrer" content="no-referrer">\n'
            f"<title>{_text(Path(document).name)} 识别说明</title>\n"
            f"<style>{_STYLE}</style>\n</head>\n<body>\n"
            f"<header><h1>{_text(document)}</h1><p>{self._summary()}</p>{_legend()}</header>\n"
            f'<main>\n<section aria-label="页面">{left}</section>\n'
            f'<section aria-label="记录">{right}</section>\n</main>\n'
            f"<script>{_SCRIPT}</script>\n</body>\n</html>\n"
        )

    def _summary(self) -> str:
        indicators = sum(len(record.indicators) for record in self.records)
        review = sum(i.review for r in self.records for i in r.indicators)
        review += sum(f.review for r in self.records for f in r.fields.values())
        repaired = sum(repair.status == "repaired" for r in self.records for repair in r.repairs)
        proposed = sum(repair.status == "proposed" for r in self.records for repair in r.repairs)
        findings = sum(len(record.findings) for record in self.records)
        return (
            f"{len(self.pages)} 页，{len(self.records)} 张表，{indicators} 条指标；待核 {review} 处，"
            f"更正 {repaired} 处，建议 {proposed} 处，问题 {findings} 个。指向或点按一格，可见其对应的值。"
        )

    # -- pages ---------------------------------------------------------------------------------------------------------

    def _page(self, page: PageReading) -> str:
        parts = [f"<h2>第 {page.index + 1} 页 · {_text(page.file)}</h2>"]
        parts.extend(f'<p class="mark">{_text(problem.message)}</p>' for problem in page.problems)
        picture = self._picture(page)
        blocks = "".join(self._block(block) for block in page.blocks) or '<p class="empty">本页没有读到文字。</p>'
        if picture:
            parts.append(picture)
            parts.append(f"<details><summary>本页读到的表格与文字</summary>{blocks}</details>")
        else:
            parts.append(blocks)
        return "".join(parts)

    def _block(self, block: Table | Line) -> str:
        if isinstance(block, Line):
            spot = self.roles.spot(block)
            attributes = self._attributes(spot, block.confidence, _where(block.place))
            doubt = self._doubt(spot, block.confidence)
            return f'<p class="line {spot.role}{doubt}"{attributes}>{_text(block.text)}{_tag(spot)}</p>'
        rows: list[list[str]] = [[] for _ in range(block.n_rows)]
        for reading in block.readings:
            if 0 <= reading.cell.row < block.n_rows:
                rows[reading.cell.row].append(self._cell(reading))
        return '<table class="sheet">' + "".join(f"<tr>{''.join(row)}</tr>" for row in rows) + "</table>"

    def _cell(self, reading: Reading) -> str:
        spot = self.roles.spot(reading)
        cell = reading.cell
        spans = (f' rowspan="{cell.rowspan}"' if cell.rowspan > 1 else "") + (
            f' colspan="{cell.colspan}"' if cell.colspan > 1 else ""
        )
        if not reading.text:
            return f'<td id="{spot.name}"{spans}></td>'
        where = _where(reading.places[0]) if reading.places else ""
        attributes = self._attributes(spot, reading.confidence, where)
        doubt = self._doubt(spot, reading.confidence)
        return f'<td class="{spot.role}{doubt}"{spans}{attributes}>{_long(reading.text)}{_tag(spot)}</td>'

    @staticmethod
    def _doubt(spot: Spot, confidence: float) -> str:
        return " doubt" if spot.role and min(confidence, spot.certainty) < _DOUBTFUL else ""

    @staticmethod
    def _attributes(spot: Spot, confidence: float, where: str) -> str:
        links = f' data-to="{" ".join(spot.values)}" tabindex="0"' if spot.values else ""
        sure = f"识别把握 {confidence:.2f}" + (f"，角色把握 {spot.certainty:.2f}" if spot.role else "")
        title = "；".join(part for part in (_word(spot.role), sure, where) if part)
        return f' id="{spot.name}" title="{_text(title)}"{links}'

    def _picture(self, page: PageReading) -> str:
        """The page's picture with the outlines of its cells and lines; nothing where there is no picture."""
        picture = self.pictures.get(page.index)
        if picture is None or page.size is None:
            return ""
        width, height = page.size
        kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
        data = base64.b64encode(picture).decode("ascii")
        shapes = "".join(self._shapes(page))
        turn = _turn(page)
        across, down = (height, width) if turn % 2 else (width, height)
        upright = f' transform="{_UPRIGHT[turn].format(width=width, height=height)}"' if turn else ""
        return (
            f'<svg viewBox="0 0 {across} {down}" role="img" aria-label="第 {page.index + 1} 页"><g{upright}>'
            f'<image href="data:image/{kind};base64,{data}" width="{width}" height="{height}"/>{shapes}</g></svg>'
        )

    def _shapes(self, page: PageReading) -> Iterator[str]:
        for block in page.blocks:
            items: list[tuple[Spot, Sequence[Place], str, float]] = (
                [(self.roles.spot(block), (block.place,), block.text, block.confidence)]
                if isinstance(block, Line)
                else [(self.roles.spot(r), r.places, r.text, r.confidence) for r in block.readings]
            )
            for spot, places, text, confidence in items:
                polygon = next((place.polygon for place in places if place.polygon), ())
                if not polygon:
                    continue
                points = " ".join(f"{x:.1f},{y:.1f}" for x, y in polygon)
                links = f' data-to="{" ".join(spot.values)}"' if spot.values else ""
                hint = f"{_word(spot.role)}（{min(confidence, spot.certainty):.2f}）：{text}"
                yield (
                    f'<polygon id="o{spot.name}" class="{spot.role or "none"}" points="{points}"{links}>'
                    f"<title>{_text(hint)}</title></polygon>"
                )

    # -- records -------------------------------------------------------------------------------------------------------

    def _record(self, number: int, record: Record) -> str:
        form = self.labelled[number] if number < len(self.labelled) else None
        head = record.form
        facts = (
            ("版式", head.template or "未识别（按含义读取）"), ("年度", str(head.year) if head.year else None),
            ("单位", head.agency), ("金额单位", head.money_unit),
            ("页", "、".join(str(p.page) for p in record.source.pages)),
        )  # fmt: skip
        title = self._link(
            f"r{number}-title", form.form.title_places if form else (), _text(head.title) or "（无表名）"
        )
        return (
            f'<article class="record"><h2>{title}</h2><dl>'
            + "".join(f"<dt>{name}</dt><dd>{_text(value) if value else _none()}</dd>" for name, value in facts)
            + f"</dl>{self._fields(number, record, form)}{self._indicators(number, record, form)}"
            + f"{_repairs(record.repairs)}{_findings(record.findings)}</article>"
        )

    def _fields(self, number: int, record: Record, form: LabelledForm | None) -> str:
        if not record.fields:
            return ""
        entries = form.fields if form is not None and len(form.fields) == len(record.fields) else None
        rows = []
        for i, (key, value) in enumerate(record.fields.items()):
            cells = [*entries[i].values, *entries[i].labels] if entries else []
            rows.append(self._field(f"r{number}-f{i}", key, value, cells))
        return f"<h3>字段（{len(rows)}）</h3><table><tr><th>标签</th><th>值</th><th></th></tr>{''.join(rows)}</table>"

    def _field(self, name: str, key: str, value: FieldValue, cells: Sequence[RowCell]) -> str:
        parsed = ""
        if value.parsed:
            known = _parsed(value.parsed)
            parsed = f'<span class="parsed">{_text(known)}</span>' if known else ""
        shown = self._link(name, cells, _long(value.value) if value.value else _none())
        row = f"<td>{_text(key)}</td><td>{shown}{parsed}</td><td>{_mark(value.review)}</td>"
        return f"<tr{_review_class(value.review)}>{row}</tr>"

    def _indicators(self, number: int, record: Record, form: LabelledForm | None) -> str:
        if not record.indicators:
            return '<p class="empty">没有指标行。</p>'
        rows = form.indicators if form is not None and len(form.indicators) == len(record.indicators) else None
        body = []
        for i, indicator in enumerate(record.indicators):
            row = rows[i] if rows else None
            single: dict[str, Sequence[RowCell]] = {
                "level1": [row.level1] if row and row.level1 else [],
                "level2": [row.level2] if row and row.level2 else [],
                "level3": [row.level3] if row and row.level3 else [],
                "target": row.target if row else (),
            }
            extra = [cell for _, cell in row.extra] if row else []
            body.append(self._indicator(f"r{number}-i{i}", indicator, single, extra))
        head = "".join(f"<th>{word}</th>" for word in ("一级", "二级", "三级", "目标值", "其他列", ""))
        return f"<h3>指标（{len(body)}）</h3><table><tr>{head}</tr>{''.join(body)}</table>"

    def _indicator(
        self, name: str, indicator: Indicator, cells: Mapping[str, Sequence[RowCell]], extra: Sequence[RowCell]
    ) -> str:
        parts = []
        for level, text in (("level1", indicator.level1), ("level2", indicator.level2), ("level3", indicator.level3)):
            shown = self._link(f"{name}-{level}", cells[level], _text(text) if text else _none())
            parts.append(f'<td class="{level}">{shown}{_status(indicator, level)}</td>')
        target = indicator.target
        shown = self._link(f"{name}-target", cells["target"], _text(target.value) if target else _none())
        taken = ""
        if target is not None and target.kind == "number":
            pieces = (target.operator, target.number, target.unit)
            taken = f'<span class="parsed">{_text(" | ".join(piece or "–" for piece in pieces))}</span>'
        parts.append(f'<td class="target">{shown}{taken}{_status(indicator, "target")}</td>')
        rest = "\n".join(f"{key}：{value}" for key, value in indicator.extra.items())
        rest = f"〔{indicator.period}〕\n{rest}" if indicator.period else rest
        parts.append(f'<td class="extra">{self._link(f"{name}-extra", extra, _text(rest)) if rest else ""}</td>')
        return f"<tr{_review_class(indicator.review)}>{''.join(parts)}<td>{_mark(indicator.review)}</td></tr>"

    def _link(self, name: str, cells: Sequence[RowCell] | tuple[Place, ...], inner: str) -> str:
        """A value as a link to the cells it came from, and those cells linked back to it."""
        spots: dict[str, Spot] = {}
        for cell in cells:
            known = self.roles.spots_at(cell) if isinstance(cell, Place) else self.roles.spots_of(cell)
            spots.update((spot.name, spot) for spot in known)
        if not spots:
            return f'<span id="{name}">{inner}</span>'
        for spot in spots.values():
            spot.values.append(name)
        targets = " ".join(f"{mark}{spot}" for spot in spots for mark in self._marks(spot))
        return f'<a id="{name}" href="#{targets.split()[0]}" data-to="{targets}">{inner}</a>'

    def _marks(self, spot: str) -> tuple[str, ...]:
        """A cell on a page with a picture is marked there first, and in the table under it."""
        index = int(spot[1:].split("-", 1)[0])
        return ("o", "") if index in self.pictures else ("",)


def _turn(page: PageReading) -> int:
    """How many quarters of a turn, clockwise, a page's text runs off the picture's lines: outlines begin top left."""
    votes = [0.0] * 4
    for block in page.blocks:
        for polygon in [block.place.polygon] if isinstance(block, Line) else [r.cell.polygon for r in block.readings]:
            if len(polygon) == 4:
                (x0, y0), (x1, y1) = polygon[:2]
                votes[round(math.atan2(y1 - y0, x1 - x0) / (math.pi / 2)) % 4] += math.hypot(x1 - x0, y1 - y0)
    return max(range(4), key=lambda turn: votes[turn])


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


def _text(text: object) -> str:
    return escape(_UNSHOWN.sub("\ufffd", str(text)), quote=True)


def _long(text: str) -> str:
    """A text; a long one in a box of its own that scrolls, so that the cells around it stay in sight."""
    return f'<div class="long">{_text(text)}</div>' if len(text) > 400 else _text(text)


def _parsed(values: Mapping[str, object]) -> str:
    """What a field was taken apart into, in words; keys that nobody named stay as they are."""
    parts = []
    for key, value in values.items():
        if key in ("kind", "options") or value in (None, "", []):
            continue
        shown = "、".join(map(str, value)) if isinstance(value, list) else value
        parts.append(f"{_PARSED_WORDS.get(key, key)}：{shown}")
    return "；".join(parts)


def _none() -> str:
    return '<span class="empty">（空）</span>'


def _tag(spot: Spot) -> str:
    return f'<small class="tag">{ROLES[spot.role][0]}</small>' if spot.role in ROLES else ""


def _word(role: str) -> str:
    return ROLES[role][0] if role in ROLES else "未用"


def _legend() -> str:
    items = "".join(f'<li><span class="{role}">{word}</span></li>' for role, (word, _) in ROLES.items())
    return (
        f'<ul class="legend" aria-label="图例">{items}<li><span class="doubt">虚线框：把握不足</span></li>'
        '<li><span class="review">⚑ 待核</span></li></ul>'
    )


def _where(place: Place) -> str:
    if place.line is not None:
        return f"第 {place.line + 1} 行"
    if place.sheet is not None:
        return f"{place.sheet}!{place.cell or ''}"
    return ""


def _review_class(review: bool) -> str:
    return ' class="review"' if review else ""


def _mark(review: bool) -> str:
    return '<span class="mark">⚑ 待核</span>' if review else ""


def _status(indicator: Indicator, name: str) -> str:
    cell = indicator.cells.get(name)
    if cell is None or cell.status not in _STATUS_WORDS:
        return ""
    raw = f"：原文 {cell.raw}" if cell.status == "repaired" else ""
    return f'<span class="parsed">{_text(_STATUS_WORDS[cell.status] + raw)}</span>'


def _repairs(repairs: Iterable[RepairEntry]) -> str:
    rows = [
        f"<tr><td>{_STATUS_WORDS[r.status]}</td><td>{_text(r.at)}</td><td>{_text(r.raw)}</td><td>{_text(r.value)}</td>"
        f"<td>{r.score:.2f}</td><td>{_text(r.reason)}</td></tr>"
        for r in repairs
    ]
    if not rows:
        return ""
    head = "".join(f"<th>{word}</th>" for word in ("", "位置", "原文", "改为", "得分", "理由"))
    return f"<h3>更正与建议（{len(rows)}）</h3><table><tr>{head}</tr>{''.join(rows)}</table>"


def _findings(findings: Iterable[Finding]) -> str:
    items = [
        f'<li><span class="{"mark" if f.severity != "info" else ""}">{_SEVERITY_WORDS[f.severity]}</span> '
        f'{_text(f.message)} <span class="empty">{_text(f.at)} · {_text(f.code)}</span>'
        + (f'<span class="parsed">{_text(f.remedy)}</span>' if f.remedy else "")
        + "</li>"
        for f in findings
    ]
    return f'<h3>问题（{len(items)}）</h3><ul class="plain">{"".join(items)}</ul>' if items else ""
