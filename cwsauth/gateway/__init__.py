"""The local API Gateway: does to Lambda functions on this machine what API Gateway does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cwsauth.gateway.address import Address as Address
from cwsauth.gateway.config import ApiKeys as ApiKeys
from cwsauth.gateway.config import Authorizer as Authorizer
from cwsauth.gateway.config import Cors as Cors
from cwsauth.gateway.config import Route as Route
from cwsauth.gateway.http_api import HttpGateway as HttpGateway
from cwsauth.gateway.http_config import HttpAuthorizer as HttpAuthorizer
from cwsauth.gateway.http_config import HttpCors as HttpCors
from cwsauth.gateway.http_config import HttpRoute as HttpRoute
from cwsauth.gateway.invoke import Function as Function
from cwsauth.gateway.record import CallRecord as CallRecord
from cwsauth.gateway.record import OnCall as OnCall
from cwsauth.gateway.responses import Answer as Answer
from cwsauth.gateway.responses import GatewayResponse as GatewayResponse
from cwsauth.gateway.rest import Gateway as Gateway
from cwsauth.gateway.stage import Stage as Stage
from cwsauth.gateway.websocket_api import ConnectAuthorizer as ConnectAuthorizer
from cwsauth.gateway.websocket_api import WebSocketGateway as WebSocketGateway

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from cwsauth.gateway.server import Server


def serve(app: WSGIApplication, host: str = "127.0.0.1", port: int = 0) -> Server:
    """A server for a gateway, bound and not yet started; port 0 is a free one, `server.port` tells which.

    Needs werkzeug: `pip install cwsauth[gateway]`.
    """
    from cwsauth.gateway.server import serve as serve_wsgi

    return serve_wsgi(app, host, port)
