"""Documents that take a search: what is exact, what is narrowed, and that a broken search would be noticed."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

import pytest

from cwsauth import Policy
from cwsauth.errors import NotExact
from cwsauth.policy import denied, language
from cwsauth.policy.language import Budget, candidates, impossible, search, tried
from cwsauth.policy.language import explore as explore_module
from cwsauth.policy.language.choose import choose
from cwsauth.policy.language.explore import explore
from cwsauth.policy.language.generalise import generalised
from cwsauth.policy.lost import Narrowing
from cwsauth.policy.pattern import DEEP
from cwsauth.policy.rule import Effect
from tests.laws import generate
from tests.oracle import iam, paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from cwsauth.policy import Document

PREFIX = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev/"
ARN = PREFIX + "GET/never/declared/at/all"
NAMES = ["zz", "a", "b"]

SHOP = ["GET /product", "GET /product/{id}", "GET /product/{id}/secret", "GET,POST /cart", "GET /{proxy+}"]

# Rules and routes that can be said, each by what makes it hard.
SAYABLE: dict[str, tuple[list[str], list[str] | None]] = {
    "one star, any path": (["GET product/*"], None),
    "one star, a deeper route": (["GET product/*"], ["GET /product/{id}", "GET /product/{id}/secret"]),
    "one star, its parent": (["GET product/*"], ["GET /product", "GET /product/{id}"]),
    "a star before a literal": (["GET a/*/b"], ["GET /a/{x}/b", "GET /a/{x}/{y}/b", "GET /a/b"]),
    "a star between literals, a shorter route": (["GET a/*/b"], ["GET /a/{x}/b", "GET /a/b/b", "GET /a/{x}"]),
    "a deny below an allow": (["GET **", "!admin/**"], None),
    "a deny of one value": (["GET product/*", "!product/internal"], ["GET /product/{id}"]),
    "a deny with a deeper grant": (["GET a/**", "!a/*/secret"], ["GET /a/{x}", "GET /a/{x}/secret", "GET /a/{x}/b"]),
    "a glob inside a segment": (["GET a*/x"], None),
    "a glob against a parameter": (["GET */[ab]?"], ["GET /x/{id}", "GET /x/{id}/y"]),
    "a glob against literals": (["GET re*"], ["GET /report", "GET /result", "GET /order"]),
    "any depth before": (["GET **/b"], None),
    "any depth between": (["GET a/**/b"], None),
    "a class": (["GET v[12]/x"], None),
    "everything greedy but a part": (["GET {proxy+}", "!product/**"], SHOP),
    "the root": (["GET /", "GET a/*"], ["GET /", "GET /a/{x}", "GET /a/{x}/y"]),
    "verbs apart": (["GET a/*", "POST a/*/b"], ["GET,POST /a/{x}", "GET,POST /a/{x}/b"]),
}

_RESOURCES = [f"GET /{name}{rest}" for name in "abcdefghij" for rest in ("", "/{id}")]
_GREEDY = ["GET /", "GET /cart", "GET /cart/{id}", "GET /admin/{proxy+}"]

# Rules with denies that are said without a search.
PLAIN: dict[str, tuple[list[str], list[str] | None]] = {
    "all but one resource": (["GET **", "!a", "!a/**"], _RESOURCES),
    "all but one route": (["GET **", "!a"], _RESOURCES),
    "all but what lies below one": (["GET **", "!a/**"], _RESOURCES),
    "all but one whole template": (["GET **", "!a/{id}"], _RESOURCES),
    "all but one value": (["GET **", "!a/b"], _RESOURCES),
    "all but values of two resources": (["GET **", "!a/b", "!b/zz"], _RESOURCES),
    "routes but one value": (["GET a/{id}", "GET b", "!a/b"], _RESOURCES),
    "routes but one of them": (["GET a", "GET a/{id}", "GET b", "!a/{id}"], _RESOURCES),
    "a literal in a greedy route": (["GET **", "!admin/zz"], _GREEDY),
    "a subtree in a greedy route": (["GET **", "!admin/zz/**"], _GREEDY),
    "a literal and its subtree in a greedy route": (["GET admin/**", "!admin/zz", "!admin/zz/**"], _GREEDY),
    "any path but a literal": (["GET **", "!a"], None),
    "any path but a longer literal": (["GET **", "!a/b"], None),
    "any path but a subtree": (["GET **", "!a/**"], None),
    "any path but a literal and its subtree": (["GET **", "!a", "!a/**"], None),
    "a subtree but a literal": (["GET a/**", "!a/b"], None),
}

# What IAM cannot say at any size, with a rule that must be named.
UNSAYABLE: dict[str, tuple[list[str], list[str] | None, str]] = {
    "a star, then any depth": (["GET a/*/b/**"], None, "GET a/*/b/**"),
    "a literal below a star": (["GET product/*", "GET product/a/b"], None, "GET product/*"),
    "three alternating depths": (["GET a/*", "GET a/*/*/*", "GET a/*/*/*/*/*"], None, "GET a/*"),
    "a deny in the middle of a greedy route": (["GET {proxy+}", "!product/{id}/secret"], SHOP, "GET {proxy+}"),
    "a wildcard as a character": ([r"GET a\*b"], None, r"GET a\*b"),
}


def calls(rules: list[str], routes: list[str] | None) -> Iterator[paths.Call]:
    """Calls of the routes with their twins; of every depth up to four where there are none."""
    words = [part for rule in rules for part in rule.split(" ")[-1].split("/") if part.isalnum()]
    names = list(dict.fromkeys(["zz", *words, *NAMES, "v1"]))[: 9 if routes else 5]
    declared = routes or ["GET /", "GET /{p}", "GET /{p}/{q}", "GET /{p}/{q}/{r}"]
    yield from paths.declared_calls(declared, names, 2)


def faults(rules: list[str], routes: list[str] | None) -> tuple[list[str], list[str], bool]:
    """What a document grants too much, what it refuses though the rules allow it, and whether it is marked exact."""
    document = Policy.of(rules, routes=routes).document(ARN)
    over, under = [], []
    for call in calls(rules, routes):
        wanted = paths.allowed(rules, call.method, call.path)
        given = iam.verdict(document.policy, f"{PREFIX}{call.method}/{call.path[1:]}") == "allow"
        if given and not wanted:
            over.append(call.path)
        if call.canonical and wanted and not given:
            under.append(call.path)
    return over, under, document.exact


@pytest.mark.parametrize("name", SAYABLE)
def test_what_can_be_said_is_said_exactly(name: str) -> None:
    """The document grants what the rules grant, on every call tried and on their twins no more."""
    assert faults(*SAYABLE[name]) == ([], [], True)


@pytest.mark.parametrize("name", PLAIN)
def test_plain_denies_take_no_search(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are said exactly, with all their twins denied, and the search is not asked."""
    monkeypatch.setattr(language, "solve", None)
    assert faults(*PLAIN[name]) == ([], [], True)


def test_plain_denies_without_guards_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """What folds to something denied is granted then."""
    monkeypatch.setattr(denied, "_guards", lambda *said: [])
    assert any(faults(*shape)[0] for shape in PLAIN.values())


def test_plain_denies_that_reach_too_far_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A wildcard of a deny holds deeper routes, too: not looking makes some of them refused."""
    monkeypatch.setattr(denied, "_goes_on", lambda fixed, pattern: False)
    rules = ["GET **", "!*/x"]
    routes = [*_RESOURCES, "GET /a/{id}/x", "GET /b/{id}/{other}"]
    assert faults(rules, routes)[1]


@pytest.mark.parametrize("rules", [["GET **", "!/"], ["GET **", "!{x+}"]])
def test_the_root_is_not_part_of_what_lies_below_it(rules: list[str]) -> None:
    """A deny of the root, or of all but the root, is neither overlooked nor taken for a deny of everything."""
    assert faults(rules, None) == ([], [], True)


def test_a_root_that_is_granted_may_be_written_with_two_slashes() -> None:
    """Local emulators write `GET//` for the root; a guard for a deny of something else leaves it."""
    document = Policy.of(["GET **", "!cart"], routes=_GREEDY).document(ARN)
    assert iam.verdict(document.policy, PREFIX + "GET//") == "allow"
    assert iam.verdict(document.policy, PREFIX + "GET//cart") != "allow"


@pytest.mark.parametrize("name", UNSAYABLE)
def test_what_cannot_be_said_is_narrowed_and_reported(name: str) -> None:
    """The document grants no more than the rules, is marked, and names a rule with a request that it refuses."""
    rules, routes, lost = UNSAYABLE[name]
    over, _, exact = faults(rules, routes)
    document = Policy.of(rules, routes=routes).document(ARN)
    assert (over, exact, document.cacheable) == ([], False, False)
    assert lost in {witness.rule.text for witness in document.lost}
    witness = next(witness for witness in document.lost if witness.rule.text == lost)
    assert paths.allowed(rules, witness.method, witness.path)
    assert iam.verdict(document.policy, f"{PREFIX}{witness.method}/{witness.path[1:]}") != "allow"
    assert document.warning is not None
    assert "\n" not in document.warning


# Verbs and the names of parameters say nothing of the characters of a path.
_NAMES = re.compile(r"\{[^}]*\}|^!?[A-Z,]+ ")


def proof_faults(rules: list[str], document: Document) -> list[str]:
    """What is wrong with the proofs of a document, read with nothing of ours."""
    wrong = []
    for lost in document.lost:
        if lost.proof is None:
            continue
        proof = lost.proof
        if [paths.allowed(rules, lost.method, path) for path in (proof.granted, proof.refused, proof.also)] != [
            True,
            False,
            True,
        ]:
            wrong.append(f"{proof}: not allowed, refused, allowed")
        if any(proof.letter in _NAMES.sub("", text) for text in rules if "[" not in text):
            wrong.append(f"{proof}: a rule names the letter")
        for one, other in ((proof.granted, proof.refused), (proof.refused, proof.also)):
            if len(one) != len(other) or any(
                have != want and have not in (proof.letter, "*", "?") for have, want in zip(one, other, strict=False)
            ):
                wrong.append(f"{one} does not stand for {other}")
    return wrong


@pytest.mark.parametrize("name", UNSAYABLE)
def test_what_no_document_can_say_is_proved_to_be_so(name: str) -> None:
    """The report has three requests that no IAM text tells apart; it is another one than for a search that ran out."""
    rules, routes, lost = UNSAYABLE[name]
    document = Policy.of(rules, routes=routes).document(ARN)
    witness = next(witness for witness in document.lost if witness.rule.text == lost)
    assert document.unsayable
    assert witness.why is Narrowing.UNSAYABLE
    assert witness.proof is not None
    assert witness.proof.refused in witness.reason
    assert "no document of any size" in str(document.warning)
    assert proof_faults(rules, document) == []


@pytest.mark.parametrize("seed", range(60))
def test_a_proof_holds_for_random_rules(seed: int) -> None:
    """Whatever is claimed to be unsayable is shown by three requests, which an independent reading confirms."""
    dice = generate.Dice(seed)
    routes = generate.route_table(dice)
    rules = generate.rule_list(dice, routes)
    document = Policy.of(rules, routes=routes).document(ARN)
    assert not (document.exact and document.unsayable)
    assert proof_faults(rules, document) == []


def test_what_is_said_has_no_proof_that_it_cannot_be() -> None:
    """No proof is found for anything that a document says, whichever request one begins with."""
    for rules, routes in SAYABLE.values():
        found = Policy.of(rules, routes=routes)
        table = [tuple(route.segments) for route in found.routes] if found.routes else [(DEEP,)]
        allows = [rule.segments for rule in found.effective if "GET" in rule.methods and rule.effect is Effect.ALLOW]
        denies = [rule.segments for rule in found.effective if "GET" in rule.methods and rule.effect is Effect.DENY]
        for call in calls(rules, routes):
            if call.canonical and call.method == "GET" and paths.allowed(rules, "GET", call.path):
                text = generalised(call.path[1:], "zz", inside=False)
                assert impossible.prove(table, allows, denies, text, call.path[1:], Budget(20_000)) is None


def test_an_unchecked_proof_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Claiming what the walk finds without checking it makes some proof above wrong."""
    monkeypatch.setattr(impossible._Pairs, "shown", lambda self, key: key[2] == impossible._AFTER)
    monkeypatch.setattr(impossible._Pairs, "_proves", lambda self, *texts: True)
    wrong = [
        fault
        for rules, routes, _ in UNSAYABLE.values()
        for fault in proof_faults(rules, Policy.of(rules, routes=routes).document(ARN))
    ]
    assert wrong


def test_a_search_that_ran_out_is_not_called_impossible(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the budget the report says so, and claims nothing about what other documents could say."""
    monkeypatch.setattr(language, "Budget", lambda left: Budget(0))
    document = Policy.of(["GET a/*/b/**"]).document(ARN)
    assert [lost.why for lost in document.lost] == [Narrowing.BUDGET]
    assert not document.unsayable
    assert "no document was found" in str(document.warning)


@pytest.mark.parametrize("stars", [6, 20, 40])
def test_many_stars_are_not_searched_for_ever(stars: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each star may swallow slashes, which makes 2^n forms; only so many are looked at, and the answer is still proved."""
    looked_at: list[int] = []
    real = candidates.forms
    monkeypatch.setattr(candidates, "forms", lambda segments: _counted(real(segments), looked_at))
    rules = ["GET " + "*/" * stars + "b/**"]
    document = Policy.of(rules).document(ARN)
    assert max(looked_at) <= 64
    assert document.unsayable
    assert proof_faults(rules, document) == []


def _counted(texts: list[str], looked_at: list[int]) -> list[str]:
    looked_at.append(len(texts))
    return texts


def test_few_wide_texts_are_preferred_to_many() -> None:
    """Where one wide Allow and a Deny say it, the document is not an Allow for each route and a Deny for each spill."""
    routes = ["GET /product/admin", "GET /product/{p0}/a", "GET /item/product/{p1}", "GET /product/a/{p1}"]
    rules = ["!product/a/*", "product/*/*", "product/admi?", "item/product/*"]
    document = Policy.of(rules, routes=routes).document(ARN)
    assert faults(rules, routes) == ([], [], True)
    assert len(document.allow) + len(document.deny) <= 3


def test_a_literal_inside_a_granted_template_needs_no_text() -> None:
    """The text of the template says it, and only doubled slashes lead to the shorter route, which is not granted."""
    routes = ["GET /product/item/item", "GET /product/{id}/item", "GET /product/{id}"]
    document = Policy.of(["*/*/item", "GET product/*/item"], routes=routes).document(ARN)
    assert document.exact
    assert document.allow == (PREFIX + "GET/product/?*/item",)
    assert document.deny == (PREFIX + "GET/*//*",)


def test_doubled_slashes_are_denied_once() -> None:
    """A role of a hundred routes out of three hundred fits into the 8 KB of a WebSocket API, with one Deny for each verb."""
    routes = [
        route
        for number in range(60)
        for route in (
            f"GET /resource{number}",
            f"POST /resource{number}",
            f"GET /resource{number}/{{id}}",
            f"PUT /resource{number}/{{id}}",
            f"DELETE /resource{number}/{{id}}",
        )
    ]
    granted = random.Random(7).sample(routes, 100)
    document = Policy.of(granted, routes=routes).document(ARN)
    assert document.exact
    assert document.size <= 8192
    assert document.deny == (PREFIX + "GET/*//*",)
    for route in routes:
        method, path = route.split(" ")
        for spelled in (path, path + "/", path + "//", path.replace("/", "//")):
            text = PREFIX + f"{method}/{spelled.replace('{id}', 'x')[1:]}"
            given = iam.verdict(document.policy, text) == "allow"
            assert not given or route in granted
            assert given or route not in granted or spelled != path


def test_the_call_at_hand_is_granted_where_the_rest_is_narrowed() -> None:
    """A narrowed document grants the call that it was made for, as a literal, and says that it must not be cached."""
    arn = PREFIX + "GET/a/1/b/2/3"
    document = Policy.of(["GET a/*/b/**"]).document(arn)
    assert document.allow == (arn,)
    assert not document.cacheable


@pytest.mark.parametrize("path", ["a/*/b/x", "a/1/b/?", "a/${x}/b/c", "a/\x07/b/c", "a/é/b/c"])
def test_a_call_whose_text_is_not_plain_is_not_copied(path: str) -> None:
    """What IAM would read as more than itself never reaches a resource, whatever the rules say of the call."""
    policy = Policy.of(["GET a/*/b/**"])
    assert policy.allows("GET", "/" + path)
    assert policy.document(PREFIX + "GET/" + path).allow == ()


def test_refusing_names_a_request() -> None:
    """`inexact="refuse"` raises instead, with the witnesses."""
    with pytest.raises(NotExact, match="cannot say") as caught:
        Policy.of(["GET a/*/b/**"]).document(ARN, inexact="refuse")
    assert [str(lost.rule) for lost in caught.value.lost if hasattr(lost, "rule")] == ["GET a/*/b/**"]


def test_the_plan_is_made_once_for_all_stages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A document for another stage or API is the same result with another prefix."""
    policy = Policy.of(["GET product/*"], routes=SHOP)
    first = policy.document(ARN)
    monkeypatch.setattr(search, "solve", None)
    other = policy.document("arn:aws-cn:execute-api:cn-north-1:123456789012:xyz/prod/GET/x")
    assert [text.split("/", 2)[2] for text in other.allow] == [text.split("/", 2)[2] for text in first.allow]
    assert all(text.startswith("arn:aws-cn:execute-api:cn-north-1:123456789012:xyz/prod/") for text in other.allow)


def test_a_document_is_the_same_every_time() -> None:
    """Order and chance play no part: equal policies have equal documents."""
    rules, routes = SAYABLE["everything greedy but a part"]
    assert len({str(Policy.of(rules, routes=routes).document(ARN).policy) for _ in range(5)}) == 1
    assert (
        Policy.of(rules[::-1], routes=routes).document(ARN).policy
        == Policy.of(rules, routes=routes).document(ARN).policy
    )


def test_past_the_budget_nothing_is_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that may not take a step still answers: with what is certain, marked as narrowed."""
    monkeypatch.setattr(language, "Budget", lambda left: Budget(0))
    for rules, routes in SAYABLE.values():
        over, _, _ = faults(rules, routes)
        assert over == []
    document = Policy.of(["GET product/*/review", "GET cart"]).document(ARN)
    assert not document.exact
    assert document.allow == (PREFIX + "GET/cart",)


def test_a_pair_of_texts_is_chosen_where_the_greedy_choice_takes_three() -> None:
    """The text that meets the most needs is left out where two others meet all of them."""
    # Needs 0 to 5; `middle` meets four, the other two three each.
    texts = ["middle", "left", "right"]
    left, right, middle = 0b010, 0b100, 0b001
    needs = [left, left | middle, left | middle, right | middle, right | middle, right]
    chosen = choose([*texts], needs, [])
    assert sorted(chosen.allow) == [1, 2]
    # With a forbid in one of them, denied by a text that nothing needs.
    denied = choose([*texts, "deny"], needs, [left | 0b1000])
    assert (sorted(denied.allow), denied.deny) == ([1, 2], [3])


# Ways to break the search, and whether that grants too much or only says less. Each must be noticed by the cases above.
def _forget_the_forbids(patch: pytest.MonkeyPatch) -> None:
    real = choose
    patch.setattr(tried, "choose", lambda texts, needs, forbids, **more: real(texts, needs, [], **more))


def _forget_the_twins(patch: pytest.MonkeyPatch) -> None:
    real = explore
    patch.setattr(tried, "explore", lambda *args, **more: real(*args, **{**more, "folds": False}))


def _forget_the_denies(patch: pytest.MonkeyPatch) -> None:
    real = search._against
    state = {"calls": 0}

    def against(universe: object, rules: object) -> object:
        state["calls"] += 1
        return real(universe, rules) if state["calls"] % 2 else []  # type: ignore[arg-type]

    patch.setattr(search, "_against", against)


def _ask_nothing(patch: pytest.MonkeyPatch) -> None:
    # What is found from the witnesses of what is lost would make up for what is broken below.
    patch.setattr(search._Search, "ask", lambda self: False)
    patch.setattr(explore_module.Signatures, "generalised", explore_module.Signatures.witness)


def _skip_the_spills(patch: pytest.MonkeyPatch) -> None:
    _ask_nothing(patch)
    patch.setattr(candidates, "_spills", lambda text: ())


def _skip_the_meetings(patch: pytest.MonkeyPatch) -> None:
    _ask_nothing(patch)
    patch.setattr(candidates, "meet", lambda one, other: [])


BREAKAGES: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str]] = {
    "no constraint on what must not be granted": (_forget_the_forbids, "over"),
    "no further slashes": (_forget_the_twins, "over"),
    "no denies": (_forget_the_denies, "over"),
    "no spills": (_skip_the_spills, "inexact"),
    "no meetings of rules and templates": (_skip_the_meetings, "inexact"),
}


@pytest.mark.parametrize("name", BREAKAGES)
def test_a_broken_search_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of these mutations makes some case above fail: too much is granted, or something sayable is not said."""
    breakage, consequence = BREAKAGES[name]
    breakage(monkeypatch)
    noticed = set()
    for rules, routes in SAYABLE.values():
        over, under, exact = faults(rules, routes)
        if over:
            noticed.add("over")
        if under or not exact:
            noticed.add("inexact")
    assert consequence in noticed
