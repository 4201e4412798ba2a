"""The package: the same bytes for the same input, what belongs into it, and how large it may be."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from coworks_compat.config.stage import Stage
from coworks_compat.deploy.package import build
from coworks_compat.deploy.package.archive import compiled, sha256, write_zip
from coworks_compat.deploy.package.ignore import Ignore, files
from coworks_compat.deploy.package.requirements import expanded, install, platforms, runtime_version
from coworks_compat.deploy.package.size import MEGABYTE, Size
from cwsauth.errors import ConfigError, DeployError

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def stage(**values: object) -> Stage:
    return Stage(name="dev", app_name="shop", api_gateway_stage="dev", **values)  # type: ignore[arg-type]


def project(directory: Path, *names: str, ignore: str | None = None) -> Path:
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    if ignore is not None:
        (directory / ".cwsignore").write_text(ignore)
    return directory


def chosen(directory: Path) -> list[str]:
    return [name for name, _ in files(directory, Ignore.of(directory))]


def test_same_input_same_bytes(tmp_path: Path) -> None:
    """Dates, owners and the order in which files were written are not in the zip."""
    first = project(tmp_path / "a", "app.py", "lib/x.py", "lib/data.json")
    second = project(tmp_path / "b", "lib/data.json", "lib/x.py", "app.py")
    os.utime(second / "app.py", (1, 1))
    (second / "lib" / "x.py").chmod(0o600)
    made = [build(path, stage()) for path in (first, second)]
    assert made[0].sha256 == made[1].sha256
    assert made[0].path.read_bytes() == made[1].path.read_bytes()


def test_other_input_other_bytes(tmp_path: Path) -> None:
    """One byte of a file makes another hash."""
    path = project(tmp_path, "app.py")
    before = build(path, stage()).sha256
    (path / "app.py").write_text("# other\n")
    assert build(path, stage()).sha256 != before


def test_modes_and_dates(tmp_path: Path) -> None:
    """Everybody may read what is in the zip, which Lambda's user needs; programs stay programs."""
    path = project(tmp_path, "app.py", "run.sh")
    (path / "app.py").chmod(0o600)
    (path / "run.sh").chmod(0o700)
    write_zip(tmp_path / "out.zip", {"app.py": path / "app.py", "run.sh": path / "run.sh", "made": b"x"})
    with zipfile.ZipFile(tmp_path / "out.zip") as archive:
        modes = {info.filename: info.external_attr >> 16 for info in archive.infolist()}
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert modes == {"app.py": 0o100644, "run.sh": 0o100755, "made": 0o100644}


def test_a_zip_appears_whole(tmp_path: Path) -> None:
    """When writing fails, the zip of before is still there and nothing else is left."""
    target = tmp_path / "out.zip"
    write_zip(target, {"a": b"1"})
    before = target.read_bytes()
    with pytest.raises(FileNotFoundError):
        write_zip(target, {"a": b"2", "b": tmp_path / "missing"})
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_what_belongs_into_it(tmp_path: Path) -> None:
    """The app and its modules and data; not tests, secrets, states, environments, caches or packaging."""
    names = ["app.py", "chalicelib/__init__.py", "chalicelib/data.json", "static/page.html", "lib/tests/x.py"]
    left = [
        ".env", ".git/config", ".chalice/config.json", ".venv/lib/x.py", "venv/x.py", "tests/test_app.py", "conftest.py",
        "test_app.py", "terraform/dev/api/terraform.tfstate", "key.pem", "server.key", "__pycache__/app.cpython-312.pyc",
        "x.pyc", "requirements.txt", "requirements-dev.txt", "pyproject.toml", "README.md", "node_modules/x/y.js",
        "shop.egg-info/PKG-INFO", "prod.tfvars", ".cwsignore",
    ]  # fmt: skip
    assert sorted(chosen(project(tmp_path, *names, *left))) == sorted(names)


def test_cwsignore(tmp_path: Path) -> None:
    """Lines as in .gitignore: names anywhere, paths from the top, directories, and `!` to bring back what we leave out."""
    ignore = "# big\n*.csv\n/static/\nlib/**/raw\n!README.md\n!/tests/\n\n"
    path = project(
        tmp_path, "app.py", "a.csv", "lib/b.csv", "static/x", "lib/static/x", "lib/a/raw/x", "README.md", "tests/t.py",
        ignore=ignore,
    )  # fmt: skip
    assert sorted(chosen(path)) == ["README.md", "app.py", "lib/static/x", "tests/t.py"]


def test_wrong_cwsignore(tmp_path: Path) -> None:
    """A line that is no pattern is named by its number."""
    with pytest.raises(ConfigError, match="line 2 is no pattern"):
        Ignore.of(project(tmp_path, "app.py", ignore="a\n/\n"))


def test_vendor_lies_beside_the_app(tmp_path: Path) -> None:
    """As in Chalice: what is in vendor/ is importable at the top."""
    assert chosen(project(tmp_path, "app.py", "vendor/lib/__init__.py")) == ["app.py", "lib/__init__.py"]


def test_links(tmp_path: Path) -> None:
    """A link to a file is that file. One to a directory, or to nothing, is refused by name unless it is left out."""
    path = project(tmp_path / "p", "app.py", "shared/data.json")
    project(tmp_path / "outside", "secret.py")
    (path / "data.json").symlink_to("shared/data.json")
    assert sorted(chosen(path)) == ["app.py", "data.json", "shared/data.json"]
    (path / "link").symlink_to(tmp_path / "outside", target_is_directory=True)
    with pytest.raises(ConfigError, match="'link' is a link to a directory, which is not followed"):
        chosen(path)
    (path / ".cwsignore").write_text("/link\n")
    assert "link" not in " ".join(chosen(path))
    (path / "shared" / "gone").symlink_to("nowhere")
    with pytest.raises(ConfigError, match="'shared/gone' is a link to nothing") as caught:
        chosen(path)
    assert ".cwsignore" in caught.value.help


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    """What is not UTF-8, or cannot be opened, is named in one line; there is no traceback."""
    path = project(tmp_path, "app.py")
    (path / "requirements.txt").write_bytes(b"caf\xe9\n")
    with pytest.raises(ConfigError, match=r"requirements .*requirements\.txt' is not UTF-8 \(byte 3\)"):
        build(path, stage())
    (path / "requirements.txt").unlink()
    (path / "requirements.txt").mkdir()
    with pytest.raises(ConfigError, match="cannot read requirements"):
        build(path, stage())
    (path / "requirements.txt").rmdir()
    (path / ".cwsignore").write_bytes(b"\xff\n")
    with pytest.raises(ConfigError, match="is not UTF-8"):
        build(path, stage())
    (path / ".cwsignore").unlink()
    (path / ".chalice").write_text("no directory")
    with pytest.raises(DeployError, match=r"cannot build the package: .*/\.chalice") as caught:
        build(path, stage())
    assert caught.value.__suppress_context__


def test_an_empty_project(tmp_path: Path) -> None:
    """A package without a module is refused."""
    with pytest.raises(DeployError, match="no Python module"):
        build(project(tmp_path, "README.md"), stage())


def test_the_runtime_is_in_it(tmp_path: Path) -> None:
    """The libraries that a function imports are in the package, their command lines and emulators are not."""
    made = build(project(tmp_path, "app.py"), stage())
    with zipfile.ZipFile(made.path) as archive:
        names = set(archive.namelist())
    assert {"app.py", "cws_entry.py", "cwsauth/authorizer.py", "wcmatch/glob.py", "coworks_compat/__init__.py"} <= names
    assert not [
        name for name in names if name.startswith(("cwsauth/gateway/", "cwsauth/cli/", "coworks_compat/deploy/"))
    ]
    assert {name for name in names if name.startswith("chalice/")} <= {"chalice/__init__.py", "chalice/app.py"}
    assert made.size.zipped < MEGABYTE


def test_a_layer_of_requirements(tmp_path: Path) -> None:
    """With automatic_layer the app is alone in its zip, and everything else lies below python/ in the layer's."""
    made = build(project(tmp_path, "app.py"), stage(automatic_layer=True))
    assert made.layer is not None
    with zipfile.ZipFile(made.path) as archive:
        assert archive.namelist() == ["app.py", "cws_entry.py"]
    with zipfile.ZipFile(made.layer.path) as archive:
        assert all(name.startswith("python/") for name in archive.namelist())


def test_bytecode_is_deterministic_and_works(tmp_path: Path) -> None:
    """What the process did before, and the seed of its hashes, are not in the bytes; Python takes them without the source."""
    script = (
        "import sys; exec(sys.argv[2]); from coworks_compat.deploy.package.archive import compiled;"
        "b = compiled({'lib/x.py': b'VALUE = {1, 2}\\ndef f(a=3): return a\\ndef g(): return \"once_only\"\\n'}, sys.argv[1]);"
        "(name, data), = b.items(); sys.stdout.buffer.write(data)"
    )
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    before = "kept = [sys.intern(text) for text in ('once_only', 'VALUE', 'f', 'g', 'a', '<module>', 'lib/x.py')]"
    outputs = [
        subprocess.run(
            [sys.executable, "-c", script, HERE, did],
            env={**environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed, did in (("1", ""), ("2", ""), ("1", before))
    ]
    assert outputs[0] == outputs[1] == outputs[2]
    assert outputs[0][4] == 1, "unchecked: neither a date nor the source is looked at"
    (tmp_path / "x.pyc").write_bytes(outputs[0])
    done = subprocess.run(
        [sys.executable, "-c", "import x; print(x.f())"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout == "3\n", done.stderr


def test_bytecode_for_another_python() -> None:
    """Bytecode is for one Python: another one is refused, with what to do."""
    with pytest.raises(ConfigError, match=r"--pyc needs Python 3\.99"):
        compiled({"a.py": b""}, "3.99")


def test_bytecode_where_this_python_is_the_functions(tmp_path: Path) -> None:
    """Left to itself, a package has bytecode beside every source when it can be the function's, and none otherwise."""
    path = project(tmp_path, "app.py", "lib/x.py")
    other = "3.13" if HERE != "3.13" else "3.12"
    for version, pyc, expected in ((HERE, None, True), (HERE, False, False), (other, None, False)):
        made = build(path, stage(python_version=version), pyc=pyc)
        with zipfile.ZipFile(made.path) as archive:
            names = archive.namelist()
        assert {"app.py", "lib/x.py"} <= set(names)
        bytecode = [name for name in names if name.endswith(".pyc")]
        sources = [name for name in names if name.endswith(".py")]
        assert len(bytecode) == (len(sources) if expected else 0)
    assert f"lib/__pycache__/x.{sys.implementation.cache_tag}.pyc" not in names


def test_a_file_that_is_no_python() -> None:
    """A wheel's template that ends in .py gets no bytecode and stops nothing; Python complains where it is imported."""
    found = compiled({"lib/x.py": b"def (", "lib/y.py": b"y = '\\d'"}, HERE)
    assert [name.partition(".")[0] for name in found] == ["lib/__pycache__/y"]


def test_size() -> None:
    """The report says both limits and the check names what takes most."""
    size = Size.of(51 * MEGABYTE, {"numpy/a.so": 200 * MEGABYTE, "app.py": 10, "numpy/b.so": 10 * MEGABYTE})
    assert size.report() == "51.0 of 50 MB zipped, 210.0 of 250 MB unpacked"
    assert size.parts == (("numpy", 210 * MEGABYTE), ("app.py", 10))
    with pytest.raises(DeployError, match="too large for one request") as caught:
        size.check(bucket=False)
    assert "--bucket" in caught.value.help
    assert "numpy 210.0 MB" in caught.value.help
    size.check(bucket=True)
    with pytest.raises(DeployError, match="the package is too large"):
        Size.of(1, {"a": 251 * MEGABYTE}).check(bucket=True)


@pytest.mark.parametrize(
    ("version", "architecture", "expected", "missing"),
    [
        ("3.12", "x86_64", "manylinux_2_34_x86_64", "manylinux_2_35_x86_64"),
        ("3.11", "x86_64", "manylinux_2_26_x86_64", "manylinux_2_28_x86_64"),
        ("3.13", "arm64", "manylinux2014_aarch64", "manylinux2014_x86_64"),
    ],
)
def test_platforms(version: str, architecture: str, expected: str, missing: str) -> None:
    """Wheels for a newer C library than the runtime's are not taken."""
    tags = platforms(version, architecture)
    assert expected in tags
    assert missing not in tags


@pytest.mark.parametrize("version", ["3.9", "3.15", "2.7"])
def test_pythons_that_lambda_lacks(version: str) -> None:
    """A Python that Lambda does not have is refused, with those that it has."""
    with pytest.raises(ConfigError, match=f"Lambda has no Python {version}"):
        runtime_version(version)


def test_a_requirement_without_a_wheel(tmp_path: Path) -> None:
    """pip's own reason is shown in one line; nothing is fetched for a file that does not exist."""
    path = tmp_path / "requirements.txt"
    path.write_text("./nowhere.whl\n")
    with pytest.raises(DeployError, match=r"pip cannot resolve 'requirements\.txt'") as caught:
        install(path, tmp_path / "out", python_version="3.12", architecture="x86_64")
    assert "\n" not in caught.value.message


def test_hash_is_as_lambda_says_it(tmp_path: Path) -> None:
    """SHA-256, base64: what CodeSha256 holds."""
    path = tmp_path / "x"
    path.write_bytes(b"")
    assert sha256(path) == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_requirements_that_are_taken_from_here() -> None:
    """This project and Chalice come as they are installed; the rest goes to pip, as do the extras' own requirements."""
    text = "# comment\n\ncwsauth[chalice]\nchalice>=1.32\nCWSAUTH == 0.1.0 ; python_version > '3'\nrequests>=2\n./wheels/x.whl\n--hash x\n"
    assert expanded(text) == ["requests>=2", "./wheels/x.whl", "--hash x"]
    assert expanded("cwsauth[chalice]  # ours\nchalice # theirs\nx # y\n./a#b\n") == ["x", "./a#b"]
    assert expanded("cwsauth-extra\nchalice-x==1\n") == ["cwsauth-extra", "chalice-x==1"]
    with pytest.raises(ConfigError, match="cwsauth has no extra 'nope' here"):
        expanded("cwsauth[nope]")


def test_extras_bring_what_they_need(monkeypatch: pytest.MonkeyPatch) -> None:
    """An extra is what the installed package says, also through another extra; each requirement once."""
    needed = [
        "wcmatch>=12",
        "PyJWT[crypto]>=2.15; extra == 'jwt'",
        'pydantic>=2; extra == "policy-files"',
        "cwsauth[jwt,policy-files]; extra == 'both'",
    ]
    monkeypatch.setattr("importlib.metadata.requires", lambda name: needed)
    assert expanded("cwsauth[both, jwt]\n") == ["PyJWT[crypto]>=2.15", "pydantic>=2"]


def test_a_new_project_is_packed(tmp_path: Path) -> None:
    """The requirements that `cws new` writes need no registry."""
    path = project(tmp_path, "app.py")
    (path / "requirements.txt").write_text("cwsauth[chalice]\n")
    with zipfile.ZipFile(build(path, stage()).path) as archive:
        assert "coworks_compat/techms.py" in archive.namelist()
    assert not list(path.glob(".cws-*"))
