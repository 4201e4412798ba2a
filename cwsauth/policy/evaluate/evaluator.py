"""From a document and a call to a verdict: explicit denial first, then permission, else denial.

Source: IAM user guide, "Policy evaluation logic".
"""

from __future__ import annotations

from collections.abc import Mapping

from cwsauth.errors import ArnError, DocumentError
from cwsauth.policy.evaluate.grammar import VERSIONS, Statement, parse_document
from cwsauth.policy.evaluate.verdict import Judgement, Verdict

INVOKE = "execute-api:Invoke"

_VERDICTS = {"Allow": Verdict.ALLOW, "Deny": Verdict.EXPLICIT_DENY}


class Evaluator:
    """A document, compiled once for many calls; immutable.

    Raises:
        DocumentError: the document is not one that IAM would read, or holds what is not known here.
    """

    __slots__ = ("_by_precedence", "statements")

    def __init__(self, document: object) -> None:
        self.statements = parse_document(document)
        self._by_precedence = tuple(sorted(self.statements, key=lambda statement: statement.effect != "Deny"))

    def judge(self, arn: str, context: Mapping[str, object] | None = None, *, action: str = INVOKE) -> Judgement:
        """The verdict on one call, with the statement that decided it.

        `arn` is the ARN of the method that is called; `context` the condition keys of the request
        (`aws:SourceIp`, `aws:CurrentTime`, ...), whose case does not count.

        Raises:
            ArnError: `arn` is no ARN.
            DocumentError: a condition cannot read the value that the request has for its key; `context` or `action` is
                of the wrong type.
        """
        if not isinstance(arn, str) or not arn.startswith("arn:"):
            raise ArnError(
                "invalid ARN of a call: it does not begin with 'arn:'", help="pass the methodArn of the event"
            )
        if not isinstance(action, str):
            raise DocumentError(
                f"invalid action of a call: a string is needed, not {type(action).__name__}",
                help="leave it out, or write 'execute-api:Invoke'",
            )
        action = action.lower()
        keys = _lower_keys(context)
        for statement in self._by_precedence:
            if statement.covers_action(action) and statement.covers(arn) and statement.unmet(keys) is None:
                return _decided(statement, arn)
        return Judgement(Verdict.IMPLICIT_DENY, reason=self._silence(arn, action, keys))

    def evaluate(self, arn: str, context: Mapping[str, object] | None = None, *, action: str = INVOKE) -> Verdict:
        """The verdict on one call; see `judge`."""
        return self.judge(arn, context, action=action).verdict

    def _silence(self, arn: str, action: str, keys: Mapping[str, object]) -> str:
        """Why no statement allowed the call: the permission that came nearest."""
        allows = [statement for statement in self.statements if statement.effect == "Allow"]
        if not allows:
            return "no statement allows anything"
        speaking = [statement for statement in allows if statement.covers(arn)]
        if not speaking:
            return "no statement allows this resource"
        for statement in speaking:
            if statement.covers_action(action):
                return f"{statement} would allow it, but its condition {statement.unmet(keys)} is not met"
        return f"{speaking[0]} covers this resource, but not the action"

    def __repr__(self) -> str:
        return f"<Evaluator of {len(self.statements)} statements>"


def evaluate(
    document: object, arn: str, context: Mapping[str, object] | None = None, *, action: str = INVOKE
) -> Verdict:
    """What IAM says when the caller of an API method holds this policy document.

    Raises:
        DocumentError: the document is invalid, or holds what is not known here.
        ArnError: `arn` is no ARN.
    """
    return Evaluator(document).judge(arn, context, action=action).verdict


def judge(
    document: object, arn: str, context: Mapping[str, object] | None = None, *, action: str = INVOKE
) -> Judgement:
    """The verdict of `evaluate`, with the statement that decided it."""
    return Evaluator(document).judge(arn, context, action=action)


def check_document(document: object) -> Evaluator:
    """The evaluator of a document that an authorizer may return as it is.

    Stricter than IAM's grammar, as API Gateway asks for a version in an authorizer's output: it has to be the
    current one.

    Raises:
        DocumentError: it may not be returned.
    """
    evaluator = Evaluator(document)
    if not isinstance(document, Mapping) or document.get("Version") != VERSIONS[1]:
        raise DocumentError(
            "invalid policy document: Version is not '2012-10-17'", help="write 'Version': '2012-10-17'"
        )
    return evaluator


def _decided(statement: Statement, arn: str) -> Judgement:
    verb = "allows" if statement.effect == "Allow" else "denies"
    resource = statement.matching_resource(arn)  # None only where the statement has a NotResource that does not match
    what = "whatever its NotResource leaves" if resource is None else f"'{resource}'"
    return Judgement(
        _VERDICTS[statement.effect],
        statement_index=statement.index,
        sid=statement.sid,
        effect=statement.effect,
        resource=resource,
        reason=f"{statement} {verb} {what}",
    )


def _lower_keys(context: Mapping[str, object] | None) -> Mapping[str, object]:
    if context is None:
        return {}
    if not isinstance(context, Mapping) or not all(isinstance(key, str) for key in context):
        raise DocumentError(
            "invalid context: it does not map condition keys to values",
            help="pass a dict such as {'aws:SourceIp': '203.0.113.7'}",
        )
    lowered = {key.lower(): value for key, value in context.items()}
    if len(lowered) != len(context):
        raise DocumentError(
            "invalid context: a condition key is given twice, and the case of a key does not count",
            help="give each key once",
        )
    return lowered
