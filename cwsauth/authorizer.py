"""The Lambda authorizer: an `auth` function in, a Lambda handler out. The one place where failure denies."""

from __future__ import annotations

import logging
from time import time

from cwsauth.arn import MethodArn
from cwsauth.errors import AuthorizerFailure, ConfigError, CwsAuthError, Forbidden, ResultError, Unauthenticated
from cwsauth.events import ANSWERS_NO, decode, encode
from cwsauth.events.rest import TokenRequest, new_request
from cwsauth.outcome import Outcome, check_context, check_options
from cwsauth.policy.document import ACTION, VERSION
from cwsauth.policy.memory import Memory
from cwsauth.policy.normalize import NOTHING, Answer, normalize
from cwsauth.policy.rule import VERBS
from cwsauth.request import set_raw

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any, overload

    from cwsauth.decision_log import Observation, Observer, Watch
    from cwsauth.events.identity import IdentitySource
    from cwsauth.policy.document import Document
    from cwsauth.policy.memory import Seen
    from cwsauth.policy.policy import Policy
    from cwsauth.policy.routes import RouteTable
    from cwsauth.request import AuthRequest

    AuthFunction = Callable[[AuthRequest], object]

log = logging.getLogger("cwsauth")

_COROUTINE = 0x80  # inspect.CO_COROUTINE
_VARARGS = 0x04  # inspect.CO_VARARGS
# Kinds whose answer is a policy document, with a path in its ARN.
_WITH_POLICY = frozenset({"rest.token", "rest.request"})


class Authorizer:
    """An `auth` function as a Lambda handler: `handler(event, context)`.

    Made by `authorizer`. `policy(request)` is what the function grants for a request, without an event's answer.
    """

    def __init__(
        self,
        function: AuthFunction,
        *,
        routes: object = None,
        principal_id: str | Callable[[AuthRequest], str] = "user",
        context: Mapping[str, object] | Callable[[AuthRequest], Mapping[str, object]] | None = None,
        inexact: str = "narrow",
        on_error: str = "raise",
        complement: str | None = None,
        ttl: int | None = None,
        limit: int | None = None,
        identity_source: str | Sequence[str] | None = None,
        simple: bool = False,
        max_staleness: float | None = None,
        observe: Any = None,
        iam_conditions: bool = False,
    ) -> None:
        if not callable(function):
            raise ConfigError(
                f"an authorizer is made of a function, not of {type(function).__name__}",
                help="decorate a function of one argument, the AuthRequest",
            )
        if _takes_nothing(function):
            raise ConfigError(
                "the function of an authorizer takes no argument", help="write it as def auth(auth_request)"
            )
        check_options(principal_id, context, inexact, on_error, complement, 300 if ttl is None else ttl, simple, limit)
        if type(iam_conditions) is not bool:
            raise ConfigError("iam_conditions is True or False", help="it says rules about address and time to IAM")
        self.function = function
        self.routes = _route_table(routes)
        self.principal_id = principal_id
        self.context = context
        self.inexact = inexact
        self.on_error = on_error
        self.complement = complement
        self.ttl = 300 if ttl is None else ttl
        self.ttl_is_given = ttl is not None
        self.limit = limit
        self.simple = simple
        self.max_staleness = None if max_staleness is None else _staleness(max_staleness)
        self._check_ttl()
        self.observe = None if observe is None else _watch(observe)
        self.iam_conditions = iam_conditions
        self.identity = None if identity_source is None else _identity(identity_source)
        self._call = _runner(function) if _is_async(function) else function
        self._remember()
        for name in ("__name__", "__qualname__", "__doc__", "__module__"):
            if hasattr(function, name):
                setattr(self, name, getattr(function, name))
        self.__wrapped__ = function

    def __call__(self, event: object, context: object = None) -> dict[str, Any]:
        """The answer to an authorizer event. Raises only `Unauthenticated` (401) and `AuthorizerFailure` (500)."""
        failure: CwsAuthError
        seen = None if self.observe is None else self.observe.begin(context)
        try:
            if type(event) is not dict or event.get("type") != "TOKEN" or self._principal is None:
                return self._answer(event, context, seen)
            # PERF: benchmarks/events.py - a TOKEN event with a result that was seen before takes no further call of ours.
            arn = event.get("methodArn")
            if type(arn) is not str or type(event.get("authorizationToken")) is not str:
                return self._answer(event, context, seen)
            request: AuthRequest = new_request(TokenRequest)
            set_raw(request, event)
            try:
                result = self._call(request)
            except Forbidden as error:
                result = self._forbidden(error, request)
            known = self._objects.get(id(result))
            if known is None or known.result is not result:
                known = self._memory.find(result)
            if known is None or not arn.startswith(known.heads):
                return self._answered(result, request, context, seen)
            if known.deny:
                return {"principalId": self._principal, "policyDocument": known.latest.policy}
            return {
                "principalId": self._principal,
                "policyDocument": {
                    "Version": VERSION,
                    "Statement": [{"Effect": "Allow", "Action": ACTION, "Resource": [*known.allow]}],
                },
            }
        except Unauthenticated as error:
            log.info("unauthenticated: %s", self._told(type(error).__name__, error.reason, event))
            failure = Unauthenticated()
            kind = type(error).__name__
        except Exception as error:  # noqa: BLE001 - the one place where every failure denies
            text = "; ".join(filter(None, (str(error), error.help))) if isinstance(error, CwsAuthError) else ""
            log.error("the authorizer failed: %s (%s)", self._told(type(error).__name__, text, event), _trail(error))
            failure = AuthorizerFailure("the authorizer failed", help="see the log of the function")
            kind = type(error).__name__
        if seen is not None:
            seen.failed(self, self._readable(event), kind, known=type(failure) is not Unauthenticated)
        # Here and not above, so that no chain leads to the original and its text.
        return self._failed(event, failure)

    def _check_ttl(self) -> None:
        """Refuses a TTL that is longer than any token of the function's verifier lives."""
        lifetime = getattr(self.function, "max_lifetime", None)
        if lifetime is not None:
            from cwsauth.expiry import check_lifetime

            check_lifetime(self.ttl, lifetime, self.max_staleness)

    @property
    def options(self) -> dict[str, Any]:
        """What `Authorizer(function, **options)` takes to make this one again."""
        kept = {name: getattr(self, name) for name in _OPTIONS - {"ttl", "identity_source"}}
        kept["ttl"] = self.ttl if self.ttl_is_given else None
        kept["identity_source"] = None if self.identity is None else self.identity.texts
        return kept

    @property
    def revision(self) -> int | None:
        """How often the policies behind the function were read again; None where they are not read from anywhere."""
        found: int | None = getattr(self.function, "revision", None)
        return found

    def policy(self, request: AuthRequest) -> Policy:
        """What the function grants for `request`, settled: conditions asked, placeholders filled.

        Raises what the function raises.
        """
        return self._asked(request).policy

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)
        if name in _OPTIONS and "_memory" in self.__dict__:
            self._remember()  # anew: what is remembered was made with the option as it was

    def _remember(self) -> None:
        self._memory = Memory()
        self._objects = self._memory.objects
        # Who answers are for, where that and the context do not depend on the request, and nobody watches.
        plain = type(self.principal_id) is str and self.context is None and self.observe is None
        self._principal = self.principal_id if plain else None

    def _asked(self, request: AuthRequest, call: AuthFunction | None = None) -> Answer:
        try:
            result = (call or self._call)(request)
        except Forbidden as error:
            result = self._forbidden(error, request)
        return self._read(result, request)

    def _forbidden(self, error: Forbidden, request: AuthRequest) -> object:
        log.info("forbidden%s", _unless_secret(error.reason, request))
        return False

    def _read(self, result: object, request: AuthRequest) -> Answer:
        answer = normalize(result, routes=self.routes, memory=self._memory)
        if answer.problem is not None:
            if hasattr(result, "close") and hasattr(result, "cr_frame"):
                result.close()  # a coroutine that nobody will await
            log.error("auth gave no answer%s", _unless_secret(answer.problem, request))
        if not answer.policy.settled:
            answer.policy = answer.policy.settle(request, now=time())
        return answer

    def _answer(self, event: object, context: object, seen: Observation | None) -> dict[str, Any]:
        request = decode(event, self.identity)
        try:
            result = self._call(request)
        except Forbidden as error:
            result = self._forbidden(error, request)
        return self._answered(result, request, context, seen)

    def _answered(
        self, result: object, request: AuthRequest, context: object, seen: Observation | None
    ) -> dict[str, Any]:
        if self._principal is not None and request.kind in _WITH_POLICY:
            known = self._memory.find(result)
            if known is not None:
                return {"principalId": self._principal, "policyDocument": self._placed(known, request).policy}
        answer = self._read(result, request)
        outcome = None
        if answer.finished is not None:
            response = _passed_on(answer.finished, request, self.simple)
        else:
            outcome = self._outcome(request, answer)
            response = encode(request, outcome, self, context)
        if seen is not None:
            seen.answered(self, request, answer, outcome, response)
        return response

    def _placed(self, known: Seen, request: AuthRequest) -> Document:
        """The document of a result that was seen before, at the stage of the request; kept where it may be."""
        call = MethodArn(request.arn)
        kept = known.documents.get(call.prefix) if call.concrete and call.method in VERBS else None
        document: Document = kept or self._document(known.policy, request)
        if document.cacheable and not document.conditional and call.concrete and call.method in VERBS:
            known.keep(call.prefix, document)
        return document

    def _outcome(self, request: AuthRequest, answer: Answer) -> Outcome:
        principal_id = answer.principal_id
        if principal_id is None:
            principal_id = self.principal_id if type(self.principal_id) is str else self.principal_id(request)  # type: ignore[operator]
            if type(principal_id) is not str or not principal_id:
                raise ResultError(f"principal_id gave {type(principal_id).__name__}, not a non-empty string")
        context = answer.context
        if context is None and self.context is not None:
            context = self.context(request) if callable(self.context) else self.context
        if self.max_staleness is not None and answer.expires_at is not None:
            self._check_staleness(request, answer.expires_at)
        document = self._document(answer.policy, request)
        return Outcome(answer.policy, document, principal_id, context, answer.usage_identifier_key, answer.expires_at)

    def _check_staleness(self, request: AuthRequest, expires_at: float) -> None:
        from cwsauth.expiry import CACHED, check_staleness

        if request.kind in CACHED:
            check_staleness(self.ttl, expires_at, time(), self.max_staleness or 0)

    def _document(self, policy: Policy, request: AuthRequest) -> Any:
        if request.kind in ANSWERS_NO or (self.simple and request.kind == "http.v2"):
            return None  # AppSync and IoT have documents of their own, or none; a simple answer has none
        document = policy.document(
            MethodArn(request.arn),
            inexact=self.inexact,
            complement=self.complement,
            limit=self.limit,
            cached=self.ttl > 0,
            iam_conditions=self.iam_conditions,
        )
        if not document.cacheable and self.ttl:
            log.warning("the document is narrowed%s", _unless_secret(document.warning, request))
        return document

    def _failed(self, event: object, failure: CwsAuthError) -> dict[str, Any]:
        """A denial in place of a failure where that is wanted; else, or where not even the event can be read, the failure."""
        try:
            request = decode(event, self.identity)
            wanted = request.kind in ANSWERS_NO if type(failure) is Unauthenticated else self.on_error == "deny"
            if wanted:
                outcome = Outcome(NOTHING, self._document(NOTHING, request), "unknown")
                return encode(request, outcome, self)
        except CwsAuthError:
            pass
        raise failure

    def _request(self, event: object) -> AuthRequest:
        """The request that the handler is called about."""
        return decode(event, self.identity)

    def _readable(self, event: object) -> AuthRequest | None:
        try:
            return self._request(event)
        except CwsAuthError:
            return None

    def _told(self, name: str, text: object, event: object) -> str:
        """An error for the log: its name, and its text if that holds nothing of the request."""
        try:
            return name + _unless_secret(text, self._request(event))
        except CwsAuthError:
            # Nobody but the decoder has seen the event, and its errors hold nothing of it.
            return f"{name}: {text}" if text else name

    def __repr__(self) -> str:
        return f"<Authorizer {getattr(self.function, '__qualname__', type(self.function).__qualname__)}>"


if TYPE_CHECKING:

    @overload
    def authorizer(function: AuthFunction, /, **options: Any) -> Authorizer: ...
    @overload
    def authorizer(
        *,
        routes: object = ...,
        principal_id: str | Callable[[AuthRequest], str] = ...,
        context: Mapping[str, object] | Callable[[AuthRequest], Mapping[str, object]] | None = ...,
        inexact: str = ...,
        on_error: str = ...,
        complement: str | None = ...,
        ttl: int | None = ...,
        limit: int | None = ...,
        identity_source: str | Sequence[str] | None = ...,
        simple: bool = ...,
        max_staleness: float | None = ...,
        observe: Watch | Observer | Iterable[Observer] | None = ...,
        iam_conditions: bool = ...,
    ) -> Callable[[AuthFunction], Authorizer]: ...


def authorizer(
    function: AuthFunction | None = None, /, **options: Any
) -> Authorizer | Callable[[AuthFunction], Authorizer]:
    """A Lambda authorizer from an `auth` function: `@authorizer` or `@authorizer(routes=[...], ...)`.

    The function gets an `AuthRequest` and returns True (every route), False (none), a list of rules, a `Grant` or a `Policy`;
    it raises `Unauthenticated` for a 401 and `Forbidden` for a 403. It may be `async`.

    - `routes`: the route table of the API, whatever `RouteTable.of` takes; with it documents are small and exact.
    - `principal_id`: who the caller is, a string or a function of the request; a `Grant` overrides it.
    - `context`: values for the backend, a dict or a function of the request; a `Grant` overrides it.
    - `inexact`: `"narrow"` or `"refuse"`, for what IAM cannot say.
    - `on_error`: `"raise"` (API Gateway answers 500 and caches nothing) or `"deny"` (403, cached).
    - `complement`: `"deny"` denies the rest explicitly, for an API with a resource policy that allows.
    - `ttl`: seconds for which the deployment caches answers, 0 to 3600; API Gateway's 300 by default.
    - `limit`: bytes of the largest document.
    - `iam_conditions`: say rules that depend on the address or the time with conditions of IAM, which API Gateway is not
      confirmed to evaluate. Without it such rules are granted in process, and, with `ttl=0`, for the call at hand.
    - `identity_source`: where the token is, as API Gateway writes it (`"method.request.header.X-Api-Key"`,
      `"route.request.querystring.token"`, `["$request.header.Authorization", "$context.routeKey"]`); by default in the
      Authorization header. What a TOKEN event brings is the token in any case.
    - `simple`: answer HTTP API events of payload format 2.0 with `{"isAuthorized": ...}`; only for policies that say the same
      for every call that a cached answer is replayed for.
    - `max_staleness`: seconds for which a token may go on counting after its end because its answer is cached. With it, a
      token that ends sooner is refused (401); without it, `ttl` alone counts. A `ttl` that is longer than any token lives,
      as far as the verifier knows (`max_lifetime`), is an error in any case.
    - `observe`: a function of a `DecisionRecord`, or several: a `DecisionLog`, metrics. See `cwsauth.decision_log`.

    Raises:
        ConfigError: an option is unknown or has a wrong value; `ttl` is longer than tokens live; the route table is wrong
            (`RouteError`).
    """
    unknown = options.keys() - _OPTIONS
    if unknown:
        raise ConfigError(
            f"authorizer has no option {sorted(unknown)[0]!r}", help=f"the options are {', '.join(sorted(_OPTIONS))}"
        )
    if function is None:
        return lambda decorated: Authorizer(decorated, **options)
    return Authorizer(function, **options)


_OPTIONS = frozenset(
    {
        *("routes", "principal_id", "context", "inexact", "on_error", "complement", "ttl", "limit"),
        *("identity_source", "max_staleness", "observe", "simple", "iam_conditions"),
    }
)


def _route_table(routes: object) -> RouteTable | None:
    if routes is None:
        return None
    from cwsauth.policy.routes import RouteTable

    return RouteTable.of(routes)


def _staleness(value: object) -> float | None:
    from cwsauth.expiry import checked_staleness

    return checked_staleness(value)


def _watch(observe: Any) -> Watch:
    from cwsauth.decision_log import Watch

    return Watch.of(observe)


def _identity(sources: object) -> IdentitySource:
    from cwsauth.events.identity import IdentitySource

    return IdentitySource(sources)


def _takes_nothing(function: object) -> bool:
    code = getattr(function, "__code__", None)
    bound = 0 if getattr(function, "__self__", None) is None else 1
    return code is not None and code.co_argcount <= bound and not code.co_flags & _VARARGS


def _is_async(function: object) -> bool:
    while hasattr(function, "func"):
        function = function.func  # functools.partial
    for candidate in (function, getattr(type(function), "__call__", None)):  # noqa: B004 - its code is wanted
        code = getattr(getattr(candidate, "__func__", candidate), "__code__", None)
        if code is not None and code.co_flags & _COROUTINE:
            return True
    return False


def _runner(function: AuthFunction) -> AuthFunction:
    """`function`, awaited. asyncio is imported now, so that its cost shows when the Lambda starts."""
    from cwsauth.awaiting import run

    return lambda request: run(function(request))  # type: ignore[arg-type]


def _passed_on(response: Mapping[str, Any], request: AuthRequest, simple: bool) -> dict[str, Any]:
    from cwsauth.policy.finished import check

    if not request.arn or (simple and request.kind == "http.v2"):
        raise ResultError("auth returned a policy document, and this kind of event takes none", help="return the rules")
    problem = check(response, MethodArn.parse(request.arn))
    if problem is not None:
        raise ResultError(problem, help="return the rules instead, and let the document be written")
    if response.get("context") is not None:
        check_context(response["context"], nested=request.kind.startswith("http"))
    return dict(response)


def _unless_secret(text: object, request: AuthRequest) -> str:
    """`text` after a colon, for the log; or that it cannot be told."""
    if not text or type(text) is not str:
        return ""
    from cwsauth.redaction import holds_secret

    return ": (left out: it holds something of the request)" if holds_secret(text, request) else f": {text}"


def _trail(error: BaseException) -> str:
    """Where an error came from, for the log: files, lines and functions, no source and no values."""
    import traceback

    frames = traceback.extract_tb(error.__traceback__)[-4:]
    return " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in frames)
