"""A slow, obvious reader of the IAM documents that authorizers answer with.

It imports nothing of ours and shares no idea with the product's evaluator: one token of the pattern after the
other, it keeps the set of places in the text that may have been reached. What it does not know it refuses
(`OracleError`), it never guesses.

Sources: IAM user guide, "Grammar of the IAM JSON policy language", "IAM JSON policy elements: Resource", "IAM
policy elements: Variables and tags", "IAM JSON policy elements: Condition operators", and "Policy evaluation
logic".
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime

ALLOW = "allow"
EXPLICIT_DENY = "explicit_deny"
IMPLICIT_DENY = "implicit_deny"

ANY_RUN = object()  # `*`: any run of characters, also none; "/", ":" and line ends are characters like others
ANY_ONE = object()  # `?`: exactly one character, whichever


class OracleError(ValueError):
    """The document is not one, or says something that this reader does not know."""


def verdict(
    document: Mapping[str, object],
    arn: str,
    context: Mapping[str, object] | None = None,
    action: str = "execute-api:Invoke",
) -> str:
    """What the document says of one call: `"allow"`, `"explicit_deny"` or `"implicit_deny"`."""
    if set(document) - {"Version", "Id", "Statement"}:
        raise OracleError(f"unknown parts of a document: {sorted(set(document) - {'Version', 'Id', 'Statement'})}")
    version = document.get("Version", "2008-10-17")
    if version not in ("2008-10-17", "2012-10-17"):
        raise OracleError(f"unknown version {version!r}")

    effects = set()
    for statement in statements_of(document):
        # Each statement is read to its end, so that a bad one is found wherever it stands.
        if applies(statement, arn, action, dict(context or {}), version == "2012-10-17"):
            effects.add(statement["Effect"])
    if "Deny" in effects:
        return EXPLICIT_DENY
    if "Allow" in effects:
        return ALLOW
    return IMPLICIT_DENY


def statements_of(document: Mapping[str, object]) -> list[dict[str, object]]:
    """The statements as a list; a single one may stand without brackets."""
    statements = document.get("Statement")
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements:
        raise OracleError("a document needs at least one statement")
    for statement in statements:
        if not isinstance(statement, dict):
            raise OracleError("a statement is a mapping")
        if statement.get("Effect") not in ("Allow", "Deny"):
            raise OracleError("an effect is Allow or Deny")
        unknown = set(statement) - {"Sid", "Effect", "Action", "Resource", "NotResource", "Condition"}
        if unknown:
            raise OracleError(f"unknown parts of a statement: {sorted(unknown)}")
        if "Action" not in statement or ("Resource" in statement) == ("NotResource" in statement):
            raise OracleError("a statement has an Action, and either a Resource or a NotResource")
    return statements


def applies(
    statement: Mapping[str, object], arn: str, action: str, context: Mapping[str, object], variables: bool
) -> bool:
    """Whether a statement speaks of this action on this ARN under these conditions."""
    action_fits = any(
        text_fits(pattern.lower(), action.lower(), variables=False) for pattern in strings_of(statement["Action"])
    )
    if "Resource" in statement:
        resource_fits = any(text_fits(p, arn, variables=variables) for p in strings_of(statement["Resource"]))
    else:
        resource_fits = not any(text_fits(p, arn, variables=variables) for p in strings_of(statement["NotResource"]))
    conditions = conditions_hold(statement.get("Condition", {}), context, variables)
    return action_fits and resource_fits and conditions


def strings_of(value: object) -> list[str]:
    """One string, or a list of at least one string, as a list."""
    values = [value] if isinstance(value, str) else value
    if not isinstance(values, list) or not values:
        raise OracleError("expected a string, or a list of at least one string")
    for one in values:
        if not isinstance(one, str) or one == "":
            raise OracleError("expected strings that are not empty")
    return values


# Text with wildcards


def text_fits(pattern: str, text: str, *, variables: bool) -> bool:
    """Whether the whole text is what the pattern says, that is, whether its end may be reached."""
    places = {0}
    for token in tokens_of(pattern, variables=variables):
        if token is ANY_RUN:
            places = {end for start in places for end in range(start, len(text) + 1)}
        elif token is ANY_ONE:
            places = {place + 1 for place in places if place < len(text)}
        else:
            places = {place + 1 for place in places if place < len(text) and text[place] == token}
    return len(text) in places


def tokens_of(pattern: str, *, variables: bool) -> Iterator[object]:
    """A pattern as single characters, `ANY_RUN` and `ANY_ONE`.

    `${*}`, `${?}` and `${$}` are those characters themselves, where variables are known (version 2012-10-17).
    """
    at = 0
    while at < len(pattern):
        if variables and pattern[at : at + 2] == "${":
            if pattern[at : at + 4] not in ("${*}", "${?}", "${$}"):
                raise OracleError(f"unknown policy variable at {at} of {pattern!r}")
            yield pattern[at + 2]
            at += 4
            continue
        yield {"*": ANY_RUN, "?": ANY_ONE}.get(pattern[at], pattern[at])
        at += 1


def plain_text(value: str, *, variables: bool) -> str:
    """A value in which `*` and `?` are characters like others; variables count where text is compared at all."""
    return "".join(
        {ANY_RUN: "*", ANY_ONE: "?"}.get(token, str(token)) for token in tokens_of(value, variables=variables)
    )


# Conditions


def conditions_hold(condition: object, context: Mapping[str, object], variables: bool) -> bool:
    """Whether all of the operators, and under each all of its keys, hold."""
    if not isinstance(condition, dict):
        raise OracleError("a condition is a mapping")
    results = []
    for operator, keys in condition.items():
        if not isinstance(keys, dict) or not keys:
            raise OracleError("a condition operator has a mapping of keys")
        for key, wanted in keys.items():
            results.append(condition_holds(operator, key, wanted, context, variables))
    return all(results)


def condition_holds(operator: str, key: str, wanted: object, context: Mapping[str, object], variables: bool) -> bool:
    """Whether one key has one of the wanted values (or, for a `Not` operator, none of them)."""
    values = [
        str(v).lower() if isinstance(v, bool) else str(v) for v in (wanted if isinstance(wanted, list) else [wanted])
    ]
    if not values:
        raise OracleError("a condition needs a value")
    present = {name.lower(): value for name, value in context.items()}
    if operator == "Null":
        if [v for v in values if v.lower() not in ("true", "false")]:
            raise OracleError("Null takes true or false")
        return any((v.lower() == "true") == (key.lower() not in present) for v in values)

    if_exists = operator.endswith("IfExists")
    name = operator.removesuffix("IfExists")
    if name not in READERS and name not in ("StringEquals", "StringLike"):
        raise OracleError(f"unknown condition operator {operator!r}")
    if key.lower() not in present:
        return if_exists or name == "NotIpAddress"
    found = present[key.lower()]
    if isinstance(found, bool):
        found = str(found).lower()
    if isinstance(found, list | tuple | set | dict) or found is None:
        raise OracleError(f"the context has more than one value for {key!r}")

    if name == "StringEquals":
        return any(plain_text(value, variables=variables) == str(found) for value in values)
    if name == "StringLike":
        return any(text_fits(value, str(found), variables=variables) for value in values)
    if name == "NotIpAddress":
        return not any(in_network(str(found), value) for value in values)
    return any(READERS[name](str(found), value) for value in values)


def in_network(address: str, network: str) -> bool:
    """Whether an address lies in a network, or is that address."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network, strict=False)
    except ValueError as error:
        raise OracleError("not an address, or not a network") from error


def moment(text: str) -> float:
    """Seconds since 1970 of an ISO 8601 date (UTC where it names no zone) or of a number."""
    try:
        return float(text)
    except ValueError:
        pass
    try:
        parsed = datetime.fromisoformat(text)
    except ValueError as error:
        raise OracleError(f"not a date: {text!r}") from error
    return (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()


def same_truth(found: str, wanted: str) -> bool:
    """Whether both words say true, or both say false."""
    if {found.lower(), wanted.lower()} - {"true", "false"}:
        raise OracleError("Bool compares true and false")
    return found.lower() == wanted.lower()


READERS: dict[str, Callable[[str, str], bool]] = {
    "Bool": same_truth,
    "IpAddress": in_network,
    "NotIpAddress": in_network,
    "DateLessThan": lambda found, wanted: moment(found) < moment(wanted),
    "DateGreaterThan": lambda found, wanted: moment(found) > moment(wanted),
}
