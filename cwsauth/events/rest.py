"""The TOKEN events of a REST API, and the answer that carries a policy. What every authorizer loads: nothing else is here.

Source: API Gateway developer guide, "Input to an API Gateway Lambda authorizer" and "Output from an API Gateway Lambda
authorizer".
"""

from __future__ import annotations

from cwsauth.arn import MethodArn
from cwsauth.errors import ArnError, EventError
from cwsauth.outcome import check_context
from cwsauth.request import DEFAULTS, AuthRequest, credentials, set_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from cwsauth.outcome import Outcome

    Event = Mapping[str, Any]


def decode_token(event: Event) -> AuthRequest:
    """The request of a TOKEN event: a token and an ARN, nothing else."""
    arn = event.get("methodArn")
    token = event.get("authorizationToken")
    if type(arn) is not str or (token is not None and type(token) is not str):
        raise EventError(
            "a TOKEN event needs 'methodArn' and 'authorizationToken' as strings",
            help="pass the event as AWS sent it",
        )
    request: TokenRequest = new_request(TokenRequest)
    set_raw(request, event)
    return request


def encode_policy(outcome: Outcome) -> dict[str, Any]:
    """The answer of a REST API authorizer: a principal, a policy document and what goes to the backend."""
    # PERF: benchmarks/events.py - said here once more than in `answer`, and a call less.
    found: dict[str, Any] = {"principalId": outcome.principal_id, "policyDocument": outcome.document.policy}
    if outcome.context:
        check_context(outcome.context)
        found["context"] = dict(outcome.context)
    if outcome.usage_identifier_key is not None:
        found["usageIdentifierKey"] = outcome.usage_identifier_key
    return found


def answer(outcome: Outcome, *, nested: bool = False) -> dict[str, Any]:
    """A principal, a policy document, a checked context: what the answers of all APIs have in common."""
    found: dict[str, Any] = {"principalId": outcome.principal_id, "policyDocument": outcome.document.policy}
    if outcome.context:
        check_context(outcome.context, nested=nested)
        found["context"] = dict(outcome.context)
    return found


def _authorization(event: Event) -> str | None:
    token = event.get("authorizationToken")
    return token if isinstance(token, str) else None


def _arn(event: Event) -> MethodArn:
    try:
        return MethodArn(event["methodArn"])
    except ArnError as error:
        problem, remedy = error.message, error.help
    raise EventError(f"the event has an {problem}", help=remedy)


def _path(event: Event) -> str:
    arn = _arn(event)
    return "/" + (arn.route_key or arn.path)


class TokenRequest(AuthRequest):
    """The request of a TOKEN event, which reads the event as it is asked; a new one has one thing written into it."""

    # PERF: benchmarks/events.py - these stand in front of the places that another request has for its values.
    __slots__ = ()
    kind = "rest.token"

    @property
    def token(self) -> str | None:  # type: ignore[override]
        """The credential, without its scheme."""
        given = self.raw.get("authorizationToken")
        if type(given) is str and given[:7] == "Bearer ":
            return given[7:].strip(" ") or None
        return credentials(given)[1]

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
