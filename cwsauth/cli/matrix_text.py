"""The access matrix for a terminal and as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cwsauth.policy.analyse.matrix import ALLOWED, DENIED, PARTLY, Matrix

if TYPE_CHECKING:
    from rich.table import Table

_SIGNS = {ALLOWED: ("✓", "green"), PARTLY: ("◐", "yellow"), DENIED: ("·", "dim")}
LEGEND = "✓ every call is allowed   ◐ some calls are   · none is"


def table(matrix: Matrix) -> Table:
    """A rich table: a row a route, a column a policy."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(
        box=box.SIMPLE_HEAD, pad_edge=False, caption=LEGEND if matrix.policies else None, caption_justify="left"
    )
    made.add_column("method", style="bold", no_wrap=True)
    made.add_column("route", overflow="fold")
    for name in matrix.policies:
        made.add_column(name, justify="center", overflow="fold")
    for route, row in matrix.cells.items():
        signs = [Text(*_SIGNS[row[name].verdict]) for name in matrix.policies]
        made.add_row(route.method, Text(route.template), *signs)
    return made


def markdown(matrix: Matrix) -> str:
    """A table in Markdown, with what `partly` leaves out as notes below it."""
    lines = [_row(["Method", "Route", *matrix.policies]), _row(["---", "---", *[":-:"] * len(matrix.policies)])]
    notes: list[str] = []
    for route, row in matrix.cells.items():
        signs = []
        for name in matrix.policies:
            cell = row[name]
            sign = _SIGNS[cell.verdict][0]
            if cell.allow is not None and cell.deny is not None:
                notes.append(
                    f"{len(notes) + 1}. {name}, {route}: {cell.allow.path} is allowed, {cell.deny.path} is not"
                )
                sign = f"{sign} ({len(notes)})"
            signs.append(sign)
        lines.append(_row([route.method, f"`{route.template}`", *signs]))
    if matrix.policies:
        lines += ["", LEGEND]
    return "\n".join([*lines, *(["", *notes] if notes else [])]) + "\n"


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
