"""Conditions that belong to one call: where it comes from, and when.

The address is the one that API Gateway reports; a TOKEN event has none. The time is handed in by whoever asks: nothing here
reads a clock.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, tzinfo
from ipaddress import ip_address, ip_network

from cwsauth.errors import ConfigError
from cwsauth.policy.conditions.logic import Condition, all_

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
    from typing import Any

    from cwsauth.request import AuthRequest

    Network = IPv4Network | IPv6Network

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class SourceIp(Condition):
    """Whether the call comes from one of some networks, as texts in their shortest form."""

    __slots__ = ("_networks", "texts")

    def __init__(self, *texts: str) -> None:
        self.texts = texts
        self._networks = tuple([ip_network(text) for text in texts])

    def parts(self) -> tuple[Any, ...]:
        """The networks."""
        return self.texts

    def reduced(self, request: AuthRequest) -> Condition:
        """Itself: the same token may be used from elsewhere."""
        return self

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """Undecided where the address is unknown."""
        address = _address(request.source_ip)
        if address is None:
            return None
        return any(address.version == network.version and address in network for network in self._networks)


class From(Condition):
    """Whether the time, in seconds since the epoch, has come."""

    __slots__ = ("seconds",)

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def parts(self) -> tuple[Any, ...]:
        """The time."""
        return (self.seconds,)

    def reduced(self, request: AuthRequest) -> Condition:
        """Itself: what is cached is used later."""
        return self

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """Undecided where the time is not known."""
        return None if now is None else now >= self.seconds


class Daily(Condition):
    """Whether it is one of some days of the week, at a time of the day from `start` (seconds) to before `end`."""

    __slots__ = ("days", "end", "start", "zone")

    def __init__(self, start: int, end: int, days: frozenset[int], zone: tzinfo) -> None:
        self.start = start
        self.end = end
        self.days = days
        self.zone = zone

    def parts(self) -> tuple[Any, ...]:
        """Times, days and the time zone."""
        return self.start, self.end, self.days, self.zone

    def reduced(self, request: AuthRequest) -> Condition:
        """Itself."""
        return self

    def value(self, request: AuthRequest, now: float | None) -> bool | None:
        """Undecided where the time is not known, or is no time of a calendar."""
        if now is None or not 0 <= now < 253_402_214_400:
            return None
        local = datetime.fromtimestamp(now, self.zone)
        seconds = local.hour * 3600 + local.minute * 60 + local.second
        if self.start < self.end:
            return local.weekday() in self.days and self.start <= seconds < self.end
        # Over midnight: the hours after it belong to the day before.
        today, yesterday = local.weekday(), (local.weekday() - 1) % 7
        return (today in self.days and seconds >= self.start) or (yesterday in self.days and seconds < self.end)


def source_ip(*networks: str) -> Condition:
    """Whether the call comes from one of `networks`: addresses or CIDR blocks, IPv4 or IPv6.

    Raises:
        ConfigError: one of them is no network; bits beyond its prefix are a mistake, too.
    """
    texts = []
    for network in networks:
        try:
            texts.append(str(ip_network(network)) if type(network) is str else "")
        except ValueError:
            texts.append("")
        if not texts[-1]:
            raise ConfigError(
                f"invalid network {network!r}",
                help="write an address or a CIDR block, as in '10.0.0.0/8' or '2001:db8::/32'",
            )
    if not texts:
        raise ConfigError("source_ip() names no network", help="for example source_ip('10.0.0.0/8')")
    return SourceIp(*texts)


def after(moment: datetime | str) -> Condition:
    """Whether `moment` has come: an aware datetime, or ISO 8601 with an offset (`"2030-01-01T00:00:00Z"`)."""
    return From(_seconds(moment))


def before(moment: datetime | str) -> Condition:
    """Whether `moment` is still to come."""
    return ~From(_seconds(moment))


def between(start: datetime | str, end: datetime | str) -> Condition:
    """Whether it is from `start` on, and before `end`."""
    if _seconds(start) >= _seconds(end):
        raise ConfigError("a window of time ends after its start", help="swap its two times")
    return all_(after(start), before(end))


def daily(start: str, end: str, *, days: str = "mon-sun", zone: tzinfo = UTC) -> Condition:
    """Whether it is a time of day from `start` to before `end` (`"09:00"`, `"17:30"`), on some days (`"mon-fri"`, `"sat,sun"`).

    An `end` that is not after `start` is one of the next day. `zone` is a `tzinfo`, such as `ZoneInfo("Europe/Paris")`.
    """
    if not isinstance(zone, tzinfo):
        raise ConfigError("the zone of a daily window is a tzinfo", help="for example zone=ZoneInfo('Europe/Paris')")
    return Daily(_time_of_day(start), _time_of_day(end), _weekdays(days), zone)


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    if type(text) is not str:
        return None
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = getattr(address, "ipv4_mapped", None)
    return address if mapped is None else mapped


def _seconds(moment: datetime | str) -> float:
    found: datetime | None = None
    if isinstance(moment, datetime):
        found = moment
    elif type(moment) is str:
        try:
            found = datetime.fromisoformat(moment)
        except ValueError:
            found = None
    if found is None or found.tzinfo is None:
        raise ConfigError(
            "a moment is an aware datetime, or a text with its offset",
            help="write '2030-01-01T00:00:00Z' or datetime(2030, 1, 1, tzinfo=UTC)",
        )
    return found.timestamp()


def _time_of_day(text: str) -> int:
    try:
        found = time.fromisoformat(text) if type(text) is str else None
    except ValueError:
        found = None
    if found is None or found.tzinfo is not None or found.microsecond:
        raise ConfigError(f"invalid time of day {text!r}", help="write hours and minutes, as in '09:00'")
    return found.hour * 3600 + found.minute * 60 + found.second


def _weekdays(text: str) -> frozenset[int]:
    days: set[int] = set()
    for part in text.lower().split(",") if type(text) is str else [""]:
        first, dash, last = part.strip().partition("-")
        if first not in DAYS or (dash and last not in DAYS):
            raise ConfigError(f"invalid days {text!r}", help="write them as in 'mon-fri' or 'sat,sun'")
        start = DAYS.index(first)
        end = DAYS.index(last) if dash else start
        days.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return frozenset(days)
