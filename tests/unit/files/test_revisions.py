"""Policy files out of a real git repository."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from cwsauth.errors import ConfigError
from cwsauth.files.revisions import load_revision, split_range

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="there is no git on this machine")


def git(directory: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(directory), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two commits of `config/policy.yaml`, the first of which takes its routes from `api.yaml`, and a third version."""
    (tmp_path / "config").mkdir()
    policy = tmp_path / "config" / "policy.yaml"
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "api.yaml").write_text("paths: {/old: {get: {}}}\n")
    policy.write_text("routes: {openapi: ../api.yaml}\nroles: {a: [old]}\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "one")
    git(tmp_path, "tag", "one")
    (tmp_path / "api.yaml").unlink()
    policy.write_text("roles: {a: [new]}\n")
    git(tmp_path, "commit", "-q", "-a", "-m", "two")
    policy.write_text("roles: {a: [newest]}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("path", ["config/policy.yaml", "./config/../config/policy.yaml"])
def test_a_file_is_as_it_was(path: str, repository: Path) -> None:
    """With the OpenAPI document of that revision, whatever became of both since."""
    one = load_revision(path, "one")
    assert one["a"].allows("GET", "/old")
    assert [str(route) for route in one.routes or ()] == ["GET /old"]
    two = load_revision(path, "HEAD")
    assert two["a"].allows("GET", "/new")
    assert two.routes is None


def test_an_absolute_path_and_a_directory_that_is_gone(repository: Path) -> None:
    """The file need not be on the disk any more."""
    shutil.rmtree(repository / "config")
    assert load_revision("config/policy.yaml", "HEAD~1")["a"].allows("GET", "/old")
    assert load_revision(repository / "config" / "policy.yaml", "main")["a"].allows("GET", "/new")


@pytest.mark.parametrize(
    ("path", "revision", "message"),
    [
        ("config/policy.yaml", "nowhere", "there is no revision 'nowhere'"),
        ("config/policy.yaml", "--help", "there is no revision '--help'"),
        ("config/policy.yaml", "", "there is no revision ''"),
        ("config/none.yaml", "HEAD", "the revision 'HEAD' has no file 'config/none.yaml'"),
        ("config", "HEAD", "the revision 'HEAD' has no file 'config'"),
        ("../policy.yaml", "HEAD", "there is no revision 'HEAD'"),
    ],
)
def test_what_is_not_there(path: str, revision: str, message: str, repository: Path) -> None:
    """A revision or file that git does not have is named; no text is an option of git."""
    with pytest.raises(ConfigError, match=message):
        load_revision(path, revision)


def test_errors_name_the_revision(repository: Path) -> None:
    """A fault of an old version says where it is."""
    (repository / "config" / "policy.yaml").write_text("roles: {a: ['x{']}\n")
    git(repository, "commit", "-q", "-a", "-m", "three")
    with pytest.raises(ConfigError, match=r"invalid file 'HEAD:config/policy.yaml' line 1: roles\.a\.0"):
        load_revision("config/policy.yaml", "HEAD")


@pytest.mark.parametrize(
    ("text", "revisions"),
    [
        ("main..HEAD", ("main", "HEAD")),
        ("main..", ("main", "HEAD")),
        ("v1.2", ("v1.2", None)),
        ("a/b..c", ("a/b", "c")),
    ],
)
def test_ranges(text: str, revisions: tuple[str, str | None]) -> None:
    """As git writes them; a lone revision is compared with the file on the disk."""
    assert split_range(text) == revisions


@pytest.mark.parametrize("text", ["..main", "", "a...b"])
def test_what_is_no_range(text: str) -> None:
    """Nothing to begin with, or another operator."""
    with pytest.raises(ConfigError, match="invalid range of revisions"):
        split_range(text)
