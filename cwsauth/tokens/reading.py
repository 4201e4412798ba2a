"""What a signed token says, read strictly: its compact form, and its registered claims. What could be read in two ways is refused.

Source: RFC 7515 (JWS), sections 3.1 and 5.2; RFC 7519, section 4.1 (claims); RFC 8725 (best current practices). PyJWT reads
the same more leniently; a property test holds us to a subset of what it accepts.
"""

from __future__ import annotations

from binascii import a2b_base64
from json import JSONDecoder

from cwsauth.tokens.verifier import invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    Audience = Callable[[Mapping[str, Any]], bool]

# Bytes of a whole token. API Gateway takes 10 240 bytes for all headers together.
MAX_TOKEN = 16_384
# How deep claims may be nested. Five levels is deep for a real token; thousands are an attack on whoever walks them.
MAX_DEPTH = 32
# The end of the year 9999. What lies beyond is milliseconds, or an attack on whoever makes a date of it.
LATEST = 253_402_300_799

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
# PERF: benchmarks/tokens.py - one pass over a token finds what does not belong there ('!'), and writes the alphabet of binascii.
_OTHERS = bytes(range(256)).translate(None, _ALPHABET + b".")
_STANDARD = bytes.maketrans(_OTHERS + b"-_", b"!" * len(_OTHERS) + b"+/")
_PADDING = (b"", b"", b"==", b"=")
# The last character of a segment whose length is 2 or 3 modulo 4 carries bits that must be zero: one text for one value.
_LAST = {2: frozenset(_ALPHABET[::16].translate(_STANDARD)), 3: frozenset(_ALPHABET[::4].translate(_STANDARD))}
_WHITESPACE = " \t\r\n"


def split(token: str, limit: int = MAX_TOKEN) -> tuple[bytes, bytes, bytes, bytes]:
    """Header, payload and signature of a token, still encoded, as `decode` takes them, and the text that is signed.

    Raises:
        TokenInvalid: not three base64url segments with dots between and nothing else, or longer than `limit`.
    """
    if len(token) > limit:
        raise invalid(f"the token is longer than {limit} bytes")
    # `isascii` first: an encoding error would carry the token in its attributes.
    text = token.encode() if token.isascii() else b""
    segments = text.translate(_STANDARD)
    parts = segments.split(b".")
    if len(parts) != 3 or b"!" in segments:
        raise invalid("the token is no JWT: three base64url segments with dots between are needed")
    header, payload, signature = parts
    return header, payload, signature, text[: -len(signature) - 1]


def standard(segment: bytes) -> bytes:
    """A segment in base64url as `decode` takes it. Raises TokenInvalid where it has other characters."""
    written = segment.translate(_STANDARD)
    if b"!" in written or b"." in written:
        raise invalid("the token has a segment that is not base64url")
    return written


def decode(segment: bytes) -> bytes:
    """The bytes of a segment of `split` or `standard`. Raises TokenInvalid where another text would say the same bytes."""
    rest = len(segment) & 3
    if not segment or rest == 1 or (rest and segment[-1] not in _LAST[rest]):
        raise invalid("the token has a segment that is not canonical base64url")
    return a2b_base64(segment + _PADDING[rest])


def read_object(data: bytes, what: str) -> dict[str, Any]:
    """The JSON object in `data`: UTF-8, no name twice, no NaN or infinity, not nested deeply.

    Raises:
        TokenInvalid: `data` is anything else; the reason says `what` it is, and nothing of it.
    """
    members: object = None
    text = ""
    try:
        text = data.decode().strip(_WHITESPACE)
        # PERF: benchmarks/tokens.py - the scanner itself, in C. It says StopIteration where no value begins.
        members, end = _scan(text, 0)
        if end != len(text):
            members = None
    except (ValueError, StopIteration, RecursionError):
        members = None
    # Raised here and not above: the error of the decoder holds the text.
    if type(members) is not dict:
        raise invalid(f"the {what} is not one strict JSON object")
    if text.count("{") + text.count("[") > MAX_DEPTH and _too_deep(members):
        raise invalid(f"the {what} is nested more than {MAX_DEPTH} levels deep")
    return members


def _too_deep(members: object) -> bool:
    level = [members]
    for _ in range(MAX_DEPTH):
        deeper: list[object] = []
        for item in level:
            deeper.extend(item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        if not deeper:
            return False
        level = deeper
    return any(isinstance(item, (dict, list)) for item in level)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError
    return members


def _refused(text: str) -> Any:
    raise ValueError


def _finite(text: str) -> float:
    value = float(text)
    if value - value != 0:
        raise ValueError
    return value


_DECODER: Any = JSONDecoder(object_pairs_hook=_unique, parse_constant=_refused, parse_float=_finite)
_scan = _DECODER.scan_once


class Expectation:
    """What the claims of a token must say: one of `issuers`, an accepted audience, a time, all of `required`.

    `audience` is a function of the claims that says whether the token is for us. `leeway` and `lifetime` are in seconds.
    """

    __slots__ = ("audience", "issuers", "leeway", "lifetime", "required")

    def __init__(
        self,
        issuers: frozenset[str],
        audience: Audience,
        *,
        leeway: float = 0,
        lifetime: float | None = None,
        required: tuple[str, ...] = (),
    ) -> None:
        self.issuers = issuers
        self.audience = audience
        self.leeway = leeway
        self.lifetime = lifetime
        self.required = required

    def check(self, claims: Mapping[str, Any], now: float) -> int:
        """The end of the token, in seconds since the epoch, if its claims are as expected at the time `now`.

        Raises:
            TokenExpired: all is as expected but the time. TokenInvalid: anything else; it names the claim, not its value.
        """
        issuer = claims.get("iss")
        if type(issuer) is not str or issuer not in self.issuers:
            raise invalid("the claim 'iss' is not an accepted issuer")
        if self.audience(claims) is not True:
            raise invalid("the token is for another audience")
        latest = now + self.leeway
        expires = _time(claims, "exp")
        if expires is None:
            raise invalid("the claim 'exp' is missing")
        for name in ("nbf", "iat"):
            if name in claims:
                begins = _time(claims, name)
                if begins is None or begins > latest:
                    raise invalid(f"the claim {name!r} lies in the future")
        for name in ("sub", "jti"):
            if name in claims and type(claims[name]) is not str:
                raise invalid(f"the claim {name!r} is not a string")
        for name in self.required:
            if claims.get(name) is None:
                raise invalid(f"the claim {name!r} is missing")
        if self.lifetime is not None and not expires - claims.get("iat", now) <= self.lifetime + self.leeway:
            raise invalid("the token lives longer than the tokens of the issuer do")
        # The last check, so that only a token that is good in every other way is called expired.
        if expires <= now - self.leeway:
            from cwsauth.errors import TokenExpired

            raise TokenExpired("the token has expired")
        return expires


def for_us(audiences: frozenset[str]) -> Audience:
    """The check that `aud` is one of `audiences`, or a list of strings with one of them in it."""

    def accepts(claims: Mapping[str, Any]) -> bool:
        audience = claims.get("aud")
        if type(audience) is str:
            return audience in audiences
        if type(audience) is not list or not all(type(name) is str for name in audience):
            return False
        return not audiences.isdisjoint(audience)

    return accepts


def _time(claims: Mapping[str, Any], name: str) -> int | None:
    """A NumericDate, its fraction cut off; None where there is none. A string or a bool is not a number."""
    value = claims.get(name)
    if value is None:
        return None
    kind = type(value)
    if (kind is not int and kind is not float) or not 0 <= value <= LATEST:
        raise invalid(f"the claim {name!r} is not a time in seconds since the epoch")
    return int(value)
