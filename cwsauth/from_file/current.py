"""The policies of a file as they are now: read again from time to time, and the last good ones where that fails."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Generic, TypeVar

from cwsauth.errors import CwsAuthError
from cwsauth.files.load import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from cwsauth.files.load import PolicySet
    from cwsauth.from_file.places import Place

log = logging.getLogger("cwsauth")

Made = TypeVar("Made")


class Current(Generic[Made]):
    """What `build` makes of the policies at `place`. `get()` looks again after `refresh` seconds; never, where it is None.

    The first reading has to succeed. Where a later one fails, what was made before goes on to count, and the log says so.
    One thread reads; the others get what is there meanwhile. `revision` counts the readings that changed something.

    Raises:
        ConfigError: there is nothing that can be read, or it is no policy file.
    """

    def __init__(
        self,
        place: Place,
        build: Callable[[PolicySet], Made],
        *,
        refresh: float | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.place = place
        self.revision = 0
        self._build = build
        self._refresh = refresh
        self._clock = clock
        self._turn = threading.Lock()
        self._next = clock() + (refresh or 0)
        self._made = self._read(place.read() or "")

    @property
    def stale(self) -> bool:
        """Whether `get` would look again."""
        return self._refresh is not None and self._clock() >= self._next

    def get(self) -> Made:
        """What counts now."""
        if self.stale and self._turn.acquire(blocking=False):
            try:
                self._renew()
            finally:
                self._turn.release()
        return self._made

    def _renew(self) -> None:
        self._next = self._clock() + (self._refresh or 0)
        try:
            text = self.place.read()
            if text is None:
                return
            self._made = self._read(text)
        except (CwsAuthError, RecursionError) as error:
            told = f"{error.message}; {error.help}" if isinstance(error, CwsAuthError) else "it is nested too deeply"
            log.error("'%s' cannot be used, and the policies of before go on to count: %s", self.place.name, told)
            return
        self.revision += 1
        log.info("'%s' was read again", self.place.name)

    def _read(self, text: str) -> Made:
        return self._build(parse(text, self.place.name, read=self.place.read_beside))
