"""Rules compiled for decisions: literals by hash, the rest by trees over segments.

The request path is the attacker's, so nothing here recurses or backtracks: the work is linear in the path for a fixed
policy. wcmatch translates a glob inside one segment, and is imported only for a policy that has one.
"""

from __future__ import annotations

from _operator import countOf, itemgetter
from itertools import chain

from cwsauth.policy.rule import ALLOW, VERBS
from cwsauth.policy.segments import ANY, DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from cwsauth.policy.pattern import Glob, Segment
    from cwsauth.policy.rule import Rule

    Node = dict[object, Any]
    # Children by literal, the child for any other segment, the place of a rule for all that follows, of one that ends here.
    Tree = list[Any]

# Keys of a trie node beside literal segments (str), `ANY` and `DEEP`. The value of END and TAIL is the place of a rule.
END = 0  # a rule ends here
TAIL = 1  # a rule matches whatever follows, at least one segment
GLOBS = 2  # a list of (match, child)
LOOP = 3  # this node stays alive for every further segment: what follows a `**`

_NONE = -1
# What leaves have in the place of children, and what nodes with nothing but a `*` have; never written to.
_NO_CHILDREN: dict[str, Any] = {}
# INVARIANT: no `*` takes these. An empty segment is folded before it is looked up, and `.` and `..` match nothing.
_STOPS: dict[str, Any] = {"": None, ".": None, "..": None}
# Segments of rules up to which a tree is settled: a rule of more is no reason to recurse.
_DEEPEST = 64
# Nodes that settling may add to a tree: some 300 bytes each.
_MOST_JOINED = 4096


class Index:
    """Some rules of one effect and verb. `exact` maps whole paths; `tree` has the rules of literals, `*` and tails; `trie`
    has those with `**` in the middle and globs. None: there are none.
    """

    __slots__ = ("crossing", "exact", "single", "tree", "trie")

    def __init__(self) -> None:
        self.exact: dict[str, int] = {}
        self.tree: Tree | None = None
        self.trie: Node | None = None
        # Whether one step of the tree is one lookup: `settle` has seen to it.
        self.single = True
        # Whether a `*` has a literal sibling somewhere.
        self.crossing = False

    def add(self, segments: tuple[Segment, ...], place: int) -> None:
        """One more rule; `place` says which. Of equal rules the first stays."""
        if countOf(map(type, segments), str) == len(segments):
            self.exact.setdefault("/" + "/".join(segments), place)  # type: ignore[arg-type]
            return
        tail = segments[-1] is DEEP
        head = segments[:-2] if tail and len(segments) > 1 else segments[:-1] if tail else segments
        for segment in head:
            if type(segment) is not str and segment is not ANY:
                self._add_hard(head, tail, place)
                return
        if self.tree is None:
            self.tree = [_NO_CHILDREN, None, _NONE, _NONE]
        node = self.tree
        for segment in head:
            if segment is ANY:
                if node[1] is None:
                    node[1] = [_NO_CHILDREN, None, _NONE, _NONE]
                    if node[0] is _NO_CHILDREN:
                        node[0] = _STOPS
                    else:
                        node[0].update(_STOPS)
                        self.crossing = True
                node = node[1]
                continue
            child = node[0].get(segment)
            if child is None:
                child = [_NO_CHILDREN, None, _NONE, _NONE]
                if node[0] is _NO_CHILDREN:
                    node[0] = {segment: child}
                elif node[0] is _STOPS:
                    node[0] = {**_STOPS, segment: child}
                    self.crossing = True
                else:
                    node[0][segment] = child
                    self.crossing = self.crossing or node[1] is not None
            node = child
        if (not tail or len(segments) == 1) and node[3] < 0:
            node[3] = place
        if tail and node[2] < 0:
            node[2] = place

    def _add_hard(self, head: tuple[Segment, ...], tail: bool, place: int) -> None:
        if self.trie is None:
            self.trie = {}
        node = self.trie
        for segment in head:
            if type(segment) is not str and segment is not ANY and segment is not DEEP:
                node = _glob_child(node, segment)  # type: ignore[arg-type]
                continue
            child = node.get(segment)
            if child is None:
                child = node[segment] = {}
                if segment is DEEP:
                    child[LOOP] = child
            node = child
        node.setdefault(TAIL if tail else END, place)

    def settle(self) -> None:
        """Called after the last `add`: makes one lookup do for a step, where that does not make the tree much larger."""
        if self.crossing and self.tree is not None:
            self.single = _settle(self.tree)

    def find(self, path: str, parts: Sequence[str]) -> int:
        """The place of the first rule that matches, -1 for none; `parts` are the segments of the canonical `path`."""
        best = self.exact.get(path, _NONE)
        if self.tree is not None:
            found = climb(self.tree, parts)
            if found >= 0 and (found < best or best < 0):
                best = found
        if self.trie is not None:
            found = walk(self.trie, parts)
            if found >= 0 and (found < best or best < 0):
                best = found
        return best


def climb(root: Tree, parts: Sequence[str]) -> int:
    """The smallest place that matches, in a tree of literals, `*` and tails; -1 for none."""
    best = _NONE
    frontier = [root]
    for part in parts:
        following = []
        for children, other, tail, _ in frontier:
            if tail >= 0 and (tail < best or best < 0):
                best = tail
            child = children.get(part)
            if child is not None:
                following.append(child)
            if other is not None:
                following.append(other)
        if not following:
            return best
        frontier = following
    for node in frontier:
        if node[3] >= 0 and (node[3] < best or best < 0):
            best = node[3]
    return best


def _settle(root: Tree) -> bool:
    """Puts what follows a `*` also below its literal siblings, so that either is found by one lookup; False: it was too much.

    In the worst case there are as many states as sets of rules; then some of the tree stays as it was, and `climb` takes
    several nodes at a time. Each step leaves the meaning of the tree as it is.
    """
    room = [_MOST_JOINED]
    todo = [root]
    seen = {id(root): root}  # nodes that were come to; they are held, so that no other one gets the same id
    while todo:
        node = todo.pop()
        children, other, _, _ = node
        if other is not None:
            if id(other) not in seen:
                seen[id(other)] = other
                todo.append(other)
            if children is not _STOPS:
                joined = {
                    part: child and _union(child, other, room, 0)  # a stop stays one
                    for part, child in children.items()
                }
                if room[0] < 0:
                    return False
                node[0] = children = joined
        for child in children.values():
            if child is not None and child[0] and id(child) not in seen:
                seen[id(child)] = child
                todo.append(child)
    return True


def _union(one: Tree, two: Tree, room: list[int], depth: int) -> Tree:
    """A node that says what both say; what only one of them has is shared with it."""
    room[0] -= 1
    if room[0] < 0 or depth > _DEEPEST:
        room[0] = -1
        return one
    children = {**two[0], **one[0]}
    for part in one[0].keys() & two[0].keys():
        if part not in _STOPS:
            children[part] = _union(one[0][part], two[0][part], room, depth + 1)
    other = one[1] if two[1] is None else two[1]
    if one[1] is not None and two[1] is not None:
        other = _union(one[1], two[1], room, depth + 1)
    return [children or _NO_CHILDREN, other, _first(one[2], two[2]), _first(one[3], two[3])]


def _first(one: int, two: int) -> int:
    if one < 0 or two < 0:
        return max(one, two)
    return min(one, two)


def walk(root: Node, parts: Sequence[str]) -> int:
    """The smallest place that matches, in a trie with `**` in the middle and globs; -1 for none."""
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

    __slots__ = ("allow", "deny", "quick", "sure")

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
        self.allow.settle()
        if self.deny is not None:
            self.deny.settle()
        exact = self.allow.exact
        deny = self.deny
        # INVARIANT: what is in `sure` is allowed, so no deny matches it.
        self.sure: dict[str, int] = exact
        if deny is not None:
            self.sure = {path: place for path, place in exact.items() if deny.find(path, split(path)) < 0}

        # What `Policy.allows` reads beside `sure`: a node above the tree, whose one child is found by what is before the
        # first slash; None where it does not say all, or takes more than one lookup a step.
        self.quick: Tree | None = None
        if deny is None and self.allow.trie is None and self.allow.single:
            root = self.allow.tree or [_NO_CHILDREN, None, _NONE, _NONE]
            self.quick = [{"": root}, None, _NONE, _NONE]

    def find(self, path: str, parts: Sequence[str]) -> tuple[int, bool]:
        """The place of the deciding rule (-1: none) and whether it allows."""
        if self.deny is not None:
            denied = self.deny.find(path, parts)
            if denied >= 0:
                return denied, False
        found = self.allow.find(path, parts)
        return found, found >= 0


_place = itemgetter(0)


def split(path: str) -> list[str]:
    """The segments of a canonical path."""
    parts = path.split("/")
    del parts[0]
    return parts if parts != [""] else []


def tables(rules: Sequence[Rule]) -> dict[str, Table]:
    """A table for each verb, and under '' for a WebSocket call, which has none. Verbs with equal rules share one.

    `rules` are settled; places are those in `rules`. A rule reaches a WebSocket call if it is for all verbs.
    """
    shapes: dict[tuple[str, ...], list[tuple[int, Rule]]] = {}
    for place, rule in enumerate(rules):
        shapes.setdefault(rule.methods, []).append((place, rule))
    made: dict[tuple[tuple[str, ...], ...], Table] = {}
    result: dict[str, Table] = {}
    for verb in (*VERBS, ""):
        wanted = tuple([shape for shape in shapes if (verb in shape if verb else shape == VERBS)])
        table = made.get(wanted)
        if table is None:
            placed = (
                shapes[wanted[0]]
                if len(wanted) == 1
                else sorted(chain(*(shapes[shape] for shape in wanted)), key=_place)
            )
            table = made[wanted] = Table(placed)
        result[verb] = table
    return result
