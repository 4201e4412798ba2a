"""Where the command line gets policies and routes from: files, objects of Python modules, plain flags."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from cwsauth.cli.objects import load_object, module_name, policies_of
from cwsauth.errors import ConfigError, CwsAuthError
from cwsauth.files import PolicySet, load
from cwsauth.files.load import read_file
from cwsauth.files.revisions import load_revision, split_range
from cwsauth.files.text import read_text
from cwsauth.policy import Policy, RouteTable

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
    roles: tuple[str, ...] = (),
    rules: tuple[str, ...] = (),
    routes: tuple[str, ...] = (),
    routes_from: str | None = None,
    token_envs: tuple[str, ...] = (),
) -> Inputs:
    """The policies that a source or plain rules give, over the routes that are named beside them.

    Raises:
        ConfigError: a source cannot be read or has nothing of the kind.
        PatternError: a rule or route is none.
    """
    found = Inputs({}) if policy is None else _policies(policy, token_envs)
    if rules:
        found = Inputs({"rules": Policy.of(list(rules))})
    return _narrowed(found, roles, _table(routes, routes_from))


def read_pair(
    old: str,
    new: str | None,
    revisions: str | None,
    roles: tuple[str, ...] = (),
    routes: tuple[str, ...] = (),
    routes_from: str | None = None,
) -> tuple[Inputs, Inputs]:
    """Two sources to compare: `old` and `new`, or two `revisions` of the policy file `old`. Both get the routes named.

    Raises:
        ConfigError: they cannot be read.
    """
    if new is not None:
        pair = (_policies(old, ()), _policies(new, ()))
    else:
        first, second = split_range(revisions or "")
        before = load_revision(old, first)
        after = load(old) if second is None else load_revision(old, second)
        pair = (Inputs(before, before.routes, before), Inputs(after, after.routes, after))
    table = _table(routes, routes_from)
    if roles:
        # A role may have come or gone, but one of both has to know it.
        known = {*pair[0].policies, *pair[1].policies}
        for name in roles:
            _known(name, known)
        pair = tuple(replace(side, policies=_chosen(side.policies, roles)) for side in pair)  # type: ignore[assignment]
    return _narrowed(pair[0], (), table), _narrowed(pair[1], (), table)


def _table(routes: tuple[str, ...], routes_from: str | None) -> RouteTable | None:
    if routes:
        return RouteTable.of(list(routes))
    return None if routes_from is None else read_routes(routes_from)


def _narrowed(found: Inputs, roles: tuple[str, ...], table: RouteTable | None) -> Inputs:
    """Only some roles, over other routes."""
    table = found.routes if table is None else table
    policies = found.policies
    if roles:
        for name in roles:
            _known(name, policies)
        policies = _chosen(policies, roles)
    if table is not None:
        policies = {name: Policy.of(policy, routes=table) for name, policy in policies.items()}
    return replace(found, policies=policies, routes=table)


def _chosen(policies: Mapping[str, Policy], roles: tuple[str, ...]) -> dict[str, Policy]:
    return {name: policies[name] for name in roles if name in policies}


def _known(name: str, names: Collection[str]) -> None:
    if name not in names:
        raise ConfigError(f"there is no role '{name}'", help=f"there are {', '.join(names) or 'none'}")


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


def _policies(source: str, token_envs: tuple[str, ...]) -> Inputs:
    if source.endswith(".py"):
        raise ConfigError(
            f"'{source}' is a module of Python", help=f"name an object in it, as '{module_name(source)}:auth'"
        )
    if _is_file(source):
        if token_envs:
            raise ConfigError("--token-env is for an authorizer, not for a file", help="choose roles with --role")
        file = load(source)
        return Inputs(file, file.routes, file)
    found = load_object(source)
    if isinstance(found, PolicySet):
        return Inputs(found, found.routes, found)
    return Inputs(*policies_of(found, source, token_envs))


def _route_table(found: object, source: str) -> RouteTable:
    try:
        return RouteTable.of(found)
    except CwsAuthError as error:
        raise ConfigError(f"no routes in '{source}': {error.message}", help=error.help) from None


def _is_file(source: str) -> bool:
    return source.lower().endswith(_SUFFIXES) or Path(source).is_file()
