"""Whatever arrives as an event: a request, or an EventError; nothing else, and never the text of the event."""

from __future__ import annotations

import copy
import pickle
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cwsauth import authorizer
from cwsauth.errors import AuthorizerFailure, EventError, Unauthenticated
from cwsauth.events import decode
from cwsauth.events.identity import IdentitySource
from cwsauth.request import DEFAULTS
from tests.adapters.kinds import ONE_OF_EACH, Context
from tests.canary import CANARY

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | st.text()
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)
NAMES = sorted(
    {name for event in ONE_OF_EACH.values() for name in event}
    | {"version", "cookies", "httpMethod", "method", "raw_event", "multiValueHeaders"}
)
SOURCES = [
    None,
    IdentitySource("method.request.header.X-Token"),
    IdentitySource(["route.request.querystring.token", "$context.routeKey"]),
]


def read(event: object, identity: IdentitySource | None = None) -> None:
    """Decodes an event and all of its fields."""
    request = decode(event, identity)
    for name in DEFAULTS:
        getattr(request, name)
    assert CANARY not in repr(request)
    pickle.loads(pickle.dumps(request))


@given(JSON | st.dictionaries(st.sampled_from(NAMES), JSON), st.sampled_from(SOURCES))
def test_arbitrary_json_is_an_event_error(event: object, identity: IdentitySource | None) -> None:
    """No event of ours: an EventError, whatever its shape."""
    with suppress(EventError):
        read(event, identity)


def _places(value: object, path: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
    found = [path]
    if isinstance(value, dict):
        for key, inner in value.items():
            found += _places(inner, (*path, key))
    return found


@given(st.sampled_from(sorted(ONE_OF_EACH)), st.data(), JSON, st.sampled_from(SOURCES))
def test_a_damaged_event_is_an_event_error(
    kind: str, data: st.DataObject, value: object, identity: IdentitySource | None
) -> None:
    """A real event in which one value is another one: a request, or an EventError."""
    event = copy.deepcopy(ONE_OF_EACH[kind])
    path = data.draw(st.sampled_from(_places(event)[1:]))
    inner: Any = event
    for key in path[:-1]:
        inner = inner[key]
    if data.draw(st.booleans()):
        inner[path[-1]] = value
    else:
        del inner[path[-1]]
    with suppress(EventError):
        read(event, identity)
    # The whole authorizer has three ends: an answer, a 401, a 500.
    with suppress(Unauthenticated, AuthorizerFailure):
        assert isinstance(authorizer(lambda _: ["product/*"])(event, Context()), dict)


def test_an_unknown_event_is_told_what_was_expected() -> None:
    """The error lists the kinds, and says nothing of the event."""
    for event in ({}, {"type": "OTHER", "secret": CANARY}, [CANARY], None, {"type": ["TOKEN"]}):
        with pytest.raises(EventError) as raised:
            decode(event)
        assert "HTTP API payload 1.0 or 2.0" in raised.value.help
        assert CANARY not in str(raised.value)


def test_an_event_from_behind_the_door_is_named() -> None:
    """A handler that was decorated with the wrong decorator learns which one is right."""
    with pytest.raises(EventError, match="behind the front door") as raised:
        decode({"httpMethod": "GET", "path": "/"})
    assert "protect" in raised.value.help
