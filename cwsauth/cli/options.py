"""Options that several commands share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TypeVar

import click

from cwsauth.cli import failure

if TYPE_CHECKING:
    from collections.abc import Callable

    from cwsauth.cli.sources import Inputs

Command = TypeVar("Command", bound="Callable[..., Any]")


class Settings:
    """What holds for a whole run."""

    def __init__(self) -> None:
        self.debug = False


def _set_debug(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    settings = ctx.find_object(Settings)
    if value and settings is not None:
        settings.debug = True
        sys.excepthook = failure.report_traceback


debug_option = click.option(
    "--debug", is_flag=True, expose_value=False, callback=_set_debug, help="Show the traceback of an error."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Write JSON.")

POLICY_HELP = "A policy file (YAML, JSON), or MODULE:OBJECT of a policy or authorizer."


def policy_argument(command: Command) -> Command:
    """POLICY as an argument that may be left out for `--rule`."""
    return click.argument("policy", required=False)(command)


def policy_option(command: Command) -> Command:
    """POLICY as an option, for commands whose arguments are something else."""
    return click.option("--policy", "-p", metavar="POLICY", help=POLICY_HELP)(command)


def route_options(command: Command) -> Command:
    """Where routes come from, beside POLICY: `--route`, `--routes`."""
    command = click.option(
        "--routes",
        "routes_from",
        metavar="ROUTES",
        help="Take the routes from an OpenAPI file, a policy file, or MODULE:OBJECT of an app.",
    )(command)
    return click.option("--route", "routes", metavar="ROUTE", multiple=True, help="A declared route. Repeatable.")(
        command
    )


def check_routes(routes: tuple[str, ...], routes_from: str | None) -> None:
    """Raises `click.UsageError` when both of `route_options` are given."""
    if routes and routes_from:
        raise click.UsageError("give either --route or --routes")


def source_options(command: Command) -> Command:
    """Where rules and routes come from, beside POLICY: `--role`, `--rule`, `--token-env` and those of `route_options`."""
    command = click.option(
        "--token-env",
        "token_envs",
        metavar="NAME",
        multiple=True,
        help="For an authorizer: ask it about the token in this environment variable. Repeatable.",
    )(command)
    command = route_options(command)
    for option in (
        click.option("--rule", "rules", metavar="RULE", multiple=True, help="A rule, instead of POLICY. Repeatable."),
        click.option("--role", "roles", metavar="NAME", multiple=True, help="Only this role of POLICY. Repeatable."),
    ):
        command = option(command)
    return command


def inputs(
    policy: str | None,
    roles: tuple[str, ...],
    rules: tuple[str, ...],
    routes: tuple[str, ...],
    routes_from: str | None,
    token_envs: tuple[str, ...],
) -> Inputs:
    """The policies and routes that the shared options name.

    Raises:
        click.UsageError: they contradict each other.
        ConfigError: one of them cannot be read.
    """
    if policy is not None and rules:
        raise click.UsageError("give either POLICY or --rule")
    if rules and (roles or token_envs):
        raise click.UsageError("--role and --token-env are about a POLICY, not about --rule")
    check_routes(routes, routes_from)
    from cwsauth.cli.sources import read_inputs

    return read_inputs(policy, roles, rules, routes, routes_from, token_envs)
