"""The access matrix as one HTML file: no network, no other file, readable without its script.

The page carries a content security policy that allows its own style and script, by their hashes, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from cwsauth.policy.analyse.matrix import ALLOWED, DENIED, PARTLY, Matrix
from cwsauth.policy.rule import VERBS

if TYPE_CHECKING:
    from cwsauth.policy import Decision, Route
    from cwsauth.policy.analyse import Access

_SIGNS = {ALLOWED: "✓", PARTLY: "◐", DENIED: "·"}
_WORDS = {ALLOWED: "allowed", PARTLY: "partly allowed", DENIED: "denied"}


def html(matrix: Matrix) -> str:
    """The page."""
    style, script = _asset("page.css"), _asset("page.js")
    declared = {route.method for route in matrix.cells}
    verbs = [verb for verb in VERBS if verb in declared]
    return Template(_asset("page.html")).substitute(
        csp=f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; base-uri 'none'; form-action 'none'",
        style=style,
        script=script,
        title=escape(matrix.title),
        routes=len(matrix.cells),
        policies=len(matrix.policies),
        verbs="".join(
            f'<button type="button" class="chip" data-verb="{verb}" aria-pressed="false">{verb}</button>'
            for verb in verbs
        ),
        names="".join(f'<option value="{place}">{escape(name)}</option>' for place, name in enumerate(matrix.policies)),
        heads="".join(_head(matrix, name) for name in matrix.policies),
        rows="\n".join(_row(matrix, route) for route in matrix.cells),
    )


def _asset(name: str) -> str:
    return files(__name__).joinpath(name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _head(matrix: Matrix, name: str) -> str:
    counts = matrix.counts(name)
    total = len(matrix.cells)
    title = ", ".join(f"{counts[verdict]} {_WORDS[verdict]}" for verdict in (ALLOWED, PARTLY, DENIED))
    reach = f"{counts[ALLOWED] + counts[PARTLY]} of {total}"
    return (
        f'<th scope="col" title="{escape(title)}"><span class="name">{escape(name)}</span>'
        f'<meter min="0" max="{total}" value="{counts[ALLOWED] + counts[PARTLY]}">{reach}</meter>'
        f'<span class="reach">{reach}</span></th>'
    )


def _row(matrix: Matrix, route: Route) -> str:
    cells = "".join(_cell(matrix.cells[route][name], name) for name in matrix.policies)
    return (
        f'<tr data-verb="{route.method}" data-text="{escape(str(route).lower())}">'
        f'<th scope="row"><span class="verb {route.method.lower()}">{route.method}</span> '
        f"<code>{_template(route.template)}</code></th>{cells}</tr>"
    )


def _template(template: str) -> str:
    """A template with its parameters marked and a place to break after each slash."""
    parts = []
    for part in template.split("/"):
        text = escape(part)
        parts.append(f"<var>{text}</var>" if part.startswith("{") else text)
    return "/<wbr>".join(parts)


def _cell(cell: Access, name: str) -> str:
    verdict = cell.verdict
    notes = [_note("allowed", cell.allow), _note("denied", cell.deny)]
    detail = "\n".join(note for note in notes if note)
    label = f"{name}: {_WORDS[verdict]}"
    return (
        f'<td class="{verdict}" data-verdict="{verdict}">'
        f'<button type="button" aria-label="{escape(label)}" data-detail="{escape(detail)}">{_SIGNS[verdict]}</button></td>'
    )


def _note(verdict: str, decision: Decision | None) -> str:
    if decision is None:
        return ""
    by = f"by '{decision.rule.text}'" if decision.rule is not None else f"because {decision.reason.value}"
    return f"{decision.method} {decision.path} is {verdict} {by}"
