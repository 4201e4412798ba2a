"""The request that a service's `auth` gets: cwsauth's, with the token as Chalice hands it over."""

from __future__ import annotations

from cwsauth.request import AuthRequest
from cwsauth.secret import secret_equals


class Token(str):
    """The whole Authorization value. It equals a string only in constant time, and None or '' never; `repr` hides it.

    So `auth_request.token == os.getenv("TOKEN")` is safe as services write it, the variable being unset or empty too.
    """

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, str) and secret_equals(str.__str__(self), str.__str__(other))

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __repr__(self) -> str:
        return "Token(...)"


class ServiceRequest(AuthRequest):
    """An `AuthRequest` whose `token` is the whole header value, scheme included, as Chalice's is.

    Where nothing was sent the token is empty, false and equal to nothing. `native` is the request as cwsauth has it.
    """

    __slots__ = ("native",)
    native: AuthRequest

    def __init__(self, native: AuthRequest) -> None:
        object.__setattr__(self, "native", native)
        object.__setattr__(self, "token", Token(native.authorization or ""))

    def __getattr__(self, name: str) -> object:
        # No slot of the base is filled, so everything but the token is the native request's.
        return getattr(object.__getattribute__(self, "native"), name)

    def replace(self, **fields: object) -> ServiceRequest:
        """The same request with other values for some fields."""
        return ServiceRequest(self.native.replace(**fields))

    def __reduce__(self) -> tuple[object, ...]:
        return ServiceRequest, (self.native,)
