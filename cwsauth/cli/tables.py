"""Decision tables of several files, checked against the same policies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from cwsauth.files import load_cases
from cwsauth.files.decisions import Outcome, check_cases

if TYPE_CHECKING:
    from cwsauth.cli.sources import Inputs


@dataclass(frozen=True, slots=True)
class Row:
    """An outcome and where its case is written."""

    file: str
    line: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Report:
    """All outcomes."""

    rows: tuple[Row, ...]

    @property
    def passed(self) -> bool:
        """Whether every case is as expected."""
        return all(row.outcome.passed for row in self.rows)

    def to_dict(self) -> dict[str, Any]:
        """The outcomes as data."""
        failed = sum(not row.outcome.passed for row in self.rows)
        rows = [{"file": row.file, "line": row.line, **row.outcome.to_dict()} for row in self.rows]
        return {"passed": len(rows) - failed, "failed": failed, "tests": rows}

    def lines(self) -> list[tuple[str, dict[str, Any]]]:
        """What is not as expected, and the count, each line with its style."""
        failed = [row for row in self.rows if not row.outcome.passed]
        lines: list[tuple[str, dict[str, Any]]] = []
        for row in failed:
            outcome = row.outcome
            note = f" ({outcome.case.note})" if outcome.case.note else ""
            text = (
                f"{outcome.role}: {outcome.case.request}: expected {outcome.case.expect}, but {outcome.problem}{note}"
            )
            lines.append((f"{row.file}:{row.line}: {text}", {"fg": "red"}))
        count = f"{len(self.rows) - len(failed)} passed" + (f", {len(failed)} failed" if failed else "")
        return [*lines, (count, {"fg": "red" if failed else "green", "bold": True})]


def check_tables(inputs: Inputs, files: tuple[str, ...]) -> Report:
    """The outcomes of the policy file's own table and of those in `files`.

    Raises:
        click.UsageError: there is no policy, or no case at all.
        ConfigError: a file is no decision table, or a case is about a role that is not there.
    """
    if not inputs.policies:
        raise click.UsageError("there is no policy to test: give POLICY or --rule")
    rows: list[Row] = []
    if inputs.file is not None:
        lines = inputs.file.lines
        own = [case for case in inputs.file.file.tests if case.role is None or case.role in inputs.policies]
        places = [place for place, case in enumerate(inputs.file.file.tests) if case in own]
        for place, outcome in zip(places, check_cases(inputs.policies, own), strict=True):
            rows.append(Row(inputs.file.name, lines.of(("tests", place)), outcome))
    for file in files:
        cases, lines = load_cases(file)
        for place, outcome in enumerate(check_cases(inputs.policies, cases)):
            path = ("tests", place) if lines.has(("tests",)) else (place,)
            rows.append(Row(file, lines.of(path), outcome))
    if not rows:
        raise click.UsageError("there is no decision table: add 'tests:' to the policy file, or name a file")
    return Report(tuple(rows))
