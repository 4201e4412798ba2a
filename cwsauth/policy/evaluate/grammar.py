"""A policy document, read strictly: what comes out cannot be wrong, and nobody checks it again.

Source: IAM user guide, "Grammar of the IAM JSON policy language", and the page of each element. A policy that
an authorizer hands over is an identity policy: it has no principal.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cwsauth.errors import DocumentError, TooLarge
from cwsauth.policy.evaluate.wildcard import Wildcard

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.policy.evaluate.conditions import Condition

VERSIONS = ("2008-10-17", "2012-10-17")
RESOURCE_LIMIT = 512  # characters; API Gateway guide, "Output from an API Gateway Lambda authorizer"

_DOCUMENT_KEYS = ("Version", "Id", "Statement")
_STATEMENT_KEYS = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_SID = re.compile(r"[A-Za-z0-9]*")
_ACTION = re.compile(r"\*|[A-Za-z0-9-]+:[A-Za-z0-9*?]+")


class Statement:
    """One statement, compiled and immutable."""

    __slots__ = (
        "_actions",
        "_actions_negated",
        "_resources",
        "_resources_negated",
        "conditions",
        "effect",
        "index",
        "sid",
    )

    def __init__(
        self,
        index: int,
        sid: str | None,
        effect: str,
        actions: tuple[Wildcard, ...],
        resources: tuple[Wildcard, ...],
        conditions: tuple[Condition, ...],
        *,
        actions_negated: bool,
        resources_negated: bool,
    ) -> None:
        self.index = index
        self.sid = sid
        self.effect = effect
        self.conditions = conditions
        self._actions = actions
        self._actions_negated = actions_negated
        self._resources = resources
        self._resources_negated = resources_negated

    @property
    def resources(self) -> tuple[str, ...]:
        """The texts of `Resource` or `NotResource`."""
        return tuple(resource.text for resource in self._resources)

    def covers_action(self, action: str) -> bool:
        """Whether the statement speaks of `action`, which is in lower case."""
        return any(pattern.matches(action) for pattern in self._actions) is not self._actions_negated

    def covers(self, arn: str) -> bool:
        """Whether the statement speaks of `arn`."""
        return (self.matching_resource(arn) is not None) is not self._resources_negated

    def matching_resource(self, arn: str) -> str | None:
        """The first of its patterns that covers `arn`."""
        for pattern in self._resources:
            if pattern.matches(arn):
                return pattern.text
        return None

    def unmet(self, context: Mapping[str, object]) -> Condition | None:
        """The first condition that the request does not fulfil."""
        for condition in self.conditions:
            if not condition.met(context):
                return condition
        return None

    def __str__(self) -> str:
        return f"Statement[{self.index}]" + (f" '{self.sid}'" if self.sid else "")


def parse_document(document: object) -> tuple[Statement, ...]:
    """The statements of `document`, in their order.

    Raises:
        DocumentError: whatever IAM's grammar does not have, and whatever is not evaluated here.
    """
    if not isinstance(document, Mapping):
        raise DocumentError(
            f"invalid policy document: not a JSON object but a {type(document).__name__}",
            help='pass the policy as a dict: {"Version": "2012-10-17", "Statement": [...]}',
        )
    _refuse_unknown_keys(document, _DOCUMENT_KEYS, "the document")
    version = document.get("Version", VERSIONS[0])
    if version not in VERSIONS:
        raise DocumentError(
            "invalid policy document: Version is not '2012-10-17' or '2008-10-17'",
            help="write 'Version': '2012-10-17'",
        )
    if "Id" in document and not isinstance(document["Id"], str):
        raise DocumentError("invalid policy document: Id is not a string", help="leave Id out")
    if "Statement" not in document:
        raise DocumentError("invalid policy document: it has no Statement", help=_DENY_ALL)
    block = document["Statement"]
    blocks = [block] if isinstance(block, Mapping) else block
    if not isinstance(blocks, list | tuple):
        raise DocumentError(
            f"invalid policy document: Statement is not a list but a {type(blocks).__name__}",
            help="write one statement as an object, several as a list",
        )
    if not blocks:
        raise DocumentError("invalid policy document: Statement is an empty list", help=_DENY_ALL)
    statements = tuple(
        _parse_statement(each, index, variables=version == VERSIONS[1]) for index, each in enumerate(blocks)
    )
    _refuse_repeated_sids(statements)
    return statements


_DENY_ALL = "to grant nothing, write one statement with 'Effect': 'Deny' and the resource '*'"


def _parse_statement(block: object, index: int, *, variables: bool) -> Statement:
    where = f"Statement[{index}]"
    if not isinstance(block, Mapping):
        raise DocumentError(
            f"invalid policy document: {where} is not a JSON object but a {type(block).__name__}",
            help="write it as {'Effect': ..., 'Action': ..., 'Resource': ...}",
        )
    for key in ("Principal", "NotPrincipal"):
        if key in block:
            raise DocumentError(
                f"invalid policy document: {where} has a {key}",
                help="leave it out: the policy of an authorizer speaks of its caller only",
            )
    _refuse_unknown_keys(block, _STATEMENT_KEYS, where)
    sid = block.get("Sid")
    if "Sid" in block and not (isinstance(sid, str) and _SID.fullmatch(sid)):
        raise DocumentError(
            f"invalid policy document: {where}.Sid is not a string of letters and digits",
            help="write it as 'ReadProducts'",
        )
    effect = block.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise DocumentError(
            f"invalid policy document: {where}.Effect is not 'Allow' or 'Deny'",
            help="write 'Allow' or 'Deny', with a capital",
        )
    action_key, actions = _either(block, "Action", "NotAction", where)
    resource_key, resources = _either(block, "Resource", "NotResource", where)
    conditions: tuple[Condition, ...] = ()
    if "Condition" in block:
        from cwsauth.policy.evaluate.conditions import parse_conditions  # few documents have any

        conditions = parse_conditions(block["Condition"], f"{where}.Condition", variables=variables)
    return Statement(
        index,
        sid,
        effect,
        tuple(_action(text, f"{where}.{action_key}") for text in actions),
        tuple(_resource(text, f"{where}.{resource_key}", variables=variables) for text in resources),
        conditions,
        actions_negated=action_key == "NotAction",
        resources_negated=resource_key == "NotResource",
    )


def _either(block: Mapping[str, object], positive: str, negative: str, where: str) -> tuple[str, list[str]]:
    """Which of the two elements is there, and its texts."""
    found = [key for key in (positive, negative) if key in block]
    if len(found) != 1:
        what = f"both {positive} and {negative}" if found else f"neither {positive} nor {negative}"
        raise DocumentError(
            f"invalid policy document: {where} has {what}",
            help=f"give exactly one of them, usually {positive}",
        )
    key = found[0]
    value = block[key]
    if isinstance(value, list | tuple) and not value:
        raise DocumentError(f"invalid policy document: {where}.{key} is an empty list", help=_DENY_ALL)
    texts: list[str] = []
    for text in value if isinstance(value, list | tuple) else [value]:
        if not isinstance(text, str) or not text:
            what = "an empty string" if text == "" else f"a {type(text).__name__}"
            raise DocumentError(
                f"invalid policy document: {where}.{key} holds {what}",
                help=f"write {key} as a string or a list of strings",
            )
        texts.append(text)
    return key, texts


def _action(text: str, where: str) -> Wildcard:
    if not _ACTION.fullmatch(text):
        raise DocumentError(
            f"invalid policy document: {where} holds an action that is not SERVICE:NAME",
            help="write 'execute-api:Invoke'",
        )
    return Wildcard(text.lower())


def _resource(text: str, where: str, *, variables: bool) -> Wildcard:
    """An ARN with wildcards, or `*`.

    The service has none (IAM: the vendor must be fully qualified), and a policy variable stands behind the
    fifth colon. An ARN may end early with a `*`, which then reaches over the colons.
    """
    if len(text) > RESOURCE_LIMIT:
        raise TooLarge(
            f"invalid policy document: {where} holds a resource of {len(text)} characters",
            size=len(text),
            limit=RESOURCE_LIMIT,
            help=f"API Gateway takes at most {RESOURCE_LIMIT}; use a wildcard",
        )
    if text != "*":
        parts = text.split(":", 5)
        if (
            parts[0] != "arn"
            or not (len(parts) == 6 or (len(parts) > 3 and text.endswith("*")))
            or not _is_name(parts[2])
        ):
            raise DocumentError(
                f"invalid policy document: {where} holds a resource that is neither an ARN nor '*'",
                help="write 'arn:aws:execute-api:REGION:ACCOUNT:API/STAGE/METHOD/PATH'",
            )
        if variables and any("${" in part for part in parts[:5]):
            raise DocumentError(
                f"invalid policy document: {where} has '${{' before the fifth colon of an ARN",
                help="spell out the partition, service, region and account",
            )
    return Wildcard(text, variables=variables, where=where)


def _is_name(part: str) -> bool:
    return bool(part) and not set(part) & set("*?$")


def _refuse_unknown_keys(block: Mapping[object, object], known: tuple[str, ...], where: str) -> None:
    for key in block:
        if not isinstance(key, str):
            raise DocumentError(
                f"invalid policy document: {where} has a key that is not a string",
                help="JSON keys are strings",
            )
        if key not in known:
            raise DocumentError(
                f"invalid policy document: {where} has an unknown element '{key[:40]}'",
                help=f"known are {', '.join(known)}, with these capitals",
            )


def _refuse_repeated_sids(statements: tuple[Statement, ...]) -> None:
    seen: dict[str, int] = {}
    for statement in statements:
        if statement.sid and seen.setdefault(statement.sid, statement.index) != statement.index:
            first = f"Statement[{seen[statement.sid]}]"
            raise DocumentError(
                f"invalid policy document: Statement[{statement.index}].Sid repeats that of {first}",
                help="give each statement its own Sid, or none",
            )
