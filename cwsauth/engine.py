"""Bring your own engine: another policy engine decides about routes, and its answers become one policy and its document."""

from __future__ import annotations

from collections import OrderedDict

from cwsauth.errors import ConfigError, ResultError
from cwsauth.policy.policy import Grant, Policy
from cwsauth.policy.routed import routed_policy
from cwsauth.policy.routes import RouteTable
from cwsauth.tokens.behind import Behind

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Protocol

    from cwsauth.policy.routes import Route
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.verifier import Identity, Verifier

    class PolicySource(Protocol):
        """What an engine has to be able to do; it is asked about every declared route, for each verified caller.

        It may also have `decide_all(principal, routes, request)`, a list of booleans in the order of the routes, and
        `rules_for(principal)`, rules as an auth function returns them, where it knows better than route by route.
        """

        def decide(self, principal: Identity, method: str, route: Route, request: AuthRequest) -> bool:
            """Whether the principal may call the route."""
            ...


# Policies that are remembered, by what was granted: as many as there are roles, about.
_REMEMBERED = 256


class Engine(Behind):
    """A verifier that knows who is calling, and an engine that says what the caller may do.

    `authorizer(Engine(JWT(...), CedarSource(...), routes=app))`. Every declared route is asked about; only the object True
    is a yes. The answers make one policy, whose document is right for all routes, so that API Gateway may cache it.

    Raises:
        ConfigError: `source` is no engine. `RouteError`: `routes` declares none.
    """

    __slots__ = ("_policies", "routes", "source")

    def __init__(self, verifier: Verifier, source: PolicySource, *, routes: object) -> None:
        if not callable(getattr(source, "decide", None)) and not callable(getattr(source, "rules_for", None)):
            raise ConfigError(
                f"{type(source).__name__} is no policy engine: it has no method 'decide'",
                help="give it 'decide(principal, method, route, request) -> bool'",
            )
        super().__init__(verifier)
        self.source = source
        self.routes = RouteTable.of(routes)
        self._policies: OrderedDict[tuple[bool, ...], Policy] = OrderedDict()

    def answer(self, identity: Identity, request: AuthRequest) -> object:
        """What the engine grants the caller."""
        verified = request.with_claims(identity.claims)
        rules_for = getattr(self.source, "rules_for", None)
        rules = rules_for(identity) if rules_for is not None else self._policy(self._answers(identity, verified))
        return Grant(rules, principal_id=identity.principal_id, expires_at=identity.expires_at)

    def _answers(self, identity: Identity, request: AuthRequest) -> tuple[bool, ...]:
        routes = self.routes.routes
        decide_all = getattr(self.source, "decide_all", None)
        if decide_all is None:
            answers: Sequence[object] = [self.source.decide(identity, r.method, r, request) for r in routes]
        else:
            answers = decide_all(identity, routes, request)
            if len(answers) != len(routes):
                raise ResultError(f"the engine gave {len(answers)} answers for {len(routes)} routes")
        return tuple([answer is True for answer in answers])

    def _policy(self, answers: tuple[bool, ...]) -> Policy:
        """The policy of some answers, with its document where it was made before. Keyed by answers, not by callers."""
        policy = self._policies.get(answers)
        if policy is None:
            granted = {route for route, answer in zip(self.routes, answers, strict=True) if answer}
            policy = self._policies[answers] = routed_policy(self.routes, granted)
            if len(self._policies) > _REMEMBERED:
                self._policies.popitem(last=False)
        return policy

    def __repr__(self) -> str:
        return f"Engine({self.verifier!r}, {type(self.source).__name__}, {len(self.routes)} routes)"
