"""Who is known, as data: tokens that are known beforehand, API keys, users with passwords, and issuers of JSON Web Tokens.

No secret stands in a file. A reference says where it is kept: `${env:NAME}`, `${ssm:/path}`, `${secretsmanager:id}`.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, StrictBool, StrictFloat, StrictInt, StrictStr, Tag

from cwsauth.files.named import Model, References, RoleName, RoleNames, Text, Texts


class AppConfigProfile(Model):
    """A configuration profile of AppConfig."""

    application: Text
    environment: Text
    profile: Text


class _Granted(Model):
    roles: Annotated[RoleNames, Field(description="the roles of all whom this lets in")] = ()


class _Bearer(_Granted):
    claims: Annotated[
        dict[StrictStr, Any], Field(description="what conditions and placeholders find in the bearer's name")
    ] = Field(default_factory=dict)


class Token(_Bearer):
    """A token that is known beforehand: where it is kept, and what its bearer may do. The token itself never stands here.

    It is kept in the environment variable of its own name, unless one of `env`, `ssm`, `secretsmanager` and `appconfig` says
    otherwise. Of several places all count, for the time in which a token is exchanged.
    """

    env: RoleNames = ()
    ssm: RoleNames = ()
    secretsmanager: RoleNames = ()
    appconfig: AppConfigProfile | None = None
    key: Annotated[
        StrictStr | None, Field(min_length=1, description="the member of a secret that is a JSON object")
    ] = None
    separator: Annotated[
        StrictStr | None, Field(min_length=1, description="what stands between several tokens of one variable")
    ] = None

    @property
    def has_place(self) -> bool:
        """Whether it says where the token is kept."""
        return bool(self.env or self.ssm or self.secretsmanager or self.appconfig)


class StaticToken(_Bearer):
    """A token that is known beforehand, by a reference to where it is kept."""

    static: References


class ApiKey(_Bearer):
    """A key in the header `x-api-key`, by a reference to where it is kept."""

    api_key: References
    usage_plan: Annotated[
        StrictBool, Field(description="whether API Gateway counts the call against the usage plan of the key")
    ] = True


class User(Model):
    """Somebody with a password, which is kept as an Argon2 hash (`Basic.hash`)."""

    hash: References
    roles: RoleNames = ()


class Users(_Granted):
    """Users by name and password, as `Authorization: Basic` brings them."""

    basic: Annotated[dict[Text, User], Field(min_length=1)]


class _Issued(Model):
    """What every kind of JSON Web Token may be asked for."""

    leeway: Annotated[
        StrictInt | StrictFloat, Field(ge=0, le=600, description="seconds by which clocks may differ")
    ] = 0
    max_lifetime: Annotated[
        StrictInt | StrictFloat | None, Field(gt=0, description="seconds that tokens live at most")
    ] = None
    require: Annotated[Texts | None, Field(description="claims that must be there, beside exp, iss and aud")] = None
    typ: Annotated[Text | None, Field(description="what the header's 'typ' must be, such as 'at+jwt'")] = None
    memo: Annotated[StrictInt, Field(ge=0, le=100_000, description="how many verified tokens are remembered")] = 0
    principal: Annotated[Text, Field(description="the claim that names the caller")] = "sub"
    header: Annotated[Text | None, Field(description="where the token is, if not in the Authorization header")] = None
    cookie: Annotated[Text | None, Field(description="where the token is, if not in a header")] = None
    allow_loopback_http: Annotated[
        StrictBool, Field(description="plain http to 127.0.0.1 and ::1, for tests; else only https")
    ] = False


class Issuer(_Issued):
    """An issuer of JSON Web Tokens, and the keys that it signs with: one of `jwks`, `key` and `secret`."""

    issuer: Texts
    audience: Texts
    algorithms: Annotated[Texts, Field(description="of one family", examples=["RS256"])]
    jwks: Annotated[Text | None, Field(description="https address of its public keys")] = None
    key: Annotated[Text | None, Field(description="its public key, as PEM text")] = None
    secret: Annotated[References | None, Field(description="the secret that it shares, for HS256, HS384, HS512")] = None


class OidcIssuer(_Issued):
    """An OpenID provider; its keys are found by its own configuration."""

    issuer: Texts
    audience: Texts
    algorithms: Annotated[Texts, Field(description="of one family")] = ("RS256",)


class CognitoPool(_Issued):
    """A user pool of Amazon Cognito."""

    region: Annotated[Text, Field(examples=["eu-west-1"])]
    pool: Annotated[Text, Field(examples=["eu-west-1_Ab12Cd34E"])]
    client_ids: Texts
    token_use: Annotated[Texts, Field(description="access, id, or both")] = ("access",)


class Issued(_Granted):
    """Whose tokens are accepted, and the claim of theirs that names roles; without one, the `claim` of the file."""

    claim: Annotated[
        RoleNames, Field(description="the claim that names the caller's roles; a list if it is nested")
    ] = ()


class JwtTokens(Issued):
    """JSON Web Tokens of an issuer whose keys are known, or at a known address."""

    jwt: Issuer


class OidcTokens(Issued):
    """JSON Web Tokens of an OpenID provider."""

    oidc: OidcIssuer


class CognitoTokens(Issued):
    """JSON Web Tokens of a user pool of Amazon Cognito."""

    cognito: CognitoPool


_FORMS: dict[str, type[_Granted]] = {
    "static": StaticToken,
    "api_key": ApiKey,
    "basic": Users,
    "jwt": JwtTokens,
    "oidc": OidcTokens,
    "cognito": CognitoTokens,
}


def _form(value: object) -> str:
    if isinstance(value, dict):
        return next((f"form:{key}" for key in _FORMS if key in value), "form:token")
    return next((f"form:{key}" for key, model in _FORMS.items() if isinstance(value, model)), "form:token")


def _token_of_roles(token: object) -> object:
    """A role, or a list of them, is short for a token that has them."""
    return {"roles": token} if isinstance(token, str | list | tuple) else token


_Entry = (
    Annotated[Token, Tag("form:token")]
    | Annotated[StaticToken, Tag("form:static")]
    | Annotated[ApiKey, Tag("form:api_key")]
    | Annotated[Users, Tag("form:basic")]
    | Annotated[JwtTokens, Tag("form:jwt")]
    | Annotated[OidcTokens, Tag("form:oidc")]
    | Annotated[CognitoTokens, Tag("form:cognito")]
)
Entry = Annotated[
    _Entry,
    Discriminator(_form),
    BeforeValidator(
        _token_of_roles,
        json_schema_input_type=RoleName
        | tuple[RoleName, ...]
        | Token
        | StaticToken
        | ApiKey
        | Users
        | JwtTokens
        | OidcTokens
        | CognitoTokens,
    ),
]
"""One of the `tokens` of a file, in any of its forms."""


def roles_in(entry: Token | StaticToken | ApiKey | Users | Issued) -> tuple[str, ...]:
    """All roles that an entry names."""
    users = entry.basic.values() if isinstance(entry, Users) else ()
    return (*entry.roles, *(role for user in users for role in user.roles))
