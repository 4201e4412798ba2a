"""Code into a function and behind its alias: hash, upload, wait, publish, try, switch, smoke, and back when it fails.

Every step looks at what is there before it acts, and acts only on the revision that it looked at. So a run that was cut
off anywhere leaves the alias on a whole version, and the next run goes on where that one stopped.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError, ConnectionError, HTTPClientError

from coworks_compat.deploy.aws import aws_errors, error_code
from coworks_compat.deploy.function import START_CALL, same_function
from cwsauth.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from coworks_compat.deploy.package import Package

_CONFLICT: Final = frozenset({"PreconditionFailedException", "PreconditionFailed"})
_BUSY: Final = "ResourceConflictException"
_FROM: Final = "cws: from version "


class Conflict(DeployError):
    """Somebody else changed the function or its alias in the meantime; theirs stands."""


class RolledBack(DeployError):
    """The new version did not pass; the alias is where it was."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a release did. `changed` is False when the alias had this code and configuration already."""

    version: str
    previous: str | None
    sha256: str
    changed: bool
    uploaded: bool = False


@dataclass(slots=True)
class Releaser:
    """Releases to one function. `say` hears each step; `flush` empties the stage's cache of authorizer answers."""

    client: Any = field(repr=False)
    function: str
    alias: str = "live"
    say: Callable[[str], None] = lambda line: None
    flush: Callable[[], None] = lambda: None
    patience: float = 300.0  # seconds that a function may take to be ready
    pause: float = 1.0  # seconds between two looks
    sleep: Callable[[float], None] = time.sleep

    def release(
        self,
        package: Package,
        *,
        smoke: Callable[[], str | None] | None = None,
        description: str = "",
        source: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Makes the alias point to a version with this package's code and the function's present configuration.

        `smoke` makes a call and says what is wrong, None when nothing is. `source` names the zip in S3 instead of sending it.

        Raises:
            Conflict: another release was quicker.
            RolledBack: the version does not start, or `smoke` found something.
            DeployError: AWS refused or did not answer.
        """
        latest = self.ready()
        current = self._alias()
        shown = self._configuration(current["FunctionVersion"])
        if shown["CodeSha256"] == package.sha256 and same_function(shown, latest):
            return Outcome(current["FunctionVersion"], None, package.sha256, changed=False)
        uploaded = latest["CodeSha256"] != package.sha256
        if uploaded:
            latest = self._upload(package, latest, source)
        version = self._publish(package.sha256, latest, description)
        self._starts(version)
        previous = current["FunctionVersion"]
        if version != previous:
            self._switch(version, current, smoke)
        return Outcome(version, previous, package.sha256, changed=True, uploaded=uploaded)

    def try_first(self, version: str, smoke: Callable[[], str | None] | None) -> None:
        """Tries a version that has none before it.

        Raises:
            DeployError: it does not start, or `smoke` found something. It stays, since there is nothing to go back to.
        """
        self._starts(version)
        wrong = smoke() if smoke is not None else None
        if wrong is not None:
            raise DeployError(
                f"version {version} of {self.function!r} fails its smoke call: {wrong}",
                help="it is the first version, so it stays; see 'cws logs', mend it and run cws deploy again",
            )

    def rollback(self, to: str | None = None) -> Outcome:
        """Points the alias to version `to`, by default to the one that it came from.

        Raises:
            DeployError: there is no such version.
        """
        current = self._alias()
        present = current["FunctionVersion"]
        version = to or self._before(current)
        if version == present:
            return Outcome(version, None, self._configuration(version)["CodeSha256"], changed=False)
        try:
            found = self._configuration(version)
        except DeployError:
            known = ", ".join(self.versions()) or "none"
            raise DeployError(
                f"function {self.function!r} has no version {version!r}", help=f"there are {known}"
            ) from None
        self._starts(version)
        self._switch(version, current, None)
        return Outcome(version, present, found["CodeSha256"], changed=True)

    def versions(self) -> tuple[str, ...]:
        """The published versions, oldest first."""
        with aws_errors(f"list the versions of {self.function!r}"):
            pages = self.client.get_paginator("list_versions_by_function").paginate(FunctionName=self.function)
            found = [item["Version"] for page in pages for item in page["Versions"]]
        return tuple(sorted((version for version in found if version != "$LATEST"), key=int))

    def ready(self) -> dict[str, Any]:
        """The function's configuration once nothing is under way with it.

        Raises:
            DeployError: it did not get ready in time, or its last update failed.
        """
        until = time.monotonic() + self.patience
        while True:
            found = self._configuration(None)
            state, status = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
            if "Failed" in (state, status):
                code = found.get("LastUpdateStatusReasonCode") or found.get("StateReasonCode") or "no reason given"
                raise DeployError(
                    f"function {self.function!r} is broken: {code}", help="run cws deploy to set it right"
                )
            if state != "Pending" and status != "InProgress":
                return found
            if time.monotonic() > until:
                raise DeployError(
                    f"function {self.function!r} is still being updated after {self.patience:.0f} s",
                    help="run the command again; what was sent is kept",
                )
            self.sleep(self.pause)

    # steps

    def _configuration(self, version: str | None) -> dict[str, Any]:
        named = {"Qualifier": version} if version else {}
        with aws_errors(f"read the function {self.function!r}"):
            found: dict[str, Any] = self.client.get_function_configuration(FunctionName=self.function, **named)
        return found

    def _alias(self) -> dict[str, Any]:
        with aws_errors(f"read the alias {self.alias!r} of {self.function!r}"):
            found: dict[str, Any] = self.client.get_alias(FunctionName=self.function, Name=self.alias)
        return found

    def _upload(self, package: Package, latest: Mapping[str, Any], source: Mapping[str, str] | None) -> dict[str, Any]:
        """Sends the code onto the revision that was looked at; an answer that got lost is made up for by looking."""
        self.say(f"uploading {package.size.report()}")
        code: dict[str, Any] = dict(source) if source else {"ZipFile": package.path.read_bytes()}
        revision = latest.get("RevisionId")
        until = time.monotonic() + self.patience
        while True:
            try:
                with aws_errors(f"update the code of {self.function!r}"):
                    self._call("update_function_code", **_on(revision), **code)
            except _Uncertain as uncertain:
                found = self.ready()
                if found["CodeSha256"] == package.sha256:
                    return found
                if not uncertain.busy or found.get("RevisionId") != revision or time.monotonic() > until:
                    raise self._conflict("the code", lost=uncertain.lost) from None
                self.sleep(self.pause)  # it was busy, and nobody changed it: once more
                continue
            found = self.ready()
            if found["CodeSha256"] != package.sha256:
                raise self._conflict("the code")
            return found

    def _publish(self, sha256: str, latest: Mapping[str, Any], description: str) -> str:
        """A version of the code and configuration that were looked at. Lambda gives the last one where nothing changed."""
        self.say("publishing a version")
        revision = latest.get("RevisionId")
        for _ in range(3):
            try:
                with aws_errors(f"publish a version of {self.function!r}"):
                    made = self._call(
                        "publish_version", CodeSha256=sha256, Description=description[:256], **_on(revision)
                    )
                return str(made["Version"])
            except _Uncertain:
                found = self.ready()
                if found["CodeSha256"] != sha256 or not same_function(found, latest):
                    raise self._conflict("the function") from None
                revision = found.get("RevisionId")
        raise self._conflict("the function")

    def _starts(self, version: str) -> None:
        """Calls the version itself, which no client sees yet, with a call for a path that no service has."""
        self.say(f"starting version {version}")
        with aws_errors(f"call version {version} of {self.function!r}"):
            answer = self.client.invoke(
                FunctionName=self.function, Qualifier=version, Payload=json.dumps(START_CALL).encode()
            )
            # Read in any case: an answer that nobody reads keeps its connection.
            said = answer["Payload"].read()
        if answer.get("FunctionError"):
            # The message of an error may quote a secret: its type has to do.
            kind = _error_type(said, str(answer["FunctionError"]))
            raise RolledBack(
                f"version {version} of {self.function!r} does not start: {kind}",
                help="nothing was switched; 'cws logs' has the message, and a module may be missing in the package",
            )

    def _switch(self, version: str, current: Mapping[str, Any], smoke: Callable[[], str | None] | None) -> None:
        """Moves the alias, empties the cache and tries the version; the alias goes back when any of it fails or is stopped."""
        previous = current["FunctionVersion"]
        moved: Mapping[str, Any] | None = None
        wrong: str | None = None
        finished = False
        try:
            moved = self._move(version, current)
            self.flush()
            if smoke is not None:
                self.say("trying it")
                wrong = smoke()
            finished = True
        except KeyboardInterrupt:
            # It may have come between the move and its answer.
            moved = moved or self._found_on(version)
            raise
        finally:
            if moved is not None and (wrong is not None or not finished):
                self._back(previous, moved)
        if wrong is not None:
            raise RolledBack(
                f"version {version} of {self.function!r} fails its smoke call: {wrong}",
                help=f"the alias is back on version {previous}; see 'cws logs'",
            )

    def _move(self, version: str, current: Mapping[str, Any]) -> dict[str, Any]:
        """Moves the alias from where it was seen, and notes where it came from."""
        previous = current["FunctionVersion"]
        self.say(f"switching from version {previous} to {version}")
        try:
            with aws_errors(f"move the alias {self.alias!r} of {self.function!r}"):
                return self._call(
                    "update_alias",
                    Name=self.alias,
                    FunctionVersion=version,
                    Description=f"{_FROM}{previous}",
                    **_on(current.get("RevisionId")),
                )
        except _Uncertain as uncertain:
            moved = self._alias()
            if moved["FunctionVersion"] != version:
                raise self._conflict("the alias", lost=uncertain.lost) from None
            return moved

    def _found_on(self, version: str) -> dict[str, Any] | None:
        """The alias, where it is on this version."""
        found = self._alias()
        return found if found["FunctionVersion"] == version else None

    def _back(self, previous: str, moved: Mapping[str, Any]) -> None:
        version = moved["FunctionVersion"]
        try:
            self._move(previous, moved)
        except DeployError as error:
            raise DeployError(
                f"version {version} of {self.function!r} fails, and the alias cannot be moved back: {error.message}",
                help=f"run 'cws rollback --to {previous}' now",
            ) from None
        self.flush()

    def _before(self, alias: Mapping[str, Any]) -> str:
        """The version before the present one: the one noted at the switch, else the next older."""
        noted = str(alias.get("Description", ""))
        versions = self.versions()
        if noted.startswith(_FROM) and noted.removeprefix(_FROM) in versions:
            return noted.removeprefix(_FROM)
        present = alias["FunctionVersion"]
        older = [version for version in versions if present == "$LATEST" or int(version) < int(present)]
        if not older:
            raise DeployError(
                f"function {self.function!r} has no version before {present}", help="there is nothing to go back to"
            )
        return older[-1]

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        """A call that changes something; raises `_Uncertain` where only a look can say whether it did."""
        try:
            answer: dict[str, Any] = getattr(self.client, operation)(FunctionName=self.function, **arguments)
        except ClientError as error:
            # A version of other code than was named is refused as a wrong parameter.
            other_code = operation == "publish_version" and error_code(error) == "InvalidParameterValueException"
            if error_code(error) in _CONFLICT or error_code(error) == _BUSY or other_code:
                raise _Uncertain(busy=error_code(error) == _BUSY) from None
            raise
        except (ConnectionError, HTTPClientError):
            raise _Uncertain(lost=True) from None
        return answer

    def _conflict(self, what: str, *, lost: bool = False) -> DeployError:
        if lost:
            return DeployError(
                f"AWS did not answer when {what} of {self.function!r} was changed, and it is not changed",
                help="check the network and run the command again",
            )
        return Conflict(
            f"somebody else changed {what} of {self.function!r} at the same time",
            help="theirs stands; look at 'cws stages', then run the command again if yours shall win",
        )


class _Uncertain(Exception):
    """A call whose effect is not known: refused for its revision, put off, or without an answer."""

    def __init__(self, *, lost: bool = False, busy: bool = False) -> None:
        super().__init__("uncertain")
        self.lost = lost
        self.busy = busy


def _on(revision: str | None) -> dict[str, str]:
    """The condition that nobody changed it since; AWS names a revision always, an emulator may not."""
    return {"RevisionId": revision} if revision else {}


def _error_type(said: bytes, otherwise: str) -> str:
    try:
        data = json.loads(said)
    except ValueError:
        return otherwise
    return str(data.get("errorType") or otherwise) if isinstance(data, dict) else otherwise
