"""What a policy file may hold. Its JSON Schema is published: `cwsauth schema`."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    StrictBool,
    StrictStr,
    Tag,
    model_validator,
)

from cwsauth.errors import PatternError
from cwsauth.policy import RouteTable, Rule
from cwsauth.policy.rule import VERBS


class Misplaced(ValueError):
    """A fault between several values of a file: `path` is the one to look at, `help` what to do."""

    def __init__(self, message: str, *path: str | int, help: str = "") -> None:
        super().__init__(message)
        self.path = path
        self.help = help


def _check_rule(text: str) -> str:
    Rule(text)
    return text


def _check_name(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("a role's name is printable text without spaces around it")
    return text


def _check_request(text: str) -> str:
    method, space, path = text.partition(" ")
    if method not in VERBS or not space or not path.startswith("/") or " " in path:
        raise ValueError(f"a request is written as 'GET /product/1', with one of {', '.join(VERBS)}")
    return text


def _kind(value: object) -> str | None:
    """Which form a value with several forms has; None for none of them."""
    for form, kinds in {
        "flag": bool,
        "list": (list, tuple),
        "mapping": (dict, BaseModel),
        "none": type(None),
    }.items():
        if isinstance(value, kinds):  # type: ignore[arg-type]
            return form
    return None


def _spell_out(role: object) -> object:
    """`true`, `false` and a bare list are short for a role that has only rules."""
    return {"rules": role} if isinstance(role, bool | list | tuple) else role


RuleText = Annotated[StrictStr, AfterValidator(_check_rule), Field(examples=["GET product/*", "!admin/**"])]
RequestText = Annotated[StrictStr, AfterValidator(_check_request), Field(examples=["GET /product/1"])]
Rules = Annotated[
    Annotated[StrictBool, Tag("flag")] | Annotated[tuple[RuleText, ...], Tag("list")], Discriminator(_kind)
]
RoleName = Annotated[StrictStr, AfterValidator(_check_name), Field(min_length=1, max_length=128)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Role(_Model):
    """Who may call what."""

    description: StrictStr = ""
    rules: Annotated[
        Rules, Field(description="true for every route, false for none, or rules as in the documentation")
    ] = ()
    includes: Annotated[
        tuple[RoleName, ...], Field(description="roles whose rules hold here too; a deny of theirs wins")
    ] = ()


class OpenApiRoutes(_Model):
    """The routes of an OpenAPI document."""

    openapi: Annotated[StrictStr, Field(min_length=1, description="path of the document, relative to this file")]


class Case(_Model):
    """One row of a decision table."""

    role: Annotated[RoleName | None, Field(description="may be left out where there is only one")] = None
    request: RequestText
    expect: Literal["allow", "deny"]
    rule: Annotated[RuleText | None, Field(description="the rule that decides, as it is written in the role")] = None
    note: StrictStr = ""

    @property
    def method(self) -> str:
        """The verb of the request."""
        return self.request.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path of the request, with its leading slash."""
        return self.request.partition(" ")[2]


class DecisionTable(_Model):
    """A decision table in a file of its own."""

    tests: tuple[Case, ...]


class PolicyFile(_Model):
    """A policy file: the routes of an API, the roles that may call them, and a decision table as its test."""

    version: Annotated[Literal[1], Field(description="version of this format")] = 1
    description: StrictStr = ""
    routes: Annotated[
        Annotated[tuple[StrictStr, ...], Tag("list")]
        | Annotated[OpenApiRoutes, Tag("mapping")]
        | Annotated[None, Tag("none")],
        Discriminator(_kind),
        Field(description="the declared routes, such as 'GET /product/{id}', or where they are"),
    ] = None
    roles: Annotated[
        dict[
            RoleName,
            Annotated[
                Role,
                BeforeValidator(_spell_out, json_schema_input_type=StrictBool | tuple[RuleText, ...] | Role),
            ],
        ],
        Field(min_length=1),
    ]
    tests: tuple[Case, ...] = ()

    @model_validator(mode="after")
    def _check_references(self) -> PolicyFile:
        if isinstance(self.routes, tuple):
            try:
                RouteTable.of(list(self.routes))
            except PatternError as error:
                raise Misplaced(error.message, "routes", help=error.help) from None
        for name in self.roles:
            self.rules_of(name)
        for place, case in enumerate(self.tests):
            try:
                check_role(case, tuple(self.roles))
            except ValueError as error:
                raise Misplaced(str(error), "tests", place) from None
        return self

    def rules_of(self, name: str) -> list[str]:
        """The rules of a role and of all it includes; `*` for a role that may do everything."""
        rules: list[str] = []
        self._collect(name, rules, ())
        return rules

    def _collect(self, name: str, rules: list[str], above: tuple[str, ...]) -> None:
        if name in above:
            raise Misplaced(
                f"the role '{name}' includes itself: {' > '.join((*above, name))}",
                "roles",
                above[-1],
                "includes",
            )
        role = self.roles.get(name)
        if role is None:
            raise Misplaced(f"'{name}' is not a role of this file", "roles", above[-1], "includes")
        own: list[str] = ["*"] if role.rules is True else [] if role.rules is False else list(role.rules)
        rules.extend(rule for rule in own if rule not in rules)
        for included in role.includes:
            self._collect(included, rules, (*above, name))


def check_role(case: Case, roles: tuple[str, ...]) -> str:
    """The role that a case is about.

    Raises:
        ValueError: it names none of `roles`, or none at all where there are several.
    """
    if case.role is None and len(roles) == 1:
        return roles[0]
    if case.role is None:
        raise ValueError(f"the test '{case.request}' names no role; there are {', '.join(roles)}")
    if case.role not in roles:
        raise ValueError(f"the test '{case.request}' names the role '{case.role}'; there are {', '.join(roles)}")
    return case.role


def schema() -> dict[str, Any]:
    """The JSON Schema of a policy file (draft 2020-12)."""
    made = PolicyFile.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "cwsauth policy file"}
