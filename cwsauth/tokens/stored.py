"""Secrets that a service of AWS keeps: SSM, Secrets Manager, AppConfig; read through Powertools' parameters utility."""

from __future__ import annotations

import time

from cwsauth.errors import ConfigError
from cwsauth.tokens.sources import NOT_PICKLED, Source
from cwsauth.tokens.verifier import WouldBlock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any


class Stored(Source):
    """A secret that a service of AWS keeps, through Powertools' parameters utility.

    Fetched at the first request that needs it and again after `max_age` seconds. Where a fetch fails, the last values go on
    to count for `grace` seconds; without any, `ConfigError` is raised. The message names the secret, not the service's answer.
    """

    __slots__ = ("_failures", "_fetched", "_grace", "_key", "_max_age", "_values")

    def __init__(self, name: str, *, key: str | None, max_age: float, grace: float) -> None:
        if type(name) is not str or not name:
            raise ConfigError(f"{type(self).__name__} needs the name of a secret", help="pass it as a string")
        if max_age <= 0 or grace < 0:
            raise ConfigError("max_age is a positive number of seconds, and grace is not negative")
        self.name = name
        self._key = key
        self._max_age = max_age
        self._grace = grace
        self._fetched = 0.0
        self._values: tuple[bytes, ...] | None = None
        self._failures = _failures()

    def values(self, *, wait: bool = True) -> tuple[bytes, ...]:
        """The values as of at most `max_age` seconds ago."""
        now = time.monotonic()
        if self._values is not None and now < self._fetched + self._max_age:
            return self._values
        if not wait:
            raise WouldBlock
        fetched: tuple[bytes, ...] | None
        try:
            fetched = tuple([value for item in self._fetch() if (value := _part(item, self._key))])
        except self._failures:
            fetched = None  # Its text may quote the request or the answer.
        if fetched is None:
            if self._values is not None and now < self._fetched + self._max_age + self._grace:
                return self._values
            raise ConfigError(
                f"the secret {self.name!r} cannot be read by {type(self).__name__}",
                help="check its name, its region, and the permissions of the function",
            )
        if fetched == self._values:
            fetched = self._values  # the same object: who has prepared it can see that it is
        self._values = fetched
        self._fetched = now
        return fetched

    def _fetch(self) -> Iterable[object]:
        raise NotImplementedError

    def __reduce__(self) -> str:
        raise TypeError(NOT_PICKLED)


class SSM(Stored):
    """A parameter of SSM's Parameter Store, decrypted. `key` picks one member of a JSON object."""

    __slots__ = ("_get",)

    def __init__(self, name: str, *, key: str | None = None, max_age: float = 300, grace: float = 300) -> None:
        super().__init__(name, key=key, max_age=max_age, grace=grace)
        self._get = _parameters().get_parameter

    def _fetch(self) -> Iterable[object]:
        return [self._get(self.name, decrypt=True, force_fetch=True)]


class SecretsManager(Stored):
    """A secret of Secrets Manager. `key` picks one member of a JSON object.

    With `previous=True` the version before the current one counts too, as long as there is one: callers have the time
    between two rotations to take up the new value.
    """

    __slots__ = ("_get", "_previous")

    def __init__(
        self, name: str, *, key: str | None = None, previous: bool = False, max_age: float = 300, grace: float = 300
    ) -> None:
        super().__init__(name, key=key, max_age=max_age, grace=grace)
        self._previous = previous
        self._get = _parameters().get_secret

    def _fetch(self) -> Iterable[object]:
        yield self._get(self.name, force_fetch=True, VersionStage="AWSCURRENT")
        if self._previous:
            try:
                older = self._get(self.name, force_fetch=True, VersionStage="AWSPREVIOUS")
            except self._failures:
                return  # A secret that was never rotated has none.
            yield older


class AppConfig(Stored):
    """A hosted configuration of AppConfig. `key` picks one member of a JSON object."""

    __slots__ = ("_application", "_environment", "_provider")

    def __init__(
        self,
        name: str,
        *,
        application: str,
        environment: str,
        key: str | None = None,
        max_age: float = 300,
        grace: float = 300,
    ) -> None:
        super().__init__(name, key=key, max_age=max_age, grace=grace)
        self._application = application
        self._environment = environment
        self._provider: Any = None

    def _fetch(self) -> Iterable[object]:
        if self._provider is None:
            # A provider of our own: the one behind `get_app_config` keeps the application that it was first asked for.
            self._provider = _parameters().AppConfigProvider(
                environment=self._environment, application=self._application
            )
        return [self._provider.get(self.name, force_fetch=True)]


def _parameters() -> Any:
    try:
        from aws_lambda_powertools.utilities import parameters
    except ImportError:
        parameters = None  # type: ignore[assignment]
    if parameters is None:
        raise ConfigError(
            "secrets of AWS services need aws-lambda-powertools", help="install it with cwsauth[powertools]"
        )
    return parameters


def _failures() -> tuple[type[Exception], ...]:
    """What a fetch may raise: Powertools' own errors, botocore's where they are not wrapped, and a value of a wrong shape."""
    parameters = _parameters()
    from botocore.exceptions import BotoCoreError, ClientError

    return (
        parameters.exceptions.GetParameterError,
        parameters.exceptions.TransformParameterError,
        BotoCoreError,
        ClientError,
        ValueError,
    )


def _part(value: object, key: str | None) -> bytes:
    """The bytes of a value, or of the member `key` of the JSON object that it is. Raises ValueError for another shape."""
    if key is not None:
        import json

        if not isinstance(value, (str, bytes)):
            raise ValueError("no JSON text")
        members = json.loads(value)
        value = members.get(key) if isinstance(members, dict) else None
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return value
    raise ValueError("no text")
