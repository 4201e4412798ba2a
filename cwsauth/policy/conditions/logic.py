"""Conditions and how they are combined: Kleene's logic of three values, where None is 'undecided'."""

from __future__ import annotations

from cwsauth.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cwsauth.policy.rule import Rule
    from cwsauth.request import AuthRequest


class Condition:
    """Something a rule depends on. Immutable by convention, hashable, picklable; equal parts make equal conditions.

    Combined with `&`, `|` and `~`, or `all_`, `any_` and `not_`.
    """

    __slots__ = ()

    def parts(self) -> tuple[Any, ...]:
        """What the condition was made of: its class called with them makes it again."""
        raise NotImplementedError

    def bound(self, rule: Rule) -> Condition:
        """The condition for one rule: names of its path parameters become places. Raises PatternError for others."""
        return self

    def reduced(self, request: AuthRequest) -> Condition:
        """What is left of the condition when all is known that stands as long as the token: a `Constant`, if nothing is."""
        raise NotImplementedError

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """Whether the condition holds for the call at hand; None if that cannot be decided. Never raises."""
        raise NotImplementedError

    def settle(self, rule: Rule, request: AuthRequest) -> tuple[Rule, ...]:
        """The rules that are left of `rule` for the bearer of a token; what belongs to one call stays as their `when`."""
        from cwsauth.policy.conditions.settling import settled

        return settled(self, rule, request)

    def holds(self, request: AuthRequest, now: float | None) -> bool | None:
        """`value`, under the name that a rule asks for."""
        return self.value(request, now)

    def __and__(self, other: Condition) -> Condition:
        return all_(self, other)

    def __or__(self, other: Condition) -> Condition:
        return any_(self, other)

    def __invert__(self) -> Condition:
        return not_(self)

    def __bool__(self) -> bool:
        # `a and b`, `not a` and `if a` are the mistakes that this catches: they would drop conditions in silence.
        raise ConfigError(
            "a condition has no truth by itself", help="combine conditions with &, | and ~, not with and, or, not"
        )

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.parts() == other.parts()

    def __hash__(self) -> int:
        return hash((type(self), self.parts()))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, self.parts()))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.parts()


class Constant(Condition):
    """A condition that is settled: `TRUE`, `FALSE`, or `UNDECIDED`."""

    __slots__ = ("known",)

    def __init__(self, known: bool | None) -> None:
        self.known = known

    def parts(self) -> tuple[Any, ...]:
        """The value."""
        return (self.known,)

    def reduced(self, request: AuthRequest) -> Condition:
        """Itself."""
        return self

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """The value."""
        return self.known


TRUE = Constant(True)
FALSE = Constant(False)
UNDECIDED = Constant(None)


class All(Condition):
    """Holds if all parts do; does not hold if one does not; else it is undecided."""

    __slots__ = ("conditions",)
    _stops = FALSE
    _drops = TRUE

    def __init__(self, *conditions: Condition) -> None:
        self.conditions = conditions

    def parts(self) -> tuple[Any, ...]:
        """The conditions."""
        return self.conditions

    def bound(self, rule: Rule) -> Condition:
        """With every part bound."""
        return type(self)(*[condition.bound(rule) for condition in self.conditions])

    def reduced(self, request: AuthRequest) -> Condition:
        """With every part reduced."""
        return combined(type(self), [condition.reduced(request) for condition in self.conditions])

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """Kleene's conjunction (of `Any`: disjunction)."""
        undecided = False
        for condition in self.conditions:
            value = condition.value(request, now)
            if value is self._stops.known:
                return value
            undecided = undecided or value is None
        return None if undecided else self._drops.known


class Any_(All):  # noqa: N801 - `Any` is something else for every reader
    """Holds if one part does; does not hold if none does; else it is undecided."""

    __slots__ = ()
    _stops = TRUE
    _drops = FALSE


class Not(Condition):
    """Holds if its part does not, and the other way round; undecided if its part is."""

    __slots__ = ("condition",)

    def __init__(self, condition: Condition) -> None:
        self.condition = condition

    def parts(self) -> tuple[Any, ...]:
        """The condition."""
        return (self.condition,)

    def bound(self, rule: Rule) -> Condition:
        """With its part bound."""
        return Not(self.condition.bound(rule))

    def reduced(self, request: AuthRequest) -> Condition:
        """With its part reduced."""
        return negated(self.condition.reduced(request))

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """The other value."""
        value = self.condition.value(request, now)
        return None if value is None else not value


def all_(*conditions: Condition) -> Condition:
    """A condition that holds if all of `conditions` do."""
    return combined(All, _checked(conditions))


def any_(*conditions: Condition) -> Condition:
    """A condition that holds if one of `conditions` does."""
    return combined(Any_, _checked(conditions))


def not_(condition: Condition) -> Condition:
    """A condition that holds if `condition` does not; where that cannot be decided, neither can this be."""
    return negated(_checked((condition,))[0])


def combined(kind: type[All], conditions: list[Condition]) -> Condition:
    """`kind` of conditions, without what does not matter: parts of the same kind, repetitions, constants."""
    kept: dict[Condition, None] = {}
    for condition in conditions:
        for part in condition.conditions if type(condition) is kind else (condition,):
            if part == kind._stops:
                return part
            if part != kind._drops:
                kept[part] = None
    if not kept:
        return kind._drops
    return next(iter(kept)) if len(kept) == 1 else kind(*kept)


def negated(condition: Condition) -> Condition:
    """The negation of a condition."""
    if isinstance(condition, Constant):
        return UNDECIDED if condition.known is None else FALSE if condition.known else TRUE
    return condition.condition if isinstance(condition, Not) else Not(condition)


def _checked(conditions: tuple[Condition, ...]) -> list[Condition]:
    if not conditions:
        raise ConfigError("nothing to combine", help="pass at least one condition")
    for condition in conditions:
        if not isinstance(condition, Condition):
            raise ConfigError(
                f"a condition is needed, not {type(condition).__name__}",
                help="for example claim('sub').equals(path('id')), scope('orders:read') or source_ip('10.0.0.0/8')",
            )
    return list(conditions)
