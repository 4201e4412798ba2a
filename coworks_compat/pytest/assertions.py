"""Assertions about who may call what; they fail with the decision and its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from coworks_compat.pytest.client import ServiceClient
    from cwsauth.gateway import Answer

_REFUSALS = (401, 403)


def assert_allowed(client: ServiceClient, call: str, *, token: str | None = None, **options: Any) -> Answer:
    """The answer of a call that is let through to the service: `assert_allowed(client, "GET /product/1", token="...")`.

    What the service then answers, an error too, is not looked at.

    Raises:
        AssertionError: it is refused, or there is no such route; says why.
    """
    answer = _made(client, call, token, options)
    record = client.records[-1]
    if record.reason:
        raise AssertionError(f"{call} should be allowed, and is not: {answer.status}, {record.reason}")
    return answer


def assert_denied(
    client: ServiceClient, call: str, *, token: str | None = None, status: int | None = None, **options: Any
) -> Answer:
    """The answer of a call that is refused before it reaches the service; `status` is 401 or 403 where it matters.

    Raises:
        AssertionError: it is let through, there is no such route, the authorizer failed, or the status is another one.
    """
    answer = _made(client, call, token, options)
    record = client.records[-1]
    if not record.reason:
        raise AssertionError(f"{call} should be denied, and is allowed: {_deciding(record)}")
    if record.authorizer is None or answer.status not in _REFUSALS:
        raise AssertionError(f"{call} should be denied by auth, and gave {answer.status}: {record.reason}")
    if status is not None and answer.status != status:
        raise AssertionError(f"{call} should be denied with {status}, and gave {answer.status}: {record.reason}")
    return answer


def _made(client: ServiceClient, call: str, token: str | None, options: dict[str, Any]) -> Answer:
    method, space, path = call.partition(" ")
    if not space or not path.startswith("/") or not method.isupper():
        raise ValueError(f"invalid call {call!r}: write it as 'GET /product/1'")
    return client.call(method, path, token=token, **options)


def _deciding(record: Any) -> str:
    if record.judgement is None:
        return "the route is open"
    return str(record.judgement.reason)
