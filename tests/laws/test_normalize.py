"""What holds for whatever an `auth` function returns: it becomes a policy, and what is no answer grants nothing."""

from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from cwsauth import Grant, Policy, RouteTable, Rule
from cwsauth.policy.normalize import Answer, normalize
from tests.canary import CANARY
from tests.laws import strategies
from tests.laws.generate import VERBS
from tests.oracle import paths as oracle

CALLS = [(method, path) for method in (*VERBS, "") for path in ("/", "/a", "/product/1", "/$connect")]


class Truth(enum.IntEnum):
    """A number that looks like a yes."""

    YES = 1


class Text(str):
    """A string that may have changed its mind about itself."""

    __slots__ = ()


class Shape:
    """An object of another framework's name, with whatever attributes."""


def shaped(name: str, attributes: dict[str, object]) -> object:
    """An instance of a class called `name` that has these attributes."""
    made = type(name, (Shape,), {})()
    made.__dict__.update(attributes)
    return made


def set_or_list(items: list[Any]) -> Any:
    """A set where that can be, so that neither order nor duplicates survive."""
    try:
        return {*items} if len(items) == 2 else items
    except TypeError:
        return items


scalars: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.integers(-2, 2),
    st.floats(),
    st.text(max_size=6),
    st.binary(max_size=4),
    st.sampled_from(
        ["*", "**", "True", "allow", "Allow", b"*", 1, 1.0, Truth.YES, Text("*"), NotImplemented, ..., object()]
    ),
    st.sampled_from([bool, Policy, Rule, len, lambda request: True]),
)
nested: st.SearchStrategy[Any] = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.dictionaries(st.text(max_size=5), inner, max_size=3),
        st.lists(inner, max_size=3).map(set_or_list),
        st.tuples(st.just("policyDocument"), inner).map(lambda pair: [pair[0], pair[1]]),
    ),
    max_leaves=6,
)


attributes = st.dictionaries(
    st.sampled_from(
        [
            "routes",
            "path",
            "methods",
            "context",
            "principal_id",
            "_allow_routes",
            "_deny_routes",
            "usage_identifier_key",
        ]
    ),
    st.one_of(nested, st.lists(st.dictionaries(st.sampled_from(["resourceArn", "conditions"]), nested), max_size=2)),
)
shapes = st.builds(
    shaped,
    st.sampled_from(["AuthResponse", "AuthRoute", "APIGatewayAuthorizerResponse", "Policy", "Rule", "Grant", "bool"]),
    attributes,
)
grants: st.SearchStrategy[Any] = st.builds(
    Grant,
    st.one_of(nested, st.booleans(), shapes),
    principal_id=nested,
    context=nested,
    usage_identifier_key=nested,
    conditions=nested,
    expires_at=nested,
)
rule_items = st.one_of(strategies.patterns(), strategies.patterns().map(Rule), scalars, shapes)
anything: st.SearchStrategy[Any] = st.one_of(
    nested,
    shapes,
    grants,
    st.lists(rule_items, max_size=3),
    st.lists(rule_items, max_size=3).map(tuple),
    st.lists(shapes, max_size=2),
)


@given(result=anything, routed=st.booleans())
@example(result=Truth.YES, routed=False)
@example(result=[Text("*")], routed=False)
@example(result=Text("*"), routed=False)
@example(result="*", routed=False)
@example(result=[["*"]], routed=False)
@example(result=["a", None], routed=True)
@example(result=Grant(Grant(True)), routed=False)
@example(result=Grant(True, principal_id=""), routed=False)
@example(result=Grant([Rule("a")], conditions=shaped("C", {"settle": 1})), routed=False)
@example(result=shaped("APIGatewayAuthorizerResponse", {"_allow_routes": [1], "principal_id": "x"}), routed=False)
@example(result=shaped("AuthResponse", {"routes": {"*"}, "principal_id": "x", "context": {}}), routed=False)
def test_normalize_never_raises(result: Any, routed: bool) -> None:
    """Whatever comes back is read as an answer, or it grants nothing and says in one line what to return instead."""
    answer = normalize(result, routes=RouteTable.of(["GET /a"]) if routed else None)
    assert isinstance(answer, Answer)
    assert isinstance(answer.policy, Policy)
    if answer.problem is not None:
        assert not any(answer.policy.allows(method, path) for method, path in CALLS)
        assert answer.policy.document("arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/").allow == ()
        assert answer.problem.startswith("auth returned ")
        assert "\n" not in answer.problem
        assert answer.finished is None


@given(result=nested)
@example(result=1)
@example(result="*")
@example(result={"*"})
@example(result={"isAuthorized": True})
def test_only_answers_grant(result: Any) -> None:
    """Truth is no permission: no number, string, set or dict grants anything, nor does a list with one in it."""
    for value in (result, [[result]], (result, None)):
        if type(value) is list and all(type(item) is str for item in value):
            continue
        answer = normalize(value)
        assert not any(answer.policy.allows(method, path) for method, path in CALLS)
        plain_dict = type(value) is dict and "policyDocument" in value
        assert (answer.problem is None) is plain_dict


@given(
    rules=strategies.rule_lists(),
    wrong=st.sampled_from(["a/{b", "a b", "!!", "a/", None, 1, b"*", ["*"]]),
    data=st.data(),
)
def test_one_wrong_rule_grants_nothing(rules: list[Any], wrong: object, data: st.DataObject) -> None:
    """A list with one wrong rule in it grants nothing at all, wherever it stands."""
    place = data.draw(st.integers(0, len(rules)))
    answer = normalize([*rules[:place], wrong, *rules[place:]])
    assert answer.policy.rules == ()
    assert answer.problem is not None


@given(rules=strategies.rule_lists(), wrap=st.sampled_from([list, tuple, Policy.of, Grant]), path=strategies.paths())
def test_every_form_of_a_list_means_the_same(rules: list[str], wrap: Callable[[Any], Any], path: str) -> None:
    """A list, a tuple, a policy and a grant of the same rules decide alike, and as the oracle does."""
    answer = normalize(wrap(rules))
    assert answer.problem is None
    for method in ("GET", "POST"):
        assert answer.policy.allows(method, path) is oracle.allowed(rules, method, path)


@given(result=st.sampled_from([CANARY, CANARY.encode(), {CANARY: CANARY}, {CANARY}, Grant(CANARY), Grant({CANARY: 1})]))
def test_the_value_is_not_told(result: object) -> None:
    """What the log is told names the type of a result that is none, never its value."""
    answer = normalize(result)
    assert answer.problem is not None
    assert CANARY not in answer.problem
