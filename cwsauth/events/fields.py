"""Parts of an event, read with care: whoever sends the event is asked for nothing but its shape."""

from __future__ import annotations

from cwsauth.arn import MethodArn
from cwsauth.errors import ArnError, EventError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    Event = Mapping[str, Any]
    Values = dict[str, list[str]]

HELP = "pass the event as AWS sent it"
# Schemes whose credentials may hold a comma: parameters, as in RFC 9110, section 11.4, and Signature Version 4.
_WITH_PARAMETERS = frozenset({"digest", "signature", "hawk", "mac", "aws4-hmac-sha256", "hoba", "scram-sha-256"})


def mapping(event: Event, name: str) -> Mapping[str, Any]:
    """The object `name` of an event; an empty one where it is absent or null."""
    value = event.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise EventError(f"{name!r} is not an object", help=HELP)
    return value


def strings(event: Event, name: str) -> Mapping[str, str]:
    """The object `name` of an event, all of whose values are strings."""
    values = mapping(event, name)
    if any(type(value) is not str for value in values.values()):
        raise EventError(f"{name!r} holds something else than strings", help=HELP)
    return values


def string(event: Event, name: str) -> str | None:
    """The string `name` of an event; None where it is absent, null or something else: for what is only told on."""
    value = event.get(name)
    return value if type(value) is str else None


def arn(event: Event, name: str) -> MethodArn:
    """The ARN of the call.

    Raises:
        EventError: it is none.
    """
    try:
        return MethodArn.parse(event.get(name))
    except ArnError as error:
        problem, remedy = error.message, error.help
    raise EventError(f"the event has an {problem}", help=remedy)


def multi(event: Event, name: str) -> Values:
    """The object `name` of an event, whose values are lists of strings; names as they are."""
    found: Values = {}
    for key, values in mapping(event, name).items():
        found[key] = _texts(values, name)
    return found


def _texts(values: object, name: str) -> list[str]:
    if type(values) is list:
        for value in values:
            if type(value) is not str:
                break
        else:
            return values
    raise EventError(f"{name!r} holds something else than lists of strings", help=HELP)


def headers(event: Event) -> Values:
    """Every value of every header, by lower-case name, out of `multiValueHeaders` and `headers`."""
    found: Values = {}
    for name, values in mapping(event, "multiValueHeaders").items():
        lower = name.lower()
        known = found.get(lower)
        found[lower] = [*(known or ()), *_texts(values, "multiValueHeaders")]
    whole = frozenset(found)
    for name, value in mapping(event, "headers").items():
        if type(value) is not str:
            raise EventError("'headers' holds something else than strings", help=HELP)
        lower = name.lower()
        # The same header again, unless the multi-value map is absent; there, names that differ in case only are two headers.
        # A value that the map does not have makes two of one, too: somebody reads the one, somebody the other.
        if lower not in whole:
            found.setdefault(lower, []).append(value)
        elif value not in found[lower]:
            found[lower].append(value)
    return found


def header(event: Event, lower: str) -> list[str]:
    """Every value of one header, as `headers` has them; `lower` is its name. The others are not looked at."""
    # PERF: benchmarks/events.py - most functions ask for the token, and for no header.
    length = len(lower)
    found: list[str] = []
    several = False
    for name, values in mapping(event, "multiValueHeaders").items():
        if len(name) == length and name.lower() == lower:
            several = True
            found = [*found, *_texts(values, "multiValueHeaders")]
    for name, value in mapping(event, "headers").items():
        if len(name) == length and name.lower() == lower:
            if type(value) is not str:
                raise EventError("'headers' holds something else than strings", help=HELP)
            if not several or value not in found:
                found.append(value)
    return found


def joined_headers(event: Event) -> Values:
    """Every header of an event that joins several values of one name with commas; one that may be several is taken for it."""
    found: Values = {}
    for name, value in strings(event, "headers").items():
        found.setdefault(name.lower(), []).append(value)
    return {name: [part for value in values for part in _parted(value)] for name, values in found.items()}


def _parted(value: str) -> list[str]:
    """A joined value as one or as several, where only one makes sense: credentials have a comma in parameters only."""
    if "," not in value or value.partition(" ")[0].lower() in _WITH_PARAMETERS:
        return [value]
    return [part.strip(" ") for part in value.split(",")]


def single(values: Values, name: str, what: str) -> str | None:
    """The one value of `name`; None where there is none.

    Raises:
        EventError: there are several; which of them counts would depend on who reads them. `what` names them.
    """
    found = values.get(name)
    if not found:
        return None
    if len(found) > 1:
        raise EventError(f"the request has more than one {what}", help="send one")
    return found[0]


def query(event: Event) -> Values:
    """Every value of every query parameter, decoded, out of the multi-value map and the single-value one."""
    found = dict(multi(event, "multiValueQueryStringParameters"))
    for name, value in strings(event, "queryStringParameters").items():
        found.setdefault(name, [value])
    return found


def parsed_query(text: str) -> Values:
    """Every value of every parameter of an encoded query string."""
    from urllib.parse import parse_qsl

    found: Values = {}
    try:
        for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=1000):
            found.setdefault(name, []).append(value)
    except ValueError:
        found = {}
        raise EventError("the query string has too many parameters", help="send fewer") from None
    return found


def cookies(pairs: Iterable[str]) -> dict[str, str]:
    """Cookies by name, out of `name=value` texts; of two with one name the first counts (RFC 6265, 5.4)."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, sign, value = pair.strip().partition("=")
        if sign and name:
            found.setdefault(name, value)
    return found


def cookie_header(values: Values) -> dict[str, str]:
    """Cookies out of the Cookie headers."""
    return cookies(pair for header in values.get("cookie", ()) for pair in header.split(";"))


def last_of(values: Values) -> dict[str, str]:
    """One value a name, the last one, as REST API chooses it."""
    return {name: found[-1] for name, found in values.items() if found}


def joined(values: Values) -> dict[str, str]:
    """One value a name, all of them with commas between, as HTTP API writes it."""
    return {name: ",".join(found) for name, found in values.items() if found}
