"""The API root: one REST API as explicit resources, in terraform's JSON.

Explicit and not an OpenAPI `body`: what protects the API can be read, planned and tested resource by resource.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from coworks_compat.deploy.fingerprint import digest
from coworks_compat.deploy.generate.names import authorizer_name, method_name, resource_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from coworks_compat.config import Stage
    from coworks_compat.deploy.service import Authorizer, Route, Service

Json = dict[str, object]
Resources = dict[str, dict[str, Json]]

# The alias of every function that API Gateway calls, and the stage variable that names the function.
ALIAS = "live"
FUNCTION_VARIABLE = "cws_function"

API = "${aws_api_gateway_rest_api.api.id}"
ROOT = "${aws_api_gateway_rest_api.api.root_resource_id}"
# `$${` is terraform's way to write `${`: API Gateway fills it in at each call, out of the stage's variables.
_FUNCTION = (
    "arn:${data.aws_partition.current.partition}:apigateway:${data.aws_region.current.id}:lambda:path/2015-03-31/functions/"
    "arn:${data.aws_partition.current.partition}:lambda:${data.aws_region.current.id}:"
    f"${{data.aws_caller_identity.current.account_id}}:function:$${{stageVariables.{FUNCTION_VARIABLE}}}:{ALIAS}/invocations"
)
# The gateway responses that carry CORS headers, with the status that API Gateway gives each of its own accord.
_REFUSALS: Final[dict[str, Json]] = {
    "UNAUTHORIZED": {"status_code": "401"},
    "ACCESS_DENIED": {"status_code": "403"},
    "MISSING_AUTHENTICATION_TOKEN": {"status_code": "403"},
    "DEFAULT_4XX": {},
    "DEFAULT_5XX": {},
}
# What only describes the API: a change of it needs no new deployment.
_DESCRIBING = frozenset({"name", "description", "tags", "lifecycle"})


def api_root(service: Service, stage: Stage, *, policy: str | None = None) -> Json:
    """The API root of a service whose owner is `stage`. `policy` is the API's resource policy, as JSON text."""
    resources: Resources = {"aws_api_gateway_rest_api": {"api": _rest_api(service, stage, policy)}}
    for authorizer in service.authorizers:
        _add(resources, "aws_api_gateway_authorizer", authorizer_name(authorizer.name), _authorizer(authorizer))
    templates = sorted({route.template for route in service.routes})
    for path in sorted({parent for template in templates for parent in _with_parents(template)}):
        parent, _, part = path.rpartition("/")
        body: Json = {"rest_api_id": API, "parent_id": _resource_id(parent or "/"), "path_part": _literal(part)}
        _add(resources, "aws_api_gateway_resource", resource_name(path), body)
    for route in service.routes:
        _add_route(resources, route)
    for template in templates:
        _add_preflight(resources, [route for route in service.routes if route.template == template])
    for route in unguarded_neighbours(service):
        _add_refusal(resources, route)
    for kind, response in _gateway_responses(service, stage).items():
        _add(resources, "aws_api_gateway_gateway_response", kind.lower(), response)
    # A service without an authorizer still has the output.
    authorizer_ids = {
        authorizer.name: f"${{aws_api_gateway_authorizer.{authorizer_name(authorizer.name)}.id}}"
        for authorizer in service.authorizers
    }
    return {
        "data": {
            "aws_partition": {"current": {}},
            "aws_region": {"current": {}},
            "aws_caller_identity": {"current": {}},
        },
        "resource": resources,
        "output": {
            "rest_api_id": {"description": "Identifier of the REST API.", "value": API},
            "execution_arn": {
                "description": "ARN to which stage, verb and path are appended.",
                "value": "${aws_api_gateway_rest_api.api.execution_arn}",
            },
            "authorizer_ids": {"description": "Identifier of each authorizer, by its name.", "value": authorizer_ids},
        },
    }


def fingerprint(resources: Resources) -> str:
    """The digest of every field whose change needs a redeployment: all but names, descriptions and tags."""
    chosen = {
        f"{kind}.{name}": {key: value for key, value in body.items() if key not in _DESCRIBING}
        for kind, named in resources.items()
        for name, body in named.items()
    }
    return digest(chosen)


def unguarded_neighbours(service: Service) -> tuple[Route, ...]:
    """A guarded route of each path whose undeclared verbs would fall through to a public `{proxy+}`.

    REST API routes on path and verb together: a verb that a path does not declare goes on to a greedy path above it.
    """
    from cwsauth.policy.routes import RouteTable
    from cwsauth.policy.rule import VERBS

    table = RouteTable.of([str(route) for route in service.routes])
    by_key = {(route.method, route.template): route for route in service.routes}
    found: dict[str, Route] = {}
    for route in service.routes:
        if route.authorizer is None or route.template in found:
            continue
        sample = "/".join("x-cws" if part.startswith("{") else part for part in route.template.split("/"))
        for verb in VERBS:
            match = table.match(verb, sample)
            if match is None or match.route.template == route.template:
                continue
            open_route = by_key.get((verb, match.route.template)) or by_key["ANY", match.route.template]
            if open_route.public:
                found[route.template] = route
    return tuple(found.values())


def _rest_api(service: Service, stage: Stage, policy: str | None) -> Json:
    endpoint: Json = {"types": [stage.endpoint_type]}
    if stage.endpoint_vpce:
        endpoint["vpc_endpoint_ids"] = list(stage.endpoint_vpce)
    body: Json = {
        "name": _literal(service.name),
        "description": "Made by cws",
        "endpoint_configuration": [endpoint],
        "tags": {name: _literal(value) for name, value in stage.tags.items()},
    }
    if service.binary_types:
        body["binary_media_types"] = list(service.binary_types)
    if stage.minimum_compression_size is not None:
        body["minimum_compression_size"] = str(stage.minimum_compression_size)
    if policy is not None:
        body["policy"] = _literal(policy)
    return body


def _authorizer(authorizer: Authorizer) -> Json:
    return {
        "rest_api_id": API,
        "name": _literal(authorizer.name),
        "type": authorizer.kind,
        "authorizer_uri": _FUNCTION,
        "identity_source": ",".join(authorizer.identity_sources),
        "authorizer_result_ttl_in_seconds": authorizer.cache_seconds,
    }


def _add_route(resources: Resources, route: Route) -> None:
    name = method_name(route.method, route.template)
    _add(resources, "aws_api_gateway_method", name, _method(route, route.method))
    integration: Json = {
        **_place(route.template, f"${{aws_api_gateway_method.{name}.http_method}}"),
        "type": "AWS_PROXY",
        "integration_http_method": "POST",
        "uri": _FUNCTION,
    }
    _add(resources, "aws_api_gateway_integration", name, integration)


def _add_refusal(resources: Resources, route: Route) -> None:
    """`ANY` of a guarded path, guarded too, and answered with what API Gateway says of a verb that is not there."""
    name = method_name("ANY", route.template)
    _add(resources, "aws_api_gateway_method", name, _method(route, "ANY"))
    _add_mock(resources, name, route.template, 403, {}, '{"message":"Missing Authentication Token"}')


def _add_preflight(resources: Resources, routes: list[Route]) -> None:
    """`OPTIONS` for browsers, open as it must be: it answers by itself and calls no function."""
    crossing = [route for route in routes if route.cors]
    if not crossing or any(route.method == "OPTIONS" for route in routes):
        return
    template = routes[0].template
    headers = dict(crossing[0].cors)
    headers["Access-Control-Allow-Methods"] = ",".join(sorted({route.method for route in crossing} | {"OPTIONS"}))
    name = method_name("OPTIONS", template)
    body: Json = {**_place(template, "OPTIONS"), "authorization": "NONE", "api_key_required": False}
    _add(resources, "aws_api_gateway_method", name, body)
    _add_mock(resources, name, template, 200, headers, "")


def _add_mock(resources: Resources, name: str, template: str, status: int, headers: dict[str, str], text: str) -> None:
    place = _place(template, f"${{aws_api_gateway_method.{name}.http_method}}")
    integration: Json = {
        **place,
        "type": "MOCK",
        "request_templates": {"application/json": f'{{"statusCode": {status}}}'},
    }
    method_response: Json = {
        **place,
        "status_code": str(status),
        "response_parameters": {f"method.response.header.{header}": False for header in headers},
    }
    response: Json = {
        **place,
        "status_code": str(status),
        "response_parameters": {
            f"method.response.header.{header}": _literal(f"'{value}'") for header, value in headers.items()
        },
        "response_templates": {"application/json": text},
        "depends_on": [f"aws_api_gateway_integration.{name}", f"aws_api_gateway_method_response.{name}"],
    }
    _add(resources, "aws_api_gateway_integration", name, integration)
    _add(resources, "aws_api_gateway_method_response", name, method_response)
    _add(resources, "aws_api_gateway_integration_response", name, response)


def _method(route: Route, verb: str) -> Json:
    body: Json = {**_place(route.template, verb), "api_key_required": route.api_key}
    if route.authorizer is None:
        body["authorization"] = "NONE"
    else:
        body["authorization"] = "CUSTOM"
        body["authorizer_id"] = f"${{aws_api_gateway_authorizer.{authorizer_name(route.authorizer)}.id}}"
    return body


def _gateway_responses(service: Service, stage: Stage) -> dict[str, Json]:
    """Refusals with CORS headers, so that a browser shows the program a 401 or 403 and not a network error."""
    headers = _refusal_headers(service, stage)
    if not headers:
        return {}
    parameters = {f"gatewayresponse.header.{name}": _literal(f"'{value}'") for name, value in headers.items()}
    return {
        kind: {
            **status,
            "rest_api_id": API,
            "response_type": kind,
            "response_parameters": parameters,
            "response_templates": {"application/json": '{"message":$context.error.messageString}'},
        }
        for kind, status in _REFUSALS.items()
    }


def _refusal_headers(service: Service, stage: Stage) -> dict[str, str]:
    if stage.cors is False:
        return {}
    if stage.cors is not None:
        origin, allowed = stage.cors.allow_origin, ",".join(stage.cors.allow_headers)
        headers = {"Access-Control-Allow-Origin": origin, "Access-Control-Allow-Headers": allowed}
    else:
        crossing = [dict(route.cors) for route in service.routes if route.cors]
        kept = ("Access-Control-Allow-Origin", "Access-Control-Allow-Headers", "Access-Control-Allow-Credentials")
        headers = {name: crossing[0][name] for name in kept if name in crossing[0]} if crossing else {}
    if headers.get("Access-Control-Allow-Origin", "*") != "*":
        headers["Vary"] = "Origin"
    return headers


def _place(template: str, verb: str) -> Json:
    return {"rest_api_id": API, "resource_id": _resource_id(template), "http_method": verb}


def _resource_id(template: str) -> str:
    return ROOT if template == "/" else f"${{aws_api_gateway_resource.{resource_name(template)}.id}}"


def _with_parents(template: str) -> Iterable[str]:
    parts = template.strip("/").split("/") if template != "/" else []
    for place in range(1, len(parts) + 1):
        yield "/" + "/".join(parts[:place])


def _literal(text: str) -> str:
    """Text that terraform takes as it stands: its two ways into an expression are escaped."""
    return text.replace("${", "$${").replace("%{", "%%{")


def _add(resources: Resources, kind: str, name: str, body: Json) -> None:
    resources.setdefault(kind, {})[name] = body
