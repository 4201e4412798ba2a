"""before_first_request, before_request, after_request."""

from __future__ import annotations

from typing import Any

import pytest

from cwsauth.errors import Unauthenticated

from .services import Simple, api_event, token_event


def hooked(service: Simple) -> list[str]:
    """A list that grows as the hooks run."""
    events: list[str] = []
    service.before_first_request(lambda: events.append("first"))
    service.before_request(lambda: events.append("before"))
    service.after_request(lambda: events.append("after"))
    return events


def test_hooks_run_in_their_order() -> None:
    """The first one once; the others around every call."""
    service = Simple()
    events = hooked(service)
    service({}, {})
    service(api_event("GET", "/"), {})
    assert events == ["first", "before", "after", "before", "after"]


def test_the_decorators_return_the_function() -> None:
    """So that it can be called by its name too."""

    def hook() -> None:
        return None

    service = Simple()
    assert service.before_first_request(hook) is hook
    assert service.before_request(hook) is hook
    assert service.after_request(hook) is hook


def test_a_first_hook_that_raised_runs_again() -> None:
    """The error goes on to the caller, and the next call tries once more."""
    service = Simple()
    tries: list[int] = []

    @service.before_first_request
    def connect() -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ConnectionError("not yet")

    with pytest.raises(ConnectionError):
        service({}, {})
    service({}, {})
    service({}, {})
    assert len(tries) == 2


def test_hooks_run_for_authorizer_events_too() -> None:
    """Before, and after where auth answered."""

    class Guarded(Simple):
        def auth(self, auth_request: Any) -> bool:
            return True

    service = Guarded()
    events = hooked(service)
    service(token_event("GET", "/"), {})
    assert events == ["first", "before", "after"]


def test_after_hooks_do_not_run_after_an_error() -> None:
    """A handler that raises ends the call."""
    service = Simple()
    events = hooked(service)
    with pytest.raises(Unauthenticated):
        service(token_event("GET", "/"), {})
    assert events == ["first", "before"]
