"""The resource policy of a REST API, and how it and an authorizer's policy decide together.

An explicit denial of the resource policy ends a call before the authorizer is asked. After that both are read: any
denial denies, any permission permits, silence of both denies. So an authorizer that is merely silent is overruled by
a resource policy that allows.

Source: developer guide, "How API Gateway resource policies affect authorization workflow", Table A.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from cwsauth.errors import ConfigError, DocumentError
from cwsauth.gateway.responses import IMPLICIT_DENY, Refusal
from cwsauth.policy.evaluate import Evaluator, Judgement, Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cwsauth.gateway.stage import Stage

_EVERYBODY = ("*", {"AWS": "*"}, {"AWS": ["*"]})


class ResourcePolicy:
    """A resource policy for everybody, read for one stage: `execute-api:/dev/GET/pets` is written out.

    Raises:
        ConfigError: not a policy, or one that tells callers apart, which is not emulated.
    """

    def __init__(self, document: Mapping[str, object], stage: Stage) -> None:
        try:
            self._policy = Evaluator(_for_everybody(document, stage))
        except DocumentError as error:
            raise ConfigError(f"the resource policy is not emulated: {error.message}", help=error.help) from None

    def __repr__(self) -> str:
        return f"<ResourcePolicy {self._policy!r}>"

    def judge(self, arn: str, keys: Mapping[str, object]) -> Judgement:
        """What the policy alone says to a call."""
        return self._policy.judge(arn, keys)


def together(authorizer: Judgement, resource: Judgement) -> Judgement:
    """Table A: of both judgements the one that decides."""
    for verdict in (Verdict.EXPLICIT_DENY, Verdict.ALLOW):
        for judgement, whose in ((authorizer, ""), (resource, "the resource policy: ")):
            if judgement.verdict is verdict:
                if not whose:
                    return judgement
                return Judgement(
                    verdict,
                    statement_index=judgement.statement_index,
                    sid=judgement.sid,
                    effect=judgement.effect,
                    resource=judgement.resource,
                    reason=whose + judgement.reason,
                )
    return authorizer


def by_resource_policy(arn: str, judgement: Judgement) -> Refusal:
    """The refusal of a call that the resource policy refuses; the account in the ARN is masked, as AWS masks it."""
    parts = arn.split(":", 5)
    masked = ":".join([*parts[:4], "*" * 8 + parts[4][-4:], parts[5]])
    text = f"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {masked}"
    if judgement.verdict is Verdict.EXPLICIT_DENY:
        text += " with an explicit deny"
    reason = f"the resource policy: {judgement.reason}"
    return replace(IMPLICIT_DENY, message=text, reason=reason)


def _for_everybody(document: Mapping[str, object], stage: Stage) -> dict[str, object]:
    statements = document.get("Statement")
    written: list[object] = []
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, dict):
            raise ConfigError("the resource policy has a statement that is not an object")
        if statement.get("Principal") not in _EVERYBODY:
            raise ConfigError("a resource policy that names principals is not emulated", help="write 'Principal': '*'")
        plain = {key: value for key, value in statement.items() if key != "Principal"}
        for key in ("Resource", "NotResource"):
            if key in plain:
                plain[key] = _written_out(plain[key], stage)
        written.append(plain)
    return {**document, "Statement": written}


def _written_out(resources: object, stage: Stage) -> object:
    """`execute-api:/STAGE/VERB/PATH` as the ARN that API Gateway makes of it when a resource policy is saved."""
    if isinstance(resources, list):
        return [_written_out(resource, stage) for resource in resources]
    if isinstance(resources, str) and resources.startswith("execute-api:/"):
        api = stage.prefix.rpartition("/")[0]
        return f"{api}/{resources.removeprefix('execute-api:/')}"
    return resources
