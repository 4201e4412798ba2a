"""`protect`: a handler that is called for those who may, whatever door the event came through.

For REST API and HTTP API proxy integrations, function URLs, load balancers (ALB) and VPC Lattice. Everybody else gets a 401
with a challenge or a 403; nothing else reaches the handler.
"""

from __future__ import annotations

from functools import wraps

from cwsauth.errors import ConfigError
from cwsauth.events.proxy import outline
from cwsauth.guard import Access, Guard, entered
from cwsauth.guard import current_access as current_access
from cwsauth.refusal import REASONS, Cors
from cwsauth.requires import is_public, needs_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from cwsauth.authorizer import Authorizer
    from cwsauth.refusal import Refusal
    from cwsauth.request import AuthRequest

    Handler = Callable[[Any, Any], Any]

_ASYNC = 0x80 | 0x100 | 0x200  # coroutines, iterable coroutines, asynchronous generators


def protect(
    auth: Authorizer | Callable[[AuthRequest], object] | None,
    *,
    cors: Cors | str | Sequence[str] | None = None,
    behind_authorizer: bool = False,
    base_path: str = "",
    scheme: str = "Bearer",
    realm: str | None = None,
    claims: Callable[[AuthRequest], Mapping[str, Any]] | None = None,
    observers: Sequence[Callable[[Access], object]] = (),
    **options: Any,
) -> Callable[[Handler], Handler]:
    """A decorator for a Lambda handler: `@protect(auth)`, where `auth` is an auth function or an authorizer.

    The handler gets a copy of the event in which `event["requestContext"]["authorizer"]["cwsauth"]` says who is calling
    (`principalId`, `context`, `claims`) and what decided (`rule`, `reason`); `current_access()` gives the same as an object.
    `@requires` beside this decorator is asked, too.

    - `cors`: origins that may read refusals (`"https://app.example"`, a list, `"*"`, or a `Cors`); preflights are answered.
    - `behind_authorizer`: refuse an event that does not bear the context of a Lambda authorizer in front. With `auth=None`
      that is all that is checked.
    - `base_path`: what stands in front of the paths of your rules, where the event names no route (`"/v1"`).
    - `scheme`, `realm`: for the challenge of a 401.
    - `claims`: a function of the request that gives verified claims before `auth` is asked, such as an `AlbIdentity`.
    - `observers`: called with the `Access` of every request; one that raises makes the request fail.
    - all options of `authorizer` that have a meaning in process: `principal_id`, `context`, `on_error`, `identity_source`,
      `observe` (a `DecisionLog`).

    Raises:
        ConfigError: an option is wrong, or the handler is asynchronous, which Lambda does not call.
    """
    guard = Guard(
        auth,
        behind_authorizer=behind_authorizer,
        base_path=base_path,
        scheme=scheme,
        realm=realm,
        claims=claims,
        observers=observers,
        **options,
    )
    shared = cors if cors is None or isinstance(cors, Cors) else Cors(cors)

    def decorate(handler: Handler) -> Handler:
        if getattr(getattr(handler, "__code__", None), "co_flags", 0) & _ASYNC:
            raise ConfigError(
                "protect is for handlers that Lambda calls", help="write a plain function, not an async one"
            )

        if is_public(handler):
            raise ConfigError("a handler is public, and protected", help="take one of @protect and @public away")

        @wraps(handler)
        def guarded(event: Any, context: Any = None) -> Any:
            raw = event if isinstance(event, dict) else getattr(event, "raw_event", event)
            answer = None if shared is None else preflight(shared, raw)
            if answer is not None:
                return answer
            # Of the handler, or set above this decorator; either way the mark is here.
            access = guard.meeting(guard.of_event(raw), needs_of(guarded))
            if not access.allowed:
                return response(guard.refusal(access), raw, shared)
            told = access.told(raw)
            with entered(access):
                # A data class of Powertools stays one.
                return handler(told if raw is event else type(event)(told), context)

        guarded.guard = guard  # type: ignore[attr-defined]
        return guarded

    return decorate


def preflight(cors: Cors, event: object) -> dict[str, Any] | None:
    """The answer to a preflight; None for any other request."""
    _, method, headers = outline(event)
    answer = cors.preflight(method, headers)
    return None if answer is None else response(answer, event)


def response(refusal: Refusal, event: object, cors: Cors | None = None) -> dict[str, Any]:
    """A refusal in the form that the door of the event takes."""
    kind, _, headers = outline(event)
    lines = refusal.headers if cors is None else {**refusal.headers, **cors.allowed(headers.get("origin"))}
    found: dict[str, Any] = {"statusCode": refusal.status, "body": refusal.body, "isBase64Encoded": False}
    if kind in ("alb", "lattice"):
        found["statusDescription"] = f"{refusal.status} {REASONS[refusal.status]}"
    if kind == "alb" and isinstance(event, dict) and event.get("multiValueHeaders") is not None:
        # Source: ELB guide: with multi-value headers on, those of the answer have to be such, too.
        found["multiValueHeaders"] = {name: [value] for name, value in lines.items()}
    else:
        found["headers"] = lines
    return found
