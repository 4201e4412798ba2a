"""The access matrix of a service: every declared route, asked with every token that is known here."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coworks_compat.guard import Guard
from cwsauth.errors import AuthorizerFailure, ConfigError, Unauthenticated
from cwsauth.policy import Policy, RouteTable
from cwsauth.policy.analyse.matrix import Access, Matrix, matrix
from cwsauth.request import AuthRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalice.app import Chalice

    from cwsauth.gateway import Stage
    from cwsauth.policy.routes import Route

NOBODY = "no token"


def known_tokens(names: Iterable[str]) -> dict[str, str]:
    """The tokens that variables of the environment hold: those of `names` that are called `...TOKEN...` and set."""
    return {name: os.environ[name] for name in names if "TOKEN" in name.upper() and os.environ.get(name)}


def named_token(text: str) -> tuple[str, str]:
    """A name to show and a token: of `text` as a variable of the environment where there is one, else as it is."""
    value = os.environ.get(text.removeprefix("$"))
    if value:
        return text.removeprefix("$"), value
    if text.startswith("$"):
        raise ConfigError(f"the environment variable '{text[1:]}' is not set", help="set it, or write the token itself")
    return "the token", text


def service_routes(app: Chalice) -> RouteTable:
    """The declared routes of a service or Chalice app.

    Raises:
        ConfigError: there are none.
    """
    table = RouteTable.of(app)
    if not len(table):
        raise ConfigError(
            f"the service '{app.app_name}' has no routes", help="write a method: def get(self): return 'hello'"
        )
    return table


def access_matrix(app: Chalice, tokens: Mapping[str, str], stage: Stage) -> tuple[Matrix, list[str]]:
    """Who may call what, and what went wrong on the way: one sentence for each token whose authorization failed.

    Every token is asked once of each authorizer; `no token` shows what is open. Routes with an authorizer that is not the
    service's (IAM, Cognito, another Lambda) are shown as denied.
    """
    table = service_routes(app)
    names = (NOBODY, *tokens)
    cells: dict[Route, dict[str, Access]] = {route: {} for route in table}
    problems: list[str] = []
    everything = Policy.of(True, routes=table)
    nothing = Policy.of(False, routes=table)
    asked: dict[tuple[object, str], dict[Route, Access]] = {}

    def column(guard: object, name: str) -> dict[Route, Access]:
        if (guard, name) not in asked:
            policy = everything if guard is None else nothing
            if isinstance(guard, Guard) and name in tokens:
                policy = _policy(guard, name, tokens[name], stage, problems) or nothing
            made = matrix(app.app_name, {name: policy}, table)
            asked[guard, name] = {route: row[name] for route, row in made.cells.items()}
        return asked[guard, name]

    for route in table:
        authorizer: Any = app.routes[route.template][route.method].authorizer
        for name in names:
            cells[route][name] = column(authorizer, name)[route]
    return Matrix(app.app_name, names, cells), problems


@dataclass(frozen=True, slots=True)
class Asked:
    """What a guard said to a token: the answer that API Gateway gets, and the policy behind it.

    `status` is 200 where it answered, 401 where nobody is known, 500 where it failed; then there is neither.
    """

    status: int
    answer: dict[str, Any] | None = None
    policy: Policy | None = None

    @property
    def finished(self) -> bool:
        """Whether auth wrote the document itself, so that no policy says what it grants."""
        if self.answer is None or self.policy is None or self.policy.rules:
            return False
        return any(statement["Effect"] == "Allow" for statement in self.answer["policyDocument"]["Statement"])


def ask(guard: Guard, token: str, stage: Stage) -> Asked:
    """What a guard says to a token, asked as API Gateway does."""
    arn = stage.arn("GET", "/")
    try:
        answer = guard.answer({"type": "TOKEN", "authorizationToken": token, "methodArn": arn})
    except Unauthenticated:
        return Asked(401)
    except AuthorizerFailure:
        return Asked(500)
    request = AuthRequest("rest.token", authorization=token, arn=arn, stage=stage.name)
    return Asked(200, answer, guard.policy(request))


def _policy(guard: Guard, name: str, token: str, stage: Stage, problems: list[str]) -> Policy | None:
    """What a guard grants to a token; None, and a sentence, where it fails."""
    asked = ask(guard, token, stage)
    if asked.status == 500:
        problems.append(f"{guard.name} failed for {name}: see the log above")
    if asked.finished:
        problems.append(f"{guard.name} answers {name} with a document of its own, which is not shown here")
    return asked.policy
