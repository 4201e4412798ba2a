"""Objects of Python modules that hold policies: policies themselves, roles, static tokens, authorizers."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import PurePath

from cwsauth.authorizer import Authorizer
from cwsauth.errors import ConfigError, CwsAuthError, Unauthenticated
from cwsauth.policy import Policy, RouteTable
from cwsauth.policy.normalize import normalize
from cwsauth.request import AuthRequest

Policies = dict[str, Policy]


def load_object(source: str) -> object:
    """The object that `MODULE:OBJECT` names; modules of the working directory can be named.

    Raises:
        ConfigError: there is no such module or object.
    """
    module, colon, attributes = source.partition(":")
    if not colon or not module or not attributes:
        raise ConfigError(
            f"'{source}' is neither a file nor MODULE:OBJECT", help="name a file that exists, or write it as 'app:auth'"
        )
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: object = import_module(module)
    except ModuleNotFoundError as error:
        help = "run it in the directory of the module, and install what it needs"
        if module.endswith(".py"):
            help = f"write '{module_name(module)}:{attributes}'"
        raise ConfigError(f"cannot import '{module}': there is no module '{error.name}'", help=help) from None
    except SyntaxError as error:
        raise ConfigError(
            f"cannot import '{module}': {PurePath(error.filename or '').name} line {error.lineno}: {error.msg}",
            help="correct the line, and try again",
        ) from None
    for attribute in attributes.split("."):
        try:
            found = getattr(found, attribute)
        except AttributeError:
            raise ConfigError(
                f"'{module}' has no '{attributes}'", help="write the name of a variable of the module"
            ) from None
    return found


def module_name(path: str) -> str:
    """How Python names the module of a file: `app.auth` for `app/auth.py`."""
    return ".".join(part for part in PurePath(path.removesuffix(".py")).parts if part not in {".", ".."})


def policies_of(found: object, source: str, token_envs: tuple[str, ...]) -> tuple[Policies, RouteTable | None]:
    """The policies that an object holds, by name, and the routes that it knows; an app has routes, and what stands beside them.

    Some objects have policies in them: a `Policy`, rules, a dict of them, `Roles`, `StaticTokens`. What an authorizer or a
    verifier of other tokens grants depends on a token: it is asked about each one of the environment variables `token_envs`.

    Raises:
        ConfigError: the object holds nothing of the kind, or a token is needed.
    """
    held = _held(found, source.rpartition(":")[2])
    if held is not None:
        return held, None
    own = getattr(found, "cwsauth_authorizer", None)
    if token_envs and callable(own):
        found = own()  # an app that has one
    handler = found if isinstance(found, Authorizer) else None
    routes = None if handler is None else handler.routes
    if token_envs and (handler or callable(found)):
        handler = handler or Authorizer(found, ttl=0)  # type: ignore[arg-type]
        return {env: _ask(handler, env) for env in token_envs}, routes
    if handler is not None:
        held = _held(handler.function, "auth")
        if held is not None:
            return held, routes
    try:
        return _marked(found), RouteTable.of(found)
    except CwsAuthError:
        pass
    if handler is not None or callable(getattr(found, "verify", None)) or isinstance(found, Callable):  # type: ignore[arg-type]
        raise ConfigError(
            f"what '{source}' grants depends on a token",
            help="name the environment variables that hold tokens, with --token-env USER_TOKEN",
        )
    raise ConfigError(
        f"'{source}' is a {type(found).__name__}, which holds neither rules nor routes",
        help="name a Policy, a list of rules, a dict of them by role, Roles, StaticTokens, an authorizer, or an app",
    )


def _marked(app: object) -> Policies:
    """What `@requires` and `@public` open, where they stand beside the routes of an app."""
    from cwsauth.beside import Marks

    if callable(getattr(app, "cwsauth_authorizer", None)):
        return {}  # its own authorizer decides about the routes that say nothing
    try:
        return Marks(app).policies()
    except CwsAuthError:
        return {}


def _held(found: object, name: str) -> Policies | None:
    """The policies that are in an object, None for an object that has none in it."""
    if isinstance(found, Policy | list | tuple | bool):
        return {name: Policy.of(found)}
    if isinstance(found, Mapping):
        return {str(role): _policy(rules, str(role)) for role, rules in found.items()}
    roles = getattr(found, "roles", None)
    if isinstance(roles, Mapping):  # Roles: what is everyone's is every role's
        everyone = tuple(roles.get("*", ()))
        return {str(role): Policy(dict.fromkeys((*rules, *everyone))) for role, rules in roles.items()}
    rules = getattr(found, "rules", None)
    if isinstance(rules, Mapping):  # StaticTokens
        return {str(caller): _policy(opened, str(caller)) for caller, opened in rules.items()}
    return None


def _policy(rules: object, name: str) -> Policy:
    answer = normalize(rules)
    if answer.problem is not None:
        raise ConfigError(f"'{name}' has a {type(rules).__name__}, which is no rules", help="write a list of rules")
    return answer.policy


def _ask(handler: Authorizer, env: str) -> Policy:
    """What an authorizer grants to the token in an environment variable; the token appears nowhere."""
    token = os.environ.get(env)
    if not token:
        raise ConfigError(f"the environment variable '{env}' is not set", help="set it to a token of your API")
    try:
        return handler.policy(AuthRequest("rest.token", authorization=token))
    except Unauthenticated:
        return Policy.of(False)
