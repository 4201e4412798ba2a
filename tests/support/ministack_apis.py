"""REST and HTTP APIs on MiniStack, made with boto3 as a deployment would: functions, an authorizer, routes, a stage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

ROLE = "arn:aws:iam::000000000000:role/shop"
URI = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/{}/invocations"


@dataclass(frozen=True)
class Clients:
    """boto3's clients of one emulator."""

    functions: Any
    rest: Any
    http: Any
    url: str

    @classmethod
    def of(cls, url: str) -> Clients:
        """The clients of the emulator at `url`."""
        import boto3

        def client(name: str) -> Any:
            return boto3.client(
                name,  # type: ignore[call-overload]
                endpoint_url=url,
                region_name="eu-west-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )

        return cls(client("lambda"), client("apigateway"), client("apigatewayv2"), url)


@contextmanager
def function(clients: Clients, name: str, code: bytes, handler: str, environ: Mapping[str, str]) -> Iterator[str]:
    """The ARN of a function, for as long as the block lasts."""
    made = clients.functions.create_function(
        FunctionName=name,
        Runtime="python3.11",
        Role=ROLE,
        Handler=handler,
        Code={"ZipFile": code},
        Timeout=30,
        Environment={"Variables": dict(environ)},
    )
    try:
        clients.functions.get_waiter("function_active_v2").wait(FunctionName=name)
        yield made["FunctionArn"]
    finally:
        clients.functions.delete_function(FunctionName=name)


@contextmanager
def rest_api(
    clients: Clients, routes: Iterable[tuple[str, str]], auth: str, backend: str, *, kind: str, ttl: int
) -> Iterator[str]:
    """The URL of the stage `dev` of a REST API; `kind` is TOKEN or REQUEST."""
    api = clients.rest.create_rest_api(name="shop")["id"]
    try:
        authorizer = clients.rest.create_authorizer(
            restApiId=api,
            name="auth",
            type=kind,
            authorizerUri=URI.format(auth),
            identitySource="method.request.header.Authorization",
            authorizerResultTtlInSeconds=ttl,
        )["id"]
        resources = {"/": clients.rest.get_resources(restApiId=api)["items"][0]["id"]}
        for method, template in routes:
            resource = _resource(clients, api, resources, template)
            clients.rest.put_method(
                restApiId=api,
                resourceId=resource,
                httpMethod=method,
                authorizationType="CUSTOM",
                authorizerId=authorizer,
            )
            clients.rest.put_integration(
                restApiId=api,
                resourceId=resource,
                httpMethod=method,
                type="AWS_PROXY",
                integrationHttpMethod="POST",
                uri=URI.format(backend),
            )
        clients.rest.create_deployment(restApiId=api, stageName="dev")
        yield f"{clients.url}/_aws/execute-api/{api}/dev"
    finally:
        clients.rest.delete_rest_api(restApiId=api)


def _resource(clients: Clients, api: str, resources: dict[str, str], template: str) -> str:
    if template not in resources:
        parent, _, part = template.rpartition("/")
        above = _resource(clients, api, resources, parent or "/")
        made = clients.rest.create_resource(restApiId=api, parentId=above, pathPart=part)
        resources[template] = made["id"]
    return resources[template]


@contextmanager
def http_api(
    clients: Clients, routes: Iterable[tuple[str, str]], auth: str, backend: str, *, ttl: int, simple: bool = False
) -> Iterator[str]:
    """The URL of the stage `$default` of an HTTP API with payload format 2.0.

    With a named stage MiniStack leaves it out of `rawPath`, where HTTP API has it, and Powertools cuts it off there.
    """
    api = clients.http.create_api(Name="shop", ProtocolType="HTTP")["ApiId"]
    try:
        authorizer = clients.http.create_authorizer(
            ApiId=api,
            Name="auth",
            AuthorizerType="REQUEST",
            AuthorizerUri=URI.format(auth),
            AuthorizerPayloadFormatVersion="2.0",
            EnableSimpleResponses=simple,
            IdentitySource=["$request.header.Authorization"],
            AuthorizerResultTtlInSeconds=ttl,
        )["AuthorizerId"]
        integration = clients.http.create_integration(
            ApiId=api, IntegrationType="AWS_PROXY", IntegrationUri=backend, PayloadFormatVersion="2.0"
        )["IntegrationId"]
        for method, template in routes:
            clients.http.create_route(
                ApiId=api,
                RouteKey=f"{method} {template}",
                Target=f"integrations/{integration}",
                AuthorizationType="CUSTOM",
                AuthorizerId=authorizer,
            )
        clients.http.create_stage(ApiId=api, StageName="$default", AutoDeploy=True)
        yield f"{clients.url}/_aws/execute-api/{api}/$default"
    finally:
        clients.http.delete_api(ApiId=api)
