"""Attacks on how a token is read: its header, its encoding, its JSON.

One test for each advisory or class; each says which.
"""

from __future__ import annotations

import base64
import json
import sys
import time
from types import FrameType
from typing import Any

import pytest

from cwsauth.errors import TokenInvalid
from cwsauth.tokens import JWT
from tests.oidc import AUDIENCE, ISSUER, SECRET, bearing, claims, encoded, forge, private_key, public, text

HS256 = JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="HS256", secret=SECRET)
SEVERAL = JWT(
    issuer={ISSUER: [SECRET], "https://other.example": [b"other" * 20]}, audience=AUDIENCE, algorithms="HS256"
)


def refused(token: str) -> str:
    """Both a verifier of one issuer, and one that reads the issuer before it verifies."""
    reasons = []
    for auth in (HS256, SEVERAL):
        with pytest.raises(TokenInvalid) as caught:
            auth.verify(bearing(token))
        assert caught.value.__context__ is None
        reasons.append(caught.value.reason)
    return reasons[0]


@pytest.mark.parametrize(
    "header",
    [
        {"crit": ["exp"], "exp": 1},
        {"crit": ["b64"], "b64": True},
        {"crit": ["unknown"], "unknown": 1},
        {"crit": []},
        {"crit": None},
        {"crit": "exp"},
        {"crit": {}},
        {"crit": [1]},
    ],
    ids=repr,
)
def test_crit(header: dict[str, Any]) -> None:
    """CVE-2026-32597 (GHSA-752w-5fwx-jx9f), CVE-2025-59420: extensions that must be understood; none is, so none passes."""
    assert "'crit'" in refused(forge(claims(), **header))


@pytest.mark.parametrize("value", [False, True, None, 0, "false"])
def test_b64(value: object) -> None:
    """CVE-2026-48525 (GHSA-w7vc-732c-9m39), RFC 7797: a payload outside of the token, whatever its place holds."""
    token = forge(claims(), b64=value)
    assert "'b64'" in refused(token)
    head, _, signature = token.split(".")
    refused(f"{head}..{signature}")


@pytest.mark.parametrize("name", ["zip", "enc"])
def test_encrypted_and_compressed_tokens(name: str) -> None:
    """CVE-2024-33664 (JWE bomb): what says that it is compressed or encrypted is not opened."""
    assert repr(name) in refused(forge(claims(), **{name: "DEF"}))
    head, body, signature = forge(claims()).split(".")
    refused(f"{head}.{body}.{body}.{body}.{signature}")


@pytest.mark.parametrize("place", [0, 1, 2])
@pytest.mark.parametrize(
    "junk",
    [
        "=",
        "==",
        " ",
        "\n",
        "\t",
        "\r\n",
        "\u00a0",
        "\u200b",
        "!",
        "+",
        "/",
        "%3D",
        ".",
        "\0",
        "\ufeff",
        "\u212a",
        "\ud800",
    ],
)
def test_characters_that_are_not_base64url(place: int, junk: str) -> None:
    """GHSA-hxm8-2xgr-2p9m: padding, white space, the other alphabet, look-alikes: in front, in the middle, behind."""
    segments = forge(claims()).split(".")
    part = segments[place]
    for changed in (part + junk, junk + part, part[:4] + junk + part[4:]):
        refused(".".join([*segments[:place], changed, *segments[place + 1 :]]))


def test_white_space_around_a_token() -> None:
    """A token is not trimmed: whoever trims sees another token than the one that was logged, cached or revoked."""
    token = forge(claims())
    for wrong in (
        f" {token}",
        f"{token} ",
        f"{token}\n",
        f"\n{token}",
        f"{token}\0",
        f"{token}\r\n",
        f"Bearer {token}",
    ):
        refused(wrong)


def test_the_json_form_of_a_token() -> None:
    """CVE-2022-39227: a token that is compact to one reader and JSON to another. There is one form here."""
    good = forge(claims())
    head, body, signature = good.split(".")
    json_form = json.dumps({"protected": head, "payload": body, "signature": signature})
    mixed = '{"  ' + head + "." + encoded(text(claims(sub="admin"))) + '.":"","protected":"' + head + '"}'
    for token in (json_form, mixed, json_form + "." + good, f'{{"{good}":1}}'):
        refused(token)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_one_text_for_one_value(place: int) -> None:
    """Non-canonical base64: the unused bits of the last character change the text and not the bytes.

    Deny-lists and caches by text are evaded that way.
    """
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    found = 0
    for number in range(24):
        token = forge(claims(jti="x" * number), n="x" * number)
        segments = token.split(".")
        part = segments[place]
        if len(part) % 4 == 0:
            continue
        for letter in letters:
            other = part[:-1] + letter
            same = base64.urlsafe_b64decode(other + "==") == base64.urlsafe_b64decode(part + "==")
            if other != part and same:
                found += 1
                reason = refused(".".join([*segments[:place], other, *segments[place + 1 :]]))
                # The text of the payload is what is signed, so that it fails earlier.
                assert "canonical" in reason or place == 1
    assert found > 2


def test_huge_tokens() -> None:
    """CVE-2025-61920: sixteen kilobytes at most, before anything is decoded; a megabyte costs nothing."""
    assert HS256.verify(bearing(forge(claims(filler="x" * 10_000))))
    for token in (
        forge(claims(filler="x" * 20_000)),
        forge(claims(), n="x" * 20_000),
        "x" * 1_000_000,
        "." * 1_000_000,
    ):
        start = time.process_time()
        assert "longer than" in refused(token)
        assert time.process_time() - start < 0.05


@pytest.mark.parametrize("brackets", [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
@pytest.mark.parametrize("depth", [40, 300, 900, 1500])
def test_deep_json(brackets: tuple[str, str], depth: int) -> None:
    """Deeply nested claims: neither a RecursionError here, nor one in whoever walks the claims."""
    deep = brackets[0] * depth + "1" + brackets[1] * depth
    body = text(claims())[:-1] + b',"deep":' + deep.encode() + b"}"
    token = forge(body)
    if len(token) < 16_000:
        assert "nested" in refused(token) or depth > 500
    header = b'{"alg":"HS256","deep":' + deep.encode() + b"}"
    refused(forge(claims(), header=header))


def test_depth_is_not_confused_with_brackets_in_texts() -> None:
    """Wide claims, and texts full of brackets, are not deep ones."""
    assert HS256.verify(bearing(forge(claims(text="[{" * 500, wide=[[]] * 200))))


def test_deep_json_near_the_end_of_the_stack() -> None:
    """A token that is read deep in the stack is refused or accepted, and nothing else."""

    def deeper(left: int) -> str:
        if left:
            return deeper(left - 1)
        return refused(forge(b'{"deep":' + b"[" * 200 + b"]" * 200 + b"}"))

    depth = sys.getrecursionlimit() - len(list(_frames())) - 60
    assert deeper(depth)


def _frames() -> list[object]:
    found: list[object] = []
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        found.append(frame)
        frame = frame.f_back
    return found


DUPLICATES: dict[str, bytes] = {
    "a claim": text(claims())[:-1] + b',"sub":"admin"}',
    "the same claim with the same value": text(claims())[:-1] + b',"sub":"user-1"}',
    "an escaped name": text(claims())[:-1] + b',"s\\u0075b":"admin"}',
    "a nested claim": text(claims())[:-1] + b',"x":{"roles":[],"roles":["admin"]}}',
    "the audience": b'{"aud":"other",' + text(claims())[1:],
    "the end": b'{"exp":1,' + text(claims())[1:],
}


@pytest.mark.parametrize("name", DUPLICATES)
def test_duplicate_claims(name: str) -> None:
    """RFC 8725, 2.4 and RFC 7519, 4: of two claims of one name, parsers disagree about which counts. Neither does."""
    assert "strict JSON" in refused(forge(DUPLICATES[name]))


def test_duplicate_header_parameters() -> None:
    """RFC 7515, 4: the same in the header, where it chooses the algorithm."""
    for header in (
        b'{"alg":"none","alg":"HS256"}',
        b'{"alg":"HS256","alg":"none"}',
        b'{"alg":"HS256","kid":"a","kid":"b"}',
    ):
        refused(forge(claims(), header=header))


BODY = text(claims())
NOT_JSON: dict[str, bytes] = {
    "a list": b"[" + BODY + b"]",
    "a string": text(json.dumps(claims())),
    "a number": b"1",
    "null": b"null",
    "nothing": b"",
    "two objects": BODY + BODY,
    "something behind": BODY + b"x",
    "a comma behind": BODY[:-1] + b",}",
    "a comment": BODY[:-1] + b"/* */}",
    "NaN": BODY[:-1] + b',"x":NaN}',
    "Infinity": BODY[:-1] + b',"x":Infinity}',
    "minus Infinity": BODY[:-1] + b',"x":-Infinity}',
    "a number that is infinite": BODY[:-1] + b',"x":1e999}',
    "a number without end": BODY[:-1] + b',"x":' + b"9" * 5000 + b"}",
    "single quotes": BODY.replace(b'"', b"'"),
    "a control character": BODY[:-1] + b',"x":"a\nb"}',
    "Latin-1": BODY[:-1] + b',"x":"\xe4"}',
    "UTF-8 that is cut": BODY[:-1] + b',"x":"\xc3"}',
    "an encoded surrogate": BODY[:-1] + b',"x":"\xed\xa0\x80"}',
    "UTF-16": json.dumps(claims()).encode("utf-16"),
    "UTF-16 without a mark": json.dumps(claims()).encode("utf-16-le"),
    "UTF-32": json.dumps(claims()).encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf" + BODY,
    "white space that is none": b"\x0c" + BODY,
    "a null byte behind": BODY + b"\0",
}


@pytest.mark.parametrize("name", NOT_JSON)
def test_claims_that_are_not_strict_json(name: str) -> None:
    """Parser differentials: one object in UTF-8 as RFC 8259 has it, with numbers that a double can hold."""
    refused(forge(NOT_JSON[name]))


def test_white_space_that_json_has() -> None:
    """And nothing that is JSON is refused for its looks."""
    assert HS256.verify(bearing(forge(b" \t\r\n" + json.dumps(claims(), indent=2).encode() + b"\n")))
    assert HS256.verify(bearing(forge(claims(), header=b' {"alg" : "HS256"}\n')))
    assert HS256.verify(bearing(forge(claims(name="J\u00fcrgen \U0001f600"))))


HEADERS: dict[str, bytes] = {
    "a list": b'["HS256"]',
    "a string": b'"HS256"',
    "null": b"null",
    "nothing": b"",
    "something behind": b'{"alg":"HS256"}x',
    "NaN": b'{"alg":"HS256","x":NaN}',
    "UTF-16": '{"alg":"HS256"}'.encode("utf-16"),
    "a list of algorithms": b'{"alg":["HS256"]}',
    "an algorithm in lower case": b'{"alg":"hs256"}',
    "an algorithm with a space": b'{"alg":"HS256 "}',
    "an algorithm with a null": b'{"alg":"HS256\\u0000"}',
    "an algorithm in other letters": '{"alg":"\uff28S256"}'.encode(),
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers_that_are_not_strict(name: str) -> None:
    """The same of the header: it is read before anything is verified."""
    refused(forge(claims(), header=HEADERS[name]))


def test_a_remembered_header_is_not_a_way_around() -> None:
    """Headers are remembered by their text once verified: another text is read again, the same one verified again."""
    good = forge(claims())
    assert HS256.verify(bearing(good))
    head, body, signature = good.split(".")
    refused(f"{head}.{encoded(text(claims(sub='admin')))}.{signature}")
    refused(f"{head}.{body}.{signature[::-1]}")
    for header in ({"alg": "none"}, {"alg": "HS512"}, {"alg": "HS256", "crit": ["x"]}):
        refused(f"{encoded(text(header))}.{body}.{signature}")


def test_time_to_refuse_is_linear() -> None:
    """No input within the limit takes a thousand times longer than a good token."""
    good = forge(claims())
    rsa = JWT(issuer=ISSUER, audience=AUDIENCE, algorithms="RS256", key=public(private_key("RSA")))
    bodies = [
        b"[" * 11_000,
        b'{"a":' * 2200,
        b'"' + b"\\" * 11_000,
        b" " * 11_000,
        b"9" * 4000,
        b"{" + b'"a":1,' * 1800,
    ]
    for auth in (HS256, rsa):
        for body in bodies:
            for token in (forge(body), f"{encoded(body)}.{good.partition('.')[2]}"):
                start = time.process_time()
                with pytest.raises(TokenInvalid):
                    auth.verify(bearing(token))
                assert time.process_time() - start < 0.05
