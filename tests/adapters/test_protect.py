"""`protect`: what is particular about each door."""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwsauth import AuthRequest, Grant, protect
from cwsauth.adapters.protect import current_access
from cwsauth.errors import ConfigError, EventError
from cwsauth.events.canonical import canonical
from cwsauth.events.proxy import decode_proxy
from cwsauth.gateway import events
from cwsauth.gateway.stage import Stage
from cwsauth.refusal import Cors
from cwsauth.request import DEFAULTS
from tests.adapters.doors import EVENTS
from tests.adapters.test_events_arbitrary import JSON, _places

ORIGIN = "https://app.example"


def guarded(auth: Any, **options: Any) -> Any:
    """A handler that answers with the path it was called for."""

    @protect(auth, **options)
    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        access = current_access()
        assert access is not None
        assert access.request is not None
        return {"statusCode": 200, "body": access.request.path}

    return handler


def yes(request: AuthRequest) -> bool:
    """Everybody may."""
    return True


def no(request: AuthRequest) -> bool:
    """Nobody may."""
    return False


@pytest.mark.parametrize("name", EVENTS)
def test_the_kind_and_the_request_are_those_of_the_door(name: str) -> None:
    """Method, path, query, cookies, headers, address: the same out of every event."""
    headers = {"Authorization": "Bearer t", "Cookie": "a=1; b=2", "X-One": "1"}
    request = decode_proxy(EVENTS[name]("PUT", "/a/b?x=1&y=a%2Bb", headers))
    assert (request.method, request.path, request.token) == ("PUT", "/a/b", "t")
    assert dict(request.query) == {"x": "1", "y": "a+b"}
    assert dict(request.cookies) == {"a": "1", "b": "2"}
    assert request.headers["x-ONE"] == "1"
    assert request.kind == name.partition(",")[0].partition(" 1.0")[0].replace(" ", "_") + (
        ".proxy" if name.startswith(("rest", "http")) else ""
    )
    assert (request.source_ip is None) is name.startswith("lattice")


@pytest.mark.parametrize("name", EVENTS)
def test_two_authorization_headers_are_refused_at_every_door(name: str) -> None:
    """403, without a call of auth."""
    event = EVENTS[name]("GET", "/a", {"Authorization": "Bearer a"})
    for place in ("headers", "multiValueHeaders"):
        for key, value in (event.get(place) or {}).items():
            if key.lower() == "authorization":
                event[place][key] = [*value, "Bearer b"] if isinstance(value, list) else "Bearer a,Bearer b"
    if name == "alb":
        event["headers"] = {"Authorization": "Bearer a", "authorization": "Bearer b"}
    elif name in ("rest", "rest, base path"):
        event["multiValueHeaders"] = {"Authorization": ["Bearer a", "Bearer b"]}
    answer = guarded(lambda request: request.token is not None)(event)
    assert answer["statusCode"] in (403, 500)


@pytest.mark.parametrize(
    ("template", "parameters", "path"),
    [
        ("/product/{id}", {"id": "1"}, "/product/1"),
        ("/product/{id}/reviews/{n}", {"id": "1", "n": "2"}, "/product/1/reviews/2"),
        ("/files/{proxy+}", {"proxy": "a/b"}, "/files/a/b"),
        ("/", None, "/"),
    ],
)
@pytest.mark.parametrize("base", ["", "/shop", "/shop/v1"])
def test_the_base_path_of_a_custom_domain_is_not_part_of_the_path(
    template: str, parameters: dict[str, str] | None, path: str, base: str
) -> None:
    """`path` holds it, `resource` and the parameters do not: the rules are about the API."""
    event = events.rest_proxy("GET", path, template=template, path_parameters=parameters)
    event["path"] = (base + path).rstrip("/") or "/"
    assert guarded(yes)(event)["body"] == path
    event = events.http_proxy("GET", path, route_key=f"GET {template}", path_parameters=parameters)
    event["rawPath"] = (base + path).rstrip("/")
    assert guarded(yes)(event)["body"] == path


@pytest.mark.parametrize(
    ("template", "parameters", "path"),
    [
        ("/product/{id}", {"id": "1"}, "/admin/1"),
        ("/product/{id}", {"id": "1"}, "/1"),
        ("/files/{proxy+}", {}, "/files/a"),
        ("/files/{proxy+}", {"proxy": ""}, "/files/a"),
        ("/files/{proxy+}", {"proxy": "a"}, "/files/a/b"),
        ("/files/{proxy+}", {"proxy": ["a"]}, "/files/a"),
    ],
)
def test_a_route_that_does_not_fit_the_path_is_refused(template: str, parameters: dict[str, Any], path: str) -> None:
    """An event that contradicts itself is not decided."""
    event = events.rest_proxy("GET", path, template=template)
    event["pathParameters"] = parameters
    assert guarded(yes)(event)["statusCode"] == 403


def test_a_named_stage_is_not_part_of_the_path_of_an_http_api() -> None:
    """On API Gateway's own endpoint; elsewhere it might be the API's path, so a base path has to be declared."""
    event = events.http_proxy("GET", "/admin/x", stage=Stage("dev"), route_key="$default")
    assert event["rawPath"] == "/dev/admin/x"
    assert guarded(yes)(event)["body"] == "/admin/x"
    custom = copy.deepcopy(event)
    custom["requestContext"]["domainName"] = "api.example.com"
    assert guarded(yes)(custom)["statusCode"] == 403
    assert guarded(yes, base_path="/dev")(custom)["body"] == "/admin/x"
    custom["rawPath"] = "/v1/admin/x"
    assert guarded(yes, base_path="/v1")(custom)["body"] == "/admin/x"
    event["rawPath"] = "/admin/x"
    assert guarded(yes)(event)["statusCode"] == 403


def test_the_two_paths_of_a_function_url_have_to_agree() -> None:
    """One is raw, one is decoded, in the same event."""
    event = events.function_url("GET", "/a%20b")
    assert guarded(yes)(event)["body"] == "/a b"
    event["requestContext"]["http"]["path"] = "/admin"
    assert guarded(yes)(event)["statusCode"] == 403


def test_an_alb_answer_has_the_form_of_its_event() -> None:
    """Multi-value headers where the target group has them on, and a description of the status."""
    sent = {"Authorization": "Bearer k"}
    plain = guarded(no)(events.alb("GET", "/a", headers=sent))
    multi = guarded(no)(events.alb("GET", "/a", headers=sent, multi_value=True))
    assert plain["statusDescription"] == multi["statusDescription"] == "403 Forbidden"
    assert plain["headers"]["Content-Type"] == "application/json"
    assert multi["multiValueHeaders"]["Content-Type"] == ["application/json"]
    assert "headers" not in multi


def test_the_address_behind_an_alb_is_the_one_that_the_alb_saw() -> None:
    """What a client writes into X-Forwarded-For stands before it."""
    event = events.alb("GET", "/a")
    event["headers"]["x-forwarded-for"] = "10.0.0.1, 203.0.113.9"
    assert decode_proxy(event).source_ip == "203.0.113.9"


@pytest.mark.parametrize("multi", [False, True])
def test_the_oidc_headers_of_an_alb_are_not_shown_unchecked(multi: bool) -> None:
    """Anybody may write them; an auth function that reads them would believe it."""
    headers = {f"X-Amzn-Oidc-{name}": "forged" for name in ("Data", "Identity", "Accesstoken")}
    request = decode_proxy(events.alb("GET", "/a", headers=headers, multi_value=multi))
    assert not [name for name in request.headers if "oidc" in name]


def test_cors_is_on_refusals_and_answers_preflights() -> None:
    """A browser sends no credential with a preflight, and hides a 401 without the header from the page."""
    handler = guarded(no, cors=[ORIGIN, "https://other.example"])
    for build in EVENTS.values():
        refused = handler(build("GET", "/a", {"Origin": ORIGIN}))
        lines = refused.get("headers") or {k: v[0] for k, v in refused["multiValueHeaders"].items()}
        assert lines["Access-Control-Allow-Origin"] == ORIGIN
        assert lines["Vary"] == "Origin"
        asked = handler(build("OPTIONS", "/a", {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"}))
        assert asked["statusCode"] == 204
        lines = asked.get("headers") or {k: v[0] for k, v in asked["multiValueHeaders"].items()}
        assert "PUT" in lines["Access-Control-Allow-Methods"]
    stranger = handler(EVENTS["rest"]("GET", "/a", {"Origin": "https://evil.example"}))
    assert "Access-Control-Allow-Origin" not in stranger["headers"]
    assert handler(EVENTS["rest"]("OPTIONS", "/a", {"Origin": ORIGIN}))["statusCode"] == 401
    assert guarded(no, cors="*")(EVENTS["rest"]("GET", "/a", {}))["headers"]["Access-Control-Allow-Origin"] == "*"
    named = guarded(no, cors=Cors(ORIGIN, credentials=True))(EVENTS["rest"]("GET", "/a", {"origin": ORIGIN}))
    assert named["headers"]["Access-Control-Allow-Credentials"] == "true"


def test_without_cors_a_preflight_is_a_request() -> None:
    """Nothing is opened that was not asked for."""
    answer = guarded(no)(EVENTS["rest"]("OPTIONS", "/a", {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT"}))
    assert answer["statusCode"] == 401


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Cors("app.example"),
        lambda: Cors("https://app.example/"),
        lambda: Cors("https://a\r\nX: y"),
        lambda: Cors("*", credentials=True),
        lambda: Cors("*", headers=["a b"]),
        lambda: protect(yes, realm='a"b'),
        lambda: protect(yes, scheme="a b"),
        lambda: protect(None),
        lambda: protect(yes, on_error="ignore"),
        lambda: protect("not a function"),  # type: ignore[arg-type]
    ],
)
def test_a_wrong_option_is_refused_at_once(wrong: Any) -> None:
    """Where the decorator stands, not at the first request."""
    with pytest.raises(ConfigError) as raised:
        wrong()
    assert raised.value.help


def test_an_async_handler_is_refused() -> None:
    """Lambda would not await it."""
    with pytest.raises(ConfigError, match="Lambda calls"):

        @protect(yes)
        async def handler(event: object, context: object) -> None:
            """Never called."""


MARKED: dict[str, Any] = {"principalId": "user1", "tenant": "t1"}
BEHIND = {
    "rest": events.rest_proxy("GET", "/a", authorizer=MARKED),
    "http": events.http_proxy("GET", "/a", authorizer={"tenant": "t1"}),
    "http 1.0": events.http_proxy_v1("GET", "/a", authorizer=MARKED),
}


@pytest.mark.parametrize("name", BEHIND)
def test_behind_an_authorizer_its_mark_is_wanted(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """A route that was deployed without its authorizer does not become an open door."""
    event = BEHIND[name]
    for handler in (guarded(None, behind_authorizer=True), guarded(yes, behind_authorizer=True)):
        assert handler(event)["statusCode"] == 200
        marks: list[Any] = [None, {}, [], "x", {"lambda": None}, {"lambda": {}}, {"jwt": {"claims": {"sub": "1"}}}]
        for broken in marks:
            bare = copy.deepcopy(event)
            bare["requestContext"]["authorizer"] = broken
            assert handler(bare)["statusCode"] in (403, 500)
        del bare["requestContext"]["authorizer"]
        assert handler(bare)["statusCode"] == 403
    assert "context of the authorizer" in caplog.text
    assert guarded(no, behind_authorizer=True)(event)["statusCode"] == 403


@pytest.mark.parametrize("name", [name for name in EVENTS if not name.startswith(("rest", "http"))])
def test_where_no_authorizer_can_be_in_front_nothing_is_let_through(name: str) -> None:
    """Not even with a forged context."""
    event = EVENTS[name]("GET", "/a", {})
    event["requestContext"] = {**event.get("requestContext", {}), "authorizer": {"lambda": {}, "principalId": ""}}
    assert guarded(None, behind_authorizer=True)(event)["statusCode"] in (403, 500)


def test_what_a_client_wrote_is_not_the_decision() -> None:
    """The word about the caller is ours: it replaces what was there, and no header makes it."""
    event = events.rest_proxy(
        "GET", "/a", headers={"x-apigateway-event": "{}"}, authorizer={"cwsauth": {"principalId": "x"}}
    )

    @protect(lambda _: Grant(True, principal_id="real"))
    def handler(event: dict[str, Any], context: object) -> dict[str, Any]:
        return {"statusCode": 200, "body": event["requestContext"]["authorizer"]["cwsauth"]["principalId"]}

    assert handler(event, None)["body"] == "real"


def test_claims_that_api_gateway_verified_are_there() -> None:
    """Of its JWT authorizer, and of a Cognito user pool."""
    http = events.http_proxy("GET", "/a")
    http["requestContext"]["authorizer"] = {"jwt": {"claims": {"sub": "1"}, "scopes": None}}
    rest = events.rest_proxy("GET", "/a", authorizer={"claims": {"sub": "1"}})
    for event in (http, rest):
        assert guarded(lambda request: request.claims.get("sub") == "1")(event)["statusCode"] == 200
    assert guarded(lambda request: "sub" in request.claims)(events.alb("GET", "/a"))["statusCode"] == 401
    assert guarded(no)(http)["statusCode"] == guarded(no)(rest)["statusCode"] == 403


def test_a_data_class_of_powertools_stays_one() -> None:
    """`@event_source` above `@protect`: the handler gets what it expects, and the decision is in it."""
    classes = pytest.importorskip("aws_lambda_powertools.utilities.data_classes")

    @protect(lambda _: Grant(True, principal_id="real"))
    def handler(event: Any, context: object) -> dict[str, Any]:
        assert type(event) is classes.APIGatewayProxyEvent
        return {"statusCode": 200, "body": event["requestContext"]["authorizer"]["cwsauth"]["principalId"]}

    event = classes.APIGatewayProxyEvent(events.rest_proxy("GET", "/a"))
    assert handler(event, None)["body"] == "real"


def test_the_query_that_lattice_leaves_on_the_path_is_not_part_of_it() -> None:
    """Where the event has the query elsewhere, too; a question mark alone is one that was decoded."""
    for event, name in ((events.lattice("GET", "/a?x=1"), "path"), (events.lattice_v1("GET", "/a?x=1"), "raw_path")):
        event[name] += "?x=1"
        assert guarded(lambda _: ["a"])(event)["body"] == "/a"
    event = events.lattice("GET", "/a")
    event["path"] += "?x=1"
    assert guarded(yes)(event)["statusCode"] == 403


def test_an_identity_source_tells_where_the_token_is() -> None:
    """The same notation as for an authorizer."""
    for build in EVENTS.values():
        handler = guarded(lambda request: request.token == "k", identity_source="$request.header.X-Api-Key")
        assert handler(build("GET", "/a", {"x-api-key": "k"}))["statusCode"] == 200
        assert handler(build("GET", "/a", {"Authorization": "k"}))["statusCode"] == 401
        handler = guarded(lambda request: request.token == "k+1", identity_source="$request.querystring.key")
        assert handler(build("GET", "/a?key=k%2B1", {}))["statusCode"] == 200


def test_an_authorizer_event_is_not_a_request() -> None:
    """Whoever mixes up the two decorators is refused, and told which one is right."""
    with pytest.raises(EventError) as raised:
        decode_proxy(events.rest_token("t"))
    assert "cwsauth.authorizer" in raised.value.help
    assert guarded(yes)(events.rest_token("t"))["statusCode"] == 403


@given(JSON)
def test_arbitrary_json_is_refused_as_an_event(event: Any) -> None:
    """With a 403, never with an error of Python."""
    if not (isinstance(event, dict) and "requestContext" in event):
        assert guarded(yes)(event)["statusCode"] == 403


@given(st.sampled_from(sorted(EVENTS)), st.data(), JSON)
def test_a_damaged_event_is_an_answer(name: str, data: st.DataObject, value: object) -> None:
    """A real event with one value replaced: an answer of ours, and all fields are read or refused."""
    event = copy.deepcopy(EVENTS[name]("GET", "/a/b?x=1", {"Authorization": "Bearer t", "Cookie": "a=1"}))
    path = data.draw(st.sampled_from(_places(event)[1:]))
    inner: Any = event
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    with suppress(EventError):
        request = decode_proxy(event)
        for field in DEFAULTS:
            getattr(request, field)
    assert guarded(lambda request: request.token is None)(event)["statusCode"] in (200, 403, 500)
    json.dumps(guarded(no)(event))


@given(st.text(max_size=12), st.booleans())
def test_a_canonical_path_is_a_fixed_point(text: str, encoded: bool) -> None:
    """What comes out has one reading: it comes out again, has no dot segment and no separator of another kind."""
    with suppress(EventError):
        path = canonical("/" + text, encoded=encoded)
        assert canonical(path, encoded=False) == path
        assert not {".", ".."} & set(path.split("/"))
        assert not set(path) & set("\\;?#%\0\r\n")
