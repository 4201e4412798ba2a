"""On which API a stage goes, what `.chalice/deployed` says, and what a branch is called as a stage."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from coworks_compat.deploy import deployed as records
from coworks_compat.deploy.branch import commit_of, current_branch, stage_of_branch
from coworks_compat.deploy.context import Context
from coworks_compat.deploy.deployed import Deployed, Release
from coworks_compat.deploy.generate.roots import Roots
from coworks_compat.deploy.live import LiveApi, missing_routes
from coworks_compat.deploy.service import Authorizer, Route, Service
from coworks_compat.deploy.stages import make_owner
from coworks_compat.deploy.target import Target, find_target, refuse_uncovered
from cwsauth.errors import ConfigError, DeployError

DEV = Deployed(
    "dev", "dev", "abc123def4", "https://x/dev/", "dev", "shop-dev", "arn", "123456789012", "eu-west-1",
    facts={"routes": {"GET /": "public"}}, releases=(Release("1", "hash", "2026-01-01T00:00:00Z"),),
)  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    records.write(tmp_path, DEV)
    records.write(tmp_path, replace(DEV, stage="guest", owner="dev"))
    return tmp_path


def test_a_record_is_read_as_it_was_written(project: Path) -> None:
    """What is written is read again; a stage that was never deployed is None; all are listed by name."""
    assert records.read(project, "dev") == DEV
    assert records.read(project, "none") is None
    assert [found.stage for found in records.read_all(project)] == ["dev", "guest"]
    records.remove(project, "dev")
    records.remove(project, "dev")
    assert records.read(project, "dev") is None


@pytest.mark.parametrize("text", ["{", "[]", '{"cws": 3}', '{"cws": {"format": 2}}', '{"cws": {"format": 1, "x": 1}}'])
def test_a_damaged_record(project: Path, text: str) -> None:
    """A file that cws did not write so is named, with what to do; it is never half believed."""
    records.path_of(project, "dev").write_text(text)
    if text == "[]":
        assert records.read(project, "dev") is None
        return
    with pytest.raises(ConfigError, match=r"dev\.json"):
        records.read(project, "dev")


def test_a_record_of_chalice(project: Path) -> None:
    """A file of Chalice's own deployer is no record of ours, but its API's id is known."""
    resources = [{"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "zzz999"}]
    records.path_of(project, "old").write_text(json.dumps({"resources": resources, "schema_version": "2.0"}))
    assert records.read(project, "old") is None
    assert records.rest_api_of(project, "old") == "zzz999"
    assert records.rest_api_of(project, "none") is None


@pytest.mark.parametrize(
    ("stage", "wanted", "expected"),
    [
        ("new", None, Target("new", "new", None)),
        ("new", "new", Target("new", "new", None)),
        ("dev", None, Target("dev", "dev", "abc123def4")),
        ("dev", "dev", Target("dev", "dev", "abc123def4")),
        ("guest", None, Target("guest", "dev", "abc123def4")),
        ("guest", "dev", Target("guest", "dev", "abc123def4")),
        ("new", "dev", Target("new", "dev", "abc123def4")),
        ("new", "guest", Target("new", "dev", "abc123def4")),
        ("new", "abc123def4", Target("new", "dev", "abc123def4")),
        ("new", "zz99zz99zz", Target("new", "zz99zz99zz", "zz99zz99zz")),
    ],
)
def test_where_a_stage_goes(project: Path, stage: str, wanted: str | None, expected: Target) -> None:
    """An API of its own, that of the owner (of a guest's too), or an id; deployed stages stay where they are."""
    assert find_target(project, stage, wanted) == expected


def test_a_stage_that_chalice_deployed_may_be_the_host(project: Path) -> None:
    """`--rest_api_id` takes a stage that the other engine deployed: its API's id is in the file."""
    resources = [{"name": "rest_api", "resource_type": "rest_api", "rest_api_id": "zzz999"}]
    records.path_of(project, "old").write_text(json.dumps({"resources": resources, "schema_version": "2.0"}))
    assert find_target(project, "new", "old") == Target("new", "zzz999", "zzz999")


@pytest.mark.parametrize(("wanted", "help"), [("dve", "did you mean 'dev'?"), ("prod", "cws deploy --stage prod")])
def test_a_host_that_is_not_there(project: Path, wanted: str, help: str) -> None:
    """Neither a deployed stage nor an id: the nearest one, or how to deploy it first."""
    with pytest.raises(ConfigError, match=f"'--rest_api_id {wanted}' is neither") as caught:
        find_target(project, "new", wanted)
    assert help in caught.value.help


@pytest.mark.parametrize(("stage", "wanted"), [("dev", "zz99zz99zz"), ("guest", "zz99zz99zz"), ("guest", "guest")])
def test_a_stage_does_not_move(project: Path, stage: str, wanted: str) -> None:
    """A deployed stage does not change its API silently: its URL would."""
    with pytest.raises(DeployError, match=f"stage {stage!r} is deployed on") as caught:
        find_target(project, stage, wanted)
    assert f"cws destroy --stage {stage}" in caught.value.help


SERVICE = Service("shop", "app.app", (Route("GET", "/a", "auth"), Route("GET", "/b")), (Authorizer("auth", "app.app"),))
API = LiveApi("abc123", {"GET /a": "id1", "GET /b": None}, {"auth": "id1"}, {}, (), "f")


def test_a_guest_whose_state_is_elsewhere_does_not_become_the_owner(project: Path) -> None:
    """The API's state would be looked for where the guest keeps its own; nothing is moved, and the help moves the state."""
    (project / ".chalice" / "config.json").write_text(
        json.dumps({"app_name": "shop", "stages": {"dev": {}, "guest": {}}})
    )
    records.write(project, replace(DEV, backend="s3://states/team"))
    api = Roots(project, "dev").api
    api.mkdir(parents=True)
    with pytest.raises(ConfigError, match="not where that of its owner 'dev' is") as caught:
        make_owner(Context.open(project, "guest"), Service("shop", "app.app", (Route("GET", "/"),)))
    assert caught.value.help.endswith("cws deploy --stage guest --backend 's3://states/team'")
    assert api.is_dir()
    assert records.read(project, "guest") == replace(DEV, stage="guest", owner="dev")


def test_routes_that_an_api_lacks() -> None:
    """A guest needs every route, with the same guard: missing, opened and closed ones are told apart."""
    assert missing_routes(SERVICE, API) == ()
    wrong = missing_routes(SERVICE, replace(API, routes={"GET /a": None}))
    assert wrong == ("GET /a is open there and authorizer 'auth' here", "GET /b is missing")
    closed = missing_routes(SERVICE, replace(API, routes={"GET /a": "id1", "GET /b": "id1"}))
    assert closed == ("GET /b is authorizer 'auth' there and open here",)
    with pytest.raises(DeployError, match="does not have what 'shop' declares: GET /b is missing") as caught:
        refuse_uncovered(SERVICE, API, Target("new", "dev", "abc123"), ("GET /b is missing",))
    assert "cws deploy --stage dev" in caught.value.help


def test_an_api_that_cws_did_not_make() -> None:
    """An API whose integrations name one function cannot have several stages of functions."""
    foreign = replace(API, foreign=("GET /a",))
    with pytest.raises(DeployError, match="was not made by cws: GET /a does not go through"):
        refuse_uncovered(SERVICE, foreign, Target("new", "abc123", "abc123"), ())


@pytest.mark.parametrize(
    ("branch", "stage"),
    [
        ("dev", "dev"),
        ("release-2", "release-2"),
        ("feature/login", "feature-login-"),
        ("Feature/Login", "feature-login-"),
        ("a" * 60, "a" * 17 + "-"),
        ("ümlaut", "mlaut-"),
        ("///", ""),
    ],
)
def test_a_branch_as_a_stage(branch: str, stage: str) -> None:
    """A plain name is kept; another one is made plain, short, and gets a mark that keeps it apart."""
    made = stage_of_branch(branch)
    assert made.startswith(stage)
    assert len(made) <= 24
    assert made == stage or len(made) == len(stage) + 6
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not made.startswith("-")


def test_branches_are_kept_apart() -> None:
    """Names that look alike when made plain are two stages."""
    branches = ["a/b", "a-b", "A/b", "a_b", "a.b"]
    assert len({stage_of_branch(branch) for branch in branches}) == len(branches)


def test_the_branch_that_is_checked_out(tmp_path: Path) -> None:
    """git says it, before the first commit too; a CI service says it where a commit is checked out."""
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
    subprocess.run([*git, "init", "-q", "-b", "feature/x", str(tmp_path)], check=True)
    assert current_branch(tmp_path) == "feature/x"
    (tmp_path / "a").write_text("a")
    subprocess.run([*git, "-C", str(tmp_path), "add", "a"], check=True)
    subprocess.run([*git, "-C", str(tmp_path), "commit", "-q", "-m", "a"], check=True)
    commit = commit_of(tmp_path)
    assert len(commit) == 10
    (tmp_path / "a").write_text("b")
    assert commit_of(tmp_path) == commit + "+"
    subprocess.run([*git, "-C", str(tmp_path), "checkout", "-q", "--detach"], check=True)
    assert current_branch(tmp_path, {"GITHUB_REF_NAME": "main"}) == "main"
    with pytest.raises(ConfigError, match="no branch is checked out"):
        current_branch(tmp_path, {})


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git the stage has to be named; a version just says less of itself."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigError, match="needs git"):
        current_branch(tmp_path)
    assert commit_of(tmp_path) == ""
