"""Whether what a service's `auth` answers may be kept as long as the stage says: asked with the stage's own tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from cwsauth.errors import AuthorizerFailure, ConfigError, NotExact, TooLarge, Unauthenticated
from cwsauth.policy.cache_safe import assert_cache_safe
from cwsauth.request import AuthRequest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coworks_compat.deploy.service import Service


_ARN: Final = "arn:aws:execute-api:eu-west-1:000000000000:cwscheck00/cws-check/GET/"


def check_answers(app: Any, service: Service, environ: Mapping[str, str]) -> None:
    """Asks each authorizer of a TechMicroService about the tokens in `environ`, the variables called `...TOKEN...`.

    A document that IAM cannot say exactly is narrowed, and the call at hand is added to it: kept for a TTL, it would
    refuse the next call that it ought to allow. So are answers that would be kept for longer than the authorizer reckons with
    (`ttl`, `max_staleness`), or than its tokens live. Apps whose authorizers are not cwsauth's are left alone.

    Raises:
        ConfigError: such an answer, with the variable (never the token), the rules, and what to change.
    """
    seconds = {authorizer.name: authorizer.cache_seconds for authorizer in service.authorizers}
    for guard in getattr(app, "guards", ()):
        ttl = seconds.get(getattr(guard, "name", ""), 0)
        if ttl:
            _check_ttl(guard, ttl)
        for name, token in environ.items():
            if ttl and token and "TOKEN" in name.upper():
                _check(guard, ttl, name, token)


def _check_ttl(guard: Any, ttl: int) -> None:
    try:
        guard.check_ttl(ttl)
    except ConfigError as error:
        raise ConfigError(
            f"authorizer {guard.name!r}: {error.message}", help=f"{error.help}; authorizer_ttl is {ttl}"
        ) from None


def _check(guard: Any, ttl: int, name: str, token: str) -> None:
    try:
        # As API Gateway asks: whatever `auth` raises becomes one of these two.
        guard.answer({"type": "TOKEN", "authorizationToken": token, "methodArn": _ARN})
    except (AuthorizerFailure, Unauthenticated):
        return  # nothing is granted, and errors are not kept
    policy = guard.policy(AuthRequest(kind="rest.token", authorization=token, arn=_ARN, stage="cws-check"))
    try:
        assert_cache_safe(policy, ttl)
    except (NotExact, TooLarge) as error:
        raise ConfigError(
            f"the answer to {name} must not be cached: {error.message}",
            help=f"{error.help or 'write fewer rules'}; authorizer_ttl is {ttl}",
        ) from None
