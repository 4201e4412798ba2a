"""What the examples have in common: options of the command line, calls over HTTP, and the table of their answers."""

from __future__ import annotations

import argparse
import http.client
import sys
from typing import TYPE_CHECKING, NamedTuple

from cwsauth.gateway import CallRecord, Gateway, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cwsauth.gateway.server import Server


class Call(NamedTuple):
    """A call, and the status that it must get. Written by hand: nothing here asks the engine."""

    caller: str
    method: str
    path: str
    status: int


def rows(callers: Iterable[str], *table: tuple[str, *tuple[int, ...]]) -> list[Call]:
    """The calls of a table: `("GET /product", 200, 403)`, a status for each caller in their order."""
    calls: list[Call] = []
    for request, *statuses in table:
        method, _, path = request.partition(" ")
        calls.extend(Call(caller, method, path, status) for caller, status in zip(callers, statuses, strict=True))
    return calls


def run(
    name: str,
    about: str | None,
    api: Gateway,
    once: Callable[[Server], int],
    introduce: Callable[[Server], None],
    arguments: list[str] | None = None,
) -> int:
    """0 when done, 1 when an answer was not the expected one, 2 when it cannot be served."""
    parser = argparse.ArgumentParser(prog=f"python -m examples.{name}", description=about)
    parser.add_argument("--once", action="store_true", help="call it on a free port, check the answers, and stop")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 is a free one (default: 8000)")
    options = parser.parse_args(arguments)
    if options.once:
        with serve(api) as server:
            return once(server)
    api.on_call = show
    try:
        server = serve(api, options.host, options.port)
    except OSError as error:
        print(f"error: cannot serve on {options.host}:{options.port}: {error.strerror}", file=sys.stderr)
        print("help: name another port with --port (0 is a free one)", file=sys.stderr)
        return 2
    introduce(server)
    sys.stdout.flush()
    server.serve_forever()
    return 0


def check(server: Server, calls: Iterable[Call], tokens: Mapping[str, str]) -> int:
    """Makes every call over HTTP, prints it with the expected and the actual status, and counts those that are wrong."""
    print("  ".join(["caller".ljust(16), "call".ljust(36), "expected", "actual"]))
    wrong = 0
    for call in calls:
        actual = status(server, call, tokens.get(call.caller))
        wrong += actual != call.status
        mark = "" if actual == call.status else "  <-- not as expected"
        what = f"{call.method} {call.path}".ljust(36)
        print(f"{call.caller.ljust(16)}  {what}  {call.status!s:8}  {actual}{mark}")
    return wrong


def status(server: Server, call: Call, token: str | None) -> int:
    """The status of one call over HTTP."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        connection.request(call.method, call.path, headers=headers)
        return connection.getresponse().status
    finally:
        connection.close()


def suggest(server: Server, calls: Iterable[Call], tokens: Mapping[str, str]) -> None:
    """Calls to try. The tokens are of this demo's own making, and good for nothing else."""
    print("\nTry:")
    for call in calls:
        token = tokens.get(call.caller)
        header = "" if token is None else f'-H "Authorization: Bearer {token}" '
        verb = "" if call.method == "GET" else f"-X {call.method} "
        print(f"  # {call.caller}: {call.status}\n  curl -i {verb}{header}{server.url}{call.path}")


def show(record: CallRecord) -> None:
    """One line for each request."""
    print(record, flush=True)
