"""Verified tokens, remembered for a while."""

from __future__ import annotations

from threading import Lock
from time import time

from cwsauth.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cwsauth.tokens.keys import IssuerKeys
    from cwsauth.tokens.verifier import Identity

    Entry = tuple[float, Identity, IssuerKeys, object]

MAX_SIZE = 100_000


class Memo:
    """At most `size` identities by their tokens, each until its own end; the oldest gives way.

    INVARIANT: a token is known by all of its characters. A hash of it would be a second way in: the fast ones (SipHash) are
    no promise, and a strong one (SHA-256) takes longer than all the rest. So tokens are kept while they count, in this
    dict and nowhere else: not in a `repr`, not in a pickle. Only verified ones are added, so that no stream of bad ones
    can push the good ones out.
    """

    __slots__ = ("_entries", "_lock", "_size", "get")
    get: Callable[[str], Identity | None]
    """The identity of a token that is remembered, has not ended, and whose keys are what they were; else None."""

    def __init__(self, size: int) -> None:
        if type(size) is not int or not 0 < size <= MAX_SIZE:
            raise ConfigError(f"the memo remembers 1 to {MAX_SIZE} tokens", help="write memo=1000, or leave it out")
        self._size = size
        self._entries: dict[str, Entry] = {}
        self._lock = Lock()
        self.get = _reader(self._entries)

    def add(self, token: str, until: float, identity: Identity, keys: IssuerKeys, state: object) -> None:
        """Remembers a verified token until `until`, for as long as the `state` of its keys is the one it had before."""
        with self._lock:
            self._entries.pop(token, None)
            if len(self._entries) >= self._size:
                del self._entries[next(iter(self._entries))]
            self._entries[token] = (until, identity, keys, state)

    def __len__(self) -> int:
        return len(self._entries)

    def __repr__(self) -> str:
        return f"Memo({len(self)} of {self._size})"

    def __reduce__(self) -> str:
        raise TypeError("a memo is not pickled: tokens would lie wherever the pickle goes")


def _reader(entries: dict[str, Entry]) -> Callable[[str], Identity | None]:
    """`Memo.get`, as a closure that has nothing to look up."""
    # PERF: benchmarks/tokens.py
    find = entries.get

    def get(token: str) -> Identity | None:
        entry = find(token)
        if entry is not None:
            until, identity, keys, state = entry
            if time() < until and keys.state is state:
                return identity
        return None

    return get
