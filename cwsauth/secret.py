"""Comparing a token with a secret, safely."""

from __future__ import annotations

# PERF: benchmarks/cold_start.py - `hmac` offers the same function, and loads OpenSSL with it.
from _operator import _compare_digest as compare_digest


def secret_equals(given: object, expected: object) -> bool:
    """Whether `given` is the secret `expected`, in time that does not depend on where they differ.

    Both may be str or bytes; anything else, None and the empty string included, equals nothing: an environment variable
    that is not set never matches a token that was not sent.
    """
    left = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else given
    right = expected.encode("utf-8", "surrogatepass") if isinstance(expected, str) else expected
    if not isinstance(left, bytes) or not isinstance(right, bytes) or not left or not right:
        return False
    # In this order the time follows the length of what was sent, not that of the secret.
    return compare_digest(right, left)
