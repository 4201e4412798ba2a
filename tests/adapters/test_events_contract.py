"""One auth function, every kind of event: the same request for the function, the same answer for the caller."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, Policy, Unauthenticated, authorizer, secret_equals
from cwsauth.errors import AuthorizerFailure
from cwsauth.events import decode
from cwsauth.gateway import events
from tests.adapters.kinds import METHOD_KINDS, ONE_OF_EACH, Context, Kind, always

RULES = ["product/*", "!product/internal", "POST orders", "GET,PUT orders/{id}/items", "files/**"]
ROUTES = [
    *("GET /product/{id}", "GET /product/internal", "ANY /orders", "GET,PUT,DELETE /orders/{id}/items"),
    *("GET /files/{proxy+}", "GET /", "GET /admin"),
]


def auth(request: AuthRequest) -> object:
    """The function of this suite."""
    if request.token is None or secret_equals(request.token, "none"):
        raise Unauthenticated
    if secret_equals(request.token, "user"):
        return Grant(RULES, principal_id="user1", context={"tenant": "t1", "level": 3})
    if secret_equals(request.token, "broken"):
        raise ValueError(request.token)
    return secret_equals(request.token, "admin")


CALLS = [
    ("GET", "/product/1"),
    ("GET", "/product/internal"),
    ("POST", "/orders"),
    ("GET", "/orders"),
    ("PUT", "/orders/1/items"),
    ("DELETE", "/orders/1/items"),
    ("GET", "/files/a/b/c"),
    ("GET", "/"),
    ("GET", "/admin"),
]


@pytest.mark.parametrize("kind", METHOD_KINDS, ids=str)
@pytest.mark.parametrize(("method", "path"), CALLS)
def test_every_kind_allows_what_the_policy_allows(kind: Kind, method: str, path: str) -> None:
    """A user, an administrator and a stranger get the same answer wherever they knock."""
    handler = authorizer(routes=ROUTES)(auth)
    wanted = Policy.of(RULES).allows(method, path)
    for scheme in ("", "Bearer ", "bearer "):
        assert kind.allowed(handler, f"{scheme}user", method, path) is wanted
        assert kind.allowed(handler, f"{scheme}admin", method, path) is True
        assert kind.allowed(handler, f"{scheme}stranger", method, path) is False


@pytest.mark.parametrize("kind", METHOD_KINDS, ids=str)
def test_every_kind_hands_over_principal_and_context(kind: Kind) -> None:
    """The identity of a Grant is in the answer."""
    answer = authorizer(routes=ROUTES)(auth)(kind.build("user", "GET", "/product/1"), Context())
    assert answer["principalId"] == "user1"
    assert answer["context"] == {"tenant": "t1", "level": 3}
    assert set(answer) == {"principalId", "policyDocument", "context"}


@pytest.mark.parametrize("kind", METHOD_KINDS, ids=str)
def test_unauthenticated_leaves_the_handler_as_unauthorized(kind: Kind) -> None:
    """What API Gateway turns into 401, and nothing in its chain."""
    with pytest.raises(Unauthenticated, match=r"\AUnauthorized\Z") as raised:
        authorizer(auth)(kind.build(None, "GET", "/product/1"), Context())
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.parametrize("event", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
def test_a_failure_denies_every_kind(event: dict[str, Any]) -> None:
    """An auth function that raises ends in an error without its text, or in a denial where that was asked for."""

    def broken(request: AuthRequest) -> object:
        raise ValueError(request.token)

    with pytest.raises(AuthorizerFailure, match="the authorizer failed") as raised:
        authorizer(broken)(event, Context())
    assert raised.value.__context__ is None
    answer = authorizer(on_error="deny")(broken)(event, Context())
    assert "Allow" not in str(answer)
    assert answer.get("isAuthorized", False) is False
    assert answer.get("isAuthenticated", False) is False


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_the_request_has_its_kind_and_its_token(name: str) -> None:
    """The kind is found by the event's shape, and the token is apart from its scheme."""
    request = decode(ONE_OF_EACH[name])
    assert (request.kind, request.token, request.scheme) == (name, "t", "Bearer")
    assert request.authorization == "Bearer t"
    assert request.raw is ONE_OF_EACH[name]


@pytest.mark.parametrize("kind", METHOD_KINDS, ids=str)
@pytest.mark.parametrize(("method", "path"), [*CALLS, ("GET", "/a:b/2021-08-01T00:00:00Z"), ("GET", "/a%2Bb/x")])
def test_method_and_path_are_those_of_the_arn(kind: Kind, method: str, path: str) -> None:
    """What API Gateway evaluates is what the function sees; the stage is not part of the path."""
    request = decode(kind.build("t", method, path))
    assert request.method == method
    assert request.arn.endswith(f"/{method}{request.path}")
    assert request.path == (path if kind.name.startswith("rest") else path.replace("%2B", "+"))


@pytest.mark.parametrize("event", ONE_OF_EACH.values(), ids=ONE_OF_EACH)
def test_an_answer_of_the_wrong_type_grants_nothing(event: dict[str, Any]) -> None:
    """None, a number, a bare string: nobody gets in by them, at no door."""
    wrong: list[object] = [None, 1, "*", {"isAuthorized": True}, {"isAuthenticated": True}, ["a//b"], object()]
    for result in wrong:
        answer = authorizer(always(result))(event, Context())
        assert "Allow" not in str(answer)
        assert answer.get("isAuthorized", False) is False
        assert answer.get("isAuthenticated", False) is False


@pytest.mark.parametrize("name", [name for name in ONE_OF_EACH if name != "appsync"])
@pytest.mark.parametrize(
    "options",
    [{}, {"principal_id": lambda request: "u"}, {"context": {"tier": 1}}, {"on_error": "deny", "ttl": 0}],
    ids=["plain", "principal", "context", "on_error"],
)
def test_no_document_of_an_answer_can_be_changed(name: str, options: dict[str, Any]) -> None:
    """Of no kind, not in the first answer, and not in one that stands for an error; what is around it can."""

    def broken(request: AuthRequest) -> object:
        raise ValueError

    granted: list[object] = [True, False, ["product/*", "Publish/a/*"], Grant(["product/1"], context={"plan": "free"})]
    for auth_of in [*map(always, granted), *([broken] if "on_error" in options else [])]:
        handler = authorizer(**options)(auth_of)
        for _ in range(2):
            answer = handler(ONE_OF_EACH[name], Context())
            documents = answer["policyDocuments"] if name == "iot" else [answer["policyDocument"]]
            with pytest.raises(TypeError, match="change a copy"):
                documents.clear() if name == "iot" else documents[0].clear()
            for document in documents:
                for change in (document.clear, document["Statement"].clear, document["Statement"][0]["Resource"].clear):
                    with pytest.raises(TypeError, match="change a copy"):
                        change()
            answer["context"] = {"more": 1}
            answer.clear()


def test_a_websocket_connects_with_a_token_of_the_query_string() -> None:
    """A browser cannot send a header, so the identity source names a query parameter."""
    handler = authorizer(identity_source="route.request.querystring.token")(auth)
    event = events.websocket_connect("token=admin")
    answer = handler(event)
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert answer["policyDocument"]["Statement"][0]["Resource"] == [event["methodArn"].replace("$connect", "*")]
    with pytest.raises(Unauthenticated):
        handler(events.websocket_connect("other=admin"))
    # A list of rules that does not reach the connection does not open it.
    assert handler(events.websocket_connect("token=user"))["policyDocument"]["Statement"][0]["Effect"] == "Deny"


def test_a_data_class_of_powertools_is_an_event() -> None:
    """`@event_source` hands over an object; its raw event is decoded."""
    classes = pytest.importorskip("aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event")
    event = events.rest_token("Bearer user", "GET", "/product/1")
    wrapped = classes.APIGatewayAuthorizerTokenEvent(event)
    assert authorizer(routes=ROUTES)(auth)(wrapped) == authorizer(routes=ROUTES)(auth)(event)
