"""Conditions of rules as data: `{claim: sub, equals: {path: id}}`. Each model makes the condition it describes."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Discriminator, Field, StrictBool, StrictFloat, StrictInt, StrictStr, Tag

from cwsauth.errors import ConfigError
from cwsauth.policy import conditions as made_of

Text = Annotated[StrictStr, Field(min_length=1)]
Plain = StrictBool | StrictInt | StrictFloat | StrictStr


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


def _texts(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value


class ClaimTerm(_Model):
    """A claim of the caller's token; a list of names for one that is nested."""

    claim: Text | Annotated[tuple[Text, ...], Field(min_length=1)]

    def term(self) -> Any:
        """The term to compare with."""
        return made_of.claim(*_texts(self.claim))


class PathTerm(_Model):
    """A parameter `{name}` of the rule's path."""

    path: Text

    def term(self) -> Any:
        """The term to compare with."""
        return made_of.path(self.path)


def _term_kind(value: object) -> str:
    keys = value.keys() if isinstance(value, dict) else ()
    if "claim" in keys or isinstance(value, ClaimTerm):
        return "form:claim"
    if "path" in keys or isinstance(value, PathTerm):
        return "form:path"
    return "form:value"


Term = Annotated[
    Annotated[ClaimTerm, Tag("form:claim")]
    | Annotated[PathTerm, Tag("form:path")]
    | Annotated[Plain, Tag("form:value")],
    Discriminator(_term_kind),
]


def _value(term: ClaimTerm | PathTerm | bool | float | str) -> Any:
    return term.term() if isinstance(term, ClaimTerm | PathTerm) else term


class _Comparison(_Model):
    """One thing that is compared in one way."""

    _ways: ClassVar[tuple[str, ...]] = ()

    def _way(self) -> tuple[str, Any]:
        given = [name for name in self._ways if getattr(self, name) is not None]
        if len(given) != 1:
            names = ", ".join(f"'{name.rstrip('_')}'" for name in self._ways)
            raise ConfigError(f"a condition says one of {names}", help="write several conditions as 'all:' or 'any:'")
        return given[0], getattr(self, given[0])


class ClaimCondition(_Comparison):
    """What a claim of the caller's token has to be. A claim that is missing, or of another type, counts against the caller."""

    _ways: ClassVar[tuple[str, ...]] = ("equals", "in_", "contains", "exists", "at_least", "at_most")

    claim: Text | Annotated[tuple[Text, ...], Field(min_length=1)]
    equals: Term | None = None
    in_: Annotated[
        ClaimTerm | Annotated[tuple[Term, ...], Field(min_length=1)] | None,
        Field(alias="in", description="a list of values, or a claim that is a list"),
    ] = None
    contains: Annotated[Term | None, Field(description="for a claim that is a list")] = None
    exists: StrictBool | None = None
    at_least: StrictInt | StrictFloat | None = None
    at_most: StrictInt | StrictFloat | None = None

    def made(self) -> made_of.Condition:
        """The condition."""
        claim = made_of.claim(*_texts(self.claim))
        way, value = self._way()
        if way == "exists":
            return claim.exists() if value else ~claim.exists()
        if way == "in_":
            return claim.in_(*[_value(item) for item in (value if isinstance(value, tuple) else (value,))])
        condition: made_of.Condition = getattr(claim, way)(_value(value))
        return condition


class PathCondition(_Comparison):
    """What a parameter `{name}` of the rule's path has to be."""

    _ways: ClassVar[tuple[str, ...]] = ("equals", "in_")

    path: Text
    equals: Term | None = None
    in_: Annotated[
        ClaimTerm | Annotated[tuple[Term, ...], Field(min_length=1)] | None,
        Field(alias="in", description="a list of values, or a claim that is a list"),
    ] = None

    def made(self) -> made_of.Condition:
        """The condition."""
        path = made_of.path(self.path)
        way, value = self._way()
        if way == "in_":
            return path.in_(*[_value(item) for item in (value if isinstance(value, tuple) else (value,))])
        return path.equals(_value(value))


class ScopeCondition(_Model):
    """A scope that the token was issued for: a word of `scope`, or else of `scp`, or of another claim."""

    scope: Text
    of: Annotated[Text | None, Field(description="the claim that has the scopes")] = None

    def made(self) -> made_of.Condition:
        """The condition."""
        return made_of.scope(self.scope, claim=self.of)


class GroupCondition(_Model):
    """A group that the caller is in: a member of the claim `groups`, or of another one."""

    group: Text
    of: Annotated[Text, Field(description="the claim that has the groups")] = "groups"

    def made(self) -> made_of.Condition:
        """The condition."""
        return made_of.group(self.group, claim=self.of)


class StageCondition(_Model):
    """The stage of the API, or several."""

    stage: Text | Annotated[tuple[Text, ...], Field(min_length=1)]

    def made(self) -> made_of.Condition:
        """The condition."""
        return made_of.stage(*_texts(self.stage))


class SourceIpCondition(_Model):
    """The address of the caller: addresses and CIDR blocks, IPv4 or IPv6."""

    source_ip: Text | Annotated[tuple[Text, ...], Field(min_length=1)]

    def made(self) -> made_of.Condition:
        """The condition."""
        return made_of.source_ip(*_texts(self.source_ip))


Moment = Annotated[
    StrictStr | datetime, Field(union_mode="left_to_right", description="a time with its offset: 2030-01-01T00:00:00Z")
]


class AfterCondition(_Model):
    """From a moment on."""

    after: Moment

    def made(self) -> made_of.Condition:
        """The condition."""
        return made_of.after(self.after)


class BeforeCondition(_Model):
    """Until a moment."""

    before: Moment

    def made(self) -> made_of.Condition:
        """The condition."""
        return made_of.before(self.before)


class Hours(_Model):
    """Times of day, on some days of the week."""

    from_: Annotated[StrictStr, Field(alias="from", examples=["09:00"])]
    to: Annotated[StrictStr, Field(examples=["17:30"], description="not after 'from', it is one of the next day")]
    days: Annotated[StrictStr, Field(examples=["mon-fri", "sat,sun"])] = "mon-sun"
    zone: Annotated[
        StrictStr | None, Field(examples=["Europe/Paris"], description="name of the IANA time zone database; else UTC")
    ] = None


class DailyCondition(_Model):
    """Hours of the day."""

    daily: Hours

    def made(self) -> made_of.Condition:
        """The condition."""
        hours = self.daily
        return made_of.daily(
            hours.from_, hours.to, days=hours.days, zone=UTC if hours.zone is None else _zone(hours.zone)
        )


class AllCondition(_Model):
    """All of several conditions."""

    all: Annotated[tuple[Condition, ...], Field(min_length=1)]

    def made(self) -> made_of.Condition:
        """The condition."""
        return made_of.all_(*[condition.made() for condition in self.all])


class AnyCondition(_Model):
    """One of several conditions."""

    any: Annotated[tuple[Condition, ...], Field(min_length=1)]

    def made(self) -> made_of.Condition:
        """The condition."""
        return made_of.any_(*[condition.made() for condition in self.any])


class NotCondition(_Model):
    """The contrary of a condition; what cannot be decided stays undecided."""

    not_: Annotated[Condition, Field(alias="not")]

    def made(self) -> made_of.Condition:
        """The condition."""
        return made_of.not_(self.not_.made())


_MODELS: dict[str, type[_Model]] = {
    "claim": ClaimCondition,
    "path": PathCondition,
    "scope": ScopeCondition,
    "group": GroupCondition,
    "stage": StageCondition,
    "source_ip": SourceIpCondition,
    "after": AfterCondition,
    "before": BeforeCondition,
    "daily": DailyCondition,
    "all": AllCondition,
    "any": AnyCondition,
    "not": NotCondition,
}


def _condition_kind(value: object) -> str | None:
    if isinstance(value, dict):
        return next((f"form:{key}" for key in _MODELS if key in value), None)
    return next((f"form:{key}" for key, model in _MODELS.items() if isinstance(value, model)), None)


Condition = Annotated[
    Annotated[ClaimCondition, Tag("form:claim")]
    | Annotated[PathCondition, Tag("form:path")]
    | Annotated[ScopeCondition, Tag("form:scope")]
    | Annotated[GroupCondition, Tag("form:group")]
    | Annotated[StageCondition, Tag("form:stage")]
    | Annotated[SourceIpCondition, Tag("form:source_ip")]
    | Annotated[AfterCondition, Tag("form:after")]
    | Annotated[BeforeCondition, Tag("form:before")]
    | Annotated[DailyCondition, Tag("form:daily")]
    | Annotated[AllCondition, Tag("form:all")]
    | Annotated[AnyCondition, Tag("form:any")]
    | Annotated[NotCondition, Tag("form:not")],
    Discriminator(_condition_kind),
]
for _model in (AllCondition, AnyCondition, NotCondition):
    _model.model_rebuild()


def _zone(name: str) -> tzinfo:
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ConfigError(
            f"there is no time zone '{name}'",
            help="write a name such as 'Europe/Paris'; on a bare system install tzdata",
        ) from None


def seconds(moment: str | datetime) -> float:
    """A moment in seconds since the epoch.

    Raises:
        ConfigError: it is none, or has no offset.
    """
    found: datetime | None = moment if isinstance(moment, datetime) else None
    if isinstance(moment, str):
        try:
            found = datetime.fromisoformat(moment)
        except ValueError:
            found = None
    if found is None or found.tzinfo is None:
        raise ConfigError("a moment is written with its offset", help="write '2030-01-01T00:00:00Z'")
    return found.timestamp()
