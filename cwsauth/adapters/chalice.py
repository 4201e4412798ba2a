"""Chalice: its authorizers with our answers, and views that are called for those who may.

    @app.authorizer()
    @answers(app)
    def auth(auth_request):
        return ["product/*"]

    @app.route("/product/{id}", authorizer=auth)
    def product(id): ...

`answers` gives Chalice a finished policy document: exact for the routes of `app`, the same at API Gateway, under
`chalice local` and in Chalice's test client. Chalice's own `AuthResponse` and `AuthRoute` are taken as results, with our
meaning. `protect` and `middleware` decide in process, without an authorizer in front or behind one.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any

from cwsauth.authorizer import Authorizer
from cwsauth.errors import AuthorizerFailure, ConfigError, CwsAuthError, Unauthenticated
from cwsauth.guard import Access, Guard, entered
from cwsauth.policy.evaluate import Verdict, evaluate
from cwsauth.policy.routes import RouteTable
from cwsauth.request import AuthRequest
from cwsauth.requires import is_public, needs_of

if TYPE_CHECKING:
    from cwsauth.refusal import Refusal

Auth = Authorizer | Callable[[AuthRequest], object]
View = Callable[..., Any]

# The region of the ARNs that `chalice local` and the test client make up (chalice.local.LocalARNBuilder).
_LOCAL = "arn:aws:execute-api:mars-west-1:"


def answers(app: Any = None, **options: Any) -> Callable[[Auth], Callable[[Any], dict[str, Any]]]:
    """A decorator below `@app.authorizer()`: the function gets our `AuthRequest` and returns what `cwsauth.authorizer` takes.

    The routes of `app` are read at the first call, when all of them are declared; `options` are those of
    `cwsauth.authorizer`, among them `routes` for another table.

    Raises:
        ConfigError: an option is wrong.
    """

    def decorate(function: Auth) -> Callable[[Any], dict[str, Any]]:
        made = function if isinstance(function, Authorizer) else Authorizer(function, **options)

        @wraps(made.function)
        def auth(auth_request: Any) -> dict[str, Any]:
            if made.routes is None and app is not None:
                made.routes = RouteTable.of(app)
            event = {
                "type": "TOKEN",
                "authorizationToken": auth_request.token,
                "methodArn": auth_request.method_arn,
            }
            if str(auth_request.method_arn).startswith(_LOCAL):
                return _locally(made, event)
            # Chalice's own answers always have a context.
            return {"context": {}, **made(event)}

        # `__wrapped__` would show Chalice's analysis of handlers another function than the one that it calls.
        del auth.__wrapped__
        return auth

    return decorate


def protect(app: Any, auth: Auth | None, **options: Any) -> Callable[[View], View]:
    """A decorator below `@app.route(...)`: the view is called for those who may, everybody else gets a 401 or 403.

    `options` are those of `cwsauth.protect`, but for `cors`, which is the route's own. The view finds who is calling in
    `cwsauth.guard.current_access()` and in `app.current_request.context["authorizer"]["cwsauth"]`. `@requires` beside this
    decorator is asked, too.

    Raises:
        ConfigError: an option is wrong, or the view is public. ImportError: Chalice is not installed.
    """
    guard = Guard(auth, **options)
    from chalice.app import Response

    def decorate(view: View) -> View:
        if is_public(view):
            raise ConfigError("a view is public, and protected", help="take one of @protect and @public away")

        @wraps(view)
        def guarded(*args: Any, **names: Any) -> Any:
            request = app.current_request
            access = guard.meeting(_asked(guard, request), needs_of(guarded))
            if not access.allowed:
                return _response(Response, guard.refusal(access))
            with entered(access):
                return view(*args, **names)

        return guarded

    return decorate


def middleware(auth: Auth | None, **options: Any) -> Callable[[Any, Callable[[Any], Any]], Any]:
    """The same for every view: `app.register_middleware(middleware(auth), "http")`.

    It does not see the view, so that marks such as `@requires` are not asked: `auth = beside(app, verifier)` asks them.

    Raises:
        ConfigError: an option is wrong. ImportError: Chalice is not installed.
    """
    guard = Guard(auth, **options)
    from chalice.app import Response

    def cwsauth_middleware(event: Any, get_response: Callable[[Any], Any]) -> Any:
        access = _asked(guard, event)
        if not access.allowed:
            return _response(Response, guard.refusal(access))
        with entered(access):
            return get_response(event)

    return cwsauth_middleware


def _asked(guard: Guard, request: Any) -> Access:
    """What is decided about Chalice's current request. Its local server leaves out what stands twice in an event."""
    event = request.to_original_event()
    context = event["requestContext"]
    whole = {
        "path": context.get("path"),
        "resource": context.get("resourcePath"),
        "httpMethod": context.get("httpMethod"),
        **event,
    }
    access = guard.of_event(whole)
    if access.allowed:
        request.context = access.told(whole)["requestContext"]
    return access


def _locally(made: Authorizer, event: dict[str, str]) -> dict[str, Any]:
    """The answer for Chalice's local gateway, which reads no Deny and knows no 401 but its own.

    The document is evaluated here as API Gateway would, for the call at hand; the local gateway caches nothing.
    """
    failure: CwsAuthError | None = None
    try:
        answer: dict[str, Any] = made(event)
    except (Unauthenticated, AuthorizerFailure) as error:
        failure = error
    if failure is not None:
        raise _local_error(failure)
    arn = event["methodArn"]
    allowed = evaluate(answer["policyDocument"], arn) is Verdict.ALLOW
    statement = {"Effect": "Allow" if allowed else "Deny", "Action": "execute-api:Invoke", "Resource": [arn]}
    return {"context": {}, **answer, "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


def _local_error(failure: CwsAuthError) -> Exception:
    """The failure as Chalice's local gateway takes it: an answer with its status."""
    local: Any = sys.modules.get("chalice.local")
    if local is None:
        return failure
    if isinstance(failure, Unauthenticated):
        error: Exception = local.NotAuthorizedError(
            {"x-amzn-ErrorType": "UnauthorizedException"}, b'{"message":"Unauthorized"}'
        )
    else:
        error = local.InvalidAuthorizerError(
            {"x-amzn-ErrorType": "AuthorizerConfigurationException"}, b'{"message":null}'
        )
    return error


def _response(kind: Callable[..., Any], refusal: Refusal) -> Any:
    return kind(body=refusal.body, status_code=refusal.status, headers=dict(refusal.headers))
