"""The TOKEN events of a REST API: what every authorizer loads, and no other kind of event.

Source: API Gateway developer guide, "Input to an API Gateway Lambda authorizer".
"""

from __future__ import annotations

from cwsauth.arn import MethodArn
from cwsauth.request import DEFAULTS, AuthRequest, credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Event = Mapping[str, Any]


def decode_token(event: Event) -> AuthRequest:
    """The request of a TOKEN event: a token and an ARN, nothing else."""
    arn = event.get("methodArn")
    token = event.get("authorizationToken")
    if type(arn) is not str or (token is not None and type(token) is not str):
        from cwsauth.errors import EventError

        raise EventError(
            "a TOKEN event needs 'methodArn' and 'authorizationToken' as strings",
            help="pass the event as AWS sent it",
        )
    request: TokenRequest = new_request(TokenRequest)
    set_raw(request, event)
    set_token(request, credentials(token)[1])
    return request


class TokenRequest(AuthRequest):
    """The request of a TOKEN event, which reads the event as it is asked; a new one gets the event and its token."""

    # PERF: benchmarks/events.py - these stand in front of the places that another request has for its values.
    __slots__ = ()
    kind = "rest.token"

    authorization = property(lambda self: _authorization(self.raw))
    scheme = property(lambda self: credentials(_authorization(self.raw))[0])
    arn = property(lambda self: self.raw["methodArn"])
    method = property(lambda self: _arn(self.raw).method)
    path = property(lambda self: _path(self.raw))
    stage = property(lambda self: _arn(self.raw).stage)
    headers = DEFAULTS["headers"]  # type: ignore[assignment]
    query = DEFAULTS["query"]  # type: ignore[assignment]
    cookies = DEFAULTS["cookies"]  # type: ignore[assignment]
    path_parameters = DEFAULTS["path_parameters"]  # type: ignore[assignment]
    stage_variables = DEFAULTS["stage_variables"]  # type: ignore[assignment]
    claims = DEFAULTS["claims"]  # type: ignore[assignment]
    source_ip = None
    request_id = ""


new_request = object.__new__
set_raw, set_token = (AuthRequest.__dict__[slot].__set__ for slot in ("raw", "token"))


def _authorization(event: Event) -> str | None:
    token = event.get("authorizationToken")
    return token if isinstance(token, str) else None


def _arn(event: Event) -> MethodArn:
    try:
        return MethodArn(event["methodArn"])
    except ValueError as error:
        from cwsauth.errors import ArnError, EventError

        if not isinstance(error, ArnError):
            raise
        problem, remedy = error.message, error.help
    raise EventError(f"the event has an {problem}", help=remedy)


def _path(event: Event) -> str:
    arn = _arn(event)
    return "/" + (arn.route_key or arn.path)
