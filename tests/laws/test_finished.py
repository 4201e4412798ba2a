"""What holds for responses that an `auth` function finished by itself: what is passed on reaches this stage only."""

from __future__ import annotations

from typing import Any

from hypothesis import event, example, given
from hypothesis import strategies as st

from cwsauth.arn import MethodArn
from cwsauth.policy.finished import check
from tests.laws.generate import API, Chooser, Drawn
from tests.oracle import iam

PARTS = (
    "arn",
    "aws",
    "aws-cn",
    "execute-api",
    "eu-west-1",
    "123456789012",
    "abc123",
    "dev",
    "prod",
    "*",
    "?",
    "d*",
    "${*}",
    "",
)
CALLS = (
    "GET/a",
    "GET/*",
    "PUT/a/*",
    "GET/a?c",
    "*",
    "*/a",
    "$connect",
    "GET/",
    "G*/a",
    "?ET/a",
    "GET/a/${*}",
    "get/a",
    "",
    "GET",
)

OTHERS = [
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/a",
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev2/GET/a",
    "arn:aws:execute-api:eu-west-1:123456789012:abc124/dev/GET/a",
    "arn:aws:execute-api:eu-west-1:999999999999:abc123/dev/GET/a",
    "arn:aws:execute-api:us-east-1:123456789012:abc123/dev/GET/a",
    "arn:aws-cn:execute-api:eu-west-1:123456789012:abc123/dev/GET/a",
    "arn:aws:lambda:eu-west-1:123456789012:abc123/dev/GET/a",
    "arn:aws:execute-api:eu-west-1:123456789012:abc123/x/dev/GET/a",
]


def resource(choose: Chooser) -> str:
    """The resource of a document, with some of its parts replaced."""
    parts = ["arn", "aws", "execute-api", "eu-west-1", "123456789012", "abc123"]
    stage = "dev"
    for _ in range(choose.pick((0, 0, 0, 0, 1, 2))):
        place = choose.between(0, 6)
        if place == 6:
            stage = choose.pick(PARTS)
        else:
            parts[place] = choose.pick(PARTS)
    return f"{':'.join(parts)}/{stage}/{choose.pick(CALLS)}"


@st.composite
def responses(draw: Any) -> dict[str, Any]:
    """Responses that are nearly right, or right."""
    choose = Drawn(draw)
    statements: list[dict[str, Any]] = []
    for _ in range(choose.between(0, 2)):
        resources: Any = [resource(choose) for _ in range(choose.between(0, 2))] or "*"
        if choose.between(0, 4) == 0:
            resources = resource(choose)
        key = choose.pick(("Resource", "Resource", "Resource", "NotResource"))
        statement = {
            "Effect": choose.pick(("Allow", "Allow", "Deny", "allow")),
            "Action": "execute-api:Invoke",
            key: resources,
        }
        if choose.between(0, 9) == 0:
            statement["Action"] = choose.pick(("*", "execute-api:*", "s3:GetObject"))
        statements.append(statement)
    document = {"Version": choose.pick(("2012-10-17", "2012-10-17", "2008-10-17")), "Statement": statements}
    return {"principalId": choose.pick(("user", "user", "")), "policyDocument": document}


@given(response=responses(), call=st.sampled_from(["GET/a", "GET/*", "$connect", "POST/a/${x}"]))
@example(
    response={
        "principalId": "x",
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{"Effect": "Allow", "Action": "*", "Resource": f"{API}/*"}],
        },
    },
    call="GET/a",
)
def test_what_is_passed_on_reaches_this_stage_only(response: dict[str, Any], call: str) -> None:
    """A document that passes is one that the oracle reads, and that allows nothing elsewhere, nor by a wildcard verb."""
    problem = check(response, MethodArn.parse(f"{API}/{call}"))
    event("refused" if problem else "passed on")
    if problem is not None:
        assert problem.startswith("auth returned a finished response ")
        assert "\n" not in problem
        return
    document = response["policyDocument"]
    for other in OTHERS:
        assert iam.verdict(document, other) != iam.ALLOW
    whole = any(
        text == f"{API}/*"
        for statement in document["Statement"]
        if statement["Effect"] == "Allow"
        for text in ([statement["Resource"]] if isinstance(statement["Resource"], str) else statement["Resource"])
    )
    if not whole:
        assert iam.verdict(document, f"{API}/TRACE/x/a") != iam.ALLOW
