"""Verified tokens, remembered for a while by their digests."""

from __future__ import annotations

from hashlib import sha256
from threading import Lock
from time import time

from cwsauth.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.tokens.identity import Identity
    from cwsauth.tokens.issuer_keys import IssuerKeys

MAX_SIZE = 100_000


class Memo:
    """At most `size` identities, each until its own end; the oldest gives way. A token is never kept, only its SHA-256.

    Only verified tokens are added, so that no stream of bad ones can push the good ones out.
    """

    __slots__ = ("_entries", "_lock", "_size")

    def __init__(self, size: int) -> None:
        if type(size) is not int or not 0 < size <= MAX_SIZE:
            raise ConfigError(f"the memo remembers 1 to {MAX_SIZE} tokens", help="write memo=1000, or leave it out")
        self._size = size
        self._entries: dict[bytes, tuple[float, Identity, IssuerKeys, object]] = {}
        self._lock = Lock()

    def get(self, token: str) -> Identity | None:
        """The identity of a token that is remembered, has not ended, and whose keys are what they were."""
        # PERF: benchmarks/tokens.py - most of it is the digest: it grows with the token.
        entry = self._entries.get(sha256(token.encode("utf-8", "surrogatepass")).digest())
        if entry is not None and time() < entry[0] and entry[2].state is entry[3]:
            return entry[1]
        return None

    def add(self, token: str, until: float, identity: Identity, keys: IssuerKeys, state: object) -> None:
        """Remembers a verified token until `until`, for as long as the `state` of its keys is the one it had before."""
        digest = sha256(token.encode()).digest()
        with self._lock:
            self._entries.pop(digest, None)
            if len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]
            self._entries[digest] = (until, identity, keys, state)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Memo({len(self)} of {self._size})"
