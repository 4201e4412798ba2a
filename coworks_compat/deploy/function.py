"""A Lambda function as AWS describes it: whether two descriptions are the same function, and the call that only starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

# What makes a version another one, beside the code.
_CONFIGURATION: Final = (
    "CodeSha256", "Handler", "Runtime", "MemorySize", "Timeout", "Role", "Environment", "KMSKeyArn", "Architectures",
    "TracingConfig",
)  # fmt: skip
# A proxy event for a path that no service has: it imports the code and calls the handler, but no view.
START_CALL: Final = {
    "resource": "/.cws-start",
    "path": "/.cws-start",
    "httpMethod": "GET",
    "headers": {"X-Cws-Start": "1"},
    "multiValueHeaders": {"X-Cws-Start": ["1"]},
    "queryStringParameters": None,
    "multiValueQueryStringParameters": None,
    "pathParameters": None,
    "stageVariables": None,
    "requestContext": {
        "resourcePath": "/.cws-start",
        "path": "/.cws-start",
        "httpMethod": "GET",
        "stage": "cws-start",
        "requestId": "cws-start",
        "apiId": "cws-start",
        "accountId": "000000000000",
        "identity": {"sourceIp": "127.0.0.1"},
    },
    "body": None,
    "isBase64Encoded": False,
}


def same_function(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two configurations make the same function."""
    same = all(one.get(key) == other.get(key) for key in _CONFIGURATION)
    return same and _layers(one) == _layers(other) and _network(one) == _network(other)


def _layers(configuration: Mapping[str, Any]) -> list[str]:
    return [layer["Arn"] for layer in configuration.get("Layers") or ()]


def _network(configuration: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    network = configuration.get("VpcConfig") or {}
    return sorted(network.get("SubnetIds") or ()), sorted(network.get("SecurityGroupIds") or ())
