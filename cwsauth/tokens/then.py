"""A verifier, then an auth function: what the callers may do is said by a function of the request."""

from __future__ import annotations

from cwsauth.tokens.behind import Behind
from cwsauth.tokens.granting import granted
from cwsauth.tokens.verifier import config_error

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from cwsauth.request import AuthRequest
    from cwsauth.tokens.verifier import Identity, Verifier

_COROUTINE = 0x80  # inspect.CO_COROUTINE


class Then(Behind):
    """A verifier, then a function: `verifier.then(function)`. The function may be `async`."""

    __slots__ = ("__name__", "_async", "function")

    def __init__(self, verifier: Verifier, function: Callable[[AuthRequest], object]) -> None:
        if not callable(function):
            raise config_error(
                f"a function is needed after a verifier, not {type(function).__name__}",
                help="pass a function of one argument, the AuthRequest",
            )
        super().__init__(verifier)
        self.function = function
        self._async = bool(getattr(getattr(function, "__code__", None), "co_flags", 0) & _COROUTINE)
        self.__name__ = getattr(function, "__name__", "then")
        if self._async:
            import cwsauth.awaiting  # noqa: F401 - so that its cost shows when the Lambda starts

    def answer(self, identity: Identity, request: AuthRequest) -> object:
        """What the function answers, in the name of the caller."""
        verified = request.with_claims(identity.claims)
        result = self.function(verified)
        if self._async:
            from cwsauth.awaiting import run

            result = run(result)  # type: ignore[arg-type]
        return granted(result, identity, verified)

    async def answer_async(self, identity: Identity, request: AuthRequest) -> object:
        """`answer`; a function that is `async` is awaited."""
        verified = request.with_claims(identity.claims)
        result = self.function(verified)
        return granted(await result if self._async else result, identity, verified)  # type: ignore[misc]

    def __repr__(self) -> str:
        return f"{self.verifier!r}.then({self.__name__})"
