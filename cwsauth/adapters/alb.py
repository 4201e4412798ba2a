"""Who an Application Load Balancer signed in: `x-amzn-oidc-data`, believed once its signature and its signer are checked.

Anybody who reaches the function past the load balancer, or through a listener rule without authentication, can write this
header. Its signature alone says only that *some* load balancer of AWS made it: hence the signer.

Source: ELB guide, "Authenticate users using an Application Load Balancer", "User claims encoding and signature verification".
"""

from __future__ import annotations

import re
import threading
import time

from cwsauth.errors import ConfigError, TokenExpired, TokenInvalid, TokenMissing
from cwsauth.events.fields import headers
from cwsauth.tokens.fetch import Fetcher, FetchError
from cwsauth.tokens.public_keys import public_keys
from cwsauth.tokens.reading import MAX_TOKEN, decode, read_object, standard
from cwsauth.tokens.usual_keys import load

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from cwsauth.request import AuthRequest
    from cwsauth.tokens.keys import Key

_SIGNER = re.compile(
    r"arn:(aws(?:-[a-z]+)*):elasticloadbalancing:([a-z0-9-]+):[0-9]{12}:loadbalancer/app/[A-Za-z0-9-]{1,32}/[0-9a-f]{8,32}"
)
# In a URL, so nothing but a UUID.
_KID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MAX_KEYS = 64
_PLAIN = "https://public-keys.auth.elb.{region}.amazonaws.com/{kid}"
_GOVERNMENT = "https://s3-{region}.amazonaws.com/aws-elb-public-keys-prod-{region}/{kid}"
_ADDRESSES = {"aws": _PLAIN, "aws-us-gov": _GOVERNMENT}


class AlbIdentity:
    """The claims of the user that a load balancer signed in: `protect(auth, claims=AlbIdentity(signer=ARN))`.

    `signer` is the ARN of your load balancer, or several; `client` and `issuer` what it is configured with, checked where they
    are given. Keys come from the address of the signer's region, by https, and are kept; `fetch(url)` replaces how. `leeway`
    is in seconds. A key that cannot be had is not asked for again within `cooldown` seconds.

    Calling it with a request gives the claims, or raises `Unauthenticated`.

    Raises:
        ConfigError: a signer is not the ARN of an application load balancer, or the address of its keys is not known.
    """

    def __init__(
        self,
        signer: str | Sequence[str],
        *,
        client: str | None = None,
        issuer: str | None = None,
        leeway: float = 0,
        cooldown: float = 5,
        fetch: Callable[[str], bytes] | None = None,
    ) -> None:
        self._addresses: dict[str, str] = {}
        for arn in (signer,) if isinstance(signer, str) else signer:
            found = _SIGNER.fullmatch(arn)
            if found is None:
                raise ConfigError(
                    f"invalid signer {arn!r}",
                    help="write the whole ARN: 'arn:aws:elasticloadbalancing:REGION:ACCOUNT:loadbalancer/app/NAME/ID'",
                )
            if found[1] not in _ADDRESSES:
                raise ConfigError(
                    f"the address of keys is not known for {found[1]!r}", help="verify the header yourself"
                )
            self._addresses[arn] = _ADDRESSES[found[1]].replace("{region}", found[2])
        if not self._addresses:
            raise ConfigError("no signer is named, so nobody would be believed", help="name your load balancer's ARN")
        self._client = client
        self._issuer = issuer
        self._leeway = leeway
        self._cooldown = cooldown
        self._fetch = Fetcher().fetch if fetch is None else fetch
        load("ES256", pem=True)  # now, and not at the first request
        self._keys: dict[str, Key] = {}
        self._failed = float("-inf")
        self._lock = threading.Lock()

    def __call__(self, request: AuthRequest) -> Mapping[str, Any]:
        """The claims of the user. Raises TokenMissing, TokenExpired or TokenInvalid."""
        if request.kind != "alb":
            raise TokenMissing("the request did not come through a load balancer")
        values = headers(request.raw).get("x-amzn-oidc-data", [])
        if not values:
            raise TokenMissing("the load balancer has signed nobody in")
        if len(values) > 1:
            raise TokenInvalid("the request has more than one x-amzn-oidc-data header")
        return self._verified(values[0])

    def _verified(self, token: str) -> dict[str, Any]:
        if len(token) > MAX_TOKEN or not token.isascii():
            raise TokenInvalid("the token is too long, or no ASCII")
        parts = token.split(".")
        if len(parts) != 3:
            raise TokenInvalid("the token is no JWT")
        # ALB pads its base64url, and signs the padding with it.
        header, payload, signature = (decode(standard(_unpadded(part))) for part in parts)
        known = read_object(header, "header of the token")
        signer, kid = known.get("signer"), known.get("kid")
        if known.get("alg") != "ES256" or known.get("crit") is not None:
            raise TokenInvalid("the token is not signed with ES256")
        if type(signer) is not str or signer not in self._addresses:
            raise TokenInvalid("the token is signed by another load balancer")
        if type(kid) is not str or _KID.fullmatch(kid) is None:
            raise TokenInvalid("the token names no key")
        signed = token.rpartition(".")[0].encode()
        if not self._key(self._addresses[signer].replace("{kid}", kid)).verifies(signed, signature):
            raise TokenInvalid("the signature is not good")
        claims = read_object(payload, "payload of the token")
        self._check(known, claims)
        return claims

    def _check(self, known: Mapping[str, Any], claims: Mapping[str, Any]) -> None:
        if self._client is not None and known.get("client") != self._client:
            raise TokenInvalid("the token is for another client")
        if self._issuer is not None and known.get("iss") != self._issuer:
            raise TokenInvalid("the token is of another issuer")
        times = [known.get("exp"), *([claims["exp"]] if "exp" in claims else [])]
        for expires in times:
            if type(expires) not in (int, float) or not expires - expires == 0:
                raise TokenInvalid("the token does not say when it ends")
            if expires <= time.time() - self._leeway:
                raise TokenExpired("the token has expired")

    def _key(self, url: str) -> Key:
        key = self._keys.get(url)
        if key is not None:
            return key
        with self._lock:
            key = self._keys.get(url)
            if key is None:
                if 0 <= time.monotonic() - self._failed < self._cooldown:
                    raise TokenInvalid("the key is not known, and another one could not be had a moment ago")
                key = self._fetched(url)
                if len(self._keys) >= _MAX_KEYS:
                    del self._keys[next(iter(self._keys))]
                self._keys[url] = key
        return key

    def _fetched(self, url: str) -> Key:
        """The key at an address; a failure is remembered, so that made-up names of keys do not make us ask and ask."""
        self._failed = time.monotonic()
        try:
            found = public_keys(self._fetch(url).decode("ascii"), ("ES256",))
        except (FetchError, ConfigError, UnicodeDecodeError, OSError):
            found = []
        if not found:
            raise TokenInvalid("the key of the token could not be had")
        self._failed = float("-inf")
        return found[0]

    def __repr__(self) -> str:
        return f"AlbIdentity({sorted(self._addresses)})"


def _unpadded(part: str) -> bytes:
    """A segment without its padding.

    Raises:
        TokenInvalid: it has a character that base64url has not.
    """
    bare = part.rstrip("=")
    if re.fullmatch(r"[A-Za-z0-9_-]+", bare) is None or len(part) - len(bare) > 2:
        raise TokenInvalid("the token is no JWT")
    return bare.encode()
