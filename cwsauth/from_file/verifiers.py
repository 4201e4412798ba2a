"""The `tokens` of a policy file as verifiers: bearers and keys that are known beforehand, users, issuers of JSON Web Tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from cwsauth.errors import ConfigError, CwsAuthError
from cwsauth.files.named import parts_of
from cwsauth.files.tokens import ApiKey, CognitoTokens, JwtTokens, OidcTokens, StaticToken, Token, Users
from cwsauth.policy.policy import Grant
from cwsauth.tokens.basic import Basic
from cwsauth.tokens.granting import granted
from cwsauth.tokens.location import cookie, header
from cwsauth.tokens.roles import EVERYONE, Roles
from cwsauth.tokens.sources import Env, Source
from cwsauth.tokens.static import StaticTokens
from cwsauth.tokens.stored import SSM, AppConfig, SecretsManager
from cwsauth.tokens.verifier import Identity, Verifier, bearer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cwsauth.files.load import PolicySet
    from cwsauth.policy.policy import Policy
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.location import Location
    from cwsauth.tokens.static import Secrets

    Known = Token | StaticToken | ApiKey
    Issued = JwtTokens | OidcTokens | CognitoTokens
    Made = dict[str, tuple[object, Verifier]]


class FileTokens(StaticTokens):
    """The tokens of a policy file. Whoever bears one is called by its name, and has the claims that stand beside it."""

    __slots__ = ("_known", "_policies")

    def __init__(self, policies: PolicySet, tokens: Mapping[str, Known], location: Location = bearer) -> None:
        everyone = policies.file.everyone
        self._policies: dict[str, Policy] = {}
        self._known: dict[str, Identity] = {}
        for name, token in tokens.items():
            self._policies[name] = policies.of_roles((*token.roles, *everyone))
            self._known[name] = Identity(name, dict(token.claims))
        opened: dict[Secrets, Any] = {
            _places(name, token): Grant(self._policies[name], principal_id=name) for name, token in tokens.items()
        }
        super().__init__(opened, location=location)

    def _verify(self, request: AuthRequest, wait: bool) -> Identity:
        return self._known[str(super()._verify(request, wait).principal_id)]

    def answer(self, identity: Identity, request: AuthRequest) -> object:
        """The rules of the token's roles, in the name of its bearer."""
        return granted(self._policies[str(identity.principal_id)], identity, request)


class FileKeys(FileTokens):
    """The API keys of a policy file, in the header `x-api-key`, each counted by its usage plan unless the file says no."""

    __slots__ = ("_counted",)

    def __init__(self, policies: PolicySet, keys: Mapping[str, ApiKey]) -> None:
        super().__init__(policies, keys, header("x-api-key"))
        self._counted = frozenset(name for name, key in keys.items() if key.usage_plan)

    def answer(self, identity: Identity, request: AuthRequest) -> object:
        """The rules of the key's roles, in the name of its bearer, with the key of its usage plan."""
        name = str(identity.principal_id)
        sent = self._location(request) if name in self._counted else None
        return granted(Grant(self._policies[name], usage_identifier_key=sent), identity, request)


def verifiers_of(policies: PolicySet, made: Made) -> list[Verifier]:
    """The verifiers of a file, in its order, but those first whom it knows beforehand.

    `made` has those of the reading before, by name: one that is described as before is taken again, with the keys that it
    has fetched and the tokens that it remembers. It has those of this reading afterwards.

    Raises:
        ConfigError: one cannot be made of what the file says.
    """
    entries = policies.file.tokens
    verifiers: list[Verifier] = []
    tokens = {name: entry for name, entry in entries.items() if isinstance(entry, Token | StaticToken)}
    if tokens:
        verifiers.append(FileTokens(policies, tokens))
    keys = {name: entry for name, entry in entries.items() if isinstance(entry, ApiKey)}
    if keys:
        verifiers.append(FileKeys(policies, keys))
    before = dict(made)
    made.clear()
    for name, entry in entries.items():
        if isinstance(entry, Users | JwtTokens | OidcTokens | CognitoTokens):
            described = _described(entry)
            known = before.get(name)
            verifier = known[1] if known is not None and known[0] == described else _named(policies.name, name, entry)
            made[name] = (described, verifier)
            claim = _ROLES if isinstance(entry, Users) else entry.claim or policies.file.claim
            verifiers.append(verifier.then(roles_of(policies, claim, entry.roles)))
    return verifiers


def roles_of(policies: PolicySet, claim: tuple[str, ...], roles: Iterable[str] = ()) -> Callable[[AuthRequest], Policy]:
    """What a verified caller may do: what everyone may, what `roles` may, and what the roles may that a claim names.

    Raises:
        ConfigError: it is none of these.
    """
    names = (*policies.file.everyone, *roles)
    everyone = policies.of_roles(names)
    if claim:
        rules: Mapping[str, Any] = {name: policy for name, policy in policies.items() if name != EVERYONE}
        return Roles({**rules, EVERYONE: everyone}, claim=claim)
    if not names:
        raise ConfigError(
            f"'{policies.name}' does not say which roles a verified caller has",
            help="add 'claim: groups' (the claim that names them), 'roles:' or 'everyone:' to it",
        )
    return lambda request: everyone


def _described(entry: Users | Issued) -> object:
    """What a verifier is made of; what it grants is none of its business."""
    if isinstance(entry, Users):
        return entry.basic
    return entry.jwt if isinstance(entry, JwtTokens) else entry.oidc if isinstance(entry, OidcTokens) else entry.cognito


# The claim in which `Basic` has the groups of a user, which are the roles here.
_ROLES = ("groups",)


def _named(file: str, name: str, entry: Users | Issued) -> Verifier:
    problem: CwsAuthError
    try:
        return _users(entry) if isinstance(entry, Users) else _issuer(entry)
    except CwsAuthError as error:
        problem = error
    raise ConfigError(f"'{file}' tokens.{name}: {problem.message}", help=problem.help)


def _users(entry: Users) -> Verifier:
    users: dict[str, str | Source] = {}
    for name, user in entry.basic.items():
        places = tuple(_source(reference) for reference in user.hash)
        users[name] = places[0] if len(places) == 1 else _Several(places)
    return Basic(users, groups={name: user.roles for name, user in entry.basic.items()})


def _issuer(entry: Issued) -> Verifier:
    # Here, so that a file without issuers loads none of it.
    from cwsauth.tokens.jwks import JWKS
    from cwsauth.tokens.jwt import JWT

    if isinstance(entry, CognitoTokens):
        pool = entry.cognito
        return JWT.cognito(pool.region, pool.pool, pool.client_ids, pool.token_use, **_options(pool))
    if isinstance(entry, OidcTokens):
        found = entry.oidc
        return JWT.oidc(
            found.issuer,
            audience=found.audience,
            algorithms=found.algorithms,
            allow_loopback_http=found.allow_loopback_http,
            **_options(found),
        )
    issuer = entry.jwt
    jwks = None if issuer.jwks is None else JWKS(issuer.jwks, allow_loopback_http=issuer.allow_loopback_http)
    secret = None if issuer.secret is None else tuple(_source(reference) for reference in issuer.secret)
    return JWT(
        issuer=issuer.issuer,
        audience=issuer.audience,
        algorithms=issuer.algorithms,
        jwks=jwks,
        key=issuer.key,
        secret=secret,
        **_options(issuer),
    )


def _options(issued: Any) -> dict[str, Any]:
    if issued.header is not None and issued.cookie is not None:
        raise ConfigError("a token is in a header or in a cookie", help="write one of 'header:' and 'cookie:'")
    location: Location = bearer
    if issued.header is not None:
        location = header(issued.header)
    elif issued.cookie is not None:
        location = cookie(issued.cookie)
    names = ("leeway", "max_lifetime", "typ", "memo", "principal")
    options = {name: getattr(issued, name) for name in names}
    return {**options, "require": issued.require or (), "location": location}


def _places(name: str, token: Known) -> tuple[Source, ...]:
    if isinstance(token, StaticToken):
        return tuple(_source(reference) for reference in token.static)
    if isinstance(token, ApiKey):
        return tuple(_source(reference) for reference in token.api_key)
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


def _source(reference: str) -> Source:
    kind, name, key = parts_of(reference)
    if kind == "env":
        return Env(name)
    return SSM(name, key=key) if kind == "ssm" else SecretsManager(name, key=key, previous=True)


class _Several(Source):
    """All values of several sources, as one."""

    __slots__ = ("_sources",)

    def __init__(self, sources: tuple[Source, ...]) -> None:
        self.name = "|".join(source.name for source in sources)
        self._sources = sources

    def values(self, *, wait: bool = True) -> tuple[bytes, ...]:
        """What all of them hold now."""
        return tuple([value for source in self._sources for value in source.values(wait=wait)])
