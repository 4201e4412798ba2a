"""What differs from what was deployed, and what only seems to."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from coworks_compat.config.references import Reference, parse
from coworks_compat.config.stage import Stage
from coworks_compat.deploy.fingerprint import differences, facts
from coworks_compat.deploy.service import Authorizer, Route, Service

SERVICE = Service("shop", "app.app", (Route("GET", "/product", "auth"),), (Authorizer("auth", "app.app", ttl=300),))
TOKEN = parse("${env:TOKEN}")
STAGE = Stage(
    "dev", "shop", "dev", {"LEVEL": "hunter2-canary", "TOKEN": TOKEN}, memory=128, stage_variables={"table": "t"}
)
WAS = json.loads(json.dumps(facts(SERVICE, STAGE)))


def test_nothing_differs() -> None:
    """Facts that went through a file are equal to fresh ones."""
    assert differences(WAS, facts(SERVICE, STAGE)) == ()


@pytest.mark.parametrize(
    ("service", "stage", "expected"),
    [
        (
            replace(SERVICE, routes=(*SERVICE.routes, Route("PUT", "/product", "auth"))),
            STAGE,
            "route PUT /product: new",
        ),
        (replace(SERVICE, routes=(Route("GET", "/x", "auth"),)), STAGE, "route GET /product: gone"),
        (
            replace(SERVICE, routes=(Route("GET", "/product"),)),
            STAGE,
            "route GET /product: authorizer auth -> public",
        ),
        (
            replace(SERVICE, authorizers=(replace(SERVICE.authorizers[0], ttl=0),)),
            STAGE,
            "authorizer auth: TOKEN method.request.header.Authorization ttl 300 handler app.app -> "
            "TOKEN method.request.header.Authorization ttl 0 handler app.app",
        ),
        (SERVICE, replace(STAGE, memory=256), "memory: 128 -> 256"),
        (SERVICE, replace(STAGE, layers=("arn",)), "layers: nothing -> arn"),
        (SERVICE, replace(STAGE, stage_variables={}), "stage variable table: gone"),
        (
            SERVICE,
            replace(STAGE, environment_variables={**STAGE.environment_variables, "NEW": "x"}),
            "environment variable NEW: new",
        ),
        (
            SERVICE,
            replace(STAGE, environment_variables={"LEVEL": "hunter2-canary", "TOKEN": parse("${ssm:/t}")}),
            "environment variable TOKEN: ${env:TOKEN} -> ${ssm:/t}",
        ),
    ],
)
def test_what_differs_is_named(service: Service, stage: Stage, expected: str) -> None:
    """Each kind of difference is one line that says what was and what is wanted."""
    assert expected in [str(difference) for difference in differences(WAS, facts(service, stage))]


def test_the_requirements_of_a_layer() -> None:
    """Other requirements in a layer need a deploy: `update` sends the app's zip only."""
    found = differences(WAS, facts(SERVICE, STAGE, requirements="hash"))
    assert [str(difference) for difference in found] == ["layer of requirements: nothing -> hash"]


def test_no_value_of_the_environment_is_in_it() -> None:
    """Plain values are there as digests, secrets as what points to them."""
    assert isinstance(TOKEN, Reference)
    text = json.dumps(WAS)
    assert "canary" not in text
    assert "${env:TOKEN}" in text
    changed = facts(SERVICE, replace(STAGE, environment_variables={"LEVEL": "other-canary", "TOKEN": TOKEN}))
    shown = str(differences(WAS, changed)[0])
    assert shown.startswith("environment variable LEVEL: sha256:")
    assert "canary" not in shown


def test_a_variable_of_a_file() -> None:
    """It may be a weak secret, and records are kept in version control: its digest is slow, and differs between stages."""
    stage = replace(STAGE, environment_variables={"PIN": "hunter2-canary"}, hidden_variables=frozenset({"PIN"}))
    recorded = [
        facts(SERVICE, each)["environment"]["PIN"]  # type: ignore[index]
        for each in (stage, stage, replace(stage, name="master"))
    ]
    assert recorded[0] == recorded[1] != recorded[2]
    assert recorded[0].startswith("scrypt:")
    other = replace(stage, environment_variables={"PIN": "another-canary"})
    (found,) = differences(facts(SERVICE, stage), facts(SERVICE, other))
    assert found.what == "environment variable PIN"
    assert "canary" not in str(found)
