"""Where a policy file lies: on the disk, in S3, in SSM's Parameter Store, in AppConfig."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from cwsauth.errors import ConfigError
from cwsauth.files.load import read_file

if TYPE_CHECKING:
    from cwsauth.tokens.stored import Stored


class Place:
    """A place that has the text of a policy file. `name` is what messages call it; `interval` is how often to look, in seconds.

    `interval` is the default: 0 is at every request, None never again.
    """

    name: str
    interval: float | None

    def read(self) -> str | None:
        """The text, or None if it is that of the last time.

        Raises:
            ConfigError: it cannot be read.
        """
        raise NotImplementedError

    def read_beside(self, other: str) -> str:
        """The text of another file, whose path is relative to this one.

        Raises:
            ConfigError: it cannot be read.
        """
        raise ConfigError(
            f"'{self.name}' refers to the file '{other}', which cannot lie beside it",
            help="write the routes into the policy file",
        )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r})"


class Disk(Place):
    """A file. It is looked at again, with the files that it refers to, wherever it is not part of a Lambda function."""

    def __init__(self, path: Path, *, in_lambda: bool) -> None:
        self.name = str(path)
        self.interval = None if in_lambda else 0
        self._path = path
        self._seen: dict[Path, object] = {}

    def read(self) -> str | None:
        """The text, if this file or one that it refers to was written since."""
        before = self._seen
        if before and before == {path: _signature(path) for path in before}:
            return None
        # The signature is older than the text, so that what is written in between is read the next time.
        self._seen = {path: _signature(path) for path in before or (self._path,)}
        return read_file(self._path)

    def read_beside(self, other: str) -> str:
        """The text of a file beside this one."""
        path = self._path.parent / other
        self._seen[path] = _signature(path)
        return read_file(path)


def _signature(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


class S3(Place):
    """An object of S3: `s3://bucket/policies/shop.yaml`. It is fetched only if its ETag has changed."""

    interval = 60.0

    def __init__(self, bucket: str, key: str) -> None:
        try:
            import boto3
            from botocore.exceptions import BotoCoreError, ClientError
        except ImportError:
            raise ConfigError("a policy file in S3 needs boto3", help="install it, as Lambda has it") from None
        self.name = f"s3://{bucket}/{key}"
        self._bucket = bucket
        self._key = key
        self._client: Any = boto3.client("s3")
        self._etags: dict[str, str] = {}
        self._client_error = ClientError
        self._failures = (BotoCoreError, ClientError)

    def read(self) -> str | None:
        """The text, if the object has another ETag than before."""
        return self._get(self._key, self._etags.get(self._key))

    def read_beside(self, other: str) -> str:
        """The text of an object whose key is relative to this one's; it is fetched whenever this one is."""
        text = self._get(str(PurePosixPath(self._key).parent / other), None)
        return text or ""

    def _get(self, key: str, etag: str | None) -> str | None:
        known = {} if etag is None else {"IfNoneMatch": etag}
        code = ""
        try:
            found = self._client.get_object(Bucket=self._bucket, Key=key, **known)
            data: bytes = found["Body"].read()
        except self._failures as error:
            # Only the code: the text may quote the request.
            code = str(error.response["Error"].get("Code")) if isinstance(error, self._client_error) else "NoAnswer"
        if code in ("304", "NotModified"):
            return None
        if code:
            raise ConfigError(
                f"cannot read 's3://{self._bucket}/{key}': {code}", help="check bucket, key, and s3:GetObject"
            )
        self._etags[key] = found["ETag"]
        return _text(data, f"s3://{self._bucket}/{key}")


class Parameter(Place):
    """A parameter of SSM (`ssm:/shop/policy`), or a profile of AppConfig (`appconfig:shop/prod/policy`)."""

    interval = 60.0

    def __init__(self, name: str, source: Stored) -> None:
        self.name = name
        self._source = source
        self._last = ""

    def read(self) -> str | None:
        """The text, if it is another one than before."""
        values = self._source.values()
        if not values:
            raise ConfigError(f"'{self.name}' is empty", help="put the text of a policy file there")
        text = _text(values[0], self.name)
        if text == self._last:
            return None
        self._last = text
        return text


def place_of(source: str | Path, *, in_lambda: bool) -> Place:
    """The place that a path or an address names.

    Raises:
        ConfigError: the address is incomplete, or what reads it is not installed.
    """
    text = str(source)
    if text.startswith("s3://"):
        bucket, _, key = text.removeprefix("s3://").partition("/")
        if not bucket or not key:
            raise ConfigError(f"'{text}' names no object of S3", help="write it as 's3://bucket/policy.yaml'")
        return S3(bucket, key)
    kind, colon, rest = text.partition(":")
    if colon and kind == "ssm":
        from cwsauth.tokens.stored import SSM

        return Parameter(text, SSM(rest, max_age=_ALWAYS, grace=0))
    if colon and kind == "appconfig":
        from cwsauth.tokens.stored import AppConfig

        parts = rest.split("/")
        if len(parts) != 3 or not all(parts):
            raise ConfigError(
                f"'{text}' names no profile of AppConfig",
                help="write it as 'appconfig:application/environment/profile'",
            )
        return Parameter(
            text, AppConfig(parts[2], application=parts[0], environment=parts[1], max_age=_ALWAYS, grace=0)
        )
    return Disk(Path(source), in_lambda=in_lambda)


# How often to look is decided elsewhere; a source that is asked has to fetch.
_ALWAYS = 1e-9


def _text(data: bytes, name: str) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(f"cannot read '{name}': it is not UTF-8 text", help="save it as UTF-8") from None
