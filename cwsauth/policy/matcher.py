"""Rules compiled for decisions: literals by hash, the rest by a trie over segments.

The request path is the attacker's, so nothing here recurses or backtracks: the work is linear in the path for a fixed
policy. wcmatch translates a glob inside one segment, and is imported only for a policy that has one.
"""

from __future__ import annotations

from cwsauth.policy.pattern import ANY, DEEP, Glob
from cwsauth.policy.rule import ALLOW, VERBS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from cwsauth.policy.pattern import Segment
    from cwsauth.policy.rule import Rule

    Node = dict[object, Any]

# Keys of a trie node beside literal segments (str), `ANY` and `DEEP`. The value of END and TAIL is the place of a rule.
END = 0  # a rule ends here
TAIL = 1  # a rule matches whatever follows, at least one segment
GLOBS = 2  # a list of (match, child)
LOOP = 3  # this node stays alive for every further segment: what follows a `**`

_NONE = -1


class Index:
    """Some rules of one effect and verb: `exact` maps whole paths, `trie` is the rest (None: there is no rest)."""

    __slots__ = ("exact", "plain", "trie")

    def __init__(self) -> None:
        self.exact: dict[str, int] = {}
        self.trie: Node | None = None
        self.plain = True

    def add(self, segments: tuple[Segment, ...], place: int) -> None:
        """One more rule; `place` says which. Of equal rules the first stays."""
        for segment in segments:
            if type(segment) is not str:
                break
        else:
            self.exact.setdefault("/" + "/".join(segments), place)  # type: ignore[arg-type]
            return
        if self.trie is None:
            self.trie = {}
        node = self.trie
        if segments == (DEEP,):
            node.setdefault(END, place)
            node.setdefault(TAIL, place)
            return
        tail = segments[-1] is DEEP
        for segment in segments[:-2] if tail else segments:
            if type(segment) is Glob:
                self.plain = False
                node = _glob_child(node, segment)
                continue
            child = node.get(segment)
            if child is None:
                child = node[segment] = {}
                if segment is DEEP:
                    child[LOOP] = child
                    self.plain = False
            node = child
        node.setdefault(TAIL if tail else END, place)

    def find(self, path: str, parts: Sequence[str]) -> int:
        """The place of the first rule that matches, -1 for none; `parts` are the segments of the canonical `path`."""
        best = self.exact.get(path, _NONE)
        if self.trie is not None:
            found = walk_plain(self.trie, parts) if self.plain else walk(self.trie, parts)
            if found >= 0 and (best < 0 or found < best):
                best = found
        return best


def walk_plain(root: Node, parts: Sequence[str]) -> int:
    """The smallest place that matches, in a trie that has only literals, `*` and tails; -1 for none."""
    # PERF: benchmarks/decisions.py
    best = _NONE
    frontier = [root]
    for part in parts:
        following = []
        for node in frontier:
            tail = node.get(TAIL, _NONE)
            if tail >= 0 and (tail < best or best < 0):
                best = tail
            child = node.get(part)
            if child is not None:
                following.append(child)
            child = node.get(ANY)
            if child is not None:
                following.append(child)
        if not following:
            return best
        frontier = following
    for node in frontier:
        end = node.get(END, _NONE)
        if end >= 0 and (end < best or best < 0):
            best = end
    return best


def walk(root: Node, parts: Sequence[str]) -> int:
    """As `walk_plain`, for every trie: with `**` in the middle and globs."""
    best = _NONE
    frontier: dict[int, Node] = {}
    _enter(frontier, root)
    for part in parts:
        following: dict[int, Node] = {}
        for node in frontier.values():
            tail = node.get(TAIL, _NONE)
            if tail >= 0 and (tail < best or best < 0):
                best = tail
            child = node.get(part)
            if child is not None:
                _enter(following, child)
            child = node.get(ANY)
            if child is not None:
                _enter(following, child)
            for match, child in node.get(GLOBS, ()):
                if match(part) is not None:
                    _enter(following, child)
            if LOOP in node:
                _enter(following, node)
        if not following:
            return best
        frontier = following
    for node in frontier.values():
        end = node.get(END, _NONE)
        if end >= 0 and (end < best or best < 0):
            best = end
    return best


def _enter(frontier: dict[int, Node], node: Node) -> None:
    """Puts `node` into the frontier, and what a `**` right after it reaches without a segment."""
    frontier[id(node)] = node
    loop = node.get(DEEP)
    if loop is not None:
        frontier[id(loop)] = loop


def _glob_child(node: Node, glob: Glob) -> Node:
    globs = node.setdefault(GLOBS, [])
    matcher = compile_glob(glob)
    for match, child in globs:
        if match.__self__ is matcher:
            return child  # type: ignore[no-any-return]
    fresh: Node = {}
    globs.append((matcher.fullmatch, fresh))
    return fresh


def compile_glob(glob: Glob) -> Any:
    """The compiled regular expression of wildcards inside one segment: a path of n characters takes n steps a wildcard."""
    from cwsauth.policy.glob import translate

    return translate(glob)


class Table:
    """What one verb (or several that share all their rules) may reach."""

    __slots__ = ("allow", "deny", "sure")

    def __init__(self, rules: Iterable[tuple[int, Rule]]) -> None:
        self.allow = Index()
        self.deny: Index | None = None
        for place, rule in rules:
            if rule.effect is ALLOW:
                self.allow.add(rule.segments, place)
            else:
                if self.deny is None:
                    self.deny = Index()
                self.deny.add(rule.segments, place)
        exact = self.allow.exact
        deny = self.deny
        # INVARIANT: what is in `sure` is allowed, so no deny matches it.
        self.sure: dict[str, int] = exact
        if deny is not None:
            self.sure = {path: place for path, place in exact.items() if deny.find(path, split(path)) < 0}

    def find(self, path: str, parts: Sequence[str]) -> tuple[int, bool]:
        """The place of the deciding rule (-1: none) and whether it allows."""
        if self.deny is not None:
            denied = self.deny.find(path, parts)
            if denied >= 0:
                return denied, False
        found = self.allow.find(path, parts)
        return found, found >= 0


def split(path: str) -> list[str]:
    """The segments of a canonical path."""
    parts = path.split("/")
    del parts[0]
    return parts if parts != [""] else []


def tables(rules: Sequence[Rule]) -> dict[str, Table]:
    """A table for each verb, and under '' for a WebSocket call, which has none. Verbs with equal rules share one.

    `rules` are settled; places are those in `rules`. A rule reaches a WebSocket call if it is for all verbs.
    """
    shapes = {rule.methods for rule in rules}
    if not shapes - {VERBS}:
        only = Table(enumerate(rules))
        return dict.fromkeys((*VERBS, ""), only)
    made: dict[frozenset[tuple[str, ...]], Table] = {}
    result: dict[str, Table] = {}
    for verb in (*VERBS, ""):
        wanted = frozenset(shape for shape in shapes if (verb in shape if verb else shape == VERBS))
        table = made.get(wanted)
        if table is None:
            table = made[wanted] = Table((place, rule) for place, rule in enumerate(rules) if rule.methods in wanted)
        result[verb] = table
    return result
