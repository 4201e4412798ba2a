"""`cws export`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from coworks_compat.cli.service import ServiceError, load_service, service_options
from cwsauth.cli.options import debug_option
from cwsauth.cli.output import write_json

if TYPE_CHECKING:
    from chalice.app import Chalice

    from coworks_compat.cli.group import CwsSettings


@click.command("export")
@service_options
@click.option("-b", "--biz", default=None, help="For a writer of the service's own.")
@click.option(
    "-f", "--format", "form", default="terraform", show_default=True, help="openapi, terraform, or a writer's name."
)
@click.option("-o", "--out", "--output", "output", metavar="FILE", help="Write to a file.")
@click.option("-s", "--stage", default="dev", show_default=True, help="The stage whose variables are set.")
@debug_option
@click.pass_obj
def command(
    settings: CwsSettings, module: str, attribute: str, biz: str | None, form: str, output: str | None, stage: str
) -> None:
    """Write the API of the service: as an OpenAPI document, or as terraform (JSON) with its authorizers.

    The terraform is the API: resources, methods, integrations, authorizers, gateway responses. The function and the stage
    that it points to are a root of their own, which cws deploy writes.

    Other formats are the writers that the service has in app.extensions['writers'], as in CoWorks.

    \b
    cws export -f openapi -o openapi.json
    cws export -f terraform -o api.tf.json
    """
    from coworks_compat.project import use_stage

    config = use_stage(settings.directory, stage)
    app: Any = load_service(settings.directory, module, attribute)
    writer = _writers(app).get(form)
    if writer is not None:
        project = str(settings.directory.resolve())
        writer.export(output=output, module_name=module, handler_name=attribute, project_dir=project, biz=biz)
    elif form == "openapi":
        from coworks_compat.openapi import openapi

        write_json(openapi(app), output)
    elif form == "terraform":
        from coworks_compat.deploy.generate.api import api_root
        from coworks_compat.deploy.service import Service

        service = Service.of(app, module=module, attribute=attribute).configured(config)
        write_json(api_root(service, config), output)
    else:
        known = ", ".join(sorted({"openapi", "terraform", *_writers(app)}))
        raise ServiceError(f"there is no format '{form}'", help=f"the formats are {known}")


def _writers(app: Chalice) -> dict[str, Any]:
    extensions = getattr(app, "extensions", {})
    writers = extensions.get("writers", {}) if isinstance(extensions, dict) else {}
    return writers if isinstance(writers, dict) else {}
