"""`python -m examples.shop` serves the shop behind the local API Gateway; `--once` calls it and checks the answers."""

from __future__ import annotations

import argparse
import http.client
import os
import secrets
import sys
from typing import TYPE_CHECKING

from cwsauth import AuthRequest, RouteTable
from cwsauth.gateway import Authorizer, CallRecord, Gateway, Route, Stage, serve
from examples.shop.auth import auth
from examples.shop.backend import handler
from examples.shop.calls import CALLS, Call
from examples.shop.routes import GUARDED, OPEN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cwsauth.gateway.server import Server

VARIABLES = {"admin": "ADMIN_TOKEN", "user": "USER_TOKEN"}
CALLERS = (*VARIABLES, "stranger")


def gateway() -> Gateway:
    """The shop's API: every route behind the authorizer, but those that are open."""
    guard = Authorizer(auth)
    guarded = [Route.parse(route, handler, authorizer=guard) for route in GUARDED]
    return Gateway([*guarded, *(Route.parse(route, handler) for route in OPEN)], stage=Stage("dev"))


def main(arguments: list[str] | None = None) -> int:
    """0 when done, 1 when an answer was not the expected one, 2 when it cannot be served."""
    parser = argparse.ArgumentParser(prog="python -m examples.shop", description=__doc__)
    parser.add_argument("--once", action="store_true", help="call the shop on a free port, check the answers, and stop")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000, help="0 is a free one (default: 8000)")
    options = parser.parse_args(arguments)
    if not 0 <= options.port <= 65535:
        parser.error(f"--port is a number from 0 to 65535, not {options.port}")
    tokens, made = demo_tokens()
    os.environ.update({VARIABLES[caller]: tokens[caller] for caller in VARIABLES})
    if options.once:
        with serve(gateway()) as server:
            return check(server, tokens)
    api = gateway()
    api.on_call = show
    try:
        server = serve(api, options.host, options.port)
    except OSError as error:
        print(f"error: cannot serve on {options.host}:{options.port}: {error.strerror}", file=sys.stderr)
        print("help: name another port with --port (0 is a free one)", file=sys.stderr)
        return 2
    introduce(server, tokens, made)
    server.serve_forever()
    return 0


def demo_tokens() -> tuple[dict[str, str], set[str]]:
    """The token of each caller, and the callers whose token this demo made itself, which it may print."""
    made = {caller for caller, variable in VARIABLES.items() if not os.getenv(variable)}
    tokens = {caller: os.getenv(VARIABLES[caller]) or f"demo-{caller}-{secrets.token_hex(4)}" for caller in VARIABLES}
    return {**tokens, "stranger": f"demo-stranger-{secrets.token_hex(4)}"}, made | {"stranger"}


def introduce(server: Server, tokens: Mapping[str, str], made: set[str]) -> None:
    """Where it is served, who may call what, and calls to try."""
    print(f"The shop is served at {server.url} (Ctrl-C stops it)\n")
    print(matrix(tokens))
    print("\nTry:")
    for caller, method, path, status in EXAMPLES:
        token = tokens[caller] if caller in made else f"${VARIABLES[caller]}" if caller in VARIABLES else ""
        header = f'-H "Authorization: {token}" ' if token else ""
        verb = "" if method == "GET" else f"-X {method} "
        print(f"  curl -i {verb}{header}{server.url}{path}    # {caller}: {status}")
    print(flush=True)


EXAMPLES = [
    Call("user", "GET", "/product/1", 200),
    Call("user", "GET", "/product/1/reviews", 403),
    Call("user", "GET", "/admin/users/1", 403),
    Call("admin", "GET", "/admin/users/1", 200),
    Call("stranger", "GET", "/product/1", 403),
]


def matrix(tokens: Mapping[str, str]) -> str:
    """Who may call what: every declared route, asked of the authorizer's policy for each caller."""
    policies = {
        caller: auth.policy(AuthRequest(kind="rest.token", token=tokens[caller], arn=Stage("dev").arn("GET", "/")))
        for caller in CALLERS
    }
    lines = ["  ".join(["route".ljust(40), *CALLERS])]
    for route in RouteTable.of([*OPEN, *GUARDED]):
        is_open = str(route) in OPEN
        cells = []
        for caller in CALLERS:
            allowed = is_open or policies[caller].allows(route.method, route.template)
            cells.append(("open" if is_open else "yes" if allowed else "-").ljust(len(caller)))
        lines.append("  ".join([str(route).ljust(40), *cells]).rstrip())
    return "\n".join(lines)


def check(server: Server, tokens: Mapping[str, str]) -> int:
    """Makes every call over HTTP and prints it with the expected and the actual status."""
    print(matrix(tokens) + "\n")
    print("  ".join(["caller".ljust(8), "call".ljust(36), "expected", "actual"]))
    wrong = 0
    for call in CALLS:
        actual = status(server, call, tokens.get(call.caller))
        wrong += actual != call.status
        mark = "" if actual == call.status else "  <-- not as expected"
        what = f"{call.method} {call.path}".ljust(36)
        print(f"{call.caller.ljust(8)}  {what}  {call.status!s:8}  {actual}{mark}")
    print(f"\n{len(CALLS) - wrong} of {len(CALLS)} answers as expected")
    return 1 if wrong else 0


def status(server: Server, call: Call, token: str | None) -> int:
    """The status of one call over HTTP."""
    connection = http.client.HTTPConnection(server.host, server.port, timeout=10)
    try:
        connection.request(call.method, call.path, headers={"Authorization": token} if token else {})
        return connection.getresponse().status
    finally:
        connection.close()


def show(record: CallRecord) -> None:
    """One line for each request."""
    print(record, flush=True)


if __name__ == "__main__":
    sys.exit(main())
