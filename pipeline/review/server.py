"""Opens the workbench: Django set up without a database of its own, served by waitress on the loopback address."""

from __future__ import annotations

import hmac
import secrets
import socket
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.errors import UsageError
from pipeline.review.acts import Desk
from pipeline.review.exports import Exports
from pipeline.store import Store

_HOST = "127.0.0.1"
# A working day: whoever closes the browser comes back without a new address, and nobody does the day after.
_SESSION_SECONDS = 12 * 3600
# Pictures of pages ahead are made while the reviewer reads: a few threads more than reviewers.
_THREADS = 8


@dataclass
class Workbench:
    """One running workbench: its desk, its port and the tokens that let somebody in once."""

    desk: Desk
    port: int
    who: str
    exports: Exports
    _tokens: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def hosts(self) -> tuple[str, ...]:
        """How this address may be called."""
        return (f"{_HOST}:{self.port}", f"localhost:{self.port}")

    @property
    def origins(self) -> tuple[str, ...]:
        """The origins of its own pages."""
        return tuple(f"http://{host}" for host in self.hosts)

    def address(self) -> str:
        """A new address that lets one browser in, once."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._tokens.add(token)
        return f"http://{_HOST}:{self.port}/enter?token={token}"

    def admit(self, token: str) -> bool:
        """Take a token back; True where it was given out and not used."""
        with self._lock:
            found = next((known for known in self._tokens if hmac.compare_digest(known.encode(), token.encode())), None)
            if found is not None:
                self._tokens.discard(found)
            return found is not None


def application(workbench: Workbench) -> Callable[..., Iterable[bytes]]:
    """The workbench as a WSGI application."""
    configure(workbench.port)
    from django.core.handlers.wsgi import WSGIHandler
    from django.template.loader import get_template

    handler = WSGIHandler()
    for page in ("home", "work", "sheet"):  # compiled now, and not while the first reviewer waits
        get_template(f"review/{page}.html")

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["zhibiao.workbench"] = workbench
        return handler(environ, start_response)

    return answer


def configure(port: int) -> None:
    """Set Django up, once a process."""
    import django
    from django.conf import settings

    if settings.configured:
        return
    room = "pipeline.review"
    settings.configure(
        DEBUG=False,
        # New at every start: a cookie of an earlier one lets nobody in.
        SECRET_KEY=secrets.token_urlsafe(48),
        ALLOWED_HOSTS=[_HOST, "localhost"],
        ROOT_URLCONF=f"{room}.urls",
        INSTALLED_APPS=["django.contrib.staticfiles", "django_htmx"],
        MIDDLEWARE=[
            f"{room}.guard.check_origin",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django_htmx.middleware.HtmxMiddleware",
            f"{room}.guard.check_session",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "DIRS": [Path(__file__).parent / "templates"],
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.csrf",
                        "django.template.context_processors.request",
                        f"{room}.site.around",
                    ],
                    "builtins": ["django.templatetags.static", f"{room}.marks"],
                },
            }
        ],
        STATICFILES_DIRS=[Path(__file__).parent / "static"],
        STATIC_URL="/static/",
        DATABASES={},
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        # Cookies know no ports: two workbenches on one machine must not throw each other out.
        SESSION_COOKIE_NAME=f"zhibiao-{port}",
        SESSION_COOKIE_AGE=_SESSION_SECONDS,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Strict",
        CSRF_USE_SESSIONS=True,
        CSRF_FAILURE_VIEW=f"{room}.site.csrf_failure",
        DATA_UPLOAD_MAX_MEMORY_SIZE=1 << 20,
        USE_TZ=True,
        USE_I18N=False,
        LOGGING_CONFIG=None,
    )
    django.setup()


@dataclass
class Serving:
    """A workbench that listens."""

    workbench: Workbench
    server: Any

    def run(self) -> None:
        """Answer until interrupted or closed."""
        desk = self.workbench.desk
        threading.Thread(target=desk.keep_true, name="zhibiao-review-count", daemon=True).start()
        try:
            self.server.run()
        finally:
            self.close()

    def close(self) -> None:
        """Stop, and remove what was made for downloads."""
        self.workbench.desk.close()
        self.server.close()
        self.workbench.exports.close()


def serve(store: Store, *, who: str, words: Path, port: int = 0, on_ready: Callable[[str], None] = print) -> None:
    """Open the workbench and answer until interrupted; `on_ready` gets the one-time address.

    Raises UsageError where the port is taken.
    """
    serving = listen(store, who=who, words=words, port=port)
    on_ready(serving.workbench.address())
    serving.run()


def listen(store: Store, *, who: str, words: Path, port: int = 0) -> Serving:
    """Open the workbench on the loopback address, nowhere else. Raises UsageError where the port is taken."""
    from waitress.server import create_server

    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((_HOST, port))
    except OSError as error:
        listener.close()
        raise UsageError(f"port {port}: cannot be used ({error.strerror}); leave --port out for a free one") from error
    desk = Desk(store, words)
    workbench = Workbench(desk, listener.getsockname()[1], who, Exports(store.where))
    server = create_server(application(workbench), sockets=[listener], threads=_THREADS, ident=None)
    return Serving(workbench, server)
