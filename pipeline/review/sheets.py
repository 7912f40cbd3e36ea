"""Pictures: the crop around a value, the whole page with its cells."""

from __future__ import annotations

import re
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from pipeline.errors import PipelineError
from pipeline.review.guard import workbench_of
from pipeline.review.pictures import Crop, PictureError, turn_of
from pipeline.review.sight import boxes, parsed
from pipeline.review.site import who_is
from pipeline.review.work import query_of, wanted_of
from pipeline.store import PagePicture

_BOX = re.compile(r"(\d{1,6})-(\d{1,6})-(\d{1,6})-(\d{1,6})")
# Long enough to step back and forth; `leave` empties the browser's cache before that.
_KEEP = "private, max-age=900"


def _picture(request: HttpRequest, record: int, page: int) -> PagePicture:
    found = workbench_of(request).desk.reviews.picture(record, page)
    if found is None:
        raise Http404
    return found


def crop(request: HttpRequest, record: int, page: int, box: str) -> HttpResponse:
    """A part of a page."""
    match = _BOX.fullmatch(box)
    if match is None:
        raise Http404
    x, y, width, height = (int(part) for part in match.groups())
    wanted = Crop(x, y, width, height)
    if not (wanted.width and wanted.height):
        raise Http404
    picture = _picture(request, record, page)
    try:
        content = workbench_of(request).desk.pictures.crop(picture, wanted)
    except PictureError as error:
        raise Http404 from error
    return _jpeg(content)


def page(request: HttpRequest, record: int, page: int) -> HttpResponse:
    """A whole page."""
    picture = _picture(request, record, page)
    try:
        content = workbench_of(request).desk.pictures.whole(picture)
    except PipelineError as error:
        raise Http404 from error
    return _jpeg(content)


def _jpeg(content: bytes) -> HttpResponse:
    if not content:
        raise Http404
    response = HttpResponse(content, content_type="image/jpeg")
    response["Cache-Control"] = _KEEP
    return response


def sheet(request: HttpRequest, record: int, page: int) -> HttpResponse:
    """The whole page with the outlines of its values, to zoom and to move."""
    desk = workbench_of(request).desk
    picture = _picture(request, record, page)
    context: dict[str, Any] = {"picture": picture, "record": record, "page": page, "at": request.GET.get("at", ""),
               "query": query_of(wanted_of(request.GET))}  # fmt: skip
    try:
        context["size"] = desk.pictures.size(picture)
    except PictureError as error:
        context["unseen"] = str(error)
        return render(request, "review/sheet.html", context)
    found = []
    for number in desk.reviews.records_beside(record, page):
        if body := desk.reviews.record_body(number):
            whole = parsed(body)
            decided = desk.sights.decided_values(number, whole)
            found += boxes(number, whole, page, desk.reviews.marks(number), decided)
    turn = turn_of((box.polygon for box in found), *context["size"])
    context |= {"boxes": found, "turn": turn, "upright": [round(side) for side in turn.size]}
    desk.reviews.look(who_is(request), f"{picture.document} 第 {page} 页（整页）", record)
    return render(request, "review/sheet.html", context)
