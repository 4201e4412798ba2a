"""The compact form of a signed token, read strictly: what could be read in two ways is refused.

Source: RFC 7515 (JWS), sections 3.1 and 5.2; RFC 8725 (best current practices). PyJWT reads the same form more leniently; a
property test holds us to a subset of what it accepts.
"""

from __future__ import annotations

from binascii import a2b_base64
from json import JSONDecoder

from cwsauth.errors import TokenInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Bytes of a whole token. API Gateway takes 10 240 bytes for all headers together.
MAX_TOKEN = 16_384
# How deep claims may be nested. Five levels is deep for a real token; thousands are an attack on whoever walks them.
MAX_DEPTH = 32

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_STANDARD = bytes.maketrans(b"-_", b"+/")
_PADDING = (b"", b"", b"==", b"=")
# The last character of a segment whose length is 2 or 3 modulo 4 carries bits that must be zero: one text for one value.
_LAST = {2: frozenset(_ALPHABET[::16]), 3: frozenset(_ALPHABET[::4])}
_WHITESPACE = " \t\r\n"


def split(token: str, limit: int = MAX_TOKEN) -> tuple[bytes, bytes, bytes, bytes]:
    """Header, payload and signature of a token, still encoded, and the text that is signed.

    Raises:
        TokenInvalid: not three non-empty base64url segments with dots between and nothing else, or longer than `limit`.
    """
    if len(token) > limit:
        raise TokenInvalid(f"the token is longer than {limit} bytes")
    # `isascii` first: an encoding error would carry the token in its attributes.
    text = token.encode() if token.isascii() else b""
    if text.translate(None, _ALPHABET) != b"..":
        raise TokenInvalid("the token is no JWT: three base64url segments with dots between are needed")
    header, payload, signature = text.split(b".")
    return header, payload, signature, text[: -len(signature) - 1]


def decode(segment: bytes) -> bytes:
    """The bytes of a segment that `split` gave. Raises TokenInvalid where another text would say the same bytes."""
    rest = len(segment) & 3
    if not segment or rest == 1 or (rest and segment[-1] not in _LAST[rest]):
        raise TokenInvalid("the token has a segment that is not canonical base64url")
    return a2b_base64(segment.translate(_STANDARD) + _PADDING[rest])


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
        raise TokenInvalid(f"the {what} is not one strict JSON object")
    if text.count("{") + text.count("[") > MAX_DEPTH and _too_deep(members):
        raise TokenInvalid(f"the {what} is nested more than {MAX_DEPTH} levels deep")
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
