"""What a warm authorizer remembers: the same answers as a cold one, whatever came before."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from cwsauth import AuthRequest, Grant, Policy, authorizer
from cwsauth.authorizer import Authorizer
from cwsauth.cli.compiling import compile_plans
from cwsauth.errors import AuthorizerFailure
from cwsauth.policy.normalize import MOST, MOST_RULES, Memory

PREFIX = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"


class Liar(str):
    """Equal to every text."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = str.__hash__


def event(arn: str = f"{PREFIX}/GET/a") -> dict[str, str]:
    """A TOKEN event."""
    return {"type": "TOKEN", "authorizationToken": "Bearer x", "methodArn": arn}


def returning(*results: object, **options: Any) -> Authorizer:
    """An authorizer whose function returns these results, one a call."""
    left = iter(results)

    def auth(request: AuthRequest) -> object:
        return next(left)

    made = authorizer(**options)(auth)
    assert isinstance(made, Authorizer)
    return made


def allowed(answer: dict[str, Any]) -> list[str]:
    """The resources that an answer allows, without the stage."""
    found = [one["Resource"] for one in answer["policyDocument"]["Statement"] if one["Effect"] == "Allow"]
    return [text.removeprefix(PREFIX) for resources in found for text in resources]


def test_a_list_that_was_changed_is_read_again() -> None:
    """The same list object with another rule in it gives the document of that rule."""
    rules = ["GET a"]
    auth = returning(rules, rules, rules)
    assert allowed(auth(event())) == ["/GET/a"]
    rules[0] = "GET b"
    assert allowed(auth(event())) == ["/GET/b"]
    rules.clear()
    assert allowed(auth(event())) == []


@pytest.mark.parametrize("wrap", [list, tuple])
def test_what_calls_itself_equal_to_a_rule_is_none(wrap: type) -> None:
    """A subclass of str is refused also where an equal list was remembered."""
    auth = returning(["GET a"], wrap([Liar("GET a")]), wrap([Liar("zz")]), ["GET a"])
    assert allowed(auth(event())) == ["/GET/a"]
    assert allowed(auth(event())) == []
    assert allowed(auth(event())) == []
    assert allowed(auth(event())) == ["/GET/a"]


def test_one_and_true_are_not_the_same() -> None:
    """What is remembered of True is not found for 1, nor that of False for 0."""
    auth = returning(True, 1, False, 0, True)
    assert [bool(allowed(auth(event()))) for _ in range(5)] == [True, False, False, False, True]


def test_an_answer_that_was_changed_changes_no_other() -> None:
    """Every answer is a new dict, with a document that cannot be changed."""
    auth = returning(*[("GET a",)] * 4)
    first = auth(event())
    again = auth(event())
    with pytest.raises(TypeError):
        again["policyDocument"]["Statement"][0]["Resource"].append("*")
    with pytest.raises(TypeError):
        again["policyDocument"]["Statement"][0]["Effect"] = "Deny"
    again["principalId"] = "x"
    again["context"] = {"tier": 1}
    assert auth(event()) == first == {"principalId": "user", "policyDocument": again["policyDocument"]}


@pytest.mark.parametrize("compiled", [False, True])
def test_a_copy_of_an_authorizer_remembers_for_itself(compiled: bool) -> None:
    """Its documents cannot be changed either, though a copy of one can."""
    rules = ["a/**", "!a/b"]
    plans = compile_plans(authorizer(lambda request: rules), {"rules": rules}).data if compiled else None
    auth = authorizer(compiled=plans)(lambda request: rules)
    first = auth(event())
    copied = copy.deepcopy(auth)
    assert type(copied._memory) is type(auth._memory)
    assert (type(copied._memory) is Memory) is not compiled
    for _ in range(2):
        again = copied(event())
        assert again == first
        with pytest.raises(TypeError):
            again["policyDocument"]["Statement"].clear()


@pytest.mark.parametrize(
    "text",
    ["/get/a", "/GE$/a", "//GET/a", "X/GET/a", "", "/GETS$", "/*/a", ":x/GET/a"],
)
def test_a_warm_authorizer_refuses_the_arns_that_a_cold_one_does(text: str) -> None:
    """An ARN that only begins like one that was seen is read as a whole, and gets what it gets without a memory."""

    def outcome(auth: Authorizer) -> object:
        try:
            return auth(event(PREFIX + text))
        except AuthorizerFailure as error:
            return str(error)

    warm = returning(*[("GET a",)] * 3)
    warm(event())
    warm(event())
    assert outcome(warm) == outcome(returning(("GET a",)))


def test_every_stage_has_its_own_document() -> None:
    """What was answered for one stage or API is not answered for another."""
    auth = returning(*[("GET a",)] * 60)
    for number in (*range(20), *range(20)):
        arn = f"arn:aws:execute-api:eu-west-1:123456789012:abc{number}/s{number}"
        document = auth(event(f"{arn}/GET/a"))["policyDocument"]
        assert document["Statement"][0]["Resource"] == [f"{arn}/GET/a"]


def test_a_document_with_the_call_at_hand_is_not_kept() -> None:
    """Where IAM cannot say the rules, each call gets its own answer."""
    rules = ("GET a/*/b/**", "!GET a/x/b/*/c")
    first = returning(rules)(event(f"{PREFIX}/GET/a/1/b/2"))
    auth = returning(*[rules] * 3)
    auth(event(f"{PREFIX}/GET/a/9/b/9"))
    assert auth(event(f"{PREFIX}/GET/a/1/b/2")) == first


def test_an_option_that_is_changed_counts_at_once() -> None:
    """Nothing that was made with another option is answered."""
    auth = returning(*[("GET a",)] * 3)
    auth(event())
    auth.principal_id = "somebody"
    assert auth(event())["principalId"] == "somebody"


def test_the_memory_is_bounded() -> None:
    """However many results come, a fixed number of them and of their rules is kept."""
    memory = Memory()
    for number in range(3 * MOST):
        memory.keep([f"GET a{number}"], Policy.of([f"GET a{number}"]))
    assert len(memory.objects) == MOST
    assert memory.find([f"GET a{3 * MOST - 1}"]) is not None
    assert memory.find(["GET a0"]) is None
    large = Policy.of([f"GET b{number}" for number in range(MOST_RULES // 4)])
    for _ in range(9):
        copy = Policy(large.rules)
        memory.keep(copy, copy)
    assert sum(len(seen.policy.rules) for seen in memory.objects.values()) <= MOST_RULES


def test_a_policy_that_depends_on_the_request_is_not_remembered() -> None:
    """A placeholder is filled for each request."""
    memory = Memory()
    policy = Policy.of(["users/${claims.sub}/**"])
    assert memory.keep(policy, policy) is None
    auth = returning(Grant(["GET a"], principal_id="p"), Grant(["GET b"], principal_id="q"))
    assert auth(event())["principalId"] == "p"
    assert auth(event())["principalId"] == "q"
