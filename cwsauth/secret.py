"""Comparing a token with a secret, safely."""

from __future__ import annotations

from hmac import compare_digest


def secret_equals(given: object, expected: object) -> bool:
    """Whether `given` is the secret `expected`, in time that does not depend on where they differ.

    Both may be str or bytes; anything else, None and the empty string included, equals nothing: an environment variable
    that is not set never matches a token that was not sent.
    """
    left = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else given
    right = expected.encode("utf-8", "surrogatepass") if isinstance(expected, str) else expected
    if not isinstance(left, bytes) or not isinstance(right, bytes) or not left or not right:
        return False
    return compare_digest(left, right)
