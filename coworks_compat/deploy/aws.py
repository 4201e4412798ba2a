"""AWS by boto3: clients that give up in time, and its errors as ours."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cwsauth.errors import ConfigError, DeployError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_CONNECT: Final = 5  # seconds
_READ: Final = 60
_TRIES: Final = 6


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose account it is, and where."""

    account: str
    region: str
    partition: str


@dataclass(slots=True)
class Aws:
    """The account that a command works in. Clients are made once each."""

    profile: str | None = None
    region: str | None = None
    connect_timeout: float = _CONNECT
    read_timeout: float = _READ
    tries: int = _TRIES
    _session: Any = field(default=None, repr=False)
    _clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def session(self) -> Any:
        """The boto3 session.

        Raises:
            ConfigError: there is no such profile.
        """
        if self._session is None:
            import boto3
            from botocore.exceptions import ProfileNotFound

            try:
                self._session = boto3.Session(profile_name=self.profile, region_name=self.region)
            except ProfileNotFound:
                raise ConfigError(
                    f"no AWS profile {self.profile!r}", help="see 'aws configure list-profiles'"
                ) from None
        return self._session

    def client(self, service: str) -> Any:
        """The client of a service, which tries again when AWS says that it is busy."""
        if service not in self._clients:
            from botocore.config import Config

            if not self.session.region_name:
                raise ConfigError(
                    "no AWS region", help="pass --region, set AWS_REGION, or 'region' in .chalice/config.json"
                )
            self._clients[service] = self.session.client(
                service,
                config=Config(
                    connect_timeout=self.connect_timeout,
                    read_timeout=self.read_timeout,
                    retries={"mode": "standard", "total_max_attempts": self.tries},
                ),
            )
        return self._clients[service]

    def identity(self) -> Identity:
        """Account, region and partition of the credentials in use."""
        with aws_errors("see whose AWS account this is"):
            answer = self.client("sts").get_caller_identity()
        return Identity(str(answer["Account"]), str(self.session.region_name), str(answer["Arn"]).split(":", 2)[1])

    def environ(self) -> dict[str, str]:
        """The variables by which other programs work in the same account and region."""
        variables: dict[str, str] = {}
        if self.profile:
            variables["AWS_PROFILE"] = self.profile
        if self.session.region_name:
            variables["AWS_REGION"] = variables["AWS_DEFAULT_REGION"] = str(self.session.region_name)
        return variables


@contextmanager
def aws_errors(doing: str) -> Iterator[None]:
    """Turns what boto3 raises into a `DeployError` that says what was being done.

    Raises:
        DeployError: AWS refused, or did not answer. `error.code` of AWS is in the message, no request is.
    """
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    try:
        yield
    except NoCredentialsError:
        raise DeployError(f"cannot {doing}: no AWS credentials", help="pass --profile, or set AWS_PROFILE") from None
    except ClientError as error:
        said = error.response.get("Error", {})
        text = " ".join(str(said.get("Message", "")).split()).rstrip(".")
        raise DeployError(f"cannot {doing}: {said.get('Code', 'error')}: {text[:300]}", help=_remedy(said)) from None
    except BotoCoreError as error:
        raise DeployError(
            f"cannot {doing}: {type(error).__name__}", help="check the network and --region, then run the command again"
        ) from None


def error_code(error: Exception) -> str:
    """The code by which AWS names a `ClientError`."""
    response = getattr(error, "response", {})
    return str(response.get("Error", {}).get("Code", ""))


def _remedy(said: Mapping[str, Any]) -> str:
    code = str(said.get("Code", ""))
    if "AccessDenied" in code or code == "UnauthorizedOperation":
        return "the credentials in use may not do that; docs/deploy.md lists the permissions"
    if "Throttl" in code or code == "TooManyRequestsException":
        return "AWS is busy with other calls of this account; run the command again in a minute"
    if "Expired" in code or code in ("InvalidClientTokenId", "UnrecognizedClientException"):
        return "the credentials are not valid any more; log in again"
    return "run the command again; what is done already is found and kept"
