"""The cache of authorizer results: what is in its key, what it keeps, and for how long."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth.gateway import Authorizer, CallRecord, Gateway, Route, Stage
from cwsauth.gateway.cache import TtlCache
from tests.gateway.lambdas import ARN, TOKEN, Authorizing, Backend, Clock, response, statement


def gateway(auth: Authorizing, clock: Clock, **options: Any) -> Gateway:
    """Two routes behind one authorizer, on a clock of ours."""
    authorizer = Authorizer(auth, **options)
    backend = Backend()
    return Gateway(
        [
            Route("GET", "/a", backend, authorizer=authorizer),
            Route("GET", "/b", backend, authorizer=authorizer),
        ],
        clock=clock,
    )


def test_a_result_is_asked_for_once_in_its_time() -> None:
    """300 seconds by default; after that the authorizer is asked again."""
    auth, clock = Authorizing(), Clock()
    api = gateway(auth, clock)
    assert api.call("GET", "/a", headers=TOKEN).status == 200
    clock.pass_seconds(299.9)
    api.call("GET", "/a", headers=TOKEN)
    assert len(auth.events) == 1
    clock.pass_seconds(0.1)
    api.call("GET", "/a", headers=TOKEN)
    assert len(auth.events) == 2


def test_the_cached_policy_is_evaluated_again_for_each_route() -> None:
    """What one call was allowed says nothing about the next: the policy decides each time."""
    auth = Authorizing(response(statement("Allow", "GET/a")))
    api = gateway(auth, Clock())
    assert [api.call("GET", path, headers=TOKEN).status for path in ("/a", "/b", "/a")] == [200, 403, 200]
    assert len(auth.events) == 1


def test_a_policy_that_echoes_the_requested_arn_breaks_on_the_next_route() -> None:
    """The classic mistake shows here as on AWS: works, then 403 on the next route."""

    def echo(event: Any, context: object) -> object:
        return response(statement("Allow", event["methodArn"].removeprefix(ARN + "/")))

    authorizer = Authorizer(echo)
    api = Gateway([Route("GET", path, Backend(), authorizer=authorizer) for path in ("/a", "/b")])
    assert [api.call("GET", path, headers=TOKEN).status for path in ("/a", "/b")] == [200, 403]


def test_denials_are_cached() -> None:
    """A policy that denies is a result like any other."""
    auth = Authorizing(response(statement("Deny", "*")))
    api = gateway(auth, Clock())
    assert [api.call("GET", "/a", headers=TOKEN).status for _ in range(3)] == [403, 403, 403]
    assert len(auth.events) == 1


@pytest.mark.parametrize("failure", [Exception("Unauthorized"), ValueError("x"), {"no": "policy"}])
def test_errors_are_not_cached(failure: object) -> None:
    """A raise, a 401 and a malformed result cost a call each time."""
    auth = Authorizing(failure)
    api = gateway(auth, Clock())
    api.call("GET", "/a", headers=TOKEN)
    api.call("GET", "/a", headers=TOKEN)
    assert len(auth.events) == 2


def test_the_token_is_the_key() -> None:
    """Another token is another caller, and so is the same one with a scheme before it."""
    auth = Authorizing()
    api = gateway(auth, Clock())
    for token in ("one", "two", "Bearer one", "ONE", "one"):
        api.call("GET", "/a", headers={"Authorization": token})
    assert [event["authorizationToken"] for event in auth.events] == ["one", "two", "Bearer one", "ONE"]


def test_all_identity_sources_are_the_key() -> None:
    """A REQUEST authorizer's key is every source, and one value cannot pass for two."""
    auth = Authorizing()
    sources = ["method.request.header.A", "method.request.querystring.b"]
    api = gateway(auth, Clock(), type="REQUEST", identity=sources)
    for header, query in (("1", "2"), ("1", "3"), ("2", "3"), ("1,2", "3"), ("1", "2,3"), ("1", "2")):
        assert api.call("GET", f"/a?b={query}", headers={"A": header}).status == 200
    assert len(auth.events) == 5


def test_what_is_not_an_identity_source_does_not_count() -> None:
    """A path or another header changes nothing: one caller, one result."""
    auth = Authorizing()
    api = gateway(auth, Clock())
    api.call("GET", "/a", headers=TOKEN)
    api.call("GET", "/b?x=1", headers={**TOKEN, "X": "y"})
    assert len(auth.events) == 1


def test_a_shared_identity_source_shares_the_result() -> None:
    """A source that does not identify the caller hands one user's policy to all, as it does on AWS."""
    auth = Authorizing()
    authorizer = Authorizer(auth, type="REQUEST", identity="stageVariables.env")
    stage = Stage(variables={"env": "prod"})
    api = Gateway([Route("GET", "/a", Backend(), authorizer=authorizer)], stage=stage)
    api.call("GET", "/a", headers={"Authorization": "alice"})
    api.call("GET", "/a", headers={"Authorization": "bob"})
    assert len(auth.events) == 1


def test_ttl_zero_asks_every_time() -> None:
    """0 disables caching."""
    auth = Authorizing()
    api = gateway(auth, Clock(), ttl=0)
    api.call("GET", "/a", headers=TOKEN)
    api.call("GET", "/a", headers=TOKEN)
    assert len(auth.events) == 2


def test_two_authorizers_do_not_share_a_result() -> None:
    """The authorizer is part of the key."""
    open_, closed = Authorizing(name="open"), Authorizing(response(statement("Deny", "*")), name="closed")
    api = Gateway(
        [
            Route("GET", "/a", Backend(), authorizer=Authorizer(open_)),
            Route("GET", "/b", Backend(), authorizer=Authorizer(closed)),
        ]
    )
    assert [api.call("GET", path, headers=TOKEN).status for path in ("/a", "/b")] == [200, 403]


def test_the_whole_result_is_cached() -> None:
    """The context of the first call reaches the backend of the second, with no latency of its own."""
    backend, clock = Backend(), Clock()

    def auth(event: object, context: object) -> object:
        clock.pass_seconds(0.25)
        return response(statement("Allow", "*"), context={"user": "alice"})

    api = Gateway([Route("GET", "/a", backend, authorizer=Authorizer(auth))], clock=clock)
    api.call("GET", "/a", headers=TOKEN)
    api.call("GET", "/a", headers=TOKEN)
    contexts = [event["requestContext"]["authorizer"] for event in backend.events]
    assert contexts[0] == {"user": "alice", "principalId": "user", "integrationLatency": 250}
    assert contexts[1] == {"user": "alice", "principalId": "user", "integrationLatency": 0}


def test_the_cache_can_be_flushed() -> None:
    """As FlushStageAuthorizersCache does."""
    auth = Authorizing()
    api = gateway(auth, Clock())
    api.call("GET", "/a", headers=TOKEN)
    api.flush_authorizer_cache()
    api.call("GET", "/a", headers=TOKEN)
    assert len(auth.events) == 2


def test_without_caching_a_request_authorizer_is_asked_whatever_is_missing() -> None:
    """API Gateway validates identity sources only when it caches; a TOKEN authorizer always has a token."""
    auth = Authorizing()
    source = "method.request.header.Authorization"
    assert gateway(auth, Clock(), type="REQUEST", identity=source, ttl=0).call("GET", "/a").status == 200
    assert gateway(auth, Clock(), type="REQUEST", identity=source).call("GET", "/a").status == 401
    assert gateway(auth, Clock(), ttl=0).call("GET", "/a").status == 401
    assert len(auth.events) == 1


def test_the_trail_says_whether_a_result_was_cached() -> None:
    """False, True, and None where nobody was asked."""
    records: list[CallRecord] = []
    api = gateway(Authorizing(), Clock())
    api.on_call = records.append
    for headers in (TOKEN, TOKEN, {}):
        api.call("GET", "/a", headers=headers)
    assert [record.cached for record in records] == [False, True, None]


def test_the_cache_is_bounded() -> None:
    """The oldest entries go first, so that a flood of tokens does not fill the memory."""
    cache: TtlCache[int] = TtlCache(Clock(), bound=3)
    for number in range(5):
        cache.put(number, number, 10)
    assert [cache.get(number) for number in range(5)] == [None, None, 2, 3, 4]
    assert len(cache) == 3


def test_nothing_is_kept_for_no_time() -> None:
    """A TTL of 0 keeps nothing."""
    cache: TtlCache[int] = TtlCache(Clock())
    cache.put("a", 1, 0)
    assert cache.get("a") is None
    assert len(cache) == 0
