"""The pytest plugin: fixtures, assertions, decision tables, and what a run without them pays."""

from __future__ import annotations

import subprocess
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from coworks_compat.pytest import assert_allowed, assert_denied, decision_table
from coworks_compat.pytest.client import ServiceClient

from .project import APP, environment, python
from .services import Simple

Gateway = Callable[..., ServiceClient]


class Guarded(Simple):
    def auth(self, auth_request: Any) -> Any:
        if auth_request.token == "broken":
            raise ValueError
        return ["content/*"] if auth_request.token == "user" else auth_request.token == "admin"


def test_assertions_pass(gateway: Gateway) -> None:
    """They return the answer."""
    client = gateway(Guarded(), ttl=0)
    assert assert_allowed(client, "GET /content/3", token="user").text == "get content with 3"
    assert assert_allowed(client, "GET /one?wrong=1", token="admin").status == 400
    assert_denied(client, "GET /", token="user")
    assert_denied(client, "GET /", token="user", status=403)
    assert_denied(client, "GET /", status=401)


def test_assertions_fail_with_the_reason(gateway: Gateway) -> None:
    """Which statement decided, why it was refused; an unknown route and a failure are no denial."""
    client = gateway(Guarded(), ttl=0)
    with pytest.raises(AssertionError, match=r"GET / should be allowed, and is not: 403, "):
        assert_allowed(client, "GET /", token="user")
    with pytest.raises(AssertionError, match="GET / should be denied, and is allowed: "):
        assert_denied(client, "GET /", token="admin")
    with pytest.raises(AssertionError, match="should be denied with 401, and gave 403"):
        assert_denied(client, "GET /", token="user", status=401)
    for call, token in (("GET /unknown", "admin"), ("GET /", "broken")):
        with pytest.raises(AssertionError, match="should be denied by auth, and gave"):
            assert_denied(client, call, token=token)
    with pytest.raises(AssertionError, match="no route has this path"):
        assert_allowed(client, "GET /unknown", token="admin")
    with pytest.raises(ValueError, match="invalid call 'content'"):
        assert_allowed(client, "content")


@pytest.mark.parametrize(
    "decision",
    decision_table("""
        # token | call           | decision
        admin   | GET /          | allow
        user    | GET /content/3 | allow
        user    | GET /          | deny
        other   | GET /          | 403
        -       | GET /          | 401
        $CWS_TEST_TOKEN | GET /content/3 | allow
    """),
)
def test_a_table_is_parameters(gateway: Gateway, monkeypatch: pytest.MonkeyPatch, decision: Any) -> None:
    """Each line is a test; `-` is no token, `$NAME` a variable."""
    monkeypatch.setenv("CWS_TEST_TOKEN", "user")
    decision.check(gateway(Guarded(), ttl=0))


def test_the_names_of_a_table_hold_no_token() -> None:
    """They stand in logs."""
    names = [str(case.id) for case in decision_table("canary | GET / | allow\n$NAME | GET / | deny")]
    assert names == ["token1 GET / allow", "$NAME GET / deny"]


@pytest.mark.parametrize("text", ["", "admin GET / allow", "admin | GET / | maybe", "| GET / | allow"])
def test_a_wrong_table_is_an_error(text: str) -> None:
    """It names the line."""
    with pytest.raises(ValueError, match="decision table"):
        decision_table(text)


def test_loading_the_plugin_imports_nothing_of_chalice() -> None:
    """Every pytest run of an environment loads it: no Chalice, werkzeug, pydantic, nor anything of cwsauth."""
    code = "import pytest, sys; import coworks_compat.pytest.plugin; print(*sorted(sys.modules))"
    done = subprocess.run(
        [python(), "-c", code], env=environment(), capture_output=True, text=True, timeout=30, check=True
    )
    loaded = {name.partition(".")[0] for name in done.stdout.split()}
    assert not loaded & {"chalice", "werkzeug", "pydantic", "click", "boto3", "cwsauth", "wcmatch"}


@pytest.mark.slow
def test_a_project_uses_the_plugin(tmp_path: Path) -> None:
    """The fixtures are there without a conftest, once the plugin is loaded."""
    (tmp_path / "app.py").write_text(APP)
    (tmp_path / "test_app.py").write_text(
        textwrap.dedent("""
        import requests

        from app import app


        def test_with_both(gateway, local_server_factory, monkeypatch):
            monkeypatch.setenv("USER_TOKEN", "user")
            assert gateway(app).get("/product/1", token="user").status == 200
            server = local_server_factory(app)
            assert server.make_call(requests.get, "/health").text == "up"
        """)
    )
    done = subprocess.run(
        [python(), "-m", "pytest", "-q", "-p", "coworks_compat.pytest.plugin", "-p", "no:cacheprovider", "."],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
