"""What a policy file may hold. Its JSON Schema is published: `cwsauth schema`."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Discriminator,
    Field,
    StrictBool,
    StrictStr,
    Tag,
    model_validator,
)

from cwsauth.errors import PatternError
from cwsauth.files.conditions import Condition, Moment, seconds
from cwsauth.files.named import Model, RoleName, RoleNames
from cwsauth.files.tokens import Entry, Token, roles_in
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


def _rule_kind(value: object) -> str:
    return "form:rule" if isinstance(value, dict | BaseModel) else "form:text"


def _spell_out(role: object) -> object:
    """`true`, `false` and a bare list are short for a role that has only rules."""
    return {"rules": role} if isinstance(role, bool | list | tuple) else role


RuleText = Annotated[StrictStr, AfterValidator(_check_rule), Field(examples=["GET product/*", "!admin/**"])]
RequestText = Annotated[StrictStr, AfterValidator(_check_request), Field(examples=["GET /product/1"])]


class ConditionalRule(Model):
    """A rule that counts under a condition only. What cannot be decided grants nothing, and a deny then denies."""

    rule: RuleText
    when: Condition

    @model_validator(mode="after")
    def _check_parameters(self) -> ConditionalRule:
        Rule(self.rule, when=self.when.made())
        return self


RuleItem = Annotated[
    Annotated[RuleText, Tag("form:text")] | Annotated[ConditionalRule, Tag("form:rule")], Discriminator(_rule_kind)
]
Rules = Annotated[
    Annotated[StrictBool, Tag("flag")] | Annotated[tuple[RuleItem, ...], Tag("list")], Discriminator(_kind)
]


class Role(Model):
    """Who may call what."""

    description: StrictStr = ""
    rules: Annotated[
        Rules, Field(description="true for every route, false for none, or rules as in the documentation")
    ] = ()
    includes: Annotated[
        tuple[RoleName, ...], Field(description="roles whose rules hold here too; a deny of theirs wins")
    ] = ()
    when: Annotated[
        Condition | None, Field(description="a condition of all rules of this role, but not of those that it includes")
    ] = None

    @model_validator(mode="after")
    def _check_rules(self) -> Role:
        self.own_rules()
        return self

    def own_rules(self) -> list[Rule]:
        """The rules of the role itself."""
        common = None if self.when is None else self.when.made()
        items: tuple[str | ConditionalRule, ...] = (
            self.rules if isinstance(self.rules, tuple) else ("*",) if self.rules else ()
        )
        rules = []
        for item in items:
            text, when = (item, None) if isinstance(item, str) else (item.rule, item.when.made())
            rules.append(Rule(text, when=common if when is None else when if common is None else common & when))
        return rules

    def place_of(self, text: str) -> int | None:
        """The place of a rule in the list, None where it is not there."""
        if not isinstance(self.rules, tuple):
            return None
        texts = [item if isinstance(item, str) else item.rule for item in self.rules]
        return texts.index(text) if text in texts else None


class OpenApiRoutes(Model):
    """The routes of an OpenAPI document."""

    openapi: Annotated[StrictStr, Field(min_length=1, description="path of the document, relative to this file")]


class Case(Model):
    """One row of a decision table."""

    role: Annotated[RoleName | None, Field(description="may be left out where there is only one")] = None
    roles: Annotated[tuple[RoleName, ...], Field(description="several roles, in place of one")] = ()
    request: RequestText
    claims: Annotated[dict[StrictStr, Any], Field(description="of the caller's token, for conditions")] = Field(
        default_factory=dict
    )
    source_ip: Annotated[StrictStr | None, Field(description="of the call, for conditions")] = None
    stage: Annotated[StrictStr, Field(description="of the call, for conditions")] = ""
    time: Annotated[Moment | None, Field(description="of the call, for conditions: with its offset")] = None
    expect: Literal["allow", "deny"]
    rule: Annotated[RuleText | None, Field(description="the rule that decides, as it is written in the role")] = None
    note: StrictStr = ""

    @model_validator(mode="after")
    def _check_time(self) -> Case:
        if self.time is not None:
            seconds(self.time)
        return self

    @property
    def method(self) -> str:
        """The verb of the request."""
        return self.request.partition(" ")[0]

    @property
    def path(self) -> str:
        """The path of the request, with its leading slash."""
        return self.request.partition(" ")[2]


class DecisionTable(Model):
    """A decision table in a file of its own."""

    tests: tuple[Case, ...]


class PolicyFile(Model):
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
    tokens: Annotated[
        dict[StrictStr, Entry],
        Field(description="who is known, by names of your own; never a token, a key or a password itself"),
    ] = Field(default_factory=dict)
    claim: Annotated[
        RoleNames,
        Field(description="the claim of a verified token that names the caller's roles; a list if it is nested"),
    ] = ()
    everyone: Annotated[RoleNames, Field(description="the roles of every caller who is known")] = ()
    anonymous: Annotated[RoleNames, Field(description="the roles of callers who show no credential")] = ()
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
        self._check_callers()
        for place, case in enumerate(self.tests):
            try:
                check_roles(case, tuple(self.roles))
            except ValueError as error:
                raise Misplaced(str(error), "tests", place) from None
        return self

    def _check_callers(self) -> None:
        for key, names in (("everyone", self.everyone), ("anonymous", self.anonymous)):
            for role in names:
                if role not in self.roles:
                    raise Misplaced(f"'{role}' is not a role of this file", key)
        for name, token in self.tokens.items():
            # Neither message quotes the name: somebody may have put the token itself there.
            if type(token) is Token and not token.has_place and re.fullmatch(r"[A-Z_][A-Z0-9_]*", name) is None:
                raise Misplaced(
                    "a token without a place is named after its environment variable: upper-case letters, digits, '_'",
                    "tokens",
                    name,
                    help="add 'env:', 'ssm:', 'secretsmanager:' or 'appconfig:', which says where the token is kept, "
                    "or 'jwt:', 'oidc:', 'cognito:', 'basic:' or 'api_key:' for another kind",
                )
            for role in roles_in(token):
                if role not in self.roles:
                    raise Misplaced(f"'{role}' is not a role of this file", "tokens", name)

    def rules_of(self, *names: str) -> list[Rule]:
        """The rules of roles and of all that they include, each once; `*` for a role that may do everything."""
        rules: list[Rule] = []
        for name in names:
            self._collect(name, rules, ())
        return rules

    def _collect(self, name: str, rules: list[Rule], above: tuple[str, ...]) -> None:
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
        rules.extend(rule for rule in role.own_rules() if rule not in rules)
        for included in role.includes:
            self._collect(included, rules, (*above, name))


def check_roles(case: Case, roles: tuple[str, ...]) -> tuple[str, ...]:
    """The roles that a case is about.

    Raises:
        ValueError: it names none of `roles`, or none at all where there are several.
    """
    named = (*(() if case.role is None else (case.role,)), *case.roles)
    if not named and len(roles) == 1:
        return roles
    if not named:
        raise ValueError(f"the test '{case.request}' names no role; there are {', '.join(roles)}")
    for role in named:
        if role not in roles:
            raise ValueError(f"the test '{case.request}' names the role '{role}'; there are {', '.join(roles)}")
    return named


def schema() -> dict[str, Any]:
    """The JSON Schema of a policy file (draft 2020-12)."""
    made = PolicyFile.model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": "cwsauth policy file"}
