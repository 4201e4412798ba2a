"""What an authorizer costs, counted: an import, a loop or a copy that sneaks in is seen here, and not on somebody's bill."""

from __future__ import annotations

import sys

import pytest

from benchmarks.samples import FUNCTION
from tests.architecture import costs
from tests.architecture.costs import RENEW, TOKEN, WORKS, Work, exceeded, figures, recorded

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def limits() -> dict[str, dict[str, float]]:
    """What is recorded for this Python."""
    if sys.gettrace() is not None:
        pytest.skip("something else traces this run")
    found = recorded(HERE)
    if not found:
        pytest.skip(f"nothing is recorded for Python {HERE}: run `{RENEW}` with it on PATH")
    return found


@pytest.mark.parametrize("name", WORKS)
def test_nothing_costs_more_than_is_recorded(name: str, limits: dict[str, dict[str, float]]) -> None:
    """Instructions, C calls, modules, code and memory of each piece of work stay within what is recorded, and 2 %."""
    over = exceeded(figures(WORKS[name]), limits[name])
    assert over == [], f"{name}: if it is worth it, record it by `{RENEW}`, and say so in the commit"


def test_every_supported_python_has_its_limits() -> None:
    """Python counts instructions differently from version to version, so each has figures of its own, for all work."""
    for version in ("3.11", "3.12", "3.13"):
        assert set(recorded(version)) == set(WORKS), f"run `{RENEW}` with Python {version} on PATH"


def test_a_count_is_the_same_on_every_run() -> None:
    """Two interpreters count the same, to the instruction: a limit can be as near as this."""
    for name in ("import: a function", "TOKEN event, policy seen before"):
        assert figures(WORKS[name]) == figures(WORKS[name])


def test_an_import_that_sneaks_in_is_seen(limits: dict[str, dict[str, float]]) -> None:
    """`import dataclasses` on the path of a cold start goes over the limits of instructions, modules and code."""
    over = exceeded(figures(Work(f"import dataclasses\n{FUNCTION}")), limits["import: a function"])
    assert [line.partition(":")[0] for line in over] == ["instructions", "C calls", "modules", "code, bytes"]


def test_a_loop_that_sneaks_in_is_seen(limits: dict[str, dict[str, float]]) -> None:
    """A loop of three turns for each event goes over its limit of instructions."""
    slower = Work("for _ in (1, 2, 3): pass\nby_policy(events.pop(), None)", TOKEN, 100)
    name = "TOKEN event, policy seen before"
    assert [line.partition(":")[0] for line in exceeded(figures(slower), limits[name])] == ["instructions"]


def test_a_copy_that_sneaks_in_is_seen(limits: dict[str, dict[str, float]]) -> None:
    """A dict that is copied for each event is one call into C more, and one call too many."""
    slower = Work("event = events.pop()\nevent.copy()\nby_policy(event, None)", TOKEN, 100)
    over = exceeded(figures(slower), limits["TOKEN event, policy seen before"])
    assert "C calls" in [line.partition(":")[0] for line in over]


def test_memory_that_is_held_is_seen() -> None:
    """A list of ten thousand texts that is kept is counted, one that is dropped is not."""
    kept = figures(Work("kept = [str(number) for number in range(10_000)]", memory=True))["held, KB"]
    dropped = figures(Work("kept = None; [str(number) for number in range(10_000)]", memory=True))["held, KB"]
    assert kept > 400
    assert dropped < 5


def test_warm_events_leave_nothing_behind() -> None:
    """After ten thousand events with tokens and paths never seen before, the interpreter holds as much as before."""
    from collections.abc import Callable
    from typing import Any

    names: dict[str, Any] = {}
    exec(TOKEN, names)
    handler: Callable[[object, object], object] = names["by_policy"]
    event: Callable[[], object] = names["event"]

    def run(times: int) -> None:
        for _ in range(times):
            handler(event(), None)

    run(1000)
    before = sys.getallocatedblocks()
    run(10_000)
    assert sys.getallocatedblocks() - before < 200


def test_a_figure_is_told_with_its_excess() -> None:
    """What is over says what it is, what is recorded, and by how much."""
    assert exceeded({"instructions": 110.0}, {"instructions": 100.0}) == [
        "instructions: 110.0 where 100.0 are recorded (+10.0%)"
    ]
    assert exceeded({"instructions": 101.0}, {"instructions": 100.0}) == []
    assert exceeded({"modules": 1}, {}) == ["modules: 1 where none are recorded"]
    assert set(costs.SLACK) >= {"instructions", "C calls", "modules"}
