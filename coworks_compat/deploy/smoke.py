"""One HTTP call to a stage that says whether a release works."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Final

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from http.client import HTTPMessage

    from coworks_compat.config import Secret
    from coworks_compat.config.model import Smoke

_TIMEOUT: Final = 15.0  # seconds; API Gateway itself gives up after 29
_TRIES: Final = 3
_PAUSE: Final = 1.0


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows nowhere: the token is for this URL, and a redirect is an answer like others."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def smoke_call(
    url: str, smoke: Smoke, environ: Mapping[str, Secret], *, pause: float = _PAUSE, timeout: float = _TIMEOUT
) -> Callable[[], str | None]:
    """A call to make after a release: it says what is wrong, None when nothing is.

    Raises:
        ConfigError: the variable that holds the token is not one of the stage's.
    """
    address = url.rstrip("/") + smoke.path
    if not address.startswith(("https://", "http://")):
        raise ConfigError(f"invalid URL {url!r}", help="it begins with https://")
    request = urllib.request.Request(address, method=smoke.method)  # noqa: S310
    if smoke.token_variable is not None:
        if smoke.token_variable not in environ:
            raise ConfigError(
                f"'smoke.token_variable' is {smoke.token_variable!r}, which the stage's environment lacks",
                help="name one of environment_variables",
            )
        request.add_unredirected_header("Authorization", environ[smoke.token_variable].reveal())
    opener = urllib.request.build_opener(_Stay)

    def call() -> str | None:
        wrong: str | None = None
        for number in range(_TRIES):
            if number:
                time.sleep(pause)
            wrong = _answer(opener, request, smoke, timeout)
            if wrong is None:
                return None
        return f"{smoke.method} {smoke.path}: {wrong}"

    return call


def _answer(
    opener: urllib.request.OpenerDirector, request: urllib.request.Request, smoke: Smoke, timeout: float
) -> str | None:
    try:
        with opener.open(request, timeout=timeout) as response:
            status = int(response.status)
    except urllib.error.HTTPError as error:
        with error:
            status = error.code
    except OSError as error:
        return f"no answer ({type(error).__name__})"
    good = status in smoke.status if smoke.status else status < 500
    if good:
        return None
    return f"status {status} instead of {' or '.join(map(str, smoke.status)) or 'one below 500'}"
