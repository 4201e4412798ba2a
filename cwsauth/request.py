"""One request that asks for access, whatever kind of event brought it, and that of a TOKEN event, which every authorizer loads.

Source: API Gateway developer guide, "Input to an API Gateway Lambda authorizer".
"""

from __future__ import annotations

from types import MappingProxyType

from cwsauth.arn import MethodArn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    Event = Mapping[str, Any]

_EMPTY: Mapping[str, Any] = MappingProxyType({})
DEFAULTS: dict[str, object] = {
    "token": None,
    "scheme": "",
    "authorization": None,
    "method": "",
    "path": "/",
    "arn": "",
    "headers": _EMPTY,
    "query": _EMPTY,
    "cookies": _EMPTY,
    "source_ip": None,
    "path_parameters": _EMPTY,
    "stage": "",
    "stage_variables": _EMPTY,
    "claims": _EMPTY,
    "request_id": "",
    "raw": _EMPTY,
}
# Schemes that are told apart from their credentials. Source: RFC 6750, RFC 7617.
_SCHEMES = {"bearer": "Bearer", "basic": "Basic"}


class AuthRequest:
    """What an `auth` function is asked about. Immutable; `repr` shows no token, header, cookie or claim.

    `kind` is the event's kind (`rest.token`, `rest.request`, `http.v1`, `http.v2`, `websocket`, `appsync`, `iot`, or for
    enforcement in process `rest.proxy`, `http.proxy`, `alb`, `function_url`, `lattice`).
    `token` is the credential without its `scheme` (`Bearer x` → `x` and `Bearer`), `authorization` the whole value; both
    None where nothing was sent. `method`, `path` (with its leading slash, raw), `stage` come from the ARN that API Gateway
    evaluates, where there is one. `headers` ignores case. `claims` are those of a verified token. `raw` is the event.
    """

    __slots__ = (
        "_fields",
        "arn",
        "authorization",
        "claims",
        "cookies",
        "headers",
        "kind",
        "method",
        "path",
        "path_parameters",
        "query",
        "raw",
        "request_id",
        "scheme",
        "source_ip",
        "stage",
        "stage_variables",
        "token",
    )
    arn: str
    authorization: str | None
    claims: Mapping[str, Any]
    cookies: Mapping[str, str]
    headers: Mapping[str, str]
    kind: str
    method: str
    path: str
    path_parameters: Mapping[str, str]
    query: Mapping[str, str]
    raw: Mapping[str, Any]
    request_id: str
    scheme: str
    source_ip: str | None
    stage: str
    stage_variables: Mapping[str, str]
    token: str | None
    _fields: Any

    def __init__(self, kind: str = "rest.request", **fields: object) -> None:
        unknown = fields.keys() - DEFAULTS.keys()
        if unknown:
            raise TypeError(f"AuthRequest has no field {sorted(unknown)[0]!r}")
        if fields.get("authorization") is None and isinstance(fields.get("token"), str):
            scheme = fields.get("scheme")
            fields["authorization"] = f"{scheme} {fields['token']}" if scheme else fields["token"]
        elif "token" not in fields and "authorization" in fields:
            fields["scheme"], fields["token"] = credentials(fields["authorization"])
        if "headers" in fields:
            from cwsauth.headers import Headers

            if not isinstance(fields["headers"], Headers):
                fields["headers"] = Headers(fields["headers"])  # type: ignore[arg-type]
        _set(self, "kind", kind)
        _set(self, "_fields", None)
        for name, default in DEFAULTS.items():
            value = fields.get(name, default)
            _set(self, name, MappingProxyType(value) if type(value) is dict and name != "raw" else value)

    @property
    def method_arn(self) -> str:
        """`arn`, under the name it has in Chalice's AuthRequest."""
        return self.arn

    @property
    def auth_type(self) -> str:
        """`TOKEN` or `REQUEST`, as in Chalice's AuthRequest."""
        return "TOKEN" if self.kind == "rest.token" else "REQUEST"

    def with_claims(self, claims: Mapping[str, Any]) -> AuthRequest:
        """The same request, with the claims of a verified token."""
        return self.replace(claims=claims)

    def replace(self, **fields: object) -> AuthRequest:
        """The same request with other values for some fields."""
        known = {name: getattr(self, name) for name in DEFAULTS}
        return AuthRequest(self.kind, **{**known, **fields})

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a request cannot be changed: {name}")

    def __repr__(self) -> str:
        # Only what a log may hold. The path is left out: people put secrets there too.
        return f"AuthRequest(kind={self.kind!r}, method={self.method!r}, stage={self.stage!r})"

    def __reduce__(self) -> tuple[object, ...]:
        fields = {name: getattr(self, name) for name in DEFAULTS}
        plain = {name: dict(value) if hasattr(value, "keys") else value for name, value in fields.items()}
        return _restored, (self.kind, plain)


_set = object.__setattr__
set_kind, set_raw, set_fields = (AuthRequest.__dict__[slot].__set__ for slot in ("kind", "raw", "_fields"))


def _restored(kind: str, fields: dict[str, object]) -> AuthRequest:
    return AuthRequest(kind, **fields)


def credentials(authorization: object) -> tuple[str, str | None]:
    """The scheme (`Bearer`, `Basic` or '') and the credential of an Authorization value; None for an empty one."""
    if not isinstance(authorization, str):
        return "", None
    word, space, rest = authorization.partition(" ")
    if word == "Bearer" and space:  # PERF: benchmarks/events.py - as most write it
        return word, rest.strip(" ") or None
    scheme = _SCHEMES.get(word.lower())
    if scheme is None or not space:
        return ("", authorization or None) if scheme is None else (scheme, None)
    return scheme, rest.strip(" ") or None


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
    request: AuthRequest = Unfrozen()
    request.raw = event
    request.token = credentials(token)[1]
    request.__class__ = TokenRequest
    return request


class TokenRequest(AuthRequest):
    """The request of a TOKEN event, which reads the event as it is asked; of the token only its scheme is taken apart before."""

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


class Unfrozen(TokenRequest):
    """A TOKEN event's request while it is made: whoever makes it sets `raw` and `token`, then its class to `TokenRequest`."""

    # PERF: benchmarks/events.py - half of what `__new__` and the descriptors of two slots cost.
    __slots__ = ()
    __init__ = object.__init__
    __setattr__ = object.__setattr__  # type: ignore[assignment]


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
