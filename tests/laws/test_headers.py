"""The law of one header: asked for alone, it has the values that it has among all of them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cwsauth.events.fields import header, headers

NAMES = st.sampled_from(["Authorization", "authorization", "AUTHORIZATION", "authorizatioN", "X-Api-Key-Abc", "x"])
VALUES = st.sampled_from(["", "a", "b", "a,b"])
EVENTS = st.fixed_dictionaries(
    {},
    optional={
        "headers": st.none() | st.dictionaries(NAMES, VALUES, max_size=4),
        "multiValueHeaders": st.none() | st.dictionaries(NAMES, st.lists(VALUES, max_size=3), max_size=4),
    },
)


@given(EVENTS, st.sampled_from(["authorization", "x-api-key-abc", "x", "absent"]))
def test_one_header_has_the_values_it_has_among_all(event: dict[str, Any], name: str) -> None:
    """Whatever the case of its name and wherever the event has it."""
    assert header(event, name) == headers(event).get(name, [])
