"""Where terraform keeps its state: `local`, or `s3://bucket/prefix` with a lock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlsplit

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Options of terraform's S3 backend that may follow a '?'. Source: its documentation, "Backend Type: s3".
_OPTIONS: Final = frozenset({
    "region", "profile", "kms_key_id", "dynamodb_table", "use_path_style", "skip_credentials_validation",
    "skip_requesting_account_id", "skip_metadata_api_check", "skip_region_validation", "skip_s3_checksum",
})  # fmt: skip
_BOOLEAN: Final = frozenset(option for option in _OPTIONS if option.startswith(("skip_", "use_")))


@dataclass(frozen=True, slots=True)
class Backend:
    """A place for states. Each root has its own key below the prefix."""

    bucket: str | None = None
    prefix: str = ""
    region: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    text: str = "local"

    @classmethod
    def parse(cls, text: str, *, app: str, region: str) -> Backend:
        """`local`, or `s3://bucket/prefix?option=value`; the app's name is appended to the prefix.

        Raises:
            ConfigError: neither.
        """
        if text == "local":
            return cls()
        parts = urlsplit(text)
        options = dict(parse_qsl(parts.query))
        if parts.scheme != "s3" or not parts.netloc:
            raise ConfigError(f"invalid backend {text!r}", help="write 'local' or 's3://bucket/prefix'")
        for name in options:
            if name not in _OPTIONS:
                raise ConfigError(
                    f"invalid backend: unknown option {name!r}", help=f"known are {', '.join(sorted(_OPTIONS))}"
                )
        prefix = "/".join(part for part in (parts.path.strip("/"), app) if part)
        return cls(parts.netloc, prefix, options.pop("region", region), options, text)

    @property
    def remote(self) -> bool:
        """Whether the state lies in S3."""
        return self.bucket is not None

    def block(self, key: str) -> dict[str, object]:
        """terraform's block for the state of one root.

        The lock is a file beside the state (S3's conditional writes), or a DynamoDB table where one is named.
        """
        if self.bucket is None:
            return {"local": {"path": "terraform.tfstate"}}
        body: dict[str, object] = {
            "bucket": self.bucket,
            "key": f"{self.prefix}/{key}.tfstate",
            "region": self.region,
            "encrypt": True,
        }
        if "dynamodb_table" not in self.options:
            body["use_lockfile"] = True
        for name, value in self.options.items():
            body[name] = value in ("1", "true", "yes") if name in _BOOLEAN else value
        return {"s3": body}
