"""The questions about API Gateway that no official page answers, asked of a probe with calls that show the answer.

Nothing of cws relies on one answer to them: each is told as it was seen, and why it is of interest.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from coworks_compat.deploy.verify.finding import Finding, Grade
from coworks_compat.deploy.verify.http import Answer, call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# A path as the client sends it: what of it reaches the authorizer's methodArn, and the backend?
_PATHS: Final = (
    ("a trailing slash", "/items/a/"),
    ("a doubled slash", "/items//a"),
    ("a percent-encoded slash", "/files/a%2Fb"),
    ("a percent-encoded star", "/items/%2A"),
    ("a raw star", "/items/*"),
    ("a raw question mark, encoded", "/items/a%3Fb"),
    ("a colon", "/items/a:b"),
    ("a matrix parameter", "/items/a;b=c"),
    ("dot segments", "/files/a/../b"),
    ("encoded dot segments", "/files/a/%2e%2e/b"),
    ("a dollar and brace, encoded", "/items/%24%7Ba%7D"),
    ("a space, encoded", "/items/a%20b"),
)


@dataclass(frozen=True, slots=True)
class _Shape:
    """A policy document, a call that decides, and what each status means."""

    question: str
    token: str
    path: str
    meanings: dict[int, str]


_SHAPES: Final = (
    _Shape("does '*' in the place of the verb cross '/'? (`*/last` on GET /items/last)", "verb", "/items/last",
           {200: "yes: it matches", 403: "no"}),
    _Shape("does '*' cross '/' in a path? (`GET/items/*` on GET /items/a/b)", "crossing", "/items/a/b",
           {200: "yes", 403: "no"}),
    _Shape("is '?' one character? (`GET/items/?` on GET /items/a)", "question", "/items/a", {200: "yes", 403: "no"}),
    _Shape("is '${*}' a literal star? (`GET/items/${*}` on GET /items/a)", "literal", "/items/a",
           {200: "no: it matches anything", 403: "yes, or nothing at all"}),
    _Shape("is an explicit Deny stronger than an Allow?", "deny", "/items/a", {403: "yes", 200: "NO"}),
    _Shape("what does an Allow with an empty list of resources?", "empty", "/items/a",
           {403: "refused", 500: "an invalid answer", 200: "ALLOWED"}),
    _Shape("what does a document without statements?", "silent", "/items/a",
           {403: "refused", 500: "an invalid answer", 200: "ALLOWED"}),
    _Shape("is a bare '*' a resource?", "star", "/items/a", {200: "yes", 403: "no", 500: "an invalid answer"}),
    _Shape("is Deny with NotResource understood? (all but items, on GET /other)", "not-resource", "/other",
           {403: "yes", 200: "NO: it is passed over", 500: "an invalid answer"}),
    _Shape("and does it spare what it names? (on GET /items/a)", "not-resource", "/items/a",
           {200: "yes", 403: "no", 500: "an invalid answer"}),
    _Shape("is a Condition that is false heeded?", "condition", "/items/a",
           {403: "yes", 200: "NO: it is passed over", 500: "an invalid answer"}),
    _Shape("and one that is true?", "condition-true", "/items/a",
           {200: "yes", 403: "no", 500: "an invalid answer"}),
    _Shape("may principalId be missing?", "no-principal", "/items/a", {200: "yes", 500: "no", 403: "refused"}),
    _Shape("may a context value be null?", "null-context", "/items/a", {200: "yes", 500: "no"}),
    _Shape("may a context value be a list?", "nested-context", "/items/a", {200: "yes", 500: "no"}),
    _Shape("is a document of 8 KB taken?", "large:8192", "/items/a", {200: "yes", 500: "no", 403: "refused"}),
    _Shape("is a document of 32 KB taken?", "large:32768", "/items/a", {200: "yes", 500: "no", 403: "refused"}),
    _Shape("is a document of 256 KB taken?", "large:262144", "/items/a", {200: "yes", 500: "no", 403: "refused"}),
    _Shape("what does an error 'Unauthorized'?", "raise:Unauthorized", "/items/a", {401: "401", 500: "500"}),
    _Shape("what does an error 'unauthorized', in lower case?", "raise:unauthorized", "/items/a", {401: "401", 500: "500"}),
    _Shape("what does an error 'Unauthorized: expired'?", "raise:Unauthorized: expired", "/items/a", {401: "401", 500: "500"}),
    _Shape("what does any other error?", "raise:other", "/items/a", {500: "500", 401: "401"}),
)  # fmt: skip


def ask(url: str) -> Iterator[Finding]:
    """Every question to the probe at `url`, with what was seen, as it is seen."""

    def get(path: str, token: str, method: str = "GET", *headers: tuple[str, str]) -> Answer:
        return call(url, method, path, [("Authorization", token), *headers])

    for shape in _SHAPES:
        yield _of_shape(shape, get(shape.path, shape.token))
    for what, path in _PATHS:
        yield _of_path(what, path, get(path, "everything"))
    yield _of_override(get("/items/a", "everything", "POST", ("X-HTTP-Method-Override", "DELETE")))
    yield _of_twice(call(url, "GET", "/items/a", [("Authorization", "first"), ("Authorization", "second")]))
    yield _of_fall_through(get("/items/a", "everything", "PUT"))
    yield from _of_cache(get)


def _of_shape(shape: _Shape, answer: Answer) -> Finding:
    meaning = shape.meanings.get(answer.status)
    if meaning is None:
        return Finding(shape.question, f"status {answer.status or answer.text}", Grade.UNKNOWN)
    return Finding(shape.question, meaning, Grade.SEEN)


def _of_path(what: str, path: str, answer: Answer) -> Finding:
    question = f"what becomes of {what}? (GET {path})"
    told = answer.json()
    arn = (told.get("authorizer") or {}).get("arn")
    if answer.status != 200 or arn is None:
        return Finding(
            question, f"status {answer.status or answer.text}", Grade.SEEN if answer.status else Grade.UNKNOWN
        )
    tail = str(arn).split("/", 2)[-1]
    seen = f"methodArn ends in {tail}; path {told.get('path')}; parameters {told.get('parameters')}"
    return Finding(question, seen, Grade.SEEN)


def _of_override(answer: Answer) -> Finding:
    question = "which verb has methodArn when X-HTTP-Method-Override is sent? (POST, overridden with DELETE)"
    arn = (answer.json().get("authorizer") or {}).get("arn")
    if arn is None:
        return Finding(
            question, f"status {answer.status or answer.text}", Grade.SEEN if answer.status else Grade.UNKNOWN
        )
    return Finding(question, f"{str(arn).split('/')[2]}; the backend sees {answer.json().get('method')}", Grade.SEEN)


def _of_twice(answer: Answer) -> Finding:
    question = "is a call with two Authorization headers let through?"
    return Finding(question, f"status {answer.status or answer.text}", Grade.SEEN if answer.status else Grade.UNKNOWN)


def _of_fall_through(answer: Answer) -> Finding:
    question = "where goes a verb that a path does not declare, below a greedy route? (PUT /items/a)"
    if answer.status == 200:
        return Finding(question, f"to {answer.json().get('resource')}", Grade.SEEN)
    return Finding(question, f"nowhere: status {answer.status or answer.text}", Grade.SEEN)


def _of_cache(get: Callable[..., Answer]) -> Iterator[Finding]:
    """The routes below /cached have an authorizer with a TTL: a second call shows the number of the first one."""
    numbers = [_calls(get(path, "cache-me")) for path in ("/cached/a", "/cached/a", "/cached/b")]
    known = all(number is not None for number in numbers)
    same = "kept" if numbers[0] == numbers[1] else "asked for again"
    yield Finding(
        "is an answer of the authorizer kept for its TTL?", same if known else "no answer", _grade(known=known)
    )
    across = "yes" if numbers[0] == numbers[2] else "no: each route asks again"
    yield Finding(
        "and is it used for another route of the same authorizer?",
        across if known else "no answer",
        _grade(known=known),
    )


def _calls(answer: Answer) -> object:
    return (answer.json().get("authorizer") or {}).get("calls")


def _grade(*, known: bool) -> Grade:
    return Grade.SEEN if known else Grade.UNKNOWN
