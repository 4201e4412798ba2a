"""What is counted of an authorizer, and what it may come to: `costs.json`, one list for each Python.

    python -m tests.architecture.costs           # what it costs now, beside what is recorded
    python -m tests.architecture.costs --where "decision, 10 rules"   # the functions that its instructions are in
    python -m tests.architecture.costs --renew   # records it, for every Python that `.ci/pythons` finds

A figure may exceed what is recorded by `SLACK`. It was chosen so that releases of one Python version, whose standard library
differs a little, fit in, and one needless call, loop or module on a path as short as these does not: the shortest, a TOKEN
event with a known policy, has some hundred instructions. What is recorded is what the code took when it was last renewed, no
goal and no promise; renew after an optimisation, or the gain can be lost unseen, and after a change that is worth its cost, and
say so in the commit.

With public keys, what is counted is what comes on top of cryptography: something that does nothing stands for it. What
cryptography costs itself differs from release to release, and is nobody's change here.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import cwsauth
from benchmarks.samples import FUNCTION, KEY_JWT, SECRET_JWT, STATIC, TABLE
from tests.architecture.counter import CLIENT

ROOT = Path(__file__).parents[2]
RECORDED = Path(__file__).with_name("costs.json")
SLACK = {"instructions": 1.02, "C calls": 1.02, "modules": 1.0, "code, bytes": 1.02, "held, KB": 1.05}
RENEW = "python -m tests.architecture.costs --renew"


class Work(NamedTuple):
    """What is counted: `code`, `times` over, after `before`."""

    code: str
    before: str = ""
    times: int = 1
    memory: bool = False


TOKEN = """
import logging
logging.getLogger("cwsauth").setLevel(logging.ERROR)
from itertools import count
from cwsauth import Policy, authorizer
policy = Policy.of([f"GET product/r{number}" for number in range(10)])
known = tuple(rule.text for rule in policy.rules)
@authorizer
def by_policy(request):
    return policy if request.token else False
@authorizer
def by_list(request):
    return list(known) if request.token else False
@authorizer
def by_header(request):
    return policy if request.headers.get("authorization") else False
numbers = count()
def event():
    number = next(numbers)
    return {"type": "TOKEN", "authorizationToken": f"Bearer t{number}",
            "methodArn": f"arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/{number}"}
def request():
    made = event()
    headers = {"Host": "abc123.example", "Authorization": made.pop("authorizationToken"), "Accept": "*/*"}
    return made | {"type": "REQUEST", "resource": "/product/{id}", "path": "/product/1", "httpMethod": "GET",
        "headers": headers, "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": {}, "multiValueQueryStringParameters": {}, "pathParameters": {"id": "1"},
        "stageVariables": {}, "requestContext": {"stage": "dev", "resourcePath": "/product/{id}", "httpMethod": "GET",
        "apiId": "abc123", "accountId": "123456789012", "identity": {"sourceIp": "203.0.113.7"}}}
for handler in (by_policy, by_list):
    handler(event(), None)
by_header(request(), None)
events, requests = [event() for _ in range(100)], [request() for _ in range(100)]
"""
# Stands for cryptography: the names that are used, and no work. PyJWT may not be asked.
CRYPTOGRAPHY = """
import binascii, sys, threading, time
from types import ModuleType
class Made:
    key_size = 2048
    def __init__(self, *given):
        pass
    def verify(self, *given):
        pass
primitives = "cryptography.hazmat.primitives"
for name, members in {
    "cryptography": {}, "cryptography.exceptions": {"InvalidSignature": KeyError, "UnsupportedAlgorithm": KeyError}, "cryptography.hazmat": {}, primitives: {},
    f"{primitives}.hashes": dict.fromkeys(("SHA256", "SHA384", "SHA512"), Made),
    f"{primitives}.serialization": {"load_pem_public_key": Made}, f"{primitives}.asymmetric": {},
    f"{primitives}.asymmetric.padding": {"PKCS1v15": Made}, f"{primitives}.asymmetric.rsa": {"RSAPublicKey": Made},
}.items():
    sys.modules[name] = made = ModuleType(name)
    vars(made).update(members)
    package, _, last = name.rpartition(".")
    if package:
        setattr(sys.modules[package], last, made)
sys.modules["jwt"] = None
"""
VERIFIED = """
import base64, hmac, json, time
from cwsauth import AuthRequest
from cwsauth.tokens import JWT
verifier = JWT(issuer="https://i.example", audience="a", algorithms="HS256", secret=b"x" * 32)
def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")
def request(number):
    claims = {"iss": "https://i.example", "aud": "a", "sub": f"user-{number:03}", "exp": int(time.time()) + 3600}
    signed = part(json.dumps({"alg": "HS256", "kid": "1"}).encode()) + b"." + part(json.dumps(claims).encode())
    return AuthRequest(token=(signed + b"." + part(hmac.digest(b"x" * 32, signed, "sha256"))).decode())
requests = [request(number) for number in range(101)]
verifier.verify(requests.pop())
"""
RULES = """
import sys
sys.path.insert(0, {root!r})
from benchmarks.workload import case, texts
from cwsauth import Policy
patterns, asked = case({size})
rules = texts(patterns)
allows = Policy.of(rules).allows
paths = [path.encode().decode() for path, _ in asked]
assert all(allows("GET", path) is hit for path, hit in asked)
"""
DOCUMENT = """
from cwsauth import Policy, RouteTable
routes = [f"{verb} /resource{number}{end}" for number in range(10)
          for verb, end in (("GET", ""), ("POST", ""), ("GET", "/{id}"), ("PUT", "/{id}"), ("DELETE", "/{id}"))]
table = RouteTable.of(routes)
arn = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/"
Policy.of(["GET resource0", "resource1/**", "!resource2"], routes=table).document(arn)  # loads what documents need
"""
FIRST = """
document = Policy.of(RULES, routes=table).document(arn)
assert document.exact
"""
WORKS = {
    "import: a function": Work(FUNCTION),
    "import: static tokens": Work(STATIC),
    "import: routes and ten rules": Work(TABLE),
    "import: JWT, a secret": Work(SECRET_JWT),
    "import: JWT, a public key": Work(KEY_JWT, CRYPTOGRAPHY),
    "a token of HS256, verified": Work("verifier.verify(requests.pop())", VERIFIED, 100),
    "TOKEN event, policy seen before": Work("by_policy(events.pop(), None)", TOKEN, 100),
    "TOKEN event, list seen before": Work("by_list(events.pop(), None)", TOKEN, 100),
    "REQUEST event, policy seen before": Work("by_header(requests.pop(), None)", TOKEN, 100),
    "decision, 10 rules": Work('allows("GET", paths.pop())', RULES.format(root=str(ROOT), size=10), 1000),
    "decision, 1000 rules": Work('allows("GET", paths.pop())', RULES.format(root=str(ROOT), size=1000), 1000),
    "build of 1000 rules": Work(
        "policy = Policy.of(rules); policy.allows('GET', '/')", RULES.format(root=str(ROOT), size=1000), memory=True
    ),
    "document, a third of 50 routes by name": Work(FIRST.replace("RULES", "routes[:16]"), DOCUMENT),
    "document, everything that reads": Work(FIRST.replace("RULES", "['GET **']"), DOCUMENT),
}


def figures(work: Work, python: str = sys.executable, *, where: bool = False) -> dict[str, float]:
    """What a piece of work costs in a new interpreter; with `where`, the instructions of each function.

    Without `site`, whose `.pth` files may install finders of modules that are counted with the imports.
    """
    run = subprocess.run(
        [python, "-s", "-S", str(Path(__file__).with_name("counter.py")), str(Path(cwsauth.__path__[0]).parent)],
        input=json.dumps(work._asdict() | {"client": CLIENT, "where": where}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    assert run.returncode == 0, run.stderr
    found: dict[str, float] = json.loads(run.stdout)
    return found


def recorded(version: str) -> dict[str, dict[str, float]]:
    """What is recorded for a Python such as 3.11; empty if it is not known."""
    known: dict[str, dict[str, dict[str, float]]] = json.loads(RECORDED.read_text(encoding="utf-8"))
    return known.get(version, {})


def exceeded(found: dict[str, float], limits: dict[str, float]) -> list[str]:
    """What is more than recorded, one line each."""
    return [
        f"{name}: {value:,} where {limits[name]:,} are recorded ({value / limits[name] - 1:+.1%})"
        if name in limits
        else f"{name}: {value:,} where none are recorded"
        for name, value in found.items()
        if value > limits.get(name, 0) * SLACK[name]
    ]


def _interpreters() -> dict[str, str]:
    run = subprocess.run(["sh", str(ROOT / ".ci" / "pythons")], capture_output=True, text=True, check=True)
    return dict(line.split(" ", 1) for line in run.stdout.splitlines())


def main() -> None:
    """Prints the costs, or records them."""
    parser = argparse.ArgumentParser(description="What an authorizer costs, in counts.")
    parser.add_argument("--renew", action="store_true", help="record them, for every Python of this machine")
    parser.add_argument("--where", metavar="WORK", choices=WORKS, help="the instructions of one of them, by function")
    options = parser.parse_args()
    if options.where:
        for name, value in list(figures(WORKS[options.where], where=True).items())[:40]:
            print(f"{value:12,.1f}  {name}")
        return
    renew = options.renew
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    known: dict[str, object] = json.loads(RECORDED.read_text(encoding="utf-8")) if RECORDED.exists() else {}
    for version, python in (_interpreters() if renew else {here: sys.executable}).items():
        before = recorded(version) if RECORDED.exists() else {}
        known[version] = made = {name: figures(work, python) for name, work in WORKS.items()}
        for name, found in made.items():
            told = [
                f"{what} {value:,}" + (f" ({value / old - 1:+.1%})" if old else "")
                for what, value in found.items()
                for old in [before.get(name, {}).get(what)]
            ]
            print(f"{version}  {name}: {', '.join(told)}", flush=True)
    if renew:
        RECORDED.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
