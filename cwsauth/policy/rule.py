"""A rule: `[!][METHODS ]PATH`, parsed; the unit in which access is granted and denied."""

from __future__ import annotations

from cwsauth.policy.segments import ANY, DEEP, parameters, parse, usual

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import TypeGuard

    from cwsauth.policy.pattern import Hole, Segment
    from cwsauth.request import AuthRequest

# The verbs of `ANY`. Source: API Gateway developer guide, "Set up a method using the API Gateway console".
VERBS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_ORDER = {verb: place for place, verb in enumerate(VERBS)}
_EVERY = frozenset({"*", "ANY"})
_NOT_YET = ("", " ")  # what may follow the methods before a path begins
_ONE_VERB = {word: (verb,) for verb in VERBS for word in (verb, verb.lower())}
# So many rules are looked at in one go: one with unusual characters makes those beside it be read one by one, and no more.
_AT_ONCE = 64


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


class _Unfrozen:
    """A rule that is being made: to change the class at the end costs less than to go around `__setattr__` each time."""

    __slots__ = ("_segments", "_written", "effect", "literal", "methods", "text", "when")
    _segments: tuple[Segment, ...] | None
    _written: str
    effect: Effect
    literal: str | None
    methods: tuple[str, ...]
    text: str
    when: Condition | None


class Rule(_Unfrozen):
    """One rule. `Rule("GET,PUT product/*")`, `Rule("!admin/**")`, `Rule("users/{id}", when=condition)`.

    `effect` is an `Effect`, `methods` a tuple of verbs in a fixed order, `segments` the parsed path (`cwsauth.policy.pattern`),
    `literal` the one path that it is about, or None where it has a wildcard, `text` what was written. `when` is None or a
    condition, which `settle` and `at` ask about a request.

    Raises:
        PatternError: the text is no rule; names the pattern, the column and what would be right.
    """

    __slots__ = ()

    def __new__(cls, text: str, *, when: Condition | None = None) -> Rule:
        """The rule that `text` says."""
        if type(text) is not str:
            from cwsauth.errors import PatternError

            raise PatternError(
                f"invalid rule: a string is needed, not {type(text).__name__}",
                help="write it as in 'GET product/*'",
            )
        effect, rest = (DENY, text[1:]) if text[:1] == "!" else (ALLOW, text)
        word, _, path = rest.partition(" ")
        methods: tuple[str, ...] | None = _ONE_VERB.get(word)
        if methods is None or path[:1] in _NOT_YET:
            path, methods = _methods(rest, text) if " " in rest else (rest, VERBS)
        rule = _rule(effect, methods, parse(path, text, len(text) - len(path)), text, None)
        if when is not None:
            _set_when(rule, _bound(when, rule))
        return rule

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

        verbs = "" if methods == VERBS else ",".join(methods) + " "
        text = f"{'!' if effect is DENY else ''}{verbs}{pattern_text(segments)}"
        return _rule(effect, methods, segments, text, when, written)

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The parsed path (`cwsauth.policy.pattern`)."""
        segments = self._segments
        if segments is None:
            # PERF: benchmarks/build.py - the path of a literal rule is taken apart when somebody asks.
            path: str = self.literal  # type: ignore[assignment]
            segments = tuple(path[1:].split("/")) if path != "/" else ()
            _set_segments(self, segments)
        return segments

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

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"a rule cannot be changed: {name}")

    def __repr__(self) -> str:
        return f"Rule({self.text!r})" if self.when is None else f"Rule({self.text!r}, when={self.when!r})"

    def __str__(self) -> str:
        return self.text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rule) and (
            self.effect is other.effect
            and self.methods == other.methods
            and self.literal == other.literal
            and (self.literal is not None or self.segments == other.segments)
            and self.when == other.when
        )

    def __hash__(self) -> int:
        return hash((self.effect, self.methods, self.literal or self.segments))

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


_set_segments, _set_when = (_Unfrozen.__dict__[slot].__set__ for slot in ("_segments", "when"))


def _rule(
    effect: Effect,
    methods: tuple[str, ...],
    segments: tuple[Segment, ...],
    text: str,
    when: Condition | None,
    written: str = "",
) -> Rule:
    """A rule of its parts."""
    literal = None
    for segment in segments:
        if type(segment) is not str:
            break
    else:
        literal = "/" + "/".join(segments)  # type: ignore[arg-type]
    rule = _Unfrozen()
    rule.effect = effect
    rule.methods = methods
    rule.literal = literal
    rule._segments = segments
    rule.text = text
    rule.when = when
    rule._written = written
    rule.__class__ = Rule
    return rule  # type: ignore[return-value]


def read(texts: Sequence[object]) -> list[Rule]:
    """The rules that `texts` say; what is one already stays.

    Raises:
        PatternError: one of them is no rule.
    """
    rules: list[Rule] = []
    known: dict[str, tuple[Segment, ...]] = {}
    for start in range(0, len(texts), _AT_ONCE):
        some = texts[start : start + _AT_ONCE]
        joined = usual(some)
        if joined is None:
            rules += [text if type(text) is Rule else Rule(text) for text in some]  # type: ignore[arg-type]
            continue
        # PERF: benchmarks/build.py - most rules are a verb and a path of words and parameters.
        odd = "*" in joined or "!" in joined
        text: str
        for text in some:  # type: ignore[assignment]
            if odd and ("*" in text or "!" in text):
                rules.append(Rule(text))
                continue
            word, _, path = text.partition(" ")
            methods: tuple[str, ...] = _ONE_VERB.get(word, VERBS)
            if methods is VERBS:
                path = text
            if path[:1] != "/":
                path = "/" + path
            literal: str | None = path
            segments = None
            if "{" in path or "}" in path:
                segments = parameters(path, known)
                literal = None
            if (segments is None and literal is None) or " " in path or path[-1] == "/":
                rules.append(Rule(text))
                continue
            rule = _Unfrozen()
            rule.effect = ALLOW
            rule.methods = methods
            rule.literal = literal
            rule._segments = segments
            rule.text = text
            rule.when = None
            rule._written = ""
            rule.__class__ = Rule
            rules.append(rule)  # type: ignore[arg-type]
    return rules


def _restored(
    effect: Effect,
    methods: tuple[str, ...],
    segments: tuple[Segment, ...],
    text: str,
    when: Condition | None,
    written: str = "",
) -> Rule:
    return _rule(effect, methods, segments, text, when, written)


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
    methods = parse_methods(word)
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
