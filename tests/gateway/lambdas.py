"""Lambda functions for the tests of the gateway, and a clock that stands still until it is moved."""

from __future__ import annotations

from typing import Any

ARN = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"
TOKEN = {"Authorization": "token-1"}


def statement(effect: str, *resources: str, **more: Any) -> dict[str, Any]:
    """One statement on resources below the stage, or `*`."""
    full = [resource if resource == "*" else f"{ARN}/{resource}" for resource in resources]
    return {"Effect": effect, "Action": "execute-api:Invoke", "Resource": full, **more}


def response(*statements: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What an authorizer returns."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return {"principalId": "user", "policyDocument": document, **more}


ALLOW_ALL = response(statement("Allow", "*"))


class Authorizing:
    """An authorizer that always answers the same, or raises it, and keeps the events it was asked with."""

    def __init__(self, answer: object = ALLOW_ALL, name: str = "auth") -> None:
        self.answer = answer
        self.__name__ = name
        self.events: list[dict[str, Any]] = []

    def __call__(self, event: Any, context: object) -> Any:
        self.events.append(event)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class Backend(Authorizing):
    """A backend that answers 200, or what it is given."""

    def __init__(self, answer: object = None, name: str = "backend") -> None:
        super().__init__({"statusCode": 200, "body": "ok"} if answer is None else answer, name)

    @property
    def event(self) -> dict[str, Any]:
        """The last event."""
        return self.events[-1]


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time

    def pass_seconds(self, seconds: float) -> None:
        """Let time pass."""
        self.time += seconds
