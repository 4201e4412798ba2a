"""Which IAM texts say what the rules of one verb say: the shapes that need no search.

Texts are what follows `VERB/` in a resource: `*` is any run of characters, `/` included, and `?` is one. A *declared* path is
one of a template; its *variants* have further slashes between segments or at the end, which the matcher folds and IAM
does not. `simple` answers where that can be seen without a search, `cwsauth.policy.language` everywhere else.
"""

from __future__ import annotations

from cwsauth.policy.segments import ANY, DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from cwsauth.policy.language.impossible import Missing
    from cwsauth.policy.pattern import Segment

    Segments = tuple[Segment, ...]

# `GET/` is the root; local emulators (Chalice's is one) write it `GET//`, which the matcher folds to the root too.
ROOT = ("", "/")

SUBSET, DISJOINT, PARTIAL = 1, 2, 3

# Up to so many templates of a verb a search is quick, and often finds fewer texts.
_FEW = 8


class Cover:
    """Texts that say, for one verb, what is allowed and what is denied.

    `exact`: every canonical declared path that the rules allow is allowed. `lost` holds what is missing where it is not: a
    witness that is refused though the rules allow it, and why.
    """

    __slots__ = ("allow", "deny", "exact", "lost")

    def __init__(
        self,
        allow: Iterable[str] = (),
        deny: Iterable[str] = (),
        exact: bool = True,
        lost: tuple[Missing, ...] = (),
    ) -> None:
        self.allow = tuple(allow)
        self.deny = tuple(deny)
        self.exact = exact
        self.lost = lost

    @property
    def size(self) -> int:
        """Resources, and one more for having a second statement."""
        return len(self.allow) + len(self.deny) + bool(self.deny)


def fewer_guards(denies: Sequence[str]) -> Sequence[str]:
    """`denies` with one text in the place of all that hold doubled slashes only.

    No canonical path has them, so denying them everywhere costs nothing that a document promises.
    """
    guards = [text for text in denies if "//" in text]
    return denies if len(guards) < 2 else [*(text for text in denies if "//" not in text), "*//*"]


class Near:
    """Patterns by their first segment: one that begins with a text has paths in common only with those that begin with the
    same, or with a wildcard.
    """

    __slots__ = ("_all", "_by_head", "_starred")

    def __init__(self, patterns: Sequence[Segments]) -> None:
        self._all = patterns
        self._starred: list[Segments] = []
        self._by_head: dict[object, list[Segments]] | None = None

    def to(self, pattern: Segments) -> Sequence[Segments]:
        """Those that may have a path in common with `pattern`, in their order."""
        if not pattern or type(pattern[0]) is not str:
            return self._all
        if self._by_head is None:
            self._by_head = self._grouped()
        return self._by_head.get(pattern[0], self._starred)

    def _grouped(self) -> dict[object, list[Segments]]:
        groups: dict[object, list[Segments]] = {}
        for pattern in self._all:
            if pattern and type(pattern[0]) is not str:
                self._starred.append(pattern)
                for group in groups.values():
                    group.append(pattern)
            elif pattern:
                groups.setdefault(pattern[0], [*self._starred]).append(pattern)
        return groups


def simple(
    templates: Sequence[Segments] | None, allows: Sequence[Segments], denies: Sequence[Segments]
) -> Cover | None:
    """The cover of the common shapes, or None where it takes a search.

    `templates` are the declared ones of the verb (None: every path is declared), `allows` and `denies` the segments of
    the rules that are for the verb.
    """
    if not allows:
        return Cover()
    if templates is None:
        from cwsauth.policy.anywhere import anywhere

        allows = [rule for rule in allows if not _is_held(rule, denies)]
        return _less(anywhere(allows), allows, denies) if allows else Cover()
    several = len(allows) + len(denies) > 2
    near_allows, near_denies = Near(allows), Near(denies)
    literals = _granted_literals(allows, near_denies, templates)
    if literals is None:
        return None
    granted: list[Segments] = []
    rest: list[Segments] = []
    for template in templates:
        near = (near_allows.to(template), near_denies.to(template)) if several else (allows, denies)
        verdict = _verdict(template, *near)
        if verdict is None:
            return None
        (granted if verdict else rest).append(template)
    if len(granted) > 2 and any(map(_has_glob, allows)):
        return None  # such a rule may say in one text what its templates say in several
    for segments in literals:
        if segments not in granted:
            granted.append(segments)
    cover = _declared(granted, rest, allows)
    if denies and granted:
        cover = _with_denies(cover, granted, rest, allows, denies)
    if cover is not None and len(cover.allow) > 2 and any(type(rule[0]) is not str for rule in allows if rule):
        return None  # a rule that begins with a wildcard reaches over the whole API: a search may say it in fewer texts
    return cover


def _less(cover: Cover | None, granted: Sequence[Segments], denies: Sequence[Segments]) -> Cover | None:
    if cover is None or not denies:
        return cover
    from cwsauth.policy.denied import without

    return without(cover, granted, denies)


def _with_denies(
    cover: Cover | None,
    granted: Sequence[Segments],
    rest: Sequence[Segments],
    allows: Sequence[Segments],
    denies: Sequence[Segments],
) -> Cover | None:
    """What `cover` says of the granted templates but for what is denied, or something wider, and more denies; None where in doubt."""
    lost = [template for template in rest if _is_held(template, denies)]
    wide_rules = [rule for rule in allows if any(relate(template, rule) == SUBSET for template in lost)]
    held = [template for template in lost if _is_held(template, wide_rules)]
    less = _less(cover, granted, denies)
    if held and len(granted) + len(rest) <= _FEW:
        return less if less is cover else None  # a search over few templates is quick, and may say it in fewer texts
    if less is not None and (len(less.allow) <= 2 or not any(_is_held(template, wide_rules) for template in granted)):
        return less
    # Or one more wide text for Allow, and a Deny of the templates that are denied as a whole.
    wide = [*granted, *held]
    wider = _less(_declared(wide, [template for template in rest if template not in held], allows), wide, denies)
    return min((found for found in (less, wider) if found is not None), key=lambda found: found.size, default=None)


def _has_glob(segments: Segments) -> bool:
    return any(type(segment) is not str and segment is not ANY and segment is not DEEP for segment in segments)


def _granted_literals(allows: Sequence[Segments], denies: Near, templates: Sequence[Segments]) -> list[Segments] | None:
    """The literal rules that no deny touches and some template declares; None where that takes a search."""
    found: list[Segments] = []
    declared = Near(templates)
    for segments in allows:
        if any(type(segment) is not str for segment in segments):
            continue
        relations = {relate(segments, deny) for deny in denies.to(segments)}
        if PARTIAL in relations:
            return None
        if SUBSET not in relations and _is_held(segments, declared.to(segments)):
            found.append(segments)
    return found


def literal_text(segments: Segments) -> str | None:
    """The text of segments that are all literal and can stand in a resource as they are; None for others."""
    for segment in segments:
        if type(segment) is not str or not sayable(segment):
            return None
    return "/".join(segments)  # type: ignore[arg-type]


def sayable(text: str) -> bool:
    """Whether IAM reads `text` as itself: no wildcard, nothing that could be a policy variable."""
    return "*" not in text and "?" not in text and "${" not in text and not text.endswith("$")


def _verdict(template: Segments, allows: Sequence[Segments], denies: Sequence[Segments]) -> bool | None:
    """Whether all of a template is allowed but for what is denied (True), none of it (False), or something between (None)."""
    if denies and _is_held(template, denies):
        return False
    touched = False
    for rule in allows:
        relation = relate(template, rule)
        if relation == SUBSET:
            return True
        # A literal rule says itself in the document; it makes no wildcard of the template necessary.
        touched |= relation == PARTIAL and any(type(segment) is not str for segment in rule)
    return None if touched else False


def _is_held(template: Segments, rules: Sequence[Segments]) -> bool:
    """Whether one of the rules is plainly for all of a template."""
    return any(relate(template, rule) == SUBSET for rule in rules)


def relate(template: Segments, rule: Segments) -> int:
    """How the paths of a template lie to those of a rule; `PARTIAL` also where that is not plain to see."""
    if rule == (DEEP,):
        return SUBSET
    if DEEP in rule[:-1]:
        return PARTIAL
    greedy = template[-1:] == (DEEP,)
    if greedy and len(template) == 1:
        return PARTIAL
    fixed = template[:-2] if greedy else template
    tail = rule[-1:] == (DEEP,)
    wanted = rule[:-2] if tail else rule
    if not greedy and (len(fixed) <= len(wanted) if tail else len(fixed) != len(wanted)):
        return DISJOINT
    if greedy and not tail and len(wanted) <= len(fixed):
        return DISJOINT
    relation = SUBSET if not greedy or (tail and len(wanted) <= len(fixed)) else PARTIAL
    for have, want in zip(fixed, wanted, strict=False):
        if want is ANY or have is want:
            continue
        if type(have) is str and type(want) is str:
            if have != want:
                return DISJOINT
            continue
        relation = PARTIAL
    return relation


def _declared(granted: Sequence[Segments], rest: Sequence[Segments], allows: Sequence[Segments]) -> Cover | None:
    """With a route table, every template of which is granted as a whole or not at all."""
    if not granted:
        return Cover()
    if not rest:
        return Cover(_texts(granted[0])) if len(granted) == 1 else Cover(("*",))
    allow: list[str] = []
    guards: list[str] = []
    near = Near(rest)
    for texts, segments in _merged(granted, rest, allows):
        if any(type(segment) is str and not sayable(segment) for segment in segments):
            return None
        spills = (
            [other for other in near.to(segments) if _may_spill(segments, other)]
            if literal_text(segments) is None
            else []
        )
        head = literal_prefix(segments)
        if spills == [head] and segments in ((*head, ANY), (*head, ANY, DEEP)):
            # `a/?*` also matches `a//`, which the matcher folds to `a`.
            guards.append("/".join((*head, "/*")) if head else "/*")  # type: ignore[arg-type]
        elif spills:
            if not all(_only_folded(segments, other) for other in spills):
                return None
            guards.append("*//*")
        allow.extend(texts)
    return Cover(dict.fromkeys(allow), dict.fromkeys(guards))


def _only_folded(granted: Segments, other: Segments) -> bool:
    """Whether a text of `granted` is a path of `other` only where it has doubled slashes: `a///b` for `a/{x}/b` and `a/{x}`.

    As it begins and ends with a literal, it has no other slashes too many, and without those it has too many segments.
    """
    return type(granted[0]) is str and type(granted[-1]) is str and DEEP not in other and len(other) < len(granted)


def _texts(segments: Segments) -> tuple[str, ...]:
    """A template in IAM's words: each `{name}` is `?*`, and so is a last `{name+}`."""
    if not segments:
        return ROOT
    fixed = segments[:-1] if segments[-1] is DEEP else segments
    return ("/".join(segment if type(segment) is str else "?*" for segment in fixed),)


def _merged(
    granted: Sequence[Segments], rest: Sequence[Segments], allows: Sequence[Segments]
) -> Iterable[tuple[tuple[str, ...], Segments]]:
    """The granted templates as texts, several in one where a rule or `prefix/?*` holds them and nothing else.

    Wildcards stand at whole segments only: `prefix*` would be shorter, and would hold a `prefix-2` that is declared later.
    """
    left = dict.fromkeys(granted)
    for segments, held in sorted(_gathering(granted, rest, allows).items(), key=lambda entry: -len(entry[1])):
        if sum(template in left for template in held) > 1:
            for template in held:
                left.pop(template, None)
            yield _texts(segments), segments
    wide = Near([template for template in granted if literal_text(template) is None])
    for segments in left:
        # A literal that lies in one of the others is said by its text.
        if literal_text(segments) is None or not _is_held(segments, wide.to(segments)):
            yield _texts(segments), segments


def _gathering(
    granted: Sequence[Segments], rest: Sequence[Segments], allows: Sequence[Segments]
) -> dict[Segments, list[Segments]]:
    """Patterns that hold two or more granted templates and no other, each with those that it holds."""
    blocked = {other[:length] for other in rest for length in range(len(other))}
    found: dict[Segments, list[Segments]] = {}
    for template in granted:
        prefix = literal_prefix(template)
        for length in range(min(len(prefix), len(template) - 1) + 1):
            if template[:length] not in blocked:
                found.setdefault((*template[:length], ANY, DEEP), []).append(template)
    near, nearer = Near(rest), Near(granted)
    for rule in allows:
        if literal_text(rule) is not None or DEEP in rule[:-1]:
            continue
        if not any(_may_spill(rule, other) for other in near.to(rule)):
            found[rule] = [template for template in nearer.to(rule) if relate(template, rule) == SUBSET]
    return {segments: held for segments, held in found.items() if len(held) > 1}


def literal_prefix(segments: Segments) -> Segments:
    """The literal segments that `segments` begins with."""
    for place, segment in enumerate(segments):
        if type(segment) is not str:
            return segments[:place]
    return segments


def _may_spill(granted: Segments, other: Segments) -> bool:
    """Whether the IAM text of `granted` could match a path of `other` or a variant of one; True when in doubt."""
    prefix = literal_prefix(granted)
    for have, want in zip(other, prefix, strict=False):
        if type(have) is str and have != want:
            return False
        if have is DEEP:
            return True
    if len(other) < len(prefix) or (len(other) == len(prefix) and prefix == granted):
        return False
    last = granted[-1]
    if len(prefix) < len(granted) and type(last) is str and other and type(other[-1]) is str:
        return last == other[-1]
    return True
