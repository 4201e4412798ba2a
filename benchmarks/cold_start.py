"""What does an authorizer cost when a Lambda starts? Fresh interpreters, after the imports of Lambda's runtime client.

    python -m benchmarks.cold_start [--runs 25] [--modules] [--full]

Each case runs in processes of its own, in turn with the others, so pyperf's loops have no place here; the time is that of the
code alone, in CPU milliseconds, with `.pyc` files there. What the client has loaded is taken twice: as the modules of the
standard library that all its versions load (the stricter one), and as what the installed `awslambdaric` loads.
`--modules` prints what each module takes by itself.
"""

from __future__ import annotations

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
from typing import NamedTuple

from benchmarks.measure import Case, Report, finish, options, spread
from benchmarks.samples import FUNCTION, JWKS_JWT, KEY_JWT, SECRET_JWT, STATIC, TABLE

ROOT = str(Path(__file__).parents[1])
CLIENT = "import decimal, importlib, json, logging, math, os, sys, time, traceback, warnings"
REAL_CLIENT = f"{CLIENT}\nimport awslambdaric.bootstrap"
# What `cwsauth compile` is measured against: the same policy read from YAML when the function starts.
FROM_FILE = """
import os
os.environ["USER_TOKEN"] = "x"
from cwsauth.from_file import authorizer_from_file
auth = authorizer_from_file(os.environ["POLICY_FILE"])
"""
POLICY_FILE = """
routes: ["GET /product", "GET,PUT /product/{id}", "ANY /product/{id}/review", "GET,PUT /cart/{id}",
         "ANY /order/{proxy+}", "GET,POST /note", "ANY /tag/{id}", "GET /health"]
roles:
  user: ["GET product", "GET product/*", "product/*/review", "PUT cart/{id}", "GET cart/{id}",
         "order/**", "!order/internal", "GET,POST note", "tag/{id}", "health"]
tokens:
  USER_TOKEN: user
"""
ALONE = "PyJWT and cryptography alone"
# What it takes by hand to be able to verify: PyJWT, and the key parsed once.
BY_HAND = f"""
import jwt
from cryptography.hazmat.primitives.serialization import load_pem_public_key
{KEY_JWT[KEY_JWT.index("KEY =") : KEY_JWT.index("auth =")]}
key = load_pem_public_key(KEY.encode())
"""
CASES = {
    "nothing": ("", None),
    "cwsauth, a function": (FUNCTION, None),
    "cwsauth, static tokens": (STATIC, None),
    "cwsauth, routes and ten rules": (TABLE, None),
    "cwsauth, the same from a policy file": (FROM_FILE, "yaml"),
    "cwsauth, JWT": (SECRET_JWT, None),
    "cwsauth, JWT with a public key": (KEY_JWT, "cryptography"),
    "cwsauth, JWT with keys at an address": (JWKS_JWT, "cryptography"),
    "PyJWT with a public key": (BY_HAND, "jwt"),
    ALONE: ("import jwt\nfrom cryptography.hazmat.primitives.asymmetric import rsa, ec, ed25519", "jwt"),
    "chalice.app": ("import chalice.app", "chalice"),
    "Powertools, authorizer classes": (
        "from aws_lambda_powertools.utilities.data_classes.api_gateway_authorizer_event import ("
        "APIGatewayAuthorizerTokenEvent, APIGatewayAuthorizerResponse)",
        "aws_lambda_powertools",
    ),
    "wcmatch.glob": ("import wcmatch.glob", "wcmatch"),
}
BUDGET = {"cwsauth, a function": 3.0, "cwsauth, static tokens": 3.0, "cwsauth, routes and ten rules": 4.0}
# What a case with JWT may cost, in ms beyond what PyJWT and cryptography do.
OVER_PYJWT = 3.0
BESIDE = {
    "cwsauth, JWT": ALONE,
    "cwsauth, JWT with a public key": "PyJWT with a public key",
    "cwsauth, JWT with keys at an address": ALONE,
}
REPORTED = ("cwsauth, static tokens", "cwsauth, routes and ten rules", "cwsauth, JWT", "cwsauth, JWT with a public key")
EVENT = {
    "type": "TOKEN",
    "authorizationToken": "x",
    "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1",
}


class Start(NamedTuple):
    """One start: CPU milliseconds of the code and of the first event, modules loaded."""

    code: float
    event: float
    modules: int


@cache
def environment() -> dict[str, str]:
    """The variables of the interpreters: `.pyc` files are written, to a place of their own."""
    folder = tempfile.mkdtemp(prefix="cwsauth-bench-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    policy = Path(folder, "policy.yaml")
    policy.write_text(POLICY_FILE, encoding="utf-8")
    return {**kept, "PYTHONPYCACHEPREFIX": folder, "POLICY_FILE": str(policy)}


def once(code: str, client: str = CLIENT) -> Start:
    """`code` in a new interpreter that has run the imports of the runtime client."""
    script = f"""
{client}
logging.getLogger("cwsauth").setLevel(logging.CRITICAL)
sys.path.insert(0, {ROOT!r})
code = compile({code!r}, "case", "exec")
names = {{"__name__": "case"}}
before = len(sys.modules)
start = time.process_time_ns()
exec(code, names)
taken = time.process_time_ns() - start
modules = len(sys.modules) - before
event = {EVENT!r}
start = time.process_time_ns()
try:
    if "auth" in names:
        names["auth"](event, None)
except Exception as error:  # a JWT that is none is a 401
    assert str(error) == "Unauthorized"
print(taken, time.process_time_ns() - start, modules)
"""
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60, env=environment()
    )
    taken, event, modules = map(int, run.stdout.split())
    return Start(taken / 1e6, event / 1e6, modules)


def modules(code: str, runs: int = 9) -> list[tuple[str, float]]:
    """Modules that `code` imports and the milliseconds of each by itself, the least of the runs, most costly first."""
    found: dict[str, list[float]] = {}
    for _ in range(runs):
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
    return sorted(((name, min(own)) for name, own in found.items()), key=lambda pair: -pair[1])


def measure(runs: int) -> Report:
    """Every case that this machine has the packages for."""
    cases = {name: code for name, (code, needs) in CASES.items() if needs is None or importlib.util.find_spec(needs)}
    real = {name for name in cases if name.startswith("cwsauth")} if importlib.util.find_spec("awslambdaric") else set()
    taken: dict[str, list[Start]] = {name: [] for name in cases}
    after: dict[str, list[float]] = {name: [] for name in real}
    for code in cases.values():
        once(code)  # writes the .pyc files
    for _ in range(runs):
        for name, code in cases.items():
            taken[name].append(once(code))
            if name in real:
                after[name].append(once(code, REAL_CLIENT).code)
    columns = ["median", "spread", "least", "budget", "after awslambdaric", "first event", "modules"]
    report = Report(
        "cold start", f"CPU ms after the imports of Lambda's runtime client, {runs} new processes each", columns
    )
    report.values = {name: {"": min(start.code for start in starts)} for name, starts in taken.items()}
    for name, starts in taken.items():
        middle, width = spread([start.code for start in starts])
        budget = BUDGET.get(name)
        if BESIDE.get(name) in taken:
            budget = statistics.median(start.code for start in taken[BESIDE[name]]) + OVER_PYJWT
        first = statistics.median(start.event for start in starts)
        cells = [
            f"{middle:.1f}",
            f"± {width:.1f}",
            f"{min(start.code for start in starts):.1f}",
            "" if budget is None else f"{budget:.1f}",
            f"{statistics.median(after[name]):.1f}" if name in after else "",
            f"{first:.2f}" if name.startswith("cwsauth") else "",
            str(starts[0].modules),
        ]
        report.rows.append(Case(name, cells))
    report.missing = [name for name in CASES if name not in cases]
    report.notes = ["first event: what the first answer takes after that; modules: how many were loaded by the code"]
    report.more = [by_module(name, cases[name], max(5, runs // 2)) for name in REPORTED if name in cases]
    return report


def by_module(name: str, code: str, runs: int) -> Report:
    """What each module takes by itself, by `-X importtime`, which makes everything slower: take the proportions."""
    found = modules(code, runs)
    shown = found[:12]
    report = Report(f"cold start by module: {name}", "ms of each module by itself", ["ms", "part"])
    whole = sum(own for _, own in found) or 1
    report.rows = [Case(f"`{module}`", [f"{own:.2f}", f"{own / whole:.0%}"]) for module, own in shown]
    rest = sum(own for _, own in found[len(shown) :])
    report.rows.append(Case(f"{len(found) - len(shown)} more", [f"{rest:.2f}", f"{rest / whole:.0%}"]))
    return report


def main() -> None:
    """Prints the report."""
    parser = options(__doc__)
    parser.add_argument("--runs", type=int, help="processes for each case")
    parser.add_argument(
        "--modules", metavar="CASE", nargs="?", const=REPORTED[0], help="each module of a case, and stop"
    )
    parser.add_argument("--json", action="store_true", help="the least values as JSON")
    given = parser.parse_args()
    if given.modules:
        for name, own in modules(CASES[given.modules][0]):
            print(f"{own:8.2f} ms  {name}")
        return
    report = measure(given.runs or (51 if given.full else 11))
    if given.json:
        print(json.dumps(report.values))
        return
    finish(report, given.report)


if __name__ == "__main__":
    main()
