"""Conditions as IAM has them: blocks on `aws:SourceIp` and `aws:CurrentTime`.

Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "AWS global condition context keys". A key that
is not known makes `IpAddress` and the dates false and `NotIpAddress` true, so that a block of the latter also asks for the key.
"""

from __future__ import annotations

import math
from datetime import UTC, datetime
from ipaddress import collapse_addresses, ip_network

from cwsauth.policy.conditions.logic import FALSE, TRUE, All, Any_, Condition, Not
from cwsauth.policy.conditions.moment import From, SourceIp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from cwsauth.policy.conditions.moment import Network

SOURCE_IP = "aws:SourceIp"
CURRENT_TIME = "aws:CurrentTime"
MAX_BLOCKS = 16


class Box:
    """A set of moments: from some networks (None: any), not from others, from a time on, and before another."""

    __slots__ = ("inside", "outside", "since", "until")

    def __init__(
        self,
        inside: tuple[Network, ...] | None = None,
        outside: tuple[Network, ...] = (),
        since: float = -math.inf,
        until: float = math.inf,
    ) -> None:
        self.inside = inside
        self.outside = outside
        self.since = since
        self.until = until

    def both(self, other: Box) -> Box | None:
        """The moments that are in both; None where there are none for sure."""
        inside = self.inside if other.inside is None else other.inside
        if self.inside is not None and other.inside is not None:
            inside = tuple(_common(self.inside, other.inside))
        since, until = max(self.since, other.since), min(self.until, other.until)
        if inside == () or since >= until:
            return None
        return Box(inside, tuple(dict.fromkeys(self.outside + other.outside)), since, until)

    def block(self) -> dict[str, Any]:
        """The `Condition` of a statement."""
        found: dict[str, Any] = {}
        if self.inside is not None:
            found["IpAddress"] = {SOURCE_IP: [str(network) for network in self.inside]}
        if self.outside:
            found["NotIpAddress"] = {SOURCE_IP: [str(network) for network in self.outside]}
            if self.inside is None:
                found["Null"] = {SOURCE_IP: "false"}
        if self.since > -math.inf:
            found["DateGreaterThanEquals"] = {CURRENT_TIME: _iso(math.ceil(self.since))}
        if self.until < math.inf:
            found["DateLessThan"] = {CURRENT_TIME: _iso(math.ceil(self.until))}
        return found


def blocks(conditions: Sequence[Any], case: Sequence[bool]) -> tuple[dict[str, Any], ...] | None:
    """Blocks of which one holds if each condition holds or not as `case` says; None where IAM cannot say it."""
    wanted = [condition if holds else Not(condition) for condition, holds in zip(conditions, case, strict=True)]
    boxes = _boxes(All(*wanted), True)
    return None if boxes is None else tuple([box.block() for box in boxes])


def keys(conditions: Iterable[Any]) -> tuple[str, ...]:
    """The keys of IAM that conditions need."""
    found: dict[str, None] = {}
    for condition in conditions:
        if isinstance(condition, SourceIp):
            found[SOURCE_IP] = None
        elif isinstance(condition, From):
            found[CURRENT_TIME] = None
        elif isinstance(condition, Condition):
            found.update(dict.fromkeys(keys(part for part in condition.parts() if isinstance(part, Condition))))
    return tuple(found)


def _boxes(condition: Condition, wanted: bool) -> list[Box] | None:
    """Boxes that together are the moments at which `condition` is `wanted`; None where there are no such boxes."""
    if isinstance(condition, Not):
        return _boxes(condition.condition, not wanted)
    if isinstance(condition, All):
        parts = [_boxes(part, wanted) for part in condition.conditions]
        joined = (type(condition) is Any_) is wanted
        return _sum(parts) if joined else _product(parts)
    if isinstance(condition, SourceIp):
        networks = tuple(map(ip_network, condition.texts))
        return [Box(inside=networks) if wanted else Box(outside=networks)]
    if isinstance(condition, From):
        return [Box(since=condition.seconds) if wanted else Box(until=condition.seconds)]
    if condition in (TRUE, FALSE):
        return [Box()] if (condition == TRUE) is wanted else []
    return None


def _sum(parts: list[list[Box] | None]) -> list[Box] | None:
    boxes: list[Box] = []
    for part in parts:
        if part is None:
            return None
        boxes.extend(part)
    return boxes if len(boxes) <= MAX_BLOCKS else None


def _product(parts: list[list[Box] | None]) -> list[Box] | None:
    boxes = [Box()]
    for part in parts:
        if part is None:
            return None
        boxes = [both for box in boxes for other in part if (both := box.both(other)) is not None]
        if len(boxes) > MAX_BLOCKS:
            return None
    return boxes


def _common(ours: tuple[Network, ...], theirs: tuple[Network, ...]) -> Iterable[Network]:
    """The addresses that are in both: of two networks, one is in the other or they are apart."""
    found: list[Network] = []
    for one in ours:
        for other in theirs:
            if one.version == other.version and one.overlaps(other):
                found.append(one if one.prefixlen >= other.prefixlen else other)
    for version in (4, 6):
        same: list[Any] = [network for network in found if network.version == version]
        yield from collapse_addresses(same)


def _iso(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
