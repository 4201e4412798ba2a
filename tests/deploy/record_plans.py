"""Records `tests/deploy/plans/*.json`: `python -m tests.deploy.record_plans`, where terraform and MiniStack are.

Each is what `terraform show -json` says of a real plan, cut to what is read of it. The service's tokens are made up.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from coworks_compat.deploy.context import Context
from coworks_compat.deploy.deploy import Deployment, Options, terraform_in
from coworks_compat.deploy.generate.values import environment
from tests.deploy import programs
from tests.deploy.shop import ADMIN, USER, write_shop

HERE = Path(__file__).parent / "plans"


def record(name: str, root: Path, context: Context, *, destroy: bool = False) -> None:
    """Plan a root as it stands and keep what terraform says of it."""
    service = context.service()
    terraform = terraform_in(root, context, environment(service, context.stage, context.resolver))
    terraform.init()
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "plan"
        terraform.plan(path, destroy=destroy)
        shown = terraform.show(path)
    kept = [
        {key: item[key] for key in ("address", "mode", "type", "name", "change")} for item in shown["resource_changes"]
    ]
    (HERE / f"{name}.json").write_text(json.dumps({"resource_changes": kept}, indent=1, sort_keys=True) + "\n")


def changed(path: Path, change: Callable[[Any], None]) -> None:
    data = json.loads(path.read_text())
    change(data)
    path.write_text(json.dumps(data))


def main(directory: Path) -> None:
    python = programs.ministack_python()
    mirror = programs.provider_mirror()
    if python is None or mirror is None:
        sys.exit("error: terraform's provider or MiniStack is not here")
    rc = directory / "terraformrc"
    include = 'include = ["registry.terraform.io/hashicorp/aws"]'
    rc.write_text(f'provider_installation {{\n filesystem_mirror {{\n  path = "{mirror}"\n  {include}\n }}\n}}\n')
    os.environ.update(TF_CLI_CONFIG_FILE=str(rc), SHOP_ADMIN=ADMIN, SHOP_USER=USER)
    project = write_shop(directory / "shop")
    with programs.ministack(python) as emulator:
        os.environ.update(emulator.environ())
        context = Context.open(project, "dev", say=print)
        api, stage = project / "terraform" / "dev" / "api", project / "terraform" / "dev" / "stage"
        Deployment(context, context.service(), Options(dry_run=True)).run(lambda preview: True)
        record("api_created", api, context)
        record("stage_created", stage, context)
        Deployment(context, context.service(), Options()).run(lambda preview: True)
        values = (stage / "cws.auto.tfvars.json").read_text()
        content = (api / "api.tf.json").read_text()

        os.environ["SHOP_USER"] = "another-canary-55d0"
        second = replace(Context.open(project, "dev"), aws=context.aws)
        changed(
            stage / "cws.auto.tfvars.json",
            lambda v: v.update(memory_size=256, environment={"STAGE": "dev", "LEVEL": "DEBUG"}),
        )
        record("settings_changed", stage, second)
        os.environ["SHOP_USER"] = USER
        changed(stage / "cws.auto.tfvars.json", lambda v: v.update(stage_name="master"))
        record("stage_renamed", stage, context)
        (stage / "cws.auto.tfvars.json").write_text(values)
        changed(stage / "cws.auto.tfvars.json", lambda v: v.update(api_fingerprint="other"))
        record("redeployed", stage, context)
        (stage / "cws.auto.tfvars.json").write_text(values)

        def open_admin(data: Any) -> None:
            method = data["resource"]["aws_api_gateway_method"]
            method["get__admin"]["authorization"] = "NONE"
            del method["get__admin"]["authorizer_id"]
            for kind in ("method", "integration"):
                del data["resource"][f"aws_api_gateway_{kind}"]["put__product___v_5f0"]

        changed(api / "api.tf.json", open_admin)
        record("route_opened", api, context)
        (api / "api.tf.json").write_text(content)
        changed(
            api / "api.tf.json",
            lambda d: d["resource"]["aws_api_gateway_authorizer"].update(
                other=d["resource"]["aws_api_gateway_authorizer"].pop("authorizer__auth")
            ),
        )
        text = (
            (api / "api.tf.json")
            .read_text()
            .replace("aws_api_gateway_authorizer.authorizer__auth", "aws_api_gateway_authorizer.other")
        )
        (api / "api.tf.json").write_text(text)
        record("authorizer_replaced", api, context)
        (api / "api.tf.json").write_text(content)
        record("api_destroyed", api, context, destroy=True)
        record("stage_destroyed", stage, context, destroy=True)
        record("nothing", api, context)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        main(Path(made))
