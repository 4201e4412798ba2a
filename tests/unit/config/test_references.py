"""`${env:}`, `${var:}`, `${ssm:}`, `${secretsmanager:}`: read late, shown never."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator

import pytest

from coworks_compat.config import Reference, Resolver, Secret
from coworks_compat.config.references import Part, parse
from cwsauth.errors import ConfigError

CANARY = "hunter2-canary"


def reference(text: str) -> Reference:
    parsed = parse(text)
    assert isinstance(parsed, Reference)
    return parsed


def test_plain_text_is_no_reference() -> None:
    """A text without `${` stays a text; `$${` is a plain `${`."""
    assert parse("plain $HOME {x}") == "plain $HOME {x}"
    assert parse("$${env:X}") == "${env:X}"


def test_parts_of_a_reference() -> None:
    """A text may hold several references; one that is nothing else is `whole`."""
    mixed = reference("a-${env:A}-${ssm:/b/c}")
    assert mixed.parts == (Part("env", "A"), Part("ssm", "/b/c"))
    assert mixed.kinds == {"env", "ssm"}
    assert mixed.whole is None
    assert reference("${ssm:/b/c}").whole == Part("ssm", "/b/c")


@pytest.mark.parametrize(
    "text", ["${env:}", "${env:A B}", "${env}", "${A}", "${env:A", "${vault:x}", "${ssm:a b}", "${secretsmanager:a#}"]
)
def test_wrong_references(text: str) -> None:
    """A reference of an unknown kind, without a name or not closed is refused where it stands."""
    with pytest.raises(ConfigError, match=r"reference.* in 'key'"):
        parse(text, where="key")


def test_resolution() -> None:
    """Every reference of a text is replaced once; what came out is not read as a reference again."""
    resolver = Resolver(variables={"v": "${env:A}"}, environ={"A": CANARY})
    assert resolver.secret(reference("<${env:A}|${var:v}|$${>")).reveal() == f"<{CANARY}|${{env:A}}|${{>"


@pytest.mark.parametrize("environ", [{}, {"A": ""}])
def test_unset_variable(environ: dict[str, str]) -> None:
    """An unset variable is an error, and an empty one too: an empty secret protects nothing."""
    with pytest.raises(ConfigError, match=r"'A' is not set or empty \(needed by 'TOKEN'\)"):
        Resolver(environ=environ).secret(reference("${env:A}"), where="TOKEN")


def test_missing_var() -> None:
    """`${var:x}` without an x in a --var-file names the option."""
    with pytest.raises(ConfigError) as caught:
        Resolver().secret(reference("${var:x}"))
    assert "--var-file" in caught.value.help


def test_a_secret_is_not_shown() -> None:
    """No way of printing shows a secret, and it is not pickled."""
    secret = Secret(CANARY)
    resolver = Resolver(variables={"x": CANARY}, environ={"A": CANARY})
    resolver.secret(reference("${env:A}"))
    shown = f"{secret} {secret!r} {secret:>30} {[secret]} {resolver!r} {secret.__reduce__.__doc__}" + "%s" % secret  # noqa: UP031
    assert CANARY not in shown
    for copying in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError, match="not pickled"):
            copying(secret)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Resolver]:
    """A resolver whose session talks to moto, in this process."""
    moto = pytest.importorskip("moto", reason="moto stands for SSM and Secrets Manager")
    import boto3

    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with moto.mock_aws():
        session = boto3.Session(region_name="eu-west-1")
        session.client("ssm").put_parameter(Name="/shop/token", Value=CANARY, Type="SecureString")
        secrets = session.client("secretsmanager")
        secrets.create_secret(Name="shop/db", SecretString='{"user": "u", "password": "p-canary", "n": 1}')
        secrets.create_secret(Name="shop/bytes", SecretBinary=b"\x00")
        yield Resolver(session=lambda: session)


def test_ssm_and_secretsmanager(aws: Resolver) -> None:
    """A parameter is decrypted; a secret is text, or one key of a JSON object."""
    assert aws.secret(reference("${ssm:/shop/token}")).reveal() == CANARY
    assert aws.secret(reference("db:${secretsmanager:shop/db#password}")).reveal() == "db:p-canary"
    assert '"user"' in aws.secret(reference("${secretsmanager:shop/db}")).reveal()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${ssm:/nope}", "cannot be read: ParameterNotFound"),
        ("${secretsmanager:nope}", "cannot be read: ResourceNotFoundException"),
        ("${secretsmanager:shop/db#nope}", "has no text under 'nope'"),
        ("${secretsmanager:shop/db#n}", "has no text under 'n'"),
        ("${secretsmanager:shop/bytes}", "holds bytes, not text"),
    ],
)
def test_what_aws_does_not_give(aws: Resolver, text: str, message: str) -> None:
    """What cannot be read is named by its reference; nothing that was read is in the message or its chain."""
    with pytest.raises(ConfigError) as caught:
        aws.secret(reference(text), where="TOKEN")
    assert message in caught.value.message
    assert "needed by 'TOKEN'" in caught.value.message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert "canary" not in caught.value.message + caught.value.help


def test_aws_is_asked_once(aws: Resolver) -> None:
    """A reference that stands twice is read once."""
    first = aws.secret(reference("${ssm:/shop/token}"))
    aws._session = None
    aws.session = None
    assert aws.secret(reference("${ssm:/shop/token}")).reveal() == first.reveal()
