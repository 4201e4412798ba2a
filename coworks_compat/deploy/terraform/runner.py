"""Runs terraform (or tofu) in one directory and says what it does while it does it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from coworks_compat.deploy.terraform.process import child
from cwsauth.errors import DeployError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

PROGRAMS: Final = ("terraform", "tofu")
_VERBS: Final = {
    "create": "creating",
    "update": "changing",
    "delete": "deleting",
    "read": "reading",
    "replace": "replacing",
}

_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")


def find_terraform() -> str:
    """The path of terraform, else of tofu.

    Raises:
        DeployError: there is neither; the help says where to get one.
    """
    for name in PROGRAMS:
        path = shutil.which(name)
        if path is not None:
            return path
    raise DeployError(
        "neither terraform nor tofu is on PATH",
        help="install terraform (developer.hashicorp.com/terraform/install) or OpenTofu (opentofu.org), or use --engine chalice",
    )


class Failed(DeployError):
    """terraform could not do all of it. `errors`: the resource of each error, empty where it has none, and its words."""

    def __init__(self, message: str, *, errors: tuple[tuple[str, str], ...], help: str = "") -> None:
        super().__init__(message, help=help)
        self.errors = errors


@dataclass(slots=True)
class Terraform:
    """terraform in `directory`. `environ` is added to this process's; no text of `hidden` is ever passed on."""

    directory: Path
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)
    program: str = field(default_factory=find_terraform)
    lock_timeout: int = 0  # seconds

    def init(self, *, migrate: bool = False) -> None:
        """Gets the provider and the state ready. `migrate` moves the state to another backend.

        Raises:
            DeployError: terraform's own words.
        """
        mark = self.directory / ".terraform" / "cws-ready"
        plumbing = self._plumbing()
        if not migrate and mark.is_file() and mark.read_text(encoding="utf-8") == plumbing:
            return
        moving = ["-migrate-state", "-force-copy"] if migrate else ["-reconfigure"]
        self._run("init", "-input=false", "-no-color", *moving, doing="prepare")
        mark.write_text(plumbing, encoding="utf-8")

    def plan(self, out: Path, *, destroy: bool = False) -> bool:
        """Writes a plan to `out`; whether it has changes."""
        options = ["-destroy"] if destroy else []
        done = self._json("plan", "-detailed-exitcode", f"-out={out}", *options, doing="plan", good=(0, 2))
        return done == 2

    def show(self, plan: Path) -> dict[str, Any]:
        """A plan as terraform's own JSON. Source: its documentation, "JSON Output Format"."""
        data: dict[str, Any] = json.loads(self._run("show", "-json", str(plan), doing="show the plan"))
        return data

    def apply(self, plan: Path, say: Callable[[str], None] = lambda line: None) -> None:
        """Carries a plan out; `say` gets a line for everything that begins.

        Raises:
            Failed: something could not be done. What was done before it is in the state, so a second run goes on.
            Interrupted: somebody stopped the command. The first time what was begun is finished; the second breaks it off.
        """
        self._json("apply", str(plan), doing="apply", say=say, patient=1)

    def adopt(self, address: str, identity: str) -> None:
        """Notes in the state that the resource at `address` is the one at AWS that `identity` names; AWS is not changed.

        Raises:
            DeployError: terraform's own words.
        """
        options = ["-input=false", "-no-color", f"-lock-timeout={self.lock_timeout}s"]
        self._run("import", *options, address, identity, doing=f"import {address}", private=True)

    def output(self) -> dict[str, Any]:
        """The outputs of what was applied, by name; empty where nothing was."""
        data = json.loads(self._run("output", "-json", "-no-color", doing="read the outputs"))
        return {name: value["value"] for name, value in data.items()}

    def has_state(self) -> bool:
        """Whether anything was ever applied here: the state of what was destroyed is empty, and still there."""
        return bool(self._run("state", "pull", doing="read the state").strip())

    def resources(self) -> tuple[str, ...]:
        """The addresses in the state."""
        done = self._call(["state", "list"])
        return tuple(done.stdout.split()) if done.returncode == 0 else ()

    def _plumbing(self) -> str:
        """What `init` looks at: unchanged, it need not run again."""
        digest = hashlib.sha256(self.program.encode())
        for path in sorted([*self.directory.glob("*.tf"), *self.directory.glob("*.tf.json")]):
            text = path.read_bytes()
            if b"required_providers" in text or b"backend" in text or b"module" in text:
                digest.update(path.name.encode() + b"\0" + text)
        return digest.hexdigest()

    def _run(self, *arguments: str, doing: str, private: bool = False) -> str:
        done = self._call(arguments, private=private)
        if done.returncode != 0:
            raise self._error(doing, _plain_error(done.stderr))
        return done.stdout

    def _call(self, arguments: Iterable[str], *, private: bool = False) -> subprocess.CompletedProcess[str]:
        command = [self.program, *arguments]
        with child(command, directory=self.directory, environ=self._environ(), private=private) as running:
            out, err = running.process.communicate()
        return subprocess.CompletedProcess(command, running.process.returncode, out, err)

    def _json(
        self,
        command: str,
        *arguments: str,
        doing: str,
        say: Callable[[str], None] = lambda line: None,
        good: tuple[int, ...] = (0,),
        patient: int = 0,
    ) -> int:
        """Runs a command that speaks JSON, line by line; its exit code. What it writes can hold secrets: nobody else reads it."""
        options = ["-input=false", "-json", f"-lock-timeout={self.lock_timeout}s"]
        errors: list[tuple[str, str]] = []
        with child(
            [self.program, command, *options, *arguments],
            directory=self.directory,
            environ=self._environ(),
            together=True,
            private=True,
            patient=patient,
            noted=lambda: say("interrupted: what terraform has begun is finished first; once more breaks it off"),
        ) as running:
            assert running.process.stdout is not None
            for line in running.process.stdout:
                event = _event(line)
                if event.get("type") == "diagnostic" and event.get("@level") == "error":
                    errors.append(_diagnostic(event.get("diagnostic", {})))
                elif event.get("type") == "apply_start":
                    say(self._clean(_started(event.get("hook", {}))))
                elif not event and line.strip():
                    errors.append(("", line.strip()))
        code = running.process.returncode
        if code not in good:
            told = [f"{address}: {text}" if address else text for address, text in errors]
            error = self._error(doing, "; ".join(told) or f"exit code {code}")
            raise Failed(
                error.message, errors=tuple((address, self._clean(text)) for address, text in errors), help=error.help
            )
        return code

    def _error(self, doing: str, reason: str) -> DeployError:
        text = self._clean(" ".join(reason.split()).rstrip("."))
        return DeployError(f"terraform cannot {doing} in {self.directory.name!r}: {text[:1200]}", help=_remedy(text))

    def _clean(self, text: str) -> str:
        for secret in self.hidden:
            if secret:
                text = text.replace(secret, "…")
        return text

    def _environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "TF_CLI_ARGS": "",
            "CHECKPOINT_DISABLE": "1",
            **self.environ,
        }


def _event(line: str) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except json.JSONDecodeError:
        return {}
    return data if isinstance(data, dict) else {}


def _started(hook: dict[str, Any]) -> str:
    resource = hook.get("resource", {})
    verb = _VERBS.get(str(hook.get("action")), str(hook.get("action")))
    return f"{verb} {resource.get('addr', '')}"


def _diagnostic(diagnostic: dict[str, Any]) -> tuple[str, str]:
    """The resource of an error, empty where it has none, and what is said."""
    summary, detail = str(diagnostic.get("summary", "")), str(diagnostic.get("detail", ""))
    text = ": ".join(part.strip().rstrip(".") for part in (summary, detail) if part.strip())
    return str(diagnostic.get("address") or ""), text


def _plain_error(stderr: str) -> str:
    """The error out of terraform's box."""
    lines = [line.strip(" │╷╵") for line in _COLOR.sub("", stderr).splitlines()]
    begin = next((number for number, line in enumerate(lines) if line.startswith("Error:")), 0)
    return " ".join(line for line in lines[begin:] if line).removeprefix("Error:").strip() or "no message"


def _remedy(text: str) -> str:
    if "state lock" in text or "ConditionalCheckFailed" in text:
        return "somebody else is deploying: wait, or pass --lock-timeout; after a crash see 'terraform force-unlock'"
    if "Unsupported Terraform Core version" in text or "use_lockfile" in text:
        return "cws needs terraform 1.5 or newer, and 1.10 for a state in S3; install another one (see 'terraform version')"
    if "Failed to query available provider packages" in text or "Could not retrieve" in text:
        return "terraform could not get the AWS provider: is the registry reachable, or a mirror in your terraformrc?"
    if "ExpiredToken" in text or "InvalidClientTokenId" in text or "No valid credential sources" in text:
        return "log in to AWS again, or pass --profile"
    if "ResourceAlreadyExistsException" in text or "EntityAlreadyExists" in text or "ResourceConflict" in text:
        return "it exists outside terraform's state: delete it, or bring it in with 'terraform import'"
    return "what was done is kept in the state; mend the cause and run the command again"
