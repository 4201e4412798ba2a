"""Who is calling: verifiers of tokens, and what their callers may do.

A verifier has `verify(request) -> Identity`, raises `Unauthenticated` where nobody is known, and is itself an auth function:
`auth = authorizer(StaticTokens({"ADMIN_TOKEN": True}))`.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from cwsauth.tokens.apikey import ApiKey as ApiKey
    from cwsauth.tokens.basic import Basic as Basic
    from cwsauth.tokens.choice import Anonymous as Anonymous
    from cwsauth.tokens.choice import first as first
    from cwsauth.tokens.jwks import JWKS as JWKS
    from cwsauth.tokens.jwks import Discovery as Discovery
    from cwsauth.tokens.jwt import JWT as JWT
    from cwsauth.tokens.location import bearer as bearer
    from cwsauth.tokens.location import cookie as cookie
    from cwsauth.tokens.location import header as header
    from cwsauth.tokens.location import query as query
    from cwsauth.tokens.roles import Roles as Roles
    from cwsauth.tokens.roles import Scopes as Scopes
    from cwsauth.tokens.sources import Env as Env
    from cwsauth.tokens.static import StaticTokens as StaticTokens
    from cwsauth.tokens.stored import SSM as SSM
    from cwsauth.tokens.stored import AppConfig as AppConfig
    from cwsauth.tokens.stored import SecretsManager as SecretsManager
    from cwsauth.tokens.verifier import Identity as Identity
    from cwsauth.tokens.verifier import Verifier as Verifier

_HOME = {
    "JWKS": "jwks",
    "JWT": "jwt",
    "SSM": "stored",
    "Anonymous": "choice",
    "ApiKey": "apikey",
    "AppConfig": "stored",
    "Basic": "basic",
    "Discovery": "jwks",
    "Env": "sources",
    "Identity": "verifier",
    "Roles": "roles",
    "Scopes": "roles",
    "SecretsManager": "stored",
    "StaticTokens": "static",
    "Verifier": "verifier",
    "bearer": "location",
    "cookie": "location",
    "first": "choice",
    "header": "location",
    "query": "location",
}

__all__ = [*_HOME]  # noqa: PLE0604 - names of the lazy table, all of them str


def __getattr__(name: str) -> object:
    # PERF: benchmarks/cold_start.py - a name costs its module only when it is asked for.
    home = _HOME.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value
