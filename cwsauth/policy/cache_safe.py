"""Whether API Gateway may keep the answers of an authorizer."""

from __future__ import annotations

from cwsauth.errors import ConfigError, NotExact
from cwsauth.policy.document import plan_for

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.policy.policy import Policy


def assert_cache_safe(
    policy: Policy,
    ttl: int,
    *,
    websocket: bool = False,
    expires_in: float | None = None,
    max_staleness: float = 0,
) -> None:
    """Checks that documents of `policy` are right for every route while they are cached for `ttl` seconds.

    A cached document answers for calls that it was not made for, so it must not depend on the call: it must be exact.
    With `expires_in`, the seconds that a token has left (of a fresh one: its lifetime), the document must not go on counting
    for more than `max_staleness` seconds after the token's end. For deployments and tests; `ttl=0` is always safe.

    Raises:
        NotExact: the document is narrowed for some rules; `lost` has a request that a cached one would refuse.
        ConfigError: `ttl` is not a whole number of seconds from 0 to 3600, or longer than the token allows.
    """
    if type(ttl) is not int or not 0 <= ttl <= 3600:
        raise ConfigError("ttl is a whole number of seconds from 0 to 3600", help="API Gateway's default is 300")
    if ttl == 0:
        return
    if expires_in is not None and ttl > max(0, expires_in) + max_staleness:
        raise ConfigError(
            f"an answer that is cached for {ttl} seconds would outlive a token that ends in {expires_in:g}",
            help=f"set the authorizer's TTL to {int(max(0, expires_in) + max_staleness)} at most",
        )
    if not policy.settled or policy.lasting is not None:
        raise NotExact(
            "this policy depends on the request, so that a cached document can be wrong for another one",
            help="settle the policy for one identity first, or set the authorizer's TTL to 0",
        )
    plan = plan_for(policy, websocket=websocket)
    if plan.exact:
        return
    rules = ", ".join(dict.fromkeys(repr(lost.rule.written) for lost in plan.lost))
    raise NotExact(
        f"IAM cannot say {rules} exactly, and the document would be cached for {ttl} seconds",
        lost=plan.lost,
        help="set the authorizer's TTL to 0, or write these rules in a way that 'cwsauth lint' does not call inexact",
    )
