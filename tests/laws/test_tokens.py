"""Laws of tokens: we never accept what PyJWT refuses, and never read anything else out of what both accept."""

from __future__ import annotations

import json
import time
import warnings
from typing import Any

import jwt as pyjwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import example, given
from hypothesis import strategies as st

from cwsauth.errors import ConfigError, TokenExpired, TokenInvalid, TokenMissing
from cwsauth.tokens import JWT
from cwsauth.tokens.shared_secret import secret_key
from tests.oidc import AUDIENCE, ISSUER, bearing, claims, encoded, forge, key_for, public

LEEWAY = 5
KEYS: dict[str, Any] = {name: public(key_for(name)) for name in ("HS256", "RS256", "ES256", "EdDSA")}
OURS = {
    name: JWT(
        issuer=ISSUER,
        audience=[AUDIENCE, "desk"],
        algorithms=name,
        leeway=LEEWAY,
        **({"secret": key} if name == "HS256" else {"key": key}),
    )
    for name, key in KEYS.items()
}


def accepted_by_us(token: str, algorithm: str) -> dict[str, Any] | None:
    try:
        return dict(OURS[algorithm].verify(bearing(token)).claims)
    except (TokenInvalid, TokenExpired, TokenMissing):
        return None


def accepted_by_pyjwt(token: str, algorithm: str) -> dict[str, Any] | None:
    try:
        return pyjwt.decode(
            token,
            KEYS[algorithm],
            algorithms=[algorithm],
            issuer=ISSUER,
            audience=[AUDIENCE, "desk"],
            leeway=LEEWAY,
            options={"require": ["exp", "iss", "aud"], "enforce_minimum_key_length": True},
        )
    except pyjwt.PyJWTError:
        return None
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None  # PyJWT lets some of these through for odd tokens; for this law they are refusals


def check(token: str, algorithm: str) -> bool:
    """The law for one token; True if both accept it."""
    ours = accepted_by_us(token, algorithm)
    if ours is None:
        return False
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs = accepted_by_pyjwt(token, algorithm)
    assert theirs is not None, "we accept a token that PyJWT refuses"
    assert json.dumps(ours, sort_keys=True) == json.dumps(theirs, sort_keys=True)
    return True


NOW = int(time.time())
algorithms = st.sampled_from(sorted(KEYS))
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
times = st.integers(NOW - 60, NOW + 60) | st.floats(NOW - 60, NOW + 60) | st.integers() | st.floats() | values
registered = {
    "exp": times,
    "nbf": times,
    "iat": times,
    "iss": st.sampled_from([ISSUER, ISSUER[:-1], [ISSUER], ""]) | values,
    "aud": st.sampled_from([AUDIENCE, [AUDIENCE], ["x", "desk"], [], "x"]) | values,
    "sub": values,
    "jti": values,
    "scope": values,
}
changes = st.dictionaries(st.sampled_from(sorted(registered)), st.none(), max_size=4).flatmap(
    lambda names: st.fixed_dictionaries({name: registered[name] for name in names})
)
headers = st.fixed_dictionaries(
    {"alg": st.sampled_from([*sorted(KEYS), "none", "HS512", ""]) | values},
    optional={
        "kid": values,
        "typ": values,
        "crit": values,
        "b64": values,
        "jwk": values,
        "zip": values,
        "cty": values,
    },
)


@given(algorithms, changes, st.sets(st.sampled_from(["exp", "iss", "aud", "sub", "iat"]), max_size=1))
def test_never_accepts_claims_that_pyjwt_refuses(algorithm: str, changed: dict[str, Any], without: set[str]) -> None:
    """Whatever the registered claims are, of whatever type."""
    made = {**claims(exp=NOW + 3600), **changed}
    for name in without:
        made.pop(name, None)
    check(forge(json.dumps(made).encode("utf-8", "surrogatepass"), algorithm), algorithm)


@given(algorithms, headers)
@example("HS256", {"alg": "HS256", "crit": []})
@example("HS256", {"alg": "HS256", "b64": True})
def test_never_accepts_headers_that_pyjwt_refuses(algorithm: str, header: dict[str, Any]) -> None:
    """Whatever the header says, signed well by the key that is accepted."""
    check(
        forge(claims(exp=NOW + 3600), algorithm, header=json.dumps(header).encode("utf-8", "surrogatepass")), algorithm
    )


@given(algorithms, st.data())
def test_never_accepts_texts_that_pyjwt_refuses(algorithm: str, data: st.DataObject) -> None:
    """A good token with some of its characters changed, taken out, or put in."""
    token = forge(claims(exp=NOW + 3600, iat=NOW - 60), algorithm)
    for _ in range(data.draw(st.integers(0, 3))):
        place = data.draw(st.integers(0, len(token)))
        length = data.draw(st.integers(0, 2))
        piece = data.draw(st.text(alphabet="ABab01-_.=+/ \n\u00e4", max_size=3))
        token = token[:place] + piece + token[place + length :]
    check(token, algorithm)


@given(st.binary(max_size=60), st.binary(max_size=200))
def test_never_accepts_bytes_that_pyjwt_refuses(header: bytes, payload: bytes) -> None:
    """Anything at all as header and payload, signed well."""
    check(forge(payload, "HS256", header=header or b'{"alg":"HS256"}'), "HS256")


@given(st.text(max_size=200) | st.lists(st.binary(max_size=40).map(encoded), max_size=4).map(".".join))
def test_never_accepts_an_unsigned_text(text: str) -> None:
    """No text that was not signed, of whatever form, and nothing but the three errors for it."""
    for name, auth in OURS.items():
        try:
            auth.verify(bearing(text))
        except (TokenInvalid, TokenMissing):
            continue
        raise AssertionError(f"{name} accepted a text that nobody signed")


@given(algorithms, st.dictionaries(st.text(max_size=6), values, max_size=4))
def test_accepts_what_issuers_write(algorithm: str, more: dict[str, Any]) -> None:
    """The law is not kept by refusing everything: usual tokens, with private claims of any JSON, are read by both alike."""
    private = {name: value for name, value in json_safe(more).items() if name not in registered}
    token = forge(json.dumps({**claims(exp=NOW + 3600, iat=NOW - 60), **private}).encode(), algorithm)
    assert check(token, algorithm)


def json_safe(value: Any) -> Any:
    """The same without NaN, infinities, huge numbers, which JSON does not have, and lone surrogates, which UTF-8 has not."""
    if isinstance(value, dict):
        return {str(json_safe(name)): json_safe(item) for name, item in value.items()}
    if isinstance(value, list):
        return [json_safe(item) for item in value]
    if isinstance(value, float):
        return value if value - value == 0 else 0.0
    return value


PUBLIC = [KEYS[name] for name in ("RS256", "ES256", "EdDSA")]
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le")
jwk_members = st.dictionaries(st.sampled_from(["kty", "k", "n", "a"]), values, max_size=3)
jwks_texts = st.recursive(
    jwk_members, lambda deeper: st.lists(deeper, max_size=2) | st.dictionaries(st.text(max_size=3), deeper)
)
published = st.one_of(
    st.sampled_from(
        [
            key.public_bytes(*form)
            for key in PUBLIC
            for form in (
                (Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
                (Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
                (Encoding.OpenSSH, PublicFormat.OpenSSH),
            )
        ]
    ),
    st.sampled_from([PUBLIC[0].public_bytes(form, PublicFormat.PKCS1) for form in (Encoding.PEM, Encoding.DER)]),
    st.builds(lambda members, how: json.dumps(members).encode(how), jwks_texts, st.sampled_from(ENCODINGS)),
    st.builds(lambda depth, end: b"[" * depth + end, st.sampled_from([3, 5000]), st.just(b'"kty":')),
    st.builds(lambda depth: b'{"a":' * depth, st.sampled_from([3, 5000])),
    st.text().map(str.encode),
)


@given(published, st.binary(max_size=3), st.binary(max_size=3), st.sampled_from(["HS256", "HS384", "HS512"]))
@example(b"", b"", b"", "HS256")
@example(json.dumps({"keys": [{"\u006bty": "oct"}]}).encode(), b"", b"", "HS256")
def test_never_takes_a_secret_that_pyjwt_refuses(made: bytes, before: bytes, behind: bytes, algorithm: str) -> None:
    """PyJWT is not asked about secrets that have no trace of a key: it would take all of them."""
    for secret in (made, before + made, made + behind):
        implementation = pyjwt.PyJWS([algorithm]).get_algorithm_by_name(algorithm)
        try:
            taken = implementation.check_key_length(implementation.prepare_key(secret)) is None
        except pyjwt.InvalidKeyError:
            taken = False
        try:
            ours = secret_key(secret, algorithm).algorithm == algorithm
        except ConfigError:
            ours = False
        assert ours is taken
