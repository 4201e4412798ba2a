"""The inputs of an evaluation: a document from a file or a pipe, and condition keys from plain text."""

from __future__ import annotations

import sys
from pathlib import Path

from cwsauth.errors import ConfigError
from cwsauth.files.load import read_file
from cwsauth.files.text import read_json


def read_document(source: str) -> object:
    """The policy document in the JSON file `source` (`-` is the standard input stream), not checked.

    The answer of an authorizer is unwrapped.

    Raises:
        ConfigError: the file cannot be read, or is not JSON.
    """
    text = sys.stdin.read() if source == "-" else read_file(Path(source))
    data = read_json(text, "standard input" if source == "-" else source)
    if isinstance(data, dict) and "policyDocument" in data:
        return data["policyDocument"]
    return data


def context_of(pairs: tuple[str, ...]) -> dict[str, str]:
    """The condition keys that `KEY=VALUE` texts give.

    Raises:
        ConfigError: one has another form, or a key stands twice.
    """
    context: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or ":" not in key or key in context:
            raise ConfigError(
                f"invalid condition key '{key}'", help="write each once, as --context aws:SourceIp=203.0.113.7"
            )
        context[key] = value
    return context
