"""The requirements of an app, resolved by pip for Lambda's platform and Python instead of this machine's."""

from __future__ import annotations

import importlib.metadata
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from cwsauth.errors import ConfigError, DeployError

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "requirements.txt"
PYTHONS: Final = ("3.10", "3.11", "3.12", "3.13", "3.14")
_MACHINES: Final = {"x86_64": "x86_64", "arm64": "aarch64"}
# The C library of the runtimes: Amazon Linux 2 until Python 3.11, Amazon Linux 2023 from 3.12 on.
_GLIBC_OLD: Final = (26, 24, 17)
_GLIBC_NEW: Final = (34, 31, 28, 27, 26, 24, 17)
# What is taken as it is installed here: this project, and of Chalice the runtime only.
_OURS: Final = re.compile(r"(cwsauth|chalice)\s*(\[[A-Za-z0-9_, -]*\])?\s*([<>=!~][^;]*)?(;.*)?", re.IGNORECASE)
# As pip reads it: a '#' at the beginning or after a space.
_COMMENT: Final = re.compile(r"(^|\s)#.*")
# Extras that bring nothing a function imports.
_LOCAL: Final = frozenset({"chalice", "coworks", "cli", "gateway"})
_LEFTOVERS: Final = ("bin", "__pycache__", "share")


def runtime_version(wanted: str | None) -> str:
    """The Python of the function: the one asked for, else the one that runs here, as Chalice does.

    Raises:
        ConfigError: Lambda does not have it.
    """
    version = wanted or f"{sys.version_info.major}.{sys.version_info.minor}"
    if version not in PYTHONS:
        raise ConfigError(
            f"Lambda has no Python {version}", help=f"set 'python_version' to one of {', '.join(PYTHONS)}"
        )
    return version


def platforms(python_version: str, architecture: str) -> tuple[str, ...]:
    """The platform tags whose wheels run on Lambda, the newest first."""
    machine = _MACHINES[architecture]
    old = int(python_version.partition(".")[2]) < 12
    tags = [f"manylinux_2_{minor}_{machine}" for minor in (_GLIBC_OLD if old else _GLIBC_NEW)]
    return (*tags, f"manylinux2014_{machine}", f"linux_{machine}")


def expanded(text: str) -> list[str]:
    """The lines of a requirements file that are for pip: this project and Chalice come from here (`runtime`).

    In their place stand what the named extras of cwsauth need, such as PyJWT for `cwsauth[jwt]`.

    Raises:
        ConfigError: cwsauth has no such extra.
    """
    lines: list[str] = []
    for line in text.splitlines():
        stripped = _COMMENT.sub("", line).strip()
        match = _OURS.fullmatch(stripped)
        if match is None:
            lines += [stripped] if stripped else []
        elif match[1].lower() == "cwsauth":
            for extra in (match[2] or "").replace(" ", "").strip("[]").split(","):
                lines += _extra(extra) if extra else []
    return list(dict.fromkeys(lines))


def _extra(name: str) -> list[str]:
    if name in _LOCAL:
        return []
    try:
        needed = importlib.metadata.requires("cwsauth") or []
    except importlib.metadata.PackageNotFoundError:
        needed = []
    found: list[str] = []
    for line in needed:
        requirement, _, marker = line.partition(";")
        if re.search(rf"extra == ['\"]{re.escape(name)}['\"]", marker):
            nested = _OURS.fullmatch(requirement.strip())
            found += [requirement.strip()] if nested is None else expanded(requirement)
    if not found:
        raise ConfigError(
            f"cwsauth has no extra {name!r} here", help="pip install 'cwsauth[all]', or name the packages themselves"
        )
    return found


def install(
    requirements: Path, target: Path, *, python_version: str, architecture: str, wheels: Path | None = None
) -> None:
    """Put the wheels that `requirements` asks for, and what they need, into `target`. `wheels` is a directory of more.

    Raises:
        DeployError: pip did not find wheels for everything; its last words are the message.
    """
    command = [
        sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input", "--no-compile",
        "--target", str(target), "--requirement", str(requirements), "--only-binary=:all:",
        "--implementation", "cp", "--python-version", python_version,
    ]  # fmt: skip
    for platform in platforms(python_version, architecture):
        command += ["--platform", platform]
    if wheels is not None:
        command += ["--find-links", str(wheels)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=requirements.parent)  # noqa: S603
    if done.returncode != 0:
        raise DeployError(
            f"pip cannot resolve {FILE!r} for Python {python_version} on {architecture}: {_reason(done.stderr)}",
            help="every requirement needs a wheel for Lambda's platform; pin a version that has one, or vendor it in vendor/",
        )
    _clean(target)


def _clean(target: Path) -> None:
    """Remove what no function runs: console scripts, and the record of how it was installed."""
    import shutil

    for name in _LEFTOVERS:
        shutil.rmtree(target / name, ignore_errors=True)
    for path in target.glob("*.dist-info"):
        for name in ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json"):
            (path / name).unlink(missing_ok=True)


def _reason(stderr: str) -> str:
    """pip's last error in one line, without the credentials that an index's address may hold."""
    lines = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.startswith("ERROR:")]
    text = (lines or stderr.strip().splitlines() or ["no message"])[-1]
    return re.sub(r"//[^/@\s]+@", "//", text).rstrip(".")
