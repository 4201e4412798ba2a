"""How a client addresses a stage: by its own domain name, with a base path, or with the stage in the path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from cwsauth.gateway.stage import Stage

_BASE_PATH = re.compile(r"(?:/[A-Za-z0-9\-._~]+)*")


@dataclass(frozen=True, slots=True)
class Paths:
    """The three readings of one raw path: of the event, of `requestContext`, and of the ARN."""

    event: str
    context: str
    arn: str


@dataclass(frozen=True, slots=True)
class Address:
    """Where the API begins in a URL.

    By default at `/`, as with a custom domain name. `base_path="/v1"` is a mapping of such a domain: events
    carry it in `path`, templates and ARNs do not. `stage_in_path=True` is the address that API Gateway itself
    gives, `/{stage}/...`. `fold_slashes=True` drops a trailing slash and doubled leading ones from ARNs:
    whether AWS does is not established, so test with both.
    """

    base_path: str = ""
    stage_in_path: bool = False
    fold_slashes: bool = False

    def __post_init__(self) -> None:
        if not _BASE_PATH.fullmatch(self.base_path):
            raise ConfigError(f"invalid base path '{self.base_path}'", help="write it as '/v1'")
        if self.base_path and self.stage_in_path:
            raise ConfigError("a base path belongs to a custom domain, which has no stage in its path")

    def resolve(self, path: str, stage: Stage) -> Paths | None:
        """The readings of a raw path, None when it does not lead to this stage.

        Leading slashes are one in `event["path"]` and as they came in `requestContext.path`; in front of the
        stage they are dropped. Recorded on AWS.
        """
        if not self.stage_in_path and not self.base_path:
            return Paths(_one_slash(path), path, self._arn(path))
        prefix = f"/{stage.name}" if self.stage_in_path else self.base_path
        rooted = _one_slash(path)
        if rooted != prefix and not rooted.startswith(prefix + "/"):
            return None
        rest = rooted.removeprefix(prefix) or "/"
        if self.stage_in_path:
            return Paths(_one_slash(rest), prefix + rest, self._arn(rest))
        return Paths(prefix + _one_slash(rest), prefix + rest, self._arn(rest))

    def inner(self, paths: Paths) -> str:
        """The path that routing sees."""
        return paths.event.removeprefix(self.base_path) or "/"

    def _arn(self, path: str) -> str:
        return _one_slash(path).rstrip("/") or "/" if self.fold_slashes else path


def _one_slash(path: str) -> str:
    return "/" + path.lstrip("/")
