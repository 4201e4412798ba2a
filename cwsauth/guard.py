"""Enforcement inside a function: a request in, an `Access` out, with the one place where failure denies around it.

What the decorators and middlewares of `cwsauth.adapters` have in common: they find the request, ask a `Guard`, and either
call the handler or answer with a `Refusal`.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from contextvars import ContextVar

from cwsauth.authorizer import Authorizer
from cwsauth.errors import ConfigError, EventError, Forbidden, Unauthenticated
from cwsauth.events.canonical import NotCanonical, canonical
from cwsauth.events.proxy import RAW, authorizer_context, decode_proxy, route_of
from cwsauth.outcome import check_context
from cwsauth.policy.reason import Reason
from cwsauth.refusal import Challenge, Refusal
from cwsauth.request import AuthRequest
from cwsauth.requires import names_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import Any

    from cwsauth.decision_log import Observation
    from cwsauth.errors import CwsAuthError
    from cwsauth.policy.document import Document
    from cwsauth.policy.policy import Decision, Policy
    from cwsauth.requires import Needs

    Observer = Callable[["Access"], object]

log = logging.getLogger("cwsauth")

# Where the decision stands, in `event["requestContext"]["authorizer"]`, at every door.
KEY = "cwsauth"

# Principals of an answer that name no caller: none, and that of `tokens.Anonymous`.
_NOBODY = (None, "anonymous")

_current: ContextVar[Access | None] = ContextVar("cwsauth_access", default=None)


class Access:
    """What was decided about one request. Immutable by convention; `repr` and `as_dict` hold no token and no path.

    `status` is 200, or 401, 403, 500 for a refusal. `decision` is None where it did not come to one. `principal_id`,
    `context`, `claims`, `roles` and `scopes` tell who the caller is. `request` is None where the event could not be read.
    """

    __slots__ = (
        "claims",
        "context",
        "decision",
        "principal_id",
        "request",
        "roles",
        "route",
        "scopes",
        "status",
        "why",
    )

    def __init__(
        self,
        status: int,
        request: AuthRequest | None = None,
        *,
        decision: Decision | None = None,
        principal_id: str = "",
        context: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
        route: str | None = None,
        why: str = "",
    ) -> None:
        self.status = status
        self.request = request
        self.decision = decision
        self.principal_id = principal_id
        self.context: Mapping[str, Any] = context or {}
        self.claims: Mapping[str, Any] = claims or {}
        self.route = route
        self.why = why
        self.scopes = _scopes(self.claims) | _scopes(self.context)
        self.roles = names_in(self.claims, self.context)

    @property
    def allowed(self) -> bool:
        """Whether the handler may be called."""
        return self.status == 200

    @property
    def anonymous(self) -> bool:
        """Whether the request came without a credential, and nothing else tells who is calling."""
        return self.request is not None and not self.context and not self.claims and _is_nobody(self.request)

    def as_dict(self) -> dict[str, Any]:
        """What handlers, logs and other languages get to see: plain JSON, without token, headers and path."""
        decision = self.decision
        return {
            "allowed": self.allowed,
            "status": self.status,
            "principalId": self.principal_id,
            "context": dict(self.context),
            "claims": dict(self.claims),
            "method": "" if self.request is None else self.request.method,
            "route": self.route,
            "rule": None if decision is None or decision.rule is None else decision.rule.text,
            "reason": self.why or (None if decision is None else decision.reason.name),
        }

    def told(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """A copy of the event that says what was decided. What the event itself said in that place is gone."""
        context = dict(event.get("requestContext") or {})
        authorizer = context.get("authorizer")
        context["authorizer"] = {**(authorizer if isinstance(authorizer, dict) else {}), KEY: self.as_dict()}
        return {**event, "requestContext": context}

    def __bool__(self) -> bool:
        return self.allowed

    def __repr__(self) -> str:
        return f"Access({self.status}, principal_id={'...' if self.principal_id else None})"


class Guard(Authorizer):
    """An auth function, or the options and function of an `Authorizer`, asked in process.

    `guard(request)` gives an `Access`, whatever the function does: a failure is a refusal. `behind_authorizer` also wants
    the mark of a Lambda authorizer on the event, and refuses without it. `observers` are called with every access.
    `realm` and `scheme` stand in the challenge of a 401.

    Raises:
        ConfigError: an option is wrong.
    """

    def __init__(
        self,
        auth: Authorizer | Callable[[AuthRequest], object] | None,
        *,
        behind_authorizer: bool = False,
        base_path: str = "",
        scheme: str = "Bearer",
        realm: str | None = None,
        claims: Callable[[AuthRequest], Mapping[str, Any]] | None = None,
        observers: Sequence[Observer] = (),
        **options: Any,
    ) -> None:
        if auth is None:
            if not behind_authorizer:
                raise ConfigError(
                    "nothing to ask: there is no auth function", help="pass one, or behind_authorizer=True"
                )
            auth = _everybody
        if isinstance(auth, Authorizer):
            options = {**auth.options, **options}
            auth = auth.function
        super().__init__(auth, **options)
        self.behind_authorizer = behind_authorizer
        # Whether the function for GET answers HEAD, too, as in most web frameworks.
        self.head_is_get = False
        self.base_path = base_path
        self.claims = claims
        self.challenge = Challenge(scheme, realm)
        self.observers = tuple(observers)

    def _check_ttl(self) -> None:
        """Nothing: in process nothing is cached."""

    def __call__(self, request: object, context: object = None) -> Access:  # type: ignore[override]
        """What is decided about an `AuthRequest`. Never raises; a failure is a refusal, and logged."""
        access: Access = super().__call__(request, context)  # type: ignore[assignment]
        if not access.allowed and access.status != 401:
            log.info("refused: %s", access.why or "forbidden")
        return self._observed(access)

    def of_event(
        self, event: object, *, routed: str | None = None, agrees: Callable[[str], bool] | None = None
    ) -> Access:
        """What is decided about the event of a proxy integration.

        `routed` is the path by which a framework has chosen the handler, where that is another one: then it decides.
        `agrees(path)` is whether the framework would choose the same handler for the path that is decided.
        """

        def read() -> AuthRequest:
            request = decode_proxy(event, self.identity, base_path=self.base_path)
            if routed is None:
                return request
            path = canonical(routed, encoded=request.kind in RAW)
            if agrees is not None and path != routed and not agrees(path):
                raise NotCanonical("the path of the request is another route once it is decoded")
            return request.replace(path=path)

        return self.of(read)

    def of(self, read: Callable[[], AuthRequest]) -> Access:
        """What is decided about the request that `read` gives; where it raises an `EventError`, it is refused."""
        why = ""
        try:
            request = read()
        except NotCanonical as error:
            why = Reason.NOT_CANONICAL.name
            log.warning("refused: %s", error)
        except EventError as error:
            why = "EVENT"
            log.error("refused: %s; %s", error, error.help)
        if why:
            access = Access(403, why=why)
            if self.observe is not None:
                self._seen(self.observe.begin(), access)
            return self._observed(access)
        return self(request)

    def meeting(self, access: Access, needs: Needs | None) -> Access:
        """The access, refused where the caller does not have what `@requires` says."""
        if not access.allowed or needs is None or needs.met_by(access.roles, access.scopes):
            return access
        log.info("refused: NEEDS")
        return Access(
            401 if access.anonymous else 403,
            access.request,
            decision=access.decision,
            claims=access.claims,
            route=access.route,
            why="NEEDS",
        )

    def refusal(self, access: Access) -> Refusal:
        """The answer in place of the handler's."""
        headers: dict[str, str] = {}
        if access.status == 401:
            sent = access.request is not None and access.request.authorization is not None
            headers["WWW-Authenticate"] = self.challenge.header(sent=sent)
        return Refusal(access.status, headers)

    def _observed(self, access: Access) -> Access:
        for observer in self.observers:
            observer(access)
        return access

    def _answer(self, event: object, context: object, seen: Observation | None) -> Access:  # type: ignore[override]
        access = self._decided(event)
        if seen is not None:
            self._seen(seen, access)
        return access

    def _seen(self, seen: Observation, access: Access) -> None:
        seen.accessed(
            access.request,
            access.decision,
            status=access.status,
            reason=access.why or ("" if access.decision is None else access.decision.reason.name),
            principal_id=access.principal_id,
            route=access.route,
        )

    def _decided(self, event: object) -> Access:
        if not isinstance(event, AuthRequest):
            raise EventError(f"a guard is asked about an AuthRequest, not about {type(event).__name__}")
        request = event
        route = route_of(request.raw) if request.raw else None
        if self.behind_authorizer and authorizer_context(request.raw) is None:
            log.error("refused: the event does not bear the context of the authorizer in front")
            return Access(403, request, route=route, why="NO_AUTHORIZER_CONTEXT")
        if self.claims is not None:
            request = request.with_claims(self.claims(request))
        request, call = self._verified(request)
        forbidden = False
        try:
            result = (call or self._call)(request)
        except Forbidden as error:
            result, forbidden = self._forbidden(error, request), True
        answer = self._read(result, request)
        if answer.finished is not None:
            log.error(
                "refused: auth returned a finished response, which is for an authorizer in front; return the rules"
            )
            return Access(403, request, route=route, why="FINISHED_RESPONSE")
        decision = answer.policy.decide(request.method, request.path)
        if self.head_is_get and request.method == "HEAD" and decision.allowed:
            as_get = answer.policy.decide("GET", request.path)
            decision = as_get if as_get.reason is Reason.DENIED_BY_RULE else decision
        if not decision.allowed:
            asks = not forbidden and answer.problem is None and answer.principal_id in _NOBODY and _is_nobody(request)
            status = 401 if asks else 403
            return Access(
                status, request, decision=decision, claims=request.claims, route=route, why=decision.reason.name
            )
        outcome = self._outcome(request, answer)
        if outcome.context:
            check_context(outcome.context, nested=True)
        return Access(
            200,
            request,
            decision=decision,
            principal_id=outcome.principal_id,
            context=outcome.context,
            claims=request.claims,
            route=route,
        )

    def _verified(self, request: AuthRequest) -> tuple[AuthRequest, Callable[[AuthRequest], object] | None]:
        """The request with the claims of its caller, and the rest of the auth function; a verifier is asked in two steps."""
        identify = getattr(self.function, "identify", None)
        if identify is None:
            return request, None
        verifier, identity = identify(request)
        return request.with_claims(identity.claims), lambda known: verifier.answer(identity, known)

    def _request(self, event: object) -> AuthRequest:
        return event if isinstance(event, AuthRequest) else super()._request(event)

    def _check_staleness(self, request: AuthRequest, expires_at: float) -> None:
        return  # what is decided here is not cached

    def _document(self, policy: Policy, request: AuthRequest) -> Document | None:
        return None  # what is decided here is not written down

    def _failed(self, event: object, failure: CwsAuthError) -> Access:  # type: ignore[override]
        request = event if isinstance(event, AuthRequest) else None
        if type(failure) is Unauthenticated:
            return Access(401, request, why="UNAUTHENTICATED")
        return Access(403 if self.on_error == "deny" else 500, request, why="FAILURE")

    def __repr__(self) -> str:
        return f"<Guard {getattr(self.function, '__qualname__', type(self.function).__qualname__)}>"


def current_access() -> Access | None:
    """What was decided about the request that this code is part of; None outside of a guarded handler."""
    return _current.get()


@contextmanager
def entered(access: Access) -> Iterator[None]:
    """`current_access` gives `access` inside."""
    token = _current.set(access)
    try:
        yield
    finally:
        _current.reset(token)


def _is_nobody(request: AuthRequest) -> bool:
    """Whether a request came without any credential: who it is from, and so who may, is still to be asked.

    Source: RFC 9110, 15.5.2 and 15.5.4; API Gateway, too, answers 401 where the identity source is absent.
    """
    return request.authorization is None and not request.claims and authorizer_context(request.raw) is None


def _everybody(request: AuthRequest) -> bool:
    """What stands in for an auth function where the authorizer in front has decided."""
    return True


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    """The words of `scope` (RFC 9068) or `scp`, a text or a list of texts."""
    found = claims.get("scope", claims.get("scp"))
    if isinstance(found, str):
        return frozenset(found.split(" ")) - {""}
    if isinstance(found, list) and all(isinstance(word, str) for word in found):
        return frozenset(found) - {""}
    return frozenset()
