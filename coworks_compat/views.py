"""What Chalice calls for a route: reads the parameters as the method declares them, converts what it returns."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import update_wrapper
from inspect import iscoroutine
from typing import TYPE_CHECKING, Any, Protocol, Self

from chalice.app import BadRequestError, Response

from coworks_compat.marks import Needs, needs_of
from coworks_compat.multipart import form

if TYPE_CHECKING:
    import logging
    from types import TracebackType

    from chalice.app import Request

    from coworks_compat.naming import Endpoint

CONTENT_TYPES = ["multipart/form-data", "application/json"]


class Component(Protocol):
    """A service or a blueprint."""

    @property
    def current_request(self) -> Request | None:
        """The request under way."""

    @property
    def log(self) -> logging.Logger:
        """The logger of the service."""


def view(component: Component, endpoint: Endpoint) -> Callable[..., Response]:
    """The view function of an endpoint, for Chalice: takes `_0`, `_1`... and gives a `Response`."""
    needs = needs_of(endpoint.function)

    def call(**captured: str) -> Response:
        with _BadRequest(component.log, endpoint.name):
            request = component.current_request
            assert request is not None  # Chalice sets it before it calls a view
            if needs is not None and not _meets(needs, request):
                return Response({"Message": "User is not authorized to access this resource"}, status_code=403)
            values = [captured[f"_{place}"] for place in range(len(endpoint.positional))]
            keywords = arguments(request, endpoint)
            result = endpoint.function(component, *values, **keywords)
            if iscoroutine(result):
                from cwsauth.awaiting import run  # asyncio, for those who have such methods

                result = run(result)
            return response(result)

    update_wrapper(call, endpoint.function)
    call.__class_func__ = endpoint.function  # type: ignore[attr-defined]
    return call


def arguments(request: Request, endpoint: Endpoint) -> dict[str, Any]:
    """The keyword arguments that a request has for an endpoint, from its body or else its query.

    A method without keywords gets none, whatever was sent.

    Raises:
        BadRequestError: one that the method does not know, or a body that cannot be read.
    """
    if not endpoint.keywords and not endpoint.any_keyword:
        return {}
    found: dict[str, list[object]] = {}
    for name, value in _named_values(request, endpoint):
        if name not in endpoint.keywords and (not endpoint.any_keyword or name in endpoint.positional):
            raise BadRequestError(f"TypeError: got an unexpected keyword argument '{name}'")
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _named_values(request: Request, endpoint: Endpoint) -> Iterator[tuple[str, object]]:
    body = request.raw_body
    if not body:
        query = request.query_params
        for name in query or ():
            values = query.getlist(name) if query is not None else []
            yield name, values if len(values) > 1 else values[0]
        return
    if isinstance(body, str):
        body = body.encode()
    content_type = request.headers.get("content-type", "application/json")
    if content_type.lower().startswith("multipart/form-data"):
        yield from form(body, content_type)
        return
    try:
        value = json.loads(body)
    except ValueError:
        raise BadRequestError("Error Parsing JSON") from None
    if isinstance(value, dict):
        yield from value.items()
    elif endpoint.keywords:
        yield endpoint.keywords[0], value
    else:
        raise BadRequestError("the body must be a JSON object")


def response(result: object) -> Response:
    """A view's result as Chalice's response: a body, `(body, status)`, `(body, status, headers)` or a `Response`."""
    if isinstance(result, Response):
        return result
    if not isinstance(result, tuple):
        return Response(result)
    if len(result) not in (2, 3):
        raise BadRequestError(
            f"a view returned a tuple of {len(result)}; (body, status) or (body, status, headers) is wanted"
        )
    return Response(result[0], status_code=result[1], headers=result[2] if len(result) == 3 else None)


def _meets(needs: Needs, request: Request) -> bool:
    """Whether the authorizer's context has what the route needs; an absent one has nothing."""
    context = request.context.get("authorizer")
    if not isinstance(context, Mapping):
        return False
    return needs.met_by(*held(context))


def held(context: Mapping[str, object]) -> tuple[frozenset[str], frozenset[str]]:
    """The roles and the scopes that a context names."""
    nested = context.get("lambda")  # where HTTP API puts an authorizer's context
    if isinstance(nested, Mapping):
        context = nested
    roles = _names(context, ("role", "roles", "groups", "cognito:groups"))
    return roles, _names(context, ("scope", "scopes"))


def _names(context: Mapping[str, object], keys: tuple[str, ...]) -> frozenset[str]:
    names: set[str] = set()
    for key in keys:
        value = context.get(key)
        if isinstance(value, str):
            names.update(value.replace(",", " ").split())
        elif isinstance(value, (list, tuple)):
            names.update(item for item in value if isinstance(item, str))
    return frozenset(names)


class _BadRequest:
    """Turns whatever a view raises into Chalice's 400 with the text of the error, as CoWorks did."""

    def __init__(self, log: logging.Logger, name: str) -> None:
        self.log = log
        self.name = name

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if type(error) is BadRequestError or not isinstance(error, Exception):
            return
        self.log.error("view %s raised", self.name, exc_info=(type(error), error, trace))
        raise BadRequestError(str(error)) from error
