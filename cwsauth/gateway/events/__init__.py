"""Events for tests: what API Gateway and the others send to an authorizer or a backend, built from a few words.

Each function takes what a test wants to say and returns a fresh dict in the shape of published captures. Targets are
written as they stand on the wire, percent-encoded, with the query; each kind decodes what it decodes in reality.

Authorizers: `rest_token`, `rest_request`, `http_v1`, `http_v2`, `websocket_connect`, `appsync`, `iot`.
Backends: `rest_proxy`, `http_proxy`, `http_proxy_v1`, `alb`, `function_url`, `lattice`, `lattice_v1`.
"""

from __future__ import annotations

from cwsauth.gateway.events.appsync import appsync as appsync
from cwsauth.gateway.events.http import http_proxy as http_proxy
from cwsauth.gateway.events.http import http_proxy_v1 as http_proxy_v1
from cwsauth.gateway.events.http import http_v1 as http_v1
from cwsauth.gateway.events.http import http_v2 as http_v2
from cwsauth.gateway.events.iot import iot as iot
from cwsauth.gateway.events.proxies import alb as alb
from cwsauth.gateway.events.proxies import function_url as function_url
from cwsauth.gateway.events.proxies import lattice as lattice
from cwsauth.gateway.events.proxies import lattice_v1 as lattice_v1
from cwsauth.gateway.events.rest import rest_proxy as rest_proxy
from cwsauth.gateway.events.rest import rest_request as rest_request
from cwsauth.gateway.events.rest import rest_token as rest_token
from cwsauth.gateway.events.websocket import websocket_connect as websocket_connect
