"""Who may ask: this machine only, from this page only, with the token of the printed address.

Stands before every view. Answers carry a policy that lets the browser load nothing but the workbench's own files.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.http import HttpRequest, HttpResponse, HttpResponseBase

if TYPE_CHECKING:
    from pipeline.review.server import Workbench

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
# What is reached without a session: the entrance, and the files of the programs themselves.
_OPEN = ("/enter", "/static/")
_SAFE = {"GET", "HEAD", "OPTIONS"}
GetResponse = Callable[[HttpRequest], HttpResponseBase]


def workbench_of(request: HttpRequest) -> Workbench:
    """The workbench that a request is for."""
    found: Workbench = request.META["zhibiao.workbench"]
    return found


def refuse(text: str) -> HttpResponse:
    """Say no, and why."""
    return HttpResponse(text, status=403, content_type="text/plain; charset=utf-8")


def check_origin(get_response: GetResponse) -> GetResponse:
    """Refuse requests that name another host or come from another page, and set the policies of every answer."""

    def guarded(request: HttpRequest) -> HttpResponseBase:
        response = _foreign(request) or get_response(request)
        response["Content-Security-Policy"] = POLICY
        response["Cross-Origin-Opener-Policy"] = "same-origin"
        response["Cross-Origin-Resource-Policy"] = "same-origin"
        response["Referrer-Policy"] = "same-origin"
        response["X-Content-Type-Options"] = "nosniff"
        response["X-Frame-Options"] = "DENY"
        response["Permissions-Policy"] = "camera=(), microphone=(), geolocation=(), payment=()"
        response.setdefault("Cache-Control", "no-store")
        return response

    return guarded


def _foreign(request: HttpRequest) -> HttpResponse | None:
    workbench = workbench_of(request)
    # Another name for this address is how a foreign page would reach it (DNS rebinding).
    if request.META.get("HTTP_HOST", "") not in workbench.hosts:
        return refuse("请使用启动时显示的地址。")
    origin = request.META.get("HTTP_ORIGIN")
    if origin is not None and origin not in workbench.origins:
        return refuse("不接受来自其他网页的请求。")
    site = request.META.get("HTTP_SEC_FETCH_SITE", "none")
    entering = request.path == "/enter" and request.method == "GET"
    if site not in ("same-origin", "none") and not entering:
        return refuse("不接受来自其他网页的请求。")
    # Browsers name the origin of everything that changes something; what does not is no browser of a reviewer.
    if request.method not in _SAFE and origin is None:
        return refuse("请求没有说明来源。")
    return None


def check_session(get_response: GetResponse) -> GetResponse:
    """Let nobody in without the session that the one-time token gave."""

    def guarded(request: HttpRequest) -> HttpResponseBase:
        if not request.path.startswith(_OPEN) and not request.session.get("who"):
            return refuse("此页需要启动时显示的一次性地址。若服务已重新启动，请在终端里打开新的地址。")
        return get_response(request)

    return guarded
