"""A REST API with a resource policy beside its authorizer: Table A of the developer guide."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth.errors import ConfigError
from cwsauth.gateway import Authorizer, CallRecord, Gateway, Route
from tests.gateway.lambdas import ARN, TOKEN, Authorizing, Backend, response, statement

SILENT = statement("Allow", "GET/elsewhere")
ALLOW, DENY = statement("Allow", "*"), statement("Deny", "GET/a")


def resource_policy(*statements: dict[str, Any]) -> dict[str, Any]:
    """A resource policy for everybody."""
    return {"Version": "2012-10-17", "Statement": [{**each, "Principal": "*"} for each in statements]}


def gateway(auth: Authorizing | None, *statements: dict[str, Any]) -> Gateway:
    """`/a`, behind an authorizer where there is one."""
    authorizer = Authorizer(auth) if auth else None
    route = Route("GET", "/a", Backend(), authorizer=authorizer)
    return Gateway([route], resource_policy=resource_policy(*statements))


@pytest.mark.parametrize(
    ("authorizer", "resource", "status"),
    [
        (ALLOW, ALLOW, 200),
        (ALLOW, SILENT, 200),
        (ALLOW, DENY, 403),
        (SILENT, ALLOW, 200),
        (SILENT, SILENT, 403),
        (SILENT, DENY, 403),
        (DENY, ALLOW, 403),
        (DENY, SILENT, 403),
        (DENY, DENY, 403),
    ],
)
def test_table_a(authorizer: dict[str, Any], resource: dict[str, Any], status: int) -> None:
    """Any denial denies, any permission permits, silence of both denies: silence alone is no denial."""
    api = gateway(Authorizing(response(authorizer)), resource)
    assert [api.call("GET", "/a", headers=TOKEN).status for _ in range(2)] == [status, status]


def test_an_explicit_denial_of_the_resource_policy_comes_before_the_authorizer() -> None:
    """Nobody is asked, and the message names the call with a masked account."""
    auth, records = Authorizing(), list[CallRecord]()
    api = gateway(auth, ALLOW, DENY)
    api.on_call = records.append
    answer = api.call("GET", "/a", headers=TOKEN)
    assert answer.json() == {
        "Message": "User: anonymous is not authorized to perform: execute-api:Invoke on resource: "
        "arn:aws:execute-api:eu-west-1:********9012:abc123/dev/GET/a with an explicit deny"
    }
    assert not auth.events
    assert records[0].reason.startswith("the resource policy: Statement[1]")


def test_a_missing_token_is_401_whatever_the_resource_policy_allows() -> None:
    """The identity source is looked at first."""
    assert gateway(Authorizing(), ALLOW).call("GET", "/a").status == 401


@pytest.mark.parametrize(("resource", "status"), [(ALLOW, 200), (SILENT, 403), (DENY, 403)])
def test_an_open_route_needs_a_permission_of_the_resource_policy(resource: dict[str, Any], status: int) -> None:
    """Alone it has to allow."""
    assert gateway(None, resource).call("GET", "/a").status == status


def test_an_ip_allow_list_overrules_a_silent_authorizer() -> None:
    """The trap of a document that merely does not allow."""
    allow_list = statement("Allow", "*", Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}})
    api = gateway(Authorizing(response(SILENT)), allow_list)
    assert api.call("GET", "/a", headers=TOKEN, source_ip="192.0.2.7").status == 200
    assert api.call("GET", "/a", headers=TOKEN, source_ip="198.51.100.7").status == 403


def test_short_resources_are_written_out() -> None:
    """`execute-api:/dev/GET/a` is this API's."""
    for resource, status in (("execute-api:/dev/GET/a", 200), ("execute-api:/*", 200), ("execute-api:/prod/*", 403)):
        short = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [resource]}
        assert gateway(None, short).call("GET", "/a").status == status


def test_the_trail_says_which_policy_decided() -> None:
    """Where both allow it is the authorizer's."""
    records: list[CallRecord] = []
    for authorizer in (ALLOW, SILENT):
        api = gateway(Authorizing(response(authorizer)), ALLOW)
        api.on_call = records.append
        api.call("GET", "/a", headers=TOKEN)
    reasons = [record.judgement.reason for record in records if record.judgement]
    assert reasons == ["Statement[0] allows '*'", "the resource policy: Statement[0] allows '*'"]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"Statement": [{**ALLOW, "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}]}, "names principals"),
        ({"Statement": [ALLOW]}, "names principals"),
        ({"Statement": ["x"]}, "a statement that is not an object"),
        (resource_policy(), "is not emulated"),
        (resource_policy({**ALLOW, "Condition": {"ArnLike": {"aws:SourceArn": ARN}}}), "is not emulated"),
    ],
)
def test_what_is_not_emulated_is_refused(document: dict[str, Any], message: str) -> None:
    """At construction."""
    with pytest.raises(ConfigError, match=message):
        Gateway([], resource_policy=document)
