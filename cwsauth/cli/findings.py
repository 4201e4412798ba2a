"""Findings about all policies of a source: each once, with the roles it is about and the line it stands on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from cwsauth.policy.analyse import lint
from cwsauth.policy.analyse.findings import ERROR, NOTE, WARNING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cwsauth.cli.sources import Inputs
    from cwsauth.policy.analyse import Finding

# What is no fault of a role, but of a set of them that all have it.
_OF_ALL = ("unreached-route",)

_STYLES = {ERROR: "red", WARNING: "yellow", NOTE: "cyan"}
_GITHUB = {ERROR: "error", WARNING: "warning", NOTE: "notice"}


@dataclass(frozen=True, slots=True)
class Located:
    """A finding, the roles it is about (none: the API as a whole), and its place; `line` is 0 where there is none."""

    finding: Finding
    roles: tuple[str, ...]
    file: str
    line: int

    @property
    def text(self) -> str:
        """The message with its roles."""
        return f"{', '.join(self.roles)}: {self.finding.message}" if self.roles else self.finding.message

    @property
    def place(self) -> str:
        """File and line, as editors read them."""
        return f"{self.file}:{self.line}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Findings:
    """All findings, the worst first."""

    found: tuple[Located, ...]

    @property
    def errors(self) -> int:
        """How many of them are errors."""
        return sum(each.finding.severity == ERROR for each in self.found)

    def to_dict(self) -> dict[str, Any]:
        """The findings as data."""
        found = [
            {"file": each.file, "line": each.line, "roles": list(each.roles), **each.finding.to_dict()}
            for each in self.found
        ]
        return {"errors": self.errors, "findings": found}

    def lines(self) -> Iterator[str]:
        """The findings in words, styled."""
        for each in self.found:
            finding = each.finding
            severity = click.style(finding.severity, fg=_STYLES[finding.severity], bold=finding.severity == ERROR)
            yield f"{each.place}: {severity}: {each.text} [{finding.code}]"
            shown = f" (as in {finding.request})" if finding.request else ""
            yield click.style(f"  help: {finding.help}{shown}", dim=True)
        counts = [
            f"{number} {severity}{'' if number == 1 else 's'}"
            for severity in (ERROR, WARNING, NOTE)
            if (number := sum(each.finding.severity == severity for each in self.found))
        ]
        yield ", ".join(counts) or "nothing found"

    def github(self) -> Iterator[str]:
        """The findings as commands that GitHub Actions turns into annotations of the lines."""
        for each in self.found:
            place = f"file={_property(each.file)},line={each.line}," if each.line else ""
            text = f"{each.text}; {each.finding.help}"
            yield f"::{_GITHUB[each.finding.severity]} {place}title={_property(each.finding.code)}::{_data(text)}"


def lint_all(inputs: Inputs, source: str, *, progress: Callable[[list[str]], Iterator[str]] = iter) -> Findings:
    """The findings about every policy; `source` is what they are called where there is no file.

    The same finding about several roles is one, and a route that some role reaches is no finding.

    Raises:
        TooComplex: the rules tell more calls apart than can be looked at.
    """
    seen: dict[tuple[object, ...], tuple[Finding, list[str]]] = {}
    for name in progress(list(inputs.policies)):
        for finding in lint(inputs.policies[name]):
            key = tuple(str(value) for value in finding.to_dict().values())
            seen.setdefault(key, (finding, []))[1].append(name)
    found = []
    for finding, roles in seen.values():
        of_all = finding.code in _OF_ALL
        if of_all and len(roles) < len(inputs.policies):
            continue
        named = () if of_all or len(inputs.policies) == 1 else tuple(roles)
        found.append(
            Located(finding, named, inputs.file.name if inputs.file else source, _line(inputs, finding, roles))
        )
    rank = {ERROR: 0, WARNING: 1, NOTE: 2}
    return Findings(tuple(sorted(found, key=lambda each: (rank[each.finding.severity], each.line))))


def _line(inputs: Inputs, finding: Finding, roles: list[str]) -> int:
    if inputs.file is None:
        return 0
    if finding.rule is not None:
        return inputs.file.line_of_rule(roles[0], finding.rule.text)
    return inputs.file.line_of_route(finding.route) if finding.route is not None else 0


def _data(text: str) -> str:
    """Source: GitHub's toolkit, "workflow commands": what has a meaning of its own is written in percent form."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
