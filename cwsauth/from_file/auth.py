"""An authorizer out of a policy file: who is known by which token, which roles they have, and what those may call."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from cwsauth.authorizer import Authorizer, authorizer
from cwsauth.errors import ConfigError
from cwsauth.from_file.current import Current
from cwsauth.from_file.places import place_of
from cwsauth.from_file.verifiers import roles_of, verifiers_of
from cwsauth.tokens.choice import Anonymous, first
from cwsauth.tokens.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from cwsauth.files.load import PolicySet
    from cwsauth.from_file.verifiers import Made
    from cwsauth.policy.rule import Rule
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.verifier import Identity


def authorizer_from_file(
    source: str | Path,
    *,
    verifier: Verifier | None = None,
    refresh: float | bool | None = None,
    **options: Any,
) -> Authorizer:
    """A Lambda authorizer that does what a policy file says: `auth = authorizer_from_file("policy.yaml")`.

    `source` is the path of a file, or `s3://bucket/key`, `ssm:/name`, `appconfig:application/environment/profile`. The file's
    `tokens` say who is known; `verifier` knows others, if need be, and the file's `claim` says which claim of theirs names
    roles. `options` are those of `authorizer`.

    `refresh` is the number of seconds after which the file is looked at again; False is never. By default a file on the disk
    is read once in Lambda, and elsewhere again whenever it was written; what lies in AWS is looked at every 60 seconds. Where a
    later reading fails, the policies of before go on to count, and the log says why.

    Raises:
        ConfigError: the file cannot be read, is no policy file, or knows nobody.
    """
    found = FileAuth(source, verifier=verifier, refresh=refresh)
    options.setdefault("routes", found.policies.routes)
    auth: Authorizer = authorizer(found, **options)
    found.allow_caching(auth)
    return auth


class FileAuth(Verifier):
    """A policy file as a verifier, and so as an auth function; see `authorizer_from_file`.

    `policies` are those of the file as it is now, by role; `revision` is how often it was read again.
    """

    __slots__ = ("_current", "_longest", "_made", "_verifier")

    def __init__(
        self,
        source: str | Path,
        *,
        verifier: Verifier | None = None,
        refresh: float | bool | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        if refresh is True or (refresh is not None and (type(refresh) not in (int, float, bool) or refresh < 0)):
            raise ConfigError(
                "refresh is a number of seconds, or False", help="leave it out for what the place suggests"
            )
        self._made: Made = {}
        self._longest = 0.0
        place = place_of(source, in_lambda="AWS_LAMBDA_FUNCTION_NAME" in os.environ)
        self._verifier = verifier
        self._current = Current(
            place,
            self._state,
            refresh=place.interval if refresh is None else None if refresh is False else refresh,
            clock=clock,
        )

    @property
    def policies(self) -> PolicySet:
        """The policies of the file by the name of their role."""
        return self._current.get()[0]

    @property
    def verifier(self) -> Verifier:
        """Who knows the callers, with the policies of the file as it is now."""
        return self._current.get()[1]

    @property
    def roles(self) -> dict[str, tuple[Rule, ...]]:
        """Each role with its rules, included ones too: for a matrix, a test, a report."""
        return {name: policy.rules for name, policy in self.policies.items()}

    @property
    def revision(self) -> int:
        """How often the file was read again; looks whether it has to be."""
        self._current.get()
        return self._current.revision

    @property
    def max_lifetime(self) -> float | None:
        """The shortest of those that its verifiers know."""
        return self._current.get()[1].max_lifetime

    def verify(self, request: AuthRequest) -> Identity:
        """Who is calling."""
        return self.identify(request)[1]

    def identify(self, request: AuthRequest) -> tuple[Verifier, Identity]:
        """Who is calling, and the verifier that knows it, with the policies of this moment."""
        return self._current.get()[1].identify(request)

    def __call__(self, request: AuthRequest) -> object:
        """What the caller may do."""
        verifier, identity = self.identify(request)
        return verifier.answer(identity, request)

    async def verify_async(self, request: AuthRequest) -> Identity:
        """`verify`, without blocking the event loop."""
        return (await self.identify_async(request))[1]

    async def identify_async(self, request: AuthRequest) -> tuple[Verifier, Identity]:
        """`identify`; a file that has to be looked at is looked at in a thread."""
        if self._current.stale:
            import asyncio

            await asyncio.to_thread(self._current.get)
        return await self._current.get()[1].identify_async(request)

    async def call_async(self, request: AuthRequest) -> object:
        """What the caller may do, without blocking the event loop."""
        verifier, identity = await self.identify_async(request)
        return await verifier.answer_async(identity, request)

    def allow_caching(self, auth: Authorizer) -> None:
        """Refuses a later reading by which tokens would live for less time than `auth` lets answers be cached."""
        self._longest = auth.ttl - (auth.max_staleness or 0)

    def _state(self, policies: PolicySet) -> tuple[PolicySet, Verifier]:
        file = policies.file
        made = dict(self._made)
        verifiers = verifiers_of(policies, made)
        if self._verifier is not None:
            verifiers.append(self._verifier.then(roles_of(policies, file.claim)))
        elif file.claim and not made:
            raise ConfigError(
                f"'{policies.name}' takes roles from a claim, and nobody verifies tokens",
                help="add 'jwt:', 'oidc:' or 'cognito:' to its 'tokens:', or pass verifier=",
            )
        if file.anonymous:
            verifiers.append(Anonymous(policies.of_roles(file.anonymous)))
        if not verifiers:
            raise ConfigError(
                f"'{policies.name}' knows nobody", help="add 'tokens:' or 'anonymous:' to it, or pass verifier="
            )
        verifier = verifiers[0] if len(verifiers) == 1 else first(*verifiers)
        if verifier.max_lifetime is not None and verifier.max_lifetime < self._longest:
            raise ConfigError(
                f"'{policies.name}': tokens live for {verifier.max_lifetime:g} seconds, and answers are cached for longer",
                help="deploy a shorter TTL first",
            )
        self._made = made
        return policies, verifier

    def __repr__(self) -> str:
        return f"FileAuth({self._current.place.name!r})"
