"""What does an authorizer cost when a Lambda starts? Fresh interpreters, after the imports of Lambda's runtime client.

    python -m benchmarks.cold_start [--runs 25] [--modules]

Each case runs in processes of its own, in turn with the others; the time is that of the code alone, in CPU milliseconds, with
`.pyc` files there. `--modules` adds what each module of the first case takes by itself.
"""

from __future__ import annotations

import argparse
import atexit
import importlib.util
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from benchmarks.measure import Case, Report, spread

ROOT = str(Path(__file__).parents[1])
CLIENT = "import decimal, importlib, json, logging, math, os, sys, time, traceback, warnings"
STATIC = """
import os
os.environ["USER_TOKEN"] = "u"
from cwsauth import authorizer
from cwsauth.tokens import StaticTokens
auth = authorizer(StaticTokens({"USER_TOKEN": ["product/*"]}))
"""
PLAIN = """
from cwsauth import authorizer, secret_equals
@authorizer
def auth(request):
    return ["product/*"] if secret_equals(request.token, "x") else False
"""
TABLE = """
from cwsauth import Policy, authorizer, secret_equals
RULES = Policy.of(["GET product", "GET product/*", "product/*/review", "PUT cart/{id}", "GET cart/{id}",
                   "order/**", "!order/internal", "GET,POST note", "tag/{id}", "health"])
@authorizer(routes=["GET /product", "GET,PUT /product/{id}", "ANY /product/{id}/review", "GET,PUT /cart/{id}",
                    "ANY /order/{proxy+}", "GET,POST /note", "ANY /tag/{id}", "GET /health"])
def auth(request):
    return RULES if secret_equals(request.token, "x") else False
"""
JWT = """
from cwsauth import authorizer
from cwsauth.tokens import JWT
auth = authorizer(JWT(issuer="https://i.example", audience="a", algorithms=["HS256"], secret=b"x" * 32, grant=True))
"""
PYJWT = "import jwt\nfrom cryptography.hazmat.primitives.asymmetric import rsa, ec, ed25519"
CASES = {
    "nothing": ("", None),
    "cwsauth, a function": (PLAIN, None),
    "cwsauth, static tokens": (STATIC, None),
    "cwsauth, routes and ten rules": (TABLE, None),
    "cwsauth, JWT": (JWT, "jwt"),
    "PyJWT and cryptography alone": (PYJWT, "jwt"),
    "cwsauth, JWT, after PyJWT and cryptography": (JWT, "jwt"),
    "chalice.app": ("import chalice.app", "chalice"),
    "Powertools, authorizer classes": (
        "from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import ("
        "APIGatewayAuthorizerTokenEvent, APIGatewayAuthorizerResponse)",
        "aws_lambda_powertools",
    ),
    "wcmatch.glob": ("import wcmatch.glob", "wcmatch"),
}
BEFORE = {"cwsauth, JWT, after PyJWT and cryptography": PYJWT}
BUDGET = {
    "cwsauth, a function": 3.0,
    "cwsauth, static tokens": 3.0,
    "cwsauth, routes and ten rules": 4.0,
    **dict.fromkeys(BEFORE, 3.0),
}


@cache
def environment() -> dict[str, str]:
    """The variables of the interpreters: `.pyc` files are written, to a place of their own."""
    folder = tempfile.mkdtemp(prefix="cwsauth-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPYCACHEPREFIX": folder}


def once(code: str, before: str = "") -> float:
    """CPU milliseconds of `code` in a new interpreter that has run the imports of the runtime client, and `before`."""
    script = f"""
{CLIENT}
{before}
sys.path.insert(0, {ROOT!r})
code = compile({code!r}, "case", "exec")
start = time.process_time_ns()
exec(code, {{"__name__": "case"}})
print(time.process_time_ns() - start)
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60, env=environment()
    )
    return int(run.stdout) / 1e6


def modules(code: str) -> list[tuple[str, float]]:
    """Modules that `code` imports and the milliseconds of each by itself, median of five, most costly first."""
    found: dict[str, list[float]] = {}
    for _ in range(5):
        script = f"{CLIENT}\nsys.path.insert(0, {ROOT!r})\nsys.stderr.write('import time: begin\\n')\n{code}"
        run = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", script],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
            env=environment(),
        )
        for line in run.stderr.partition("import time: begin\n")[2].splitlines():
            own, _, name = line.removeprefix("import time:").split("|")
            found.setdefault(name.strip(), []).append(int(own) / 1000)
    return sorted(((name, statistics.median(own)) for name, own in found.items()), key=lambda pair: -pair[1])


def measure(runs: int) -> Report:
    """Every case that this machine has the packages for."""
    cases = {name: case for name, case in CASES.items() if case[1] is None or importlib.util.find_spec(case[1])}
    times: dict[str, list[float]] = {name: [] for name in cases}
    for code, _ in cases.values():
        once(code)  # writes the .pyc files
    for _ in range(runs):
        for name, (code, _) in cases.items():
            times[name].append(once(code, BEFORE.get(name, "")))
    report = Report("cold start", "CPU ms after the imports of Lambda's runtime client", ["median", "spread", "budget"])
    for name, taken in times.items():
        middle, width = spread(taken)
        report.rows.append(
            Case(name, [f"{middle:.1f}", f"± {width:.1f}", f"{BUDGET[name]:.0f}" if name in BUDGET else ""])
        )
        report.values[name] = {"": middle}
    report.missing = [name for name in CASES if name not in cases]
    return report


def main() -> None:
    """Prints the report."""
    parser = argparse.ArgumentParser(description="What does an authorizer cost when a Lambda starts?")
    parser.add_argument("--runs", type=int, default=25)
    parser.add_argument("--modules", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    report = measure(options.runs)
    print(json.dumps(report.values) if options.json else report.text())
    if options.modules:
        for name, own in modules(STATIC):
            print(f"{own:8.2f} ms  {name}")


if __name__ == "__main__":
    main()
