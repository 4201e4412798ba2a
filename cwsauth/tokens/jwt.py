"""JSON Web Tokens: who is calling, by the word of an identity provider."""

from __future__ import annotations

import re
from time import time

from cwsauth.tokens.granting import Granting
from cwsauth.tokens.keys import family_of, issuer_keys
from cwsauth.tokens.reading import MAX_TOKEN, Expectation, decode, for_us, read_object, split
from cwsauth.tokens.verifier import Identity, WouldBlock, bearer, config_error, invalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from cwsauth.errors import TokenMissing
    from cwsauth.request import AuthRequest
    from cwsauth.tokens.keys import IssuerKeys
    from cwsauth.tokens.location import Location
    from cwsauth.tokens.reading import Audience
    from cwsauth.tokens.verifier import GrantOf

# What changes how the rest of a token is to be read. `crit` names extensions that must be understood, and none is; `b64`
# takes the payload out of the token (RFC 7797); `enc` and `zip` belong to encrypted tokens.
_REFUSED = ("crit", "b64", "enc", "zip")
MAX_LEEWAY = 600
_MAX_HEADERS = 64


class JWT(Granting):
    """Tokens signed by an issuer: `JWT(issuer=..., audience=..., algorithms="RS256", jwks="https://…")`.

    - `issuer`: the `iss` that is accepted, or several with the same keys, or a dict from issuers to their keys (an address, a
      `JWKS`, or whatever `key` takes), so that no issuer can speak for another.
    - `audience`: the `aud` that is accepted, or several, or a function of the claims.
    - `algorithms`: one or more of one family (HS*, RS*, PS*, ES*, EdDSA); there is no default and no `none`.
    - one of `jwks` (an https address or a `JWKS`), `key` (public: PEM, a JWK, a list, a dict from `kid` to key) and `secret`
      (for HS*: the name of a variable, a source, bytes, or a list of them while it is rotated).
    - `leeway`: seconds by which clocks may differ, at most 600. `require`: claims that must be there, beside `exp` `iss` `aud`.
    - `max_lifetime`: seconds that tokens live at most, from `iat` (or from now) to `exp`. One that would live longer is refused,
      and so is an authorizer or a deployment that would cache answers for longer than tokens live.
    - `typ`: what the header's `typ` must be, for example `at+jwt` (RFC 9068), so that no other kind of token is taken for it.
    - `memo`: how many verified tokens are remembered until they end; 0, the default, for none, since a token that its issuer
      has revoked goes on to count as long as it is remembered. Its claims are shared by all its requests: do not change them.
    - `location`: where the token is. `principal`: the claim that names the caller. `groups`: the claim of `Identity.groups`.
    - `grant`: rules for every caller, or a function of the `Identity` such as `Roles`. `context`: claims for the backend.

    Raises:
        ConfigError: an option is missing or cannot be used; keys are of another family, too small, or private.
    """

    __slots__ = (
        "_algorithms",
        "_expectation",
        "_groups",
        "_headers",
        "_keys",
        "_limit",
        "_location",
        "_memo",
        "_only",
        "_principal",
        "_remembered",
        "_typ",
    )

    def __init__(
        self,
        *,
        issuer: str | Iterable[str] | Mapping[str, Any],
        audience: str | Iterable[str] | Audience,
        algorithms: str | Iterable[str],
        jwks: Any = None,
        key: Any = None,
        secret: Any = None,
        leeway: float = 0,
        max_lifetime: float | None = None,
        require: Sequence[str] = (),
        typ: str | None = None,
        memo: int = 0,
        max_size: int = MAX_TOKEN,
        location: Location = bearer,
        principal: str = "sub",
        groups: str = "groups",
        grant: GrantOf | None = None,
        context: Mapping[str, str] | Sequence[str] | None = None,
    ) -> None:
        super().__init__(grant, context)
        family, self._algorithms = family_of(algorithms)
        self._keys: dict[str, IssuerKeys] = {}
        if isinstance(issuer, dict):
            if (jwks, key, secret) != (None, None, None):
                raise config_error("a dict of issuers names their keys itself", help="leave out jwks, key and secret")
            issuers = _names(issuer, "issuer")
            for name, given in issuer.items():
                self._keys[name] = issuer_keys(self._algorithms, family, **{_kind(given, family): given})
        else:
            issuers = _names(issuer, "issuer")
            shared = issuer_keys(self._algorithms, family, jwks=jwks, key=key, secret=secret)
            self._keys = dict.fromkeys(issuers, shared)
        different = list(dict.fromkeys(self._keys.values()))
        self._only = different[0] if len(different) == 1 else None
        if isinstance(leeway, bool) or not isinstance(leeway, (int, float)) or not 0 <= leeway <= MAX_LEEWAY:
            raise config_error(f"the leeway is a number of seconds from 0 to {MAX_LEEWAY}")
        self._expectation = Expectation(
            issuers,
            audience if callable(audience) else for_us(_names(audience, "audience")),
            leeway=leeway,
            lifetime=None if max_lifetime is None else _lifetime(max_lifetime),
            required=tuple(_names(require, "require")) if require else (),
        )
        if type(max_size) is not int or max_size <= 0:
            raise config_error("max_size is a positive number of bytes", help="leave it out: 16 384 is plenty")
        if not callable(location):
            raise config_error("the location of a token is a function", help="for example header('x-token')")
        for option, name in (("typ", typ), ("principal", principal), ("groups", groups)):
            if name is not None and (type(name) is not str or not name):
                raise config_error(f"{option} is a non-empty string", help="leave it out, or name one")
        self._typ = None if typ is None else _media_type(typ)
        self._limit = max_size
        self._location = location
        self._principal = principal
        self._groups = groups
        # Headers that have been verified, by their text: an issuer writes the same one in every token of a key.
        self._headers: dict[bytes, tuple[str, str | None]] = {}
        self._memo = None
        self._remembered = None
        if memo:
            from cwsauth.tokens.memo import Memo

            self._memo = Memo(memo)
            self._remembered = self._memo.get

    @classmethod
    def cognito(
        cls,
        region: str,
        pool: str,
        client_ids: str | Iterable[str],
        token_use: str | Iterable[str] = "access",  # noqa: S107 - the use of a token, no secret
        **options: Any,
    ) -> JWT:
        """Tokens of a Cognito user pool: `JWT.cognito("eu-west-1", "eu-west-1_Ab12Cd34E", ["client"], "access")`.

        `token_use` is `"access"`, `"id"` or both. An id token names its client in `aud`, an access token in `client_id`.
        Source: Amazon Cognito developer guide, "Verifying JSON web tokens".
        """
        named = re.fullmatch(_REGION, region) is not None and re.fullmatch(_POOL, pool) is not None
        if not named or not pool.startswith(region + "_"):
            raise config_error(
                "a user pool is named by its region and by its id, which begins with the region",
                help='write JWT.cognito("eu-west-1", "eu-west-1_Ab12Cd34E", ["client id"], "access")',
            )
        uses = _names(token_use, "token_use")
        if not uses <= {"access", "id"}:
            raise config_error("the use of a Cognito token is 'access' or 'id'")
        domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
        issuer = f"https://cognito-idp.{region}.{domain}/{pool}"
        options.setdefault("jwks", issuer + "/.well-known/jwks.json")
        options.setdefault("groups", "cognito:groups")
        return cls(
            issuer=issuer,
            audience=_cognito_audience(_names(client_ids, "client_ids"), uses),
            algorithms="RS256",
            **options,
        )

    @classmethod
    def oidc(
        cls,
        issuer: str | Iterable[str],
        *,
        audience: str | Iterable[str] | Audience,
        algorithms: str | Iterable[str] = "RS256",
        allow_loopback_http: bool = False,
        **options: Any,
    ) -> JWT:
        """Tokens of OpenID providers, whose keys are found by discovery: `JWT.oidc("https://login.example", audience="api")`.

        Nothing is fetched before the first token, or `prefetch()`. For other time-outs and times to live, write
        `JWT(jwks=Discovery(issuer, ttl=...), ...)`.
        """
        from cwsauth.tokens.jwks import Discovery

        discovered = {
            name: Discovery(name, allow_loopback_http=allow_loopback_http) for name in sorted(_names(issuer, "issuer"))
        }
        return cls(issuer=discovered, audience=audience, algorithms=algorithms, **options)

    @property
    def max_lifetime(self) -> float | None:
        """The seconds that tokens live at most, where that was said."""
        return self._expectation.lifetime

    def verify(self, request: AuthRequest) -> Identity:
        """Who is calling. Raises `TokenMissing`, `TokenExpired` or `TokenInvalid`."""
        token = self._location(request)
        if not token:
            raise _missing()
        if self._remembered is not None:  # PERF: benchmarks/tokens.py
            identity = self._remembered(token)
            if identity is not None:
                return identity
        return self._verify(token, True)

    async def verify_async(self, request: AuthRequest) -> Identity:
        """`verify`; keys that have to be fetched are fetched in a thread."""
        token = self._location(request)
        if not token:
            raise _missing()
        if self._remembered is not None:
            identity = self._remembered(token)
            if identity is not None:
                return identity
        try:
            return self._verify(token, False)
        except WouldBlock:
            import asyncio

            return await asyncio.to_thread(self._verify, token, True)

    def prefetch(self) -> None:
        """Fetches the keys now, so that the first token does not wait for them. Raises ConfigError where that fails."""
        from cwsauth.errors import TokenInvalid

        problem = ""
        for keys in set(self._keys.values()):
            try:
                keys.prefetch()
            except TokenInvalid as error:
                problem = error.reason
        if problem:
            raise config_error(problem, help="check the address and the network of the function")

    def _verify(self, token: str, wait: bool) -> Identity:
        header, payload, signature, signed = split(token, self._limit)
        known = self._headers.get(header)
        algorithm, kid = known or self._read_header(header)
        claims = None
        keys = self._only
        if keys is None:
            # Which issuer's keys to use has to be read before the signature is checked; it is checked with these keys only.
            claims = read_object(decode(payload), "payload")
            keys = self._keys_of(claims.get("iss"))
        made = decode(signature)
        state = keys.state
        for key in keys.find(algorithm, kid, wait):
            if key.verifies(signed, made):
                break
        else:
            raise invalid("the signature is not one of a key of the issuer")
        # INVARIANT: what follows reads nothing that was not signed.
        if known is None:
            if len(self._headers) >= _MAX_HEADERS:
                self._headers.clear()
            self._headers[header] = (algorithm, kid)
        if claims is None:
            claims = read_object(decode(payload), "payload")
        expires = self._expectation.check(claims, time())
        principal = claims.get(self._principal)
        if type(principal) is not str or not principal:
            principal = None
        elif not principal.isprintable():
            raise invalid(f"the claim {self._principal!r} has control characters in it")
        identity = Identity(principal, claims, expires, groups_claim=self._groups)
        if self._memo is not None:
            self._memo.add(token, min(expires, keys.until()), identity, keys, state)
        return identity

    def _read_header(self, segment: bytes) -> tuple[str, str | None]:
        header = read_object(decode(segment), "header")
        algorithm = header.get("alg")
        if type(algorithm) is not str or algorithm not in self._algorithms:
            raise invalid("the algorithm of the token is not allowed")
        for name in _REFUSED:
            if name in header:
                raise invalid(f"the header has {name!r} in it, which is not understood here")
        kid = header.get("kid")
        if "kid" in header and (type(kid) is not str or not kid):
            raise invalid("the header's 'kid' is not a string")
        if self._typ is not None:
            typ = header.get("typ")
            if type(typ) is not str or _media_type(typ) != self._typ:
                raise invalid("the token is of another type")
        return algorithm, kid

    def _keys_of(self, issuer: object) -> IssuerKeys:
        keys = self._keys.get(issuer) if type(issuer) is str else None
        if keys is None:
            raise invalid("the claim 'iss' is not an accepted issuer")
        return keys

    def __repr__(self) -> str:
        return f"JWT(issuer={list(self._keys)!r}, algorithms={list(self._algorithms)!r})"


_REGION = r"[a-z]{2}(?:-[a-z]+)+-[0-9]{1,2}"
_POOL = r"[a-z0-9-]+_[0-9A-Za-z]+"


def _cognito_audience(clients: frozenset[str], uses: frozenset[str]) -> Audience:
    def accepts(claims: Mapping[str, Any]) -> bool:
        use = claims.get("token_use")
        if type(use) is not str or use not in uses:
            return False
        client = claims.get("aud" if use == "id" else "client_id")
        return type(client) is str and client in clients

    return accepts


def _names(names: object, option: str) -> frozenset[str]:
    """One non-empty string, or several of them."""
    found = frozenset((names,)) if isinstance(names, str) else frozenset(names)  # type: ignore[call-overload]
    if not found or not all(type(name) is str and name for name in found):
        raise config_error(f"{option} is a non-empty string, or several of them", help=f'write {option}="..."')
    return found


def _kind(keys: object, family: str) -> str:
    """Under which name the keys of an issuer in a dict would have been given."""
    if family == "HS":
        return "secret"
    from cwsauth.tokens.jwks import JWKS

    return "jwks" if isinstance(keys, JWKS) or (isinstance(keys, str) and "://" in keys[:8]) else "key"


def _media_type(typ: str) -> str:
    """`typ` without what RFC 7515, section 4.1.9, lets one leave out."""
    return typ.lower().removeprefix("application/")


def _lifetime(seconds: object) -> float | None:
    from cwsauth.expiry import checked_lifetime

    return checked_lifetime(seconds)


def _missing() -> TokenMissing:
    from cwsauth.errors import TokenMissing

    return TokenMissing("no token was sent")
