"""Doors without a Lambda authorizer: load balancers, function URLs, VPC Lattice. Enforcement is in the function."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from cwsauth.gateway.events.defaults import REQUEST_ID, SOURCE_IP, TIME, TRACE_ID, Headers, request
from cwsauth.gateway.http_event import (
    HttpCall,
    cookies,
    decoded,
    joined_headers,
    joined_query,
    proxy_event_2,
)
from cwsauth.gateway.stage import Stage

if TYPE_CHECKING:
    from cwsauth.gateway.incoming import Incoming
    from cwsauth.gateway.rest_event import Event


def alb(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers = None,
    body: bytes | str = b"",
    multi_value: bool = False,
    source_ip: str = SOURCE_IP,
) -> Event:
    """The event of an Application Load Balancer: path and query values still encoded, header names in lower case.

    `multi_value` is the target group's setting: then the multi-value maps are filled, and the others are null.
    """
    incoming = request(method, target, headers, body, source_ip, "lb-1316758055.eu-west-1.elb.amazonaws.com")
    multi: dict[str, list[str]] = {}
    for name, value in (*incoming.headers, *_forwarded(incoming)):
        multi.setdefault(name.lower(), []).append(value)
    query: dict[str, list[str]] = {}
    for pair in filter(None, incoming.query.split("&")):
        name, _, value = pair.partition("=")
        query.setdefault(name, []).append(value)
    group = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/shop/4efa1ab384b3474d"
    event: Event = {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": method,
        "path": incoming.path,
    }
    if multi_value:
        event |= {"queryStringParameters": None, "multiValueQueryStringParameters": query}
        event |= {"headers": None, "multiValueHeaders": dict(sorted(multi.items()))}
    else:
        event["queryStringParameters"] = {name: values[-1] for name, values in query.items()}
        event["headers"] = {name: values[-1] for name, values in sorted(multi.items())}
    text, encoded = _text(incoming.body)
    return {**event, "body": text or "", "isBase64Encoded": encoded}


def function_url(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers = None,
    body: bytes | str = b"",
    source_ip: str = SOURCE_IP,
    url_id: str = "2cxn22odiwguak4feg4jtt7cwm0ziblr",
) -> Event:
    """The event of a function URL: `rawPath` encoded, `requestContext.http.path` decoded, cookies also in a header."""
    stage = Stage("$default", url_id)
    host = f"{url_id}.lambda-url.{stage.region}.on.aws"
    incoming = request(method, target, headers, body, source_ip, host)
    path = decoded(incoming.path)
    call = HttpCall(incoming, stage, "$default", path, "", {}, request_id=REQUEST_ID, trace_id=TRACE_ID, time=TIME)
    event = proxy_event_2(call)
    event["rawPath"] = incoming.path
    if cookies(incoming):
        event["headers"]["cookie"] = joined_headers(incoming, TRACE_ID)["cookie"]
    event["requestContext"] |= {"accountId": "anonymous", "domainName": host, "domainPrefix": url_id}
    return event


def lattice(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers = None,
    body: bytes | str = b"",
    source_ip: str = SOURCE_IP,
    principal: str | None = None,
) -> Event:
    """The event of VPC Lattice, version 2.0: the values of headers and query are lists.

    `principal` is the caller's IAM ARN where the service has the auth type AWS_IAM.
    """
    incoming = request(method, target, headers, body, source_ip, _LATTICE_HOST)
    multi: dict[str, list[str]] = {}
    for name, value in (*incoming.headers, ("x-forwarded-for", source_ip)):
        multi.setdefault(name.lower(), []).append(value)
    account = "arn:aws:vpc-lattice:eu-west-1:123456789012"
    identity: Event = {"sourceVpcArn": "arn:aws:ec2:eu-west-1:123456789012:vpc/vpc-0b8276c84697e7339"}
    if principal is not None:
        identity |= {"type": "AWS_IAM", "principal": principal}
    text, encoded = _text(incoming.body)
    return {
        "version": "2.0",
        "path": incoming.path,
        "method": method,
        "headers": multi,
        "queryStringParameters": incoming.query_values(),
        "body": text,
        "isBase64Encoded": encoded,
        "requestContext": {
            "serviceNetworkArn": f"{account}:servicenetwork/sn-0bf3f2882e9cc805a",
            "serviceArn": f"{account}:service/svc-0a40eebed65f8d69c",
            "targetGroupArn": f"{account}:targetgroup/tg-6d0ecf831eec9f09",
            "identity": identity,
            "region": "eu-west-1",
            "timeEpoch": str(int(TIME * 1_000_000)),
        },
    }


def lattice_v1(
    method: str = "GET",
    target: str = "/",
    *,
    headers: Headers = None,
    body: bytes | str = b"",
    source_ip: str = SOURCE_IP,
) -> Event:
    """The event of VPC Lattice, version 1.0: names in snake case, no requestContext."""
    incoming = request(method, target, headers, body, source_ip, _LATTICE_HOST)
    joined: dict[str, str] = {}
    for name, value in (*incoming.headers, ("x-forwarded-for", source_ip)):
        key = name.lower()
        joined[key] = f"{joined[key]},{value}" if key in joined else value
    text, encoded = _text(incoming.body)
    return {
        "raw_path": incoming.path,
        "method": method,
        "headers": joined,
        "query_string_parameters": joined_query(incoming),
        "body": text or "",
        "is_base64_encoded": encoded,
    }


_LATTICE_HOST = "shop-3908sdf9u3u.7d67968.vpc-lattice-svcs.eu-west-1.on.aws"


def _forwarded(incoming: Incoming) -> list[tuple[str, str]]:
    return [
        ("x-amzn-trace-id", TRACE_ID),
        ("x-forwarded-for", incoming.source_ip),
        ("x-forwarded-port", "443"),
        ("x-forwarded-proto", "https"),
    ]


def _text(body: bytes) -> tuple[str | None, bool]:
    """A body as text where it is some, else in base64."""
    if not body:
        return None, False
    try:
        return body.decode(), False
    except UnicodeDecodeError:
        return base64.b64encode(body).decode(), True
