"""What holds for every IAM document that a policy is written as (the laws of documents).

A declared call is one of a route of the API; its twins have further slashes, which the matcher folds and IAM does not.
Without a route table every path is declared. Each law is judged by the product's evaluator and by the oracle.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import event, example, given
from hypothesis import strategies as st

from cwsauth import Policy, authorizer
from cwsauth.arn import MethodArn
from cwsauth.errors import ArnError, NotExact, TooLarge
from cwsauth.policy.evaluate import Evaluator, Verdict, check_document
from tests.laws import strategies
from tests.laws.generate import API, VERBS, Call, Dice, Drawn, granted_call, is_declared, names_for
from tests.laws.judging import ROOT_ARN, declared_calls, judge
from tests.oracle import iam

Declared = tuple[list[str], list[str], list[Call]]
Undeclared = tuple[list[str], list[Call]]

# Ways to write a resource that is about one verb, or about the whole stage.
ANCHORED = re.compile(rf"{re.escape(API)}/(?:(?:{'|'.join(VERBS)})/.*|\*)", re.DOTALL)


def twins(method: str, *texts: str) -> list[Call]:
    """Calls whose ARNs end in `method` and these paths."""
    return [Call(method, path, False) for path in texts]


@given(case=strategies.declared())
@example(case=(["a/*"], ["GET /a/{p}", "GET /a/{p}/secret"], twins("GET", "/a/1/secret", "/a//1//secret/")))
@example(case=(["a/*"], ["GET /a/{p}", "GET /a"], twins("GET", "/a//", "/a///", "//a/")))
@example(case=(["a/*/c"], ["GET /a/{p}/c", "GET /a/c"], twins("GET", "/a///c", "/a//c")))
@example(case=(["a/*", "!a/b"], ["GET /a/{p}"], twins("GET", "/a/b", "/a/b/", "/a//b", "/a//b//")))
@example(case=(["{x+}"], ["GET /", "GET /{x+}"], twins("GET", "/", "//", "///")))
def test_document_never_grants_what_matcher_denies(case: Declared) -> None:
    """Law 1: whatever the document allows of the declared calls and their twins, the rules allow."""
    rules, routes, calls = case
    judged = judge(rules, routes)
    assert list(judged.overgrants(calls)) == []


@given(case=strategies.undeclared())
@example(case=(["a/**"], twins("GET", "/a", "/a/", "/a//", "/a///", "//a")))
@example(case=(["{x+}"], twins("GET", "/", "//", "///")))
@example(case=(["*"], twins("GET", "/", "/a")))
@example(case=(["*/a"], twins("GET", "/a", "//a", "///a", "/x/y/a")))
@example(case=(["a/**", "!a/b"], twins("GET", "/a/b", "/a//b", "/a/b/", "/a/b//", "//a/b")))
def test_document_never_grants_what_matcher_denies_without_a_route_table(case: Undeclared) -> None:
    """Law 1 where the routes are not known: then every path is declared."""
    rules, calls = case
    judged = judge(rules, None)
    assert list(judged.overgrants(calls)) == []


@given(case=strategies.declared(calls=1), known=st.booleans(), data=st.data())
@example(case=(["**/?"], [], twins("GET", "/")), known=False, data=None)
@example(case=(["POST /x-y/b/{rest+}", "!POST {id}/{id}/x[!z]y"], [], twins("GET", "/")), known=False, data=None)
def test_what_a_document_allows_is_what_matcher_allows(case: Declared, known: bool, data: st.DataObject | None) -> None:
    """Law 1 from the other side: texts made out of the document's own resources, as an attacker would make them."""
    rules, routes, _ = case
    table = routes if known else None
    judged = judge(rules, table)
    choose = Dice(str(case)) if data is None else Drawn(data.draw)
    names = names_for(choose, rules)
    made = [
        granted_call(choose, text, names)
        for text in judged.document.allow[:8]
        for _ in range(20 if data is None else 2)
    ]
    assert list(judged.overgrants(call for call in made if is_declared(table, call))) == []


@given(case=strategies.declared(calls=1, least=1, most=4), data=st.data())
def test_no_declared_call_of_a_small_api_is_granted_against_the_rules(case: Declared, data: st.DataObject) -> None:
    """Laws 1 and 2 with every call of the oracle's list, not with some."""
    rules, routes, _ = case
    names = data.draw(st.sampled_from([["x"], ["a", "secret"], ["b", "*"]]))
    judged = judge(rules, routes)
    calls = declared_calls(routes, names)[:400]
    assert list(judged.overgrants(calls)) == []
    assert not judged.document.exact or list(judged.missed(calls)) == []


@given(case=strategies.declared())
def test_exact_documents_grant_what_matcher_allows(case: Declared) -> None:
    """Law 2: a document that calls itself exact allows every canonical declared call that the rules allow."""
    rules, routes, calls = case
    judged = judge(rules, routes)
    event("exact" if judged.document.exact else "narrowed")
    assert not judged.document.exact or list(judged.missed(calls)) == []


@example(case=(["*b*/**", "a"], [Call("GET", "/bz/b", True), Call("GET", "/b/b", True), Call("GET", "/a", True)]))
@given(case=strategies.undeclared())
def test_exact_documents_grant_what_matcher_allows_without_a_route_table(case: Undeclared) -> None:
    """Law 2 where every path is declared."""
    rules, calls = case
    judged = judge(rules, None)
    event("exact" if judged.document.exact else "narrowed")
    assert not judged.document.exact or list(judged.missed(calls)) == []


@given(case=strategies.declared(calls=6))
def test_document_speaks_for_all_routes(case: Declared) -> None:
    """Law 3: an exact document does not depend on the call at hand; one that does may not be cached."""
    rules, routes, calls = case
    policy = Policy.of(rules, routes=routes)
    documents = [policy.document(call.arn) for call in calls]
    if documents[0].exact:
        assert all(document.policy == documents[0].policy and document.cacheable for document in documents)
    for document in documents:
        if document.policy != documents[0].policy:
            assert not document.cacheable
            assert not documents[0].cacheable


@given(case=strategies.declared(calls=8))
def test_narrowed_document_grants_the_call_at_hand(case: Declared) -> None:
    """Law 8: a narrowed document allows the call it was made for if the rules do, wherever its text is plain."""
    rules, routes, calls = case
    policy = Policy.of(rules, routes=routes)
    if policy.document(ROOT_ARN).exact:
        return
    for call in calls:
        verdict = Evaluator(policy.document(call.arn).policy).evaluate(call.arn)
        if not policy.allows(call.method, call.path):
            assert verdict is not Verdict.ALLOW
        elif re.fullmatch(r"[!-)+->@-~]*", call.path) and "${" not in call.path:
            assert verdict is Verdict.ALLOW, call


@given(case=strategies.declared(calls=6))
def test_narrowed_document_never_grants_what_matcher_denies(case: Declared) -> None:
    """Law 1 for the call at hand: adding it grants nothing else."""
    rules, routes, calls = case
    for hand in calls[:3]:
        judged = judge(rules, routes, hand.arn)
        assert list(judged.overgrants(calls)) == []


@given(case=strategies.declared(calls=1))
def test_inexact_is_refused_or_narrowed(case: Declared) -> None:
    """Law 8: `refuse` raises just where `narrow` says less; its witnesses are calls that the rules allow."""
    rules, routes, _ = case
    policy = Policy.of(rules, routes=routes)
    narrowed = policy.document(ROOT_ARN)
    if narrowed.exact:
        assert policy.document(ROOT_ARN, inexact="refuse").policy == narrowed.policy
        assert narrowed.warning is None
        assert narrowed.lost == ()
    else:
        assert not narrowed.cacheable
        assert narrowed.warning is not None
        with pytest.raises(NotExact):
            policy.document(ROOT_ARN, inexact="refuse")


@given(case=strategies.declared(calls=1), known=st.booleans())
@example(case=(["GET a/*/b/**"], [], []), known=False)
@example(
    # The search stops before it begins, and what a literal deny takes from a literal is nothing lost.
    case=(
        ["a/a", "!GET a/a", "!POST b*/{p1}/a/a", "GET,POST,DELETE b/a/a/a/a/**", "* *b*/me/[an]/a/me/**"],
        ["GET /a/a", "GET /b/{p1}", "POST /b/{p1}/a/a"],
        [],
    ),
    known=False,
)
def test_what_narrowing_lost_is_shown_by_real_requests(case: Declared, known: bool) -> None:
    """Law 8: each witness is a canonical declared call that its rule and the policy allow, and the document does not."""
    rules, routes, _ = case
    table = routes if known else None
    judged = judge(rules, table, f"{API}/GET/never/declared/at/all/or/asked/for")
    document = judged.document
    assert document.exact or document.lost or not document.allow
    for lost in document.lost:
        call = Call(lost.method, lost.path, True)
        assert "//" not in call.path
        assert is_declared(table, call), call
        assert judged.meant(call), call
        assert Policy.of([lost.rule]).allows(call.method, call.path), call
        assert not judged.granted(call), call


PREFIXES = st.builds(
    "arn:{}:execute-api:{}:{}:{}/{}".format,
    st.sampled_from(["aws", "aws-cn", "aws-us-gov", "aws-iso-b"]),
    st.sampled_from(["eu-west-1", "cn-north-1", "us-gov-west-1"]),
    st.from_regex(r"[0-9]{12}", fullmatch=True),
    st.from_regex(r"[a-z0-9]{10}", fullmatch=True),
    st.one_of(st.just("$default"), st.from_regex(r"[A-Za-z0-9_-]{1,20}", fullmatch=True)),
)


@given(rules=strategies.rule_lists(), prefix=PREFIXES, path=strategies.paths())
def test_document_names_only_this_stage(rules: list[str], prefix: str, path: str) -> None:
    """Law 4: every resource is of this partition, region, account, API and stage, spelt out."""
    policy = Policy.of(rules)
    document = policy.document(f"{prefix}/GET{path}")
    assert document.allow + document.deny
    for resource in document.allow + document.deny:
        assert resource.startswith(prefix + "/")
        assert resource[len(prefix) + 1 :] != ""


WILD_PLACES = st.sampled_from(
    [
        "arn:aws:execute-api:*:123456789012:abc123/dev",
        "arn:aws:execute-api:eu-west-1:*:abc123/dev",
        "arn:aws:execute-api:eu-west-1:123456789012:*/dev",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/*",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/d?v",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/null",
        "arn:*:execute-api:eu-west-1:123456789012:abc123/dev",
        "arn:aws:execute-api:eu-west-1:123456789012:abc${x}/dev",
        "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev\n",
        "arn:aws:execute-api:eu-west-1:123456789012\n:abc123/dev",
        "arn:aws:execute-api::123456789012:abc123/dev",
        "arn:aws:execute-api:eu-west-1:١٢٣٤٥٦٧٨٩٠١٢:abc123/dev",
    ]
)


@given(rules=strategies.rule_lists(), prefix=WILD_PLACES, call=st.sampled_from(["GET/a", "POST/", "$connect"]))
@example(rules=["*"], prefix="arn:aws:execute-api:eu-west-1:123456789012:abc123/*", call="GET/")
def test_wildcards_in_the_place_of_a_stage_grant_nothing(rules: list[str], prefix: str, call: str) -> None:
    """Law 4: an ARN that does not name one API and stage gets a document that denies, and allows nothing."""
    policy = Policy.of(rules)
    try:
        document = policy.document(f"{prefix}/{call}")
    except ArnError:
        return
    assert document.allow == ()
    assert document.deny
    for arn in (f"{prefix}/{call}", ROOT_ARN, f"{API}/GET/a"):
        assert iam.verdict(document.policy, arn) == iam.EXPLICIT_DENY


@given(case=strategies.declared(calls=2), known=st.booleans())
def test_document_is_anchored(case: Declared, known: bool) -> None:
    """Law 5: a verb stands before every path, and it is one that the route table has."""
    rules, routes, calls = case
    policy = Policy.of(rules, routes=routes if known else None)
    verbs = set(VERBS) if policy.routes is None else set(policy.routes.verbs)
    for call in calls:
        for resource in policy.document(call.arn).allow:
            assert ANCHORED.fullmatch(resource), resource
            verb = resource[len(API) + 1 :].partition("/")[0]
            assert verb in verbs | {"*"}


@given(case=strategies.declared(calls=2), known=st.booleans())
def test_document_is_valid(case: Declared, known: bool) -> None:
    """Law 6: the grammar holds, nothing is empty, the version is the current one."""
    rules, routes, calls = case
    policy = Policy.of(rules, routes=routes if known else None)
    for call in calls:
        document = policy.document(call.arn).policy
        check_document(document)
        assert document["Version"] == "2012-10-17"
        for statement in document["Statement"]:
            assert statement["Action"] == "execute-api:Invoke"
            assert statement["Resource"]
            assert all(type(text) is str and text for text in statement["Resource"])
        assert json.loads(json.dumps(document)) == document


@given(rules=st.lists(strategies.patterns().map(lambda text: "!" + text), max_size=4), path=strategies.paths())
@example(rules=[], path="/")
def test_nothing_granted_is_denied_in_so_many_words(rules: list[str], path: str) -> None:
    """Law 6: silence would let a resource policy's Allow win, so a policy that grants nothing denies the whole stage."""
    document = Policy.of(rules).document(f"{API}/GET{path}")
    assert document.policy["Statement"] == [
        {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": [f"{API}/*"]}
    ]
    assert document.exact
    assert document.cacheable


@given(rules=strategies.rule_lists(), path=strategies.paths(), method=strategies.verbs)
@example(rules=["a/*"], path="/a/*", method="GET")
@example(rules=["a/*"], path="/a/${aws:username}", method="GET")
def test_text_of_the_request_is_plain(rules: list[str], path: str, method: str) -> None:
    """Law 6: text of the request stands in a resource only if IAM reads it as itself."""
    policy = Policy.of(rules)
    elsewhere = policy.document(ROOT_ARN)
    here = policy.document(f"{API}/{method}{path}")
    added = set(here.allow) - set(elsewhere.allow)
    for resource in added:
        assert resource == f"{API}/{method}{path}"
        assert re.fullmatch(r"[ -)+->@-~]+", resource)
        assert "${" not in resource


@given(case=strategies.declared(calls=2), known=st.booleans(), limit=st.sampled_from([None, 300, 600, 8192]))
def test_document_is_within_limits(case: Declared, known: bool, limit: int | None) -> None:
    """Law 7: no resource is longer than 512 characters, and the whole is no larger than the limit."""
    rules, routes, calls = case
    policy = Policy.of(rules, routes=routes if known else None)
    for call in calls:
        document = policy.document(call.arn, limit=limit)
        assert max(map(len, document.allow + document.deny)) <= 512
        assert document.size == len(json.dumps(document.policy, separators=(",", ":")))
        assert document.size <= (limit or 65536)


@given(
    word=st.sampled_from(["a", "é", '"', "\\\\", "\U0001f600", "~"]), length=st.integers(1, 60), count=st.integers(1, 9)
)
@example(word="é", length=50, count=9)
@example(word='"', length=60, count=9)
def test_size_is_counted_as_json_counts_it(word: str, length: int, count: int) -> None:
    """Law 7: what JSON has to escape takes more room than its characters, and the limit holds for what is sent."""
    rules = [f"GET {number}{word * length}" for number in range(count)]
    whole = Policy.of(rules).document(ROOT_ARN, limit=65536)
    assert whole.exact
    for limit in (whole.size, whole.size - 1):
        document = Policy.of(rules).document(ROOT_ARN, limit=limit)
        assert document.exact is (limit == whole.size)
        assert document.size <= max(limit, 200)


LONG = st.sampled_from(["a" * 500, "/".join(["ab"] * 200), "é" * 400, '"' * 400])


@given(long=LONG, tail=st.sampled_from(["", "/**", "/*"]), sign=st.sampled_from(["", "!"]))
def test_long_rules_are_narrowed_or_refused(long: str, tail: str, sign: str) -> None:
    """Law 7: a rule whose resource would be over the limit grants less, or is refused, before AWS sees it."""
    policy = Policy.of(["b", sign + long + tail, "**" if sign else "c"])
    document = policy.document(ROOT_ARN)
    assert max(map(len, document.allow + document.deny)) <= 512
    assert document.size <= 65536
    evaluator = Evaluator(document.policy)
    for path in ("/" + long, f"/{long}/x", "/b", "/c", "/d"):
        if evaluator.evaluate(f"{API}/GET{path}") is Verdict.ALLOW:
            assert policy.allows("GET", path)
    if not document.exact:
        with pytest.raises((NotExact, TooLarge)):
            policy.document(ROOT_ARN, inexact="refuse")


@given(case=strategies.declared(calls=1), known=st.booleans(), order=st.randoms(use_true_random=False))
def test_document_is_deterministic(case: Declared, known: bool, order: Any) -> None:
    """Law 7: equal policies have equal documents, and every call gets a dict of its own."""
    rules, routes, calls = case
    table = routes if known else None
    first = Policy.of(rules, routes=table).document(calls[0].arn)
    second = Policy.of(rules, routes=table).document(calls[0].arn)
    assert json.dumps(first.policy) == json.dumps(second.policy)
    assert (first.exact, first.cacheable) == (second.exact, second.cacheable)
    for statement in first.policy["Statement"]:
        assert len(set(statement["Resource"])) == len(statement["Resource"])


@given(case=strategies.declared(calls=1), known=st.booleans())
def test_document_is_not_shared(case: Declared, known: bool) -> None:
    """What somebody does to one answer changes no later one."""
    rules, routes, calls = case
    policy = Policy.of(rules, routes=routes if known else None)
    spoiled = policy.document(calls[0].arn).policy
    kept = json.dumps(spoiled)
    for statement in spoiled["Statement"]:
        statement["Effect"] = "Allow"
        statement["Resource"].append("*")
    spoiled["Statement"].append({"Effect": "Allow", "Action": "*", "Resource": "*"})
    assert json.dumps(policy.document(calls[0].arn).policy) == kept


def parts(value: Any) -> Iterator[Any]:
    """A document and every dict and list in it."""
    if isinstance(value, (dict, list)):
        yield value
        for inner in value.values() if isinstance(value, dict) else value:
            yield from parts(inner)


@given(case=strategies.declared(calls=2), known=st.booleans(), ttl=st.sampled_from([0, 300]))
def test_the_document_of_an_answer_is_the_policys_and_cannot_be_changed(case: Declared, known: bool, ttl: int) -> None:
    """In the first answer and in later ones: as JSON it is the same, no part of it takes a change, and a deep copy is plain."""
    rules, routes, calls = case
    table = routes if known else None
    policy = Policy.of(rules, routes=table)
    handler = authorizer(lambda request: rules, routes=table, ttl=ttl)
    for call in (*calls, calls[0]):
        plain = policy.document(call.arn, cached=ttl > 0).policy
        found = handler({"type": "TOKEN", "authorizationToken": "x", "methodArn": call.arn})["policyDocument"]
        assert json.dumps(found) == json.dumps(plain)
        for part in parts(found):
            with pytest.raises(TypeError):
                part.clear()
        mine = copy.deepcopy(found)
        assert {type(part) for part in parts(mine)} == {dict, list}
        assert mine == found == plain


@given(rules=strategies.rule_lists(), known=st.booleans())
@example(rules=["*"], known=False)
@example(rules=["GET **"], known=False)
@example(rules=["$connect"], known=False)
@example(rules=["**", "!$connect"], known=False)
def test_websocket_connection_is_decided_as_the_matcher_decides(rules: list[str], known: bool) -> None:
    """A WebSocket API asks once, for `$connect`: its document allows or denies that, as the matcher does."""
    policy = Policy.of(rules, routes=["GET /a", "ANY /$connect"] if known else None)
    arn = f"{API}/$connect"
    document = policy.document(arn)
    assert document.exact
    assert document.size <= 8192
    assert (Evaluator(document.policy).evaluate(arn) is Verdict.ALLOW) is policy.allows("", "/$connect")


@given(case=strategies.declared(), known=st.booleans(), limit=st.sampled_from([None, 400, 800]))
@example(case=(["* admin/*/x-y/*"], [], twins("HEAD", "/v1", "/admin/1/x-y/2/3", "/v1//")), known=False, limit=None)
@example(case=(["GET a"], ["GET /a", "GET /b"], twins("GET", "/b", "/b/", "//b", "/a//")), known=True, limit=None)
@example(case=(["a", "c"], ["ANY /a", "ANY /b", "ANY /c"], twins("GET", "/a", "/b", "/b/")), known=True, limit=400)
def test_the_declared_rest_is_denied_where_that_is_wanted(case: Declared, known: bool, limit: int | None) -> None:
    """`complement="deny"`: silence leaves a call to a resource policy, so what the rules refuse is denied; twins as well."""
    rules, routes, calls = case
    judged = judge(rules, routes if known else None, calls[0].arn, complement="deny", limit=limit)
    assert list(judged.overgrants(calls)) == []
    for call in calls:
        assert judged.meant(call) or judged.explicitly_denied(call), call


def test_the_prefix_of_a_document_is_that_of_the_call() -> None:
    """Law 4, written out once: path with colons, partition of China, stage `$default`."""
    arn = "arn:aws-cn:execute-api:cn-north-1:123456789012:abc123/$default/GET/t/2021-08-01T00:00:00Z/x"
    document = Policy.of(["t/**"]).document(arn)
    assert MethodArn.parse(arn).prefix == "arn:aws-cn:execute-api:cn-north-1:123456789012:abc123/$default"
    assert iam.verdict(document.policy, arn) == iam.ALLOW
    assert iam.verdict(document.policy, arn.replace("/t/", "/u/")) != iam.ALLOW
