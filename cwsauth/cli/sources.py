"""Where the command line gets policies and routes from: files, objects of Python modules, plain flags."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

from cwsauth.errors import ConfigError, CwsAuthError, Unauthenticated
from cwsauth.files import PolicySet, load
from cwsauth.files.load import read_file
from cwsauth.files.text import read_text
from cwsauth.policy import Policy, RouteTable
from cwsauth.request import AuthRequest

_SUFFIXES = (".yaml", ".yml", ".json")


@dataclass(frozen=True, slots=True)
class Inputs:
    """Named policies and the routes they are about; `file` where they come from a policy file."""

    policies: Mapping[str, Policy]
    routes: RouteTable | None = None
    file: PolicySet | None = None

    def only(self) -> tuple[str, Policy]:
        """The one policy, with its name.

        Raises:
            ConfigError: there are several, or none.
        """
        if len(self.policies) != 1:
            known = ", ".join(self.policies) or "none"
            raise ConfigError(f"one policy is needed, and here are {known}", help="choose one with --role")
        return next(iter(self.policies.items()))


def read_inputs(
    policy: str | None,
    roles: tuple[str, ...],
    rules: tuple[str, ...],
    routes: tuple[str, ...],
    routes_from: str | None,
    token_envs: tuple[str, ...],
) -> Inputs:
    """The policies that a source or plain rules give, over the routes that are named beside them.

    Raises:
        ConfigError: a source cannot be read or has nothing of the kind. PatternError: a rule or route is
        none.
    """
    found = Inputs({}) if policy is None else _policies(policy, token_envs)
    if rules:
        found = Inputs({"rules": Policy.of(list(rules))})
    table = found.routes
    if routes:
        table = RouteTable.of(list(routes))
    elif routes_from is not None:
        table = read_routes(routes_from)
    if roles:
        found = replace(found, policies={name: _role(found, name) for name in roles})
    if table is not None:
        over = {name: Policy.of(policy, routes=table) for name, policy in found.policies.items()}
        found = replace(found, policies=over, routes=table)
    return found


def read_routes(source: str) -> RouteTable:
    """The routes of an OpenAPI file, of a policy file, or of an object such as an app.

    Raises:
        ConfigError: it has none.
    """
    if not _is_file(source):
        return _route_table(load_object(source), source)
    data, _ = read_text(read_file(Path(source)), source)
    if isinstance(data, Mapping) and "roles" in data:
        table = load(source).routes
        if table is None:
            raise ConfigError(f"'{source}' declares no routes", help="add 'routes:' to it, or name an OpenAPI file")
        return table
    return _route_table(data, source)


def load_object(source: str) -> object:
    """The object that `MODULE:OBJECT` names; modules of the working directory can be named.

    Raises:
        ConfigError: there is no such module or object.
    """
    module_name, colon, attributes = source.partition(":")
    if not colon or not module_name or not attributes:
        raise ConfigError(
            f"'{source}' is neither a file nor MODULE:OBJECT", help="name a file that exists, or write it as 'app:auth'"
        )
    here = os.getcwd()
    if here not in sys.path:
        sys.path.insert(0, here)
    try:
        found: object = import_module(module_name)
    except ModuleNotFoundError as error:
        raise ConfigError(
            f"cannot import '{module_name}': there is no module '{error.name}'",
            help="run it in the directory of the module, and install what it needs",
        ) from None
    for attribute in attributes.split("."):
        try:
            found = getattr(found, attribute)
        except AttributeError:
            raise ConfigError(
                f"'{module_name}' has no '{attributes}'", help="write the name of a variable of the module"
            ) from None
    return found


def _policies(source: str, token_envs: tuple[str, ...]) -> Inputs:
    if _is_file(source):
        if token_envs:
            raise ConfigError("--token-env is for an authorizer, not for a file", help="choose roles with --role")
        file = load(source)
        return Inputs(file, file.routes, file)
    found = load_object(source)
    name = source.rpartition(":")[2]
    if isinstance(found, PolicySet):
        return Inputs(found, found.routes, found)
    if isinstance(found, Policy):
        return Inputs({name: found}, found.routes)
    if isinstance(found, Mapping):
        return Inputs({str(role): Policy.of(rules) for role, rules in found.items()})
    if isinstance(found, list | tuple | bool):
        return Inputs({name: Policy.of(found)})
    ask = getattr(found, "policy", None)
    if callable(ask):
        routes = getattr(found, "routes", None)
        asked = {name: _ask(found, name) for name in token_envs}
        if not asked:
            raise ConfigError(
                f"'{source}' is an authorizer: what it grants depends on a token",
                help="name the environment variables that hold tokens, with --token-env USER_TOKEN",
            )
        return Inputs(asked, routes if isinstance(routes, RouteTable) else None)
    try:
        return Inputs({}, RouteTable.of(found))
    except CwsAuthError:
        raise ConfigError(
            f"'{source}' is a {type(found).__name__}, which holds neither rules nor routes",
            help="name a Policy, a list of rules, a dict of them by role, an authorizer, or an app",
        ) from None


def _ask(authorizer: object, env: str) -> Policy:
    """What an authorizer grants to the token in an environment variable; the token appears nowhere."""
    token = os.environ.get(env)
    if not token:
        raise ConfigError(f"the environment variable '{env}' is not set", help="set it to a token of your API")
    try:
        policy = authorizer.policy(AuthRequest("rest.token", authorization=token))  # type: ignore[attr-defined]
    except Unauthenticated:
        return Policy.of(False)
    assert isinstance(policy, Policy)
    return policy


def _role(found: Inputs, name: str) -> Policy:
    if name not in found.policies:
        raise ConfigError(f"there is no role '{name}'", help=f"there are {', '.join(found.policies) or 'none'}")
    return found.policies[name]


def _route_table(found: object, source: str) -> RouteTable:
    try:
        return RouteTable.of(found)
    except CwsAuthError as error:
        raise ConfigError(f"no routes in '{source}': {error.message}", help=error.help) from None


def _is_file(source: str) -> bool:
    return source.lower().endswith(_SUFFIXES) or Path(source).is_file()
