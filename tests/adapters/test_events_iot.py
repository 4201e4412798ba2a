"""IoT Core: rules over MQTT actions, documents within the limits, the password of a device."""

from __future__ import annotations

import json
import re
import time
from typing import Any

import pytest

from cwsauth import Grant, authorizer
from cwsauth.errors import AuthorizerFailure, EventError
from cwsauth.events import decode
from cwsauth.gateway import events
from tests.adapters.kinds import Context

HERE = "arn:aws:iot:eu-west-1:123456789012:"
EVENT = events.iot("t", client_id="sensor-1")


def answer(result: object, **options: Any) -> dict[str, Any]:
    """What IoT gets."""
    return dict(authorizer(**options)(lambda _: result)(EVENT, Context()))


def allows(found: dict[str, Any], action: str, resource: str) -> bool:
    """Whether the documents allow an action on a resource, as IoT reads them: `*` and `?` are wildcards, Deny wins."""
    effects = {
        statement["Effect"]
        for document in found["policyDocuments"]
        for statement in document["Statement"]
        for text in statement["Resource"]
        if statement["Action"] == f"iot:{action}"
        and re.fullmatch(re.escape(text).replace(r"\*", ".*").replace(r"\?", "."), HERE + resource, re.DOTALL)
    }
    return effects == {"Allow"}


def test_the_documents_say_what_the_rules_say() -> None:
    """Each action has its kind of resource."""
    found = answer(["Connect/sensor-1", "Publish/sensors/1/temperature", "Subscribe/news/**", "Receive/news/**"])
    assert found["isAuthenticated"] is True
    assert allows(found, "Connect", "client/sensor-1")
    assert not allows(found, "Connect", "client/sensor-2")
    assert allows(found, "Publish", "topic/sensors/1/temperature")
    assert not allows(found, "Publish", "topic/sensors/1/temperature/x")
    assert allows(found, "Subscribe", "topicfilter/news/a/#")
    assert allows(found, "Receive", "topic/news/a/b")
    assert not allows(found, "Receive", "topic/newsletter")
    assert not allows(found, "Publish", "topic/news/a")


def test_a_level_is_one_level() -> None:
    """IoT's own `*` crosses levels; a filter that ends in `#` asks for all of them."""
    found = answer(["Publish/sensors/*", "Subscribe/sensors/*"])
    assert allows(found, "Publish", "topic/sensors/1")
    assert not allows(found, "Publish", "topic/sensors/1/2")
    assert allows(found, "Subscribe", "topicfilter/sensors/+")
    assert not allows(found, "Subscribe", "topicfilter/sensors/#")
    assert not allows(found, "Subscribe", "topicfilter/sensors/a/b")


def test_denied_is_denied() -> None:
    """`!` holds for the action that it names."""
    found = answer(["*", "!Publish/admin/**"])
    assert allows(found, "Receive", "topic/admin/x")
    assert allows(found, "Publish", "topic/other")
    assert not allows(found, "Publish", "topic/admin/x")


def test_everything_is_every_action_of_this_account() -> None:
    """Not of another one, and no action of the control plane."""
    found = answer(True)
    texts = [text for document in found["policyDocuments"] for s in document["Statement"] for text in s["Resource"]]
    assert all(text.startswith(HERE) for text in texts)
    actions = {s["Action"] for document in found["policyDocuments"] for s in document["Statement"]}
    assert actions == {"iot:Connect", "iot:Publish", "iot:RetainPublish", "iot:Receive", "iot:Subscribe"}


@pytest.mark.parametrize("result", [False, [], ["!Connect/a"], ["GET Connect/a"], ["other/a"]])
def test_nothing_is_not_authenticated(result: object) -> None:
    """No policy is sent for nobody; a rule with HTTP methods is none for MQTT."""
    found = answer(result)
    assert found["isAuthenticated"] is False
    assert found["policyDocuments"] == []


@pytest.mark.parametrize("principal", ["a|b", "a-b", "a_b", "a@b", "", "x" * 129, "ä", "a\n"])
def test_a_principal_that_iot_would_not_take_is_refused(principal: str) -> None:
    """Letters and digits only; the sentence in the log does not hold it."""
    with pytest.raises(AuthorizerFailure):
        answer(Grant(True, principal_id=principal) if principal else True, principal_id=lambda _: principal)


def test_documents_are_parted_by_their_length() -> None:
    """At most 2048 characters each, and together they say all of it."""
    rules = [f"Publish/a-rather-long-topic-of-a-device/{number}" for number in range(60)]
    found = answer(rules)
    assert 1 < len(found["policyDocuments"]) <= 10
    for document in found["policyDocuments"]:
        assert len(json.dumps(document, separators=(",", ":"))) <= 2048
    assert all(allows(found, "Publish", "topic/" + rule.partition("/")[2]) for rule in rules)


@pytest.mark.parametrize("rules", [[f"Publish/{'x' * 60}/{n}" for n in range(200)], ["Publish/" + "x" * 2048]])
def test_more_than_the_limits_is_an_error(rules: list[str]) -> None:
    """Before IoT refuses it without a word."""
    with pytest.raises(AuthorizerFailure):
        answer(rules)


def test_times_are_within_their_bounds() -> None:
    """300 seconds to a day, and no longer than the token where that is known."""
    found = answer(True)
    assert found["disconnectAfterInSeconds"] == 86400
    assert found["refreshAfterInSeconds"] == 300
    assert answer(True, ttl=3600)["refreshAfterInSeconds"] == 3600
    found = answer(Grant(True, expires_at=time.time() + 1000), ttl=3600)
    assert 990 <= found["disconnectAfterInSeconds"] <= 1000
    assert found["refreshAfterInSeconds"] <= found["disconnectAfterInSeconds"]
    assert answer(Grant(True, expires_at=time.time() - 1))["isAuthenticated"] is False


def test_without_the_functions_arn_nothing_is_granted() -> None:
    """It tells region and account; without them a document could only name every account."""
    with pytest.raises(AuthorizerFailure):
        authorizer(lambda _: True)(EVENT, None)


def test_the_password_of_mqtt_is_the_token_where_there_is_none() -> None:
    """It is base64 in the event."""
    request = decode(events.iot(username="u", password="pä:ss", client_id="c"))
    assert request.token == "pä:ss"
    assert dict(request.path_parameters) == {"clientId": "c", "username": "u"}
    assert request.path == "/Connect/c"
    assert decode(events.iot("t", password="p")).token == "t"
    assert decode(events.iot(query="a=1&b=%20", headers={"X-A": "1"})).query == {"a": "1", "b": " "}


@pytest.mark.parametrize("password", ["%%%", "aaaaa", "/w==", "cA==\n"])
def test_a_password_that_is_no_base64_of_text_is_refused(password: str) -> None:
    """And the error does not hold it, nor does its chain."""
    event = events.iot(username="u", password="p")
    event["protocolData"]["mqtt"]["password"] = password
    with pytest.raises(EventError) as raised:
        _ = decode(event).token
    assert raised.value.__context__ is None
    assert password not in str(raised.value)
