"""What an authorizer costs when a Lambda starts: the modules that it loads, in a fresh interpreter."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import cwsauth
from cwsauth import authorizer
from cwsauth.cli.compiling import compile_plans

# The standard library as Lambda's runtime client has loaded it before the function is imported
# (awslambdaric 4.2.2, imports of bootstrap.py and of what that imports).
CLIENT = "import decimal, importlib, json, logging, math, os, sys, time, traceback, warnings"

# What an authorizer with static tokens may add to it, beside modules of cwsauth itself.
ALLOWED = {"__future__", "hmac", "hashlib", "_hashlib", "_blake2", "_sha1", "_sha2", "_sha3", "_md5"}

EVENT = {
    "type": "TOKEN",
    "authorizationToken": "none",
    "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1",
}


def loaded(code: str, *, before: str = CLIENT) -> set[str]:
    """The modules that `code` loads in a new interpreter that has run `before`."""
    script = f"""
import sys
sys.path.insert(0, {str(Path(cwsauth.__path__[0]).parent)!r})
{before}
before = set(sys.modules)
{code}
import json
print("\\n" + json.dumps(sorted(set(sys.modules) - before)))
"""
    run = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    return set(json.loads(run.stdout.splitlines()[-1]))


def foreign(names: set[str]) -> set[str]:
    """The names that are neither ours nor on the allow-list."""
    return {name for name in names if name.partition(".")[0] != "cwsauth"} - ALLOWED


AUTHORIZER = """
from cwsauth import authorizer, secret_equals
@authorizer(routes=["GET /product/{id}"])
def auth(auth_request):
    return ["product/*", "!product/internal"] if secret_equals(auth_request.token, "x") else False
"""


def test_a_static_token_authorizer_loads_only_what_is_allowed() -> None:
    """No third-party module, no dataclasses, typing, inspect or asyncio: nothing that is not on the allow-list."""
    names = loaded(AUTHORIZER)
    assert foreign(names) == set()
    assert {"cwsauth.authorizer", "cwsauth.secret"} <= names
    assert not {name for name in names if re.match(r"cwsauth\.(adapters|cli|gateway|tokens)\b", name)}


def test_the_first_call_loads_nothing_foreign_either() -> None:
    """The whole way of a TOKEN event, from decoding to the document, stays on the allow-list."""
    assert foreign(loaded(f"{AUTHORIZER}\nauth({EVENT!r}, None)")) == set()


def test_compiled_plans_cost_those_who_have_them(tmp_path: Path) -> None:
    """Without `compiled=` nothing of it is loaded; with it, no OpenSSL (`hashlib`) and no `pathlib`, and no search at all."""
    assert "cwsauth.compiled" not in loaded(f"{AUTHORIZER}\nauth({EVENT!r}, None)")
    code = AUTHORIZER.replace("@authorizer(", f"@authorizer(compiled={str(tmp_path / 'auth.json')!r}, ")
    assert code != AUTHORIZER
    handler = authorizer(lambda request: None, routes=["GET /product/{id}"])
    data = compile_plans(handler, {"rules": ["product/*", "!product/internal"]}).data
    (tmp_path / "auth.json").write_text(json.dumps(data))
    code = code.replace('secret_equals(auth_request.token, "x")', "True")
    names = loaded(f"{code}\nauth({EVENT!r}, None)")
    assert names & {"_hashlib", "hashlib", "pathlib", "cwsauth.policy.planning", "cwsauth.policy.cover"} == set()
    assert {name for name in foreign(names) if not name.startswith("_sha")} == set()


@pytest.mark.parametrize(
    "name",
    [
        "dataclasses",
        "typing",
        "inspect",
        "asyncio",
        "fnmatch",
        "wcmatch",
        "pydantic",
        "boto3",
        "werkzeug",
        "chalice",
        "aws_lambda_powertools",
        "jwt",
        "click",
    ],
)
def test_a_costly_module_is_not_loaded(name: str) -> None:
    """Not by the authorizer, and not hidden in the interpreter that the comparison starts from."""
    assert name not in loaded(f"{AUTHORIZER}\nauth({EVENT!r}, None)", before="")


def test_wcmatch_is_loaded_by_a_glob_inside_a_segment_only() -> None:
    """`*`, `**` and `{name}` as whole segments are ours; `rep?rt-*` is wcmatch's."""
    rules = "from cwsauth import Policy\nPolicy.of({!r}).allows('GET', '/a')"
    assert not any(name.startswith("wcmatch") for name in loaded(rules.format(["a/*", "b/**", "c/{id}", "d", "*"])))
    assert any(name.startswith("wcmatch") for name in loaded(rules.format(["rep?rt-*"])))


def test_the_real_runtime_client_loads_what_the_baseline_says() -> None:
    """The baseline of these tests takes nothing for granted that the client does not load itself."""
    pytest.importorskip("awslambdaric", reason="the runtime client is made for Linux")
    assert loaded(CLIENT, before="") - loaded("import awslambdaric.bootstrap", before="") == set()
