"""The figures of the documentation are those of the commands that make them."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from benchmarks import cache_simulation, publish, scale

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "scale.md").read_text(encoding="utf-8")
RESULTS = ROOT / "benchmarks" / "results.json"


@pytest.mark.parametrize("name", scale.TABLES)
def test_the_tables_on_scale_are_those_of_the_command(name: str) -> None:
    """Each table of the page is what `python -m benchmarks.scale` computes; renew them by `--write`."""
    marked = scale.MARKED.format(name=name, text=scale.text(name, scale.Assumed()))
    assert marked in PAGE, "run: python -m benchmarks.scale --write"


def test_prices_change_the_cost_and_nothing_else() -> None:
    """A reader's own prices and times give their own money, from the same calls."""
    usual, dear = (
        scale.costs(assumed) for assumed in (scale.Assumed(), scale.Assumed(per_million=2.0, gb_second=0.000166667))
    )
    for own, other in zip(usual.rows, dear.rows, strict=True):
        assert own.cells[:-1] == other.cells[:-1]
        cost, ten_times = (float(row.cells[-1].replace(",", "")) for row in (own, other))
        assert ten_times == pytest.approx(10 * cost, abs=0.06)


@pytest.mark.parametrize(("rate", "callers", "ttl"), [(1, 1_000, 60), (1, 1_000, 300), (20, 500, 60)])
def test_the_closed_form_is_what_the_simulation_gives(rate: int, callers: int, ttl: int) -> None:
    """Within one per cent, where enough calls are drawn to get warm."""
    drawn = cache_simulation.hits(rate, callers, ttl, 100_000)
    assert cache_simulation.expected(rate, callers, ttl) == pytest.approx(drawn, abs=0.01)


def test_a_cache_of_no_seconds_answers_nothing_and_a_long_one_more() -> None:
    """TTL 0 turns the cache off; more TTL is more hits; new tokens are fewer."""
    ratios = [cache_simulation.expected(10, 100, ttl) for ttl in (0, 1, 60, 3600)]
    assert ratios[0] == 0.0
    assert ratios == sorted(ratios)
    assert cache_simulation.hits(10, 100, 0, 1_000) == 0.0
    lasting = cache_simulation.hits(10, 100, 3600, 20_000)
    assert cache_simulation.hits(10, 100, 3600, 20_000, lifetime=60) < lasting


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    """What `make bench` wrote."""
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
    return found


def test_the_pages_are_those_of_the_results(results: dict[str, Any]) -> None:
    """RESULTS.md, the plots and the README's table are what `results.json` gives; renew them by `make bench ARGS=--write`."""
    reports = publish.read(results)
    assert (ROOT / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8") == publish.page(results, reports)
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert publish.with_table(readme, reports) == readme
    assert publish.table(reports) in readme
    for name, text in publish.plots(reports).items():
        assert (publish.IMAGES / name).read_text(encoding="utf-8") == text


def test_a_peer_that_is_ahead_is_named(results: dict[str, Any]) -> None:
    """The README names whoever took less than this library, and claims nothing where somebody did."""
    for row in publish.table(publish.read(results)).splitlines()[2:]:
        _, _, own, beside, ahead, _ = (cell.strip() for cell in row.split("|"))
        mine = float(own.split()[0].replace(",", ""))
        others = {
            name: float(value.replace(",", "")) for name, value in re.findall(r"([A-Za-z ]+?) ([\d.,]*\d)", beside)
        }
        for name, value in others.items():
            if value < mine and "dict" not in name:
                assert name.strip() in ahead
                assert "cwsauth" not in ahead


def test_the_results_name_no_machine(results: dict[str, Any]) -> None:
    """Python, processor and versions, and neither a host nor a path."""
    assert set(results["machine"]) == {"Python", "processor", "system", "versions", "missing"}
    assert "/" not in "".join(results["machine"].values())
