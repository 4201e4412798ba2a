"""`python -m examples.cognito` serves an API whose callers come from a user pool; `--once` calls it and checks the answers."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from examples.cognito.api import gateway
from examples.cognito.issuer import UserPool
from examples.serving import Call, check, rows, run, suggest

if TYPE_CHECKING:
    from cwsauth.gateway.server import Server

CALLS = rows(
    ("ann (admins)", "bob (editors)", "cleo", "nobody"),
    ("GET /article", 200, 200, 200, 401),
    ("GET /article/1", 200, 200, 200, 401),
    ("PUT /article/1", 200, 200, 403, 401),
    ("GET /users/user-cleo", 200, 403, 200, 401),
    ("GET /users/user-bob", 200, 200, 403, 401),
    ("DELETE /admin/article/1", 200, 403, 403, 401),
)
REFUSED = [
    Call(who, "GET", "/article", 401)
    for who in ("expired", "other client", "id token", "other pool", "other key", "no signature")
]


def tokens(pool: UserPool) -> dict[str, str]:
    """A token of each caller, and tokens that are refused."""
    other = UserPool()
    other.server.server_close()
    good = pool.token("ann", "admins")
    return {
        "ann (admins)": good,
        "bob (editors)": pool.token("bob", "editors"),
        "cleo": pool.token("cleo"),
        "expired": pool.token("ann", "admins", exp=int(time.time()) - 60),
        "other client": pool.token("ann", "admins", client_id="somebody-else"),
        "id token": pool.token("ann", "admins", token_use="id"),
        "other pool": pool.token(
            "ann", "admins", iss="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Zz98Yy76X"
        ),
        "other key": other.token("ann", "admins"),
        "no signature": good.rpartition(".")[0] + ".",
    }


def main(arguments: list[str] | None = None) -> int:
    with UserPool() as pool:
        made = tokens(pool)

        def once(server: Server) -> int:
            wrong = check(server, [*CALLS, *REFUSED], made)
            pool.rotate()
            time.sleep(0.1)  # the authorizer looks for new keys at a bounded rate
            print("\nThe pool signs with a new key now:")
            rotated = {"bob, new key": pool.token("bob", "editors"), "ann, old key": made["ann (admins)"]}
            after = [Call("bob, new key", "PUT", "/article/1", 200), Call("ann, old key", "GET", "/admin/x", 200)]
            wrong += check(server, after, rotated)
            print(f"\n{'all answers as expected' if not wrong else f'{wrong} answers not as expected'}")
            return 1 if wrong else 0

        def introduce(server: Server) -> None:
            print(f"The API is served at {server.url}, the keys of its user pool at {pool.url} (Ctrl-C stops both)")
            suggest(server, [CALLS[8], CALLS[9], CALLS[10], CALLS[14], REFUSED[0]], made)

        return run("cognito", __doc__, gateway(pool.url), once, introduce, arguments)


if __name__ == "__main__":
    sys.exit(main())
