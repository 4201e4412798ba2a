"""The console as a WSGI application in front of the service. It keeps no token, and writes none anywhere.

Only pages of this server may use it: the name in the Host header must be an address or the server's own, and what asks
for decisions carries a header that a page of another origin cannot send.
"""

from __future__ import annotations

import ipaddress
import json
import os
import threading
from collections import deque
from http import HTTPStatus
from importlib.resources import files
from typing import TYPE_CHECKING

from coworks_compat.cli.access import known_tokens
from coworks_compat.console.trial import trial

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from _typeshed.wsgi import StartResponse, WSGIEnvironment

    from coworks_compat.cli.serving import LocalService
    from cwsauth.gateway import CallRecord

ROOT = "/_cws/"
_ASSETS = {
    "": ("page.html", "text/html"),
    "page.css": ("page.css", "text/css"),
    "page.js": ("page.js", "text/javascript"),
}
_POLICY = "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
_LIMIT = 65536  # bytes of a request to the console


class Trail:
    """The last calls of the service, for the console; `then` gets every record too."""

    def __init__(self, then: Callable[[CallRecord], object]) -> None:
        self._then = then
        self._records: deque[CallRecord] = deque(maxlen=100)
        self._lock = threading.Lock()
        self._count = 0

    def __call__(self, record: CallRecord) -> None:
        """Keeps a record."""
        with self._lock:
            self._count += 1
            self._records.appendleft(record)
        self._then(record)

    def latest(self) -> list[dict[str, object]]:
        """The records, newest first, as data with a number each."""
        with self._lock:
            first, records = self._count, list(self._records)
        return [{"number": first - place, **_record(record)} for place, record in enumerate(records)]


class Console:
    """WSGI: the page and its data below /_cws/, the service everywhere else."""

    def __init__(self, service: LocalService, trail: Trail, host: str) -> None:
        self.service = service
        self.trail = trail
        self.host = host

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        path = str(environ.get("PATH_INFO", ""))
        if not f"{path}/".startswith(ROOT):
            return self.service(environ, start_response)
        if not self._is_here(environ):
            return _answer(start_response, 403, "text/plain", b"the console is for this machine's own address\n")
        name = path.removeprefix(ROOT)
        method = environ["REQUEST_METHOD"]
        if method == "GET" and path == ROOT.rstrip("/"):
            return _answer(start_response, 308, "text/plain", b"", ("Location", ROOT))
        if method == "GET" and name in _ASSETS:
            asset, kind = _ASSETS[name]
            return _answer(start_response, 200, kind, files(__package__).joinpath(asset).read_bytes())
        if method == "GET" and name == "state.json":
            return _json(start_response, self._state())
        if method == "POST" and name in ("try.json", "call.json", "flush.json"):
            if environ.get("HTTP_X_CWS_CONSOLE") != "1":
                return _answer(start_response, 403, "text/plain", b"only the console's own page may ask\n")
            if name == "flush.json":
                self.service.loaded.gateway.flush_authorizer_cache()
                return _json(start_response, self._state())
            return self._asked(name, environ, start_response)
        return _answer(start_response, 404, "text/plain", b"not found\n")

    def _state(self) -> dict[str, object]:
        loaded = self.service.loaded
        routes = [
            {"method": verb, "template": template, "guard": getattr(entry.authorizer, "name", None)}
            for template, views in loaded.app.routes.items()
            if "//" not in template
            for verb, entry in views.items()
        ]
        return {
            "service": loaded.app.app_name,
            "stage": loaded.stage.name,
            "tokens": sorted(known_tokens(loaded.stage.environment_variables)),
            "routes": routes,
            "cached": loaded.gateway.cached_answers,
            "calls": self.trail.latest(),
        }

    def _asked(self, name: str, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Decisions on a token, or one call with it; the token is sent, or named by the variable that holds it."""
        length = environ.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or int(length) > _LIMIT:
            return _answer(start_response, 413, "text/plain", b"too large\n")
        try:
            asked = json.loads(environ["wsgi.input"].read(int(length)))
        except ValueError:
            asked = None
        if not isinstance(asked, dict):
            return _answer(start_response, 400, "text/plain", b"a JSON object is needed\n")
        token = self._token(asked)
        if name == "call.json":
            return self._call(asked, token, start_response)
        if token is None:
            return _answer(start_response, 400, "text/plain", b"type a token, or choose one\n")
        loaded = self.service.loaded
        return _json(start_response, trial(loaded.app, token, loaded.gateway.stage))

    def _token(self, asked: Mapping[str, object]) -> str | None:
        variable, token = asked.get("variable"), asked.get("token")
        if isinstance(variable, str) and variable in known_tokens(self.service.loaded.stage.environment_variables):
            return os.environ[variable]
        return token if isinstance(token, str) and token else None

    def _call(self, asked: Mapping[str, object], token: str | None, start_response: StartResponse) -> Iterable[bytes]:
        """A call of the service through its gateway, as a client makes it; its status and the beginning of its body."""
        method, path = asked.get("method"), asked.get("path")
        if not isinstance(method, str) or not isinstance(path, str):
            return _answer(start_response, 400, "text/plain", b"a method and a path are needed\n")
        headers = {} if token is None else {"Authorization": token}
        try:
            answer = self.service.loaded.gateway.call(method, path, headers=headers)
        except ValueError:
            return _answer(start_response, 400, "text/plain", b"a path begins with '/', and is percent-encoded\n")
        return _json(start_response, {"status": answer.status, "body": answer.text[:500]})

    def _is_here(self, environ: WSGIEnvironment) -> bool:
        """Whether the Host header is an address or this server's name: a name of somebody else may be rebound."""
        name = str(environ.get("HTTP_HOST", "")).strip().lower()
        name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
        if name in ("localhost", self.host.lower()):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def _record(record: CallRecord) -> dict[str, object]:
    why = record.reason or ("" if record.judgement is None else record.judgement.reason)
    return {
        "method": record.method,
        "path": record.path,
        "route": record.route,
        "status": record.status,
        "authorizer": record.authorizer,
        "cached": record.cached,
        "verdict": None if record.verdict is None else record.verdict.value,
        "why": why,
        "milliseconds": round(record.milliseconds, 1),
    }


def _json(start_response: StartResponse, data: object) -> Iterable[bytes]:
    return _answer(start_response, 200, "application/json", json.dumps(data).encode())


def _answer(
    start_response: StartResponse, status: int, kind: str, body: bytes, *more: tuple[str, str]
) -> Iterable[bytes]:
    headers = [
        ("Content-Type", f"{kind}; charset=utf-8"),
        ("Content-Length", str(len(body))),
        ("Content-Security-Policy", _POLICY),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "no-referrer"),
        ("Cache-Control", "no-store"),
        *more,
    ]
    start_response(f"{status} {HTTPStatus(status).phrase}", headers)
    return [body]
