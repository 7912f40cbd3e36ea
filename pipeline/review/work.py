"""The desk: one value at a time, what is decided on it, and where to go from there."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render

from pipeline.decisions import ACTIONS, Action
from pipeline.review.acts import TO_DICTIONARY, Desk, Said
from pipeline.review.guard import workbench_of
from pipeline.review.pictures import Crop, PictureError, crop_around
from pipeline.review.sight import KINDS, Value
from pipeline.review.site import who_is
from pipeline.review.waiting import Mode, Stop, Waiting, Wanted
from pipeline.store import PagePicture
from pipeline.store.search import Query, find_indicators

# Entries of the list beside the desk: what fits on a small screen without scrolling.
_LISTED = 11
# Crops made ready ahead of the reviewer.
_AHEAD = 3
# Indicators of all records that a search names below the list.
_ELSEWHERE = 6
# A text longer than this is edited in several lines.
_ONE_LINE = 40
# A longer one is a narrative, which begins at the top of its cell; a name stands in the middle of it.
_FILLS = 60
_GOES = {"next": (False, False), "previous": (True, False), "next-group": (False, True), "previous-group": (True, True)}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the list: a group, or a value of a form."""

    key: str
    text: str
    proposal: str | None
    part: str
    kind: str
    open: int
    here: bool


@dataclass(frozen=True, slots=True)
class Part:
    """What of a value stands on one page."""

    page: int
    crop: Crop
    outlines: tuple[str, ...]  # as SVG wants them


def wanted_of(values: Any) -> Wanted:
    """The wishes that an address or a form holds."""
    mode: Mode = "page" if values.get("mode") == "page" else "group"
    kind, year = values.get("kind", ""), values.get("year", "")[:4]
    return Wanted(
        mode, kind if kind in KINDS else "", year if year.isdecimal() else "", values.get("agency", "")[:200],
        values.get("find", "").strip()[:100],
    )  # fmt: skip


def query_of(wanted: Wanted, **more: str) -> str:
    """Wishes as they stand in an address."""
    return urlencode({**{k: v for k, v in asdict(wanted).items() if v}, **more})


def work(request: HttpRequest) -> HttpResponse:
    """The desk with the value that the address names, or the first that waits."""
    desk = workbench_of(request).desk
    wanted = wanted_of(request.GET)
    desk.waiting.catch_up()
    value = None
    if key := request.GET.get("key"):
        value = desk.sights.item(key)
    elif (record := request.GET.get("record", "")).isdecimal():
        if at := request.GET.get("at"):
            value = desk.sights.at(int(record), at)
        elif stop := desk.waiting.first_of(int(record)):
            value = desk.sights.item(stop.key)
        else:
            value = desk.sights.at(int(record), "indicators[0].level1")
    if value is None:
        value = _first(desk, wanted)
    return show(request, wanted, value)


def step(request: HttpRequest) -> HttpResponse:
    """The desk with the next or the previous value, group or form."""
    desk = workbench_of(request).desk
    wanted, key = wanted_of(request.GET), request.GET.get("key", "")
    back, leap = _GOES.get(request.GET.get("go", ""), (False, False))
    desk.waiting.catch_up()
    stop = desk.waiting.following(wanted, key, back=back, leap=leap)
    value = desk.sights.item(stop.key) if stop else None
    if value is not None:
        return show(request, wanted, value)
    said = Said("前面没有了。" if back else "后面没有待定的了。", bad=True)
    return show(request, wanted, desk.sights.item(key) or _first(desk, wanted), said)


def decide(request: HttpRequest) -> HttpResponse:
    """Decide on the value that the form names, and show the next."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    desk, form = workbench_of(request).desk, request.POST
    wanted, who = wanted_of(form), who_is(request)
    act, _, scope = form.get("act", "").partition("-")
    record = form.get("record", "")
    value = desk.sights.item(form.get("key", ""))
    if value is None and record.isdecimal():
        value = desk.sights.at(int(record), form.get("at", ""))
    if value is None:
        said = Said("这一处在重新解读后已不存在，没有写入决定。", bad=True)
        desk.waiting.load()
        return show(request, wanted, _first(desk, wanted), said)
    action, wordy = _action(act, value)
    if action is None or not form.get("seen", "").isdecimal():
        return show(request, wanted, value, Said("没有这种操作。", bad=True))
    following = desk.waiting.following(wanted, value.key, leap=scope == "all" and wanted.mode == "group")
    why = form.get("why", "").strip()[:500] or (TO_DICTIONARY if wordy else "")
    said = desk.decide(
        value, action, who, after=form.get("after", "").replace("\r\n", "\n"), why=why,
        scope="all" if scope == "all" else "one", seen=int(form["seen"]),
    )  # fmt: skip
    if said.bad:
        return show(request, wanted, desk.sights.item(value.key) or value, said)
    if wordy:
        name = (value.proposal if action == "accept" else value.now) or ""
        word = desk.add_word(value, name)
        said = Said(f"{said.text}。{word.text}", word.bad)
    if not value.grouping:  # a value that was not doubted: stay, and show what became of it
        return show(request, wanted, desk.sights.at(value.record_id, value.at) or value, said)
    if following is None or following.decided:
        following = desk.waiting.first(wanted)
    return show(request, wanted, _still_open(desk, wanted, following), said)


def _action(act: str, value: Value) -> tuple[Action | None, bool]:
    """The decision that a button stands for, and whether the name goes to the dictionary as well."""
    if act == "word":
        return ("confirm" if value.proposal is None or value.held else "accept"), True
    return next((action for action in ACTIONS if action == act and action != "undo"), None), False


def elsewhere(request: HttpRequest) -> HttpResponse:
    """What of all records holds the words that are looked for, doubted or not; asked for after the desk is there."""
    desk, wanted = workbench_of(request).desk, wanted_of(request.GET)
    query = Query(tuple(wanted.find.split()), agency=wanted.agency or None, year=int(wanted.year or 0) or None)
    hits = find_indicators(desk.store, query, limit=_ELSEWHERE) if query.words else []
    if hits:
        desk.reviews.look(who_is(request), f"查找“{wanted.find}”")
    response = render(request, "review/elsewhere.html", {"hits": hits, "query": query_of(wanted), "most": _ELSEWHERE})
    response["Cache-Control"] = "private, max-age=60"  # the next steps of the same search ask again
    return response


def undo(request: HttpRequest) -> HttpResponse:
    """Undo a reviewer's last act, or the decision or batch that the form names; show what it was about."""
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    desk, form = workbench_of(request).desk, request.POST
    wanted, who = wanted_of(form), who_is(request)
    if batch := form.get("batch"):
        said, about = desk.undo_batch(batch, who)
    elif form.get("decision", "").isdecimal():
        named = int(form["decision"])
        about = next((d for d in desk.reviews.history(form.get("anchor", "")) if d.id == named), None)
        said = desk.undo([about] if about else [], who)
    else:
        said, about = desk.undo_last(who)
    if "history" in form:
        from pipeline.review.account import show_history

        return show_history(request, said)
    key = desk.key_of(about) if about else None
    value = desk.sights.item(key or form.get("key", "")) or _first(desk, wanted)
    return show(request, wanted, value, said)


def _first(desk: Desk, wanted: Wanted) -> Value | None:
    return _still_open(desk, wanted, desk.waiting.first(wanted))


def _still_open(desk: Desk, wanted: Wanted, stop: Stop | None) -> Value | None:
    """The value of a stop, or of one after it where records were made again meanwhile."""
    while stop is not None:
        if (value := desk.sights.item(stop.key)) is not None:
            return value
        stop = desk.waiting.following(wanted, stop.key)
    return None


def show(request: HttpRequest, wanted: Wanted, value: Value | None, said: Said | None = None) -> HttpResponse:
    """The desk as a page, or as the part of it that changes."""
    desk = workbench_of(request).desk
    context: dict[str, Any] = {
        "wanted": wanted, "query": query_of(wanted), "said": said, "value": value, "kinds": KINDS,
        "left": desk.waiting.left(wanted), "open": desk.waiting.open, "total": len(desk.waiting.stops),
        "years": desk.waiting.words("year"), "agencies": desk.waiting.words("agency")[:200],
    }  # fmt: skip
    if value is not None:
        place = f"第 {value.page} 页 " if value.page else ""
        desk.reviews.look(who_is(request), f"{value.document} {place}{value.part_name}", value.record_id)
        context |= _value_context(desk, wanted, value)
        context["entries"] = _entries(desk.waiting, wanted, value.key)
    part = bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")
    response = render(request, "review/desk.html" if part else "review/work.html", context)
    if part:
        named = {"key": value.key} if value and value.grouping else {}
        if value and not value.grouping:
            named = {"record": str(value.record_id), "at": value.at}
        response["HX-Push-Url"] = f"/work?{query_of(wanted, **named)}"
    return response


def _value_context(desk: Desk, wanted: Wanted, value: Value) -> dict[str, Any]:
    waiting = desk.waiting
    position = waiting.by_key.get(value.key)
    bundle = waiting.bundles[waiting.stops[position].bundle] if position is not None else None
    alike = sum(not waiting.stops[s].decided for s in bundle.stops) if bundle else 0
    target = value.proposal if value.proposal is not None else value.now
    context: dict[str, Any] = {
        "alike": alike, "alike_all": len(bundle.stops) if bundle else 0,
        "turn": bundle.stops.index(position) + 1 if bundle and position is not None else 0,
        "rows": desk.sights.rows(value), "fields": desk.sights.fields(value),
        "draft": target, "many_lines": len(target) > _ONE_LINE or "\n" in target,
        "ahead": _crops_ahead(desk, wanted, value),
    }  # fmt: skip
    picture = desk.reviews.picture(value.record_id, value.page or 1)
    context["picture"] = picture
    try:
        context |= seen_of(desk, value, picture)
    except PictureError as error:
        context["unseen"] = str(error)
    return context


def seen_of(desk: Desk, value: Value, picture: PagePicture | None) -> dict[str, Any]:
    """The value's place: a crop of its page, the lines of its text, or the rows of its sheet."""
    if picture is None or not value.places:
        return {"unseen": "没有记下这一处在原件上的位置。"}
    if value.page is not None:
        parts = [
            part
            for page in dict.fromkeys([value.page, *(p["page"] for p in value.places if p.get("page"))])
            if (part := _part(desk, value, page, picture if page == value.page else None)) is not None
        ]
        return {"parts": parts, "scrolls": _is_long(value.read) or len(parts) > 1} if parts else {}
    place = value.places[0]
    if "line" in place:
        return {"lines": desk.pictures.lines(picture, place["line"], place.get("column", 0), value.anchor.raw)}
    if "cell" in place:
        return {"sheet": desk.pictures.sheet_rows(picture, place.get("sheet"), place["cell"])}
    return {}


def _part(desk: Desk, value: Value, page: int, picture: PagePicture | None) -> Part | None:
    """What of a value stands on a page; a cell that a page break cuts stands on two."""
    picture = picture or desk.reviews.picture(value.record_id, page)
    if picture is None:
        return None
    crop = crop_around(value.places, page, *desk.pictures.size(picture), whole=_is_long(value.read))
    outlines = tuple(
        " ".join(f"{x:g},{y:g}" for x, y in place["polygon"])
        for place in value.places
        if place.get("page") == page and place.get("polygon")
    )
    return Part(page, crop, outlines) if crop else None


def _is_long(text: str) -> bool:
    """Whether a text fills its cell, so that all of it is shown, to be scrolled, and not the middle."""
    return len(text) > _FILLS


def _crops_ahead(desk: Desk, wanted: Wanted, value: Value) -> list[str]:
    """Addresses of the crops that are wanted next."""
    found, waiting = [], desk.waiting
    stops = {stop.key: stop for stop in waiting.ahead(wanted, value.key, _AHEAD)}
    for ahead in desk.reviews.ahead(list(stops)):
        size = (ahead.width, ahead.height) if ahead.width and ahead.height else None
        whole = _is_long(waiting.bundles[stops[ahead.key].bundle].read)
        if size and (crop := crop_around(ahead.places, ahead.page, *size, whole=whole)):
            found.append(crop_address(ahead.record_id, ahead.page, crop))
    return found


def crop_address(record_id: int, page: int, crop: Crop) -> str:
    """Where a crop is had."""
    return f"/crop/{record_id}/{page}/{crop.box}.jpg"


def _entries(waiting: Waiting, wanted: Wanted, key: str) -> list[Entry]:
    """The list beside the desk, around where the reviewer is."""
    way = waiting.way(wanted)
    here = waiting.by_key.get(key)
    if wanted.mode == "group":
        bundles = way.bundles
        mine = waiting.stops[here].bundle if here is not None else -1
        turn = way.bundle_turn.get(mine, 0)
        start = max(min(turn - 2, len(bundles) - _LISTED), 0)
        listed = []
        for number in bundles[start : start + _LISTED]:
            bundle = waiting.bundles[number]
            fits = [waiting.stops[s] for s in bundle.stops if s in way.turn]
            waits = [stop for stop in fits if not stop.decided]
            listed.append(
                Entry((waits or fits)[0].key, bundle.read, bundle.proposal, bundle.part, bundle.kind, len(waits),
                      number == mine)
            )  # fmt: skip
        return listed
    turn = way.turn.get(here, 0) if here is not None else 0
    start = max(min(turn - 2, len(way.stops) - _LISTED), 0)
    entries = []
    for position in way.stops[start : start + _LISTED]:
        stop = waiting.stops[position]
        bundle = waiting.bundles[stop.bundle]
        entries.append(
            Entry(stop.key, bundle.read, bundle.proposal, bundle.part, bundle.kind, int(not stop.decided),
                  position == here)
        )  # fmt: skip
    return entries
