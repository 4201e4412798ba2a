"""The identity provider, and a clock that a test can put forward."""

from __future__ import annotations

import time
from types import SimpleNamespace

import pytest

from tests.oidc import provider as provider


class Clock:
    """The time of the token verifiers: the real one, plus what has been waited for."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def time(self) -> float:
        return time.time() + self.ahead

    def wait(self, seconds: float) -> None:
        self.ahead += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Waiting without waiting."""
    made = Clock()
    monkeypatch.setattr("cwsauth.tokens.jwks.time", SimpleNamespace(time=made.time))
    monkeypatch.setattr("cwsauth.tokens.shared_secret.time", SimpleNamespace(time=made.time))
    monkeypatch.setattr("cwsauth.tokens.jwt.time", made.time)
    monkeypatch.setattr("cwsauth.tokens.memo.time", made.time)
    return made
