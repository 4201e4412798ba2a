"""Laws of the evaluator: it reads as the oracle does, a deny wins, order does not count, and garbage is refused cleanly."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from cwsauth.errors import CwsAuthError, DocumentError
from cwsauth.policy.evaluate import Evaluator, Verdict, evaluate
from tests.oracle.iam import OracleError, verdict

Json = Any

PREFIX = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/"
WORDS = {"allow": Verdict.ALLOW, "explicit_deny": Verdict.EXPLICIT_DENY, "implicit_deny": Verdict.IMPLICIT_DENY}

# Few letters, so that patterns and calls meet.
tails = st.lists(st.sampled_from(["G", "/", "a", ":", "*", "?", "${*}", "${?}", "${$}", "$", "\n"]), max_size=7).map(
    "".join
)
resources = st.one_of(st.just("*"), tails.map(PREFIX.__add__))
one_or_more = st.one_of(resources, st.lists(resources, min_size=1, max_size=3))
actions = st.sampled_from(
    ["execute-api:Invoke", "EXECUTE-API:inv*", "execute-api:*", "*", "execute-api:Manage?", "s3:*"]
)

ADDRESSES = ["203.0.113.7", "198.51.100.1", "2001:db8::1"]
MOMENTS = ["2026-01-01T00:00:00Z", "2026-06-01T12:00:00+02:00", "1785585600"]
OPERATORS: dict[str, list[Json]] = {
    "StringEquals": ["a", "A", "a*", "${*}", ["a", "b"]],
    "StringLike": ["a*", "?", "${*}", ["b", "*a"]],
    "Bool": ["true", "false", True, ["true", "false"]],
    "IpAddress": ["203.0.113.0/24", "203.0.113.7", "2001:db8::/32", ["198.51.100.0/24", "0.0.0.0/0"]],
    "NotIpAddress": ["203.0.113.0/24", ["198.51.100.0/24", "2001:db8::/32"]],
    "DateLessThan": [*MOMENTS, MOMENTS],
    "DateGreaterThan": [*MOMENTS, MOMENTS],
}
VALUES: dict[str, list[Json]] = {"String": ["a", "A", "ba", "*"], "Bool": ["true", "false", True], "Date": MOMENTS}


def kind(operator: str) -> str:
    """The key that an operator is asked about here: one of its own type, so that its value can be read."""
    return next((name for name in VALUES if operator.startswith(name)), "Ip")


@st.composite
def conditions(draw: st.DrawFn) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for operator in draw(st.lists(st.sampled_from(sorted(OPERATORS)), unique=True, min_size=1, max_size=3)):
        suffix = draw(st.sampled_from(["", "IfExists"]))
        key = draw(st.sampled_from([f"aws:{kind(operator)}", f"AWS:{kind(operator).upper()}"]))
        made[operator + suffix] = {key: draw(st.sampled_from(OPERATORS[operator]))}
    if draw(st.booleans()):
        made["Null"] = {"aws:String": draw(st.sampled_from(["true", "false"]))}
    return made


@st.composite
def statements(draw: st.DrawFn) -> dict[str, Json]:
    made: dict[str, Json] = {
        "Effect": draw(st.sampled_from(["Allow", "Deny"])),
        "Action": draw(st.one_of(actions, st.lists(actions, min_size=1, max_size=2))),
        draw(st.sampled_from(["Resource", "Resource", "NotResource"])): draw(one_or_more),
    }
    if draw(st.booleans()):
        made["Condition"] = draw(conditions())
    return made


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Json]:
    blocks: Json = draw(st.lists(statements(), min_size=1, max_size=4))
    if len(blocks) == 1 and draw(st.booleans()):
        (blocks,) = blocks
    version = draw(st.sampled_from(["2012-10-17", "2012-10-17", "2008-10-17", None]))
    return {**({"Version": version} if version else {}), "Statement": blocks}


calls = st.text("Ga/:*?$\n{}", max_size=7).map(PREFIX.__add__)
contexts = st.fixed_dictionaries(
    {},
    optional={
        "aws:String": st.sampled_from(VALUES["String"]),
        "aws:bool": st.sampled_from(VALUES["Bool"]),
        "aws:Ip": st.sampled_from(ADDRESSES),
        "AWS:Date": st.sampled_from(VALUES["Date"]),
    },
)


@given(document=documents(), arn=calls, context=contexts)
@example(
    document={
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Action": "*",
            "Resource": "*",
            "Condition": {"StringEquals": {"aws:String": "${*}"}},
        },
    },
    arn=PREFIX,
    context={"aws:String": "*"},
)
def test_evaluator_equals_oracle(document: dict[str, Json], arn: str, context: dict[str, Json]) -> None:
    """Two readers that share nothing come to the same verdict on every document that both know."""
    assert evaluate(document, arn, context) is WORDS[verdict(document, arn, context)]


@given(document=documents(), arn=calls, context=contexts)
def test_deny_trumps_allow(document: dict[str, Json], arn: str, context: dict[str, Json]) -> None:
    """Whatever a document says, with a deny of everything beside it the call is denied explicitly."""
    blocks = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*"}
    for place in range(len(blocks) + 1):
        denied = {**document, "Statement": [*blocks[:place], deny, *blocks[place:]]}
        assert evaluate(denied, arn, context) is Verdict.EXPLICIT_DENY


@given(document=documents(), arn=calls, context=contexts, order=st.randoms(use_true_random=False))
def test_order_and_duplicates_do_not_matter(
    document: dict[str, Json], arn: str, context: dict[str, Json], order: Any
) -> None:
    """Statements may be shuffled and repeated, resources too."""
    blocks = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    shuffled = [*blocks, *blocks]
    order.shuffle(shuffled)
    assert evaluate({**document, "Statement": shuffled}, arn, context) is evaluate(document, arn, context)


json_values: st.SearchStrategy[Json] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
    max_leaves=6,
)


@st.composite
def damaged(draw: st.DrawFn) -> Json:
    """A document with one of its parts replaced by arbitrary JSON."""
    document = draw(documents())
    blocks = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    block = draw(st.sampled_from(blocks))
    target = draw(st.sampled_from([document, block, block.get("Condition", block)]))
    target[draw(st.sampled_from(sorted(target)))] = draw(json_values)
    return document


@given(document=st.one_of(damaged(), json_values), arn=calls, context=contexts)
@example(
    document={"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"Bool": []}}},
    arn=PREFIX,
    context={},
)
def test_garbage_is_a_document_error(document: Json, arn: str, context: dict[str, Json]) -> None:
    """Whatever JSON it gets, the evaluator answers or raises DocumentError; and it knows nothing the oracle does not."""
    answer: Verdict | DocumentError
    try:
        answer = evaluate(document, arn, context)
    except DocumentError as error:
        answer = error
    if isinstance(answer, DocumentError):
        assert str(answer)
        assert answer.help
        return
    try:
        assert answer is WORDS[verdict(document, arn, context)]
    except OracleError:
        # The oracle reads less: NotAction, and negations beside NotIpAddress.
        assert "NotAction" in str(document) or "Not" in str(document) or "Date" in str(document)


@given(document=documents())
def test_a_compiled_document_is_the_same(document: dict[str, Json]) -> None:
    """Judging does not wear an evaluator out: twice the same question, twice the same judgement."""
    evaluator = Evaluator(document)
    try:
        first = evaluator.judge(PREFIX + "G/a", {"aws:String": "a"})
    except CwsAuthError:
        pytest.fail("every condition can read these values")
    assert evaluator.judge(PREFIX + "G/a", {"AWS:STRING": "a"}) == first
