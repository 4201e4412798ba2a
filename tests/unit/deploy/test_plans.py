"""Plans in words, and what a plan must not do: on plans that terraform made (`tests/deploy/record_plans.py`)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from coworks_compat.deploy.generate.names import method_name
from coworks_compat.deploy.terraform.guards import Allowed, Scope, check
from coworks_compat.deploy.terraform.plan import HIDDEN, HIDDEN_NEW, Plan, redacted
from coworks_compat.deploy.terraform.words import sentences
from cwsauth.errors import DeployError

PLANS = Path(__file__).parent.parent.parent / "deploy" / "plans"
SECRETS = ("admin-canary-7f3a", "user-canary-91bc", "another-canary-55d0")
ROUTES = {
    method_name(verb, path): f"{verb} {path}"
    for verb, path in [
        ("GET", "/admin"), ("GET", "/health"), ("GET", "/product/{_0}"), ("PUT", "/product/{_0}"), ("GET", "/products"),
    ]
}  # fmt: skip


def shown(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PLANS / f"{name}.json").read_text())
    return found


def plan(name: str) -> Plan:
    return Plan.of(shown(name))


def words(name: str) -> tuple[str, ...]:
    return sentences(plan(name), ROUTES)


def scope(name: str, *guests: str) -> Scope:
    apis = {str(change.value("rest_api_id")) for change in plan(name).changes if change.value("rest_api_id")}
    return Scope(apis.pop() if len(apis) == 1 else None, "dev", "shop-dev", guests)


ALL = sorted(path.stem for path in PLANS.glob("*.json"))


@pytest.mark.parametrize("name", ALL)
def test_no_secret_comes_out(name: str) -> None:
    """Neither words nor the plan that may be kept nor a change's `repr` has a value that terraform marks sensitive."""
    out = f"{words(name)} {json.dumps(redacted(shown(name)))} {plan(name)!r}"
    for secret in SECRETS:
        assert secret not in out


def test_the_secrets_are_in_the_plans() -> None:
    """What the test above looks for is really there."""
    text = json.dumps(shown("settings_changed"))
    assert all(secret in text for secret in SECRETS)


def test_nothing() -> None:
    """A plan without changes is false and says nothing."""
    assert not plan("nothing")
    assert words("nothing") == ()


def test_a_new_api() -> None:
    """Routes first, by verb and path, the open ones marked; no word of resources and integrations."""
    told = words("api_created")
    assert told[:5] == (
        "adds route GET /admin",
        "adds route GET /health, open to everyone",
        "adds route GET /product/{_0}",
        "adds route GET /products",
        "adds route PUT /product/{_0}",
    )
    assert "creates REST API 'shop'" in told
    assert "creates authorizer 'auth'" in told
    assert not [line for line in told if "integration" in line or "aws_" in line]


def test_changed_settings() -> None:
    """Settings with before and after; variables by name, secrets as changed and never shown."""
    told = words("settings_changed")
    assert "changes memory size of function 'shop-dev': 128 -> 256" in told
    assert "adds environment variable LEVEL: DEBUG" in told
    assert f"changes environment variable USER_TOKEN: {HIDDEN} -> {HIDDEN_NEW}" in told
    assert not [line for line in told if "ADMIN_TOKEN" in line]


def test_an_opened_route() -> None:
    """A route that loses its authorizer is shouted; one that goes is told once."""
    told = words("route_opened")
    assert told == ("OPENS route GET /admin to everyone", "removes route PUT /product/{_0}")


def test_a_redeployment() -> None:
    """Another fingerprint deploys, and the stage shows it."""
    assert words("redeployed") == (
        "deploys the API's present routes to the stage",
        "stage 'dev' shows the new deployment",
    )


@pytest.mark.parametrize(
    "name", ["api_created", "stage_created", "settings_changed", "redeployed", "route_opened", "nothing"]
)
def test_ordinary_plans_may_be_carried_out(name: str) -> None:
    """What a deploy usually does needs no permission, guests or not."""
    check(plan(name), scope(name, "master"), Allowed())


def test_an_api_is_not_deleted() -> None:
    """A plan that deletes the API is refused, and the option is named; with it, it may."""
    with pytest.raises(DeployError, match="would delete the REST API") as caught:
        check(plan("api_destroyed"), scope("api_destroyed"), Allowed())
    assert "--allow-api-deletion" in caught.value.help
    check(plan("api_destroyed"), scope("api_destroyed"), Allowed(api_deletion=True))


def test_an_api_that_guests_use_is_not_deleted_even_so() -> None:
    """Guests are another permission: they would go down with it."""
    with pytest.raises(DeployError, match=r"which the stages master, test use") as caught:
        check(plan("api_destroyed"), scope("api_destroyed", "master", "test"), Allowed(api_deletion=True))
    assert "--allow-other-stages" in caught.value.help


def test_an_authorizer_that_guests_use_is_not_replaced() -> None:
    """The guests' functions let only the old authorizer call them."""
    name = "authorizer_replaced"
    check(plan(name), scope(name), Allowed())
    with pytest.raises(DeployError, match=r"aws_api_gateway_authorizer\.authorizer__auth, which the stages master use"):
        check(plan(name), scope(name, "master"), Allowed())


def test_another_stage_is_not_touched() -> None:
    """A plan with another stage's name in it is refused."""
    name = "stage_renamed"
    with pytest.raises(DeployError, match=r"would touch another stage: aws_api_gateway_stage\.stage is of stage"):
        check(plan(name), Scope(None, "test", "shop-dev"), Allowed())
    check(plan(name), Scope(None, "test", "shop-dev"), Allowed(other_stages=True))


def test_another_function_is_not_touched() -> None:
    """Nor is a plan that changes another stage's function."""
    with pytest.raises(DeployError, match=r"would touch another function: .* is of 'shop-dev'"):
        check(plan("settings_changed"), Scope(None, "dev", "shop-master"), Allowed())


def test_another_api_is_not_touched() -> None:
    """Nor one on another API."""
    with pytest.raises(DeployError, match="would touch another API"):
        check(plan("redeployed"), Scope("zzzzzzzzzz", "dev", "shop-dev"), Allowed())


def test_counts() -> None:
    """How much a plan does, by kind of change."""
    assert plan("redeployed").counts() == {"create": 0, "update": 1, "delete": 0, "replace": 1}
    assert plan("api_destroyed").counts()["delete"] == len(plan("api_destroyed").changes)


def test_nested_marks_are_covered() -> None:
    """A sensitive value deep in lists and maps is covered on both sides, whichever side marks it."""
    change = {
        "actions": ["update"],
        "before": {"a": [{"k": "canary-1", "open": 1}], "b": "canary-2"},
        "after": {"a": [{"k": "canary-3", "open": 2}], "b": "x"},
        "before_sensitive": {"b": True},
        "after_sensitive": {"a": [{"k": True}]},
    }
    item = {"address": "r.n", "type": "r", "name": "n", "change": change}
    made = redacted({"resource_changes": [item]})["resource_changes"][0]["change"]
    assert made["before"] == {"a": [{"k": HIDDEN, "open": 1}], "b": HIDDEN}
    assert made["after"] == {"a": [{"k": HIDDEN_NEW, "open": 2}], "b": HIDDEN_NEW}
