"""REST API's way from a verb and a path to a method: a tree of resources, specificity first.

A literal beats `{name}`, and `{name}` beats `{name+}`, level by level; a declared verb beats ANY. When the
resource that the path reaches does not serve the verb, the request falls through to the nearest `{name+}`
that does, whoever may call that one: routing comes before authorization. Measured on AWS.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from cwsauth.errors import RouteError

if TYPE_CHECKING:
    from collections.abc import Iterable

VERBS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")
"""What ANY stands for."""

M = TypeVar("M")

_LITERAL = re.compile(r"[A-Za-z0-9._\-:,]+")
_VARIABLE = re.compile(r"\{[A-Za-z0-9._\-]+\+?\}")


def parse_methods(text: str | Iterable[str]) -> tuple[str, ...]:
    """The verbs of `GET`, `GET,PUT`, `ANY` or an iterable of verbs; `("ANY",)` stays as it is.

    Raises:
        RouteError: not a verb that a REST API can declare.
    """
    parts = text.split(",") if isinstance(text, str) else list(text)
    verbs = tuple(dict.fromkeys(part.strip().upper() for part in parts))
    for verb in verbs:
        if verb not in VERBS and verb != "ANY":
            raise RouteError(f"invalid method '{verb}'", pattern=verb, help="ANY or " + ", ".join(VERBS))
    if not verbs or ("ANY" in verbs and len(verbs) > 1):
        raise RouteError(f"invalid methods '{','.join(verbs)}'", pattern=",".join(verbs), help="ANY stands alone")
    return verbs


def parse_template(template: str) -> tuple[str, ...]:
    """The segments of a declared path, checked as API Gateway checks them.

    Raises:
        RouteError: a segment with other characters, or `{name+}` before the end.
    """
    path = template if template.startswith("/") else "/" + template
    if path == "/":
        return ()
    segments = tuple(path[1:].split("/"))
    for index, segment in enumerate(segments):
        if not (_LITERAL.fullmatch(segment) or _VARIABLE.fullmatch(segment)):
            raise RouteError(
                f"invalid route '{template}': segment '{segment}'",
                pattern=template,
                help="letters, digits and ._-:, or one whole segment {name} or {name+}",
            )
        if segment.endswith("+}") and index != len(segments) - 1:
            raise RouteError(f"invalid route '{template}': '{segment}' is not the last segment", pattern=template)
    names = [segment for segment in segments if segment.startswith("{")]
    if len(names) != len(set(names)):
        raise RouteError(f"invalid route '{template}': a parameter stands twice", pattern=template)
    return segments


@dataclass(slots=True)
class _Node(Generic[M]):
    """A resource: its literal children, its one variable child, and the methods it declares."""

    template: str
    literals: dict[str, _Node[M]] = field(default_factory=dict)
    parameter: _Node[M] | None = None
    greedy: _Node[M] | None = None
    variable: str = ""
    methods: dict[str, M] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match(Generic[M]):
    """Where a request goes: the method's value, the template of its resource, the raw path parameters."""

    value: M
    template: str
    parameters: dict[str, str]


@dataclass(frozen=True, slots=True)
class Doubt:
    """A request whose own resource does not serve the verb, while another one without `{name+}` would.

    That a `{name+}` catches such a request was measured; what happens to it here was not.
    """

    template: str


class ResourceTree(Generic[M]):
    """The resources of a REST API; what is declared keeps a value of any kind."""

    def __init__(self) -> None:
        self._root: _Node[M] = _Node("/")
        self._nodes: list[_Node[M]] = [self._root]

    def add(self, methods: tuple[str, ...], template: str, value: M) -> None:
        """Declare methods of a resource.

        Raises:
            RouteError: declared twice, or a second variable child of the same parent, which API Gateway
            refuses.
        """
        node = self._root
        for segment in parse_template(template):
            node = self._child(node, segment, template)
        for method in methods:
            if method in node.methods:
                raise RouteError(f"'{method} {node.template}' is declared twice", pattern=template)
            node.methods[method] = value

    def resources(self) -> list[tuple[str, tuple[str, ...]]]:
        """Every resource that has methods: its template and its verbs, in the order of declaration."""
        return [(node.template, tuple(node.methods)) for node in self._nodes if node.methods]

    def _child(self, node: _Node[M], segment: str, template: str) -> _Node[M]:
        if not segment.startswith("{"):
            return node.literals.setdefault(segment, self._new(node, segment, node.literals.get(segment)))
        sibling = node.parameter or node.greedy
        if sibling is not None and sibling.variable != segment:
            raise RouteError(
                f"invalid route '{template}': its sibling '{sibling.variable}' has a variable path part"
                " already, and only one may",
                pattern=template,
                help=f"call it '{sibling.variable}' too, or put a literal before it",
            )
        child = self._new(node, segment, sibling)
        child.variable = segment
        if segment.endswith("+}"):
            node.greedy = child
        else:
            node.parameter = child
        return child

    def _new(self, parent: _Node[M], segment: str, existing: _Node[M] | None) -> _Node[M]:
        if existing is not None:
            return existing
        node: _Node[M] = _Node(f"{parent.template.rstrip('/')}/{segment}")
        self._nodes.append(node)
        return node

    def match(self, method: str, path: str) -> Match[M] | Doubt | None:
        """Where a request goes, or None. `path` is raw; leading slashes count as one, a trailing one not at all.

        Values of path parameters are raw, as REST API hands them over. A `Doubt` is a request of which it is not
        established where it goes.
        """
        segments = split_path(path)
        found = _descend(self._root, segments, 0, {})
        if found is None:
            return None
        node, parameters = found
        value = _serve(node, method)
        if value is not None:
            return Match(value, node.template, parameters)
        others = [other.template for other in self._nodes if _serve(other, method) is not None]
        fixed = [template for template in others if _is_fixed_match(parse_template(template), segments)]
        return Doubt(fixed[0]) if fixed else self._fall_through(method, segments)

    def _fall_through(self, method: str, segments: list[str]) -> Match[M] | None:
        best: Match[M] | None = None
        depth = -1
        for node in self._nodes:
            if not node.variable.endswith("+}"):
                continue
            value = _serve(node, method)
            prefix = parse_template(node.template)[:-1]
            if value is None or len(prefix) <= depth:
                continue
            parameters = _along(prefix, segments)
            if parameters is not None:
                parameters[node.variable[1:-2]] = "/".join(segments[len(prefix) :])
                best, depth = Match(value, node.template, parameters), len(prefix)
        return best


def split_path(path: str) -> list[str]:
    """The segments of a raw path as routing sees them; doubled slashes inside leave an empty segment."""
    trimmed = path.lstrip("/")
    if trimmed.endswith("/"):
        trimmed = trimmed.rstrip("/")
    return trimmed.split("/") if trimmed else []


def _serve(node: _Node[M], method: str) -> M | None:
    value = node.methods.get(method)
    return node.methods.get("ANY") if value is None and method in VERBS else value


def _descend(
    node: _Node[M], segments: list[str], at: int, parameters: dict[str, str]
) -> tuple[_Node[M], dict[str, str]] | None:
    """The most specific resource of a path, whether or not it has methods."""
    if at == len(segments):
        return node, parameters
    segment = segments[at]
    literal = node.literals.get(segment)
    if literal is not None:
        found = _descend(literal, segments, at + 1, parameters)
        if found is not None:
            return found
    if node.parameter is not None and segment:
        name = node.parameter.variable[1:-1]
        found = _descend(node.parameter, segments, at + 1, {**parameters, name: segment})
        if found is not None:
            return found
    if node.greedy is not None:
        name = node.greedy.variable[1:-2]
        return node.greedy, {**parameters, name: "/".join(segments[at:])}
    return None


def _is_fixed_match(template: tuple[str, ...], segments: list[str]) -> bool:
    """Whether a path is of a template that ends without `{name+}`."""
    if len(template) != len(segments) or (template and template[-1].endswith("+}")):
        return False
    pairs = zip(template, segments, strict=True)
    return all(bool(got) if want.startswith("{") else want == got for want, got in pairs)


def _along(prefix: tuple[str, ...], segments: list[str]) -> dict[str, str] | None:
    """The parameters of a prefix that a path runs along, None when it does not or nothing would be left."""
    if len(segments) <= len(prefix):
        return None
    parameters: dict[str, str] = {}
    for want, got in zip(prefix, segments, strict=False):
        if want.startswith("{"):
            if not got:
                return None
            parameters[want[1:-1]] = got
        elif want != got:
            return None
    return parameters
