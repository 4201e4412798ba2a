"""What all models of a policy file are made of: names of roles, lists of them, texts, references to secrets."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StrictStr

_REFERENCE = re.compile(
    r"\$\{(?:(env):([A-Z_][A-Z0-9_]*)|(ssm|secretsmanager):([A-Za-z0-9/_+=.@:-]+)(?:#([^#{}]+))?)\}", re.ASCII
)


class Model(BaseModel):
    """A part of a file: what it does not know is a fault, and it does not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def listed(value: object) -> object:
    """One item is short for a list of it."""
    return (value,) if isinstance(value, str) else value


def parts_of(reference: str) -> tuple[str, str, str | None]:
    """Kind, name and key of a reference: `${ssm:/shop/key}` is `("ssm", "/shop/key", None)`."""
    found = _REFERENCE.fullmatch(reference)
    if found is None:
        # Not quoted: somebody may have put the secret itself there.
        raise ValueError(
            "a secret is written as where it is kept: ${env:NAME}, ${ssm:/path}, ${secretsmanager:id} "
            "or ${secretsmanager:id#key} for one key of a JSON secret"
        )
    env, variable, kind, name, key = found.groups()
    return (env, variable, None) if env else (kind, name, key)


def _check_name(text: str) -> str:
    if not text.isprintable() or text != text.strip():
        raise ValueError("a role's name is printable text without spaces around it")
    return text


def _check_reference(text: str) -> str:
    parts_of(text)
    return text


RoleName = Annotated[StrictStr, AfterValidator(_check_name), Field(min_length=1, max_length=128)]
RoleNames = Annotated[
    tuple[RoleName, ...], BeforeValidator(listed, json_schema_input_type=RoleName | tuple[RoleName, ...])
]
Text = Annotated[StrictStr, Field(min_length=1)]
Texts = Annotated[
    tuple[Text, ...], BeforeValidator(listed, json_schema_input_type=Text | tuple[Text, ...]), Field(min_length=1)
]
Reference = Annotated[
    StrictStr,
    AfterValidator(_check_reference),
    Field(examples=["${ssm:/shop/key}"], json_schema_extra={"pattern": f"^{_REFERENCE.pattern}$"}),
]
References = Annotated[
    tuple[Reference, ...],
    BeforeValidator(listed, json_schema_input_type=Reference | tuple[Reference, ...]),
    Field(min_length=1, description="where a secret is kept; several, while it is exchanged"),
]
