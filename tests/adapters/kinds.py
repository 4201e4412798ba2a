"""Every kind of authorizer event as a door: a caller and a call in, and whether the answer lets it through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from cwsauth.authorizer import Authorizer
from cwsauth.gateway import events
from cwsauth.gateway.stage import Stage
from cwsauth.policy.evaluate import Verdict, evaluate


class Context:
    """What Lambda calls a handler with."""

    invoked_function_arn = "arn:aws:lambda:eu-west-1:123456789012:function:auth"


@dataclass(frozen=True)
class Kind:
    """A kind of event with a method and a path."""

    name: str
    build: Callable[[str | None, str, str], dict[str, Any]]
    arn: str = "methodArn"

    def __str__(self) -> str:
        return self.name

    def allowed(self, auth: Authorizer, token: str | None, method: str, path: str) -> bool:
        """Whether the answer allows the call that the event is of."""
        event = self.build(token, method, path)
        answer = auth(event, Context())
        return evaluate(answer["policyDocument"], event[self.arn]) is Verdict.ALLOW


def always(result: object) -> Callable[[object], object]:
    """An auth function that answers the same whoever asks."""
    return lambda _: result


def sent(token: str | None) -> dict[str, str]:
    """The headers of a caller with that token."""
    return {} if token is None else {"Authorization": token}


STAGE = Stage("dev")

METHOD_KINDS = [
    Kind("rest.token", lambda token, method, path: events.rest_token(token or "none", method, path)),
    Kind("rest.request", lambda token, method, path: events.rest_request(method, path, headers=sent(token))),
    Kind("http.v1", lambda token, method, path: events.http_v1(method, path, headers=sent(token), stage=STAGE)),
    Kind(
        "http.v2",
        lambda token, method, path: events.http_v2(method, path, headers=sent(token), stage=STAGE),
        arn="routeArn",
    ),
]

# One event of each kind of authorizer, as its caller with the token `t` sends it.
ONE_OF_EACH: dict[str, dict[str, Any]] = {
    **{kind.name: kind.build("Bearer t", "GET", "/product/1") for kind in METHOD_KINDS},
    "websocket": events.websocket_connect(headers=sent("Bearer t")),
    "appsync": events.appsync("Bearer t"),
    "iot": events.iot("Bearer t", headers={"X-A": "1"}, query="a=1", username="u", password="p", client_id="c"),
}
