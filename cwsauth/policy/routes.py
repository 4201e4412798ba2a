"""The route table: which verbs and templates an API declares, and which of them a call falls on."""

from __future__ import annotations

from cwsauth.policy.rule import VERBS, parse_methods
from cwsauth.policy.segments import ANY, DEEP, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from cwsauth.errors import RouteError
    from cwsauth.policy.pattern import Segment

# Characters of a declared path part. REST API takes the first seven kinds only ("alphanumeric, underscores, hyphens,
# periods, commas, colons"); other doors take the rest of RFC 3986 `pchar` but for the wildcards of IAM.
# PERF: benchmarks/cold_start.py - sets, as three regular expressions take as long to compile as all else that is done here.
_NAME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.:")
_REST_LITERAL = _NAME | {","}
_LITERAL = _REST_LITERAL | frozenset("~@%+=;&!'()$")


class Route:
    """One declared verb and template: `GET /product/{id}`. `segments` as in `cwsauth.policy.pattern`."""

    __slots__ = ("method", "names", "segments", "template")

    def __init__(self, method: str, template: str, segments: tuple[Segment, ...], names: tuple[str, ...]) -> None:
        self.method = method
        self.template = template
        self.segments = segments
        self.names = names

    def __repr__(self) -> str:
        return f"Route({str(self)!r})"

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Route) and (self.method, self.template) == (other.method, other.template)

    def __hash__(self) -> int:
        return hash((self.method, self.template))


class RouteMatch:
    """The route that a call falls on, with the raw values of its path parameters."""

    __slots__ = ("path_parameters", "route")

    def __init__(self, route: Route, path_parameters: dict[str, str]) -> None:
        self.route = route
        self.path_parameters = path_parameters

    def __repr__(self) -> str:
        return f"RouteMatch({self.route!r}, {sorted(self.path_parameters)})"


class RouteTable:
    """The declared routes of one API, immutable. `RouteTable.of(["GET /product/{id}", "GET,PUT /admin/{proxy+}"])`.

    `routes` holds one `Route` a verb and template, in the order of declaration; `ANY` is every verb that is not declared on
    its own for the same template.
    """

    __slots__ = ("_hash", "_tree", "routes")
    routes: tuple[Route, ...]
    _hash: int
    _tree: dict[object, object] | None

    def __init__(self, routes: tuple[Route, ...]) -> None:
        _set_routes(self, routes)
        _set_hash(self, hash(routes))
        _set_tree(self, None)

    @classmethod
    def of(cls, routes: object, *, rest: bool = False) -> RouteTable:
        """The table of `routes`: strings `METHODS TEMPLATE`, a table, an OpenAPI document, or an app that has routes.

        `rest=True` also refuses what only REST API refuses (characters, two variables below one parent).

        Raises:
            RouteError: a route is no route, stands twice, or contradicts another.
        """
        if isinstance(routes, RouteTable):
            return routes
        if isinstance(routes, str):
            if routes.endswith((".yaml", ".yml", ".json")) and not routes.startswith("/") and " " not in routes:
                raise _error(
                    f"invalid routes: {routes!r} is the name of a file",
                    pattern=routes,
                    help="read it and pass what it holds; a route of that name begins with '/' or a method",
                )
            routes = [routes]
        if not isinstance(routes, (list, tuple, set, frozenset)) or any(
            not isinstance(r, (str, Route)) for r in routes
        ):
            from cwsauth.policy.route_sources import route_texts

            routes = route_texts(routes)
        if isinstance(routes, (set, frozenset)):
            # The order of a set differs from process to process; documents must not.
            routes = sorted(routes, key=str)
        return cls(tuple(_expanded([_parsed(text, rest) for text in routes], rest)))

    @property
    def verbs(self) -> tuple[str, ...]:
        """The verbs that any route declares, in the usual order."""
        declared = {route.method for route in self.routes}
        return tuple(verb for verb in VERBS if verb in declared)

    def for_verb(self, verb: str) -> tuple[tuple[Segment, ...], ...]:
        """The segments of every template that declares `verb`, each once."""
        return tuple(dict.fromkeys(route.segments for route in self.routes if route.method == verb))

    def match(self, method: str, path: str) -> RouteMatch | None:
        """Where API Gateway sends the call: literal before `{name}` before `{name+}` on each level.

        A verb that the better template does not declare falls through to a worse one, as measured on REST API.
        """
        tree = self._tree
        if tree is None:
            tree = _tree(self.routes)
            _set_tree(self, tree)
        parts = [part for part in path.split("/") if part]
        found = _match(tree, method, parts)
        if found is None:
            return None
        values: list[str] = []
        for place, segment in enumerate(found.segments):
            if segment is ANY and found.segments[place + 1 :] == (DEEP,):
                values.append("/".join(parts[place:]))
                break
            if segment is ANY:
                values.append(parts[place])
        return RouteMatch(found, dict(zip(found.names, values, strict=True)))

    def __iter__(self) -> Iterator[Route]:
        return iter(self.routes)

    def __len__(self) -> int:
        return len(self.routes)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RouteTable) and self.routes == other.routes

    def __hash__(self) -> int:
        return self._hash

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a route table cannot be changed: {name}")

    def __repr__(self) -> str:
        return f"RouteTable({[str(route) for route in self.routes]})"

    def __reduce__(self) -> tuple[object, ...]:
        return RouteTable, (self.routes,)


_set_routes, _set_hash, _set_tree = (RouteTable.__dict__[slot].__set__ for slot in ("routes", "_hash", "_tree"))


def _parsed(text: str | Route, rest: bool) -> tuple[tuple[str, ...], str, tuple[Segment, ...], tuple[str, ...], bool]:
    """Verbs, template, segments and parameter names of one declaration, and whether its verbs came from `ANY`."""
    if isinstance(text, Route):
        return (text.method,), text.template, text.segments, text.names, False
    word, space, path = text.partition(" ")
    verbs = parse_methods(word) if space else VERBS
    if verbs is None:
        raise _error(
            f"invalid route {text!r}: {word!r} is not a list of methods",
            pattern=text,
            column=1,
            help=f"write one or more of {', '.join(VERBS)} with commas between, or 'ANY', then the path",
        )
    written = path.strip(" ") if space else text
    template = written if written.startswith("/") else "/" + written
    offset = len(text.rstrip(" ")) - len(template)
    names: list[str] = []
    parts = template.split("/")[1:] if template != "/" else []
    for place, part in enumerate(parts):
        _check_part(text, parts, place, part, names, rest)
    try:
        segments = parse(template, text, offset)
    except ValueError as error:
        from cwsauth.errors import PatternError

        if not isinstance(error, PatternError):
            raise
        raise _error(
            error.message.replace("route pattern", "route"), pattern=text, column=error.column, help=error.help
        ) from None
    return verbs, template, segments, tuple(names), not space or word in ("*", "ANY")


def _check_part(text: str, parts: list[str], place: int, part: str, names: list[str], rest: bool) -> None:
    parameter = _parameter(part)
    column = text.find(part) + 1 if part else 0
    if parameter is not None:
        if part.endswith("+}") and place != len(parts) - 1:
            raise _error(
                f"invalid route {text!r}: {part!r} is not the last segment",
                pattern=text,
                column=column,
                help="a greedy parameter takes all that follows, so nothing can follow it",
            )
        if parameter in names:
            raise _error(
                f"invalid route {text!r}: the parameter {part!r} stands twice",
                pattern=text,
                column=column,
                help="give each parameter a name of its own",
            )
        names.append(parameter)
        return
    if not part and place == len(parts) - 1:
        raise _error(
            f"invalid route {text!r}: a trailing '/' at column {len(text.rstrip(' '))}",
            pattern=text,
            column=len(text.rstrip(" ")),
            help=f"write {text.rstrip(' /')!r}: a request with a trailing '/' means the same",
        )
    # What begins with a '{' and is no parameter is left to the grammar, which says what is wrong with it.
    if part and not part.startswith("{") and not (_REST_LITERAL if rest else _LITERAL).issuperset(part):
        raise _error(
            f"invalid route {text!r}: {part!r} has a character that no declared path may have",
            pattern=text,
            column=column,
            help="a declared path has letters, digits and '_.,:-' and '{name}' as a whole segment; '*' belongs in rules",
        )


def _parameter(part: str) -> str | None:
    """The name in `{name}` or `{name+}`; None for anything else."""
    name = part[1:-1].removesuffix("+")
    return name if part.startswith("{") and part.endswith("}") and name and _NAME.issuperset(name) else None


def _expanded(
    declared: list[tuple[tuple[str, ...], str, tuple[Segment, ...], tuple[str, ...], bool]], rest: bool
) -> Iterator[Route]:
    """One route a verb; a declared verb beats `ANY` of the same path, and nothing stands twice."""
    named: dict[tuple[str, tuple[Segment, ...]], str] = {}
    for verbs, template, segments, _, every in declared:
        for verb in () if every else verbs:
            if (verb, segments) in named:
                raise _error(
                    f"invalid route '{verb} {template}': '{verb} {named[verb, segments]}' is declared already",
                    pattern=f"{verb} {template}",
                    help="declare each verb of a path once",
                )
            named[verb, segments] = template
    seen: set[tuple[Segment, ...]] = set()
    for verbs, template, segments, names, every in declared:
        if every and segments in seen:
            raise _error(
                f"invalid route 'ANY {template}': it is declared already",
                pattern=template,
                help="declare it once",
            )
        if every:
            seen.add(segments)
        for verb in verbs:
            if not every or (verb, segments) not in named:
                yield Route(verb, template, segments, names)
    if rest:
        _check_siblings([template for _, template, _, _, _ in declared])


def _check_siblings(templates: Iterable[str]) -> None:
    """One variable below one parent. Source: API Gateway's own message, "A sibling … already has a variable path part"."""
    variables: Mapping[str, str] = {}
    for template in templates:
        parts = template.split("/")
        for place, part in enumerate(parts):
            if not part.startswith("{") or part.endswith("+}"):
                continue
            parent = "/".join(parts[:place])
            known = variables.setdefault(parent, part)  # type: ignore[attr-defined]
            if known != part:
                raise _error(
                    f"invalid route {template!r}: its sibling {known!r} already has a variable path part",
                    pattern=template,
                    help=f"use the same name for both, as in {template.replace(part, known)!r}",
                )


_METHODS = object()
_GREEDY = object()


def _tree(routes: tuple[Route, ...]) -> dict[object, object]:
    tree: dict[object, object] = {}
    for route in routes:
        node = tree
        greedy = route.segments[-2:] == (ANY, DEEP)
        for segment in route.segments[:-2] if greedy else route.segments:
            node = node.setdefault(segment, {})  # type: ignore[assignment]
        node.setdefault(_GREEDY if greedy else _METHODS, {}).setdefault(route.method, route)  # type: ignore[attr-defined]
    return tree


def _match(tree: dict[object, object], method: str, parts: list[str]) -> Route | None:
    """Best first, by an explicit stack: the worse choices of a level wait below the better ones."""
    stack: list[tuple[object, int, bool]] = [(tree, 0, False)]
    while stack:
        node, place, greedy = stack.pop()
        if not isinstance(node, dict):
            continue
        if greedy or place == len(parts):
            ends = node if greedy else node.get(_METHODS, {})
            if method in ends:
                return ends[method]  # type: ignore[no-any-return]
            continue
        stack.append((node.get(_GREEDY), place, True))
        stack.append((node.get(ANY), place + 1, False))
        stack.append((node.get(parts[place]), place + 1, False))
    return None


def _error(message: str, *, pattern: str, help: str, column: int = 0) -> RouteError:
    from cwsauth.errors import RouteError

    return RouteError(message, pattern=pattern, column=column, help=help)
