"""The Lambda authorizer: an `auth` function in, a Lambda handler out. The one place where failure denies."""

from __future__ import annotations

import cwsauth
import cwsauth.policy.document  # for the first answer, and loaded here, as a Lambda has more CPU while it starts
from cwsauth.arn import MethodArn
from cwsauth.policy.normalize import NOTHING, Answer, Memory, normalize
from cwsauth.policy.rule import VERBS
from cwsauth.request import TokenRequest, Unfrozen, credentials

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from os import PathLike
    from typing import Any, overload

    from cwsauth.compiled import Plans
    from cwsauth.decision_log import Observation, Observer, Watch
    from cwsauth.errors import CwsAuthError
    from cwsauth.events.identity import IdentitySource
    from cwsauth.outcome import Outcome
    from cwsauth.policy.normalize import Seen
    from cwsauth.policy.policy import Policy
    from cwsauth.policy.routes import RouteTable
    from cwsauth.request import AuthRequest

    AuthFunction = Callable[[AuthRequest], object]

_COROUTINE = 0x80  # inspect.CO_COROUTINE
_VARARGS = 0x04  # inspect.CO_VARARGS
# Kinds whose answer is a policy document, with a path in its ARN.
_WITH_POLICY = frozenset({"rest.token", "rest.request"})
# Kinds whose caller is refused by an answer: for these an error is a fault of the authorizer, not a 401.
_ANSWERS_NO = frozenset({"appsync", "iot"})


class Authorizer:
    """An `auth` function as a Lambda handler: `handler(event, context)`.

    Made by `authorizer`, which says what the options are. `policy(request)` is what the function grants for a request,
    without an event's answer.
    """

    routes: RouteTable | None
    principal_id: str | Callable[[AuthRequest], str]
    context: Mapping[str, object] | Callable[[AuthRequest], Mapping[str, object]] | None
    inexact: str
    on_error: str
    complement: str | None
    ttl: int
    limit: int | None
    simple: bool
    max_staleness: float | None
    observe: Watch | None
    iam_conditions: bool
    compiled: Plans | None
    identity: IdentitySource | None
    __name__: str
    __wrapped__: AuthFunction

    def __init__(self, function: AuthFunction, **options: Any) -> None:
        settings = _settings(function, options)
        vars(self).update(settings)  # first: a dict that began as attributes is slower to read
        self.ttl_is_given = settings["ttl"] is not None
        self.ttl = settings["ttl"] if self.ttl_is_given else 300
        self.function = function
        self._check_ttl()
        self._call = _runner(function) if _is_async(function) else function
        self._remember()
        for name in ("__name__", "__qualname__", "__doc__", "__module__"):
            if hasattr(function, name):
                setattr(self, name, getattr(function, name))
        self.__wrapped__ = function

    def __call__(self, event: object, context: object = None) -> dict[str, Any]:
        """The answer to an authorizer event. Raises only `Unauthenticated` (401) and `AuthorizerFailure` (500)."""
        seen = None
        try:
            # PERF: benchmarks/events.py - a TOKEN event with a result that was seen before takes no further call of ours.
            principal = self._principal
            kind = None
            if type(event) is dict and principal is not None:
                try:
                    kind, arn, given = event["type"], event["methodArn"], event["authorizationToken"]
                except KeyError:
                    kind = None
            if kind != "TOKEN" or type(arn) is not str or type(given) is not str:
                seen = None if self.observe is None else self.observe.begin(context)
                return self._answer(event, context, seen)
            request: AuthRequest = Unfrozen()
            request.raw = event  # type: ignore[assignment]
            token = given.removeprefix("Bearer ")
            # After `Bearer `, a token without a space is one that `credentials` would give back as it is.
            if token is given or not token or " " in token:
                request.token = credentials(given)[1]
            else:
                request.token = token
            request.__class__ = TokenRequest
            call = self._call  # called as a method, it would be looked up anew each time
            try:
                result = call(request)
            except cwsauth.Forbidden as error:
                result = self._forbidden(error, request)
            memory = self._memory
            known = memory.latest
            if known.result is not result:
                found = memory.find(result)
                if found is None:
                    return self._answered(result, request, context, None)
                known = found
            heads, document = known.latest
            if not arn.startswith(heads):
                return self._answered(result, request, context, None)
            return {"principalId": principal, "policyDocument": document}
        except Exception as error:  # noqa: BLE001 - the one place where every failure denies
            from cwsauth.failure import judged

            about = self._readable(event)
            failure, kind = judged(error, about)
        if seen is not None:
            seen.failed(self, about, kind, known=type(failure) is not cwsauth.Unauthenticated)
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
        kept = {name: getattr(self, name) for name in _DEFAULTS.keys() - {"ttl", "identity_source"}}
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
        if name in _DEFAULTS and hasattr(self, "_memory"):
            self._remember()  # anew: what is remembered was made with the option as it was

    def _remember(self) -> None:
        self._memory = Memory() if self.compiled is None else self.compiled.memory(self.complement)
        # Who answers are for, where that and the context do not depend on the request, and nobody watches.
        plain = type(self.principal_id) is str and self.context is None and self.observe is None
        self._principal = self.principal_id if plain else None

    def _asked(self, request: AuthRequest, call: AuthFunction | None = None) -> Answer:
        try:
            result = (call or self._call)(request)
        except cwsauth.Forbidden as error:
            result = self._forbidden(error, request)
        return self._read(result, request)

    def _forbidden(self, error: cwsauth.Forbidden, request: AuthRequest) -> object:
        from cwsauth.failure import log, unless_secret

        log.info("forbidden%s", unless_secret(error.reason, request))
        return False

    def _read(self, result: object, request: AuthRequest) -> Answer:
        answer = normalize(result, routes=self.routes, memory=self._memory)
        if answer.problem is not None:
            from cwsauth.failure import log, unless_secret

            if hasattr(type(result), "cr_frame"):
                result.close()  # type: ignore[attr-defined]  # a coroutine that nobody will await
            log.error("auth gave no answer%s", unless_secret(answer.problem, request))
        if not answer.policy.settled:
            from time import time

            answer.policy = answer.policy.settle(request, now=time())
        return answer

    def _answer(self, event: object, context: object, seen: Observation | None) -> dict[str, Any]:
        request = self._request(event)
        try:
            result = self._call(request)
        except cwsauth.Forbidden as error:
            result = self._forbidden(error, request)
        return self._answered(result, request, context, seen)

    def _answered(
        self, result: object, request: AuthRequest, context: object, seen: Observation | None
    ) -> dict[str, Any]:
        answer = None
        if self._principal is not None and request.kind in _WITH_POLICY:
            known = self._memory.find(result)
            if known is None:
                answer = self._read(result, request)
                known = self._memory.find(result)  # what was new is remembered, where it may be
            if known is not None:
                heads, document = known.latest
                if not request.arn.startswith(heads):
                    document = self._placed(known, request)
                return {"principalId": self._principal, "policyDocument": document}
        if answer is None:
            answer = self._read(result, request)
        outcome = None
        if answer.finished is not None:
            from cwsauth.failure import passed_on

            response = passed_on(answer.finished, request, self.simple)
        else:
            from cwsauth.events import encode

            outcome = self._outcome(request, answer)
            response = encode(request, outcome, self, context)
        if seen is not None:
            seen.answered(self, request, answer, outcome, response)
        return response

    def _placed(self, known: Seen, request: AuthRequest) -> Any:
        """The frozen document of a result that was seen before, at the stage of the request; kept where it may be."""
        call = MethodArn(request.arn)
        usual = call.concrete and call.method in VERBS
        found = known.answers.get(call.prefix) if usual else None
        if found is None:
            from cwsauth.policy.frozen import frozen

            document = self._document(known.policy, request)
            found = frozen(document.policy)
            usual = usual and document.cacheable and not document.conditional
        if usual:
            known.keep(call.prefix, found)
        return found

    def _outcome(self, request: AuthRequest, answer: Answer) -> Outcome:
        from cwsauth.outcome import Outcome

        principal_id = answer.principal_id
        if principal_id is None:
            principal_id = self.principal_id if type(self.principal_id) is str else self.principal_id(request)  # type: ignore[operator]
            if type(principal_id) is not str or not principal_id:
                from cwsauth.errors import ResultError

                raise ResultError(f"principal_id gave {type(principal_id).__name__}, not a non-empty string")
        context = answer.context
        if context is None and self.context is not None:
            context = self.context(request) if callable(self.context) else self.context
        if self.max_staleness is not None and answer.expires_at is not None:
            self._check_staleness(request, answer.expires_at)
        document = self._document(answer.policy, request)
        return Outcome(answer.policy, document, principal_id, context, answer.usage_identifier_key, answer.expires_at)

    def _check_staleness(self, request: AuthRequest, expires_at: float) -> None:
        from time import time

        from cwsauth.expiry import CACHED, check_staleness

        if request.kind in CACHED:
            check_staleness(self.ttl, expires_at, time(), self.max_staleness or 0)

    def _document(self, policy: Policy, request: AuthRequest) -> Any:
        if request.kind in _ANSWERS_NO or (self.simple and request.kind == "http.v2"):
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
            from cwsauth.failure import log, unless_secret

            log.warning("the document is narrowed%s", unless_secret(document.warning, request))
        return document

    def _failed(self, event: object, failure: CwsAuthError) -> dict[str, Any]:
        """A denial in place of a failure where that is wanted; else, or where not even the event can be read, the failure."""
        from cwsauth.errors import CwsAuthError
        from cwsauth.events import encode
        from cwsauth.outcome import Outcome

        try:
            request = self._request(event)
            wanted = (
                request.kind in _ANSWERS_NO if type(failure) is cwsauth.Unauthenticated else self.on_error == "deny"
            )
            if wanted:
                outcome = Outcome(NOTHING, self._document(NOTHING, request), "unknown")
                return encode(request, outcome, self)
        except CwsAuthError:
            pass
        raise failure

    def _request(self, event: object) -> AuthRequest:
        """The request that the handler is called about."""
        from cwsauth.events import decode

        return decode(event, self.identity)

    def _readable(self, event: object) -> AuthRequest | None:
        from cwsauth.errors import CwsAuthError

        try:
            return self._request(event)
        except CwsAuthError:
            return None

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
        compiled: str | PathLike[str] | Mapping[str, object] | Plans | None = ...,
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
    - `compiled`: the file that `cwsauth compile` wrote of the policies: a path, relative to the module of the function, or
      what is in the file. Documents of these policies are not searched for when a Lambda starts.

    Raises:
        ConfigError: an option is unknown or has a wrong value; `ttl` is longer than tokens live; the route table is wrong
            (`RouteError`).
    """
    if function is None:
        _known(options)
        return lambda decorated: Authorizer(decorated, **options)
    return Authorizer(function, **options)


_DEFAULTS: dict[str, Any] = {
    "routes": None,
    "principal_id": "user",
    "context": None,
    "inexact": "narrow",
    "on_error": "raise",
    "complement": None,
    "ttl": None,
    "limit": None,
    "identity_source": None,
    "simple": False,
    "max_staleness": None,
    "observe": None,
    "iam_conditions": False,
    "compiled": None,
}


def _known(options: dict[str, Any]) -> None:
    unknown = options.keys() - _DEFAULTS.keys()
    if unknown:
        from cwsauth.errors import ConfigError

        raise ConfigError(
            f"authorizer has no option {sorted(unknown)[0]!r}", help=f"the options are {', '.join(sorted(_DEFAULTS))}"
        )


def _settings(function: object, options: dict[str, Any]) -> dict[str, Any]:
    """The options of an authorizer of `function`, checked, by the names of its attributes."""
    _known(options)
    if not options and callable(function) and not _takes_nothing(function):
        return _PLAIN  # PERF: benchmarks/cold_start.py - nothing to check
    from cwsauth.options import checked

    return checked(function, {**_DEFAULTS, **options}, takes_nothing=callable(function) and _takes_nothing(function))


_PLAIN = {"identity" if name == "identity_source" else name: default for name, default in _DEFAULTS.items()}


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
