"""A REST API as it is at AWS: routes, authorizers, stages. The truth that no file of a machine has to tell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coworks_compat.deploy.aws import aws_errors
from coworks_compat.deploy.fingerprint import digest
from coworks_compat.deploy.generate.api import FUNCTION_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from coworks_compat.deploy.aws import Aws
    from coworks_compat.deploy.service import Service


@dataclass(frozen=True, slots=True)
class LiveStage:
    """A stage at AWS. `function` is the one that its variables name, where cws made it."""

    name: str
    deployment_id: str
    function: str | None
    variables: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LiveApi:
    """A REST API at AWS. `routes` maps `VERB /path` to the id of its authorizer, None where it is open."""

    rest_api_id: str
    routes: Mapping[str, str | None]
    authorizers: Mapping[str, str]  # name -> id
    kinds: Mapping[str, str]  # name -> what the authorizer is, as the fingerprint says it
    foreign: tuple[str, ...]  # routes that do not go through the stage's variable
    fingerprint: str

    @property
    def names(self) -> dict[str, str]:
        """The name of each authorizer by its id."""
        return {identifier: name for name, identifier in self.authorizers.items()}


def read_api(aws: Aws, rest_api_id: str) -> LiveApi:
    """The API with this id.

    Raises:
        DeployError: there is none, or it cannot be read.
    """
    client = aws.client("apigateway")
    with aws_errors(f"read the REST API {rest_api_id!r}"):
        api = client.get_rest_api(restApiId=rest_api_id)
        pages = client.get_paginator("get_resources").paginate(restApiId=rest_api_id, embed=["methods"])
        resources = [item for page in pages for item in page["items"]]
        methods = [
            (verb, resource["path"], _method(client, rest_api_id, resource["id"], verb, known))
            for resource in resources
            for verb, known in (resource.get("resourceMethods") or {}).items()
        ]
        authorizers = client.get_authorizers(restApiId=rest_api_id).get("items", [])
        responses = client.get_gateway_responses(restApiId=rest_api_id).get("items", [])
    routes: dict[str, str | None] = {}
    foreign: list[str] = []
    for verb, path, method in methods:
        integration = method.get("methodIntegration") or {}
        if integration.get("type") == "MOCK":
            continue
        route = f"{verb} {path}"
        routes[route] = method.get("authorizerId") if method.get("authorizationType") != "NONE" else None
        if f"${{stageVariables.{FUNCTION_VARIABLE}}}" not in str(integration.get("uri", "")):
            foreign.append(route)
    return LiveApi(
        rest_api_id=rest_api_id,
        routes=dict(sorted(routes.items())),
        authorizers={item["name"]: item["id"] for item in authorizers},
        kinds={
            item[
                "name"
            ]: f"{item['type']} {item.get('identitySource', '')} ttl {item.get('authorizerResultTtlInSeconds', 300)}"
            for item in authorizers
        },
        foreign=tuple(sorted(foreign)),
        fingerprint=digest(
            [
                sorted((verb, path, _told(method)) for verb, path, method in methods),
                sorted((item["name"], digest(_plain(item))) for item in authorizers),
                sorted(
                    (item["responseType"], digest(_plain(item)))
                    for item in responses
                    if not item.get("defaultResponse")
                ),
                sorted(api.get("binaryMediaTypes") or ()),
                str(api.get("policy", "")),
                str(api.get("minimumCompressionSize", "")),
            ]
        ),
    )


def read_stages(aws: Aws, rest_api_id: str) -> tuple[LiveStage, ...]:
    """The stages of an API, by name."""
    with aws_errors(f"list the stages of the REST API {rest_api_id!r}"):
        found = aws.client("apigateway").get_stages(restApiId=rest_api_id).get("item", [])
    stages = (
        LiveStage(
            name=str(item["stageName"]),
            deployment_id=str(item.get("deploymentId", "")),
            function=(item.get("variables") or {}).get(FUNCTION_VARIABLE),
            variables=dict(item.get("variables") or {}),
        )
        for item in found
    )
    return tuple(sorted(stages, key=lambda stage: stage.name))


def missing_routes(service: Service, api: LiveApi) -> tuple[str, ...]:
    """What keeps a service from being a guest on an API: routes that it lacks, or guards otherwise. In words."""
    wrong: list[str] = []
    names = api.names
    for route in service.routes:
        text = str(route)
        if text not in api.routes:
            wrong.append(f"{text} is missing")
            continue
        guard = names.get(api.routes[text] or "")
        if guard != route.authorizer:
            there = f"authorizer {guard!r}" if guard else "open"
            here = f"authorizer {route.authorizer!r}" if route.authorizer else "open"
            wrong.append(f"{text} is {there} there and {here} here")
    return tuple(wrong)


def _method(client: Any, rest_api_id: str, resource_id: str, verb: str, known: Mapping[str, Any]) -> dict[str, Any]:
    """A method with its integration: the list has both at AWS, emulators give the names only."""
    if known and "methodIntegration" in known:
        return dict(known)
    answer: dict[str, Any] = client.get_method(restApiId=rest_api_id, resourceId=resource_id, httpMethod=verb)
    return answer


def _told(method: Mapping[str, Any]) -> str:
    """What of a method a deployment shows."""
    integration = method.get("methodIntegration") or {}
    return digest(
        {
            "authorization": method.get("authorizationType"),
            "authorizer": method.get("authorizerId"),
            "key": method.get("apiKeyRequired"),
            "type": integration.get("type"),
            "uri": integration.get("uri"),
            "templates": integration.get("requestTemplates"),
            "responses": _plain(integration.get("integrationResponses") or {}),
        }
    )


def _plain(value: Any) -> Any:
    """Plain data of an answer, without what AWS says of the answer itself."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items() if key != "ResponseMetadata"}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)
