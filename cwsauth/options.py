"""The options of an authorizer, checked."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cwsauth.errors import ConfigError


def checked(function: object, options: dict[str, Any], *, takes_nothing: bool) -> dict[str, Any]:
    """The settings that `options` of an authorizer of `function` are, by the names of its attributes.

    Raises:
        ConfigError: `function` is none, or one of the options has a wrong value; it says what would be right.
    """
    if not callable(function):
        raise _error(
            f"an authorizer is made of a function, not of {type(function).__name__}",
            help="decorate a function of one argument, the AuthRequest",
        )
    if takes_nothing:
        raise _error("the function of an authorizer takes no argument", help="write it as def auth(auth_request)")
    settings = dict(options)
    ttl = settings["ttl"]
    _check(
        settings["principal_id"],
        settings["context"],
        settings["inexact"],
        settings["on_error"],
        settings["complement"],
        300 if ttl is None else ttl,
        settings["simple"],
        settings["limit"],
    )
    if type(settings["iam_conditions"]) is not bool:
        raise _error("iam_conditions is True or False", help="it says rules about address and time to IAM")
    if settings["routes"] is not None:
        from cwsauth.policy.routes import RouteTable

        settings["routes"] = RouteTable.of(settings["routes"])
    if settings["max_staleness"] is not None:
        from cwsauth.expiry import checked_staleness

        settings["max_staleness"] = checked_staleness(settings["max_staleness"])
    if settings["observe"] is not None:
        from cwsauth.decision_log import Watch

        settings["observe"] = Watch.of(settings["observe"])
    if settings["compiled"] is not None:
        from cwsauth.compiled import Plans

        settings["compiled"] = Plans.of(settings["compiled"], function)
    settings["identity"] = settings.pop("identity_source")
    if settings["identity"] is not None:
        from cwsauth.events.identity import IdentitySource

        settings["identity"] = IdentitySource(settings["identity"])
    return settings


_ON_ERROR = ("raise", "deny")
_INEXACT = ("narrow", "refuse")


def _check(
    principal_id: object,
    context: object,
    inexact: str,
    on_error: str,
    complement: object,
    ttl: object,
    simple: object,
    limit: object,
) -> None:
    for name, value, allowed in (("inexact", inexact, _INEXACT), ("on_error", on_error, _ON_ERROR)):
        if value not in allowed:
            raise _error(f"invalid value {value!r} for {name}", help=f"use one of {', '.join(map(repr, allowed))}")
    if complement not in (None, "deny"):
        raise _error(f"invalid value {complement!r} for complement", help="use None or 'deny'")
    if type(ttl) is not int or not 0 <= ttl <= 3600:
        raise _error("ttl is a whole number of seconds from 0 to 3600", help="API Gateway's default is 300")
    if limit is not None and (type(limit) is not int or limit < 512):
        raise _error("limit is a whole number of bytes, 512 at least", help="leave it out for the limits of AWS")
    if type(simple) is not bool:
        raise _error("simple is True or False", help="it says whether the authorizer has simple responses enabled")
    if not callable(principal_id) and (type(principal_id) is not str or not principal_id):
        raise _error("principal_id is a non-empty string or a function", help="API Gateway requires a principal")
    if context is not None and not callable(context):
        from cwsauth.errors import ResultError
        from cwsauth.outcome import check_context

        try:
            check_context(context, nested=True)
        except ResultError as error:
            raise _error(error.message, help=error.help) from None


def _error(message: str, *, help: str) -> ConfigError:
    from cwsauth.errors import ConfigError

    return ConfigError(message, help=help)
