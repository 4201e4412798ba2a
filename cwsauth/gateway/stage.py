"""The deployed stage that a local gateway pretends to be: every part of its ARNs and of its host name."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOMAINS = {"aws": "amazonaws.com", "aws-cn": "amazonaws.com.cn", "aws-us-gov": "amazonaws.com"}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,128}")
_VARIABLE = re.compile(r"[A-Za-z0-9_]+")
_VALUE = re.compile(r"[A-Za-z0-9\-._~:/?#&=,]*")


@dataclass(frozen=True, slots=True)
class Stage:
    """A stage of an API: what `methodArn`, `requestContext` and the domain name are made of.

    Raises:
        ConfigError: a part that API Gateway would not have there.

    Source: API Gateway developer guide, "Quotas and important notes" (stage names, stage variables).
    """

    name: str = "dev"
    api_id: str = "abc123"
    region: str = "eu-west-1"
    account: str = "123456789012"
    partition: str = "aws"
    variables: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not (_NAME.fullmatch(self.name) or self.name == "$default"):
            raise ConfigError(f"invalid stage name '{self.name}'", help="letters, digits, '_' and '-', 128 at most")
        if not re.fullmatch(r"[a-z0-9]+", self.api_id):
            raise ConfigError(f"invalid API id '{self.api_id}'", help="lower-case letters and digits")
        if not re.fullmatch(r"[a-z0-9-]+", self.region):
            raise ConfigError(f"invalid region '{self.region}'", help="write it as in 'eu-west-1'")
        if not re.fullmatch(r"[0-9]{12}", self.account):
            raise ConfigError(f"invalid account '{self.account}'", help="an account id has 12 digits")
        if self.partition not in _DOMAINS:
            raise ConfigError(f"unknown partition '{self.partition}'", help="one of " + ", ".join(_DOMAINS))
        for key, value in self.variables.items():
            if not _VARIABLE.fullmatch(key):
                raise ConfigError(f"invalid stage variable '{key}'", help="letters, digits and '_'")
            if not _VALUE.fullmatch(value):
                raise ConfigError(
                    f"stage variable '{key}' has a value that API Gateway does not take",
                    help="letters, digits and -._~:/?#&=,",
                )
        object.__setattr__(self, "variables", MappingProxyType(dict(self.variables)))

    @property
    def prefix(self) -> str:
        """`arn:aws:execute-api:REGION:ACCOUNT:API/STAGE`, what every ARN of this stage begins with."""
        api = f"arn:{self.partition}:execute-api:{self.region}:{self.account}:{self.api_id}"
        return f"{api}/{self.name}"

    @property
    def domain(self) -> str:
        """The host name that API Gateway gives the API."""
        return f"{self.api_id}.execute-api.{self.region}.{_DOMAINS[self.partition]}"

    def arn(self, method: str, path: str) -> str:
        """The ARN of one call, where `path` begins with a slash and is taken as it stands."""
        return f"{self.prefix}/{method}/{path.removeprefix('/')}"
