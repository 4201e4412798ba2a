"""One auth function, every adapter: the same status, the same challenge, the same word about the caller."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from cwsauth import AuthRequest, Forbidden, Grant, Policy, Unauthenticated, authorizer, secret_equals
from cwsauth.guard import current_access
from tests.adapters.doors import ALL, Door, decoded
from tests.canary import CANARY

RULES = ["GET product/*", "!product/internal", "POST orders", "files/**", "GET /"]


def auth(request: AuthRequest) -> object:
    """The function of this suite."""
    if request.token is None:
        raise Unauthenticated
    if secret_equals(request.token, "user"):
        return Grant(RULES, principal_id="user1", context={"tenant": "t1", "level": 3})
    if secret_equals(request.token, "banned"):
        raise Forbidden("banned")
    if secret_equals(request.token, "broken"):
        raise ValueError(CANARY)
    if secret_equals(request.token, "admin"):
        return True
    raise Unauthenticated("not a token of ours")


def bearer(token: str) -> dict[str, str]:
    """The headers of a caller."""
    return {"Authorization": f"Bearer {token}"}


@pytest.fixture(params=ALL, ids=str)
def door(request: pytest.FixtureRequest) -> Door:
    """Each door in turn."""
    found: Door = request.param
    return found


CALLS = [
    ("GET", "/product/1", 200),
    ("GET", "/product/1/", 200),
    ("GET", "/product/1?a=1&b=%2F", 200),
    ("GET", "/product/internal", 403),
    ("GET", "/product/internal/", 403),
    ("GET", "/product/1/reviews", 403),
    ("POST", "/product/1", 403),
    ("POST", "/orders", 200),
    ("GET", "/files/a/b/c", 200),
    ("GET", "/files", 403),
    ("GET", "/", 200),
    ("GET", "/admin", 403),
]


@pytest.mark.parametrize(("method", "target", "status"), CALLS)
def test_a_user_may_what_the_rules_say(door: Door, method: str, target: str, status: int) -> None:
    """And the handler is called for that only."""
    found = door.ask(auth, method, target, bearer("user"))
    assert found.status == status
    assert found.called is (status == 200)
    assert Policy.of(RULES).allows(method, target.partition("?")[0]) is (status == 200)


def test_an_administrator_may_everything(door: Door) -> None:
    """True is every route."""
    for method, target, _ in CALLS:
        assert door.ask(auth, method, target, bearer("admin")).called


def test_nobody_is_asked_for_a_credential(door: Door) -> None:
    """401 with a challenge, which says of a wrong token that it is wrong (RFC 6750)."""
    found = door.ask(auth, "GET", "/product/1")
    assert (found.status, found.called) == (401, False)
    assert found.headers["www-authenticate"] == "Bearer"
    assert json.loads(found.body) == {"message": "Unauthorized"}
    assert found.headers["content-type"] == "application/json"
    assert found.headers["cache-control"] == "no-store"
    wrong = door.ask(auth, "GET", "/product/1", bearer(CANARY), realm="shop")
    assert wrong.status == 401
    assert wrong.headers["www-authenticate"] == 'Bearer realm="shop", error="invalid_token"'


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (False, 401),
        ([], 401),
        (["product/*"], 401),
        (Policy.of(["product/*"]), 401),
        (Grant(["product/*"], principal_id="anonymous"), 401),
        # Whoever is known, or what is no answer at all, is not helped by another credential.
        (Grant(["product/*"], principal_id="u1"), 403),
        (None, 403),
        (Forbidden(), 403),
    ],
)
def test_who_sent_no_credential_and_may_not_is_asked_for_one(door: Door, result: object, status: int) -> None:
    """401, as API Gateway answers where the identity source is absent; with a credential the same refusal is a 403."""

    def asked(_: AuthRequest) -> object:
        if isinstance(result, Exception):
            raise result
        return result

    found = door.ask(asked, "GET", "/admin", realm="shop")
    assert (found.status, found.called) == (status, False)
    assert found.headers.get("www-authenticate") == ('Bearer realm="shop"' if status == 401 else None)
    sent = door.ask(asked, "GET", "/admin", bearer("user"))
    assert (sent.status, sent.called) == (403, False)


def test_forbidden_is_403_in_json(door: Door) -> None:
    """Raised or by the rules: one answer, which does not say why."""
    raised = door.ask(auth, "GET", "/product/1", bearer("banned"))
    ruled = door.ask(auth, "GET", "/admin", bearer("user"))
    assert (raised.status, raised.body) == (ruled.status, ruled.body) == (403, '{"message":"Forbidden"}')
    assert "www-authenticate" not in ruled.headers


def test_a_failure_is_500_and_says_nothing(door: Door, canary: str, caplog: pytest.LogCaptureFixture) -> None:
    """The handler is not called; `on_error="deny"` makes it a 403. The log names the error, never its text."""
    found = door.ask(auth, "GET", "/product/1", bearer("broken"))
    assert (found.status, found.called) == (500, False)
    assert canary not in found.body
    assert "ValueError" in caplog.text
    assert door.ask(auth, "GET", "/product/1", bearer("broken"), on_error="deny").status == 403


def test_the_handler_is_told_who_is_calling(door: Door) -> None:
    """Principal, context, and the rule that decided; the same words at every door."""
    told = door.ask(auth, "GET", "/product/1", bearer("user")).told
    assert told["allowed"] is True
    assert told["principalId"] == "user1"
    assert told["context"] == {"tenant": "t1", "level": 3}
    assert (told["method"], told["rule"], told["reason"]) == ("GET", "GET product/*", "ALLOWED_BY_RULE")
    assert "user" not in json.dumps({**told, "principalId": ""}).replace("claims", "")


def test_an_authorizer_is_taken_as_it_is(door: Door) -> None:
    """Its options hold in process, too."""
    made = authorizer(principal_id=lambda request: f"p-{request.token}", context={"a": "b"})(lambda _: ["x"])
    told = door.ask(made, "GET", "/x", bearer("user")).told
    assert (told["principalId"], told["context"]) == ("p-user", {"a": "b"})


# What a proxy, this library and a handler could read differently.
AMBIGUOUS = [
    *(
        "/product/%2e%2e/admin",
        "/product/%2E%2E%2Fadmin",
        "/files/a%2Fb",
        "/files/a%2fb",
        "/files/a%5Cb",
        "/files/..%5Cb",
    ),
    *(
        "/files/a;b=1",
        "/files/a%3Bb",
        "/files/%252e%252e",
        "/files/a%252Fb",
        "/files/a%00b",
        "/files/a%0Ab",
        "/files/%7F",
    ),
    *(
        "/files/a%3Fb",
        "/files/a%23b",
        "/files/%C0%AF",
        "/files/%ff",
        "/files/a%",
        "/files/a%2",
        "/files/%zz",
        "/files/a%2Etxt",
    ),
    *("/files//a", "/files/a//"),
    *("/files/../admin", "/files/./a", "/files/a/..", "/files/%E2%80%A8"),
    *("/fil%65s/a", "/files/%41", "/files/%31", "/files/a%2Db", "/files/a%5fb"),
]
PLAIN_WHEN_DECODED = {
    *("/files/a%2Fb", "/files/a%2fb", "/files/a%2Etxt"),
    *("/fil%65s/a", "/files/%41", "/files/%31", "/files/a%2Db", "/files/a%5fb"),
}


@pytest.mark.parametrize("target", AMBIGUOUS)
def test_a_path_with_two_readings_is_refused(door: Door, target: str, caplog: pytest.LogCaptureFixture) -> None:
    """403, even for who may everything; the log does not hold the path."""
    found = door.ask(auth, "GET", target, bearer("admin"))
    if door.decoded and target in PLAIN_WHEN_DECODED:
        # The door has decoded it before it chose the route: the handler never sees anything else.
        assert found.called is door.ask(auth, "GET", decoded(target), bearer("admin")).called
        return
    assert not found.called
    assert found.status in (400, 403, 404)
    assert target not in caplog.text


@pytest.mark.parametrize("target", ["/product/a%20b", "/product/%C3%A4", "/product/a%2Bb", "/product/%7Ea"])
def test_an_escape_is_decoded_once(door: Door, target: str) -> None:
    """`/product/a%40b` is `/product/a@b` for the rules that allow and for those that deny."""
    found = door.ask(auth, "GET", target, bearer("user"))
    denied = door.ask(lambda _: ["**", "!product/a@b"], "GET", "/product/a%40b", bearer("user"))
    assert not denied.called
    hidden = door.ask(auth, "GET", "/product/intern%61l", bearer("user"))
    assert not hidden.called
    # Nothing is known of how VPC Lattice encodes paths, so there every escape is refused.
    assert found.called or "lattice" in door.name.lower()


@pytest.mark.parametrize("result", [None, 1, "*", "true", {"allow": True}, ["a//b"], object()])
def test_what_is_no_answer_lets_nobody_in(door: Door, result: object, caplog: pytest.LogCaptureFixture) -> None:
    """The log says what to return."""
    found = door.ask(lambda _: result, "GET", "/", bearer("user"))
    assert (found.status, found.called) == (403, False)
    assert "auth returned" in caplog.text


def test_a_finished_response_is_not_an_answer_in_process(door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """There is no ARN that its resources could be compared with."""
    finished = {"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": []}}
    assert door.ask(lambda _: finished, "GET", "/", bearer("user")).status == 403
    assert "finished response" in caplog.text


def test_an_async_auth_function_is_run(door: Door) -> None:
    """Inside a running event loop, too."""

    async def slow(request: AuthRequest) -> object:
        return auth(request)

    assert door.ask(slow, "GET", "/product/1", bearer("user")).called
    assert not door.ask(slow, "GET", "/admin", bearer("user")).called


def test_the_access_is_in_a_context_variable(door: Door) -> None:
    """For code that does not see the event; it is gone afterwards, and was not there before."""
    before: list[object] = []

    def asking(request: AuthRequest) -> object:
        before.append(current_access())
        return True

    assert door.ask(asking, "GET", "/product/1", bearer("user")).called
    assert before == [None]
    assert current_access() is None


def test_observers_see_every_decision(door: Door) -> None:
    """Allowed, refused, failed, unauthenticated; without a token in what they log."""
    found: list[dict[str, Any]] = []
    for token, target in (("user", "/product/1"), ("user", "/admin"), ("broken", "/"), ("x", "/")):
        door.ask(auth, "GET", target, bearer(token), observers=[lambda access: found.append(access.as_dict())])
    assert [(one["status"], one["reason"]) for one in found] == [
        (200, "ALLOWED_BY_RULE"),
        (403, "NO_RULE"),
        (500, "FAILURE"),
        (401, "UNAUTHENTICATED"),
    ]


def test_an_observer_that_fails_denies(door: Door) -> None:
    """Nobody gets in unobserved."""

    def failing(access: object) -> None:
        raise RuntimeError("the log is full")

    called = True
    try:
        called = door.ask(auth, "GET", "/product/1", bearer("user"), observers=[failing]).called
    except RuntimeError:
        called = False
    assert not called


def test_claims_are_given_before_auth_is_asked(door: Door) -> None:
    """A function that verifies what a proxy says; its failure is a 401."""

    def verified(request: AuthRequest) -> dict[str, str]:
        if not secret_equals(request.token, "user"):
            raise Unauthenticated
        return {"sub": "42", "scope": "a b"}

    found = door.ask(lambda r: [f"users/{r.claims['sub']}"], "GET", "/users/42", bearer("user"), claims=verified)
    assert found.told["claims"] == {"sub": "42", "scope": "a b"}
    assert door.ask(lambda _: ["users/${claims.sub}"], "GET", "/users/42", bearer("user"), claims=verified).called
    assert not door.ask(lambda _: ["users/${claims.sub}"], "GET", "/users/43", bearer("user"), claims=verified).called
    assert door.ask(lambda _: True, "GET", "/", bearer("other"), claims=verified).status == 401


def test_nothing_is_logged_of_a_token(door: Door, canary: str, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever becomes of the request."""
    caplog.set_level(logging.DEBUG)
    for target in ("/product/1", f"/{canary}", "/files/a%2Fb"):
        door.ask(auth, "GET", target, bearer(canary))
        door.ask(lambda _: False, "GET", target, {"Authorization": f"Basic {canary}", "X-Key": canary})
