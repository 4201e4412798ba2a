"""Values that stand elsewhere: `${env:X}`, `${ssm:/path}`, `${secretsmanager:id}`, `${var:name}`.

A text with a reference is a `Reference`, resolved only when its value is asked for. What came out is a `Secret`, whose
value is in no `repr`, no `str` and no message.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from cwsauth.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_REFERENCE: Final = re.compile(r"\$\{(\w+):([^{}]*)\}")
_KINDS: Final = ("env", "ssm", "secretsmanager", "var")
# One parameter: its name or path. One secret: its name or ARN, then `#key` for one member of a JSON secret.
_NAMES: Final = {
    "env": re.compile(r"[A-Za-z_][A-Za-z0-9_]*"),
    "var": re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*"),
    "ssm": re.compile(r"[A-Za-z0-9_.\-/]+"),
    "secretsmanager": re.compile(r"[A-Za-z0-9/_+=.@:\-]+(#[^#]+)?"),
}


class Secret:
    """A text that is not shown: `secret.reveal()` is the only way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself. Hand it to what needs it, and to nothing that prints."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __str__(self) -> str:
        return "…"

    def __format__(self, spec: str) -> str:
        return "…"

    def __reduce__(self) -> str:
        raise TypeError("a secret is not pickled")


@dataclass(frozen=True, slots=True)
class Part:
    """One `${kind:name}` of a text."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"${{{self.kind}:{self.name}}}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A text with at least one reference in it. `text` is what the file says, and holds no secret."""

    text: str
    parts: tuple[Part, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds of reference in the text."""
        return frozenset(part.kind for part in self.parts)

    @property
    def whole(self) -> Part | None:
        """The reference, where the text is nothing else."""
        return self.parts[0] if len(self.parts) == 1 and str(self.parts[0]) == self.text else None


def parse(text: str, *, where: str = "") -> str | Reference:
    """`text` itself when it has no reference, else the `Reference`. `$${` stands for a plain `${`.

    Raises:
        ConfigError: a reference of an unknown kind, or one that names nothing. `where` is the key it stands under.
    """
    named = f" in {where!r}" if where else ""
    parts: list[Part] = []
    bare = text.replace("$${", "")
    for match in _REFERENCE.finditer(bare):
        kind, name = match[1], match[2]
        if kind not in _KINDS:
            raise ConfigError(
                f"unknown reference {match[0]!r}{named}",
                help="write ${env:X}, ${ssm:/path}, ${secretsmanager:id} or ${var:name}; '$${' is a plain '${'",
            )
        if _NAMES[kind].fullmatch(name) is None:
            raise ConfigError(f"invalid reference {match[0]!r}{named}: {name!r} is not a name", help=_example(kind))
        parts.append(Part(kind, name))
    if "${" in _REFERENCE.sub("", bare):
        raise ConfigError(
            f"invalid reference{named}: '${{' is not closed, or holds no 'kind:name'",
            help="write ${env:X}, ${ssm:/path}, ${secretsmanager:id} or ${var:name}; '$${' is a plain '${'",
        )
    return Reference(text, tuple(parts)) if parts else text.replace("$${", "${")


def _example(kind: str) -> str:
    return {
        "env": "write ${env:NAME}",
        "var": "write ${var:name}, and the name into the --var-file",
        "ssm": "write ${ssm:/path/of/the/parameter}",
        "secretsmanager": "write ${secretsmanager:name}, or ${secretsmanager:name#key} for one key of a JSON secret",
    }[kind]


@dataclass(slots=True)
class Resolver:
    """Reads what references point to, each once. AWS is asked when the first reference needs it, not before.

    `session` gives the `boto3.Session` to ask with.
    """

    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    environ: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)
    session: Callable[[], Any] | None = field(default=None, repr=False)
    _known: dict[Part, str] = field(default_factory=dict, repr=False)
    _session: Any = field(default=None, repr=False)

    def secret(self, value: str | Reference, *, where: str = "") -> Secret:
        """The value of a text or reference.

        Raises:
            ConfigError: a variable is not set, or AWS does not give the parameter or secret. No value is in the message.
        """
        if isinstance(value, str):
            return Secret(value)

        def found(match: re.Match[str]) -> str:
            return "${" if match[0] == "$${" else self._value(Part(match[1], match[2]), where)

        return Secret(re.sub(r"\$\$\{|" + _REFERENCE.pattern, found, value.text))

    def _value(self, part: Part, where: str) -> str:
        if part not in self._known:
            self._known[part] = self._read(part, f" (needed by {where!r})" if where else "")
        return self._known[part]

    def _read(self, part: Part, needed: str) -> str:
        match part.kind:
            case "env":
                if not self.environ.get(part.name):
                    raise ConfigError(
                        f"environment variable {part.name!r} is not set or empty{needed}",
                        help=f"export {part.name}=… before the command",
                    )
                return self.environ[part.name]
            case "var":
                if part.name not in self.variables:
                    raise ConfigError(
                        f"variable {part.name!r} is in no --var-file{needed}",
                        help=f"add {part.name!r} to a file and pass it with --var-file",
                    )
                return self.variables[part.name]
            case "ssm":
                return self._ask("ssm", part, needed)
            case _:
                name, _, key = part.name.partition("#")
                text = self._ask("secretsmanager", Part(part.kind, name), needed)
                return _member(text, key, part, needed) if key else text

    def _ask(self, service: str, part: Part, needed: str) -> str:
        from botocore.exceptions import BotoCoreError, ClientError

        client = self._client(service)
        try:
            if service == "ssm":
                return str(client.get_parameter(Name=part.name, WithDecryption=True)["Parameter"]["Value"])
            answer = client.get_secret_value(SecretId=part.name)
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            raise ConfigError(f"{part} cannot be read: {code}{needed}", help=_permission(part)) from None
        except BotoCoreError as error:
            raise ConfigError(
                f"{part} cannot be read: {type(error).__name__}{needed}",
                help="check --profile, --region and the network",
            ) from None
        if "SecretString" not in answer:
            raise ConfigError(f"{part} holds bytes, not text{needed}", help="store the secret as text")
        return str(answer["SecretString"])

    def _client(self, service: str) -> Any:
        if self._session is None:
            if self.session is None:
                import boto3

                self._session = boto3.Session()
            else:
                self._session = self.session()
        return self._session.client(service)


def _permission(part: Part) -> str:
    action = "ssm:GetParameter" if part.kind == "ssm" else "secretsmanager:GetSecretValue"
    return f"does {part.name!r} exist in this account and region, and may you do {action}?"


def _member(text: str, key: str, part: Part, needed: str) -> str:
    try:
        members = json.loads(text)
    except json.JSONDecodeError:
        members = None
    if not isinstance(members, dict) or not isinstance(members.get(key), str):
        raise ConfigError(
            f"{part} has no text under {key!r}{needed}", help="the secret must be a JSON object with that key"
        ) from None
    return str(members[key])
