"""User names and passwords: HTTP Basic, with passwords that are kept as Argon2 hashes.

Source: RFC 7617 (Basic), RFC 9106 (Argon2). The hashing is argon2-cffi's.
"""

from __future__ import annotations

import os
from binascii import Error, a2b_base64
from hashlib import blake2b

from cwsauth.errors import ConfigError, TokenInvalid, TokenMissing
from cwsauth.tokens.granting import Granting
from cwsauth.tokens.sources import Source
from cwsauth.tokens.verifier import Identity

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from cwsauth.request import AuthRequest
    from cwsauth.tokens.verifier import GrantOf

# Bytes of a user name and a password together; what is longer is not hashed at all.
MAX_CREDENTIALS = 1024


class Basic(Granting):
    """Users by name and password: `Basic({"alice": "$argon2id$v=19$..."}, grant=[...])`.

    A value is the Argon2 hash of a password, as `Basic.hash` makes it, or a source of one (or, while a password is changed, of
    several). `groups` maps users to their groups, which `Roles(..., claim="groups")` reads; the claim `sub` is the user's name,
    so that `Roles(..., claim="sub")` gives each user rules.

    As many hashes are verified for a user who is not there as for one who is, and of the same cost.

    Raises:
        ConfigError: no user, or a hash that is none.
    """

    __slots__ = ("_groups", "_hasher", "_salt", "_users")

    def __init__(
        self,
        users: Mapping[str, str | Source],
        *,
        groups: Mapping[str, Sequence[str]] | None = None,
        grant: GrantOf | None = None,
        context: Mapping[str, str] | Sequence[str] | None = None,
    ) -> None:
        super().__init__(grant, context)
        if not hasattr(users, "items") or not users:
            raise ConfigError(
                "a dict from user names to hashes is needed", help='write Basic({"alice": "$argon2id$..."})'
            )
        self._hasher = _argon2().PasswordHasher()
        self._users: dict[str, tuple[bytes, ...] | Source] = {}
        for name, kept in users.items():
            if type(name) is not str or not name or ":" in name or not name.isprintable():
                raise ConfigError("a user name is a non-empty string without ':' and control characters")
            if not isinstance(kept, (str, Source)):
                raise ConfigError(f"the hash of a user is a string or a source, not {type(kept).__name__}")
            self._users[name] = kept if isinstance(kept, Source) else (_checked(kept),)
        self._groups = {name: list(names) for name, names in (groups or {}).items()}
        if not self._groups.keys() <= self._users.keys():
            raise ConfigError("a user who is not there has groups", help="list the user among the users")
        self._salt = os.urandom(16)

    @staticmethod
    def hash(password: str) -> str:
        """The hash to keep for a password, with a salt of its own: `Basic.hash(getpass())`."""
        if not password:
            raise ConfigError("an empty password is none")
        hashed: str = _argon2().PasswordHasher().hash(password)
        return hashed

    def verify(self, request: AuthRequest) -> Identity:
        """The user. Raises `TokenMissing` where the request has no `Authorization: Basic`, or `TokenInvalid`."""
        if request.scheme != "Basic" or not request.token:
            raise TokenMissing("no user name and password were sent")
        name, password = _credentials(request.token)
        if not self._matches(name, password):
            raise TokenInvalid("the user name or the password is wrong")
        return Identity(name, {"sub": name, "groups": self._groups.get(name, [])})

    async def verify_async(self, request: AuthRequest) -> Identity:
        """`verify`, in a thread: a hash takes tens of milliseconds."""
        import asyncio

        return await asyncio.to_thread(self.verify, request)

    def _matches(self, name: str, password: bytes) -> bool:
        table = {user: kept.values() if isinstance(kept, Source) else kept for user, kept in self._users.items()}
        everybody = [hashed for kept in table.values() for hashed in kept]
        if not everybody:
            raise TokenInvalid("no password is set")
        own = table.get(name, ())
        # INVARIANT: the same number of hashes for every name. Those that are missing are decoys, of the cost of somebody's.
        matched = False
        for place in range(max(map(len, table.values()))):
            real = place < len(own)
            matched |= self._check(own[place] if real else self._decoy(name, everybody), password) and real
        return matched

    def _decoy(self, name: str, everybody: list[bytes]) -> bytes:
        """A hash that nobody has the password of: somebody's, the same for the same name, with another digest."""
        picked = int.from_bytes(blake2b(name.encode(), key=self._salt, digest_size=8).digest(), "big") % len(everybody)
        head, dollar, digest = everybody[picked].rpartition(b"$")
        return head + dollar + (b"B" if digest[:1] == b"A" else b"A") + digest[1:]

    def _check(self, hashed: bytes, password: bytes) -> bool:
        from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

        try:
            return self._hasher.verify(hashed, password) is True
        except VerifyMismatchError:
            return False
        except (VerificationError, InvalidHashError):
            pass
        raise ConfigError("a password is kept as something that is no Argon2 hash", help="make it with Basic.hash")

    def __repr__(self) -> str:
        return f"Basic({len(self._users)} users)"


def _credentials(token: str) -> tuple[str, bytes]:
    """The name and the password of Basic credentials. Raises TokenInvalid for what is none."""
    text = None
    if token.isascii() and len(token) <= MAX_CREDENTIALS * 2:
        try:
            text = a2b_base64(token.encode(), strict_mode=True).decode()
        except (Error, UnicodeDecodeError):
            text = None
    # Raised here and not above: the error of the decoder holds the credentials.
    name, colon, password = ("", "", "") if text is None else text.partition(":")
    if not colon or not name or not password or not name.isprintable() or len(name + password) > MAX_CREDENTIALS:
        raise TokenInvalid("the credentials are no base64 of a user name, ':' and a password")
    return name, password.encode()


def _checked(hashed: str) -> bytes:
    argon2 = _argon2()
    from argon2.exceptions import InvalidHashError

    broken = not hashed.isascii() or not hashed.startswith("$argon2")
    try:
        argon2.extract_parameters(hashed)
    except InvalidHashError:
        broken = True
    if broken:
        # Not quoted: somebody may have put the password itself where its hash belongs.
        raise ConfigError("a password is kept as something that is no Argon2 hash", help="make it with Basic.hash")
    return hashed.encode()


def _argon2() -> Any:
    try:
        import argon2
    except ImportError:
        argon2 = None  # type: ignore[assignment]
    if argon2 is None:
        raise ConfigError("passwords need argon2-cffi", help="install it with cwsauth[passwords]")
    return argon2
