"""The Lambda authorizer: each way through it, for REST API's TOKEN and REQUEST events."""

from __future__ import annotations

import asyncio
import copy
import functools
import json
import logging
import pickle
import threading
from collections.abc import Callable
from typing import Any

import pytest

from cwsauth import AuthRequest, Forbidden, Grant, Policy, RouteTable, Rule, Unauthenticated, authorizer, secret_equals
from cwsauth.authorizer import Authorizer
from cwsauth.errors import AuthorizerFailure, ConfigError, PatternError, RouteError, TokenExpired
from cwsauth.gateway import events
from tests.oracle import iam

HEAD = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
ARN = f"{HEAD}/GET/product/1"
NOTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": [f"{HEAD}/*"]}],
}
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [f"{HEAD}/*"]}],
}


def token(value: str | None = "abc", arn: str = ARN) -> dict[str, Any]:
    event: dict[str, Any] = {"type": "TOKEN", "methodArn": arn}
    return event if value is None else {**event, "authorizationToken": value}


def request(arn: str = ARN, **more: Any) -> dict[str, Any]:
    return {"type": "REQUEST", "methodArn": arn, "headers": {"Authorization": "Bearer abc"}, **more}


def always(result: Any) -> Callable[[AuthRequest], Any]:
    return lambda auth_request: result


def raising(error: BaseException) -> Callable[[AuthRequest], Any]:
    def auth(auth_request: AuthRequest) -> Any:
        raise error

    return auth


EVENTS = [token(), request()]


@pytest.mark.parametrize("asked", EVENTS, ids=["token", "request"])
@pytest.mark.parametrize(
    ("result", "document"),
    [(True, EVERYTHING), (False, NOTHING), ([], NOTHING), (None, NOTHING), (1, NOTHING), ("*", NOTHING), ({}, NOTHING)],
)
def test_an_answer_becomes_a_document(asked: dict[str, Any], result: object, document: dict[str, Any]) -> None:
    """True is everything, nothing is an explicit denial, and what is no answer is nothing."""
    answer = authorizer(always(result))(asked, None)
    assert answer == {"principalId": "user", "policyDocument": document}


def test_the_example_of_the_design() -> None:
    """An admin's token opens every route, a user's some, no token none."""
    keys = {"ADMIN": "s3cret-admin", "USER": "s3cret-user"}

    @authorizer
    def auth(auth_request: AuthRequest) -> Any:
        if secret_equals(auth_request.token, keys.get("ADMIN")):
            return True
        if secret_equals(auth_request.token, keys.get("USER")):
            return ["product/*"]
        return False

    def allowed(sent: str | None, call: str) -> bool:
        return iam.verdict(auth(token(sent))["policyDocument"], f"{HEAD}/{call}") == iam.ALLOW

    for call, admin, user in (
        ("GET/product/1", True, True),
        ("GET/admin", True, False),
        ("GET/product/1/2", True, False),
    ):
        assert allowed("s3cret-admin", call) is admin
        assert allowed("Bearer s3cret-user", call) is user
        assert not allowed("other", call)
        assert not allowed(None, call)
        assert not allowed("", call)


@pytest.mark.parametrize("asked", EVENTS, ids=["token", "request"])
@pytest.mark.parametrize("on_error", ["raise", "deny"])
@pytest.mark.parametrize("error", [Unauthenticated(), Unauthenticated("expired"), TokenExpired("since Monday")])
def test_unauthenticated_is_a_401(asked: dict[str, Any], on_error: str, error: Exception) -> None:
    """The one message that API Gateway answers 401 for, whatever the reason and `on_error` are."""
    with pytest.raises(Unauthenticated) as raised:
        authorizer(on_error=on_error)(raising(error))(asked, None)
    assert str(raised.value) == "Unauthorized"
    assert type(raised.value) is Unauthenticated
    assert raised.value.reason == ""
    assert raised.value.__context__ is None
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("asked", EVENTS, ids=["token", "request"])
def test_forbidden_is_a_403(asked: dict[str, Any]) -> None:
    """An explicit denial, which API Gateway answers 403 for and caches."""
    answer = authorizer(raising(Forbidden("not on Sundays")))(asked, None)
    assert answer == {"principalId": "user", "policyDocument": NOTHING}


FAILURES = [
    ValueError("s3cret"),
    KeyError("s3cret"),
    RecursionError(),
    MemoryError(),
    AssertionError(),
    StopIteration("s3cret"),
    ExceptionGroup("s3cret", [ValueError("s3cret")]),
    PatternError("s3cret"),
    ConfigError("s3cret"),
    RouteError("s3cret"),
    OSError("s3cret"),
    TimeoutError(),
    UnicodeDecodeError("utf-8", b"s3cret", 0, 1, "s3cret"),
    Exception("Unauthorized"),
]


@pytest.mark.parametrize("asked", EVENTS, ids=["token", "request"])
@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_failure_is_a_500(asked: dict[str, Any], error: Exception) -> None:
    """A clean error without the text of the original in its message or its chain; API Gateway caches nothing."""
    with pytest.raises(AuthorizerFailure) as raised:
        authorizer(raising(error))(asked, None)
    assert str(raised.value) == "the authorizer failed"
    assert raised.value.__context__ is None
    assert raised.value.__cause__ is None
    assert "s3cret" not in repr(raised.value.args) + raised.value.help


@pytest.mark.parametrize("asked", EVENTS, ids=["token", "request"])
@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_a_failure_can_be_a_403(asked: dict[str, Any], error: Exception) -> None:
    """`on_error="deny"` answers with a denial instead."""
    answer = authorizer(on_error="deny")(raising(error))(asked, None)
    assert answer == {"principalId": "unknown", "policyDocument": NOTHING}


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, GeneratorExit])
def test_the_end_of_the_process_is_not_caught(error: type[BaseException]) -> None:
    """What is no error goes its way; no answer is made of it."""
    for on_error in ("raise", "deny"):
        with pytest.raises(error):
            authorizer(on_error=on_error)(raising(error()))(token(), None)


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        "",
        7,
        {},
        {"type": "TOKEN"},
        {"type": "TOKEN", "methodArn": 7, "authorizationToken": "x"},
        {"type": "TOKEN", "methodArn": ARN, "authorizationToken": ["x"]},
        {"type": "TOKEN", "methodArn": "arn", "authorizationToken": "x"},
        {"type": "TOKEN", "methodArn": "", "authorizationToken": "x"},
        {"type": "REQUEST", "methodArn": ""},
        {"type": "REQUEST"},
        {"type": "REQUEST", "methodArn": None},
        {"type": "REQUEST", "methodArn": HEAD},
        {"type": "OTHER", "methodArn": ARN},
        request(headers={"Authorization": "a", "authorization": "b"}),
        request(headers=[]),
        request(headers={"Authorization": 7}),
        request(multiValueHeaders={"Authorization": ["a", "b"]}),
        request(multiValueHeaders={"Authorization": "a"}),
    ],
)
@pytest.mark.parametrize("on_error", ["raise", "deny"])
def test_a_broken_event_is_no_permission(broken: Any, on_error: str) -> None:
    """Whatever `auth` would say: a 500, or a denial where the event at least names the API."""
    handler = authorizer(on_error=on_error)(lambda auth_request: auth_request.token is not None)
    named = isinstance(broken, dict) and broken.get("methodArn") == ARN and broken.get("type") in ("TOKEN", "REQUEST")
    if on_error == "deny" and named and type(broken.get("authorizationToken")) is not list:
        assert handler(broken, None)["policyDocument"] == NOTHING
    else:
        with pytest.raises(AuthorizerFailure) as raised:
            handler(broken, None)
        assert raised.value.__context__ is None


@pytest.mark.parametrize("stage", ["*", "null"])
def test_a_call_of_no_stage_is_denied(stage: str) -> None:
    """The console's test of an authorizer and old guides send such ARNs: nothing is granted for them."""
    arn = f"arn:aws:execute-api:eu-west-1:123456789012:abc123/{stage}/GET/"
    document = authorizer(always(True))(token(arn=arn), None)["policyDocument"]
    assert document["Statement"] == [{"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": ["*"]}]


async def asynchronous(auth_request: AuthRequest) -> Any:
    await asyncio.sleep(0)
    return ["product/*"] if auth_request.token == "abc" else False


class AsyncCall:
    """An object whose call is async."""

    async def __call__(self, auth_request: AuthRequest) -> Any:
        return await asynchronous(auth_request)

    async def method(self, auth_request: AuthRequest) -> Any:
        return await asynchronous(auth_request)


async def with_more(flag: bool, auth_request: AuthRequest) -> Any:
    return flag and await asynchronous(auth_request)


ASYNC = [asynchronous, AsyncCall(), AsyncCall().method, functools.partial(with_more, True)]


@pytest.mark.parametrize("auth", ASYNC, ids=["function", "object", "method", "partial"])
def test_an_async_auth_is_run(auth: Any) -> None:
    """Its result is the answer, in whatever form it is async; also where a loop is running already."""
    handler = authorizer(auth)
    for sent, allowed in (("abc", iam.ALLOW), ("other", iam.EXPLICIT_DENY)):
        assert iam.verdict(handler(token(sent), None)["policyDocument"], ARN) == allowed

    async def inside() -> Any:
        return handler(token("abc"), None)

    assert iam.verdict(asyncio.run(inside())["policyDocument"], ARN) == iam.ALLOW


def test_an_async_auth_may_raise() -> None:
    """401, 403 and 500 as a plain one."""

    def made(error: Exception) -> Authorizer:
        async def auth(auth_request: AuthRequest) -> Any:
            raise error

        return authorizer(auth)

    with pytest.raises(Unauthenticated):
        made(Unauthenticated())(token(), None)
    assert made(Forbidden())(token(), None)["policyDocument"] == NOTHING
    with pytest.raises(AuthorizerFailure):
        made(ValueError())(token(), None)


def test_a_coroutine_of_a_plain_auth_is_no_answer(caplog: pytest.LogCaptureFixture) -> None:
    """A lambda around an async function hides it: nothing is granted, the log says why, and no warning is left."""

    def plain(auth_request: AuthRequest) -> Any:
        return asynchronous(auth_request)

    handler = authorizer(plain)
    assert handler(token(), None)["policyDocument"] == NOTHING
    assert "auth returned coroutine, which is no answer" in caplog.text


def test_an_object_that_is_no_answer_is_not_asked_anything(caplog: pytest.LogCaptureFixture) -> None:
    """It is refused by its type: what its attributes would do is not run, and is no failure."""

    class Trap:
        def __getattr__(self, name: str) -> object:
            raise RuntimeError(name)

    assert authorizer(lambda _: Trap())(token(), None)["policyDocument"] == NOTHING
    assert "auth returned Trap, which is no answer" in caplog.text


@pytest.mark.parametrize(
    ("options", "grant", "principal"),
    [
        ({}, True, "user"),
        ({"principal_id": "service"}, True, "service"),
        ({"principal_id": lambda auth_request: f"id-{auth_request.token}"}, True, "id-abc"),
        ({"principal_id": "service"}, Grant(True, principal_id="alice"), "alice"),
        ({"principal_id": lambda auth_request: 1 / 0}, Grant(True, principal_id="alice"), "alice"),
        ({"principal_id": "service"}, Grant(True), "service"),
    ],
)
def test_who_the_caller_is(options: dict[str, Any], grant: Any, principal: str) -> None:
    """A value, a function of the request, or what the grant says."""
    assert authorizer(**options)(always(grant))(token(), None)["principalId"] == principal


@pytest.mark.parametrize("given", [None, "", 7, True, b"alice", ["alice"]])
def test_a_principal_that_is_none_is_a_failure(given: object) -> None:
    """API Gateway answers 500 without one, so nothing is sent."""
    with pytest.raises(AuthorizerFailure):
        authorizer(principal_id=lambda auth_request: given)(always(True))(token(), None)  # type: ignore[arg-type, return-value]


@pytest.mark.parametrize(
    ("options", "grant", "context"),
    [
        ({}, True, None),
        ({"context": {"tier": 1}}, True, {"tier": 1}),
        ({"context": lambda auth_request: {"path": auth_request.path}}, True, {"path": "/product/1"}),
        ({"context": {"tier": 1}}, Grant(True, context={"tier": 2}), {"tier": 2}),
        ({"context": {"tier": 1}}, Grant(True, context={}), None),
        ({"context": {}}, True, None),
    ],
)
def test_what_the_backend_gets(options: dict[str, Any], grant: Any, context: Any) -> None:
    """A value, a function of the request, or what the grant says."""
    assert authorizer(**options)(always(grant))(token(), None).get("context") == context


@pytest.mark.parametrize(
    "context",
    [{"a": None}, {"a": []}, {"a": {}}, {"claims": 1}, {"principalId": "x"}, {1: 1}, {"": 1}, {"a": float("nan")}],
)
def test_a_context_that_rest_api_would_not_take_is_a_failure(context: Any) -> None:
    """From a grant or from a function: API Gateway would answer 500, without a word in anybody's log."""
    with pytest.raises(AuthorizerFailure):
        authorizer(always(Grant(True, context=context)))(token(), None)
    with pytest.raises(AuthorizerFailure):
        authorizer(context=lambda auth_request: context)(always(True))(token(), None)


def test_an_api_key_of_a_usage_plan() -> None:
    """It goes into the answer under its own name."""
    answer = authorizer(always(Grant(True, usage_identifier_key="key-1")))(token(), None)
    assert answer["usageIdentifierKey"] == "key-1"


@pytest.mark.parametrize("options", [{}, {"context": {"tier": 1}}], ids=["plain", "context"])
def test_what_is_done_to_an_answer_changes_no_other_one(options: dict[str, Any]) -> None:
    """Nor the options: its document refuses changes, the first one as any later one, and all around it is of this answer."""
    handler = authorizer(**copy.deepcopy(options))(always(["product/*"]))
    kept = json.dumps(authorizer(**options)(always(["product/*"]))(token(), None))
    for _ in range(3):
        answer = handler(token(), None)
        assert json.dumps(answer) == kept
        document = answer["policyDocument"]
        for part in (document, document["Statement"], document["Statement"][0], document["Statement"][0]["Resource"]):
            with pytest.raises(TypeError, match="change a copy"):
                part.clear()
        mine = copy.deepcopy(answer)
        mine["policyDocument"]["Statement"][0]["Resource"].append("*")
        answer.setdefault("context", {})["tier"] = 99
        answer["principalId"] = "root"
        del answer["policyDocument"]


def test_answers_of_a_result_that_was_seen_have_one_document() -> None:
    """Nothing is copied for each of them, whatever kind of event asks and whoever else was answered meanwhile."""
    results = iter([["product/*"], ["other"], ["product/*"], ["product/*"], ["product/*"]])
    handler = authorizer(lambda auth_request: next(results))
    first, other, again = (handler(token(), None)["policyDocument"] for _ in range(3))
    assert first == again != other
    elsewhere = handler(token(arn=ARN.replace("/dev/", "/prod/")), None)["policyDocument"]
    assert elsewhere != first
    assert handler(request(), None)["policyDocument"] is again is first


@pytest.mark.parametrize("result", [True, False, ["product/*", "!product/1"], Rule("product/*")])
def test_an_answer_may_be_handed_back_as_a_finished_response(result: Any) -> None:
    """That of another authorizer, with a context of one's own: its document is one like any other."""
    rules = [result] if isinstance(result, Rule) else result
    inner = authorizer(always(rules))
    outer = authorizer(lambda auth_request: {**inner(auth_request.raw), "context": {"tier": 1}})
    for _ in range(2):
        answer = outer(token(), None)
        assert answer == {**inner(token()), "context": {"tier": 1}}
        with pytest.raises(TypeError):
            answer["policyDocument"]["Statement"].clear()


def test_a_document_of_ones_own_stays_as_it_is() -> None:
    """Who wrote a response without cwsauth may change what comes of it."""
    document = copy.deepcopy(EVERYTHING)
    answer = authorizer(always({"principalId": "x", "policyDocument": document}))(token(), None)
    assert answer["policyDocument"] is document
    document.clear()


@pytest.mark.parametrize(
    ("finished", "passed"),
    [
        ({"principalId": "x", "policyDocument": EVERYTHING}, True),
        ({"principalId": "x", "policyDocument": NOTHING, "context": {"a": 1}}, True),
        ({"principalId": "x", "policyDocument": EVERYTHING, "context": {"a": [1]}}, False),
        ({"principalId": "x", "policyDocument": EVERYTHING, "context": {"claims": "1"}}, False),
        ({"principalId": "", "policyDocument": EVERYTHING}, False),
        ({"principalId": "x", "policyDocument": {}}, False),
        ({"principalId": "x", "policyDocument": {**EVERYTHING, "Statement": []}}, False),
        (
            {
                "principalId": "x",
                "policyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}],
                },
            },
            False,
        ),
    ],
)
def test_a_finished_response_is_checked(finished: dict[str, Any], passed: bool) -> None:
    """It is passed on as it is, or the authorizer fails."""
    handler = authorizer(always(finished))
    if passed:
        answer = handler(token(), None)
        assert answer == finished
        assert answer is not finished
    else:
        with pytest.raises(AuthorizerFailure):
            handler(token(), None)


def test_a_hostile_path_in_a_finished_response_is_refused() -> None:
    """The ARN of the call, echoed as the resource, where the caller wrote a wildcard into it."""

    def auth(auth_request: AuthRequest) -> Any:
        statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": auth_request.arn}
        return {"principalId": "x", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}

    assert authorizer(auth)(token(arn=f"{HEAD}/GET/a"), None)["principalId"] == "x"
    with pytest.raises(AuthorizerFailure):
        authorizer(auth)(token(arn=f"{HEAD}/GET/*"), None)


def test_the_policy_without_an_answer() -> None:
    """`handler.policy(request)` is what was decided, for tests and for other doors; it raises what `auth` raises."""
    handler = authorizer(routes=["GET /product/{id}"])(always(["product/*"]))
    policy = handler.policy(AuthRequest(token="x"))
    assert policy == Policy.of(["product/*"], routes=["GET /product/{id}"])
    assert authorizer(raising(Forbidden())).policy(AuthRequest()) == Policy.of(False)
    with pytest.raises(Unauthenticated):
        authorizer(raising(Unauthenticated())).policy(AuthRequest())
    with pytest.raises(ZeroDivisionError):
        authorizer(lambda auth_request: 1 / 0).policy(AuthRequest())


def test_routes_make_documents_exact() -> None:
    """With the table of the API a rule is said in its terms; a wrong table is an error at once."""
    rules = ["product/*", "!product/*/secret"]
    routes = ["GET /product/{id}", "GET /product/{id}/secret"]
    document = authorizer(routes=routes)(always(rules))(token(), None)["policyDocument"]
    for call, verdict in (("product/1", iam.ALLOW), ("product/1/secret", iam.EXPLICIT_DENY)):
        found = iam.verdict(document, f"{HEAD}/GET/{call}")
        assert (found == iam.ALLOW) is (verdict == iam.ALLOW)
    assert authorizer(routes=RouteTable.of(routes))(always(True)).routes == RouteTable.of(routes)
    with pytest.raises(RouteError):
        authorizer(routes=["GET /a/*"])(always(True))


def test_what_iam_cannot_say_is_narrowed_or_refused(caplog: pytest.LogCaptureFixture) -> None:
    """Narrowing grants the call at hand and warns; refusing fails."""
    rules = ["GET a/*/b/**"]
    caplog.set_level(logging.WARNING)
    document = authorizer(always(rules))(token(arn=f"{HEAD}/GET/a/1/b/2"), None)["policyDocument"]
    assert iam.verdict(document, f"{HEAD}/GET/a/1/b/2") == iam.ALLOW
    assert iam.verdict(document, f"{HEAD}/GET/a/2/b/2") != iam.ALLOW
    assert "IAM cannot say 'GET a/*/b/**' exactly" in caplog.text
    with pytest.raises(AuthorizerFailure):
        authorizer(inexact="refuse")(always(rules))(token(arn=f"{HEAD}/GET/a/1/b/2"), None)


def test_the_rest_can_be_denied_explicitly() -> None:
    """For an API whose resource policy would allow what the authorizer is silent about."""
    made = authorizer(routes=["GET /a", "GET /b"], complement="deny")(always(["a"]))
    document = made(token(arn=f"{HEAD}/GET/a"), None)["policyDocument"]
    assert iam.verdict(document, f"{HEAD}/GET/a") == iam.ALLOW
    assert iam.verdict(document, f"{HEAD}/GET/b") == iam.EXPLICIT_DENY


def test_a_document_over_the_limit() -> None:
    """`limit` is kept: narrowed to the call at hand."""
    rules = [f"GET product/{number}" for number in range(100)]
    document = authorizer(limit=2000)(always(rules))(token(), None)["policyDocument"]
    assert len(json.dumps(document)) < 2000
    assert iam.verdict(document, ARN) == iam.ALLOW


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inexact": "widen"}, "invalid value 'widen' for inexact"),
        ({"on_error": "allow"}, "invalid value 'allow' for on_error"),
        ({"on_error": None}, "invalid value None for on_error"),
        ({"complement": "allow"}, "invalid value 'allow' for complement"),
        ({"ttl": -1}, "ttl is a whole number of seconds from 0 to 3600"),
        ({"ttl": 3601}, "ttl is a whole number of seconds from 0 to 3600"),
        ({"ttl": True}, "ttl is a whole number of seconds from 0 to 3600"),
        ({"ttl": 1.5}, "ttl is a whole number of seconds from 0 to 3600"),
        ({"principal_id": ""}, "principal_id is a non-empty string or a function"),
        ({"principal_id": 7}, "principal_id is a non-empty string or a function"),
        ({"context": []}, "invalid context: a dict is needed, not list"),
        ({"context": {"claims": 1}}, "invalid context: 'claims' is set by API Gateway itself"),
        ({"limit": 0}, "limit is a whole number of bytes, 512 at least"),
        ({"limit": True}, "limit is a whole number of bytes, 512 at least"),
        ({"limit": "8192"}, "limit is a whole number of bytes, 512 at least"),
        ({"simple": 1}, "simple is True or False"),
        ({"rout": []}, "authorizer has no option 'rout'"),
    ],
)
def test_a_wrong_option_is_an_error_at_once(options: dict[str, Any], message: str) -> None:
    """When the Lambda starts, and not on its first request."""
    with pytest.raises(ConfigError) as raised:
        authorizer(**options)(always(True))
    assert str(raised.value) == message
    assert raised.value.help


@pytest.mark.parametrize("function", [7, "auth", ["a"], True])
def test_an_authorizer_is_made_of_a_function(function: Any) -> None:
    """Nothing else can be asked."""
    with pytest.raises(ConfigError, match=f"an authorizer is made of a function, not of {type(function).__name__}"):
        authorizer(function)


def test_an_authorizer_needs_a_function_that_takes_the_request() -> None:
    """One without an argument would fail on every request, so it fails when the function starts."""

    class Service:
        def without(self) -> bool:
            return True

        def auth(self, auth_request: AuthRequest) -> bool:
            return bool(auth_request)

    functions: list[Any] = [lambda: True, Service().without]
    for function in functions:
        with pytest.raises(ConfigError, match="takes no argument") as raised:
            authorizer(function)
        assert raised.value.help == "write it as def auth(auth_request)"
    takes: list[Any] = [lambda *_: True, lambda request, other=1: True, Service().auth]
    for function in takes:
        authorizer(function)


def test_the_log_of_a_failure_says_what_would_help(caplog: pytest.LogCaptureFixture) -> None:
    """The caller is told of nothing, so the log has the remedy too: for an unknown event, what was expected."""
    with pytest.raises(AuthorizerFailure):
        authorizer(lambda request: True)({"Records": []}, None)
    assert "EventError: not an event of a Lambda authorizer that is known here; " in caplog.text
    assert "TOKEN" in caplog.text


def test_an_authorizer_looks_like_its_function() -> None:
    """Name, module and docstring are those of the function, which is there under `__wrapped__`."""

    @authorizer
    def auth(auth_request: AuthRequest) -> Any:
        """Who may do what."""
        return True

    assert isinstance(auth, Authorizer)
    assert (auth.__name__, auth.__doc__, auth.__module__) == ("auth", "Who may do what.", __name__)
    assert auth.__wrapped__(AuthRequest()) is True
    assert repr(auth).startswith("<Authorizer ")


def test_claims_of_a_grant_fill_placeholders() -> None:
    """A condition and a placeholder are settled for the request at hand before anything is written."""

    class OnlyGet:
        def settle(self, rule: Rule, request: AuthRequest) -> Rule | None:
            return Rule.made(rule.effect, rule.methods, rule.segments) if request.method == "GET" else None

    handler = authorizer(always([Rule("a", when=OnlyGet()), "users/${claims.sub}"]))
    policy = handler.policy(AuthRequest(method="GET", claims={"sub": "alice"}))
    assert [rule.text for rule in policy.rules] == ["a", "users/alice"]
    answer = handler(token(arn=f"{HEAD}/GET/a"), None)["policyDocument"]
    assert iam.verdict(answer, f"{HEAD}/GET/a") == iam.ALLOW
    assert iam.verdict(answer, f"{HEAD}/GET/users/alice") != iam.ALLOW


def test_threads_share_an_authorizer() -> None:
    """Each call gets the answer to its own event."""
    handler = authorizer(principal_id=lambda auth_request: f"id-{auth_request.token}")(
        lambda auth_request: [f"GET files/{auth_request.token}/**"]
    )
    found: dict[str, Any] = {}

    def ask(name: str) -> None:
        for _ in range(20):
            found[name] = handler(token(name, f"{HEAD}/GET/files/{name}/x"), None)

    threads = [threading.Thread(target=ask, args=(f"t{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for name, answer in found.items():
        assert answer["principalId"] == f"id-{name}"
        assert answer["policyDocument"]["Statement"][0]["Resource"] == [f"{HEAD}/GET/files/{name}/?*"]


def test_errors_can_be_pickled() -> None:
    """What leaves the handler crosses process borders, as in tests that run in parallel."""
    for error in (Unauthenticated(), AuthorizerFailure("the authorizer failed", help="see the log")):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again)) == (type(error), str(error))


def test_what_is_in_a_context_belongs_to_one_answer() -> None:
    """A Grant that lives on is in the answers of many callers: what one does to its lists reaches no other."""
    grant = Grant(["product/*"], context={"groups": ["reader"], "of": {"deep": [1]}})
    handler = authorizer(routes=["GET /product/{id}"])(lambda request: grant)
    for event in (events.http_v1("GET", "/product/1"), events.http_v2("GET", "/product/1")):
        answer = handler(event, None)
        answer["context"]["groups"].append("admin")
        answer["context"]["of"]["deep"].clear()
        assert handler(event, None)["context"] == grant.context == {"groups": ["reader"], "of": {"deep": [1]}}


def test_a_context_is_copied_however_deep_it_is() -> None:
    """Its depth is somebody else's, and no reason to fail."""
    deep: Any = []
    for _ in range(5000):
        deep = [deep]
    answer = authorizer(routes=["GET /a"])(lambda request: Grant(True, context={"deep": deep, "pair": ({"b": 1},)}))(
        events.http_v2("GET", "/a"), None
    )
    assert answer["context"]["deep"][0][0][0] is not deep[0][0][0]
    assert answer["context"]["pair"] == [{"b": 1}]
