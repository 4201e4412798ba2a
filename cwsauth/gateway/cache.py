"""The cache of authorizer results: by authorizer, stage and identity, for a time, on an injected clock."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")


class TtlCache(Generic[T]):
    """Values that live `ttl` seconds from the moment they were put. Thread-safe and bounded.

    The whole result is kept (policy, context, usage key), never the verdict: a policy is evaluated again for
    each request. Errors are never put here, denials are.

    Source: API Gateway developer guide, "Configure a Lambda authorizer"; "Use API Gateway Lambda
    authorizers".
    """

    def __init__(self, clock: Callable[[], float], *, bound: int = 10_000) -> None:
        self._clock = clock
        self._bound = bound
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: Hashable) -> T | None:
        """The value of a key that is not too old, else None."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                return None
            expires, value = entry
            if self._clock() >= expires:
                del self._entries[key]
                return None
            return value

    def put(self, key: Hashable, value: T, ttl: float) -> None:
        """Keep a value for `ttl` seconds; nothing is kept for 0."""
        if ttl <= 0:
            return
        with self._lock:
            self._entries[key] = (self._clock() + ttl, value)
            self._entries.move_to_end(key)
            while len(self._entries) > self._bound:
                self._entries.popitem(last=False)

    def flush(self) -> None:
        """Forget everything, as FlushStageAuthorizersCache does."""
        with self._lock:
            self._entries.clear()
