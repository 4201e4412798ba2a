"""A verifier that stands behind another one: that one says who is calling, this one what the caller may do."""

from __future__ import annotations

from cwsauth.tokens.verifier import Verifier

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.verifier import Identity


class Behind(Verifier):
    """What asks `verifier` who is calling; a class of its own says what the caller may do by `answer`."""

    __slots__ = ("verifier",)

    def __init__(self, verifier: Verifier) -> None:
        self.verifier = verifier

    @property
    def max_lifetime(self) -> float | None:
        """That of the verifier's tokens."""
        return self.verifier.max_lifetime

    def verify(self, request: AuthRequest) -> Identity:
        """Who is calling."""
        return self.verifier.verify(request)

    async def verify_async(self, request: AuthRequest) -> Identity:
        """`verify`, without blocking the event loop."""
        return await self.verifier.verify_async(request)
