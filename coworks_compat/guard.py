"""An `auth` as the authorizer of a service's routes: Chalice sees one of its own, cwsauth decides."""

from __future__ import annotations

import copy
import inspect
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from chalice.app import BuiltinAuthConfig, ChaliceAuthorizer

from coworks_compat.auth_request import ServiceRequest
from coworks_compat.views import held
from cwsauth.authorizer import Authorizer
from cwsauth.errors import AuthorizerFailure, ConfigError, ResultError, TokenMissing, Unauthenticated
from cwsauth.expiry import check_deployed
from cwsauth.policy.normalize import normalize
from cwsauth.policy.policy import Grant

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from coworks_compat.territory import Territory
    from cwsauth.policy.policy import Policy
    from cwsauth.request import AuthRequest

    Auth = Callable[[Any], Any]  # a coroutine function, too

HANDLER = "app.app"
"""The Lambda handler of every authorizer of a service: the service itself, which also answers authorizer events."""


class Guard(ChaliceAuthorizer):
    """An `auth` with the routes it guards.

    `answer(event, context)` is what the Lambda returns to API Gateway. Calling the guard itself is what Chalice's local
    server and test client do; `policy(request)` is what is granted, without an event.

    Raises:
        ConfigError: `auth` is no function of one argument, the auth request.
    """

    def __init__(self, name: str, auth: Auth | Authorizer, territory: Callable[[Guard], Territory]) -> None:
        options: dict[str, Any] = {}
        if isinstance(auth, Authorizer):
            kept = (
                "principal_id",
                "context",
                "inexact",
                "on_error",
                "complement",
                "ttl",
                "limit",
                "max_staleness",
                "observe",
                "iam_conditions",
            )
            options = {option: auth.options[option] for option in kept}
            auth = auth.function
        super().__init__(name, auth)
        # What the authorizer says of its ttl is what is deployed, unless the stage says otherwise.
        self.config = BuiltinAuthConfig(name=name, handler_string=HANDLER, ttl_seconds=options.get("ttl"))
        self._auth: Auth = auth
        self._options = options
        self._native = str(getattr(auth, "__module__", "")).startswith("cwsauth.")
        self._territory_of = territory
        self._territory: Territory | None = None
        self._engine: Authorizer | None = None

    def answer(self, event: object, context: object = None) -> dict[str, Any]:
        """The answer to an authorizer event. Raises only `Unauthenticated` (401) and `AuthorizerFailure` (500)."""
        response: dict[str, Any] = self.authorizer(event, context)
        if "policyDocument" in response:
            response.setdefault("context", {})
            if isinstance(event, dict) and event.get("version") in ("1.0", "2.0"):
                # HTTP API: the service refuses calls without the mark of an authorizer, and an empty context may leave none.
                response["context"] = {"principalId": response["principalId"], **response["context"]}
        return response

    def check_ttl(self, seconds: int) -> None:
        """Refuses a deployment that caches answers for longer than this authorizer reckons with, or than its tokens live.

        Raises:
            ConfigError: it would.
        """
        lifetime = getattr(self._auth, "max_lifetime", None)
        check_deployed(seconds, self._options.get("ttl"), lifetime, self._options.get("max_staleness"))

    def policy(self, request: AuthRequest) -> Policy:
        """What `auth` grants for a request, on the routes of this guard."""
        return self.authorizer.policy(request)

    @property
    def authorizer(self) -> Authorizer:
        """The cwsauth authorizer over the routes as they are now: blueprints may come after the guard was made."""
        territory = self._territory_of(self)
        if self._engine is None or territory is not self._territory:
            is_async = inspect.iscoroutinefunction(self._auth) or inspect.iscoroutinefunction(
                getattr(self._auth, "__call__", None)  # noqa: B004 - of an object that is called
            )
            ask = self._ask_async if is_async else self._ask
            self._engine = Authorizer(ask, routes=territory.table, **self._options)
            self._territory = territory
        return self._engine

    def _ask(self, request: AuthRequest) -> object:
        return self._narrowed(self._call(request))

    async def _ask_async(self, request: AuthRequest) -> object:
        return self._narrowed(await self._call(request))

    def _call(self, request: AuthRequest) -> Any:
        return self._auth(self._presented(request))

    def _presented(self, request: AuthRequest) -> AuthRequest:
        if request.kind == "rest.token" and not request.authorization:
            raise TokenMissing("no authorization header")
        return request if self._native else ServiceRequest(request)

    def _narrowed(self, result: object) -> object:
        """The result without other guards' routes, and without those whose `@requires` the caller does not meet."""
        territory = self._territory
        if territory is None or territory.undivided:
            return result
        answer = normalize(result, routes=territory.table)
        if answer.problem is not None:
            return result  # grants nothing, and is reported where it is read
        if answer.finished is not None:
            raise ResultError(
                "auth returned a finished response, which cannot be narrowed by @requires or another auth",
                help="return True, False, a list of rules or a Grant",
            )
        roles, scopes = held(answer.context or {})
        rules = territory.narrowed(answer.policy.rules, roles, scopes)
        return Grant(
            rules,
            principal_id=answer.principal_id,
            context=answer.context,
            usage_identifier_key=answer.usage_identifier_key,
            expires_at=answer.expires_at,
        )

    def __call__(self, event: dict[str, Any], context: Any = None) -> dict[str, Any]:
        """The answer for this one call, as Chalice's local server and test client read it.

        They ignore Deny, split a Resource that is a string, and write the root as `/GET//`; so what they get
        is the verdict on the call, as the only resource. API Gateway never comes here.
        """
        from cwsauth.policy.evaluate import Verdict, evaluate  # not in a Lambda, which never comes here

        arn = str(event.get("methodArn", ""))
        asked = {**event, "methodArn": arn[:-1] if arn.endswith("//") else arn}
        try:
            response = self.answer(asked, context)
        except Unauthenticated:
            _refuse_locally("NotAuthorizedError", "UnauthorizedException", b'{"message":"Unauthorized"}')
            raise
        except AuthorizerFailure:
            _refuse_locally("InvalidAuthorizerError", "AuthorizerConfigurationException", b'{"message":null}')
            raise
        verdict = evaluate(response["policyDocument"], asked["methodArn"], _conditions(event))
        statement = {
            "Effect": "Allow" if verdict is Verdict.ALLOW else "Deny",
            "Action": "execute-api:Invoke",
            "Resource": [arn],
        }
        return {**response, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}

    def with_scopes(self, scopes: list[str]) -> Guard:
        """The same guard with OAuth scopes, as Chalice has it."""
        scoped = copy.copy(self)
        scoped.scopes = scopes
        return scoped

    def __repr__(self) -> str:
        return f"<Guard {self.name}>"


def bound_auth(component: object) -> Auth | Authorizer | None:
    """The `auth` of a service or blueprint, ready to be called with a request; None where the class has none.

    A method, a class method, a static method, a callable object, an `Authorizer`; inherited ones too.

    Raises:
        ConfigError: it cannot be called with a request.
    """
    auth = inspect.getattr_static(component, "auth", None)
    if auth is None and getattr(component, "auth", None) is None:
        return None
    if inspect.isfunction(auth) and str(auth.__module__).startswith("cwsauth."):
        return auth  # made by the library, and not a method though it stands in a class
    return _checked(getattr(component, "auth"), f"{type(component).__name__}.auth", "auth(self, auth_request)")  # noqa: B009


def given_auth(authorizer: object, component: object) -> Auth | Authorizer:
    """What `authorizer=` says, ready to be called with a request: `f(self, auth_request)` or `f(auth_request)`.

    Raises:
        ConfigError: it cannot be called so.
    """
    if not isinstance(authorizer, Authorizer) and callable(authorizer) and _takes(authorizer, 2):
        return partial(authorizer, component)
    return _checked(authorizer, "authorizer=", "f(self, auth_request)")


def _checked(auth: object, name: str, wanted: str) -> Auth | Authorizer:
    if isinstance(auth, Authorizer):
        if not _takes(auth.function, 1):
            raise ConfigError(
                f"{name} is an authorizer whose function cannot be called with the auth request alone",
                help="decorate a function of one argument, or write a plain method: auth(self, auth_request)",
            )
        return auth
    if not callable(auth):
        raise ConfigError(f"{name} is {type(auth).__name__}, which cannot be called", help=f"make it {wanted}")
    if not _takes(auth, 1):
        raise ConfigError(f"{name} cannot be called with the auth request", help=f"make it {wanted}")
    return auth


def _takes(function: Callable[..., object], count: int) -> bool:
    try:
        inspect.signature(function).bind(*[None] * count)
    except (TypeError, ValueError):
        return False
    return True


def _conditions(event: Mapping[str, Any]) -> dict[str, str]:
    """The condition keys of a call on this machine."""
    now = datetime.now(UTC)
    identity = (event.get("requestContext") or {}).get("identity") or {}
    return {
        "aws:SourceIp": str(identity.get("sourceIp") or "127.0.0.1"),
        "aws:CurrentTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "aws:EpochTime": str(int(now.timestamp())),
        "aws:SecureTransport": "true",
    }


def _refuse_locally(name: str, kind: str, body: bytes) -> None:
    """Raises Chalice's own refusal where its local server runs; returns where it does not."""
    import sys

    local = sys.modules.get("chalice.local")
    if local is not None:
        raise getattr(local, name)({"x-amzn-ErrorType": kind}, body) from None
