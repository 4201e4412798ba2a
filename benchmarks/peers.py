"""The peers of the questions on decisions, each given the same patterns in its own words.

A peer is built as its documentation says to, once, and then asked. Where it has no word for what a pattern means, the
nearest one is used; whether it answers all paths as it should is checked before it is timed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.workload import texts
from cwsauth import Policy

if TYPE_CHECKING:
    from collections.abc import Callable

    Decide = Callable[[str], bool]


class Peer(NamedTuple):
    """A way to decide: the module that it needs, how to build it, and the most patterns that are asked of it."""

    needs: str | None
    build: Callable[[list[list[str]], set[str]], Decide]
    most: int = 100_000
    full: int = 100_000  # the same in the long run


def _dict(patterns: list[list[str]], hits: set[str]) -> Decide:
    known = dict.fromkeys(hits, True)
    return lambda path: path in known


def _cwsauth(patterns: list[list[str]], hits: set[str]) -> Decide:
    allows = Policy.of(texts(patterns)).allows
    return lambda path: allows("GET", path)


def _remembering(patterns: list[list[str]], hits: set[str]) -> Decide:
    return Policy.of(texts(patterns)).remembering("GET", 1024)


def _routrie(patterns: list[list[str]], hits: set[str]) -> Decide:
    from routrie import Router

    names = {"{id}": ":id", "{rest+}": ":rest+"}
    router = Router({"/" + "/".join(names.get(part, part) for part in parts): 1 for parts in patterns})
    return lambda path: router.find(path) is not None


def _falcon(patterns: list[list[str]], hits: set[str]) -> Decide:
    from falcon.routing import CompiledRouter

    class Resource:
        def on_get(self, req: Any, resp: Any, **parameters: Any) -> None:
            """Nothing."""

    router = CompiledRouter()
    for parts in patterns:
        text = "/" + "/".join(parts).replace("{rest+}", "{rest:path}")
        router.add_route(text, Resource())
    router.find("/")
    return lambda path: router.find(path) is not None


def _trie_regex(patterns: list[list[str]], hits: set[str]) -> Decide:
    shapes = {"{id}": "[^/]+", "{rest+}": ".+"}
    made = ["/" + "/".join(shapes.get(part) or re.escape(part) for part in parts) for parts in patterns]
    match = re.compile("|".join(made)).fullmatch
    return lambda path: match(path) is not None


def _wcmatch(patterns: list[list[str]], hits: set[str]) -> Decide:
    from wcmatch import glob

    made = ["/" + "/".join({"{id}": "*", "{rest+}": "**"}.get(part, part) for part in parts) for parts in patterns]
    matcher = glob.compile(made, flags=glob.GLOBSTAR | glob.DOTGLOB | glob.CASE | glob.FORCEUNIX, limit=0)
    return lambda path: bool(matcher.match(path))


def _werkzeug(patterns: list[list[str]], hits: set[str]) -> Decide:
    from werkzeug.exceptions import NotFound
    from werkzeug.routing import Map, Rule

    names = {"{id}": "<id>", "{rest+}": "<path:rest>"}
    rules = [Rule("/" + "/".join(names.get(part, part) for part in parts), endpoint="x") for parts in patterns]
    adapter = Map(rules).bind("localhost")

    def decide(path: str) -> bool:
        try:
            adapter.match(path, method="GET")
        except NotFound:
            return False
        return True

    return decide


def _starlette(patterns: list[list[str]], hits: set[str]) -> Decide:
    from starlette.routing import Match, Route

    def endpoint(request: Any) -> None:
        """Nothing."""

    rows = [Route("/" + "/".join(parts).replace("{rest+}", "{rest:path}"), endpoint) for parts in patterns]

    def decide(path: str) -> bool:
        scope = {"type": "http", "method": "GET", "path": path}
        return any(row.matches(scope)[0] is Match.FULL for row in rows)

    return decide


def _vakt(patterns: list[list[str]], hits: set[str]) -> Decide:
    import vakt
    from vakt.rules import Any as Anything
    from vakt.rules import RegexMatch

    shapes = {"{id}": "[^/]+", "{rest+}": ".+"}
    storage = vakt.MemoryStorage()
    for number, parts in enumerate(patterns):
        text = "/" + "/".join(shapes.get(part) or re.escape(part) for part in parts)
        rules = {"subjects": [Anything()], "actions": [Anything()], "resources": [RegexMatch(f"{text}\\Z")]}
        storage.add(vakt.Policy(number, effect=vakt.ALLOW_ACCESS, **rules))
    guard = vakt.Guard(storage, vakt.RulesChecker())
    return lambda path: bool(guard.is_allowed(vakt.Inquiry(subject="u", action="GET", resource=path)))


def _casbin(patterns: list[list[str]], hits: set[str]) -> Decide:
    import logging

    import casbin

    logging.getLogger("casbin").setLevel(logging.CRITICAL)
    model = casbin.Model()
    model.load_model_from_text(
        "[request_definition]\nr = sub, obj, act\n[policy_definition]\np = sub, obj, act\n"
        "[policy_effect]\ne = some(where (p.eft == allow))\n[matchers]\n"
        "m = r.sub == p.sub && regexMatch(r.obj, p.obj) && r.act == p.act\n"
    )
    enforcer = casbin.Enforcer(model)
    shapes = {"{id}": "[^/]+", "{rest+}": ".+"}
    for parts in patterns:
        text = "/" + "/".join(shapes.get(part) or re.escape(part) for part in parts)
        enforcer.add_policy("u", f"{text}$", "GET")
    return lambda path: bool(enforcer.enforce("u", path, "GET"))


def _cedar(patterns: list[list[str]], hits: set[str]) -> Decide:
    import cedarpy

    # `*` crosses `/` in Cedar as it does in IAM: the question is put by path text, the count of slashes beside it.
    made = []
    for parts in patterns:
        like = "/" + "/".join("*" if part in ("{id}", "{rest+}") else part for part in parts)
        depth = "" if parts[-1] == "{rest+}" else f" && context.depth == {len(parts)}"
        made.append(f'permit(principal, action, resource) when {{ context.path like "{like}"{depth} }};')
    policies = cedarpy.PolicySet.from_str("\n".join(made))

    def decide(path: str) -> bool:
        request = {
            "principal": 'User::"u"',
            "action": 'Action::"GET"',
            "resource": 'Path::"p"',
            "context": {"path": path, "depth": path.count("/")},
        }
        return bool(cedarpy.is_authorized(request, policies, []).allowed)

    return decide


def _oso(patterns: list[list[str]], hits: set[str]) -> Decide:
    # Its last release, 0.27.3, has wheels up to Python 3.12, and is installed without its own pin of cffi: see the Makefile.
    from oso import Oso

    made = []
    for parts in patterns:
        items = ["*_rest" if part == "{rest+}" else "_" if part == "{id}" else f'"{part}"' for part in parts]
        made.append(f'allow(_actor, "GET", [{", ".join(items)}]);')
    engine = Oso()
    engine.load_str("\n".join(made))
    return lambda path: bool(engine.is_allowed("u", "GET", path[1:].split("/")))


def _chalice(patterns: list[list[str]], hits: set[str]) -> Decide:
    from chalice.local import ARNMatcher

    # What `chalice local` does with an authorizer's answer: each resource becomes a regular expression, each time.
    prefix = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/"
    resources = [prefix + "/".join("*" if part[0] == "{" else part for part in parts) for parts in patterns]
    return lambda path: bool(ARNMatcher(prefix + path[1:]).does_any_resource_match(resources))


FLOOR = "dict lookup in a function (the floor)"
PEERS: dict[str, Peer] = {
    FLOOR: Peer(None, _dict),
    "cwsauth": Peer(None, _cwsauth),
    "routrie (Rust)": Peer("routrie", _routrie),
    "falcon": Peer("falcon", _falcon, 1_000, 10_000),
    "werkzeug": Peer("werkzeug", _werkzeug, 1_000, 10_000),
    "starlette": Peer("starlette", _starlette, 1_000, 10_000),
    "re alternation": Peer(None, _trie_regex, 1_000, 10_000),
    "wcmatch": Peer("wcmatch", _wcmatch, 1_000, 10_000),
    "vakt": Peer("vakt", _vakt, 1_000, 10_000),
    "Casbin": Peer("casbin", _casbin, 100, 1_000),
    "Cedar (cedarpy)": Peer("cedarpy", _cedar, 1_000, 10_000),
    "oso": Peer("oso", _oso, 1_000, 10_000),
    "Chalice's local matcher": Peer("chalice", _chalice, 100, 1_000),
}
# What keeps answers is asked about repeated paths only: to it, a new object with the same text is no fresh path.
KEEPING = {"cwsauth, remembering 1024 paths": Peer(None, _remembering)}
