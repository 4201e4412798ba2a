"""`python -m examples.techms` serves the service as `cws run` does; `--once` calls it over HTTP and checks the answers."""

from __future__ import annotations

import argparse
import http.client
import os
import secrets
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from coworks_compat.cli.serving import LocalService, Source, show_access, show_call
from coworks_compat.console import Console, Trail
from coworks_compat.local import local_server
from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cwsauth.gateway.server import Server

HERE = Path(__file__).parent
VARIABLES = {"admin": "ADMIN_TOKEN", "user": "USER_TOKEN"}


class Call(NamedTuple):
    method: str
    path: str
    admin: int
    user: int
    stranger: int
    nobody: int


# Written by hand: nothing here asks the engine.
CALLS = [
    Call("GET", "/health", 200, 200, 200, 200),
    Call("GET", "/", 200, 403, 403, 401),
    Call("GET", "/product", 200, 403, 403, 401),
    Call("GET", "/product/1", 200, 200, 403, 401),
    Call("PUT", "/product/2", 201, 201, 403, 401),
    Call("GET", "/product/9", 404, 404, 403, 401),
    Call("GET", "/product/stock/1/here", 200, 403, 403, 401),
    Call("GET", "/order/7", 200, 403, 403, 401),
    Call("GET", "/admin/routes", 200, 403, 403, 401),
    # Not declared: API Gateway says 403 before it asks anybody.
    Call("GET", "/roduct/1", 403, 403, 403, 403),
    Call("DELETE", "/product/1", 403, 403, 403, 403),
]


def main(arguments: list[str] | None = None) -> int:
    """0 when done, 1 when an answer was not the expected one or the address cannot be had."""
    parser = argparse.ArgumentParser(prog="python -m examples.techms", description=__doc__)
    parser.add_argument("--once", action="store_true", help="call it on a free port, check the answers, and stop")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 is a free one (default: 8000)")
    options = parser.parse_args(arguments)
    tokens, made = demo_tokens()
    os.environ.update({VARIABLES[caller]: tokens[caller] for caller in VARIABLES})
    trail = Trail((lambda record: None) if options.once else show_call)
    service = LocalService(Source(HERE), trail)
    try:
        server = local_server(Console(service, trail, options.host), options.host, 0 if options.once else options.port)
    except ConfigError as error:
        print(f"error: {error}\nhelp: {error.help}", file=sys.stderr)
        return 1
    if options.once:
        with server:
            show_access(service.loaded)
            return check(server, tokens)
    print(f"The service is served at {server.url}, a page to try tokens at {server.url}/_cws/ (Ctrl-C stops it)")
    show_access(service.loaded)
    introduce(server, tokens, made)
    server.serve_forever()
    return 0


def demo_tokens() -> tuple[dict[str, str], set[str]]:
    """The token of each caller, and the callers whose token this demo made itself, which it may print."""
    made = {caller for caller, variable in VARIABLES.items() if not os.getenv(variable)}
    tokens = {caller: os.getenv(VARIABLES[caller]) or f"demo-{caller}-{secrets.token_hex(4)}" for caller in VARIABLES}
    return {**tokens, "stranger": f"demo-stranger-{secrets.token_hex(4)}"}, made | {"stranger"}


def introduce(server: Server, tokens: Mapping[str, str], made: set[str]) -> None:
    """Calls to try."""
    print("Try:")
    for caller, path, status in (
        ("user", "/product/1", 200),
        ("user", "/product/stock/1/here", 403),
        ("user", "/order/7", 403),
        ("admin", "/order/7", 200),
        ("stranger", "/product/1", 403),
    ):
        token = tokens[caller] if caller in made else f"${VARIABLES[caller]}"
        print(f'  curl -i -H "Authorization: {token}" {server.url}{path}    # {caller}: {status}')
    print(flush=True)


def check(server: Server, tokens: Mapping[str, str]) -> int:
    """Makes every call over HTTP and prints it with the expected and the actual statuses."""
    callers = ("admin", "user", "stranger", "nobody")
    print("  ".join(["call".ljust(32), *(caller.rjust(8) for caller in callers)]))
    wrong = 0
    for call in CALLS:
        cells = []
        for caller in callers:
            actual, expected = status(server, call, tokens.get(caller)), getattr(call, caller)
            wrong += actual != expected
            cells.append((str(actual) if actual == expected else f"{actual}!={expected}").rjust(8))
        print("  ".join([f"{call.method} {call.path}".ljust(32), *cells]))
    total = len(CALLS) * len(callers)
    print(f"\n{total - wrong} of {total} answers as expected")
    return 1 if wrong else 0


def status(server: Server, call: Call, token: str | None) -> int:
    """The status of one call over HTTP."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    body = b'{"name": "a table"}' if call.method == "PUT" else None
    headers = {"Content-Type": "application/json", **({"Authorization": token} if token else {})}
    try:
        connection.request(call.method, call.path, body=body, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main())
