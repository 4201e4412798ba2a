"""Conditions on what a token says, on the stage, and on the parameters of the path."""

from __future__ import annotations

from cwsauth.errors import ConfigError, PatternError
from cwsauth.policy.conditions.logic import UNDECIDED, Condition, Constant
from cwsauth.policy.segments import ANY

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from cwsauth.policy.rule import Rule
    from cwsauth.request import AuthRequest

    Plain = str | int | float | bool


class Term:
    """Something that a condition compares. `given` is its value for a call, `MISSING` where there is none."""

    __slots__ = ("key",)

    def __init__(self, *key: Any) -> None:
        self.key = key

    def given(self, request: AuthRequest) -> object:
        """The value, or `MISSING`."""
        raise NotImplementedError

    def bound(self, rule: Rule) -> Term:
        """The term for one rule."""
        return self

    def reduced(self, request: AuthRequest) -> Term:
        """The term with what stands as long as the token."""
        return self

    def equals(self, other: Term | Plain) -> Condition:
        """Whether this is `other`: of the same type, and equal. Undecided where one of them is missing or no plain value."""
        return Equal(self, term(other))

    def in_(self, *others: Term | Plain) -> Condition:
        """Whether this is one of `others`, or, with one claim, a member of the list that it holds."""
        if len(others) == 1 and isinstance(others[0], Term):
            return Member(self, others[0])
        if not others:
            raise ConfigError("nothing to choose from", help="pass at least one value")
        from cwsauth.policy.conditions.logic import any_

        return any_(*[Equal(self, term(other)) for other in others])

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and _typed(self.key) == _typed(other.key)

    def __hash__(self) -> int:
        return hash((type(self), _typed(self.key)))

    def __repr__(self) -> str:
        return f"{type(self).__name__.lower()}({', '.join(map(repr, self.key))})"

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), self.key


class Value(Term):
    """A value that is known."""

    __slots__ = ()

    def given(self, request: AuthRequest) -> object:
        """The value."""
        return self.key[0]

    def __repr__(self) -> str:
        # A claim that has been put in is nobody's business.
        return "value(...)"


class Missing:
    """No value."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __reduce__(self) -> str:
        return "MISSING"


MISSING = Missing()


class Claim(Term):
    """A claim of the verified token; several names for one that is nested. A claim of null is missing."""

    __slots__ = ()

    def given(self, request: AuthRequest) -> object:
        """The claim."""
        value: object = request.claims
        for name in self.key:
            if not hasattr(value, "keys"):
                return MISSING
            value = value.get(name)  # type: ignore[attr-defined]
            if value is None:
                return MISSING
        return value

    def reduced(self, request: AuthRequest) -> Term:
        """Its value."""
        return Value(self.given(request))

    def contains(self, other: Term | Plain) -> Condition:
        """Whether the claim is a list and `other` is in it."""
        return Member(term(other), self)

    def exists(self) -> Condition:
        """Whether the token has the claim, whatever it is; never undecided."""
        return Exists(self)

    def at_least(self, number: float) -> Condition:
        """Whether the claim is a number, and not less."""
        return Bounded(self, _number(number), None)

    def at_most(self, number: float) -> Condition:
        """Whether the claim is a number, and not more."""
        return Bounded(self, None, _number(number))


class Path(Term):
    """A parameter `{name}` of the rule's own pattern, not yet bound to its place."""

    __slots__ = ()

    def given(self, request: AuthRequest) -> object:
        """Nothing: without a rule it has no place."""
        return MISSING

    def bound(self, rule: Rule) -> Term:
        """The segment that the parameter stands for."""
        return Segment(_place(rule, self.key[0]), self.key[0])


class Segment(Term):
    """A segment of the path of the call, counted from 0, and the parameter that stands for it."""

    __slots__ = ()

    def given(self, request: AuthRequest) -> object:
        """The text of the segment. An encoded one is missing: REST and HTTP API disagree about what it is."""
        parts = [part for part in request.path.split("/") if part]
        place: int = self.key[0]
        return parts[place] if place < len(parts) and "%" not in parts[place] else MISSING


class _Comparison(Condition):
    """A condition on terms. It belongs to one call if one of its terms is a segment of the path."""

    __slots__ = ("terms",)

    def __init__(self, *terms: Any) -> None:
        self.terms = terms

    def parts(self) -> tuple[Any, ...]:
        return self.terms

    def bound(self, rule: Rule) -> Condition:
        return type(self)(*[part.bound(rule) if isinstance(part, Term) else part for part in self.terms])

    def reduced(self, request: AuthRequest) -> Condition:
        known = type(self)(*[part.reduced(request) if isinstance(part, Term) else part for part in self.terms])
        if any(isinstance(part, Segment) for part in known.terms):
            # Of a value that is missing nothing else will ever be known.
            return (
                UNDECIDED
                if any(part.given(request) is MISSING for part in known.terms if type(part) is Value)
                else known
            )
        return Constant(known.value(request, None))


class Equal(_Comparison):
    """Whether two terms are equal."""

    __slots__ = ()

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """Undecided where one is missing, or where they are not of one plain type."""
        left, right = (self._text(part.given(request)) for part in self.terms)
        return same(left, right)

    def _text(self, value: object) -> object:
        """A whole number that is compared with a segment of the path is its digits."""
        if type(value) is int and any(isinstance(part, Segment) for part in self.terms):
            return str(value)
        return value


class Member(_Comparison):
    """Whether the first term is in the list that the second one is."""

    __slots__ = ()

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """Undecided where the second is no list of values of the first one's type."""
        item, members = (part.given(request) for part in self.terms)
        if type(members) not in (list, tuple):
            return None
        if isinstance(self.terms[0], Segment):
            members = [str(member) if type(member) is int else member for member in members]
        found = [same(item, member) for member in members]
        return None if None in found or item is MISSING else True in found


class Exists(_Comparison):
    """Whether a claim is there."""

    __slots__ = ()

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """Never undecided."""
        return self.terms[0].given(request) is not MISSING


class Bounded(_Comparison):
    """Whether a claim is a number within bounds."""

    __slots__ = ()

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """Undecided where it is no number."""
        term, least, most = self.terms
        number = term.given(request)
        # NaN is not equal to itself. `isnan` would make a float of a whole number, and fail for one that is too large.
        if type(number) not in (int, float) or number != number:  # noqa: PLR0124
            return None
        return (least is None or number >= least) and (most is None or number <= most)


class Word(_Comparison):
    """Whether a word is among those of a claim: a text of words, or a list of them. `claims` are tried in their order."""

    __slots__ = ()

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """An absent claim has no words; one of another shape is undecided."""
        word, joined, *claims = self.terms
        for part in claims:
            value = part.given(request)
            if value is MISSING:
                continue
            if isinstance(value, str):
                return word in (value.split(" ") if joined else (value,))
            if type(value) is list and all(isinstance(item, str) for item in value):
                return word in value
            return None
        return False


class Stage(Condition):
    """Whether the call is made to one of some stages."""

    __slots__ = ("names",)

    def __init__(self, *names: str) -> None:
        self.names = names

    def parts(self) -> tuple[Any, ...]:
        """The stages."""
        return self.names

    def reduced(self, request: AuthRequest) -> Condition:
        """A document is of one stage, so this is settled."""
        return Constant(self.value(request, None))

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """Undecided where no stage is known."""
        return request.stage in self.names if request.stage and "*" not in request.stage else None


def claim(*names: str) -> Claim:
    """A claim of the verified token: `claim("sub")`, or `claim("realm_access", "roles")` for one that is nested."""
    return Claim(*_texts(names, "claim"))


def path(name: str) -> Path:
    """The parameter `{name}` of the rule's own pattern, which must not stand behind a `**`."""
    return Path(*_texts((name,), "path"))


def scope(name: str, *, claim: str | None = None) -> Condition:
    """Whether the token was issued for a scope: a word of `scope` (RFC 9068) or else of `scp`, or of another claim."""
    claims = ("scope", "scp") if claim is None else (claim,)
    return Word(*_texts((name,), "scope"), True, *[Claim(found) for found in claims])


def group(name: str, *, claim: str = "groups") -> Condition:
    """Whether the caller is in a group: a member of a claim that is a list, or the whole of one that is a text."""
    return Word(*_texts((name,), "group"), False, Claim(*_texts((claim,), "group")))


def stage(*names: str) -> Condition:
    """Whether the call is made to one of these stages of the API."""
    return Stage(*_texts(names, "stage"))


def term(value: Term | Plain) -> Term:
    """What a condition compares with: a claim or parameter, or a plain value."""
    if isinstance(value, Term):
        return value
    if type(value) in (str, int, float, bool):
        return Value(value)
    raise ConfigError(
        f"a condition compares strings, numbers and booleans, not {type(value).__name__}",
        help="for example claim('tier').equals('gold') or claim('sub').equals(path('id'))",
    )


def same(left: object, right: object) -> bool | None:
    """Whether two values are equal; None where they are not plain values of one type (all numbers are of one)."""
    kinds = {int if type(value) is float else type(value) for value in (left, right)}
    return left == right if len(kinds) == 1 and kinds <= {str, int, bool} else None


def _typed(key: tuple[Any, ...]) -> tuple[Any, ...]:
    # 1, 1.0 and True are equal to Python, and a list that came out of a claim has no hash.
    return tuple([(type(item).__name__, repr(item)) if not isinstance(item, Term) else item for item in key])


def _texts(texts: tuple[Any, ...], what: str) -> tuple[str, ...]:
    if not texts or not all(type(text) is str and text for text in texts):
        raise ConfigError(f"{what}() takes non-empty strings", help=f'for example {what}("name")')
    return texts


def _number(number: float) -> float:
    if type(number) not in (int, float) or number - number != 0:
        raise ConfigError("a bound is a finite number")
    return number


def _place(rule: Rule, name: str) -> int:
    """Which segment `{name}` is in the text of a rule: `[!][METHODS ]PATH`, where a space in a path is escaped."""
    pattern = rule.text.removeprefix("!")
    methods, space, rest = pattern.partition(" ")
    if space and not methods.endswith("\\"):
        pattern = rest.lstrip(" ")
    words = pattern.removeprefix("/").split("/")
    wanted = "{" + name + "}"
    if words.count(wanted) != 1 or "**" in words[: words.index(wanted)]:
        raise PatternError(
            f"invalid rule {rule.text!r}: path({name!r}) is no parameter of it that has a fixed place",
            pattern=rule.text,
            help=f"write '{wanted}' once, as a segment with no '**' before it",
        )
    place = words.index(wanted)
    if place >= len(rule.segments) or rule.segments[place] is not ANY:
        raise PatternError(f"invalid rule {rule.text!r}: {wanted} has no place in it", pattern=rule.text)
    return place
