"""Verified tokens, remembered for a while by two hashes of them."""

from __future__ import annotations

from os import urandom
from threading import Lock
from time import time

from cwsauth.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cwsauth.tokens.identity import Identity
    from cwsauth.tokens.issuer_keys import IssuerKeys

    Entry = tuple[int, float, Identity, IssuerKeys, object]

MAX_SIZE = 100_000
# Characters at the end of a token that its second hash is of: the signature of an HMAC has 43 of them, 32 random bytes.
_TAIL = 64


class Memo:
    """At most `size` identities, each until its own end; the oldest gives way. A token is never kept.

    What is kept of one is two hashes of 64 bits, the interpreter's own (SipHash): of the whole, and of its end behind a text
    of this memo's own. Neither can be known, or hit, without the signature: a guess is right once in 2^128, and only while
    the token counts. Only verified tokens are added, so that no stream of bad ones can push the good ones out.
    """

    __slots__ = ("_entries", "_lock", "_salt", "_size", "get")
    get: Callable[[str], Identity | None]
    """The identity of a token that is remembered, has not ended, and whose keys are what they were; else None."""

    def __init__(self, size: int) -> None:
        if type(size) is not int or not 0 < size <= MAX_SIZE:
            raise ConfigError(f"the memo remembers 1 to {MAX_SIZE} tokens", help="write memo=1000, or leave it out")
        self._size = size
        self._entries: dict[int, Entry] = {}
        self._lock = Lock()
        self._salt = urandom(32).hex()
        self.get = _reader(self._entries, self._salt)

    def add(self, token: str, until: float, identity: Identity, keys: IssuerKeys, state: object) -> None:
        """Remembers a verified token until `until`, for as long as the `state` of its keys is the one it had before."""
        entry = (hash(self._salt + token[-_TAIL:]), until, identity, keys, state)
        with self._lock:
            self._entries.pop(hash(token), None)
            if len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]
            self._entries[hash(token)] = entry

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Memo({len(self)} of {self._size})"


def _reader(entries: dict[int, Entry], salt: str) -> Callable[[str], Identity | None]:
    """`Memo.get`, as a closure that has nothing to look up."""
    # PERF: benchmarks/tokens.py - SHA-256 alone takes longer than all of this.
    find = entries.get

    def get(token: str) -> Identity | None:
        entry = find(hash(token))
        if entry is not None:
            check, until, identity, keys, state = entry
            if hash(salt + token[-_TAIL:]) == check and time() < until and keys.state is state:
                return identity
        return None

    return get
