"""IoT Core custom authorizers: rules over MQTT actions, and IoT policy documents within their limits.

A rule is `ACTION/` and what it is for: `Connect/${claims.sub}`, `Publish/sensors/*/temperature`, `Subscribe/news/**`,
`Receive/news/**`; `*` is one level of a topic. A rule with a list of HTTP methods says nothing here. What is
granted is said exactly or narrowed, as at API Gateway: IoT's own `*` crosses levels, too.

Source: IoT Core developer guide, "Custom authentication", "AWS IoT Core policy actions", "Creating and managing custom
authorizers"; the limits are those of the first page.
"""

from __future__ import annotations

import json
import re
import time
from base64 import b64decode

from cwsauth.errors import EventError, NotExact, ResultError, TooLarge
from cwsauth.events.fields import HELP, last_of, mapping, parsed_query, string, strings
from cwsauth.headers import Headers
from cwsauth.policy.cover import simple
from cwsauth.policy.frozen import frozen
from cwsauth.policy.pattern import ANY, DEEP, Glob
from cwsauth.policy.rule import ALLOW, VERBS
from cwsauth.request import credentials
from cwsauth.view import view

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any

    from cwsauth.events import Declared
    from cwsauth.events.fields import Event
    from cwsauth.events.identity import IdentitySource
    from cwsauth.outcome import Outcome
    from cwsauth.policy.cover import Cover
    from cwsauth.policy.pattern import Segment
    from cwsauth.policy.policy import Policy
    from cwsauth.request import AuthRequest

    Segments = tuple[Segment, ...]

# An action and the type of the resource that it is for.
ACTIONS = {
    "Connect": "client",
    "Publish": "topic",
    "RetainPublish": "topic",
    "Receive": "topic",
    "Subscribe": "topicfilter",
}
MAX_DOCUMENTS = 10
MAX_CHARACTERS = 2048
SHORTEST, LONGEST = 300, 86400  # seconds, for both times of an answer
_PRINCIPAL = re.compile(r"[A-Za-z0-9]{1,128}")
_FUNCTION = re.compile(r"arn:(aws(?:-[a-z]+)*):lambda:([a-z0-9-]+):([0-9]{12}):function:.+", re.DOTALL)


def decode_iot(event: Event, identity: IdentitySource | None = None) -> AuthRequest:
    """The request of an IoT event: the call at hand is `Connect/CLIENT_ID`.

    The token is the one that the device sent as such, or its MQTT password (base64 in the event, text here); user name and
    client id are in `path_parameters`.
    """
    data = event["protocolData"]
    for part, names in _SHAPE.items():
        for name in names:
            if mapping(data, part).get(name) is not None and type(data[part][name]) is not str:
                raise EventError(f"'{part}.{name}' is not a string", help=HELP)
    return view("iot", event, _FIELDS)


def encode_iot(request: AuthRequest, outcome: Outcome, declared: Declared, context: object) -> dict[str, Any]:
    """`isAuthenticated`, and the policy documents for the connection; resources are of the function's region and account.

    Raises:
        ResultError: the principal is none that IoT takes; the function's own ARN, which tells the account, is missing.
        NotExact: with `inexact="refuse"`. TooLarge: more than 10 documents of 2048 characters.
    """
    if _PRINCIPAL.fullmatch(outcome.principal_id) is None:
        raise ResultError("IoT takes letters and digits only in a principal id, 1 to 128", help="hash or encode it")
    answer: dict[str, Any] = {
        "isAuthenticated": False,
        "principalId": outcome.principal_id,
        "disconnectAfterInSeconds": SHORTEST,
        "refreshAfterInSeconds": SHORTEST,
        "policyDocuments": frozen([]),
    }
    # A connection lasts, and so must what is granted to it.
    policy = outcome.policy if outcome.policy.lasting is None else outcome.policy.lasting
    if not any(rule.effect is ALLOW for rule in policy.effective):
        return answer
    left = LONGEST
    if outcome.expires_at is not None:
        left = int(outcome.expires_at - time.time())
        if left <= 0:
            return answer
    documents = policy_documents(policy, _prefix(context), declared.inexact)
    if documents:
        answer["isAuthenticated"] = True
        answer["policyDocuments"] = frozen(documents)
        answer["disconnectAfterInSeconds"] = min(LONGEST, max(SHORTEST, left))
        answer["refreshAfterInSeconds"] = min(answer["disconnectAfterInSeconds"], max(SHORTEST, declared.ttl))
    return answer


def policy_documents(policy: Policy, prefix: str, inexact: str = "narrow") -> list[dict[str, Any]]:
    """The IoT policies that say `policy`; `prefix` is `arn:PARTITION:iot:REGION:ACCOUNT:`. Empty where it grants nothing."""
    statements: list[tuple[str, str, str]] = []
    for action, kind in ACTIONS.items():
        cover = _cover(policy, action)
        if not cover.exact and inexact == "refuse":
            raise NotExact(f"an IoT policy cannot say exactly what may be reached by {action}", help=_EXACT)
        for effect, texts in (("Allow", cover.allow), ("Deny", cover.deny if cover.allow else ())):
            statements.extend((effect, action, f"{prefix}{kind}/{text}") for text in texts if text not in ("", "/"))
    if not any(effect == "Allow" for effect, _, _ in statements):
        return []
    return _packed(statements)


def _cover(policy: Policy, action: str) -> Cover:
    """What the rules say of one action, in texts where `*` is any run of characters."""
    allows: list[Segments] = []
    denies: list[Segments] = []
    for rule in policy.effective:
        if rule.methods == VERBS:
            (allows if rule.effect is ALLOW else denies).extend(_after(rule.segments, action))
    allows = list(dict.fromkeys(allows))
    if action == "Subscribe":
        denies.extend(_every_level(allows))
    denies = list(dict.fromkeys(denies))
    found = simple(None, allows, denies)
    if found is None:
        from cwsauth.policy.language import solve

        found = solve(None, allows, denies)
    return found


def _after(segments: Segments, action: str) -> Iterator[Segments]:
    """What follows the action in a rule; nothing where the rule is for another one."""
    if not segments:
        return
    first, rest = segments[0], segments[1:]
    if first is DEEP:
        yield segments
        yield from _after(rest, action)
        return
    if isinstance(first, Glob):
        from cwsauth.policy.matcher import compile_glob

        if compile_glob(first).fullmatch(action) is None:
            return
    elif first is not ANY and first != action:
        return
    if rest:
        yield rest


def _every_level(allows: Sequence[Segments]) -> Iterator[Segments]:
    """The filters that end in `#` and that a rule with one level at its end would match: `#` asks for all levels."""
    deep = [segments for segments in allows if segments[-1] is DEEP]
    for segments in allows:
        last = segments[-1]
        if last is DEEP or isinstance(last, str):
            continue
        heads = [rule[:-2] if rule[-2:] == (ANY, DEEP) else rule[:-1] for rule in deep]
        if segments[:-1] not in heads and () not in heads:
            yield (*segments[:-1], "#")


def _packed(statements: list[tuple[str, str, str]]) -> list[dict[str, Any]]:
    """Statements put into as few documents as their length allows, in order."""
    documents: list[dict[str, Any]] = []
    current: list[dict[str, Any]] = []
    for effect, action, resource in statements:
        last = current[-1] if current else None
        if last is not None and (last["Effect"], last["Action"]) == (effect, f"iot:{action}"):
            last["Resource"].append(resource)
        else:
            current.append({"Effect": effect, "Action": f"iot:{action}", "Resource": [resource]})
        if _size(current) > MAX_CHARACTERS:
            taken = current[-1]["Resource"].pop()
            if not current[-1]["Resource"]:
                current.pop()
            if not current:
                raise TooLarge(
                    "one resource alone is over the limit of an IoT policy", size=len(taken), limit=MAX_CHARACTERS
                )
            documents.append(_document(current))
            current = [{"Effect": effect, "Action": f"iot:{action}", "Resource": [resource]}]
    documents.append(_document(current))
    if len(documents) > MAX_DOCUMENTS or _size(current) > MAX_CHARACTERS:
        raise TooLarge(
            f"the rules make more than {MAX_DOCUMENTS} IoT policies of {MAX_CHARACTERS} characters",
            size=len(documents),
            limit=MAX_DOCUMENTS,
            help="write fewer, wider rules",
        )
    return documents


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _size(statements: list[dict[str, Any]]) -> int:
    return len(json.dumps(_document(statements), separators=(",", ":")))


def _prefix(context: object) -> str:
    found = _FUNCTION.fullmatch(str(getattr(context, "invoked_function_arn", "")))
    if found is None:
        raise ResultError(
            "the region and account of the devices are not known",
            help="call the handler with Lambda's own context, whose invoked_function_arn names them",
        )
    return f"arn:{found[1]}:iot:{found[2]}:{found[3]}:"


def _token(event: Event) -> str | None:
    token = string(event, "token")
    if token is not None:
        return token
    password = string(mapping(event["protocolData"], "mqtt"), "password")
    if password is None:
        return None
    try:
        return b64decode(password, validate=True).decode()
    except ValueError:
        pass  # the error of the decoder holds the password, so ours is raised outside of its chain
    raise EventError("'mqtt.password' is not the base64 of a text", help=HELP)


def _query(event: Event) -> dict[str, str]:
    text = string(mapping(event["protocolData"], "http"), "queryString") or ""
    return last_of(parsed_query(text.removeprefix("?")))


def _names(event: Event) -> dict[str, str]:
    found = {name: string(mapping(event["protocolData"], "mqtt"), name) for name in ("clientId", "username")}
    return {name: value for name, value in found.items() if value is not None}


_SHAPE = {"mqtt": ("clientId", "username", "password"), "http": ("queryString",), "tls": ("serverName",)}
_EXACT = "write the rule in whole levels, or allow narrowing"
_FIELDS: dict[str, Callable[[Event], object]] = {
    "authorization": _token,
    "scheme": lambda event: credentials(_token(event))[0],
    "token": lambda event: credentials(_token(event))[1],
    "path": lambda event: "/Connect/" + _names(event).get("clientId", ""),
    "headers": lambda event: Headers(strings(mapping(event["protocolData"], "http"), "headers")),
    "query": _query,
    "path_parameters": _names,
    "request_id": lambda event: string(mapping(event, "connectionMetadata"), "id") or "",
}
