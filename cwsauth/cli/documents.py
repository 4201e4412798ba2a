"""What there is to say about an IAM document: its size, whether it is exact, what it had to leave out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cwsauth.policy import Document


def to_dict(document: Document) -> dict[str, Any]:
    """The document and its properties as data."""
    return {
        "policy": document.policy,
        "size": document.size,
        "exact": document.exact,
        "cacheable": document.cacheable,
        "unsayable": document.unsayable,
        "lost": [
            {
                "method": lost.method,
                "path": lost.path,
                "rule": lost.rule.text,
                "why": lost.why.name.lower(),
                "proof": None if lost.proof is None else [lost.proof.granted, lost.proof.refused, lost.proof.also],
            }
            for lost in document.lost
        ],
    }


def describe(document: Document) -> list[tuple[str, dict[str, Any]]]:
    """The properties in words, each line with its style."""
    lines: list[tuple[str, dict[str, Any]]] = [(f"size: {document.size} bytes", {})]
    if document.exact:
        return [*lines, ("exact: yes, it allows what the policy allows and nothing else", {"fg": "green"})]
    lines.append(("exact: no, it allows less than the policy", {"fg": "yellow"}))
    if not document.cacheable:
        lines.append(("cacheable: no, another route may need another document", {"fg": "yellow"}))
    alike: dict[tuple[str, str, str], list[str]] = {}
    for lost in document.lost:
        alike.setdefault((lost.path, lost.rule.text, lost.reason), []).append(lost.method)
    for (path, rule, reason), methods in alike.items():
        lines.append((f"lost: {','.join(methods)} {path}, allowed by '{rule}'", {}))
        lines.append((f"      {reason}", {}))
    return lines
