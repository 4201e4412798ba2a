"""Decision tables: who may call what, as text."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from coworks_compat.pytest.assertions import assert_allowed, assert_denied

if TYPE_CHECKING:
    from _pytest.mark.structures import ParameterSet

    from coworks_compat.pytest.client import ServiceClient

_EXPECTED = ("allow", "deny", "401", "403")


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of a table. `token` is a token, `$NAME` for what that variable of the environment holds, or None."""

    token: str | None
    call: str
    expected: str

    def check(self, client: ServiceClient) -> None:
        """Makes the call.

        Raises:
            AssertionError: the decision is another one.
        """
        token = self.token
        if token is not None and token.startswith("$"):
            token = os.environ[token[1:]]
        if self.expected == "allow":
            assert_allowed(client, self.call, token=token)
        else:
            status = None if self.expected == "deny" else int(self.expected)
            assert_denied(client, self.call, token=token, status=status)


def decision_table(text: str) -> list[ParameterSet]:
    """The lines of a table as parameters of a test: `TOKEN | GET /product/1 | allow`.

    A token is written as it is, as `$NAME` of a variable, or `-` for none; the decision is `allow`, `deny`, `401` or `403`.
    Empty lines and those that begin with `#` do not count.

        @pytest.mark.parametrize("decision", decision_table("..."))
        def test_access(gateway, decision):
            decision.check(gateway(app))

    Raises:
        ValueError: a line that is none; it is named.
    """
    cases: list[ParameterSet] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.strip().startswith("#"):
            continue
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) != 3 or not all(cells) or cells[2] not in _EXPECTED:
            raise ValueError(
                f"line {number} of the decision table is not 'TOKEN | GET /path | allow': {line.strip()!r}"
            )
        decision = Decision(None if cells[0] == "-" else cells[0], cells[1], cells[2])
        # The token stays out of the name of the test, which stands in every log.
        name = cells[0] if cells[0] == "-" or cells[0].startswith("$") else f"token{number}"
        cases.append(pytest.param(decision, id=f"{name} {cells[1]} {cells[2]}"))
    if not cases:
        raise ValueError("the decision table is empty")
    return cases
