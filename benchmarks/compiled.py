"""What does the first answer of a Lambda cost with plans that `cwsauth compile` made, and without? Fresh interpreters.

    python -m benchmarks.compiled [--runs 15] [--full]

Each case is a policy over a table of some 60 routes; the time is that of the import of the authorizer and of its first answer,
in CPU milliseconds, in a process that has run the imports of Lambda's runtime client, with `.pyc` files there. Checked first:
both answers are the same bytes, and the file was used.
"""

from __future__ import annotations

import json
import logging
import tempfile
from pathlib import Path

from benchmarks.cold_start import once
from benchmarks.measure import Case, Report, finish, options, spread
from cwsauth import Policy, authorizer
from cwsauth.cli.compiling import compile_plans
from cwsauth.compiled import Plans

NAMES = ["product", "order", "user", "team", "cart", "invoice", "note", "tag", "image", "stock"]
ROUTES = [
    route
    for name in NAMES
    for route in (
        f"GET,POST /{name}",
        f"GET,PUT,DELETE /{name}/{{id}}",
        f"GET /{name}/{{id}}/review",
        f"GET,PUT /{name}/{{id}}/review/{{rid}}",
        f"ANY /{name}/{{id}}/file/{{proxy+}}",
        f"GET /{name}/search",
    )
]
CASES = {
    "one rule": ["GET product/*"],
    "ten rules, whole segments": [f"GET {name}/*" for name in NAMES],
    "`*/*/review/**` and denies": ["*/*/review/**", "GET */*", "!order/*/review/*", "!*/search"],
    "globs inside segments": ["GET */*/rev?ew/**", "GET,PUT [a-o]*/*/file/**", "!*/*/file/*.exe", "!user/admin-*/**"],
    "one deny for all": ["**", "!*/*/file/**/secret/*", "!*/search", "!team/*/review"],
}
EVENT = {
    "type": "TOKEN",
    "authorizationToken": "x",
    "methodArn": "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1",
}


def code(rules: list[str], file: str | None) -> str:
    """A Lambda that is started and asked once."""
    return f"""
from cwsauth import authorizer
@authorizer(routes={ROUTES!r}, compiled={file!r})
def auth(request):
    return {rules!r}
auth({EVENT!r}, None)
"""


def check(rules: list[str], file: str) -> None:
    """Writes the file. The answers are the same, and the plan is found."""
    data = compile_plans(authorizer(lambda request: rules, routes=ROUTES), {"rules": rules}).data
    Path(file).write_text(json.dumps(data), encoding="utf-8")
    answers = [
        json.dumps(authorizer(lambda request: rules, routes=ROUTES, compiled=given)(EVENT)) for given in (file, None)
    ]
    assert answers[0] == answers[1]
    assert Plans.of(file, None).find(Policy.of(rules, routes=ROUTES), None) is not None


def measure(runs: int) -> Report:
    """Every case, in turn."""
    report = Report(
        "compiled policies",
        f"CPU ms of the import and the first answer, {len(ROUTES)} routes",
        ["without", "with", "without ÷ with"],
    )
    logging.getLogger("cwsauth").setLevel(logging.ERROR)  # that a document is narrowed is no news here
    with tempfile.TemporaryDirectory() as folder:
        files = {name: f"{folder}/{place}.json" for place, name in enumerate(CASES)}
        for name, rules in CASES.items():
            check(rules, files[name])
            for file in (files[name], None):
                once(code(rules, file))  # writes the .pyc files
        taken: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in CASES}
        for _ in range(runs):
            for name, rules in CASES.items():
                for times, file in zip(taken[name], (None, files[name]), strict=True):
                    times.append(once(code(rules, file)).code)
    for name, (without, with_file) in taken.items():
        (before, before_spread), (after, after_spread) = spread(without), spread(with_file)
        cells = [f"{before:.1f} ± {before_spread:.1f}", f"{after:.1f} ± {after_spread:.1f}", f"{before / after:.1f}"]
        report.rows.append(Case(name, cells))
        report.values[name] = {"without": before, "with": after}
    return report


def main() -> None:
    """Prints the report."""
    parser = options(__doc__)
    parser.add_argument("--runs", type=int, default=None)
    given = parser.parse_args()
    finish(measure(given.runs or (15 if given.full else 5)), given.report)


if __name__ == "__main__":
    main()
