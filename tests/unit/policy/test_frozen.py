"""Documents that cannot be changed: plain dicts and lists to whoever reads them, and to whoever copies them."""

from __future__ import annotations

import copy
import json
import operator
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from cwsauth import AuthRequest, Policy, Rule
from cwsauth.policy.conditions import source_ip
from cwsauth.policy.frozen import FrozenDict, FrozenList, frozen

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/GET/a"
RULES = Policy.of(["a/*", "GET b", "!a/ä"])
REQUEST = AuthRequest(arn=ARN, method="GET", path="/a", source_ip="192.0.2.1")
HERE = Policy.of([Rule("a", when=source_ip("192.0.2.0/24"))]).settle(REQUEST, now=2e9)
PLAIN: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [ARN, 'arn:aws:execute-api:*:*:ä/"x"/\u2028']},
        {
            "Effect": "Deny",
            "Action": "execute-api:Invoke",
            "Resource": ["*"],
            "Condition": {"IpAddress": {"aws:SourceIp": ["192.0.2.0/24"]}},
        },
    ],
}
REFUSED = (
    r"\Athe policyDocument of an answer is shared with other answers and cannot be changed;"
    r" change a copy: copy\.deepcopy\(answer\)\Z"
)

# What reads a dict or list, or gives a new one. Whatever else they can do has to be refused.
READ = {
    *("__class_getitem__", "__contains__", "__getitem__", "__iter__", "__len__", "__reversed__", "copy"),
    *("__or__", "__ror__", "fromkeys", "get", "items", "keys", "values"),
    *("__add__", "__mul__", "__rmul__", "count", "index"),
}


def texts(document: Any) -> Any:
    """The Resources of the first statement: a list with two texts in it."""
    return document["Statement"][0]["Resource"]


def without(place: Any, key: Any) -> None:
    del place[key]


CHANGES: dict[str, Callable[[Any], object]] = {
    "dict: set": lambda it: operator.setitem(it, "Version", "x"),
    "dict: set anew": lambda it: operator.setitem(it, "x", "x"),
    "dict: delete": lambda it: without(it, "Version"),
    "dict: clear": lambda it: it.clear(),
    "dict: pop": lambda it: it.pop("Version"),
    "dict: pop what is not there": lambda it: it.pop("x", None),
    "dict: popitem": lambda it: it.popitem(),
    "dict: setdefault": lambda it: it.setdefault("x", "x"),
    "dict: setdefault of what is there": lambda it: it.setdefault("Version", "x"),
    "dict: update": lambda it: it.update({"Version": "x"}),
    "dict: update by name": lambda it: it.update(Version="x"),
    "dict: |=": lambda it: it.__ior__({"Version": "x"}),
    "dict: __init__": lambda it: it.__init__({"Version": "x"}),
    "dict: in a list": lambda it: operator.setitem(it["Statement"][1], "Effect", "Allow"),
    "dict: in a dict": lambda it: it["Statement"][1]["Condition"]["IpAddress"].clear(),
    "dict: made by its class": lambda it: type(it)({"Version": "x"}),
    "list: set": lambda it: operator.setitem(texts(it), 0, "*"),
    "list: set a slice": lambda it: operator.setitem(texts(it), slice(None), ["*"]),
    "list: delete": lambda it: without(texts(it), 0),
    "list: delete a slice": lambda it: without(texts(it), slice(None)),
    "list: append": lambda it: texts(it).append("*"),
    "list: clear": lambda it: texts(it).clear(),
    "list: extend": lambda it: texts(it).extend(["*"]),
    "list: insert": lambda it: texts(it).insert(0, "*"),
    "list: pop": lambda it: texts(it).pop(),
    "list: remove": lambda it: texts(it).remove(ARN),
    "list: reverse": lambda it: texts(it).reverse(),
    "list: sort": lambda it: texts(it).sort(key=len, reverse=True),
    "list: +=": lambda it: texts(it).__iadd__(["*"]),
    "list: *=": lambda it: texts(it).__imul__(2),
    "list: __init__": lambda it: texts(it).__init__(["*"]),
    "list: of statements": lambda it: it["Statement"].clear(),
    "list: in a condition": lambda it: it["Statement"][1]["Condition"]["IpAddress"]["aws:SourceIp"].append("0.0.0.0/0"),
    "list: made by its class": lambda it: type(texts(it))(["*"]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_is_refused(change: Callable[[Any], object]) -> None:
    """With an error that says what to do instead, and nothing is changed; a plain document takes each of them."""
    document = frozen(PLAIN)
    with pytest.raises(TypeError, match=REFUSED):
        change(document)
    assert document == PLAIN
    change(copy.deepcopy(document))


@pytest.mark.parametrize(("kind", "plain"), [(FrozenDict, dict), (FrozenList, list)])
def test_whatever_does_not_read_is_refused(kind: type, plain: type) -> None:
    """Each method of a dict or list is one that is known to read, or is refused, on the Pythons to come, too."""
    made = frozen(plain())
    assert type(made) is kind
    for name in set(dir(plain)) - set(dir(object)) - READ:
        with pytest.raises(TypeError, match=REFUSED):
            getattr(made, name)()


@pytest.mark.parametrize("place", [lambda it: it, texts], ids=["dict", "list"])
def test_nothing_is_kept_beside_the_items(place: Callable[[Any], Any]) -> None:
    """There are no attributes, and the class stays."""
    made = place(frozen(PLAIN))
    with pytest.raises(AttributeError):
        made.more = 1
    with pytest.raises(TypeError):
        made.__class__ = type(place(PLAIN))


def test_it_is_read_as_a_plain_one() -> None:
    """It is equal to what it was made of, from both sides, looks the same, and is a dict of lists."""
    document = frozen(PLAIN)
    assert document == PLAIN
    assert operator.eq(PLAIN, document)
    assert document != {**PLAIN, "Version": "x"}
    assert repr(document) == repr(PLAIN)
    assert isinstance(document, dict)
    assert isinstance(document["Statement"], list)
    assert isinstance(document["Statement"][1]["Condition"]["IpAddress"], dict)
    match document:
        case {"Statement": [{"Effect": "Allow"}, {"Resource": ["*"]}]}:
            pass
        case _:
            pytest.fail("the patterns of a match statement are for plain ones")


@pytest.mark.parametrize(
    "options",
    [{}, {"indent": 2}, {"sort_keys": True}, {"ensure_ascii": False}, {"separators": (",", ":"), "allow_nan": False}],
    ids=str,
)
def test_json_is_that_of_a_plain_one(options: dict[str, Any]) -> None:
    """By the encoder in C, and by the one in Python, which writes in pieces."""
    document = frozen(PLAIN)
    assert json.dumps(document, **options) == json.dumps(PLAIN, **options)
    encoder = json.JSONEncoder(**options)
    assert "".join(encoder.iterencode(document)) == "".join(encoder.iterencode(PLAIN)) == json.dumps(PLAIN, **options)


@pytest.mark.parametrize("runtime", ["AWS_Lambda_python3.11", "AWS_Lambda_python3.13"])
def test_the_runtime_client_sends_what_it_sends_of_a_plain_one(runtime: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lambda's own client encodes answers by simplejson: in C where that was built, else in Python."""
    monkeypatch.setenv("AWS_EXECUTION_ENV", runtime)
    client = pytest.importorskip(
        "awslambdaric.lambda_runtime_marshaller", reason="the runtime client is made for Linux"
    )
    answer, plain = ({"principalId": "user", "policyDocument": document} for document in (frozen(PLAIN), PLAIN))
    sent = client.LambdaMarshaller().marshal_response(answer)
    assert sent == client.LambdaMarshaller().marshal_response(plain)
    assert json.loads(sent[0]) == plain
    assert "".join(client.Encoder().iterencode(answer)) == sent[0]


def test_a_deep_copy_is_plain_all_the_way_down() -> None:
    """Also of an answer around it; it may be changed, and the document is what it was."""
    answer = {"principalId": "user", "policyDocument": frozen(PLAIN)}
    mine = copy.deepcopy(answer)
    assert mine == answer
    assert kinds(mine) == {dict, list, str}
    mine["policyDocument"]["Statement"][1]["Condition"].clear()
    texts(mine["policyDocument"]).append("*")
    assert answer["policyDocument"] == PLAIN


def test_other_copies_are_plain_themselves() -> None:
    """One level of them: what is inside is the document's, and frozen."""
    document = frozen(PLAIN)
    for made in (copy.copy(document), document.copy(), document | {}, {} | document, {**document}):
        assert type(made) is dict
        assert made == PLAIN
        assert made["Statement"] is document["Statement"]
    resources = texts(document)
    for found in (copy.copy(resources), resources.copy(), resources[:], operator.add(resources, []), 1 * resources):
        assert type(found) is list
        assert found == texts(PLAIN)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_is_that_of_a_plain_one(protocol: int) -> None:
    """It is plain all the way down, and read where there is no cwsauth."""
    pickled = pickle.dumps(frozen(PLAIN), protocol)
    assert b"cwsauth" not in pickled
    found = pickle.loads(pickled)
    assert found == PLAIN
    assert kinds(found) == {dict, list, str}


def test_nothing_leads_from_the_original_to_the_copy() -> None:
    """What was frozen may be changed afterwards; tuples are lists in it."""
    original = {"Statement": [{"Resource": ("a", "b"), "Condition": {"Bool": {"x": ["true"]}}}], "Version": "1"}
    document = frozen(original)
    original["Statement"][0]["Condition"]["Bool"]["x"].append("false")  # type: ignore[index]
    original["Statement"].clear()  # type: ignore[attr-defined]
    assert document == {"Statement": [{"Resource": ["a", "b"], "Condition": {"Bool": {"x": ["true"]}}}], "Version": "1"}
    assert kinds(document) == {FrozenDict, FrozenList, str}


@pytest.mark.parametrize(("policy", "options"), [(RULES, {}), (HERE, {"iam_conditions": True})])
def test_a_document_of_ours_is_frozen_whole(policy: Policy, options: dict[str, Any]) -> None:
    """With the blocks of its conditions, if it has any."""
    plain = policy.document(ARN, **options).policy
    assert ("Condition" in str(plain)) is bool(options)
    assert kinds(plain) == {dict, list, str}
    assert kinds(frozen(plain)) == {FrozenDict, FrozenList, str}
    assert frozen(plain) == plain


def kinds(value: Any) -> set[type]:
    """The types of all that is in a value, and its own."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {type(value)}.union(*map(kinds, inside))


def test_the_dict_of_a_document_is_a_new_one_each_time() -> None:
    """The blocks of its conditions, too."""
    document = HERE.document(ARN, iam_conditions=True)
    changed, before = document.policy, copy.deepcopy(document.policy)
    for statement in changed["Statement"]:
        statement.get("Condition", {}).clear()
        statement["Resource"].clear()
    assert document.policy == before != changed
