"""API calls in the form that Chalice reads: REST API's proxy event, whichever API sent the call.

Sources: API Gateway developer guide, "Set up Lambda proxy integrations" (REST) and "Create AWS Lambda proxy integrations
for HTTP APIs" (payload formats 1.0 and 2.0).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cwsauth.policy.routes import RouteTable

    Views = Mapping[str, Mapping[str, object]]


@dataclass(frozen=True, slots=True)
class ApiCall:
    """A call as Chalice reads it. `http` says that the answer goes to an HTTP API in payload format 2.0.

    `found` is False where an API with a catch-all route sent a call that no route of the service takes.
    """

    event: Any
    http: bool = False
    found: bool = True

    def answer(self, response: Any) -> Any:
        """Chalice's answer in the form of the API."""
        return _http_response(response) if self.http and isinstance(response, dict) else response

    def missing(self) -> dict[str, Any]:
        """The answer to a call that no route takes."""
        return _refusal(404, "Not Found")

    def forbidden(self) -> dict[str, Any]:
        """The answer to a call of a guarded route that no authorizer let through."""
        return _refusal(403, "Forbidden")


def _refusal(status: int, message: str) -> dict[str, Any]:
    headers = {"Content-Type": "application/json"}
    return {"statusCode": status, "headers": headers, "body": json.dumps({"message": message})}


def read_call(event: Any, views: Views, routes: Callable[[], RouteTable]) -> ApiCall:
    """The call that an event is; `routes()` is asked only for events of a catch-all route or of an HTTP API."""
    if not isinstance(event, dict) or not isinstance(event.get("requestContext"), dict):
        return ApiCall(event)
    if event.get("version") == "2.0" and isinstance(event["requestContext"].get("http"), dict):
        return _http_call(event, routes())
    resource, method = event["requestContext"].get("resourcePath"), str(event["requestContext"].get("httpMethod", ""))
    if event.get("version") == "1.0":  # of an HTTP API, whose templates name their parameters otherwise
        return _routed(event, method, _canonical_path(event), routes(), http=False)
    if not isinstance(resource, str) or resource in views or not resource.endswith("+}"):
        return ApiCall(event)
    return _routed(event, method, _caught_path(resource, event.get("pathParameters")), routes(), http=False)


def is_unauthorized(event: Any) -> bool:
    """Whether a call came through an HTTP API or a function URL, and no authorizer in front let it through.

    A function URL sends the same events, and has no authorizer: to call a guarded view for one would open it to everybody.
    Source: HTTP API hands over `requestContext.authorizer.lambda` in format 2.0, the context itself in 1.0, which has our
    `principalId`; only API Gateway writes `requestContext`.
    """
    version = event.get("version") if isinstance(event, dict) else None
    if version not in ("1.0", "2.0"):
        return False
    authorizer = event["requestContext"].get("authorizer")
    mark = "lambda" if version == "2.0" else "principalId"
    return not isinstance(authorizer, dict) or mark not in authorizer or _is_function_url(event)


def _is_function_url(event: Any) -> bool:
    return ".lambda-url." in str(event["requestContext"].get("domainName") or "")


def _routed(event: dict[str, Any], method: str, path: str | None, routes: RouteTable, *, http: bool) -> ApiCall:
    if path is None:
        return ApiCall(event, http=http, found=False)
    match = routes.match(method, path)
    template, values = (match.route.template, match.path_parameters) if match else (None, {})
    if match is None:
        # A path that is declared with other verbs is Chalice's to refuse, with 405.
        other = next((found for verb in routes.verbs if (found := routes.match(verb, path))), None)
        if other is None:
            return ApiCall(event, http=http, found=False)
        template, values = other.route.template, other.path_parameters
    context = {**event["requestContext"], "httpMethod": method, "resourcePath": template}
    return ApiCall({**event, "pathParameters": values, "requestContext": context}, http=http)


def _caught_path(resource: str, parameters: object) -> str | None:
    """The path that a catch-all route of the API caught, as it came, without what a custom domain puts in front of it.

    INVARIANT: it is the path of the authorizer's ARN. `path` of the event may have more segments, and so another route.
    """
    if not isinstance(parameters, dict):
        return None
    parts = []
    for part in resource.strip("/").split("/"):
        value = parameters.get(part.strip("{+}")) if part.startswith("{") else part
        if not isinstance(value, str) or not value:
            return None
        parts.append(value)
    return "/" + "/".join(parts)


def _canonical_path(event: dict[str, Any]) -> str | None:
    """The path within the API and its stage; None where it has two readings."""
    from cwsauth.errors import EventError
    from cwsauth.events.proxy import decode_proxy  # here, as few services are called so

    try:
        return decode_proxy(event).path
    except EventError:
        return None


def _http_call(event: dict[str, Any], routes: RouteTable) -> ApiCall:
    context = event["requestContext"]
    http = context["http"]
    path = _canonical_path(event)
    headers = {str(name): value for name, value in (event.get("headers") or {}).items()}
    if event.get("cookies"):
        headers["cookie"] = "; ".join(event["cookies"])
    query = parse_qs(str(event.get("rawQueryString") or ""), keep_blank_values=True)
    rest = {
        **event,
        "headers": headers,
        "multiValueQueryStringParameters": query or None,
        "stageVariables": event.get("stageVariables"),
        "body": event.get("body"),
        "requestContext": {**context, "identity": {"sourceIp": http.get("sourceIp")}, "path": path},
    }
    return _routed(rest, str(http.get("method", "")), path, routes, http=True)


def _http_response(response: dict[str, Any]) -> dict[str, Any]:
    """Format 2.0 knows no `multiValueHeaders`: values are joined, and cookies have a list of their own."""
    headers = dict(response.get("headers") or {})
    cookies: list[str] = []
    for name, values in (response.get("multiValueHeaders") or {}).items():
        if name.lower() == "set-cookie":
            cookies.extend(values)
        else:
            headers[name] = ",".join(values)
    for name in [name for name in headers if name.lower() == "set-cookie"]:
        cookies.append(headers.pop(name))
    if not any(name.lower() == "content-type" for name in headers):
        headers["Content-Type"] = "application/json"  # REST API's default; HTTP API has another one
    answer = {key: value for key, value in response.items() if key != "multiValueHeaders"}
    return {**answer, "headers": headers, **({"cookies": cookies} if cookies else {})}
