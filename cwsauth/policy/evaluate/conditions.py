"""The `Condition` of a statement.

Source: IAM user guide, "IAM JSON policy elements: Condition operators" and "Creating a condition with
multiple keys or values". Several values of a key are joined by OR (by NOR for a negated operator), several
keys and operators by AND. A key that the request does not have makes the condition false, except for negated
operators, `...IfExists` and `Null`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from cwsauth.errors import DocumentError
from cwsauth.policy.evaluate.values import address, boolean, instant, network, words
from cwsauth.policy.evaluate.wildcard import Wildcard, literal

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Check = Callable[[object, str], bool]  # (value of the request, name of its key) -> met

_KEY = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9_.:/=+@-]+")


def parse_conditions(block: object, where: str, *, variables: bool) -> tuple[Condition, ...]:
    """The conditions of a statement, one for each operator and key.

    Raises:
        DocumentError: an unknown operator, a malformed key or value, an empty block.
    """
    conditions: list[Condition] = []
    for operator, keys in _entries(block, where):
        seen: set[str] = set()
        for key, values in _entries(keys, f"{where}.{operator}"):
            place = f"{where}.{operator}.{key}"
            if not _KEY.fullmatch(key):
                raise DocumentError(
                    f"invalid policy document: {place} is not a condition key",
                    help="write it as 'aws:SourceIp'",
                )
            if key.lower() in seen:
                raise DocumentError(
                    f"invalid policy document: {place} is given twice, and the case of a key does not count",
                    help="put the values into one list",
                )
            seen.add(key.lower())
            conditions.append(Condition(operator, key, _values(values, place), place, variables=variables))
    return tuple(conditions)


class Condition:
    """One operator on one key; immutable."""

    __slots__ = ("_checks", "_if_exists", "_negated", "_null", "key", "operator")

    def __init__(self, operator: str, key: str, values: list[object], where: str, *, variables: bool) -> None:
        base = operator.removesuffix("IfExists")
        self.operator = operator
        self.key = key
        self._if_exists = base != operator
        self._null = base == "Null"
        self._negated = base in _NEGATED
        if base == "Null" and self._if_exists:
            raise DocumentError(
                f"invalid policy document: {where}: 'Null' takes no 'IfExists'",
                help="write 'Null', which is the test itself",
            )
        positive = _NEGATED.get(base, base)
        make = _OPERATORS.get(positive)
        if make is None:
            raise DocumentError(
                f"invalid policy document: {where}: unknown condition operator '{operator}'",
                help=_hint(operator),
            )
        self._checks = tuple(make(value, where, variables) for value in values)

    def met(self, context: Mapping[str, object]) -> bool:
        """Whether the request fulfils it; `context` has lower-case keys."""
        value = context.get(self.key.lower())
        if self._null:
            return any(check(value, self.key) for check in self._checks)
        if value is None:
            return self._negated or self._if_exists
        return any(check(value, self.key) for check in self._checks) is not self._negated

    def __str__(self) -> str:
        return f"{self.operator} on {self.key}"


def _entries(block: object, where: str) -> list[tuple[str, object]]:
    if not isinstance(block, Mapping) or not block:
        raise DocumentError(
            f"invalid policy document: {where} is not a JSON object with entries",
            help='write it as {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, or leave Condition out',
        )
    for name in block:
        if not isinstance(name, str):
            raise DocumentError(
                f"invalid policy document: {where} has a key that is not a string",
                help="JSON keys are strings",
            )
    return list(block.items())


def _values(values: object, where: str) -> list[object]:
    found = list(values) if isinstance(values, list | tuple) else [values]
    if not found:
        raise DocumentError(f"invalid policy document: {where} is an empty list", help="give at least one value")
    return found


def _hint(operator: str) -> str:
    if ":" in operator:
        return "set operators (ForAllValues, ForAnyValue) are not evaluated: a call has one value a key"
    return f"known are {', '.join(sorted({*_OPERATORS, *_NEGATED}))}, each but Null also with IfExists"


def _string_equals(value: object, where: str, variables: bool) -> Check:
    expected = literal(words(value, where), variables=variables, where=where)
    return lambda actual, key: words(actual, key) == expected


def _string_like(value: object, where: str, variables: bool) -> Check:
    pattern = Wildcard(words(value, where), variables=variables, where=where)
    return lambda actual, key: pattern.matches(words(actual, key))


def _bool(value: object, where: str, _variables: bool) -> Check:
    expected = boolean(value, where)
    return lambda actual, key: boolean(actual, key) is expected


def _null(value: object, where: str, _variables: bool) -> Check:
    absent = boolean(value, where)
    return lambda actual, _key: (actual is None) is absent


def _ip_address(value: object, where: str, _variables: bool) -> Check:
    allowed = network(value, where)
    return lambda actual, key: address(actual, key) in allowed


def _date_equals(value: object, where: str, _variables: bool) -> Check:
    moment = instant(value, where)
    return lambda actual, key: instant(actual, key) == moment


def _date_less(value: object, where: str, _variables: bool) -> Check:
    moment = instant(value, where)
    return lambda actual, key: instant(actual, key) < moment


def _date_less_equals(value: object, where: str, _variables: bool) -> Check:
    moment = instant(value, where)
    return lambda actual, key: instant(actual, key) <= moment


def _date_greater(value: object, where: str, _variables: bool) -> Check:
    moment = instant(value, where)
    return lambda actual, key: instant(actual, key) > moment


def _date_greater_equals(value: object, where: str, _variables: bool) -> Check:
    moment = instant(value, where)
    return lambda actual, key: instant(actual, key) >= moment


_OPERATORS: dict[str, Callable[[object, str, bool], Check]] = {
    "StringEquals": _string_equals,
    "StringLike": _string_like,
    "Bool": _bool,
    "Null": _null,
    "IpAddress": _ip_address,
    "DateEquals": _date_equals,
    "DateLessThan": _date_less,
    "DateLessThanEquals": _date_less_equals,
    "DateGreaterThan": _date_greater,
    "DateGreaterThanEquals": _date_greater_equals,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotLike": "StringLike",
    "NotIpAddress": "IpAddress",
    "DateNotEquals": "DateEquals",
}
