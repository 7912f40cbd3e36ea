"""The account: how far the review is, what was decided and looked at, and what can be taken away."""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from pipeline.decisions import Decision
from pipeline.review.acts import Said
from pipeline.review.exports import FORMATS
from pipeline.review.guard import workbench_of
from pipeline.review.sight import ACTS, KINDS, PARTS, REPAIR_KINDS
from pipeline.review.site import who_is
from pipeline.review.words import FINDINGS

# Bars of one chart: more are a table that nobody reads.
_BARS = 12
_LISTED = 50


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart of bars, with its rows: word, number, query of the desk that shows them."""

    title: str
    unit: str
    rows: list[tuple[str, int, str]]
    rest: int = 0

    @property
    def most(self) -> int:
        """The longest bar."""
        return max((number for _, number, _ in self.rows), default=0)


def _chart(title: str, unit: str, counts: dict[str, int], words: dict[str, str] | None = None, to: str = "") -> Chart:
    ordered = sorted(counts.items(), key=lambda c: -c[1]) if to != "year" else sorted(counts.items())
    rows = [
        ((words or {}).get(code, code) or "（无）", number, f"{to}={code}" if to and code else "")
        for code, number in ordered[:_BARS]
    ]
    return Chart(title, unit, rows, sum(number for _, number in ordered[_BARS:]))


def home(request: HttpRequest) -> HttpResponse:
    """The first page: how far, how fast, how long yet, what was found where."""
    desk = workbench_of(request).desk
    desk.waiting.catch_up()
    p, waiting = desk.progress, desk.waiting
    total = len(waiting.stops)
    charts = [
        _chart("待定的值：按原因", "处", dict(waiting.words("kind")), KINDS, "kind"),
        _chart("待定的值：按年度", "处", dict(waiting.words("year")), None, "year"),
        _chart("待定的值：按单位", "处", dict(waiting.words("agency")), None, "agency"),
        _chart("更正与建议：按类型", "处", p.repairs_by_kind, REPAIR_KINDS),
        _chart("问题：按类型", "处", p.findings_by_code, FINDINGS),
    ]
    for name, title, to in (
        ("repairs_by_year", "更正与建议：按年度", "year"), ("repairs_by_agency", "更正与建议：按单位", "agency"),
        ("findings_by_year", "问题：按年度", "year"), ("findings_by_agency", "问题：按单位", "agency"),
    ):  # fmt: skip
        if counts := getattr(p, name):
            charts.append(_chart(title, "处", counts, None, to))
    context = {
        "p": p, "open": waiting.open, "total": total, "done": total - waiting.open, "pace": desk.pace(),
        "share": (total - waiting.open) / total if total else 1.0, "charts": charts, "counted": desk.counted,
        "groups": len({waiting.stops[s].bundle for s in range(total) if not waiting.stops[s].decided}),
        "formats": FORMATS, "jobs": list(workbench_of(request).exports.jobs.values())[::-1],
    }  # fmt: skip
    return render(request, "review/home.html", context)


@dataclass(frozen=True, slots=True)
class Line:
    """A decision in the history."""

    decision: Decision
    part: str
    undone: bool
    last: bool  # on its value: only that one can be undone
    key: str | None
    batch_of: int


def history(request: HttpRequest) -> HttpResponse:
    """Who decided what and when, with what can be undone; and who looked at what."""
    return show_history(request, None)


def show_history(request: HttpRequest, said: Said | None) -> HttpResponse:
    """The history, after an act or by itself."""
    desk = workbench_of(request).desk
    given = request.GET.get("most", "")
    most = min(int(given), 10_000) if given.isdecimal() else _LISTED
    recent = desk.reviews.recent(limit=most)
    undone = {d.undoes for d in recent if d.undoes is not None}
    alike = Counter(d.batch for d in recent if d.batch)
    first: set[str] = set()
    anchors: set[str] = set()
    lines = []
    for decision in recent:
        fresh = decision.batch and decision.batch not in first
        first.add(decision.batch)
        part = PARTS.get(decision.anchor.part, decision.anchor.part.removeprefix("extra."))
        lines.append(
            Line(
                decision,
                part,
                decision.id in undone,
                decision.anchor.key not in anchors,
                desk.key_of(decision),
                alike[decision.batch] if fresh else 0,
            )
        )
        anchors.add(decision.anchor.key)
    desk.reviews.look(who_is(request), "查看决定与日志")
    looks = desk.reviews.looks(limit=most)
    template = "review/decisions.html" if request.headers.get("HX-Request") else "review/history.html"
    return render(request, template, {"lines": lines, "looks": looks, "said": said, "most": most, "more": most * 5})


def audit_csv(request: HttpRequest) -> HttpResponse:
    """All decisions and looks as CSV, for an auditor."""
    desk = workbench_of(request).desk
    desk.reviews.look(who_is(request), "下载复核日志")
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ("时间", "何人", "动作", "部位", "读作", "之前", "之后", "理由", "批次", "撤销", "文件摘要", "页", "位置")
    )
    for d in desk.reviews.recent(limit=10**9):
        writer.writerow(
            _tame(cell)
            for cell in (
                d.when, d.who, ACTS[d.action], d.anchor.part, d.anchor.raw, d.before or "", d.after or "", d.why,
                d.batch, d.undoes or "", d.anchor.sha256, d.anchor.number + 1, d.anchor.place,
            )
        )  # fmt: skip
    for look in desk.reviews.looks(limit=10**9):
        writer.writerow(_tame(cell) for cell in (look.made, look.who, "查看", look.what))
    response = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="zhibiao-audit.csv"'
    return response


def _tame(cell: object) -> str:
    """A cell that no spreadsheet takes for a formula."""
    text = str(cell)
    return f"'{text}" if text[:1] in "=+-@\t\r" and text else text


def exports(request: HttpRequest) -> HttpResponse:
    """Have a file made, and say how far the files are."""
    workbench = workbench_of(request)
    if request.method == "POST" and request.POST.get("format") in FORMATS:
        format_ = request.POST["format"]
        workbench.desk.reviews.look(who_is(request), f"导出 {FORMATS[format_][0]}")
        workbench.exports.begin(format_, datetime.now().astimezone().strftime("%H:%M:%S"), mask="mask" in request.POST)
    jobs = list(workbench.exports.jobs.values())[::-1]
    return render(request, "review/jobs.html", {"jobs": jobs, "making": any(job.state == "making" for job in jobs)})


def download(request: HttpRequest, job: str) -> HttpResponseBase:
    """A file that is ready."""
    workbench = workbench_of(request)
    found = workbench.exports.jobs.get(job)
    if found is None or found.state != "ready":
        raise Http404
    workbench.desk.reviews.look(who_is(request), f"下载 {found.name}")
    return FileResponse(found.path.open("rb"), as_attachment=True, filename=found.name)
