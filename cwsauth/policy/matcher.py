"""Rules compiled for decisions: literals by hash, the rest by forks over the parts of a path.

The request path is the attacker's, so nothing here recurses or backtracks over it: the work is linear in the path for a
fixed policy. wcmatch translates a glob inside one segment, and is imported only for a policy that has one.

A path is given as its parts: what is between its slashes, the empty text before the first one included.
"""

from __future__ import annotations

from _operator import itemgetter
from itertools import chain

from cwsauth.policy.rule import ALLOW, VERBS
from cwsauth.policy.segments import ANY, DEEP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from typing import Any

    from cwsauth.policy.pattern import Glob, Segment
    from cwsauth.policy.rule import Rule

    Node = dict[object, Any]
    # A rule of literals, `*` and perhaps a tail: how many parts it takes, whether it takes more, the getter of those that are
    # literals, what they are, and the place of the rule. Or a fork in its place: then the place is `_ASK`.
    Leaf = tuple[int, bool, Any, object, int]
    # A leaf with the segments of its rule, and how many of them are no tail.
    Entry = tuple[tuple[Segment, ...], int, Leaf]
    # What rules with the same kinds of segments have in common: how many are no tail, of the leaf all but its texts and
    # place, and the getter of the texts out of the segments.
    Shape = tuple[int, int, bool, Any, Callable[[tuple[Segment, ...]], object]]

# Keys of a trie node beside literal segments (str), `ANY` and `DEEP`. The value of END and TAIL is the place of a rule.
END = 0  # a rule ends here
TAIL = 1  # a rule matches whatever follows, at least one segment
GLOBS = 2  # a list of (match, child)
LOOP = 3  # this node stays alive for every further segment: what follows a `**`

_NONE = -1
_ASK = -2
# As many leaves are tried one after the other: each is a comparison. More are told apart by a part, if one does.
_FEW = 3
_MANY = 24
# Parts beyond this one tell no leaves apart.
_FURTHEST = 16


class Index:
    """Some rules of one effect and verb. `exact` maps whole paths to places, `fork` has the rules of literals, `*` and
    tails; `trie` those with `**` in the middle and globs, and all that would take too much room as forks. None: no rule.
    """

    __slots__ = ("_entries", "_shapes", "exact", "fork", "trie")

    def __init__(self) -> None:
        self.exact: dict[str, int] = {}
        self.fork = Fork()
        self.trie: Node | None = None
        self._entries: dict[tuple[Segment, ...], Entry] = {}
        self._shapes: dict[tuple[type, ...], Shape | None] = {}

    def add(self, rule: Rule, place: int) -> None:
        """One more rule; `place` says which. Of equal rules the first stays."""
        if rule.literal is not None:
            self.exact.setdefault(rule.literal, place)
            return
        segments = rule.segments
        if segments in self._entries:
            return
        kinds = tuple(map(type, segments))
        if kinds not in self._shapes:
            self._shapes[kinds] = _shape(kinds)
        shape = self._shapes[kinds]
        if shape is None:
            self._climb(segments, place)
        else:
            fixed, least, tail, get, literals = shape
            self._entries[segments] = (segments, fixed, (least, tail, get, literals(segments), place))

    def _climb(self, segments: tuple[Segment, ...], place: int) -> None:
        """One more rule of the trie."""
        if self.trie is None:
            self.trie = {"": {}}
        node: Node = self.trie[""]
        tail = segments[-1] is DEEP and (len(segments) == 1 or segments[-2] is ANY)
        if segments == (DEEP,):
            node.setdefault(END, place)
        for segment in segments[:-2] if tail else segments:
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
        """Called after the last `add`."""
        entries = list(self._entries.values())
        fork = _fork(entries, (), [4 * len(entries) + 256])
        if fork is not None:
            self.fork = fork
        else:
            for segments, _, leaf in entries:
                self._climb(segments, leaf[4])
        self._entries = {}
        self._shapes = {}

    def find(self, path: str, parts: Sequence[str]) -> int:
        """The place of the first rule that matches, -1 for none; `parts` are those of the canonical `path`."""
        best = self.exact.get(path, _NONE)
        found = self.fork.find(parts)
        if found >= 0 and (found < best or best < 0):
            best = found
        if self.trie is not None:
            found = walk(self.trie, parts)
            if found >= 0 and (found < best or best < 0):
                best = found
        return best


def _shape(kinds: tuple[type, ...]) -> Shape | None:
    """The shape of rules whose segments are of these types; None where they need the trie."""
    size = fixed = len(kinds)
    tail = kinds[-1] is type(DEEP) and (size == 1 or kinds[-2] is type(ANY))
    if tail:
        fixed = max(0, size - 2)
    if not {str, type(ANY)}.issuperset(kinds[:fixed]):
        return None
    at = [number for number in range(fixed) if kinds[number] is str]
    least = size if tail else size + 1
    if not at:
        # The first part is the empty text before the first slash.
        return fixed, least, tail, itemgetter(0), _no_text
    return fixed, least, tail, itemgetter(*[number + 1 for number in at]), itemgetter(*at)


def _no_text(_: tuple[Segment, ...]) -> object:
    return ""


class Fork:
    """Leaves, told apart by the text of part `at`: `following` has those for each text, `other` those for any other one, and
    `short` those for paths without such a part. In their order, so that the first that matches decides.
    """

    __slots__ = ("at", "following", "other", "short")

    def __init__(self) -> None:
        self.at = 1
        self.following: dict[object, Sequence[Leaf]] = {}
        self.other: Sequence[Leaf] = ()
        self.short: Sequence[Leaf] = ()

    def find(self, parts: Sequence[str]) -> int:
        """The place of the first rule that matches, -1 for none."""
        # INVARIANT: a fork is alone among its leaves, so one way leads down: what comes from `__call__` is asked once.
        size = len(parts)
        fork = self
        while True:
            leaves = fork.following.get(parts[fork.at], fork.other) if fork.at < size else fork.short
            if not leaves or leaves[0][4] != _ASK:
                break
            fork = leaves[0][2]
        for least, tail, get, texts, place in leaves:
            if (size == least or (tail and size > least)) and get(parts) == texts:
                return place
        return _NONE

    def __call__(self, parts: Sequence[str]) -> bool:
        """Whether a rule matches: what the getter of a leaf is asked."""
        return self.find(parts) >= 0


def _fork(entries: list[Entry], behind: tuple[int, ...], room: list[int]) -> Fork | None:
    """The fork that tells `entries` apart best, by a part that is not `behind`; None where none does, or not in this `room`.

    A rule with a `*` where others have a literal is put below each of these, so that one lookup does for a part.
    """
    best = None
    for at in range(1, min(_FURTHEST, max([entry[1] for entry in entries], default=0)) + 1):
        if at in behind:
            continue
        groups, starred, short = _parted(entries, at)
        worst = max(max(map(len, groups.values()), default=0) + len(starred), len(short))
        if best is None or worst < best[0]:
            best = (worst, at, groups, starred, short)
        if not starred and worst <= len(entries) // 2:
            break
    fork = Fork()
    if best is None:
        fork.other = fork.short = [entry[2] for entry in entries]
        return fork if len(entries) <= _MANY else None
    _, fork.at, groups, starred, short = best
    behind = (*behind, fork.at)
    room[0] -= len(groups) * len(starred)
    if room[0] < 0:
        return None
    leaves: Sequence[Leaf] | None
    for text, group in groups.items():
        if starred:
            leaves = _leaves(sorted([*group, *starred], key=_by_place), behind, room)
        else:
            leaves = (group[0][2],) if len(group) == 1 else _leaves(group, behind, room)
        if leaves is None:
            return None
        fork.following[text] = leaves
    other, fewer = _leaves(starred, behind, room), _leaves(short, behind, room)
    if other is None or fewer is None:
        return None
    fork.other, fork.short = other, fewer
    return fork


def _leaves(entries: list[Entry], behind: tuple[int, ...], room: list[int]) -> Sequence[Leaf] | None:
    """A few leaves as they are, more as one that is a fork."""
    if len(entries) <= _FEW:
        return [entry[2] for entry in entries]
    fork = _fork(entries, behind, room)
    return None if fork is None else [(0, True, fork, True, _ASK)]


def _parted(entries: list[Entry], at: int) -> tuple[dict[object, list[Entry]], list[Entry], list[Entry]]:
    """Entries by the text that they want part `at` to be, those that take any, and those that match without such a part."""
    groups: dict[object, list[Entry]] = {}
    starred = []
    short = []
    for entry in entries:
        segments, fixed, leaf = entry
        if at <= fixed:
            segment = segments[at - 1]
            if segment is ANY:
                starred.append(entry)
            elif segment in groups:
                groups[segment].append(entry)
            else:
                groups[segment] = [entry]
            continue
        if leaf[0] <= at:
            short.append(entry)
        if leaf[1]:
            starred.append(entry)
    return groups, starred, short


def _by_place(entry: Entry) -> int:
    return entry[2][4]


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

    __slots__ = ("allow", "at", "deny", "following", "other", "sure", "trie")

    def __init__(self, rules: Sequence[Rule], places: Iterable[int]) -> None:
        self.allow = Index()
        self.deny: Index | None = None
        exact = self.allow.exact
        for place in places:
            rule = rules[place]
            if rule.effect is ALLOW:
                if rule.literal is None:
                    self.allow.add(rule, place)
                else:
                    exact.setdefault(rule.literal, place)
            else:
                if self.deny is None:
                    self.deny = Index()
                self.deny.add(rule, place)
        self.allow.settle()
        # What `Policy.allows` reads of the fork, without a step between.
        fork = self.allow.fork
        self.at, self.following, self.other, self.trie = fork.at, fork.following, fork.other, self.allow.trie
        # INVARIANT: what is in `sure` is allowed, so no deny matches it.
        self.sure: dict[str, int] = self.allow.exact
        deny = self.deny
        if deny is not None:
            deny.settle()
            self.sure = {path: place for path, place in self.sure.items() if deny.find(path, parts(path)) < 0}

    def find(self, path: str, parts: Sequence[str]) -> tuple[int, bool]:
        """The place of the deciding rule (-1: none) and whether it allows."""
        if self.deny is not None:
            denied = self.deny.find(path, parts)
            if denied >= 0:
                return denied, False
        found = self.allow.find(path, parts)
        return found, found >= 0


def parts(path: str) -> list[str]:
    """The parts of a canonical path; the root has only the one before its slash."""
    return path.split("/") if path != "/" else [""]


def tables(rules: Sequence[Rule]) -> dict[str, Table]:
    """A table for each verb, and under '' for a WebSocket call, which has none. Verbs with equal rules share one.

    `rules` are settled; places are those in `rules`. A rule reaches a WebSocket call if it is for all verbs.
    """
    places: dict[tuple[str, ...], list[int]] = {}
    for place, rule in enumerate(rules):
        if rule.methods in places:
            places[rule.methods].append(place)
        else:
            places[rule.methods] = [place]
    made: dict[tuple[tuple[str, ...], ...], Table] = {}
    result: dict[str, Table] = {}
    for verb in (*VERBS, ""):
        wanted = tuple([methods for methods in places if (verb in methods if verb else methods == VERBS)])
        table = made.get(wanted)
        if table is None:
            found = places[wanted[0]] if len(wanted) == 1 else sorted(chain(*[places[methods] for methods in wanted]))
            table = made[wanted] = Table(rules, found)
        result[verb] = table
    return result
