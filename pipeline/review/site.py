"""The frame of every page: coming in, going out, who is here, the programs' own files."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.views import serve
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render

from pipeline.review.guard import refuse, workbench_of

# Longer names are no names.
_LONGEST_NAME = 40


def who_is(request: HttpRequest) -> str:
    """Who decides in this session."""
    return str(request.session["who"])


def around(request: HttpRequest) -> dict[str, Any]:
    """What every template knows."""
    return {"who": request.session.get("who", "") if hasattr(request, "session") else ""}


def enter(request: HttpRequest) -> HttpResponse:
    """Let the holder of a one-time token in."""
    workbench = workbench_of(request)
    if not workbench.admit(request.GET.get("token", "")):
        if request.session.get("who"):  # the same address opened again in the same browser
            return HttpResponseRedirect("/")
        return refuse("这个地址已经用过，或不属于这次启动。请在终端里重新启动 zhibiao review，并打开新的地址。")
    request.session["who"] = workbench.who
    # A page of its own goes on, and not a redirect: a browser that came by a link would hold the new cookie back.
    return render(request, "review/enter.html")


def leave(request: HttpRequest) -> HttpResponse:
    """End the session and empty the browser's cache of what it saw; or set the name under which decisions are made."""
    if request.method == "POST" and "who" in request.POST:
        name = "".join(char for char in request.POST["who"] if char.isprintable()).strip()[:_LONGEST_NAME]
        if name and name != who_is(request):
            workbench_of(request).desk.reviews.look(name, f"以此名义复核（原为 {who_is(request)}）")
            request.session["who"] = name
        return HttpResponseRedirect("/")
    if request.method == "POST" and "another" in request.POST:
        address = workbench_of(request).address()
        return render(request, "review/another.html", {"address": address})
    if request.method != "POST":
        return HttpResponseRedirect("/")
    request.session.flush()
    response = render(request, "review/left.html")
    response["Clear-Site-Data"] = '"cache"'
    return response


def static_file(request: HttpRequest, path: str) -> HttpResponseBase:
    """A file of the workbench or of the packages it is built on; nothing comes from elsewhere."""
    response = serve(request, path, insecure=True)
    response["Cache-Control"] = "private, max-age=3600"
    return response


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Say that a request did not come from a page of this session."""
    return refuse("页面已过期，请刷新后再试。没有写入任何决定。")
