"""Verifiers that are told what their callers may do, by rules or by a function of the identity."""

from __future__ import annotations

from time import time

from cwsauth.policy.normalize import normalize
from cwsauth.policy.policy import Grant
from cwsauth.tokens.verifier import Verifier, config_error, rules_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from cwsauth.policy.policy import Policy
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.verifier import GrantOf, Identity


class Granting(Verifier):
    """A verifier that is told what its callers may do: `grant` is rules for all of them, or a function of the identity.

    `context` names the claims that are handed to the backend: a list of names, or a mapping from the backend's names to
    claims. A claim that is absent or not a string, number or boolean is left out.
    """

    __slots__ = ("_context", "_grant", "_rules")

    def __init__(self, grant: GrantOf | None = None, context: Mapping[str, str] | Sequence[str] | None = None) -> None:
        self._grant: Callable[[Identity], object] | None = None
        self._rules: Policy | Grant | None = None
        if callable(grant):
            self._grant = grant
        elif grant is not None:
            self._rules = rules_of(grant, "grant")
        self._context = _context_names(context)

    @property
    def grants(self) -> object:
        """What callers may do: rules, or a function of the identity; None where nothing was said."""
        return self._rules if self._grant is None else self._grant

    def answer(self, identity: Identity, request: AuthRequest) -> object:
        """The rules of the caller, with the caller's name and the end of the token."""
        if self._grant is not None:
            result = self._grant(identity)
        elif self._rules is not None:
            result = self._rules
        else:
            raise config_error(
                f"{type(self).__name__} knows who is calling, not what the caller may do",
                help="pass grant=True, grant=[...] or grant=Roles({...}), or put a function behind it with .then()",
            )
        return granted(result, identity, request, self._context)


def granted(
    result: object, identity: Identity, request: AuthRequest, context: Mapping[str, str] | None = None
) -> object:
    """`result` in the name of `identity`: a Grant, its placeholders filled and its conditions asked with the claims.

    What is no answer, or a finished response, is left as it is: the authorizer refuses the one and checks the other.
    """
    answer = normalize(result)
    if answer.problem is not None or answer.finished is not None:
        return result
    policy = answer.policy
    if not policy.settled:
        verified = request if request.claims is identity.claims else request.with_claims(identity.claims)
        policy = policy.settle(verified, now=time())
    values = answer.context
    if values is None and context is not None:
        values = _context(identity, context)
    return Grant(
        policy,
        principal_id=identity.principal_id if answer.principal_id is None else answer.principal_id,
        context=values,
        usage_identifier_key=answer.usage_identifier_key,
        expires_at=identity.expires_at if answer.expires_at is None else answer.expires_at,
    )


def _context_names(context: Mapping[str, str] | Sequence[str] | None) -> dict[str, str] | None:
    if context is None:
        return None
    names = dict(context) if hasattr(context, "keys") else {name: name for name in context}
    if isinstance(context, str) or not all(type(name) is str for pair in names.items() for name in pair):
        raise config_error(
            "the context is a list of claims, or a dict from the backend's names to claims",
            help="for example context=['email'] or context={'tenant': 'custom:tenant'}",
        )
    return names


def _context(identity: Identity, names: Mapping[str, str]) -> dict[str, Any]:
    values = ((name, identity.claims.get(claim)) for name, claim in names.items())
    return {
        name: value
        for name, value in values
        if type(value) in (str, int, bool) or (type(value) is float and value - value == 0)
    }
