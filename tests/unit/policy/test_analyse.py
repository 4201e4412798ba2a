"""Comparing policies, finding what is wrong with them, and who may call what."""

from __future__ import annotations

import pytest

from cwsauth import Policy, RouteTable
from cwsauth.errors import ConfigError, NotExact
from cwsauth.policy.analyse import Finding, TooComplex, diff, equal, lint, matrix, overlap, subset, universe
from cwsauth.policy.cache_safe import assert_cache_safe
from tests.oracle import paths

ROUTES = [
    "GET /product",
    "GET /product/{id}",
    "GET /product/{id}/secret",
    "GET,POST /cart",
    "DELETE /cart/{id}",
    "ANY /files/{path+}",
    "GET /files/index",
]


def policy(*rules: str, routes: list[str] | None = ROUTES) -> Policy:
    return Policy.of(list(rules), routes=routes)


@pytest.mark.parametrize(
    ("old", "new", "allowed", "denied"),
    [
        (["product/*"], ["product/*"], [], []),
        (["product/*"], ["product/**"], ["GET /product/x/secret"], []),
        (["product/**"], ["product/*"], [], ["GET /product/x/secret"]),
        (["product/*"], ["product/*", "!product/internal"], [], ["GET /product/internal"]),
        (["cart"], ["GET cart", "POST cart"], [], []),
        (["cart"], ["GET cart"], [], ["POST /cart"]),
        (["*"], ["**"], [], []),
        ([], ["cart/*"], ["DELETE /cart/x"], []),
        (["product/x*"], ["product/x?*"], [], ["GET /product/x"]),
        (["cart"], ["nowhere", "cart"], [], []),
    ],
)
def test_diff_shows_a_shortest_request_for_each_change(
    old: list[str], new: list[str], allowed: list[str], denied: list[str]
) -> None:
    """What became allowed and what became denied, each with a request that shows it; order and spelling are no change."""
    found = diff(policy(*old), policy(*new))
    assert [f"{change.method} {change.path}" for change in found.allowed] == allowed
    assert [f"{change.method} {change.path}" for change in found.denied] == denied
    assert bool(found) is bool(allowed or denied)
    for change in found.allowed:
        assert paths.allowed(new, change.method, change.path)
        assert not paths.allowed(old, change.method, change.path)
    for change in found.denied:
        assert paths.allowed(old, change.method, change.path)
        assert not paths.allowed(new, change.method, change.path)


def test_a_change_names_its_rule_and_routes() -> None:
    """A change says which rule made it, and every route it falls on."""
    (change,) = diff(policy(), policy("files/**")).allowed
    assert change.rule.text == "files/**"
    assert {str(route) for route in change.routes} >= {"GET /files/index", "GET /files/{path+}", "PUT /files/{path+}"}
    (gone,) = diff(policy("cart"), policy("cart", "!POST cart")).denied
    assert gone.to_dict() == {"request": "POST /cart", "rule": "!POST cart", "routes": ["POST /cart"]}


def test_without_routes_every_path_counts() -> None:
    """Without a route table a change is found wherever it is, also at a depth that nobody wrote."""
    found = diff(policy("a/**", routes=None), policy("a/**", "!a/**/secret", routes=None))
    assert [change.path for change in found.denied] == ["/a/secret"] * len(found.denied)
    assert equal(policy("a/**/b", routes=None), policy("a/b", "a/**/b", "a/*/b", routes=None))
    assert not equal(policy("a/**/b", routes=None), policy("a/b", "a/*/b", "a/*/*/b", routes=None))


def test_subset_and_overlap() -> None:
    """A subset has no counterexample; an overlap has a witness that both allow."""
    assert subset(policy("product/x"), policy("product/*")) is None
    missing = subset(policy("product/*"), policy("product/x"))
    assert missing is not None
    assert missing.path == "/product/y"
    common = overlap(policy("product/*"), policy("*/x"))
    assert common is not None
    assert (common.path, common.rule.text) == ("/product/x", "product/*")
    assert overlap(policy("product/*"), policy("cart")) is None
    assert overlap(policy("product/x", "!product/x"), policy("*")) is None


def codes(found: tuple[Finding, ...]) -> dict[str, str | None]:
    return {f.code: f.rule.text if f.rule else str(f.route) for f in found if f.code != "unreached-route"}


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        (["product/*", "product/*/secret"], {}),
        (["nowhere/*"], {"unreachable-rule": "nowhere/*"}),
        (["GET cart/*"], {"unreachable-rule": "GET cart/*"}),
        (["cart", "!cart"], {"shadowed-rule": "cart"}),
        (["POST cart", "cart"], {"redundant-rule": "POST cart"}),
        (["cart", "cart"], {"redundant-rule": "cart"}),
        (["cart", "!GET product/*"], {"redundant-rule": "!GET product/*"}),
        (["cart", "**/secret"], {"broad-rule": "**/secret"}),
        (["*"], {}),
        (["product/*"], {"short-star": "product/*"}),
        (["GET files/*", "POST files/**", "!GET files/index"], {"falls-through": "GET /files/index"}),
    ],
)
def test_lint(rules: list[str], expected: dict[str, str | None]) -> None:
    """Each fault is found and named, and a good list has none."""
    found = codes(lint(policy(*rules)))
    assert expected.items() <= found.items()
    if not expected:
        assert found == {}


def test_lint_names_inexact_rules_and_routes_that_nobody_reaches() -> None:
    """A rule that IAM cannot say is named with a request; so is each route that no rule allows."""
    (inexact,) = [f for f in lint(policy("GET a/*/b/**", routes=None)) if f.code == "inexact-rule"]
    assert inexact.request == "GET /a/x/b/x"
    unreached = {str(f.route) for f in lint(policy("cart", "product/**")) if f.code == "unreached-route"}
    assert unreached == {"GET /product", "DELETE /cart/{id}", "GET /files/index"} | {
        f"{verb} /files/{{path+}}" for verb in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    }


def test_findings_are_data_and_the_worst_come_first() -> None:
    """A finding can be written as JSON; errors stand before warnings, warnings before notes."""
    found = lint(policy("nowhere", "POST cart", "cart"))
    assert [f.severity for f in found] == sorted((f.severity for f in found), key=["error", "warning", "note"].index)
    assert found[0].to_dict()["rule"] == "nowhere"
    assert found[0].help


def test_the_matrix_is_exact() -> None:
    """A route is allowed only if every call of it is; a partly allowed one shows a call of either sort."""
    table = RouteTable.of(ROUTES)
    found = matrix("shop", {"user": policy("product/*", "!product/internal"), "admin": policy("*")}, table)
    verdicts = {str(route): {name: cell.verdict for name, cell in row.items()} for route, row in found.cells.items()}
    assert verdicts["GET /product/{id}"] == {"user": "partly", "admin": "allowed"}
    assert verdicts["GET /product"] == {"user": "denied", "admin": "allowed"}
    cell = found.cells[table.routes[1]]["user"]
    assert cell.deny is not None
    assert (cell.deny.path, cell.deny.rule and cell.deny.rule.text) == ("/product/internal", "!product/internal")
    assert found.counts("admin") == {"allowed": len(table), "partly": 0, "denied": 0}
    with pytest.raises(ConfigError, match="needs the routes"):
        matrix("shop", {}, None)


def test_too_much_to_look_at_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the rules tell too many calls apart, that is an error and no guess."""
    monkeypatch.setattr(universe, "BUDGET", 10)
    with pytest.raises(TooComplex, match="more calls apart"):
        diff(policy("a/**/b", routes=None), policy("a/*/b", routes=None))


@pytest.mark.parametrize("ttl", [-1, 3601, True, 1.5, None])
def test_a_ttl_out_of_range_is_refused(ttl: int) -> None:
    """The TTL is a whole number of seconds that API Gateway takes."""
    with pytest.raises(ConfigError, match="0 to 3600"):
        assert_cache_safe(policy("cart"), ttl)


def test_what_may_be_cached() -> None:
    """An exact policy may, a narrowed one may not, and without a cache everything may."""
    assert_cache_safe(policy("product/*"), 300)
    narrowed = policy("GET a/*/b/**", routes=None)
    assert_cache_safe(narrowed, 0)
    with pytest.raises(NotExact, match="cached for 300 seconds") as caught:
        assert_cache_safe(narrowed, 300)
    assert caught.value.lost
    with pytest.raises(NotExact, match="depends on the request"):
        assert_cache_safe(policy("users/${claims.sub}/**"), 300)
