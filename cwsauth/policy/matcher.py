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
    # A rule of literals, `*` and perhaps a tail: how many parts it takes, whether it takes more, the last part that is a
    # literal and its text, the getter of the other literals (None: there are none) and their texts, the place of the rule,
    # and the next leaf. Literals that a fork has seen are left out. Or a fork in the getter's place: then the place is `_ASK`.
    Leaf = tuple[int, bool, int, object, Any, object, int, "Leaf | None"]
    # What to ask of the parts: of a leaf the last literal's part and the getter, and the getter of its texts in the segments.
    Question = tuple[int, Any, Callable[[Sequence[Segment]], object] | None]
    # What rules with the same kinds of segments have in common: how many are no tail, how many parts they take, whether they
    # take more, which parts are literals, and the question where some of these are behind.
    Shape = tuple[int, int, bool, list[int], dict[tuple[int, ...], Question]]
    # The segments of a rule, their shape, and its place.
    Entry = tuple[tuple[Segment, ...], Shape, int]

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
        self._entries: list[Entry] = []
        self._shapes: dict[tuple[type, ...], Shape | None] = {}

    def add(self, rule: Rule, place: int) -> None:
        """One more rule; `place` says which."""
        if rule.literal is not None:
            self.exact.setdefault(rule.literal, place)
            return
        segments = rule.segments
        kinds = tuple(map(type, segments))
        if kinds not in self._shapes:
            self._shapes[kinds] = _shape(kinds)
        shape = self._shapes[kinds]
        if shape is None:
            self._climb(segments, place)
        else:
            self._entries.append((segments, shape, place))

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
        entries = self._entries
        try:
            self.fork = _fork(entries, (), [4 * len(entries) + 256])
        except _NoRoom:
            self._entries = _different(entries)
            if len(self._entries) < len(entries):
                self.settle()
                return
            for segments, _, place in entries:
                self._climb(segments, place)
        self._entries = []
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
    literals = [number + 1 for number in range(fixed) if kinds[number] is str]
    return fixed, size if tail else size + 1, tail, literals, {}


def _question(literals: list[int], behind: tuple[int, ...]) -> Question:
    """What to ask about the parts that are `literals`, where those `behind` are known to be right."""
    left = [number for number in literals if number not in behind]
    if not left:
        # The first part is the empty text before the first slash.
        return 0, None, None
    last = left.pop()
    if not left:
        return last, None, None
    return last, itemgetter(*left), itemgetter(*[number - 1 for number in left])


class Fork:
    """Leaves, told apart by the text of part `at`: `following` has those for each text, `other` those for any other one, and
    `short` those for paths without such a part: the first of them in their order, None for none.
    """

    __slots__ = ("at", "following", "other", "short")

    def __init__(self) -> None:
        self.at = 1
        self.following: dict[object, Leaf | None] = {}
        self.other: Leaf | None = None
        self.short: Leaf | None = None

    def find(self, parts: Sequence[str]) -> int:
        """The place of the first rule that matches, -1 for none."""
        # INVARIANT: a fork is alone among its leaves, so one way leads down: what comes from `__call__` is asked once.
        size = len(parts)
        fork = self
        while True:
            leaf = fork.following.get(parts[fork.at], fork.other) if fork.at < size else fork.short
            if leaf is None or leaf[6] != _ASK:
                break
            fork = leaf[4]
        while leaf is not None:
            least, tail, at, text, get, texts, place, leaf = leaf
            if (
                (size == least or (tail and size > least))
                and parts[at] == text
                and (get is None or get(parts) == texts)
            ):
                return place
        return _NONE

    def __call__(self, parts: Sequence[str]) -> bool:
        """Whether a rule matches: what the getter of a leaf is asked."""
        return self.find(parts) >= 0


class _NoRoom(Exception):
    """No part tells many entries apart, or only with too many copies of some."""


def _fork(entries: list[Entry], behind: tuple[int, ...], room: list[int]) -> Fork:
    """The fork that tells `entries` apart best, by a part that is not `behind`.

    A rule with a `*` where others have a literal is put below each of these, so that one lookup does for a part.

    Raises:
        _NoRoom: none does, or not in this `room`.
    """
    best = None
    for at in range(1, min(_FURTHEST, max([entry[1][0] for entry in entries], default=0)) + 1):
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
        if len(entries) > _MANY:
            raise _NoRoom
        fork.other = fork.short = _chain(entries, behind)
        return fork
    _, fork.at, groups, starred, short = best
    behind = (*behind, fork.at)
    room[0] -= len(groups) * len(starred)
    if room[0] < 0:
        raise _NoRoom
    for text, group in groups.items():
        both = sorted([*group, *starred], key=_by_place) if starred else group
        fork.following[text] = _leaves(both, behind, room)
    fork.other, fork.short = _leaves(starred, behind, room), _leaves(short, behind, room)
    return fork


def _leaves(entries: list[Entry], behind: tuple[int, ...], room: list[int]) -> Leaf | None:
    """The first of a few leaves; of more, one that is a fork."""
    if len(entries) > _FEW:
        entries = _different(entries)
    if len(entries) <= _FEW:
        return _chain(entries, behind)
    return 0, True, 0, "", _fork(entries, behind, room), True, _ASK, None


def _different(entries: list[Entry]) -> list[Entry]:
    """Of equal rules only the first."""
    first: dict[tuple[Segment, ...], Entry] = {}
    for entry in entries:
        first.setdefault(entry[0], entry)
    return list(first.values())


def _chain(entries: list[Entry], behind: tuple[int, ...]) -> Leaf | None:
    """The leaves of `entries`, each with the next."""
    leaf: Leaf | None = None
    for segments, (_, least, tail, literals, questions), place in reversed(entries):
        question = questions.get(behind)
        if question is None:
            question = questions[behind] = _question(literals, behind)
        part, get, texts = question
        text = segments[part - 1] if part else ""
        leaf = (least, tail, part, text, get, None if texts is None else texts(segments), place, leaf)
    return leaf


def _parted(entries: list[Entry], at: int) -> tuple[dict[object, list[Entry]], list[Entry], list[Entry]]:
    """Entries by the text that they want part `at` to be, those that take any, and those that match without such a part."""
    groups: dict[object, list[Entry]] = {}
    starred = []
    short = []
    for entry in entries:
        segments, shape, _ = entry
        if at <= shape[0]:
            segment = segments[at - 1]
            if segment is ANY:
                starred.append(entry)
            elif segment in groups:
                groups[segment].append(entry)
            else:
                groups[segment] = [entry]
            continue
        if shape[1] <= at:
            short.append(entry)
        if shape[2]:
            starred.append(entry)
    return groups, starred, short


def _by_place(entry: Entry) -> int:
    return entry[2]


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
        self.sure = set(exact)
        deny = self.deny
        if deny is not None:
            deny.settle()
            self.sure = {path for path in exact if deny.find(path, parts(path)) < 0}

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
