"""`cws run`."""

from __future__ import annotations

import logging
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from coworks_compat.cli.group import CwsSettings
from coworks_compat.cli.service import ServiceError, service_options

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

    from cwsauth.gateway.server import Server


def _debug(ctx: click.Context, _parameter: click.Parameter, value: bool) -> bool:
    settings = ctx.find_object(CwsSettings)
    if value and settings is not None:
        settings.debug = True
    return value or (settings is not None and settings.debug)


@click.command("run")
@service_options
@click.option("-h", "--host", default="127.0.0.1", show_default=True, help="The address to serve at.")
@click.option(
    "-p", "--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="The port; 0 is a free one."
)
@click.option("-s", "--stage", default="dev", show_default=True, help="The stage whose variables are set.")
@click.option(
    "--var-file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Values for ${var:...}: a JSON object, or lines NAME=value.",
)
@click.option("--reload/--no-reload", default=True, show_default=True, help="Read the service anew when files change.")
@click.option("--console", is_flag=True, help="Serve a page at /_cws/ to try tokens against every route.")
@click.option("--debug/--no-debug", default=False, callback=_debug, help="Show debug logs, and tracebacks of errors.")
@click.pass_obj
def command(
    settings: CwsSettings,
    module: str,
    attribute: str,
    host: str,
    port: int,
    stage: str,
    var_file: Path | None,
    reload: bool,
    console: bool,
    debug: bool,
) -> None:
    """Serve the service behind the local API Gateway, which asks its auth as AWS does.

    At the start it shows who may call which route, asked with the tokens in the variables of the stage that are called
    ...TOKEN...; then one line a request: the answer, the decision and why. Answers of auth are cached as at the stage.

    \b
    cws run
    cws run --stage prod --port 8001 --console
    """
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if debug else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    from coworks_compat.cli.serving import LocalService, Source, follow_changes, show_access, show_call
    from coworks_compat.local import local_server

    variables = _variables(var_file)
    source = Source(settings.directory, module, attribute, stage, variables)
    application: WSGIApplication
    if console:
        from coworks_compat.console import Console, Trail

        trail = Trail(show_call)
        service = LocalService(source, trail)
        application = Console(service, trail, host)
    else:
        application = service = LocalService(source, show_call)
    server = _served(local_server, application, host, port)
    click.echo(f"Serving on {server.url} (stage {stage}, Ctrl-C stops)")
    if console:
        click.echo(f"Console at {server.url}/_cws/")
    show_access(service.loaded)
    sys.stdout.flush()
    stop = threading.Event()
    try:
        if reload:
            follow_changes(service, stop)
        else:
            stop.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.shutdown()


def _variables(path: Path | None) -> dict[str, str]:
    if path is None:
        return {}
    from coworks_compat.config import read_variables

    return read_variables(path, what="--var-file")


def _served(serve: Any, application: Any, host: str, port: int) -> Server:
    """The server, started; a port that is taken is a failure, not a wrong configuration."""
    from cwsauth.errors import ConfigError

    try:
        server: Server = serve(application, host, port)
    except ConfigError as error:
        raise ServiceError(error.message, help=error.help) from None
    return server.start()
