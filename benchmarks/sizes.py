"""How large is the document of a role? Roles over more and more routes, beside what Chalice writes for the same list.

python -m benchmarks.sizes
"""

from __future__ import annotations

import importlib.util
import json
import random
from types import SimpleNamespace
from typing import Any

from benchmarks.measure import Case, Report, finish, options
from cwsauth import Policy

# The limit of a WebSocket API, and the budget for a role of 100 routes.
WEBSOCKET = 8192
ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/"


def table(count: int) -> list[str]:
    """The routes of an API of resources: five routes each."""
    found = []
    for number in range((count + 4) // 5):
        name = f"resource{number}"
        found += [
            f"GET /{name}",
            f"POST /{name}",
            f"GET /{name}/{{id}}",
            f"PUT /{name}/{{id}}",
            f"DELETE /{name}/{{id}}",
        ]
    return found[:count]


def measure() -> Report:
    """Bytes for a role that has every route by name, for one that reads, and for one that has some resources whole."""
    report = Report("document size", "bytes of the document as compact JSON", [])
    sizes = [10, 30, 100, 300]
    report.columns = [f"{size} routes" for size in sizes]
    series: dict[str, dict[str, float]] = {}
    for size in sizes:
        routes = table(size)
        picked = random.Random(size).sample(routes, size // 3)
        roles = {
            "cwsauth, routes by name": routes[: size // 3],
            "cwsauth, routes at random": picked,
            "cwsauth, all that reads": ["GET **"],
            "cwsauth, whole resources": [
                rule for number in range(0, size // 5, 2) for rule in (f"resource{number}", f"resource{number}/**")
            ],
        }
        for name, rules in roles.items():
            document = Policy.of(rules, routes=routes).document(ARN, limit=10**6)
            assert document.exact, name
            assert rules is not picked or document.size <= WEBSOCKET, (name, document.size)
            series.setdefault(name, {})[str(size)] = document.size
        if importlib.util.find_spec("chalice"):
            series.setdefault("Chalice, routes by name", {})[str(size)] = _chalice(routes[: size // 3])
            series.setdefault("Chalice, routes at random", {})[str(size)] = _chalice(picked)
    report.values = series
    report.rows = [Case(name, [f"{value:,.0f}" for value in values.values()]) for name, values in series.items()]
    report.notes.append(
        "routes by name: a third of them; whole resources: every second one, with all that lies below it"
    )
    report.notes.append(
        "limits: 8,192 bytes for a WebSocket API; none is documented for REST and HTTP APIs, 65,536 is ours"
    )
    return report


def _chalice(routes: list[str]) -> int:
    from chalice.app import AuthResponse, AuthRoute

    request: Any = SimpleNamespace(method_arn=ARN)

    rows: list[Any] = [AuthRoute(path, [method]) for method, _, path in (route.partition(" ") for route in routes)]
    answer = AuthResponse(routes=rows, principal_id="user").to_dict(request)
    return len(json.dumps(answer["policyDocument"], separators=(",", ":")))


def main() -> None:
    """Prints the report."""
    finish(measure(), options(__doc__).parse_args().report)


if __name__ == "__main__":
    main()
