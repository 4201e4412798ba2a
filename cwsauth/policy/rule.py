"""A rule: `[!][METHODS ]PATH`, parsed; the unit in which access is granted and denied."""

from __future__ import annotations

from cwsauth.policy.segments import ANY, DEEP, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import TypeGuard

    from cwsauth.policy.pattern import Hole, Segment
    from cwsauth.request import AuthRequest

# The verbs of `ANY`. Source: API Gateway developer guide, "Set up a method using the API Gateway console".
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ORDER = {verb: place for place, verb in enumerate(VERBS)}
_EVERY = frozenset({"*", "ANY"})
_NOT_YET = ("", " ")  # what may follow the methods before a path begins
_ONE_VERB = {word: (verb,) for verb in VERBS for word in (verb, verb.lower())}


class Effect:
    """What a rule or a statement says: yes, or no whatever else says yes. There are two, `Effect.ALLOW` and `Effect.DENY`."""

    # PERF: benchmarks/cold_start.py - an Enum of two costs what eight such classes do.
    __slots__ = ("name", "value")
    ALLOW: Effect
    DENY: Effect

    def __init__(self, name: str, value: str) -> None:
        self.name = name
        self.value = value

    def __repr__(self) -> str:
        return f"Effect.{self.name}"

    def __reduce__(self) -> str:
        return self.name


ALLOW = Effect.ALLOW = Effect("ALLOW", "Allow")
DENY = Effect.DENY = Effect("DENY", "Deny")


class Rule:
    """One rule. `Rule("GET,PUT product/*")`, `Rule("!admin/**")`, `Rule("users/{id}", when=condition)`.

    `effect` is an `Effect`, `methods` a tuple of verbs in a fixed order, `segments` the parsed path (`cwsauth.policy.pattern`),
    `text` what was written. `when` is None or a condition, which `settle` and `at` ask about a request.

    Raises:
        PatternError: the text is no rule; names the pattern, the column and what would be right.
    """

    __slots__ = ("_written", "effect", "methods", "segments", "text", "when")
    _written: str
    effect: Effect
    methods: tuple[str, ...]
    segments: tuple[Segment, ...]
    text: str
    when: Condition | None

    def __init__(self, text: str, *, when: Condition | None = None) -> None:
        if type(text) is not str:
            from cwsauth.errors import PatternError

            raise PatternError(
                f"invalid rule: a string is needed, not {type(text).__name__}",
                help="write it as in 'GET product/*'",
            )
        rest = text
        effect = ALLOW
        if rest[:1] == "!":
            effect = DENY
            rest = rest[1:]
        methods: tuple[str, ...] = VERBS
        if " " in rest:
            word, _, path = rest.partition(" ")
            one = _ONE_VERB.get(word)
            if one is not None and path[:1] not in _NOT_YET:
                rest, methods = path, one
            else:
                rest, methods = _methods(rest, text)
        _set_effect(self, effect)
        _set_methods(self, methods)
        _set_segments(self, parse(rest, text, len(text) - len(rest)))
        _set_text(self, text)
        _set_when(self, None if when is None else _bound(when, self))
        _set_written(self, "")

    @classmethod
    def parse(cls, text: str) -> Rule:
        """The rule that `text` says."""
        return cls(text)

    @classmethod
    def made(
        cls,
        effect: Effect,
        methods: tuple[str, ...],
        segments: tuple[Segment, ...],
        when: Condition | None = None,
        *,
        written: str = "",
    ) -> Rule:
        """A rule from its parts, with the text one would write for it; `methods` in the order of `VERBS`.

        `written` is what somebody wrote, where the rule is made of another one.
        """
        from cwsauth.policy.pattern import pattern_text

        rule = cls.__new__(cls)
        verbs = "" if methods == VERBS else ",".join(methods) + " "
        _set_effect(rule, effect)
        _set_methods(rule, methods)
        _set_segments(rule, segments)
        _set_text(rule, f"{'!' if effect is DENY else ''}{verbs}{pattern_text(segments)}")
        _set_when(rule, when)
        _set_written(rule, written)
        return rule

    @property
    def written(self) -> str:
        """The text that somebody wrote: `users/${claims.sub}` where `text` is `users/42`. For logs: it holds no claim."""
        return self._written or self.text

    @property
    def settled(self) -> bool:
        """Whether the rule needs no request to say what it means: no condition, no placeholder."""
        # Whatever has a placeholder has a `$` in its text.
        return self.when is None and ("$" not in self.text or not any(map(_is_hole, self.segments)))

    def settle(self, request: AuthRequest, values: Mapping[str, object]) -> tuple[Rule, ...]:
        """What is left of the rule for one verified caller: without placeholders, and with a `when` only for what belongs
        to a single call (`at` asks it then).

        `values` fills the placeholders. A deny that cannot be filled denies all below the text before its placeholder; an
        allow that cannot be filled grants nothing.
        """
        found = self if self.when is None else self.when.settle(self, request)
        rules = (found,) if isinstance(found, Rule) else found or ()
        return tuple([filled for rule in rules if (filled := rule._filled(values)) is not None])

    def at(self, request: AuthRequest, now: float | None) -> Rule | None:
        """The rule for the call at hand, at the time `now` (seconds since the epoch); None where it says nothing.

        A condition that cannot be decided counts against the caller: then an allow grants nothing, and a deny denies.
        """
        if self.when is None:
            return self
        holds = self.when.holds(request, now) if hasattr(self.when, "holds") else None
        counts = holds is True if self.effect is ALLOW else holds is not False
        return self.under(None) if counts else None

    def under(self, when: Condition | None) -> Rule:
        """The same rule, text included, under another condition or none."""
        return _restored(self.effect, self.methods, self.segments, self.text, when, self._written)

    def _filled(self, values: Mapping[str, object]) -> Rule | None:
        if not any(map(_is_hole, self.segments)):
            return self
        segments: list[Segment] = []
        for segment in self.segments:
            if not _is_hole(segment):
                segments.append(segment)
                continue
            literal = segment.fill(values)
            if literal is None:
                if self.effect is not DENY:
                    return None
                return Rule.made(DENY, self.methods, below(segments), written=self.written)
            segments.append(literal)
        return Rule.made(self.effect, self.methods, tuple(segments), self.when, written=self.written)

    def unsettled(self) -> Rule | None:
        """What is certain without a request: an allow grants nothing, a deny denies all it could ever deny."""
        if self.effect is ALLOW:
            return None
        for place, segment in enumerate(self.segments):
            if _is_hole(segment):
                return Rule.made(DENY, self.methods, below(list(self.segments[:place])), written=self.written)
        return Rule.made(DENY, self.methods, self.segments, written=self.written)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a rule cannot be changed: {name}")

    def __repr__(self) -> str:
        return f"Rule({self.text!r})" if self.when is None else f"Rule({self.text!r}, when={self.when!r})"

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and (
            self.effect is other.effect
            and self.methods == other.methods
            and self.segments == other.segments
            and self.when == other.when
        )

    def __hash__(self) -> int:
        return hash((self.effect, self.methods, self.segments))

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (self.effect, self.methods, self.segments, self.text, self.when, self._written)


if TYPE_CHECKING:
    from typing import Protocol

    class Condition(Protocol):
        """Something a rule depends on; those of `cwsauth.policy.conditions` never raise.

        `settle` gives what is left of the rule for the caller of a request: the rule without its condition if that holds,
        None or nothing if not, several rules where one cannot say it. A rule that keeps a `when` depends on the single call:
        its condition has `holds(request, now)`, True, False, or None where that cannot be decided. A condition that has
        `bound(rule)` is asked for the one to keep when the rule is made.
        """

        def settle(self, rule: Rule, request: AuthRequest) -> Rule | tuple[Rule, ...] | None:
            """What is left of `rule` for the caller of `request`."""
            ...


# A rule is frozen by `__setattr__`; its own slots are filled through their descriptors.
_set_effect, _set_methods, _set_segments, _set_text, _set_when, _set_written = (
    Rule.__dict__[slot].__set__ for slot in ("effect", "methods", "segments", "text", "when", "_written")
)


def _restored(
    effect: Effect,
    methods: tuple[str, ...],
    segments: tuple[Segment, ...],
    text: str,
    when: Condition | None,
    written: str = "",
) -> Rule:
    rule = Rule.made(effect, methods, segments, when, written=written)
    _set_text(rule, text)
    return rule


def _bound(when: Condition, rule: Rule) -> Condition:
    if not hasattr(when, "settle"):
        from cwsauth.errors import PatternError

        raise PatternError(
            f"invalid rule {rule.text!r}: its condition is {type(when).__name__}",
            pattern=rule.text,
            help="use those of cwsauth.policy.conditions, for example when=scope('orders:read')",
        )
    bound: Condition = when.bound(rule) if hasattr(when, "bound") else when
    return bound


def _is_hole(segment: Segment) -> TypeGuard[Hole]:
    """Whether it is a `Hole`, the one kind of segment that can be filled."""
    return hasattr(segment, "fill")


def below(segments: list[Segment]) -> tuple[Segment, ...]:
    """The pattern of all that lies below `segments`; everything, where there are none."""
    if not segments:
        return (DEEP,)
    # In the form of `parse`: below `a/**` is at least one segment more than it has itself.
    return (*(segments[:-1] if segments[-1] is DEEP else segments), ANY, DEEP)


def parse_methods(text: str) -> tuple[str, ...] | None:
    """The verbs that `GET,PUT`, `*` or `ANY` names, each once and in the order of `VERBS`; None for anything else."""
    if text in _EVERY:
        return VERBS
    verbs = set()
    for word in text.split(","):
        verb = word.upper() if word.islower() else word
        if verb not in _ORDER:
            return None
        verbs.add(verb)
    return tuple(verb for verb in VERBS if verb in verbs)


def _methods(rest: str, whole: str) -> tuple[str, tuple[str, ...]]:
    """The path of `METHODS PATH` and its verbs; a first word that ends in an escape is a path with a space."""
    word, _, path = rest.partition(" ")
    if word.endswith("\\"):
        return rest, VERBS
    methods = _ONE_VERB.get(word) or parse_methods(word)
    if methods is None:
        from cwsauth.errors import PatternError

        column = len(whole) - len(rest) + 1
        raise PatternError(
            f"invalid route pattern {whole!r}: {word!r} at column {column} is not a list of methods",
            pattern=whole,
            column=column,
            help=f"write one or more of {', '.join(VERBS)} with commas between, '*' or 'ANY'; a space in a path is '\\ '",
        )
    stripped = path.lstrip(" ")
    if not stripped:
        from cwsauth.errors import PatternError

        raise PatternError(
            f"invalid route pattern {whole!r}: no path follows the methods at column {len(whole)}",
            pattern=whole,
            column=len(whole),
            help=f"write '{word} /' for the root, '{word} **' for every path",
        )
    return stripped, methods
