"""The values that conditions compare: strict readings of one value, from a document or from a request.

`where` is the place in the document, or the name of the condition key for a value of the request. A value of
a request is never part of a message.
"""

from __future__ import annotations

import re

from cwsauth.errors import DocumentError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network

# Source: W3C note "Date and Time Formats", which IAM refers to.
_DATE = re.compile(
    r"(?P<date>\d{4}-\d{2}-\d{2})(?:T(?P<time>\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(?P<zone>Z|[+-]\d{2}:\d{2}))?",
    re.ASCII,
)
_EPOCH = re.compile(r"\d{5,12}", re.ASCII)
_LARGEST = 10**15  # of a number: what a float holds exactly, and a date far away
_PREFIXED = re.compile(r"[0-9A-Fa-f:.]+/\d{1,3}", re.ASCII)


def words(value: object, where: str) -> str:
    """A string; booleans and integers of a request are what AWS writes for them."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and abs(value) < _LARGEST:
        return str(value)
    raise _wrong(where, "a string", value, help="quote the value")


def boolean(value: object, where: str) -> bool:
    """True or False, as a JSON boolean or as the strings 'true' and 'false'."""
    if isinstance(value, bool):
        return value
    if value == "true":
        return True
    if value == "false":
        return False
    raise _wrong(where, "'true' or 'false'", value, help="write 'true' or 'false', in lower case")


def instant(value: object, where: str) -> float:
    """A moment in seconds since 1970 UTC, from an ISO 8601 time or date (UTC), or epoch seconds."""
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST:  # no NaN
        return float(value)
    if isinstance(value, str):
        if _EPOCH.fullmatch(value):
            return float(value)
        found = _DATE.fullmatch(value)
        if found:
            from datetime import datetime  # only documents with dates pay for it

            try:
                time, zone = found["time"] or "00:00", found["zone"] or "Z"
                return datetime.fromisoformat(f"{found['date']}T{time}{zone}").timestamp()
            except ValueError:
                pass  # a month 13, an hour 25: refused below
    raise _wrong(where, "a date", value, help="write it as '2030-01-31T12:00:00Z', '2030-01-31' or in epoch seconds")


def network(value: object, where: str) -> IPv4Network | IPv6Network:
    """A range of addresses in CIDR form; a lone IPv4 address is itself."""
    from ipaddress import IPv4Network, ip_network

    help = "write a network as '203.0.113.0/24' or '2001:db8::/32', without bits behind the prefix"
    if not isinstance(value, str):
        raise _wrong(where, "an address range", value, help=help)
    try:
        if _PREFIXED.fullmatch(value):
            return ip_network(value)
        return IPv4Network(value + "/32")  # IAM's default prefix; for IPv6 it would be a guess
    except ValueError:
        pass
    raise _wrong(where, "an address range", value, help=help)


def address(value: object, where: str) -> IPv4Address | IPv6Address:
    """The address of a request."""
    from ipaddress import ip_address

    if isinstance(value, str) and "%" not in value:
        try:
            return ip_address(value)
        except ValueError:
            pass
    raise _wrong(where, "an address", value, help="give the caller's IPv4 or IPv6 address")


def _wrong(where: str, expected: str, value: object, *, help: str) -> DocumentError:
    return DocumentError(f"invalid condition value of {where}: not {expected} but {_kind(value)}", help=help)


def _kind(value: object) -> str:
    return "another text" if isinstance(value, str) else f"a {type(value).__name__}"
