"""The access matrix in its four forms."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from cwsauth import Policy, RouteTable
from cwsauth.cli.report import html
from cwsauth.policy.analyse.matrix import ALLOWED, DENIED, PARTLY, matrix
from tests.cli.conftest import Cwsauth

SHOP = Path(__file__).parents[2] / "examples" / "policies" / "shop.yaml"


class TestVerdicts:
    @pytest.mark.parametrize(
        ("rules", "route", "verdict", "allow", "deny"),
        [
            (["product/*"], "GET /product/{id}", ALLOWED, "/product/x", None),
            (["product"], "GET /product/{id}", DENIED, None, "/product/x"),
            (["product/1"], "GET /product/{id}", PARTLY, "/product/1", "/product/x"),
            (["product/*", "!product/1"], "GET /product/{id}", PARTLY, "/product/x", "/product/1"),
            (["product/v*"], "GET /product/{id}", PARTLY, "/product/v", "/product/x"),
            (["PUT product/*"], "GET /product/{id}", DENIED, None, "/product/x"),
            (["admin/**"], "GET /admin/{proxy+}", ALLOWED, "/admin/x", None),
            (["admin/*"], "GET /admin/{proxy+}", PARTLY, "/admin/x", "/admin/x/x"),
            (["admin/**", "!admin/a/b"], "GET /admin/{proxy+}", PARTLY, "/admin/x", "/admin/a/b"),
            (["admin/**", "!**/secret"], "GET /admin/{proxy+}", PARTLY, "/admin/x", "/admin/secret"),
            (True, "GET /", ALLOWED, "/", None),
            (False, "GET /", DENIED, None, "/"),
        ],
    )
    def test_a_cell(self, rules: object, route: str, verdict: str, allow: str | None, deny: str | None) -> None:
        """All calls of a route, some, or none; with a call that shows each."""
        table = RouteTable.of([route])
        (row,) = matrix("t", {"role": Policy.of(rules, routes=table)}, table).cells.values()
        cell = row["role"]
        shown = [None if decision is None else decision.path for decision in (cell.allow, cell.deny)]
        assert (cell.verdict, shown) == (verdict, [allow, deny])


class TestForms:
    def test_table(self, cwsauth: Cwsauth, shop: Path) -> None:
        """A line a route, a column a role, and what the signs mean."""
        lines = [line.split() for line in cwsauth("routes", "policy.yaml").out.splitlines() if line.strip()]
        assert lines[0] == ["method", "route", "admin", "editor", "customer", "nobody"]
        assert ["PUT", "/product/{id}", "✓", "◐", "·", "·"] in lines
        assert lines[-1][:6] == ["✓", "every", "call", "is", "allowed", "◐"]

    def test_only_some_roles(self, cwsauth: Cwsauth, shop: Path) -> None:
        """`--role` chooses the columns."""
        assert "customer" not in cwsauth("routes", "policy.yaml", "--role", "admin").out

    def test_routes_without_a_policy(self, cwsauth: Cwsauth) -> None:
        """Are listed."""
        out = cwsauth("routes", "--route", "GET,PUT /a/{b}").out
        assert [line.split() for line in out.splitlines()][3:5] == [["GET", "/a/{b}"], ["PUT", "/a/{b}"]]

    def test_markdown(self, cwsauth: Cwsauth, shop: Path) -> None:
        """A table, with a note for each cell that is neither yes nor no."""
        lines = cwsauth("routes", "policy.yaml", "--format", "markdown").out.splitlines()
        assert lines[0] == "| Method | Route | admin | editor | customer | nobody |"
        assert "| PUT | `/product/{id}` | ✓ | ◐ (2) | · | · |" in lines
        assert lines[-1] == "2. editor, PUT /product/{id}: /product/x is allowed, /product/internal is not"

    @pytest.mark.parametrize("option", [["--json"], ["--format", "json"]])
    def test_json(self, option: list[str], cwsauth: Cwsauth, shop: Path) -> None:
        """Every cell with its witnesses and their deciding rules."""
        data = json.loads(cwsauth("routes", "policy.yaml", *option).out)
        assert data["policies"] == ["admin", "editor", "customer", "nobody"]
        (put,) = [row for row in data["routes"] if (row["method"], row["template"]) == ("PUT", "/product/{id}")]
        assert put["access"]["editor"] == {
            "verdict": "partly",
            "allow": {"request": "PUT /product/x", "rule": "GET,PUT product/*", "reason": "ALLOWED_BY_RULE"},
            "deny": {"request": "PUT /product/internal", "rule": "!product/internal", "reason": "DENIED_BY_RULE"},
        }

    def test_output(self, cwsauth: Cwsauth, shop: Path) -> None:
        """`--output` writes a file and says so; a table has no file."""
        result = cwsauth("routes", "policy.yaml", "--format", "html", "-o", "access.html")
        assert (result.out, result.err) == ("", "wrote access.html\n")
        assert (shop / "access.html").read_text().startswith("<!doctype html>")
        assert cwsauth("routes", "policy.yaml", "-o", "x").code == 2
        assert "cannot write 'no/x'" in cwsauth("routes", "policy.yaml", "--format", "html", "-o", "no/x").err

    def test_no_routes(self, cwsauth: Cwsauth) -> None:
        """Without routes there is no matrix, and the help says where to take them from."""
        result = cwsauth("routes", "--rule", "x")
        assert result.code == 4
        assert "needs the routes of the API" in result.err
        assert "--routes openapi.yaml" in result.err


class TestHtml:
    def test_is_one_file(self) -> None:
        """It refers to nothing outside itself, and forbids itself to."""
        table = RouteTable.of(["GET /a/{b}"])
        page = html(matrix("t", {"role": Policy.of(["a/*"], routes=table)}, table))
        assert not re.search(r"""(?:src|href)\s*=|url\(|@import|https?:""", page)
        assert "default-src 'none'" in page
        assert "unsafe-inline" not in page

    def test_names_are_text(self) -> None:
        """What stands in a role's name, a rule or the title cannot become markup."""
        table = RouteTable.of(["GET /a/{b}"])
        evil = "<script>alert(1)</script>\"'&"
        page = html(matrix(evil, {evil: Policy.of(["a/<i>"], routes=table)}, table))
        assert page.count("<script>") == 1
        assert "<i>" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#x27;&amp;" in page
