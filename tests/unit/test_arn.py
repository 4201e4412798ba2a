"""The ARN of a call: taken apart, and whether a document can be written for it."""

from __future__ import annotations

import copy
import pickle

import pytest

from cwsauth import Policy
from cwsauth.arn import MethodArn, is_stage
from cwsauth.errors import ArnError
from tests.oracle import iam

HEAD = "arn:aws:execute-api:eu-west-1:123456789012:abc123"


@pytest.mark.parametrize(
    ("text", "stage", "method", "path", "route_key"),
    [
        (f"{HEAD}/dev/GET/product/1", "dev", "GET", "product/1", ""),
        (f"{HEAD}/dev/GET/", "dev", "GET", "", ""),
        (f"{HEAD}/dev/GET", "dev", "GET", "", ""),
        (f"{HEAD}/dev/GET//", "dev", "GET", "/", ""),
        (f"{HEAD}/dev/GET//a//", "dev", "GET", "/a//", ""),
        (f"{HEAD}/$default/POST/a", "$default", "POST", "a", ""),
        (f"{HEAD}/dev/$connect", "dev", "", "", "$connect"),
        (f"{HEAD}/dev/GET/t/2021-08-01T00:00:00Z/x:y", "dev", "GET", "t/2021-08-01T00:00:00Z/x:y", ""),
        (f"{HEAD}/dev/GET/a%2Fb c?*é\n", "dev", "GET", "a%2Fb c?*é\n", ""),
        (f"{HEAD}/ESTestInvoke-stage/GET/", "ESTestInvoke-stage", "GET", "", ""),
        (f"{HEAD}/dev/GET/GET/a", "dev", "GET", "GET/a", ""),
        (f"{HEAD}/dev/GET/$connect", "dev", "GET", "$connect", ""),
    ],
)
def test_the_parts_of_an_arn(text: str, stage: str, method: str, path: str, route_key: str) -> None:
    """Split at five colons and no more; the path is raw, without its leading slash."""
    arn = MethodArn.parse(text)
    assert (arn.partition, arn.region, arn.account, arn.api) == ("aws", "eu-west-1", "123456789012", "abc123")
    assert (arn.stage, arn.method, arn.path, arn.route_key) == (stage, method, path, route_key)
    assert arn.concrete
    assert arn.prefix == f"{HEAD}/{stage}"
    assert str(arn) == arn.text == text


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b"])
def test_the_partition_is_kept(partition: str) -> None:
    """China and GovCloud are no other name for `aws`."""
    arn = MethodArn.parse(f"arn:{partition}:execute-api:cn-north-1:123456789012:abc123/dev/GET/a")
    assert arn.partition == partition
    assert arn.prefix == f"arn:{partition}:execute-api:cn-north-1:123456789012:abc123/dev"


HELP = "it looks like 'arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/product/1'"
NO_HEAD = "invalid method ARN: it does not begin with 'arn:PARTITION:execute-api:REGION:ACCOUNT:'"
NO_CALL = "invalid method ARN: neither a verb nor a route key follows its stage"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", NO_HEAD),
        ("*", NO_HEAD),
        ("arn:aws:execute-api:eu-west-1:123456789012", NO_HEAD),
        ("arn:aws:lambda:eu-west-1:123456789012:function:x", NO_HEAD),
        ("ARN:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/", NO_HEAD),
        (" " + HEAD + "/dev/GET/", NO_HEAD),
        ("arn:aws:execute-api:eu-west-1:123456789012:", "invalid method ARN: it has no stage"),
        ("arn:aws:execute-api:eu-west-1:123456789012:/dev/GET/", "invalid method ARN: it has no stage"),
        (HEAD, "invalid method ARN: it has no stage"),
        (HEAD + "/dev", "invalid method ARN: nothing follows its stage"),
        (HEAD + "/dev/", NO_CALL),
        (HEAD + "/dev/get/a", NO_CALL),
        (HEAD + "/dev/*/a", NO_CALL),
        (HEAD + "/dev/GET1/a", NO_CALL),
        (HEAD + "/dev/GET\n/a", NO_CALL),
        (HEAD + "/dev/$connect/a", NO_CALL),
        (HEAD + "/dev//GET/a", NO_CALL),
        (HEAD + "/dev/product/1", NO_CALL),
    ],
)
def test_what_is_no_arn_of_a_call(text: str, message: str) -> None:
    """The error says what is missing, and never quotes a text whose path came from a caller."""
    with pytest.raises(ArnError) as raised:
        MethodArn.parse(text)
    assert str(raised.value) == message
    assert raised.value.help == HELP


@pytest.mark.parametrize("value", [None, 1, b"arn:aws", ["arn"], {"arn": 1}])
def test_an_arn_is_a_string(value: object) -> None:
    """Another type is named."""
    with pytest.raises(ArnError, match=f"a string is needed, not {type(value).__name__}"):
        MethodArn.parse(value)


@pytest.mark.parametrize(
    "head",
    [
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/*",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/null",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/d*v",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/d.v",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/$other",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev\n",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/" + "x" * 129,
        "arn:aws:execute-api:eu-west-1:123456789012:*/dev",
        "arn:aws:execute-api:eu-west-1:123456789012:abc?23/dev",
        "arn:aws:execute-api:eu-west-1:123456789012:ab:c/dev",
        "arn:aws:execute-api:eu-west-1:123456789012:" + "a" * 65 + "/dev",
        "arn:aws:execute-api:eu-west-1:*:abc123/dev",
        "arn:aws:execute-api:eu-west-1:12345678901:abc123/dev",
        "arn:aws:execute-api:eu-west-1:1234567890123:abc123/dev",
        "arn:aws:execute-api:eu-west-1:١٢٣٤٥٦٧٨٩٠١٢:abc123/dev",
        "arn:aws:execute-api:eu-west-1::abc123/dev",
        "arn:aws:execute-api:*:123456789012:abc123/dev",
        "arn:aws:execute-api::123456789012:abc123/dev",
        "arn:aws:execute-api:EU:123456789012:abc123/dev",
        "arn:*:execute-api:eu-west-1:123456789012:abc123/dev",
        "arn::execute-api:eu-west-1:123456789012:abc123/dev",
        "arn:awsx:execute-api:eu-west-1:123456789012:abc123/dev",
        "arn:aws-:execute-api:eu-west-1:123456789012:abc123/dev",
    ],
)
def test_an_arn_that_names_no_stage_grants_nothing(head: str) -> None:
    """It can be read, it has no prefix, and the document for it denies; one that would grant says it is not exact."""
    text = f"{head}/GET/a"
    arn = MethodArn.parse(text)
    assert not arn.concrete
    with pytest.raises(ArnError, match="does not name one partition, region, account, API and stage"):
        _ = arn.prefix
    document = Policy.of(True).document(text)
    assert (document.allow, document.deny) == ((), ("*",))
    assert not document.exact
    assert not document.cacheable
    assert iam.verdict(document.policy, text) == iam.EXPLICIT_DENY
    nothing = Policy.of(False).document(text)
    assert nothing.exact
    assert nothing.cacheable
    assert nothing.policy == document.policy


@pytest.mark.parametrize("head", ["random-api-id/dev", "a_b/local", "000/x"])
def test_ids_of_emulators_are_names_too(head: str) -> None:
    """Emulators write hyphens and underscores in an API's id: no wildcard, so nothing speaks against it."""
    assert MethodArn.parse(f"arn:aws:execute-api:eu-west-1:000000000000:{head}/GET/").concrete


@pytest.mark.parametrize(
    ("stage", "is_one"),
    [("dev", True), ("v1_2-3", True), ("$default", True), ("*", False), ("null", False), ("", False), ("a b", False)],
)
def test_what_names_one_stage(stage: str, is_one: bool) -> None:
    """Letters, digits, `_`, `-`, or `$default`."""
    assert is_stage(stage) is is_one


def test_an_arn_is_a_value() -> None:
    """Compared, hashed, copied and pickled by its text."""
    arn = MethodArn.parse(HEAD + "/dev/GET/a")
    assert arn == MethodArn(arn.text) == copy.copy(arn) == pickle.loads(pickle.dumps(arn))
    assert hash(arn) == hash(MethodArn(arn.text))
    assert arn != arn.text
    assert arn != MethodArn.parse(HEAD + "/dev/GET/b")
    assert repr(arn) == f"MethodArn('{HEAD}/dev/GET/a')"
