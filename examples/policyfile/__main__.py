"""`python -m examples.policyfile` serves what `policy.yaml` says, and follows it; `--once` calls it and checks the answers."""

from __future__ import annotations

import logging
import os
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt

from cwsauth.decision_log import DecisionLog
from cwsauth.files import check_cases, load
from cwsauth.from_file import authorizer_from_file
from cwsauth.gateway import Authorizer, Gateway, Route, Stage
from examples.serving import Call, check, rows, run, suggest

if TYPE_CHECKING:
    from cwsauth.gateway.server import Server

FILE = Path(__file__).parent / "policy.yaml"
VARIABLES = {"director": "DIRECTOR_TOKEN", "librarian": "LIBRARIAN_TOKEN", "reader": "CARD_7_TOKEN"}

CALLS = rows(
    ("director", "librarian", "reader", "stranger", "nobody"),
    ("GET /book", 200, 200, 200, 401, 401),
    ("GET /book/1", 200, 200, 200, 401, 401),
    ("POST /book", 200, 200, 403, 401, 401),
    ("PUT /book/1", 200, 200, 403, 401, 401),
    ("PUT /book/first-folio", 200, 403, 403, 401, 401),
    ("DELETE /book/1", 200, 403, 403, 401, 401),
    ("GET /reader/7/loans", 200, 403, 200, 401, 401),
    ("GET /reader/8/loans", 200, 403, 403, 401, 401),
)
# Calls from this machine are inside the house.
INSIDE = [Call("librarian", "GET", "/report/2030", 200), Call("reader", "GET", "/report/2030", 403)]
# A member has no token of its own in the file, only an issuer that vouches for it.
MEMBERS = [
    Call("member", "GET", "/book/1", 200),
    Call("member", "GET", "/reader/8/loans", 200),
    Call("member", "GET", "/reader/7/loans", 403),
    Call("outsider", "GET", "/book/1", 401),
]


def gateway(file: Path) -> Gateway:
    """The routes of the file, behind the authorizer that the file makes."""
    # A rule about the address belongs to one call, so answers are not cached.
    auth = authorizer_from_file(file, ttl=0, observe=DecisionLog())
    guard = Authorizer(auth, type="REQUEST")
    routes = [Route.parse(str(route), backend, authorizer=guard) for route in auth.routes or ()]
    return Gateway(routes, stage=Stage("dev"))


def issued(secret: str, audience: str) -> str:
    """A member's token, as the library's web site makes it."""
    now = int(time.time())
    claims = {"iss": "https://library.example", "aud": audience, "sub": "member-8", "card": "8", "iat": now}
    return jwt.encode({**claims, "exp": now + 3600}, secret, algorithm="HS256")


def backend(event: dict[str, Any], context: object) -> dict[str, Any]:
    return {"statusCode": 200, "body": f"hello {event['requestContext']['authorizer']['principalId']}\n"}


def follow(server: Server, file: Path, tokens: dict[str, str]) -> int:
    """Changes the file under the running service, and looks whether the service follows."""
    text = file.read_text(encoding="utf-8")
    delete = Call("librarian", "DELETE", "/book/1", 403)
    steps = [
        ("Librarians may remove books", text.replace("- PUT book/*", "- PUT,DELETE book/*"), 200),
        ("The file is broken: what was said before goes on to count", "roles: [", 200),
        ("The file is as it was", text, 403),
    ]
    wrong = 0
    for about, content, status in steps:
        file.write_text(content, encoding="utf-8")
        print(f"\n{about}:")
        wrong += check(server, [delete._replace(status=status)], tokens)
    return wrong


def main(arguments: list[str] | None = None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    made = {caller: f"demo-{caller}-{secrets.token_hex(4)}" for caller in VARIABLES}
    tokens = {caller: os.environ.setdefault(variable, made[caller]) for caller, variable in VARIABLES.items()}
    tokens["stranger"] = f"demo-stranger-{secrets.token_hex(4)}"
    secret = os.environ.setdefault("MEMBERS_SECRET", secrets.token_hex(32))
    tokens["member"] = issued(secret, "library")
    tokens["outsider"] = issued(secret, "archive")
    with tempfile.TemporaryDirectory() as directory:
        file = FILE
        if "--once" in arguments:
            file = Path(shutil.copy(FILE, directory))  # the check changes it

        def once(server: Server) -> int:
            policies = load(file)
            outcomes = check_cases(policies, policies.file.tests)
            failed = [outcome for outcome in outcomes if not outcome.passed]
            print(f"{len(outcomes) - len(failed)} of {len(outcomes)} tests of the file passed\n")
            wrong = check(server, [*CALLS, *INSIDE, *MEMBERS], tokens) + follow(server, file, tokens) + len(failed)
            print(f"\n{'all answers as expected' if not wrong else f'{wrong} answers not as expected'}")
            return 1 if wrong else 0

        def introduce(server: Server) -> None:
            logging.basicConfig(level=logging.INFO, format="%(message)s")
            print(f"What {file} says is served at {server.url} (Ctrl-C stops it). Change the file, and call again.")
            # A token that was there before is not printed.
            ours = {
                caller: token for caller, token in tokens.items() if token in (made.get(caller), tokens["stranger"])
            }
            suggest(server, [call for call in (CALLS[0], CALLS[21], CALLS[32], CALLS[37]) if call.caller in ours], ours)

        return run("policyfile", __doc__, gateway(file), once, introduce, arguments)


if __name__ == "__main__":
    sys.exit(main())
