"""Running an `async def auth` from a handler that is not async; imported only where there is one."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine


def run(coroutine: Coroutine[object, object, object]) -> object:
    """The result of `coroutine`, also where a loop runs in this thread already (a test, a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(coroutine)
    with ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(asyncio.run, coroutine).result()
