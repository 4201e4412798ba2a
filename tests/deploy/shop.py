"""A small service in plain Chalice, as a project on disk: admin and user tokens, one public route, a greedy one."""

from __future__ import annotations

import json
from pathlib import Path

APP = """
import os

from chalice import Chalice, AuthResponse, UnauthorizedError

app = Chalice(app_name="shop")


@app.authorizer()
def auth(request):
    if request.token == os.environ.get("ADMIN_TOKEN", ""):
        return {"principalId": "admin", "policyDocument": _allow(request, ["*"])}
    if request.token == os.environ.get("USER_TOKEN", ""):
        return {"principalId": "user", "policyDocument": _allow(request, ["GET/product", "GET/product/*"])}
    return {"principalId": "nobody", "policyDocument": _deny(request)}


def _base(request):
    api, stage = request.method_arn.split("/")[:2]
    return f"{api}/{stage}"


def _allow(request, paths):
    resources = [f"{_base(request)}/{path}" for path in paths]
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": resources}]}


def _deny(request):
    return {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": [f"{_base(request)}/*"]}]}


RELEASE = "one"


@app.route("/product", authorizer=auth, cors=True)
def products():
    return {"release": RELEASE, "stage": os.environ.get("STAGE", "")}


@app.route("/product/{id}", authorizer=auth)
def product(id):
    return {"id": id}


@app.route("/product", methods=["POST"], authorizer=auth)
def add():
    return {"added": True}


@app.route("/health")
def health():
    return {"release": RELEASE, "stage": os.environ.get("STAGE", "")}
"""

CONFIG = {
    "version": "2.0",
    "app_name": "shop",
    "region": "eu-west-1",
    "environment_variables": {"ADMIN_TOKEN": "${env:SHOP_ADMIN}", "USER_TOKEN": "${env:SHOP_USER}"},
    "authorizer_ttl": 300,
    "log_retention_in_days": 7,
    "smoke": {"path": "/health", "status": [200]},
    "stages": {
        "dev": {"environment_variables": {"STAGE": "dev"}},
        "master": {"environment_variables": {"STAGE": "master"}, "lambda_memory_size": 256},
    },
}


def write_shop(directory: Path, *, app: str = APP, config: dict[str, object] | None = None) -> Path:
    """The project on disk."""
    (directory / ".chalice").mkdir(parents=True, exist_ok=True)
    (directory / "app.py").write_text(app)
    (directory / ".chalice" / "config.json").write_text(json.dumps(config or CONFIG, indent=2))
    return directory
