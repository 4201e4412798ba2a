"""API keys: static tokens in a header of their own, counted by a usage plan of API Gateway."""

from __future__ import annotations

from cwsauth.errors import ConfigError
from cwsauth.policy.policy import Grant
from cwsauth.tokens.location import header
from cwsauth.tokens.static import StaticTokens

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from cwsauth.request import AuthRequest
    from cwsauth.tokens.location import Location
    from cwsauth.tokens.static import Secrets
    from cwsauth.tokens.verifier import Identity, Rules


class ApiKey(StaticTokens):
    """Keys of callers: `ApiKey({"PARTNER_KEY": ["GET product/**"]})`, in the header `x-api-key`.

    Keys and values are those of `StaticTokens`; the caller is named after the entry. Where the API's key source is `AUTHORIZER`,
    API Gateway counts the call against the usage plan of the key that the answer names: with `usage_plan=True` (the default)
    that is the key that was sent, unless the entry's `Grant` has a `usage_identifier_key` of its own.
    Source: API Gateway developer guide, "Choose an API key source".
    """

    __slots__ = ("_usage_plan",)

    def __init__(
        self, keys: Mapping[Secrets, Rules], *, location: Location | None = None, usage_plan: bool = True
    ) -> None:
        if type(usage_plan) is not bool:
            raise ConfigError("usage_plan is True or False", help="leave it out, or write usage_plan=False")
        super().__init__(keys, location=header("x-api-key") if location is None else location)
        self._usage_plan = usage_plan

    def answer(self, identity: Identity, request: AuthRequest) -> object:
        """The rules of the key, in the name of its entry, with the key of its usage plan."""
        rules = self._rules[identity]
        grant = rules if isinstance(rules, Grant) else Grant(rules)
        sent = self._location(request) if self._usage_plan else None
        return Grant(
            grant.rules,
            principal_id=identity.principal_id,
            context=grant.context,
            usage_identifier_key=grant.usage_identifier_key or sent,
            conditions=grant.conditions,
            expires_at=grant.expires_at,
        )

    def __repr__(self) -> str:
        return super().__repr__().replace("StaticTokens", "ApiKey", 1)
