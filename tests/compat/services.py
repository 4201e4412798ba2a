"""Services as people wrote them for CoWorks of April 2020, and events to call them with."""

from __future__ import annotations

from typing import Any

from chalice.app import NotFoundError, Response

from coworks_compat import Blueprint, FileParam, TechMicroService

API = "arn:aws:execute-api:eu-west-1:123456789012:abc123/dev"


class Simple(TechMicroService):
    def get(self) -> str:
        """Root access."""
        return "get"

    def get1(self) -> str:
        return "get1"

    def get_content(self) -> str:
        return "get content"

    def get__content(self, value: str) -> str:
        return f"get content with {value}"

    def get_content__(self, value: str, other: str) -> str:
        return f"get content with {value} and {other}"

    def post_content(self, other: str = "none") -> str:
        return f"post content without value but {other}"

    def post_content_(self, value: str, other: str = "none") -> str:
        return f"post content with {value} and {other}"

    def get_one(self, value: int = 0) -> str:
        return f"only {value}"

    def get_any(self, value: int = 0, **others: object) -> str:
        return f"{value} and {sorted(others.items())}"

    def get_extended_content(self) -> str:
        return "hello world"

    def post_form(self, text: Any = None, context: Any = None, files: Any = None) -> str:
        listed = files if isinstance(files, list) else [files] if files else []
        names = [
            f"{file.file.name}:{file.mime_type}:{file.file.read()!r}" for file in listed if isinstance(file, FileParam)
        ]
        return f"{text}, {context}, {names}"


class Answers(TechMicroService):
    def get_text(self) -> str:
        return "text"

    def get_dict(self) -> dict[str, int]:
        return {"a": 1}

    def get_list(self) -> list[int]:
        return [1, 2]

    def get_none(self) -> None:
        return None

    def get_number(self) -> int:
        return 7

    def get_status(self) -> tuple[str, int]:
        return "made", 201

    def get_headers(self) -> tuple[str, int, dict[str, str]]:
        return "made", 202, {"X-Mine": "yes"}

    def get_response(self) -> Response:
        return Response(body="mine", status_code=203)

    def get_single(self) -> tuple[str]:
        return ("alone",)

    def get_error(self) -> None:
        raise ValueError("what went wrong")

    def get_missing(self) -> None:
        raise NotFoundError("not here")


class Pages(Blueprint):
    def get_test(self, number: str) -> str:
        return f"blueprint test {number}"

    def get_extended_test(self, number: str) -> str:
        return f"extended test {number}"


def token_event(method: str, path: str, token: object = "secret", prefix: str = API) -> dict[str, Any]:
    """A TOKEN event of a REST API."""
    return {"type": "TOKEN", "authorizationToken": token, "methodArn": f"{prefix}/{method}{path}"}


def request_event(method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """A REQUEST event of a REST API."""
    return {
        "type": "REQUEST",
        "methodArn": f"{API}/{method}{path}",
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {"stage": "dev", "identity": {"sourceIp": "127.0.0.1"}, "requestId": "r1"},
    }


def http_event(method: str, path: str, headers: dict[str, str]) -> dict[str, Any]:
    """A REQUEST event of an HTTP API, payload format 2.0."""
    return {
        "version": "2.0",
        "type": "REQUEST",
        "routeArn": f"{API}/{method}{path}",
        "identitySource": list(headers.values())[:1],
        "routeKey": f"{method} {path}",
        "rawPath": path,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "apiId": "abc123",
            "stage": "dev",
            "domainName": "abc123.execute-api.eu-west-1.amazonaws.com",
            "routeKey": f"{method} {path}",
            "requestId": "r1",
            "http": {"method": method, "path": path, "sourceIp": "127.0.0.1"},
        },
    }


def api_event(method: str, resource: str, **changes: Any) -> dict[str, Any]:
    """A call of a REST API, as a proxy event."""
    return {
        "requestContext": {"httpMethod": method, "resourcePath": resource, "stage": "dev"},
        "headers": {},
        "pathParameters": {},
        "multiValueQueryStringParameters": None,
        "stageVariables": None,
        "body": None,
        **changes,
    }
