"""Documents of the shapes that need no search, to the letter; their limits, and what is narrowed or refused."""

from __future__ import annotations

import json

import pytest

from cwsauth import Policy
from cwsauth.errors import ArnError, ConfigError, NotExact, TooLarge
from cwsauth.policy.document import Document, Plan, document
from cwsauth.policy.narrowing import is_plain
from cwsauth.policy.rule import VERBS

HEAD = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
ROOT = f"{HEAD}/GET/"


def resources(texts: tuple[str, ...]) -> list[str]:
    """What follows the stage; a text that all verbs have once, with `VERB` for them."""
    short = [text.removeprefix(HEAD + "/") for text in texts]
    for text in dict.fromkeys(text.partition("/")[2] for text in short if "/" in text):
        every = [f"{verb}/{text}" for verb in VERBS]
        if all(one in short for one in every):
            short = [f"VERB/{text}"] + [one for one in short if one not in every]
    return sorted(short)


WITHOUT_TABLE: list[tuple[list[str], list[str], list[str]]] = [
    (["*"], ["*"], []),
    (["**"], ["*"], []),
    (["a", "**"], ["*"], []),
    ([], [], ["*"]),
    (["!a"], [], ["*"]),
    (["!**"], [], ["*"]),
    (["GET **"], ["GET/*"], []),
    (["GET **", "GET a", "GET b/*"], ["GET/*"], []),
    (["GET a"], ["GET/a"], []),
    (["GET a", "GET /a", "get a"], ["GET/a"], []),
    (["GET,PUT a/b"], ["GET/a/b", "PUT/a/b"], []),
    (["a"], ["VERB/a"], []),
    (["GET /"], ["GET/", "GET//"], []),
    (["GET a/**"], ["GET/a/?*"], ["GET/a//*"]),
    (["GET a/{x+}"], ["GET/a/?*"], ["GET/a//*"]),
    (["GET a/**", "GET a"], ["GET/a", "GET/a/?*"], []),
    (["GET a/**", "GET a/b", "GET a/b/**"], ["GET/a/?*"], ["GET/a//*"]),
    (["GET {x+}"], ["GET/?*"], ["GET//*"]),
    (["GET {x+}", "GET /"], ["GET/", "GET//", "GET/?*"], []),
    (["GET t/2021-08-01T00:00:00Z"], ["GET/t/2021-08-01T00:00:00Z"], []),
    (["GET .well-known/x"], ["GET/.well-known/x"], []),
]


@pytest.mark.parametrize(("rules", "allow", "deny"), WITHOUT_TABLE)
def test_common_shapes_without_a_route_table(rules: list[str], allow: list[str], deny: list[str]) -> None:
    """All, none, literals and all below a literal are said as one would write them."""
    found = Policy.of(rules).document(ROOT)
    assert (resources(found.allow), resources(found.deny)) == (sorted(allow), sorted(deny))
    assert (found.exact, found.cacheable, found.lost, found.warning) == (True, True, (), None)


SHOP = ["GET /", "GET,POST /product", "GET,PUT /product/{id}", "GET /product/{id}/review", "DELETE /admin/{proxy+}"]
WITH_TABLE: list[tuple[list[str], list[str], list[str]]] = [
    (["*"], ["*"], []),
    (["!product"], [], ["*"]),
    (["nothing/here"], [], ["*"]),
    (["GET **"], ["GET/*"], []),
    (["product"], ["GET/product", "POST/product"], []),
    (["PUT product/*"], ["PUT/product/?*"], []),
    (["admin/**"], ["DELETE/admin/?*"], []),
    (["DELETE {x+}"], ["DELETE/admin/?*"], []),
    (["GET /"], ["GET/", "GET//"], []),
    (["PUT product/1", "PUT product/2"], ["PUT/product/1", "PUT/product/2"], []),
    (["POST **", "PUT **"], ["POST/product", "PUT/product/?*"], []),
]


@pytest.mark.parametrize(("rules", "allow", "deny"), WITH_TABLE)
def test_common_shapes_with_a_route_table(rules: list[str], allow: list[str], deny: list[str]) -> None:
    """Whole templates are said as templates, verbs are those that the table has."""
    found = Policy.of(rules, routes=SHOP).document(ROOT)
    assert (resources(found.allow), resources(found.deny)) == (sorted(allow), sorted(deny))
    assert (found.exact, found.cacheable) == (True, True)


def test_the_whole_document() -> None:
    """As IAM reads it, every key of it."""
    assert Policy.of(["GET a/**"]).document(ROOT).policy == {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": [f"{HEAD}/GET/a/?*"]},
            {"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": [f"{HEAD}/GET/a//*"]},
        ],
    }
    assert Policy.of(False).document(ROOT).policy == {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": [f"{HEAD}/*"]}],
    }


@pytest.mark.parametrize(
    ("rules", "allowed"),
    [
        (["*"], True),
        (["$connect"], True),
        (["**", "!$connect"], False),
        (["GET **"], False),
        (["a"], False),
        ([], False),
    ],
)
def test_a_websocket_is_connected_or_not(rules: list[str], allowed: bool) -> None:
    """The one call that a WebSocket API asks about opens the whole stage, or nothing of it."""
    found = Policy.of(rules).document(f"{HEAD}/$connect")
    assert (found.allow if allowed else found.deny) == (f"{HEAD}/*",)
    assert (found.deny if allowed else found.allow) == ()


@pytest.mark.parametrize(
    ("rules", "routes"),
    [(["a"], None), (["a/**"], None), (["GET a/*/b/**"], None), (["product/*"], SHOP), (["*"], None)],
)
def test_the_size_is_that_of_its_json(rules: list[str], routes: list[str] | None) -> None:
    """Counted without writing it, and as it is written."""
    found = Policy.of(rules, routes=routes).document(ROOT)
    assert found.size == len(json.dumps(found.policy, separators=(",", ":")).encode())
    texts = ("a", 'b"', "é", "\U0001f600")
    for allow, deny in ((texts, ()), ((), texts), (texts, texts), (texts[:1], ()), ((), ())):
        plan = Plan(allow, deny, True, ())
        assert plan.size(HEAD) == plan.at(HEAD).size


def test_a_limit_is_kept_or_refused() -> None:
    """What does not fit is narrowed to the call at hand, or raises before AWS sees it."""
    rules = [f"GET product-{number}" for number in range(100)]
    policy = Policy.of(rules)
    whole = policy.document(ROOT)
    assert whole.exact
    assert policy.document(ROOT, limit=whole.size).policy == whole.policy
    small = policy.document(f"{HEAD}/GET/product-7", limit=whole.size - 1)
    assert (small.allow, small.deny) == ((f"{HEAD}/GET/product-7",), ())
    assert (small.exact, small.cacheable) == (False, False)
    other = policy.document(f"{HEAD}/GET/other", limit=whole.size - 1)
    assert (other.allow, other.deny) == ((), (f"{HEAD}/*",))
    with pytest.raises(TooLarge) as raised:
        policy.document(ROOT, limit=whole.size - 1, inexact="refuse")
    assert (raised.value.size, raised.value.limit) == (whole.size, whole.size - 1)
    assert str(raised.value) == f"the document is larger than {whole.size - 1} bytes"


def test_a_resource_is_no_longer_than_512_characters() -> None:
    """A rule whose resource would be longer is left out, or refused."""
    room = 512 - len(HEAD) - len("/GET/")
    fits, over = Policy.of(["GET " + "a" * room]), Policy.of(["GET b", "GET " + "a" * (room + 1)])
    assert fits.document(ROOT).exact
    narrowed = over.document(ROOT)
    assert resources(narrowed.allow) == ["GET/b"]
    assert not narrowed.exact
    assert not narrowed.cacheable
    with pytest.raises(TooLarge, match="a resource is longer than 512 characters") as raised:
        over.document(ROOT, inexact="refuse")
    assert (raised.value.size, raised.value.limit) == (513, 512)


def test_a_deny_that_is_too_long_takes_the_allows_with_it() -> None:
    """What a deny holds back is not granted without it."""
    policy = Policy.of(["GET **", "!GET " + "a" * 480 + "/**"])
    found = policy.document(ROOT)
    assert found.allow == (ROOT,)
    assert found.deny == ()
    assert Policy.of(policy).document(f"{HEAD}/GET/" + "a" * 480 + "/b").allow == ()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("GET/a", True),
        ("GET/a b:~!$", True),
        ("", True),
        ("a*", False),
        ("a?", False),
        ("${a}", False),
        ("a$", True),
        ("{a}", True),
        ("é", False),
        ("a\n", False),
        ("a\x7f", False),
        ("\x00", False),
    ],
)
def test_what_text_of_a_request_is_plain(text: str, plain: bool) -> None:
    """Printable ASCII that IAM reads as itself."""
    assert is_plain(text) is plain


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"inexact": "widen"}, "invalid value 'widen' for inexact"),
        ({"inexact": None}, "invalid value None for inexact"),
        ({"complement": True}, "invalid value True for complement"),
    ],
)
def test_a_wrong_option_is_named(options: dict[str, object], message: str) -> None:
    """Whatever the policy, and before anything is written."""
    for policy in (Policy.of(True), Policy.of(["a/*/b/**"])):
        with pytest.raises(ConfigError) as raised:
            document(policy, ROOT, **options)  # type: ignore[arg-type]
        assert str(raised.value) == message


@pytest.mark.parametrize("arn", ["", "arn", HEAD, None, 7])
def test_a_wrong_arn_is_an_error(arn: object) -> None:
    """Not a document that denies: nobody should send it."""
    with pytest.raises(ArnError):
        Policy.of(True).document(arn)


def test_a_narrowed_document_warns_in_words() -> None:
    """The rules, and a request that shows it."""
    found = Policy.of(["GET a/*/b/**"]).document(ROOT)
    assert found.warning is not None
    assert found.warning.startswith("IAM cannot say 'GET a/*/b/**' exactly: the document refuses GET /a/")
    assert found.warning.endswith(
        " unless it is the call at hand, and must not be cached; no document of any size can say it"
    )
    assert Document((), ("*",), exact=False).warning == "the document says less than the policy"
    with pytest.raises(NotExact) as raised:
        Policy.of(["GET a/*/b/**"]).document(ROOT, inexact="refuse")
    assert str(raised.value).startswith("IAM cannot say this policy exactly: 'GET a/*/b/**' cannot be said without")
    assert raised.value.lost


def test_documents_of_a_policy_are_planned_once() -> None:
    """Another stage, another call and another API cost no second search."""
    policy = Policy.of(["GET a/*/b", "GET *-*"])
    first = policy.document(ROOT)
    kept = dict(policy._documents)
    second = policy.document("arn:aws-cn:execute-api:cn-north-1:999999999999:zzz/prod/PUT/x")
    assert policy._documents == kept
    assert [text.partition("/")[2].partition("/")[2] for text in first.allow] == [
        text.partition("/")[2].partition("/")[2] for text in second.allow
    ]


@pytest.mark.parametrize(
    ("rules", "allow", "deny"),
    [
        (["GET a/*"], ["a/?*"], ["a/*/*"]),
        (["GET a", "GET a/*"], ["a", "a/?*"], ["a/?*/*"]),
        (["GET a/*", "GET b/c"], ["b/c", "a/?*"], ["a/*/*"]),
        (["GET a/*", "GET a/b"], ["a/?*"], ["a/*/*"]),
        (["GET a/*", "GET a/**"], ["a/?*"], ["a//*"]),
        (["GET a/*", "GET ab/*"], ["a/?*", "ab/?*"], ["a/*/*", "ab/*/*"]),
    ],
)
def test_one_segment_below_a_literal_takes_no_search(
    rules: list[str], allow: list[str], deny: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What most people write, without a route table: one text that allows, one that holds back what lies deeper."""
    monkeypatch.setattr("cwsauth.policy.language.solve", None)
    made = Policy.of(rules).document(ROOT)
    assert made.exact
    assert [text.split("/GET/")[1] for text in made.allow] == allow
    assert [text.split("/GET/")[1] for text in made.deny] == deny
