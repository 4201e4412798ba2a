"""An authorizer out of a policy file: who is known by which token, which roles they have, and what those may call."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Any

from cwsauth.authorizer import Authorizer, authorizer
from cwsauth.errors import ConfigError
from cwsauth.from_file.current import Current
from cwsauth.from_file.places import place_of
from cwsauth.tokens.choice import Anonymous, first
from cwsauth.tokens.granting import granted
from cwsauth.tokens.identity import Identity
from cwsauth.tokens.roles import EVERYONE, Roles
from cwsauth.tokens.sources import Env
from cwsauth.tokens.static import StaticTokens
from cwsauth.tokens.stored import SSM, AppConfig, SecretsManager
from cwsauth.tokens.verifier import Verifier

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from cwsauth.files.load import PolicySet
    from cwsauth.files.models import Token
    from cwsauth.policy.policy import Policy
    from cwsauth.policy.rule import Rule
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.sources import Source


def authorizer_from_file(
    source: str | Path,
    *,
    verifier: Verifier | None = None,
    refresh: float | bool | None = None,
    **options: Any,
) -> Authorizer:
    """A Lambda authorizer that does what a policy file says: `auth = authorizer_from_file("policy.yaml")`.

    `source` is the path of a file, or `s3://bucket/key`, `ssm:/name`, `appconfig:application/environment/profile`. The file's
    `tokens` are known by themselves; `verifier` (a `JWT`, for example) knows the others, and the file's `claim` says which
    claim of theirs names roles. `options` are those of `authorizer`.

    `refresh` is the number of seconds after which the file is looked at again; False is never. By default a file on the disk
    is read once in Lambda, and elsewhere again whenever it was written; what lies in AWS is looked at every 60 seconds. Where a
    later reading fails, the policies of before go on to count, and the log says why.

    Raises:
        ConfigError: the file cannot be read, is no policy file, or knows nobody.
    """
    found = FileAuth(source, verifier=verifier, refresh=refresh)
    options.setdefault("routes", found.policies.routes)
    return authorizer(found, **options)


class FileAuth(Verifier):
    """A policy file as a verifier, and so as an auth function; see `authorizer_from_file`.

    `policies` are those of the file as it is now, by role; `revision` is how often it was read again.
    """

    __slots__ = ("_current", "_verifier")

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

    def _state(self, policies: PolicySet) -> tuple[PolicySet, Verifier]:
        file = policies.file
        verifiers: list[Verifier] = []
        if file.tokens:
            verifiers.append(FileTokens(policies))
        if self._verifier is not None:
            verifiers.append(self._verifier.then(_roles(policies)))
        elif file.claim:
            raise ConfigError(
                f"'{policies.name}' takes roles from a claim, and nobody verifies tokens",
                help="pass verifier=, for example JWT.cognito(...) or JWT.oidc(...)",
            )
        if file.anonymous:
            verifiers.append(Anonymous(policies.of_roles(file.anonymous)))
        if not verifiers:
            raise ConfigError(
                f"'{policies.name}' knows nobody", help="add 'tokens:' or 'anonymous:' to it, or pass verifier="
            )
        return policies, verifiers[0] if len(verifiers) == 1 else first(*verifiers)

    def __repr__(self) -> str:
        return f"FileAuth({self._current.place.name!r})"


class FileTokens(StaticTokens):
    """The tokens of a policy file. Whoever bears one is called by its name, and has the claims that stand beside it."""

    __slots__ = ("_known", "_policies")

    def __init__(self, policies: PolicySet) -> None:
        file = policies.file
        everyone = file.everyone
        self._policies: dict[str, Policy] = {}
        self._known: dict[str, Identity] = {}
        for name, token in file.tokens.items():
            self._policies[name] = policies.of_roles((*token.roles, *everyone))
            self._known[name] = Identity(name, dict(token.claims))
        super().__init__(
            {_places(name, token): _named(self._policies[name], name) for name, token in file.tokens.items()}
        )

    def _verify(self, request: AuthRequest, wait: bool) -> Identity:
        return self._known[str(super()._verify(request, wait).principal_id)]

    def answer(self, identity: Identity, request: AuthRequest) -> object:
        """The rules of the token's roles, in the name of its bearer."""
        return granted(self._policies[str(identity.principal_id)], identity, request)


def _named(policy: Policy, name: str) -> Any:
    from cwsauth.policy.policy import Grant

    return Grant(policy, principal_id=name)


def _places(name: str, token: Token) -> tuple[Source, ...]:
    env = token.env if token.has_place else (name,)
    places: list[Source] = [Env(variable, separator=token.separator) for variable in env]
    places.extend(SSM(parameter, key=token.key) for parameter in token.ssm)
    places.extend(SecretsManager(secret, key=token.key, previous=True) for secret in token.secretsmanager)
    if token.appconfig is not None:
        profile = token.appconfig
        places.append(
            AppConfig(profile.profile, application=profile.application, environment=profile.environment, key=token.key)
        )
    return tuple(places)


def _roles(policies: PolicySet) -> Callable[[AuthRequest], Policy]:
    """What the claims of a verified token grant."""
    file = policies.file
    everyone = policies.of_roles(file.everyone)
    if not file.claim:
        if not file.everyone:
            raise ConfigError(
                f"'{policies.name}' does not say which roles a verified caller has",
                help="add 'claim: groups' (the claim that names them) or 'everyone:' to it",
            )
        return lambda request: everyone
    rules: Mapping[str, Any] = {name: policy for name, policy in policies.items() if name != EVERYONE}
    return Roles({**rules, EVERYONE: everyone}, claim=file.claim)
