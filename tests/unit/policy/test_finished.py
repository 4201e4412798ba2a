"""Finished responses: what is passed on as it is, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth.arn import MethodArn
from cwsauth.policy.finished import check

HEAD = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
ARN = MethodArn.parse(f"{HEAD}/GET/product/1")


def response(*resources: str, effect: str = "Allow", **more: Any) -> dict[str, Any]:
    statement = {"Effect": effect, "Action": "execute-api:Invoke", "Resource": list(resources), **more}
    return {"principalId": "alice", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}


@pytest.mark.parametrize(
    "finished",
    [
        response(f"{HEAD}/GET/product/*"),
        response(f"{HEAD}/*"),
        response(f"{HEAD}/GET/product/1"),
        response(f"{HEAD}/GET/"),
        response(f"{HEAD}/$connect"),
        response("*", effect="Deny"),
        response(f"{HEAD}/*/*", effect="Deny"),
        {**response(f"{HEAD}/*"), "context": {"a": 1}, "usageIdentifierKey": "key"},
        {
            "principalId": "alice",
            "policyDocument": {
                "Version": "2012-10-17",
                "Statement": {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{HEAD}/GET/a"},
            },
        },
        response(f"{HEAD}/GET/a", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}),
    ],
)
def test_a_sound_response_is_passed_on(finished: dict[str, Any]) -> None:
    """It names this API and stage, with a verb before each path."""
    assert check(finished, ARN) is None


SAYS = "auth returned a finished response "
OUTSIDE = SAYS + "that allows something outside this API and stage"
WILD_VERB = SAYS + "with a wildcard in the place of the verb"
UNREAD = SAYS + "that IAM would not read: invalid policy document: "


@pytest.mark.parametrize(
    ("finished", "problem"),
    [
        (response("*"), OUTSIDE),
        (response("arn:aws:execute-api:*:*:*"), OUTSIDE),
        (response("arn:aws:execute-api:eu-west-1:123456789012:*/dev/GET/a"), OUTSIDE),
        (response("arn:aws:execute-api:eu-west-1:123456789012:abc123/*/GET/a"), OUTSIDE),
        (response("arn:aws:execute-api:eu-west-1:123456789012:abc123/prod/GET/a"), OUTSIDE),
        (response("arn:aws:execute-api:eu-west-1:123456789012:abc123/dev*"), OUTSIDE),
        (response("arn:aws:execute-api:eu-west-1:123456789012:abc123/de?/GET/a"), OUTSIDE),
        (response(f"{HEAD}/GET/a", "arn:aws:execute-api:eu-west-1:123456789012:other/dev/GET/a"), OUTSIDE),
        (response(f"{HEAD}/*/product/*"), WILD_VERB),
        (response(f"{HEAD}/*/"), WILD_VERB),
        (response(f"{HEAD}/?ET/a"), WILD_VERB),
        (response(f"{HEAD}/G*"), WILD_VERB),
        (response(f"{HEAD}/get/a"), WILD_VERB),
        (response(f"{HEAD}/$conn*"), WILD_VERB),
        (response(), UNREAD + "Statement[0].Resource is an empty list"),
        (response(""), UNREAD + "Statement[0].Resource holds an empty string"),
        (response(f"{HEAD}/GET/" + "a" * 600), None),
        ({"principalId": "x", "policyDocument": None}, UNREAD + "not a JSON object but a NoneType"),
        ({"principalId": "x", "policyDocument": {"Version": "2012-10-17", "Statement": []}}, None),
        ({**response(f"{HEAD}/*"), "principalId": ""}, SAYS + "without a principalId"),
        ({**response(f"{HEAD}/*"), "principalId": 7}, SAYS + "without a principalId"),
        ({"policyDocument": response(f"{HEAD}/*")["policyDocument"]}, SAYS + "without a principalId"),
        ({**response(f"{HEAD}/*"), "isAuthorized": True}, SAYS + "with keys that API Gateway does not know"),
        (
            {**response(f"{HEAD}/*"), "usageIdentifierKey": 7},
            SAYS + "whose usageIdentifierKey is not a non-empty string",
        ),
        (
            {
                "principalId": "x",
                "policyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "NotResource": f"{HEAD}/GET/a"}],
                },
            },
            SAYS + "that allows by exclusion (NotResource, NotAction)",
        ),
        (
            {
                "principalId": "x",
                "policyDocument": {
                    "Version": "2012-10-17",
                    "Statement": [{"Effect": "Allow", "NotAction": "s3:*", "Resource": f"{HEAD}/GET/a"}],
                },
            },
            SAYS + "that allows by exclusion (NotResource, NotAction)",
        ),
        (
            {
                "principalId": "x",
                "policyDocument": {
                    "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": f"{HEAD}/*"}]
                },
            },
            UNREAD + "Version is not '2012-10-17'",
        ),
    ],
)
def test_an_unsound_response_is_refused(finished: dict[Any, Any], problem: str | None) -> None:
    """The sentence says what is wrong with it, and none of its values."""
    found = check(finished, ARN)
    assert found is not None
    assert found.startswith(SAYS)
    assert problem in (None, found)


@pytest.mark.parametrize("path", ["*", "a*", "a/?", "${aws:username}", "é", "a\nb"])
def test_an_echoed_arn_with_a_wildcard_in_it_is_refused(path: str) -> None:
    """The caller wrote the path, so the caller would write the policy."""
    arn = MethodArn.parse(f"{HEAD}/GET/{path}")
    found = check(response(arn.text), arn)
    assert found is not None
    assert check(response(f"{HEAD}/GET/a"), arn) is None


def test_a_call_that_names_no_stage_takes_no_finished_response() -> None:
    """There is nothing that it could be checked against."""
    arn = MethodArn.parse("arn:aws:execute-api:eu-west-1:123456789012:abc123/*/GET/a")
    found = check(response("arn:aws:execute-api:eu-west-1:123456789012:abc123/*/GET/a"), arn)
    assert found is not None
    assert "cannot be checked" in found
