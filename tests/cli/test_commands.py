"""What the commands say, each as a reader and as a program gets it."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from tests.cli.conftest import SHOP, Cwsauth

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"


class TestExplain:
    def test_plain_rules(self, cwsauth: Cwsauth) -> None:
        """The decision, and the rules that came near."""
        result = cwsauth("explain", "--rule", "GET product/*", "--rule", "!product/1", "get", "product/1/x")
        assert result.code == 3
        assert result.out.splitlines() == [
            "denied: GET /product/1/x: no rule matches",
            "  'GET product/*' would match if the path had one segment less",
        ]

    def test_roles_of_a_file(self, cwsauth: Cwsauth, shop: Path) -> None:
        """Every role with its decision; the exit code is 0 when one of them may."""
        result = cwsauth("explain", "-p", "policy.yaml", "PUT", "/product/internal")
        lines = result.out.splitlines()
        assert result.code == 0
        assert "admin: allowed: PUT /product/internal matches rule '*'" in lines
        assert "editor: denied: PUT /product/internal matches the deny rule '!product/internal'" in lines
        assert lines[-1] == "route: PUT /product/{id} (id = internal)"

    def test_one_role(self, cwsauth: Cwsauth, shop: Path) -> None:
        """`--role` leaves one, and then a denial is the exit code."""
        assert cwsauth("explain", "-p", "policy.yaml", "--role", "customer", "PUT", "/product/1").code == 3
        assert cwsauth("explain", "-p", "policy.yaml", "--role", "admin", "PUT", "/product/1").code == 0

    def test_a_call_without_route(self, cwsauth: Cwsauth, shop: Path) -> None:
        """That no route is declared for it is said, as then nobody asks the policy."""
        result = cwsauth("explain", "-p", "policy.yaml", "--role", "admin", "POST", "/product")
        assert "route: none is declared for it" in result.out

    def test_a_path_out_of_a_log(self, cwsauth: Cwsauth) -> None:
        """What it holds stays on its line and away from the terminal, in the values of path parameters too."""
        result = cwsauth("explain", "--rule", "a/*", "--route", "GET /a/{id}", "GET", "/a/\x1b[31m\nroute: x")
        assert result.out.split("\n") == [
            "allowed: GET /a/\\x1b[31m\\nroute: x matches rule 'a/*'",
            "route: GET /a/{id} (id = \\x1b[31m\\nroute: x)",
            "",
        ]

    def test_json(self, cwsauth: Cwsauth, shop: Path) -> None:
        """The same as data."""
        result = cwsauth("explain", "-p", "policy.yaml", "--role", "editor", "--json", "PUT", "/product/7")
        data = json.loads(result.out)
        assert data["allowed"] is True
        assert data["route"] == {"route": "PUT /product/{id}", "path_parameters": {"id": "7"}}
        assert data["policies"]["editor"]["rule"] == "GET,PUT product/*"


class TestRoutes:
    def test_routes_of_an_openapi_file(self, cwsauth: Cwsauth, shop: Path) -> None:
        """`--routes` takes the document of the API."""
        (shop / "api.yaml").write_text("openapi: 3.0.1\npaths:\n  /item/{id}:\n    get: {}\n")
        result = cwsauth("explain", "--rule", "item/*", "--routes", "api.yaml", "GET", "/item/5")
        assert result.out.splitlines()[-1] == "route: GET /item/{id} (id = 5)"

    def test_routes_of_an_app(self, cwsauth: Cwsauth, shop: Path) -> None:
        """And `--routes` takes an app, here a real Chalice one."""
        (shop / "chalice_app.py").write_text(
            "from chalice import Chalice\n"
            "app = Chalice('shop')\n"
            "@app.route('/item/{id}', methods=['PUT'])\n"
            "def item(id): return id\n"
        )
        result = cwsauth("explain", "--rule", "item/*", "--routes", "chalice_app:app", "PUT", "/item/5")
        assert result.out.splitlines()[-1] == "route: PUT /item/{id} (id = 5)"

    def test_routes_of_a_policy_file(self, cwsauth: Cwsauth, shop: Path) -> None:
        """A policy file has routes for others, too; one that has none is refused."""
        result = cwsauth("explain", "--rule", "admin/**", "--routes", "policy.yaml", "GET", "/admin/a/b")
        assert result.out.splitlines()[-1] == "route: GET /admin/{proxy+} (proxy = a/b)"
        (shop / "bare.yaml").write_text("roles: {a: true}")
        assert (
            "'bare.yaml' declares no routes"
            in cwsauth("explain", "--rule", "x", "--routes", "bare.yaml", "GET", "/").err
        )


class TestDocument:
    def test_the_document_goes_to_the_output(self, cwsauth: Cwsauth) -> None:
        """And what is said about it to the error stream, so that the document can be piped."""
        result = cwsauth("document", "--rule", "GET product", "--arn", f"{ARN}/GET/")
        assert json.loads(result.out) == {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [f"{ARN}/GET/product"]}],
        }
        size, exact = result.err.splitlines()
        assert size == f"size: {len(json.dumps(json.loads(result.out), separators=(',', ':')))} bytes"
        assert exact.startswith("exact: yes")

    def test_what_is_lost_is_shown(self, cwsauth: Cwsauth) -> None:
        """A policy that IAM cannot say: what the document leaves out, with a request that shows it."""
        result = cwsauth("document", "--rule", "a/*/b/**")
        assert result.code == 0
        assert "exact: no, it allows less than the policy" in result.err
        assert any(line.startswith("lost: ") and "'a/*/b/**'" in line for line in result.err.splitlines())
        data = json.loads(cwsauth("document", "--rule", "a/*/b/**", "--json").out)
        assert (data["exact"], data["cacheable"]) == (False, False)
        assert data["lost"][0]["rule"] == "a/*/b/**"
        # It is told from a search that found nothing, with three requests that prove it.
        assert (data["unsayable"], data["lost"][0]["why"]) == (True, "unsayable")
        assert len({len(path) for path in data["lost"][0]["proof"]}) == 1
        assert "no document of any size can say it" in result.err

    def test_options_reach_the_document(self, cwsauth: Cwsauth) -> None:
        """The complement as an explicit deny; a limit that the document is over is an error, not an invalid policy."""
        routes = ["--route", "GET /a", "--route", "GET /b"]
        complement = json.loads(cwsauth("document", "--rule", "a", *routes, "--complement", "deny").out)
        assert {statement["Effect"] for statement in complement["Statement"]} == {"Allow", "Deny"}
        refused = cwsauth("document", "--rule", "a", "--limit", "10", "--inexact", "refuse")
        assert refused.code == 1
        assert "larger than 10 bytes" in refused.err


class TestEvaluate:
    @pytest.fixture
    def document(self, tmp_path: Path) -> str:
        statements: list[dict[str, Any]] = [
            {"Sid": "Read", "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{ARN}/GET/*"},
            {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": f"{ARN}/GET/admin/*"},
            {
                "Sid": "Office",
                "Effect": "Allow",
                "Action": "execute-api:Invoke",
                "Resource": f"{ARN}/PUT/*",
                "Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}},
            },
        ]
        path = tmp_path / "document.json"
        path.write_text(json.dumps({"Version": "2012-10-17", "Statement": statements}))
        return str(path)

    @pytest.mark.parametrize(
        ("call", "context", "code", "text"),
        [
            ("GET/product", [], 0, f"allowed: Statement[0] 'Read' allows '{ARN}/GET/*'"),
            ("GET/admin/x", [], 3, f"denied explicitly: Statement[1] denies '{ARN}/GET/admin/*'"),
            ("DELETE/x", [], 3, "denied: no statement allows this resource"),
            (
                "PUT/x",
                ["--context", "aws:SourceIp=203.0.113.7"],
                0,
                f"allowed: Statement[2] 'Office' allows '{ARN}/PUT/*'",
            ),
            (
                "PUT/x",
                ["--context", "aws:SourceIp=198.51.100.1"],
                3,
                "denied: Statement[2] 'Office' would allow it, but its condition IpAddress on aws:SourceIp is not met",
            ),
        ],
    )
    def test_names_the_deciding_statement(
        self, call: str, context: list[str], code: int, text: str, document: str, cwsauth: Cwsauth
    ) -> None:
        """In words, with the verdict as exit code."""
        result = cwsauth("evaluate", document, f"{ARN}/{call}", *context)
        assert (result.code, result.out.strip()) == (code, text)

    def test_json_and_whole_answers(self, document: str, cwsauth: Cwsauth, monkeypatch: pytest.MonkeyPatch) -> None:
        """The whole answer of an authorizer is taken too, also from a pipe."""
        answer = {"principalId": "user", "policyDocument": json.loads(Path(document).read_text())}
        monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(answer)))
        data = json.loads(cwsauth("evaluate", "-", f"{ARN}/GET/product", "--json").out)
        assert data["verdict"] == "allowed"
        assert (data["statement_index"], data["sid"], data["resource"]) == (0, "Read", f"{ARN}/GET/*")

    @pytest.mark.parametrize(
        ("text", "arguments", "error"),
        [
            ("[]", [], "invalid policy document: not a JSON object but a list"),
            ("{", [], "not JSON"),
            ('{"Statement": 1, "Statement": 2}', [], "the key 'Statement' stands twice"),
            ("{}", ["--context", "SourceIp=1"], "invalid condition key 'SourceIp'"),
        ],
    )
    def test_what_is_no_document(
        self, text: str, arguments: list[str], error: str, cwsauth: Cwsauth, shop: Path
    ) -> None:
        """Is an invalid configuration, not a denial."""
        (shop / "bad.json").write_text(text)
        result = cwsauth("evaluate", "bad.json", f"{ARN}/GET/x", *arguments)
        assert result.code == 4
        assert error in result.err


class TestTest:
    def test_a_table_that_holds(self, cwsauth: Cwsauth, shop: Path) -> None:
        """Counts, and exit code 0."""
        result = cwsauth("test", "policy.yaml")
        assert (result.code, result.out) == (0, "3 passed\n")

    def test_a_row_that_fails(self, cwsauth: Cwsauth, shop: Path) -> None:
        """Is named with its line, its role and what is the case; exit code 1."""
        (shop / "cases.yaml").write_text(
            "tests:\n"
            "  - {role: admin, request: GET /x, expect: allow}\n"
            "  - {role: editor, request: GET /admin/x, expect: allow, note: on call}\n"
        )
        result = cwsauth("test", "policy.yaml", "cases.yaml")
        assert result.code == 1
        (shop / "list.yaml").write_text("\n- {role: admin, request: GET /x, expect: deny}\n")
        assert cwsauth("test", "policy.yaml", "list.yaml").out.startswith("list.yaml:2: admin: GET /x: expected deny")
        assert result.out.splitlines() == [
            "cases.yaml:3: editor: GET /admin/x: expected allow, but it is denied because no rule matches (on call)",
            "4 passed, 1 failed",
        ]

    def test_json(self, cwsauth: Cwsauth, shop: Path) -> None:
        """Every row as data, with file and line."""
        data = json.loads(cwsauth("test", "policy.yaml", "--json").out)
        assert (data["passed"], data["failed"]) == (3, 0)
        assert data["tests"][0] == {
            "file": "policy.yaml",
            "line": SHOP.splitlines().index("tests:") + 2,
            "role": "customer",
            "request": "GET /product/1",
            "expect": "allow",
            "passed": True,
            "allowed": True,
            "rule": "GET product/{id}",
            "reason": "ALLOWED_BY_RULE",
            "problem": "",
            "note": "",
        }

    def test_only_some_roles(self, cwsauth: Cwsauth, shop: Path) -> None:
        """`--role` leaves the rows of that role."""
        assert cwsauth("test", "policy.yaml", "--role", "editor").out == "1 passed\n"

    def test_no_table_is_wrong_usage(self, cwsauth: Cwsauth, shop: Path) -> None:
        """Nothing to check must not look like a success."""
        result = cwsauth("test", "policy.yaml", "--role", "nobody")
        assert result.code == 2
        assert "there is no decision table" in result.err


def test_schema(cwsauth: Cwsauth) -> None:
    """The printed schema is one, and accepts a policy file."""
    schema = json.loads(cwsauth("schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(yaml.safe_load(SHOP), schema)
