"""Releases when AWS is slow, busy, cut off or changed by somebody else: nothing is left half done, a second run repairs.

moto and MiniStack are behind a real proxy in which the faults happen. MiniStack checks revisions itself.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from coworks_compat.deploy.aws import Aws
from coworks_compat.deploy.package import Package
from coworks_compat.deploy.package.archive import sha256, write_zip
from coworks_compat.deploy.package.size import Size
from coworks_compat.deploy.release import Conflict, Releaser, RolledBack
from cwsauth.errors import DeployError
from tests.deploy.faults import INVOKE, LOOK, PUBLISH, SWITCH, UPLOAD, Fault, Proxy, proxy
from tests.deploy.programs import Emulator

pytestmark = [pytest.mark.deploy, pytest.mark.slow]

THROTTLED = (429, "TooManyRequestsException")
REVISED = (412, "PreconditionFailedException")
BUSY = (409, "ResourceConflictException")


@dataclass
class Function:
    """A function at an emulator, reached by releasers through the proxy, and by the test without it."""

    name: str
    proxy: Proxy
    direct: Any
    directory: Path
    flushed: list[str] = field(default_factory=list)

    def package(self, word: str) -> Package:
        """A package whose code answers `word`."""
        path = self.directory / f"{word}.zip"
        write_zip(path, {"app.py": f"def app(event, context):\n    return {word!r}\n".encode()})
        return Package(path, sha256(path), Size(path.stat().st_size, 1, ()), "3.12")

    def releaser(self, **options: Any) -> Releaser:
        """What releases to the function through the proxy; it gives up quickly."""
        timeout = options.pop("read_timeout", 20)
        aws = Aws(region="eu-west-1", connect_timeout=5, read_timeout=timeout, tries=options.pop("tries", 3))
        client = aws.client("lambda")
        values = {"patience": 20.0, "pause": 0.02, "flush": lambda: self.flushed.append(self.shown()), **options}
        return Releaser(client, self.name, **values)

    def shown(self) -> str:
        """The code that the alias shows, by its hash."""
        alias = self.direct.get_alias(FunctionName=self.name, Name="live")
        found = self.direct.get_function_configuration(FunctionName=self.name, Qualifier=alias["FunctionVersion"])
        return str(found["CodeSha256"])


BOTH = pytest.mark.parametrize("server", ["moto", "ministack"], indirect=True)


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Emulator:
    found: Emulator = request.getfixturevalue(f"{getattr(request, 'param', 'moto')}_server")
    return found


@pytest.fixture
def function(
    server: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Function]:
    import boto3

    for name, value in server.environ().items():
        monkeypatch.setenv(name, value)
    make: Any = boto3.client
    direct, iam = make("lambda", region_name="eu-west-1"), make("iam", region_name="eu-west-1")
    label = "f" + format(abs(hash(request.node.nodeid)), "x")[:10]
    role = iam.create_role(RoleName=label, AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    with proxy(server.url) as between:
        made = Function(label, between, direct, tmp_path)
        direct.create_function(
            FunctionName=label,
            Runtime="python3.12",
            Role=role,
            Handler="app.app",
            Code={"ZipFile": made.package("first").path.read_bytes()},
            Publish=True,
        )
        direct.create_alias(FunctionName=label, Name="live", FunctionVersion="1")
        monkeypatch.setenv("AWS_ENDPOINT_URL", between.url)
        yield made
        direct.delete_function(FunctionName=label)
        iam.delete_role(RoleName=label)


@BOTH
def test_a_release(function: Function) -> None:
    """Upload, publish, start, switch; the cache is emptied after the switch; the alias notes where it came from."""
    said: list[str] = []
    second = function.package("second")
    outcome = function.releaser(say=said.append).release(second, smoke=lambda: None)
    assert (outcome.changed, outcome.previous, outcome.version) == (True, "1", "2")
    assert function.shown() == second.sha256
    assert function.flushed == [second.sha256]
    alias = function.direct.get_alias(FunctionName=function.name, Name="live")
    assert alias["Description"] == "cws: from version 1"
    assert [line.split()[0] for line in said] == ["uploading", "publishing", "starting", "switching", "trying"]


def test_the_same_code_is_not_sent(function: Function) -> None:
    """When the alias shows this code, nothing is called that changes anything."""
    outcome = function.releaser().release(function.package("first"))
    assert not outcome.changed
    assert [function.proxy.count(kind) for kind in (UPLOAD, PUBLISH, SWITCH, INVOKE)] == [0, 0, 0, 0]


@pytest.mark.parametrize("kind", [LOOK, UPLOAD, PUBLISH, INVOKE, SWITCH])
def test_throttling(function: Function, kind: tuple[str, str]) -> None:
    """A call that AWS puts off is made again, and the release goes through."""
    function.proxy.faults.append(Fault(kind, 2, answer=THROTTLED, forward=False))
    second = function.package("second")
    assert function.releaser().release(second).changed
    assert function.shown() == second.sha256


@pytest.mark.parametrize("kind", [LOOK, UPLOAD, PUBLISH, INVOKE, SWITCH])
def test_throttling_without_end(function: Function, kind: tuple[str, str]) -> None:
    """When AWS stays busy the command says so; the old code answers; the second run goes through."""
    function.proxy.faults.append(Fault(kind, 50, answer=THROTTLED, forward=False))
    second, before = function.package("second"), function.shown()
    with pytest.raises(DeployError, match="TooManyRequestsException") as caught:
        function.releaser(tries=2).release(second)
    assert "AWS is busy" in caught.value.help
    assert function.shown() == before
    function.proxy.faults.clear()
    assert function.releaser().release(second).changed
    assert function.shown() == second.sha256


@BOTH
@pytest.mark.parametrize("kind", [UPLOAD, PUBLISH, SWITCH])
@pytest.mark.parametrize("hang", [0.0, 1.5])
def test_an_answer_that_got_lost(function: Function, kind: tuple[str, str], hang: float) -> None:
    """The call was carried out, its answer never came (cut, or too late): the release finds out, and goes on."""
    function.proxy.faults.append(Fault(kind, 1, cut=True, hang=hang))
    second = function.package("second")
    outcome = function.releaser(read_timeout=1 if hang else 20).release(second)
    assert outcome.changed
    assert function.shown() == second.sha256
    assert outcome.version == "2"


@pytest.mark.parametrize("kind", [LOOK, UPLOAD, PUBLISH, INVOKE, SWITCH])
def test_the_network_goes_away(function: Function, kind: tuple[str, str]) -> None:
    """Cut off in the middle for good: the command fails, the old code answers, and the second run repairs."""
    function.proxy.faults.append(Fault(kind, 50, cut=True, forward=False))
    second, before = function.package("second"), function.shown()
    with pytest.raises(DeployError) as caught:
        function.releaser(tries=1).release(second)
    assert caught.value.help
    assert function.shown() == before
    function.proxy.faults.clear()
    assert function.releaser().release(second).changed
    assert function.shown() == second.sha256


def test_still_updating(function: Function) -> None:
    """While the function is being updated the release waits, and neither uploads nor publishes."""
    function.proxy.faults.append(Fault(LOOK, 3, rewrite=lambda data: {**data, "LastUpdateStatus": "InProgress"}))
    seen: list[int] = []
    releaser = function.releaser(sleep=lambda seconds: seen.append(function.proxy.count(UPLOAD)))
    assert releaser.release(function.package("second")).changed
    assert seen[:3] == [0, 0, 0]


def test_updating_without_end(function: Function) -> None:
    """A function that never gets ready ends the command after its patience, with the old code answering."""
    function.proxy.faults.append(Fault(LOOK, 500, rewrite=lambda data: {**data, "LastUpdateStatus": "InProgress"}))
    before = function.shown()
    with pytest.raises(DeployError, match="still being updated after 0 s"):
        function.releaser(patience=0.2).release(function.package("second"))
    assert function.shown() == before


def test_a_broken_function(function: Function) -> None:
    """A function whose last update failed is not released to."""
    rewrite = {"LastUpdateStatus": "Failed", "LastUpdateStatusReasonCode": "InvalidSubnet"}
    function.proxy.faults.append(Fault(LOOK, 5, rewrite=lambda data: {**data, **rewrite}))
    with pytest.raises(DeployError, match="is broken: InvalidSubnet"):
        function.releaser().release(function.package("second"))


def test_busy_then_free(function: Function) -> None:
    """A function that is locked by AWS for a moment is tried again, as long as nobody changed it."""
    function.proxy.faults.append(Fault(UPLOAD, 2, answer=BUSY, forward=False))
    second = function.package("second")
    assert function.releaser().release(second).changed
    assert function.shown() == second.sha256


@BOTH
@pytest.mark.parametrize("kind", [UPLOAD, PUBLISH, SWITCH])
def test_somebody_else_was_quicker(function: Function, kind: tuple[str, str], server: Emulator) -> None:
    """Another release between our look and our step wins, whole; ours says so and changes nothing more."""
    other = function.package("other")

    def meanwhile() -> None:
        aws = Aws(region="eu-west-1")
        client: Any = aws.session.client("lambda", endpoint_url=server.url)
        Releaser(client, function.name, pause=0.02).release(other)

    # Only MiniStack's upload looks at revisions; elsewhere the proxy says what AWS would say.
    answer = None if (server.name, kind) == ("ministack", UPLOAD) else REVISED
    function.proxy.faults.append(Fault(kind, 1, meanwhile=meanwhile, answer=answer, forward=answer is None))
    with pytest.raises(Conflict, match="somebody else changed") as caught:
        function.releaser().release(function.package("second"))
    assert "theirs stands" in caught.value.help
    assert function.shown() == other.sha256


@BOTH
def test_failing_smoke(function: Function) -> None:
    """What is wrong with the smoke call is the message; the alias is back, and the cache was emptied twice."""
    before, second = function.shown(), function.package("second")
    with pytest.raises(RolledBack, match="fails its smoke call: GET /: status 500") as caught:
        function.releaser().release(second, smoke=lambda: "GET /: status 500")
    assert "back on version 1" in caught.value.help
    assert function.shown() == before
    assert function.flushed == [second.sha256, before]


def test_interrupted_smoke(function: Function) -> None:
    """Ctrl-C while it is being tried puts the old version back."""
    before = function.shown()

    def interrupted() -> str | None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        function.releaser().release(function.package("second"), smoke=interrupted)
    assert function.shown() == before


@pytest.mark.parametrize("word", ["switching from version 1 to 2", "trying it"])
def test_interrupted_while_switching(function: Function, word: str) -> None:
    """Ctrl-C at any line between the move and the smoke call leaves the old version, and the next run goes through."""
    before, second = function.shown(), function.package("second")

    def say(line: str) -> None:
        if line == word:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        function.releaser(say=say).release(second, smoke=lambda: None)
    assert function.shown() == before
    assert function.releaser().release(second, smoke=lambda: None).changed
    assert function.shown() == second.sha256


def test_a_cache_that_cannot_be_emptied(function: Function) -> None:
    """Old answers must not stand before new code: the alias goes back, so that the next run has it all to do again."""
    before, second = function.shown(), function.package("second")
    failures = [DeployError("cannot empty the cache"), DeployError("cannot empty the cache")]

    def flush() -> None:
        if failures:
            raise failures.pop()

    with pytest.raises(DeployError, match="cannot empty the cache"):
        function.releaser(flush=flush).release(second)
    assert function.shown() == before
    assert function.releaser(flush=flush).release(second).changed
    assert function.shown() == second.sha256


def test_the_way_back_is_cut(function: Function) -> None:
    """When even the way back fails, the command to go back by hand is the help, with the version in it."""

    def cut() -> str | None:
        function.proxy.faults.append(Fault(SWITCH, 50, cut=True, forward=False))
        return "GET /: status 500"

    with pytest.raises(DeployError, match="cannot be moved back") as caught:
        function.releaser(tries=1).release(function.package("second"), smoke=cut)
    assert caught.value.help == "run 'cws rollback --to 1' now"


@pytest.mark.parametrize("server", ["ministack"], indirect=True)
def test_code_that_does_not_start(function: Function) -> None:
    """A version that fails when it is called directly is never shown; its error's text is not passed on."""
    before = function.shown()
    path = function.directory / "bad.zip"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", "raise ValueError('canary-4711')\n")
    path.write_bytes(buffer.getvalue())
    bad = Package(path, sha256(path), Size(1, 1, ()), "3.12")
    with pytest.raises(RolledBack, match="does not start") as caught:
        function.releaser().release(bad)
    assert "canary" not in f"{caught.value.message} {caught.value.help}"
    assert function.shown() == before


@BOTH
def test_rollback(function: Function) -> None:
    """Back to where the alias came from, and forward again; past versions that failed."""
    releaser = function.releaser()
    first, second, third = function.shown(), function.package("second"), function.package("third")
    releaser.release(second)
    with pytest.raises(RolledBack):
        releaser.release(function.package("bad"), smoke=lambda: "no")
    releaser.release(third)
    assert releaser.versions() == ("1", "2", "3", "4")
    assert releaser.rollback().version == "2"
    assert function.shown() == second.sha256
    assert releaser.rollback().version == "4"
    assert releaser.rollback("1").version == "1"
    assert function.shown() == first
    assert not releaser.rollback("1").changed
    with pytest.raises(DeployError, match="has no version '9'"):
        releaser.rollback("9")


def test_no_version_before(function: Function) -> None:
    """The first version has none before it."""
    with pytest.raises(DeployError, match="no version before 1"):
        function.releaser().rollback()
