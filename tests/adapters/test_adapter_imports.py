"""Importing one adapter imports no other, and none of the libraries that it works with."""

from __future__ import annotations

from pathlib import Path

import pytest

import cwsauth.adapters
from tests.architecture.test_imports import loaded

ADAPTERS = sorted(path.stem for path in Path(cwsauth.adapters.__path__[0]).glob("*.py") if path.stem != "__init__")
LIBRARIES = {
    *("aws_lambda_powertools", "chalice", "botocore", "boto3", "starlette", "fastapi", "mangum", "flask", "werkzeug"),
    *("apig_wsgi", "jwt", "cryptography", "pydantic", "wcmatch", "requests", "click", "yaml", "cedarpy", "casbin"),
}


@pytest.mark.parametrize("name", ADAPTERS)
def test_an_adapter_loads_no_other_and_no_library(name: str) -> None:
    """In a new interpreter, whatever is installed."""
    names = loaded(f"import cwsauth.adapters.{name}", before="")
    others = {f"cwsauth.adapters.{other}" for other in ADAPTERS if other != name}
    assert not names & others
    assert not {module.partition(".")[0] for module in names} & LIBRARIES


def test_protect_is_loaded_when_it_is_asked_for() -> None:
    """An authorizer does not pay for it."""
    assert "cwsauth.adapters.protect" not in loaded("import cwsauth")
    assert "cwsauth.adapters.protect" in loaded("from cwsauth import protect")


def test_a_guarded_handler_loads_little() -> None:
    """No dataclasses, typing, asyncio or inspect for a handler with a plain function."""
    code = """
from cwsauth import protect
@protect(lambda request: ["product/*"])
def handler(event, context):
    return {"statusCode": 200}
event = {"httpMethod": "GET", "path": "/product/1", "requestContext": {"elb": {}}, "headers": {}}
assert handler(event, None)["statusCode"] == 200
"""
    names = loaded(code)
    assert not names & {"dataclasses", "asyncio", "inspect", "typing", "wcmatch", "urllib.request", "http.client"}


@pytest.mark.parametrize("kind", ["websocket", "http.v1", "http.v2", "rest.request", "appsync", "iot"])
def test_an_event_loads_its_own_family_only(kind: str) -> None:
    """What comes in by one door does not pay for the others."""
    from tests.adapters.kinds import ONE_OF_EACH

    names = loaded(f"from cwsauth.events import decode\nrequest = decode({ONE_OF_EACH[kind]!r})\nrequest.token")
    families = {"http.v2": "http", "appsync": "appsync", "iot": "iot"}
    own = families.get(kind, "request")
    found = {name.rpartition(".")[2] for name in names if name.startswith("cwsauth.events.")}
    assert found - {"rest", "fields"} == {own}
    assert not names & {"dataclasses", "asyncio", "inspect", "typing"}
